/* ending.c - see ending.h. */
#include <string.h>

#include "ending.h"

/* The bytes of a character that some reader takes for a line's end or a control; *code is it.  0: it is none. */
static size_t breaks(const unsigned char *p, size_t n, unsigned *code)
{
	if (n >= 2 && p[0] == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0) {
		*code = p[1];
		return 2;
	}
	if (n >= 3 && p[0] == 0xe2 && p[1] == 0x80 && (p[2] == 0xa8 || p[2] == 0xa9)) {
		*code = 0x2000U + (p[2] & 0x3fU);
		return 3;
	}
	return 0;
}

static void escape(struct buf *out, const char *text, size_t n)
{
	static const char plain[] = "\\\n\r\t", names[] = "\\nrt";
	const unsigned char *p = (const unsigned char *)text, *end = p + n, *from = p;
	const char *at;
	unsigned code;
	size_t wide;

	while (p < end) {
		wide = breaks(p, (size_t)(end - p), &code);
		if (wide == 0 && *p >= 0x20 && *p != 0x7f && *p != '\\') {
			p++;
			continue;
		}
		buf_add(out, from, (size_t)(p - from));
		at = *p != '\0' ? strchr(plain, *p) : NULL;
		if (wide > 0)
			buf_addf(out, "\\u%04X", code);
		else if (at != NULL)
			buf_addf(out, "\\%c", names[at - plain]);
		else
			buf_addf(out, "\\x%02X", (unsigned)*p);
		from = p += wide > 0 ? wide : 1;
	}
	buf_add(out, from, (size_t)(p - from));
}

/* One text is one field, whatever a model writes. */
static void without_nul(struct buf *out, const char *p, size_t n)
{
	const char *nul;

	while (n > 0 && (nul = memchr(p, '\0', n)) != NULL) {
		buf_add(out, p, (size_t)(nul - p));
		buf_adds(out, "\xef\xbf\xbd");
		n -= (size_t)(nul + 1 - p);
		p = nul + 1;
	}
	buf_add(out, p, n);
}

void ending_add(struct buf *out, enum ending end, const char *p, size_t n)
{
	if (end == END_LINES)
		escape(out, p, n);
	else if (end == END_NUL)
		without_nul(out, p, n);
	else
		buf_add(out, p, n);
	buf_addc(out, end == END_NUL ? '\0' : '\n');
}
