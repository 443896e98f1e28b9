/*
 * reorder.h - records that are finished in any order, handed out in the
 * order of their numbers (0, 1, 2, ...).  Pure.
 *
 * Lines are kept trimmed to size.  The limit is in bytes, never in records:
 * a window of records collapses when one reply of many is slow
 * (PERFORMANCE 5).
 */
#ifndef FB_REORDER_H
#define FB_REORDER_H

#include <stddef.h>

enum { REORDER_COST = 64 };	/* bytes that holding a line costs beside its own */

struct reorder {
	long next;		/* the number that is due */
	struct reorder_line {
		char *text;	/* NULL: not there yet */
		size_t n;
	} *line;		/* a ring: number k stands at k modulo size */
	size_t size;
	size_t bytes;		/* held, with what it costs to hold them */
};

void reorder_init(struct reorder *r);
void reorder_release(struct reorder *r);
/*
 * Takes a line (copied).  Each number once; one that nothing comes of as an
 * empty line, handed out in its turn as such, or those behind it never come.
 * 0, or -1: out of memory, nothing has changed.
 */
int reorder_put(struct reorder *r, long number, const char *text, size_t n);
/* 1 and the line that is due, which is the caller's to free; or 0. */
int reorder_next(struct reorder *r, char **text, size_t *n);

#endif
