/*
 * grafttext.h - where in a JSON5 text a member goes, and how it is laid out
 * there (graft.c; nobody else includes this).  The text was read by json5.h
 * without a fault.
 */
#ifndef FB_GRAFTTEXT_H
#define FB_GRAFTTEXT_H

#include "graft.h"

int grafttext_is_name(const char *name);	/* one that needs no quotes, ASCII */

/*
 * The text with that one member set in the object at `at`, or in its member
 * `name` (see graft.h), is appended to `out`; has_key: a key begins there.
 */
void grafttext_set(struct span text, size_t at, int has_key, const char *name, const struct graft_member *m,
    struct buf *out);

#endif
