/* source.c - an input whose reading fails is not half an input. */
#define _XOPEN_SOURCE 700	/* posix_openpt */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "source.h"
#include "tap.h"

static struct buf seen;

static void each(struct stage *s, struct span value, const char *place)
{
	(void)s;
	(void)place;
	buf_add(&seen, value.p, value.n);
}

/* A terminal whose other end was closed gives what was written, then EIO. */
static int failing(const char *text, size_t n)
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY), other;

	if (fd < 0 || grantpt(fd) != 0 || unlockpt(fd) != 0 || (other = open(ptsname(fd), O_RDWR | O_NOCTTY)) < 0)
		return -1;
	if (write(other, text, n) != (ssize_t)n)
		return -1;
	close(other);
	return fd;
}

static void gives(enum source_form form, const char *text, size_t n, const char *want, const char *name)
{
	struct source source = {.form = form};
	char *none[] = {NULL};
	struct stage s;
	struct fault f;
	int fd = failing(text, n);

	if (fd < 0) {
		skip("no pseudo-terminals here");
		return;
	}
	dup2(fd, STDIN_FILENO);
	close(fd);
	stage_start(&s, "test", "test");
	s.each = each;
	s.bare = 1;
	buf_init(&seen, 1000);
	ok(source_run(&s, &source, none, &f) == 0 && s.broken, "%s: its end is told", name);
	is(buf_text(&seen), want, name);
	buf_release(&seen);
}

int main(void)
{
	gives(SOURCE_NULS, "one\0hal", 7, "\"one\"", "half a text that ends by NUL");
	gives(SOURCE_LINES, "one\nhal", 7, "\"one\"", "half a line");
	gives(SOURCE_JSON, "\"one\"\n\"hal", 10, "\"one\"", "half a value");
	return done();
}
