/*
 * choice.h - one choice of a streamed answer, put together from its deltas.
 * Texts are kept as raw JSON escapes.  Pure.
 */
#ifndef FB_CHOICE_H
#define FB_CHOICE_H

#include "buf.h"
#include "span.h"

/* The members of a delta that are texts to be joined, in the order of the message made of them. */
enum { CHOICE_TEXTS = 5 };
extern const char *const choice_texts[CHOICE_TEXTS];	/* content, refusal, reasoning_content, ... */

struct call {
	long long index;	/* -1: the server gives none */
	struct buf id, type, name, arguments;	/* raw escapes, without quotes */
};

struct choice {
	long long index;
	struct buf texts[CHOICE_TEXTS];
	int has[CHOICE_TEXTS];
	struct call *calls;
	int ncalls;
	struct buf finish;	/* the token "stop" with its quotes; empty: not finished */
	struct buf details;	/* elements of reasoning_details, comma-joined */
	struct buf logprobs;	/* elements of logprobs.content, comma-joined */
};

void choice_init(struct choice *c, long long index);
void choice_release(struct choice *c);

/* An element of a chunk's `choices`.  0, or -1 when a limit or memory ran out. */
int choice_add(struct choice *c, struct span element);

/* Appends {"index":..,"message":{..},"finish_reason":..}. */
void choice_write(struct buf *out, const struct choice *c);

#endif
