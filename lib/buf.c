/* buf.c - see buf.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"

static void (*no_memory)(void *);

void buf_no_memory(void (*handler)(void *))
{
	no_memory = handler;
}

void buf_init(struct buf *b, size_t max)
{
	memset(b, 0, sizeof *b);
	b->max = max;
}

void buf_release(struct buf *b)
{
	free(b->data);
	buf_init(b, b->max);
}

void buf_overwrite(void *p, size_t n)
{
	void *(*volatile overwrite)(void *, int, size_t) = memset;	/* which function it is the compiler can't tell */

	if (n > 0)
		overwrite(p, 0, n);
}

void buf_wipe(struct buf *b)
{
	buf_overwrite(b->data, b->cap);
	buf_release(b);
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	b->failed = 0;
	if (b->data != NULL)
		b->data[0] = '\0';
}

static char *fail(struct buf *b)
{
	buf_release(b);
	b->failed = 1;
	return NULL;
}

char *buf_room(struct buf *b, size_t n)
{
	size_t need, cap;
	char *data;

	if (b->failed)
		return NULL;
	if (n > b->max || b->len > b->max - n)
		return fail(b);
	need = b->len + n + 1;
	if (need > b->cap) {
		cap = b->cap < 512 ? 512 : b->cap * 2;
		if (cap > b->max)
			cap = b->max + 1;	/* +1: the NUL isn't counted in max */
		if (cap < need)
			cap = need;
		if ((data = realloc(b->data, cap)) == NULL) {
			if (no_memory != NULL)
				no_memory(NULL);
			return fail(b);
		}
		b->data = data;
		b->cap = cap;
		b->data[b->len] = '\0';	/* also when nothing gets written */
	}
	return b->data + b->len;
}

void buf_wrote(struct buf *b, size_t n)
{
	b->len += n;
	b->data[b->len] = '\0';
}

void buf_add(struct buf *b, const void *p, size_t n)
{
	/* nearly always it fits; a failed buffer has no bytes allocated */
	char *room = n < b->cap - b->len ? b->data + b->len : buf_room(b, n);

	if (room == NULL)
		return;
	if (n > 0)
		memcpy(room, p, n);
	buf_wrote(b, n);
}

void buf_adds(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_addc(struct buf *b, char c)
{
	char *room = 1 < b->cap - b->len ? b->data + b->len : buf_room(b, 1);

	if (room == NULL)
		return;
	*room = c;
	buf_wrote(b, 1);
}

void buf_addv(struct buf *b, const char *fmt, va_list ap)
{
	size_t left = b->failed ? 0 : b->cap - b->len;
	va_list again;
	char *room;
	int n;

	va_copy(again, ap);	/* nearly always it fits */
	n = vsnprintf(left > 0 ? b->data + b->len : NULL, left, fmt, again);
	va_end(again);
	if (n < 0) {
		fail(b);
	} else if ((size_t)n < left && (size_t)n <= b->max - b->len) {
		b->len += (size_t)n;
	} else if ((room = buf_room(b, (size_t)n)) != NULL) {
		vsnprintf(room, (size_t)n + 1, fmt, ap);
		buf_wrote(b, (size_t)n);
	}
}

/* A half may go the other way than printf's: these are measured times. */
void buf_addn(struct buf *b, double number, int decimals)
{
	static const double fold[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6};
	char text[32];
	size_t at = sizeof text;
	unsigned long long n;
	int i;

	if (!(number >= 0 && number * fold[decimals] < 1e18)) {
		buf_addf(b, "%.*f", decimals, number);
		return;
	}
	n = (unsigned long long)(number * fold[decimals] + 0.5);
	for (i = 0; i <= decimals || n > 0; i++) {
		if (i == decimals && i > 0)
			text[--at] = '.';
		text[--at] = (char)('0' + n % 10);
		n /= 10;
	}
	buf_add(b, text + at, sizeof text - at);
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_addv(b, fmt, ap);
	va_end(ap);
}

void buf_cut(struct buf *b, size_t len)
{
	if (len >= b->len)
		return;
	b->len = len;
	b->data[len] = '\0';
}

void buf_drop(struct buf *b, size_t n)
{
	if (b->failed)
		return;
	if (n >= b->len) {
		buf_clear(b);
	} else if (n > 0) {
		memmove(b->data, b->data + n, b->len - n + 1);
		b->len -= n;
	}
}

const char *buf_text(const struct buf *b)
{
	return b->data != NULL ? b->data : "";
}
