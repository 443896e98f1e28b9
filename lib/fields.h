/*
 * fields.h - the members of a request body behind `messages`: sampling,
 * tools, the token limit, thinking (REFERENCE section 4.2, 4.3, 4.5).
 *
 * Pure: bytes in, bytes out.
 */
#ifndef FB_FIELDS_H
#define FB_FIELDS_H

#include "buf.h"
#include "fault.h"
#include "said.h"
#include "span.h"

/* What a route says of it; spans of the route's JSON, SPAN_NIL where it says nothing. */
struct fields_route {
	struct span compat, params;
	struct span max_tokens, context_window, context_tokens;
	int reasoning;		/* the model thinks */
	int proxy;		/* the endpoint is neither OpenAI nor Azure: the limit is held below the window */
	int ready;		/* what follows was looked up: fields_ready() */
	int usage_in_stream, store, strict, no_temperature, max_completion, no_tools, no_schema;
	double most, window;	/* max_tokens, and where there is room for prompt and answer; 0: not said */
	struct said said;	/* by params */
};

/* Looks up once for all bodies what the members above say; fields_write() does so itself where nobody did. */
void fields_ready(struct fields_route *route);

/* Shall the answer be streamed?  The first two: the command line says so, over all else. */
enum { STREAM_UNSAID = -1 /* unless somebody says yes */, STREAM_NO, STREAM_YES, STREAM_USUAL /* unless somebody says no */ };

/* What the command line says, the same for every input; SPAN_NIL, NULL, 0: nothing. */
struct fields_options {
	struct span params;	/* an object: --temperature, --seed, --param ...; over all else */
	struct span schema;	/* the JSON schema of --schema */
	int json_object;	/* --schema without one: any JSON object */
	struct span tools;	/* an array, of either form */
	int sort_tools;		/* by name, those of a record too; else as they are given */
	struct span tool_choice;	/* "auto", "none", "required" or an object, JSON */
	const char *thinking;	/* a level */
	long max_tokens;
};

/*
 * Appends them to a body that is still open, each with a comma before it:
 * from `stream` to the thinking, then what is merged over.  `record` is the
 * prompt record they may stand in, or SPAN_NIL; `messages` the array that was
 * written, for the size of the prompt; `stream` one of STREAM_*.  0, or -1 and *f (input).
 */
int fields_write(struct buf *body, struct span record, struct span messages, int stream,
    const struct fields_route *route, const struct fields_options *options, struct fault *f);

/* Is it a member of a prompt record that goes into the body? */
int fields_known(struct span key);

#endif
