/* checkjson.h - what the fuzz targets of fb-shape demand of the JSON that comes out. */
#ifndef FB_FUZZ_CHECKJSON_H
#define FB_FUZZ_CHECKJSON_H

#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "limits.h"
#include "span.h"

static inline void must(int good)
{
	if (!good)
		abort();
}

static inline int same(struct span a, struct span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline struct span all_of(const struct buf *b)
{
	return (struct span){buf_text(b), b->len};
}

/* Exactly one JSON value; what we add may nest it deeper than what came in. */
static inline struct span is_json(const char *p, size_t n)
{
	struct span v;
	struct span_err err;

	must(span_check(p, n, 2 * MAX_DEPTH, &v, &err) == 0 && v.p == p && v.n == n);
	return v;
}

/* A string token without the escape of an unpaired surrogate. */
static inline void is_paired(struct span token)
{
	struct buf text;

	buf_init(&text, MAX_RECORD);
	span_paired(token, &text);
	must(text.len == token.n - 2);
	buf_release(&text);
}

/* The same for every string in a value. */
static inline void all_paired(struct span v)
{
	struct span_iter it = span_each(v);
	struct span key, val;

	if (span_kind(v) == SPAN_STRING)
		is_paired(v);
	while (span_next(&it, &key, &val))
		all_paired(val);
}

/* The next part of the input, in memory of its exact size (yours), as a checked JSON value: 1, or 0. */
static inline int next_json(const char **p, const char *end, char **copy, struct span *v)
{
	const char *stop = *p < end ? memchr(*p, 0x1e, (size_t)(end - *p)) : NULL;
	size_t n = (size_t)((stop != NULL ? stop : end) - *p);
	struct span_err err;

	*copy = malloc(n + (n == 0));
	must(*copy != NULL);
	memcpy(*copy, *p, n);
	*p += n + (stop != NULL);
	return span_check(*copy, n, MAX_DEPTH, v, &err) == 0;
}

#endif
