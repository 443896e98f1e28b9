#include <math.h>

#include "help.h"
#include "retry.h"
#include "tap.h"

static const struct retry_said silent = {-1, -1};

static double chance(unsigned long long *state)
{
	return (double)(next_random(state) >> 11) / 9007199254740992.0;
}

/* Is it tried again, the first of two retries? */
static int again(enum fault_code code, const char *phase, int should, double after_ms)
{
	struct retry_said said = {after_ms, should};
	struct fault f;
	double wait = -1;

	fault_set(&f, code, "x");
	f.phase = phase;
	return retry_again(&f, &said, 1, 2, 0.5, &wait);
}

/* Which are tried again, told here once more and apart from fault.c. */
static int is_passing(int code)
{
	return code == F_CONNECT || code == F_TIMEOUT || code == F_TRUNCATED || code == F_RATE_LIMIT ||
	    code == F_OVERLOADED || code == F_SERVER || code == F_MODEL_ERROR;
}

static void test_codes(void)
{
	int code, ours;

	for (code = F_NONE; code < F_COUNT; code++) {
		ours = code == F_NONE || code == F_INTERRUPTED || code == F_SKIPPED;
		ok(again(code, NULL, -1, -1) == is_passing(code) && again(code, NULL, 1, -1) == !ours && !again(code, NULL, 0, -1),
		    "%s: %s", fault_name(code), is_passing(code) ? "again, unless told not to" : ours ? "never" : "only when told to");
	}
	ok(again(F_TIMEOUT, "connect", -1, -1) && again(F_TIMEOUT, "first_byte", -1, -1) && again(F_TIMEOUT, "idle", -1, -1),
	    "a phase that took too long: again");
	ok(!again(F_TIMEOUT, "total", -1, -1) && !again(F_TIMEOUT, "total", 1, -1), "the total: the server may still be at work");
}

static void test_limits(void)
{
	struct fault f;
	double wait = -1;
	int tries, most, bad = 0;

	fault_set(&f, F_SERVER, "x");
	for (most = 0; most < 10; most++)
		for (tries = 1; tries < 20; tries++)
			bad += retry_again(&f, &silent, tries, most, 0, &wait) != (tries <= most);
	ok(bad == 0, "as many retries as allowed");
	ok(again(F_RATE_LIMIT, NULL, -1, 120000) && !again(F_RATE_LIMIT, NULL, -1, 120000.5), "over 120 s: no retry");
	ok(!again(F_RATE_LIMIT, NULL, 1, 120001), "also when told to");
}

static void test_waits(void)
{
	static const double spans[] = {500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000};
	struct retry_said said = {700, -1};
	unsigned long long state = 5;
	double wait, least, most, sum;
	struct fault f;
	int i, k, bad = 0;

	fault_set(&f, F_SERVER, "x");
	for (k = 0; k < (int)COUNT(spans); k++) {
		least = 1e9, most = sum = 0;
		for (i = 0; i < 5000; i++) {
			retry_again(&f, &silent, k + 1, 100, chance(&state), &wait);
			least = wait < least ? wait : least;
			most = wait > most ? wait : most;
			sum += wait;
		}
		ok(least >= 0 && least < spans[k] / 100 && most < spans[k] && most > 0.99 * spans[k] &&
		    fabs(sum / 5000 / spans[k] - 0.5) < 0.02, "try %d: between 0 and %g s, evenly", k + 1, spans[k] / 1000);
	}
	for (i = 0; i < 1000; i++) {
		retry_again(&f, &said, 1 + i % 3, 5, chance(&state), &wait);
		bad += wait < 700 || wait >= (i % 3 == 2 ? 2000 : 1000) || (i % 3 == 0 && wait > 700);
	}
	ok(bad == 0, "Retry-After is the least");
	ok(retry_again(&f, &silent, 1000000, 2000000, 0.5, &wait) && wait == 15000, "the millionth try");
}

/* 784111777 is Sun, 06 Nov 1994 08:49:37 GMT. */
static void says(const char *after, const char *after_ms, double want)
{
	struct retry_said said;

	retry_said(&said, after, after_ms, "", 784111747);
	ok(fabs(said.after_ms - want) < 1e-6 && said.should == -1, "Retry-After '%s', retry-after-ms '%s': %g", after, after_ms, want);
}

static void test_said(void)
{
	struct retry_said said;

	says("", "", -1);
	says("0", "", 0);
	says("7", "", 7000);
	says(" 1.5 ", "", 1500);
	says("120", "", 120000);
	says("99999999999999999999", "", 1e23);
	says("Sun, 06 Nov 1994 08:49:37 GMT", "", 30000);
	says("Sunday, 06-Nov-94 08:49:37 GMT", "", 30000);
	says("Sun Nov  6 08:49:37 1994", "", 30000);
	says("Sun, 06 Nov 1994 08:49:07 GMT", "", 0);
	says("Sun, 06 Nov 1994 08:48:07 GMT", "", 0);
	says("7", "250", 250);
	says("7", "0", 0);
	says("7", "12.5", 12.5);
	says("7", "soon", 7000);
	says("soon", "", -1);
	says("-5", "-5", -1);
	says("1e3", "0x10", -1);
	says("inf", "nan", -1);
	says("1.2.3", ".", -1);
	says("5 minutes", "5 6", -1);
	retry_said(&said, "", "", "true", 0);
	ok(said.should == 1, "x-should-retry: true");
	retry_said(&said, "", "", "False", 0);
	ok(said.should == 0, "x-should-retry: False");
	retry_said(&said, "", "", "maybe", 0);
	ok(said.should == -1, "x-should-retry: maybe");
}

static void test_budget(void)
{
	struct retry_budget b;
	double peek;
	int i, bad = 0;

	retry_budget_init(&b, 1000);
	for (i = 0; i < 100; i++)
		bad += retry_budget_take(&b, 1000) != 0;
	ok(bad == 0, "a hundred at once");
	peek = retry_budget_wait(&b, 1000);
	ok(fabs(peek - 100) < 1e-6 && retry_budget_wait(&b, 1000) == peek && retry_budget_take(&b, 1000) == peek,
	    "the next waits; to ask takes nothing");
	ok(fabs(retry_budget_take(&b, 1000) - 200) < 1e-6, "and the next longer");
	ok(retry_budget_take(&b, 1300) < 1e-6, "time fills it");
	for (i = 0; i < 5; i++)
		retry_budget_good(&b);
	ok(retry_budget_take(&b, 1300) < 1e-6 && retry_budget_wait(&b, 1300) > 99, "five successes give one");
	for (i = 0; i < 1000; i++)
		retry_budget_good(&b);
	for (i = bad = 0; i < 100; i++)
		bad += retry_budget_take(&b, 1e9) != 0;
	ok(bad == 0 && fabs(retry_budget_wait(&b, 1e9) - 100) < 1e-3, "never more than a hundred are saved up");
}

/* What will happen when, the next first: a heap. */
struct event {
	double at;
	int tries;
};
static struct event heap[20000];
static int events;

static void swap(int i, int k)
{
	struct event e = heap[i];

	heap[i] = heap[k];
	heap[k] = e;
}

static void push(double at, int tries)
{
	int i = events++;

	heap[i] = (struct event){at, tries};
	for (; i > 0 && heap[(i - 1) / 2].at > heap[i].at; i = (i - 1) / 2)
		swap(i, (i - 1) / 2);
}

static struct event pop(void)
{
	struct event first = heap[0];
	int i = 0, k;

	heap[0] = heap[--events];
	while ((k = 2 * i + 1) < events) {
		k += k + 1 < events && heap[k + 1].at < heap[k].at;
		if (heap[i].at <= heap[k].at)
			break;
		swap(i, k);
		i = k;
	}
	return first;
}

/* A try that failed at `now`: again when it must. */
static int fail(struct retry_budget *b, int tries, int most, double now, unsigned long long *state)
{
	struct fault f;
	double wait, owed;

	fault_set(&f, F_SERVER, "500");
	if (!retry_again(&f, &silent, tries, most, chance(state), &wait))
		return 0;
	owed = retry_budget_take(b, now);
	push(now + (wait > owed ? wait : owed), tries + 1);
	return 1;
}

/* 10,000 requests within ten seconds, and all that the server says is 500. */
static void test_storm(void)
{
	struct retry_budget b;
	unsigned long long state = 77;
	long retries = 0, over = 0, lost = 0;
	struct event e = {0, 0};
	int i;

	retry_budget_init(&b, 0);
	for (events = i = 0; i < 10000; i++)
		push(i, 1);
	while (events > 0) {
		e = pop();
		retries += e.tries > 1;
		over += (double)retries > 100 + 10 * e.at / 1e3 + 1e-6;
		lost += !fail(&b, e.tries, 3, e.at, &state);
	}
	ok(over == 0, "a storm: never more than 100 retries and ten a second");
	ok(retries == 30000 && lost == 10000, "each has its three retries for all that");
	ok(e.at > 2989e3 && e.at < 3020e3, "and they use what there is (%.0f s)", e.at / 1e3);
}

/* Half of the tries fail: all requests get through. */
static void test_half(void)
{
	struct retry_budget b;
	unsigned long long state = 99;
	long good = 0, lost = 0, retries = 0, over = 0;
	struct event e = {0, 0};
	int i;

	retry_budget_init(&b, 0);
	for (events = i = 0; i < 5000; i++)
		push(2 * i, 1);
	while (events > 0) {
		e = pop();
		retries += e.tries > 1;
		over += (double)retries > 100 + 10 * e.at / 1e3 + 0.2 * (double)good + 1e-6;
		if (next_random(&state) >> 63) {
			good++;
			retry_budget_good(&b);
		} else {
			lost += !fail(&b, e.tries, 40, e.at, &state);
		}
	}
	ok(good == 5000 && lost == 0, "half of the tries fail: %ld get through, %ld are lost, in %.0f s", good, lost, e.at / 1e3);
	ok(over == 0 && retries > 4500 && retries < 5500, "%ld retries, within what time and successes give", retries);
	ok(e.at < 600e3, "it comes to an end");
}

int main(void)
{
	test_codes();
	test_limits();
	test_waits();
	test_said();
	test_budget();
	test_storm();
	test_half();
	return done();
}
