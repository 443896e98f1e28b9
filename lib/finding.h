/*
 * finding.h - what fb-probe found out at a rung of its ladder, as a line for
 * people and as a record; and the flags that follow from all of them.
 *
 * Pure.
 */
#ifndef FB_FINDING_H
#define FB_FINDING_H

#include <jv.h>

#include "buf.h"
#include "fault.h"
#include "rung.h"

enum verdict {
	PROBE_OK,
	PROBE_NOTE,	/* worth knowing; there is nothing to set */
	PROBE_SET,	/* a flag is to be set */
	PROBE_LIMIT,	/* something else is to be done: advice says what */
	PROBE_FAILED,	/* refused, and no flag helps */
	PROBE_LEFT	/* not asked: `more` says why */
};

/* What became of a rung. */
struct finding {
	const struct rung *rung;
	enum verdict verdict;
	struct told told;
	struct setting set;	/* of PROBE_SET */
	struct buf advice;	/* what to do, "" for nothing */
	struct fault fault;	/* what went wrong first; F_NONE: nothing */
	int status;		/* HTTP, of the first reply; 0: none */
	int died;		/* the server was gone behind it, for a time at least */
	double ms;		/* of all its requests */
	size_t bytes;		/* of a prompt that grows: of the longest that went well; 0: none did */
	double tokens;		/* the same as the server counted; 0: it didn't */
	struct buf request;	/* the request record, as the flags made it at first */
};
void finding_init(struct finding *x);
void finding_release(struct finding *x);

/*
 * Appends a line of the table, without its LF: name, what was seen, what to
 * do.  One that is wider than `columns` is broken before what to do; 0: never.
 */
void finding_line(struct buf *out, const struct finding *x, long columns);
/*
 * Appends {"rung","verdict","seen","more","set","advice","status","ms","error","request"}:
 * verdict is "ok", "note", "set", "limit", "failed" or "left", `set` an object
 * of the flag, null where there is none.
 */
void finding_json(struct buf *out, const struct finding *x);

/* The setting as a member of an object: true, false or a text. */
jv finding_set(jv flags, struct setting s);

/*
 * Appends what to paste, lines as in
 *	compat: {
 *	  requiresStringContent: true,
 *	},
 * of `flags`, an object.  model: the id of one that has no entry yet, and the
 * block is one; else NULL.
 */
void finding_block(struct buf *out, jv flags, const char *model);

#endif
