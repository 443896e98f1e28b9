/* secret.c - see secret.h. */
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
#include "schema.h"
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

void secrets_release(struct secrets *s)
{
	own_key_release(&s->own);
	drop_config(s);
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

	if (customary_pairs(name, target) && (s->by_name || (text != NULL && text[0] != '\0'))) {
		if (!s->by_name)
			buf_adds(value, text);
		return 0;
	}
	path = config_path(s->own_config);
	bad = path == NULL || load(s, path, f);
	if (!bad && !customary_pairs(name, target) && !pairing_variable(&s->config, name, target))
		bad = fault_set(f, F_NO_API_KEY, "%s does not give this server the variable %s (with another "
		    "configuration give fb-send its --config too)", path, name);
	else if (!bad && !s->by_name && (text = config_variable(&s->config, name)) == NULL)
		bad = not_set(s, name, f);
	else if (!bad && !s->by_name)
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
	return s->by_name ? 0 : kept(s, at, place, value, f);
}

int secrets_value(struct secrets *s, struct span ref, const struct url *target, struct buf *value, struct fault *f)
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

int secrets_own(struct secrets *s, struct config **own, struct fault *f)
{
	char *path = config_path(s->own_config);
	int bad = path == NULL ? fault_set(f, F_CONFIG, "out of memory") : load(s, path, f);

	free(path);
	*own = &s->config;
	return bad;
}

/* A request's header lines while they are gathered. */
struct gathering {
	struct secrets *s;
	struct header_lines *lines;
	struct url target;
	int own;	/* the command line's key goes there */
	struct fault *f;
};

static int is_bare(const struct gathering *g)
{
	return !g->s->insecure_http && g->target.scheme.n == 4 && !url_is_near(&g->target);
}

/*
 * What a secret is called where it isn't shown: its variable, else after the
 * provider whose entry it is in, which the pairing was made sure of.
 */
static void call(struct span ref, const char *name, int is_auth, struct buf *variable)
{
	struct buf text;

	text_of(span_get(ref, "name"), &text);
	if (span_eq(span_get(ref, "source"), "env") && schema_is_variable(buf_text(&text))) {
		buf_add(variable, text.data, text.len);
	} else {
		buf_release(&text);
		text_of(span_get(ref, "path"), &text);
		pairing_provider(buf_text(&text), variable);
		buf_adds(variable, "_");
		header_variable(variable, is_auth ? "API_KEY" : name);
	}
	buf_release(&text);
}

static int add_secret(struct gathering *g, const char *name, const char *prefix, struct span ref, int is_auth)
{
	int own = is_auth && g->own, bad;
	struct buf value, variable;

	if (is_bare(g))
		return fault_set(g->f, F_CONFIG, "a key would go over plain http to a public host (--insecure-http allows it)");
	buf_init(&value, 1 << 20);
	buf_init(&variable, 1 << 20);
	bad = own ? 0 : secrets_value(g->s, ref, &g->target, &value, g->f);
	if (!bad && !own)
		call(ref, name, is_auth, &variable);
	if (!bad)
		bad = header_lines_add(g->lines, name, prefix, own ? buf_text(&g->s->own.key) : buf_text(&value),
		    own ? g->s->own.variable : buf_text(&variable), g->f);
	buf_release(&variable);
	buf_wipe(&value);
	return bad;
}

static int add_prefixed(struct gathering *g, const char *name, struct span prefix, struct span ref, int is_auth)
{
	struct buf text;
	int bad;

	text_of(prefix, &text);
	bad = !header_value_ok(buf_text(&text), text.len) ?
	    fault_set(g->f, F_CONFIG, "a control character in the prefix of %s", name) :
	    add_secret(g, name, buf_text(&text), ref, is_auth);
	buf_release(&text);
	return bad;
}

/* The header that the auth is for; 0 when its name is none. */
static int auth_header(struct span auth, struct buf *name)
{
	if (!span_eq(span_get(auth, "type"), "header")) {
		buf_init(name, 32);
		buf_adds(name, "Authorization");
		return 1;
	}
	text_of(span_get(auth, "name"), name);
	return header_name_ok(buf_text(name), name->len);
}

/*
 * {"type":"bearer","secret":R}, or {"type":"header","name":N,"prefix":P,"secret":R}.
 * A header of the configuration goes over it, and the command line's key over both.
 */
static int add_auth(struct gathering *g, struct span auth, const struct buf *name)
{
	struct span secret = span_get(auth, "secret");

	if (!g->own && (auth.p == NULL || header_lines_find(g->lines, buf_text(name)) >= 0))
		return 0;
	if (!span_eq(span_get(auth, "type"), "header"))
		return add_secret(g, buf_text(name), "Bearer ", secret, 1);
	return add_prefixed(g, buf_text(name), span_get(auth, "prefix"), secret, 1);
}

static int add_header(struct gathering *g, const struct buf *name, struct span val, const struct buf *auth)
{
	struct buf text;
	int bad;

	if (g->own && strcasecmp(buf_text(name), buf_text(auth)) == 0)
		return 0;
	text_of(val, &text);
	if (!header_name_ok(buf_text(name), name->len) || !header_value_ok(buf_text(&text), text.len))
		bad = fault_set(g->f, F_CONFIG, "route.headers: not a header (name a token, value one line)");
	else if (span_kind(val) == SPAN_OBJECT)
		bad = add_prefixed(g, buf_text(name), span_get(val, "prefix"), val, 0);
	else
		bad = header_lines_add(g->lines, buf_text(name), "", buf_text(&text), NULL, g->f);
	buf_release(&text);
	return bad;
}

static int gather(struct gathering *g, struct span route)
{
	struct span_iter it = span_each(span_get(route, "headers"));
	struct span key, val, auth = span_get(route, "auth");
	struct buf name, of_auth;
	int bad = header_lines_add(g->lines, "Content-Type", "", "application/json", NULL, g->f) != 0 ||
	    header_lines_add(g->lines, "Accept", "", "application/json", NULL, g->f) != 0;

	if (!auth_header(auth, &of_auth))
		bad = fault_set(g->f, F_CONFIG, "route.auth.name: not a header's name");
	while (!bad && span_next(&it, &key, &val)) {
		text_of(key, &name);
		bad = add_header(g, &name, val, &of_auth);
		buf_release(&name);
	}
	if (!bad)
		bad = add_auth(g, auth, &of_auth);
	buf_release(&of_auth);
	return bad;
}

int secrets_headers(struct secrets *s, struct span route, struct header_lines *lines, struct fault *f)
{
	struct gathering g = {.s = s, .lines = lines, .f = f};
	struct buf base;
	const char *why;
	int bad;

	header_lines_release(lines);
	text_of(span_get(route, "baseUrl"), &base);
	if ((why = url_parse(buf_text(&base), &g.target)) != NULL) {
		bad = fault_set(f, F_INPUT, "route.baseUrl: %s", why);
	} else {
		g.own = own_key_is_for(&s->own, &g.target);
		lines->bare = is_bare(&g);
		bad = gather(&g, route);
	}
	buf_release(&base);
	if (bad)
		header_lines_release(lines);
	return bad ? -1 : 0;
}

int secrets_own_key(struct secrets *s, const char *variable, const char *file, const char *server, struct fault *f)
{
	return own_key_get(&s->own, variable, file, server, s->by_name, f);
}
