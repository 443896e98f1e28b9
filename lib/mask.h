/*
 * mask.h - what a chat request asks for, however its server reads it.
 *
 * Pure.  Spans are JSON values in the request's body, or SPAN_NIL.
 */
#ifndef FB_MASK_H
#define FB_MASK_H

#include "span.h"

struct buf;

enum { MASK_CHOICES = 128 };	/* OpenAI's bound of n */

struct mask {
	struct span model;		/* a string */
	struct span last_user;		/* the content of the last user message */
	size_t prompt_tokens;		/* words in all messages */
	int stream;
	int usage;			/* stream_options.include_usage */
	struct span max_tokens, max_completion_tokens;
	struct span n, stop, tools, logprobs, top_logprobs;
};

/* Takes one message into account; role and content are JSON values or SPAN_NIL. */
void mask_message(struct mask *ask, struct span role, struct span content);
/* The last user text: the string, or the texts of the parts joined by nothing. */
void mask_text(const struct mask *ask, struct buf *out);
/* Takes a member of the request into account that is asked for by its name: 1, else 0. */
int mask_member(struct mask *ask, struct span key, struct span v);

#endif
