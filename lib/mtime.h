/*
 * mtime.h - how slow a server is: pauses of a reply, as cues.
 *
 * A token is a word and a text delta of a stream.  Jitter comes from a seed
 * and the ordinal of the pause, so that the same requests in the same order
 * take the same time.
 */
#ifndef FB_MTIME_H
#define FB_MTIME_H

#include "mreply.h"

struct mtime {
	long long delay;		/* us before the reply's head */
	long long ttft;			/* us before the first token; 0: as each other one */
	long long token;		/* us a token */
	unsigned jitter;		/* percent by which a pause may be shorter or longer */
	unsigned long long seed;
	unsigned long long pauses;	/* so far */
	long long ping;			/* us without an event until a stream has a comment; 0: never */
};

/* The `ordinal`th pause of about `us`. */
long long mtime_pause(unsigned long long seed, unsigned long long ordinal,
    unsigned jitter, long long us);

/* For one stream: its pauses are the same whatever else is under way. */
struct mtime mtime_own(struct mtime *t);

void mtime_head(struct mreply *to);			/* before any reply */
long long mtime_token(struct mreply *to);		/* us before the next text delta of a stream */
void mtime_whole(struct mreply *to, struct span text);	/* before a reply in one piece */

#endif
