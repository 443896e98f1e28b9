/*
 * openids.h - whose events came, but not yet the record that ends them: what
 * is left at the end of the input was cut off.  Memory is that of those that
 * are open at once, however many come.
 *
 * Pure.
 */
#ifndef FB_OPENIDS_H
#define FB_OPENIDS_H

#include "buf.h"
#include "ids.h"
#include "span.h"

struct openids {
	struct ids ids;		/* number 1: open, 0: was */
	size_t n;		/* open ones */
	size_t first;		/* no place before it is open */
};

void openids_init(struct openids *o);
void openids_release(struct openids *o);

/* An event of that custom_id, a JSON string token; 1: it is its first.  Without memory for it: 0. */
int openids_event(struct openids *o, struct span id);
/* Its record. */
void openids_end(struct openids *o, struct span id);
/* The oldest that is open, as a token in place of what `id` held; open no more.  0: there is none. */
int openids_take(struct openids *o, struct buf *id);

#endif
