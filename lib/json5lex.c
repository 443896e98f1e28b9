/* json5lex.c - see json5lex.h. */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "json5lex.h"

void lex_init(struct lex *x, const char *text, size_t n, struct json5_err *err)
{
	x->text = x->p = text;
	x->end = text + n;
	x->err = err;
	buf_init(&x->scratch, n + 16);	/* decoding makes nothing longer but a decimal point */
}

void lex_release(struct lex *x)
{
	buf_wipe(&x->scratch);
}

/* The character at s, and its length in bytes. */
static size_t decode(const char *s, uint32_t *c)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t i, n = p[0] < 0x80 ? 1 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;

	*c = n == 1 ? p[0] : p[0] & (0xFFu >> (n + 1));
	for (i = 1; i < n; i++)
		*c = *c << 6 | (p[i] & 0x3Fu);
	return n;
}

static void add_char(struct buf *b, uint32_t c)
{
	size_t i, n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	char out[4];

	for (i = n - 1; i > 0; i--, c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3F));
	out[0] = (char)(n == 1 ? c : (0xF00u >> n & 0xFF) | c);
	buf_add(b, out, n);
}

static int is_line_end(uint32_t c)
{
	return c == '\n' || c == '\r' || c == 0x2028 || c == 0x2029;
}

static int is_blank(uint32_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || c == 0xA0 || c == 0x1680 ||
	    (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 ||
	    c == 0x202F || c == 0x205F || c == 0x3000 || c == 0xFEFF;
}

static int is_digit(uint32_t c)
{
	return c >= '0' && c <= '9';
}

/*
 * Beyond ASCII any character but white space passes: the Unicode tables of
 * letters would refuse a few symbols more and help nobody.
 */
static int is_name_char(uint32_t c, int first)
{
	if (c < 0x80)
		return ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_' || c == '$' ||
		    (is_digit(c) && !first);
	return !is_blank(c);
}

/* Shown as a number in messages, as it has no shape or would disturb the line. */
static int is_invisible(uint32_t c)
{
	return c < ' ' || (c >= 0x7F && c < 0xA0) || (c > ' ' && is_blank(c)) ||
	    (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) ||
	    (c >= 0x2060 && c <= 0x206F) || c >= 0xE0000;
}

int lex_at(const struct lex *x, char c)
{
	return x->p < x->end && *x->p == c;
}

int lex_at_digit(const struct lex *x)
{
	return x->p < x->end && is_digit((unsigned char)*x->p);
}

size_t lex_name_char(const struct lex *x, int first)
{
	uint32_t c;
	size_t n;

	if (x->p == x->end)
		return 0;
	n = decode(x->p, &c);
	return is_name_char(c, first) ? n : 0;
}

/* A byte order mark at the start has no column: no editor shows it one. */
void lex_place(const struct lex *x, const char *where, size_t *line, size_t *col)
{
	const char *p = x->text;
	uint32_t c, before = 0;

	*line = *col = 1;
	if (where - p >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0)
		p += 3;
	for (; p < where; before = c) {
		p += decode(p, &c);
		if (c == '\n' && before == '\r')
			continue;
		*line += (size_t)is_line_end(c);
		*col = is_line_end(c) ? 1 : *col + 1;
	}
}

int lex_fault(struct lex *x, const char *where, const char *fmt, ...)
{
	va_list ap;

	lex_place(x, where, &x->err->line, &x->err->col);
	va_start(ap, fmt);
	vsnprintf(x->err->what, sizeof x->err->what, fmt, ap);
	va_end(ap);
	return -1;
}

int lex_unexpected(struct lex *x, const char *wanted, const char *hint)
{
	char found[32] = "the end";
	uint32_t c;
	size_t n;

	if (x->p < x->end) {
		n = decode(x->p, &c);
		if (is_invisible(c)) {
			snprintf(found, sizeof found, "U+%04X", (unsigned)c);
			hint = "";
		} else if (c < 0x80) {
			snprintf(found, sizeof found, "'%c'", (char)c);
		} else {
			snprintf(found, sizeof found, "'%.*s' (U+%04X)", (int)n, x->p, (unsigned)c);
		}
	}
	return lex_fault(x, x->p, "expected %s, found %s%s", wanted, found, hint);
}

/* Past a comment: 1; 0 when none is next; -1 when it does not end. */
static int skip_comment(struct lex *x)
{
	const char *open = x->p;
	uint32_t c;
	size_t n;

	if (x->end - open < 2 || (open[1] != '/' && open[1] != '*'))
		return 0;
	if (open[1] == '/') {
		for (; x->p < x->end; x->p += n) {
			n = decode(x->p, &c);
			if (is_line_end(c))
				break;
		}
		return 1;
	}
	for (x->p += 2; x->end - x->p >= 2; x->p++)
		if (x->p[0] == '*' && x->p[1] == '/') {
			x->p += 2;
			return 1;
		}
	return lex_fault(x, open, "unterminated comment");
}

int lex_blank(struct lex *x)
{
	uint32_t c;
	size_t n;
	int passed;

	for (;;) {
		while (x->p < x->end && (*x->p == ' ' || *x->p == '\n' || *x->p == '\t'))
			x->p++;
		if (x->p == x->end)
			return 0;
		if (*x->p == '/') {
			if ((passed = skip_comment(x)) != 1)
				return passed;
			continue;
		}
		if (*x->p > ' ' && (unsigned char)*x->p < 0x80)
			return 0;	/* a short way for nearly all there is */
		n = decode(x->p, &c);
		if (!is_blank(c))
			return 0;
		x->p += n;
	}
}

int lex_hex(char c)
{
	if (is_digit((unsigned char)c))
		return c - '0';
	c |= 32;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The value of the next `digits` hex digits; -1 when they are not there. */
static int read_hex(struct lex *x, int digits)
{
	int value = 0, digit;

	for (; digits > 0; digits--, x->p++) {
		if (x->p == x->end || (digit = lex_hex(*x->p)) < 0)
			return -1;
		value = value << 4 | digit;
	}
	return value;
}

/* What follows \u, with the other half of a pair; a lone surrogate is U+FFFD. */
static int read_unicode(struct lex *x, uint32_t *c)
{
	const char *after;
	int first = read_hex(x, 4), second = -1;

	if (first < 0)
		return -1;
	*c = (uint32_t)first;
	if (first < 0xD800 || first > 0xDFFF)
		return 0;
	after = x->p;
	if (first < 0xDC00 && x->end - after >= 6 && after[0] == '\\' && after[1] == 'u') {
		x->p += 2;
		second = read_hex(x, 4);
	}
	if (second >= 0xDC00 && second <= 0xDFFF) {
		*c = 0x10000 + (((uint32_t)first - 0xD800) << 10) + ((uint32_t)second - 0xDC00);
	} else {
		x->p = after;
		*c = 0xFFFD;
	}
	return 0;
}

/* Adds what an escape means to the scratch; a character follows the backslash. */
static int read_escape(struct lex *x)
{
	const char *where = x->p;
	uint32_t c;
	int byte;

	x->p += 1 + decode(where + 1, &c);
	if (is_line_end(c)) {
		if (c == '\r' && lex_at(x, '\n'))
			x->p++;
		return 0;
	}
	switch (c) {
	case 'b': c = '\b'; break;
	case 'f': c = '\f'; break;
	case 'n': c = '\n'; break;
	case 'r': c = '\r'; break;
	case 't': c = '\t'; break;
	case 'v': c = '\v'; break;
	case 'x':
		if ((byte = read_hex(x, 2)) < 0)
			return lex_fault(x, where, "bad escape: two hex digits must follow \\x");
		c = (uint32_t)byte;
		break;
	case 'u':
		if (read_unicode(x, &c) < 0)
			return lex_fault(x, where, "bad escape: four hex digits must follow \\u");
		break;
	case '0':
		if (lex_at_digit(x))
			return lex_fault(x, where, "bad escape: no digit may follow \\0");
		c = 0;
		break;
	default:
		if (is_digit(c))
			return lex_fault(x, where, "bad escape: no digit may follow a backslash");
	}
	add_char(&x->scratch, c);
	return 0;
}

/* Before an escape: the plain text run..p goes to the scratch, which the first one empties. */
static void keep_run(struct lex *x, const char *run, int escapes)
{
	if (escapes == 0)
		buf_clear(&x->scratch);
	buf_add(&x->scratch, run, (size_t)(x->p - run));
}

/* The whole text, which ends with the plain run..p: the text itself if it had no escapes. */
static int take_text(struct lex *x, const char *run, int escapes, struct span *out)
{
	*out = (struct span){run, (size_t)(x->p - run)};
	if (escapes == 0)
		return 0;
	keep_run(x, run, escapes);
	*out = (struct span){buf_text(&x->scratch), x->scratch.len};
	return x->scratch.failed ? lex_fault(x, run, "out of memory") : 0;
}

int lex_string(struct lex *x, struct span *out)
{
	static const char special[256] = {
		['"'] = 1, ['\''] = 1, ['\\'] = 1, ['\n'] = 1, ['\r'] = 1
	};
	const char *open = x->p, *run = ++x->p;
	int escapes = 0;

	for (;;) {
		while (x->p < x->end && !special[(unsigned char)*x->p])
			x->p++;
		if (x->end - x->p < (lex_at(x, '\\') ? 2 : 1) || *x->p == '\n' || *x->p == '\r')
			return lex_fault(x, open, "unterminated string");
		if (*x->p == *open)
			break;
		if (*x->p != '\\') {
			x->p++;		/* the other quote */
			continue;
		}
		keep_run(x, run, escapes++);
		if (read_escape(x) < 0)
			return -1;
		run = x->p;
	}
	if (take_text(x, run, escapes, out) < 0)
		return -1;
	x->p++;
	return 0;
}

static int plain_name(struct lex *x, struct span *out)
{
	const char *start = x->p, *run = start, *where;
	int escapes = 0;
	uint32_t c;
	size_t n;

	for (;;) {
		while ((n = lex_name_char(x, x->p == start)) > 0)
			x->p += n;
		if (!lex_at(x, '\\'))
			return take_text(x, run, escapes, out);
		keep_run(x, run, escapes++);
		where = x->p++;
		if (!lex_at(x, 'u') || (x->p++, read_unicode(x, &c)) < 0 ||
		    !is_name_char(c, where == start))
			return lex_fault(x, where, "bad escape in a name: only \\u and a letter's four hex digits");
		add_char(&x->scratch, c);
		run = x->p;
	}
}

int lex_name(struct lex *x, struct span *out)
{
	if (lex_at(x, '"') || lex_at(x, '\''))
		return lex_string(x, out);
	if (lex_at(x, '\\') || lex_name_char(x, 1) > 0)
		return plain_name(x, out);
	return lex_unexpected(x, "a member name or '}'",
	    lex_at_digit(x) ? ": put such a name in quotes" : "");
}

int lex_word(struct lex *x, const char *word)
{
	const char *start = x->p;
	size_t n = strlen(word);

	if ((size_t)(x->end - start) < n || memcmp(start, word, n) != 0)
		return 0;
	x->p += n;
	if (lex_name_char(x, 0) == 0 && !lex_at(x, '\\'))
		return 1;
	x->p = start;
	return 0;
}

int lex_value(struct lex *x, struct token *t)
{
	switch (x->p < x->end ? *x->p : '\0') {
	case '{':
		t->kind = SPAN_OBJECT;
		return 0;
	case '[':
		t->kind = SPAN_ARRAY;
		return 0;
	case '"':
	case '\'':
		t->kind = SPAN_STRING;
		return lex_string(x, &t->text);
	case 't':
		t->kind = SPAN_TRUE;
		if (lex_word(x, "true"))
			return 0;
		break;
	case 'f':
		t->kind = SPAN_FALSE;
		if (lex_word(x, "false"))
			return 0;
		break;
	case 'n':
		t->kind = SPAN_NULL;
		if (lex_word(x, "null"))
			return 0;
	}
	t->kind = SPAN_NUMBER;
	return lex_number(x, &t->number);
}
