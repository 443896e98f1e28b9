/* message.c - see message.h. */
#include "json.h"
#include "message.h"
#include "record.h"

/* A text of the input: as it is spelt, but without what strict parsers refuse (llama.cpp: 500). */
static void add_text(struct buf *out, struct span token)
{
	buf_addc(out, '"');
	span_paired(token, out);
	buf_addc(out, '"');
}

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
		add_text(out, prompt);
		return;
	}
	buf_adds(out, "[{\"type\":\"text\",\"text\":");
	add_text(out, prompt);
	buf_addc(out, '}');
	for (i = 0; i < extra->nfiles; i++)
		text_part(out, buf_text(&extra->files[i]), extra->files[i].len);
	buf_addc(out, ']');
}

void message_write(struct buf *out, const struct message_input *in,
    const struct message_extra *extra)
{
	struct span_iter it = span_each(in->messages);
	struct span key, message;
	size_t start = out->len + 1;

	buf_addc(out, '[');
	if (in->system.p != NULL || extra->system != NULL) {
		buf_adds(out, "{\"role\":\"system\",\"content\":");
		if (in->system.p != NULL)
			add_text(out, in->system);
		else
			json_quotes(out, extra->system);
		buf_addc(out, '}');
	}
	while (span_next(&it, &key, &message)) {
		if (out->len > start)
			buf_addc(out, ',');
		record_splice(out, message);
	}
	if (in->prompt.p != NULL) {
		buf_adds(out, out->len > start ? ",{\"role\":\"user\",\"content\":" : "{\"role\":\"user\",\"content\":");
		content(out, in->prompt, extra);
		buf_addc(out, '}');
	}
	buf_addc(out, ']');
}
