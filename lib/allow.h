/*
 * allow.h - files that data names: only regular ones below a directory that
 * the user named, whatever the data says.
 */
#ifndef FB_ALLOW_H
#define FB_ALLOW_H

#include "buf.h"

struct allow {
	int fd;		/* of the directory; -1: none was opened */
};

int allow_open(struct allow *a, const char *dir);	/* 0, or an errno */
void allow_close(struct allow *a);

/*
 * Appends the bytes of a file below the directory.  The name is relative,
 * without "..", and no symbolic link is followed on the way, so it can't lead
 * out, not even when somebody moves things meanwhile; a directory, a fifo or
 * a device is never opened for reading.  NULL; or what is wrong, text that
 * lives until the next call.
 */
const char *allow_read(const struct allow *a, const char *name, struct buf *text);

#endif
