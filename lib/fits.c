/*
 * fits.c - see fits.h.
 *
 * How deep it goes is bounded by the schema, which fits_schema() bounds: what
 * a model answers is walked only along that.
 */
#include <string.h>

#include "fits.h"
#include "limits.h"
#include "record.h"
#include "same.h"

enum { SHOWN = 60, LISTED = 300 };	/* bytes of one value, and of a list of them, in a message */

/* Where we are, from the innermost outwards: written only when there is something to say. */
struct step {
	const struct step *up;	/* NULL: the whole value, $ */
	struct span key;	/* a string token, or SPAN_NIL: */
	size_t index;
};

enum { T_NULL, T_BOOLEAN, T_INTEGER, T_NUMBER, T_STRING, T_ARRAY, T_OBJECT, T_COUNT };
static const struct {
	const char *name, *words;
} types[T_COUNT] = {
	{"null", "null"}, {"boolean", "true or false"}, {"integer", "a whole number"}, {"number", "a number"},
	{"string", "a text"}, {"array", "an array"}, {"object", "an object"},
};

/* The keywords that are looked at; and those that demand nothing by themselves. */
enum keyword { K_TYPE, K_REQUIRED, K_PROPERTIES, K_ADDITIONAL, K_ITEMS, K_ENUM, K_CONST, K_LOOKED_AT };
static const char *const keywords[] = {
	"type", "required", "properties", "additionalProperties", "items", "enum", "const", NULL
};
static const char *const notes[] = {
	"$schema", "$id", "$comment", "$anchor", "$defs", "definitions", "title", "description", "default", "examples",
	"deprecated", "readOnly", "writeOnly", NULL
};

static int among(const char *const *names, struct span key)
{
	int i;

	for (i = 0; names[i] != NULL && !span_eq(key, names[i]); i++)
		;
	return names[i] != NULL ? i : -1;
}

static struct span bare(struct span schema)
{
	struct span inner;

	if (!span_eq(span_get(schema, "type"), "json_schema"))
		return schema;
	inner = span_at(schema, "json_schema.schema");
	return inner.p != NULL ? inner : schema;
}

/* --- what messages are made of --- */

static int is_identifier(struct span key)
{
	size_t i;

	for (i = 1; i + 1 < key.n; i++)
		if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_$0123456789", key.p[i]) == NULL ||
		    key.p[i] == '\0')
			return 0;
	return key.n > 2 && strchr("0123456789", key.p[1]) == NULL;
}

/* A value as it is spelt, at most SHOWN bytes of it, cut at a character. */
static void add_value(struct buf *out, struct span v)
{
	if (v.n <= SHOWN) {
		record_splice(out, v);
		return;
	}
	v.n = SHOWN;
	v.n = span_utf8(v.p, v.n);	/* it was valid: so this cuts what the limit cut */
	record_splice(out, v);
	buf_adds(out, "...");
}

static void add_path(struct buf *out, const struct step *at)
{
	if (at == NULL) {
		buf_addc(out, '$');
		return;
	}
	add_path(out, at->up);
	if (at->key.p == NULL) {
		buf_addf(out, "[%zu]", at->index);
	} else if (is_identifier(at->key) && at->key.n <= SHOWN) {
		buf_addc(out, '.');
		buf_add(out, at->key.p + 1, at->key.n - 2);
	} else {
		buf_addc(out, '.');
		add_value(out, at->key);
	}
}

static void add_kind(struct buf *out, struct span v)
{
	static const char *const words[] = {
		"nothing", "null", "false", "true", "a number", "a text", "an array", "an object"
	};

	buf_adds(out, words[span_kind(v)]);
}

/* --- is it a schema? --- */

struct reading {
	struct buf *warnings;
	struct fault *f;
	const struct step *at;
};

static int refuse(const struct reading *r, const char *what)
{
	struct buf path;

	buf_init(&path, MAX_CONFIG);
	add_path(&path, r->at);
	fault_set(r->f, F_INPUT, "%s: %s", buf_text(&path), what);
	buf_release(&path);
	return -1;
}

static int type_of(struct span name)
{
	int i;

	for (i = 0; i < T_COUNT && !span_eq(name, types[i].name); i++)
		;
	return i;
}

static int read_type(struct reading *r, struct span v)
{
	static const char what[] = "a type is due: null, boolean, integer, number, string, array or object, or an array of them";
	struct span_iter it = span_each(span_kind(v) == SPAN_ARRAY ? v : SPAN_NIL);
	struct span key, name;
	int n = 0;

	if (span_kind(v) != SPAN_ARRAY)
		return type_of(v) < T_COUNT ? 0 : refuse(r, what);
	for (; span_next(&it, &key, &name); n++)
		if (type_of(name) == T_COUNT)
			return refuse(r, what);
	return n > 0 ? 0 : refuse(r, what);
}

static int read_required(struct reading *r, struct span v)
{
	struct span_iter it = span_each(v);
	struct span key, name;

	if (span_kind(v) != SPAN_ARRAY)
		return refuse(r, "an array of names is due");
	while (span_next(&it, &key, &name))
		if (span_kind(name) != SPAN_STRING)
			return refuse(r, "an array of names is due");
	return 0;
}

static int read_schema(struct reading *r, struct span schema);

static int read_properties(struct reading *r, struct span v)
{
	struct span_iter it = span_each(v);
	struct step step = {.up = r->at};
	struct span schema;
	int bad = 0;

	if (span_kind(v) != SPAN_OBJECT)
		return refuse(r, "an object of schemas is due");
	for (r->at = &step; !bad && span_next(&it, &step.key, &schema);)
		bad = read_schema(r, schema);
	r->at = step.up;
	return bad;
}

static void pass_over(struct reading *r, struct span key, const char *what)
{
	struct buf line;

	buf_init(&line, MAX_CONFIG);
	buf_adds(&line, "schema: ");
	if (is_identifier(key) && key.n <= SHOWN)
		buf_add(&line, key.p + 1, key.n - 2);
	else
		add_value(&line, key);
	buf_addf(&line, "%s is not looked at\n", what);
	if (span_find(buf_text(r->warnings), r->warnings->len, buf_text(&line)) == NULL)
		buf_add(r->warnings, line.data, line.len);
	buf_release(&line);
}

static int read_keyword(struct reading *r, struct span key, struct span v)
{
	switch (among(keywords, key)) {
	case K_TYPE:
		return read_type(r, v);
	case K_REQUIRED:
		return read_required(r, v);
	case K_PROPERTIES:
		return read_properties(r, v);
	case K_ITEMS:
		if (span_kind(v) == SPAN_ARRAY) {	/* of older drafts: what later is prefixItems */
			pass_over(r, key, " as an array");
			return 0;
		}
		return read_schema(r, v);
	case K_ADDITIONAL:
		return read_schema(r, v);
	case K_ENUM:
		return span_kind(v) == SPAN_ARRAY && span_count(v) > 0 ? 0 : refuse(r, "an array of values is due");
	case K_CONST:
		return 0;
	default:
		if (among(notes, key) < 0)
			pass_over(r, key, "");
		return 0;
	}
}

static int read_schema(struct reading *r, struct span schema)
{
	struct span_iter it = span_each(schema);
	struct step step = {.up = r->at};
	enum span_kind kind = span_kind(schema);
	struct span v;
	int bad = 0;

	if (kind == SPAN_TRUE || kind == SPAN_FALSE)
		return 0;
	if (kind != SPAN_OBJECT)
		return refuse(r, "a schema is due: an object, true or false");
	for (r->at = &step; !bad && span_next(&it, &step.key, &v);)
		bad = read_keyword(r, step.key, v);
	r->at = step.up;
	return bad;
}

int fits_schema(struct span schema, struct buf *warnings, struct fault *f)
{
	struct reading r = {.warnings = warnings, .f = f};
	struct span_err err;
	struct span v;

	fault_clear(f);
	if (schema.p == NULL || span_check(schema.p, schema.n, MAX_JV_DEPTH, &v, &err) != 0)
		return fault_set(f, F_INPUT, "$: %s", schema.p == NULL ? "a schema is due" : err.what);
	return read_schema(&r, bare(schema));
}

/* --- does it fit? --- */

/* Begins a message, or says it all; -1. */
static int says(struct buf *why, const struct step *at, const char *text)
{
	add_path(why, at);
	buf_adds(why, ": ");
	buf_adds(why, text);
	return -1;
}

static int has_type(struct span v, int type)
{
	static const int by_kind[] = {
		T_COUNT, T_NULL, T_BOOLEAN, T_BOOLEAN, T_NUMBER, T_STRING, T_ARRAY, T_OBJECT
	};

	return by_kind[span_kind(v)] == type || (type == T_INTEGER && span_kind(v) == SPAN_NUMBER && same_as_integer(v));
}

static int fit_type(struct span wanted, struct span v, const struct step *at, struct buf *why)
{
	struct span_iter it = span_each(wanted);
	struct span key, name;
	int n = 0, whole = 0;

	if (wanted.p == NULL || (span_kind(wanted) == SPAN_STRING && has_type(v, type_of(wanted))))
		return 0;
	while (span_next(&it, &key, &name))
		if (has_type(v, type_of(name)))
			return 0;
	says(why, at, "must be ");
	if (span_kind(wanted) == SPAN_STRING) {
		buf_adds(why, types[type_of(wanted)].words);
		whole = type_of(wanted) == T_INTEGER;
	}
	for (it = span_each(wanted); span_next(&it, &key, &name); whole |= type_of(name) == T_INTEGER)
		buf_addf(why, "%s%s", n++ > 0 ? " or " : "", types[type_of(name)].words);
	buf_adds(why, ", is ");
	if (whole && span_kind(v) == SPAN_NUMBER)
		add_value(why, v);
	else
		add_kind(why, v);
	return -1;
}

static int fit_enum(struct span wanted, struct span v, const struct step *at, struct buf *why)
{
	struct span_iter it = span_each(wanted);
	struct span key, one;
	size_t start, n = 0;

	if (wanted.p == NULL)
		return 0;
	while (span_next(&it, &key, &one))
		if (same_values(one, v))
			return 0;
	says(why, at, span_count(wanted) == 1 ? "must be " : "must be one of ");
	start = why->len;
	for (it = span_each(wanted); span_next(&it, &key, &one);) {
		buf_adds(why, n++ > 0 ? ", " : "");
		if (why->len - start > LISTED) {
			buf_adds(why, "...");
			break;
		}
		add_value(why, one);
	}
	buf_adds(why, ", is ");
	add_value(why, v);
	return -1;
}

static int fit_const(struct span wanted, struct span v, const struct step *at, struct buf *why)
{
	if (wanted.p == NULL || same_values(wanted, v))
		return 0;
	says(why, at, "must be ");
	add_value(why, wanted);
	buf_adds(why, ", is ");
	add_value(why, v);
	return -1;
}

static int fit_required(struct span wanted, struct span v, const struct step *at, struct buf *why)
{
	struct span_iter it = span_each(wanted);
	struct span key, name;

	while (span_next(&it, &key, &name))
		if (same_member(v, name).p == NULL) {
			says(why, at, "");
			add_value(why, name);
			buf_adds(why, " is missing");
			return -1;
		}
	return 0;
}

static int fit(struct span schema, struct span v, const struct step *at, struct buf *why);

static int fit_members(struct span schema, const struct span *rules, struct span v, const struct step *at, struct buf *why)
{
	struct span_iter it = span_each(v);
	struct step step = {.up = at};
	struct span val, rule, others = rules[K_ADDITIONAL];

	if (span_get(schema, "patternProperties").p != NULL)	/* it says which others there may be, and isn't looked at */
		others = SPAN_NIL;
	while (span_next(&it, &step.key, &val)) {
		rule = same_member(rules[K_PROPERTIES], step.key);
		if (rule.p == NULL && span_kind(others) == SPAN_FALSE) {
			says(why, at, "");
			add_value(why, step.key);
			buf_adds(why, " may not be there");
			return -1;
		}
		if (fit(rule.p != NULL ? rule : others, val, &step, why) != 0)
			return -1;
	}
	return 0;
}

static int fit_items(struct span schema, struct span rule, struct span v, const struct step *at, struct buf *why)
{
	struct span_iter it = span_each(v);
	struct step step = {.up = at};
	struct span key, val;

	/* prefixItems, or its older form, say which are meant, and aren't looked at */
	if (span_kind(rule) == SPAN_ARRAY || span_get(schema, "prefixItems").p != NULL)
		return 0;
	for (; span_next(&it, &key, &val); step.index++)
		if (fit(rule, val, &step, why) != 0)
			return -1;
	return 0;
}

/* SPAN_NIL and true take anything. */
static int fit(struct span schema, struct span v, const struct step *at, struct buf *why)
{
	struct span rules[K_LOOKED_AT];

	if (span_kind(schema) == SPAN_FALSE)
		return says(why, at, "may not be there");
	if (span_kind(schema) != SPAN_OBJECT)
		return 0;
	span_pick(schema, keywords, rules);
	if (fit_type(rules[K_TYPE], v, at, why) != 0 || fit_enum(rules[K_ENUM], v, at, why) != 0 ||
	    fit_const(rules[K_CONST], v, at, why) != 0)
		return -1;
	if (span_kind(v) == SPAN_OBJECT)
		return fit_required(rules[K_REQUIRED], v, at, why) != 0 ? -1 : fit_members(schema, rules, v, at, why);
	return span_kind(v) == SPAN_ARRAY ? fit_items(schema, rules[K_ITEMS], v, at, why) : 0;
}

int fits(struct span schema, struct span value, struct buf *why)
{
	return fit(bare(schema), value, NULL, why);
}
