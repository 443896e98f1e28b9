/*
 * span.h - a strict RFC 8259 reader that builds nothing.
 *
 * A span is a range of bytes that somebody else owns: the text of one JSON
 * value, or of anything.  span_check() validates a text once; every other
 * function here takes spans that were validated (or that came out of one),
 * so those need no error path.  All of them borrow.
 *
 * Strict means: UTF-8 without a byte order mark, no control characters in
 * strings, numbers as the grammar has them, nothing after the value.  A lone
 * surrogate escape such as "\ud83d" is valid JSON and passes.
 */
#ifndef FB_SPAN_H
#define FB_SPAN_H

#include <stddef.h>

struct buf;

struct span {
	const char *p;	/* NULL: there is none */
	size_t n;
};

enum span_kind {
	SPAN_NONE, SPAN_NULL, SPAN_FALSE, SPAN_TRUE, SPAN_NUMBER,
	SPAN_STRING, SPAN_ARRAY, SPAN_OBJECT
};

struct span_err {
	size_t at;		/* 0-based byte offset into the text */
	const char *what;	/* "expected a member name", static text */
	int cut;		/* the text ended inside the value: more may follow */
};

#define SPAN_NIL ((struct span){NULL, 0})
struct span span_of(const char *text);	/* a C string as a span */
struct span span_trim(struct span s);	/* without JSON's white space at both ends */
int span_is(struct span s, const char *text);	/* the same bytes? (not decoded) */

/*
 * Checks that p[0..n) is exactly one JSON value, white space around it
 * allowed, nested at most `depth` deep.  0, and *value is the value without
 * the white space; or -1 and *err tells where and why.
 */
int span_check(const char *p, size_t n, int depth, struct span *value,
    struct span_err *err);

/*
 * The same for the first value of a text that may hold more: *value is it,
 * what follows value->p + value->n was not looked at.
 */
int span_first(const char *p, size_t n, int depth, struct span *value,
    struct span_err *err);

enum span_kind span_kind(struct span v);

/* Members of an object or elements of an array, in their order. */
struct span_iter {
	const char *p, *end;
	int object;
};
struct span_iter span_each(struct span container);	/* of another kind: empty */
int span_next(struct span_iter *it, struct span *key, struct span *val); /* 1, or 0 at the end; key NULL for arrays */

/* The member of that name (escapes in names are understood; of duplicates
 * the last, as everywhere), or SPAN_NIL. */
struct span span_get(struct span obj, const char *key);
struct span span_early(struct span obj, const char *key);	/* of duplicates the first: for a message, of what stands near the start */
/*
 * The same for several names in one walk: found[i] is the member names[i], the
 * list of names, none of them empty, ends with NULL.  Returns how many members have none of them.
 */
size_t span_pick(struct span obj, const char *const *names, struct span *found);
/* Down a dotted path: "choices.0.delta.content".  A step of SPAN_STEP bytes or more names nothing. */
enum { SPAN_STEP = 64 };
struct span span_at(struct span v, const char *path);
size_t span_count(struct span container);

/* A string token against plain text, escapes decoded. */
int span_eq(struct span str, const char *text);
/* Two string tokens that have the same characters, U+0000 among them or not. */
int span_same(struct span a, struct span b);

/*
 * The characters of a string token, escapes decoded, are appended to `out`.
 * An unpaired surrogate escape becomes U+FFFD, or nothing with SPAN_DELETE.
 * A pair always becomes its character.  Of a value of another kind: nothing.
 */
enum span_lone { SPAN_REPLACE, SPAN_DELETE };
void span_decode(struct span str, enum span_lone lone, struct buf *out);

/* The same without a copy where nothing is escaped; else they lie in `text`, U+FFFD for an unpaired one. */
struct span span_plain(struct span str, struct buf *text);

/*
 * The token as it is spelt, without its quotes, less the escapes of unpaired
 * surrogates, is appended to `out`: a string that any JSON parser takes.
 */
void span_paired(struct span str, struct buf *out);

/* Where `text` begins in p[0..n), which may hold NUL bytes; NULL: nowhere, or `text` is empty. */
const char *span_find(const char *p, size_t n, const char *text);

/* A number token as a double; an integer token that fits, exactly: 1, else 0. */
double span_number(struct span num);
int span_integer(struct span num, long long *out);

/* The length of the valid UTF-8 prefix of p[0..n): n when all of it is. */
size_t span_utf8(const char *p, size_t n);
/* How many bytes in front stand in a JSON string without an escape, UTF-8 or not. */
size_t span_unmarked(const char *p, size_t n);

#endif
