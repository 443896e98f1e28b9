/*
 * help.h - beside tap.h: texts in memory of their exact size, so that a byte
 * read beyond is seen by valgrind and the sanitizers; and the shared cases.
 */
#ifndef FB_HELP_H
#define FB_HELP_H

#include <stdlib.h>

#include "buf.h"
#include "limits.h"
#include "span.h"
#include "tap.h"

#if defined(__GNUC__)
#define HELP static __attribute__((unused))
#else
#define HELP static
#endif

#define COUNT(array) (sizeof (array) / sizeof *(array))

/* A copy without a byte behind it; free() it. */
HELP char *exact(const char *p, size_t n)
{
	char *copy = malloc(n + !n);

	if (copy == NULL)
		exit(1);
	if (n > 0)
		memcpy(copy, p, n);
	return copy;
}

/* A text as TAP can hold it: one line, ASCII, no '#'; good for the next four calls. */
HELP const char *shown_n(const char *text, size_t n)
{
	static char ring[4][256];
	static unsigned at;
	char *out = ring[at++ % 4];
	size_t i, k = 0;

	for (i = 0; i < n && k < 240; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c >= ' ' && c < 0x7f && c != '#')
			out[k++] = (char)c;
		else
			k += (size_t)snprintf(out + k, 8, "<%02X>", c);
	}
	snprintf(out + k, 8, "%s", i < n ? "..." : "");
	return out;
}

HELP const char *shown(const char *text)
{
	return shown_n(text, strlen(text));
}

/* The value of a JSON text of the test's own; of NULL nothing. */
HELP struct span json(const char *text)
{
	struct span v = SPAN_NIL;
	struct span_err err;

	if (text != NULL && span_check(text, strlen(text), MAX_DEPTH, &v, &err) != 0)
		ok(0, "the test's own JSON is bad at %zu: %s", err.at, shown(text));
	return v;
}

HELP int is_span(struct span got, const char *want, const char *name)
{
	struct buf text;
	int good;

	if (want == NULL || got.p == NULL) {
		good = (want == NULL) == (got.p == NULL);
		return ok(good, "%s", name);
	}
	buf_init(&text, got.n);
	buf_add(&text, got.p, got.n);
	good = is(buf_text(&text), want, name);
	buf_release(&text);
	return good;
}

HELP int is_buf(const struct buf *got, const char *want, const char *name)
{
	if (got->failed)
		return ok(0, "%s: the buffer failed", name);
	return is(buf_text(got), want, name) && (got->len == strlen(want) || ok(0, "%s: a NUL in it", name));
}

/* Texts are written with ' for " here, for want of backslashes. */
HELP void unquote(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++)
		buf_addc(out, (char)(*text == '\'' ? '"' : *text));
}

HELP void unquote_in(char *text, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (text[i] == '\'')
			text[i] = '"';
}

/* The bytes of a JSON string of base64. */
HELP void add_base64(struct buf *out, struct span token)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *d;
	unsigned bits = 0, have = 0;
	size_t i;

	for (i = 1; i + 1 < token.n && (d = strchr(digits, token.p[i])) != NULL; i++) {
		bits = bits << 6 | (unsigned)(d - digits);
		if ((have += 6) >= 8)
			buf_addc(out, (char)(bits >> (have -= 8) & 0xFF));
	}
}

/* What the reference sent, a request per line; without it the test ends. */
HELP FILE *captured(void)
{
	FILE *f = fopen("tests/data/shape.jsonl", "r");

	if (f == NULL) {
		perror("tests/data/shape.jsonl");
		exit(1);
	}
	return f;
}

/* A file of the shared cases. */
HELP void shared(char *path, size_t size, const char *file)
{
	const char *dir = getenv("FB_SHARED");

	snprintf(path, size, "%s/cases/%s", dir != NULL ? dir : "../shared", file);
}

/* A generator of our own: the same numbers everywhere. */
HELP unsigned long long next_random(unsigned long long *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

#endif
