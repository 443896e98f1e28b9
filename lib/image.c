/* image.c - see image.h. */
#include <string.h>

#include "image.h"
#include "limits.h"

/* Twelve bits at a time: the two characters of each value. */
static const char pair[4096][2] = {
#define S8(a, b, c, d, e, f, g, h, i) {a, b}, {a, c}, {a, d}, {a, e}, {a, f}, {a, g}, {a, h}, {a, i}
#define ROW(a) S8(a, 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H'), S8(a, 'I', 'J', 'K', 'L', 'M', 'N', 'O', 'P'), \
	S8(a, 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X'), S8(a, 'Y', 'Z', 'a', 'b', 'c', 'd', 'e', 'f'), \
	S8(a, 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n'), S8(a, 'o', 'p', 'q', 'r', 's', 't', 'u', 'v'), \
	S8(a, 'w', 'x', 'y', 'z', '0', '1', '2', '3'), S8(a, '4', '5', '6', '7', '8', '9', '+', '/')
#define ROWS8(a, b, c, d, e, f, g, h) ROW(a), ROW(b), ROW(c), ROW(d), ROW(e), ROW(f), ROW(g), ROW(h)
	ROWS8('A', 'B', 'C', 'D', 'E', 'F', 'G', 'H'), ROWS8('I', 'J', 'K', 'L', 'M', 'N', 'O', 'P'),
	ROWS8('Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X'), ROWS8('Y', 'Z', 'a', 'b', 'c', 'd', 'e', 'f'),
	ROWS8('g', 'h', 'i', 'j', 'k', 'l', 'm', 'n'), ROWS8('o', 'p', 'q', 'r', 's', 't', 'u', 'v'),
	ROWS8('w', 'x', 'y', 'z', '0', '1', '2', '3'), ROWS8('4', '5', '6', '7', '8', '9', '+', '/')
#undef ROWS8
#undef ROW
#undef S8
};

static int has(const char *p, size_t n, size_t at, const char *bytes, size_t len)
{
	return n >= at + len && memcmp(p + at, bytes, len) == 0;
}

#define HAS(at, bytes) has(p, n, at, bytes, sizeof (bytes) - 1)

const char *image_type(const char *p, size_t n)
{
	if (HAS(0, "\x89PNG\r\n\x1a\n"))
		return "image/png";
	if (HAS(0, "\xff\xd8\xff"))
		return "image/jpeg";
	if (HAS(0, "GIF87a") || HAS(0, "GIF89a"))
		return "image/gif";
	if (HAS(0, "RIFF") && HAS(8, "WEBPVP8"))	/* between them the size */
		return "image/webp";
	return NULL;
}

void image_base64(struct buf *out, const char *p, size_t n)
{
	const unsigned char *b = (const unsigned char *)p;
	size_t len = n / 3 * 4 + (n % 3 != 0 ? 4 : 0), left;
	char *to = buf_room(out, len);
	unsigned v;

	if (to == NULL)
		return;
	for (left = n; left >= 3; left -= 3, b += 3, to += 4) {
		v = (unsigned)b[0] << 16 | (unsigned)b[1] << 8 | b[2];
		memcpy(to, pair[v >> 12], 2);
		memcpy(to + 2, pair[v & 0xfff], 2);
	}
	if (left > 0) {
		v = (unsigned)b[0] << 16 | (left == 2 ? (unsigned)b[1] << 8 : 0);
		memcpy(to, pair[v >> 12], 2);
		to[2] = left == 2 ? pair[v & 0xfff][0] : '=';
		to[3] = '=';
	}
	buf_wrote(out, len);
}

const char *image_url(struct buf *out, const char *p, size_t n)
{
	const char *type = image_type(p, n);

	if (type == NULL)
		return "not an image that models take (PNG, JPEG, GIF or WebP)";
	if (n > MAX_IMAGE)
		return "an image over 20 MB";
	buf_addf(out, "data:%s;base64,", type);
	image_base64(out, p, n);
	return NULL;
}

/* The value of a character of base64, or -1. */
static int value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* How many bytes it stands for; 0: none, or it isn't base64 (padded). */
static size_t bytes_of(struct span data)
{
	size_t n = data.n, i;

	if (n == 0 || n % 4 != 0)
		return 0;
	n -= data.p[n - 1] != '=' ? 0 : data.p[n - 2] != '=' ? 1 : 2;
	for (i = 0; i < n && value_of(data.p[i]) >= 0; i++)
		;
	return i == n ? n * 3 / 4 : 0;
}

enum { HEAD = 16 };

/* The first bytes, enough to see what kind it is: how many there are. */
static size_t head_of(struct span data, char head[HEAD])
{
	size_t i, n = 0;
	unsigned bits = 0;
	int v;

	for (i = 0; i < data.n && n < HEAD && (v = value_of(data.p[i])) >= 0; i++) {
		bits = (bits << 6 | (unsigned)v) & 0xffffff;
		if (i % 4 > 0)
			head[n++] = (char)(bits >> (i % 4 == 1 ? 4 : i % 4 == 2 ? 2 : 0) & 0xff);
	}
	return n;
}

const char *image_check(struct span type, struct span data)
{
	char head[HEAD];
	size_t n = bytes_of(data), i;

	for (i = 6; i < type.n && (strchr("+-.", type.p[i]) != NULL || value_of(type.p[i]) >= 0) && type.p[i] != '/' && type.p[i] != '\0'; i++)
		;
	if (type.n < 7 || memcmp(type.p, "image/", 6) != 0 || i < type.n)
		return "mimeType: a type such as image/png is due";
	if (data.n >= 5 && memcmp(data.p, "data:", 5) == 0)
		return "data: base64 alone is due, without the head of a data URL";
	if (n == 0)
		return "data: not base64";
	if (n > MAX_IMAGE)
		return "an image over 20 MB";
	return image_type(head, head_of(data, head)) != NULL ? NULL : "data: not an image that models take (PNG, JPEG, GIF or WebP)";
}
