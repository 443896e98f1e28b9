/*
 * split.h - a file for each answer, whose name is made of what the data says:
 * 'out/{id}.txt'.
 *
 * What stands before the first component with a place in it is the user's own
 * directory.  Below that no name leads out of it: no "..", no symbolic link is
 * followed, not even when somebody moves things meanwhile.
 */
#ifndef FB_SPLIT_H
#define FB_SPLIT_H

#include "buf.h"
#include "donetable.h"
#include "fault.h"
#include "span.h"

struct split {
	const char *template;
	size_t fixed;		/* so many bytes of it are the directory */
	int fd;			/* of that; -1: not opened yet */
	int made;		/* temporary files */
	struct donetable names;	/* of this run: 16 bytes each */
};

/*
 * 0; or -1 and *f: there is no {id} or {n} in it, or it can't be a name.
 * SIGXFSZ is ignored from here on.
 */
int split_init(struct split *s, const char *template, struct fault *f);
void split_release(struct split *s);

/*
 * Writes p[0..n) to the file of this id, a JSON string token, and ordinal;
 * it appears, or is replaced, as a whole.  Directories are made.  0; or -1 and
 * *f (input); *broken is set where it is the machine's fault and not the name's.
 */
int split_write(struct split *s, struct span id, long ordinal, const char *p, size_t n, struct fault *f, int *broken);

#endif
