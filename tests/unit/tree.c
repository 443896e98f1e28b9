#include <stdlib.h>

#include "json.h"
#include "tap.h"
#include "tree.h"

static struct value *child(struct tree *t, struct value *parent, const char *key, enum span_kind kind)
{
	struct value *v = tree_new(t, kind);

	if (v == NULL)
		exit(1);
	if (key != NULL) {
		v->keyn = strlen(key);
		v->key = tree_keep(t, key, v->keyn);
	}
	tree_add(parent, v);
	return v;
}

static void set_text(struct tree *t, struct value *v, const char *text, size_t n)
{
	v->text = tree_keep(t, text, n);
	v->n = n;
}

/* {"a":[1,"x\u0000y",{"":true}],"b c":null,"a.b":false,"[0]":-0.5} */
static struct value *sample(struct tree *t)
{
	struct value *root = tree_new(t, SPAN_OBJECT), *a = child(t, root, "a", SPAN_ARRAY);

	child(t, a, NULL, SPAN_NUMBER)->number = 1;
	set_text(t, child(t, a, NULL, SPAN_STRING), "x\0y", 3);
	child(t, child(t, a, NULL, SPAN_OBJECT), "", SPAN_TRUE);
	child(t, root, "b c", SPAN_NULL);
	child(t, root, "a.b", SPAN_FALSE);
	child(t, root, "[0]", SPAN_NUMBER)->number = -0.5;
	return root;
}

static void is_json(const struct value *v, const char *want)
{
	struct buf out;
	jv copy = tree_jv(v);

	buf_init(&out, 1 << 20);
	json_write(&out, copy);
	is(buf_text(&out), want, want);
	buf_release(&out);
	jv_free(copy);
}

static void test_build(void)
{
	struct tree t;
	struct value *root, *a;

	tree_init(&t);
	root = sample(&t);
	a = tree_get(root, "a");
	is_json(root, "{\"a\":[1,\"x\\u0000y\",{\"\":true}],\"b c\":null,\"a.b\":false,\"[0]\":-0.5}");
	is_json(a->first->next, "\"x\\u0000y\"");
	is_json(NULL, "null");
	is_json(tree_new(&t, SPAN_OBJECT), "{}");
	is_json(tree_new(&t, SPAN_ARRAY), "[]");
	ok(tree_count(root) == 4 && tree_count(a) == 3 && tree_count(a->first) == 0, "counts");
	ok(tree_first(root) == a && a->next == tree_get(root, "b c") && root->last->next == NULL, "in their order");
	ok(tree_first(a->last)->keyn == 0 && *tree_first(a->last)->key == '\0', "an empty name");
	tree_release(&t);
	ok(t.blocks == NULL && t.left == 0, "released");
	tree_release(&t);
}

static void test_look(void)
{
	struct tree t;
	struct value *root, *a;

	tree_init(&t);
	root = sample(&t);
	a = tree_get(root, "a");
	ok(tree_get(root, "b") == NULL && tree_get(a, "a") == NULL && tree_get(NULL, "a") == NULL, "no such member");
	ok(tree_nth(a, 0) == a->first && tree_nth(a, 2) == a->last, "elements");
	ok(tree_nth(a, 3) == NULL && tree_nth(root, 0) == NULL && tree_nth(NULL, 0) == NULL, "no such element");
	is(tree_text(tree_nth(a, 1)), "x", "a text");
	ok(tree_text(a) == NULL && tree_text(NULL) == NULL && tree_text(a->first) == NULL, "no text");
	is(tree_get_text(root, "a"), NULL, "a member that is no text");
	is(tree_get_text(NULL, "a"), NULL, "a text in nothing");
	ok(tree_number(a->first, 7) == 1 && tree_number(a, 7) == 7 && tree_number(NULL, 7) == 7, "numbers");
	ok(tree_is(a, SPAN_ARRAY) && !tree_is(a, SPAN_OBJECT) && !tree_is(NULL, SPAN_NONE), "kinds");
	ok(tree_first(NULL) == NULL && tree_first(a->first) == NULL && tree_count(NULL) == 0, "nothing in nothing");
	ok(tree_line(root) == 0 && tree_line(NULL) == 0, "what was not read has no line");
	tree_release(&t);
}

static void test_at(void)
{
	static const char *const none[] = {
		"b", "a[3]", "a[99999999999999999999999999]", "a[-1]", "a[1", "a[", "a[]", "a[1]x", "a[1][0]", "a.x",
		".", "..", "a.", "a..x", "[\"a\"", "[\"a", "[\"", "[\"a\"x", "[x]", "['a']", "[\"\\x61\"]", "a[2].", "[0]"
	};
	struct tree t;
	struct value *root, *a;
	size_t i;

	tree_init(&t);
	root = sample(&t);
	a = tree_get(root, "a");
	ok(tree_at(root, "") == root, "the root");
	ok(tree_at(root, "a") == a && tree_at(root, "[\"a\"]") == a && tree_at(root, "[\"\\u0061\"]") == a, "a member");
	ok(tree_at(root, "a[1]") == a->first->next && tree_at(root, "a[0]") == a->first, "an element");
	ok(tree_at(root, "a[2][\"\"]") == a->last->first, "a member without a name");
	ok(tree_at(root, "[\"b c\"]") == a->next && tree_at(root, "[\"a.b\"]") == a->next->next, "odd names");
	ok(tree_at(root, "[\"[0]\"]") == root->last, "a name in brackets");
	for (i = 0; i < sizeof none / sizeof *none; i++)
		ok(tree_at(root, none[i]) == NULL, "nothing at %s", none[i]);
	ok(tree_at(NULL, "") == NULL && tree_at(NULL, "a") == NULL, "nothing in nothing");
	tree_release(&t);
}

static void test_place(void)
{
	static const char *const names[] = {"models", "0", "my-provider", "inferrs/a b", "q\"\\\n\t", "", "gr\xC3\xB6", "x.y", "[", "_$"};
	struct buf place;
	struct tree t;
	struct value *root, *v;
	size_t i;

	tree_init(&t);
	buf_init(&place, 1000);
	root = v = tree_new(&t, SPAN_OBJECT);
	for (i = 0; i < sizeof names / sizeof *names; i++) {
		v = child(&t, v, names[i], SPAN_OBJECT);
		tree_place_add(&place, names[i]);
		ok(tree_at(root, buf_text(&place)) == v, "found again: name %zu", i);
	}
	is(buf_text(&place), "models.0.my-provider[\"inferrs/a b\"][\"q\\\"\\\\\\n\\t\"][\"\"][\"gr\xC3\xB6\"][\"x.y\"][\"[\"]._$",
	    "a place");
	buf_release(&place);
	tree_release(&t);
}

static void test_line(void)
{
	static const char text[] = "1\n2\r3\r\n4\n\r6\xE2\x80\xA8" "7\xE2\x80\xA9" "8\xE2\x80\xA7" "8\r\n\r\n\xE2\x80";
	static const struct { char at; size_t line; } t[] = {
		{'1', 1}, {'2', 2}, {'3', 3}, {'4', 4}, {'6', 6}, {'7', 7}, {'8', 8}, {'\xA7', 8}, {'\0', 10}
	};
	struct tree_file file = {.path = NULL};
	struct value v = {.kind = SPAN_NULL, .file = &file};
	size_t i;

	buf_init(&file.text, 1000);
	ok(tree_line(&v) == 1, "an empty text has one line");
	buf_adds(&file.text, text);
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		v.at = (size_t)(strchr(text, t[i].at) - text);
		ok(tree_line(&v) == t[i].line, "byte %zu: line %zu, not %zu", v.at, t[i].line, tree_line(&v));
	}
	v.at = 100000;
	ok(tree_line(&v) == 10, "beyond the end: the last line");
	buf_release(&file.text);
}

/* Pieces of all sizes: none lies over another, whatever their order. */
static void test_memory(void)
{
	enum { PIECES = 3000, LONGEST = 200000 };
	static struct { const char *p; size_t n; } kept[PIECES];
	static char text[LONGEST];
	struct tree t;
	struct value *v, *last = NULL;
	size_t i, k, wrong = 0;
	unsigned seed = 1;

	tree_init(&t);
	for (i = 0; i < PIECES; i++) {
		seed = seed * 1103515245 + 12345;
		k = (seed >> 16) % (i % 100 == 0 ? LONGEST : i % 10 == 0 ? 9000 : 40);
		memset(text, 'a' + (int)(i % 26), k);
		kept[i].p = tree_keep(&t, text, k);
		kept[i].n = k;
		if (i % 3 == 0) {
			v = tree_new(&t, SPAN_NUMBER);
			wrong += v == NULL || v->kind != SPAN_NUMBER || v->how != 0 || v->file != NULL || v->at != 0 ||
			    v->key != NULL || v->keyn != 0 || v->next != NULL || v->number != 0;
			if (v != NULL && last != NULL)
				v->next = last;
			last = v;
		}
	}
	for (i = 0; i < PIECES; i++) {
		wrong += kept[i].p == NULL || kept[i].p[kept[i].n] != '\0';
		for (k = 0; kept[i].p != NULL && k < kept[i].n; k++)
			wrong += kept[i].p[k] != 'a' + (int)(i % 26);
	}
	for (i = 0; last != NULL; last = last->next)
		i += last->kind == SPAN_NUMBER && last->number == 0;
	ok(wrong == 0 && i == PIECES / 3, "all is as it was put there (%zu, %zu)", wrong, i);
	ok(tree_keep(&t, "", (size_t)-1) == NULL && tree_keep(&t, "", (size_t)-2) == NULL, "too large");
	is(tree_keep(&t, "after", 5), "after", "and it goes on");
	tree_release(&t);
}

int main(void)
{
	test_build();
	test_look();
	test_at();
	test_place();
	test_line();
	test_memory();
	return done();
}
