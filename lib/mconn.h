/*
 * mconn.h - one connection of mserve: its buffers, and the request that is
 * being read from it.
 */
#ifndef FB_MCONN_H
#define FB_MCONN_H

#include "buf.h"
#include "mcue.h"
#include "mserve.h"

enum {
	MCONN_READ_MAX = 1 << 20	/* at once */
};

/*
 * A connection has memory only while something is in its buffers; between
 * requests it lies in the server's spare pair, warm for the next one.
 */
struct conn {
	struct buf in, out;
	size_t pos;		/* where the request being read starts in `in` */
	size_t seen;		/* bytes from pos searched for the head's end */
	size_t head;		/* its length, 0 until it is there */
	size_t length;		/* the body's, unless chunked */
	int chunked;
	struct mchunks chunks;
	size_t sent;		/* bytes of `out` */
	struct mcues cues;	/* of the replies in `out` */
	struct mlater *later;	/* the rest of the last one of them, or NULL */
	long long due;		/* us: when it goes on by itself; 0: it doesn't */
	int eof;		/* the client closed its half */
	int closing;		/* no further request is read */
	int unread;		/* closing while the client may still send */
	long long linger;	/* until when, in ms; 0: it doesn't */
};

/* What the steps below share. */
struct turn {
	struct mserve *s;
	struct conn *c;
	mserve_fn *fn;
	void *ctx;
	int fd;
	int stop;		/* what the handler said */
};

/* A buffer without memory takes the spare one's; it gives it back when it is empty. */
void mconn_take(struct buf *b, struct buf *spare);
void mconn_give(struct buf *b, struct buf *spare);

/* Reads what there is: 1: something came, nothing yet, or the last (c->eof); -1: the connection is gone. */
int mconn_fill(struct turn *t);
/* 1: the head is there and the connection says how the body comes; 0: not, or refused. */
int mconn_head(struct turn *t);
/* 1: the body is whole, *body says where and *taken how long the request was. */
int mconn_body(struct turn *t, struct span *body, size_t *taken);
/* Ends the reading of requests with a plain text that says why. */
void mconn_refuse(struct turn *t, int status, const char *why);

#endif
