/*
 * sse.h - server-sent events from bytes, in pieces of any size.
 *
 * The rules are those of the WHATWG HTML standard, "Server-sent events",
 * parsing an event stream: lines end by CR, LF or CRLF (also when split
 * between two pieces), a byte order mark at the start is skipped, a colon
 * starts a comment, one blank after a field's colon is dropped, several data
 * lines are joined by LF, an event without data is not dispatched.
 *
 * Two things beyond it, for servers that exist (ENGINES 2.2, 2.3):
 * - `error: {...}` as a field of its own, which a standard parser drops
 *   (llama.cpp until 2025-09), is an event of type "error" with that data.  It
 *   is told at its line; an event that is being read stays as it is.
 * - what is left at the end without a closing blank line is dropped by the
 *   standard; sse_end() dispatches it, sse_release() drops it.
 *
 * Pure: no I/O, no clock.
 */
#ifndef FB_SSE_H
#define FB_SSE_H

#include <stddef.h>

#include "buf.h"
#include "span.h"

struct sse_event {
	struct span type;	/* "" when the stream gave none; else its `event:`; "error" for an error field */
	struct span data;	/* without the final LF */
	struct span id;		/* the last `id:` seen */
};

struct sse {
	struct buf line;	/* a line not yet complete */
	struct buf data, type, id;
	int has_data;
	int skip_lf;		/* the piece before ended with CR */
	int started;		/* the byte order mark was looked for */
	long comments;		/* comment lines seen: a sign of life */
	long retry_ms;		/* the last valid `retry:`, or -1 */
};

/* Called for each event; spans live until it returns.  Not 0: sse_push stops and returns it. */
typedef int sse_fn(void *ctx, const struct sse_event *ev);

void sse_init(struct sse *s, size_t max_event);
void sse_release(struct sse *s);
/*
 * 0; the callback's own value when not 0 (the rest of the piece is lost);
 * SSE_TOO_LARGE when a line or event passes max_event, and from then on.
 */
#define SSE_TOO_LARGE (-1000)
int sse_push(struct sse *s, const char *p, size_t n, sse_fn *fn, void *ctx);
int sse_end(struct sse *s, sse_fn *fn, void *ctx);

#endif
