#include <math.h>

#include "help.h"
#include "json.h"
#include "tap.h"

/* Built and written again. */
static void round_trip(const char *text, const char *want)
{
	jv doc = json_build(json(text));
	struct buf out;

	buf_init(&out, 1 << 20);
	json_write(&out, doc);
	is_buf(&out, want, shown(text));
	buf_release(&out);
	jv_free(doc);
}

static void test_round_trip(void)
{
	static const char *const same[] = {
		"null", "true", "false", "0", "-7", "0.1", "\"\"", "\"a\"", "[]", "{}", "[null,true,[],{\"a\":[1,2,{}]}]",
		"{\"b\":1,\"a\":{\"z\":0,\"y\":-0.5}}", "99999999999999984", "-99999999999999984", "10000000000000000", "9007199254740991",
		"\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"", "\"\\\"\\\\\\b\\f\\n\\r\\t\"", "\"\\u0000\\u0001\\u001f\"",
		"\"/\x7f\xE2\x80\xA8\"", "{\"\":\"\"}", "{\"\\u0000\\n\":1}",
	};
	size_t i;

	for (i = 0; i < COUNT(same); i++)
		round_trip(same[i], same[i]);
	round_trip(" [ 1 , 2 ] ", "[1,2]");
	round_trip("[1.0,1e2,1E+2,100e-2]", "[1,100,100,1]");
	round_trip("\"\\u00e9\\/\\u0041\\u000a\"", "\"\xC3\xA9/A\\n\"");
	round_trip("\"\\ud83d\\ude00\"", "\"\xF0\x9F\x98\x80\"");
	round_trip("\"a\\ud83d\"", "\"a\xEF\xBF\xBD\"");
	round_trip("{\"\\ude00\":\"\\ud83d\\ud83d\"}", "{\"\xEF\xBF\xBD\":\"\xEF\xBF\xBD\xEF\xBF\xBD\"}");
	round_trip("{\"a\":1,\"b\":2,\"a\":3}", "{\"a\":3,\"b\":2}");
	round_trip("{\"a\":1,\"\\u0061\":{\"x\":[]}}", "{\"a\":{\"x\":[]}}");
}

/* Numbers that don't come out as they went in: the value must be the same. */
static void test_numbers(void)
{
	static const char *const t[] = {
		"0", "-0", "1e17", "-1e17", "1e300", "0.1", "12345678901234567890", "99999999999999984", "1e16", "123456.789",
		"5e-324", "1.7976931348623157e308", "0.000001", "1e-7", "3.14159265358979", "2.5", "-1e-5", "100000000000000000",
	};
	struct span back;
	struct span_err err;
	struct buf out;
	size_t i;
	jv v;

	buf_init(&out, 1000);
	for (i = 0; i < COUNT(t); i++) {
		v = json_build(json(t[i]));
		buf_clear(&out);
		json_write(&out, v);
		ok(span_check(out.data, out.len, 1, &back, &err) == 0 &&
		    fabs(span_number(back) - span_number(json(t[i]))) <= 1e-16 * fabs(span_number(back)),
		    "%s as %s", t[i], shown(buf_text(&out)));
		jv_free(v);
	}
	buf_release(&out);
}

static void writes(jv v, const char *want, const char *name)
{
	struct buf out;

	buf_init(&out, 1 << 20);
	json_write(&out, v);
	is_buf(&out, want, name);
	buf_release(&out);
	jv_free(v);
}

/* A number that a JSON reader would not take does not come out. */
static void test_no_numbers(void)
{
	static const double t[] = {INFINITY, -INFINITY, HUGE_VAL, 1e308 * 10};
	struct span v;
	struct span_err err;
	struct buf out;
	size_t i;

	writes(jv_number(NAN), "null", "NaN");
	writes(json_push(jv_array(), jv_number(-NAN)), "[null]", "NaN in an array");
	buf_init(&out, 1000);
	for (i = 0; i < COUNT(t); i++) {
		buf_clear(&out);
		json_write(&out, jv_number(t[i]));
		ok(span_check(out.data, out.len, 1, &v, &err) == 0, "%g is %s", t[i], buf_text(&out));
	}
	buf_release(&out);
	writes(jv_invalid(), "null", "an invalid");
	writes(json_push(jv_array(), jv_null()), "[null]", "null");
}

/* For integers and texts the same bytes as libjq's own writer. */
static void like_libjq(jv v, const char *name)
{
	jv text = jv_dump_string(jv_copy(v), 0);

	writes(v, json_string(text), name);
	jv_free(text);
}

static void test_like_libjq(void)
{
	static const double numbers[] = {0, 1, -1, 42, 1e3, 123456789, 4294967296., -9007199254740991., 9007199254740993.,
	    1e15};	/* beyond, libjq writes 1e+16 */
	char text[] = "a?b", name[40];
	size_t i;
	int c;

	for (i = 0; i < COUNT(numbers); i++) {
		snprintf(name, sizeof name, "%.0f", numbers[i]);
		like_libjq(jv_number(numbers[i]), name);
	}
	for (c = 0; c < 0x80; c++) {
		text[1] = (char)c;
		snprintf(name, sizeof name, "character %02x", (unsigned)c);
		if (c != 0x7f)	/* DEL: libjq escapes it, we need not */
			like_libjq(json_strn(text, 3), name);
	}
	like_libjq(json_str("\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80"), "beyond ASCII");
	like_libjq(json_build(json("{\"b\":[1,{\"a\":\"\\u0000\"}],\"\":null}")), "a document");
}

static void quotes(const char *p, size_t n, const char *want)
{
	char *copy = exact(p, n);
	struct span v;
	struct span_err err;
	struct buf out;

	buf_init(&out, 1000);
	json_quote(&out, copy, n);
	is_buf(&out, want, shown_n(p, n));
	ok(span_check(buf_text(&out), out.len, 1, &v, &err) == 0, "is JSON");
	buf_release(&out);
	free(copy);
}

#define BAD "\xEF\xBF\xBD"
#define QUOTES(text, want) quotes(text, sizeof (text) - 1, want)

static void test_quote(void)
{
	char all[256];
	struct span v;
	struct span_err err;
	struct buf out, back;
	int c;

	QUOTES("", "\"\"");
	QUOTES("plain", "\"plain\"");
	QUOTES("\"\\/", "\"\\\"\\\\/\"");
	QUOTES("\b\f\n\r\t\v\x1b\x7f", "\"\\b\\f\\n\\r\\t\\u000b\\u001b\x7f\"");
	QUOTES("a\0b", "\"a\\u0000b\"");
	QUOTES("\xC3\xA9", "\"\xC3\xA9\"");
	QUOTES("\xC3", "\"" BAD "\"");
	QUOTES("a\xFF" "b\n\xFE", "\"a" BAD "b\\n" BAD "\"");
	QUOTES("\xE2\x82", "\"" BAD BAD "\"");
	QUOTES("\xED\xA0\x80!", "\"" BAD BAD BAD "!\"");
	QUOTES("\xC0\x80\xC3\xA9", "\"" BAD BAD "\xC3\xA9\"");
	buf_init(&out, 10000);
	buf_init(&back, 10000);
	for (c = 0; c < 256; c++)
		all[c] = (char)c;
	json_quote(&out, all, sizeof all);
	ok(span_check(out.data, out.len, 1, &v, &err) == 0, "every byte");
	span_decode(v, SPAN_REPLACE, &back);
	ok(back.len == 128 + 3 * 128 && memcmp(back.data, all, 128) == 0, "comes back");
	buf_clear(&out);
	json_quotes(&out, NULL);
	json_quotes(&out, "x\"");
	is_buf(&out, "null\"x\\\"\"", "a C string or none");
	buf_release(&out);
	buf_release(&back);
	buf_init(&out, 4);
	json_quote(&out, "abcdef", 6);
	ok(out.failed && out.len == 0, "a full buffer says so");
	buf_release(&out);
}

static void test_depth(void)
{
	struct buf text, out;
	struct span v;
	struct span_err err;
	int depth, i;
	jv doc;

	buf_init(&text, 1 << 20);
	buf_init(&out, 1 << 20);
	for (depth = MAX_JV_DEPTH; depth <= MAX_JV_DEPTH + 1; depth++) {
		buf_clear(&text);
		for (i = 0; i < depth; i++)
			buf_adds(&text, i % 2 ? "[" : "{\"a\":");
		buf_adds(&text, "1");
		while (--i >= 0)
			buf_adds(&text, i % 2 ? "]" : "}");
		ok(span_check(text.data, text.len, MAX_DEPTH, &v, &err) == 0, "a text %d deep", depth);
		doc = json_build(v);
		ok(jv_is_valid(doc) == (depth <= MAX_JV_DEPTH), "%d deep", depth);
		buf_clear(&out);
		json_write(&out, doc);
		is_buf(&out, depth <= MAX_JV_DEPTH ? buf_text(&text) : "null", "written");
		jv_free(doc);
	}
	doc = json_build(SPAN_NIL);
	ok(!jv_is_valid(doc), "nothing builds an invalid");
	jv_free(doc);
	buf_release(&text);
	buf_release(&out);
}

/* A value of each kind: what asks for another kind gets "missing". */
static void test_wrong_kinds(void)
{
	static const char *const kinds[] = {"null", "true", "1", "\"a\"", "[1]", "[]", "{}", "{\"b\":1}"};
	size_t i;
	jv v, got;

	for (i = 0; i <= COUNT(kinds); i++) {
		const char *name = i < COUNT(kinds) ? kinds[i] : "invalid";

		v = i < COUNT(kinds) ? json_build(json(kinds[i])) : jv_invalid();
		got = json_get(v, "a");
		ok(jv_get_kind(got) == JV_KIND_NULL && !json_has(v, "a") && json_text(v, "a") == NULL, "%s has no a", name);
		jv_free(got);
		ok(json_bool(v, "a", 2) == 2 && json_number(v, "a", 7.5) == 7.5, "%s: otherwise", name);
		got = json_at(v, 1);
		ok(jv_get_kind(got) == JV_KIND_NULL, "%s has no second element", name);
		jv_free(got);
		got = json_at(v, -1);
		ok(jv_get_kind(got) == JV_KIND_NULL, "%s has no element -1", name);
		jv_free(got);
		ok((json_string(v) != NULL) == (i == 3) && json_is_string(v) == (i == 3), "%s: a text?", name);
		ok(json_is_array(v) == (i == 4 || i == 5) && json_is_object(v) == (i == 6 || i == 7), "%s: a container?", name);
		ok(json_count(v) == (i == 4 || i == 7), "%s: count", name);
		ok(json_more(v, json_first(v)) == (i == 7), "%s: members", name);
		writes(json_set(jv_copy(v), "a", jv_true()), i == 7 ? "{\"b\":1,\"a\":true}" : "{\"a\":true}", "set");
		writes(json_push(v, jv_true()), i == 4 ? "[1,true]" : "[true]", "push");
	}
}

static void test_members(void)
{
	jv doc = json_build(json("{\"t\":\"text\",\"n\":2.5,\"yes\":true,\"no\":false,\"z\":null,\"list\":[1,\"b\"],\"o\":{\"x\":1}}"));
	jv v;
	struct buf names;
	int i;

	is(json_text(doc, "t"), "text", "a text");
	ok(json_text(doc, "n") == NULL && json_text(doc, "z") == NULL, "no texts");
	ok(json_bool(doc, "yes", 0) == 1 && json_bool(doc, "no", 1) == 0, "bools");
	ok(json_bool(doc, "n", 5) == 5 && json_bool(doc, "z", 5) == 5 && json_bool(doc, "t", 5) == 5, "no bools");
	ok(json_number(doc, "n", 0) == 2.5 && json_number(doc, "t", 3) == 3 && json_number(doc, "yes", 3) == 3, "numbers");
	ok(json_has(doc, "z") && !json_has(doc, "zz"), "a null is there");
	v = json_get(doc, "list");
	ok(json_count(v) == 2, "two elements");
	jv_free(v);
	buf_init(&names, 1000);
	for (i = json_first(doc); json_more(doc, i); i = json_step(doc, i)) {
		buf_adds(&names, json_key(doc, i));
		buf_addc(&names, '=');
		v = json_val(doc, i);
		json_write(&names, v);
		jv_free(v);
		buf_addc(&names, ' ');
	}
	is_buf(&names, "t=\"text\" n=2.5 yes=true no=false z=null list=[1,\"b\"] o={\"x\":1} ", "in their order");
	buf_release(&names);
	doc = json_set(doc, "t", json_str("new"));
	doc = json_set(doc, "last", json_strn("a\0b", 3));
	is(json_text(doc, "t"), "new", "set again");
	ok(json_first(doc) >= 0 && strcmp(json_key(doc, json_first(doc)), "t") == 0, "in its place");
	v = json_get(doc, "last");
	writes(v, "\"a\\u0000b\"", "a NUL in a text");
	jv_free(doc);
}

/* After many sets the slots of an object are anywhere; the order is still that of insertion. */
static void test_many(void)
{
	jv doc = jv_object();
	char name[20];
	int i, n = 0, good = 1;

	for (i = 0; i < 1000; i++) {
		snprintf(name, sizeof name, "key%d", i * 7919 % 1000);
		doc = json_set(doc, name, jv_number(i));
	}
	for (i = json_first(doc); json_more(doc, i); i = json_step(doc, i)) {
		jv v = json_val(doc, i);

		snprintf(name, sizeof name, "key%d", n * 7919 % 1000);
		good &= strcmp(json_key(doc, i), name) == 0 && jv_number_value(v) == n;
		jv_free(v);
		n++;
	}
	ok(good && n == 1000 && json_count(doc) == 1000, "a thousand members in order");
	writes(json_str("\xFFz"), "\"" BAD "z\"", "bad UTF-8 in a text");
	jv_free(doc);
}

int main(void)
{
	test_round_trip();
	test_numbers();
	test_no_numbers();
	test_like_libjq();
	test_quote();
	test_depth();
	test_wrong_kinds();
	test_members();
	test_many();
	return done();
}
