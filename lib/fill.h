/*
 * fill.h - ${VARIABLE} in the texts of a configuration (REFERENCE section 2).
 *
 * A name is of A-Z, 0-9 and _, and begins with no digit; others stay as they
 * are, and $${NAME} is ${NAME} itself.  A variable that isn't set, or is
 * empty, stays in the text, which is then TREE_UNSET: an error where it is
 * needed.  Only the sections that we read are looked at.
 */
#ifndef FB_FILL_H
#define FB_FILL_H

#include "config.h"

/* 0, or -1: the texts would take over 16 MiB.  What isn't set is told in `unset`, a line each. */
int fill_all(struct config *c, struct buf *unset);
/* The first text in a value that is TREE_UNSET; NULL: there is none. */
const struct value *fill_unset(const struct value *v);
/* Appends the first variable in a TREE_UNSET text, as "${NAME}". */
void fill_missing(const struct value *v, struct buf *out);

#endif
