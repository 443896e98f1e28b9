/*
 * secretfile.h - a secret out of a file of the user's, if it is one that
 * nobody else can read or change.
 */
#ifndef FB_SECRETFILE_H
#define FB_SECRETFILE_H

#include <stddef.h>

#include "buf.h"

/*
 * The file's bytes as they are, in `out` (emptied first).  The path is
 * absolute; links are followed, and what they lead to is judged: a regular
 * file of ours or root's that has no permissions for group and others, of at
 * most `most` bytes (and no more than out->max).
 *
 * 0; or -1, `out` is empty, and `why` says "FILE: readable by others (mode
 * 0644): chmod 600 it" or the like, without a byte of the content.  `out`
 * grows once, by `most`, so that no pieces of a secret are left in freed
 * memory; on failure it is wiped.
 */
int secretfile_read(const char *path, size_t most, struct buf *out, char *why, size_t size);

#endif
