#include "buf.h"
#include "help.h"
#include "mseq.h"
#include "tap.h"

static void wrong(const char *text, const char *want)
{
	struct mseq q;
	char err[300] = "";

	ok(mseq_read(&q, text, strlen(text), err, sizeof err) < 0 && q.item == NULL, "refused: %s", shown(text));
	is(err, want, "where and why");
}

static void test_wrong(void)
{
	static const struct { const char *text, *want; } t[] = {
		{"", "column 1: there is no fault"},
		{" # ok\n", "line 1, column 1: there is no fault"},
		{"ok,\n\n  fo", "line 3, column 3: no such fault: fo"},
		{"STATUS", "column 1: no such fault: STATUS"},
		{"399", "column 1: a status is 400 to 599: 399"},
		{"600", "column 1: a status is 400 to 599: 600"},
		{"cut", "column 1: cut: it takes BYTES|events=N"},
		{"cut(-1)", "column 5: cut: it takes BYTES|events=N"},
		{"cut(lines=3)", "column 5: cut: it takes BYTES|events=N"},
		{"cut(1,2)", "column 7: cut: too many arguments: it takes BYTES|events=N"},
		{"length(5)", "column 8: length: it takes +N|-N"},
		{"length(+0)", "column 8: length: it takes +N|-N"},
		{"hold(86400001)", "column 6: hold: milliseconds, at most a day, belong here"},
		{"refuse(1,2,3)", "column 10: refuse: too many arguments: it takes MS"},
		{"stream(x)", "column 8: stream: it takes data|done|line|event|finish|flat|end"},
		{"stall(12345678901234567)", "column 7: stall: it takes accept|head|first|BYTES,MS"},
		{"503(content-length=3)", "column 5: 503: the length is said by the reply itself: see length, chunk"},
		{"503(a=\"b)", "column 7: a quoted value without its end"},
		{"503(a=b\001)", "column 8: a control character"},
		{"503(a=b(c))", "column 8: it belongs in double quotes"},
		{"503(a=b,)", "column 9: an argument is missing"},
		{"503(a=1,a=2,a=3,a=4,a=5,a=6,a=7,a=8,a=9)", "column 37: too many arguments"},
		{"503(a=b", "column 4: a bracket without its end"},
		{"503*1000000001", "column 5: too many times"},
		{",503", "column 1: a fault is missing"},
		{"503;ok", "column 4: a comma is expected"},
	};
	size_t i;

	for (i = 0; i < COUNT(t); i++)
		wrong(t[i].text, t[i].want);
}

static void test_sequence(void)
{
	static const char text[] = "429(retry-after=\"a, b\", x = 1)*2\nok , # and so on\n cut(events=3)\t,stall(head)*";
	struct mseq q;
	char err[300] = "";
	const struct mfault *f;

	if (!ok(mseq_read(&q, text, sizeof text - 1, err, sizeof err) < 0, "a blank before = is no name"))
		return;
	if (!ok(mseq_read(&q, "429(retry-after=\"a, b\", x= 1 )*2\nok , # and so on\n cut(events=3)\t,stall(head)*", 78, err, sizeof err) == 0,
	    "several lines %s", err))
		return;
	f = mseq_next(&q);
	ok(f->status == 429 && f->nargs == 2 && span_is(f->arg[0].name, "retry-after") && span_is(f->arg[0].value, "a, b") &&
	    span_is(f->arg[1].name, "x") && span_is(f->arg[1].value, "1"), "a status and its headers");
	ok(mseq_next(&q) == f && mseq_next(&q) != f, "twice, then the next");
	f = mseq_next(&q);
	ok(f->events && f->n == 3, "a count of events");
	f = mseq_next(&q);
	ok(f->word == 1 && f->ms == -1 && mseq_next(&q) == f && mseq_next(&q) == f, "for ever");
	mseq_release(&q);
	ok(mseq_read(&q, "ok*1,503", 8, err, sizeof err) == 0 && mseq_next(&q) && mseq_next(&q) && mseq_next(&q) == NULL &&
	    mseq_next(&q) == NULL, "after the last there is none");
	mseq_release(&q);
	ok(mseq_next(&q) == NULL, "none at all");
}

int main(void)
{
	test_wrong();
	test_sequence();
	return done();
}
