/*
 * message.h - the `messages` of a request body, from prompts, system texts,
 * attached files and conversations (REFERENCE section 4.4).
 *
 * Pure: bytes in, bytes out.  All texts are UTF-8.
 */
#ifndef FB_MESSAGE_H
#define FB_MESSAGE_H

#include "buf.h"
#include "fault.h"
#include "span.h"

/* What is said beside the prompt, the same for every input. */
struct message_extra {
	const char *system;	/* NULL: none */
	struct span parts;	/* of attached files, JSON, each with a comma before it; or SPAN_NIL */
	struct span plain;	/* the same with a text in place of each image; SPAN_NIL: that may not be */
	int images;		/* how many there are */
};

/* What one input says; spans as they came. */
struct message_input {
	struct span system;	/* of the record itself; SPAN_NIL: the extra's */
	struct span prompt;	/* a string token, or */
	struct span messages;	/* an array of messages in OpenAI's form or FluffBuzz's own */
};

/* The model that they go to. */
struct message_to {
	int images;		/* 0: it takes none; 1: it does; -1: nobody knows */
	int reasoning;		/* it thinks */
	struct span provider, model;	/* string tokens: whose own thinking is kept */
	struct span compat;	/* the route's flags */
};

/*
 * Appends the array.  The system text comes first, as role developer where
 * the model thinks and the server knows it; then the conversation: messages
 * in OpenAI's form as they are (a text in place of images that the model
 * doesn't take), unless one can't be a message of that form, those in
 * FluffBuzz's own form rebuilt; then the prompt, a user message, its content
 * a string, or an array of text parts when files are attached.
 *
 * 0, or -1 and *f (input) names the message: "messages[3]: a tool result
 * without toolCallId"; what was appended counts for nothing.
 *
 * Of a route's flags only requiresThinkingAsText, requiresToolResultName,
 * requiresReasoningContentOnAssistantMessages and supportsDeveloperRole act
 * here; the others, and those on messages in OpenAI's form, are compatmsg.h's.
 */
int message_build(struct buf *out, const struct message_input *in, const struct message_extra *extra,
    const struct message_to *to, struct fault *f);

#endif
