/*
 * shapetell.h - what fb-shape says on stderr beside its records: what the
 * compat flags change (explain.h does the saying), and once what is lost on the way.
 */
#ifndef FB_SHAPETELL_H
#define FB_SHAPETELL_H

#include "compat.h"
#include "explain.h"
#include "route.h"
#include "shape.h"
#include "stage.h"

struct shape_tell {
	struct stage *stage;
	const struct shape_route *routes;	/* all of them */
	const struct shape_route *now;		/* the one at hand */
	struct explain *explain;		/* of --explain; or NULL */
	int told[ROUTE_MOST], told_tools;	/* of which something was said already */
};

/* How a run of flags tells it; ctx is the struct. */
struct compat_watch shape_tell_watch(struct shape_tell *t);

/* A tool of the options or of the record that isn't sent. */
void shape_tell_tools(struct shape_tell *t, const struct shape_input *in, const struct shape_options *opts);

#endif
