/*
 * mfill.h - the templates of mchat.h, filled from an answer.
 */
#ifndef FB_MFILL_H
#define FB_MFILL_H

#include "mchat.h"

/* What the marks stand for. */
struct fill {
	const struct mchat_form *form;
	const struct manswer *a;
	unsigned sse;		/* bits of enum msse_knob */
	size_t words;		/* of the answer, over all choices */
	int choices, index;	/* how many, and which */
	const char *finish;	/* NULL: null */
	const char *extra;	/* template of $e; NULL: nothing */
	struct span piece;	/* of the text: all of it, a delta's or a token's */
	/* of a delta: */
	int begins;		/* it says the role, or names the call */
	const char *member;	/* that the piece is; NULL: none */
	struct span call;	/* that it is of, or SPAN_NIL */
	size_t ncall;		/* that one's number */
};

struct fill fill_of(const struct mchat_form *form, const struct manswer *a);
/* Appends t[0..n), the marks filled in.  NULL: nothing. */
void fill_n(struct buf *out, const char *t, size_t n, struct fill *f);
void fill(struct buf *out, const char *t, struct fill *f);
const char *fill_finish(const struct manswer *a);

#endif
