/*
 * mseq.h - the faults of a server, one a request: what --faults says.
 *
 *	faults:	item, item, ...  (in a file also one a line; # begins a comment)
 *	item:	NAME, NAME(ARGS), either with * behind it: for every further
 *		request; or *N: for N requests
 *	ARGS:	VALUE or NAME=VALUE, with commas between them; a value that has a
 *		comma or a bracket stands in double quotes
 *
 * After the last item replies are as usual.
 */
#ifndef FB_MSEQ_H
#define FB_MSEQ_H

#include <stddef.h>

#include "mfault.h"

enum { MSEQ_ITEMS = 10000 };

struct mseq_item {
	struct mfault fault;
	unsigned long times;	/* 0: for ever */
};

struct mseq {
	struct mseq_item *item;	/* their spans lie in the text */
	size_t n, cap;
	size_t at;		/* the one in use */
	unsigned long used;	/* how often it was */
};

/*
 * 0; or -1, and err is "column 7: no such fault: fo" or, when the text has
 * more than a line, "line 2, column 7: ...".  The text must outlive q.
 */
int mseq_read(struct mseq *q, const char *text, size_t n, char *err, size_t size);
void mseq_release(struct mseq *q);

/* The next request's fault, or NULL: none. */
const struct mfault *mseq_next(struct mseq *q);

#endif
