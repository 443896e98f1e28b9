/* result.c - see result.h. */
#include <string.h>

#include "hint.h"
#include "json.h"
#include "record.h"
#include "result.h"

static void init(struct result *r, struct span record, struct span id)
{
	memset(r, 0, sizeof *r);
	r->record = record;
	r->id = id;
	answer_init(&r->answer);
	fault_clear(&r->fault);
}

void result_read(struct result *r, struct span record, struct span id)
{
	struct span error = record_error(record), response = span_get(record, "response");
	struct span body = span_get(response, "body");
	struct fault inner;

	init(r, record, id);
	if (error.p != NULL) {	/* an earlier stage said so: its word stands, its text is shown */
		fault_read(error, &r->fault, &r->retryable);
		if (span_kind(body) == SPAN_OBJECT)
			extract(body, &r->answer, &inner);
		return;
	}
	if (span_kind(response) != SPAN_OBJECT)
		fault_set(&r->fault, F_INPUT, "neither a response nor an error in the record");
	else
		extract(body, &r->answer, &r->fault);
	r->stage = "parse";
	if (r->fault.code != F_NONE)
		hint(&r->fault, span_get(record, "route"), SPAN_NIL);
	r->retryable = fault_retryable(r->fault.code);
}

void result_bare(struct result *r, struct span body, const struct fault *f, struct span id)
{
	struct fault inner;

	init(r, SPAN_NIL, id);
	r->stage = "parse";
	if (span_kind(body) == SPAN_OBJECT)
		extract(body, &r->answer, &inner);
	else
		fault_clear(&inner);
	r->fault = f->code != F_NONE ? *f : inner;
	if (r->fault.code != F_NONE)
		hint(&r->fault, SPAN_NIL, SPAN_NIL);
	r->retryable = fault_retryable(r->fault.code);
}

void result_release(struct result *r)
{
	answer_release(&r->answer);
}

double result_cost(const struct result *r)
{
	struct span price = span_at(r->record, "route.cost"), usage = r->answer.usage;
	double cached = span_number(span_at(usage, "prompt_tokens_details.cached_tokens"));
	double prompt = span_number(span_get(usage, "prompt_tokens"));
	double completion = span_number(span_get(usage, "completion_tokens"));

	if (span_kind(price) != SPAN_OBJECT || span_kind(usage) != SPAN_OBJECT)
		return -1;
	if (cached > prompt)
		cached = prompt;
	return ((prompt - cached) * span_number(span_get(price, "input")) +
	    cached * span_number(span_get(price, "cacheRead")) +
	    completion * span_number(span_get(price, "output"))) / 1e6;
}

/* ,"name":VALUE for a member that was there */
static void copy(struct buf *out, const char *name, struct span v)
{
	if (v.p == NULL)
		return;
	buf_addf(out, ",\"%s\":", name);
	record_splice(out, v);
}

void result_write(struct buf *out, const struct result *r)
{
	const struct answer *a = &r->answer;
	int good = r->fault.code == F_NONE;
	double cost = result_cost(r);
	struct span error = record_error(r->record);

	buf_addf(out, "{\"custom_id\":%.*s,\"ok\":%s", (int)r->id.n, r->id.p, good ? "true" : "false");
	copy(out, "ref", span_at(r->record, "route.ref"));
	copy(out, "model", a->model);
	if (good || a->text.len > 0) {	/* of a failure only what came; "ok" says what it is */
		buf_adds(out, ",\"text\":");
		json_quote(out, buf_text(&a->text), a->text.len);
	}
	if (a->reasoning.len > 0) {
		buf_adds(out, ",\"reasoning\":");
		json_quote(out, buf_text(&a->reasoning), a->reasoning.len);
	}
	if (good && a->calls.len > 0)
		buf_addf(out, ",\"tool_calls\":%s", buf_text(&a->calls));
	copy(out, "finish_reason", a->finish);
	copy(out, "usage", a->usage);
	if (cost >= 0) {
		jv v = jv_number(cost);

		buf_adds(out, ",\"cost\":");
		json_write(out, v);
		jv_free(v);
	}
	copy(out, "timing", span_get(r->record, "timing"));
	copy(out, "attempts", span_get(r->record, "attempts"));
	copy(out, "input", span_get(r->record, "input"));
	buf_adds(out, ",\"error\":");
	if (good)
		buf_adds(out, "null");
	else if (error.p != NULL)
		record_splice(out, error);
	else
		fault_write(out, &r->fault, r->stage);
	buf_addc(out, '}');
}
