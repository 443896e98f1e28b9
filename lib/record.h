/*
 * record.h - lines in, records through, lines out.
 *
 * A record is one line, ended by LF (nothing else splits a line), that holds
 * one JSON object.  Reading hands out spans into the reader's own buffer, so
 * a record is copied only where somebody changes it; they live until the
 * next call.  Writing is one write(2) a line, looped on short writes, unless a
 * stage collects the lines that are ready together.
 */
#ifndef FB_RECORD_H
#define FB_RECORD_H

#include <signal.h>
#include <stddef.h>

#include "buf.h"
#include "span.h"

struct out;

struct reader {
	int fd;
	struct buf buf;
	size_t at;		/* first byte not yet handed out */
	long line;		/* number of the line handed out last, from 1 */
	long next_line;		/* the number of the line that starts at `at` */
	int eof;
	int started;		/* a byte order mark was looked for */
	int values;		/* a value was looked for: the first decides `spread` */
	int spread;		/* 1: values span lines, as the first one did */
	int error;		/* errno of a failed read */
	struct out *first;	/* or NULL: what it holds is written before more is read */
	void (*wait)(void *ctx, int fd);	/* or NULL: called before more is read, which may take its time */
	void *wait_ctx;
	const volatile sig_atomic_t *stop;	/* or NULL; not 0 when a signal came: no more is read */
};

enum read_result { READ_END, READ_OK, READ_LONG, READ_BAD, READ_FAILED };

void reader_init(struct reader *r, int fd);
void reader_release(struct reader *r);

/*
 * The next line without its LF (a byte order mark before the first is
 * dropped).  READ_OK; READ_END; READ_LONG: a line over MAX_RECORD was passed
 * over; READ_FAILED: read(2) failed, see r->error.
 */
enum read_result reader_line(struct reader *r, struct span *line);

/*
 * The next JSON value, blank lines passed over.  One a line; but when the
 * first line ends inside its value, values may span lines.  READ_BAD: not
 * JSON, *err says where (at: offset into the line `r->line`); the next call
 * goes on behind it.
 */
enum read_result reader_value(struct reader *r, struct span *value,
    struct span_err *err);

/* Passes over white space (and a byte order mark at the start); lines are counted.  0, or -1 and r->error. */
int reader_skip_blanks(struct reader *r);
/*
 * The bytes that are read but not handed out, at least `want` of them unless
 * the input ends; they stay.  0, or -1 and r->error.
 */
int reader_peek(struct reader *r, size_t want, struct span *bytes);
/* Hands out n of the bytes that reader_peek() showed; their lines are the caller's to count (r->line, r->next_line). */
void reader_take(struct reader *r, size_t n);
long reader_newlines(const char *p, size_t n);	/* how many there are in p[0..n) */
/* Hands out whatever bytes come next, as soon as there are some. */
enum read_result reader_bytes(struct reader *r, struct span *bytes);

/* 1 when nothing is left to read, 0 when there is, -1 when that can't be told without waiting. */
int reader_drained(struct reader *r);

/*
 * Where the value handed out last stands, as the head of a message:
 * "mails.csv:18: ", or for standard input (name NULL) "line 18: ", or ""
 * when that is its ordinal anyway.
 */
void reader_place(const struct reader *r, const char *name, long ordinal,
    char *place, size_t size);

/*
 * Appends a record's custom_id as a JSON string token: its `custom_id`, or
 * with `or_id` its `id`, a text or a number; else the ordinal.
 */
void record_id(struct buf *out, struct span rec, int or_id, long ordinal);
void record_id_of(struct buf *out, struct span id, long ordinal);	/* id: the member itself */

/* The `error` member of a record, when it is an object with a string `code`; else SPAN_NIL. */
struct span record_error(struct span rec);

/* Appends a value; line breaks between its tokens become blanks. */
void record_splice(struct buf *out, struct span v);
/* The same without any white space between them. */
void record_compact(struct buf *out, struct span v);

/* Appends the members of obj whose names are not in `skip` (ends with NULL), each after a comma. */
void record_rest(struct buf *out, struct span obj, const char *const *skip);

/*
 * Where records go: standard output, or with a path a temporary file beside
 * it that out_close() renames when all was good (so that make never sees a
 * half-written target).  A path that is there and no regular file, such as a
 * fifo or /dev/null, is written to itself.
 */
struct out {
	int fd;
	const char *path;	/* NULL: standard output */
	char *temp;
	int error;		/* errno of the first failure; EPIPE: the reader went away */
	int collects;		/* lines are held */
	struct buf held;	/* whole lines, to be written */
};

int out_open(struct out *o, const char *path);	/* 0, or -1 and o->error */
int out_write(struct out *o, const char *p, size_t n);
int out_line(struct out *o, struct buf *line);	/* adds the LF; a failed buffer is ENOMEM */
/*
 * From here on lines are held, and written together before `r` reads more, or
 * when they are 64 KB: a line is out before anybody waits for input.  Not onto
 * a terminal, where messages come between.  r NULL: a write(2) a line again.
 */
void out_collect(struct out *o, struct reader *r);
int out_flush(struct out *o);	/* writes what is held */
int out_close(struct out *o, int good);		/* not good: the temporary file is removed */

#endif
