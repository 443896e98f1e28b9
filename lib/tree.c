/* tree.c - see tree.h. */
#include "tree.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "json.h"

#define BLOCK	(64UL << 10)	/* what values and texts are cut from */

/* Pieces are taken from its end downwards, so that texts need no padding. */
struct tree_block {
	struct tree_block *next;
	size_t size;		/* of what follows; whole words */
	uint64_t data[];
};

void tree_init(struct tree *t)
{
	*t = (struct tree){NULL, 0};
}

/* Which function it is the compiler can't tell, so it may not leave the call out. */
static void *(*const volatile wipe)(void *, int, size_t) = memset;

void tree_release(struct tree *t)
{
	struct tree_block *b, *next;
	size_t unused = t->left;	/* of the newest; pages that nothing was written to cost more than the rest */

	for (b = t->blocks; b != NULL; b = next) {
		next = b->next;
		wipe((char *)b->data + unused, 0, b->size - unused);
		unused = 0;
		free(b);
	}
	tree_init(t);
}

static struct tree_block *new_block(size_t size)
{
	struct tree_block *b;

	if (size > SIZE_MAX - sizeof *b - sizeof *b->data)
		return NULL;
	size = (size + sizeof *b->data - 1) / sizeof *b->data * sizeof *b->data;
	b = malloc(sizeof *b + size);
	if (b != NULL)
		b->size = size;
	return b;
}

/* A piece that is too large to waste a block's rest for gets one of its own, behind the newest. */
static void *big_piece(struct tree *t, size_t n)
{
	struct tree_block *b = new_block(n);

	if (b == NULL)
		return NULL;
	if (t->blocks == NULL) {
		b->next = NULL;
		t->blocks = b;
		t->left = 0;
	} else {
		b->next = t->blocks->next;
		t->blocks->next = b;
	}
	return b->data;
}

/* align is a power of two, of a word at most. */
static void *piece(struct tree *t, size_t n, size_t align)
{
	struct tree_block *b;

	if (n > t->left || t->left - n < align) {
		if (n > BLOCK / 8)
			return big_piece(t, n);
		if ((b = new_block(BLOCK)) == NULL)
			return NULL;
		b->next = t->blocks;
		t->blocks = b;
		t->left = b->size;
	}
	t->left = (t->left - n) & ~(align - 1);
	return (char *)t->blocks->data + t->left;
}

struct value *tree_new(struct tree *t, enum span_kind kind)
{
	struct value *v = piece(t, sizeof *v, sizeof *t->blocks->data);

	if (v != NULL)
		*v = (struct value){.kind = kind};
	return v;
}

const char *tree_keep(struct tree *t, const char *p, size_t n)
{
	char *copy = n < SIZE_MAX ? piece(t, n + 1, 1) : NULL;

	if (copy == NULL)
		return NULL;
	if (n > 0)
		memcpy(copy, p, n);
	copy[n] = '\0';
	return copy;
}

void tree_add(struct value *parent, struct value *child)
{
	child->next = NULL;
	if (parent->last != NULL)
		parent->last->next = child;
	else
		parent->first = child;
	parent->last = child;
	parent->count++;
}

int tree_is(const struct value *v, enum span_kind kind)
{
	return v != NULL && v->kind == kind;
}

struct value *tree_first(const struct value *v)
{
	return tree_is(v, SPAN_OBJECT) || tree_is(v, SPAN_ARRAY) ? v->first : NULL;
}

size_t tree_count(const struct value *v)
{
	return tree_is(v, SPAN_OBJECT) || tree_is(v, SPAN_ARRAY) ? v->count : 0;
}

const char *tree_text(const struct value *v)
{
	return tree_is(v, SPAN_STRING) ? v->text : NULL;
}

double tree_number(const struct value *v, double otherwise)
{
	return tree_is(v, SPAN_NUMBER) ? v->number : otherwise;
}

static struct value *member(const struct value *object, const char *key, size_t n)
{
	struct value *v = tree_is(object, SPAN_OBJECT) ? object->first : NULL;

	while (v != NULL && (v->keyn != n || memcmp(v->key, key, n) != 0))
		v = v->next;
	return v;
}

struct value *tree_get(const struct value *object, const char *key)
{
	return member(object, key, strlen(key));
}

const char *tree_get_text(const struct value *object, const char *key)
{
	return tree_text(tree_get(object, key));
}

struct value *tree_get_any_case(const struct value *object, const char *key)
{
	struct value *v;

	for (v = tree_first(object); v != NULL && strcasecmp(v->key, key) != 0; v = v->next)
		;
	return v;
}

struct value *tree_nth(const struct value *array, size_t i)
{
	struct value *v = tree_is(array, SPAN_ARRAY) ? array->first : NULL;

	for (; v != NULL && i > 0; i--)
		v = v->next;
	return v;
}

/* ["na me"], of which *place is past the first bracket; it goes past the string. */
static struct value *quoted_step(const struct value *at, const char **place)
{
	struct span_err unused;
	struct span str;
	struct buf name;
	struct value *v = NULL;

	if (span_first(*place, strlen(*place), 1, &str, &unused) != 0)
		return NULL;
	buf_init(&name, str.n);		/* decoding makes nothing longer */
	span_decode(str, SPAN_REPLACE, &name);
	if (!name.failed)
		v = member(at, buf_text(&name), name.len);
	buf_release(&name);
	*place = str.p + str.n;
	return v;
}

static struct value *bracket_step(const struct value *at, const char **place)
{
	const char *p = *place + 1;
	struct value *v;
	size_t i = 0;

	if (*p == '"') {
		v = quoted_step(at, &p);
	} else {
		if (*p < '0' || *p > '9')
			return NULL;
		for (; *p >= '0' && *p <= '9'; p++)
			i = i < SIZE_MAX / 100 ? i * 10 + (size_t)(*p - '0') : i;	/* none goes so far */
		v = tree_nth(at, i);
	}
	*place = p + 1;
	return *p == ']' ? v : NULL;
}

struct value *tree_at(struct value *root, const char *place)
{
	struct value *v = root;
	size_t n;

	while (v != NULL && *place != '\0') {
		if (*place == '[') {
			v = bracket_step(v, &place);
			continue;
		}
		place += *place == '.';
		n = strcspn(place, ".[");
		v = n > 0 ? member(v, place, n) : NULL;	/* no name is written [""] */
		place += n;
	}
	return v;
}

void tree_place_add(struct buf *place, const char *name)
{
	static const char plain[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$-";

	if (*name != '\0' && name[strspn(name, plain)] == '\0') {
		if (place->len > 0)
			buf_addc(place, '.');
		buf_adds(place, name);
		return;
	}
	buf_addc(place, '[');
	json_quote(place, name, strlen(name));
	buf_addc(place, ']');
}

/* Bytes of the line end at p, or 0: LF, CR, CRLF, U+2028, U+2029, as in json5lex.c. */
static size_t line_end(const char *p, const char *end)
{
	if (*p == '\n')
		return 1;
	if (*p == '\r')
		return end - p >= 2 && p[1] == '\n' ? 2 : 1;
	if (end - p >= 3 && (memcmp(p, "\xE2\x80\xA8", 3) == 0 || memcmp(p, "\xE2\x80\xA9", 3) == 0))
		return 3;
	return 0;
}

size_t tree_line(const struct value *v)
{
	const char *text, *p, *end, *stop;
	struct tree_file *file;
	size_t line = 1, n;

	if (v == NULL || v->file == NULL)
		return 0;
	file = v->file;
	p = text = buf_text(&file->text);
	end = p + file->text.len;
	stop = v->at < file->text.len ? p + v->at : end;
	if (file->known_line > 0 && file->known_at <= v->at) {
		p += file->known_at;
		line = file->known_line;
	}
	for (; p < stop; p += n > 0 ? n : 1) {
		n = line_end(p, end);
		line += n > 0;
	}
	file->known_at = (size_t)(p - text);
	file->known_line = line;
	return line;
}

static jv container_jv(const struct value *v)
{
	int object = v->kind == SPAN_OBJECT;
	jv out = object ? jv_object() : jv_array();
	const struct value *c;

	for (c = v->first; c != NULL; c = c->next) {
		if (object)
			out = jv_object_set(out, jv_string_sized(c->key, (int)c->keyn), tree_jv(c));
		else
			out = jv_array_append(out, tree_jv(c));
	}
	return out;
}

jv tree_jv(const struct value *v)
{
	switch (v == NULL ? SPAN_NULL : v->kind) {
	case SPAN_OBJECT:
	case SPAN_ARRAY:
		return container_jv(v);
	case SPAN_STRING:
		return jv_string_sized(v->text, (int)v->n);
	case SPAN_NUMBER:
		return jv_number(v->number);
	case SPAN_TRUE:
		return jv_true();
	case SPAN_FALSE:
		return jv_false();
	default:
		return jv_null();
	}
}
