/*
 * outlet.h - where fb-send's finished records go: out, in the order of the
 * input or as they finish; into the file of --resume; or into what takes the
 * place of --retry-failed's file.
 */
#ifndef FB_OUTLET_H
#define FB_OUTLET_H

#include "buf.h"
#include "fault.h"
#include "journal.h"
#include "lockfile.h"
#include "reorder.h"
#include "request.h"
#include "stage.h"

enum outlet_order { OUTLET_INPUT, OUTLET_FINISH };

struct outlet {
	struct stage *stage;		/* its `out` is where records go without a file */
	enum { OUTLET_OUT, OUTLET_JOURNAL, OUTLET_REPLACEMENT } where;
	enum outlet_order order;
	size_t most;			/* bytes that may wait for their turn */
	struct reorder waiting;
	struct journal journal;		/* of both files */
	struct replacement replacement;
	const char *path;		/* of the file; NULL: there is none */
	long place;			/* of the input at hand: lines in a row with one id have one */
	struct buf last_id;		/* of that */
	struct buf safe_id;		/* custom_id of the last record that is whole in the output, a token; "": none */
	int whole;			/* the owner's: the input was read to its end, so a replacement may take its place */
	int error;			/* the first errno; that of stage->out stands there */
};

void outlet_init(struct outlet *o, struct stage *stage, enum outlet_order order, size_t most);

/*
 * Opens the stage's output, or one of the files (the other NULL).  0, or the
 * exit status, and it was said why.  --retry-failed's file is standard input
 * then, to be read as that: closing a second descriptor would unlock it.
 */
int outlet_open(struct outlet *o, const char *resume, const char *retry);

/*
 * --resume: is the request to be sent, along the route of that reference?  1, or 0; -1 and *f: it can't be;
 * OUTLET_CHANGED and *f: nor without --changed, and no record may say so, since the file has that of the request as
 * it was, and would keep both.  The status counts it.
 */
enum { OUTLET_CHANGED = -2 };
int outlet_ask(struct outlet *o, struct request *r, struct span ref, struct fault *f);
/* The same of a line that is no request: 0 when the file has it. */
int outlet_is_new(struct outlet *o, const struct buf *line, long ordinal);

/* The record of the input with that number, from 0: a line without its LF; now in seconds. */
void outlet_put(struct outlet *o, long number, struct buf *line, double now);
/* A record of --retry-failed's file that stays as it is; counted in the stage's tally. */
void outlet_keep(struct outlet *o, long number, struct span record, double now);
/* For a loop that has nothing to put: with --sync, what has waited goes to the disk. */
void outlet_tick(struct outlet *o, double now);
int outlet_unsynced(const struct outlet *o);	/* does something wait for that? */
int outlet_full(const struct outlet *o);	/* so much waits that no more should be started */
int outlet_failed(const struct outlet *o);	/* nothing more can be written */

/* The run was stopped after so many inputs: how to go on. */
void outlet_tell_rest(const struct outlet *o, long inputs);

/*
 * Closes the file and the stage, and releases.  The exit status: `status`, but
 * 3 when what was written is cut short, and where is said (141: stage.h).
 */
int outlet_end(struct outlet *o, int status);

#endif
