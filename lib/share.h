/*
 * share.h - where the files are that come with the programs.
 */
#ifndef FB_SHARE_H
#define FB_SHARE_H

#include "buf.h"

/*
 * Appends the path of a file of share/: in $FLUFFBUZZ_SHARE, else
 * ../share/fluffbuzz beside the program, else the source tree's share, else
 * below the compiled prefix.  The first that is there; without any the last.
 */
void share_path(const char *name, struct buf *path);

#endif
