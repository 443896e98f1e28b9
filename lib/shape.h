/*
 * shape.h - turns one input into a request record for one route: the body
 * that this model on this server accepts (DESIGN sections 1 and 2,
 * REFERENCE section 4).
 *
 * Pure: values in, a line out.
 */
#ifndef FB_SHAPE_H
#define FB_SHAPE_H

#include "buf.h"
#include "fault.h"
#include "message.h"
#include "span.h"

/* A route, read once for all the inputs that go to it. */
struct shape_route {
	struct buf text;	/* the route's JSON; the spans lie in it */
	struct buf keep;	/* the part of it that sending and parsing need */
	struct span model, compat, max_tokens;
	int max_completion;	/* the token limit's field is max_completion_tokens */
	int usage_in_stream, store;
};
/* 0, or -1 and *f.  `route` is the object inside a route record. */
int shape_route_init(struct shape_route *r, struct span route, struct fault *f);
void shape_route_release(struct shape_route *r);

struct shape_options {
	struct message_extra extra;
	int stream;		/* 1, 0, or -1: not said (a body says itself, else 0) */
	long max_tokens;	/* 0: the route's */
};

/* What an input is. */
enum shape_kind { SHAPE_PROMPT, SHAPE_BODY, SHAPE_BATCH, SHAPE_FAILED };
struct shape_input {
	enum shape_kind kind;
	struct span value;	/* the input as it came */
	struct span body;	/* of a body or Batch line */
	struct message_input said;	/* of a prompt */
	struct buf id;		/* custom_id as a JSON string token */
};

/*
 * Tells what a value is: text, an array of messages, a prompt record, a
 * request body, a Batch line, or a record with an error (SHAPE_FAILED, to be
 * passed on untouched).  `ordinal` is its id when it has none.
 * 0, or -1 and *f says what is missing or not allowed; id is set either way.
 */
int shape_read(struct shape_input *in, struct span value, long ordinal, struct fault *f);
void shape_input_release(struct shape_input *in);

/* Appends the request record, without the line's end.  0, or -1 and *f. */
int shape_write(struct buf *line, const struct shape_input *in, const struct shape_route *r,
    const struct shape_options *opts, struct fault *f);

#endif
