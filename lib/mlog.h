/*
 * mlog.h - the journal: what was received, a line a request.
 *
 * {"method","path","headers","body"}: the target as received, header names in
 * lower case, repeated ones joined by ", ".  The body's exact bytes are the
 * string "body", or "body_base64" when they are no UTF-8.
 */
#ifndef FB_MLOG_H
#define FB_MLOG_H

#include "mhttp.h"

struct buf;

/* Appends the line, LF included; `join` is scratch. */
void mlog_line(struct buf *out, const struct mreq *r, struct buf *join);
/* Writes it, by one write(2) unless the system takes less.  0, or -1 and errno. */
int mlog_write(int fd, struct buf *line);

#endif
