/*
 * mstats.h - counts of what was asked and answered, as JSON.
 */
#ifndef FB_MSTATS_H
#define FB_MSTATS_H

#include "mhttp.h"

struct buf;

enum {
	MSTATS_PATHS = 32,	/* more are counted together, as "other" */
	MSTATS_PATH = 64	/* a longer one too */
};

struct mstats {
	unsigned long long requests, streams, in, out;
	struct mstats_path {
		char path[MSTATS_PATH];
		size_t n;
		unsigned long long status[600];	/* [0]: the reply had none */
	} *paths;		/* in the order in which they came; the last is the others' */
	size_t npaths;
};

void mstats_release(struct mstats *s);
/* Counts a request and the bytes that were its reply. */
void mstats_count(struct mstats *s, const struct mreq *r, const char *reply, size_t n);

/*
 * Appends the members, each after a comma but the first:
 * "requests":N,"streams":N,"bytes_in":N,"bytes_out":N,"paths":{"/health":{"200":N}}
 */
void mstats_write(const struct mstats *s, struct buf *out);

#endif
