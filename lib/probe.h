/*
 * probe.h - climbs the ladder (rung.h): makes each rung's request as fb-shape
 * does, sends it as fb-send does, once, looks at what came, and tries the
 * flags that may help.  A flag that helped stays laid over the route for the
 * rungs that follow.
 */
#ifndef FB_PROBE_H
#define FB_PROBE_H

#include <jv.h>
#include <signal.h>

#include "buf.h"
#include "fault.h"
#include "finding.h"
#include "lane.h"
#include "secret.h"
#include "sender.h"

struct probe_options {
	int safe;		/* nothing that may crash the server */
	size_t max_prompt;	/* bytes of the longest prompt */
	long revive_ms;		/* how long a server that crashed may take to be there again */
	const volatile sig_atomic_t *stop;	/* not 0: a signal came, nothing more is asked */
};

struct probe {
	const struct probe_options *options;
	jv route;		/* as configured, and the flags that helped */
	struct buf text;	/* the same as JSON */
	struct buf origin;	/* host and port */
	struct setting set[RUNG_COUNT];	/* that helped, in the order of the rungs */
	int nset;
	struct lanes *lanes;
	struct sender sender;
	struct sender_ear ear;
	struct http *http;
	struct came came[2];
	int sent;		/* of the requests under way: how many */
	struct fault gone;	/* why no more is asked: the server is gone, or a rung that is needed failed; F_NONE */
	double plain_tokens;	/* of a plain chat's prompt as the server counted it; 0: it didn't; below: none was asked */
	int no_streams;		/* streams fail as such */
};

/* `route`: JSON of a route.  All else is borrowed, and outlives the probe.  0, or -1 and *f. */
int probe_init(struct probe *p, struct span route, struct http *http, struct lanes *lanes, const struct sender_options *sending,
    const struct probe_options *options, struct fault *f);
void probe_release(struct probe *p);

/* Of the others that look after a failed rung (remedy.h): */
void probe_route(struct probe *p, jv route);		/* takes another route in place of its own */
int probe_has(const struct probe *p, struct setting s);	/* is it the route's already? */
/*
 * One try of a rung with the flags as they are: its requests, one after the
 * other, until one shows something, which x->told says.  0, or -1 and *f.
 */
int probe_try(struct probe *p, const struct rung *r, struct finding *x, enum look *look, struct fault *f);
/*
 * After a try of a rung that may crash the server, or whose connection ended
 * without a whole reply: does it still live?  One that died is waited for;
 * p->gone when it stays away.  x->told says it.  0, or -1 and *f.
 */
int probe_look_alive(struct probe *p, const struct rung *r, struct finding *x, struct fault *f);

/* Asks what the rung asks. *x was finding_init()ed.  0; or -1 and *f: it can't go on (config, no_api_key, ...). */
int probe_climb(struct probe *p, const struct rung *r, struct finding *x, struct fault *f);

#endif
