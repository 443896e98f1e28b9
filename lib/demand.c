/* demand.c - see demand.h. */
#include "demand.h"
#include "findjson.h"
#include "fits.h"
#include "limits.h"
#include "record.h"

int demand_cut(const struct result *r)
{
	return r->fault.code == F_NONE && span_eq(r->answer.finish, "length");
}

static int was_cut(struct fault *f)
{
	fault_set(f, F_LENGTH, "the answer was cut at max_tokens");
	fault_hint(f, "more max_tokens, or a shorter answer asked for");
	return -1;
}

/* The reasons that extract() takes, but for "length", are good ends; so is nothing but an end. */
static int stopped(const struct result *r, struct fault *f)
{
	if (demand_cut(r))
		return was_cut(f);
	if (span_kind(r->answer.finish) != SPAN_STRING || r->answer.finish.n <= 2)
		return fault_set(f, F_TRUNCATED, "the answer has no finish_reason: it may not be whole");
	return 0;
}

/* The JSON in the text; of a text that was cut the rest of it may be missing. */
static int take_value(const struct demand *d, struct result *r, struct fault *f)
{
	struct span value;
	struct buf why;
	int bad = 0;

	if (demand_cut(r))
		return was_cut(f);
	if (findjson(buf_text(&r->answer.text), r->answer.text.len, &value) != 0)
		return fault_set(f, F_EXTRACT, r->answer.calls.len > 0 ? "there is no JSON in the text, but a tool call" :
		    "there is no JSON in the text");
	buf_init(&why, MAX_CONFIG);
	if (d->schema.p != NULL && fits(d->schema, value, &why) != 0)
		bad = fault_set(f, F_SCHEMA, "%s", buf_text(&why));
	buf_release(&why);
	if (!bad)
		record_compact(&r->value, value);
	return bad;
}

void demand_apply(const struct demand *d, struct result *r)
{
	struct fault f;

	if (r->fault.code != F_NONE)
		return;
	fault_clear(&f);
	if (d->stop)
		stopped(r, &f);
	if (f.code == F_NONE && d->json)
		take_value(d, r, &f);
	if (f.code != F_NONE)
		result_fail(r, &f);
}
