/* pairing.c - see pairing.h. */
#include <string.h>

#include "headers.h"
#include "pairing.h"
#include "refs.h"

static int same_origin(const struct value *owner, const struct url *target)
{
	const char *base = tree_get_text(owner, "baseUrl");
	struct url u;

	return base != NULL && url_parse(base, &u) == NULL && url_same_origin(&u, target);
}

/* "models.providers.NAME": the owner of a place inside it.  Its length, or 0. */
static size_t provider_of(const char *place)
{
	static const char head[] = "models.providers";
	const char *p = place + sizeof head - 1;

	if (strncmp(place, head, sizeof head - 1) != 0)
		return 0;
	if (*p == '.')
		return (size_t)(p - place) + 1 + strcspn(p + 1, ".[");
	if (*p != '[' || p[1] != '"')
		return 0;
	for (p += 2; *p != '"' && *p != '\0'; p++)
		if (*p == '\\' && p[1] != '\0')
			p++;
	return p[0] == '"' && p[1] == ']' ? (size_t)(p - place) + 2 : 0;
}

void pairing_provider(const char *place, struct buf *variable)
{
	size_t n = provider_of(place), head = strlen("models.providers") + 1;
	int quoted = n > 0 && place[head - 1] == '[';
	struct buf name;

	buf_init(&name, n);
	if (n > 0)
		buf_add(&name, place + head + quoted, n - head - 3 * (size_t)quoted);
	header_variable(variable, buf_text(&name));
	buf_release(&name);
}

/* Does a provider go to that origin: by its baseUrl, the catalogue's under it, or one of its models'? */
static int goes_to(struct config *c, const struct value *provider, const struct url *target)
{
	const struct value *model;

	if (provider == NULL)
		return 0;
	if (same_origin(provider, target) || same_origin(refs_under(c, provider), target))
		return 1;
	for (model = tree_first(tree_get(provider, "models")); model != NULL; model = model->next)
		if (same_origin(model, target))
			return 1;
	return 0;
}

int pairing_key(struct config *c, const char *place, const struct url *target)
{
	struct buf owner;
	int paired;

	buf_init(&owner, 1 << 16);
	buf_add(&owner, place, provider_of(place));
	paired = owner.len > 0 && goes_to(c, config_at(c, buf_text(&owner)), target);
	buf_release(&owner);
	return paired;
}

const struct value *pairing_naming(const struct value *v, const char *variable, struct buf *place)
{
	const char *source = tree_get_text(v, "source"), *id = tree_get_text(v, "id");
	const struct value *child, *found = NULL;
	size_t len = place->len;

	if (source != NULL && id != NULL && strcmp(source, "env") == 0 && strcmp(id, variable) == 0)
		return v;
	for (child = tree_is(v, SPAN_OBJECT) ? tree_first(v) : NULL; child != NULL && found == NULL; child = child->next) {
		tree_place_add(place, child->key);
		if ((found = pairing_naming(child, variable, place)) == NULL && place->data != NULL)
			place->data[place->len = len] = '\0';
	}
	return found;
}

static int names(const struct value *provider, const char *variable)
{
	struct buf place;
	int found;

	buf_init(&place, 1 << 16);
	found = pairing_naming(provider, variable, &place) != NULL;
	buf_release(&place);
	return found;
}

int pairing_variable(struct config *c, const char *variable, const struct url *target)
{
	struct config *catalogue;
	const struct value *p;
	struct fault unused;

	for (p = tree_first(refs_providers(c)); p != NULL; p = p->next)
		if ((names(p, variable) || names(refs_under(c, p), variable)) && goes_to(c, p, target))
			return 1;
	return config_catalogue(c, &catalogue, &unused) == 0 && catalogue != NULL &&
	    pairing_variable(catalogue, variable, target);
}
