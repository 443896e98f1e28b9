/*
 * mchat.h - chat completions as a server gives them: what was asked, and the
 * answer in one piece or as a stream.
 *
 * Deterministic: ids count from 1, the time stands still, a token is a word.
 */
#ifndef FB_MCHAT_H
#define FB_MCHAT_H

#include "mreply.h"
#include "span.h"

struct buf;

/* What a request asks for.  Spans are JSON values in its body. */
struct mask {
	struct span model;		/* a string, or SPAN_NIL */
	struct span last_user;		/* the content of the last user message, or SPAN_NIL */
	size_t prompt_tokens;		/* words in all messages */
	int stream;
	int usage;			/* stream_options.include_usage */
};

/* Takes one message into account; role and content are JSON values or SPAN_NIL. */
void mask_message(struct mask *ask, struct span role, struct span content);
/* The last user text: the string, or the texts of the parts joined by nothing. */
void mask_text(const struct mask *ask, struct buf *out);

/* How an engine words its replies. */
struct mchat_form {
	const char *id;			/* what stands before the counter */
	int id_digits;			/* the counter is filled up with zeros to so many */
	const char *first_delta;	/* the object with the role */
	const char *more;		/* header lines of a stream, or NULL */
};

struct manswer {
	unsigned long long number;	/* of the reply, from 1 */
	struct span model;		/* a JSON string */
	struct span text;		/* plain; SPAN_NIL: content is null */
	struct span reasoning;		/* plain, or SPAN_NIL */
	struct span calls;		/* a JSON array of {"id"?,"name","arguments":{..}}, or SPAN_NIL */
	const char *finish;		/* finish_reason; NULL: "stop", with calls "tool_calls" */
	struct span usage;		/* a JSON object in place of the counts, or SPAN_NIL */
	size_t prompt_tokens;
};

#define MCHAT_CREATED 1795000000UL

/* A chat.completion is appended to `body`. */
void mchat_whole(struct buf *body, const struct mchat_form *form,
    const struct manswer *a);
/* Its stream; `event` is scratch.  usage: a chunk with the counts comes last. */
void mchat_stream(struct mreply *to, struct buf *event,
    const struct mchat_form *form, const struct manswer *a, int usage);

#endif
