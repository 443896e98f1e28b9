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

enum {
	MLOG_KEPT = 1000,	/* requests */
	MLOG_BYTES = 16 << 20	/* of them as received */
};

/* The last requests as they were received; lines are made of them when somebody asks. */
struct mlog {
	struct mlog_request {
		char *p;
		size_t head, n;		/* bytes of the head, of all */
	} ring[MLOG_KEPT];
	size_t first, n, bytes;
	unsigned long long dropped;	/* the older ones, and those over the bound */
};

void mlog_release(struct mlog *l);
/* r->body follows the head in memory, as mserve hands it over. */
void mlog_keep(struct mlog *l, const struct mreq *r);
/* Appends a line for each that is kept, oldest first; `join` is scratch. */
void mlog_lines(const struct mlog *l, struct buf *out, struct buf *join);

/* Appends the line, LF included; `join` is scratch. */
void mlog_line(struct buf *out, const struct mreq *r, struct buf *join);
/* Writes it, by one write(2) unless the system takes less.  0, or -1 and errno. */
int mlog_write(int fd, struct buf *line);

#endif
