/*
 * graft.h - sets members of an object inside a JSON5 text; every other byte,
 * comments and layout among them, stays.
 *
 * What is there is replaced; what isn't is added behind the last member, laid
 * out as its neighbours are: on a line of its own or not, indented as they
 * are, quoted if they all are, with a comma behind it if they have one.  So
 * plain JSON stays plain JSON.  Of duplicate keys the last counts.
 *
 * Pure: bytes in, bytes out.  No message holds a part of the text but a name
 * that was asked for.
 */
#ifndef FB_GRAFT_H
#define FB_GRAFT_H

#include <stddef.h>

#include "buf.h"
#include "fault.h"
#include "span.h"

struct graft_member {
	const char *name;	/* letters, digits, _ and $ */
	const char *json;	/* its value, a JSON text */
};

struct value;

enum { GRAFT_SAME, GRAFT_CHANGED };

/*
 * The value of `text`, a JSON5 document, that begins at `at` (as value.at of
 * tree.h: the member's key, or the element) is an object.  Sets the n members
 * in its member `name`, which is made if it isn't there or null; `name` NULL:
 * in the object itself, which may be null too.
 *
 * GRAFT_CHANGED: the whole new text was appended to `out`; it was read again,
 * and differs in those members only.  GRAFT_SAME: they are set to that
 * already, nothing was appended.  -1 and *f (config), which begins with the
 * line: "15: compat is a list, ...".
 */
int graft(struct span text, size_t at, const char *name, const struct graft_member *set, size_t n,
    struct buf *out, struct fault *f);

/* Is it that JSON text's value?  NULL is nothing. */
int graft_is(const struct value *v, const char *json);

#endif
