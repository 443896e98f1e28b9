/* openids.c - events whose record did not come. */
#include <stdio.h>

#include "limits.h"
#include "openids.h"
#include "tap.h"

static struct span token(long i)
{
	static char text[32];

	snprintf(text, sizeof text, "\"%ld\"", i);
	return span_of(text);
}

static void test_few(void)
{
	struct openids o;
	struct buf id;

	openids_init(&o);
	buf_init(&id, MAX_RECORD);
	openids_end(&o, span_of("\"a\""));
	ok(!openids_take(&o, &id), "none is open");
	ok(openids_event(&o, span_of("\"a\"")), "the first event of one");
	ok(!openids_event(&o, span_of("\"a\"")), "the second");
	ok(!openids_event(&o, span_of("\"\\u0061\"")), "written otherwise it is the same");
	ok(openids_event(&o, span_of("\"b \\\"\\u0000\"")), "another's");
	ok(openids_event(&o, span_of("\"c\"")), "and another's");
	openids_end(&o, span_of("\"a\""));
	openids_end(&o, span_of("\"a\""));
	ok(openids_take(&o, &id), "the oldest is left");
	is(buf_text(&id), "\"b \\\"\\u0000\"", "as a token");
	ok(openids_event(&o, span_of("\"a\"")), "one that was open may be so again");
	ok(openids_take(&o, &id) && strcmp(buf_text(&id), "\"a\"") == 0, "a");
	ok(openids_take(&o, &id) && strcmp(buf_text(&id), "\"c\"") == 0, "c");
	ok(!openids_take(&o, &id) && id.len == 0, "none is left");
	buf_release(&id);
	openids_release(&o);
}

/* Ten at once, and one that stays: 100,000 come and go. */
static void test_many(void)
{
	struct openids o;
	struct buf id;
	size_t most = 0;
	long i;
	int good = 1;

	openids_init(&o);
	buf_init(&id, MAX_RECORD);
	openids_event(&o, span_of("\"stays\""));
	for (i = 0; i < 100000; i++) {
		good &= openids_event(&o, token(i));
		if (i >= 10)
			openids_end(&o, token(i - 10));
		most = o.ids.n > most ? o.ids.n : most;
	}
	ok(good && most < 1100, "100,000 come and go: %zu places", most);
	ok(o.n == 11 && openids_take(&o, &id) && strcmp(buf_text(&id), "\"stays\"") == 0, "the one that stayed is there");
	for (i = 99990; openids_take(&o, &id); i++)
		good &= span_is((struct span){buf_text(&id), id.len}, token(i).p);
	ok(good && i == 100000, "and the last ten, in their order");
	buf_release(&id);
	openids_release(&o);
}

int main(void)
{
	test_few();
	test_many();
	return done();
}
