/*
 * giveup.h - when a run is not worth going on: twenty requests in a row that
 * can't connect, or twenty whose key is refused, or more failures than the
 * user allows.
 *
 * Pure.
 */
#ifndef FB_GIVEUP_H
#define FB_GIVEUP_H

#include "fault.h"

enum { GIVEUP_ROW = 20, GIVEUP_LEAST = 20 };	/* a share of the failures counts from so many records on */

struct giveup {
	long most;		/* failures, -1: any number */
	double share;		/* of the records so far, -1: any */
	long done, failed, row;
	enum fault_code code;	/* of those in a row */
	char why[160];		/* "" while the run goes on */
};

/* "N": more than N failures are too many; "N%" of the records so far, 12.5% too; "" or NULL: no limit.  0, or -1: neither. */
int giveup_init(struct giveup *g, const char *most);
/*
 * How a request ended, F_NONE: well; what was interrupted or skipped isn't
 * counted.  1: this was one too many, g->why says so; once.
 */
int giveup_add(struct giveup *g, enum fault_code code);

#endif
