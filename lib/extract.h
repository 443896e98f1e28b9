/*
 * extract.h - the answer in a chat completion: text, reasoning, tool calls
 * (REFERENCE section 5).
 *
 * Pure: bytes in, an answer or a fault out.
 */
#ifndef FB_EXTRACT_H
#define FB_EXTRACT_H

#include "buf.h"
#include "fault.h"
#include "span.h"

struct answer {
	struct buf text;	/* UTF-8 */
	struct buf reasoning;	/* UTF-8 */
	struct buf calls;	/* [{"id":..,"name":..,"arguments":{..}},...] as JSON; empty: none */
	struct buf calls_raw;	/* the same, each with "arguments_raw" too: the text that the model wrote */
	struct span finish;	/* the token, or SPAN_NIL */
	struct span usage;	/* the server's own object, or SPAN_NIL */
	struct span model;
};

void answer_init(struct answer *a);
void answer_release(struct answer *a);

/*
 * Reads choices[0] of a body that reply_end() took for an answer.  0, or -1
 * and *f: content_filter, tool_call, empty, model_error; what there is of
 * text is in *a all the same.
 */
int extract(struct span body, struct answer *a, struct fault *f);
/* The same for one element of `choices`; usage and model stay as they are. */
int extract_choice(struct span choice, struct answer *a, struct fault *f);

#endif
