/* tools.c - see tools.h. */
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
	return type.p == NULL || span_eq(type, "function") ? FORM_OWN : FORM_OTHER;
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

static int check(struct span tool, int number, struct fault *f)
{
	struct span name = span_get(inner(tool), "name"), parameters = span_get(inner(tool), "parameters");

	if (span_kind(tool) != SPAN_OBJECT)
		return refuse(f, SPAN_NIL, number, "an object is due");
	if (form_of(tool) == FORM_OTHER)
		return 0;
	if (span_kind(name) != SPAN_STRING || name.n < 3)
		return refuse(f, SPAN_NIL, number, "a name is due");
	if (parameters.p != NULL && span_kind(parameters) != SPAN_OBJECT)
		return refuse(f, name, number, "parameters: an object is due");
	return 0;
}

int tools_strict(struct buf *out, struct span function)
{
	struct span_iter it = span_each(function);
	struct span key, val;
	const char *last = function.p + 1;

	if (span_kind(function) != SPAN_OBJECT || span_get(function, "strict").p != NULL) {
		buf_add(out, function.p, function.n);
		return 0;
	}
	while (span_next(&it, &key, &val))
		last = val.p + val.n;
	buf_add(out, function.p, (size_t)(last - function.p));
	buf_adds(out, last == function.p + 1 ? "\"strict\":false" : ",\"strict\":false");
	buf_add(out, last, (size_t)(function.p + function.n - last));
	return 1;
}

/* {"type":"function","function":{...}} around the members that the function has there. */
static void wrap(struct buf *out, struct span tool, int strict)
{
	static const char *const names[] = {"name", "description", "parameters", "strict", NULL};
	struct span val;
	int i, n = 0;

	buf_adds(out, "{\"type\":\"function\",\"function\":{");
	for (i = 0; names[i] != NULL; i++) {
		if (span_kind(val = span_get(tool, names[i])) <= SPAN_NULL)
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
		tools_strict(out, function);
		buf_add(out, behind, (size_t)(tool.p + tool.n - behind));
	} else {
		buf_add(out, tool.p, tool.n);
	}
}

int tools_write(struct buf *out, struct span tools, int strict, struct fault *f)
{
	struct span_iter it;
	struct span key, tool;
	struct buf flat;
	int n = 0, bad = 0;

	if (span_kind(tools) != SPAN_ARRAY)
		return fault_set(f, F_INPUT, "tools: an array is due");
	buf_init(&flat, MAX_RECORD);
	record_splice(&flat, tools);	/* a file of tools has line breaks */
	it = span_each((struct span){buf_text(&flat), flat.len});
	while (!bad && span_next(&it, &key, &tool)) {
		buf_adds(out, n++ == 0 ? ",\"tools\":[" : ",");
		bad = check(tool, n, f);
		if (!bad)
			add_tool(out, tool, strict);
	}
	if (n > 0)
		buf_addc(out, ']');
	if (flat.failed && !bad)
		bad = fault_set(f, F_INPUT, "the tools are over %lu bytes", MAX_RECORD);
	buf_release(&flat);
	return bad;
}

/* Is there a tool of that name? */
static int offers(struct span tools, const struct buf *name)
{
	struct span_iter it = span_each(tools);
	struct span key, tool;

	while (span_next(&it, &key, &tool))
		if (span_eq(span_get(inner(tool), "name"), buf_text(name)))
			return 1;
	return 0;
}

/* Is any of them in FluffBuzz's own form? */
static int has_own(struct span tools)
{
	struct span_iter it = span_each(tools);
	struct span key, tool;

	while (span_next(&it, &key, &tool))
		if (form_of(tool) == FORM_OWN)
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
	if (names && !offers(tools, &text))
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
	int must = span_eq(choice, "required") || span_eq(choice, "any"), some = span_count(tools) > 0;

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
