/* transport.c - see transport.h. */
#include <string.h>

#include "pairing.h"
#include "refs.h"
#include "transport.h"
#include "url.h"

enum { TEXT = 1 << 16 };

static const char *const proxy_members[] = {"mode", "url", NULL};
static const char *const tls_members[] = {"ca", "cert", "key", "serverName", NULL};

static int is_one_of(const char *const *names, struct span key)
{
	for (; *names != NULL; names++)
		if (span_eq(key, *names))
			return 1;
	return 0;
}

/* Does the configuration give an object just these members?  `secret` is looked at elsewhere; NULL: there is none. */
static int same(struct span said, const struct value *own, const char *const *names, const char *secret)
{
	struct span_iter it = span_each(said);
	struct span key, val;
	const char *text;
	int i;

	if (said.p == NULL || own == NULL)
		return said.p == NULL && own == NULL;
	if (span_kind(said) != SPAN_OBJECT)
		return 0;
	while (span_next(&it, &key, &val))
		if (!is_one_of(names, key) && (secret == NULL || !span_eq(key, secret)))
			return 0;
	for (i = 0; names[i] != NULL; i++) {
		val = span_get(said, names[i]);
		text = tree_get_text(own, names[i]);
		if (val.p == NULL ? text != NULL : span_kind(val) != SPAN_STRING || text == NULL || !span_eq(val, text))
			return 0;
	}
	return 1;
}

/* The provider that the route names, in fb-send's own configuration. */
static const struct value *provider_of(const struct config *c, struct span route, struct buf *place)
{
	struct span name = span_get(route, "provider");
	struct buf key;

	buf_init(&key, TEXT);
	if (span_kind(name) == SPAN_STRING)
		span_decode(name, SPAN_REPLACE, &key);
	buf_adds(place, "models.providers");
	tree_place_add(place, buf_text(&key));
	buf_release(&key);
	return config_at(c, buf_text(place));
}

/* The provider whose word the route repeats; NULL and *f when none of ours says that. */
static const struct value *confirmed(struct secrets *s, struct span route, const char *url, struct fault *f)
{
	struct span request = span_get(route, "request"), key, val;
	struct span_iter it = span_each(request);
	static const char *const known[] = {"proxy", "tls", NULL};
	const struct value *provider = NULL, *own;
	struct config *c;
	struct buf place;
	struct url target;
	int good = span_kind(request) == SPAN_OBJECT && url_parse(url, &target) == NULL;

	if (span_kind(span_at(request, "tls.insecureSkipVerify")) == SPAN_TRUE) {
		fault_set(f, F_CONFIG, "route.request.tls.insecureSkipVerify: certificates are always checked "
		    "(give the server's own with ca)");
		return NULL;
	}
	if (secrets_own(s, &c, f) != 0)
		return NULL;
	while (good && span_next(&it, &key, &val))
		good = is_one_of(known, key);
	buf_init(&place, TEXT);
	if (good)
		provider = provider_of(c, route, &place);
	own = tree_get(provider, "request");
	good = provider != NULL && pairing_key(c, buf_text(&place), &target) &&
	    same(span_get(request, "proxy"), tree_get(own, "proxy"), proxy_members, NULL) &&
	    same(span_get(request, "tls"), tree_get(own, "tls"), tls_members, "passphrase");
	buf_release(&place);
	if (good)
		return provider;
	fault_set(f, F_CONFIG, "route.request: %s doesn't say the same of this provider and server, so nothing is sent "
	    "(with another configuration give fb-send its --config too)", c->path);
	return NULL;
}

/* The file that a configuration names, beside itself unless the name is absolute. */
static const char *file_of(const struct value *tls, const char *name, const char *given, struct buf *out)
{
	const struct value *v = tree_get(tls, name);
	const char *text = tree_text(v), *slash;

	if (given != NULL || text == NULL)
		return given;
	if (text[0] != '/' && v->file != NULL && (slash = strrchr(v->file->path, '/')) != NULL)
		buf_add(out, v->file->path, (size_t)(slash - v->file->path) + 1);
	buf_adds(out, text);
	return buf_text(out);
}

static int add_proxy(struct transport *t, const struct value *proxy, struct fault *f)
{
	struct http_path *p = &t->path;
	const char *mode = tree_get_text(proxy, "mode"), *url = tree_get_text(proxy, "url");

	if (p->proxy != NULL || proxy == NULL || (mode != NULL && strcmp(mode, "env-proxy") == 0))
		return 0;
	if (url == NULL)
		return fault_set(f, F_CONFIG, "route.request.proxy: explicit-proxy, but no url");
	buf_adds(&t->proxy, url);
	p->proxy = buf_text(&t->proxy);
	return 0;
}

/* A certificate, its key and its passphrase belong together: all of the command line's, or all of the route's. */
static int add_tls(struct transport *t, const struct value *tls, struct secrets *s, struct span passphrase, struct fault *f)
{
	struct http_path *p = &t->path;
	struct url target;

	p->ca = file_of(tls, "ca", p->ca, &t->ca);
	if (p->server_name == NULL && tree_get_text(tls, "serverName") != NULL) {
		buf_adds(&t->server_name, tree_get_text(tls, "serverName"));
		p->server_name = buf_text(&t->server_name);
	}
	if (p->cert != NULL)
		return 0;
	p->cert = file_of(tls, "cert", NULL, &t->cert);
	p->key = file_of(tls, "key", NULL, &t->key);
	if (passphrase.p == NULL)
		return 0;
	/* last, since it may read another configuration in place of the one that `tls` is in */
	if (span_kind(passphrase) != SPAN_OBJECT || url_parse(p->url, &target) != NULL)
		return fault_set(f, F_CONFIG, "route.request.tls.passphrase: must be a reference to a secret");
	if (secrets_value(s, passphrase, &target, &t->passphrase, f) != 0)
		return -1;
	p->passphrase = buf_text(&t->passphrase);
	return 0;
}

static int add_route(struct transport *t, struct secrets *s, struct span route, struct fault *f)
{
	const struct value *provider, *own;

	if (span_get(route, "request").p == NULL)
		return 0;
	if ((provider = confirmed(s, route, t->path.url, f)) == NULL)
		return -1;
	own = tree_get(provider, "request");
	return add_proxy(t, tree_get(own, "proxy"), f) != 0 ||
	    add_tls(t, tree_get(own, "tls"), s, span_at(route, "request.tls.passphrase"), f) != 0 ? -1 : 0;
}

int transport_init(struct transport *t, struct secrets *s, const struct http_path *given, struct span route,
    const char *url, int near, const char *const *headers, struct fault *f)
{
	struct buf *all[] = {&t->proxy, &t->ca, &t->cert, &t->key, &t->server_name, &t->passphrase};
	size_t i;

	for (i = 0; i < sizeof all / sizeof *all; i++)
		buf_init(all[i], 1 << 20);
	t->path = *given;
	t->path.url = url;
	t->path.near = near;
	t->path.headers = headers;
	return add_route(t, s, route, f);
}

void transport_release(struct transport *t)
{
	struct buf *all[] = {&t->proxy, &t->ca, &t->cert, &t->key, &t->server_name, &t->passphrase};
	size_t i;

	for (i = 0; i < sizeof all / sizeof *all; i++)
		buf_wipe(all[i]);
}

struct http_way *transport_way(struct http *h, struct secrets *s, const struct http_path *given, struct span route,
    const char *url, int near, const char *const *headers, struct fault *f)
{
	struct transport t;
	struct http_way *w = NULL;

	if (transport_init(&t, s, given, route, url, near, headers, f) == 0)
		w = http_way_new(h, &t.path, f);
	transport_release(&t);
	return w;
}
