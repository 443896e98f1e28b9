/* secretref.c - see secretref.h. */
#include <stdlib.h>
#include <string.h>

#include "credential.h"
#include "fill.h"
#include "json.h"
#include "limits.h"
#include "run.h"
#include "secretfile.h"
#include "secretref.h"
#include "span.h"

enum {
	TIMEOUT_MS = 5000,
	MOST_BYTES = 1 << 20,
	MOST_ARGS = 256
};

/* What is asked for: the reference, its provider, and where it stands. */
struct asked {
	struct config *c;
	const struct value *ref, *provider;
	const char *place, *id;
	struct fault *f;
};

static int refuse(const struct asked *a, const char *what, const char *why)
{
	config_fault(a->c, a->f, a->ref, a->place, "%s%s", what, why);
	a->f->code = F_NO_API_KEY;
	return -1;
}

static long long limit(const struct asked *a, const char *name, long long usual)
{
	return (long long)tree_number(tree_get(a->provider, name), (double)usual);
}

/* One step of a JSON pointer (RFC 6901), its ~1 and ~0 undone; past it, or NULL: it is too long. */
static const char *pointer_step(const char *p, char *name, size_t size)
{
	size_t n = 0;

	for (p++; *p != '\0' && *p != '/'; p++) {
		if (n + 1 >= size)
			return NULL;
		if (p[0] == '~' && (p[1] == '0' || p[1] == '1'))
			name[n++] = *++p == '0' ? '~' : '/';
		else
			name[n++] = *p;
	}
	name[n] = '\0';
	return p;
}

static struct span element(struct span array, const char *index)
{
	struct span_iter it = span_each(array);
	struct span key, v;
	size_t i = strtoul(index, NULL, 10);

	if (index[0] == '\0' || index[strspn(index, "0123456789")] != '\0' || (index[0] == '0' && index[1] != '\0'))
		return SPAN_NIL;
	while (span_next(&it, &key, &v))
		if (i-- == 0)
			return v;
	return SPAN_NIL;
}

static int from_json(const struct asked *a, const struct buf *text, struct buf *out)
{
	struct span v;
	struct span_err err;
	const char *p = a->id;
	char name[256];

	if (span_check(buf_text(text), text->len, MAX_DEPTH, &v, &err) != 0)
		return refuse(a, "its file is not JSON", "");
	while (p != NULL && *p == '/' && v.p != NULL) {
		if ((p = pointer_step(p, name, sizeof name)) != NULL)
			v = span_kind(v) == SPAN_ARRAY ? element(v, name) : span_get(v, name);
	}
	if (p == NULL || span_kind(v) != SPAN_STRING)
		return refuse(a, "its file has no text at that id", "");
	span_decode(v, SPAN_REPLACE, out);
	return 0;
}

/* A secret that is all of a text: one line, its end aside. */
static int from_line(const struct asked *a, const struct buf *text, const char *from, struct buf *out)
{
	size_t n = text->len;

	if (n > 0 && text->data[n - 1] == '\n')
		n--;
	if (n > 0 && text->data[n - 1] == '\r')
		n--;
	if (n == 0)
		return refuse(a, from, " is empty");
	if (memchr(text->data, '\n', n) != NULL || memchr(text->data, '\0', n) != NULL)
		return refuse(a, from, " has more than one line");
	buf_add(out, text->data, n);
	return 0;
}

static int from_file(const struct asked *a, struct buf *out)
{
	const char *path = tree_get_text(a->provider, "path"), *mode = tree_get_text(a->provider, "mode");
	struct buf text;
	char why[600];
	int bad;

	if (path == NULL || path[0] != '/')
		return refuse(a, "its secrets.providers entry needs an absolute path", "");
	buf_init(&text, MAX_RECORD);
	if (secretfile_read(path, (size_t)limit(a, "maxBytes", MOST_BYTES), &text, why, sizeof why) != 0)
		bad = refuse(a, "", why);
	else if (mode != NULL && strcmp(mode, "singleValue") == 0)
		bad = from_line(a, &text, "its file", out);
	else
		bad = from_json(a, &text, out);
	buf_wipe(&text);
	return bad;
}

/* The strings of a list, behind the n that are there; ends with NULL.  How many in all, or -1: too many. */
static int add_texts(const char **to, int n, const struct value *list)
{
	const struct value *v;

	for (v = tree_first(list); v != NULL; v = v->next) {
		if (n + 1 >= MOST_ARGS)
			return -1;
		to[n++] = tree_text(v);
	}
	to[n] = NULL;
	return n;
}

/* passEnv, then env: "NAME=value" each, in `text`, a NUL between. */
static void add_environment(const struct asked *a, struct buf *text)
{
	const struct value *v;
	const char *own;

	for (v = tree_first(tree_get(a->provider, "passEnv")); v != NULL; v = v->next) {
		if ((own = getenv(tree_text(v))) == NULL)
			continue;
		buf_addf(text, "%s=%s", tree_text(v), own);
		buf_addc(text, '\0');
	}
	for (v = tree_first(tree_get(a->provider, "env")); v != NULL; v = v->next) {
		buf_addf(text, "%s=%s", v->key, tree_text(v));
		buf_addc(text, '\0');
	}
}

static int environment(const struct buf *text, const char **envp)
{
	const char *p = buf_text(text);
	int n = 0;

	for (; p < buf_text(text) + text->len; p += strlen(p) + 1) {
		if (n + 1 >= MOST_ARGS)
			return -1;
		envp[n++] = p;
	}
	envp[n] = NULL;
	return n;
}

/* {"values":{ID:SECRET}}, or one line unless jsonOnly. */
static int from_output(const struct asked *a, const struct buf *text, struct buf *out)
{
	struct span v, secret;
	struct span_err err;
	int json = span_check(buf_text(text), text->len, MAX_DEPTH, &v, &err) == 0 && span_kind(v) == SPAN_OBJECT;

	if (!json && !tree_is(tree_get(a->provider, "jsonOnly"), SPAN_TRUE))
		return from_line(a, text, "what its command printed", out);
	secret = json ? span_get(span_get(v, "values"), a->id) : SPAN_NIL;
	if (span_kind(secret) != SPAN_STRING)
		return refuse(a, json ? "its command printed no text at values, id" : "its command did not print JSON", "");
	span_decode(secret, SPAN_REPLACE, out);
	return 0;
}

static void add_request(const struct asked *a, struct buf *input)
{
	const char *name = tree_get_text(a->ref, "provider");

	buf_adds(input, "{\"protocolVersion\":1,\"provider\":");
	json_quotes(input, name != NULL ? name : "default");
	buf_adds(input, ",\"ids\":[");
	json_quotes(input, a->id);
	buf_adds(input, "]}\n");
}

static int from_command(const struct asked *a, struct buf *out)
{
	const char *argv[MOST_ARGS], *envp[MOST_ARGS];
	struct buf text, variables, input;
	char why[600];
	struct run run = {argv, envp, NULL, 0, (long)limit(a, "timeoutMs", TIMEOUT_MS),
	    (size_t)limit(a, "maxOutputBytes", MOST_BYTES)};
	int bad;

	argv[0] = tree_get_text(a->provider, "command");
	if (argv[0] == NULL || argv[0][0] != '/')
		return refuse(a, "its secrets.providers entry needs a command, an absolute path", "");
	buf_init(&text, MAX_RECORD);
	buf_init(&variables, 1 << 20);
	buf_init(&input, 1 << 16);
	add_environment(a, &variables);
	add_request(a, &input);
	run.input = buf_text(&input);
	run.input_n = input.len;
	if (variables.failed)
		bad = refuse(a, "its command has too large an environment", "");
	else if (add_texts(argv, 1, tree_get(a->provider, "args")) < 0 || environment(&variables, envp) < 0)
		bad = refuse(a, "its command has too many arguments or variables", "");
	else if (run_capture(&run, &text, why, sizeof why) != 0)
		bad = refuse(a, "its command: ", why);
	else
		bad = from_output(a, &text, out);
	buf_wipe(&text);
	buf_wipe(&variables);
	buf_release(&input);
	return bad;
}

static int from_variable(const struct asked *a, struct buf *out)
{
	const char *value = config_variable(a->c, a->id);

	if (value == NULL)
		return refuse(a, "its variable is not set: ", a->id);
	buf_adds(out, value);
	return 0;
}

static int missing(const struct asked *a, const struct value *unset)
{
	struct buf name;

	buf_init(&name, 1 << 10);
	fill_missing(unset, &name);
	refuse(a, buf_text(&name), " is not set");
	buf_release(&name);
	return -1;
}

int secretref_get(struct config *c, const struct value *v, const char *place, struct buf *out, struct fault *f)
{
	struct asked a = {.c = c, .ref = v, .place = place, .id = tree_get_text(v, "id"), .f = f};
	const char *source;

	if (tree_text(v) != NULL && (v->how & TREE_UNSET) != 0)
		return missing(&a, v);
	if (tree_text(v) != NULL && v->n == 0)
		return refuse(&a, "it is empty", "");
	if (tree_text(v) != NULL) {
		buf_add(out, v->text, v->n);
		return 0;
	}
	if (v == NULL) {
		fault_set(f, F_NO_API_KEY, "%s: no key at %s", c->path, place);
		return -1;
	}
	if (credential_provider(c, v, place, &a.provider, f) != 0)
		return -1;
	if (fill_unset(a.provider) != NULL)
		return missing(&a, fill_unset(a.provider));
	source = tree_get_text(v, "source");
	if (strcmp(source, "env") == 0)
		return from_variable(&a, out);
	return strcmp(source, "file") == 0 ? from_file(&a, out) : from_command(&a, out);
}
