#include "findjson.h"
#include "help.h"
#include "tap.h"

#include <time.h>

/* In the text ' stands for "; want NULL: there is none. */
static void finds(const char *text, const char *want)
{
	size_t n = strlen(text);
	char *copy = exact(text, n), *wanted = want != NULL ? exact(want, strlen(want) + 1) : NULL;
	struct span v;
	int got;

	unquote_in(copy, n);
	if (want != NULL)
		unquote_in(wanted, strlen(want));
	got = findjson(copy, n, &v);
	if ((got == 0) != (v.p != NULL))
		ok(0, "what it returns is what it found");
	if (got == 0 && (v.p < copy || v.p + v.n > copy + n))
		ok(0, "what it found is borrowed");
	is_span(v, wanted, shown(text));
	free(copy);
	free(wanted);
}

static void test_whole(void)
{
	finds("{'a':1}", "{'a':1}");
	finds(" \n[1, 2]\r\n", "[1, 2]");
	finds("42", "42");
	finds("'yes [1]'", "'yes [1]'");
	finds("null", "null");
	finds("", NULL);
	finds(" \n", NULL);
	finds("I can't.", NULL);
	finds("'a' and 'b'", NULL);
}

static void test_fence(void)
{
	finds("Here [1] it is:\n```json\n{'a':1}\n```\nand {'b':2}", "{'a':1}");
	finds("```\n42\n```", "42");
	finds("  ```JSON \r\n'x'\r\n  ```\r\n", "'x'");
	finds("````json\n[1]\n````\n", "[1]");
	finds("```json\n{'a':'x\\n```'}\n```", "{'a':'x\\n```'}");
	/* another language's is passed over, and its end is no start */
	finds("```python\nd = {'py': 1}\n```\nso\n```json\n{'a':1}\n```\n", "{'a':1}");
	finds("```sh\nls\n```\n17\n```json\n18\n```\n", "18");
	/* no value in it, or never closed: then brackets */
	finds("```json\nsee {'a':1}\n```\n", "{'a':1}");
	finds("```json\n{'a':1}", "{'a':1}");
	finds("```json\n{'a':1", NULL);
	finds("```json {'a':1} ```", "{'a':1}");
	finds("```jsonl\n1\n```\n", NULL);
	finds("```js\n1\n```\n", NULL);
}

static void test_brackets(void)
{
	finds("The answer is {'a':[1,{}]}. Or [2].", "{'a':[1,{}]}");
	finds("[see below] {'a':1}", "{'a':1}");
	finds("Use {braces} or [ brackets: [1]", "[1]");
	finds("f(x) = {x | x > 0} gives {'a':1}", "{'a':1}");
	finds("[0-9]+ finds it: {'n':7}", "{'n':7}");
	finds("{{'a':1}}", "{'a':1}");
	finds("It is 42.", NULL);
	/* a piece of what breaks off is not the answer */
	finds("Here: {'items':[{'a':1},{'a':2}", NULL);
	finds("Here: {'items':[{'a':1},{'a':2},]}", NULL);
	finds("Here: {'a':'see [1] and", NULL);
	/* but what stands behind it may be */
	finds("Here: {'a':1,} I mean {'a':1}", "{'a':1}");
	finds("Begin with [' and then\n{'a':1}", "{'a':1}");
}

static void test_bytes(void)
{
	static const char nul[] = "see\0[1]\0";
	char *copy;
	struct span v;

	finds("{'a':'\xff'}", NULL);
	finds("{'a':'\xff'} {'a':'\xc3\xa9'}", "{'a':'\xc3\xa9'}");
	finds("\xff\xfe [1]", "[1]");
	finds("{'a':'x\ny'}", NULL);
	copy = exact(nul, sizeof nul - 1);
	ok(findjson(copy, sizeof nul - 1, &v) == 0 && span_is(v, "[1]"), "a NUL is passed over");
	free(copy);
}

/* A value with `depth` brackets around each other, words before it. */
static void test_depth(void)
{
	struct buf text;
	struct span v;
	int depth, i, got;

	buf_init(&text, 1 << 20);
	for (depth = MAX_JV_DEPTH; depth <= MAX_JV_DEPTH + 1; depth++) {
		buf_clear(&text);
		for (i = 0; i < 2 * depth; i++)
			buf_addc(&text, i < depth ? '[' : ']');
		got = findjson(text.data, text.len, &v);
		ok(depth <= MAX_JV_DEPTH ? got == 0 && v.n == text.len : got != 0 || v.n < text.len, "%d deep", depth);
	}
	buf_release(&text);
}

/* 16 MB that look like many beginnings: read once or twice, not once a beginning. */
static void test_hostile(void)
{
	static const char *const pieces[] = {"[", "{\"a\":", "[1,", "[\"", "```\n", "[{\"a\":[1],", "{\"[", "```json\n[\n"};
	const size_t size = 16u << 20;
	struct buf text;
	struct span v;
	clock_t start;
	size_t i;

	buf_init(&text, size + 64);
	for (i = 0; i < COUNT(pieces); i++) {
		for (buf_clear(&text); text.len < size;)
			buf_adds(&text, pieces[i]);
		start = clock();
		ok(findjson(text.data, text.len, &v) != 0, "16 MB of %s: none", shown(pieces[i]));
		ok(clock() - start < 20 * CLOCKS_PER_SEC, "16 MB of %s: soon", shown(pieces[i]));
		printf("# %.2f s\n", (double)(clock() - start) / CLOCKS_PER_SEC);
	}
	buf_clear(&text);
	for (i = 0; i < 200; i++)
		buf_addc(&text, '[');
	while (text.len < size)
		buf_adds(&text, "1,");
	start = clock();
	ok(findjson(text.data, text.len, &v) != 0 && clock() - start < 20 * CLOCKS_PER_SEC, "200 beginnings, none of which ends");
	buf_release(&text);
}

int main(void)
{
	test_whole();
	test_fence();
	test_brackets();
	test_bytes();
	test_depth();
	test_hostile();
	return done();
}
