/*
 * thinking.h - what a thinking level becomes in a request body (REFERENCE
 * section 4.5), one table of formats.
 *
 * Pure: bytes in, bytes out.
 */
#ifndef FB_THINKING_H
#define FB_THINKING_H

#include "buf.h"
#include "fault.h"
#include "span.h"

/* A level's number (0 is "off"), or -1 and *f lists the levels.  `level` is a JSON string. */
int thinking_level(struct span level, struct fault *f);

/*
 * Appends the fields of that level, each with a comma before it, by the flags
 * thinkingFormat, supportsReasoningEffort, supportedReasoningEfforts and
 * reasoningEffortMap of `compat`.  What belongs into chat_template_kwargs is
 * appended to `kwargs`, as members with a comma before each.
 */
void thinking_write(struct buf *out, struct buf *kwargs, int level, struct span compat);

#endif
