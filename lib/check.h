/*
 * check.h - all that would fail sooner or later in a configuration that could
 * be read: models, the primary and its fallbacks, aliases.
 */
#ifndef FB_CHECK_H
#define FB_CHECK_H

#include "config.h"

struct check {
	size_t providers, models;
	size_t lines;		/* of both below, while it is at work: there is a most */
	struct buf faults;	/* a line each */
	struct buf told;	/* warnings, a line each */
};

void check_init(struct check *k);
void check_release(struct check *k);
/* Nothing is sent, run or read for it but the catalogue. */
void check_all(struct check *k, struct config *c);

#endif
