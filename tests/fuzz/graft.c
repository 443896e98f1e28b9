/*
 * graft.c - libFuzzer on grafting: of any JSON5 text, at any object or null in
 * it, flags are set; the result reads as that, and what was there stays.
 *
 * The first byte chooses the place, the second the flags; the text follows.
 *
 * make fuzz TARGET=graft
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "graft.h"
#include "json.h"
#include "json5.h"
#include "limits.h"
#include "tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct graft_member flags[] = {
	{"a", "true"}, {"b", "\"x\""}, {"a", "[1, {\"c\": null}]"}, {"requiresStringContent", "false"}
};

static void must(int good)
{
	if (!good)
		abort();
}

/* The i-th of the values that a graft may be asked for, in their order; NULL: so many there aren't. */
static struct value *pick(struct value *v, int nulls, unsigned *i)
{
	struct value *c, *found = NULL;

	if ((v->kind == SPAN_OBJECT || (nulls && v->kind == SPAN_NULL)) && (*i)-- == 0)
		return v;
	for (c = tree_first(v); c != NULL && found == NULL; c = c->next)
		found = pick(c, nulls, i);
	return found;
}

static jv set_flags(jv object, const struct graft_member *set, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		object = jv_object_set(object, jv_string(set[i].name), jv_parse(set[i].json));
	return object;
}

/* What the text must say then, made another way. */
static jv expected(const struct value *v, const struct value *at, const char *name, const struct graft_member *set, size_t n)
{
	jv out, inner;
	const struct value *c;

	if (v == at && v->kind == SPAN_NULL)
		return set_flags(jv_object(), set, n);
	if (v->kind != SPAN_OBJECT && v->kind != SPAN_ARRAY)
		return tree_jv(v);
	out = v->kind == SPAN_OBJECT ? jv_object() : jv_array();
	for (c = v->first; c != NULL; c = c->next) {
		if (v->kind == SPAN_OBJECT)
			out = jv_object_set(out, jv_string_sized(c->key, (int)c->keyn), expected(c, at, name, set, n));
		else
			out = jv_array_append(out, expected(c, at, name, set, n));
	}
	if (v != at)
		return out;
	if (name == NULL)
		return set_flags(out, set, n);
	inner = tree_jv(tree_get(v, name));
	if (jv_get_kind(inner) != JV_KIND_OBJECT) {
		jv_free(inner);
		inner = jv_object();
	}
	return jv_object_set(out, jv_string(name), set_flags(inner, set, n));
}

static void write_jv(struct buf *out, jv v)
{
	buf_init(out, MAX_RECORD);
	json_write(out, v);
	jv_free(v);
	must(!out->failed);
}

/* Nothing is taken away where a member is only added. */
static void keeps(struct span old, const struct buf *new)
{
	size_t i, k = 0;

	for (i = 0; i < new->len && k < old.n; i++)
		k += new->data[i] == old.p[k];
	must(k == old.n && new->len > old.n);
}

static int is_adding(const struct value *v, const char *name, const struct graft_member *set, size_t n)
{
	const struct value *o = name != NULL ? tree_get(v, name) : v;
	size_t i;

	if (o == NULL)		/* the object is added; of an empty one the blanks go */
		return v->count > 0;
	for (i = 0; i < n; i++)
		if (tree_get(o, set[i].name) != NULL)
			return 0;
	return o->kind == SPAN_OBJECT && o->count > 0;
}

static void try(struct span text, struct value *root, struct value *v, const char *name, const struct graft_member *set, size_t n)
{
	struct tree_file file = {.path = NULL};
	struct buf got, want;
	struct json5_err err;
	struct value *inner = name != NULL ? tree_get(v, name) : NULL, *new;
	struct fault f;
	struct tree t;
	int did;

	buf_init(&file.text, MAX_RECORD);
	did = graft(text, v->at, name, set, n, &file.text, &f);
	if (did < 0) {
		must(f.code == F_CONFIG && file.text.len == 0);
		must((inner != NULL && inner->kind != SPAN_OBJECT && inner->kind != SPAN_NULL) || strstr(f.message, "nested more than") != NULL);
		return;
	}
	must(inner == NULL || inner->kind == SPAN_OBJECT || inner->kind == SPAN_NULL);
	write_jv(&want, expected(root, v, name, set, n));
	tree_init(&t);
	if (did == GRAFT_CHANGED) {
		new = json5_read(&t, &file, &err);
		must(new != NULL);
		write_jv(&got, tree_jv(new));
		if (is_adding(v, name, set, n))
			keeps(text, &file.text);
	} else {
		must(file.text.len == 0);
		write_jv(&got, tree_jv(root));
	}
	must(got.len == want.len && memcmp(got.data, want.data, got.len) == 0);
	tree_release(&t);
	buf_release(&got);
	buf_release(&want);
	buf_release(&file.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tree_file file = {.path = NULL};
	struct json5_err err;
	struct value *root, *v;
	struct tree t;
	unsigned which, name;
	char *text;

	if (size < 3)
		return 0;
	name = data[1] & 1;
	size -= 2;
	must((text = malloc(size)) != NULL);	/* so that a byte read beyond is seen */
	memcpy(text, data + 2, size);
	file.text = (struct buf){.data = text, .len = size, .cap = size, .max = size};
	tree_init(&t);
	root = json5_read(&t, &file, &err);
	if (root != NULL) {
		which = data[0] % 16;
		if ((v = pick(root, !name, &which)) != NULL)
			try((struct span){text, size}, root, v, name ? "compat" : NULL, flags + (data[1] >> 1 & 3),
			    1 + (data[1] >> 3) % (4 - (data[1] >> 1 & 3)));
	}
	tree_release(&t);
	free(text);
	return 0;
}
