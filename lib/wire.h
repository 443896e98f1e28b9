/*
 * wire.h - a reply with its status line and headers in front, as `curl -i`
 * prints it or as it went over the wire, into a reply.
 *
 * There may be several blocks of headers (100 Continue, a proxy's CONNECT,
 * redirects that were followed): the last one is the reply's.  The chunks of
 * a body are taken apart only where they are still there, since curl takes
 * them away and leaves the header.  Bytes that begin otherwise are a body.
 *
 * Pure: no I/O, no clock.
 */
#ifndef FB_WIRE_H
#define FB_WIRE_H

#include "buf.h"
#include "fault.h"
#include "reply.h"

struct wire {
	struct reply *reply;	/* borrowed */
	int state;
	struct buf held;	/* a head that is not over, or first bytes that don't tell yet */
	int chunked;		/* what the last head says */
	int encoded;
	long long length;	/* of its Content-Length, or -1 */
	int interim;		/* it was a 1xx */
	int framed;		/* the body is in chunks */
	long long got;		/* bytes of the body */
	long long left;		/* of the chunk */
};

void wire_init(struct wire *w, struct reply *reply);
void wire_release(struct wire *w);
void wire_push(struct wire *w, const char *p, size_t n);

/* As reply_end(), of the reply that wire_init() was given. */
int wire_end(struct wire *w, int cut, struct buf *body, struct fault *f);

#endif
