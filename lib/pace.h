/*
 * pace.h - how many requests one server gets at once, and how many a minute.
 *
 * The number at once starts at -j, is halved when the server says that it is
 * too much (429, 503, 529) or doesn't answer in time, and grows by one each
 * time that so many went well (AIMD: additive increase, multiplicative
 * decrease, as TCP does), if so many were under way at all.  Up to the number
 * that was too much last time it grows slowly, since each try of more costs a
 * request one of its retries.  Replies to requests that started before the last
 * halving halve nothing again: they tell of the time before.  A Retry-After
 * pauses the whole server; the latest counts.
 *
 * --rpm and --tpm spread requests and tokens evenly over the minute.  In no
 * 60 seconds do more than `rpm` requests start.  A request's tokens are estimated
 * before and put right by the usage in its reply; a sixth of a minute's may be
 * saved up, and a request that is larger waits for all of that.
 *
 * Pure: times are milliseconds of any one clock, and come in.
 */
#ifndef FB_PACE_H
#define FB_PACE_H

enum pace_said { PACE_GOOD, PACE_BAD, PACE_TOO_MUCH };	/* went well; failed for reasons of its own; the server is at its limit */

struct pace {
	int most, running;
	double room;			/* requests at once, from 1 to most */
	double wall;			/* so many were too much when it last shrank */
	double halved;			/* when that was */
	double pause;			/* no start before */
	double rpm, next;		/* requests a minute, 0: any; the time from which the next may start */
	double tpm, tokens, filled;	/* tokens a minute, 0: any; what may be used now, and when that was reckoned */
};

void pace_init(struct pace *p, int most, double rpm, double tpm, double now);

/* How long a request that will use about so many tokens must wait; 0: it may start now; -1: until another ended. */
double pace_wait(const struct pace *p, double tokens, double now);
void pace_start(struct pace *p, double tokens, double now);
/* It ended: `used` tokens in place of those reckoned; 0: not known. */
void pace_end(struct pace *p, enum pace_said said, double started, double reckoned, double used, double now);
void pace_pause(struct pace *p, double until);	/* the server's Retry-After */

#endif
