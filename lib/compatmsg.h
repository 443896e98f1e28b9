/*
 * compatmsg.h - compat flags that act on the messages of a finished body
 * (REFERENCE section 3).
 *
 * Each is a compat_fn: 1 and the whole new body was appended to `out`, or 0
 * and the body stays as it is.  `value` is the flag's value in the route.
 * Applied twice they change nothing more; texts are kept, and every byte that
 * has no reason to change stays.
 *
 * Pure: bytes in, bytes out.
 */
#ifndef FB_COMPATMSG_H
#define FB_COMPATMSG_H

#include "buf.h"
#include "span.h"

/* requiresThinkingAsText: an assistant's reasoning field becomes a text part in front of its content. */
int compatmsg_thinking_as_text(struct span body, struct span value, struct buf *out);
/* requiresReasoningContentOnAssistantMessages: "" where there is none; for a model that thinks, which its caller knows. */
int compatmsg_reasoning_content(struct span body, struct span value, struct buf *out);
/* requiresToolResultName: `name` on a tool message is that of the call it answers. */
int compatmsg_result_name(struct span body, struct span value, struct buf *out);
/* requiresAssistantAfterToolResult: one that says this between tool and user; an assistant's null content is "". */
#define COMPATMSG_AFTER_RESULT "I have processed the tool results."
int compatmsg_after_result(struct span body, struct span value, struct buf *out);
/* cacheControlFormat "anthropic": marks the system text, the last tool, and the last user or tool text. */
int compatmsg_cache_control(struct span body, struct span value, struct buf *out);
/* strictMessageKeys: of each message only role and content.  Calls and their ids are lost. */
int compatmsg_strict_keys(struct span body, struct span value, struct buf *out);
/* Does that cost the body tool calls or the ids of their results? */
int compatmsg_loses_history(struct span body);

#endif
