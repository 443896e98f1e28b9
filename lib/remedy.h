/*
 * remedy.h - what to do about a rung of the ladder that failed: which flags of
 * its row help, and if none does, what a person can do.
 */
#ifndef FB_REMEDY_H
#define FB_REMEDY_H

#include "probe.h"

/*
 * x->fault and x->status say what came; look is LOOK_BAD or LOOK_LOST.  Tries
 * the row's flags, one after the other, and sets the verdict and advice.  A
 * fault that isn't plainly a refusal is first asked for again: one that goes
 * by itself is no reason for a flag.  0, or -1 and *f.
 */
int remedy_find(struct probe *p, const struct rung *r, struct finding *x, enum look look, struct fault *f);

#endif
