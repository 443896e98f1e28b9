#include "fits.h"
#include "help.h"
#include "same.h"
#include "tap.h"

/* A value in memory of its exact size, ' for "; *copy is yours. */
static struct span quoted(const char *text, char **copy)
{
	size_t n = strlen(text);
	struct span v = SPAN_NIL;
	struct span_err err;

	*copy = exact(text, n);
	unquote_in(*copy, n);
	if (span_check(*copy, n, MAX_DEPTH, &v, &err) != 0)
		ok(0, "the test's own JSON is bad at %zu: %s", err.at, shown(text));
	return v;
}

/* In all of them ' stands for "; want "": it fits. */
static void says(const char *schema, const char *value, const char *want)
{
	char *one, *two, *wanted = exact(want, strlen(want) + 1);
	struct span s = quoted(schema, &one), v = quoted(value, &two);
	struct buf why, warnings;
	struct fault f;
	int got;

	unquote_in(wanted, strlen(want));
	buf_init(&why, 1 << 16);
	buf_init(&warnings, 1 << 16);
	if (fits_schema(s, &warnings, &f) != 0)
		ok(0, "a schema: %s: %s", shown(schema), f.message);
	got = fits(s, v, &why);
	if ((got == 0) != (why.len == 0) || (got != 0 && got != -1))
		ok(0, "what it returns is what it says");
	is_buf(&why, wanted, shown(value));
	buf_release(&why);
	buf_release(&warnings);
	free(one);
	free(two);
	free(wanted);
}

static void test_type(void)
{
	says("{'type':'number'}", "1.5", "");
	says("{'type':'number'}", "'1'", "$: must be a number, is a text");
	says("{'type':'integer'}", "12", "");
	says("{'type':'integer'}", "1.5", "$: must be a whole number, is 1.5");
	says("{'type':'integer'}", "null", "$: must be a whole number, is null");
	says("{'type':'boolean'}", "false", "");
	says("{'type':'boolean'}", "true", "");
	says("{'type':'boolean'}", "0", "$: must be true or false, is a number");
	says("{'type':'string'}", "true", "$: must be a text, is true");
	says("{'type':'null'}", "{}", "$: must be null, is an object");
	says("{'type':'object'}", "[]", "$: must be an object, is an array");
	says("{'type':['string','null']}", "null", "");
	says("{'type':['string','null']}", "7", "$: must be a text or null, is a number");
	says("{'type':['string','integer']}", "7.5", "$: must be a text or a whole number, is 7.5");
	says("true", "7", "");
	says("{}", "7", "");
	says("false", "7", "$: may not be there");
	says("{'type':'json_schema','json_schema':{'name':'x','schema':{'type':'array'}}}", "7",
	    "$: must be an array, is a number");
}

static void test_integers(void)
{
	static const struct {
		const char *number;
		int whole;
	} cases[] = {
		{"0", 1}, {"-0.0", 1}, {"1.0", 1}, {"1.50e1", 1}, {"1.55e1", 0}, {"-1e400", 1}, {"1e-400", 0}, {"0e-400", 1},
		{"100e-2", 1}, {"100e-3", 0}, {"0.5", 0}, {"9007199254740993", 1}, {"1.00000000000000000000001", 0},
		{"120.0E-1", 1}, {"12.5e+0", 0}, {"1e00000000000000000000000000001", 1}, {"0.1e-0000000000000000000000000001", 0},
		{"1.5e00000000000000000000000000000", 0}, {"1.5E+00000000000000000000000000001", 1}, {"1e-99999999999999999999", 0},
		{"0.1e99999999999999999999", 1}, {"0e-99999999999999999999", 1},
	};
	size_t i;

	for (i = 0; i < COUNT(cases); i++)
		ok(same_as_integer(json(cases[i].number)) == cases[i].whole, "%s is %s", cases[i].number,
		    cases[i].whole ? "whole" : "not whole");
}

static const char order[] = "{'type':'object','required':['name','items'],'additionalProperties':false,'properties':{"
    "'name':{'type':'string'},'color':{'enum':['red','green']},"
    "'items':{'type':'array','items':{'type':'object','properties':{'price':{'type':'number'},'a b':{'type':'null'}}}},"
    "'more':{'additionalProperties':{'type':'integer'}}}}";

static void test_objects(void)
{
	says(order, "{'name':'x','items':[]}", "");
	says(order, "{'items':[]}", "$: 'name' is missing");
	says(order, "{'n\\u0061me':'x','items':[],'color':'green'}", "");
	says(order, "{'name':'x','items':[],'color':'blue'}", "$.color: must be one of 'red', 'green', is 'blue'");
	says(order, "{'name':'x','items':[],'extra':1}", "$: 'extra' may not be there");
	says(order, "{'name':'x','items':[{'price':1},{},{},{'price':'2'}]}", "$.items[3].price: must be a number, is a text");
	says(order, "{'name':'x','items':[{'a b':1}]}", "$.items[0].'a b': must be null, is a number");
	says(order, "{'name':'x','items':[],'more':{'x':1,'':2.5}}", "$.more.'': must be a whole number, is 2.5");
	says(order, "{'name':'x','items':{}}", "$.items: must be an array, is an object");
	/* what is no object has no members */
	says("{'required':['a'],'properties':{'a':false}}", "[1]", "");
	says("{'properties':{'a':false}}", "{'b':1}", "");
	says("{'properties':{'a':false}}", "{'a':1}", "$.a: may not be there");
	says("{'items':{'type':'null'}}", "{'a':1}", "");
	says("{'items':{'items':{'type':'null'}}}", "[[null],[null,1]]", "$[1][1]: must be null, is a number");
	/* what isn't looked at may allow what additionalProperties and items would not */
	says("{'additionalProperties':false,'patternProperties':{'^x':{}}}", "{'x1':1}", "");
	says("{'items':false,'prefixItems':[{}]}", "[1]", "");
	says("{'items':[{'type':'null'}]}", "[1]", "");
}

static void test_values(void)
{
	says("{'const':{'a':[1,{'b':null}],'c':'\\u00e9'}}", "{'c':'\xc3\xa9','a':[1.0,{'b':null}]}", "");
	says("{'const':{'a':1}}", "{'a':1,'b':2}", "$: must be {'a':1}, is {'a':1,'b':2}");
	says("{'const':{'a':1,'b':2}}", "{'a':1}", "$: must be {'a':1,'b':2}, is {'a':1}");
	says("{'const':{'a':1}}", "{'a':2,'a':1}", "");
	says("{'const':[1,2]}", "[1]", "$: must be [1,2], is [1]");
	says("{'const':[1]}", "[1,2]", "$: must be [1], is [1,2]");
	says("{'const':[1,2]}", "[2,1]", "$: must be [1,2], is [2,1]");
	says("{'const':100}", "1e2", "");
	says("{'const':9007199254740993}", "9007199254740992", "$: must be 9007199254740993, is 9007199254740992");
	says("{'const':18446744073709551615}", "18446744073709551616",
	    "$: must be 18446744073709551615, is 18446744073709551616");
	says("{'const':18446744073709551615}", "18446744073709551615", "");
	says("{'const':18446744073709551616}", "-18446744073709551616",
	    "$: must be 18446744073709551616, is -18446744073709551616");
	says("{'const':9223372036854775807}", "9223372036854775808", "$: must be 9223372036854775807, is 9223372036854775808");
	says("{'const':1000000000000000000000001}", "1000000000000000000000000",
	    "$: must be 1000000000000000000000001, is 1000000000000000000000000");
	says("{'const':1e20}", "100000000000000000000", "");
	says("{'const':-0}", "0", "");
	says("{'const':1}", "true", "$: must be 1, is true");
	says("{'const':null}", "null", "");
	says("{'const':'a'}", "'b'", "$: must be 'a', is 'b'");
	says("{'enum':['a']}", "'b'", "$: must be 'a', is 'b'");
	says("{'enum':[1,[],{}]}", "{}", "");
	says("{'const':{'a':\n 1}}", "{'a':\n 2}", "$: must be {'a':  1}, is {'a':  2}");
}

/* What is shown of large values is little, and whole characters. */
static void test_cut(void)
{
	struct buf schema, value, why;
	struct span s, v;
	int i;

	buf_init(&schema, 1 << 20);
	buf_init(&value, 1 << 20);
	buf_init(&why, 1 << 20);
	buf_adds(&schema, "{\"enum\":[0");
	for (i = 0; i < 1000; i++)
		buf_addf(&schema, ",%d", i);
	buf_adds(&schema, "]}");
	buf_addc(&value, '"');
	for (i = 0; i < 1000; i++)
		buf_adds(&value, "\xe2\x82\xac");
	buf_addc(&value, '"');
	s = json(schema.data);
	v = json(value.data);
	ok(fits(s, v, &why) == -1 && why.len < 500, "a long list and a long text are cut");
	ok(span_utf8(why.data, why.len) == why.len && strstr(why.data, ", ..., is \"\xe2\x82\xac") != NULL &&
	    strcmp(why.data + why.len - 6, "\xe2\x82\xac...") == 0, "at a character");
	buf_release(&schema);
	buf_release(&value);
	buf_release(&why);
}

/* want: "" and the warnings; or the fault. */
static void reads(const char *schema, const char *warns, const char *fault)
{
	char *copy;
	struct span s = quoted(schema, &copy);
	struct buf warnings;
	struct fault f;
	int got;

	buf_init(&warnings, 1 << 16);
	got = fits_schema(s, &warnings, &f);
	ok((got == 0) == (fault[0] == '\0') && f.code == (got == 0 ? F_NONE : F_INPUT), "%s: %s", shown(schema),
	    got == 0 ? "a schema" : "none");
	is(f.message, fault, shown(schema));
	is_buf(&warnings, warns, shown(schema));
	buf_release(&warnings);
	free(copy);
}

#define NO_TYPE "a type is due: null, boolean, integer, number, string, array or object, or an array of them"

static void test_schema(void)
{
	reads("true", "", "");
	reads("{'$schema':'x','$id':'y','title':1,'description':'d','default':null,'examples':[1],'type':'object'}", "", "");
	reads("{'minLength':1,'properties':{'minLength':{'minLength':2,'format':'date'}},'x y':1,'$ref':'#'}",
	    "schema: minLength is not looked at\nschema: format is not looked at\nschema: \"x y\" is not looked at\n"
	    "schema: $ref is not looked at\n", "");
	reads("{'items':[{}]}", "schema: items as an array is not looked at\n", "");
	reads("[]", "", "$: a schema is due: an object, true or false");
	reads("'x'", "", "$: a schema is due: an object, true or false");
	reads("{'type':5}", "", "$.type: " NO_TYPE);
	reads("{'type':[]}", "", "$.type: " NO_TYPE);
	reads("{'type':['string','text']}", "", "$.type: " NO_TYPE);
	reads("{'properties':{'a':{'type':'text'}}}", "", "$.properties.a.type: " NO_TYPE);
	reads("{'required':'x'}", "", "$.required: an array of names is due");
	reads("{'required':[1]}", "", "$.required: an array of names is due");
	reads("{'properties':[]}", "", "$.properties: an object of schemas is due");
	reads("{'properties':{'a b':1}}", "", "$.properties.\"a b\": a schema is due: an object, true or false");
	reads("{'items':{'additionalProperties':'no'}}", "",
	    "$.items.additionalProperties: a schema is due: an object, true or false");
	reads("{'items':7}", "", "$.items: a schema is due: an object, true or false");
	reads("{'enum':[]}", "", "$.enum: an array of values is due");
	reads("{'enum':'a'}", "", "$.enum: an array of values is due");
	reads("{'type':'json_schema','json_schema':{'schema':{'type':'x'}}}", "", "$.type: " NO_TYPE);
	reads("{'type':'json_schema'}", "", "$.type: " NO_TYPE);
}

static void test_depth(void)
{
	struct buf text, out;
	struct fault f;
	int depth, i;

	buf_init(&text, 1 << 20);
	buf_init(&out, 1 << 20);
	for (depth = MAX_JV_DEPTH; depth <= MAX_JV_DEPTH + 1; depth++) {
		buf_clear(&text);
		for (i = 1; i < depth; i++)
			buf_adds(&text, "{\"items\":");
		buf_adds(&text, "{}");
		for (i = 1; i < depth; i++)
			buf_addc(&text, '}');
		ok((fits_schema((struct span){text.data, text.len}, &out, &f) == 0) == (depth <= MAX_JV_DEPTH), "a schema %d deep", depth);
	}
	buf_release(&text);
	buf_release(&out);
	fits_schema(SPAN_NIL, &out, &f);
	is(f.message, "$: a schema is due", "no schema");
}

int main(void)
{
	test_type();
	test_integers();
	test_objects();
	test_values();
	test_cut();
	test_schema();
	test_depth();
	return done();
}
