/*
 * compat.h - compat flags: what a server takes, as one table (REFERENCE
 * section 3).  A row gives a flag's name, type, default by base class of
 * endpoint, and what it does to a request body.  Row order is application
 * order.  What a vendor's servers do otherwise stands in a table of its own.
 *
 * Pure: bytes in, bytes out.
 */
#ifndef FB_COMPAT_H
#define FB_COMPAT_H

#include <jv.h>

#include "buf.h"
#include "endpoint.h"
#include "span.h"

enum compat_type { COMPAT_BOOL, COMPAT_WORD, COMPAT_LIST, COMPAT_OBJECT };

/*
 * Changes a body as the flag, whose value is `value`, asks: 1 and the whole
 * new body was appended to `out`, or 0 and the body stays as it is (what was
 * appended counts for nothing).  Doing it twice is the same as once.
 */
typedef int compat_fn(struct span body, struct span value, struct buf *out);

enum compat_when { COMPAT_IF_FALSE, COMPAT_IF_TRUE, COMPAT_IF_THINKS };	/* the last: true, of a model that thinks */

struct compat {
	const char *name;
	enum compat_type type;
	const char *words;		/* of a word: "\"a\", \"b\" or \"c\""; NULL: any text */
	const char *usual[EP_BASES];	/* default by base class, as JSON; NULL: unset */
	enum compat_when when;		/* of a bool: apply() is for this value; of others it is for any */
	compat_fn *apply;		/* NULL: acts where a body is built, or isn't applied */
};

extern const struct compat compat_rows[];	/* ends with a NULL name */

const struct compat *compat_find(const char *name);
int compat_fits(const struct compat *row, jv value);	/* is the value of the row's type? */
const char *compat_wants(const struct compat *row);	/* "true or false", "\"a\" or \"b\"" */
void compat_unknown(const char *name, struct buf *why);	/* "no such compat flag; did you mean ...?" */

/* An object with every flag's default for that class, vendor or base (unset ones absent). */
jv compat_usual(enum endpoint e);

/* Told of each flag that changed something, with the body before and after. */
struct compat_watch {
	void (*changed)(void *ctx, const struct compat *row, struct span before, struct span after);
	void (*done)(void *ctx, size_t before, size_t after);	/* bytes of the body, at last */
	void *ctx;
	void (*begin)(void *ctx, struct span ref);	/* of shape.h: a body for that route is next, a string token; or NULL */
};

/* The flags of a route that act on bodies, looked up once for all of them; reasoning: the model thinks. */
enum { COMPAT_STEPS = 24 };
struct compat_plan {
	struct compat_step {
		const struct compat *row;
		struct span value;
	} step[COMPAT_STEPS];
	int n;
};
void compat_plan(struct compat_plan *plan, struct span compat, int reasoning);

/*
 * Applies them to a body, in row order.  The result is appended to `out` (a
 * copy of the body when no flag changed it).  watch: NULL, or who wants to
 * know.
 */
void compat_follow(const struct compat_plan *plan, struct span body, struct buf *out, const struct compat_watch *watch);
/* The same of a `compat` object. */
void compat_apply(struct span compat, int reasoning, struct span body, struct buf *out, const struct compat_watch *watch);

#endif
