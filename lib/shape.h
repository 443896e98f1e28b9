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
#include "compat.h"
#include "fault.h"
#include "fields.h"
#include "message.h"
#include "span.h"

struct template;

/* A route, read once for all the inputs that go to it. */
struct shape_route {
	struct buf text;	/* the route's JSON; the spans lie in it */
	struct buf keep;	/* the part of it that sending and parsing need */
	struct span ref, model, compat;
	struct fields_route fields;
	struct span limit_field;	/* compat.maxTokensField, where it isn't what such a server has anyway; or SPAN_NIL */
	struct message_to to;
	struct compat_plan plan;
	struct shape_route *fallback;	/* to be tried next, with flags of their own */
	int nfallbacks;
};
/* 0, or -1 and *f.  `route` is the object inside a route record. */
int shape_route_init(struct shape_route *r, struct span route, struct fault *f);
void shape_route_release(struct shape_route *r);

struct shape_options {
	struct message_extra extra;
	struct fields_options fields;
	struct span messages;		/* --messages: the conversation so far, an array; or SPAN_NIL */
	int stream;			/* one of STREAM_* (fields.h); a body says itself unless the command line does */
	const char *lead;		/* -p before the text of each file; or NULL */
	const struct template *template;	/* -t: makes the prompt of each input; or NULL */
	const char *id;			/* --id: the member that is the custom_id; or NULL */
	int files;			/* a record's `files` may be read (by the caller); else they are an error */
	int batch;			/* only what OpenAI's Batch format has */
	int several;			/* there are several routes: a Batch line's id names its own */
	const struct compat_watch *watch;	/* told of what the flags change; or NULL */
};

/* What an input is. */
enum shape_kind { SHAPE_PROMPT, SHAPE_BODY, SHAPE_BATCH, SHAPE_FAILED };
struct shape_input {
	enum shape_kind kind;
	struct span value;	/* the input as it came */
	struct span record;	/* a prompt record, whose members count; or SPAN_NIL */
	struct span whole;	/* what travels as `input`, whole; or SPAN_NIL: the rest of the record */
	struct span body;	/* of a body or Batch line */
	struct message_input said;	/* of a prompt */
	struct buf id;		/* custom_id as a JSON string token */
	struct buf made;	/* a prompt that was put together, as a token */
};

/*
 * Tells what a value is: text, an array of messages, a prompt record, a
 * request body, a Batch line, or a record with an error (SHAPE_FAILED, to be
 * passed on untouched).  `given` is its id where its place says so, else
 * `ordinal` when it has none of its own.
 * 0, or -1 and *f says what is missing or not allowed; id is set either way.
 */
int shape_read(struct shape_input *in, struct span value, const struct shape_options *opts,
    struct span given, long ordinal, struct fault *f);
void shape_input_release(struct shape_input *in);

/*
 * The id of an input alone, as a JSON string token.  0, or -1 and *f: what --id
 * names isn't there, or is no text or number, or an empty one.
 */
int shape_id(struct buf *out, struct span value, const char *member, struct span given, long ordinal, struct fault *f);

/* Appends the request record, without the line's end.  0, or -1 and *f. */
int shape_write(struct buf *line, const struct shape_input *in, const struct shape_route *r,
    const struct shape_options *opts, struct fault *f);

#endif
