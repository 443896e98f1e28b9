/*
 * json.h - libjq's jv without its asserts, and a fast compact writer.
 *
 * Ownership, here and everywhere: a function that returns the document takes
 * the one it is given (`doc = json_set(doc, ...)`); every other function
 * borrows; what is returned by value is yours to jv_free().
 *
 * Nothing here aborts: a wrong kind is answered like something missing.
 */
#ifndef FB_JSON_H
#define FB_JSON_H

#include <jv.h>
#include <stddef.h>

#include "span.h"

struct buf;

/*
 * Only memory can still end a program in there: from now on, where libjq gets
 * none, the handler (tty_no_memory) is called in place of abort(3); it must not
 * return.  libjq 1.6 hands it NULL, whatever was said.
 */
void json_no_memory(void (*handler)(void *));

/*
 * A jv from a validated span.  Built here, not by jv_parse: that one refuses
 * a lone high surrogate (we give U+FFFD) and prints its whole input in its
 * messages.  An invalid jv when nested over MAX_JV_DEPTH.
 */
jv json_build(struct span value);

int json_is_object(jv v);
int json_is_array(jv v);
int json_is_string(jv v);

jv json_get(jv doc, const char *key);		/* null when there is none */
int json_find(jv doc, const char *key, jv *val);	/* 1 and *val is yours, or 0 */
int json_has(jv doc, const char *key);
const char *json_text(jv doc, const char *key);	/* NULL unless a string; lives as long as doc */
int json_bool(jv doc, const char *key, int otherwise);	/* otherwise: unless true or false */
double json_number(jv doc, const char *key, double otherwise);
double json_double(jv v, double otherwise);	/* otherwise: unless v is a number */
const char *json_string(jv v);			/* the text of v itself; NULL unless a string */
int json_count(jv v);				/* elements, members; 0 for others */
jv json_at(jv array, int i);			/* null when out of range */

jv json_set(jv doc, const char *key, jv val);	/* takes doc and val; doc that is no object becomes one */
jv json_push(jv array, jv val);			/* takes both */
jv json_str(const char *text);
jv json_strn(const char *p, size_t n);

/* Members in insertion order: for (i = json_first(o); json_more(o, i); i = json_step(o, i)) */
int json_first(jv obj);
int json_more(jv obj, int i);
int json_step(jv obj, int i);
const char *json_key(jv obj, int i);		/* lives as long as obj */
jv json_val(jv obj, int i);

/*
 * Appends v as compact JSON.  Borrows.  Integers below 1e17 are written as
 * such, other numbers with libjq's own digits; NaN is null.  A number that a
 * JSON reader would not take does not come out.
 */
void json_write(struct buf *out, jv v);
/* Appends a JSON string token for the UTF-8 text p[0..n); bad UTF-8 becomes U+FFFD. */
void json_quote(struct buf *out, const char *p, size_t n);
void json_quotes(struct buf *out, const char *text);	/* NULL: null */

#endif
