/*
 * explain.h - what --explain says of each body: which flag changed what, and
 * the sizes.
 *
 * One body needs no head; of several each has one that names the input and
 * the route.  So what is said of the first waits until a second one comes, or
 * the end.
 */
#ifndef FB_EXPLAIN_H
#define FB_EXPLAIN_H

#include "buf.h"
#include "compat.h"
#include "span.h"

struct explain {
	const char *prog;
	const char *place;	/* of the input at hand: "mails.csv:18: ", or "" */
	struct span id;		/* its custom_id, a string token */
	struct compat_watch watch;	/* to be told by */
	struct buf head, first;	/* of the first body, until a second one comes */
	long bodies;
	size_t before;		/* bytes of the body at hand, if a flag has changed it; else 0 */
};

void explain_init(struct explain *e, const char *prog);
void explain_end(struct explain *e);	/* says what still waits, and releases */

#endif
