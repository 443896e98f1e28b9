/* mtext.c - see mtext.h. */
#include <stdint.h>
#include <string.h>

#include "buf.h"
#include "mtext.h"

/* The letter after the backslash of what doesn't stand for itself; 'u': \u00XX. */
static char escape_of(unsigned char c)
{
	static const char short_forms[] = "btn\0fr";	/* from 0x08; 0x0b has none */

	if (c == '"' || c == '\\')
		return (char)c;
	if (c >= 0x08 && c <= 0x0d && short_forms[c - 0x08] != '\0')
		return short_forms[c - 0x08];
	return 'u';
}

static void quote_utf8(struct buf *out, const char *p, size_t n)
{
	static const char hex[] = "0123456789abcdef";
	char esc[6] = {'\\', 'u', '0', '0', 0, 0};
	size_t i, from = 0;
	unsigned char c;

	for (i = 0; i < n; i++) {
		c = (unsigned char)p[i];
		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		buf_add(out, p + from, i - from);
		from = i + 1;
		esc[1] = escape_of(c);
		esc[4] = hex[c >> 4];
		esc[5] = hex[c & 15];
		buf_add(out, esc, esc[1] == 'u' ? 6 : 2);
	}
	buf_add(out, p + from, n - from);
}

/*
 * How many bytes from p stand for themselves in JSON and are ASCII, eight
 * looked at together: most texts are nothing else.
 */
static size_t plain_run(const char *p, size_t n)
{
	const uint64_t ones = 0x0101010101010101U, high = 0x8080808080808080U;
	uint64_t v, quote, slash;
	size_t i;

	for (i = 0; i + 8 <= n; i += 8) {
		memcpy(&v, p + i, 8);
		quote = v ^ ones * '"';
		slash = v ^ ones * '\\';
		/* a byte under k borrows when k is taken away */
		if (((v | (v - ones * 0x20) | (quote - ones) | (slash - ones)) & high) != 0)
			break;
	}
	return i;
}

void mtext_quote(struct buf *out, const char *p, size_t n)
{
	size_t good;

	buf_addc(out, '"');
	good = plain_run(p, n);
	buf_add(out, p, good);
	p += good;
	n -= good;
	while (n > 0) {
		good = span_utf8(p, n);
		quote_utf8(out, p, good);
		p += good;
		n -= good;
		if (n > 0) {
			buf_adds(out, "\xef\xbf\xbd");
			p++;
			n--;
		}
	}
	buf_addc(out, '"');
}

void mtext_quotes(struct buf *out, const char *text)
{
	mtext_quote(out, text, strlen(text));
}

void mtext_base64(struct buf *out, const char *p, size_t n)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *b = (const unsigned char *)p;
	unsigned long v;
	char q[4];
	size_t i;

	for (i = 0; i < n; i += 3) {
		v = (unsigned long)b[i] << 16;
		if (i + 1 < n)
			v |= (unsigned long)b[i + 1] << 8;
		if (i + 2 < n)
			v |= b[i + 2];
		q[0] = digits[v >> 18];
		q[1] = digits[v >> 12 & 63];
		q[2] = i + 1 < n ? digits[v >> 6 & 63] : '=';
		q[3] = i + 2 < n ? digits[v & 63] : '=';
		buf_add(out, q, sizeof q);
	}
}

static void number(struct buf *out, unsigned long long v, unsigned base)
{
	char digits[24];
	size_t at = sizeof digits;

	do
		digits[--at] = "0123456789abcdef"[v % base];
	while ((v /= base) > 0);
	buf_add(out, digits + at, sizeof digits - at);
}

void mtext_number(struct buf *out, unsigned long long v)
{
	number(out, v, 10);
}

void mtext_hex(struct buf *out, unsigned long long v)
{
	number(out, v, 16);
}

/* A table: words are counted in each request's whole text. */
static const unsigned char blanks[256] = {
	['\t'] = 1, ['\n'] = 1, ['\v'] = 1, ['\f'] = 1, ['\r'] = 1, [' '] = 1
};

static int is_blank(char c)
{
	return blanks[(unsigned char)c];
}

/* Eight bytes, the first the lowest, whatever the machine's order. */
static uint64_t eight(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 |
	    (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 | (uint64_t)p[7] << 56;
}

/*
 * The words that begin in eight bytes among which no blank but the space is;
 * *before is 1 when the byte in front of them is blank, and is kept for the
 * next.  -1: there is a control character, they must be looked at singly.
 */
static int word_starts(const char *p, int *before)
{
	const uint64_t ones = 0x0101010101010101U, high = 0x8080808080808080U;
	uint64_t v = eight(p), x = v ^ ones * ' ', space, start;

	if (((v - ones * 0x20) & ~v & high) != 0)
		return -1;
	space = ~(((x & ~high) + ~high) | x | ~high);	/* the high bit of each space */
	start = ~space & ((space << 8) | (*before ? 0x80 : 0)) & high;
	*before = (space >> 63) != 0;
	return (int)((start >> 7) * ones >> 56);
}

/* A word starts where a blank, or nothing, stands before something else. */
size_t mtext_words(const char *p, size_t n)
{
	size_t words = 0;
	int before = 1, blank, k;
	const char *end = p + n;

	while (p < end) {
		if (end - p >= 8 && (k = word_starts(p, &before)) >= 0) {
			words += (size_t)k;
			p += 8;
			continue;
		}
		blank = is_blank(*p++);
		words += (size_t)(before > blank);
		before = blank;
	}
	return words;
}

size_t mtext_token_words(struct span str)
{
	size_t i, words = 0;
	int inside = 0, blank;

	if (str.n < 2)
		return 0;
	if (memchr(str.p, '\\', str.n) == NULL)
		return mtext_words(str.p + 1, str.n - 2);
	for (i = 1; i + 1 < str.n; i++) {
		blank = str.p[i] == ' ';
		if (str.p[i] == '\\') {
			i++;
			blank = memchr("ntrf", str.p[i], 4) != NULL;
		}
		words += !blank && !inside;
		inside = !blank;
	}
	return words;
}

size_t mtext_piece(const char *p, size_t n, size_t least)
{
	size_t i = 0;

	while (i < n && is_blank(p[i]))
		i++;
	while (i < n && !(i >= least && is_blank(p[i])))
		i++;
	return i;
}

void mtext_fill(struct buf *out, const char *t, size_t n, mtext_fn *fn, void *ctx)
{
	const char *end = t + n, *at;

	while ((at = memchr(t, '$', (size_t)(end - t))) != NULL && at + 1 < end) {
		buf_add(out, t, (size_t)(at - t));
		fn(ctx, out, at[1]);
		t = at + 2;
	}
	buf_add(out, t, (size_t)(end - t));
}
