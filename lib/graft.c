/* graft.c - see graft.h. */
#include "graft.h"

#include <string.h>

#include "grafttext.h"
#include "json5.h"
#include "limits.h"
#include "tree.h"

/*
 * Each member is set twice: in the text, and in the tree that the old text is
 * read into.  At last the new text must read as that tree: so a slip of the
 * first, which sees bytes only, is found before anybody gets the text.
 */

/* A text that is somebody else's, as a file to read from: it stays as it is. */
static struct tree_file lend(struct span text)
{
	return (struct tree_file){.text = {.data = (char *)text.p, .len = text.n, .cap = text.n, .max = text.n}};
}

static int is_same(const struct value *a, const struct value *b)
{
	const struct value *v, *w;

	if (a->kind != b->kind || (a->key != NULL && b->key != NULL && (a->keyn != b->keyn || memcmp(a->key, b->key, a->keyn) != 0)))
		return 0;
	if (a->kind == SPAN_STRING)
		return a->n == b->n && memcmp(a->text, b->text, a->n) == 0;
	if (a->kind == SPAN_NUMBER)	/* NaN is NaN here, and -0 isn't 0 */
		return memcmp(&a->number, &b->number, sizeof a->number) == 0;
	for (v = tree_first(a), w = tree_first(b); v != NULL && w != NULL; v = v->next, w = w->next)
		if (!is_same(v, w))
			return 0;
	return v == NULL && w == NULL;
}

/* A JSON text in the tree's memory; NULL: it is none. */
static struct value *read_json(struct tree *t, const char *json)
{
	struct tree_file file = lend(span_of(json));
	struct json5_err err;
	struct span_err unused;
	struct span all;

	return span_check(json, strlen(json), MAX_JV_DEPTH, &all, &unused) == 0 ? json5_read(t, &file, &err) : NULL;
}

int graft_is(const struct value *v, const char *json)
{
	struct tree t;
	struct value *want;
	int is;

	tree_init(&t);
	is = v != NULL && (want = read_json(&t, json)) != NULL && is_same(v, want);
	tree_release(&t);
	return is;
}

/* The value that begins there; NULL: none, or one that a later duplicate hides. */
static struct value *find(struct value *v, size_t at)
{
	struct value *c, *found = v->at == at ? v : NULL;

	for (c = found == NULL && v->at < at ? tree_first(v) : NULL; c != NULL && found == NULL; c = c->next)
		found = find(c, at);
	return found;
}

static void become(struct value *v, const struct value *new)
{
	const char *key = v->key;
	size_t keyn = v->keyn;
	struct value *next = v->next;

	*v = *new;
	v->key = key;
	v->keyn = keyn;
	v->next = next;
}

static struct value *add(struct tree *t, struct value *object, const char *key)
{
	struct value *v = tree_new(t, SPAN_OBJECT);

	if (v == NULL || (v->key = tree_keep(t, key, strlen(key))) == NULL)
		return NULL;
	v->keyn = strlen(key);
	tree_add(object, v);
	return v;
}

static int refuse(struct fault *f, const struct value *v, const char *name)
{
	static const char *const kinds[] = {
		[SPAN_NONE] = "nothing", [SPAN_NULL] = "null", [SPAN_FALSE] = "false", [SPAN_TRUE] = "true",
		[SPAN_NUMBER] = "a number", [SPAN_STRING] = "a text", [SPAN_ARRAY] = "a list", [SPAN_OBJECT] = "an object"
	};

	return fault_set(f, F_CONFIG, "%zu: %s is %s, where it must be an object", tree_line(v), name != NULL ? name : "this",
	    kinds[v->kind]);
}

/* Sets it in the tree: GRAFT_CHANGED or GRAFT_SAME; or -1 and *f. */
static int set_in_tree(struct tree *t, struct value *v, const char *name, const struct graft_member *m, struct fault *f)
{
	struct value *new = read_json(t, m->json), *old;

	if (new == NULL)
		return fault_set(f, F_CONFIG, "%zu: what %.100s would become is not JSON", tree_line(v), m->name);
	if (name != NULL) {
		if (v->kind != SPAN_OBJECT)
			return refuse(f, v, NULL);
		if ((old = tree_get(v, name)) == NULL && (old = add(t, v, name)) == NULL)
			return fault_set(f, F_CONFIG, "out of memory");
		v = old;
	}
	if (v->kind == SPAN_NULL)
		become(v, &(struct value){.kind = SPAN_OBJECT, .file = v->file, .at = v->at});
	if (v->kind != SPAN_OBJECT)
		return refuse(f, v, name);
	if ((old = tree_get(v, m->name)) == NULL && (old = add(t, v, m->name)) == NULL)
		return fault_set(f, F_CONFIG, "out of memory");
	if (old->file != NULL && is_same(old, new))
		return GRAFT_SAME;
	become(old, new);
	return GRAFT_CHANGED;
}

/* Does the new text say what it must? */
static int verify(struct tree *t, const struct value *want, const struct buf *text, struct fault *f)
{
	struct tree_file file = lend((struct span){buf_text(text), text->len});
	struct json5_err err;
	struct value *got;

	if (text->failed)
		return fault_set(f, F_CONFIG, "1: the text would be over %zu bytes", text->max);
	if ((got = json5_read(t, &file, &err)) == NULL)
		return fault_set(f, F_CONFIG, "%zu: the text could not be read with the new members: %s", err.line, err.what);
	return is_same(want, got) ? GRAFT_CHANGED : fault_set(f, F_CONFIG, "1: the text would say something else with the new members");
}

/* Member by member from one text to the next; the last is in *now. */
static int set_all(struct tree *t, struct value *root, struct span text, size_t at, const char *name,
    const struct graft_member *set, size_t n, struct buf *now, struct fault *f)
{
	struct value *v = find(root, at);
	struct buf next;
	int got, changed = 0;
	size_t i;

	if (v == NULL)
		return fault_set(f, F_CONFIG, "1: no value begins at byte %zu", at);
	for (i = 0; i < n; i++) {
		if (!grafttext_is_name(set[i].name) || (name != NULL && !grafttext_is_name(name)))
			return fault_set(f, F_CONFIG, "%zu: a name that needs quotes can't be added", tree_line(v));
		if ((got = set_in_tree(t, v, name, &set[i], f)) < 0)
			return -1;
		if (got == GRAFT_SAME)
			continue;
		buf_init(&next, now->max);
		buf_room(&next, text.n + 4096 < next.max ? text.n + 4096 : next.max);	/* at once: a copy left behind may hold a key */
		grafttext_set(text, at, v->key != NULL, name, &set[i], &next);
		buf_wipe(now);
		*now = next;
		text = (struct span){buf_text(now), now->len};
		changed = 1;
		if (now->failed)
			break;
	}
	return changed ? verify(t, root, now, f) : GRAFT_SAME;
}

int graft(struct span text, size_t at, const char *name, const struct graft_member *set, size_t n,
    struct buf *out, struct fault *f)
{
	struct tree_file file = lend(text);
	struct json5_err err;
	struct value *root;
	struct tree t;
	struct buf now;
	int got;

	tree_init(&t);
	buf_init(&now, out->max);
	if ((root = json5_read(&t, &file, &err)) == NULL)
		got = fault_set(f, F_CONFIG, "%zu: %s", err.line, err.what);
	else
		got = set_all(&t, root, text, at, name, set, n, &now, f);
	if (got == GRAFT_CHANGED) {
		buf_room(out, now.len);
		buf_add(out, buf_text(&now), now.len);
		if (out->failed)
			got = fault_set(f, F_CONFIG, "1: the text would be over %zu bytes", out->max);
	}
	buf_wipe(&now);
	tree_release(&t);
	return got;
}
