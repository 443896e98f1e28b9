/* stats.c - see stats.h. */
#include <math.h>
#include <string.h>

#include "stats.h"

/* Class k holds the times below this times 1.01^(k+1), in ms: from 0.1 ms to two days. */
#define FIRST_MS 0.1
#define STEP 1.01
/* In one reply. */
#define MOST_TOKENS 1e12

void stats_init(struct stats *s, double began)
{
	memset(s, 0, sizeof *s);
	s->began = began;
}

static void count(long *classes, long *n, double ms)
{
	double k = ms > FIRST_MS ? log(ms / FIRST_MS) / log(STEP) : 0;

	if (!(ms > 0))
		return;
	classes[k < STATS_CLASSES ? (int)k : STATS_CLASSES - 1]++;
	(*n)++;
}

static double below(const long *classes, long n, double share)
{
	double want = share * (double)n > 1 ? share * (double)n : 1;
	long seen = 0;
	int k;

	if (n == 0)
		return 0;
	for (k = 0; k < STATS_CLASSES - 1 && (double)(seen += classes[k]) < want; k++)
		;
	return FIRST_MS * pow(STEP, k + 0.5);
}

/* A server may say anything; sums stay numbers that JSON has. */
static double sane(double tokens)
{
	return tokens > 0 && tokens < MOST_TOKENS ? tokens : 0;
}

void stats_add(struct stats *s, const struct stats_one *one)
{
	s->good += one->good;
	s->failed += !one->good;
	s->retries += one->failed_tries;
	s->tokens_in += sane(one->tokens_in);
	s->tokens_out += sane(one->tokens_out);
	count(s->ttft, &s->ttfts, one->ttft_ms);
	count(s->total, &s->totals, one->total_ms);
}

double stats_ttft(const struct stats *s, double share)
{
	return below(s->ttft, s->ttfts, share);
}

double stats_total(const struct stats *s, double share)
{
	return below(s->total, s->totals, share);
}

/* " | 12.1 req/s | 1840 tok/s" */
static void add_rates(const struct stats *s, double now, struct buf *out)
{
	double seconds = now - s->began;

	if (seconds <= 0)
		return;
	buf_addf(out, " | %.1f req/s", (double)(s->good + s->failed) / seconds);
	if (s->tokens_out > 0)
		buf_addf(out, " | %.0f tok/s", s->tokens_out / seconds);
}

/* 0:04, 12:07, 3:00:59 */
static void add_clock(double seconds, struct buf *out)
{
	long n = (long)(seconds + 0.5);

	if (n >= 3600)
		buf_addf(out, "%ld:%02ld:%02ld", n / 3600, n / 60 % 60, n % 60);
	else
		buf_addf(out, "%ld:%02ld", n / 60, n % 60);
}

long stats_expect(long after, double bytes, double left)
{
	double more = bytes > 0 ? (double)after / bytes * left : 0;

	return after > 0 && bytes > 0 && left >= 0 && more < 1e15 ? 1 + after + (long)(more + 0.5) : 0;
}

void stats_progress(const struct stats *s, double now, long retrying, long flying, long of, struct buf *out)
{
	long done = s->good + s->failed;

	buf_addf(out, "%ld ok", s->good);
	if (s->failed > 0)
		buf_addf(out, " %ld failed", s->failed);
	if (retrying > 0)
		buf_addf(out, " %ld retrying", retrying);
	buf_addf(out, " %ld in flight", flying);
	add_rates(s, now, out);
	if (of > done && done > 0) {
		buf_adds(out, " | ");
		add_clock((now - s->began) / (double)done * (double)(of - done), out);
		buf_adds(out, " left");
	}
}

/* 0.21, but 0.004 */
static int places(double seconds)
{
	return seconds < 0.095 ? 3 : 2;
}

void stats_line(const struct stats *s, double now, struct buf *out)
{
	double p50 = stats_ttft(s, 0.5) / 1e3, p95 = stats_ttft(s, 0.95) / 1e3;

	buf_addf(out, "%ld ok %ld failed", s->good, s->failed);
	add_rates(s, now, out);
	if (s->ttfts > 0)
		buf_addf(out, " | ttft p50 %.*f p95 %.*f s", places(p50), p50, places(p95), p95);
}

void stats_json(const struct stats *s, double now, struct buf *out)
{
	double seconds = now - s->began;
	long done = s->good + s->failed;

	buf_addf(out, "{\"ok\":%ld,\"failed\":%ld,\"retries\":%ld,\"seconds\":%.3f", s->good, s->failed, s->retries, seconds);
	buf_addf(out, ",\"requests_per_second\":%.3f", seconds > 0 ? (double)done / seconds : 0);
	buf_addf(out, ",\"prompt_tokens\":%.0f,\"completion_tokens\":%.0f", s->tokens_in, s->tokens_out);
	buf_addf(out, ",\"tokens_per_second\":%.1f", seconds > 0 ? s->tokens_out / seconds : 0);
	if (s->ttfts > 0)
		buf_addf(out, ",\"ttft_ms\":{\"p50\":%.1f,\"p95\":%.1f}", stats_ttft(s, 0.5), stats_ttft(s, 0.95));
	if (s->totals > 0)
		buf_addf(out, ",\"total_ms\":{\"p50\":%.1f,\"p95\":%.1f}", stats_total(s, 0.5), stats_total(s, 0.95));
	buf_addc(out, '}');
}
