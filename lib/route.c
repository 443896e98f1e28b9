/* route.c - see route.h. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "compat.h"
#include "header.h"
#include "json.h"
#include "json5.h"
#include "limits.h"
#include "refs.h"
#include "route.h"
#include "url.h"

static int smells_secret(const char *name)
{
	static const char *const smells[] = {"auth", "key", "token", "secret", "cookie", NULL};
	size_t n;
	int i;

	for (; *name != '\0'; name++)
		for (i = 0; smells[i] != NULL; i++) {
			n = strlen(smells[i]);
			if (strncasecmp(name, smells[i], n) == 0)
				return 1;
		}
	return 0;
}

/* {"source":"config","file":F,"path":P}: where fb-send finds the text; never the text. */
static jv in_config(const struct config *c, const char *place)
{
	jv ref = json_set(jv_object(), "source", json_str("config"));

	ref = json_set(ref, "file", json_str(c->path));
	return json_set(ref, "path", json_str(place));
}

/* Where an apiKey or a header's value is, from what the configuration says. */
static int secret_ref(const struct config *c, const char *place, jv value, jv *ref, struct fault *f)
{
	const char *source = json_text(value, "source"), *id = json_text(value, "id");

	if (json_is_string(value)) {
		*ref = in_config(c, place);
		return 0;
	}
	*ref = jv_null();
	if (source == NULL || strcmp(source, "env") != 0 || id == NULL)
		return fault_set(f, F_CONFIG, "%s:%zu: %s: a text or {source: \"env\", id: \"NAME\"} is due here",
		    c->path, config_line(c, place), place);
	*ref = json_set(json_set(jv_object(), "source", json_str("env")), "name", json_str(id));
	return 0;
}

static int add_auth(const struct config *c, const char *provider_place, jv provider, jv *route, struct fault *f)
{
	jv key = json_get(provider, "apiKey"), secret, auth;
	struct buf place;
	int bad = 0;

	if (!json_is_object(key) && (json_string(key) == NULL || json_string(key)[0] == '\0')) {
		jv_free(key);	/* none: requests go without Authorization */
		return 0;
	}
	buf_init(&place, 1 << 16);
	buf_addf(&place, "%s.apiKey", provider_place);
	if ((bad = secret_ref(c, buf_text(&place), key, &secret, f)) == 0) {
		auth = json_set(jv_object(), "type", json_str("bearer"));
		*route = json_set(*route, "auth", json_set(auth, "secret", secret));
	}
	buf_release(&place);
	jv_free(key);
	return bad;
}

/* The headers of a provider, then those of the model over them. */
static int add_headers(const struct config *c, const char *owner, jv from, jv *route, struct fault *f)
{
	jv map = json_get(from, "headers"), headers = json_get(*route, "headers"), value, ref;
	const char *text;
	struct buf place;
	int i, bad = 0;

	buf_init(&place, 1 << 16);
	for (i = json_first(map); json_more(map, i) && !bad; i = json_step(map, i)) {
		buf_clear(&place);
		buf_addf(&place, "%s.headers", owner);
		json5_path_add(&place, json_key(map, i));
		value = json_val(map, i);
		text = json_string(value) != NULL ? json_string(value) : "";
		if (!header_name_ok(json_key(map, i), strlen(json_key(map, i))) || !header_value_ok(text, strlen(text)))
			bad = fault_set(f, F_CONFIG, "%s:%zu: %s: not a header (name a token, value one line)",
			    c->path, config_line(c, buf_text(&place)), buf_text(&place));
		else if (json_is_string(value) && !smells_secret(json_key(map, i)))
			headers = json_set(headers, json_key(map, i), jv_copy(value));
		else if ((bad = secret_ref(c, buf_text(&place), value, &ref, f)) == 0)
			headers = json_set(headers, json_key(map, i), ref);
		jv_free(value);
	}
	buf_release(&place);
	if (json_is_object(headers))
		*route = json_set(*route, "headers", jv_copy(headers));
	jv_free(headers);
	jv_free(map);
	return bad;
}

/* The first of the two that has the member. */
static jv pick(jv route, const char *name, jv model, jv provider)
{
	if (json_has(model, name))
		return json_set(route, name, json_get(model, name));
	if (json_has(provider, name))
		return json_set(route, name, json_get(provider, name));
	return route;
}

/* maxTokens is never more than the context window (REFERENCE section 2, run defaults). */
static jv cap_tokens(jv route)
{
	double max = json_number(route, "maxTokens", 0), window = json_number(route, "contextWindow", 0);

	return window > 0 && max > window ? json_set(route, "maxTokens", jv_number(window)) : route;
}

static jv add_compat(jv route, jv model)
{
	enum endpoint e = endpoint_of(json_text(route, "baseUrl"));
	jv all = compat_usual(e), own = json_get(model, "compat");
	int i;

	for (i = json_first(own); json_more(own, i); i = json_step(own, i))
		all = json_set(all, json_key(own, i), json_val(own, i));
	jv_free(own);
	route = json_set(route, "endpoint", json_str(endpoint_name(e)));
	return json_set(route, "compat", all);
}

static jv add_source(jv route, const struct config *c, const char *place)
{
	jv source = json_set(jv_object(), "file", json_str(c->path));

	source = json_set(source, "line", jv_number((double)config_line(c, place)));
	return json_set(route, "source", json_set(source, "path", json_str(place)));
}

/* ref, alias, name, provider, model, api: who it is. */
static jv identity(const struct config *c, const struct found *found, jv provider, jv model)
{
	jv route = jv_object(), names = config_at(c, "agents.defaults.models"), entry;
	struct buf ref;

	buf_init(&ref, 1 << 16);
	buf_addf(&ref, "%s/%s", found->provider, found->model);
	entry = json_get(names, buf_text(&ref));
	route = json_set(route, "ref", json_str(buf_text(&ref)));
	if (json_text(entry, "alias") != NULL)
		route = json_set(route, "alias", json_get(entry, "alias"));
	if (json_has(model, "name"))
		route = json_set(route, "name", json_get(model, "name"));
	route = json_set(route, "provider", json_str(found->provider));
	route = json_set(route, "model", json_str(found->model));
	route = json_set(route, "api", json_str("openai-completions"));
	route = pick(route, "api", model, provider);
	jv_free(entry);
	jv_free(names);
	buf_release(&ref);
	return route;
}

static int build(const struct config *c, const struct found *found, jv provider, jv model,
    const char *provider_place, const char *model_place, jv *route, struct fault *f)
{
	static const char *const fields[] = {"timeoutSeconds", "input", "reasoning", "contextWindow",
	    "contextTokens", "maxTokens", "cost", "params", NULL};
	int i;

	*route = pick(identity(c, found, provider, model), "baseUrl", model, provider);
	if (strcmp(json_text(*route, "api"), "openai-completions") != 0)
		return fault_set(f, F_CONFIG, "%s:%zu: %s: api \"%s\" is not spoken, only openai-completions",
		    c->path, config_line(c, model_place), model_place, json_text(*route, "api"));
	if (add_auth(c, provider_place, provider, route, f) != 0 ||
	    add_headers(c, provider_place, provider, route, f) != 0 ||
	    add_headers(c, model_place, model, route, f) != 0)
		return -1;
	for (i = 0; fields[i] != NULL; i++)
		*route = pick(*route, fields[i], model, provider);
	*route = add_source(add_compat(cap_tokens(*route), model), c, model_place);
	return 0;
}

int route_resolve(const struct config *c, const char *ref, jv *route, struct fault *f)
{
	struct found found;
	struct buf owner, place;	/* where the provider is, and the model */
	jv provider, models, model;
	int bad;

	*route = jv_null();
	if (refs_find(c, ref, &found, f) != 0)
		return -1;
	buf_init(&owner, 1 << 16);
	buf_init(&place, 1 << 16);
	buf_adds(&owner, "models.providers");
	json5_path_add(&owner, found.provider);
	buf_adds(&place, buf_text(&owner));
	if (found.index >= 0)
		buf_addf(&place, ".models[%d]", found.index);
	provider = config_at(c, buf_text(&owner));
	models = json_get(provider, "models");
	model = json_at(models, found.index);
	bad = build(c, &found, provider, model, buf_text(&owner), buf_text(&place), route, f);
	buf_release(&place);
	buf_release(&owner);
	jv_free(model);
	jv_free(models);
	jv_free(provider);
	return bad;
}

void route_warning(jv route, struct buf *text)
{
	jv source = json_get(route, "source");
	const char *path = json_text(source, "path");

	if (path != NULL && path[strlen(path) - 1] != ']')
		buf_addf(text, "%s: model \"%s\" is not configured at %s: passed through as it stands",
		    json_text(source, "file"), json_text(route, "model"), path);
	jv_free(source);
}

/* --base-url: a server that no configuration knows; -m is its model id as it stands. */
static int route_direct(const char *base_url, const char *model, jv *route, struct fault *f)
{
	struct url u;
	const char *why = url_parse(base_url, &u);

	*route = jv_null();
	if (why != NULL)
		return fault_set(f, F_CONFIG, "--base-url: %s", why);
	*route = json_set(jv_object(), "ref", json_str(model));
	*route = json_set(*route, "model", json_str(model));
	*route = json_set(*route, "api", json_str("openai-completions"));
	*route = json_set(*route, "baseUrl", json_str(base_url));
	*route = add_compat(*route, jv_null());
	return 0;
}

/* The fields of a route that -c may set, beside the compat flags. */
static const struct {
	const char *name;
	jv_kind kind;
} settable[] = {
	{"maxTokens", JV_KIND_NUMBER}, {"contextWindow", JV_KIND_NUMBER},
	{"contextTokens", JV_KIND_NUMBER}, {"timeoutSeconds", JV_KIND_NUMBER},
	{"reasoning", JV_KIND_TRUE}, {"input", JV_KIND_ARRAY}, {"model", JV_KIND_STRING},
	{"params", JV_KIND_OBJECT}, {"cost", JV_KIND_OBJECT},
	{NULL, JV_KIND_NULL}
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

static int set_field(jv *route, const char *name, const char *text, int typed, struct fault *f)
{
	struct buf why;
	jv value;
	int i;

	for (i = 0; settable[i].name != NULL; i++) {
		if (strcmp(settable[i].name, name) != 0)
			continue;
		value = value_of(text, typed, settable[i].kind == JV_KIND_STRING);
		if (jv_get_kind(value) != settable[i].kind &&
		    !(settable[i].kind == JV_KIND_TRUE && jv_get_kind(value) == JV_KIND_FALSE)) {
			jv_free(value);
			return fault_set(f, F_CONFIG, "-c %s: not a value that it can have", name);
		}
		*route = json_set(*route, name, value);
		return 0;
	}
	buf_init(&why, 1 << 12);
	compat_unknown(name, &why);
	fault_set(f, F_CONFIG, "-c %s: %s", name, buf_text(&why));
	buf_release(&why);
	return -1;
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

int route_option(struct route_args *a, int id, const char *value)
{
	switch (id) {
	case 'm':
		if (a->nrefs == ROUTE_MOST)
			return -1;
		a->refs[a->nrefs++] = value;
		return 1;
	case 'c':
		if (a->nsets == ROUTE_MOST)
			return -1;
		a->sets[a->nsets++] = value;
		return 1;
	case OPT_CONFIG:
		a->config = value;
		return 1;
	case OPT_BASE_URL:
		a->base_url = value;
		return 1;
	}
	return 0;
}

int route_sets(const struct route_args *a, jv *route, struct fault *f)
{
	int i, bad = 0;

	for (i = 0; i < a->nsets && !bad; i++)
		bad = route_set(route, a->sets[i], f);
	return bad;
}

/* The routes of all references, one after the other. */
static int each_ref(const struct route_args *a, const struct config *c, jv *routes, struct fault *f)
{
	struct buf primary;
	const char *ref;
	jv route;
	int i, bad = 0;

	buf_init(&primary, 1 << 16);
	if (a->nrefs == 0 && a->base_url == NULL)
		bad = refs_primary(c, &primary, f);
	for (i = 0; !bad && i < (a->nrefs > 0 ? a->nrefs : 1); i++) {
		ref = a->nrefs > 0 ? a->refs[i] : buf_text(&primary);
		bad = a->base_url != NULL ? route_direct(a->base_url, ref, &route, f) :
		    route_resolve(c, ref, &route, f);
		if (!bad)
			bad = route_sets(a, &route, f);
		if (bad)
			jv_free(route);
		else
			*routes = json_push(*routes, route);
	}
	buf_release(&primary);
	return bad;
}

int route_list(const struct route_args *a, jv *routes, struct fault *f)
{
	struct config c;
	int bad;

	*routes = jv_array();
	if (a->base_url != NULL) {
		if (a->nrefs == 0)
			return fault_set(f, F_CONFIG, "--base-url: give the server's model id with -m");
		return each_ref(a, NULL, routes, f);
	}
	bad = config_load(&c, a->config, f) != 0 || each_ref(a, &c, routes, f) != 0;
	config_release(&c);
	return bad ? -1 : 0;
}
