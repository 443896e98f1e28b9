/* The lists that flights stand in keep their order, and long ones cost nothing. */
#include <stdlib.h>
#include <time.h>

#include "help.h"
#include "lineup.h"
#include "tap.h"

enum { N = 20000 };

static struct flight *flights;

static int in_order(const struct host *h, long n)
{
	const struct flight *t, *last = NULL;

	for (t = h->line; t != NULL; last = t, t = t->next, n--)
		if (last != NULL && last->number >= t->number)
			return 0;
	return n == 0 && last == (h->line != NULL ? h->last : NULL);
}

static void test_line(void)
{
	unsigned long long state = 7;
	struct host h = {.line = NULL};
	long i, j, n = 0;
	char in[100] = {0};

	for (i = 0; i < 20000; i++) {
		j = (long)(next_random(&state) % 100);
		flights[j].number = j;
		if (in[j])
			lineup_leave(&h, &flights[j]);
		else
			lineup_join(&h, &flights[j]);
		n += in[j] ? -1 : 1;
		in[j] = !in[j];
		if (!in_order(&h, n))
			break;
	}
	ok(i == 20000, "whoever comes and goes, the line is in the order of the input");
}

/* Twenty thousand come in, and leave from its head: a walk along it each time would take half a minute. */
static void test_long(void)
{
	struct host h = {.line = NULL};
	clock_t began = clock();
	long i, round;

	for (round = 0; round < 20; round++) {
		for (i = 0; i < N; i++) {
			flights[i].number = i;
			lineup_join(&h, &flights[i]);
		}
		while (h.line != NULL)
			lineup_leave(&h, h.line);
	}
	ok(clock() - began < 5 * CLOCKS_PER_SEC, "a long line is filled and emptied twenty times");
}

static void test_due(void)
{
	struct flight *list = NULL;
	int i;

	for (i = 0; i < 6; i++)
		lineup_due(&list, &flights[i], (i * 2) % 6);	/* 0 2 4 0 2 4 */
	ok(list == &flights[0] && list->next == &flights[3] && list->next->next == &flights[1], "the next due is first, equals as they came");
	lineup_take_out(&list, &flights[3]);
	lineup_take_out(&list, &flights[0]);
	ok(list == &flights[1] && list->next == &flights[4], "and any can be taken out");
}

int main(void)
{
	if ((flights = calloc(N, sizeof *flights)) == NULL)
		return 1;
	test_line();
	test_long();
	test_due();
	free(flights);
	return done();
}
