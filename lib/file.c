/* file.c - see file.h. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"

enum { PIECE = 64 << 10 };

int file_read_fd(int fd, struct buf *text)
{
	char *room, over = 0;
	size_t want;
	ssize_t n;

	for (;;) {
		want = text->max - text->len < PIECE ? text->max - text->len : PIECE;
		room = want > 0 ? buf_room(text, want) : &over;
		if (room == NULL)
			return ENOMEM;
		n = read(fd, room, want > 0 ? want : 1);
		if (n > 0 && want == 0)
			return EFBIG;
		if (n > 0)
			buf_wrote(text, (size_t)n);
		else if (n == 0)
			return 0;
		else if (errno != EINTR)
			return errno;
	}
}

int file_read(const char *path, enum file_kind kind, struct buf *text)
{
	struct stat st;

	return file_read_stat(path, kind, text, &st);
}

int file_read_stat(const char *path, enum file_kind kind, struct buf *text, struct stat *st)
{
	int fd, e = 0;

	if (kind == FILE_ANY && strcmp(path, "-") == 0)
		return fstat(STDIN_FILENO, st) != 0 ? errno : file_read_fd(STDIN_FILENO, text);
	fd = open(path, O_RDONLY | O_CLOEXEC | (kind == FILE_REGULAR ? O_NONBLOCK : 0));
	if (fd < 0)
		return errno;
	if (fstat(fd, st) != 0)
		e = errno;
	else if (S_ISDIR(st->st_mode))
		e = EISDIR;
	else if (kind == FILE_REGULAR && !S_ISREG(st->st_mode))
		e = EINVAL;
	else {
		/* at once, if it says how large it is: it may be a key, and growing would leave a copy behind */
		if (S_ISREG(st->st_mode) && st->st_size > 0 && (size_t)st->st_size < text->max - text->len)
			buf_room(text, (size_t)st->st_size + PIECE < text->max - text->len ? (size_t)st->st_size + PIECE :
			    text->max - text->len);
		e = file_read_fd(fd, text);
	}
	close(fd);
	return e;
}

const char *file_error(int error)
{
	switch (error) {
	case EINVAL:
		return "not a regular file";
	case EFBIG:
		return "too large";
	case EBADF:
		return "it is closed";
	default:
		return strerror(error);
	}
}
