/* secret.c - see secret.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "header.h"
#include "json.h"
#include "limits.h"
#include "secret.h"
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
	if (s->config.text.data != NULL)
		wipe(s->config.text.data, s->config.text.len);
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

/* A configuration that others could have written is nobody's word. */
static int load(struct secrets *s, const char *path, struct fault *f)
{
	struct stat st;

	if (s->loaded && strcmp(s->config.path, path) == 0)
		return 0;
	drop_config(s);
	if (path[0] != '/' || stat(path, &st) != 0)
		return fault_set(f, F_NO_API_KEY, "%s: the configuration that holds the key isn't there", path);
	if ((st.st_uid != geteuid() && st.st_uid != 0) || (st.st_mode & S_IWOTH) != 0)
		return fault_set(f, F_NO_API_KEY, "%s: not yours alone to write, so its keys are not used", path);
	s->loaded = 1;
	if (config_load(&s->config, path, f) == 0)
		return 0;
	f->code = F_NO_API_KEY;
	return -1;
}

static int same_origin(jv owner, const struct url *target)
{
	const char *base = json_text(owner, "baseUrl");
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

/* Does the configuration send the key at `place` to that origin: by its provider's baseUrl, or one of its models'? */
static int is_paired(const struct config *c, const char *place, const struct url *target)
{
	struct buf owner;
	jv provider, models, model;
	int i, paired;

	buf_init(&owner, 1 << 16);
	buf_add(&owner, place, provider_of(place));
	provider = owner.len > 0 ? config_at(c, buf_text(&owner)) : jv_null();
	buf_release(&owner);
	models = json_get(provider, "models");
	paired = same_origin(provider, target);
	for (i = 0; !paired && i < json_count(models); i++) {
		model = json_at(models, i);
		paired = same_origin(model, target);
		jv_free(model);
	}
	jv_free(models);
	jv_free(provider);
	return paired;
}

static void text_of(struct span str, struct buf *out)
{
	buf_init(out, MAX_RECORD);
	if (span_kind(str) == SPAN_STRING)
		span_decode(str, SPAN_REPLACE, out);
}

/* Does a configured secret name that variable? */
static int names(jv value, const char *variable)
{
	const char *source = json_text(value, "source"), *id = json_text(value, "id");

	return source != NULL && id != NULL && strcmp(source, "env") == 0 && strcmp(id, variable) == 0;
}

/* The apiKey or a header of a provider or model names the variable. */
static int owner_names(jv owner, const char *variable)
{
	jv key = json_get(owner, "apiKey"), headers = json_get(owner, "headers"), value;
	int i, found = names(key, variable);

	for (i = json_first(headers); !found && json_more(headers, i); i = json_step(headers, i)) {
		value = json_val(headers, i);
		found = names(value, variable);
		jv_free(value);
	}
	jv_free(headers);
	jv_free(key);
	return found;
}

/* Does a provider that the configuration sends to that origin name the variable? */
static int pairs_variable(const struct config *c, const char *variable, const struct url *target)
{
	jv all = config_at(c, "models.providers"), provider, models, model;
	int i, k, origin, named, found = 0;

	for (i = json_first(all); !found && json_more(all, i); i = json_step(all, i)) {
		provider = json_val(all, i);
		models = json_get(provider, "models");
		origin = same_origin(provider, target);
		named = owner_names(provider, variable);
		for (k = 0; k < json_count(models); k++) {
			model = json_at(models, k);
			origin |= same_origin(model, target);
			named |= owner_names(model, variable);
			jv_free(model);
		}
		found = origin && named;
		jv_free(models);
		jv_free(provider);
	}
	jv_free(all);
	return found;
}

/* {"source":"env","name":N}: only what fb-send's own configuration pairs with the server. */
static int from_variable(struct secrets *s, const char *name, const struct url *target, struct buf *value, struct fault *f)
{
	char *path = config_path(s->own_config);
	const char *text = getenv(name);
	int bad = load(s, path != NULL ? path : "", f);

	if (!bad && !pairs_variable(&s->config, name, target))
		bad = fault_set(f, F_NO_API_KEY, "%s does not give this server the variable %s (with another "
		    "configuration give fb-send its --config too)", path, name);
	else if (!bad && (text == NULL || text[0] == '\0'))
		bad = fault_set(f, F_NO_API_KEY, "the variable %s is not set (%s)", name, path);
	else if (!bad)
		buf_adds(value, text);
	free(path);
	return bad;
}

/* {"source":"config","file":F,"path":P}: a text that stands in the very file that pairs it with the server. */
static int from_config(struct secrets *s, const char *file, const char *place, const struct url *target,
    struct buf *value, struct fault *f)
{
	jv at;
	const char *text;
	int bad = load(s, file, f);

	if (bad)
		return -1;
	if (!is_paired(&s->config, place, target))
		return fault_set(f, F_NO_API_KEY, "%s does not give this server the key at %s", file, place);
	at = config_at(&s->config, place);
	text = json_string(at);
	if (text == NULL || text[0] == '\0')
		bad = fault_set(f, F_NO_API_KEY, "%s: no key at %s", file, place);
	else if (strstr(text, "${") != NULL)
		bad = fault_set(f, F_NO_API_KEY, "%s: %s: ${...} is not filled in: write {source: \"env\", id: \"NAME\"}", file, place);
	else
		buf_adds(value, text);
	jv_free(at);
	return bad;
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
	if (value.data != NULL)
		wipe(value.data, value.len);
	buf_release(&value);
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
			bad = add_secret(s, buf_text(&name), "", val, target, f);
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
		    (auth.p != NULL && add_secret(s, "Authorization", "Bearer ", span_get(auth, "secret"),
		    &target, f) != 0);
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
