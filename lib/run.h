/*
 * run.h - runs a program and keeps what it prints, which may be a key.
 *
 * No shell is between.  Its stderr goes to /dev/null, since a key may be
 * printed there too; its working directory is ours.  It starts with no signal
 * blocked, with SIGPIPE and SIGCHLD as usual, in a process group of its own:
 * Ctrl-C doesn't reach it, and one that reads from the terminal is stopped
 * there until its time is up.  Of our descriptors it gets those that are not
 * closed on exec.
 *
 * Here SIGPIPE is blocked meanwhile and an ignored SIGCHLD isn't; both are
 * put back.  Nobody else may reap the program: no handler, no other thread.
 */
#ifndef FB_RUN_H
#define FB_RUN_H

#include <stddef.h>

#include "buf.h"

struct run {
	const char *const *argv;	/* ends with NULL; [0] is an absolute path */
	const char *const *envp;	/* its whole environment, ends with NULL; NULL: an empty one */
	const char *input;		/* its stdin; it need not read it */
	size_t input_n;
	long timeout_ms;		/* from its start to its end */
	size_t most;			/* bytes it may print; so much memory is taken at once */
};

/*
 * Runs it to its end.  0, and `out` (emptied first) has what it printed; or
 * -1, `out` is empty, and `why` says what happened without a byte of its
 * output: "/x/y: No such file or directory", "it ended with status 3", "it
 * was ended by signal 9", "it took longer than 5000 ms", "it printed more
 * than 65536 bytes".
 *
 * Of an out->max below `most` that holds.  `out` grows once, so that no
 * pieces of a key are left in freed memory; on failure it is wiped.
 *
 * Too late or too much: its whole process group is killed and it is reaped,
 * within a second more.  A process that it left behind is not waited for:
 * what that prints within a tenth of a second of the program's end is kept
 * too, and then it lives on with a closed pipe.
 */
int run_capture(const struct run *r, struct buf *out, char *why, size_t size);

#endif
