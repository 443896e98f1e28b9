/*
 * mjson.h - JSON token by token, with serde_json's faults in serde_json's
 * words and at its places (version 1.0, reading from a slice).
 *
 * Unlike span it reads as it goes, so a fault late in a text doesn't hide an
 * earlier one of another kind.  After a -1, `why` and `at` tell.
 */
#ifndef FB_MJSON_H
#define FB_MJSON_H

#include <stddef.h>

#include "span.h"

struct mjson {
	const char *p;
	size_t n;
	size_t i;		/* the next byte */
	const char *why;	/* static text */
	size_t at;		/* bytes before the place that the fault is told for */
};

/* Skips blanks: the kind of the value that starts here by its first byte, or SPAN_NONE and a fault. */
enum span_kind mjson_peek(struct mjson *j);
/* Makes this the fault, at the bytes read so far; -1. */
int mjson_fault(struct mjson *j, const char *why);
/* Makes "expected value" the fault, at the next byte. */
void mjson_expected_value(struct mjson *j);

/*
 * A string, number or word; its token.  used: as serde does it for a value
 * that is wanted (UTF-8 and surrogates are checked), else as for one that is
 * ignored.
 */
int mjson_scalar(struct mjson *j, int used, struct span *token);
int mjson_skip(struct mjson *j);	/* any value */

/* Inside an object or array, after its bracket: 1 there is one, 0 the end (taken), -1. */
int mjson_key(struct mjson *j, int first, struct span *key);
int mjson_element(struct mjson *j, int first);
int mjson_colon(struct mjson *j);
/* Nothing may follow. */
int mjson_end(struct mjson *j);

#endif
