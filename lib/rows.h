/*
 * rows.h - result records as rows of separated values: --csv and --tsv.
 *
 * FIELDS is a list of dotted paths into the record, "custom_id,usage.total_tokens";
 * with a `+` in front the input's columns come first.  Their names are those
 * of the first record that has an input: rows before it wait for the head.
 * They are CSV_FIELDS at most: its further members have none.
 */
#ifndef FB_ROWS_H
#define FB_ROWS_H

#include <stddef.h>

#include "buf.h"
#include "fault.h"
#include "span.h"

struct columns;

enum { ROWS_FIELDS = 256, ROWS_HELD = 16 << 20 };

struct rows {
	char delimiter;
	int input;		/* the input's columns come first */
	char *field[ROWS_FIELDS];	/* paths */
	size_t nfields;

	/* its own */
	char *list;		/* the paths' text */
	struct columns *columns;	/* of the input; NULL unless they are asked for */
	struct buf names, heads;	/* theirs */
	size_t ncolumns;
	int headed;		/* the head was given out */
	struct buf held;	/* rows before the head, less the input's columns: each a size_t and its bytes */
};

/* `option` is for messages: "--csv".  0, or -1 and *f; rows_release() it either way. */
int rows_init(struct rows *r, const char *option, const char *list, char delimiter, struct fault *f);
void rows_release(struct rows *r);

/*
 * Appends what can be printed now: the head, once, and the row of a result
 * record.  Of a failed one `text` is empty.  *unknown: a member of its input
 * that has no column, and never will; else SPAN_NIL.
 */
void rows_add(struct rows *r, struct span record, struct buf *out, struct span *unknown);
void rows_end(struct rows *r, struct buf *out);	/* there are no more: what waited */

#endif
