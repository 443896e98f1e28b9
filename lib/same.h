/*
 * same.h - JSON values by what they mean, however they are spelt.
 *
 * Pure: borrows its input, which was checked (span.h).
 */
#ifndef FB_SAME_H
#define FB_SAME_H

#include "span.h"

/*
 * Numbers by their value, texts by their characters, objects whatever the order
 * of their members (of duplicates the last counts).  It goes as deep as the
 * shallower of the two; `wanted` is walked once a member of itself, so it is the
 * small one where the two differ.
 */
int same_values(struct span wanted, struct span v);

/* The last member whose name, a string token, has these characters; or SPAN_NIL. */
struct span same_member(struct span obj, struct span name);

/* Has the number no fraction?  1.50e1 has none. */
int same_as_integer(struct span num);

#endif
