/*
 * tools.h - the tools of a request body and the choice among them (REFERENCE
 * section 4.3).
 *
 * Pure: bytes in, bytes out.
 */
#ifndef FB_TOOLS_H
#define FB_TOOLS_H

#include "buf.h"
#include "fault.h"
#include "span.h"

/*
 * Appends ,"tools":[...] in OpenAI's form, in the order given, or `sorted` by
 * name; nothing for an empty array.  A tool in that form is spliced as it is,
 * one in FluffBuzz's own ({name, description, parameters}, which Anthropic
 * calls input_schema and MCP inputSchema) is wrapped; one of these without a
 * name, or whose schema is no object, is left out.  strict: each gets
 * "strict":false unless it says so itself.  0, or -1 and *f names the tool.
 */
int tools_write(struct buf *out, struct span tools, int strict, int sorted, struct fault *f);

/* How many are left out, and what is wrong with the first of them. */
int tools_left_out(struct span tools, struct fault *why);

/*
 * Appends ,"tool_choice":... if there is something to choose from: "auto",
 * "none", "required" (some servers: "any"), an object, or a tool's name.
 * SPAN_NIL: nobody says, which is "auto" when a tool is in FluffBuzz's own form.
 * 0, or -1 and *f: what is chosen isn't there.
 */
int tools_choice(struct buf *out, struct span choice, struct span tools, struct fault *f);

#endif
