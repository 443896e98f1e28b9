/* check.c - see check.h. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "credential.h"
#include "limits.h"
#include "route.h"

enum { MOST_LINES = 100 };	/* faults and warnings */

void check_init(struct check *k)
{
	memset(k, 0, sizeof *k);
	buf_init(&k->faults, MAX_RECORD);
	buf_init(&k->told, MAX_RECORD);
}

void check_release(struct check *k)
{
	buf_release(&k->faults);
	buf_release(&k->told);
}

/* What a provider has wrong, each of its models has wrong: once is enough. */
static void add_line(struct check *k, struct buf *lines, const char *text)
{
	size_t n = strlen(text);
	const char *at = buf_text(lines);

	if (k->lines >= MOST_LINES)
		return;
	while ((at = strstr(at, text)) != NULL) {
		if ((at == lines->data || at[-1] == '\n') && at[n] == '\n')
			return;
		at += n;
	}
	buf_addf(lines, "%s\n", text);
	if (++k->lines == MOST_LINES)
		buf_adds(lines, "there is more: this is the first of it\n");
}

static void check_found(struct check *k, struct config *c, struct found *found)
{
	struct fault f;
	jv route;

	if (found->id == NULL) {
		add_line(k, &k->faults, "out of memory");
		return;
	}
	if (route_of(c, found, 0, &route, &k->told, &f) != 0)
		add_line(k, &k->faults, f.message);
	jv_free(route);
	free(found->id);
}

static void check_ref(struct check *k, struct config *c, const char *ref, struct buf *where)
{
	struct found found;
	struct fault f;

	if (k->lines >= MOST_LINES)
		return;
	if (refs_find(c, ref, &found, &f) == 0)
		free(found.id);
	else
		add_line(k, where, f.message);
}

/* A key that comes from a variable which isn't set: told, since the server may not be needed. */
static void check_key(struct check *k, struct config *c, const struct value *provider)
{
	const struct value *key = tree_get(provider, "apiKey");
	struct buf place;
	struct fault f;

	if (!tree_is(key, SPAN_OBJECT) || credential_state(c, key) != CREDENTIAL_MISSING)
		return;
	buf_init(&place, 1 << 16);
	buf_adds(&place, "models.providers");
	tree_place_add(&place, provider->key);
	tree_place_add(&place, "apiKey");
	config_fault(c, &f, key, buf_text(&place), "the variable %s is not set", tree_get_text(key, "id"));
	add_line(k, &k->told, f.message);
	buf_release(&place);
}

static void check_models(struct check *k, struct config *c)
{
	const struct value *p, *m;
	struct found found;
	size_t i;

	for (p = tree_first(refs_providers(c)); p != NULL; p = p->next) {
		k->providers++;
		check_key(k, c, p);
		for (m = tree_first(tree_get(p, "models")), i = 0; m != NULL && k->lines < MOST_LINES; m = m->next, i++) {
			k->models++;
			found = refs_model(c, p, m, i);
			check_found(k, c, &found);
		}
	}
}

/* A file or command of secrets that can't be used: it would be told only when a key is wanted. */
static void check_secrets(struct check *k, struct config *c)
{
	const struct value *p, *at;
	const char *source, *need, *path;
	struct buf place;
	struct fault f;

	for (p = tree_first(config_at(c, "secrets.providers")); p != NULL; p = p->next) {
		source = tree_get_text(p, "source");
		need = strcmp(source, "file") == 0 ? "path" : strcmp(source, "exec") == 0 ? "command" : NULL;
		path = need != NULL ? tree_get_text(p, need) : NULL;
		if (need == NULL || (path != NULL && path[0] == '/'))
			continue;
		at = tree_get(p, need);
		buf_init(&place, 1 << 16);
		buf_adds(&place, "secrets.providers");
		tree_place_add(&place, p->key);
		tree_place_add(&place, need);
		config_fault(c, &f, at != NULL ? at : p, buf_text(&place), "must be an absolute path");
		add_line(k, &k->faults, f.message);
		buf_release(&place);
	}
}

void check_all(struct check *k, struct config *c)
{
	const struct value *v;
	struct buf primary;
	struct fault f;

	check_models(k, c);
	check_secrets(k, c);
	buf_init(&primary, 1 << 16);
	if (config_at(c, "agents.defaults.model") == NULL)
		;
	else if (refs_primary(c, &primary, &f) == 0)
		check_ref(k, c, buf_text(&primary), &k->faults);
	else
		add_line(k, &k->faults, f.message);
	buf_release(&primary);
	for (v = tree_first(refs_fallbacks(c)); v != NULL; v = v->next)
		check_ref(k, c, tree_text(v), &k->faults);
	for (v = tree_first(config_at(c, "agents.defaults.models")); v != NULL; v = v->next)
		check_ref(k, c, v->key, &k->told);
	buf_add(&k->told, buf_text(&c->warnings), c->warnings.len);
	buf_add(&k->told, buf_text(&c->unset), c->unset.len);
}
