/*
 * span.c - the reading half of span.h, over texts that scan.c has checked.
 *
 * Walking a checked text again is cheap: strings are skipped by their
 * quotes, containers by counting brackets.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "span.h"

struct span span_of(const char *text)
{
	return (struct span){text, text == NULL ? 0 : strlen(text)};
}

struct span span_trim(struct span s)
{
	while (s.n > 0 && strchr(" \t\r\n", s.p[0]) != NULL && s.p[0] != '\0') {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && strchr(" \t\r\n", s.p[s.n - 1]) != NULL && s.p[s.n - 1] != '\0')
		s.n--;
	return s;
}

int span_is(struct span s, const char *text)
{
	size_t n = strlen(text);

	return s.p != NULL && s.n == n && memcmp(s.p, text, n) == 0;
}

enum span_kind span_kind(struct span v)
{
	if (v.p == NULL || v.n == 0)
		return SPAN_NONE;
	switch (v.p[0]) {
	case 'n':
		return SPAN_NULL;
	case 'f':
		return SPAN_FALSE;
	case 't':
		return SPAN_TRUE;
	case '"':
		return SPAN_STRING;
	case '[':
		return SPAN_ARRAY;
	case '{':
		return SPAN_OBJECT;
	default:
		return SPAN_NUMBER;
	}
}

/* Past the string token at p, which was checked: a quote behind an odd number of backslashes is text. */
static const char *skip_string(const char *p, const char *end)
{
	const char *quote = p, *back;

	do {
		quote = memchr(quote + 1, '"', (size_t)(end - quote) - 1);
		for (back = quote; back[-1] == '\\'; back--)
			;
	} while ((quote - back) % 2 != 0);
	return quote + 1;
}

static int ends_word(char c)
{
	return c == ',' || c == ']' || c == '}' || c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* Past the value at p, which was checked, so brackets match. */
static const char *skip_value(const char *p, const char *end)
{
	int level = 0;

	do {
		switch (*p) {
		case '"':
			p = skip_string(p, end);
			break;
		case '{':
		case '[':
			level++;
			p++;
			break;
		case '}':
		case ']':
			level--;
			p++;
			break;
		default:
			p++;
			if (level == 0)
				while (p < end && !ends_word(*p))
					p++;
		}
	} while (level > 0);
	return p;
}

static const char *skip_blank(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == ',' || *p == ':' || *p == '\n' || *p == '\r' || *p == '\t'))
		p++;
	return p;
}

struct span_iter span_each(struct span container)
{
	enum span_kind k = span_kind(container);

	if (k != SPAN_ARRAY && k != SPAN_OBJECT)
		return (struct span_iter){NULL, NULL, 0};
	return (struct span_iter){container.p + 1,
	    container.p + container.n - 1, k == SPAN_OBJECT};
}

int span_next(struct span_iter *it, struct span *key, struct span *val)
{
	const char *p = skip_blank(it->p, it->end), *start;

	*key = *val = SPAN_NIL;
	if (p >= it->end)
		return 0;
	if (it->object) {
		start = p;
		p = skip_string(p, it->end);
		*key = (struct span){start, (size_t)(p - start)};
		p = skip_blank(p, it->end);
	}
	start = p;
	p = skip_value(p, it->end);
	*val = (struct span){start, (size_t)(p - start)};
	it->p = p;
	return 1;
}

size_t span_count(struct span container)
{
	struct span_iter it = span_each(container);
	struct span key, val;
	size_t n = 0;

	while (span_next(&it, &key, &val))
		n++;
	return n;
}

/* The code unit of the escape at p ("\n", "\u00e9"), which was checked; *next is past it. */
static unsigned escape(const char *p, const char **next)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *at;
	char hex[5] = "";
	unsigned v = 0xfffd;

	if (p[1] == 'u') {
		memcpy(hex, p + 2, 4);
		v = (unsigned)strtoul(hex, NULL, 16);
		*next = p + 6;
		return v;
	}
	*next = p + 2;
	at = strchr(from, p[1]);
	return at != NULL ? (unsigned char)to[at - from] : v;
}

static int is_high(unsigned v) { return v >= 0xd800 && v <= 0xdbff; }
static int is_low(unsigned v) { return v >= 0xdc00 && v <= 0xdfff; }

static void add_utf8(struct buf *out, unsigned v)
{
	char c[4];
	size_t n = 0;

	if (v < 0x80) {
		c[n++] = (char)v;
	} else if (v < 0x800) {
		c[n++] = (char)(0xc0 | v >> 6);
		c[n++] = (char)(0x80 | (v & 0x3f));
	} else if (v < 0x10000) {
		c[n++] = (char)(0xe0 | v >> 12);
		c[n++] = (char)(0x80 | (v >> 6 & 0x3f));
		c[n++] = (char)(0x80 | (v & 0x3f));
	} else {
		c[n++] = (char)(0xf0 | v >> 18);
		c[n++] = (char)(0x80 | (v >> 12 & 0x3f));
		c[n++] = (char)(0x80 | (v >> 6 & 0x3f));
		c[n++] = (char)(0x80 | (v & 0x3f));
	}
	buf_add(out, c, n);
}

/* The escape at p, together with the one after it where the two are a pair. */
static const char *decode_escape(const char *p, const char *end,
    enum span_lone lone, struct buf *out)
{
	const char *next, *after;
	unsigned v = escape(p, &next), w;

	if (is_high(v) && end - next >= 6 && next[0] == '\\' && next[1] == 'u' &&
	    is_low(w = escape(next, &after))) {
		add_utf8(out, 0x10000 + ((v - 0xd800) << 10) + (w - 0xdc00));
		return after;
	}
	if (!is_high(v) && !is_low(v))
		add_utf8(out, v);
	else if (lone == SPAN_REPLACE)
		add_utf8(out, 0xfffd);
	return next;
}

/* The escape at p as it is spelt, a pair of them together; nothing of one that is alone. */
static const char *keep_escape(const char *p, const char *end,
    enum span_lone lone, struct buf *out)
{
	const char *next, *after;
	unsigned v = escape(p, &next);

	(void)lone;
	if (is_high(v) && end - next >= 6 && next[0] == '\\' && next[1] == 'u' &&
	    is_low(escape(next, &after)))
		next = after;
	else if (is_high(v) || is_low(v))
		return next;
	buf_add(out, p, (size_t)(next - p));
	return next;
}

/* A token's plain runs as they are, its escapes as `fn` has them. */
static void each_escape(struct span str, enum span_lone lone, struct buf *out,
    const char *(*fn)(const char *, const char *, enum span_lone, struct buf *))
{
	const char *p, *end, *slash;

	if (span_kind(str) != SPAN_STRING)
		return;
	p = str.p + 1;
	end = str.p + str.n - 1;
	while (p < end) {
		if ((slash = memchr(p, '\\', (size_t)(end - p))) == NULL)
			slash = end;
		buf_add(out, p, (size_t)(slash - p));
		p = slash < end ? fn(slash, end, lone, out) : end;
	}
}

void span_decode(struct span str, enum span_lone lone, struct buf *out)
{
	each_escape(str, lone, out, decode_escape);
}

struct span span_plain(struct span str, struct buf *text)
{
	if (span_kind(str) != SPAN_STRING)
		return SPAN_NIL;
	if (memchr(str.p, '\\', str.n) == NULL)
		return (struct span){str.p + 1, str.n - 2};
	span_decode(str, SPAN_REPLACE, text);
	return (struct span){buf_text(text), text->len};
}

void span_paired(struct span str, struct buf *out)
{
	each_escape(str, SPAN_DELETE, out, keep_escape);
}

const char *span_find(const char *p, size_t n, const char *text)
{
	size_t k = strlen(text);
	const char *end = p + n;

	for (; k > 0 && n >= k && (p = memchr(p, text[0], n - k + 1)) != NULL; p++) {
		if (memcmp(p, text, k) == 0)
			return p;
		n = (size_t)(end - p) - 1;
	}
	return NULL;
}

int span_eq(struct span str, const char *text)
{
	struct buf plain_text;
	size_t n = strlen(text);
	int same;

	if (span_kind(str) != SPAN_STRING)
		return 0;
	if (memchr(str.p, '\\', str.n) == NULL)
		return str.n == n + 2 && memcmp(str.p + 1, text, n) == 0;
	if (str.n > 6 * n + 2)	/* the longest spelling has six bytes a character */
		return 0;
	buf_init(&plain_text, 4 * n + 16);
	span_decode(str, SPAN_REPLACE, &plain_text);
	same = !plain_text.failed && plain_text.len == n && memcmp(buf_text(&plain_text), text, n) == 0;
	buf_release(&plain_text);
	return same;
}

int span_same(struct span a, struct span b)
{
	struct buf text[2];
	int same;

	if (span_kind(a) != SPAN_STRING || span_kind(b) != SPAN_STRING)
		return 0;
	buf_init(&text[0], 3 * a.n);
	buf_init(&text[1], 3 * b.n);
	a = span_plain(a, &text[0]);
	b = span_plain(b, &text[1]);
	same = !text[0].failed && !text[1].failed && a.n == b.n && memcmp(a.p, b.p, a.n) == 0;
	buf_release(&text[0]);
	buf_release(&text[1]);
	return same;
}

struct span span_get(struct span obj, const char *key)
{
	struct span_iter it = span_each(obj);
	struct span k, v, found = SPAN_NIL;

	while (span_next(&it, &k, &v))
		if (span_eq(k, key))
			found = v;
	return found;
}

struct span span_early(struct span obj, const char *key)
{
	struct span_iter it = span_each(obj);
	struct span k, v;

	while (span_next(&it, &k, &v))
		if (span_eq(k, key))
			return v;
	return SPAN_NIL;
}

size_t span_pick(struct span obj, const char *const *names, struct span *found)
{
	struct span_iter it = span_each(span_kind(obj) == SPAN_OBJECT ? obj : SPAN_NIL);
	struct span k, v;
	size_t i, others = 0;

	for (i = 0; names[i] != NULL; i++)
		found[i] = SPAN_NIL;
	while (span_next(&it, &k, &v)) {
		for (i = 0; names[i] != NULL; i++)	/* nearly always the first letter tells */
			if ((k.p[1] == names[i][0] || k.p[1] == '\\') && span_eq(k, names[i]))
				break;
		if (names[i] != NULL)
			found[i] = v;
		else
			others++;
	}
	return others;
}

/* The element of that number; a step that is no number names none. */
static struct span element(struct span array, const char *step)
{
	struct span_iter it = span_each(array);
	struct span k, v;
	size_t i;

	if (step[0] == '\0' || step[strspn(step, "0123456789")] != '\0')
		return SPAN_NIL;
	i = (size_t)strtoul(step, NULL, 10);
	while (span_next(&it, &k, &v))
		if (i-- == 0)
			return v;
	return SPAN_NIL;
}

struct span span_at(struct span v, const char *path)
{
	char step[SPAN_STEP];
	const char *dot;
	size_t n;

	while (v.p != NULL && *path != '\0') {
		dot = strchr(path, '.');
		n = dot != NULL ? (size_t)(dot - path) : strlen(path);
		if (n >= sizeof step)
			return SPAN_NIL;
		memcpy(step, path, n);
		step[n] = '\0';
		v = span_kind(v) == SPAN_ARRAY ?
		    element(v, step) : span_get(v, step);
		path += dot != NULL ? n + 1 : n;
	}
	return v;
}

double span_number(struct span num)
{
	struct buf text;
	char small[32];
	double d;

	if (span_kind(num) != SPAN_NUMBER)
		return 0;
	if (num.n < sizeof small) {	/* nearly always */
		memcpy(small, num.p, num.n);
		small[num.n] = '\0';
		return strtod(small, NULL);
	}
	buf_init(&text, num.n);
	buf_add(&text, num.p, num.n);
	d = strtod(buf_text(&text), NULL);	/* our programs never leave the C locale */
	buf_release(&text);
	return d;
}

int span_integer(struct span num, long long *out)
{
	char text[24], *end;

	if (span_kind(num) != SPAN_NUMBER || num.n >= sizeof text)
		return 0;
	memcpy(text, num.p, num.n);
	text[num.n] = '\0';
	errno = 0;
	*out = strtoll(text, &end, 10);
	return *end == '\0' && errno == 0;
}
