#include <math.h>

#include "help.h"
#include "stats.h"
#include "tap.h"

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

enum { MOST = 5000 };

/* From 0.2 ms to an hour, each order of size alike. */
static double spread(unsigned long long *state)
{
	return 0.2 * exp(16.7 * (double)(next_random(state) >> 11) / 9007199254740992.0);
}

static double even(unsigned long long *state)
{
	return 100 + (double)(next_random(state) % 2000);
}

static double same(unsigned long long *state)
{
	return (double)(*state % 1000) + 1;
}

static void test_shares(const char *name, double draw(unsigned long long *), int n, unsigned long long seed)
{
	static const double shares[] = {0.01, 0.25, 0.5, 0.75, 0.95, 0.99, 1};
	static double all[MOST];
	struct stats s;
	struct stats_one one = {.good = 1};
	double want, worst = 0, off;
	int i;

	stats_init(&s, 0);
	for (i = 0; i < n; i++) {
		one.ttft_ms = all[i] = draw(&seed);
		one.total_ms = 2 * all[i];
		stats_add(&s, &one);
	}
	qsort(all, (size_t)n, sizeof *all, by_size);
	for (i = 0; i < (int)COUNT(shares); i++) {
		want = all[(int)ceil(shares[i] * n) - 1];
		off = fabs(stats_ttft(&s, shares[i]) / want - 1);
		worst = off > worst ? off : worst;
		off = fabs(stats_total(&s, shares[i]) / want / 2 - 1);
		worst = off > worst ? off : worst;
	}
	ok(worst < 0.01, "%s, %d times: within 1 %% (%.1f %%)", name, n, 100 * worst);
}

static void test_ends(void)
{
	struct stats s;
	struct stats_one one = {.good = 1, .ttft_ms = 0.001, .total_ms = 1e12};

	stats_init(&s, 0);
	ok(stats_ttft(&s, 0.5) == 0 && stats_total(&s, 0.95) == 0, "no times");
	stats_add(&s, &one);
	ok(stats_ttft(&s, 0.5) > 0 && stats_ttft(&s, 0.5) < 0.2 && stats_total(&s, 0.5) > 86400e3, "times beyond the classes");
	one.ttft_ms = -1;
	one.total_ms = NAN;
	stats_add(&s, &one);
	one.total_ms = HUGE_VAL;
	stats_add(&s, &one);
	ok(s.ttfts == 1 && s.totals == 2, "what is no time isn't one");
}

static void add(struct stats *s, int n, int good, double ttft)
{
	struct stats_one one = {.good = good, .failed_tries = !good, .tokens_in = 10, .tokens_out = good ? 100 : 0,
	    .ttft_ms = ttft, .total_ms = 10 * ttft};

	while (n-- > 0)
		stats_add(s, &one);
}

static void is_line(const struct stats *s, double now, const char *want)
{
	struct buf out;

	buf_init(&out, 1000);
	stats_line(s, now, &out);
	is_buf(&out, want, want);
	buf_release(&out);
}

static void test_line(void)
{
	struct stats s;

	stats_init(&s, 100);
	is_line(&s, 100, "0 ok 0 failed");
	is_line(&s, 110, "0 ok 0 failed | 0.0 req/s");
	add(&s, 3, 0, 0);
	is_line(&s, 110, "0 ok 3 failed | 0.3 req/s");
	add(&s, 94, 1, 210);
	is_line(&s, 110, "94 ok 3 failed | 9.7 req/s | 940 tok/s | ttft p50 0.21 p95 0.21 s");
	add(&s, 6, 1, 480);
	is_line(&s, 110, "100 ok 3 failed | 10.3 req/s | 1000 tok/s | ttft p50 0.21 p95 0.48 s");
	stats_init(&s, 0);
	add(&s, 1, 1, 4);
	is_line(&s, 1, "1 ok 0 failed | 1.0 req/s | 100 tok/s | ttft p50 0.004 p95 0.004 s");
}

static void is_progress(const struct stats *s, double now, long retrying, long flying, long of, const char *want)
{
	struct buf out;

	buf_init(&out, 1000);
	stats_progress(s, now, retrying, flying, of, &out);
	is_buf(&out, want, want);
	buf_release(&out);
}

static void test_progress(void)
{
	struct stats s;

	stats_init(&s, 50);
	is_progress(&s, 50, 0, 8, 0, "0 ok 8 in flight");
	is_progress(&s, 51, 1, 8, 500, "0 ok 1 retrying 8 in flight | 0.0 req/s");
	add(&s, 120, 1, 5);
	is_progress(&s, 60, 0, 8, 0, "120 ok 8 in flight | 12.0 req/s | 1200 tok/s");
	is_progress(&s, 60, 0, 8, 168, "120 ok 8 in flight | 12.0 req/s | 1200 tok/s | 0:04 left");
	add(&s, 30, 0, 0);
	is_progress(&s, 60, 2, 8, 11055, "120 ok 30 failed 2 retrying 8 in flight | 15.0 req/s | 1200 tok/s | 12:07 left");
	is_progress(&s, 60, 0, 0, 163035, "120 ok 30 failed 0 in flight | 15.0 req/s | 1200 tok/s | 3:00:59 left");
	is_progress(&s, 60, 0, 0, 150, "120 ok 30 failed 0 in flight | 15.0 req/s | 1200 tok/s");
}

static void is_number(struct span doc, const char *path, double want, double within)
{
	double got = span_number(span_at(doc, path));

	ok(span_at(doc, path).p != NULL && fabs(got - want) <= within, "%s: %g", path, got);
}

static void test_json(void)
{
	struct stats s;
	struct buf out;
	struct span doc;

	buf_init(&out, 1000);
	stats_init(&s, 10);
	stats_json(&s, 10, &out);
	doc = json(buf_text(&out));
	ok(span_kind(doc) == SPAN_OBJECT && span_at(doc, "ttft_ms").p == NULL && span_at(doc, "total_ms").p == NULL, "nothing, as JSON");
	is_number(doc, "requests_per_second", 0, 0);
	buf_clear(&out);
	add(&s, 18, 1, 200);
	add(&s, 2, 0, 0);
	stats_json(&s, 14, &out);
	doc = json(buf_text(&out));
	is_number(doc, "ok", 18, 0);
	is_number(doc, "failed", 2, 0);
	is_number(doc, "retries", 2, 0);
	is_number(doc, "seconds", 4, 0.001);
	is_number(doc, "requests_per_second", 5, 0.001);
	is_number(doc, "prompt_tokens", 200, 0);
	is_number(doc, "completion_tokens", 1800, 0);
	is_number(doc, "tokens_per_second", 450, 0.1);
	is_number(doc, "ttft_ms.p50", 200, 10);
	is_number(doc, "total_ms.p95", 2000, 100);
	buf_release(&out);
}

/* Whatever a server says of its tokens, it stays JSON. */
static void test_mad(void)
{
	static const double mad[] = {HUGE_VAL, -HUGE_VAL, NAN, 1e308, 1e308, -5, 0};
	struct stats s;
	struct stats_one one = {.good = 1};
	struct buf out;
	size_t i;

	buf_init(&out, 1000);
	stats_init(&s, 0);
	for (i = 0; i < COUNT(mad); i++) {
		one.tokens_in = one.tokens_out = mad[i];
		stats_add(&s, &one);
	}
	one.tokens_in = one.tokens_out = 7;
	stats_add(&s, &one);
	stats_json(&s, 1, &out);
	is_number(json(buf_text(&out)), "prompt_tokens", 7, 0);
	is_number(json(buf_text(&out)), "completion_tokens", 7, 0);
	buf_release(&out);
}

static void test_expect(void)
{
	ok(stats_expect(0, 0, 1000) == 0, "one request alone tells nothing of how many there will be");
	ok(stats_expect(-1, 0, 1000) == 0, "none neither");
	ok(stats_expect(4, 400, -1) == 0, "nor an input whose size isn't known");
	ok(stats_expect(4, 0, 100) == 0, "nor one of which nothing seems to be read");
	ok(stats_expect(4, 400, 9500) == 100, "five lines of 100 bytes, and 9,500 left: a hundred");
	ok(stats_expect(9, 450, 0) == 10, "when all is read it is what was read");
	ok(stats_expect(1, 1e-300, 1e300) == 0, "no number is too large");
}

int main(void)
{
	test_expect();
	test_shares("all sizes", spread, MOST, 1);
	test_shares("all sizes", spread, 20, 2);
	test_shares("some sizes", even, MOST, 3);
	test_shares("some sizes", even, 3, 4);
	test_shares("one size", same, 100, 5);
	test_shares("one size", same, 1, 6);
	test_ends();
	test_line();
	test_progress();
	test_json();
	test_mad();
	return done();
}
