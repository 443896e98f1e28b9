/*
 * Gathering is tested by simulation: streams that a server sends at its own
 * pace, and a sender that sees what came only when it has waited.
 */
#include "gather.h"
#include "tap.h"

enum { MOST = 256 };

static struct stream { double started; } stream[MOST];

struct told {
	double wall, first_late;	/* ms: all of it; a first chunk, at most */
	long looks;
};

/* `at_once` streams, each followed by another until `rounds` have gone by, of `lasts` ms with a first chunk after `first`. */
static struct told run(int at_once, int rounds, double lasts, double first, int in_step)
{
	struct told told = {0, 0, 0};
	double now = 0, age, end;
	int i, n, left = at_once * rounds, flying = at_once, wait;

	for (i = 0; i < at_once; i++)
		stream[i].started = in_step ? 0 : -lasts * i / at_once;
	while (flying > 0) {
		for (age = i = n = 0; i < at_once; i++)
			if (stream[i].started > -1e9 && now - stream[i].started >= first) {
				age += now - stream[i].started;
				n++;
			}
		wait = gather_ms(flying, n, 0, age);
		end = now + (wait > 0 ? wait : 1);	/* else it is woken by what comes, some millisecond */
		for (i = 0; i < at_once; i++)
			if (stream[i].started > -1e9 && stream[i].started + first > now && stream[i].started + first <= end &&
			    end - stream[i].started - first > told.first_late)
				told.first_late = end - stream[i].started - first;
		now = end;
		told.looks++;
		for (i = 0; i < at_once; i++)
			if (stream[i].started > -1e9 && now - stream[i].started >= lasts) {
				left--;
				stream[i].started = left >= flying ? now : -1e10;
				flying -= left < flying;
			}
	}
	told.wall = now;
	return told;
}

static void test_pace(void)
{
	static const double lasts[] = {50, 100, 300, 1000, 5000};
	struct told told;
	size_t i;
	int in_step;

	for (in_step = 0; in_step < 2; in_step++)
		for (i = 0; i < sizeof lasts / sizeof *lasts; i++) {
			told = run(64, 40, lasts[i], 20, in_step);
			ok(told.wall <= 1.04 * 40 * lasts[i], "64 streams of %.0f ms, %s: %.3f of the ideal time", lasts[i],
			    in_step ? "in step" : "spread", told.wall / (40 * lasts[i]));
			ok(told.first_late <= GATHER_FIRST_MS, "a first chunk is seen %.1f ms late at most", told.first_late);
		}
}

static void test_saving(void)
{
	struct told told = run(256, 1, 10000, 20, 1);

	ok(told.looks < 600, "256 streams of 10 s: looked at %ld times", told.looks);
}

static void test_watched(void)
{
	ok(gather_ms(GATHER_FROM - 1, GATHER_FROM - 1, GATHER_FROM - 1, 1e6) == 0, "few streams that are watched are read as they come");
	ok(gather_ms(32, 32, 32, 32 * 1e5) == GATHER_WATCHED_MS, "32: %d ms", GATHER_WATCHED_MS);
	ok(gather_ms(64, 64, 1, 64 * 1e5) == 2 * GATHER_WATCHED_MS, "64, one of them watched: twice that");
	ok(gather_ms(1000, 1000, 1000, 1000 * 1e5) == GATHER_MS, "very many: as if nobody watched");
	ok(gather_ms(1000, 999, 999, 999 * 1e5) == GATHER_FIRST_MS, "while a first chunk is due: %d ms", GATHER_FIRST_MS);
	ok(gather_ms(64, 64, 64, 64 * 16) == 1, "no more than a sixteenth of their age");
}

static void test_few(void)
{
	ok(gather_ms(GATHER_FROM - 1, GATHER_FROM - 1, 0, 1e6) == 0, "few streams are read as they come");
	ok(gather_ms(64, 0, 0, 0) == 0, "requests that are no streams are not waited for");
	ok(gather_ms(64, 32, 0, 1e6) == 0, "nor half of them");
	ok(gather_ms(64, 64, 0, 64 * 1e5) == GATHER_MS, "long streams: %d ms", GATHER_MS);
	ok(gather_ms(64, 63, 0, 63 * 1e5) == GATHER_FIRST_MS, "while a first chunk is due: %d ms", GATHER_FIRST_MS);
}

int main(void)
{
	test_pace();
	test_saving();
	test_few();
	test_watched();
	return done();
}
