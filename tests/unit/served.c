#include <string.h>

#include "served.h"
#include "tap.h"

static void test_names(void)
{
	static const struct { const char *asked, *got; int differs; } rows[] = {
		{"gpt-4o", "gpt-4o", 0}, {"gpt-4o", "GPT-4o", 0},
		{"gpt-4o", "gpt-4o-2024-08-06", 0}, {"gpt-4", "gpt-4-0613", 0}, {"gemini", "gemini@001", 0},
		{"command-r", "command-r-08-2024", 0}, {"gpt", "gpt-4-0613", 1},
		{"claude-3-5-sonnet-latest", "claude-3-5-sonnet-20241022", 0}, {"gpt-4o-2024-08-06", "gpt-4o", 0},
		{"gpt-4o-2024-08-06", "gpt-4o-2024-05-13", 1}, {"gpt-4o", "gpt-4o-mini", 1},
		{"gpt-4o", "gpt-4o-mini-2024-07-18", 1}, {"claude-3", "claude-3-5", 1}, {"llama-3", "llama-3-70b", 1},
		{"x", "/models/x.gguf", 0}, {"org/x", "/models/x.gguf", 0}, {"x", "/models/x/", 0},
		{"google/gemma-4", "models--google--gemma-4", 0}, {"google/gemma-4", "gemma-4", 0},
		{"gemma-4", "gemma-4-Q4_K_M.gguf", 0}, {"gemma-4", "gemma-45.gguf", 1}, {"x", "y.gguf", 1},
		{"llama3.2", "llama3.2:latest", 0}, {"org/x:free", "org/x", 0}, {"llama3.2:1b", "llama3.2:70b", 1},
		{"gpt-4o", "gpt-3.5-turbo", 1}, {"a/x", "b/y", 1}, {"", "x", 1}, {"x", "/", 1}, {"--", "x", 1}, {":", "x", 1},
		{"-latest", "x", 1}, {"2024-08-06", "2024-08-06", 0},
	};
	size_t i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++)
		ok(served_differs(rows[i].asked, rows[i].got) == rows[i].differs, "%s, %s: %s", rows[i].asked, rows[i].got,
		    rows[i].differs ? "another" : "the same");
}

static int tell(struct served *s, const char *body, const char *reply, struct buf *out)
{
	buf_clear(out);
	return served_tell(s, (struct span){body, strlen(body)}, (struct span){reply, strlen(reply)}, out);
}

static void test_once(void)
{
	struct served s;
	struct buf out;
	char reply[64];
	int i, n = 0;

	served_init(&s);
	buf_init(&out, 4000);
	ok(tell(&s, "{\"model\":\"a\"}", "{\"model\":\"\\u0062\"}", &out), "another model is told");
	is(buf_text(&out), "asked for a, but b answered", "with both names");
	ok(!tell(&s, "{\"model\":\"a\"}", "{\"model\":\"b\"}", &out), "once");
	ok(tell(&s, "{\"model\":\"b\"}", "{\"model\":\"a\"}", &out), "the other way round is another pair");
	ok(tell(&s, "{\"model\":\"a\"}", "{\"model\":\"c\"}", &out), "and so is a third name");
	ok(!tell(&s, "{}", "{\"model\":\"c\"}", &out) && !tell(&s, "{\"model\":\"a\"}", "{\"model\":\"\"}", &out) &&
	    !tell(&s, "{\"model\":\"a\"}", "\"text\"", &out) && !tell(&s, "{\"model\":\"a\"}", "{\"model\":null}", &out),
	    "where one of them isn't named nothing is told");
	for (i = 0; i < 100; i++) {
		snprintf(reply, sizeof reply, "{\"model\":\"m%d-x\"}", i);
		n += tell(&s, "{\"model\":\"a\"}", reply, &out);
	}
	ok(n == 13, "not more than 16 pairs in all");
	buf_release(&out);
	served_release(&s);
}

int main(void)
{
	test_names();
	test_once();
	return done();
}
