/*
 * request.h - a line of fb-send's input: what is to be sent, and along which
 * route.  And the digest that names a body.
 *
 * Pure.
 */
#ifndef FB_REQUEST_H
#define FB_REQUEST_H

#include <stdint.h>

#include "buf.h"
#include "fault.h"
#include "span.h"

struct request {
	struct span record;	/* the input as it came */
	struct buf id;		/* custom_id as a JSON string token */
	struct span body;	/* the bytes that go over the wire; SPAN_NIL for GET */
	struct span route;	/* SPAN_NIL: a Batch line or a single body, which name none */
	struct span fallbacks;	/* the member `fallbacks`, or SPAN_NIL */
	struct span input;	/* the member `input`, or SPAN_NIL */
	uint64_t digest;	/* of the body as it stood in the input that it first came in */
	char url[256];		/* "/v1/chat/completions" */
	int others;		/* the record has members that are not ours */
	int bare;		/* the record itself is the body */
	int failed;		/* it carries an error: to be passed on untouched */
};

/*
 * Reads a request record, a line of OpenAI's Batch format, or a single body
 * (an object with `messages`).  0, or -1 and *f; id is set either way.
 */
int request_read(struct request *r, struct span value, long ordinal, struct fault *f);
/*
 * Reads a failed response record that kept its request (member `request`), to
 * be sent again.  0, or -1 and *f; id is set either way.
 */
int request_again(struct request *r, struct span record, long ordinal, struct fault *f);
void request_release(struct request *r);

/* A digest as it is written: 16 lower-case hex digits and a NUL. */
void request_digest(uint64_t digest, char text[17]);

/* Appends the members of a request record that are not ours, each after a comma. */
void request_rest(struct buf *out, const struct request *r);

#endif
