/*
 * span.c - see span.h.
 *
 * The checker walks with an explicit stack of one byte a level, so a hostile
 * text cannot exhaust the C stack.  Walking a checked text again is cheaper:
 * strings are skipped by their quotes, containers by counting brackets.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "limits.h"
#include "span.h"

struct scan {
	const char *p, *end;
	const char *what;	/* set on a fault; p is then where */
	int cut;
};

struct span span_of(const char *text)
{
	return (struct span){text, text == NULL ? 0 : strlen(text)};
}

int span_is(struct span s, const char *text)
{
	size_t n = strlen(text);

	return s.p != NULL && s.n == n && memcmp(s.p, text, n) == 0;
}

static int fault(struct scan *s, const char *what)
{
	s->what = what;
	s->cut = s->p >= s->end;
	return -1;
}

static int is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static int is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static void skip_space(struct scan *s)
{
	while (s->p < s->end && is_space(*s->p))
		s->p++;
}

/* One UTF-8 sequence of two to four bytes; its length, or 0 when it is none. */
static size_t utf8_len(const char *text, const char *end)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t n, i, have = (size_t)(end - text);

	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		n = 2;
	else if (p[0] >= 0xe0 && p[0] <= 0xef)
		n = 3;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		n = 4;
	else
		return 0;
	if (have < n)
		return 0;
	for (i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	/* overlong forms, surrogates, beyond U+10FFFF */
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return n;
}

size_t span_utf8(const char *p, size_t n)
{
	const char *at = p, *end = p + n;
	size_t k;

	while (at < end) {
		if ((unsigned char)*at < 0x80)
			k = 1;
		else if ((k = utf8_len(at, end)) == 0)
			break;
		at += k;
	}
	return (size_t)(at - p);
}

/* Bytes that a string holds as they are, one table look-up each. */
static const char plain[256] = {
#define P8 1, 1, 1, 1, 1, 1, 1, 1
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	1, 1, 0 /* " */, 1, 1, 1, 1, 1, P8,
	P8, P8, P8, P8, P8, 1, 1, 1, 1, 0 /* \ */, 1, 1, 1,
	P8, P8, P8, P8
#undef P8
};

static int hex4(const char *p, const char *end, unsigned *out)
{
	unsigned v = 0;
	int i;

	if (end - p < 4)
		return -1;
	for (i = 0; i < 4; i++) {
		char c = p[i];

		v <<= 4;
		if (is_digit(c))
			v |= (unsigned)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			v |= (unsigned)((c | 0x20) - 'a' + 10);
		else
			return -1;
	}
	*out = v;
	return 0;
}

static int scan_escape(struct scan *s)
{
	unsigned v;

	if (s->p + 1 >= s->end) {
		s->p = s->end;
		return fault(s, "unterminated string");
	}
	if (s->p[1] == 'u') {
		if (hex4(s->p + 2, s->end, &v) != 0) {
			if (s->end - s->p < 6)
				s->p = s->end;
			return fault(s, "\\u needs four hex digits");
		}
		s->p += 6;
		return 0;
	}
	if (s->p[1] == '\0' || strchr("\"\\/bfnrt", s->p[1]) == NULL)
		return fault(s, "no such escape in a string");
	s->p += 2;
	return 0;
}

static int scan_string(struct scan *s)
{
	size_t k;

	for (s->p++;;) {
		while (s->p < s->end && plain[(unsigned char)*s->p])
			s->p++;
		if (s->p >= s->end)
			return fault(s, "unterminated string");
		if (*s->p == '"') {
			s->p++;
			return 0;
		}
		if (*s->p == '\\') {
			if (scan_escape(s) != 0)
				return -1;
		} else if ((unsigned char)*s->p < 0x20) {
			return fault(s, "control character in a string");
		} else if ((k = utf8_len(s->p, s->end)) == 0) {
			return fault(s, "not valid UTF-8");
		} else {
			s->p += k;
		}
	}
}

static int scan_digits(struct scan *s)
{
	if (s->p >= s->end || !is_digit(*s->p))
		return fault(s, "expected a digit");
	while (s->p < s->end && is_digit(*s->p))
		s->p++;
	return 0;
}

static int scan_number(struct scan *s)
{
	if (*s->p == '-')
		s->p++;
	if (s->p < s->end && *s->p == '0') {
		s->p++;
		if (s->p < s->end && is_digit(*s->p))
			return fault(s, "a number can't start with 0");
	} else if (scan_digits(s) != 0) {
		return -1;
	}
	if (s->p < s->end && *s->p == '.') {
		s->p++;
		if (scan_digits(s) != 0)
			return -1;
	}
	if (s->p < s->end && (*s->p | 0x20) == 'e') {
		s->p++;
		if (s->p < s->end && (*s->p == '+' || *s->p == '-'))
			s->p++;
		if (scan_digits(s) != 0)
			return -1;
	}
	return 0;
}

static int scan_word(struct scan *s, const char *word)
{
	for (; *word != '\0'; word++, s->p++)
		if (s->p >= s->end || *s->p != *word)
			return fault(s, "expected a value");
	return 0;
}

static int scan_scalar(struct scan *s)
{
	switch (*s->p) {
	case '"':
		return scan_string(s);
	case 't':
		return scan_word(s, "true");
	case 'f':
		return scan_word(s, "false");
	case 'n':
		return scan_word(s, "null");
	default:
		if (*s->p == '-' || is_digit(*s->p))
			return scan_number(s);
		return fault(s, "expected a value");
	}
}

/* A member's name, its colon and the white space up to its value. */
static int scan_key(struct scan *s)
{
	if (s->p >= s->end || *s->p != '"')
		return fault(s, "expected a member name");
	if (scan_string(s) != 0)
		return -1;
	skip_space(s);
	if (s->p >= s->end || *s->p != ':')
		return fault(s, "expected ':'");
	s->p++;
	skip_space(s);
	return 0;
}

/*
 * Up to the start of the next value: closes what ends here, takes one comma.
 * 1 when there is a value to read, 0 when the outermost value is complete.
 */
static int scan_after(struct scan *s, const char *open, int *level)
{
	while (*level > 0) {
		char o = open[*level - 1];

		skip_space(s);
		if (s->p >= s->end)
			return fault(s, o == '{' ? "expected ',' or '}'" : "expected ',' or ']'");
		if (*s->p == ',') {
			s->p++;
			skip_space(s);
			return o == '{' ? (scan_key(s) != 0 ? -1 : 1) : 1;
		}
		if (*s->p != (o == '{' ? '}' : ']'))
			return fault(s, o == '{' ? "expected ',' or '}'" : "expected ',' or ']'");
		s->p++;
		--*level;
	}
	return 0;
}

/* 1: an empty container was read whole; 0: its first value is next. */
static int scan_open(struct scan *s, char o)
{
	s->p++;
	skip_space(s);
	if (s->p < s->end && *s->p == (o == '{' ? '}' : ']')) {
		s->p++;
		return 1;
	}
	return o == '{' ? scan_key(s) : 0;
}

static int scan_value(struct scan *s, int depth)
{
	char open[MAX_DEPTH];
	int level = 0, more = 1, empty;

	if (depth > MAX_DEPTH)
		depth = MAX_DEPTH;
	while (more > 0) {
		if (s->p >= s->end)
			return fault(s, "expected a value");
		if (*s->p == '{' || *s->p == '[') {
			if (level >= depth)
				return fault(s, "nested too deep");
			open[level] = *s->p;
			if ((empty = scan_open(s, open[level])) < 0)
				return -1;
			level++;
			if (empty == 0)
				continue;
			level--;
		} else if (scan_scalar(s) != 0) {
			return -1;
		}
		more = scan_after(s, open, &level);
	}
	return more;
}

int span_first(const char *p, size_t n, int depth, struct span *value,
    struct span_err *err)
{
	struct scan s = {p, p + n, NULL, 0};
	const char *start;

	skip_space(&s);
	start = s.p;
	if (scan_value(&s, depth) != 0) {
		*err = (struct span_err){(size_t)(s.p - p), s.what, s.cut};
		return -1;
	}
	*value = (struct span){start, (size_t)(s.p - start)};
	return 0;
}

int span_check(const char *p, size_t n, int depth, struct span *value,
    struct span_err *err)
{
	struct scan s;

	if (span_first(p, n, depth, value, err) != 0)
		return -1;
	s.p = value->p + value->n;
	s.end = p + n;
	skip_space(&s);
	if (s.p == s.end)
		return 0;
	*err = (struct span_err){(size_t)(s.p - p), "something follows the value", 0};
	return -1;
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

/* Past the string token at p, which was checked. */
static const char *skip_string(const char *p)
{
	for (p++; *p != '"'; p++)
		if (*p == '\\')
			p++;
	return p + 1;
}

/* Past the value at p, which was checked, so brackets match. */
static const char *skip_value(const char *p, const char *end)
{
	int level = 0;

	do {
		switch (*p) {
		case '"':
			p = skip_string(p);
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
				while (p < end && strchr(",]} \t\r\n", *p) == NULL)
					p++;
		}
	} while (level > 0);
	return p;
}

static const char *skip_blank(const char *p, const char *end)
{
	while (p < end && (is_space(*p) || *p == ',' || *p == ':'))
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
		p = skip_string(p);
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

/* The code unit or character of the escape at p ("\n", "\u00e9"); *next is past it. */
static unsigned escape(const char *p, const char *end, const char **next)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *at;
	unsigned v = 0xfffd;

	if (p[1] == 'u') {
		hex4(p + 2, end, &v);
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
	unsigned v = escape(p, end, &next), w;

	if (is_high(v) && end - next >= 6 && next[0] == '\\' && next[1] == 'u' &&
	    is_low(w = escape(next, end, &after))) {
		add_utf8(out, 0x10000 + ((v - 0xd800) << 10) + (w - 0xdc00));
		return after;
	}
	if (!is_high(v) && !is_low(v))
		add_utf8(out, v);
	else if (lone == SPAN_REPLACE)
		add_utf8(out, 0xfffd);
	return next;
}

void span_decode(struct span str, enum span_lone lone, struct buf *out)
{
	const char *p = str.p + 1, *end = str.p + str.n - 1, *slash;

	if (span_kind(str) != SPAN_STRING)
		return;
	while (p < end) {
		if ((slash = memchr(p, '\\', (size_t)(end - p))) == NULL)
			slash = end;
		buf_add(out, p, (size_t)(slash - p));
		p = slash < end ? decode_escape(slash, end, lone, out) : end;
	}
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

struct span span_get(struct span obj, const char *key)
{
	struct span_iter it = span_each(obj);
	struct span k, v, found = SPAN_NIL;

	while (span_next(&it, &k, &v))
		if (span_eq(k, key))
			found = v;
	return found;
}

static struct span element(struct span array, size_t i)
{
	struct span_iter it = span_each(array);
	struct span k, v;

	while (span_next(&it, &k, &v))
		if (i-- == 0)
			return v;
	return SPAN_NIL;
}

struct span span_at(struct span v, const char *path)
{
	char step[64];
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
		    element(v, (size_t)strtoul(step, NULL, 10)) : span_get(v, step);
		path += dot != NULL ? n + 1 : n;
	}
	return v;
}

double span_number(struct span num)
{
	char text[64];
	size_t n = num.n < sizeof text ? num.n : sizeof text - 1;

	if (span_kind(num) != SPAN_NUMBER)
		return 0;
	memcpy(text, num.p, n);
	text[n] = '\0';
	return strtod(text, NULL);	/* our programs never leave the C locale */
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
