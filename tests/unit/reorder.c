#include <limits.h>
#include <stdint.h>

#include "help.h"
#include "reorder.h"
#include "tap.h"

enum { MANY = 10000 };

static struct reorder r;

/* The line of a number: every seventh is empty, lengths differ. */
static size_t line_of(long k, char *text, size_t size)
{
	if (k % 7 == 3)
		return 0;
	return (size_t)snprintf(text, size, "{\"id\":%ld,\"x\":\"%.*s\"}", k, (int)(k % 40), "0123456789012345678901234567890123456789");
}

static long expected, wrong;

static void take_all(void)
{
	char want[128], *text;
	size_t n, len;

	while (reorder_next(&r, &text, &n)) {
		len = line_of(expected++, want, sizeof want);
		wrong += n != len || memcmp(text, want, len) != 0 || text[n] != '\0';
		free(text);
	}
}

/* The numbers in an order in which none comes more than `far` places early or late. */
static void shuffle(long *order, long far, unsigned long long *state)
{
	long i, k, other, v;

	for (i = 0; i < MANY; i++)
		order[i] = i;
	for (i = 0; i < MANY; i += far)
		for (k = i; k < i + far && k < MANY; k++) {
			other = k + (long)(next_random(state) % (unsigned long long)((i + far < MANY ? i + far : MANY) - k));
			v = order[k];
			order[k] = order[other];
			order[other] = v;
		}
}

static void test_permutation(long far, unsigned long long seed)
{
	static long order[MANY];
	char text[128];
	size_t n, most = 0;
	long i, failed = 0;

	shuffle(order, far, &seed);
	reorder_init(&r);
	expected = wrong = 0;
	for (i = 0; i < MANY; i++) {
		n = line_of(order[i], text, sizeof text);
		failed += reorder_put(&r, order[i], text, n) != 0;
		most = r.bytes > most ? r.bytes : most;
		take_all();
	}
	ok(expected == MANY && wrong == 0 && failed == 0, "in order, up to %ld places off", far);
	ok(r.bytes == 0 && (far == 1) == (most <= 128 + REORDER_COST), "nothing is held at the end; at most it was %zu bytes", most);
	ok(r.size <= 2 * (size_t)far + 64, "a ring of %zu places", r.size);
	reorder_release(&r);
}

/* The ring grows wherever in it the due number stands. */
static void test_grow(void)
{
	char text[128];
	long from, k;
	int bad = 0;

	for (from = 0; from < 200; from++) {
		reorder_init(&r);
		expected = wrong = 0;
		for (k = 0; k < from; k++) {
			bad += reorder_put(&r, k, text, line_of(k, text, sizeof text));
			take_all();
		}
		for (k = from + 300; k >= from; k--)
			if (k % 2 == 0)
				bad += reorder_put(&r, k, text, line_of(k, text, sizeof text));
		for (k = from; k <= from + 700; k++)
			if (k % 2 != 0 || k > from + 300)
				bad += reorder_put(&r, k, text, line_of(k, text, sizeof text));
		take_all();
		bad += wrong != 0 || expected != from + 701 || r.bytes != 0;
		reorder_release(&r);
	}
	ok(bad == 0, "nothing is lost where the ring grows");
}

static void test_bytes(void)
{
	char *text;
	size_t n;

	reorder_init(&r);
	ok(!reorder_next(&r, &text, &n), "nothing came");
	ok(reorder_put(&r, 2, "cc", 2) == 0 && reorder_put(&r, 1, "", 0) == 0 && r.bytes == 2 + 2 * REORDER_COST, "two are held");
	ok(!reorder_next(&r, &text, &n) && r.bytes == 2 + 2 * REORDER_COST, "the first isn't there");
	ok(reorder_put(&r, 0, "a", 1) == 0 && reorder_next(&r, &text, &n) && n == 1 && strcmp(text, "a") == 0, "the first");
	free(text);
	ok(reorder_next(&r, &text, &n) && n == 0 && text[0] == '\0', "an empty one has its turn");
	free(text);
	ok(reorder_next(&r, &text, &n) && n == 2 && strcmp(text, "cc") == 0, "the last");
	free(text);
	ok(r.bytes == 0 && !reorder_next(&r, &text, &n), "none is left");
	reorder_release(&r);
}

static void test_release(void)
{
	reorder_init(&r);
	reorder_put(&r, 5, "abc", 3);
	reorder_put(&r, 500, "abc", 3);
	reorder_release(&r);
	ok(r.bytes == 0 && r.size == 0, "what is held is freed");
}

static void test_no_memory(void)
{
	char *text;
	size_t n;

	reorder_init(&r);
	reorder_put(&r, 1, "b", 1);
	ok(reorder_put(&r, LONG_MAX, "x", 1) == -1, "a number too far off");
	ok(reorder_put(&r, 0, "x", SIZE_MAX) == -1, "a line too long");
#ifdef __SANITIZE_ADDRESS__
	skip("the sanitizer ends a program that asks for so much");
#else
	ok(reorder_put(&r, 0, "x", SIZE_MAX / 4) == -1, "more than there is");
#endif
	ok(r.bytes == 1 + REORDER_COST && !reorder_next(&r, &text, &n), "nothing has changed");
	ok(reorder_put(&r, 0, "a", 1) == 0 && reorder_next(&r, &text, &n) && n == 1 && text[0] == 'a', "it goes on");
	free(text);
	reorder_release(&r);
}

int main(void)
{
	test_permutation(1, 1);
	test_permutation(16, 2);
	test_permutation(600, 3);
	test_permutation(MANY, 4);
	test_permutation(MANY, 5);
	test_grow();
	test_bytes();
	test_release();
	test_no_memory();
	return done();
}
