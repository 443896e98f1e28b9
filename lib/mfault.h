/*
 * mfault.h - the ways in which a reply can be bad: a fault is a row of a
 * table, which either stands in the place of the usual reply or spoils its
 * bytes and adds cues.
 *
 * Pure: it only writes into the reply.
 */
#ifndef FB_MFAULT_H
#define FB_MFAULT_H

#include <stddef.h>

#include "mreply.h"
#include "span.h"

enum { MFAULT_ARGS = 8 };

struct mfault_row;

struct mfault_arg {
	struct span name;	/* SPAN_NIL: only a value */
	struct span value;
};

struct mfault {
	const struct mfault_row *row;
	int status;				/* when the fault's name is one */
	struct mfault_arg arg[MFAULT_ARGS];	/* as written */
	size_t nargs;
	/* what they say, by the row: */
	int word;				/* which of the row's words; -1: a number */
	long long n;
	long long ms;				/* -1: not said */
	int events;				/* n counts events */
};

/*
 * The fault of that name, its arguments read: 0.  Else -1, `why` says what is
 * wrong, and *where is the text that is.
 */
int mfault_read(struct mfault *f, struct span name, struct span *where,
    char *why, size_t size);

/* How the server at hand words an error: `more` are header lines, or NULL. */
struct mfault_voice {
	void (*say)(void *ctx, struct mreply *to, int status, const char *more,
	    const char *message);
	void *ctx;
};

/* 1: the fault was the reply; 0: the usual one is needed, then mfault_spoil(). */
int mfault_reply(const struct mfault *f, struct mreply *to,
    const struct mfault_voice *voice);
/* What the usual reply needs to know before it is written. */
void mfault_prepare(const struct mfault *f, struct mreply *to);
/* Spoils the reply that begins at `start` of to->out. */
void mfault_spoil(const struct mfault *f, struct mreply *to, size_t start,
    const struct mfault_voice *voice);

#endif
