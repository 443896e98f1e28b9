/* shapetell.c - see shapetell.h. */
#include "compatmsg.h"
#include "limits.h"
#include "shapetell.h"
#include "tools.h"

/* What a flag takes from a conversation that the model should know. */
static void tell_loss(struct shape_tell *t, const struct compat *row, struct span before)
{
	int own = span_kind(span_get(t->now->compat, row->name)) == SPAN_TRUE;
	int *told = &t->told[t->now - t->routes];
	struct buf text;

	if (*told || row->apply != compatmsg_strict_keys || !compatmsg_loses_history(before))
		return;
	*told = 1;
	buf_init(&text, MAX_RECORD);
	buf_adds(&text, own ? "" : "a fallback of ");
	span_decode(t->now->ref, SPAN_REPLACE, &text);
	buf_adds(&text, ": strictMessageKeys leaves out tool calls and the ids of their results: the model can't tell what answers what");
	stage_warn(t->stage, buf_text(&text));
	buf_release(&text);
}

static void on_begin(void *ctx, struct span ref)
{
	struct shape_tell *t = ctx;

	if (t->explain != NULL)
		t->explain->watch.begin(t->explain, ref);
}

static void on_change(void *ctx, const struct compat *row, struct span before, struct span after)
{
	struct shape_tell *t = ctx;

	tell_loss(t, row, before);
	if (t->explain != NULL)
		t->explain->watch.changed(t->explain, row, before, after);
}

static void on_done(void *ctx, size_t before, size_t after)
{
	struct shape_tell *t = ctx;

	if (t->explain != NULL)
		t->explain->watch.done(t->explain, before, after);
}

struct compat_watch shape_tell_watch(struct shape_tell *t)
{
	return (struct compat_watch){on_change, on_done, t, on_begin};
}

void shape_tell_tools(struct shape_tell *t, const struct shape_input *in, const struct shape_options *opts)
{
	struct span tools = opts->fields.tools;
	struct fault why;

	if (t->told_tools || in->kind != SHAPE_PROMPT)
		return;
	if (tools.p == NULL)
		tools = span_get(in->record, "tools");
	if (tools_left_out(tools, &why) == 0)
		return;
	t->told_tools = 1;
	fault_prefix(&why, "a tool is left out: ");
	stage_warn(t->stage, why.message);
}
