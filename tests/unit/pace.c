/*
 * Pace is tested by simulation: a server of our own that takes so many
 * requests at once and refuses the rest, and a clock that jumps from event to
 * event.
 */
#include <math.h>

#include "help.h"
#include "pace.h"
#include "tap.h"

enum { MOST = 64 };

static struct pace p;

static double chance(unsigned long long *state)
{
	return (double)(next_random(state) >> 11) / 9007199254740992.0;
}

/* A server, and what is on its way to it. */
struct world {
	unsigned long long state;
	int capacity;
	double now, reckons, uses;	/* tokens of a request */
	double least_ms, more_ms;	/* a good reply takes */
	struct call {
		int refused;
		double started, ends;
	} call[MOST];
	int calls, taken;
	long good, refusals;
	double used;
	int lowest, highest;		/* at once, since it was last set */
};

static void world_init(struct world *w, int capacity, double rpm, double tpm)
{
	*w = (struct world){.state = 42, .capacity = capacity, .now = 5000, .least_ms = 400, .more_ms = 1200};
	pace_init(&p, MOST, rpm, tpm, w->now);
}

static void start(struct world *w)
{
	struct call *c = &w->call[w->calls++];

	c->started = w->now;
	c->refused = w->taken >= w->capacity;
	w->taken += !c->refused;
	c->ends = w->now + (c->refused ? 10 + 30 * chance(&w->state) : w->least_ms + w->more_ms * chance(&w->state));
	pace_start(&p, w->reckons, w->now);
}

static void end(struct world *w, int i)
{
	struct call c = w->call[i];

	w->call[i] = w->call[--w->calls];
	w->now = c.ends;
	w->good += !c.refused;
	w->refusals += c.refused;
	w->taken -= !c.refused;
	w->used += c.refused ? 0 : w->uses;
	pace_end(&p, c.refused ? PACE_TOO_MUCH : PACE_GOOD, c.started, w->reckons, c.refused ? 0 : w->uses, w->now);
}

/* Until then there is always one more to send.  0: nothing moved any more. */
static int run(struct world *w, double until)
{
	double wait, next;
	int i, first;

	while (w->now < until) {
		while ((wait = pace_wait(&p, w->reckons, w->now)) == 0)
			start(w);
		w->lowest = p.running < w->lowest ? p.running : w->lowest;
		w->highest = p.running > w->highest ? p.running : w->highest;
		for (first = -1, i = 0; i < w->calls; i++)
			if (first < 0 || w->call[i].ends < w->call[first].ends)
				first = i;
		if (first < 0 && wait < 0)
			return 0;
		next = wait > 0 ? w->now + wait : HUGE_VAL;
		if (first >= 0 && w->call[first].ends <= next)
			end(w, first);
		else
			w->now = next;
	}
	return 1;
}

/* After `from` it stays about that until `to`. */
static void settles(struct world *w, double from, double to)
{
	int k = w->capacity, most = k + 2 < MOST ? k + 2 : MOST;
	long refused;

	run(w, from);
	w->lowest = MOST;
	w->highest = 0;
	refused = w->refusals;
	w->good = 0;
	run(w, to);
	ok(w->lowest >= k / 2 && w->highest <= most, "a server that takes %d at once gets %d to %d", k, w->lowest, w->highest);
	ok((double)(w->refusals - refused) < 0.08 * (double)w->good, "and few too many: %ld of %ld", w->refusals - refused, w->good);
}

static void test_settles(void)
{
	static const int capacities[] = {1, 3, 10, 50};
	struct world w;
	size_t i;

	for (i = 0; i < COUNT(capacities); i++) {
		world_init(&w, capacities[i], 0, 0);
		settles(&w, 120e3, 1200e3);
	}
	world_init(&w, 1000, 0, 0);
	run(&w, 60e3);
	ok(w.refusals == 0 && w.highest == MOST && p.room == MOST, "one that takes all gets -j");
}

static void test_changes(void)
{
	struct world w;

	world_init(&w, 3, 0, 0);
	settles(&w, 100e3, 300e3);
	w.capacity = 40;
	settles(&w, 400e3, 900e3);
	w.capacity = 2;
	settles(&w, 950e3, 1200e3);
	w.capacity = 1000;
	run(&w, 1400e3);
	ok((int)p.room == MOST, "in the end all");
}

static void test_burst(void)
{
	int i;

	pace_init(&p, MOST, 0, 0, 1000);
	for (i = 0; i < MOST; i++)
		pace_start(&p, 0, 1000);
	ok(pace_wait(&p, 0, 1000) == -1, "full");
	for (i = 0; i < MOST; i++)
		pace_end(&p, PACE_TOO_MUCH, 1000, 0, 0, 1020 + i);
	ok(p.room == 32 && p.running == 0, "a burst of refusals halves once");
	pace_start(&p, 0, 1100);
	pace_end(&p, PACE_TOO_MUCH, 1100, 0, 0, 1110);
	ok(p.room == 16, "one that started after it halves again");
	for (i = 0; i < 100; i++) {
		pace_start(&p, 0, 1200 + i);
		pace_end(&p, PACE_TOO_MUCH, 1200 + i, 0, 0, 1200.5 + i);
	}
	ok(p.room == 1 && pace_wait(&p, 0, 2000) == 0, "never below one");
	for (i = 0; i < 100; i++) {
		pace_start(&p, 0, 3000 + i);
		pace_end(&p, PACE_BAD, 3000 + i, 0, 0, 3000.5 + i);
	}
	ok(p.room == 1, "a failure of its own says nothing");
}

static void test_unused(void)
{
	int i;

	pace_init(&p, MOST, 0, 0, 0);
	p.room = 10;
	for (i = 0; i < 1000; i++) {
		pace_start(&p, 0, i);
		pace_end(&p, PACE_GOOD, i, 0, 0, i + 0.5);
	}
	ok(p.room == 10, "one at a time says nothing of eleven");
	for (i = 0; i < 10; i++)
		pace_start(&p, 0, 2000);
	for (i = 0; i < 5; i++)
		pace_end(&p, PACE_GOOD, 2000, 0, 0, 2100);
	ok(p.room > 10.4 && p.room < 10.6, "all ten of them do");
}

static void test_pause(void)
{
	pace_init(&p, MOST, 0, 0, 1000);
	pace_pause(&p, 4000);
	ok(pace_wait(&p, 0, 1000) == 3000 && pace_wait(&p, 0, 3999) == 1 && pace_wait(&p, 0, 4000) == 0, "a pause is for all");
	pace_pause(&p, 9000);
	ok(pace_wait(&p, 0, 4000) == 5000, "a longer one");
	pace_pause(&p, 5000);
	ok(pace_wait(&p, 0, 4000) == 1000, "the latest counts");
	pace_init(&p, 1, 60, 0, 1000);
	while (pace_wait(&p, 0, 1000) == 0) {
		pace_start(&p, 0, 1000);
		pace_end(&p, PACE_GOOD, 1000, 0, 0, 1000);
	}
	pace_pause(&p, 1001);
	ok(pace_wait(&p, 0, 1000) > 1, "rpm after the pause is over");
	pace_pause(&p, 9000);
	ok(pace_wait(&p, 0, 1000) == 8000, "the pause where that is longer");
}

/* The most starts in any 60 s, and how many there were in all, when each starts as soon as it may, give or take `late` ms. */
static void test_rpm(double rpm, double late)
{
	static double at[100000];
	unsigned long long state = 11;
	double now = 7777, end = now + 30 * 60e3, wait;
	long n = 0, i, k = 0, most = 0;
	int idle = 0;

	pace_init(&p, MOST, rpm, 0, now);
	while (now < end) {
		if ((wait = pace_wait(&p, 0, now)) == 0) {
			at[n++] = now;
			pace_start(&p, 0, now);
			pace_end(&p, PACE_GOOD, now, 0, 0, now);
		} else {
			now += wait + late * chance(&state);
		}
		if (n == 2 * (long)rpm && !idle) {
			idle = 1;	/* nothing to send for two minutes: not made up for */
			now += 120e3;
		}
	}
	for (i = 0; i < n; i++) {
		while (at[i] - at[k] >= 60e3 - 0.5)
			k++;
		most = i - k + 1 > most ? i - k + 1 : most;
	}
	ok((double)most <= rpm, "--rpm %g: at most %ld in 60 s", rpm, most);
	ok(fabs((double)n / (28 * rpm) - 1) < 0.05, "and %.1f in the long run", (double)n / 28);
}

static void test_tpm(const char *name, double reckons, double uses, double slow)
{
	struct world w;
	double tpm = 60000, began, used, by_then;

	world_init(&w, 1000, 0, tpm);
	w.least_ms *= slow;
	w.more_ms *= slow;
	w.reckons = reckons;
	w.uses = uses;
	ok(run(&w, 300e3), "%s: it goes on", name);
	began = w.now;
	used = w.used;
	run(&w, 3900e3);
	by_then = (w.used - used) / (w.now - began) * 60e3;
	ok(fabs(by_then / tpm - 1) < 0.05, "%s: %.0f tokens a minute", name, by_then);
}

/* More than can ever be saved up: it waits for all of that, then the others wait for what it used. */
static void test_large(void)
{
	double wait;

	pace_init(&p, MOST, 0, 6000, 0);
	pace_start(&p, 400, 0);
	wait = pace_wait(&p, 1e6, 0);
	ok(fabs(wait - 4000) < 0.01 && pace_wait(&p, 1e6, wait) == 0, "a large one waits for a sixth of a minute at most");
	pace_start(&p, 1e6, wait);
	ok(pace_wait(&p, 1, wait) > 9e6, "who comes next waits for its tokens");
	pace_end(&p, PACE_GOOD, wait, 1e6, 2000, wait + 500);
	ok(fabs(pace_wait(&p, 1, wait + 500) - 9510) < 1, "as many as it really used");
	pace_init(&p, MOST, 0, 6000, 0);
	pace_start(&p, 100, 0);
	pace_end(&p, PACE_GOOD, 0, 100, 5, 60e3);
	ok(pace_wait(&p, 1000, 60e3) == 0, "what is given back is no more than can be saved up");
	pace_start(&p, 1000, 60e3);
	pace_end(&p, PACE_BAD, 60e3, 1000, 0, 60e3);
	ok(fabs(pace_wait(&p, 500, 60e3) - 5000) < 0.01, "where the usage is unknown, the estimate stands");
}

/* Whatever went before, who waits as long as was said may start, and not much earlier. */
static void test_waits(void)
{
	unsigned long long state = 2024;
	struct { double started, tokens; } flying[MOST];
	int round, step, n, late = 0, early = 0, stuck = 0, waits = 0;
	double now, tokens, wait;

	for (round = 0; round < 300; round++) {
		now = chance(&state) * (round % 2 ? 1e3 : 1e10);
		pace_init(&p, 1 + (int)(next_random(&state) % MOST), round % 3 ? exp(10 * chance(&state)) : 0,
		    round % 4 ? exp(16 * chance(&state)) : 0, now);
		for (n = step = 0; step < 300; step++) {
			tokens = exp(12 * chance(&state));
			if (next_random(&state) % 20 == 0)
				pace_pause(&p, now + 5000 * chance(&state));
			wait = pace_wait(&p, tokens, now);
			if (wait > 0) {
				waits++;
				late += pace_wait(&p, tokens, now + wait) != 0;
				early += wait > 1 && pace_wait(&p, tokens, now + 0.99 * wait) == 0;
				now += next_random(&state) % 2 ? wait : wait * chance(&state);
			} else if (wait == 0) {
				flying[n].started = now;
				flying[n++].tokens = tokens;
				pace_start(&p, tokens, now);
			} else if (n == 0) {
				stuck++;
			}
			if (n > 0 && (wait < 0 || next_random(&state) % 3 == 0)) {
				now += 1000 * chance(&state);
				n--;
				pace_end(&p, (enum pace_said)(next_random(&state) % 3), flying[n].started, flying[n].tokens,
				    next_random(&state) % 2 ? exp(12 * chance(&state)) : 0, now);
			}
		}
		stuck += p.running != n || p.room < 1 || p.room > p.most;
	}
	ok(late == 0 && waits > 10000, "who waited as long as was said may start (%d waits)", waits);
	ok(early == 0, "not earlier");
	ok(stuck == 0, "somebody can always go on");
}

int main(void)
{
	test_settles();
	test_changes();
	test_burst();
	test_unused();
	test_pause();
	test_rpm(6, 0);
	test_rpm(60, 5);
	test_rpm(600, 5);
	test_rpm(3000, 2);
	test_tpm("right estimates", 1000, 1000, 1);
	test_tpm("estimates too low", 100, 1000, 1);
	test_tpm("estimates too high", 8000, 1000, 1);
	test_tpm("too high, slow replies", 5000, 1000, 10);
	test_tpm("larger than what is saved up", 50000, 20000, 1);
	test_large();
	test_waits();
	return done();
}
