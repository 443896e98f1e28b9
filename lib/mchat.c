/* mchat.c - see mchat.h. */
#include <stddef.h>
#include <string.h>

#include "buf.h"
#include "mchat.h"
#include "mfill.h"
#include "msse.h"
#include "mtext.h"
#include "mtime.h"

enum {
	MAX_DELTAS = 4096,	/* a longer text comes in longer pieces */
	MAX_STOPS = 16,		/* OpenAI's is 4 */
	ARGS_PIECE = 8		/* bytes of arguments in a delta, at least */
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

/* A stream under way. */
struct flow {
	struct mreply *to;
	struct buf *event;
	struct fill f;
	size_t head;		/* of the event: what all chunks begin with */
	const char *rest;	/* of the template, after the choices */
	int counted;		/* a chunk with the counts comes last */
};

/* The next chunk says why the answer ends. */
static void finish(struct flow *w)
{
	w->f.finish = fill_finish(w->f.a);
	if (w->f.form->last != NULL && !w->counted)
		w->f.extra = w->f.form->last;
}

/* One chunk for each choice. */
static void send_chunk(struct flow *w)
{
	struct fill *f = &w->f;
	int i;

	for (i = 0; i < f->choices; i++) {
		f->index = f->form->how & MCHAT_LAST_FIRST ? f->choices - 1 - i : i;
		if (!w->event->failed)
			w->event->len = w->head;
		fill(w->event, f->form->part, f);
		fill(w->event, w->rest, f);
		msse_event(w->to, w->event);
	}
	f->begins = 0;
}

static void send_text(struct flow *w, const char *member, struct span text, int last)
{
	struct fill *f = &w->f;
	size_t least = text.n / MAX_DELTAS;

	f->member = member;
	/* an engine's fault comes at once (ENGINES 1, "Stream") */
	if (last && strcmp(fill_finish(f->a), "error") == 0)
		least = text.n;
	for (; text.n > 0; text.p += f->piece.n, text.n -= f->piece.n) {
		f->piece.p = text.p;
		f->piece.n = mtext_piece(text.p, text.n, least);
		if (last && f->piece.n == text.n)
			finish(w);
		mtime_delta(w->to);
		send_chunk(w);
	}
	f->piece = SPAN_NIL;
	f->member = NULL;
}

static void send_arguments(struct flow *w)
{
	struct fill *f = &w->f;
	struct span args = span_get(f->call, "arguments");
	size_t n, least = ARGS_PIECE + args.n / MAX_DELTAS;

	if (span_kind(args) == SPAN_STRING || args.p == NULL) {
		f->piece = SPAN_NIL;
		send_chunk(w);
		return;
	}
	for (; args.n > 0; args.p += n, args.n -= n) {
		for (n = least; n < args.n && ((unsigned char)args.p[n] & 0xc0) == 0x80; n++)
			;
		n = n < args.n ? n : args.n;
		f->piece = (struct span){args.p, n};
		send_chunk(w);
	}
}

static void send_calls(struct flow *w)
{
	struct fill *f = &w->f;
	struct span_iter it;
	struct span key;

	f->ncall = 0;
	for (it = span_each(f->a->calls); span_next(&it, &key, &f->call); f->ncall++) {
		f->begins = 1;
		f->piece = SPAN_NIL;
		if (!(f->sse & (MSSE_WHOLE_CALL | MSSE_ARGS_OBJECT))) {
			f->piece = span_of("");
			send_chunk(w);
			send_arguments(w);
		} else
			send_chunk(w);
	}
	f->call = f->piece = SPAN_NIL;
}

static void send_end(struct flow *w)
{
	struct fill *f = &w->f;

	if (f->finish == NULL && !(f->sse & MSSE_NO_FINISH)) {
		finish(w);
		send_chunk(w);
	}
	if (w->counted) {
		f->extra = f->form->counted;
		if (!w->event->failed)
			w->event->len = w->head;
		fill(w->event, w->rest, f);
		msse_event(w->to, w->event);
	}
	if (!(f->sse & MSSE_NO_DONE))
		msse_text(w->to, "[DONE]");
}

void mchat_stream(struct mreply *to, struct buf *event,
    const struct mchat_form *form, const struct manswer *a, int usage)
{
	struct flow w = {to, event, fill_of(form, a), 0, strstr(form->chunk, "$c") + 2,
	    usage && form->counted != NULL};
	int with_text = (to->sse & MSSE_FINISH_WITH_TEXT) || strcmp(fill_finish(a), "error") == 0;
	struct fill *f = &w.f;

	to->sse |= form->sse;
	f->sse = to->sse;
	if ((f->sse & MSSE_NO_FINISH) || a->calls.p != NULL)
		with_text = 0;
	if (w.counted)
		f->extra = form->uncounted;
	mreply_begin(to, 200, "text/event-stream", form->more);
	buf_clear(event);
	fill_n(event, form->chunk, (size_t)(w.rest - form->chunk) - 2, f);
	w.head = event->len;
	if (form->first_delta != NULL && !(f->sse & MSSE_NO_ROLE)) {
		f->begins = 1;
		send_chunk(&w);
	}
	if (a->reasoning.p != NULL && form->reasoning != NULL)
		send_text(&w, form->reasoning, a->reasoning, 0);
	send_text(&w, "content", a->text, with_text);
	if (a->calls.p != NULL)
		send_calls(&w);
	send_end(&w);
	mreply_end(to);
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
