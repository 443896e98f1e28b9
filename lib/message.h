/*
 * message.h - the `messages` of a request body, from prompts, system texts
 * and attached files (REFERENCE section 4.4).
 *
 * Pure: bytes in, bytes out.  All texts are UTF-8.
 */
#ifndef FB_MESSAGE_H
#define FB_MESSAGE_H

#include "buf.h"
#include "span.h"

/* What is said beside the prompt, the same for every input. */
struct message_extra {
	const char *system;	/* NULL: none */
	const struct buf *files;	/* texts of attached files */
	int nfiles;
};

/* The text that a part or message holds, given as it came: a JSON string token. */
struct message_input {
	struct span system;	/* of the record itself; SPAN_NIL: the extra's */
	struct span prompt;	/* a string token, or */
	struct span messages;	/* an array of messages in OpenAI's form */
};

/*
 * Appends the array.  The system text comes first; a conversation's own
 * messages follow as they are; the prompt is a user message, its content a
 * string, or an array of text parts when files are attached.
 */
void message_write(struct buf *out, const struct message_input *in,
    const struct message_extra *extra);

#endif
