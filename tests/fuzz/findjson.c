/*
 * findjson.c - libFuzzer on the search for JSON in a text: what is found is a
 * value inside the text, of the kind that may be found there; and where there
 * is one, the search finds some.
 *
 * make fuzz TARGET=findjson
 */
#include <stdint.h>

#include "checkjson.h"
#include "findjson.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *exact(const char *p, size_t n)
{
	char *copy = malloc(n + (n == 0));

	must(copy != NULL);
	memcpy(copy, p, n);
	return copy;
}

/* The same value stands alone, behind words, and in a fence. */
static void again(struct span v)
{
	struct buf text;
	struct span found;
	int container = *v.p == '{' || *v.p == '[';

	buf_init(&text, MAX_RECORD);
	buf_add(&text, v.p, v.n);
	must(findjson(text.data, text.len, &found) == 0 && same(found, v));
	buf_clear(&text);
	buf_adds(&text, "It is: ");
	buf_add(&text, v.p, v.n);
	buf_adds(&text, " (so).");
	must(container ? findjson(text.data, text.len, &found) == 0 && same(found, v) : 1);
	buf_clear(&text);
	buf_adds(&text, "It [1] is:\n```json\n");
	buf_add(&text, v.p, v.n);
	buf_adds(&text, "\n```\n");
	must(findjson(text.data, text.len, &found) == 0 && same(found, v));
	buf_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *p = exact((const char *)data, size);
	struct span v, whole;
	struct span_err err;
	int got = findjson(p, size, &v), is_whole = span_check(p, size, MAX_JV_DEPTH, &whole, &err) == 0;

	must((got == 0) == (v.p != NULL) && (got == 0 || got == -1));
	must(!is_whole || (got == 0 && v.p == whole.p && v.n == whole.n));
	if (got == 0) {
		must(v.p >= p && v.n > 0 && v.p + v.n <= p + size);
		must(span_check(v.p, v.n, MAX_JV_DEPTH, &whole, &err) == 0 && whole.n == v.n);
		must(is_whole || *v.p == '{' || *v.p == '[' || span_find(p, (size_t)(v.p - p), "```") != NULL);
		again(v);
	}
	free(p);
	return 0;
}
