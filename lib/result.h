/*
 * result.h - one outcome as fb-parse sees it, and the result record of
 * `fb-parse --json` (DESIGN section 1).
 *
 * Pure.
 */
#ifndef FB_RESULT_H
#define FB_RESULT_H

#include "extract.h"
#include "fault.h"
#include "span.h"

struct result {
	struct span record;	/* the response record; SPAN_NIL for a bare reply */
	struct span id;		/* custom_id as a JSON string token */
	struct span body;	/* of the reply: its choices; or SPAN_NIL */
	struct answer answer;
	struct buf value;	/* the JSON in the text, without blanks, when it was asked for; else empty */
	struct fault fault;	/* F_NONE: good */
	int retryable;
	const char *stage;	/* of the fault, when it is ours: "parse" */
};

/* Reads a response record (response, error, ...).  Always fills *r; result_release() it. */
void result_read(struct result *r, struct span record, struct span id);

/* The same for a bare body that reply_end() judged; `f` is what it said. */
void result_bare(struct result *r, struct span body, const struct fault *f, struct span id);

/* A good one that is none after all. */
void result_fail(struct result *r, const struct fault *f);

void result_release(struct result *r);

/* Appends the result record. */
void result_write(struct buf *out, const struct result *r);

/*
 * Appends the envelope of the reference's `infer model run --json`, indented
 * (REFERENCE section 6), and usage beside it; of a failure {"ok":false,...}
 * with our error.
 */
void result_envelope(struct buf *out, const struct result *r);

#endif
