/* routeauth.c - how a request along a route shows the key, and how it travels: see maker.h. */
#include <string.h>
#include <strings.h>

#include "credential.h"
#include "header.h"
#include "json.h"
#include "maker.h"

/* A reference to the secret that is the member `name` of an object at `owner`. */
static int reference(struct maker *m, const char *owner, const struct value *v, const char *name, jv *ref)
{
	struct buf place;
	int bad;

	buf_init(&place, 1 << 16);
	buf_adds(&place, owner);
	tree_place_add(&place, name);
	bad = credential_ref(m->at->in, v, buf_text(&place), ref, m->f);
	buf_release(&place);
	return bad;
}

static int is_empty(const struct value *v)
{
	return v == NULL || (tree_text(v) != NULL && v->n == 0);
}

static jv bearer(jv secret)
{
	return json_set(json_set(jv_object(), "type", json_str("bearer")), "secret", secret);
}

/* The length of a text without the blanks around it; *text moves behind those before it. */
static size_t trimmed(const char **text)
{
	size_t n;

	*text += strspn(*text, " \t");
	for (n = strlen(*text); n > 0 && strchr(" \t", (*text)[n - 1]) != NULL; n--)
		;
	return n;
}

/* request.auth of a provider: its own way of showing a key.  1: in place of apiKey; 0: beside it, or none; -1. */
static int add_own_auth(struct maker *m, const struct value *provider)
{
	const struct value *own = tree_at((struct value *)provider, "request.auth"), *secret;
	const char *mode = tree_get_text(own, "mode"), *name, *prefix;
	struct buf owner;
	jv ref, auth;
	size_t n = 0;
	int is_header = mode != NULL && strcmp(mode, "header") == 0, bad;

	if (mode == NULL || strcmp(mode, "provider-default") == 0)
		return 0;
	if (maker_needs(m, provider, "request.auth.headerName", tree_get(own, "headerName")) != 0 ||
	    maker_needs(m, provider, "request.auth.prefix", tree_get(own, "prefix")) != 0)
		return -1;
	secret = tree_get(own, is_header ? "value" : "token");
	name = tree_get_text(own, "headerName");
	if ((prefix = tree_get_text(own, "prefix")) != NULL)
		n = trimmed(&prefix);	/* as FluffBuzz does */
	buf_init(&owner, 1 << 16);
	buf_addf(&owner, "%s.request.auth", buf_text(&m->owner));
	if (is_empty(secret) || (is_header && (name == NULL || !header_name_ok(name, strlen(name)))))
		bad = config_fault(m->at->in, m->f, own, buf_text(&owner), is_header ? "headerName and value are due" : "token is due");
	else if (prefix != NULL && !header_value_ok(prefix, n))
		bad = config_fault(m->at->in, m->f, own, buf_text(&owner), "prefix: a control character in it");
	else
		bad = reference(m, buf_text(&owner), secret, is_header ? "value" : "token", &ref);
	if (!bad) {
		auth = bearer(ref);
		if (is_header) {
			auth = json_set(json_set(auth, "type", json_str("header")), "name", json_str(name));
			if (prefix != NULL)
				auth = json_set(auth, "prefix", json_strn(prefix, n));
		}
		m->route = json_set(m->route, "auth", auth);
		maker_explain(m, "auth", secret);
	}
	buf_release(&owner);
	return bad ? -1 : !is_header;
}

/* Headers less the one of that name in another case: upper and lower are the same in HTTP.  Takes `headers`. */
static jv without_case(jv headers, const char *name)
{
	jv rest = jv_object();
	int i;

	for (i = json_first(headers); json_more(headers, i); i = json_step(headers, i))
		if (strcasecmp(json_key(headers, i), name) != 0 || strcmp(json_key(headers, i), name) == 0)
			rest = json_set(rest, json_key(headers, i), json_val(headers, i));
	jv_free(headers);
	return rest;
}

/* headers win over the key (REFERENCE 4.1). */
static int has_authorization(jv route)
{
	jv headers = json_get(route, "headers");
	int i, found = 0;

	for (i = json_first(headers); json_more(headers, i) && !found; i = json_step(headers, i))
		found = strcasecmp(json_key(headers, i), "authorization") == 0;
	jv_free(headers);
	return found;
}

/* apiKey, the provider's or the catalogue's; beside a header of request.auth it is a header too. */
int maker_auth(struct maker *m)
{
	const struct value *from = tree_get(m->at->provider, "apiKey") != NULL || m->at->under == NULL ?
	    m->at->provider : m->at->under, *key = tree_get(from, "apiKey");
	int own = add_own_auth(m, m->at->provider);
	jv ref, headers;

	if (own == 0 && m->at->under != NULL && !json_has(m->route, "auth"))
		own = add_own_auth(m, m->at->under);
	if (own != 0 || is_empty(key) || has_authorization(m->route))	/* none: requests go without Authorization */
		return own < 0 ? -1 : 0;
	if (reference(m, buf_text(&m->owner), key, "apiKey", &ref) != 0)
		return -1;
	if (!json_has(m->route, "auth")) {
		m->route = json_set(m->route, "auth", bearer(ref));
		maker_explain(m, "auth", key);
		return 0;
	}
	headers = json_set(without_case(json_get(m->route, "headers"), "Authorization"), "Authorization",
	    json_set(ref, "prefix", json_str("Bearer ")));
	m->route = json_set(m->route, "headers", headers);
	maker_explain(m, "headers.Authorization", key);
	return 0;
}

static int add_header(struct maker *m, const char *owner, const struct value *v)
{
	const char *text = tree_text(v);
	struct buf name;
	jv headers, ref;
	int bad = 0;

	if (!header_name_ok(v->key, v->keyn) || (text != NULL && !header_value_ok(text, v->n))) {
		struct buf place;

		buf_init(&place, 1 << 16);
		buf_adds(&place, owner);
		tree_place_add(&place, v->key);
		bad = config_fault(m->at->in, m->f, v, buf_text(&place), "not a header (name a token, value one line)");
		buf_release(&place);
		return bad;
	}
	/* what came out of a variable may be a secret, too */
	if (text != NULL && v->how == 0 && !credential_smells(v->key))
		ref = json_str(text);
	else if (reference(m, owner, v, v->key, &ref) != 0)
		return -1;
	headers = json_set(without_case(json_get(m->route, "headers"), v->key), v->key, ref);
	m->route = json_set(m->route, "headers", headers);
	buf_init(&name, 1 << 16);
	buf_addf(&name, "headers.%s", v->key);
	maker_explain(m, buf_text(&name), v);
	buf_release(&name);
	return bad;
}

/* The headers of a layer, over those of the layers before; `at` says where in it they are. */
int maker_headers(struct maker *m, const struct value *layer, const char *at)
{
	const struct value *v = tree_first(tree_at((struct value *)layer, at));
	struct buf owner;
	int bad = 0;

	buf_init(&owner, 1 << 16);
	buf_addf(&owner, "%s.%s", layer == m->at->model ? buf_text(&m->place) : buf_text(&m->owner), at);
	for (; layer != NULL && v != NULL && !bad; v = v->next)
		bad = add_header(m, buf_text(&owner), v);
	buf_release(&owner);
	return bad;
}

/* An object's members of these names: what else stands there may be a secret. */
static jv members_of(const struct value *v, const char *const *names)
{
	jv all = jv_object();

	for (; *names != NULL; names++)
		if (tree_get(v, *names) != NULL)
			all = json_set(all, *names, tree_jv(tree_get(v, *names)));
	return all;
}

/* How requests travel: proxy and tls, the passphrase as a reference. */
int maker_request(struct maker *m)
{
	const struct value *proxy = tree_at((struct value *)m->at->provider, "request.proxy"),
	    *tls = tree_at((struct value *)m->at->provider, "request.tls"), *v;
	static const char *const proxy_members[] = {"mode", "url", NULL};
	static const char *const tls_members[] = {"ca", "cert", "key", "serverName", NULL};
	struct buf owner;
	jv request = jv_object(), copy, ref;
	int bad = 0;

	buf_init(&owner, 1 << 16);
	buf_addf(&owner, "%s.request.tls", buf_text(&m->owner));
	if (tree_is(v = tree_get(tls, "insecureSkipVerify"), SPAN_TRUE))
		bad = config_fault(m->at->in, m->f, v, buf_text(&owner),
		    "insecureSkipVerify: certificates are always checked (give the server's own with ca)");
	if (!bad && (bad = maker_needs(m, m->at->provider, "request.proxy", proxy)) == 0 && proxy != NULL)
		request = json_set(request, "proxy", members_of(proxy, proxy_members));
	for (v = tree_first(tls); v != NULL && !bad; v = v->next)
		if (strcmp(v->key, "passphrase") != 0)
			bad = maker_needs(m, m->at->provider, "request.tls", v);
	if (!bad && tls != NULL) {
		copy = members_of(tls, tls_members);
		if (!is_empty(v = tree_get(tls, "passphrase")) &&
		    (bad = reference(m, buf_text(&owner), v, "passphrase", &ref)) == 0)
			copy = json_set(copy, "passphrase", ref);
		request = json_set(request, "tls", copy);
	}
	if (!bad && json_count(request) > 0) {
		m->route = json_set(m->route, "request", jv_copy(request));
		maker_explain(m, "request", proxy != NULL ? proxy : tls);
	}
	jv_free(request);
	buf_release(&owner);
	return bad;
}
