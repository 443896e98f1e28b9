/*
 * shaperoute.h - where fb-shape's routes come from (DESIGN section 2): a
 * file, the arguments, the stage before, or the configuration.
 */
#ifndef FB_SHAPEROUTE_H
#define FB_SHAPEROUTE_H

#include "fault.h"
#include "record.h"
#include "route.h"
#include "shape.h"
#include "stage.h"

struct shape_routes {
	struct shape_route route[ROUTE_MOST];
	int n;
	struct reader ahead;	/* of standard input, behind the routes of --route -; s->ahead is it, or NULL */
};

/*
 * `all` is zero.  `file`: of --route ("-": those that standard input begins with), or NULL.
 * `stdin_taken`: standard input is for something else.  An error record of
 * the stage before goes on to the next one, so there may be no route and no
 * fault.  0, or -1 and *f; shape_routes_release() is yours either way.
 */
int shape_routes_get(struct shape_routes *all, struct stage *s, const struct route_args *args, const char *file,
    int stdin_taken, struct fault *f);
void shape_routes_release(struct shape_routes *all, struct stage *s);

#endif
