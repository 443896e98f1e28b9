/* tty.c - see tty.h. */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "span.h"
#include "tty.h"

enum { TELL_MOST = 10, MAX_SAY = 16 << 10, PLAIN = 1000 };

/* To the start of the line and without it; from the cursor to its end. */
#define ERASE_LINE "\r\033[K"
#define ERASE_REST "\033[K"

static int drawn;	/* the cursor stands behind a line of tty_draw() */

static unsigned character(const unsigned char *p, size_t n)
{
	static const unsigned char lead[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	unsigned v = p[0] & lead[n];
	size_t i;

	for (i = 1; i < n; i++)
		v = v << 6 | (p[i] & 0x3f);
	return v;
}

/* C1, and the marks, embeddings, overrides and isolates that turn text round */
static int is_hidden(unsigned v)
{
	return (v >= 0x80 && v <= 0x9f) || v == 0x61c || v == 0x200e || v == 0x200f ||
	    (v >= 0x2028 && v <= 0x202e) || (v >= 0x2066 && v <= 0x2069);
}

/* Length of the sequence at p by its first byte; span_utf8 says whether it is whole. */
static size_t sequence(unsigned char c)
{
	return c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

void tty_harmless(struct buf *out, const char *text, size_t n)
{
	const unsigned char *p = (const unsigned char *)text, *end = p + n;
	size_t k;

	for (; p < end; p += k) {
		k = sequence(*p);
		if (*p < 0x80) {
			if ((*p >= 0x20 && *p != 0x7f) || *p == '\n' || *p == '\t')
				buf_addc(out, (char)*p);
			else
				buf_addf(out, "^%c", *p ^ 0x40);
		} else if (k > (size_t)(end - p) || span_utf8((const char *)p, k) != k) {
			k = 1;
			buf_addf(out, "<%02X>", *p);
		} else if (is_hidden(character(p, k))) {
			buf_addf(out, "<U+%04X>", character(p, k));
		} else {
			buf_add(out, p, k);
		}
	}
}

void tty_dim(struct buf *out, const char *p, size_t n)
{
	const char *off = getenv("NO_COLOR");
	int plain = off != NULL && off[0] != '\0';

	buf_adds(out, plain ? "" : "\033[2m");
	tty_harmless(out, p, n);
	buf_adds(out, plain ? "" : "\033[0m");
}

static const char *program = "libjq";

static void put(const char *p, size_t n)
{
	if (write(STDERR_FILENO, p, n) < 0) {
		/* nobody is left to be told */
	}
}

static void to_stderr(const struct buf *b)
{
	put(buf_text(b), b->len);
}

/* Once is enough.  No stdio: it may want memory. */
static void say_no_memory(void)
{
	static const char text[] = ": out of memory\n";
	static int said;

	if (said++ > 0)
		return;
	put(program, strlen(program));
	put(text, sizeof text - 1);
}

/* One line: line breaks in a message (a server's text) become blanks.  0, or -1: no memory. */
static int line(const struct buf *raw)
{
	struct buf b;
	size_t i;
	int bad;

	buf_init(&b, 8 * MAX_SAY);
	buf_adds(&b, drawn ? ERASE_LINE : "");
	tty_harmless(&b, buf_text(raw), raw->len);
	for (i = 0; i < b.len; i++)
		if (b.data[i] == '\n')
			b.data[i] = ' ';
	buf_addc(&b, '\n');
	bad = raw->failed || b.failed;
	if (!bad) {
		to_stderr(&b);
		drawn = 0;
	}
	buf_release(&b);
	return bad ? -1 : 0;
}

/* A message that there was no memory for, or that is too long: its first part, of plain ASCII, without any memory. */
static void plain(const char *prog, const char *fmt, va_list ap)
{
	char text[PLAIN];
	int head = snprintf(text, sizeof text - 1, "%.100s: ", prog), n;
	size_t i, end;

	tty_undraw();
	n = vsnprintf(text + head, sizeof text - 1 - (size_t)head, fmt, ap);
	if (n >= 0 && head + n <= MAX_SAY)
		say_no_memory();
	end = strlen(text);
	for (i = 0; i < end; i++)
		if (text[i] < ' ' || text[i] > '~')
			text[i] = '?';
	text[end] = '\n';
	put(text, end + 1);
}

void tty_draw(const char *text, size_t n)
{
	struct buf b;

	buf_init(&b, n + 16);
	buf_addc(&b, '\r');
	buf_add(&b, text, n);
	buf_adds(&b, ERASE_REST);	/* behind the text, so that nothing flickers */
	to_stderr(&b);
	buf_release(&b);
	drawn = 1;
}

void tty_undraw(void)
{
	if (drawn)
		put(ERASE_LINE, sizeof ERASE_LINE - 1);
	drawn = 0;
}

void tty_say(const char *prog, const char *fmt, ...)
{
	struct buf b;
	va_list ap;

	buf_init(&b, MAX_SAY);
	buf_addf(&b, "%s: ", prog);
	va_start(ap, fmt);
	buf_addv(&b, fmt, ap);
	va_end(ap);
	if (line(&b) != 0) {
		va_start(ap, fmt);
		plain(prog, fmt, ap);
		va_end(ap);
	}
	buf_release(&b);
}

void tell(struct teller *t, const char *place, const struct fault *f)
{
	if (t->told[f->code]++ >= TELL_MOST)
		return;
	tty_say(t->prog, "%s: %s: %s%s%s%s", place, fault_name(f->code), f->message,
	    f->hint[0] != '\0' ? " (" : "", f->hint, f->hint[0] != '\0' ? ")" : "");
}

void tell_end(struct teller *t)
{
	int i;

	for (i = 0; i < F_COUNT; i++)
		if (t->told[i] > TELL_MOST)
			tty_say(t->prog, "%s: %ld more", fault_name((enum fault_code)i), t->told[i] - TELL_MOST);
}

int tty_piped(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode);
}

void tty_lines(const struct buf *lines)
{
	tty_undraw();
	if (lines->failed)
		say_no_memory();
	to_stderr(lines);
}

static const char *volatile temporary;

static void on_end(int sig)
{
	if (temporary != NULL)
		unlink(temporary);
	raise(sig);	/* as usual now: SA_RESETHAND */
}

void tty_temporary(const char *path)
{
	static const int ends[] = {SIGHUP, SIGINT, SIGTERM};
	struct sigaction act = {.sa_handler = on_end}, now;
	size_t i;

	act.sa_flags = (int)SA_RESETHAND;
	temporary = path;
	for (i = 0; path != NULL && i < sizeof ends / sizeof *ends; i++)	/* not those that the program ignores, or has its own way with */
		if (sigaction(ends[i], NULL, &now) == 0 && now.sa_handler == SIG_DFL)
			sigaction(ends[i], &act, NULL);
}

void tty_no_memory(void *unused)
{
	(void)unused;
	say_no_memory();
	if (temporary != NULL)
		unlink(temporary);
	_exit(3);
}

void tty_program(const char *prog)
{
	program = prog;
}

long tty_columns(int fd)
{
	const char *text = getenv("COLUMNS");
	long n = text != NULL ? strtol(text, NULL, 10) : 0;
#ifdef TIOCGWINSZ
	struct winsize size;

	if (n <= 0 && ioctl(fd, TIOCGWINSZ, &size) == 0)
		n = size.ws_col;
#endif
	return n > 0 ? n : TTY_COLUMNS;
}
