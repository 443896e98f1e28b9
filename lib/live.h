/*
 * live.h - the answer's text while it arrives, chunk by chunk: what
 * extract.h gives in the end, as early as it is certain.
 *
 * Pure.
 */
#ifndef FB_LIVE_H
#define FB_LIVE_H

#include "buf.h"
#include "span.h"

struct live {
	struct buf raw;		/* escapes not yet decoded: half a surrogate pair */
	struct buf plain;	/* decoded, but it may belong to a <think> block */
	size_t passed;		/* so many blanks in front of it, before a <think> */
	int has_content;
	enum { LIVE_START, LIVE_THINK, LIVE_AFTER, LIVE_TEXT } where;
};

void live_init(struct live *l);
void live_release(struct live *l);

/* The next chunk of the stream; what is certain is appended to text and reasoning. */
void live_add(struct live *l, struct span chunk, struct buf *text, struct buf *reasoning);
/* There are no more: what was held back. */
void live_end(struct live *l, struct buf *text, struct buf *reasoning);

#endif
