/*
 * rung.h - the ladder that fb-probe climbs: what is asked of a server, one
 * thing after the other, as one table.
 *
 * A rung is a request that fb-shape makes of the row's input with the route's
 * flags, and that fb-send could send; what it looks for is look.h's; what
 * helps is a list of flags that are tried.  Harmless rungs come first: what
 * killed servers (arrays and tools, ENGINES 0.4) and what takes long stands
 * at the end.
 */
#ifndef FB_RUNG_H
#define FB_RUNG_H

#include "look.h"

enum rung_is {
	RUNG_RISKY = 1 << 0,	/* it may crash the server */
	RUNG_NEEDED = 1 << 1,	/* without it the rest makes no sense */
	RUNG_MILD = 1 << 2,	/* who refuses it can be used without it */
	RUNG_STREAM = 1 << 3,
	RUNG_GROWS = 1 << 4,	/* it is asked again and again, the prompt longer each time */
	RUNG_TWICE = 1 << 5,	/* two requests at once */
	RUNG_IMAGES = 1 << 6,	/* for models that take images */
	RUNG_THINKS = 1 << 7,	/* for models that think */
	RUNG_COUNTS = 1 << 8	/* its prompt's tokens are compared with a plain chat's */
};

/* A compat flag and the value that it is to have, as -c takes it. */
struct setting {
	const char *flag, *value;	/* flag NULL: none */
};

enum { RUNG_REMEDIES = 3 };
struct rung {
	const char *name;
	const char *url;	/* of a GET; NULL: a chat request, made of */
	const char *input;	/* what fb-shape is given, JSON; NULL: the one that grows */
	unsigned is;
	look_fn *look;
	struct setting remedy[RUNG_REMEDIES + 1];	/* flags that may help, tried one after the other; the last has no flag */
	/*
	 * With this setting it is never sent, so there is nothing to ask; and, unless
	 * it is among the remedies, the last one, which needs no trial.  Without a flag: nothing
	 * keeps it away.
	 */
	struct setting off;
	const char *advice;	/* where no flag helps, or NULL */
};

enum { RUNG_COUNT = 26 };		/* rows at most */
extern const struct rung rungs[RUNG_COUNT + 1];	/* ends with a NULL name */

const struct rung *rung_find(const char *name);	/* NULL: none; blanks may be left out or be hyphens */

#endif
