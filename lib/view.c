/* view.c - see view.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "credential.h"
#include "endpoint.h"
#include "field.h"
#include "file.h"
#include "json.h"
#include "limits.h"
#include "near.h"
#include "refs.h"
#include "share.h"
#include "view.h"

/* The member of the topmost layer that has it. */
static const struct value *look(const struct found *at, const char *name)
{
	const struct value *v = tree_get(at->model, name);

	if (v == NULL)
		v = tree_get(at->provider, name);
	return v != NULL ? v : tree_get(at->under, name);
}

/* What shows the key: apiKey, or request.auth. */
static const struct value *key_of(const struct value *provider)
{
	const struct value *auth = tree_at((struct value *)provider, "request.auth"), *v = tree_get(auth, "value");

	if (v == NULL)
		v = tree_get(auth, "token");
	return v != NULL ? v : tree_get(provider, "apiKey");
}

static jv key_state(struct config *c, const struct found *at)
{
	const struct value *key = key_of(at->provider);

	if (key == NULL && at->under != NULL)
		key = key_of(at->under);
	switch (credential_state(c, key)) {
	case CREDENTIAL_THERE:
		return jv_true();
	case CREDENTIAL_MISSING:
		return jv_false();
	default:
		return jv_null();
	}
}

static jv add(jv row, const char *name, const struct value *v)
{
	return v != NULL ? json_set(row, name, tree_jv(v)) : row;
}

static jv model_row(struct config *c, const struct found *at)
{
	const struct value *base = look(at, "baseUrl");
	struct buf ref;
	jv row;

	buf_init(&ref, 1 << 16);
	buf_addf(&ref, "%s/%s", at->provider->key, at->id != NULL ? at->id : "*");
	row = json_set(jv_object(), "ref", json_str(buf_text(&ref)));
	buf_release(&ref);
	row = add(row, "alias", tree_get(at->entry, "alias"));
	row = add(row, "name", tree_get(at->model, "name"));
	row = json_set(row, "endpoint", json_str(endpoint_name(endpoint_of(tree_text(base)))));
	row = add(row, "contextWindow", look(at, "contextWindow"));
	row = add(row, "input", tree_get(at->model, "input"));
	if (at->model != NULL && !json_has(row, "input"))
		row = json_set(row, "input", jv_array_append(jv_array(), json_str("text")));
	row = json_set(row, "key", key_state(c, at));
	return add(row, "baseUrl", base);
}

jv view_models(struct config *c)
{
	jv rows = jv_array();
	struct config *catalogue;
	struct fault f;
	const struct value *p, *m;
	struct found at;
	size_t i;

	for (p = tree_first(refs_providers(c)); p != NULL; p = p->next) {
		if (tree_count(tree_get(p, "models")) == 0) {
			at = (struct found){.in = c, .provider = p, .under = refs_under(c, p)};
			rows = json_push(rows, model_row(c, &at));
		}
		for (m = tree_first(tree_get(p, "models")), i = 0; m != NULL; m = m->next, i++) {
			at = refs_model(c, p, m, i);
			rows = json_push(rows, model_row(c, &at));
			free(at.id);
		}
	}
	if (config_catalogue(c, &catalogue, &f) != 0)
		buf_addf(&c->warnings, "%s\n", f.message);
	if (catalogue == NULL)
		return rows;
	for (p = tree_first(refs_providers(catalogue)); p != NULL; p = p->next) {
		if (tree_get_any_case(refs_providers(c), p->key) != NULL)
			continue;
		at = (struct found){.in = catalogue, .provider = p};
		rows = json_push(rows, model_row(catalogue, &at));
	}
	return rows;
}

static void add_joined(struct table *t, jv list)
{
	struct buf text;
	int i;
	jv v;

	buf_init(&text, 1 << 12);
	for (i = 0; i < json_count(list); i++) {
		v = json_at(list, i);
		buf_addf(&text, "%s%s", i > 0 ? "," : "", json_string(v));
		jv_free(v);
	}
	table_adds(t, buf_text(&text));
	buf_release(&text);
}

void view_table(jv models, struct table *t)
{
	static const char *const heads[] = {"REF", "ALIAS", "NAME", "ENDPOINT", "CONTEXT", "INPUT", "KEY", "BASE URL", NULL};
	char number[32];
	jv row, v;
	int i;

	for (i = 0; heads[i] != NULL; i++)
		table_adds(t, heads[i]);
	for (i = 0; i < json_count(models); i++) {
		row = json_at(models, i);
		table_adds(t, json_text(row, "ref"));
		table_adds(t, json_text(row, "alias"));
		table_adds(t, json_text(row, "name"));
		table_adds(t, json_text(row, "endpoint"));
		snprintf(number, sizeof number, "%.0f", json_number(row, "contextWindow", 0));
		table_adds(t, strcmp(number, "0") != 0 ? number : "");
		v = json_get(row, "input");
		add_joined(t, v);
		jv_free(v);
		v = json_get(row, "key");
		table_adds(t, jv_get_kind(v) == JV_KIND_TRUE ? "yes" : jv_get_kind(v) == JV_KIND_FALSE ? "no" : "-");
		jv_free(v);
		table_adds(t, json_text(row, "baseUrl"));
		jv_free(row);
	}
}

/* Where the field comes from: as its maker said, else as the field that it is in. */
static const char *origin(jv from, const char *field)
{
	const char *said = json_text(from, field);

	if (said == NULL && strncmp(field, "auth.", 5) == 0)
		said = json_text(from, "auth");
	if (said == NULL && strncmp(field, "compat.", 7) == 0)
		said = json_text(from, "compat");
	return said != NULL ? said : "";
}

static jv explain_row(const char *field, jv value, const char *from)
{
	jv row = json_set(jv_object(), "field", json_str(field));

	row = json_set(row, "value", value);
	return json_set(row, "from", json_str(from));
}

/* Objects whose members come from several places: a row each. */
static int is_split(const char *field)
{
	static const char *const names[] = {"auth", "compat", "params", "headers", NULL};
	int i;

	for (i = 0; names[i] != NULL; i++)
		if (strcmp(names[i], field) == 0)
			return 1;
	return 0;
}

static jv explain_members(jv rows, const char *field, jv object, jv from)
{
	struct buf name;
	int i;

	buf_init(&name, 1 << 16);
	for (i = json_first(object); json_more(object, i); i = json_step(object, i)) {
		buf_clear(&name);
		buf_addf(&name, "%s.%s", field, json_key(object, i));
		rows = json_push(rows, explain_row(buf_text(&name), json_val(object, i), origin(from, buf_text(&name))));
	}
	buf_release(&name);
	return rows;
}

jv view_explain(jv route)
{
	jv rows = jv_array(), from = json_get(route, "explain"), v;
	int i;

	for (i = json_first(route); json_more(route, i); i = json_step(route, i)) {
		if (strcmp(json_key(route, i), "explain") == 0 || strcmp(json_key(route, i), "source") == 0 ||
		    strcmp(json_key(route, i), "fallbacks") == 0)
			continue;
		v = json_val(route, i);
		if (is_split(json_key(route, i))) {
			rows = explain_members(rows, json_key(route, i), v, from);
			jv_free(v);
		} else
			rows = json_push(rows, explain_row(json_key(route, i), v, origin(from, json_key(route, i))));
	}
	jv_free(from);
	jv_free(route);
	return rows;
}

/* A value for people; of a secret, which variable it is, or where it stands. */
static void write_value(jv v, struct buf *out)
{
	const char *text = json_string(v);

	if (text == NULL && json_text(v, "source") != NULL)
		text = json_text(v, json_text(v, "name") != NULL ? "name" : "path");
	if (text != NULL)
		buf_adds(out, text);
	else
		json_write(out, v);
}

void view_explain_table(jv rows, struct table *t)
{
	struct buf text;
	jv row, v;
	int i;

	table_adds(t, "FIELD");
	table_adds(t, "VALUE");
	table_adds(t, "FROM");
	buf_init(&text, MAX_RECORD);
	for (i = 0; i < json_count(rows); i++) {
		row = json_at(rows, i);
		v = json_get(row, "value");
		buf_clear(&text);
		write_value(v, &text);
		table_adds(t, json_text(row, "field"));
		table_add(t, buf_text(&text), text.len);
		table_adds(t, json_text(row, "from"));
		jv_free(v);
		jv_free(row);
	}
	buf_release(&text);
}

static void indent(struct buf *out, int depth)
{
	buf_addc(out, '\n');
	for (; depth > 0; depth--)
		buf_adds(out, "  ");
}

/* A text as it was written, or "***" where it may be a secret: by its name, or since all in there are. */
static void dump_text(const struct value *v, int hidden, struct buf *out)
{
	const char *written = (v->how & TREE_FILLED) != 0 ? v->written : v->text;
	const char *brace = strchr(written, '}');
	int variable = v->how != 0 && strncmp(written, "${", 2) == 0 && brace != NULL && brace[1] == '\0';

	if (hidden && v->n > 0 && !variable)	/* a part of it may be a secret, too */
		buf_adds(out, "\"***\"");
	else if ((v->how & TREE_FILLED) != 0)
		json_quotes(out, written);
	else
		json_quote(out, v->text, v->n);
}

static int is_one_of(const char *const *names, const char *name)
{
	while (*names != NULL && strcmp(*names, name) != 0)
		names++;
	return *names != NULL;
}

/* {source, provider, id}: where a secret is, not what. */
static int is_reference(const struct value *v)
{
	static const char *const parts[] = {"source", "provider", "id", NULL};
	const struct value *m;

	if (v->kind != SPAN_OBJECT)
		return 0;
	for (m = v->first; m != NULL; m = m->next)
		if (!is_one_of(parts, m->key) || tree_text(m) == NULL)
			return 0;
	return tree_get(v, "source") != NULL && tree_get(v, "id") != NULL;
}

static void dump(const struct value *v, int hidden, int depth, struct buf *out)
{
	static const char *const harmless[] = {"maxTokens", "contextTokens", "maxTokensField", "supportsPromptCacheKey",
	    "passEnv", "allowlist", "authHeader", "auth", "secrets", NULL};
	static const char *const secret[] = {"value", "passphrase", "env", "vars", "args", NULL};
	const struct value *child;
	jv copy;
	int object = v->kind == SPAN_OBJECT, hide;

	if (v->kind == SPAN_STRING)
		dump_text(v, hidden, out);
	else if (!object && v->kind != SPAN_ARRAY) {
		copy = tree_jv(v);
		json_write(out, copy);
		jv_free(copy);
	} else {
		hidden = hidden && !is_reference(v);
		buf_addc(out, object ? '{' : '[');
		for (child = v->first; child != NULL; child = child->next) {
			indent(out, depth + 1);
			hide = hidden;
			if (object) {
				json_quote(out, child->key, child->keyn);
				buf_adds(out, ": ");
				hide |= !is_one_of(harmless, child->key) && (credential_smells(child->key) || is_one_of(secret, child->key));
			}
			dump(child, hide, depth + 1, out);
			buf_adds(out, child->next != NULL ? "," : "");
		}
		if (v->first != NULL)
			indent(out, depth);
		buf_addc(out, object ? '}' : ']');
	}
}

void view_dump(struct config *c, struct buf *out)
{
	static const struct {
		const char *place, *head, *tail;
	} sections[] = {
		{"env.vars", "\"env\": {\"vars\": ", "}"},
		{"agents.defaults", "\"agents\": {\"defaults\": ", "}"},
		{"models", "\"models\": ", ""},
		{"secrets", "\"secrets\": ", ""},
	};
	const struct value *v;
	size_t i, n = 0;

	buf_addc(out, '{');
	for (i = 0; i < sizeof sections / sizeof *sections; i++) {
		if ((v = config_at(c, sections[i].place)) == NULL)
			continue;
		buf_adds(out, n++ > 0 ? "," : "");
		indent(out, 1);
		buf_adds(out, sections[i].head);
		dump(v, i == 0, 1, out);
		buf_adds(out, sections[i].tail);
	}
	buf_adds(out, n > 0 ? "\n}\n" : "}\n");
}

/* An entry for a provider of the catalogue, with one model to fill in. */
static void write_start(const struct value *p, const char *model, struct buf *out)
{
	const struct value *v;
	struct buf ref;

	buf_init(&ref, 1 << 16);
	buf_addf(&ref, "%s/%s", p->key, model);
	buf_adds(out, "{\n  agents: {\n    defaults: {\n      model: { primary: ");
	json_quotes(out, buf_text(&ref));
	buf_adds(out, " },\n    },\n  },\n  models: {\n    mode: \"merge\",\n    providers: {\n      ");
	json_quotes(out, p->key);
	buf_adds(out, ": {");
	for (v = p->first; v != NULL; v = v->next) {
		indent(out, 4);
		buf_addf(out, "%s: ", v->key);
		dump(v, 0, 4, out);
		buf_addc(out, ',');
	}
	buf_adds(out, "\n        api: \"openai-completions\",\n        models: [\n          {\n            id: ");
	json_quotes(out, model);
	buf_adds(out, ",\n            name: ");
	json_quotes(out, model);
	buf_adds(out, ",\n            input: [\"text\"],\n            // contextWindow: 131072,\n            // maxTokens: 4096,\n"
	    "            // compat: { requiresStringContent: true, supportsTools: false },\n"
	    "          },\n        ],\n      },\n    },\n  },\n}\n");
	buf_release(&ref);
}

/* An example that came with the programs: 1, or 0: there is none of that name. */
static int read_example(const char *name, struct buf *out)
{
	struct buf file, path;
	int e = -1;

	if (strchr(name, '/') != NULL)
		return 0;
	buf_init(&file, 1 << 16);
	buf_init(&path, 1 << 16);
	buf_addf(&file, "examples/%s.json5", name);
	share_path(buf_text(&file), &path);
	e = file_read(buf_text(&path), FILE_REGULAR, out);
	if (e != 0)
		buf_clear(out);
	buf_release(&path);
	buf_release(&file);
	return e == 0;
}

static int no_server(const char *name, const struct config *catalogue, struct fault *f)
{
	const struct value *p;
	struct buf tail;
	struct near n;

	near_init(&n, name);
	near_see(&n, "inferrs");
	for (p = tree_first(refs_providers(catalogue)); p != NULL; p = p->next)
		near_see(&n, p->key);
	buf_init(&tail, 1 << 12);
	near_write(&n, &tail);
	fault_set(f, F_CONFIG, "--init: no server \"%s\" in the catalogue%s", name,
	    tail.len > 0 ? buf_text(&tail) : " (--list shows them)");
	buf_release(&tail);
	return -1;
}

int view_init(const char *name, const char *model, struct buf *out, struct fault *f)
{
	struct config c, *catalogue;
	const struct value *p;
	int bad = -1;

	if (model == NULL && read_example(name, out))
		return 0;
	if (config_none(&c) != 0)
		fault_set(f, F_CONFIG, "out of memory");
	else if (config_catalogue(&c, &catalogue, f) != 0)
		;
	else if ((p = tree_get_any_case(refs_providers(catalogue), name)) == NULL)
		no_server(name, catalogue, f);
	else {
		write_start(p, model != NULL ? model : "MODEL", out);
		bad = 0;
	}
	config_release(&c);
	return bad;
}

void view_fields(struct table *t)
{
	const struct field *row;
	struct buf type;

	table_adds(t, "FIELD");
	table_adds(t, "TYPE");
	table_adds(t, "DEFAULT");
	table_adds(t, "MEANING");
	buf_init(&type, 1 << 12);
	for (row = fields; row->path != NULL; row++) {
		buf_clear(&type);
		field_type(row, &type);
		buf_adds(&type, row->needed ? "; needed" : "");
		table_adds(t, row->path);
		table_adds(t, buf_text(&type));
		table_adds(t, row->usual);
		table_adds(t, row->meaning);
	}
	buf_release(&type);
}
