/*
 * hint.h - the remedy for a fault, with its place in the configuration.
 * Pure.
 */
#ifndef FB_HINT_H
#define FB_HINT_H

#include "fault.h"
#include "span.h"

/*
 * Sets f->hint where there is something to advise and none is there yet.
 * `route` is the record's route (its `source` is the place) and `body` the
 * request's body; both may be SPAN_NIL when they are not known.
 */
void hint(struct fault *f, struct span route, struct span body);

#endif
