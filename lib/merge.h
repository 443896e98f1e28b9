/*
 * merge.h - members of one object laid over those of another, each value
 * spelt as it was.
 *
 * Pure: bytes in, bytes out.
 */
#ifndef FB_MERGE_H
#define FB_MERGE_H

#include "buf.h"
#include "span.h"

/* Is it to be laid over? */
typedef int merge_takes(const void *ctx, struct span key);

/*
 * `members` holds members with a comma before each.  Those of the object
 * `over` that `takes` names (NULL: all) come in the place of their namesakes,
 * else behind; a null takes one away.  Of duplicates in `over` the last counts.
 */
void merge_over(struct buf *members, struct span over, merge_takes *takes, const void *ctx);

#endif
