/* layers.c - see layers.h. */
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "layers.h"
#include "limits.h"

struct span layers_get(const struct layers *l, enum layer at, enum body_field field)
{
	return l->layer[at] != NULL ? said_get(l->layer[at], field) : SPAN_NIL;
}

struct span layers_extra(const struct layers *l, enum layer at, const char *name)
{
	return l->layer[at] != NULL && l->layer[at]->extra.p != NULL ? span_get(l->layer[at]->extra, name) : SPAN_NIL;
}

/* What an option of its own says of a field. */
static struct span fixed(const struct layers *l, enum body_field field)
{
	const struct fields_options *o = l->options;

	if (field == BODY_STREAM && (l->stream == STREAM_YES || l->stream == STREAM_NO))
		return span_of(l->stream == STREAM_YES ? "true" : "false");
	if (field == BODY_FORMAT)
		return o->schema.p == NULL && o->json_object ? span_of("{\"type\":\"json_object\"}") : o->schema;
	if (field == BODY_TOOLS)
		return o->tools;
	if (field == BODY_CHOICE)
		return o->tool_choice;
	if (field == BODY_LIMIT && o->max_tokens > 0)
		return span_of(l->limit);
	if (field == BODY_THINKING && o->thinking != NULL)
		return (struct span){buf_text(&l->level), l->level.len};
	return SPAN_NIL;
}

struct span layers_said(const struct layers *l, enum body_field field, enum layer *at)
{
	struct span v = SPAN_NIL;
	int i;

	*at = FROM_ROUTE;
	if (!(l->fields >> field & 1))	/* nearly always */
		return SPAN_NIL;
	for (i = LAYERS - 1; i >= 0 && v.p == NULL; i--) {
		*at = (enum layer)i;
		v = i == FROM_FIXED ? fixed(l, field) : layers_get(l, *at, field);
	}
	return v;
}

int layers_commanded(const struct layers *l, enum body_field field)
{
	return layers_get(l, FROM_OPTIONS, field).p != NULL || fixed(l, field).p != NULL;
}

int layers_stream(const struct layers *l)
{
	enum layer at;
	struct span v = layers_said(l, BODY_STREAM, &at), extra = layers_extra(l, FROM_OPTIONS, "stream");

	if (extra.p == NULL && !layers_commanded(l, BODY_STREAM)) {
		extra = layers_extra(l, FROM_PARAMS, "stream");
		if (extra.p == NULL)
			extra = layers_extra(l, FROM_ROUTE, "stream");
	}
	if (extra.p != NULL)
		v = extra;
	return v.p != NULL ? span_kind(v) == SPAN_TRUE : l->stream == STREAM_USUAL;
}

int layers_add(struct layers *l, enum layer at, const struct said *s, struct fault *f)
{
	if (s->fault != NULL)
		return fault_set(f, F_INPUT, "%s", s->fault);
	if (s->obj.p != NULL)
		l->layer[at] = s;
	l->fields |= s->fields;
	return 0;
}

void layers_init(struct layers *l, const struct fields_options *options, int stream)
{
	static const enum body_field own[] = {BODY_STREAM, BODY_FORMAT, BODY_TOOLS, BODY_CHOICE, BODY_LIMIT, BODY_THINKING};
	size_t i;

	memset(l, 0, sizeof *l);
	l->options = options;
	l->stream = stream;
	buf_init(&l->level, MAX_RECORD);
	if (l->options->thinking != NULL)
		json_quotes(&l->level, l->options->thinking);
	if (l->options->max_tokens > 0)
		snprintf(l->limit, sizeof l->limit, "%ld", l->options->max_tokens);
	for (i = 0; i < sizeof own / sizeof own[0]; i++)
		if (fixed(l, own[i]).p != NULL)
			l->fields |= 1UL << own[i];
}

void layers_release(struct layers *l)
{
	buf_release(&l->level);
}
