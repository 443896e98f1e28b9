/*
 * diff.c - see diff.h.
 *
 * Members are looked up in a list that is sorted by their spelling, so an
 * object of n members costs n log n.
 */
#include <stdlib.h>
#include <string.h>

#include "diff.h"
#include "limits.h"
#include "tree.h"

struct walk {
	struct buf *out;
	struct buf path;
};

static void compare(struct walk *w, struct span before, struct span after);

static void line(struct walk *w, char sign)
{
	buf_addf(w->out, "%c %s\n", sign, w->path.len > 0 ? buf_text(&w->path) : "the whole");
}

static void back(struct walk *w, size_t len)
{
	buf_cut(&w->path, len);
}

static void enter(struct walk *w, struct span key)
{
	struct buf name;

	buf_init(&name, MAX_RECORD);
	span_decode(key, SPAN_REPLACE, &name);
	tree_place_add(&w->path, buf_text(&name));
	buf_release(&name);
}

struct member {
	struct span key, val;
};

struct members {
	struct member *list;	/* sorted, of each name one; NULL: memory ran out */
	size_t n;
	struct span object;
};

static int by_key(const void *a, const void *b)
{
	struct span x = ((const struct member *)a)->key, y = ((const struct member *)b)->key;
	int order = memcmp(x.p, y.p, x.n < y.n ? x.n : y.n);

	return order != 0 ? order : (x.n > y.n) - (x.n < y.n);
}

/* By name, those of one name by their place in the text. */
static int by_key_and_place(const void *a, const void *b)
{
	const char *x = ((const struct member *)a)->key.p, *y = ((const struct member *)b)->key.p;
	int order = by_key(a, b);

	return order != 0 ? order : (x > y) - (x < y);
}

/* Of members with one name the last one counts, as everywhere. */
static struct members members_of(struct span object)
{
	struct members m = {NULL, span_count(object), object};
	struct span_iter it = span_each(object);
	struct member e;
	size_t n = 0, i;

	if ((m.list = malloc((m.n + !m.n) * sizeof *m.list)) == NULL)
		return m;
	while (span_next(&it, &e.key, &e.val))
		m.list[n++] = e;
	qsort(m.list, m.n, sizeof *m.list, by_key_and_place);
	for (i = n = 0; i < m.n; i++) {
		if (n > 0 && by_key(&m.list[n - 1], &m.list[i]) == 0)
			n--;
		m.list[n++] = m.list[i];
	}
	m.n = n;
	return m;
}

/* The member whose name is spelt like this key; SPAN_NIL: there is none. */
static struct span member(const struct members *m, struct span key)
{
	struct member wanted = {key, SPAN_NIL}, *at;
	struct span_iter it = span_each(m->object);
	struct span k, v, found = SPAN_NIL;

	if (m->list != NULL) {
		at = bsearch(&wanted, m->list, m->n, sizeof *m->list, by_key);
		return at != NULL ? at->val : SPAN_NIL;
	}
	while (span_next(&it, &k, &v))
		if (k.n == key.n && memcmp(k.p, key.p, k.n) == 0)
			found = v;
	return found;
}

static void compare_gone(struct walk *w, struct span before, const struct members *after)
{
	struct span_iter it = span_each(before);
	struct span key, v, other;
	size_t len = w->path.len;

	while (span_next(&it, &key, &v)) {
		other = member(after, key);
		enter(w, key);
		if (other.p == NULL)
			line(w, '-');
		else
			compare(w, v, other);
		back(w, len);
	}
}

static void compare_new(struct walk *w, const struct members *before, struct span after)
{
	struct span_iter it = span_each(after);
	struct span key, v;
	size_t len = w->path.len;

	while (span_next(&it, &key, &v)) {
		if (member(before, key).p != NULL)
			continue;
		enter(w, key);
		line(w, '+');
		back(w, len);
	}
}

static void compare_members(struct walk *w, struct span before, struct span after)
{
	struct members m = members_of(after);

	compare_gone(w, before, &m);
	free(m.list);
	m = members_of(before);
	compare_new(w, &m, after);
	free(m.list);
}

static void compare_elements(struct walk *w, struct span before, struct span after)
{
	struct span_iter a = span_each(before), b = span_each(after);
	struct span key, va, vb;
	size_t len = w->path.len, i;
	int more_a, more_b;

	for (i = 0;; i++) {
		more_a = span_next(&a, &key, &va);
		more_b = span_next(&b, &key, &vb);
		if (!more_a && !more_b)
			return;
		buf_addf(&w->path, "[%zu]", i);
		if (more_a && more_b)
			compare(w, va, vb);
		else
			line(w, more_a ? '-' : '+');
		back(w, len);
	}
}

static void compare(struct walk *w, struct span before, struct span after)
{
	enum span_kind kind = span_kind(before);

	if (before.n == after.n && memcmp(before.p, after.p, before.n) == 0)
		return;
	if (kind == span_kind(after) && kind == SPAN_OBJECT)
		compare_members(w, before, after);
	else if (kind == span_kind(after) && kind == SPAN_ARRAY)
		compare_elements(w, before, after);
	else
		line(w, '~');
}

void diff_write(struct buf *out, struct span before, struct span after)
{
	struct walk w = {.out = out};

	buf_init(&w.path, 1 << 20);
	compare(&w, before, after);
	buf_release(&w.path);
}
