/* mflow.c - see mflow.h. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "limits.h"
#include "mfill.h"
#include "mflow.h"
#include "msse.h"
#include "mtext.h"
#include "mtime.h"

enum {
	MAX_DELTAS = 4096,	/* a longer text comes in longer pieces */
	ARGS_PIECE = 8,		/* bytes of arguments in a delta, at least */
	AT_ONCE = 6 << 10	/* bytes that are written before those are sent */
};

/* What is written next. */
enum stage { ROLE, REASONING, TEXT, CALLS, END, OVER };

struct flow {
	struct mreply *to;
	struct buf *event;
	struct fill f;
	size_t head;		/* of the event: what all chunks begin with */
	const char *rest;	/* of the template, after the choices */
	int counted;		/* a chunk with the counts comes last */
	int with_text;		/* the chunk of the last text says why it ends */
	enum stage stage;
	size_t at;		/* of the text, or the reasoning: so much is written */
	struct mtime time;	/* its own: to->time points here */
	int paused;		/* the pause before the next delta is known: */
	long long pause;	/* us that are left of it */
};

/* A flow that outlives its request, with copies of all that it needs. */
struct later {
	struct mlater base;	/* first */
	struct flow w;
	struct mreply to;
	struct manswer a;
	char own[];
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

/*
 * The pause before a text: 1, it is written; 0, a part of it was, and the
 * comment that tells the client to go on waiting.
 */
static int wait(struct flow *w)
{
	long long ping = w->to->time != NULL ? w->to->time->ping : 0;

	if (!w->paused)
		w->pause = mtime_token(w->to);
	w->paused = ping > 0 && w->pause > ping;
	if (w->paused) {
		mreply_cue(w->to, MCUE_WAIT, ping);
		msse_comment(w->to);
		w->pause -= ping;
	} else if (w->pause > 0)
		mreply_cue(w->to, MCUE_WAIT, w->pause);
	return !w->paused;
}

/* The next piece of the text; 0: there is none. */
static int send_text(struct flow *w, const char *member, struct span text)
{
	struct fill *f = &w->f;
	size_t least = text.n / MAX_DELTAS;
	int last = w->stage == TEXT && w->with_text;

	if (member == NULL || w->at >= text.n) {
		w->at = 0;
		return 0;
	}
	if (!wait(w))
		return 1;
	/* an engine's fault comes at once (ENGINES 1, "Stream") */
	if (last && strcmp(fill_finish(f->a), "error") == 0)
		least = text.n;
	f->member = member;
	f->piece.p = text.p + w->at;
	f->piece.n = mtext_piece(f->piece.p, text.n - w->at, least);
	w->at += f->piece.n;
	if (last && w->at == text.n)
		finish(w);
	send_chunk(w);
	f->piece = SPAN_NIL;
	f->member = NULL;
	return 1;
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
	mreply_end(w->to);
}

static void step(struct flow *w)
{
	const struct manswer *a = w->f.a;
	int more = 0;

	switch (w->stage) {
	case ROLE:
		if (w->f.form->first_delta != NULL && !(w->f.sse & MSSE_NO_ROLE)) {
			w->f.begins = 1;
			send_chunk(w);
		}
		break;
	case REASONING:
		more = a->reasoning.p != NULL && send_text(w, w->f.form->reasoning, a->reasoning);
		break;
	case TEXT:
		more = send_text(w, "content", a->text);
		break;
	case CALLS:
		if (a->calls.p != NULL)
			send_calls(w);
		break;
	case END:
		send_end(w);
		break;
	case OVER:
		return;
	}
	w->stage += !more;
}

/* Writes until the end, or `most` bytes or so; an HTTP chunk is written whole. */
static void run(struct flow *w, size_t most)
{
	size_t from = w->to->out->len;

	buf_clear(w->event);
	fill_n(w->event, w->f.form->chunk, (size_t)(w->rest - w->f.form->chunk) - 2, &w->f);
	w->head = w->event->len;
	while (w->stage != OVER && !w->to->out->failed &&
	    (w->to->out->len - from < most || w->to->open != 0))
		step(w);
}

static int go_on(struct mlater *base, struct buf *out, struct mcues *cues)
{
	struct later *l = (struct later *)base;
	struct buf event;

	buf_init(&event, 2 * MAX_RECORD);
	l->to.out = out;
	l->to.cues = cues;
	l->w.event = &event;
	run(&l->w, AT_ONCE);
	buf_release(&event);
	return l->w.stage != OVER;
}

static void end(struct mlater *base)
{
	free(base);
}

/* Copies s to *own, which moves on behind it. */
static struct span keep(char **own, struct span s)
{
	struct span kept = {*own, s.n};

	if (s.p == NULL)
		return SPAN_NIL;
	if (s.n > 0)
		memcpy(*own, s.p, s.n);
	*own += s.n;
	return kept;
}

/* What is left of the flow is written later: 1, or 0 when memory runs out. */
static int leave(const struct flow *w)
{
	const struct manswer *a = w->f.a;
	size_t finish_n = a->finish != NULL ? strlen(a->finish) + 1 : 0;
	struct later *l = malloc(sizeof *l + a->model.n + a->text.n + a->reasoning.n +
	    a->calls.n + a->usage.n + finish_n);
	char *own;

	if (l == NULL)
		return 0;
	own = l->own;
	l->base = (struct mlater){go_on, end};
	l->w = *w;
	l->to = *w->to;
	l->a = *a;
	l->a.model = keep(&own, a->model);
	l->a.text = keep(&own, a->text);
	l->a.reasoning = keep(&own, a->reasoning);
	l->a.calls = keep(&own, a->calls);
	l->a.usage = keep(&own, a->usage);
	if (a->finish != NULL)
		l->a.finish = keep(&own, (struct span){a->finish, finish_n}).p;
	l->w.to = &l->to;
	l->w.f.a = &l->a;
	if (l->w.f.finish != NULL)
		l->w.f.finish = fill_finish(&l->a);
	if (l->to.time != NULL)
		l->to.time = &l->w.time;
	l->to.extra = l->to.reason = NULL;	/* of the head, which is written */
	*w->to->later = &l->base;
	return 1;
}

void mflow_stream(struct mreply *to, struct buf *event,
    const struct mchat_form *form, const struct manswer *a, int usage)
{
	struct flow w = {.to = to, .event = event, .f = fill_of(form, a),
	    .rest = strstr(form->chunk, "$c") + 2, .counted = usage && form->counted != NULL};
	struct mtime *shared = to->time;

	to->sse |= form->sse;
	w.f.sse = to->sse;
	w.with_text = ((to->sse & MSSE_FINISH_WITH_TEXT) || strcmp(fill_finish(a), "error") == 0) &&
	    !(to->sse & MSSE_NO_FINISH) && a->calls.p == NULL;
	if (w.counted)
		w.f.extra = form->uncounted;
	if (shared != NULL) {
		w.time = mtime_own(shared);
		to->time = &w.time;
	}
	mreply_begin(to, 200, "text/event-stream", form->more);
	run(&w, to->later != NULL ? AT_ONCE : (size_t)-1);
	if (w.stage != OVER && !to->out->failed && !leave(&w))
		run(&w, (size_t)-1);
	to->time = shared;
}
