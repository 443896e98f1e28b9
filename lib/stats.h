/*
 * stats.h - a run in figures: how many requests, how fast, how long until the
 * first token; as the line that people watch, the line at the end, and JSON.
 *
 * Pure: times are seconds of any one clock, and come in.
 */
#ifndef FB_STATS_H
#define FB_STATS_H

#include "buf.h"

/* Times are counted in classes, each 1 % above the one before: memory doesn't grow, and 1 % is how exact they are. */
enum { STATS_CLASSES = 2160 };

struct stats {
	double began;
	long good, failed, retries;
	double tokens_in, tokens_out;
	long ttft[STATS_CLASSES], ttfts, total[STATS_CLASSES], totals;
};

/* A request that ended; tokens and times are 0 where they are not known, and count as such when they can't be. */
struct stats_one {
	int good;
	long failed_tries;
	double tokens_in, tokens_out, ttft_ms, total_ms;
};

void stats_init(struct stats *s, double began);
void stats_add(struct stats *s, const struct stats_one *one);
double stats_ttft(const struct stats *s, double share);		/* the ms that this share (0.5, 0.95) didn't pass; 0: none came */
double stats_total(const struct stats *s, double share);

/*
 * How many requests there will be: `after` came behind the first one, in so
 * many bytes of input, and so many bytes are left.  0: that can't be told yet.
 */
long stats_expect(long after, double bytes, double left);

/* "120 ok 3 failed 2 retrying 8 in flight | 12.1 req/s | 1840 tok/s | 0:04 left"; of: how many there will be, 0: not known. */
void stats_progress(const struct stats *s, double now, long retrying, long flying, long of, struct buf *out);
/* "500 ok 0 failed | 12.1 req/s | 1840 tok/s | ttft p50 0.21 p95 0.48 s" */
void stats_line(const struct stats *s, double now, struct buf *out);
/* {"ok":..,"failed":..,...} */
void stats_json(const struct stats *s, double now, struct buf *out);

#endif
