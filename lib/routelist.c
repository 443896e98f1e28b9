/* routelist.c - the routes that a command line asks for: see route.h. */
#include <stdlib.h>
#include <string.h>

#include "compat.h"
#include "credential.h"
#include "customary.h"
#include "endpoint.h"
#include "json.h"
#include "route.h"
#include "url.h"

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
	case OPT_FALLBACKS:
		a->fallbacks = value != NULL ? value : "";
		return 1;
	}
	return 0;
}

/* A server that no configuration knows; -m is its model id as it stands. */
static int direct(const char *base_url, const char *from, const char *model, int explains, jv *route, struct fault *f)
{
	static const char *const fields[] = {"ref", "model", "baseUrl", "api", "endpoint", "auth", "compat", NULL};
	const char *const origins[] = {"-m", "-m", from, "default", "the host of baseUrl",
	    customary_base_url() != NULL ? "beside OPENAI_BASE_URL" : "OpenAI's own variable", "endpoint class"};
	enum endpoint e = endpoint_of(base_url);
	struct url u;
	const char *why = url_parse(base_url, &u), *key;
	jv explain = jv_object(), ref;
	int i;

	*route = jv_null();
	if (why == NULL && credential_in_query(u.query))
		why = "a secret in a URL ends up in logs";
	if (why != NULL) {
		jv_free(explain);
		return fault_set(f, F_CONFIG, "%s: %s", from, why);
	}
	*route = json_set(jv_object(), "ref", json_str(model));
	*route = json_set(*route, "model", json_str(model));
	*route = json_set(*route, "api", json_str("openai-completions"));
	*route = json_set(*route, "baseUrl", json_str(base_url));
	*route = json_set(*route, "endpoint", json_str(endpoint_name(e)));
	if ((key = customary_key(&u)) != NULL) {
		ref = json_set(json_set(jv_object(), "source", json_str("env")), "name", json_str(key));
		*route = json_set(*route, "auth", json_set(json_set(jv_object(), "type", json_str("bearer")), "secret", ref));
	}
	*route = json_set(*route, "compat", compat_usual(e));
	for (i = 0; fields[i] != NULL; i++)
		explain = json_set(explain, fields[i], json_str(origins[i]));
	if (explains)
		*route = json_set(*route, "explain", explain);
	else
		jv_free(explain);
	return 0;
}

static int one(const struct route_args *a, struct config *c, const char *ref, jv *route, struct fault *f)
{
	struct found found;
	int bad;

	*route = jv_null();
	if (refs_find(c, ref, &found, f) != 0)
		return -1;
	bad = found.id == NULL ? fault_set(f, F_CONFIG, "out of memory") :
	    route_of(c, &found, a->explain, route, &c->warnings, f);
	free(found.id);
	return bad != 0 || route_sets(a, route, f) != 0 ? -1 : 0;
}

static int is_there(jv route, jv list, const char *ref)
{
	int i, found = strcmp(json_text(route, "ref"), ref) == 0;
	jv other;

	for (i = 0; i < json_count(list) && !found; i++) {
		other = json_at(list, i);
		found = strcmp(json_text(other, "ref"), ref) == 0;
		jv_free(other);
	}
	return found;
}

/* One more route to try next; a model that is there already is not tried twice. */
static int add_fallback(const struct route_args *a, struct config *c, const char *ref, jv route, jv *list,
    struct fault *f)
{
	jv next;

	if (json_count(*list) == ROUTE_MOST)
		return fault_set(f, F_CONFIG, "more than %d fallbacks", ROUTE_MOST);
	if (one(a, c, ref, &next, f) != 0) {
		jv_free(next);
		fault_prefix(f, "fallbacks: ");
		return -1;
	}
	if (is_there(route, *list, json_text(next, "ref")))
		jv_free(next);
	else
		*list = json_push(*list, next);
	return 0;
}

/* Those of --fallbacks, else the configured ones. */
static int add_fallbacks(const struct route_args *a, struct config *c, jv *route, struct fault *f)
{
	const struct value *v;
	const char *p = a->fallbacks;
	struct buf ref;
	jv list = jv_array();
	size_t n;
	int bad = 0;

	buf_init(&ref, 1 << 16);
	for (; p != NULL && *p != '\0' && !bad; p += n + (p[n] == ',')) {
		n = strcspn(p, ",");
		buf_clear(&ref);
		buf_add(&ref, p, n);
		bad = add_fallback(a, c, buf_text(&ref), *route, &list, f);
	}
	if (a->fallbacks == NULL || a->fallbacks[0] == '\0')
		for (v = tree_first(refs_fallbacks(c)); v != NULL && !bad; v = v->next)
			bad = refs_is_set(c, v, "agents.defaults.model.fallbacks", f) != 0 ||
			    add_fallback(a, c, tree_text(v), *route, &list, f) != 0;
	if (json_count(list) > 0)
		*route = json_set(*route, "fallbacks", jv_copy(list));
	jv_free(list);
	buf_release(&ref);
	return bad ? -1 : 0;
}

static int list_in(const struct route_args *a, struct config *c, jv *routes, struct fault *f)
{
	struct buf primary;
	jv route;
	int i, bad = 0;

	buf_init(&primary, 1 << 16);
	if (a->nrefs == 0)
		bad = refs_primary(c, &primary, f);
	for (i = 0; !bad && i < (a->nrefs > 0 ? a->nrefs : 1); i++) {
		bad = one(a, c, a->nrefs > 0 ? a->refs[i] : buf_text(&primary), &route, f);
		/* who names a model means that one: REFERENCE section 7 */
		if (!bad && (a->nrefs == 0 || a->fallbacks != NULL))
			bad = add_fallbacks(a, c, &route, f);
		if (bad)
			jv_free(route);
		else
			*routes = json_push(*routes, route);
	}
	buf_release(&primary);
	return bad;
}

static int list_direct(const struct route_args *a, const char *base_url, const char *from, jv *routes, struct fault *f)
{
	jv route;
	int i, bad = 0;

	if (a->nrefs == 0)
		return fault_set(f, F_CONFIG, "%s: give the server's model id with -m", from);
	if (a->fallbacks != NULL)
		return fault_set(f, F_CONFIG, "--fallbacks: they are models of a configuration, which %s does without", from);
	for (i = 0; !bad && i < a->nrefs; i++) {
		bad = direct(base_url, from, a->refs[i], a->explain, &route, f) != 0 || route_sets(a, &route, f) != 0;
		if (bad)
			jv_free(route);
		else
			*routes = json_push(*routes, route);
	}
	return bad ? -1 : 0;
}

int route_list(const struct route_args *a, struct config *c, jv *routes, struct fault *f)
{
	const char *usual = customary_base_url();
	int bad;

	*routes = jv_array();
	memset(c, 0, sizeof *c);
	if (a->base_url != NULL)
		return list_direct(a, a->base_url, "--base-url", routes, f);
	if ((bad = config_load(c, a->config, f)) == 0 && !c->found && usual != NULL)
		bad = list_direct(a, usual, "OPENAI_BASE_URL", routes, f);
	else if (!bad)
		bad = list_in(a, c, routes, f);
	return bad;
}

int route_single(const struct route_args *a, struct buf *text, struct buf *warnings, struct fault *f)
{
	struct config c;
	jv all, one;
	int bad = route_list(a, &c, &all, f);

	if (!bad && json_count(all) > 1)
		bad = fault_set(f, F_CONFIG, "one -m only: a body goes to one server");
	if (!bad) {
		one = json_at(all, 0);
		json_write(text, one);
		jv_free(one);
		buf_add(warnings, buf_text(&c.warnings), c.warnings.len);
	}
	config_release(&c);
	jv_free(all);
	return bad;
}
