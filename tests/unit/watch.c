/* watch.c - event lines go out whole, in their order, and many in one write. */
#include "limits.h"
#include "tap.h"
#include "watch.h"

static struct buf seen;
static int writes;

static void put(void *ctx, struct buf *lines)
{
	(void)ctx;
	buf_add(&seen, buf_text(lines), lines->len);
	buf_adds(&seen, "|");
	writes++;
}

static void begin(struct watch *w, struct flight *t, int events, int gathers)
{
	*t = (struct flight){.events = events};
	buf_init(&t->held, MAX_EVENT);
	buf_init(&t->request.id, 100);
	buf_adds(&t->request.id, "\"a\"");
	watch_init(w, put, NULL);
	w->gathers = gathers;
	buf_clear(&seen);
	writes = 0;
}

static void end(struct watch *w, struct flight *t)
{
	buf_release(&t->held);
	buf_release(&t->request.id);
	watch_release(w);
}

#define LINE(chunk) "{\"custom_id\":\"a\",\"event\":" chunk "}"

static void test_one(void)
{
	struct watch w;
	struct flight t;

	begin(&w, &t, 1, 0);
	watch_restart(&w, &t);
	ok(seen.len == 0, "nothing was shown that would not count");
	watch_chunk(&w, &t, span_of("1"));
	is(buf_text(&seen), LINE("1") "|", "a line goes out as it comes");
	watch_restart(&w, &t);
	is(buf_text(&seen), LINE("1") "|" LINE("\"restart\"") "|", "and that it doesn't count");
	watch_flush(&w);
	ok(writes == 2, "nothing is left");
	end(&w, &t);
}

static void test_held(void)
{
	struct watch w;
	struct flight t;

	begin(&w, &t, -1, 0);
	watch_chunk(&w, &t, span_of("1"));
	watch_chunk(&w, &t, span_of("2"));
	ok(writes == 0 && t.held.len > 0, "while it is not known whether somebody watches, lines are held");
	t.events = 1;
	watch_chunk(&w, &t, span_of("3"));
	is(buf_text(&seen), LINE("1") "\n" LINE("2") "\n" LINE("3") "|", "then they go out");
	end(&w, &t);
	begin(&w, &t, -1, 0);
	watch_chunk(&w, &t, span_of("1"));
	t.events = 0;
	watch_chunk(&w, &t, span_of("2"));
	watch_held(&w, &t);
	ok(writes == 0 && t.held.len == 0 && !t.shown, "or never");
	end(&w, &t);
}

static void test_many(void)
{
	static char big[70000];
	struct watch w;
	struct flight t;
	int i;

	begin(&w, &t, 1, 1);
	watch_chunk(&w, &t, span_of("1"));
	watch_restart(&w, &t);
	watch_chunk(&w, &t, span_of("2"));
	ok(writes == 0, "of many streams lines wait for the end of the step");
	watch_flush(&w);
	is(buf_text(&seen), LINE("1") "\n" LINE("\"restart\"") "\n" LINE("2") "|", "and go out together");
	memset(big, '1', sizeof big - 1);
	watch_chunk(&w, &t, span_of("1"));
	watch_chunk(&w, &t, span_of(big));
	ok(writes == 3 && w.lines.len == 0, "a long one doesn't wait, nor pass what is before it");
	for (i = 0; i < 10000; i++)
		watch_chunk(&w, &t, span_of("1"));
	ok(writes >= 3 + 10000 * 30 / 65536 && writes < 20, "no more than 64 KB wait");
	end(&w, &t);
}

int main(void)
{
	buf_init(&seen, MAX_RECORD);
	test_one();
	test_held();
	test_many();
	buf_release(&seen);
	return done();
}
