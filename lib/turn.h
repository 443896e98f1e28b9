/*
 * turn.h - a conversation in FluffBuzz's own form as OpenAI's messages
 * (REFERENCE section 4.4): roles user, assistant, toolResult; parts text,
 * image, thinking, toolCall.  Members such as timestamp, usage and provider
 * are read, never sent.
 *
 * Pure: bytes in, bytes out.
 */
#ifndef FB_TURN_H
#define FB_TURN_H

#include "buf.h"
#include "fault.h"
#include "span.h"

struct message_to;

/*
 * Is it in that form?  A role toolResult, a `timestamp` number, or a part of
 * type image, thinking or toolCall in any message says so.
 */
int turn_own(struct span messages);

/*
 * Appends the messages, a comma before each but the first thing behind
 * `start`.  0, or -1 and *f (input) names the message.
 */
int turn_write(struct buf *out, size_t start, struct span messages,
    const struct message_to *to, struct fault *f);

#endif
