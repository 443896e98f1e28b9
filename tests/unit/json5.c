#include <dirent.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>

#include "buf.h"
#include "json.h"
#include "json5.h"
#include "tap.h"
#include "tree.h"

struct doc {
	struct tree tree;
	struct tree_file file;
	struct json5_err err;
	struct value *root;
};

static void doc_open(struct doc *d, const char *text, size_t n)
{
	char *exact = malloc(n + !n);	/* so that a byte read beyond is seen */

	*d = (struct doc){.root = NULL};
	if (exact == NULL)
		exit(1);
	memcpy(exact, text, n);
	d->file.text = (struct buf){.data = exact, .len = n, .cap = n + !n, .max = n};
	tree_init(&d->tree);
	d->root = json5_read(&d->tree, &d->file, &d->err);
}

static void doc_close(struct doc *d)
{
	tree_release(&d->tree);
	free(d->file.text.data);
}

/* The document as compact JSON, or "LINE:COL: what". */
static void read_all(struct buf *out, const char *text, size_t n)
{
	struct doc d;
	jv copy;

	doc_open(&d, text, n);
	if (d.root != NULL) {
		copy = tree_jv(d.root);
		json_write(out, copy);
		jv_free(copy);
	} else {
		buf_addf(out, "%zu:%zu: %s", d.err.line, d.err.col, d.err.what);
	}
	doc_close(&d);
}

static void gives_n(const char *text, size_t n, const char *want)
{
	struct buf out;

	buf_init(&out, 1 << 20);
	read_all(&out, text, n);
	is(buf_text(&out), want, want);
	buf_release(&out);
}

#define GIVES(text, want) gives_n(text, sizeof (text) - 1, want)

static void test_values(void)
{
	GIVES("null", "null");
	GIVES("[{},[],false]", "[{},[],false]");
	GIVES("[1,[2,{a:[3]}],]", "[1,[2,{\"a\":[3]}]]");
	GIVES("{a:1,'b':2,\"c\":3,}", "{\"a\":1,\"b\":2,\"c\":3}");
	GIVES("{a:1,b:2,a:3}", "{\"a\":3,\"b\":2}");
	GIVES("{__proto__:1,constructor:2}", "{\"__proto__\":1,\"constructor\":2}");
	GIVES("{null:1,true:2,Infinity:3,if:4}", "{\"null\":1,\"true\":2,\"Infinity\":3,\"if\":4}");
}

static void test_names(void)
{
	GIVES("{$_a1:1}", "{\"$_a1\":1}");
	GIVES("{gr\xC3\xB6\xC3\x9F" "e:1}", "{\"gr\xC3\xB6\xC3\x9F" "e\":1}");
	GIVES("{\xF0\x9F\x98\x80:1}", "{\"\xF0\x9F\x98\x80\":1}");
	GIVES("{\\u0061b\\u0063:1}", "{\"abc\":1}");
	GIVES("{x\\ud83d\\ude00:1}", "{\"x\xF0\x9F\x98\x80\":1}");
	GIVES("{a\xC2\xA0:1}", "{\"a\":1}");
	GIVES("{\\u0031:1}", "1:2: bad escape in a name: only \\u and a letter's four hex digits");
	GIVES("{a\\u002d:1}", "1:3: bad escape in a name: only \\u and a letter's four hex digits");
	GIVES("{a\\x62:1}", "1:3: bad escape in a name: only \\u and a letter's four hex digits");
	GIVES("{a\\u12:1}", "1:3: bad escape in a name: only \\u and a letter's four hex digits");
	GIVES("{\\", "1:2: bad escape in a name: only \\u and a letter's four hex digits");
	GIVES("{1a:1}", "1:2: expected a member name or '}', found '1': put such a name in quotes");
	GIVES("{a-b:1}", "1:3: expected ':' after a member name, found '-': put the name in quotes");
	GIVES("{,}", "1:2: expected a member name or '}', found ','");
	GIVES("{a:1,,}", "1:6: expected a member name or '}', found ','");
	GIVES("{a}", "1:3: expected ':' after a member name, found '}'");
}

static void test_strings(void)
{
	GIVES("'a\"b'", "\"a\\\"b\"");
	GIVES("\"a'b\"", "\"a'b\"");
	GIVES("'\\b\\f\\n\\r\\t\\v\\'\\\"\\\\\\/\\a\\$'", "\"\\b\\f\\n\\r\\t\\u000b'\\\"\\\\/a$\"");
	GIVES("'a\\x41\\xe9z'", "\"aA\xC3\xA9z\"");
	GIVES("'\\0'", "\"\\u0000\"");
	GIVES("'\\0a'", "\"\\u0000a\"");
	GIVES("'\\u00e9\\u20AC'", "\"\xC3\xA9\xE2\x82\xAC\"");
	GIVES("'\\ud83d\\ude00'", "\"\xF0\x9F\x98\x80\"");
	GIVES("'\\ud83d'", "\"\xEF\xBF\xBD\"");
	GIVES("'\\ud83d\\ud83d\\ude00'", "\"\xEF\xBF\xBD\xF0\x9F\x98\x80\"");
	GIVES("'\\ude00\\ude00'", "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
	GIVES("'\\ud83d\\n'", "\"\xEF\xBF\xBD\\n\"");
	GIVES("'\\ud83dude00'", "\"\xEF\xBF\xBDude00\"");
	GIVES("'a\\\nb\\\rc\\\r\nd\\\xE2\x80\xA8" "e\\\xE2\x80\xA9" "f\\\n\\\n'", "\"abcdef\"");
	GIVES("'a\\\n\rb'", "1:1: unterminated string");
	GIVES("'\xE2\x80\xA8\xE2\x80\xA9'", "\"\xE2\x80\xA8\xE2\x80\xA9\"");
	GIVES("'\\\xC3\xA9'", "\"\xC3\xA9\"");
	GIVES("'a\tb'", "\"a\\tb\"");
	GIVES("'/* no */ // no'", "\"/* no */ // no\"");
	GIVES("{'\\x61\\\nb':'\\x63'}", "{\"ab\":\"c\"}");
	GIVES("\n  'abc", "2:3: unterminated string");
	GIVES("\n  'abc\\", "2:3: unterminated string");
	GIVES("'abc\n'", "1:1: unterminated string");
	GIVES("'abc\"", "1:1: unterminated string");
	GIVES("'a\\01'", "1:3: bad escape: no digit may follow \\0");
	GIVES("'\xC3\xA9\\1'", "1:3: bad escape: no digit may follow a backslash");
	GIVES("'\\9'", "1:2: bad escape: no digit may follow a backslash");
	GIVES("'\\x4'", "1:2: bad escape: two hex digits must follow \\x");
	GIVES("'\\u004'", "1:2: bad escape: four hex digits must follow \\u");
	GIVES("'\\ud83d\\u00'", "1:8: bad escape: four hex digits must follow \\u");
	GIVES("'\\u", "1:2: bad escape: four hex digits must follow \\u");
}

static void number_is(const char *text, double want)
{
	struct doc d;
	double got;

	doc_open(&d, text, strlen(text));
	got = tree_number(d.root, -12345);
	ok(memcmp(&got, &want, sizeof got) == 0 || (isnan(got) && isnan(want)), "%s is %.17g, not %.17g",
	    text, want, got);
	doc_close(&d);
}

static void test_numbers(void)
{
	static const struct { const char *text; double want; } t[] = {
		{"0", 0}, {"-0", -0.0}, {"+0", 0}, {"7", 7}, {"-7", -7}, {"+4096.", 4096}, {".5", .5},
		{"-.5", -.5}, {"5.", 5}, {"0.", 0}, {"5.e1", 50}, {".5e1", 5}, {"1e3", 1000}, {"1E+3", 1000},
		{"1e-3", .001}, {"123.456", 123.456}, {"0.1", .1}, {"0e5", 0}, {"0.0e-5", 0},
		{"999999999999999", 999999999999999}, {"1234567890123456", 1234567890123456},
		{"9007199254740993", 9007199254740992}, {"12345678901234567890", 12345678901234567890.},
		{"2.2250738585072011e-308", 2.2250738585072011e-308}, {"5e-324", 5e-324}, {"1e-400", 0},
		{"1.7976931348623157e308", 1.7976931348623157e308}, {"1e400", INFINITY}, {"-1e400", -INFINITY},
		{"1000000000000000000000000000000000000000000000000000000000000000000000000000000000000", 1e84},
		{"0.000000000000000000000000000000000000000000000000000000000000000000000000000000000001", 1e-84},
		{"9007199254740992.99999999999999999999999999999999999999999999999999999999", 9007199254740992},
		{"9007199254740993.00000000000000000000000000000000000000000000000000000001", 9007199254740994},
		{"0x0", 0}, {"0xdecaf", 0xdecaf}, {"0XC8", 200}, {"-0xC8", -200}, {"+0x1", 1}, {"-0x0", -0.0},
		{"0xFFFFFFFFFFFFFFFF", 18446744073709551616.}, {"0x000000000000000000000001", 1},
		{"0x20000000000001", 9007199254740992}, {"0x20000000000003", 9007199254740996},
		{"0x200000000000010000000000000000", 0x1.0000000000000p117},
		{"0x200000000000010000000000000001", 0x1.0000000000001p117},
		{"0x1fffffffffffff8000000000000000000000", 0x1p141},
		{"0x1fffffffffffff7fffffffffffffffffffff", 0x1.fffffffffffffp140},
		{"Infinity", INFINITY}, {"-Infinity", -INFINITY}, {"+Infinity", INFINITY},
		{"NaN", NAN}, {"-NaN", NAN}, {"+NaN", NAN},
	};
	struct buf huge;
	size_t i;

	for (i = 0; i < sizeof t / sizeof *t; i++)
		number_is(t[i].text, t[i].want);
	buf_init(&huge, 1 << 20);
	buf_adds(&huge, "0x");
	for (i = 0; i < 300; i++)
		buf_addc(&huge, 'f');
	number_is(buf_text(&huge), INFINITY);
	buf_release(&huge);
}

static void test_bad_numbers(void)
{
	GIVES("010", "1:1: a number must not begin with 0 and a digit");
	GIVES("-00", "1:2: a number must not begin with 0 and a digit");
	GIVES("[08.5]", "1:2: a number must not begin with 0 and a digit");
	GIVES(".", "1:2: expected a digit, found the end");
	GIVES("0x", "1:3: expected a hex digit after 0x, found the end");
	GIVES("0xg", "1:3: expected a hex digit after 0x, found 'g'");
	GIVES("1e", "1:3: expected a digit of the exponent, found the end");
	GIVES("1e2.3", "1:4: expected the number to end, found '.'");
	GIVES("0x1.8", "1:4: expected the number to end, found '.'");
	GIVES("12abc", "1:3: expected the number to end, found 'a'");
	GIVES("1_000", "1:2: expected the number to end, found '_'");
	GIVES("- 1", "1:2: expected a number after its sign, found ' '");
	GIVES("--1", "1:2: expected a number after its sign, found '-'");
	GIVES("+", "1:2: expected a number after its sign, found the end");
	GIVES("-Infinityx", "1:2: expected a number after its sign, found 'I'");
}

static void test_blank(void)
{
	GIVES("\t\v\f \xC2\xA0\xEF\xBB\xBF\xE1\x9A\x80\xE2\x80\x80\xE2\x80\x8A\xE2\x80\xAF\xE2\x81\x9F\xE3\x80\x80"
	    "\n\r\xE2\x80\xA8\xE2\x80\xA9" "1\xE3\x80\x80", "1");
	GIVES("// a\n1// b", "1");
	GIVES("// a\r1", "1");
	GIVES("// a\xE2\x80\xA8" "1", "1");
	GIVES("// \xE2\x80\x8A 2\r\n1", "1");
	GIVES("/**/1/***/", "1");
	GIVES("/* * / \n // **/1", "1");
	GIVES("[/*a*/1/*b*/,/*c*/]//", "[1]");
	GIVES("{/*a*/a/*b*/:/*c*/1/*d*/,/*e*/}", "{\"a\":1}");
	GIVES("1 /* x", "1:3: unterminated comment");
	GIVES("\n /*/", "2:2: unterminated comment");
	GIVES("/", "1:1: expected a value, found '/'");
	GIVES("\xE2\x80\x8B" "1", "1:1: expected a value, found U+200B");
}

static void test_faults(void)
{
	GIVES("", "1:1: empty: expected a value");
	GIVES(" \n\t", "2:2: empty: expected a value");
	GIVES("// nothing", "1:11: empty: expected a value");
	GIVES("\xEF\xBB\xBF", "1:1: empty: expected a value");
	GIVES("\xEF\xBB\xBF]", "1:1: expected a value, found ']'");
	GIVES("1 2", "1:3: expected the end of the text, found '2'");
	GIVES("{}\n}", "2:1: expected the end of the text, found '}'");
	GIVES("{a:1 b:2}", "1:6: expected ',' or '}' after a member, found 'b'");
	GIVES("{\n  a: 1,\n  b: 2\n  x: 3\n}", "4:3: expected ',' or '}' after a member, found 'x'");
	GIVES("[\n    true\n    false\n]", "3:5: expected ',' or ']' after an element, found 'f'");
	GIVES("[,]", "1:2: expected a value or ']', found ','");
	GIVES("[1,,2]", "1:4: expected a value, found ','");
	GIVES("[1}", "1:3: expected ',' or ']' after an element, found '}'");
	GIVES("{a:}", "1:4: expected a value, found '}'");
	GIVES("{a:", "1:4: expected a value, found the end");
	GIVES("{a", "1:3: expected ':' after a member name, found the end");
	GIVES("{", "1:2: expected a member name or '}', found the end (the '{' of line 1 is open)");
	GIVES("\n[", "2:2: expected a value or ']', found the end (the '[' of line 2 is open)");
	GIVES("{\n a: [1,\n 2", "3:3: expected ',' or ']' after an element, found the end (the '[' of line 2 is open)");
	GIVES("{\n a: [1]\n", "3:1: expected ',' or '}' after a member, found the end (the '{' of line 1 is open)");
	GIVES("{a: yes}", "1:5: expected a value, found 'y': put a text in quotes");
	GIVES("nullx", "1:1: expected a value, found 'n': put a text in quotes");
	GIVES("tru\\u0065", "1:1: expected a value, found 't': put a text in quotes");
	GIVES("[1 \xE2\x80\x9C]", "1:4: expected ',' or ']' after an element, found '\xE2\x80\x9C' (U+201C)");
	GIVES("[\x1b]", "1:2: expected a value, found U+001B");
	GIVES("[\0]", "1:2: expected a value, found U+0000");
	GIVES("[\xE2\x80\xAE]", "1:2: expected a value, found U+202E");
}

static void test_places(void)
{
	GIVES("\r\n\r\n  x:", "3:3: expected a value, found 'x': put a text in quotes");
	GIVES("\r\r\n\n\xE2\x80\xA8\xE2\x80\xA9 ]", "6:2: expected a value, found ']'");
	GIVES("['\xC3\xA9\xF0\x9F\x98\x80', ]]", "1:9: expected the end of the text, found ']'");
	GIVES("'\\\r\n' 1", "2:3: expected the end of the text, found '1'");
}

static void test_utf8(void)
{
	GIVES("\xff\xfe{\0}\0", "1:1: not UTF-8: byte 0xff");
	GIVES("{\n a: '\xE9'}", "2:6: not UTF-8: byte 0xe9");
	GIVES("'\xC3", "1:2: not UTF-8: byte 0xc3");
	GIVES("'\xED\xA0\x80'", "1:2: not UTF-8: byte 0xed");
	GIVES("'\xC0\x80'", "1:2: not UTF-8: byte 0xc0");
	GIVES("// \xF4\x90\x80\x80\n1", "1:4: not UTF-8: byte 0xf4");
	GIVES("\x7f" "ELF\x02\x01\x01\0", "1:1: expected a value, found U+007F");
}

static void test_depth(void)
{
	struct buf text, out;
	int depth, i;

	buf_init(&text, 1 << 20);
	buf_init(&out, 1 << 20);
	for (depth = 256; depth <= 10000; depth += 9744) {
		buf_clear(&text);
		buf_clear(&out);
		for (i = 0; i < depth; i++)
			buf_addc(&text, '[');
		for (i = 0; i < depth; i++)
			buf_addc(&text, ']');
		read_all(&out, text.data, text.len);
		is(buf_text(&out), depth == 256 ? buf_text(&text) : "1:257: nested more than 256 deep", "nesting");
	}
	buf_clear(&text);
	for (i = 0; i < 300; i++)
		buf_adds(&text, i ? ",{}" : "[[]");
	buf_addc(&text, ']');
	buf_clear(&out);
	read_all(&out, text.data, text.len);
	is(buf_text(&out), buf_text(&text), "what is closed does not count");
	buf_clear(&text);
	for (i = 0; i < 100000; i++)
		buf_adds(&text, "{a:");
	buf_clear(&out);
	read_all(&out, text.data, text.len);
	is(buf_text(&out), "1:769: nested more than 256 deep", "nesting of objects");
	buf_release(&text);
	buf_release(&out);
}

/* Each way to break a text with a key in it: the key must not be in the message. */
static void test_secret(void)
{
	static const char text[] = "{apiKey: \"sk-topsecret\\x41\", 'other': sk_topsecret, n: 1}";
	struct doc d;
	char broken[sizeof text];
	size_t i, n = sizeof text - 1;
	int c, told = 0, faults = 0;

	for (i = 0; i < n; i++)
		for (c = 1; c < 256; c++) {
			memcpy(broken, text, n);
			broken[i] = (char)c;
			doc_open(&d, broken, i % 2 ? n : i + 1);
			faults += d.root == NULL;
			if (d.root == NULL)
				told += strstr(d.err.what, "sk") != NULL || strstr(d.err.what, "secret") != NULL;
			doc_close(&d);
		}
	ok(faults > 1000 && told == 0, "no secret in %d messages", faults);
}

/* Decimal points are points, whatever the user's language. */
static void test_locale(void)
{
	static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE.utf8", "de_DE"};
	size_t i;

	for (i = 0; i < sizeof names / sizeof *names; i++)
		if (setlocale(LC_ALL, names[i]) != NULL && *localeconv()->decimal_point == ',')
			break;
	if (i < sizeof names / sizeof *names)
		number_is("1.5", 1.5);
	else
		skip("no locale with a decimal comma is there");
	setlocale(LC_ALL, "C");
}

static const char config[] =
	"{\n"
	"  agents: {\n"
	"    defaults: {\n"
	"      model: { primary: \"inferrs/google/gemma-4-E2B-it\" },\n"
	"      models: {\n"
	"        \"inferrs/google/gemma-4-E2B-it\": {\n"
	"          alias: \"Gemma 4 (inferrs)\",\n"
	"        },\n"
	"      },\n"
	"    },\n"
	"  },\n"
	"  models: {\n"
	"    mode: \"merge\",\n"
	"    providers: {\n"
	"      inferrs: {\n"
	"        baseUrl: \"http://127.0.0.1:8080/v1\",\n"
	"        apiKey: \"inferrs-local\",\n"
	"        api: \"openai-completions\",\n"
	"        models: [\n"
	"          {\n"
	"            id: \"google/gemma-4-E2B-it\",\n"
	"            name: \"Gemma 4 E2B (inferrs)\",\n"
	"            reasoning: false,\n"
	"            input: [\"text\"],\n"
	"            cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },\n"
	"            contextWindow: 131072,\n"
	"            maxTokens: 4096,\n"
	"            compat: {\n"
	"              requiresStringContent: true,\n"
	"            },\n"
	"          },\n"
	"        ],\n"
	"      },\n"
	"    },\n"
	"  },\n"
	"}\n"
	;

/* The character that a value stands at, from 1, as an editor counts. */
static size_t column(const struct value *v)
{
	const char *p = v->file->text.data + v->at;
	size_t col = 1;

	while (p > v->file->text.data && *--p != '\n')
		col += ((unsigned char)*p & 0xC0) != 0x80;
	return col;
}

/* Line 0: there is no such place. */
static void located(const char *text, const char *path, size_t line, size_t col)
{
	struct value *v;
	struct doc d;
	size_t l, c;

	doc_open(&d, text, strlen(text));
	v = tree_at(d.root, path);
	l = tree_line(v);
	c = v != NULL ? column(v) : 0;
	ok(l == line && c == col, "'%s' at %zu:%zu, found %zu:%zu", path, line, col, l, c);
	doc_close(&d);
}

static void test_locate_config(void)
{
	struct buf out;

	located(config, "", 1, 1);
	located(config, "agents", 2, 3);
	located(config, "agents.defaults.model.primary", 4, 16);
	located(config, "agents.defaults.models[\"inferrs/google/gemma-4-E2B-it\"].alias", 7, 11);
	located(config, "models.providers.inferrs.models", 19, 9);
	located(config, "models.providers.inferrs.models[0].compat", 28, 13);
	located(config, "models.providers.inferrs.models[0].compat.requiresStringContent", 29, 15);
	located(config, "models.providers.inferrs.models[0].input[0]", 24, 21);
	located(config, "models.providers.inferrs.models[0].compat.nosuch", 0, 0);
	located(config, "models.providers.inferrs.models[1].compat", 0, 0);
	located(config, "models.mode.x", 0, 0);
	buf_init(&out, 1 << 20);
	read_all(&out, config, sizeof config - 1);
	ok(strstr(buf_text(&out), "\"cost\":{\"input\":0,\"output\":0,\"cacheRead\":0,\"cacheWrite\":0},"
	    "\"contextWindow\":131072,\"maxTokens\":4096,\"compat\":{\"requiresStringContent\":true}}]}}}}") != NULL,
	    "and the whole is read");
	buf_release(&out);
}

static void test_locate(void)
{
	static const char text[] = "// c\n{a: 1, 'b c': [/* x */ 2, {\"\": 3, 'q\"': 4}],\n"
	    "\\u0061: {b: 5, b: 6}, a: {c: 7}, 'k\\x65y': 8, gr\xC3\xB6\xC3\x9F" "e: 9}";

	located(text, "", 2, 1);
	located(text, "[\"b c\"]", 2, 8);
	located(text, "[\"b c\"][0]", 2, 24);
	located(text, "[\"b c\"][1]", 2, 27);
	located(text, "[\"b c\"][1][\"\"]", 2, 28);
	located(text, "[\"b c\"][1][\"q\\\"\"]", 2, 35);
	located(text, "a.c", 3, 27);
	located(text, "a.b", 0, 0);
	located(text, "key", 3, 34);
	located(text, "[\"gr\xC3\xB6\xC3\x9F" "e\"]", 3, 47);
	located(text, "[\"b c\"][2]", 0, 0);
	located(text, "[\"b c\"][99999999999999999999999]", 0, 0);
	located(text, "[\"b c\"][1", 0, 0);
	located(text, "[\"b c\"", 0, 0);
	located(text, "[\"b c", 0, 0);
	located(text, "[x]", 0, 0);
	located(text, "..", 0, 0);
	located("", "a", 0, 0);
	located("{a: [1, {b:\xff", "a[1].b", 0, 0);	/* nothing of it is read */
	located("/* ", "a", 0, 0);
}

/* Duplicates among few members and among many: the last, in the first's place. */
static void test_duplicates(void)
{
	const struct value *v;
	struct buf text, want;
	struct doc d;
	size_t i, n, wrong = 0;

	buf_init(&text, 1 << 20);
	buf_init(&want, 1 << 20);
	for (n = 1; n <= 4096; n = n < 16 ? n + 1 : 2 * n) {
		buf_clear(&text);
		buf_adds(&text, "{");
		for (i = 0; i < 2 * n; i++)
			buf_addf(&text, "k%zu:{v:%zu,\nk:[]},\n", i * 17 % n, i);
		buf_adds(&text, "}");
		doc_open(&d, text.data, text.len);
		wrong += tree_count(d.root) != n;
		for (i = 0, v = tree_first(d.root); v != NULL; v = v->next, i++) {
			buf_clear(&want);
			buf_addf(&want, "k%zu", i * 17 % n);
			wrong += strcmp(v->key, buf_text(&want)) != 0 || v != tree_get(d.root, v->key) ||
			    tree_number(tree_get(v, "v"), -1) != (double)(n + i) ||
			    tree_line(v) != 2 * (n + i) + 1;
		}
		wrong += i != n;
		doc_close(&d);
	}
	ok(wrong == 0, "duplicates: the last, in the first's place; %zu are wrong", wrong);
	buf_release(&text);
	buf_release(&want);
}

static void test_kept(void)
{
	struct doc d;
	const struct value *v;

	doc_open(&d, "{a:'x\\0y',b:''}", 15);
	v = tree_get(d.root, "a");
	ok(v->n == 3 && memcmp(v->text, "x\0y", 4) == 0 && v->file == &d.file, "a text ends by a NUL, one inside counts");
	v = tree_get(d.root, "b");
	ok(v->n == 0 && *v->text == '\0' && v->keyn == 1 && strcmp(v->key, "b") == 0, "an empty text");
	doc_close(&d);
}

static void test_path(void)
{
	static const char *const names[] = {"models", "0", "my-provider", "inferrs/a b", "q\"\\\n", "", "gr\xC3\xB6", "x.y"};
	struct buf path;
	size_t i;

	buf_init(&path, 1000);
	for (i = 0; i < sizeof names / sizeof *names; i++)
		tree_place_add(&path, names[i]);
	is(buf_text(&path), "models.0.my-provider[\"inferrs/a b\"][\"q\\\"\\\\\\n\"][\"\"][\"gr\xC3\xB6\"][\"x.y\"]", "a path");
	located("{models:{'0':{'my-provider':{'inferrs/a b':{'q\"\\\\\\n':{'':{gr\xC3\xB6:{\n 'x.y':1}}}}}}}}",
	    buf_text(&path), 2, 2);
	buf_release(&path);
}

/* The JSON5 project's own cases: the extension says what must come of each. */
static int test_case(const char *path, const char *extension)
{
	int good = strcmp(extension, ".json") == 0 || strcmp(extension, ".json5") == 0;
	struct doc d;
	char text[65536];
	size_t n;
	FILE *f;

	if (!good && strcmp(extension, ".js") != 0 && strcmp(extension, ".txt") != 0)
		return 0;
	if ((f = fopen(path, "r")) == NULL)
		return 0;
	n = fread(text, 1, sizeof text, f);
	fclose(f);
	doc_open(&d, text, n);
	ok((d.root != NULL) == good, "%s %s: %s", good ? "accepted" : "refused", strrchr(path, '/') + 1, d.err.what);
	doc_close(&d);
	return 1;
}

static int test_folder(const char *folder)
{
	char path[4096];
	const char *extension;
	struct dirent *entry;
	int cases = 0;
	DIR *d = opendir(folder);

	while (d != NULL && (entry = readdir(d)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
		extension = strrchr(entry->d_name, '.');
		cases += extension ? test_case(path, extension) : test_folder(path);
	}
	if (d != NULL)
		closedir(d);
	return cases;
}

static void test_cases(void)
{
	const char *shared = getenv("FB_SHARED");
	char path[4096];

	snprintf(path, sizeof path, "%s/cases/third-party/json5-tests", shared ? shared : "../shared");
	if (test_folder(path) == 0)
		skip("json5-tests are not there");
}

/* A value as tests/data/json5.js has it. */
static void show(const struct value *v)
{
	const struct value *c;
	uint64_t bits;
	size_t i;

	switch (v->kind) {
	case SPAN_STRING:
		putchar('s');
		for (i = 0; i < v->n; i++)
			printf("%02x", (unsigned char)v->text[i]);
		break;
	case SPAN_NUMBER:
		memcpy(&bits, &v->number, sizeof bits);
		if (isnan(v->number))
			printf("nnan");
		else
			printf("n%016" PRIx64, bits);
		break;
	case SPAN_OBJECT:
	case SPAN_ARRAY:
		putchar(v->kind == SPAN_OBJECT ? '{' : '[');
		for (c = v->first; c != NULL; c = c->next) {
			for (i = 0; i < c->keyn; i++)
				printf("%s%02x", i == 0 ? "k" : "", (unsigned char)c->key[i]);
			printf("%s", v->kind == SPAN_ARRAY ? "" : c->keyn > 0 ? ":" : "k:");
			show(c);
			putchar(',');
		}
		putchar(v->kind == SPAN_OBJECT ? '}' : ']');
		break;
	default:
		putchar(v->kind == SPAN_TRUE ? 'T' : v->kind == SPAN_FALSE ? 'F' : '0');
	}
}

/* A line for each document of a file, in which a NUL ends each. */
static int show_all(const char *path)
{
	FILE *f = fopen(path, "r");
	struct buf text;
	struct doc d;
	int c;

	if (f == NULL)
		return 1;
	buf_init(&text, 1 << 20);
	while ((c = getc(f)) != EOF) {
		if (c != '\0') {
			buf_addc(&text, (char)c);
			continue;
		}
		doc_open(&d, buf_text(&text), text.len);
		if (d.root != NULL)
			show(d.root);
		else
			printf("error");
		putchar('\n');
		doc_close(&d);
		buf_clear(&text);
	}
	buf_release(&text);
	fclose(f);
	return 0;
}

/* Without an argument the tests; with one, show_all() for tests/json5.bats. */
int main(int argc, char **argv)
{
	if (argc > 1)
		return show_all(argv[1]);
	test_values();
	test_names();
	test_strings();
	test_numbers();
	test_bad_numbers();
	test_blank();
	test_faults();
	test_places();
	test_utf8();
	test_depth();
	test_secret();
	test_locale();
	test_locate_config();
	test_locate();
	test_duplicates();
	test_kept();
	test_path();
	test_cases();
	return done();
}
