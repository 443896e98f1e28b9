/*
 * csv.h - records of separated values (RFC 4180; with TAB as the delimiter
 * also TSV), and such fields written.
 *
 * Strict: a quote stands around a field or twice inside one.  Lines end with
 * LF or CRLF (a CR elsewhere is text), a field in quotes may hold line ends,
 * blank lines are passed over, the last line needs no end, a byte order mark
 * at the start is dropped.  The bytes of a field aren't looked at otherwise:
 * whether they are UTF-8 is the caller's to ask (span_utf8), the head aside.
 */
#ifndef FB_CSV_H
#define FB_CSV_H

#include <stddef.h>

#include "buf.h"
#include "record.h"
#include "span.h"

enum { CSV_FIELDS = 4096 };	/* in one record */

struct csv {
	struct span field[CSV_FIELDS];	/* of the record read last; decoded */
	size_t nfields;
	long line;		/* where that record, or the one in error, begins; from 1 */
	char err[160];		/* what is wrong, after -1 */

	char **name;		/* of the columns, after csv_head() */
	size_t nnames;

	/* the reader's own */
	size_t from[CSV_FIELDS];	/* where fields begin, from the start of the record */
	size_t at;		/* how far the record was read */
	int in;			/* what `at` stands in */
	int doubled, quoted;	/* the record has doubled quotes; quoted fields */
	int started;		/* a byte order mark was looked for */
	int skip;		/* the rest of the line is passed over */
	long next_line;
	char delimiter;
	char stop[256];		/* bytes that end a run of plain text */
	struct buf text;	/* decoded fields */
};

/* Can it be one?  An ASCII byte that is neither NUL, a quote nor a line end. */
int csv_delimiter(char c);
void csv_init(struct csv *c, char delimiter);
void csv_release(struct csv *c);

/*
 * Reads a record from p[0..n); `last`: no bytes come after these.
 *	 1  the record is in c->field[0..nfields): it borrows from p and from c,
 *	    until the next call
 *	 0  more bytes are needed; with `last`: there is no record left
 *	-1  c->err says what is wrong with the record that begins in c->line;
 *	    the next call goes on behind that line, so one bad line costs itself
 * *used bytes were dealt with, whatever the result: the next call begins
 * behind them, with the rest again and more.
 */
int csv_record(struct csv *c, const char *p, size_t n, int last, size_t *used);

/*
 * The same from a reader, with memory for one record.  READ_OK; READ_END;
 * READ_BAD: see c->err; READ_FAILED: see r->error.  r->line is c->line.
 */
enum read_result csv_read(struct csv *c, struct reader *r);

/*
 * The record read last is the head: its fields become the columns' names.  0,
 * or -1 and c->err: one is empty, or given twice, or no text.
 */
int csv_head(struct csv *c);
/* The column of that name, or -1. */
int csv_column(const struct csv *c, const char *name);

/*
 * Appends a field, in quotes where it needs them.  A row that is one empty
 * field would be a blank line: an empty text is written "" when it is `only`.
 */
void csv_quote(struct buf *out, const char *p, size_t n, char delimiter, int only);

#endif
