/*
 * include.h - $include: what other files say, merged into a configuration
 * (REFERENCE section 2, confinement as in RELIABILITY 2.2).
 *
 *	{ $include: "./a.json5" }		is what a.json5 says
 *	{ $include: ["a", "b"], k: 1 }		b over a, then k over both
 *
 * Objects merge, arrays are joined, anything else is replaced.  A path is
 * relative to the file that names it, and must lead (links followed) into the
 * directory of the configuration or one of $FLUFFBUZZ_INCLUDE_ROOTS.
 */
#ifndef FB_INCLUDE_H
#define FB_INCLUDE_H

#include "config.h"

/* Replaces every such object in c->doc.  0, or -1 and *f. */
int include_all(struct config *c, struct fault *f);

#endif
