/* credential.c - see credential.h. */
#include <string.h>
#include <strings.h>

#include "credential.h"
#include "json.h"
#include "schema.h"

static int smells_in(const char *name, size_t n)
{
	static const char *const smells[] = {"auth", "key", "token", "secret", "cookie", "pass", "pwd", "credential",
	    "bearer", "session", NULL};
	int i;

	for (; n > 0; name++, n--)
		for (i = 0; smells[i] != NULL; i++)
			if (strlen(smells[i]) <= n && strncasecmp(name, smells[i], strlen(smells[i])) == 0)
				return 1;
	return 0;
}

int credential_smells(const char *name)
{
	return smells_in(name, strlen(name));
}

int credential_in_query(struct span query)
{
	const char *p = query.p, *end = p + query.n, *stop;

	for (; p != NULL && p < end; p = stop) {
		p++;	/* ? or & */
		for (stop = p; stop < end && *stop != '&' && *stop != '='; stop++)
			;
		if (smells_in(p, (size_t)(stop - p)))
			return 1;
		while (stop < end && *stop != '&')
			stop++;
	}
	return 0;
}

static jv in_config(const struct config *c, const char *place)
{
	jv ref = json_set(jv_object(), "source", json_str("config"));

	ref = json_set(ref, "file", json_str(c->path));
	return json_set(ref, "path", json_str(place));
}

/* ^[a-z][a-z0-9_-]{0,63}$ */
static int is_provider(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-");

	return name[0] >= 'a' && name[0] <= 'z' && name[n] == '\0' && n <= 64;
}

/* ^[A-Za-z0-9][A-Za-z0-9._:/#-]{0,255}$, and no step of it is . or .. */
static int is_exec_id(const char *id)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:/#-";
	size_t n = strspn(id, plain), step;
	const char *p;

	if (n == 0 || n > 256 || id[n] != '\0' || strchr("._:/#-", id[0]) != NULL)
		return 0;
	for (p = id; *p != '\0'; p += step + (p[step] == '/')) {
		step = strcspn(p, "/");
		if ((step == 1 && p[0] == '.') || (step == 2 && p[0] == '.' && p[1] == '.'))
			return 0;
	}
	return 1;
}

static int lists(const struct value *list, const char *name)
{
	const struct value *v;

	for (v = tree_first(list); v != NULL; v = v->next)
		if (tree_text(v) != NULL && strcmp(tree_text(v), name) == 0)
			return 1;
	return 0;
}

/* What the id of each source must be. */
static const char *wrong_id(const char *source, const char *id, const struct value *provider)
{
	const char *mode = tree_get_text(provider, "mode");

	if (strcmp(source, "env") == 0)
		return !schema_is_variable(id) ? "must be the name of a variable, A-Z, 0-9 and _" :
		    tree_get(provider, "allowlist") != NULL && !lists(tree_get(provider, "allowlist"), id) ?
		    "is not on the provider's allowlist" : NULL;
	if (strcmp(source, "exec") == 0)
		return is_exec_id(id) ? NULL : "must be of A-Z, a-z, 0-9 and ._:/#-, at most 256, without a step . or ..";
	if (mode != NULL && strcmp(mode, "singleValue") == 0)
		return strcmp(id, "value") == 0 ? NULL : "must be \"value\", since the file is the secret";
	return id[0] == '/' ? NULL : "must be a JSON pointer such as /openai/key";
}

int credential_provider(const struct config *c, const struct value *ref, const char *place,
    const struct value **provider, struct fault *f)
{
	const char *source = tree_get_text(ref, "source"), *name = tree_get_text(ref, "provider"), *id, *wrong;
	const struct value *p;

	*provider = NULL;
	if (source == NULL || (id = tree_get_text(ref, "id")) == NULL)
		return config_fault(c, f, ref, place, "must be text, or {source, provider, id}");
	if (name == NULL)
		name = "default";
	if (!is_provider(name))
		return config_fault(c, f, ref, place, "provider must be of a-z, 0-9, _ and -, at most 64");
	p = tree_get(config_at(c, "secrets.providers"), name);
	if (p == NULL && strcmp(source, "env") != 0)
		return config_fault(c, f, ref, place, "no secrets.providers.%s says where \"%s\" secrets come from", name, source);
	if (p != NULL && strcmp(tree_get_text(p, "source"), source) != 0)
		return config_fault(c, f, ref, place, "secrets.providers.%s is of source \"%s\", not \"%s\"", name,
		    tree_get_text(p, "source"), source);
	if ((wrong = wrong_id(source, id, p)) != NULL)
		return config_fault(c, f, tree_get(ref, "id"), place, "id %s", wrong);
	*provider = p;
	return 0;
}

int credential_ref(const struct config *c, const struct value *v, const char *place, jv *ref, struct fault *f)
{
	const struct value *provider;

	*ref = jv_null();
	if (tree_text(v) == NULL && credential_provider(c, v, place, &provider, f) != 0)
		return -1;
	if (tree_text(v) != NULL || strcmp(tree_get_text(v, "source"), "env") != 0)
		*ref = in_config(c, place);
	else
		*ref = json_set(json_set(jv_object(), "source", json_str("env")), "name", json_str(tree_get_text(v, "id")));
	return 0;
}

enum credential_state credential_state(struct config *c, const struct value *v)
{
	const char *source = tree_get_text(v, "source");

	if (v == NULL || (tree_text(v) != NULL && v->n == 0))
		return CREDENTIAL_NONE;
	if (tree_text(v) != NULL)
		return v->how & TREE_UNSET ? CREDENTIAL_MISSING : CREDENTIAL_THERE;
	if (source == NULL || strcmp(source, "env") != 0)
		return CREDENTIAL_UNKNOWN;
	return config_variable(c, tree_get_text(v, "id")) != NULL ? CREDENTIAL_THERE : CREDENTIAL_MISSING;
}
