/*
 * lineup.h - the lists that flights stand in: those that wait for a time, and
 * at each server those whose turn waits for its pace.
 */
#ifndef FB_LINEUP_H
#define FB_LINEUP_H

#include "flight.h"
#include "lane.h"

void lineup_due(struct flight **list, struct flight *t, double due);	/* behind those that are due before it, or with it */
void lineup_take_out(struct flight **list, const struct flight *t);
void lineup_drop(struct flight **list);		/* frees them all */

/* In the host's line: what stands first in the input is first, so that what is tried again doesn't hold up the output. */
void lineup_join(struct host *h, struct flight *t);
void lineup_leave(struct host *h, struct flight *t);

#endif
