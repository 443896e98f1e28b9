#include "help.h"
#include "jqprog.h"
#include "json.h"
#include "tap.h"

/* The outputs of a program that was compiled, as JSON; or "!what went wrong". */
static void runs(struct jqprog *p, const char *value, int most, const char *want)
{
	jv doc = jqprog_run(p, json_build(json(value)), most);
	struct buf out;

	buf_init(&out, MAX_RECORD);
	if (jv_is_valid(doc))
		json_write(&out, doc);
	else
		buf_addf(&out, "!%s", p->err);
	is_buf(&out, want, shown(value));
	ok(jv_is_valid(doc) == (p->err[0] == '\0'), "an error says why");
	jv_free(doc);
	buf_release(&out);
}

static void program(const char *text, const char *value, const char *want)
{
	struct jqprog p;

	if (ok(jqprog_init(&p, text) == 0, "%s", shown(text))) {
		runs(&p, value, 10, want);
		runs(&p, value, 10, want);	/* nothing is left of the first time */
	}
	jqprog_release(&p);
}

static void faulty(const char *text, const char *want)
{
	struct jqprog p;

	ok(jqprog_init(&p, text) == -1, "%s: no program", shown(text));
	is(p.err, want, "says so");
	jqprog_release(&p);
	jqprog_release(&p);
}

static void test_programs(void)
{
	program(".a", "{\"a\":[1,\"x\"]}", "[[1,\"x\"]]");
	program("", "1", "[1]");
	program("# nothing", "1", "[1]");
	program("def f: 2;", "1", "[1]");
	program(".[]", "[1,null,false]", "[1,null,false]");
	program("empty", "1", "[]");
	program("{prompt: .text, id}", "{\"id\":7,\"text\":\"\\u00e9\\u0000\"}", "[{\"prompt\":\"\xC3\xA9\\u0000\",\"id\":7}]");
	program("nan, infinite", "1", "[null,1.7976931348623157e+308]");
	program("label $f | 1, break $f, 2", "1", "[1]");
	program("debug", "1", "[1]");
	program("[inputs]?", "1", "[]");
	program("get_search_list", "1", "[[\"~/.jq\"]]");
	program("error(null)", "1", "[]");	/* libjq's; see jqprog.h */
}

static void test_failures(void)
{
	struct jqprog p;

	program(".a.b", "{\"a\":1}", "!Cannot index number with string \"b\"");
	program("1, error(\"two\\nlines\\n\")", "1", "!two lines");
	program("error({a:1})", "1", "!{\"a\":1}");
	program("1, halt", "1", "!the program halted");
	program("\"bye\\n\" | halt_error", "1", "!bye");
	program("{} | halt_error(1)", "1", "!{}");
	program("input", "1", "!input: the program sees one value only");
	program("range(11)", "1", "!more than 10 outputs");
	program("repeat(.)", "1", "!more than 10 outputs");
	program("reduce range(257) as $i (0; [.])", "1", "!an output nested deeper than 256");
	program("reduce range(129) as $i (0; {a: [.]})", "1", "!an output nested deeper than 256");
	program("reduce range(256) as $i (0; [.]) | length", "1", "[1]");
	program("\"x\" * 1000 | error", "1", "!xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...");
	ok(jqprog_init(&p, ".x | if . == 0 then halt elif . == 1 then error(\"one\") elif . == 2 then range(9) else . end") == 0,
	    "one program, many values");
	runs(&p, "{\"x\":0}", 3, "!the program halted");
	runs(&p, "{\"x\":3}", 3, "[3]");
	runs(&p, "{\"x\":1}", 3, "!one");
	runs(&p, "{\"x\":3}", 3, "[3]");
	runs(&p, "{\"x\":2}", 3, "!more than 3 outputs");
	runs(&p, "{\"x\":2}", 1, "!more than 1 output");
	runs(&p, "{\"x\":2}", 0, "!more than 0 outputs");
	runs(&p, "{\"x\":2}", 9, "[0,1,2,3,4,5,6,7,8]");
	ok(!jv_is_valid(jqprog_run(&p, jv_invalid(), 1)), "no value");
	is(p.err, "no value", "says so");
	jqprog_release(&p);
}

/* The words are libjq's, which differ from version to version; ours only goes round them. */
static void noise(const char *text)
{
	struct jqprog p;

	ok(jqprog_init(&p, text) == -1, "%s: no program", shown(text));
	ok(strstr(p.err, "jq:") == NULL && strstr(p.err, "quoting") == NULL && strstr(p.err, "top-level") == NULL &&
	    strstr(p.err, "$end") == NULL && strchr(p.err, '\n') == NULL && p.err[0] != '\0' &&
	    p.err[strlen(p.err) - 1] != ':', "without noise: %s", shown(p.err));
	jqprog_release(&p);
}

static void test_compile(void)
{
	faulty("foo, bar", "foo/0 is not defined in line 1");
	faulty(".a |\n$x", "$x is not defined in line 2");
	noise(".a )");	/* not ".a b": libjq 1.6 leaks the name that its parser didn't expect */
	noise(".a |");
	noise("import \"zz\" as z; .");
	noise("include \"zz\" {search:3}; .");
	noise("\xFF");
}

int main(void)
{
	test_programs();
	test_failures();
	test_compile();
	return done();
}
