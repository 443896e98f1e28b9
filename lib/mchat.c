/* mchat.c - see mchat.h. */
#include <stddef.h>
#include <string.h>

#include "buf.h"
#include "mchat.h"
#include "mfill.h"
#include "mtext.h"

enum {
	MAX_STOPS = 16		/* OpenAI's is 4 */
};

void mchat_whole(struct buf *body, const struct mchat_form *form,
    const struct manswer *a)
{
	struct fill f = fill_of(form, a);

	f.piece = a->text;
	f.finish = fill_finish(a);
	if ((form->how & MCHAT_WHOLE_STOPS) && strcmp(f.finish, "length") == 0)
		f.finish = "stop";
	fill(body, form->whole, &f);
}

/* The bytes of the first `limit` words; *limit is what is left of it. */
static size_t within(struct span text, long long *limit)
{
	size_t at = 0, n;

	for (; at < text.n && *limit > 0; at += n) {
		n = mtext_piece(text.p + at, text.n - at, 0);
		*limit -= mtext_words(text.p + at, n) > 0;
	}
	return at;
}

static void cut(struct manswer *a, struct span *text, long long *limit)
{
	size_t n = within(*text, limit);

	if (mtext_words(text->p + n, text->n - n) > 0) {
		text->n = n;
		a->finish = "length";
	}
}

static void stop_at(struct manswer *a, struct span stop)
{
	struct buf word;
	const char *at = NULL;

	buf_init(&word, a->text.n);
	span_decode(stop, SPAN_REPLACE, &word);
	if (word.len > 0)
		at = span_find(a->text.p, a->text.n, buf_text(&word));
	if (at != NULL) {
		a->text.n = (size_t)(at - a->text.p);
		a->finish = "stop";
	}
	buf_release(&word);
}

void mchat_bound(struct manswer *a, long long limit, struct span stop)
{
	struct span_iter it;
	struct span key, v;
	int n = 0;

	if (a->text.p != NULL && span_kind(stop) == SPAN_STRING)
		stop_at(a, stop);
	if (a->text.p != NULL)
		for (it = span_each(stop); n < MAX_STOPS && span_next(&it, &key, &v); n++)
			if (span_kind(stop) == SPAN_ARRAY && span_kind(v) == SPAN_STRING)
				stop_at(a, v);
	if (limit < 0)
		return;
	if (a->reasoning.p != NULL)
		cut(a, &a->reasoning, &limit);
	if (a->text.p != NULL)
		cut(a, &a->text, &limit);
}
