/*
 * mreply.h - HTTP/1.1 as a server writes it, into a buf.
 *
 * Pure: no I/O.  No Date header, so that equal requests have equal replies.
 */
#ifndef FB_MREPLY_H
#define FB_MREPLY_H

#include "mcue.h"
#include "span.h"

struct buf;
struct mtime;

/* What is left of a reply when its beginning is sent. */
struct mlater {
	/* Writes some more: 1, or 0: that was all. */
	int (*more)(struct mlater *l, struct buf *out, struct mcues *cues);
	void (*end)(struct mlater *l);	/* it is needed no more */
};

struct mreply {
	struct buf *out;
	struct mcues *cues;	/* when its bytes go out; NULL: at once */
	const char *extra;	/* header lines that every reply carries, each with its CRLF; or NULL */
	const char *reason;	/* phrase of the status line; NULL: the usual one */
	unsigned sse;		/* of a stream: bits of enum msse_knob */
	int http10;
	int plain;		/* pieces are not chunked: the body ends with the connection */
	int head_only;		/* the method was HEAD */
	int close;		/* the connection ends after this reply */
	struct mtime *time;	/* how slow the reply is; NULL: not at all */
	struct mlater **later;	/* takes what is written later; NULL: nothing can be */
	size_t deltas;		/* texts of the stream so far: mtime.c counts them */
	size_t events;		/* of the stream so far: msse.c counts them */
	size_t open;		/* where the chunk begins that is still filled, behind its size; 0: there is none */
	long long deaf;		/* us for which no more connections are accepted */
	long long refuse;	/* us for which new connections are refused */
};

/* From here on in the reply, as mcue.h says. */
void mreply_cue(struct mreply *to, enum mcue_act act, long long us);

/* A whole reply.  type NULL: no Content-Type.  `more`: header lines of this reply, or NULL. */
void mreply_send(struct mreply *to, int status, const char *type,
    const char *more, struct span body);

/* A reply in pieces: chunked, or ended by closing for HTTP/1.0. */
void mreply_begin(struct mreply *to, int status, const char *type,
    const char *more);
void mreply_piece(struct mreply *to, struct span piece);
/* The same of three parts, without a copy of them in between. */
void mreply_pieces(struct mreply *to, struct span a, struct span b, struct span c);
/* A part of a piece: several make one, up to the `last`. */
void mreply_part(struct mreply *to, struct span part, int last);
void mreply_end(struct mreply *to);

#endif
