#include "help.h"
#include "image.h"
#include "tap.h"

/* A file that begins so; one that is cut within that is none. */
static void type(const char *bytes, size_t n, const char *want)
{
	char *p = exact(bytes, n), *cut;
	const char *got = image_type(p, n);
	size_t i;

	is(got, want, shown_n(bytes, n));
	free(p);
	for (i = 1; want != NULL && i < n; i++) {
		cut = exact(bytes, i);
		if (image_type(cut, i) != NULL)
			ok(0, "%zu bytes of it are none", i);
		free(cut);
	}
}

#define TYPE(bytes, want) type(bytes, sizeof (bytes) - 1, want)

static void test_types(void)
{
	TYPE("\x89PNG\r\n\x1a\n", "image/png");
	TYPE("\xff\xd8\xff", "image/jpeg");
	TYPE("GIF87a", "image/gif");
	TYPE("GIF89a", "image/gif");
	TYPE("RIFF\0\0\0\0WEBPVP8", "image/webp");
	ok(image_type(NULL, 0) == NULL, "no bytes");
	TYPE("\x89PNG\n\x1a\n", NULL);		/* spoiled by a change of line ends */
	TYPE("\x89PNG\r\n\x1a\r", NULL);
	TYPE("GIF88a", NULL);
	TYPE("gif89a", NULL);
	TYPE("RIFF\0\0\0\0WAVEfmt ", NULL);
	TYPE("BM6\0\0\0\0\0\0\0", NULL);
	TYPE("<svg xmlns=", NULL);
	TYPE("%PDF-1.7\n", NULL);
	TYPE(" \x89PNG\r\n\x1a\n", NULL);
}

static void base64(const char *text, const char *want)
{
	char *p = exact(text, strlen(text));
	struct buf out;

	buf_init(&out, 100);
	image_base64(&out, p, strlen(text));
	is_buf(&out, want, want);
	buf_release(&out);
	free(p);
}

/* The same by the book, bit by bit. */
static void slowly(struct buf *out, const unsigned char *p, size_t n)
{
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t bit, i;
	unsigned v;

	for (bit = 0; bit < 8 * n; bit += 6) {
		for (v = 0, i = bit; i < bit + 6; i++)
			v = v << 1 | (i < 8 * n ? (unsigned)p[i / 8] >> (7 - i % 8) & 1 : 0);
		buf_addc(out, digit[v]);
	}
	while (out->len % 4 != 0)
		buf_addc(out, '=');
}

static void test_base64(void)
{
	static const char *const rfc[][2] = {	/* RFC 4648, section 10 */
		{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="},
		{"foobar", "Zm9vYmFy"}, {"\xff\xff\xff\xfb", "////+w=="},
	};
	struct buf quick, slow;
	unsigned char all[4099];
	unsigned long long seed = 7;
	size_t i;

	for (i = 0; i < COUNT(rfc); i++)
		base64(rfc[i][0], rfc[i][1]);
	buf_init(&quick, 10000);
	buf_init(&slow, 10000);
	for (i = 0; i < sizeof all; i++)
		all[i] = (unsigned char)next_random(&seed);
	for (i = 0; i < 3; i++) {
		buf_clear(&quick);
		buf_clear(&slow);
		image_base64(&quick, (char *)all, sizeof all - i);
		slowly(&slow, all, sizeof all - i);
		ok(quick.len == slow.len && memcmp(quick.data, slow.data, slow.len) == 0, "%zu bytes", sizeof all - i);
	}
	buf_release(&quick);
	buf_release(&slow);
}

static void test_url(void)
{
	struct buf out;
	char *large = calloc(1, MAX_IMAGE + 1);

	if (large == NULL)
		exit(1);
	buf_init(&out, MAX_RECORD);
	buf_adds(&out, "\"");
	ok(image_url(&out, "GIF89a", 6) == NULL, "an image");
	is_buf(&out, "\"data:image/gif;base64,R0lGODlh", "its URL");
	is(image_url(&out, "hello", 5), "not an image that models take (PNG, JPEG, GIF or WebP)", "a text");
	is(image_url(&out, NULL, 0), "not an image that models take (PNG, JPEG, GIF or WebP)", "nothing");
	memcpy(large, "\xff\xd8\xff", 3);
	is(image_url(&out, large, MAX_IMAGE + 1), "an image over 20 MB", "a large one");
	is_buf(&out, "\"data:image/gif;base64,R0lGODlh", "nothing was added");
	buf_clear(&out);
	ok(image_url(&out, large, MAX_IMAGE) == NULL && out.len == 23 + (MAX_IMAGE + 2) / 3 * 4 && !out.failed, "the largest");
	buf_release(&out);
	buf_init(&out, 20);
	ok(image_url(&out, "GIF89a", 6) == NULL && out.failed, "over the buffer's limit");
	buf_release(&out);
	free(large);
}

static void checks(const char *type, const char *data, const char *why)
{
	char *copy = exact(data, strlen(data));
	const char *got = image_check(span_of(type), (struct span){copy, strlen(data)});

	is(got != NULL ? got : "", why, shown(data));
	free(copy);
}

/* What a conversation holds of an image. */
static void test_check(void)
{
	static const char *const heads[] = {"\x89PNG\r\n\x1a\n", "\xff\xd8\xff", "GIF87a", "GIF89a", "RIFFsizeWEBPVP8"};
	const char *no_image = "data: not an image that models take (PNG, JPEG, GIF or WebP)", *type = "mimeType: a type such as image/png is due";
	struct buf b;
	size_t i;

	buf_init(&b, MAX_RECORD);
	for (i = 0; i < COUNT(heads); i++) {
		buf_clear(&b);
		image_base64(&b, heads[i], strlen(heads[i]));
		checks("image/png", buf_text(&b), "");
		buf_clear(&b);
		image_base64(&b, heads[i], strlen(heads[i]) - 1);
		checks("image/png", buf_text(&b), no_image);
	}
	checks("image/x.y-z+1", "R0lGODlh", "");
	checks("image/", "R0lGODlh", type);
	checks("text/png", "R0lGODlh", type);
	checks("image/png;base64,x", "R0lGODlh", type);
	checks("image/a/b", "R0lGODlh", type);
	checks("image/png", "", "data: not base64");
	checks("image/png", "***", "data: not base64");
	checks("image/png", "R0lG*Dlh", "data: not base64");
	checks("image/png", "R0lGODlhAA", "data: not base64");
	checks("image/png", "R0lGODlh====", "data: not base64");
	checks("image/png", "R0lG\nODlh", "data: not base64");
	checks("image/png", "data:image/gif;base64,R0lGODlh", "data: base64 alone is due, without the head of a data URL");
	checks("image/png", "aGVsbG8=", no_image);
	buf_clear(&b);
	buf_adds(&b, "/9j/");
	while (b.len < (MAX_IMAGE + 2) / 3 * 4)
		buf_addc(&b, 'A');
	b.data[b.len - 1] = '=';	/* MAX_IMAGE is no multiple of three */
	if (MAX_IMAGE % 3 == 1)
		b.data[b.len - 2] = '=';
	checks("image/jpeg", buf_text(&b), "");
	buf_adds(&b, "AAAA");
	b.data[b.len - 5] = b.data[b.len - 6] = 'A';
	checks("image/jpeg", buf_text(&b), "an image over 20 MB");
	buf_release(&b);
}

int main(void)
{
	test_types();
	test_base64();
	test_url();
	test_check();
	return done();
}
