/*
 * sender.h - many requests on their way at once: each is sent, tried again,
 * sent along its fallbacks, until it ends as one outcome.
 *
 * Who decides what: retry.h whether a failed try is repeated, pace.h when one
 * may start, flight.h what came.  The sender holds the requests and moves
 * them.
 */
#ifndef FB_SENDER_H
#define FB_SENDER_H

#include <stdint.h>

#include "buf.h"
#include "fault.h"
#include "flight.h"
#include "http.h"
#include "lane.h"
#include "retry.h"
#include "watch.h"

enum { SENDER_FOLD = 4 };	/* so many times the jobs are under way at most, to all servers; or waiting to be tried again */

struct sender_options {
	int jobs;		/* requests under way at once, for each server */
	int retries;		/* of one route, after its first try */
	long deadline_ms;	/* of a request with all its tries and waits; 0: none */
	long wait_ms;		/* how long a server may take until it is up */
	int reckon;		/* tokens are reckoned: there is --tpm */
};

/* What the sender's owner is told. */
struct sender_ear {
	int (*wants_events)(void *ctx);			/* 1, 0, or -1: not known yet */
	void (*event)(void *ctx, struct buf *lines);	/* one or more, without the last one's LF, the caller's to change */
	/* t->o is how it ended; gone when this returns.  Calls nothing of ours but sender_close(). */
	void (*done)(void *ctx, struct flight *t);
	void *ctx;
};

struct sender {
	struct http *http;
	struct lanes *lanes;
	const struct sender_options *options;
	const struct sender_ear *ear;
	struct watch watch;		/* event lines go out by it */
	struct flight *waiting;		/* for a time, the next due first */
	struct flight *flying;
	int held, nflying, ready;	/* all; under way; in the line of a server whose pace lets none start */
	size_t ahead;			/* bytes of those in lines */
	double soonest;			/* when the next may start, as far as is known */
	struct retry_budget budget;
	double began;
	uint64_t chance;		/* of the generator that draws the waits */
	int halted;			/* nothing is started or tried again; */
	struct fault why;		/* why not */
};

void sender_init(struct sender *s, struct http *http, struct lanes *lanes, const struct sender_options *options,
    const struct sender_ear *ear, uint64_t seed);
void sender_release(struct sender *s);	/* after http_free(), before lanes_release() */

void sender_take(struct sender *s, struct flight *t);	/* now its own; when halted it ends at once */
int sender_full(const struct sender *s);		/* give it no more for now */
int sender_idle(const struct sender *s);		/* it holds nothing */

/* Moves all on, waiting at most `ms`, or until fd (-1: none) can be read: 1 then.  -1 and *f: libcurl's loop failed. */
int sender_step(struct sender *s, int fd, long ms, struct fault *f);

void sender_close(struct sender *s, const struct fault *why);	/* starts no more: what waits ends so in the next step */
void sender_halt(struct sender *s, const struct fault *why);	/* the same, and it ends now */
void sender_abort(struct sender *s, const struct fault *why);	/* what is under way too */

#endif
