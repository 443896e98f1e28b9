#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include "help.h"
#include "tap.h"
#include "tty.h"

static void harmless(const char *text, size_t n, const char *want)
{
	char *copy = exact(text, n);
	struct buf out;

	buf_init(&out, 10000);
	tty_harmless(&out, copy, n);
	is_buf(&out, want, shown_n(text, n));
	buf_release(&out);
	free(copy);
}

#define HARMLESS(text, want) harmless(text, sizeof (text) - 1, want)

static void test_harmless(void)
{
	HARMLESS("", "");
	HARMLESS("plain ~ text", "plain ~ text");
	HARMLESS("a\nb\tc", "a\nb\tc");
	HARMLESS("\x1b[2J\x1b]0;title\x07", "^[[2J^[]0;title^G");
	HARMLESS("a\rb\bc\vd\fe", "a^Mb^Hc^Kd^Le");
	HARMLESS("\0\x01\x1f\x7f", "^@^A^_^?");
	HARMLESS("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
	HARMLESS("\xC2\x80\xC2\x9B" "31m\xC2\x9F\xC2\xA0", "<U+0080><U+009B>31m<U+009F>\xC2\xA0");
	HARMLESS("\xE2\x80\xAE" "evil\xE2\x80\xAC", "<U+202E>evil<U+202C>");
	HARMLESS("\xE2\x80\xAA\xE2\x80\xAB\xE2\x80\xAD", "<U+202A><U+202B><U+202D>");
	HARMLESS("\xE2\x81\xA6\xE2\x81\xA7\xE2\x81\xA8\xE2\x81\xA9", "<U+2066><U+2067><U+2068><U+2069>");
	HARMLESS("\xE2\x80\x8E\xE2\x80\x8F\xD8\x9C", "<U+200E><U+200F><U+061C>");
	HARMLESS("\xE2\x80\x8D", "\xE2\x80\x8D");
	HARMLESS("\xA0\xFF\xC0\x80", "<A0><FF><C0><80>");
	HARMLESS("a\xC3", "a<C3>");
	HARMLESS("\xC3(", "<C3>(");
	HARMLESS("\xE2\x82", "<E2><82>");
	HARMLESS("\xF0\x9F\x98\x1b", "<F0><9F><98>^[");
	HARMLESS("\xED\xA0\x80\xF4\x90\x80\x80\xF8", "<ED><A0><80><F4><90><80><80><F8>");
}

static void test_all_bytes(void)
{
	char pair[2];
	struct buf out;
	size_t i;
	int a, b, bad = 0;

	buf_init(&out, 1000);
	for (a = 0; a < 256; a++)
		for (b = 0; b < 256; b += 3) {
			pair[0] = (char)a;
			pair[1] = (char)b;
			buf_clear(&out);
			tty_harmless(&out, pair, 2);
			bad += span_utf8(buf_text(&out), out.len) != out.len;
			for (i = 0; i < out.len; i++)
				bad += ((unsigned char)out.data[i] < 0x20 && strchr("\n\t", out.data[i]) == NULL) || out.data[i] == 0x7f;
		}
	ok(bad == 0, "no pair of bytes comes out as a control character or as no UTF-8");
	buf_release(&out);
}

static void test_dim(void)
{
	struct buf out;

	buf_init(&out, 1000);
	unsetenv("NO_COLOR");
	tty_dim(&out, "a\x1b", 2);
	is_buf(&out, "\x1b[2ma^[\x1b[0m", "dimmed, harmless inside");
	buf_clear(&out);
	setenv("NO_COLOR", "1", 1);
	tty_dim(&out, "a\x1b", 2);
	is_buf(&out, "a^[", "NO_COLOR");
	buf_clear(&out);
	setenv("NO_COLOR", "", 1);
	tty_dim(&out, "a", 1);
	is_buf(&out, "\x1b[2ma\x1b[0m", "an empty NO_COLOR is none");
	buf_release(&out);
}

/* What was written to stderr since the last call. */
static void said(FILE *err, struct buf *out)
{
	char text[4096];
	size_t n;

	buf_clear(out);
	rewind(err);
	while ((n = fread(text, 1, sizeof text, err)) > 0)
		buf_add(out, text, n);
	rewind(err);
	if (ftruncate(fileno(err), 0) != 0)
		exit(1);
	lseek(STDERR_FILENO, 0, SEEK_SET);
}

static void test_say(FILE *err)
{
	struct teller t;
	struct fault f;
	struct buf out;
	int i, lines = 0;

	buf_init(&out, 1 << 20);
	tty_say("fb-send", "%s %d", "a\nb\r\x1b\xFF", 5);
	said(err, &out);
	is_buf(&out, "fb-send: a b^M^[<FF> 5\n", "one harmless line");
	memset(&t, 0, sizeof t);
	t.prog = "fb-parse";
	fault_set(&f, F_RATE_LIMIT, "429 Too\nMany");
	tell(&t, "17", &f);
	said(err, &out);
	is_buf(&out, "fb-parse: 17: rate_limit: 429 Too Many\n", "a diagnostic");
	snprintf(f.hint, sizeof f.hint, "wait");
	tell(&t, "mails.csv:18", &f);
	said(err, &out);
	is_buf(&out, "fb-parse: mails.csv:18: rate_limit: 429 Too Many (wait)\n", "with its hint");
	for (i = 0; i < 20; i++)
		tell(&t, "x", &f);
	said(err, &out);
	for (i = 0; i < (int)out.len; i++)
		lines += out.data[i] == '\n';
	ok(lines == 8, "ten lines a code (%d after the two)", lines);
	fault_set(&f, F_AUTH, "401");
	tell(&t, "y", &f);
	said(err, &out);
	is_buf(&out, "fb-parse: y: auth: 401\n", "another code has its own ten");
	tell_end(&t);
	said(err, &out);
	is_buf(&out, "fb-parse: rate_limit: 12 more\n", "then a count");
	buf_release(&out);
}

/* What is too long for a line is cut, and plain; that is no want of memory. */
static void test_long(FILE *err)
{
	char *text = malloc(20001);
	struct buf out;

	if (text == NULL)
		exit(1);
	memset(text, 'x', 20000);
	memcpy(text, "a\n\x1b\xFF", 4);
	text[20000] = '\0';
	buf_init(&out, 1 << 20);
	tty_say("fb-send", "%s", text);
	said(err, &out);
	ok(out.len > 900 && out.len < 1100 && memcmp(out.data, "fb-send: a???xx", 15) == 0 && out.data[out.len - 1] == '\n' &&
	    memchr(out.data, '\n', out.len) == out.data + out.len - 1, "one line of its first part");
	buf_release(&out);
	free(text);
}

/* No memory: said once, and the texts all the same. */
static void test_no_memory(FILE *err)
{
	struct buf out, lost;

#ifdef __SANITIZE_ADDRESS__
	skip("the sanitizer ends a program that asks for so much");
	return;
#endif
	buf_init(&out, 1 << 20);
	buf_room(&out, 4096);
	buf_init(&lost, SIZE_MAX / 2);
	buf_room(&lost, SIZE_MAX / 4);
	tty_program("fb-test");
	tty_lines(&lost);
	said(err, &out);
	is_buf(&out, "fb-test: out of memory\n", "lines that there was no memory for");
	tty_lines(&lost);
	said(err, &out);
	is_buf(&out, "", "said once");
	buf_release(&out);
}

static void test_piped(void)
{
	FILE *f = tmpfile();
	int p[2];

	if (f == NULL || pipe(p) != 0)
		exit(1);
	ok(tty_piped(p[1]) && !tty_piped(fileno(f)) && !tty_piped(-1), "a pipe is one");
	fclose(f);
	close(p[0]);
	close(p[1]);
}

int main(void)
{
	FILE *err = tmpfile();
	int old = dup(STDERR_FILENO);

	test_harmless();
	test_all_bytes();
	test_dim();
	if (err == NULL || old < 0 || dup2(fileno(err), STDERR_FILENO) < 0)
		exit(1);
	test_say(err);
	test_long(err);
	test_no_memory(err);
	dup2(old, STDERR_FILENO);
	close(old);
	fclose(err);
	test_piped();
	return done();
}
