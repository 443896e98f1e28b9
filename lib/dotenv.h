/*
 * dotenv.h - a file of variables, NAME=value a line.
 *
 *	# a comment
 *	export NAME=value	# another
 *	A='as it stands'  B="with \n, \t, \" and \\"
 *
 * Pure.
 */
#ifndef FB_DOTENV_H
#define FB_DOTENV_H

#include <stddef.h>

#include "buf.h"

/* Appends "NAME=value" and a NUL for each; lines that are none are passed over. */
void dotenv_read(const char *text, size_t n, struct buf *out);
/* The value in what dotenv_read() wrote; the last one counts.  NULL: there is none. */
const char *dotenv_find(const struct buf *read, const char *name);

#endif
