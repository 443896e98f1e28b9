#include "buf.h"
#include "help.h"
#include "mtime.h"
#include "tap.h"

static void test_pause(void)
{
	unsigned long long i;
	long long us, least = 1000, most = 0, sum = 0;
	int same = 1, differs = 0;

	ok(mtime_pause(1, 2, 0, 1000) == 1000, "no jitter");
	ok(mtime_pause(1, 2, 10, 0) == 0, "no pause");
	for (i = 0; i < 10000; i++) {
		us = mtime_pause(7, i, 20, 1000);
		least = us < least ? us : least;
		most = us > most ? us : most;
		sum += us;
		same &= us == mtime_pause(7, i, 20, 1000);
		differs |= us != mtime_pause(8, i, 20, 1000);
	}
	ok(least >= 800 && least < 810 && most <= 1200 && most > 1190, "as far as said, both ways");
	ok(sum / 10000 > 990 && sum / 10000 < 1010, "on average what was said");
	ok(same && differs, "the seed decides");
	ok(mtime_pause(1, 1, 100, 86400000000LL) >= 0, "a day");
}

static void test_cues(void)
{
	struct buf out;
	struct mcues q = {0};
	struct mtime t = {5, 100, 20, 0, 0, 0, 0};
	struct mreply to = {.out = &out, .cues = &q};

	buf_init(&out, 100);
	mtime_head(&to);
	ok(mtime_token(&to) == 0, "without times no pause");
	mtime_whole(&to, span_of("a"));
	ok(q.n == 0, "without times no cues");
	to.time = &t;
	mtime_head(&to);
	ok(q.n == 1 && q.list[0].us == 5, "the head");
	ok(mtime_token(&to) == 100 && mtime_token(&to) == 20 && t.pauses == 3, "first token, next");
	mcue_clear(&q);
	mtime_whole(&to, span_of("a b c d"));
	ok(q.n == 1 && q.list[0].us == 160, "a reply in one piece waits for all");
	mcue_clear(&q);
	t.ttft = 0;
	mtime_whole(&to, span_of("a b  c d "));
	ok(q.n == 1 && q.list[0].us == 80, "the first token as each other one");
	mcue_release(&q);
	buf_release(&out);
}

int main(void)
{
	test_pause();
	test_cues();
	return done();
}
