/*
 * mhttp.h - HTTP/1.1 as a server reads it (RFC 9112).
 *
 * It takes bytes and keeps nothing: the caller owns the buffer and says when
 * more has come.  What is malformed has a status (400, 413, 417, 431,
 * 501, 505) and a reason; nothing is guessed where two readings are possible
 * (a length given twice, both framings, a blank before a colon).
 *
 * Pure: no I/O, no clock.
 */
#ifndef FB_MHTTP_H
#define FB_MHTTP_H

#include <stddef.h>

#include "span.h"

enum { MREQ_HEADERS = 128 };

struct mheader {
	struct span name, value;	/* as received; value without blanks around it */
};

/* A request; all spans lie in the caller's buffer. */
struct mreq {
	struct span method;
	struct span target;		/* as received */
	struct span path;		/* the target without its query */
	struct span body;		/* chunks joined */
	struct mheader header[MREQ_HEADERS];
	size_t nheaders;
	int http10;
	int keep;			/* the connection may serve another one */
	int expect;			/* it waits for 100 Continue */
	int chunked;
	size_t length;			/* of the body, unless chunked */
	const char *why;		/* after a failure: static text */
};

/*
 * The length of the head in p[0..n), its blank line included; 0: not yet.
 * *seen carries how far was looked, so that a head in many pieces is read
 * once; start it at 0.
 */
size_t mhttp_head_end(const char *p, size_t n, size_t *seen);

/* Reads the head p[0..n): 0, or a status and r->why. */
int mhttp_head(struct mreq *r, const char *p, size_t n);

/* The first header of that name (lower case), or SPAN_NIL. */
struct span mhttp_header(const struct mreq *r, const char *name);

/* Is it the same text, upper and lower case taken as one?  `text` is lower case. */
int mhttp_same(struct span s, const char *text);

/* A chunked body, joined in place. */
struct mchunks {
	int state;
	size_t in;	/* bytes taken */
	size_t out;	/* bytes of body, at the front */
	size_t left;	/* of the chunk */
	size_t extra;	/* bytes of size lines and trailers since the last data */
	const char *why;
};

/*
 * p[0..n) is the whole body so far: `out` bytes joined, then from `in` on
 * what came.  1: complete; 0: more is needed; else a status, and c->why.
 */
int mchunks_push(struct mchunks *c, char *p, size_t n);

#endif
