/* split.c - see split.h. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "digest.h"
#include "file.h"
#include "limits.h"
#include "split.h"

enum { TRIES = 100 };

/* The template filled in; the id is {id}, a text. */
static void fill(const char *p, const struct buf *id, long ordinal, struct buf *out)
{
	for (; *p != '\0'; p++) {
		if (strncmp(p, "{id}", 4) == 0) {
			buf_add(out, buf_text(id), id->len);
			p += 3;
		} else if (strncmp(p, "{n}", 3) == 0) {
			buf_addf(out, "%ld", ordinal);
			p += 2;
		} else {
			buf_addc(out, *p);
		}
	}
}

/* What is wrong with a name below the directory; NULL: nothing. */
static const char *wrong(const struct buf *name)
{
	const char *p = buf_text(name);
	size_t n;
	int more = 1;

	if (name->failed || memchr(p, '\0', name->len) != NULL)
		return name->failed ? file_error(ENAMETOOLONG) : "a NUL may not be in the name";
	if (p[0] == '/')
		return "the name may not begin with \"/\"";
	for (; more; p += n + 1) {
		n = strcspn(p, "/");
		more = p[n] == '/';
		if (n == 0)
			return "a part of the name is empty";
		if (n <= 2 && strncmp(p, "..", n) == 0)
			return n == 2 ? "\"..\" may not be in the name" : "\".\" may not be in the name";
	}
	return NULL;
}

/* Everything in braces is a place that we know. */
static int check_places(const char *template, struct fault *f)
{
	const char *p = template;

	for (p += strcspn(p, "{}"); *p != '\0'; p += 1 + strcspn(p + 1, "{}")) {
		if (*p == '{' && (strncmp(p, "{id}", 4) == 0 || strncmp(p, "{n}", 3) == 0))
			p = strchr(p, '}');
		else
			return fault_set(f, F_INPUT, "--split: %s: {id} and {n} are what can be filled in", template);
	}
	return 0;
}

int split_init(struct split *s, const char *template, struct fault *f)
{
	struct buf id, name;
	const char *why;
	size_t at = strcspn(template, "{");

	memset(s, 0, sizeof *s);
	s->template = template;
	s->fd = -1;
#ifdef SIGXFSZ
	signal(SIGXFSZ, SIG_IGN);	/* the write tells EFBIG */
#endif
	if (check_places(template, f) != 0)
		return -1;
	if (template[at] == '\0')
		return fault_set(f, F_INPUT, "--split: %s: all answers would be one file: {id} or {n} is due in it", template);
	while (at > 0 && template[at - 1] != '/')
		at--;
	s->fixed = at;
	buf_init(&id, 16);
	buf_init(&name, MAX_RECORD);
	buf_adds(&id, "x");
	fill(template + at, &id, 1, &name);
	why = wrong(&name);
	buf_release(&id);
	buf_release(&name);
	return why == NULL ? 0 : fault_set(f, F_INPUT, "--split: %s: %s", template, why);
}

void split_release(struct split *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	donetable_release(&s->names);
}

/* The user's directory, made with all above it; links in it are the user's.  0, or an errno. */
static int open_fixed(struct split *s)
{
	struct buf path;
	size_t i;
	int error;

	buf_init(&path, MAX_RECORD);
	buf_add(&path, s->template, s->fixed);
	if (path.len == 0)
		buf_adds(&path, ".");
	for (i = 1; i < path.len; i++) {
		if (path.data[i] != '/')
			continue;
		path.data[i] = '\0';
		(void)mkdir(path.data, 0777);	/* the open tells what went wrong */
		path.data[i] = '/';
	}
	s->fd = open(buf_text(&path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	error = s->fd < 0 ? errno : 0;
	buf_release(&path);
	return error;
}

/* Down to the directory of a name, each made where it isn't there; *last is what stands behind.  0, or an errno. */
static int walk(const struct split *s, char *name, int *dir, char **last)
{
	char *slash;
	int next, error = 0;

	*dir = s->fd;
	for (*last = name; error == 0 && (slash = strchr(*last, '/')) != NULL; *last = slash + 1) {
		*slash = '\0';
		if (mkdirat(*dir, *last, 0777) != 0 && errno != EEXIST)
			error = errno;
		next = error == 0 ? openat(*dir, *last, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
		if (next < 0 && error == 0)
			error = errno;
		*slash = '/';
		if (next < 0)
			break;
		if (*dir != s->fd)
			close(*dir);
		*dir = next;
	}
	return error;
}

static int write_all(int fd, const char *p, size_t n)
{
	ssize_t got;

	while (n > 0) {
		got = write(fd, p, n);
		if (got < 0 && errno != EINTR)
			return errno;
		p += got > 0 ? got : 0;
		n -= got > 0 ? (size_t)got : 0;
	}
	return 0;
}

/* Under a name of our own first, then under its own.  0, or an errno. */
static int write_renamed(struct split *s, int dir, const char *name, const char *p, size_t n)
{
	char temp[64];
	int fd = -1, tries, error;

	for (tries = 0; fd < 0 && tries < TRIES; tries++) {
		snprintf(temp, sizeof temp, ".fb-parse-%ld-%d", (long)getpid(), ++s->made);
		fd = openat(dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
		if (fd < 0 && errno != EEXIST)
			return errno;
	}
	if (fd < 0)
		return EEXIST;
	error = write_all(fd, p, n);
	if (close(fd) != 0 && error == 0)
		error = errno;
	if (error == 0 && renameat(dir, temp, dir, name) != 0)
		error = errno;
	if (error != 0)
		unlinkat(dir, temp, 0);
	return error;
}

/* A signal that ends us waits meanwhile: it would leave the file under our name behind. */
static int write_file(struct split *s, int dir, const char *name, const char *p, size_t n)
{
	sigset_t ends, before;
	int error;

	sigemptyset(&ends);
	sigaddset(&ends, SIGHUP);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigprocmask(SIG_BLOCK, &ends, &before);
	error = write_renamed(s, dir, name, p, n);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return error;
}

/* Is it the name that can't be, and not the machine that can't? */
static int names_fault(int error)
{
	return error == ELOOP || error == ENOTDIR || error == EISDIR || error == ENAMETOOLONG || error == EEXIST || error == ENOTEMPTY;
}

static const char *words(int error)
{
	return error == ELOOP || error == ENOTDIR ? "a part of it is no directory, or a symbolic link, which is not followed" :
	    file_error(error);
}

/* One whose name is right. */
static int write_named(struct split *s, struct buf *name, const char *p, size_t n, struct fault *f, int *broken)
{
	uint64_t key = done_name(digest((struct span){buf_text(name), name->len}));
	char *last;
	int dir, error;

	if (donetable_find(&s->names, key) != NULL)
		return fault_set(f, F_INPUT, "--split: %.*s%s: an answer before it has this name", (int)s->fixed, s->template, buf_text(name));
	if (s->fd < 0 && (error = open_fixed(s)) != 0) {
		*broken = 1;
		return fault_set(f, F_INPUT, "--split: %.*s: %s", (int)s->fixed, s->template, file_error(error));
	}
	if ((error = walk(s, name->data, &dir, &last)) == 0)
		error = write_file(s, dir, last, p, n);
	if (dir != s->fd)
		close(dir);
	if (error == 0 && donetable_put(&s->names, key) == NULL)
		error = ENOMEM;
	if (error == 0)
		return 0;
	*broken |= !names_fault(error);
	return fault_set(f, F_INPUT, "--split: %.*s%s: %s", (int)s->fixed, s->template, buf_text(name), words(error));
}

int split_write(struct split *s, struct span id, long ordinal, const char *p, size_t n, struct fault *f, int *broken)
{
	struct buf text, name;
	const char *why;
	int bad;

	buf_init(&text, MAX_RECORD);
	buf_init(&name, MAX_RECORD);
	span_decode(id, SPAN_REPLACE, &text);
	fill(s->template + s->fixed, &text, ordinal, &name);
	why = wrong(&name);
	if (why != NULL)
		bad = fault_set(f, F_INPUT, "--split: %.*s%s: %s", (int)s->fixed, s->template, buf_text(&name), why);
	else
		bad = write_named(s, &name, p, n, f, broken);
	buf_release(&text);
	buf_release(&name);
	return bad;
}
