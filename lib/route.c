/* route.c - see route.h. */
#include <string.h>

#include "compat.h"
#include "credential.h"
#include "endpoint.h"
#include "fill.h"
#include "json.h"
#include "maker.h"
#include "route.h"
#include "url.h"

static void put(struct maker *m, const char *name, jv v, const char *from)
{
	m->route = json_set(m->route, name, v);
	if (m->explains)
		m->explain = json_set(m->explain, name, json_str(from));
}

void maker_explain(struct maker *m, const char *name, const struct value *v)
{
	struct buf from;

	if (!m->explains || v == NULL || v->file == NULL)
		return;
	buf_init(&from, 1 << 16);
	buf_addf(&from, "%s%s:%zu", v->file->catalogue ? "catalogue " : "", v->file->path, tree_line(v));
	m->explain = json_set(m->explain, name, json_str(buf_text(&from)));
	buf_release(&from);
}

/* The place of a member of a layer, for messages. */
static void place_in(const struct maker *m, const struct value *layer, const char *name, struct buf *place)
{
	buf_clear(place);
	buf_addf(place, "%s.%s", layer == m->at->model ? buf_text(&m->place) : buf_text(&m->owner), name);
}

/* A value that the route needs: a ${VARIABLE} in it must be set. */
int maker_needs(struct maker *m, const struct value *layer, const char *name, const struct value *v)
{
	const struct value *unset = fill_unset(v);
	struct buf place, variable;

	if (unset == NULL)
		return 0;
	buf_init(&place, 1 << 16);
	buf_init(&variable, 1 << 10);
	place_in(m, layer, name, &place);
	fill_missing(unset, &variable);
	config_fault(m->at->in, m->f, unset, buf_text(&place), "%s is not set", buf_text(&variable));
	buf_release(&variable);
	buf_release(&place);
	return -1;
}

/* Its known members. */
static jv cost_of(const struct value *v)
{
	static const char *const names[] = {"input", "output", "cacheRead", "cacheWrite", NULL};
	jv cost = jv_object();
	int i;

	for (i = 0; names[i] != NULL; i++)
		if (tree_get(v, names[i]) != NULL)
			cost = json_set(cost, names[i], tree_jv(tree_get(v, names[i])));
	return cost;
}

/* The member of the topmost layer that has it, `own`: the model alone.  0, or -1: it needs a variable that isn't set. */
static int pick(struct maker *m, const char *name, int own)
{
	const struct value *layers[] = {m->at->model, m->at->provider, m->at->under}, *v;
	size_t i, n = own ? 1 : sizeof layers / sizeof *layers;

	for (i = 0; i < n; i++) {
		if ((v = tree_get(layers[i], name)) == NULL)
			continue;
		if (maker_needs(m, layers[i], name, v) != 0)
			return -1;
		m->route = json_set(m->route, name, strcmp(name, "cost") == 0 ? cost_of(v) : tree_jv(v));
		maker_explain(m, name, v);
		return 0;
	}
	return 0;
}

/* Every member of an object over those that `all` has; 0, or -1. */
static int lay(struct maker *m, jv *all, const char *name, const struct value *layer, const struct value *over)
{
	const struct value *v;
	struct buf field;

	if (maker_needs(m, layer, name, over) != 0)
		return -1;
	buf_init(&field, 1 << 16);
	for (v = tree_first(over); v != NULL; v = v->next) {
		*all = json_set(*all, v->key, tree_jv(v));
		buf_clear(&field);
		buf_addf(&field, "%s.%s", name, v->key);
		maker_explain(m, buf_text(&field), v);
	}
	buf_release(&field);
	return 0;
}

/* From what holds for all models to what holds for this one alone (REFERENCE section 2). */
static int add_params(struct maker *m)
{
	const struct value *layers[] = {config_at(m->c, "agents.defaults"), m->at->under, m->at->provider,
	    m->at->model, m->at->entry};
	jv all = jv_object();
	size_t i;
	int bad = 0;

	for (i = 0; i < sizeof layers / sizeof *layers && !bad; i++)
		bad = lay(m, &all, "params", layers[i], tree_get(layers[i], "params"));
	if (!bad && json_count(all) > 0)
		m->route = json_set(m->route, "params", jv_copy(all));
	jv_free(all);
	return bad;
}

/* The defaults of the endpoint's class, then what the catalogue, the provider and the model say. */
static int add_compat(struct maker *m)
{
	enum endpoint e = endpoint_of(json_text(m->route, "baseUrl"));
	const struct value *layers[] = {m->at->under, m->at->provider, m->at->model};
	jv all = compat_usual(e);
	struct buf field;
	size_t i;
	int bad = 0, k;

	put(m, "endpoint", json_str(endpoint_name(e)), "the host of baseUrl");
	buf_init(&field, 1 << 10);
	for (k = json_first(all); m->explains && json_more(all, k); k = json_step(all, k)) {
		buf_clear(&field);
		buf_addf(&field, "compat.%s", json_key(all, k));
		m->explain = json_set(m->explain, buf_text(&field), json_str("endpoint class"));
	}
	buf_release(&field);
	for (i = 0; i < sizeof layers / sizeof *layers && !bad; i++)
		bad = lay(m, &all, "compat", layers[i], tree_get(layers[i], "compat"));
	m->route = json_set(m->route, "compat", all);
	return bad;
}

/* ref, alias, name, provider, model, api: who it is. */
static int add_identity(struct maker *m)
{
	const struct value *v;
	struct buf ref;

	buf_init(&ref, 1 << 16);
	buf_addf(&ref, "%s/%s", m->at->provider->key, m->at->id);
	put(m, "ref", json_str(buf_text(&ref)), "provider and model");
	buf_release(&ref);
	if ((v = tree_get(m->at->entry, "alias")) != NULL) {
		m->route = json_set(m->route, "alias", tree_jv(v));
		maker_explain(m, "alias", v);
	}
	if ((v = tree_get(m->at->model, "name")) != NULL) {
		m->route = json_set(m->route, "name", tree_jv(v));
		maker_explain(m, "name", v);
	}
	if (maker_needs(m, m->at->model, "id", tree_get(m->at->model, "id")) != 0 ||
	    maker_needs(m, m->at->model, "name", tree_get(m->at->model, "name")) != 0)
		return -1;
	put(m, "provider", json_str(m->at->provider->key), "");
	maker_explain(m, "provider", m->at->provider);
	put(m, "model", json_str(m->at->id), "the reference, passed through");
	maker_explain(m, "model", tree_get(m->at->model, "id"));
	put(m, "api", json_str("openai-completions"), "default");
	if (pick(m, "api", 0) != 0 || pick(m, "baseUrl", 0) != 0)
		return -1;
	if (strcmp(json_text(m->route, "api"), "openai-completions") != 0)
		return config_fault(m->at->in, m->f, m->at->model != NULL ? m->at->model : m->at->provider, buf_text(&m->place),
		    "api \"%s\" is not spoken, only openai-completions", json_text(m->route, "api"));
	return 0;
}

/* A ${VARIABLE} is filled in only after the schema looked at the URL, and /${EMPTY} may double a slash. */
static int check_url(struct maker *m)
{
	const char *text = json_text(m->route, "baseUrl"), *why = "is missing", *p;
	struct buf one;
	struct url u;

	if (text != NULL && url_parse(text, &u) == NULL && credential_in_query(u.query))
		why = "a secret in a URL ends up in logs";
	else if (text != NULL)
		why = url_parse(text, &u);
	if (why != NULL)
		return config_fault(m->at->in, m->f, m->at->provider, buf_text(&m->owner), "baseUrl: %s", why);
	if (strstr(u.path.p, "//") == NULL)
		return 0;
	buf_init(&one, 1 << 16);
	buf_add(&one, text, (size_t)(u.path.p - text));
	for (p = u.path.p; *p != '\0'; p++)
		if (!(p[0] == '/' && p[1] == '/' && p < u.path.p + u.path.n))
			buf_addc(&one, *p);
	m->route = json_set(m->route, "baseUrl", json_str(buf_text(&one)));
	buf_release(&one);
	return 0;
}

/* maxTokens is never more than the context window (REFERENCE section 2, run defaults). */
static void cap_tokens(struct maker *m)
{
	double max = json_number(m->route, "maxTokens", 0), window = json_number(m->route, "contextWindow", 0);

	if (window > 0 && max > window)
		put(m, "maxTokens", jv_number(window), "contextWindow");
}

static void add_source(struct maker *m)
{
	const struct value *v = m->at->model != NULL ? m->at->model : m->at->provider;
	jv source;

	if (m->at->in->is_catalogue)
		return;		/* nobody should write there */
	source = json_set(jv_object(), "file", json_str(v->file != NULL ? v->file->path : m->at->in->path));
	source = json_set(source, "line", jv_number((double)tree_line(v)));
	m->route = json_set(m->route, "source", json_set(source, "path", json_str(buf_text(&m->place))));
}

/* What is configured says so; of a model that isn't, nobody knows. */
static void add_usual(struct maker *m)
{
	if (m->at->model == NULL)
		return;
	if (!json_has(m->route, "input"))
		put(m, "input", jv_array_append(jv_array(), json_str("text")), "default");
	if (!json_has(m->route, "reasoning"))
		put(m, "reasoning", jv_false(), "default");
}

static int make(struct maker *m)
{
	static const struct {
		const char *name;
		int own;	/* a model's, not a provider's */
	} picked[] = {
		{"timeoutSeconds", 0}, {"input", 1}, {"reasoning", 1}, {"contextWindow", 1},
		{"contextTokens", 1}, {"maxTokens", 0}, {"cost", 1},
	};
	size_t i;

	if (add_identity(m) != 0 || check_url(m) != 0 ||
	    maker_headers(m, m->at->under, "headers") != 0 || maker_headers(m, m->at->under, "request.headers") != 0 ||
	    maker_headers(m, m->at->provider, "headers") != 0 || maker_headers(m, m->at->provider, "request.headers") != 0 ||
	    maker_headers(m, m->at->model, "headers") != 0 || maker_auth(m) != 0 || maker_request(m) != 0)
		return -1;
	for (i = 0; i < sizeof picked / sizeof *picked; i++)
		if (pick(m, picked[i].name, picked[i].own) != 0)
			return -1;
	add_usual(m);
	cap_tokens(m);
	if (add_params(m) != 0 || add_compat(m) != 0)
		return -1;
	add_source(m);
	return 0;
}

/* A key that stands in the file itself: apiKey, or what smells of one; NULL: there is none. */
static const struct value *literal_key(const struct value *v)
{
	const struct value *m, *found = NULL;

	for (m = tree_is(v, SPAN_OBJECT) && tree_get(v, "source") == NULL ? tree_first(v) : NULL; m != NULL && found == NULL; m = m->next)
		if (tree_is(m, SPAN_OBJECT))
			found = literal_key(m);
		else if (tree_text(m) != NULL && m->n > 0 && m->how == 0 && strcmp(m->key, "auth") != 0 &&
		    (credential_smells(m->key) || strcmp(m->key, "value") == 0))
			found = m;
	return found;
}

/* What the user should know of it. */
static void tell(const struct maker *m)
{
	const struct value *key = literal_key(m->at->provider);
	const char *path = m->at->provider->file != NULL ? m->at->provider->file->path : m->at->in->path;

	if (key == NULL)
		key = literal_key(m->at->model);
	if (m->at->model == NULL && m->at->in == m->c)
		buf_addf(m->told, "%s: model \"%s\" is not configured at %s: passed through as it stands\n", path,
		    m->at->id, buf_text(&m->place));
	if (key != NULL && key->file != NULL && (key->file->mode & 044) != 0 &&
	    endpoint_of(json_text(m->route, "baseUrl")) != EP_LOCAL)
		buf_addf(m->told, "%s:%zu: a key in a file that others may read (mode %04o): chmod 600 it\n", key->file->path,
		    tree_line(key), key->file->mode);
}

int route_of(struct config *c, const struct found *found, int explains, jv *route, struct buf *told, struct fault *f)
{
	struct maker m = {.c = c, .at = found, .explains = explains, .told = told, .f = f};
	int bad;

	m.route = jv_object();
	m.explain = jv_object();
	buf_init(&m.owner, 1 << 16);
	buf_init(&m.place, 1 << 16);
	buf_adds(&m.owner, "models.providers");
	tree_place_add(&m.owner, found->provider->key);
	buf_adds(&m.place, buf_text(&m.owner));
	if (found->model != NULL)
		buf_addf(&m.place, ".models[%zu]", found->index);
	if ((bad = make(&m)) == 0)
		tell(&m);
	*route = explains ? json_set(m.route, "explain", jv_copy(m.explain)) : m.route;
	jv_free(m.explain);
	buf_release(&m.place);
	buf_release(&m.owner);
	return bad;
}
