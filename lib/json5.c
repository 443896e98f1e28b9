/* json5.c - see json5.h. */
#include "json5.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "digest.h"
#include "json5lex.h"
#include "limits.h"
#include "span.h"
#include "tree.h"

struct container {
	const char *open;	/* its bracket */
	char close;
	int items;
	const char *item;	/* where the present one begins */
};

struct reader {
	struct lex lex;
	int depth;		/* containers that are open */
	struct tree *tree;
	struct tree_file *file;
};

static int open_container(struct reader *r, struct container *c, char close)
{
	*c = (struct container){r->lex.p, close, 0, NULL};
	if (++r->depth > MAX_JV_DEPTH)
		return lex_fault(&r->lex, c->open, "nested more than %d deep", MAX_JV_DEPTH);
	r->lex.p++;
	return 0;
}

static int no_item(struct reader *r, const struct container *c)
{
	int object = c->close == '}';
	const char *wanted = object ? "',' or '}' after a member" : "',' or ']' after an element";
	size_t line, col;

	if (c->items == 0)
		wanted = object ? "a member name or '}'" : "a value or ']'";
	if (r->lex.p < r->lex.end)
		return lex_unexpected(&r->lex, wanted, "");
	lex_place(&r->lex, c->open, &line, &col);
	return lex_fault(&r->lex, r->lex.p, "expected %s, found the end (the '%c' of line %zu is open)",
	    wanted, *c->open, line);
}

/* To the next element or member: 1; 0 past the closing bracket; -1 on a fault. */
static int next_item(struct reader *r, struct container *c)
{
	struct lex *x = &r->lex;
	int comma;

	if (lex_blank(x) < 0)
		return -1;
	comma = x->p < x->end && *x->p == ',';
	if (comma && c->items > 0) {
		x->p++;
		if (lex_blank(x) < 0)
			return -1;
	}
	if (x->p < x->end && *x->p == c->close) {
		x->p++;
		r->depth--;
		return 0;
	}
	if (x->p == x->end || comma != (c->items > 0))
		return no_item(r, c);
	c->items++;
	c->item = x->p;
	return 1;
}

/* The same for an object: at the member's value, its name in *name. */
static int next_member(struct reader *r, struct container *c, struct span *name)
{
	struct lex *x = &r->lex;
	int more = next_item(r, c);

	if (more != 1)
		return more;
	if (lex_name(x, name) < 0 || lex_blank(x) < 0)
		return -1;
	if (x->p == x->end || *x->p != ':')
		return lex_unexpected(x, "':' after a member name",
		    x->p < x->end && strchr("-./@+*#%&", *x->p) ? ": put the name in quotes" : "");
	x->p++;
	return lex_blank(x) < 0 ? -1 : 1;
}

/*
 * The members of one object, to find the one of a name: a few are looked
 * through, more get a table.  Names that were made to collide slow it down, to
 * some seconds for a configuration full of them; such a one is no stranger's.
 */
#define FEW 8

struct slot {
	uint64_t hash;
	struct value *member;	/* NULL: free */
};

struct members {
	struct value *object;
	struct slot *table;	/* NULL while they are few */
	size_t size;		/* of it: a power of two, twice the members or more */
};

/* The digest's good upper half mixed into the lower, which the table goes by. */
static uint64_t hash_name(struct span name)
{
	uint64_t h = digest(name);

	return h ^ h >> 32;
}

static int is_named(const struct value *v, struct span name)
{
	return v->keyn == name.n && memcmp(v->key, name.p, name.n) == 0;
}

/* The slot of that name, or the free one where it belongs. */
static struct slot *find_slot(const struct members *m, uint64_t hash, struct span name)
{
	size_t i = (size_t)hash & (m->size - 1);

	while (m->table[i].member != NULL &&
	    (m->table[i].hash != hash || !is_named(m->table[i].member, name)))
		i = (i + 1) & (m->size - 1);
	return &m->table[i];
}

static int grow_table(struct members *m)
{
	struct members new = {m->object, NULL, m->size == 0 ? 4 * FEW : 2 * m->size};
	struct value *v;
	struct span name;
	uint64_t hash;

	if ((new.table = calloc(new.size, sizeof *new.table)) == NULL)
		return -1;
	for (v = m->object->first; v != NULL; v = v->next) {
		name = (struct span){v->key, v->keyn};
		hash = hash_name(name);
		*find_slot(&new, hash, name) = (struct slot){hash, v};
	}
	free(m->table);
	*m = new;
	return 0;
}

static struct value *add_member(struct reader *r, struct value *object, struct span name)
{
	struct value *v = tree_new(r->tree, SPAN_NONE);

	if (v == NULL || (v->key = tree_keep(r->tree, name.p, name.n)) == NULL)
		return NULL;
	v->keyn = name.n;
	tree_add(object, v);
	return v;
}

/* The member of that name: a new one, or the one that was there, emptied.  NULL: no memory. */
static struct value *take_member(struct reader *r, struct members *m, struct span name)
{
	struct value *v = m->object->first;
	struct slot *slot;
	uint64_t hash;

	if (m->object->count < FEW) {
		while (v != NULL && !is_named(v, name))
			v = v->next;
		if (v == NULL)
			return add_member(r, m->object, name);
	} else {
		if (2 * m->object->count >= m->size && grow_table(m) < 0)
			return NULL;
		hash = hash_name(name);
		slot = find_slot(m, hash, name);
		if (slot->member == NULL) {
			*slot = (struct slot){hash, add_member(r, m->object, name)};
			return slot->member;
		}
		v = slot->member;
	}
	*v = (struct value){.key = v->key, .keyn = v->keyn, .next = v->next};
	return v;
}

static int read_value(struct reader *r, struct value *v, const char *at);

static int no_memory(struct reader *r)
{
	return lex_fault(&r->lex, r->lex.p, "out of memory");
}

static int read_object(struct reader *r, struct value *object)
{
	struct members m = {object, NULL, 0};
	struct container c;
	struct span name;
	struct value *v;
	int more = open_container(r, &c, '}');

	while (more >= 0 && (more = next_member(r, &c, &name)) == 1) {
		if ((v = take_member(r, &m, name)) == NULL)
			more = no_memory(r);
		else
			more = read_value(r, v, c.item);
	}
	free(m.table);
	return more;
}

static int read_array(struct reader *r, struct value *array)
{
	struct container c;
	struct value *v;
	int more = open_container(r, &c, ']');

	while (more >= 0 && (more = next_item(r, &c)) == 1) {
		if ((v = tree_new(r->tree, SPAN_NONE)) == NULL) {
			more = no_memory(r);
		} else {
			tree_add(array, v);
			more = read_value(r, v, c.item);
		}
	}
	return more;
}

/* What comes next into *v, which is empty but for its name; `at`: where it or that begins. */
static int read_value(struct reader *r, struct value *v, const char *at)
{
	struct token t;

	if (lex_value(&r->lex, &t) < 0)
		return -1;
	v->kind = t.kind;
	v->file = r->file;
	v->at = (size_t)(at - r->lex.text);
	switch (t.kind) {
	case SPAN_OBJECT:
		return read_object(r, v);
	case SPAN_ARRAY:
		return read_array(r, v);
	case SPAN_STRING:
		v->n = t.text.n;
		v->text = tree_keep(r->tree, t.text.p, t.text.n);
		return v->text != NULL ? 0 : no_memory(r);
	case SPAN_NUMBER:
		v->number = t.number;
		return 0;
	default:
		return 0;
	}
}

static int read_document(struct reader *r, struct value *root)
{
	struct lex *x = &r->lex;
	size_t n = (size_t)(x->end - x->p), good;

	if (n > INT32_MAX)	/* what jv counts with */
		return lex_fault(x, x->p, "larger than 2 GiB");
	if ((good = span_utf8(x->p, n)) < n)
		return lex_fault(x, x->p + good, "not UTF-8: byte 0x%02x", (unsigned char)x->p[good]);
	if (lex_blank(x) < 0)
		return -1;
	if (x->p == x->end)
		return lex_fault(x, x->p, "empty: expected a value");
	if (root == NULL)
		return no_memory(r);
	if (read_value(r, root, x->p) < 0 || lex_blank(x) < 0)
		return -1;
	return x->p < x->end ? lex_unexpected(x, "the end of the text", "") : 0;
}

struct value *json5_read(struct tree *t, struct tree_file *file, struct json5_err *err)
{
	struct reader r = {.tree = t, .file = file};
	struct value *root = tree_new(t, SPAN_NONE);
	int fault;

	*err = (struct json5_err){0, 0, ""};
	lex_init(&r.lex, buf_text(&file->text), file->text.len, err);
	fault = read_document(&r, root);
	lex_release(&r.lex);
	return fault < 0 ? NULL : root;
}
