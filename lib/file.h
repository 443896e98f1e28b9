/*
 * file.h - a whole file into a buffer.
 */
#ifndef FB_FILE_H
#define FB_FILE_H

#include "buf.h"

enum file_kind {
	FILE_REGULAR,	/* a fifo or device, which could hang or never end, is refused */
	FILE_ANY	/* the user named it: <(a command) is fine; "-" is standard input */
};

/*
 * Appends the file's bytes.  0, or an errno: EISDIR for a directory, EINVAL
 * for what is not a regular file, EFBIG when it passes text->max.
 */
int file_read(const char *path, enum file_kind kind, struct buf *text);
/* The same; *st is what was read. */
struct stat;
int file_read_stat(const char *path, enum file_kind kind, struct buf *text, struct stat *st);
/* The same of what is open. */
int file_read_fd(int fd, struct buf *text);
const char *file_error(int error);	/* the errno in words */

#endif
