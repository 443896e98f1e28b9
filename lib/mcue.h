/*
 * mcue.h - when the bytes of a reply go out, and how it ends: pauses, a byte
 * at a time, a connection that is cut.
 *
 * A reply is written whole into a buffer; a cue says what happens when all
 * bytes before it are sent.  So what is sent and when are told apart, and
 * every profile can be slow or fail without knowing of it.
 *
 * Pure: the time comes in as an argument, in microseconds.
 */
#ifndef FB_MCUE_H
#define FB_MCUE_H

#include <stddef.h>

enum mcue_act {
	MCUE_WAIT,	/* go on after `us`, counted from when it was due to begin */
	MCUE_DRIP,	/* from here on a byte each `us`; 0: as usual again */
	MCUE_CLOSE,	/* end the connection */
	MCUE_RESET,	/* end it with a TCP reset */
	MCUE_HOLD,	/* send no more, but leave the connection open */
	MCUE_AGAIN	/* go on from byte `us`, for ever: what never ends takes no memory */
};

struct mcue {
	size_t at;
	enum mcue_act act;
	long long us;
};

struct mcues {
	struct mcue *list;	/* in the order of `at` */
	size_t n, cap;
	size_t next;		/* the first that is still to come */
	long long due;		/* when the wait under way is over; 0: there is none */
	long long since;	/* when the wait before it was due, so that a row of them doesn't drift */
	long long drip;		/* microseconds a byte, 0: no drip */
	int failed;		/* memory ran out */
};

void mcue_release(struct mcues *q);
void mcue_clear(struct mcues *q);	/* for the next reply; keeps the memory */
void mcue_next(struct mcues *q);	/* for the rest of this one: its pace goes on */
void mcue_add(struct mcues *q, size_t at, enum mcue_act act, long long us);
/* The same for any place: behind those that stand at `at` already. */
void mcue_insert(struct mcues *q, size_t at, enum mcue_act act, long long us);
/* The bytes from `at` on are gone, and the cues there with them. */
void mcue_cut(struct mcues *q, size_t at);
/* At `at`, `less` bytes were replaced by `more`: later cues move along. */
void mcue_splice(struct mcues *q, size_t at, size_t less, size_t more);

enum mcue_now { MCUE_SEND, MCUE_SLEEP, MCUE_END, MCUE_BREAK, MCUE_BACK };
/*
 * What is to be done at `now` with `sent` of `len` bytes gone: MCUE_SEND up
 * to *upto (sent == *upto == len: all is done); MCUE_SLEEP until *due (0:
 * for ever); MCUE_END the connection; MCUE_BREAK it; MCUE_BACK: *upto is
 * what counts as sent now.
 */
enum mcue_now mcue_now(struct mcues *q, size_t sent, size_t len, long long now,
    size_t *upto, long long *due);

#endif
