/* allow.c - see allow.h. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "allow.h"
#include "file.h"

enum { LONGEST = 4096 };	/* name */

int allow_open(struct allow *a, const char *dir)
{
	a->fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return a->fd < 0 ? errno : 0;
}

void allow_close(struct allow *a)
{
	if (a->fd >= 0)
		close(a->fd);
	a->fd = -1;
}

/* One step down: the name is looked at before it is opened, since to open a device can do something. */
static int step(int dir, const char *name, int last, int *fd, const char **why)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		*why = file_error(errno);
	else if (S_ISLNK(st.st_mode))
		*why = "a symbolic link, which is not followed";
	else if (last && !S_ISREG(st.st_mode))
		*why = file_error(S_ISDIR(st.st_mode) ? EISDIR : EINVAL);
	else if ((*fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | (last ? O_NONBLOCK : O_DIRECTORY))) < 0)
		*why = file_error(errno);
	return *why == NULL ? 0 : -1;
}

static const char *read_regular(int fd, struct buf *text)
{
	struct stat st;
	int e;

	if (fstat(fd, &st) != 0)
		return file_error(errno);
	e = S_ISREG(st.st_mode) ? file_read_fd(fd, text) : EINVAL;
	return e != 0 ? file_error(e) : NULL;
}

const char *allow_read(const struct allow *a, const char *name, struct buf *text)
{
	char path[LONGEST], *p = path, *end;
	const char *why = NULL;
	int dir = a->fd, fd = -1, last;

	if (name[0] == '\0' || name[0] == '/')
		return name[0] == '\0' ? "the name is empty" : "the name is to be relative to the directory of --allow-files";
	if (strlen(name) >= sizeof path)
		return file_error(ENAMETOOLONG);
	memcpy(path, name, strlen(name) + 1);
	for (last = 0; !last && why == NULL; p = end + 1) {
		end = p + strcspn(p, "/");
		last = *end == '\0';
		*end = '\0';
		if (!last && (*p == '\0' || strcmp(p, ".") == 0))
			continue;
		if (strcmp(p, "..") == 0) {
			why = "\"..\" may not be in the name";
		} else if (step(dir, *p == '\0' ? "." : p, last, &fd, &why) == 0) {
			if (dir != a->fd)
				close(dir);
			dir = fd;
		}
	}
	if (why == NULL)
		why = read_regular(dir, text);
	if (dir != a->fd)
		close(dir);
	return why;
}
