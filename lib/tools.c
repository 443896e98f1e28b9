/* tools.c - see tools.h. */
#include <stdlib.h>
#include <string.h>

#include "limits.h"
#include "record.h"
#include "tools.h"

enum form { FORM_OPENAI, FORM_OWN, FORM_OTHER };	/* other: a vendor's own kind, such as {"type":"web_search"} */

static enum form form_of(struct span tool)
{
	struct span type = span_get(tool, "type");

	if (span_get(tool, "function").p != NULL)
		return FORM_OPENAI;
	return type.p == NULL || span_eq(type, "function") || span_get(tool, "input_schema").p != NULL ? FORM_OWN : FORM_OTHER;
}

/* The schema of one in our own form; Anthropic's and MCP's call it otherwise. */
static struct span schema_of(struct span tool)
{
	static const char *const names[] = {"parameters", "input_schema", "inputSchema", NULL};
	struct span v = SPAN_NIL;
	int i;

	for (i = 0; names[i] != NULL && v.p == NULL; i++)
		v = span_get(tool, names[i]);
	return v;
}

/* The object that has the name: `function`, or the tool itself. */
static struct span inner(struct span tool)
{
	return form_of(tool) == FORM_OPENAI ? span_get(tool, "function") : tool;
}

/* "the tool NAME: what is wrong", or its number when it has none. */
static int refuse(struct fault *f, struct span name, int number, const char *why)
{
	struct buf text;

	if (span_kind(name) != SPAN_STRING || name.n < 3)
		return fault_set(f, F_INPUT, "tool %d: %s", number, why);
	buf_init(&text, MAX_RECORD);
	span_decode(name, SPAN_REPLACE, &text);
	fault_set(f, F_INPUT, "tool \"%s\": %s", buf_text(&text), why);
	buf_release(&text);
	return -1;
}

/* What is wrong with it: 0, or -1 and *f. */
static int look(struct span tool, int number, struct fault *f)
{
	int own = form_of(tool) == FORM_OWN;
	struct span name = span_get(inner(tool), "name");
	struct span schema = own ? schema_of(tool) : span_get(inner(tool), "parameters");

	if (span_kind(tool) != SPAN_OBJECT)
		return refuse(f, SPAN_NIL, number, "an object is due");
	if (form_of(tool) == FORM_OTHER)
		return 0;
	if (span_kind(name) != SPAN_STRING || name.n < 3)
		return refuse(f, SPAN_NIL, number, "a name is due");
	if (schema.p != NULL && span_kind(schema) != SPAN_OBJECT)
		return refuse(f, name, number, "parameters: an object is due");
	return 0;
}

/* In FluffBuzz's own form, and no tool: it is left out, as FluffBuzz does. */
static int is_left_out(struct span tool, int number, struct fault *why)
{
	return span_kind(tool) == SPAN_OBJECT && form_of(tool) == FORM_OWN && look(tool, number, why) != 0;
}

int tools_left_out(struct span tools, struct fault *why)
{
	struct span_iter it = span_each(tools);
	struct span key, tool;
	struct fault other;
	int i, n = 0;

	if (span_kind(tools) != SPAN_ARRAY)
		return 0;
	for (i = 1; span_next(&it, &key, &tool); i++)
		n += is_left_out(tool, i, n == 0 ? why : &other);
	return n;
}

/* How many are sent. */
static size_t count(struct span tools)
{
	struct fault unused;

	return span_count(tools) - (size_t)tools_left_out(tools, &unused);
}

/* A `function` object, which has a name: with "strict":false behind its last member unless it has the member. */
static void add_function(struct buf *out, struct span function)
{
	struct span_iter it = span_each(function);
	struct span key, val;
	const char *last = function.p;

	if (span_get(function, "strict").p != NULL) {
		buf_add(out, function.p, function.n);
		return;
	}
	while (span_next(&it, &key, &val))
		last = val.p + val.n;
	buf_add(out, function.p, (size_t)(last - function.p));
	buf_adds(out, ",\"strict\":false");
	buf_add(out, last, (size_t)(function.p + function.n - last));
}

/* {"type":"function","function":{...}} around the members that the function has there. */
static void wrap(struct buf *out, struct span tool, int strict)
{
	static const char *const names[] = {"name", "description", "parameters", "strict", NULL};
	struct span val;
	int i, n = 0;

	buf_adds(out, "{\"type\":\"function\",\"function\":{");
	for (i = 0; names[i] != NULL; i++) {
		val = strcmp(names[i], "parameters") == 0 ? schema_of(tool) : span_get(tool, names[i]);
		if (span_kind(val) <= SPAN_NULL)
			continue;
		buf_addf(out, "%s\"%s\":", n++ > 0 ? "," : "", names[i]);
		buf_add(out, val.p, val.n);
	}
	if (strict && span_kind(span_get(tool, "strict")) <= SPAN_NULL)
		buf_adds(out, ",\"strict\":false");
	buf_adds(out, "}}");
}

static void add_tool(struct buf *out, struct span tool, int strict)
{
	struct span function = span_get(tool, "function");
	const char *behind;

	if (form_of(tool) == FORM_OWN) {
		wrap(out, tool, strict);
	} else if (form_of(tool) == FORM_OPENAI && strict) {
		behind = function.p + function.n;
		buf_add(out, tool.p, (size_t)(function.p - tool.p));
		add_function(out, function);
		buf_add(out, behind, (size_t)(tool.p + tool.n - behind));
	} else {
		buf_add(out, tool.p, tool.n);
	}
}

/* A tool with the characters of its name. */
struct named {
	struct span tool, name;
	size_t at;
};

/* By name, as bytes; those of one name, or without, as they came, the latter at the end. */
static int by_name(const void *one, const void *other)
{
	const struct named *a = one, *b = other;
	size_t n = a->name.n < b->name.n ? a->name.n : b->name.n;
	int c = n > 0 ? memcmp(a->name.p, b->name.p, n) : 0;

	if ((a->name.n == 0) != (b->name.n == 0))
		return a->name.n == 0 ? 1 : -1;
	if (c == 0 && a->name.n != b->name.n)
		c = a->name.n < b->name.n ? -1 : 1;
	return c != 0 ? c : a->at < b->at ? -1 : 1;
}

/* The array in another order, everything else as it is. */
static void sort(struct buf *out, struct span tools)
{
	size_t n = span_count(tools), i;
	struct named *list = n > 0 ? calloc(n, sizeof *list) : NULL;
	struct span_iter it = span_each(tools);
	struct buf names;
	struct span key;

	buf_init(&names, MAX_RECORD);
	if (list == NULL) {
		buf_add(out, tools.p, tools.n);
		return;
	}
	for (i = 0; i < n && span_next(&it, &key, &list[i].tool); i++) {
		list[i].at = names.len;
		span_decode(span_get(inner(list[i].tool), "name"), SPAN_REPLACE, &names);
		list[i].name.n = names.len - list[i].at;
	}
	for (i = 0; i < n; i++) {
		list[i].name.p = buf_text(&names) + list[i].at;
		list[i].at = i;
	}
	if (!names.failed)
		qsort(list, n, sizeof *list, by_name);
	for (i = 0; i < n; i++) {
		buf_addc(out, i > 0 ? ',' : '[');
		buf_add(out, list[i].tool.p, list[i].tool.n);
	}
	buf_addc(out, ']');
	buf_release(&names);
	free(list);
}

int tools_write(struct buf *out, struct span tools, int strict, int sorted, struct fault *f)
{
	struct span_iter it;
	struct span key, tool;
	struct buf flat, order;
	int i, n = 0, bad = 0;

	if (span_kind(tools) != SPAN_ARRAY)
		return fault_set(f, F_INPUT, "tools: an array is due");
	buf_init(&flat, MAX_RECORD);
	buf_init(&order, MAX_RECORD);
	if (sorted)
		sort(&order, tools);
	record_splice(&flat, sorted ? (struct span){buf_text(&order), order.len} : tools);	/* a file of tools has line breaks */
	it = span_each((struct span){buf_text(&flat), flat.len});
	for (i = 1; !bad && span_next(&it, &key, &tool); i++) {
		if (is_left_out(tool, i, f) || (bad = look(tool, i, f)) != 0)
			continue;
		buf_adds(out, n++ == 0 ? ",\"tools\":[" : ",");
		add_tool(out, tool, strict);
	}
	if (n > 0)
		buf_addc(out, ']');
	if ((flat.failed || order.failed) && !bad)
		bad = fault_set(f, F_INPUT, "the tools are over %lu bytes", MAX_RECORD);
	buf_release(&order);
	buf_release(&flat);
	return bad;
}

/* Is there a tool of that name? */
static int offers(struct span tools, struct span name)
{
	struct span_iter it = span_each(tools);
	struct span key, tool;
	struct fault unused;

	while (span_next(&it, &key, &tool))
		if (span_same(span_get(inner(tool), "name"), name) && !is_left_out(tool, 0, &unused))
			return 1;
	return 0;
}

/* Is any of them in FluffBuzz's own form? */
static int has_own(struct span tools)
{
	struct span_iter it = span_each(tools);
	struct span key, tool;
	struct fault unused;

	while (span_next(&it, &key, &tool))
		if (form_of(tool) == FORM_OWN && !is_left_out(tool, 0, &unused))
			return 1;
	return 0;
}

/* One tool by its name: a bare name becomes an object; an object stays as it is. */
static int choose_named(struct buf *out, struct span choice, struct span tools, struct fault *f)
{
	int bare = span_kind(choice) == SPAN_STRING, bad = 0;
	struct span name = bare ? choice : span_get(inner(choice), "name");
	int names = bare || name.p != NULL || form_of(choice) != FORM_OTHER;	/* {"type":"allowed_tools",...} doesn't */
	struct buf text;

	if (span_kind(choice) != SPAN_OBJECT && !bare)
		return fault_set(f, F_INPUT, "tool_choice: \"auto\", \"none\", \"required\" or an object is due");
	buf_init(&text, MAX_RECORD);
	span_decode(name, SPAN_REPLACE, &text);
	if (names && !offers(tools, name))
		bad = fault_set(f, F_INPUT, "tool choice \"%s\": no such tool", buf_text(&text));
	buf_release(&text);
	if (bad)
		return -1;
	buf_adds(out, bare ? ",\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":" : ",\"tool_choice\":");
	record_splice(out, choice);
	buf_adds(out, bare ? "}}" : "");
	return 0;
}

int tools_choice(struct buf *out, struct span choice, struct span tools, struct fault *f)
{
	int must = span_eq(choice, "required") || span_eq(choice, "any"), some = count(tools) > 0;

	if (span_kind(choice) <= SPAN_NULL) {
		if (has_own(tools))
			buf_adds(out, ",\"tool_choice\":\"auto\"");
		return 0;
	}
	if (must && !some)
		return fault_set(f, F_INPUT, "tool choice \"required\": there are no tools");
	if (!must && !span_eq(choice, "auto") && !span_eq(choice, "none"))
		return choose_named(out, choice, tools, f);
	if (some) {
		buf_adds(out, ",\"tool_choice\":");
		buf_add(out, choice.p, choice.n);
	}
	return 0;
}
