/*
 * flight.h - one request on its way: what it is, along which route and for
 * the how-many-th time it is sent, and what came.
 *
 * No clock, no network: sender.h moves flights.  Times are milliseconds.
 */
#ifndef FB_FLIGHT_H
#define FB_FLIGHT_H

#include "buf.h"
#include "fault.h"
#include "http.h"
#include "lane.h"
#include "reply.h"
#include "request.h"
#include "response.h"

struct sender;

struct flight {
	struct flight *next;		/* in one of the sender's lists (lineup.h) */
	struct sender *s;
	long number;			/* in the order of the input */
	struct buf text;		/* the record as it came; all spans lie in it, or in the usual route */
	struct request request;
	int which;			/* 0: its own route, n: its nth fallback */
	struct span route, body;	/* of that */
	int tries;			/* of that */
	double taken, deadline, due;	/* deadline 0: none; due: of the next try */

	/* the try at hand */
	struct lane *lane;		/* of the route; NULL: not looked for yet */
	struct http_call *call;
	double started, reckoned;	/* reckoned: the tokens that it will use, about */
	struct reply reply;
	struct buf answer;		/* the reply as one JSON value */
	struct outcome o;

	int events;			/* of a stream's chunks: 1 shown, 0 not, -1: not known yet */
	struct buf held;		/* events until it is known */
	int shown;			/* some went out */
	struct buf attempts;		/* the failed tries, as members of an array */
	long failed_tries;
};

/*
 * A request record, copied; its route is SPAN_NIL when it names none.  again:
 * a response record that failed and kept its request.  NULL and *f: it is no
 * request; F_NONE: it failed in an earlier stage.
 */
struct flight *flight_new(struct span record, long ordinal, int again, struct fault *f);
void flight_free(struct flight *t);
/* Is that response record to be sent again?  One that failed and kept its request; all: whatever its fault. */
int flight_wanted(struct span record, int all);

void flight_begin(struct flight *t, reply_chunk_fn *on_chunk);	/* a new try: nothing came yet */
/* What came of it: t->o.  f->code F_NONE: a reply, to be judged. */
void flight_judge(struct flight *t, const struct http_reply *got, const struct fault *f);
void flight_blame_deadline(struct flight *t, long ms);	/* the try's limit was what the deadline of so long had left of it */
void flight_note(struct flight *t, double wait_ms);	/* the try failed; the next comes after so long, 0: at once or never */
/* The next fallback becomes the route.  0 when there is none, or none may follow such a fault. */
int flight_fall_back(struct flight *t);
/*
 * The response record, into an empty buffer.  One that would be too long to be read is a
 * fault: t->o then says so, and only what names the request is kept.
 */
void flight_record(struct flight *t, int keep_request, struct buf *line);
/* The tokens that it will use: four bytes a token in, and what it may write. */
double flight_reckon(const struct flight *t);

#endif
