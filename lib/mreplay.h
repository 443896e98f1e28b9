/*
 * mreplay.h - the response records of a file, found by the body that they
 * were an answer to.
 *
 * The file may be of any size: 24 bytes a record are kept in memory, the
 * record itself is read when it is asked for.
 */
#ifndef FB_MREPLAY_H
#define FB_MREPLAY_H

#include <stdint.h>
#include <sys/types.h>

#include "buf.h"
#include "span.h"

enum { MREPLAY_RECORDS = 1 << 24 };

struct mreplay {
	int fd;
	struct mreplay_row {
		uint64_t digest;
		off_t at;
		size_t n;
	} *rows;		/* by digest, then by place */
	size_t n, cap;
	struct buf record;	/* the one asked for last */
	char err[400];		/* after a failure: "replies.jsonl:3:17: ..." */
};

void mreplay_init(struct mreplay *p);
void mreplay_release(struct mreplay *p);
/* 0, or -1 and p->err. */
int mreplay_open(struct mreplay *p, const char *path);

/*
 * 1: *response is the member of the record whose digest is that of `body`,
 * the last one if there are several; it lives until the next call.  0: there
 * is none; -1: the file can't be read any more, or was changed.
 */
int mreplay_find(struct mreplay *p, struct span body, struct span *response);

#endif
