#include "giveup.h"
#include "help.h"
#include "tap.h"

static struct giveup g;

/* So many that end so; how many of them were one too many. */
static int add(enum fault_code code, int n)
{
	int stops = 0;

	while (n-- > 0)
		stops += giveup_add(&g, code);
	return stops;
}

static void test_row(enum fault_code code, const char *why)
{
	giveup_init(&g, "");
	ok(add(code, 19) == 0 && g.why[0] == '\0', "%s: nineteen in a row", fault_name(code));
	ok(add(F_NONE, 1) == 0 && add(code, 19) == 0, "one that went well begins a new row");
	ok(add(F_SERVER, 1) == 0 && add(code, 19) == 0, "so does another fault");
	ok(add(F_INTERRUPTED, 1) == 0 && add(F_SKIPPED, 1) == 0 && add(code, 1) == 1, "not one that was stopped: the twentieth");
	is(g.why, why, "why");
	ok(add(code, 50) == 0 && add(F_NONE, 1) == 0, "said once");
	is(g.why, why, "and kept");
}

static void test_mixed(void)
{
	int i, stops = 0;

	giveup_init(&g, NULL);
	for (i = 0; i < 100; i++)
		stops += add(i % 2 ? F_CONNECT : F_AUTH, 1);
	ok(stops == 0, "the two by turns are no row: somebody answers");
	ok(add(F_SERVER, 500) + add(F_RATE_LIMIT, 500) + add(F_TIMEOUT, 500) + add(F_INVALID_REQUEST, 500) == 0,
	    "other faults in a row are no reason");
	ok(g.failed == 2100 && g.done == 2100, "all are counted");
}

static void test_most(void)
{
	ok(giveup_init(&g, "3") == 0 && add(F_SERVER, 3) == 0 && add(F_NONE, 1000) == 0 && add(F_INPUT, 1) == 1, "the fourth of three");
	is(g.why, "4 of 1004 requests failed, more than --max-failures 3", "why");
	ok(giveup_init(&g, "0") == 0 && add(F_NONE, 5) == 0 && add(F_SKIPPED, 5) == 0 && add(F_EMPTY, 1) == 1, "none is allowed");
}

static void test_share(void)
{
	ok(giveup_init(&g, "10%") == 0 && add(F_SERVER, 19) == 0 && add(F_SERVER, 1) == 1, "a share counts from twenty on");
	is(g.why, "20 of 20 requests failed, more than --max-failures 10%", "why");
	ok(giveup_init(&g, "10%") == 0 && add(F_NONE, 90) == 0 && add(F_SERVER, 10) == 0 && add(F_SERVER, 1) == 1, "more than a tenth");
	ok(giveup_init(&g, "12.5%") == 0 && add(F_NONE, 35) == 0 && add(F_SERVER, 5) == 0 && add(F_SERVER, 1) == 1, "an eighth");
	is(g.why, "6 of 41 requests failed, more than --max-failures 12.5%", "why");
	ok(giveup_init(&g, "100%") == 0 && add(F_SERVER, 1000) == 0, "all may fail");
	ok(giveup_init(&g, "0%") == 0 && add(F_NONE, 19) == 0 && add(F_SERVER, 1) == 1, "none may");
}

static void test_texts(void)
{
	static const char *const bad[] = {
		"-1", "-1%", "%", "x", "1x", "1 %", "10%%", "101%", "1.5", "1e3", "0x10", "0x10%", "inf", "nan%", " 5", "5 ", ".", "1.2.3%",
		"99999999999999999999"
	};
	size_t i;

	for (i = 0; i < COUNT(bad); i++)
		ok(giveup_init(&g, bad[i]) == -1, "neither N nor N%%: '%s'", bad[i]);
	ok(giveup_init(&g, "") == 0 && giveup_init(&g, NULL) == 0 && add(F_SERVER, 1000) == 0, "no limit");
}

int main(void)
{
	test_row(F_CONNECT, "20 requests in a row could not connect");
	test_row(F_AUTH, "20 requests in a row had their key refused");
	test_mixed();
	test_most();
	test_share();
	test_texts();
	return done();
}
