/*
 * watch.h - the event lines of streams, on their way to somebody who watches.
 *
 * A line goes out as it comes.  Where many streams run at once, nobody reads
 * each by eye: the lines that become ready in one step of the sender go out
 * together, for a write(2) of each would cost more than all the rest.
 */
#ifndef FB_WATCH_H
#define FB_WATCH_H

#include "flight.h"

struct watch {
	void (*put)(void *ctx, struct buf *lines);	/* without the last one's LF, the caller's to change */
	void *ctx;
	struct buf lines;	/* what waits for the end of the step */
	int gathers;		/* many streams run: lines wait; else they go out as they come */
};

void watch_init(struct watch *w, void (*put)(void *ctx, struct buf *lines), void *ctx);
void watch_release(struct watch *w);

/* A chunk of a stream, by t->events: a line now, or none, or one that waits in t->held until that is known. */
void watch_chunk(struct watch *w, struct flight *t, struct span chunk);
void watch_held(struct watch *w, struct flight *t);	/* it is known, or the stream has ended */
void watch_restart(struct watch *w, struct flight *t);	/* what was shown of it doesn't count: {"custom_id":..,"event":"restart"} */
void watch_flush(struct watch *w);	/* before a record goes out, and at the end of a step */

#endif
