/* watch.c - see watch.h. */
#include "limits.h"
#include "watch.h"

enum { LINES = 64 << 10 };	/* so many bytes wait at most */

void watch_init(struct watch *w, void (*put)(void *ctx, struct buf *lines), void *ctx)
{
	w->put = put;
	w->ctx = ctx;
	w->gathers = 0;
	buf_init(&w->lines, 2 * (size_t)LINES);
}

void watch_release(struct watch *w)
{
	buf_release(&w->lines);
}

void watch_flush(struct watch *w)
{
	if (w->lines.len == 0)
		return;
	w->lines.data[--w->lines.len] = '\0';	/* the last line's LF */
	w->put(w->ctx, &w->lines);
	buf_clear(&w->lines);
}

/* Whole lines, one at least, each with its LF; gone behind it. */
static void put(struct watch *w, struct buf *lines)
{
	if (w->gathers && lines->len < LINES) {
		if (w->lines.len + lines->len > LINES)
			watch_flush(w);
		buf_add(&w->lines, lines->data, lines->len);
	} else {
		watch_flush(w);
		lines->data[--lines->len] = '\0';
		w->put(w->ctx, lines);
	}
	buf_clear(lines);
}

void watch_held(struct watch *w, struct flight *t)
{
	if (t->events != 0 && t->held.len > 0) {
		put(w, &t->held);
		t->shown = 1;
	}
	buf_release(&t->held);
}

void watch_chunk(struct watch *w, struct flight *t, struct span chunk)
{
	if (t->events == 0) {
		buf_release(&t->held);
		return;
	}
	response_event(&t->held, &t->request, chunk);
	buf_addc(&t->held, '\n');
	if (t->events > 0)
		watch_held(w, t);
}

void watch_restart(struct watch *w, struct flight *t)
{
	static const char text[] = "\"restart\"";
	struct buf line;

	if (!t->shown)
		return;
	buf_init(&line, MAX_RECORD);
	response_event(&line, &t->request, (struct span){text, sizeof text - 1});
	buf_addc(&line, '\n');
	if (line.len > 0)	/* else it didn't fit */
		put(w, &line);
	buf_release(&line);
	t->shown = 0;
}
