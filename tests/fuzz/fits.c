/*
 * fits.c - libFuzzer on JSON schemas: a schema, a byte 0x1e, a value.  What is
 * said is one line of UTF-8 and short; a value fits its own const and enum, and
 * no other's.
 *
 * make fuzz TARGET=fits
 */
#include <stdint.h>

#include "checkjson.h"
#include "fault.h"
#include "fits.h"
#include "same.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void is_message(const char *p, size_t n)
{
	must(n > 0 && p[0] == '$' && span_utf8(p, n) == n && memchr(p, '\n', n) == NULL);
}

/* A schema takes a value, or says why not. */
static int check(struct span schema, struct span v)
{
	struct buf why;
	int got;

	buf_init(&why, MAX_RECORD);
	got = fits(schema, v, &why);
	must(got == 0 ? why.len == 0 : got == -1);
	if (got != 0)
		is_message(why.data, why.len);
	buf_release(&why);
	return got;
}

/* {"KEYWORD":BEFORE wanted BEHIND} */
static int wrapped(const char *before, struct span wanted, const char *behind, struct span v)
{
	struct buf schema, warnings;
	struct fault f;
	int got = -2;

	buf_init(&schema, MAX_RECORD);
	buf_init(&warnings, MAX_RECORD);
	buf_adds(&schema, before);
	buf_add(&schema, wanted.p, wanted.n);
	buf_adds(&schema, behind);
	if (fits_schema(all_of(&schema), &warnings, &f) == 0)	/* else it is too deep for a schema */
		got = check(all_of(&schema), v);
	buf_release(&schema);
	buf_release(&warnings);
	return got;
}

static void read_schema(struct span s, struct span v)
{
	struct buf warnings;
	struct fault f;

	buf_init(&warnings, MAX_RECORD);
	if (fits_schema(s, &warnings, &f) == 0) {
		must(f.code == F_NONE && (warnings.len == 0 || warnings.data[warnings.len - 1] == '\n'));
		must(span_utf8(buf_text(&warnings), warnings.len) == warnings.len);
		check(s, v);
		check(s, s);
	} else {
		must(f.code == F_INPUT);
		is_message(f.message, strlen(f.message));
	}
	buf_release(&warnings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data, *end = p + size;
	char *one, *two = NULL;
	struct span s, v;
	int got;

	if (next_json(&p, end, &one, &s) && next_json(&p, end, &two, &v)) {
		read_schema(s, v);
		must(same_values(v, v) && same_values(s, v) == same_values(v, s));
		got = wrapped("{\"const\":", s, "}", v);
		must(got == -2 || (got == 0) == same_values(s, v));
		got = wrapped("{\"items\":{\"enum\":[", v, "]}}", v);
		must(got == -2 || got == 0 || span_kind(v) == SPAN_ARRAY);
		got = wrapped("{\"enum\":[0,", v, "]}", v);
		must(got == -2 || got == 0);
	}
	free(one);
	free(two);
	return 0;
}
