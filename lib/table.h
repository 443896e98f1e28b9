/*
 * table.h - rows of texts: fields with tabs between for programs, columns
 * for people.
 */
#ifndef FB_TABLE_H
#define FB_TABLE_H

#include "buf.h"

enum { TABLE_COLUMNS = 12 };

struct table {
	int columns;
	int next;		/* the column of the next cell */
	struct buf cells;	/* each ends by a NUL, row after row */
	size_t width[TABLE_COLUMNS];	/* characters of the widest */
};

void table_init(struct table *t, int columns);
void table_release(struct table *t);
/* The next cell; tabs, line ends and what would move a cursor are made visible. */
void table_add(struct table *t, const char *text, size_t n);
void table_adds(struct table *t, const char *text);	/* NULL: an empty one */
/* All rows; the first is for people only (`aligned`), as a head.  Where one is lost, `out` fails. */
void table_write(const struct table *t, int aligned, struct buf *out);

#endif
