/* diff.c - see diff.h. */
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
	w->path.len = len;
	if (w->path.data != NULL)
		w->path.data[len] = '\0';
}

static void enter(struct walk *w, struct span key)
{
	struct buf name;

	buf_init(&name, MAX_RECORD);
	span_decode(key, SPAN_REPLACE, &name);
	tree_place_add(&w->path, buf_text(&name));
	buf_release(&name);
}

/* The member whose name is spelt like this key; SPAN_NIL: there is none. */
static struct span member(struct span object, struct span key)
{
	struct span_iter it = span_each(object);
	struct span k, v, found = SPAN_NIL;

	while (span_next(&it, &k, &v))
		if (k.n == key.n && memcmp(k.p, key.p, k.n) == 0)
			found = v;
	return found;
}

static void compare_members(struct walk *w, struct span before, struct span after)
{
	struct span_iter it = span_each(before);
	struct span key, v, other;
	size_t len = w->path.len;

	while (span_next(&it, &key, &v)) {
		enter(w, key);
		other = member(after, key);
		if (other.p == NULL)
			line(w, '-');
		else
			compare(w, v, other);
		back(w, len);
	}
	for (it = span_each(after); span_next(&it, &key, &v);) {
		if (member(before, key).p != NULL)
			continue;
		enter(w, key);
		line(w, '+');
		back(w, len);
	}
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
