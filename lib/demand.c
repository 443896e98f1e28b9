/* demand.c - see demand.h. */
#include "demand.h"

int demand_cut(const struct result *r)
{
	return r->fault.code == F_NONE && span_eq(r->answer.finish, "length");
}

/* The reasons that extract() takes, but for "length", are good ends; so is nothing but an end. */
static int stopped(const struct result *r, struct fault *f)
{
	if (demand_cut(r)) {
		fault_set(f, F_LENGTH, "the answer was cut at max_tokens");
		fault_hint(f, "more max_tokens, or a shorter answer asked for");
		return -1;
	}
	if (span_kind(r->answer.finish) != SPAN_STRING || r->answer.finish.n <= 2)
		return fault_set(f, F_TRUNCATED, "the answer has no finish_reason: it may not be whole");
	return 0;
}

void demand_apply(const struct demand *d, struct result *r)
{
	struct fault f;

	if (r->fault.code != F_NONE)
		return;
	fault_clear(&f);
	if (d->stop)
		stopped(r, &f);
	if (f.code != F_NONE)
		result_fail(r, &f);
}
