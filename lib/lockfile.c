/* lockfile.c - see lockfile.h. */
#define _XOPEN_SOURCE 700	/* realpath */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "lockfile.h"

enum { HELD = 64 << 10, TRIES = 10 };

/* 0, or -1 and the pid of the process that has it (0: not known), or an errno. */
static int lock(int fd, long *pid)
{
	struct flock want = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	*pid = 0;
	if (fcntl(fd, F_SETLK, &want) == 0)
		return 0;
	if (errno != EACCES && errno != EAGAIN)
		return errno;
	if (fcntl(fd, F_GETLK, &want) == 0 && want.l_type != F_UNLCK)
		*pid = (long)want.l_pid;
	return -1;
}

static int refuse(struct lockfile *l, int *status, int is, struct fault *f, const char *why)
{
	lockfile_close(l);
	*status = is;
	return fault_set(f, F_INPUT, "%s: %s", l->path, why);
}

/* Opens and locks it once.  0; 1: another file took its name meanwhile; -1 and *f. */
static int try_open(struct lockfile *l, int make, int *status, struct fault *f)
{
	struct stat mine, named;
	char why[64];
	long pid;
	int got;

	l->fd = open(l->path, O_RDWR | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | (make ? O_CREAT : 0), 0600);
	if (l->fd < 0 || fstat(l->fd, &mine) != 0)
		return refuse(l, status, errno == EISDIR || errno == ENXIO ? 2 : 3, f, file_error(errno));
	if (!S_ISREG(mine.st_mode))
		return refuse(l, status, 2, f, "not a regular file");
	got = lock(l->fd, &pid);
	if (got > 0) {
		snprintf(why, sizeof why, "it can't be locked: %.40s", strerror(got));
		return refuse(l, status, 3, f, why);
	}
	if (got < 0) {
		if (pid > 0)
			snprintf(why, sizeof why, "another process (pid %ld) is writing it", pid);
		return refuse(l, status, 3, f, pid > 0 ? why : "another process is writing it");
	}
	if (stat(l->path, &named) == 0 && named.st_dev == mine.st_dev && named.st_ino == mine.st_ino)
		return 0;
	lockfile_close(l);
	return 1;
}

/* The replacement's name, to be freed; NULL: no memory. */
static char *new_name(const struct lockfile *l)
{
	size_t n = strlen(l->real) + sizeof REPLACEMENT_SUFFIX;
	char *name = malloc(n);

	if (name != NULL)
		snprintf(name, n, "%s" REPLACEMENT_SUFFIX, l->real);
	return name;
}

/*
 * A replacement whose writer was killed.  We have the file's lock, so nobody
 * should be writing one; but who locked the file before it was moved away, and
 * another one put in its place, may be: the replacement has a lock of its own.
 */
static void clean_up(const char *name)
{
	struct stat st;
	long pid;
	int fd;

	if (lstat(name, &st) != 0 || !S_ISREG(st.st_mode))
		return;
	if ((fd = open(name, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW)) < 0)
		return;
	if (lock(fd, &pid) == 0)
		unlink(name);
	close(fd);
}

int lockfile_open(struct lockfile *l, const char *path, int make, int *status, struct fault *f)
{
	int got = 1, i;
	char *left;

	*l = (struct lockfile){.path = path, .fd = -1};
	for (i = 0; i < TRIES && got == 1; i++)
		got = try_open(l, make, status, f);
	if (got < 0)
		return -1;
	if (got > 0)
		return refuse(l, status, 3, f, "another process keeps replacing it");
	/* A rename over a symbolic link would leave the file that it names as it was. */
	if ((l->real = realpath(path, NULL)) == NULL)
		return refuse(l, status, 3, f, file_error(errno));
	if ((left = new_name(l)) != NULL)
		clean_up(left);
	free(left);
	return 0;
}

/* Writes all of it.  0, or an errno and *left bytes that weren't written. */
static int write_all(int fd, const char *p, size_t n, size_t *left)
{
	ssize_t k;

	for (*left = n; *left > 0;) {
		if ((k = write(fd, p, *left)) > 0) {
			p += k;
			*left -= (size_t)k;
		} else if (k == 0 || errno != EINTR) {
			return k == 0 ? EIO : errno;
		}
	}
	return 0;
}

int lockfile_append(struct lockfile *l, const char *p, size_t n)
{
	struct stat st;
	size_t left;
	int error = write_all(l->fd, p, n, &left);

	if (error != 0 && left < n && fstat(l->fd, &st) == 0 && st.st_size >= (off_t)(n - left) &&
	    ftruncate(l->fd, st.st_size - (off_t)(n - left)) != 0) {
		/* the next to open the file finds a torn line, and cuts it */
	}
	return error;
}

static int sync_directory(const char *file)
{
	size_t n = strlen(file);
	char *dir = malloc(n + 1);
	int fd, error = 0;

	if (dir == NULL)
		return ENOMEM;
	memcpy(dir, file, n + 1);
	while (n > 1 && dir[n - 1] != '/')
		n--;
	dir[n] = '\0';
	if ((fd = open(dir, O_RDONLY | O_CLOEXEC)) < 0 || fsync(fd) != 0)
		error = errno == EINVAL ? 0 : errno;	/* EINVAL: a file system that can't */
	if (fd >= 0)
		close(fd);
	free(dir);
	return error;
}

int lockfile_sync(struct lockfile *l, int whole)
{
#if defined(_POSIX_SYNCHRONIZED_IO) && _POSIX_SYNCHRONIZED_IO > 0
	int bad = whole ? fsync(l->fd) : fdatasync(l->fd);
#else
	int bad = fsync(l->fd);
#endif

	if (bad != 0)
		return errno;
	return whole ? sync_directory(l->real) : 0;
}

int lockfile_close(struct lockfile *l)
{
	int kept = errno, error = 0;

	if (l->fd >= 0 && close(l->fd) != 0 && errno != EINTR)
		error = errno;
	l->fd = -1;
	free(l->real);
	l->real = NULL;
	errno = kept;
	return error;
}

int replace_begin(struct replacement *r, const struct lockfile *l)
{
	long pid;

	*r = (struct replacement){.fd = -1};
	buf_init(&r->held, 2 * HELD);
	if ((r->temp = new_name(l)) == NULL)
		return r->error = ENOMEM;
	r->fd = open(r->temp, O_RDWR | O_APPEND | O_CLOEXEC | O_CREAT | O_EXCL, 0600);
	if (r->fd < 0) {
		r->error = errno;
		free(r->temp);
		r->temp = NULL;
	} else if (lock(r->fd, &pid) != 0) {	/* from here on it is no leftover: clean_up() */
		r->error = ENOLCK;
	}
	return r->error;
}

static void flush(struct replacement *r)
{
	size_t left;

	if (r->error == 0)
		r->error = write_all(r->fd, buf_text(&r->held), r->held.len, &left);
	buf_clear(&r->held);
}

void replace_add(struct replacement *r, const char *p, size_t n)
{
	size_t left;

	if (r->held.len + n > HELD)
		flush(r);
	if (n <= HELD)
		buf_add(&r->held, p, n);
	else if (r->error == 0)
		r->error = write_all(r->fd, p, n, &left);
	if (r->held.failed && r->error == 0)
		r->error = ENOMEM;
}

/* The new file gets the mode of the old, and its owner where we may. */
static int dress(int fd, int old)
{
	struct stat st, mine;

	if (fstat(old, &st) != 0 || fstat(fd, &mine) != 0)
		return errno;
	if ((st.st_uid != mine.st_uid || st.st_gid != mine.st_gid) && fchown(fd, st.st_uid, st.st_gid) != 0)
		st.st_mode &= 0700;	/* what its group might see, ours may not */
	return fchmod(fd, st.st_mode & 0777) != 0 ? errno : 0;
}

/* Before it was locked, somebody may have taken it for a leftover. */
static int check_name(const struct replacement *r)
{
	struct stat mine, named;

	if (fstat(r->fd, &mine) != 0 || lstat(r->temp, &named) != 0)
		return errno;
	return mine.st_dev == named.st_dev && mine.st_ino == named.st_ino ? 0 : EEXIST;
}

int replace_commit(struct replacement *r, struct lockfile *l)
{
	if (r->fd >= 0)
		flush(r);
	if (r->error == 0)
		r->error = dress(r->fd, l->fd);
	if (r->error == 0 && fsync(r->fd) != 0)
		r->error = errno;
	if (r->error == 0)
		r->error = check_name(r);
	/* It is locked already: nobody comes in between. */
	if (r->error == 0 && rename(r->temp, l->real) != 0)
		r->error = errno;
	if (r->error != 0) {
		int error = r->error;

		replace_abort(r);
		return error;
	}
	close(l->fd);
	l->fd = r->fd;
	free(r->temp);
	buf_release(&r->held);
	r->fd = -1;
	r->temp = NULL;
	return sync_directory(l->real);
}

void replace_abort(struct replacement *r)
{
	if (r->temp != NULL && check_name(r) == 0)	/* else somebody took it away, and made one of theirs */
		unlink(r->temp);
	if (r->fd >= 0)	/* after that: it is locked as long as it is open */
		close(r->fd);
	free(r->temp);
	buf_release(&r->held);
	r->fd = -1;
	r->temp = NULL;
}
