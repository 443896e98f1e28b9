/* secret.c - see secret.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "customary.h"
#include "header.h"
#include "limits.h"
#include "pairing.h"
#include "refs.h"
#include "secret.h"
#include "secretref.h"
#include "url.h"

/* No core file, and nobody looks into the memory.  The leak checker looks in just that way. */
static void guard(void)
{
	struct rlimit none = {0, 0};

	setrlimit(RLIMIT_CORE, &none);
#if defined(PR_SET_DUMPABLE) && !defined(__SANITIZE_ADDRESS__)
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

void secrets_init(struct secrets *s)
{
	memset(s, 0, sizeof *s);
	guard();
}

/* memset alone may be left out by a compiler that sees the free behind it. */
static void wipe(void *p, size_t n)
{
	volatile char *c = p;

	while (n-- > 0)
		*c++ = 0;
}

static void drop_config(struct secrets *s)
{
	if (!s->loaded)
		return;
	while (s->nkept > 0) {
		buf_wipe(&s->kept[--s->nkept].text);
		free(s->kept[s->nkept].fault);
	}
	free(s->refused);
	s->refused = NULL;
	config_release(&s->config);
	s->loaded = 0;
}

/* Which line has that name, in any case; -1: none. */
static int line_of(const struct secrets *s, const char *name)
{
	size_t n = strlen(name);
	int i;

	for (i = 0; i < s->n; i++)
		if (strncasecmp(s->line[i], name, n) == 0 && s->line[i][n] == ':')
			return i;
	return -1;
}

static void drop_line(struct secrets *s, int i)
{
	wipe(s->line[i], strlen(s->line[i]));
	free(s->line[i]);
	s->n--;
	s->line[i] = s->line[s->n];
	s->secret[i] = s->secret[s->n];
	s->line[s->n] = NULL;
}

static void drop_lines(struct secrets *s)
{
	while (s->n > 0)
		drop_line(s, s->n - 1);
}

void secrets_release(struct secrets *s)
{
	drop_lines(s);
	drop_config(s);
}

/* A later line goes in place of one with that name. */
static int add_line(struct secrets *s, const char *name, const char *prefix, const char *value, struct fault *f)
{
	size_t n = strlen(name) + strlen(prefix) + strlen(value) + 3;
	char *line;

	if (!header_value_ok(value, strlen(value)) || !header_value_ok(prefix, strlen(prefix)))
		return fault_set(f, F_CONFIG, "a control character in the value of %s", name);
	if (line_of(s, name) >= 0)
		drop_line(s, line_of(s, name));
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

/* Its keys are not used, now or later: the reason is kept. */
static int refuse(struct secrets *s, const struct fault *f)
{
	if (s->refused == NULL && (s->refused = malloc(sizeof *f)) != NULL)
		*s->refused = *f;
	return -1;
}

/* A configuration that others could have written, or a part of it, is nobody's word (config_read() sees to the mode). */
static int judge(struct secrets *s, struct fault *f)
{
	const struct tree_file *file;

	for (file = s->config.files; file != NULL; file = file->next)
		if (file->foreign) {
			fault_set(f, F_NO_API_KEY, "%s: not yours, so no key of a configuration with it is used", file->path);
			return refuse(s, f);
		}
	return 0;
}

void secrets_lend(struct secrets *s)
{
	struct fault unused;

	s->loaded = 1;
	judge(s, &unused);
}

static int load(struct secrets *s, const char *path, struct fault *f)
{
	int own = is_own(s, path);

	if (!s->loaded || s->config.path == NULL || strcmp(s->config.path, path) != 0) {
		drop_config(s);
		s->loaded = 1;
		if (path[0] != '/' || (!own && access(path, F_OK) != 0)) {
			fault_set(f, F_NO_API_KEY, "%s: the configuration that holds the key isn't there", path);
			s->loaded = 0;
			return -1;
		}
		/* without one of its own there are the catalogue's variables, and the customary ones */
		if (config_load(&s->config, own ? s->own_config : path, f) != 0) {
			f->code = F_NO_API_KEY;
			return refuse(s, f);
		}
		if (judge(s, f) != 0)
			return -1;
	}
	if (s->refused == NULL)
		return 0;
	*f = *s->refused;
	return -1;
}

static void text_of(struct span str, struct buf *out)
{
	buf_init(out, MAX_RECORD);
	if (span_kind(str) == SPAN_STRING)
		span_decode(str, SPAN_REPLACE, out);
}

/* The place that wants the variable is told, if it is one of the configuration's own. */
static int not_set(struct secrets *s, const char *variable, struct fault *f)
{
	const struct value *p, *v = NULL;
	struct buf place;

	buf_init(&place, 1 << 16);
	for (p = tree_first(refs_providers(&s->config)); p != NULL && v == NULL; p = p->next) {
		buf_clear(&place);
		buf_adds(&place, "models.providers");
		tree_place_add(&place, p->key);
		v = pairing_naming(p, variable, &place);
	}
	if (v != NULL)
		config_fault(&s->config, f, v, buf_text(&place), "the variable %s is not set", variable);
	else
		fault_set(f, F_NO_API_KEY, "the variable %s is not set", variable);
	f->code = F_NO_API_KEY;
	buf_release(&place);
	return -1;
}

/* {"source":"env","name":N}: the customary one, or what fb-send's own configuration pairs with the server. */
static int from_variable(struct secrets *s, const char *name, const struct url *target, struct buf *value, struct fault *f)
{
	char *path;
	const char *text = getenv(name);
	int bad;

	if (customary_pairs(name, target) && text != NULL && text[0] != '\0') {
		buf_adds(value, text);
		return 0;
	}
	path = config_path(s->own_config);
	bad = path == NULL || load(s, path, f);
	if (!bad && !customary_pairs(name, target) && !pairing_variable(&s->config, name, target))
		bad = fault_set(f, F_NO_API_KEY, "%s does not give this server the variable %s (with another "
		    "configuration give fb-send its --config too)", path, name);
	else if (!bad && (text = config_variable(&s->config, name)) == NULL)
		bad = not_set(s, name, f);
	else if (!bad)
		buf_adds(value, text);
	free(path);
	return bad ? -1 : 0;
}

static int fetch(struct secrets *s, const struct value *v, const char *place, struct buf *value, struct fault *f)
{
	if (secretref_get(&s->config, v, place, value, f) != 0)
		return -1;
	if (value->failed)
		config_fault(&s->config, f, v, place, "the key is over %zu bytes", value->max);
	else if (value->len == 0)
		config_fault(&s->config, f, v, place, "the key is empty");
	else if (!header_value_ok(buf_text(value), value->len))
		return config_fault(&s->config, f, v, place, "a control character in the key");
	else
		return 0;
	f->code = F_NO_API_KEY;
	return -1;
}

/* What a command or file gave is kept, also that it gave nothing: a batch asks a million times. */
static int kept(struct secrets *s, const struct value *v, const char *place, struct buf *value, struct fault *f)
{
	struct secret_kept *k;
	int i, bad;

	for (i = 0; i < s->nkept; i++) {
		k = &s->kept[i];
		if (k->of == v && k->fault != NULL)
			*f = *k->fault;
		else if (k->of == v)
			buf_add(value, k->text.data, k->text.len);
		if (k->of == v)
			return k->fault != NULL ? -1 : 0;
	}
	bad = fetch(s, v, place, value, f);
	if (s->nkept < SECRET_HEADERS && tree_is(v, SPAN_OBJECT)) {
		k = &s->kept[s->nkept++];
		*k = (struct secret_kept){.of = v, .fault = bad ? malloc(sizeof *f) : NULL};
		buf_init(&k->text, value->len);
		if (k->fault != NULL)
			*k->fault = *f;
		else if (bad)
			s->nkept--;
		else
			buf_add(&k->text, value->data, value->len);
	}
	return bad;
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
	if (!pairing_key(&s->config, place, target))
		return fault_set(f, F_NO_API_KEY, "%s does not give this server the key at %s", file, place);
	at = config_at(&s->config, place);
	/* one that includes others could lay another server's address over a key of theirs */
	if (!is_own(s, file) && s->config.files != NULL && s->config.files->next != NULL)
		return fault_set(f, F_NO_API_KEY, "%s includes other files, so fb-send must be given that configuration "
		    "too: --config", file);
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

int secrets_value(struct secrets *s, struct span ref, const struct url *target, struct buf *value, struct fault *f)
{
	return resolve(s, ref, target, value, f);
}

int secrets_own(struct secrets *s, struct config **own, struct fault *f)
{
	char *path = config_path(s->own_config);
	int bad = path == NULL ? fault_set(f, F_CONFIG, "out of memory") : load(s, path, f);

	free(path);
	*own = &s->config;
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
	bad = !header_value_ok(buf_text(&text), text.len) ?
	    fault_set(f, F_CONFIG, "a control character in the prefix of %s", name) :
	    add_secret(s, name, buf_text(&text), ref, target, f);
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
		return line_of(s, "Authorization") >= 0 ? 0 :
		    add_secret(s, "Authorization", "Bearer ", secret, target, f);
	text_of(span_get(auth, "name"), &name);
	if (!header_name_ok(buf_text(&name), name.len))
		bad = fault_set(f, F_CONFIG, "route.auth.name: not a header's name");
	else if (line_of(s, buf_text(&name)) >= 0)
		bad = 0;	/* a header of the configuration goes over it */
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
