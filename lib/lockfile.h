/*
 * lockfile.h - a file that one process at a time writes: locked while it is
 * open, whole lines appended, or replaced as a whole.
 *
 * The lock is fcntl's: it goes with any descriptor of that file that this
 * process closes, so there is one only, lockfile.fd.
 */
#ifndef FB_LOCKFILE_H
#define FB_LOCKFILE_H

#include "buf.h"
#include "fault.h"

#define REPLACEMENT_SUFFIX ".fb-new"

struct lockfile {
	const char *path;	/* as the user wrote it, for messages */
	char *real;		/* without symbolic links; NULL: none is open */
	int fd;
};

/*
 * Opens and locks it; `make`: with mode 0600 when it isn't there.  0; else -1,
 * *f (F_INPUT) says why, and *status is the exit status: 2 when it is no
 * regular file; 3 when it can't be opened, or another process has it (named).
 * What a replacement left whose writer was killed is removed.
 */
int lockfile_open(struct lockfile *l, const char *path, int make, int *status, struct fault *f);

/*
 * Appends n bytes by one write(2), looped when it is short.  0, or an errno:
 * then nothing of it stays in the file, if the file can be cut.
 */
int lockfile_append(struct lockfile *l, const char *p, size_t n);

int lockfile_sync(struct lockfile *l, int whole);	/* 0, or an errno: its bytes; whole: the file's entry in its directory too */
int lockfile_close(struct lockfile *l);			/* 0, or an errno; may be called twice */

/*
 * What will stand in its place: written to a file beside it, of the same mode,
 * and locked too.  Its name is always the same, that of the file and
 * REPLACEMENT_SUFFIX: so one that a killed process left is known for what it
 * is, and there is never more than one.  The first error stays, and
 * replace_commit() returns it.
 */
struct replacement {
	int fd;
	char *temp;
	struct buf held;
	int error;
};
int replace_begin(struct replacement *r, const struct lockfile *l);	/* 0, or an errno: EEXIST when that name is taken; replace_abort() it then */
void replace_add(struct replacement *r, const char *p, size_t n);
/*
 * 0: it is on the disk under the file's name, and l is the new file, locked;
 * else an errno: all is as it was, or (the directory's sync failed) may be after
 * a loss of power.
 */
int replace_commit(struct replacement *r, struct lockfile *l);
void replace_abort(struct replacement *r);

#endif
