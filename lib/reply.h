/*
 * reply.h - a server's reply, in pieces as they arrive, to one whole answer:
 * JSON as it came, or a stream assembled into a chat.completion; or a fault.
 *
 * Text is collected as the raw escapes of the stream and never decoded, so a
 * surrogate pair split over two chunks is whole again in the result.  What
 * a stream's shapes are is in ENGINES 2.2 and 2.3, the rules for tool calls
 * in REFERENCE section 5.
 *
 * Pure: no I/O, no clock.
 */
#ifndef FB_REPLY_H
#define FB_REPLY_H

#include "buf.h"
#include "fault.h"
#include "span.h"
#include "repeat.h"
#include "sse.h"

/* A chunk of a stream as it came, one line; it lives until the call returns. */
typedef void reply_chunk_fn(void *ctx, struct span chunk);

struct choice;
enum reply_form { REPLY_UNKNOWN, REPLY_WHOLE, REPLY_STREAM };

struct reply {
	int status;		/* HTTP; 0 when not known */
	char reason[128];	/* the reason phrase */
	enum reply_form form;	/* told by its first bytes */
	size_t blanks;		/* passed over in front of it */
	struct buf raw;		/* a whole reply; the first bytes of any */
	struct sse sse;
	struct buf top;		/* of a stream: "key":value,... of the chunks' own members */
	struct choice *choices;
	int nchoices;
	struct repeat repeat;
	int any_json;		/* the question was a GET: any JSON is an answer */
	int done;		/* [DONE] came */
	long chunks;
	int has_error;		/* fault was read from the stream */
	struct fault fault;
	reply_chunk_fn *on_chunk;	/* or NULL */
	void *ctx;
};

/* How a reply starts: a stream of events, something else, or REPLY_UNKNOWN when more bytes must tell. */
enum reply_form reply_sniff(const char *p, size_t n);

void reply_init(struct reply *r, reply_chunk_fn *on_chunk, void *ctx);
void reply_release(struct reply *r);
void reply_head(struct reply *r, int status, const char *reason);	/* before the first push, when known */

/* The next bytes of the body, already without chunk framing and compression. */
void reply_push(struct reply *r, const char *p, size_t n);

/*
 * The body is over; `cut`: the connection ended before it was complete.
 * Appends to `body` one JSON value on one line: the answer, or what came of
 * it (a text that is no JSON as a string; nothing at all as null).
 * 0, or -1 and *f: the reply is no answer, or only half of one.
 */
int reply_end(struct reply *r, int cut, struct buf *body, struct fault *f);

#endif
