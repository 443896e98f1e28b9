/* refs.c - see refs.h. */
#include <string.h>
#include <strings.h>

#include "json.h"
#include "near.h"
#include "refs.h"

static jv providers(const struct config *c)
{
	return config_at(c, "models.providers");
}

/* agents.defaults.models: "provider/id" -> {alias} */
static jv aliases(const struct config *c)
{
	return config_at(c, "agents.defaults.models");
}

static const char *lend(jv v)
{
	const char *s = json_string(v);

	jv_free(v);	/* the configuration's doc still holds it */
	return s;
}

static int same(const char *a, const char *b)
{
	return strcasecmp(a, b) == 0;
}

/* The model of that id in a provider: the exact spelling first, else any case.  Its index, or -1. */
static int find_model(jv provider, const char *id, const char **spelt)
{
	jv models = json_get(provider, "models"), model;
	int i, exact, best = -1;

	for (i = 0; i < json_count(models); i++) {
		model = json_at(models, i);
		exact = strcmp(json_text(model, "id"), id) == 0;
		if (exact || (best < 0 && same(json_text(model, "id"), id))) {
			best = i;
			*spelt = json_text(model, "id");
		}
		jv_free(model);
		if (exact)
			break;
	}
	jv_free(models);
	return best;
}

/* "provider/id" where the provider is configured; the id need not be. */
static int find_pair(const struct config *c, const char *ref, struct found *found)
{
	jv all = providers(c), provider;
	const char *slash = strchr(ref, '/');
	size_t n = slash != NULL ? (size_t)(slash - ref) : 0;
	int i, ok = 0;

	for (i = json_first(all); n > 0 && !ok && json_more(all, i); i = json_step(all, i)) {
		const char *name = json_key(all, i);

		if (strlen(name) != n || strncasecmp(name, ref, n) != 0)
			continue;
		provider = json_val(all, i);
		*found = (struct found){name, slash + 1, -1};
		found->index = find_model(provider, slash + 1, &found->model);
		jv_free(provider);
		ok = found->model[0] != '\0';
	}
	jv_free(all);
	return ok;
}

/* The key of the entry in agents.defaults.models whose alias that is. */
static const char *find_alias(const struct config *c, const char *ref)
{
	jv all = aliases(c), entry;
	const char *key = NULL, *alias;
	int i;

	for (i = json_first(all); key == NULL && json_more(all, i); i = json_step(all, i)) {
		entry = json_val(all, i);
		alias = json_text(entry, "alias");
		if (alias != NULL && same(alias, ref))
			key = json_key(all, i);
		jv_free(entry);
	}
	jv_free(all);
	return key;
}

/* How many configured providers have a model of that id; the first of them in *found. */
static int find_id(const struct config *c, const char *id, struct found *found)
{
	jv all = providers(c), provider;
	const char *spelt = NULL;
	int i, index, n = 0;

	for (i = json_first(all); json_more(all, i); i = json_step(all, i)) {
		provider = json_val(all, i);
		index = find_model(provider, id, &spelt);
		if (index >= 0 && n++ == 0)
			*found = (struct found){json_key(all, i), spelt, index};
		jv_free(provider);
	}
	jv_free(all);
	return n;
}

jv refs_known(const struct config *c)
{
	jv all = providers(c), names = aliases(c), known = jv_array();
	struct buf ref;
	int i, k;

	buf_init(&ref, 1 << 16);
	for (i = json_first(all); json_more(all, i); i = json_step(all, i)) {
		jv provider = json_val(all, i), models = json_get(provider, "models");

		for (k = 0; k < json_count(models); k++) {
			jv model = json_at(models, k), entry, row = jv_object();

			buf_clear(&ref);
			buf_addf(&ref, "%s/%s", json_key(all, i), json_text(model, "id"));
			entry = json_get(names, buf_text(&ref));
			row = json_set(row, "ref", json_str(buf_text(&ref)));
			if (json_text(entry, "alias") != NULL)
				row = json_set(row, "alias", json_get(entry, "alias"));
			row = json_set(row, "name", json_get(model, "name"));
			row = json_set(row, "baseUrl", json_has(model, "baseUrl") ?
			    json_get(model, "baseUrl") : json_get(provider, "baseUrl"));
			known = json_push(known, row);
			jv_free(entry);
			jv_free(model);
		}
		jv_free(models);
		jv_free(provider);
	}
	buf_release(&ref);
	jv_free(names);
	jv_free(all);
	return known;
}

static int unknown(const struct config *c, const char *ref, struct fault *f)
{
	jv known = refs_known(c), row;
	struct near n;
	struct buf tail;
	int i;

	near_init(&n, ref);
	for (i = 0; i < json_count(known); i++) {
		row = json_at(known, i);
		if (json_text(row, "alias") != NULL)
			near_see(&n, json_text(row, "alias"));
		near_see(&n, json_text(row, "ref"));
		near_see_as(&n, strchr(json_text(row, "ref"), '/') + 1, json_text(row, "ref"));
		jv_free(row);
	}
	buf_init(&tail, 1 << 16);
	near_write(&n, &tail);
	if (!c->found)
		fault_set(f, F_MODEL_UNKNOWN, "no model \"%s\": there is no configuration at %s", ref, c->path);
	else
		fault_set(f, F_MODEL_UNKNOWN, "no model \"%s\" in %s%s", ref, c->path, buf_text(&tail));
	buf_release(&tail);
	jv_free(known);
	return -1;
}

int refs_primary(const struct config *c, struct buf *ref, struct fault *f)
{
	const char *primary = lend(config_at(c, "agents.defaults.model"));
	jv known, row;
	int n;

	if (primary == NULL)
		primary = lend(config_at(c, "agents.defaults.model.primary"));
	if (primary != NULL) {
		buf_adds(ref, primary);
		return 0;
	}
	known = refs_known(c);
	n = json_count(known);
	row = json_at(known, 0);
	if (n == 1)
		buf_adds(ref, json_text(row, "ref"));
	jv_free(row);
	jv_free(known);
	if (n == 1)
		return 0;
	if (!c->found)
		return fault_set(f, F_CONFIG, "there is no configuration at %s: write one, or give --base-url URL -m MODEL", c->path);
	return fault_set(f, F_CONFIG, "%s: which model? set agents.defaults.model.primary, or give -m", c->path);
}

int refs_find(const struct config *c, const char *ref, struct found *found, struct fault *f)
{
	const char *key = find_alias(c, ref);
	int n;

	if (key != NULL && find_pair(c, key, found))
		return 0;
	if (find_pair(c, ref, found) && found->index >= 0)
		return 0;
	n = find_id(c, ref, found);
	if (n == 1)
		return 0;
	if (n > 1)
		return fault_set(f, F_MODEL_UNKNOWN, "%s: %d providers have a model \"%s\": give provider/id", c->path, n, ref);
	if (find_pair(c, ref, found))
		return 0;
	return unknown(c, ref, f);
}
