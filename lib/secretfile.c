/* secretfile.c - see secretfile.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "secretfile.h"

enum { REASON = 96 };

/* 0, or -1 and the reason. */
static int judge(const struct stat *st, size_t most, char *reason)
{
	unsigned mode = (unsigned)st->st_mode & 07777;

	if (!S_ISREG(st->st_mode))
		snprintf(reason, REASON, "not a regular file");
	else if (st->st_uid != geteuid() && st->st_uid != 0)
		snprintf(reason, REASON, "owned by somebody else");
	else if (mode & 077)
		snprintf(reason, REASON, "%s by others (mode %04o): chmod 600 it",
		    mode & 044 ? "readable" : mode & 022 ? "writable" : "executable", mode);
	else if (st->st_size > 0 && (unsigned long long)st->st_size > most)
		snprintf(reason, REASON, "over %zu bytes", most);
	else
		return 0;
	return -1;
}

/* To its end, wherever that is by now.  0, or -1 and the reason. */
static int read_all(int fd, size_t most, struct buf *out, char *reason)
{
	char over;
	size_t room;
	ssize_t n;

	if (buf_room(out, most) == NULL) {
		snprintf(reason, REASON, "out of memory");
		return -1;
	}
	for (;;) {
		room = most - out->len;
		n = read(fd, room > 0 ? buf_room(out, room) : &over, room > 0 ? room : 1);
		if (n == 0)
			return 0;
		if (n > 0 && room == 0) {
			snprintf(reason, REASON, "over %zu bytes", most);
			return -1;
		}
		if (n > 0) {
			buf_wrote(out, (size_t)n);
		} else if (errno != EINTR) {
			snprintf(reason, REASON, "%s", strerror(errno));
			return -1;
		}
	}
}

static int read_it(const char *path, size_t most, struct buf *out, char *reason)
{
	struct stat st;
	int fd = -1, rc = -1;

	if (path[0] != '/')
		snprintf(reason, REASON, "not an absolute path");
	/* A fifo without a writer must not hold us, nor a terminal become ours. */
	else if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) < 0 || fstat(fd, &st) != 0)
		snprintf(reason, REASON, "%s", strerror(errno));
	else if (judge(&st, most, reason) == 0)
		rc = read_all(fd, most, out, reason);
	if (fd >= 0)
		close(fd);
	return rc;
}

int secretfile_read(const char *path, size_t most, struct buf *out, char *why, size_t size)
{
	char reason[REASON];
	size_t n, room;

	buf_clear(out);
	if (read_it(path, most < out->max ? most : out->max, out, reason) == 0)
		return 0;
	buf_wipe(out);
	/* A long path is cut, not the reason. */
	n = strlen(reason) + sizeof ": ";
	room = size > n ? size - n : 0;
	snprintf(why, size, "%.*s: %s", (int)room, path, reason);
	return -1;
}
