/*
 * demand.h - what is demanded of an answer beyond being one: --require-stop,
 * --extract, --schema.  Pure.
 */
#ifndef FB_DEMAND_H
#define FB_DEMAND_H

#include "result.h"

struct demand {
	int stop;		/* it ended by itself, or for tool calls */
	int json;		/* there is JSON in it, which becomes r->value */
	struct span schema;	/* that it fits; one that fits_schema() took; or SPAN_NIL */
};

/* A good result of which more is demanded than it has becomes a failed one. */
void demand_apply(const struct demand *d, struct result *r);

/* Was it cut at max_tokens?  1 of a good one. */
int demand_cut(const struct result *r);

#endif
