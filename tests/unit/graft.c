#include "graft.h"
#include "help.h"
#include "json5.h"
#include "tree.h"

/*
 * In the texts, `@` stands before the entry's key or brace and isn't part of
 * them: the place that is given.  What comes out is compared byte by byte, and
 * its flags are read from it.
 */

static const struct graft_member one[] = {{"requiresStringContent", "true"}};
static const struct graft_member two[] = {{"supportsTools", "false"}, {"maxTokensField", "\"max_tokens\""}};

static char *without_mark(const char *text, size_t *n, size_t *at)
{
	const char *mark = strchr(text, '@');
	char *copy;

	*n = strlen(text) - 1;
	*at = (size_t)(mark - text);
	copy = exact(text, *n + 1);
	memmove(copy + *at, mark + 1, *n - *at);
	return copy;
}

static int run(const char *text, const char *name, const struct graft_member *set, size_t n, struct buf *out, struct fault *f)
{
	size_t size, at;
	char *marked = without_mark(text, &size, &at), *copy = exact(marked, size);
	int got;

	buf_init(out, 1 << 20);
	fault_clear(f);
	got = graft((struct span){copy, size}, at, name, set, n, out, f);
	free(copy);
	free(marked);
	return got;
}

/* Are the members there, to one who reads the text from the start? */
static void reads_back(const char *text, struct buf *out, const char *name, const struct graft_member *set, size_t n)
{
	struct tree_file file = {.text = *out};
	struct json5_err err;
	struct tree t;
	struct value *v, *c = NULL;
	size_t i, at, unused;

	free(without_mark(text, &unused, &at));
	tree_init(&t);
	v = json5_read(&t, &file, &err);
	ok(v != NULL, "%s: can be read", shown(text));
	/* down to the value that begins there: the last child that doesn't begin behind it */
	while (v != NULL && v->at != at) {
		c = NULL;
		for (v = tree_first(v); v != NULL; v = v->next)
			if (v->at <= at && (c == NULL || v->at > c->at))
				c = v;
		v = c;
	}
	v = name != NULL ? tree_get(v, name) : v;
	for (i = 0; i < n; i++)
		ok(graft_is(tree_get(v, set[i].name), set[i].json), "%s: %s", shown(text), set[i].name);
	tree_release(&t);
}

static void becomes(const char *text, const char *name, const struct graft_member *set, size_t n, const char *want)
{
	struct buf out, again;
	struct fault f;
	int got = run(text, name, set, n, &out, &f);
	size_t at, unused;
	char *marked;

	ok(got == GRAFT_CHANGED, "%s: %s", shown(text), got < 0 ? f.message : "changed");
	is(shown_n(buf_text(&out), out.len), shown(want), shown(text));
	ok(out.len == strlen(want) && memcmp(buf_text(&out), want, out.len) == 0, "%s: to the last byte", shown(text));
	reads_back(text, &out, name, set, n);
	/* a second time there is nothing to do */
	free(without_mark(text, &unused, &at));
	marked = exact(buf_text(&out), out.len);
	buf_init(&again, 1 << 20);
	ok(graft((struct span){marked, out.len}, at, name, set, n, &again, &f) == GRAFT_SAME && again.len == 0, "%s: once is enough",
	    shown(text));
	free(marked);
	buf_release(&again);
	buf_release(&out);
}

static void compat(const char *text, const char *want)
{
	becomes(text, "compat", one, 1, want);
}

static void same(const char *text)
{
	struct buf out;
	struct fault f;

	ok(run(text, "compat", one, 1, &out, &f) == GRAFT_SAME && out.len == 0, "%s: nothing to do", shown(text));
	buf_release(&out);
}

static void fails(const char *text, const char *name, const struct graft_member *set, const char *why)
{
	struct buf out;
	struct fault f;

	ok(run(text, name, set, 1, &out, &f) == -1 && f.code == F_CONFIG && out.len == 0, "%s: refused", shown(text));
	is(f.message, why, shown(text));
	buf_release(&out);
}

static void test_replace(void)
{
	compat("@{compat:{requiresStringContent:false}}", "{compat:{requiresStringContent:true}}");
	compat("{m: [1, @{ compat : { requiresStringContent : /* no */ false /* why */ , } }] }",
	    "{m: [1, { compat : { requiresStringContent : /* no */ true /* why */ , } }] }");
	compat("@{'compat':{'requiresStringContent':[{}, \"}\"], b: 1}}", "{'compat':{'requiresStringContent':true, b: 1}}");
	compat("@{ \"comp\\u0061t\": { requiresStringContent: null } }", "{ \"comp\\u0061t\": { requiresStringContent: true } }");
	compat("@{ comp\\u0061t: { \\u0072equiresStringContent: +.5e3 } }", "{ comp\\u0061t: { \\u0072equiresStringContent: true } }");
	/* of duplicates the last counts, at each level */
	compat("@{compat:{requiresStringContent:true}, compat:{requiresStringContent:1,requiresStringContent:-Infinity}}",
	    "{compat:{requiresStringContent:true}, compat:{requiresStringContent:1,requiresStringContent:true}}");
	compat("{a: {compat: {requiresStringContent: 1}}, @a: {compat: {requiresStringContent: 'x\\\ny'}}}",
	    "{a: {compat: {requiresStringContent: 1}}, a: {compat: {requiresStringContent: true}}}");
	/* braces, quotes and names in comments and strings */
	compat("@{ /* compat: {} */ b: '}', // requiresStringContent: {\n compat: /* } */ { c: \"'\", requiresStringContent: 0x1F } }",
	    "{ /* compat: {} */ b: '}', // requiresStringContent: {\n compat: /* } */ { c: \"'\", requiresStringContent: true } }");
	becomes("@{compat:{maxTokensField:'max_completion_tokens',supportsTools:true}}", "compat", two, 2,
	    "{compat:{maxTokensField:\"max_tokens\",supportsTools:false}}");
	same("@{compat:{requiresStringContent:true}}");
	same("@{compat:{requiresStringContent:false,requiresStringContent:/**/true,},}// end");
}

static void test_one_line(void)
{
	compat("@{ compat: { a: 1 } }", "{ compat: { a: 1, requiresStringContent: true } }");
	compat("@{ compat: { a: 1, } }", "{ compat: { a: 1, requiresStringContent: true, } }");
	compat("@{compat:{a:1}}", "{compat:{a:1,requiresStringContent:true}}");
	compat("@{compat:{a:1,}}", "{compat:{a:1,requiresStringContent:true,}}");
	compat("@{\"compat\":{\"a\": 1,\"b\": 2}}", "{\"compat\":{\"a\": 1,\"b\": 2,\"requiresStringContent\": true}}");
	compat("@{compat:{'a':1}}", "{compat:{'a':1,'requiresStringContent':true}}");
	compat("@{compat:{'a-b':1,c:2}}", "{compat:{'a-b':1,c:2,requiresStringContent:true}}");
	compat("@{ compat: { a: 1 /* why */ } }", "{ compat: { a: 1 /* why */, requiresStringContent: true } }");
	compat("@{ compat: { a: 1 /* why */, /* b */ } }", "{ compat: { a: 1 /* why */, /* b */ requiresStringContent: true, } }");
	compat("@{ compat: { a: 1 // why\n} }", "{ compat: { a: 1, // why\n  requiresStringContent: true\n} }");
	compat("@{ compat: { a: 1, // why\n} }", "{ compat: { a: 1, // why\n  requiresStringContent: true,\n} }");
	compat("@{ compat: { a: 1 // why\xE2\x80\xA8} }", "{ compat: { a: 1, // why\n  requiresStringContent: true\xE2\x80\xA8} }");
	compat("@{ compat: { \xC3\xA4\xC3\xB6: '\xE2\x98\x83' } }", "{ compat: { \xC3\xA4\xC3\xB6: '\xE2\x98\x83', requiresStringContent: true } }");
	becomes("@{ compat: { a: 1 } }", "compat", two, 2, "{ compat: { a: 1, supportsTools: false, maxTokensField: \"max_tokens\" } }");
}

static void test_lines(void)
{
	compat("@{\n  compat: {\n    a: 1,\n  },\n}\n", "{\n  compat: {\n    a: 1,\n    requiresStringContent: true,\n  },\n}\n");
	compat("@{\n  compat: {\n    a: 1\n  }\n}", "{\n  compat: {\n    a: 1,\n    requiresStringContent: true\n  }\n}");
	compat("@{\n\t\"compat\": {\n\t\t\"a\": 1\n\t}\n}\n", "{\n\t\"compat\": {\n\t\t\"a\": 1,\n\t\t\"requiresStringContent\": true\n\t}\n}\n");
	compat("@{\r\n  compat: {\r\n    a: 1 // x\r\n  }\r\n}\r\n",
	    "{\r\n  compat: {\r\n    a: 1, // x\r\n    requiresStringContent: true\r\n  }\r\n}\r\n");
	compat("@{\r  compat: {\r    a: 1, // x\r  }\r}\r", "{\r  compat: {\r    a: 1, // x\r    requiresStringContent: true,\r  }\r}\r");
	compat("@{\n compat: {\n  a: 1, // x, }\n  // b: 2\n } }", "{\n compat: {\n  a: 1, // x, }\n  requiresStringContent: true,\n  // b: 2\n } }");
	compat("@{\n compat: {\n  a: 1 /* x\n y */  \n } }", "{\n compat: {\n  a: 1, /* x\n y */  \n  requiresStringContent: true\n } }");
	compat("@{\n compat: {\n  a: 1 } }", "{\n compat: {\n  a: 1,\n  requiresStringContent: true } }");
	compat("@{\n compat: {\n  a: 1\n  , } }", "{\n compat: {\n  a: 1\n  ,\n  requiresStringContent: true, } }");
	compat("@{\n compat: {\n  a: 1\n, b: 2\n } }", "{\n compat: {\n  a: 1\n, b: 2, requiresStringContent: true\n } }");
	compat("@{\n compat: {\n  a: {\n   b: [\n   ]\n  }\n } }", "{\n compat: {\n  a: {\n   b: [\n   ]\n  },\n  requiresStringContent: true\n } }");
	becomes("@{\n compat: {\n  a: 1, // x\n },\n}", "compat", two, 2,
	    "{\n compat: {\n  a: 1, // x\n  supportsTools: false,\n  maxTokensField: \"max_tokens\",\n },\n}");
}

static void test_empty(void)
{
	compat("@{compat:{}}", "{compat:{requiresStringContent:true}}");
	compat("@{ compat: {} }", "{ compat: { requiresStringContent: true } }");
	compat("@{ \"compat\": { } }", "{ \"compat\": { \"requiresStringContent\": true } }");
	compat("@{\n  \"compat\": {}\n}", "{\n  \"compat\": {\n    \"requiresStringContent\": true\n  }\n}");
	compat("@{\n  compat: {},\n}", "{\n  compat: {\n    requiresStringContent: true,\n  },\n}");
	compat("@{\r\n\tcompat: {\r\n\t},\r\n}", "{\r\n\tcompat: {\r\n\t\trequiresStringContent: true,\r\n\t},\r\n}");
	compat("@{\n  compat: {\n    // none yet\n  },\n}", "{\n  compat: {\n    // none yet\n    requiresStringContent: true,\n  },\n}");
	compat("@{ compat: { /* none */ } }", "{ compat: { /* none */ requiresStringContent: true } }");
	compat("@{ compat: {/* none */} }", "{ compat: {/* none */ requiresStringContent: true } }");
	compat("@{ compat: {// none\n} }", "{ compat: {// none\n  requiresStringContent: true\n} }");
	compat("@{ compat: {// none\xE2\x80\xA9} }", "{ compat: {// none\xE2\x80\xA9 requiresStringContent: true } }");
	compat("@{compat:null}", "{compat:{requiresStringContent:true}}");
	compat("@{ compat: null /* none */, }", "{ compat: { requiresStringContent: true } /* none */, }");
	compat("@{\n    \"compat\": null\n}", "{\n    \"compat\": {\n        \"requiresStringContent\": true\n    }\n}");
	compat("@{}", "{ \"compat\": { \"requiresStringContent\": true } }");
	compat("{@a:{}}", "{a:{compat:{requiresStringContent:true}}}");
}

static void test_missing(void)
{
	compat("@{id:'a'}", "{id:'a',compat:{requiresStringContent:true}}");
	compat("[@{ id: 'a', name: 'b' }, 2]", "[{ id: 'a', name: 'b', compat: { requiresStringContent: true } }, 2]");
	compat("@{\"id\": \"a\"} // }", "{\"id\": \"a\", \"compat\": { \"requiresStringContent\": true }} // }");
	compat("@{\n  \"id\": \"a\"\n}\n", "{\n  \"id\": \"a\",\n  \"compat\": {\n    \"requiresStringContent\": true\n  }\n}\n");
	compat("{\n  m: [\n    @{\n      id: 'a', // compat: {}\n    },\n  ],\n}\n",
	    "{\n  m: [\n    {\n      id: 'a', // compat: {}\n      compat: {\n        requiresStringContent: true,\n      },\n    },\n  ],\n}\n");
	compat("{\r\n\t'm': {\r\n\t\t@'e': {\r\n\t\t\t'id': 1\r\n\t\t}\r\n\t}\r\n}",
	    "{\r\n\t'm': {\r\n\t\t'e': {\r\n\t\t\t'id': 1,\r\n\t\t\t'compat': {\r\n\t\t\t\t'requiresStringContent': true\r\n\t\t\t}\r\n\t\t}\r\n\t}\r\n}");
	becomes("@{\n  id: 1,\n}\n", "compat", two, 2,
	    "{\n  id: 1,\n  compat: {\n    supportsTools: false,\n    maxTokensField: \"max_tokens\",\n  },\n}\n");
	/* a byte order mark, and blanks of other kinds */
	compat("\xEF\xBB\xBF@{\v\xC2\xA0id:1\xE2\x80\xAF}", "\xEF\xBB\xBF{\v\xC2\xA0id:1,compat:{requiresStringContent:true}\xE2\x80\xAF}");
}

static void test_itself(void)
{
	becomes("{ @compat: { a: 1 } }", NULL, one, 1, "{ compat: { a: 1, requiresStringContent: true } }");
	becomes("{ @compat: null }", NULL, one, 1, "{ compat: { requiresStringContent: true } }");
	becomes("{\n  @'compat': {},\n}", NULL, one, 1, "{\n  'compat': {\n    'requiresStringContent': true,\n  },\n}");
	becomes("// shared\n@{}", NULL, one, 1, "// shared\n{\n  \"requiresStringContent\": true\n}");
	becomes("@null", NULL, one, 1, "{ \"requiresStringContent\": true }");
	becomes("@{compat: 5}", NULL, one, 1, "{compat: 5, requiresStringContent: true}");
}

static void test_refused(void)
{
	static const struct graft_member odd = {"a b", "true"}, none = {"a", "maybe"}, two_values = {"a", "1, b: 2"};

	fails("@{\n compat: [{}] }", "compat", one, "2: compat is a list, where it must be an object");
	fails("@{ compat: 'sk-secret' }", "compat", one, "1: compat is a text, where it must be an object");
	fails("{\n\n@a: 5}", "compat", one, "3: this is a number, where it must be an object");
	fails("{ @a: true }", NULL, one, "1: this is true, where it must be an object");
	fails("[@null]", "compat", one, "1: this is null, where it must be an object");
	fails("{ a@: {} }", "compat", one, "1: no value begins at byte 3");
	fails("{ @a: {}, a: {} }", "compat", one, "1: no value begins at byte 2");
	fails("{ a: {} }@", "compat", one, "1: no value begins at byte 9");
	fails("@{ a: sk }", "compat", one, "1: expected a value, found 's': put a text in quotes");
	fails("@", "compat", one, "1: empty: expected a value");
	fails("@{}", "compat", &odd, "1: a name that needs quotes can't be added");
	fails("@{}", "a-b", one, "1: a name that needs quotes can't be added");
	fails("@{}", "compat", &none, "1: what a would become is not JSON");
	fails("@{}", "compat", &two_values, "1: what a would become is not JSON");
}

/* The deepest that can be read has no room below; a maximum is kept. */
static void test_limits(void)
{
	struct buf text, out;
	struct fault f;
	int i;

	buf_init(&text, 1 << 20);
	buf_init(&out, 1 << 20);
	for (i = 0; i < MAX_JV_DEPTH; i++)
		buf_addc(&text, i < MAX_JV_DEPTH - 1 ? '[' : '{');
	buf_addc(&text, '}');
	for (i = 1; i < MAX_JV_DEPTH; i++)
		buf_addc(&text, ']');
	ok(graft((struct span){text.data, text.len}, MAX_JV_DEPTH - 1, "compat", one, 1, &out, &f) == -1 && out.len == 0, "too deep");
	is(f.message, "1: the text could not be read with the new members: nested more than 256 deep", "too deep");
	ok(graft((struct span){text.data, text.len}, MAX_JV_DEPTH - 1, NULL, one, 1, &out, &f) == GRAFT_CHANGED, "as deep as may be");
	buf_release(&out);
	buf_init(&out, 20);
	ok(graft(span_of("{a:1,b:2}"), 0, NULL, one, 1, &out, &f) == -1, "over the maximum");
	is(f.message, "1: the text would be over 20 bytes", "over the maximum");
	buf_release(&out);
	buf_release(&text);
}

int main(void)
{
	test_replace();
	test_one_line();
	test_lines();
	test_empty();
	test_missing();
	test_itself();
	test_refused();
	test_limits();
	return done();
}
