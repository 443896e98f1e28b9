/* Scripts: what matches, what is read, where a fault is told; memory of the exact size. */
#include "help.h"
#include "mscript.h"

static struct mscript script;

/* Reads a script that has no byte behind it. */
static int reads(const char *text, size_t n)
{
	char *p = exact(text, n);
	int got;

	mscript_init(&script);
	buf_add(&script.file, p, n);
	free(p);
	got = mscript_read(&script, "s");
	return got;
}

static void refuses(const char *text, const char *want)
{
	reads(text, strlen(text));
	is(script.err, want, shown(text));
	mscript_release(&script);
}

/* The index of the line that matches, or -1. */
static int finds(const char *model, const char *text, unsigned long long n)
{
	const struct mscript_line *l = mscript_find(&script, span_of(model), span_of(text), n);

	return l != NULL ? (int)(l - script.lines) : -1;
}

static void test_find(void)
{
	static const char text[] =
	    "{\"match\":{\"text\":\"aab\"}}\n"
	    "{\"match\":{\"contains\":\"aab\",\"n\":3}}\n"
	    "{\"match\":{\"model\":\"a/b\"}}\n"
	    "{\"match\":{\"model\":\"c\",\"text\":\"x\",\"contains\":\"\"}}\n";

	ok(reads(text, sizeof text - 1) == 0, "read");
	ok(finds("\"m\"", "aab", 1) == 0, "exact text");
	ok(finds("\"m\"", "aaabx", 3) == 1, "part of a text, behind its own beginning");
	ok(finds("\"m\"", "aaabx", 2) == -1, "another ordinal");
	ok(finds("\"m\"", "aa", 3) == -1, "shorter than what it is to contain");
	ok(finds("\"a\\/b\"", "", 1) == 2, "the model's name may be escaped");
	ok(finds(NULL, "", 1) == -1, "no model");
	ok(finds("\"c\"", "x", 1) == 3, "an empty part is in each text");
	mscript_release(&script);
}

static void test_answer(void)
{
	static const char text[] = "\xef\xbb\xbf{\"text\":\"\\u0000\\ud83dx\",\"reasoning\":\"\","
	    "\"finish\":\"length\",\"calls\":[{\"name\":\"f\"}],\"usage\":{\"a\":1},\"ttft_ms\":7}\r\n"
	    "{\"text\":null}\n{}\n{\"status\":500,\"body\":[1]}";
	const struct mscript_line *l;

	ok(reads(text, sizeof text - 1) == 0 && script.n == 4, "a byte order mark, CR LF, and no last line end");
	l = script.lines;
	ok(l[0].answer.text.n == 5 && memcmp(l[0].answer.text.p, "\0\xef\xbf\xbdx", 5) == 0, "a decoded text");
	ok(l[0].answer.reasoning.p != NULL && l[0].answer.reasoning.n == 0, "an empty text is one");
	is(l[0].answer.finish, "length", "finish");
	ok(span_is(l[0].answer.calls, "[{\"name\":\"f\"}]") && span_is(l[0].answer.usage, "{\"a\":1}"), "JSON as it stands");
	ok(l[0].ttft_ms == 7 && !l[0].silent, "a pause");
	ok(l[1].answer.text.p == NULL && !l[1].silent, "null says nothing");
	ok(l[2].silent, "no text leaves the usual one");
	ok(l[3].status == 500 && !l[3].plain && span_is(l[3].body, "[1]"), "a status with a body");
	mscript_release(&script);
}

static void test_bad(void)
{
	refuses("", "s:1:1: nothing in it: a line is due, such as {\"text\":\"4\"}");
	refuses(" \n\n", "s:3:1: nothing in it: a line is due, such as {\"text\":\"4\"}");
	refuses("{}\n\n {\"n\":1}", "s:3:3: unknown member: n");
	refuses("\xef\xbb\xbf[]", "s:1:1: an object is due, such as {\"match\":{\"n\":1},\"text\":\"4\"}");
	refuses("{\"match\":{\"match\":{}}}", "s:1:11: unknown member: match");
	refuses("{\"calls\":[{\"name\":\"\",\"id\":1}]}", "s:1:27: id: a string is due");
}

/* Any beginning of a good script is good or refused, and nothing is read behind it. */
static void test_cut(void)
{
	static const char text[] = "{\"match\":{\"model\":\"m\\u0041\",\"n\":12},\"calls\":[{\"id\":\"i\",\"name\":\"f\","
	    "\"arguments\":{\"a\":[1]}}],\"usage\":{},\"delay_ms\":1}\n{\"status\":404,\"body\":\"x\"}";
	size_t n;
	int bad = 0;

	for (n = 0; n < sizeof text; n++) {
		if (reads(text, n) < 0)
			bad += script.err[0] == '\0';
		mscript_release(&script);
	}
	ok(bad == 0, "each cut script is read or told");
}

int main(void)
{
	test_find();
	test_answer();
	test_bad();
	test_cut();
	return done();
}
