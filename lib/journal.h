/*
 * journal.h - the file of --resume: response records, each written as its
 * request finishes, and what they say of which requests are done
 * (RELIABILITY 1, promises 2 to 7).
 *
 * The file is all there is: locked for as long as it is open, a last line
 * without its end cut off, and read once into 16 bytes a record.  A request
 * is known by its custom_id, the reference that was asked for (that of the
 * first failed try, else of the route) and the digest of its body.  An id
 * that is only its place in the input ("17" of the 17th), which nobody gave,
 * shifts when lines are taken out or put in: there the digest decides, and
 * how often it came.
 */
#ifndef FB_JOURNAL_H
#define FB_JOURNAL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "buf.h"
#include "donetable.h"
#include "fault.h"
#include "lockfile.h"
#include "span.h"

struct journal {
	/* Set by the caller once it is open. */
	int redo;		/* a request that changed is sent anew */
	int sync;		/* what was added survives a loss of power */

	struct lockfile file;
	struct donetable table;	/* custom_id and reference: the digest */
	struct donetable lines;	/* the same: the number of its line; made when one is asked for */
	struct spares spares;
	struct tally tally;	/* of the whole file */
	off_t cut;		/* bytes of a torn last line that were cut off */
	long redone;		/* requests that had a record, and are sent anew */
	long stale;		/* lines that a later one of the same request replaces */
	long spare;		/* records with a number for an id, not told to any input yet */
	long highest;		/* number that is an id */
	long moved_place, moved;	/* the last place that got another number, and which */
	struct buf last;	/* custom_id of the last record that was added whole: a JSON string token */
	struct buf text;	/* scratch */
	int error;		/* the first errno; nothing is written after it */
	int written, unsynced, named;
	double synced;
};

/*
 * Opens, locks, checks and reads it; made with mode 0600 when it isn't there.
 * 0; else -1 and *f (F_INPUT), and *status is the exit status: 3 when it can't
 * be read or another process has it, 2 when it is no file of ours: a line
 * that is no response record, which is named.  Then nothing was changed.
 */
int journal_open(struct journal *j, const char *path, int *status, struct fault *f);

/*
 * The same for --retry-failed, which goes through the file line by line and
 * replaces it (lockfile.h, by way of j->file): it must be there, and no table
 * is kept.  Lines with one custom_id all stay: the output of a run without
 * --resume has them where the input had.
 */
int journal_lock(struct journal *j, const char *path, int *status, struct fault *f);

enum journal_said {
	JOURNAL_NEW,		/* to be sent */
	JOURNAL_DONE,		/* its record is there */
	JOURNAL_TWICE,		/* this input had that id before */
	JOURNAL_CHANGED,	/* its record is of another body */
	JOURNAL_FAILED		/* j->error says why */
};
/*
 * What is known of a request: id its custom_id, a JSON string token; ref its
 * route's `ref`, a token or SPAN_NIL; place the ordinal of its input, from 1.
 * An id that is that number counts as nobody's: it may then become another
 * number, that no record of that reference has.  For a line that is no
 * request: ref SPAN_NIL, digest 0.
 */
enum journal_said journal_ask(struct journal *j, struct buf *id, struct span ref, uint64_t digest, long place);

/* The number of the file's line of that request, from 1; 0: none.  For messages: it reads the file once more. */
long journal_line_of(struct journal *j, struct span id, struct span ref);

/*
 * Appends a response record, a whole line with its LF, by one write(2); now
 * is any clock's seconds.  0, or an errno, which stays: E2BIG for a record that
 * could not be read again, EINVAL for what is none.  SIGXFSZ must be ignored.
 */
int journal_add(struct journal *j, const char *line, size_t n, double now);
/* With sync: brings to the disk what has waited for a second, or is 128 records.  For a loop that has nothing to add. */
int journal_tick(struct journal *j, double now);

/*
 * Syncs what was written and closes; with redo, lines that are replaced are
 * taken out first.  0, or the first errno of all.  Releases j; may be called
 * twice.
 */
int journal_close(struct journal *j);

#endif
