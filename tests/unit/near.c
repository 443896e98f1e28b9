#include "help.h"
#include "near.h"
#include "tap.h"

static void test_distance(void)
{
	static const struct { const char *a, *b; int d; } t[] = {
		{"", "", 0}, {"a", "", 1}, {"abc", "", 3}, {"abc", "abc", 0}, {"abc", "ABC", 0}, {"abc", "abd", 1}, {"abc", "ab", 1},
		{"abc", "abcd", 1}, {"abc", "xabc", 1}, {"kitten", "sitting", 3}, {"saturday", "sunday", 3}, {"ab", "ba", 2},
		{"\xC3\xA9", "\xC3\x89", 1}, {"a[", "A{", 1}, {"requiresStringContent", "requireStringContents", 2},
	};
	char longest[130];
	size_t i;

	for (i = 0; i < COUNT(t); i++)
		ok(near_distance(t[i].a, t[i].b) == t[i].d && near_distance(t[i].b, t[i].a) == t[i].d, "%s and %s: %d",
		    shown(t[i].a), shown(t[i].b), t[i].d);
	memset(longest, 'a', sizeof longest);
	longest[129] = '\0';
	ok(near_distance(longest, "a") == 1000 && near_distance("a", longest) == 1000, "long texts are far apart");
	ok(near_distance(longest, longest) == 1000, "even equal ones");
	longest[100] = '\0';
	ok(near_distance(longest, longest) == 0 && near_distance(longest, "") == 100, "a hundred characters aren't long");
}

static void advises(const char *want, const char *const *names, const char *text)
{
	struct near n;
	struct buf out;

	near_init(&n, want);
	for (; *names != NULL; names++)
		near_see(&n, *names);
	buf_init(&out, 1000);
	buf_adds(&out, "x");
	near_write(&n, &out);
	is(buf_text(&out) + 1, text, want);
	ok(n.n <= NEAR_MOST && (n.n < 2 || n.distance[0] <= n.distance[1]) && (n.n < 3 || n.distance[1] <= n.distance[2]),
	    "best first");
	buf_release(&out);
}

#define NAMES(...) (const char *const []){__VA_ARGS__, NULL}

static void test_advice(void)
{
	const char *const none[] = {NULL};
	char longest[200];

	advises("suportsTools", NAMES("supportsStore", "supportsTools", "codeMode"), "; did you mean supportsTools or supportsStore?");
	advises("zzz", NAMES("supportsTools", "codeMode"), "");
	advises("abc", none, "");
	advises("abcd", NAMES("abcx", "abcx", "abcx"), "; did you mean abcx?");
	advises("abcd", NAMES("abxy", "abcx", "abcd", "zbcd", "abc"), "; did you mean abcd, abcx or zbcd?");
	advises("gemma", NAMES("inferrs/google/gemma-4-E2B-it", "other"), "; did you mean inferrs/google/gemma-4-E2B-it?");
	advises("GEMMA", NAMES("inferrs/google/gemma-4-E2B-it"), "; did you mean inferrs/google/gemma-4-E2B-it?");
	memset(longest, 'q', sizeof longest);
	longest[199] = '\0';
	advises(longest, NAMES("a", longest + 1), "");
}

int main(void)
{
	test_distance();
	test_advice();
	return done();
}
