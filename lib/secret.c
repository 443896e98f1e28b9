/* secret.c - see secret.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "customary.h"
#include "header.h"
#include "limits.h"
#include "refs.h"
#include "secret.h"
#include "secretref.h"
#include "url.h"

void secrets_init(struct secrets *s)
{
	memset(s, 0, sizeof *s);
}

/* memset alone may be left out by a compiler that sees the free behind it. */
static void wipe(void *p, size_t n)
{
	volatile char *c = p;

	while (n-- > 0)
		*c++ = 0;
}

static void drop_lines(struct secrets *s)
{
	while (s->n > 0) {
		s->n--;
		wipe(s->line[s->n], strlen(s->line[s->n]));
		free(s->line[s->n]);
		s->line[s->n] = NULL;
	}
}

static void drop_config(struct secrets *s)
{
	if (!s->loaded)
		return;
	while (s->nkept > 0)
		buf_wipe(&s->kept[--s->nkept].text);
	config_release(&s->config);
	s->loaded = 0;
}

void secrets_release(struct secrets *s)
{
	drop_lines(s);
	drop_config(s);
}

static int add_line(struct secrets *s, const char *name, const char *prefix, const char *value, struct fault *f)
{
	size_t n = strlen(name) + strlen(prefix) + strlen(value) + 3;
	char *line;

	if (!header_value_ok(value, strlen(value)))
		return fault_set(f, F_CONFIG, "a control character in the value of %s", name);
	if (s->n == SECRET_HEADERS || (line = malloc(n)) == NULL)
		return fault_set(f, F_CONFIG, "more than %d headers", SECRET_HEADERS);
	snprintf(line, n, "%s: %s%s", name, prefix, value);
	s->secret[s->n] = 0;
	s->line[s->n++] = line;
	return 0;
}

/* Is it the very configuration that fb-send itself would read? */
static int is_own(const struct secrets *s, const char *file)
{
	char *path = config_path(s->own_config);
	int own = path != NULL && strcmp(path, file) == 0;

	free(path);
	return own;
}

/* Somebody else's among the files that were read; NULL: there is none. */
static const char *foreign_file(const struct config *c)
{
	const struct tree_file *file;

	for (file = c->files; file != NULL; file = file->next)
		if (file->foreign)
			return file->path;
	return NULL;
}

/* A configuration that others could have written is nobody's word. */
static int load(struct secrets *s, const char *path, struct fault *f)
{
	const char *foreign = NULL;
	struct stat st;

	if (s->loaded && strcmp(s->config.path, path) == 0)
		return 0;
	drop_config(s);
	/* without one of its own there are the catalogue's and the customary variables */
	if (path[0] == '/' && is_own(s, path) && s->own_config == NULL && access(path, F_OK) != 0) {
		s->loaded = 1;
		return config_load(&s->config, NULL, f);
	}
	if (path[0] != '/' || stat(path, &st) != 0)
		return fault_set(f, F_NO_API_KEY, "%s: the configuration that holds the key isn't there", path);
	if ((st.st_uid != geteuid() && st.st_uid != 0) || (st.st_mode & S_IWOTH) != 0)
		return fault_set(f, F_NO_API_KEY, "%s: not yours alone to write, so its keys are not used", path);
	s->loaded = 1;
	if (config_load(&s->config, path, f) == 0 && (foreign = foreign_file(&s->config)) == NULL)
		return 0;
	if (foreign != NULL)
		fault_set(f, F_NO_API_KEY, "%s: not yours, so no key of a configuration that includes it is used", foreign);
	f->code = F_NO_API_KEY;
	return -1;
}

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

/* Does the configuration send the key at `place` to that origin? */
static int is_paired(struct config *c, const char *place, const struct url *target)
{
	struct buf owner;
	int paired;

	buf_init(&owner, 1 << 16);
	buf_add(&owner, place, provider_of(place));
	paired = owner.len > 0 && goes_to(c, config_at(c, buf_text(&owner)), target);
	buf_release(&owner);
	return paired;
}

static void text_of(struct span str, struct buf *out)
{
	buf_init(out, MAX_RECORD);
	if (span_kind(str) == SPAN_STRING)
		span_decode(str, SPAN_REPLACE, out);
}

/* Does a secret anywhere in a provider name that variable? */
static int names(const struct value *v, const char *variable)
{
	const char *source = tree_get_text(v, "source"), *id = tree_get_text(v, "id");
	const struct value *child;

	if (source != NULL && id != NULL && strcmp(source, "env") == 0 && strcmp(id, variable) == 0)
		return 1;
	for (child = tree_first(v); child != NULL; child = child->next)
		if (names(child, variable))
			return 1;
	return 0;
}

/* Does a provider of the configuration, or of the catalogue, that goes to that origin name the variable? */
static int pairs_variable(struct config *c, const char *variable, const struct url *target)
{
	struct config *catalogue;
	const struct value *p;
	struct fault unused;

	if (customary_pairs(variable, target))
		return 1;
	for (p = tree_first(refs_providers(c)); p != NULL; p = p->next)
		if ((names(p, variable) || names(refs_under(c, p), variable)) && goes_to(c, p, target))
			return 1;
	return config_catalogue(c, &catalogue, &unused) == 0 && catalogue != NULL &&
	    pairs_variable(catalogue, variable, target);
}

/* {"source":"env","name":N}: only what fb-send's own configuration pairs with the server. */
static int from_variable(struct secrets *s, const char *name, const struct url *target, struct buf *value, struct fault *f)
{
	char *path = config_path(s->own_config);
	const char *text;
	int bad = path == NULL || load(s, path, f);

	if (!bad && !pairs_variable(&s->config, name, target))
		bad = fault_set(f, F_NO_API_KEY, "%s does not give this server the variable %s (with another "
		    "configuration give fb-send its --config too)", path, name);
	else if (!bad && (text = config_variable(&s->config, name)) == NULL)
		bad = fault_set(f, F_NO_API_KEY, "the variable %s is not set (%s)", name, path);
	else if (!bad)
		buf_adds(value, text);
	free(path);
	return bad ? -1 : 0;
}

/* What a command or file gave is kept: a batch asks a million times. */
static int kept(struct secrets *s, const struct value *v, const char *place, struct buf *value, struct fault *f)
{
	struct secret_kept *k;
	int i;

	for (i = 0; i < s->nkept; i++)
		if (s->kept[i].of == v) {
			buf_add(value, s->kept[i].text.data, s->kept[i].text.len);
			return 0;
		}
	if (secretref_get(&s->config, v, place, value, f) != 0)
		return -1;
	if (!header_value_ok(buf_text(value), value->len))
		return config_fault(&s->config, f, v, place, "a control character in the key");
	if (s->nkept < SECRET_HEADERS && tree_text(v) == NULL) {
		k = &s->kept[s->nkept++];
		k->of = v;
		buf_init(&k->text, value->len);
		buf_add(&k->text, value->data, value->len);
	}
	return 0;
}

/*
 * {"source":"config","file":F,"path":P}: the secret that stands in the very
 * file that pairs it with the server.  What comes from elsewhere (a variable,
 * a file, a command) only for fb-send's own configuration.
 */
static int from_config(struct secrets *s, const char *file, const char *place, const struct url *target,
    struct buf *value, struct fault *f)
{
	const struct value *at;
	int bad = load(s, file, f);

	if (bad)
		return -1;
	if (!is_paired(&s->config, place, target))
		return fault_set(f, F_NO_API_KEY, "%s does not give this server the key at %s", file, place);
	at = config_at(&s->config, place);
	if (at != NULL && (tree_text(at) == NULL || (at->how & TREE_FILLED) != 0) && !is_own(s, file))
		return fault_set(f, F_NO_API_KEY, "%s: the key at %s comes from elsewhere, so fb-send must be given that "
		    "configuration too: --config", file, place);
	return kept(s, at, place, value, f);
}

static int resolve(struct secrets *s, struct span ref, const struct url *target, struct buf *value, struct fault *f)
{
	struct buf file, place, name;
	int bad;

	text_of(span_get(ref, "file"), &file);
	text_of(span_get(ref, "path"), &place);
	text_of(span_get(ref, "name"), &name);
	if (span_eq(span_get(ref, "source"), "env"))
		bad = from_variable(s, buf_text(&name), target, value, f);
	else
		bad = from_config(s, buf_text(&file), buf_text(&place), target, value, f);
	buf_release(&file);
	buf_release(&place);
	buf_release(&name);
	return bad;
}

static int add_secret(struct secrets *s, const char *name, const char *prefix, struct span ref,
    const struct url *target, struct fault *f)
{
	struct buf value;
	int bad;

	if (!s->insecure_http && target->scheme.n == 4 && !url_is_near(target))
		return fault_set(f, F_CONFIG, "a key would go over plain http to a public host (--insecure-http allows it)");
	buf_init(&value, 1 << 20);
	bad = resolve(s, ref, target, &value, f);
	if (!bad)
		bad = add_line(s, name, prefix, buf_text(&value), f);
	if (!bad)
		s->secret[s->n - 1] = strlen(name) + strlen(prefix) + 2;
	buf_wipe(&value);
	return bad;
}

static int add_prefixed(struct secrets *s, const char *name, struct span prefix, struct span ref,
    const struct url *target, struct fault *f)
{
	struct buf text;
	int bad;

	text_of(prefix, &text);
	bad = add_secret(s, name, buf_text(&text), ref, target, f);
	buf_release(&text);
	return bad;
}

/* {"type":"bearer","secret":R}, or {"type":"header","name":N,"prefix":P,"secret":R}. */
static int add_auth(struct secrets *s, struct span auth, const struct url *target, struct fault *f)
{
	struct span secret = span_get(auth, "secret");
	struct buf name;
	int bad;

	if (auth.p == NULL)
		return 0;
	if (!span_eq(span_get(auth, "type"), "header"))
		return add_secret(s, "Authorization", "Bearer ", secret, target, f);
	text_of(span_get(auth, "name"), &name);
	if (!header_name_ok(buf_text(&name), name.len))
		bad = fault_set(f, F_CONFIG, "route.auth.name: not a header's name");
	else
		bad = add_prefixed(s, buf_text(&name), span_get(auth, "prefix"), secret, target, f);
	buf_release(&name);
	return bad;
}

static int add_own(struct secrets *s, struct span route, const struct url *target, struct fault *f)
{
	struct span_iter it = span_each(span_get(route, "headers"));
	struct span key, val;
	struct buf name, text;
	int bad = 0;

	while (!bad && span_next(&it, &key, &val)) {
		text_of(key, &name);
		text_of(val, &text);
		if (!header_name_ok(buf_text(&name), name.len) || !header_value_ok(buf_text(&text), text.len))
			bad = fault_set(f, F_CONFIG, "route.headers: not a header (name a token, value one line)");
		else if (span_kind(val) == SPAN_OBJECT)
			bad = add_prefixed(s, buf_text(&name), span_get(val, "prefix"), val, target, f);
		else
			bad = add_line(s, buf_text(&name), "", buf_text(&text), f);
		buf_release(&text);
		buf_release(&name);
	}
	return bad;
}

int secrets_headers(struct secrets *s, struct span route, struct fault *f)
{
	struct span auth = span_get(route, "auth");
	struct buf base;
	struct url target;
	const char *why;
	int bad;

	drop_lines(s);
	text_of(span_get(route, "baseUrl"), &base);
	if ((why = url_parse(buf_text(&base), &target)) != NULL)
		bad = fault_set(f, F_INPUT, "route.baseUrl: %s", why);
	else
		bad = add_line(s, "Content-Type", "", "application/json", f) != 0 ||
		    add_line(s, "Accept", "", "application/json", f) != 0 ||
		    add_own(s, route, &target, f) != 0 ||
		    add_auth(s, auth, &target, f) != 0;
	buf_release(&base);
	return bad ? -1 : 0;
}

void secrets_redact(const struct secrets *s, char *text, size_t n)
{
	const char *key, *found;
	char *at;
	size_t k;
	int i;

	for (i = 0; i < s->n; i++) {
		key = s->line[i] + s->secret[i];
		k = strlen(key);
		if (s->secret[i] == 0 || k < 6)
			continue;
		for (at = text; (found = span_find(at, n - (size_t)(at - text), key)) != NULL; at += k) {
			at += found - at;
			memset(at, '*', k);
		}
	}
}
