/* mchat.c - see mchat.h. */
#include <stddef.h>

#include "buf.h"
#include "mchat.h"
#include "msse.h"
#include "mtext.h"
#include "mtime.h"

enum { MAX_DELTAS = 4096 };	/* a longer text comes in longer pieces */

static size_t content_tokens(struct span content)
{
	struct span_iter it;
	struct span key, part, text;
	size_t words = 0;

	if (span_kind(content) == SPAN_STRING)
		return mtext_token_words(content);
	if (span_kind(content) != SPAN_ARRAY)
		return 0;
	for (it = span_each(content); span_next(&it, &key, &part);) {
		text = span_get(part, "text");
		if (span_kind(text) == SPAN_STRING)
			words += mtext_token_words(text);
	}
	return words;
}

void mask_message(struct mask *ask, struct span role, struct span content)
{
	ask->prompt_tokens += content_tokens(content);
	if (span_kind(role) == SPAN_STRING && span_eq(role, "user"))
		ask->last_user = content;
}

void mask_text(const struct mask *ask, struct buf *out)
{
	struct span_iter it;
	struct span key, part, text;

	if (span_kind(ask->last_user) == SPAN_STRING)
		span_decode(ask->last_user, SPAN_REPLACE, out);
	if (span_kind(ask->last_user) != SPAN_ARRAY)
		return;
	for (it = span_each(ask->last_user); span_next(&it, &key, &part);) {
		text = span_get(part, "text");
		if (span_kind(text) == SPAN_STRING)
			span_decode(text, SPAN_REPLACE, out);
	}
}

static void add_span(struct buf *out, struct span s)
{
	buf_add(out, s.p, s.n);
}

/* From "{" to before the choices, the same in a reply and in each chunk. */
static void opening(struct buf *out, const struct mchat_form *form,
    const struct manswer *a, const char *object)
{
	unsigned long long n;
	int digits = 0;

	buf_adds(out, "{\"id\":\"");
	buf_adds(out, form->id);
	for (n = a->number; n > 0; n /= 10)
		digits++;
	for (; digits < form->id_digits; digits++)
		buf_addc(out, '0');
	mtext_number(out, a->number);
	buf_adds(out, "\",\"object\":\"");
	buf_adds(out, object);
	buf_adds(out, "\",\"created\":");
	mtext_number(out, MCHAT_CREATED);
	buf_adds(out, ",\"model\":");
	add_span(out, a->model);
}

static void counts(struct buf *out, const struct manswer *a)
{
	size_t words = mtext_words(a->text.p, a->text.n);

	buf_adds(out, "\"usage\":{\"prompt_tokens\":");
	mtext_number(out, a->prompt_tokens);
	buf_adds(out, ",\"completion_tokens\":");
	mtext_number(out, words);
	buf_adds(out, ",\"total_tokens\":");
	mtext_number(out, a->prompt_tokens + words);
	buf_addc(out, '}');
}

void mchat_whole(struct buf *body, const struct mchat_form *form,
    const struct manswer *a)
{
	opening(body, form, a, "chat.completion");
	buf_adds(body, ",\"choices\":[{\"index\":0,\"message\":"
	    "{\"role\":\"assistant\",\"content\":");
	mtext_quote(body, a->text.p, a->text.n);
	buf_adds(body, "},\"finish_reason\":\"stop\"}],");
	counts(body, a);
	buf_addc(body, '}');
}

static void send_choice(struct mreply *to, struct buf *event, size_t head,
    const char *delta, struct span text, const char *finish)
{
	event->len = head;
	buf_adds(event, ",\"choices\":[{\"index\":0,\"delta\":");
	buf_adds(event, delta);
	if (text.p != NULL) {
		mtext_quote(event, text.p, text.n);
		buf_addc(event, '}');
	}
	buf_adds(event, ",\"finish_reason\":");
	buf_adds(event, finish);
	buf_adds(event, "}]}");
	msse_event(to, event);
}

void mchat_stream(struct mreply *to, struct buf *event,
    const struct mchat_form *form, const struct manswer *a, int usage)
{
	struct span rest = a->text, piece;
	size_t head;

	mreply_begin(to, 200, "text/event-stream", form->more);
	buf_clear(event);
	opening(event, form, a, "chat.completion.chunk");
	head = event->len;
	send_choice(to, event, head, form->first_delta, SPAN_NIL, "null");
	while (rest.n > 0) {
		piece.p = rest.p;
		piece.n = mtext_piece(rest.p, rest.n, a->text.n / MAX_DELTAS);
		mtime_delta(to);
		send_choice(to, event, head, "{\"content\":", piece, "null");
		rest.p += piece.n;
		rest.n -= piece.n;
	}
	send_choice(to, event, head, "{}", SPAN_NIL, "\"stop\"");
	if (usage) {
		event->len = head;
		buf_adds(event, ",\"choices\":[],");
		counts(event, a);
		buf_addc(event, '}');
		msse_event(to, event);
	}
	msse_text(to, "[DONE]");
	mreply_end(to);
}
