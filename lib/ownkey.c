/* ownkey.c - see ownkey.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "customary.h"
#include "header.h"
#include "json.h"
#include "ownkey.h"
#include "schema.h"
#include "secretfile.h"

enum { MOST_KEY = 64 << 10, MOST_URL = 1 << 16 };

/* The models of -m may be several, if one server has them all. */
static int server_of(const struct route_args *a, jv routes, struct buf *url, struct fault *f)
{
	struct url first, other;
	const char *base;
	jv one;
	int i, bad = 0;

	for (i = 0; i < json_count(routes) && !bad; i++) {
		one = json_at(routes, i);
		if ((base = json_text(one, "baseUrl")) == NULL)
			base = "";
		if (i == 0)
			buf_adds(url, base);
		if (url_parse(buf_text(url), &first) != NULL || url_parse(base, &other) != NULL ||
		    !url_same_origin(&first, &other))
			bad = fault_set(f, F_CONFIG, "-m %s is another server's than -m %s: a key is for one", a->refs[i], a->refs[0]);
		jv_free(one);
	}
	return bad;
}

/* It may be for a line of -H; of that only the name is shown. */
static int no_server(const char *header, struct fault *f)
{
	return fault_set(f, F_CONFIG, "%s%.*s: which server is %s for? --base-url https://HOST/v1 or -m REF beside it "
	    "says so; it goes nowhere else", header != NULL ? "-H " : "--api-key-env and --api-key-file",
	    header != NULL ? (int)strcspn(header, ":") : 0, header != NULL ? header : "", header != NULL ? "it" : "the key");
}

int own_key_server(const struct route_args *a, const char *header, struct buf *url, struct fault *f)
{
	struct config c;
	jv routes;
	int bad;

	if (a->base_url != NULL || a->nrefs == 0) {
		if (a->base_url == NULL && customary_base_url() == NULL)
			return no_server(header, f);
		buf_adds(url, a->base_url != NULL ? a->base_url : customary_base_url());
		return 0;
	}
	bad = route_list(a, &c, &routes, f) != 0 || server_of(a, routes, url, f) != 0;
	config_release(&c);
	jv_free(routes);
	return bad ? -1 : 0;
}

/* The command line's path may be relative. */
static int absolute(const char *file, struct buf *path)
{
	char *here;

	if (file[0] != '/') {
		if ((here = buf_room(path, MOST_URL)) == NULL || getcwd(here, MOST_URL) == NULL)
			return -1;
		buf_wrote(path, strlen(here));
		buf_addc(path, '/');
	}
	buf_adds(path, file);
	return path->failed ? -1 : 0;
}

/* Less its end of line. */
static void chop(struct buf *key)
{
	if (key->len > 0 && key->data[key->len - 1] == '\n')
		key->data[--key->len] = '\0';
	if (key->len > 0 && key->data[key->len - 1] == '\r')
		key->data[--key->len] = '\0';
}

static int from_file(struct own_key *k, const char *file, struct fault *f)
{
	struct buf path;
	char why[FAULT_TEXT - 32];
	int bad;

	buf_init(&path, 2 * MOST_URL);
	if (absolute(file, &path) != 0)
		bad = fault_set(f, F_NO_API_KEY, "--api-key-file: the working directory can't be told");
	else if ((bad = secretfile_read(buf_text(&path), MOST_KEY, &k->key, why, sizeof why)) != 0)
		fault_set(f, F_NO_API_KEY, "--api-key-file %s", why);
	else
		chop(&k->key);
	buf_release(&path);
	return bad;
}

static int get(struct own_key *k, const char *variable, const char *file, struct fault *f)
{
	const char *text, *option = variable != NULL ? "--api-key-env" : "--api-key-file",
	    *from = variable != NULL ? variable : file;

	if (variable == NULL) {
		if (from_file(k, file, f) != 0)
			return -1;
	} else if ((text = getenv(variable)) == NULL || text[0] == '\0') {
		return fault_set(f, F_NO_API_KEY, "--api-key-env: the variable %s is not set, or empty", variable);
	} else {
		buf_room(&k->key, strlen(text) < MOST_KEY ? strlen(text) : MOST_KEY);
		buf_adds(&k->key, text);
	}
	if (k->key.failed)
		return fault_set(f, F_NO_API_KEY, "%s %s: the key is over %d bytes", option, from, MOST_KEY);
	if (k->key.len == 0)
		return fault_set(f, F_NO_API_KEY, "%s %s: the file is empty", option, from);
	if (!header_value_ok(k->key.data, k->key.len))
		return fault_set(f, F_NO_API_KEY, "%s %s: a control character in the key, or more than one line", option, from);
	return 0;
}

int own_key_get(struct own_key *k, const char *variable, const char *file, const char *server, int by_name,
    struct fault *f)
{
	const char *why;
	struct url u;

	own_key_release(k);
	if (variable == NULL && file == NULL && server == NULL)
		return 0;
	if (variable != NULL && file != NULL)
		return fault_set(f, F_CONFIG, "--api-key-env and --api-key-file: one of them is enough");
	/* what is no name may be the key itself: it isn't repeated */
	if (variable != NULL && !schema_is_variable(variable))
		return fault_set(f, F_CONFIG, "--api-key-env: the name of a variable is due (A-Z, 0-9 and _), never a key itself");
	buf_init(&k->key, MOST_KEY);
	buf_init(&k->base, MOST_URL);
	buf_adds(&k->base, server);
	if ((why = url_parse(buf_text(&k->base), &u)) != NULL) {
		own_key_release(k);
		return fault_set(f, F_CONFIG, "%s: its server: %s",
		    variable != NULL ? "--api-key-env" : file != NULL ? "--api-key-file" : "-H", why);
	}
	if (variable == NULL && file == NULL)
		return 0;
	snprintf(k->variable, sizeof k->variable, "%s", variable != NULL ? variable : "API_KEY");
	if (!by_name && get(k, variable, file, f) != 0) {
		own_key_release(k);
		return -1;
	}
	k->given = 1;
	return 0;
}

int own_key_is_server(const struct own_key *k, const struct url *target)
{
	struct url u;

	return k->base.len > 0 && url_parse(buf_text(&k->base), &u) == NULL && url_same_origin(&u, target);
}

int own_key_is_for(const struct own_key *k, const struct url *target)
{
	return k->given && own_key_is_server(k, target);
}

void own_key_release(struct own_key *k)
{
	if (k->key.max > 0)
		buf_wipe(&k->key);
	buf_release(&k->base);
	k->given = 0;
}
