/* merge.c - see merge.h. */
#include <stdlib.h>
#include <string.h>

#include "limits.h"
#include "merge.h"
#include "record.h"
#include "same.h"

/* A member and its name decoded, `text` bytes into the index's own text. */
struct member {
	const char *name;
	size_t text, n;
	struct span key, val;
};

/* The members of a large object by their names; of a small one nothing: it is walked. */
struct index {
	struct span obj;
	struct member *member;	/* sorted, NULL: none */
	size_t n;
	struct buf text;
};

enum { SMALL = 32 };

/* By name, and of one name the last first. */
static int by_name(const void *a, const void *b)
{
	const struct member *x = a, *y = b;
	int order = memcmp(x->name, y->name, x->n < y->n ? x->n : y->n);

	if (order != 0)
		return order;
	if (x->n != y->n)
		return x->n < y->n ? -1 : 1;
	return x->key.p > y->key.p ? -1 : x->key.p < y->key.p;
}

static void index_make(struct index *x, struct span obj)
{
	struct span_iter it = span_each(obj);
	struct span key, val;
	size_t i, count = span_count(obj);

	*x = (struct index){.obj = obj};
	buf_init(&x->text, 4 * MAX_RECORD);	/* a replacement character for each half of a pair, at most */
	if (count <= SMALL || (x->member = malloc(count * sizeof *x->member)) == NULL)
		return;
	for (; x->n < count && span_next(&it, &key, &val); x->n++) {
		x->member[x->n] = (struct member){NULL, x->text.len, 0, key, val};
		span_decode(key, SPAN_REPLACE, &x->text);
		x->member[x->n].n = x->text.len - x->member[x->n].text;
	}
	if (x->text.failed) {
		free(x->member);
		x->member = NULL;
		return;
	}
	for (i = 0; i < x->n; i++)
		x->member[i].name = buf_text(&x->text) + x->member[i].text;
	qsort(x->member, x->n, sizeof *x->member, by_name);
}

static void index_release(struct index *x)
{
	free(x->member);
	buf_release(&x->text);
}

/* The same as same_member(). */
static struct span index_find(const struct index *x, struct span name)
{
	struct buf text;
	struct member want;
	size_t low = 0, high = x->n, mid;

	if (x->member == NULL)
		return same_member(x->obj, name);
	buf_init(&text, MAX_RECORD);
	span_decode(name, SPAN_REPLACE, &text);
	want = (struct member){buf_text(&text), 0, text.len, {x->obj.p + x->obj.n, 0}, SPAN_NIL};	/* before all of its name */
	while (low < high) {
		mid = low + (high - low) / 2;
		if (by_name(&x->member[mid], &want) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	if (low < x->n && (x->member[low].n != want.n || memcmp(x->member[low].name, want.name, want.n) != 0))
		low = x->n;
	buf_release(&text);
	return low < x->n ? x->member[low].val : SPAN_NIL;
}

static void add_member(struct buf *out, struct span key, struct span val)
{
	buf_addc(out, ',');
	buf_add(out, key.p, key.n);
	buf_addc(out, ':');
	record_splice(out, val);
}

/* The members of `base`, those of `over` in the place of their namesakes; then what is new. */
static void merge(struct buf *next, const struct index *base, const struct index *over, merge_takes *takes, const void *ctx)
{
	struct span_iter it = span_each(base->obj);
	struct span key, val, now;

	while (span_next(&it, &key, &val)) {
		now = takes == NULL || takes(ctx, key) ? index_find(over, key) : SPAN_NIL;
		if (span_kind(now) != SPAN_NULL)
			add_member(next, key, now.p != NULL ? now : val);
	}
	for (it = span_each(over->obj); span_next(&it, &key, &val);) {
		if ((takes != NULL && !takes(ctx, key)) || span_kind(val) == SPAN_NULL || index_find(over, key).p != val.p ||
		    index_find(base, key).p != NULL)
			continue;
		buf_addc(next, ',');
		record_splice(next, (struct span){key.p, (size_t)(val.p + val.n - key.p)});
	}
}

void merge_over(struct buf *members, struct span over, merge_takes *takes, const void *ctx)
{
	struct index old, new;
	struct span base = SPAN_NIL;
	struct buf next;

	buf_init(&next, MAX_RECORD);
	if (members->len > 0) {	/* as an object, for a moment */
		members->data[0] = '{';
		buf_addc(members, '}');
		base = (struct span){buf_text(members), members->len};
	}
	index_make(&old, base);
	index_make(&new, over);
	merge(&next, &old, &new, takes, ctx);
	index_release(&old);
	index_release(&new);
	if (members->failed)
		next.failed = 1;
	buf_release(members);
	*members = next;
}
