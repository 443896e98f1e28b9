/* compattool.c - see compattool.h. */
#include "compattool.h"
#include "ids.h"

/* An object that is copied member by member, some of them left out; all else stays as it is spelt. */
struct edit {
	struct buf *out;
	struct span obj;
	const char *first;	/* the first key */
	const char *end;	/* past the member before */
	int kept;
};

static struct edit edit_begin(struct buf *out, struct span obj)
{
	buf_addc(out, '{');
	return (struct edit){out, obj, NULL, obj.p + 1, 0};
}

/* The next member: to keep it, what stands before its key is copied. */
static void edit_next(struct edit *e, struct span key, struct span val, int keep)
{
	if (e->first == NULL)
		e->first = key.p;
	if (keep && e->kept++ == 0)	/* blanks behind the brace; else the comma and its blanks */
		buf_add(e->out, e->obj.p + 1, (size_t)(e->first - e->obj.p) - 1);
	else if (keep)
		buf_add(e->out, e->end, (size_t)(key.p - e->end));
	e->end = val.p + val.n;
}

static void edit_end(struct edit *e)
{
	buf_add(e->out, e->end, (size_t)(e->obj.p + e->obj.n - e->end));
}

/* What a tool schema loses: shall this keyword go?  `words`: those of the flag's list. */
typedef int drop_fn(struct span key, struct span val, const struct ids *words);

/* Where a value of a schema stands: below a keyword are schemas, names with a schema each, or plain data. */
enum place { IN_SCHEMA, IN_NAMES, IN_DATA };

static enum place below(struct span key)
{
	static const char *const names[] = {"properties", "patternProperties", "$defs", "definitions",
	    "dependentSchemas", "dependencies", NULL};
	static const char *const data[] = {"enum", "const", "default", "examples", "example", "required", NULL};
	int i;

	for (i = 0; names[i] != NULL; i++)
		if (span_eq(key, names[i]))
			return IN_NAMES;
	for (i = 0; data[i] != NULL; i++)
		if (span_eq(key, data[i]))
			return IN_DATA;
	return IN_SCHEMA;
}

/* A part of a schema without the keywords that go; how many went.  A property's name is no keyword. */
static int strip(struct span v, enum place at, drop_fn *drop, const struct ids *words, struct buf *out)
{
	struct span_iter it = span_each(v);
	struct span key, val;
	const char *from = v.p;
	struct edit e;
	int n = 0, keep;

	if (at == IN_DATA || span_kind(v) < SPAN_ARRAY) {
		buf_add(out, v.p, v.n);
		return 0;
	}
	if (span_kind(v) == SPAN_ARRAY) {	/* anyOf and the like */
		for (; span_next(&it, &key, &val); from = val.p + val.n) {
			buf_add(out, from, (size_t)(val.p - from));
			n += strip(val, IN_SCHEMA, drop, words, out);
		}
		buf_add(out, from, (size_t)(v.p + v.n - from));
		return n;
	}
	e = edit_begin(out, v);
	while (span_next(&it, &key, &val)) {
		keep = at == IN_NAMES || !drop(key, val, words);
		edit_next(&e, key, val, keep);
		n += !keep;
		if (!keep)
			continue;
		buf_add(out, key.p, (size_t)(val.p - key.p));
		n += strip(val, at == IN_NAMES ? IN_SCHEMA : below(key), drop, words, out);
	}
	edit_end(&e);
	return n;
}

/* A tool's function without the keywords that go; how many went. */
static int strip_function(struct span function, drop_fn *drop, const struct ids *words, struct buf *out)
{
	struct span_iter it = span_each(function);
	struct span key, val;
	const char *from = function.p;
	int n = 0;

	while (span_next(&it, &key, &val)) {
		if (!span_eq(key, "parameters"))
			continue;
		buf_add(out, from, (size_t)(val.p - from));
		n += strip(val, IN_SCHEMA, drop, words, out);
		from = val.p + val.n;
	}
	buf_add(out, from, (size_t)(function.p + function.n - from));
	return n;
}

/* The body without them: 1; 0 when none was there. */
static int strip_tools(struct span body, drop_fn *drop, const struct ids *words, struct buf *out)
{
	struct span_iter members = span_each(body), it;
	struct span key, tools, tool, function;
	const char *from = body.p;
	int n = 0;

	while (span_next(&members, &key, &tools)) {
		if (!span_eq(key, "tools") || span_kind(tools) != SPAN_ARRAY)
			continue;
		for (it = span_each(tools); span_next(&it, &key, &tool);) {
			function = span_get(tool, "function");
			if (span_kind(function) != SPAN_OBJECT)
				continue;
			buf_add(out, from, (size_t)(function.p - from));
			n += strip_function(function, drop, words, out);
			from = function.p + function.n;
		}
	}
	buf_add(out, from, (size_t)(body.p + body.n - from));
	return n > 0;
}

static int is_listed(struct span key, struct span val, const struct ids *words)
{
	(void)val;
	return ids_find(words, key) != 0;
}

int compattool_keywords(struct span body, struct span value, struct buf *out)
{
	struct span_iter it = span_each(value);
	struct span key, word;
	struct ids words;
	int changed;

	ids_init(&words);
	while (span_kind(value) == SPAN_ARRAY && span_next(&it, &key, &word))
		ids_add(&words, word);
	changed = words.n > 0 && strip_tools(body, is_listed, &words, out);
	ids_release(&words);
	return changed;
}

/* llama.cpp makes a grammar of the schema: patterns it can't take, and long texts that grow it past its limit. */
static int llamacpp_drops(struct span key, struct span val, const struct ids *words)
{
	(void)words;
	return span_eq(key, "pattern") ||
	    (span_eq(key, "maxLength") && span_kind(val) == SPAN_NUMBER && span_number(val) >= 2000);
}

int compattool_profile(struct span body, struct span value, struct buf *out)
{
	return span_eq(value, "llamacpp") && strip_tools(body, llamacpp_drops, NULL, out);
}

/* The body without these members, every other byte as it was: 1; 0 when it has none of them. */
static int drop_members(struct span body, const char *const *names, struct buf *out)
{
	struct span_iter it = span_each(body);
	struct span key, val;
	struct edit e = edit_begin(out, body);
	int i, n = 0;

	while (span_next(&it, &key, &val)) {
		for (i = 0; names[i] != NULL && !span_eq(key, names[i]); i++)
			;
		edit_next(&e, key, val, names[i] == NULL);
		if (names[i] == NULL)
			buf_add(out, key.p, (size_t)(val.p + val.n - key.p));
		else
			n++;
	}
	edit_end(&e);
	return n > 0;
}

int compattool_none(struct span body, struct span value, struct buf *out)
{
	static const char *const names[] = {"tools", "tool_choice", "parallel_tool_calls", NULL};

	return span_kind(value) == SPAN_FALSE && drop_members(body, names, out);
}

int compattool_temperature(struct span body, struct span value, struct buf *out)
{
	static const char *const names[] = {"temperature", NULL};

	return span_kind(value) == SPAN_FALSE && drop_members(body, names, out);
}

static int is_limit(struct span key)
{
	return span_eq(key, "max_tokens") || span_eq(key, "max_completion_tokens");
}

/* The limit that counts, and whether it or another stands under a name that isn't `field`. */
static const char *the_limit(struct span body, const char *field, int *other)
{
	struct span_iter it = span_each(body);
	struct span key, val, found = SPAN_NIL;

	*other = 0;
	while (span_next(&it, &key, &val)) {
		if (!is_limit(key))
			continue;
		*other |= !span_eq(key, field);
		if (found.p == NULL || span_kind(val) > SPAN_NULL || span_kind(found) == SPAN_NULL)
			found = val;
	}
	return found.p;
}

int compattool_limit(struct span body, struct span value, struct buf *out)
{
	const char *field = span_eq(value, "max_tokens") ? "max_tokens" : "max_completion_tokens", *limit;
	struct span_iter it = span_each(body);
	struct span key, val;
	struct edit e;
	int other;

	limit = the_limit(body, field, &other);
	if (!other || (!span_eq(value, field)))
		return 0;
	e = edit_begin(out, body);
	while (span_next(&it, &key, &val)) {
		edit_next(&e, key, val, !is_limit(key) || val.p == limit);
		if (!is_limit(key)) {
			buf_add(out, key.p, (size_t)(val.p + val.n - key.p));
		} else if (val.p == limit) {
			buf_addf(out, "\"%s\"", field);
			buf_add(out, key.p + key.n, (size_t)(val.p + val.n - key.p) - key.n);
		}
	}
	edit_end(&e);
	return 1;
}
