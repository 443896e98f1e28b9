/* merge.c - see merge.h. */
#include <string.h>

#include "limits.h"
#include "merge.h"
#include "record.h"

/* Are they the same name, however spelt? */
static int same_key(struct span a, struct span b)
{
	struct buf text[2];
	int same;

	if (memchr(a.p, '\\', a.n) == NULL && memchr(b.p, '\\', b.n) == NULL)
		return a.n == b.n && memcmp(a.p, b.p, a.n) == 0;
	buf_init(&text[0], MAX_RECORD);
	buf_init(&text[1], MAX_RECORD);
	span_decode(a, SPAN_REPLACE, &text[0]);
	span_decode(b, SPAN_REPLACE, &text[1]);
	same = text[0].len == text[1].len && memcmp(buf_text(&text[0]), buf_text(&text[1]), text[0].len) == 0;
	buf_release(&text[0]);
	buf_release(&text[1]);
	return same;
}

struct span merge_find(struct span obj, struct span name)
{
	struct span_iter it = span_each(obj);
	struct span key, val, found = SPAN_NIL;

	while (span_next(&it, &key, &val))
		if (same_key(key, name))
			found = val;
	return found;
}

void merge_over(struct buf *members, struct span over, merge_takes *takes, const void *ctx)
{
	struct span_iter it;
	struct span base = SPAN_NIL, key, val, now;
	struct buf next;

	buf_init(&next, MAX_RECORD);
	if (members->len > 0) {	/* as an object, for a moment */
		members->data[0] = '{';
		buf_addc(members, '}');
		base = (struct span){buf_text(members), members->len};
	}
	for (it = span_each(base); span_next(&it, &key, &val);) {
		now = takes == NULL || takes(ctx, key) ? merge_find(over, key) : SPAN_NIL;
		if (span_kind(now) == SPAN_NULL)
			continue;
		if (now.p == NULL)
			now = val;
		buf_addc(&next, ',');
		buf_add(&next, key.p, key.n);
		buf_addc(&next, ':');
		record_splice(&next, now);
	}
	for (it = span_each(over); span_next(&it, &key, &val);) {
		if ((takes != NULL && !takes(ctx, key)) || span_kind(val) == SPAN_NULL || merge_find(over, key).p != val.p ||
		    merge_find(base, key).p != NULL)
			continue;
		buf_addc(&next, ',');
		record_splice(&next, (struct span){key.p, (size_t)(val.p + val.n - key.p)});
	}
	if (members->failed)
		next.failed = 1;
	buf_release(members);
	*members = next;
}
