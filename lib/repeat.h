/*
 * repeat.h - chunks of a stream that repeat all but a piece of text.
 *
 * Servers send {"id":..,"choices":[{"delta":{"content":"PIECE"},..}]} with the
 * same bytes around each PIECE.  Where they are the same bytes, what is said
 * by them was taken from the chunk before, and need not be read again: many
 * streams at once cost half of it.  Pure.
 */
#ifndef FB_REPEAT_H
#define FB_REPEAT_H

#include "buf.h"
#include "span.h"

struct repeat {
	struct buf head, tail;	/* around the piece; empty: nothing is known */
	size_t choice;		/* whose text it is, for the owner */
};

void repeat_init(struct repeat *r);
void repeat_release(struct repeat *r);

/*
 * The chunk that was just taken whole, an element of its `choices`: where it
 * says nothing new but a piece of `content`, what is around that is learnt: 1.
 * Else it is forgotten what was learnt before: 0.
 */
int repeat_learn(struct repeat *r, struct span chunk, struct span element);

/* Is it the same around a piece?  Then *piece is it, as it stands, escapes and all: 1. */
int repeat_has(const struct repeat *r, struct span chunk, struct span *piece);

#endif
