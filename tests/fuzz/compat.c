/*
 * compat.c - libFuzzer on the compat flags: a compat object, a 0x1e byte, a
 * request body.
 *
 * make fuzz TARGET=compat
 */
#include <stdint.h>

#include "checkjson.h"
#include "compat.h"
#include "compattool.h"
#include "diff.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	struct span last;	/* the body behind the last change, copied */
	struct buf text;
	size_t before, after;
	int changes, done;
};

static void changed(void *ctx, const struct compat *row, struct span before, struct span after)
{
	struct seen *s = ctx;
	struct buf lines;

	must(row->name != NULL && same(before, all_of(&s->text)));
	must(!same(before, after));
	is_json(after.p, after.n);
	buf_init(&lines, MAX_RECORD);
	diff_write(&lines, before, after);
	must(!lines.failed);
	buf_release(&lines);
	buf_clear(&s->text);
	buf_add(&s->text, after.p, after.n);
	s->changes++;
}

static void done(void *ctx, size_t before, size_t after)
{
	struct seen *s = ctx;

	s->before = before;
	s->after = after;
	s->done++;
}

static void one(struct span compat, struct span body)
{
	struct seen s = {.before = 0};
	const struct compat_watch watch = {.changed = changed, .done = done, .ctx = &s};
	struct buf out, twice;

	buf_init(&s.text, MAX_RECORD);
	buf_add(&s.text, body.p, body.n);
	buf_init(&out, MAX_RECORD);
	buf_init(&twice, MAX_RECORD);
	buf_adds(&out, "head ");
	compat_apply(compat, 0, body, &out, &watch);
	must(s.done == 1 && s.before == body.n && s.after == out.len - 5 && memcmp(out.data, "head ", 5) == 0);
	buf_drop(&out, 5);
	is_json(out.data, out.len);
	must(same(all_of(&out), all_of(&s.text)) && (s.changes > 0 || same(all_of(&out), body)));
	compat_apply(compat, 0, all_of(&out), &twice, NULL);
	must(same(all_of(&out), all_of(&twice)));
	buf_release(&out);
	buf_release(&twice);
	buf_release(&s.text);
}

/* What the function of a row does twice is what it does once, and 0 is said when nothing changes. */
static void each_row(struct span compat, struct span body)
{
	const struct compat *row;
	struct buf out, twice;
	struct span value;

	for (row = compat_rows; row->name != NULL; row++) {
		value = span_get(compat, row->name);
		if (row->apply == NULL || value.p == NULL)
			continue;
		buf_init(&out, MAX_RECORD);
		buf_init(&twice, MAX_RECORD);
		if (row->apply(body, value, &out)) {
			is_json(out.data, out.len);
			must(!same(all_of(&out), body));
			must(!row->apply(all_of(&out), value, &twice));
		}
		buf_release(&out);
		buf_release(&twice);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data, *end = p + size;
	struct span compat, body;
	char *copy[2] = {NULL, NULL};

	if (next_json(&p, end, &copy[0], &compat) && next_json(&p, end, &copy[1], &body) && span_kind(body) == SPAN_OBJECT) {
		each_row(compat, body);
		one(compat, body);
	}
	free(copy[0]);
	free(copy[1]);
	return 0;
}
