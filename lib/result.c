/* result.c - see result.h. */
#include <string.h>

#include "hint.h"
#include "json.h"
#include "limits.h"
#include "record.h"
#include "refusal.h"
#include "result.h"

static void init(struct result *r, struct span record, struct span id)
{
	memset(r, 0, sizeof *r);
	r->record = record;
	r->id = id;
	answer_init(&r->answer);
	buf_init(&r->value, MAX_RECORD);
	fault_clear(&r->fault);
}

void result_read(struct result *r, struct span record, struct span id)
{
	struct span error = record_error(record), response = span_get(record, "response");
	struct span body = span_get(response, "body");
	struct fault inner;
	long long status;

	init(r, record, id);
	r->body = body;
	if (error.p != NULL) {	/* an earlier stage said so: its word stands, its text is shown */
		fault_read(error, &r->fault, &r->retryable);
		if (span_kind(body) == SPAN_OBJECT)
			extract(body, &r->answer, &inner);
		return;
	}
	if (span_kind(response) != SPAN_OBJECT)
		fault_set(&r->fault, F_INPUT, "neither a response nor an error in the record");
	else if (span_integer(span_get(response, "status_code"), &status) && (status < 200 || status > 299))
		refusal_read(&r->fault, (int)status, "", body);	/* a Batch output file leaves it to us to see */
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
	r->body = body;
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

void result_fail(struct result *r, const struct fault *f)
{
	r->fault = *f;
	r->retryable = fault_retryable(f->code);
	r->stage = "parse";
}

void result_release(struct result *r)
{
	answer_release(&r->answer);
	buf_release(&r->value);
}

/* US dollars by the route's cost (per million tokens); -1 when it can't be told. */
static double cost_of(const struct result *r)
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

static void add_error(struct buf *out, const struct result *r)
{
	struct span error = record_error(r->record);

	if (r->fault.code == F_NONE)
		buf_adds(out, "null");
	else if (error.p != NULL)
		record_splice(out, error);
	else
		fault_write(out, &r->fault, r->stage);
}

static void add_calls(struct buf *out, const struct answer *a)
{
	if (a->calls_raw.len == 0)
		return;
	buf_adds(out, ",\"tool_calls\":");
	buf_add(out, a->calls_raw.data, a->calls_raw.len);
}

static void add_texts(struct buf *out, const struct result *r)
{
	const struct answer *a = &r->answer;

	if (r->fault.code == F_NONE || a->text.len > 0) {	/* of a failure only what came; "ok" says what it is */
		buf_adds(out, ",\"text\":");
		json_quote(out, buf_text(&a->text), a->text.len);
	}
	if (r->fault.code == F_NONE && r->value.len > 0) {
		buf_adds(out, ",\"value\":");
		buf_add(out, r->value.data, r->value.len);
	}
	if (a->reasoning.len > 0) {
		buf_adds(out, ",\"reasoning\":");
		json_quote(out, buf_text(&a->reasoning), a->reasoning.len);
	}
	if (r->fault.code == F_NONE)
		add_calls(out, a);
}

/* One of several choices.  What it can't be taken for is said in an `error` of its own. */
static void add_choice(struct buf *out, struct span choice, long long n)
{
	struct span index = span_get(choice, "index");
	struct answer a;
	struct fault f;
	int good;

	answer_init(&a);
	good = extract_choice(choice, &a, &f) == 0;
	buf_adds(out, "{\"index\":");
	if (span_kind(index) == SPAN_NUMBER)
		record_splice(out, index);
	else
		buf_addf(out, "%lld", n);
	buf_adds(out, ",\"text\":");
	json_quote(out, buf_text(&a.text), a.text.len);
	if (a.reasoning.len > 0) {
		buf_adds(out, ",\"reasoning\":");
		json_quote(out, buf_text(&a.reasoning), a.reasoning.len);
	}
	if (good)
		add_calls(out, &a);
	copy(out, "finish_reason", a.finish);
	if (!good) {
		buf_adds(out, ",\"error\":");
		fault_write(out, &f, "parse");
	}
	buf_addc(out, '}');
	answer_release(&a);
}

/* All of them, when there is more than the one that the record is about. */
static void add_choices(struct buf *out, const struct result *r)
{
	struct span choices = span_get(r->body, "choices"), key, choice;
	struct span_iter it = span_each(choices);
	long long n;

	if (r->fault.code != F_NONE || span_kind(choices) != SPAN_ARRAY || span_count(choices) < 2)
		return;
	buf_adds(out, ",\"choices\":[");
	for (n = 0; span_next(&it, &key, &choice); n++) {
		if (n > 0)
			buf_addc(out, ',');
		add_choice(out, choice, n);
	}
	buf_addc(out, ']');
}

void result_write(struct buf *out, const struct result *r)
{
	double cost = cost_of(r);
	jv dollars;

	buf_addf(out, "{\"custom_id\":%.*s,\"ok\":%s", (int)r->id.n, r->id.p, r->fault.code == F_NONE ? "true" : "false");
	copy(out, "ref", span_at(r->record, "route.ref"));
	copy(out, "model", r->answer.model);
	add_texts(out, r);
	add_choices(out, r);
	copy(out, "finish_reason", r->answer.finish);
	copy(out, "usage", r->answer.usage);
	if (cost >= 0) {
		dollars = jv_number(cost);
		buf_adds(out, ",\"cost\":");
		json_write(out, dollars);
		jv_free(dollars);
	}
	copy(out, "timing", span_get(r->record, "timing"));
	copy(out, "attempts", span_get(r->record, "attempts"));
	copy(out, "input", span_get(r->record, "input"));
	buf_adds(out, ",\"error\":");
	add_error(out, r);
	buf_addc(out, '}');
}

/* A line of the envelope, two blanks deep, when the value is there. */
static void envelope_line(struct buf *out, const char *name, struct span v)
{
	if (v.p == NULL)
		return;
	buf_addf(out, ",\n  \"%s\": ", name);
	record_splice(out, v);
}

/* The files of the input, when it has them in the envelope's own form. */
static void add_inputs(struct buf *out, struct span files)
{
	struct span_iter it = span_each(files);
	struct span key, file;
	int n = 0;

	if (span_kind(files) != SPAN_ARRAY)
		return;
	for (; span_next(&it, &key, &file); n++)
		if (span_kind(span_get(file, "path")) != SPAN_STRING || span_kind(span_get(file, "mimeType")) != SPAN_STRING)
			return;
	if (n > 0)
		envelope_line(out, "inputs", files);
}

void result_envelope(struct buf *out, const struct result *r)
{
	int good = r->fault.code == F_NONE;
	struct span route = span_get(r->record, "route"), attempts = span_get(r->record, "attempts");

	buf_addf(out, "{\n  \"ok\": %s,\n  \"capability\": \"model.run\",\n  \"transport\": \"local\"", good ? "true" : "false");
	envelope_line(out, "provider", span_get(route, "provider"));
	envelope_line(out, "model", span_get(route, "model"));
	envelope_line(out, "attempts", attempts.p != NULL ? attempts : span_of("[]"));
	add_inputs(out, span_at(r->record, "input.files"));
	if (good) {
		buf_adds(out, ",\n  \"outputs\": [\n    {\n      \"text\": ");
		json_quote(out, buf_text(&r->answer.text), r->answer.text.len);
		buf_adds(out, ",\n      \"mediaUrl\": null\n    }\n  ]");
		envelope_line(out, "usage", r->answer.usage);
	} else {
		buf_adds(out, ",\n  \"error\": ");
		add_error(out, r);
	}
	buf_adds(out, "\n}");
}
