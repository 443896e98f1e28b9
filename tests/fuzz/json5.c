/*
 * json5.c - libFuzzer on the JSON5 reader: what it reads can be written as
 * JSON and read again, and each value is found by its place.
 *
 * make fuzz TARGET=json5
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "json5.h"
#include "limits.h"
#include "tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int good)
{
	if (!good)
		abort();
}

static void write_tree(struct buf *out, const struct value *root)
{
	jv copy = tree_jv(root);

	json_write(out, copy);
	jv_free(copy);
	must(!out->failed);
}

/* Each value below `v`, which is at `place`. */
static void walk(struct value *root, struct value *v, struct buf *place, size_t lines)
{
	size_t len = place->len, i = 0, line = tree_line(v);
	struct value *c;

	must(tree_at(root, buf_text(place)) == v);
	must(line >= 1 && line <= lines && v->at < v->file->text.len);
	for (c = tree_first(v); c != NULL; c = c->next, i++) {
		must(c->file == v->file && c->at > v->at && tree_line(c) >= line);
		if (v->kind == SPAN_ARRAY) {
			must(c->key == NULL && tree_nth(v, i) == c);
			buf_addf(place, "[%zu]", i);
		} else {
			must(c->key != NULL && c->key[c->keyn] == '\0' && span_utf8(c->key, c->keyn) == c->keyn);
			if (strlen(c->key) < c->keyn)
				continue;	/* no place can be written for it */
			must(tree_get(v, c->key) == c);
			tree_place_add(place, c->key);
		}
		walk(root, c, place, lines);
		place->len = len;
		if (place->data != NULL)
			place->data[len] = '\0';
	}
	must(i == tree_count(v));
}

static void again(const struct value *root)
{
	struct tree_file file = {.path = NULL};
	struct json5_err err;
	struct buf out;
	struct tree t;
	struct value *v;
	struct span all;
	struct span_err why;

	buf_init(&out, MAX_RECORD);
	buf_init(&file.text, MAX_RECORD);
	tree_init(&t);
	write_tree(&file.text, root);
	must(span_check(file.text.data, file.text.len, MAX_JV_DEPTH, &all, &why) == 0);
	v = json5_read(&t, &file, &err);
	must(v != NULL);
	write_tree(&out, v);
	must(out.len == file.text.len && memcmp(out.data, file.text.data, out.len) == 0);
	tree_release(&t);
	buf_release(&file.text);
	buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tree_file file = {.path = NULL};
	struct value end = {.kind = SPAN_NULL, .file = &file, .at = size};
	struct json5_err err;
	struct buf place;
	struct tree t;
	struct value *root;
	char *text = malloc(size + !size);	/* so that a byte read beyond is seen */

	must(text != NULL);
	if (size > 0)
		memcpy(text, data, size);
	file.text = (struct buf){.data = text, .len = size, .cap = size, .max = size};
	buf_init(&place, MAX_RECORD);
	tree_init(&t);
	root = json5_read(&t, &file, &err);
	if (root != NULL) {
		walk(root, root, &place, tree_line(&end));
		again(root);
	} else {
		must(err.line >= 1 && err.line <= tree_line(&end) && err.col >= 1 && *err.what != '\0');
	}
	tree_release(&t);
	buf_release(&place);
	free(text);
	return 0;
}
