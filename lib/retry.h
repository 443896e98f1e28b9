/*
 * retry.h - whether and when a failed request is tried again (RELIABILITY 1,
 * promise 9).
 *
 * By error code: what the table of fault.h calls retryable; x-should-retry
 * decides over that.  Never what we ended ourselves: a total timeout, after
 * which the server may still be at work, and an interrupted request.  Waits
 * double from 0.5 s to 30 s, each drawn between 0 and that (full jitter); a
 * server's Retry-After is the least, and over 120 s of it there is no retry.
 *
 * All requests share a budget of 100 retries: each takes one, and one that
 * finds none waits for its own; ten come back a second, and one with every five
 * successes.  So a server that is down gets few retries, however many requests
 * there are, and none of them is lost for it.
 *
 * Pure: times are milliseconds of any one clock, and come in; so does chance.
 */
#ifndef FB_RETRY_H
#define FB_RETRY_H

#include <stdint.h>

#include "fault.h"

enum { RETRY_BASE_MS = 500, RETRY_CAP_MS = 30000, RETRY_AFTER_MOST_MS = 120000 };

/* What the server said of trying again. */
struct retry_said {
	double after_ms;	/* -1: nothing */
	int should;		/* 1 yes, 0 no, -1 nothing */
};

/*
 * From the headers' texts, "" where one is missing: retry-after-ms, else
 * Retry-After in seconds (also 1.5) or as a date, one gone by being now;
 * x-should-retry.  unix_now in seconds.  What is no time says nothing.
 */
void retry_said(struct retry_said *said, const char *after, const char *after_ms, const char *should, double unix_now);

/*
 * Is a request whose try number `tries` (from 1) ended in that fault to be
 * tried again, `most` retries being allowed?  chance in [0, 1).  1 and *wait_ms, or 0.
 */
int retry_again(const struct fault *f, const struct retry_said *said, int tries, int most, double chance, double *wait_ms);

double retry_chance(uint64_t *state);	/* in [0, 1), from a state that isn't 0: good enough to spread waits */

/* The shared budget. */
struct retry_budget {
	double tokens, at;
};
void retry_budget_init(struct retry_budget *b, double now);
void retry_budget_good(struct retry_budget *b);		/* a request went well */
double retry_budget_wait(const struct retry_budget *b, double now);	/* how long a retry must wait, were it taken now */
double retry_budget_take(struct retry_budget *b, double now);		/* the same, and takes it */

#endif
