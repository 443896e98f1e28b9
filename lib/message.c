/* message.c - see message.h. */
#include "json.h"
#include "message.h"
#include "part.h"
#include "record.h"
#include "turn.h"

static void text_part(struct buf *out, const char *p, size_t n)
{
	buf_adds(out, ",{\"type\":\"text\",\"text\":");
	json_quote(out, p, n);
	buf_addc(out, '}');
}

static void content(struct buf *out, struct span prompt, const struct message_extra *extra)
{
	int i;

	if (extra->nfiles == 0) {
		part_add_text(out, prompt);
		return;
	}
	buf_addc(out, '[');
	part_write_text(out, prompt);
	for (i = 0; i < extra->nfiles; i++)
		text_part(out, buf_text(&extra->files[i]), extra->files[i].len);
	buf_addc(out, ']');
}

/* An empty text of the record's says that there is none. */
static void write_system(struct buf *out, const struct message_input *in, const struct message_extra *extra,
    const struct message_to *to)
{
	int developer = to->reasoning && span_kind(span_get(to->compat, "supportsDeveloperRole")) == SPAN_TRUE;

	if (in->system.p != NULL ? in->system.n == 2 : extra->system == NULL || extra->system[0] == '\0')
		return;
	buf_addf(out, "{\"role\":\"%s\",\"content\":", developer ? "developer" : "system");
	if (in->system.p != NULL)
		part_add_text(out, in->system);
	else
		json_quotes(out, extra->system);
	buf_addc(out, '}');
}

/* OpenAI's form: servers have roles and members of their own, so only what no server takes is refused. */
static int pass(struct buf *out, size_t start, struct span messages, struct fault *f)
{
	struct span_iter it = span_each(messages);
	struct span key, message;
	size_t i;

	for (i = 0; span_next(&it, &key, &message); i++) {
		if (span_kind(span_get(message, "role")) != SPAN_STRING)
			return fault_set(f, F_INPUT, "messages[%lu]: no role", (unsigned long)i);
		if (out->len > start)
			buf_addc(out, ',');
		record_splice(out, message);
	}
	return 0;
}

static void end(struct buf *out, size_t start, const struct message_input *in, const struct message_extra *extra)
{
	if (in->prompt.p != NULL) {
		buf_adds(out, out->len > start ? ",{\"role\":\"user\",\"content\":" : "{\"role\":\"user\",\"content\":");
		content(out, in->prompt, extra);
		buf_addc(out, '}');
	}
	buf_addc(out, ']');
}

int message_build(struct buf *out, const struct message_input *in, const struct message_extra *extra,
    const struct message_to *to, struct fault *f)
{
	size_t start = out->len + 1;
	int bad;

	buf_addc(out, '[');
	write_system(out, in, extra, to);
	if (turn_own(in->messages))
		bad = turn_write(out, start, in->messages, to, f);
	else
		bad = pass(out, start, in->messages, f);
	end(out, start, in, extra);
	return bad;
}

void message_write(struct buf *out, const struct message_input *in,
    const struct message_extra *extra)
{
	const struct message_to unknown = {-1, 0, SPAN_NIL, SPAN_NIL, SPAN_NIL};
	size_t start = out->len + 1;
	struct fault f;

	buf_addc(out, '[');
	write_system(out, in, extra, &unknown);
	pass(out, start, in->messages, &f);
	end(out, start, in, extra);
}
