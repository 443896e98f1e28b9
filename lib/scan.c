/*
 * scan.c - the checking half of span.h: span_check, span_first,
 * span_utf8, span_unmarked.
 *
 * Nesting is kept on an explicit stack of one byte a level, so a hostile
 * text cannot exhaust the C stack.
 */
#include <stdint.h>
#include <string.h>

#include "limits.h"
#include "span.h"

struct scan {
	const char *p, *end;
	const char *what;	/* set on a fault; p is then where */
	int cut;
};

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

/* Does the text end inside a sequence that is good so far? */
static int is_half_utf8(const char *p, const char *end)
{
	char low[4] = "\x80\x80\x80", high[4] = "\xbf\xbf\xbf";
	size_t have = (size_t)(end - p);

	if (have > 3)
		return 0;
	memmove(low + have, low, 4 - have);	/* what might follow */
	memmove(high + have, high, 4 - have);
	memcpy(low, p, have);
	memcpy(high, p, have);
	return utf8_len(low, low + 4) > have || utf8_len(high, high + 4) > have;
}

/* Eight bytes at once: most of every text is plain ASCII. */
#define ALL(byte) ((uint64_t)(byte) * 0x0101010101010101ULL)
#define HAS_ZERO(x) (((x) - ALL(1)) & ~(x) & ALL(0x80))

static uint64_t eight(const char *p)
{
	uint64_t x;

	memcpy(&x, p, sizeof x);
	return x;
}

/* 0: none of them is a control character, a quote or a backslash. */
static uint64_t marks(uint64_t x)
{
	return ((x - ALL(0x20)) & ~x & ALL(0x80)) | HAS_ZERO(x ^ ALL('"')) | HAS_ZERO(x ^ ALL('\\'));
}

/* Where the first marked byte is; marks above it may be wrong, since a subtraction borrows. */
static size_t first_marked(const char *p, uint64_t marked)
{
#if defined __BYTE_ORDER__ && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	(void)p;
	return (size_t)__builtin_ctzll(marked) / 8;
#else
	const char *start = p;

	(void)marked;
	while (*p != '"' && *p != '\\' && (unsigned char)*p >= 0x20 && (unsigned char)*p < 0x80)
		p++;
	return (size_t)(p - start);
#endif
}

size_t span_utf8(const char *p, size_t n)
{
	const char *at = p, *end = p + n;
	size_t k;

	while (at < end) {
		if (end - at >= 8 && (eight(at) & ALL(0x80)) == 0)
			k = 8;
		else if ((unsigned char)*at < 0x80)
			k = 1;
		else if ((k = utf8_len(at, end)) == 0)
			break;
		at += k;
	}
	return (size_t)(at - p);
}

size_t span_unmarked(const char *p, size_t n)
{
	const char *at = p, *end = p + n;

	while (end - at >= 8 && marks(eight(at)) == 0)
		at += 8;
	while (at < end && (unsigned char)*at >= 0x20 && *at != '"' && *at != '\\')
		at++;
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

/* How many hex digits stand at p: at most 4. */
static int hex_digits(const char *p, const char *end)
{
	int n = 0;

	while (n < 4 && p < end && (is_digit(*p) || ((*p | 0x20) >= 'a' && (*p | 0x20) <= 'f'))) {
		p++;
		n++;
	}
	return n;
}

static int scan_escape(struct scan *s)
{
	int n;

	if (s->p + 1 >= s->end) {
		s->p = s->end;
		return fault(s, "unterminated string");
	}
	if (s->p[1] == 'u') {
		if ((n = hex_digits(s->p + 2, s->end)) < 4) {
			if (s->p + 2 + n == s->end)
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
	uint64_t marked = 0;
	size_t k;

	for (s->p++;;) {
		while (s->end - s->p >= 8 && (marked = marks(eight(s->p)) | (eight(s->p) & ALL(0x80))) == 0)
			s->p += 8;
		if (marked != 0)
			s->p += first_marked(s->p, marked);
		else
			while (s->p < s->end && plain[(unsigned char)*s->p])
				s->p++;
		marked = 0;
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
			if (is_half_utf8(s->p, s->end)) {
				s->p = s->end;
				return fault(s, "unterminated string");
			}
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
	struct scan s = {NULL, NULL, NULL, 0};

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
