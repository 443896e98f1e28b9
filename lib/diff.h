/*
 * diff.h - what is different between two JSON values, by path.
 *
 * Pure.  Paths are written messages[1].content; a member name that is no
 * plain word stands as ["na me"].
 */
#ifndef FB_DIFF_H
#define FB_DIFF_H

#include "buf.h"
#include "span.h"

/*
 * Appends a line for each: "- tools", "+ store", "~ messages[1].content";
 * gone, new, or another one.  Elements of arrays are compared by their place.
 */
void diff_write(struct buf *out, struct span before, struct span after);

#endif
