#include "help.h"
#include "mcue.h"
#include "tap.h"

static size_t upto;
static long long due;

static enum mcue_now at(struct mcues *q, size_t sent, size_t len, long long now)
{
	upto = 0;
	due = -1;
	return mcue_now(q, sent, len, now, &upto, &due);
}

static void test_waits(void)
{
	struct mcues q = {0};

	ok(at(&q, 0, 10, 0) == MCUE_SEND && upto == 10, "without cues all goes out");
	mcue_add(&q, 0, MCUE_WAIT, 100);
	mcue_add(&q, 4, MCUE_WAIT, 50);
	mcue_add(&q, 8, MCUE_WAIT, 50);
	ok(at(&q, 0, 10, 1000) == MCUE_SLEEP && due == 1100, "a wait begins when it is met");
	ok(at(&q, 0, 10, 1099) == MCUE_SLEEP && due == 1100, "and lasts");
	ok(at(&q, 0, 10, 1130) == MCUE_SEND && upto == 4, "then the bytes up to the next");
	ok(at(&q, 4, 10, 1135) == MCUE_SLEEP && due == 1150, "which counts from when the one before was due");
	ok(at(&q, 4, 10, 1210) == MCUE_SEND && upto == 8, "late");
	ok(at(&q, 8, 10, 1210) == MCUE_SEND && upto == 10, "a wait that is over already is none");
	ok(at(&q, 10, 10, 1210) == MCUE_SEND && upto == 10, "the end");
	mcue_clear(&q);
	mcue_add(&q, 3, MCUE_WAIT, 0);
	ok(at(&q, 0, 10, 5) == MCUE_SEND && upto == 3 && at(&q, 3, 10, 5) == MCUE_SEND && upto == 10, "no wait parts what is sent");
	mcue_clear(&q);
	mcue_add(&q, 0, MCUE_WAIT, 10);
	mcue_add(&q, 0, MCUE_WAIT, 10);
	at(&q, 0, 1, 100);
	at(&q, 0, 1, 110);
	ok(at(&q, 0, 1, 5000000) == MCUE_SEND, "two at a place, one after the other");
	mcue_release(&q);
}

static void test_ends(void)
{
	struct mcues q = {0};

	mcue_add(&q, 2, MCUE_CLOSE, 0);
	ok(at(&q, 0, 10, 1) == MCUE_SEND && upto == 2 && at(&q, 2, 10, 1) == MCUE_END, "close");
	mcue_clear(&q);
	mcue_add(&q, 0, MCUE_RESET, 0);
	ok(at(&q, 0, 0, 1) == MCUE_BREAK, "reset, with nothing sent");
	mcue_clear(&q);
	mcue_add(&q, 10, MCUE_HOLD, 0);
	ok(at(&q, 10, 10, 1) == MCUE_SLEEP && due == 0 && at(&q, 10, 10, 99) == MCUE_SLEEP && due == 0, "held for ever");
	mcue_clear(&q);
	mcue_add(&q, 10, MCUE_AGAIN, 4);
	ok(at(&q, 10, 10, 1) == MCUE_BACK && upto == 4 && at(&q, 4, 10, 1) == MCUE_SEND && upto == 10 &&
	    at(&q, 10, 10, 1) == MCUE_BACK && upto == 4, "again and again");
	mcue_clear(&q);
	mcue_add(&q, 1, MCUE_DRIP, 5);
	ok(at(&q, 0, 3, 100) == MCUE_SEND && upto == 1, "before a drip as usual");
	ok(at(&q, 1, 3, 100) == MCUE_SLEEP && due == 105 && at(&q, 1, 3, 106) == MCUE_SEND && upto == 2 &&
	    at(&q, 2, 3, 106) == MCUE_SLEEP && due == 110 && at(&q, 2, 3, 110) == MCUE_SEND && upto == 3 &&
	    at(&q, 3, 3, 110) == MCUE_SEND && upto == 3, "then byte by byte");
	mcue_release(&q);
}

static void test_edits(void)
{
	struct mcues q = {0};
	size_t i;

	for (i = 0; i < 200; i++)
		mcue_add(&q, i * 10, MCUE_WAIT, (long long)i);
	mcue_insert(&q, 50, MCUE_DRIP, 1);
	ok(q.n == 201 && q.list[5].act == MCUE_WAIT && q.list[6].act == MCUE_DRIP && q.list[6].at == 50 &&
	    q.list[7].us == 6, "inserted behind the one at its place");
	mcue_splice(&q, 20, 10, 15);
	ok(q.list[2].at == 20 && q.list[3].at == 35 && q.list[200].at == 1995, "longer: what follows moves on");
	mcue_splice(&q, 30, 100, 0);
	ok(q.list[2].at == 20 && q.list[3].at == 30 && q.list[12].at == 30 && q.list[14].at == 35, "shorter: what was inside stands at its place");
	mcue_cut(&q, 30);
	ok(q.n == 3 && q.list[2].at == 20, "cut off");
	mcue_insert(&q, 0, MCUE_WAIT, 77);
	ok(q.list[0].us == 0 && q.list[1].us == 77, "at the start, in order");
	mcue_release(&q);
}

int main(void)
{
	test_waits();
	test_ends();
	test_edits();
	return done();
}
