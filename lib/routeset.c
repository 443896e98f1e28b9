/* routeset.c - what -c lays over a route: see route.h. */
#include <math.h>
#include <string.h>

#include "compat.h"
#include "credential.h"
#include "header.h"
#include "json.h"
#include "limits.h"
#include "near.h"
#include "route.h"

/* The fields of a route that -c may set, beside the compat flags. */
static const struct {
	const char *name;
	jv_kind kind;		/* JV_KIND_TRUE: true or false */
	int members;		/* name.MEMBER may be set too */
} settable[] = {
	{"maxTokens", JV_KIND_NUMBER, 0}, {"contextWindow", JV_KIND_NUMBER, 0},
	{"contextTokens", JV_KIND_NUMBER, 0}, {"timeoutSeconds", JV_KIND_NUMBER, 0},
	{"reasoning", JV_KIND_TRUE, 0}, {"input", JV_KIND_ARRAY, 0}, {"model", JV_KIND_STRING, 0},
	{"name", JV_KIND_STRING, 0}, {"params", JV_KIND_OBJECT, 1}, {"cost", JV_KIND_OBJECT, 1},
	{"headers", JV_KIND_NULL, 1},	/* one by one */
	{NULL, JV_KIND_NULL, 0}
};

/* The value of an assignment: JSON behind := and where `wants_text` is 0 and it reads as JSON, else text. */
static jv value_of(const char *text, int typed, int wants_text)
{
	struct span v;
	struct span_err err;

	if ((typed || !wants_text) && span_check(text, strlen(text), MAX_JV_DEPTH, &v, &err) == 0)
		return json_build(v);
	return typed ? jv_invalid() : json_str(text);
}

static int set_compat(jv *route, const struct compat *row, const char *text, int typed, struct fault *f)
{
	jv value = value_of(text, typed, row->type == COMPAT_WORD), all;

	if (!compat_fits(row, value)) {
		jv_free(value);
		return fault_set(f, F_CONFIG, "-c %s: must be %s", row->name, compat_wants(row));
	}
	all = json_set(json_get(*route, "compat"), row->name, value);
	*route = json_set(*route, "compat", all);
	return 0;
}

static int unknown(const char *name, struct fault *f)
{
	struct buf why;
	struct near n;
	const struct compat *row;
	int i;

	near_init(&n, name);
	for (row = compat_rows; row->name != NULL; row++)
		near_see(&n, row->name);
	for (i = 0; settable[i].name != NULL; i++)
		near_see(&n, settable[i].name);
	buf_init(&why, 1 << 12);
	near_write(&n, &why);
	fault_set(f, F_CONFIG, "-c %s: no such compat flag or field of a route%s", name, buf_text(&why));
	buf_release(&why);
	return -1;
}

/* A header's value may not be a secret: it would stand in every record. */
static int header_ok(const char *name, jv value)
{
	const char *text = json_string(value);

	return text != NULL && header_name_ok(name, strlen(name)) && header_value_ok(text, strlen(text)) &&
	    !credential_smells(name);
}

static int set_member(jv *route, const char *field, const char *member, const char *text, int typed, struct fault *f)
{
	int is_header = strcmp(field, "headers") == 0;
	jv value = value_of(text, typed, is_header);

	if (!jv_is_valid(value) || member[0] == '\0' || (strcmp(field, "cost") == 0 && json_double(value, -1) < 0) || (is_header && !header_ok(member, value))) {
		jv_free(value);
		return fault_set(f, F_CONFIG, is_header ? "-c %s.%s: not a header that may stand here (keys belong into the configuration)" :
		    "-c %s.%s: not a value that it can have", field, member);
	}
	*route = json_set(*route, field, json_set(json_get(*route, field), member, value));
	return 0;
}

static int is_input(jv list)
{
	static const char *const words[] = {"text", "image", "video", "audio", NULL};
	int i, k, good = json_is_array(list);
	jv v;

	for (i = 0; i < json_count(list) && good; i++) {
		v = json_at(list, i);
		for (k = 0; words[k] != NULL && (json_string(v) == NULL || strcmp(json_string(v), words[k]) != 0); k++)
			;
		good = words[k] != NULL;
		jv_free(v);
	}
	return good;
}

static int is_good(int i, jv value)
{
	jv_kind k = jv_get_kind(value);
	double d = json_double(value, 0);

	if (settable[i].kind == JV_KIND_NUMBER)
		return d >= 1 && d < 1e15 && d == floor(d);
	if (settable[i].kind == JV_KIND_ARRAY)
		return is_input(value);
	return k == settable[i].kind || (settable[i].kind == JV_KIND_TRUE && k == JV_KIND_FALSE);
}

static int set_field(jv *route, const char *name, const char *text, int typed, struct fault *f)
{
	size_t n = strcspn(name, ".");
	jv value;
	int i;

	for (i = 0; settable[i].name != NULL; i++) {
		if (strlen(settable[i].name) != n || strncmp(settable[i].name, name, n) != 0)
			continue;
		if (name[n] == '.' && settable[i].members)
			return set_member(route, settable[i].name, name + n + 1, text, typed, f);
		if (name[n] == '.')
			break;
		value = value_of(text, typed, settable[i].kind == JV_KIND_STRING);
		if (!is_good(i, value)) {
			jv_free(value);
			return fault_set(f, F_CONFIG, "-c %s: not a value that it can have", name);
		}
		*route = json_set(*route, name, value);
		return 0;
	}
	return unknown(name, f);
}

int route_set(jv *route, const char *assignment, struct fault *f)
{
	const char *eq = strchr(assignment, '='), *at = assignment;
	const struct compat *row;
	char name[128];
	size_t n;
	int typed;

	if (strncmp(at, "compat.", 7) == 0)
		at += 7;
	typed = eq != NULL && eq > at && eq[-1] == ':';
	n = eq != NULL ? (size_t)(eq - at) - (size_t)typed : 0;
	if (eq == NULL || n == 0 || n >= sizeof name)
		return fault_set(f, F_CONFIG, "-c %s: KEY=VALUE is due, such as supportsTools=false", assignment);
	memcpy(name, at, n);
	name[n] = '\0';
	if ((row = compat_find(name)) != NULL)
		return set_compat(route, row, eq + 1, typed, f);
	return set_field(route, name, eq + 1, typed, f);
}

/* Where a value comes from, if the route says so. */
static void explain(jv *route, const char *assignment)
{
	jv all;
	const struct compat *row;
	struct buf name;

	if (!json_has(*route, "explain"))
		return;
	if (strncmp(assignment, "compat.", 7) == 0)
		assignment += 7;
	buf_init(&name, 1 << 12);
	buf_add(&name, assignment, strcspn(assignment, ":="));
	if ((row = compat_find(buf_text(&name))) != NULL) {
		buf_clear(&name);
		buf_addf(&name, "compat.%s", row->name);
	}
	all = json_set(json_get(*route, "explain"), buf_text(&name), json_str("-c"));
	*route = json_set(*route, "explain", all);
	buf_release(&name);
}

/* A route that was read has its fallbacks in it: they are routes like any other. */
static int set_fallbacks(const struct route_args *a, jv *route, struct fault *f)
{
	jv list = json_get(*route, "fallbacks"), all = jv_array(), one;
	int i, bad = 0;

	for (i = 0; i < json_count(list); i++) {
		one = json_at(list, i);
		if (!bad)
			bad = route_sets(a, &one, f);
		all = json_push(all, one);
	}
	jv_free(list);
	*route = json_set(*route, "fallbacks", all);
	return bad;
}

int route_sets(const struct route_args *a, jv *route, struct fault *f)
{
	int i, bad = 0;

	for (i = 0; i < a->nsets && !bad; i++)
		if ((bad = route_set(route, a->sets[i], f)) == 0)
			explain(route, a->sets[i]);
	if (!bad && a->nsets > 0 && json_has(*route, "fallbacks"))
		bad = set_fallbacks(a, route, f);
	return bad;
}
