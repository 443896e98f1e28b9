/* refs.c - see refs.h. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fill.h"
#include "near.h"
#include "refs.h"

static int same(const char *a, const char *b)
{
	return a != NULL && strcasecmp(a, b) == 0;
}

const struct value *refs_providers(const struct config *c)
{
	return config_at(c, "models.providers");
}

/* agents.defaults.models: "provider/id" -> {alias, params} */
static const struct value *entries(const struct config *c)
{
	return config_at(c, "agents.defaults.models");
}

/* The entry of a model: as it is spelt, else in any case. */
static const struct value *entry_of(const struct config *c, const char *provider, const char *id)
{
	const struct value *all = entries(c), *v;
	size_t n = strlen(provider);
	struct buf ref;

	if (all == NULL)
		return NULL;
	buf_init(&ref, 1 << 16);
	buf_addf(&ref, "%s/%s", provider, id);
	v = tree_get(all, buf_text(&ref));
	buf_release(&ref);
	if (v != NULL)
		return v;
	for (v = tree_first(all); v != NULL; v = v->next)
		if (strncasecmp(v->key, provider, n) == 0 && v->key[n] == '/' && same(v->key + n + 1, id))
			break;
	return v;
}

/* The model of that id: the exact spelling first, else any case; NULL: it has none. */
static const struct value *model_of(const struct value *provider, const char *id, size_t *index)
{
	const struct value *m, *best = NULL;
	const char *name;
	size_t i = 0;

	for (m = tree_first(tree_get(provider, "models")); m != NULL; m = m->next, i++) {
		name = tree_get_text(m, "id");
		if (name == NULL || (best != NULL ? strcmp(name, id) != 0 : !same(name, id)))
			continue;
		best = m;
		*index = i;
		if (strcmp(name, id) == 0)
			break;
	}
	return best;
}

/* The provider before the first slash of a reference, which may have blanks around it. */
static const struct value *provider_of(const struct config *c, const char *ref, const char **id)
{
	const char *slash = strchr(ref, '/');
	const struct value *p;
	size_t n = slash != NULL ? (size_t)(slash - ref) : 0;

	while (n > 0 && ref[n - 1] == ' ')
		n--;
	for (p = n > 0 ? tree_first(refs_providers(c)) : NULL; p != NULL; p = p->next)
		if (strspn(p->key, " ") + n <= p->keyn && strncasecmp(p->key + strspn(p->key, " "), ref, n) == 0 &&
		    p->key[strspn(p->key, " ") + n + strspn(p->key + strspn(p->key, " ") + n, " ")] == '\0')
			break;
	if (p != NULL)
		*id = slash + 1;
	return p != NULL && slash[1] != '\0' ? p : NULL;
}

const struct value *refs_under(struct config *c, const struct value *provider)
{
	struct config *catalogue;
	struct fault unused;

	if (tree_get(provider, "baseUrl") != NULL || config_catalogue(c, &catalogue, &unused) != 0 || catalogue == NULL)
		return NULL;
	return tree_get_any_case(refs_providers(catalogue), provider->key);
}

struct found refs_model(struct config *c, const struct value *provider, const struct value *model, size_t index)
{
	struct found found = {.in = c, .provider = provider, .model = model, .index = index};

	found.under = refs_under(c, provider);
	found.id = strdup(tree_get_text(model, "id"));
	if (found.id != NULL)
		found.entry = entry_of(c, provider->key, found.id);
	return found;
}

static int pass_through(struct config *c, const struct config *in, const struct value *provider, const char *id,
    struct found *found)
{
	*found = (struct found){.in = in, .provider = provider};
	found->under = in == c ? refs_under(c, provider) : NULL;
	found->id = strdup(id);
	if (found->id != NULL)
		found->entry = entry_of(c, provider->key, id);
	return found->id != NULL;
}

/* provider/id, both configured. */
static int find_pair(struct config *c, const char *ref, struct found *found)
{
	const char *id;
	const struct value *p = provider_of(c, ref, &id), *m;
	size_t index;

	if (p == NULL || (m = model_of(p, id, &index)) == NULL)
		return 0;
	*found = refs_model(c, p, m, index);
	return 1;
}

/* How many configured providers have a model of that id; the first of them in *found. */
static int find_id(struct config *c, const char *id, struct found *found)
{
	const struct value *p, *m, *provider = NULL, *model = NULL;
	size_t index, at = 0;
	int n = 0;

	for (p = tree_first(refs_providers(c)); p != NULL; p = p->next)
		if ((m = model_of(p, id, &index)) != NULL && n++ == 0) {
			provider = p;
			model = m;
			at = index;
		}
	if (n == 1)
		*found = refs_model(c, provider, model, at);
	return n;
}

/* provider/any id, of a provider that is configured. */
static int find_provider(struct config *c, const char *ref, struct found *found)
{
	const char *id;
	const struct value *p = provider_of(c, ref, &id);

	return p != NULL && pass_through(c, c, p, id, found);
}

/* The key of the entry whose alias that is. */
static const char *find_alias(const struct config *c, const char *ref)
{
	const struct value *v;

	for (v = tree_first(entries(c)); v != NULL; v = v->next)
		if (same(tree_get_text(v, "alias"), ref))
			return v->key;
	return NULL;
}

/* A reference as text that lives as long as the configuration. */
static const char *spell(struct config *c, const char *provider, const char *id)
{
	struct buf ref;
	const char *kept;

	buf_init(&ref, 1 << 16);
	buf_addf(&ref, "%s/%s", provider, id);
	kept = tree_keep(&c->tree, buf_text(&ref), ref.len);
	buf_release(&ref);
	return kept != NULL ? kept : "";
}

static void see_known(struct config *c, struct near *n)
{
	const struct value *v, *m;
	const char *name;

	for (v = tree_first(entries(c)); v != NULL; v = v->next)
		if (tree_get_text(v, "alias") != NULL)
			near_see(n, tree_get_text(v, "alias"));
	for (v = tree_first(refs_providers(c)); v != NULL; v = v->next)
		for (m = tree_first(tree_get(v, "models")); m != NULL; m = m->next) {
			name = spell(c, v->key, tree_get_text(m, "id"));
			near_see(n, name);
			near_see_as(n, tree_get_text(m, "id"), name);
		}
}

/* opnai/gpt-4.1: the providers whose names are near the one before the slash. */
static void see_providers(struct config *c, const char *id, struct near *n)
{
	const struct config *in[] = {c, c->catalogue};
	const struct value *v;
	size_t i;

	for (i = 0; i < 2; i++)
		for (v = in[i] != NULL ? tree_first(refs_providers(in[i])) : NULL; v != NULL; v = v->next)
			near_see_as(n, v->key, spell(c, v->key, id));
}

static int unknown(struct config *c, const char *ref, struct fault *f)
{
	const char *slash = strchr(ref, '/');
	struct near n;
	struct buf tail, provider;

	if (slash != NULL && slash[1] == '\0')
		return fault_set(f, F_MODEL_UNKNOWN, "no model \"%s\": the model's id is due behind the slash", ref);
	near_init(&n, ref);
	see_known(c, &n);
	buf_init(&tail, 1 << 16);
	near_write(&n, &tail);
	if (tail.len == 0 && slash != NULL) {
		buf_init(&provider, 1 << 16);
		buf_add(&provider, ref, (size_t)(slash - ref));
		near_init(&n, buf_text(&provider));
		see_providers(c, slash + 1, &n);
		near_write(&n, &tail);
		buf_release(&provider);
	}
	if (!c->found)
		fault_set(f, F_MODEL_UNKNOWN, "no model \"%s\": there is no configuration at %s%s", ref, c->path,
		    tail.len > 0 ? buf_text(&tail) : ", and no such provider in the catalogue");
	else
		fault_set(f, F_MODEL_UNKNOWN, "no model \"%s\" in %s%s", ref, c->path,
		    tail.len > 0 ? buf_text(&tail) : " (fb-config --list shows what there is)");
	buf_release(&tail);
	return -1;
}

const struct value *refs_fallbacks(const struct config *c)
{
	return config_at(c, "agents.defaults.model.fallbacks");
}

/* The only configured model of all; NULL: there are none, or several. */
static const struct value *only_model(const struct config *c, const struct value **provider)
{
	const struct value *p, *only = NULL;

	for (p = tree_first(refs_providers(c)); p != NULL; p = p->next) {
		if (tree_count(tree_get(p, "models")) == 0)
			continue;
		if (only != NULL || tree_count(tree_get(p, "models")) > 1)
			return NULL;
		only = tree_nth(tree_get(p, "models"), 0);
		*provider = p;
	}
	return only;
}

int refs_is_set(const struct config *c, const struct value *ref, const char *place, struct fault *f)
{
	struct buf name;

	if ((ref->how & TREE_UNSET) == 0)
		return 0;
	buf_init(&name, 1 << 10);
	fill_missing(ref, &name);
	config_fault(c, f, ref, place, "%s is not set", buf_text(&name));
	buf_release(&name);
	return -1;
}

int refs_primary(const struct config *c, struct buf *ref, struct fault *f)
{
	const struct value *model = config_at(c, "agents.defaults.model"), *provider = NULL;
	const char *primary = tree_text(model) != NULL ? tree_text(model) : tree_get_text(model, "primary");

	if (primary != NULL) {
		buf_adds(ref, primary);
		return tree_text(model) != NULL ? refs_is_set(c, model, "agents.defaults.model", f) :
		    refs_is_set(c, tree_get(model, "primary"), "agents.defaults.model.primary", f);
	}
	if ((model = only_model(c, &provider)) != NULL) {
		buf_addf(ref, "%s/%s", provider->key, tree_get_text(model, "id"));
		return 0;
	}
	if (!c->found)
		return fault_set(f, F_CONFIG, "there is no configuration at %s: write one (fb-config --init inferrs "
		    "prints one), or give --base-url URL -m MODEL", c->path);
	return fault_set(f, F_CONFIG, "%s: which model? set agents.defaults.model.primary, or give -m", c->path);
}

/* The catalogue's providers.  1: found; 0; -1: it can't be read. */
static int find_catalogue(struct config *c, const char *ref, struct found *found, struct fault *f)
{
	struct config *catalogue;
	const struct value *p;
	const char *id;

	if (config_catalogue(c, &catalogue, f) != 0)
		return -1;
	if (catalogue == NULL || (p = provider_of(catalogue, ref, &id)) == NULL)
		return 0;
	return pass_through(c, catalogue, p, id, found);
}

/* What is configured by that name: 1, 0, or -1: it is not clear which. */
static int find_configured(struct config *c, const char *ref, struct found *found, struct fault *f)
{
	const char *key = find_alias(c, ref);
	int n;

	if (key != NULL && (find_pair(c, key, found) || find_provider(c, key, found)))
		return 1;
	if (key != NULL && (n = find_catalogue(c, key, found, f)) != 0)
		return n;
	if (find_pair(c, ref, found))
		return 1;
	n = find_id(c, ref, found);
	if (n > 1)
		return fault_set(f, F_MODEL_UNKNOWN, "%s: %d providers have a model \"%s\": give provider/id", c->path, n, ref);
	return n;
}

/* Where a profile begins, "@work" behind the id; @4bit, @q4_k_m and @20260401 are of the id.  NULL: there is none. */
static const char *profile_of(const char *ref)
{
	const char *slash = strrchr(ref, '/'), *at = strchr(slash != NULL ? slash : ref, '@'), *p;
	size_t digits;

	if (at == NULL || at == ref || at[1] == '\0')
		return NULL;
	p = at + 1;
	digits = strspn(p, "0123456789");
	if ((digits == 8 && p[8] == '\0') || (digits > 0 && strncasecmp(p + digits, "bit", 3) == 0) ||
	    ((p[0] | 32) == 'q' && strspn(p + 1, "0123456789") > 0))
		return NULL;
	return at;
}

static int find(struct config *c, const char *ref, struct found *found, struct fault *f)
{
	const char *profile = profile_of(ref);
	char *bare = NULL;
	int got = find_configured(c, ref, found, f);

	if (got == 0 && profile != NULL && (bare = strdup(ref)) != NULL) {
		bare[profile - ref] = '\0';
		got = find_configured(c, bare, found, f);
	}
	if (got == 0 && find_provider(c, bare != NULL ? bare : ref, found))
		got = 1;
	if (got == 0)
		got = find_catalogue(c, bare != NULL ? bare : ref, found, f);
	if (got > 0 && bare != NULL)
		buf_addf(&c->warnings, "%s: profiles are not used: the key is the provider's\n", profile);
	free(bare);
	return got > 0 ? 0 : got < 0 ? -1 : unknown(c, ref, f);
}

int refs_find(struct config *c, const char *ref, struct found *found, struct fault *f)
{
	const char *p, *from = ref + strspn(ref, " \t\r\n"), *end = ref + strlen(ref);
	struct buf trimmed;
	int bad;

	*found = (struct found){0};
	while (end > from && strchr(" \t\r\n", end[-1]) != NULL)
		end--;
	for (p = from; p < end; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return fault_set(f, F_MODEL_UNKNOWN, "a control character in the reference to a model");
	buf_init(&trimmed, 1 << 20);
	buf_add(&trimmed, from, (size_t)(end - from));
	bad = find(c, buf_text(&trimmed), found, f);
	buf_release(&trimmed);
	return bad;
}
