/* shape.c - see shape.h. */
#include <string.h>

#include "compat.h"
#include "json.h"
#include "limits.h"
#include "record.h"
#include "shape.h"

/*
 * The members of a prompt record that are fields of the body, in the order in
 * which the reference sends them (REFERENCE 4.2), and those that it owns
 * itself.  What is in neither list travels in `input`.
 */
static const char *const body_fields[] = {
	"temperature", "top_p", "top_k", "min_p", "response_format", "frequency_penalty",
	"presence_penalty", "repetition_penalty", "logit_bias", "logprobs", "top_logprobs", "n",
	"seed", "stop", "user", "metadata", "tools", "tool_choice", "parallel_tool_calls", NULL
};
static const char *const own_fields[] = {
	"prompt", "messages", "system", "stream", "max_tokens", "max_completion_tokens",
	"custom_id", "model", NULL
};
static const char *const batch_fields[] = {"custom_id", "method", "url", "body", NULL};

static int listed(const char *const *names, struct span key)
{
	for (; *names != NULL; names++)
		if (span_eq(key, *names))
			return 1;
	return 0;
}

/* {"ref":..,"model":..,...} with what later stages need of a route. */
static void keep_members(struct buf *out, struct span route)
{
	static const char *const kept[] = {"ref", "provider", "model", "baseUrl", "endpoint", "auth",
	    "headers", "request", "timeoutSeconds", "cost", "source", NULL};
	struct span_iter it = span_each(route);
	struct span key, val;

	buf_addc(out, '{');
	while (span_next(&it, &key, &val)) {
		if (!listed(kept, key))
			continue;
		if (out->len > 1)
			buf_addc(out, ',');
		buf_add(out, key.p, (size_t)(val.p + val.n - key.p));
	}
	buf_addc(out, '}');
}

int shape_route_init(struct shape_route *r, struct span route, struct fault *f)
{
	struct span text;

	memset(r, 0, sizeof *r);
	buf_init(&r->text, MAX_RECORD);
	buf_init(&r->keep, MAX_RECORD);
	record_splice(&r->text, route);
	text = (struct span){buf_text(&r->text), r->text.len};
	r->model = span_get(text, "model");
	r->compat = span_get(text, "compat");
	r->max_tokens = span_get(text, "maxTokens");
	if (span_kind(r->model) != SPAN_STRING || span_kind(span_get(text, "baseUrl")) != SPAN_STRING) {
		shape_route_release(r);
		return fault_set(f, F_INPUT, "not a route: model and baseUrl are due in it");
	}
	r->max_completion = span_eq(span_get(r->compat, "maxTokensField"), "max_completion_tokens");
	r->usage_in_stream = span_kind(span_get(r->compat, "supportsUsageInStreaming")) == SPAN_TRUE;
	r->store = span_kind(span_get(r->compat, "supportsStore")) == SPAN_TRUE;
	keep_members(&r->keep, text);
	return 0;
}

void shape_route_release(struct shape_route *r)
{
	buf_release(&r->text);
	buf_release(&r->keep);
}

static int is_messages(struct span v)
{
	struct span_iter it = span_each(v);
	struct span key, m;
	int n = 0;

	for (; span_next(&it, &key, &m); n++)
		if (span_kind(span_get(m, "role")) != SPAN_STRING)
			return 0;
	return span_kind(v) == SPAN_ARRAY && n > 0;
}

static int read_prompt(struct shape_input *in, struct fault *f)
{
	in->kind = SHAPE_PROMPT;
	in->said.prompt = span_get(in->value, "prompt");
	in->said.messages = span_get(in->value, "messages");
	in->said.system = span_get(in->value, "system");
	if (in->said.prompt.p == NULL && in->said.messages.p == NULL)
		return fault_set(f, F_INPUT, "no prompt or messages in the object");
	if (in->said.prompt.p != NULL && span_kind(in->said.prompt) != SPAN_STRING)
		return fault_set(f, F_INPUT, "prompt: a text is due");
	if (in->said.messages.p != NULL && !is_messages(in->said.messages))
		return fault_set(f, F_INPUT, "messages: an array of objects with a role is due");
	if (in->said.system.p != NULL && span_kind(in->said.system) != SPAN_STRING)
		return fault_set(f, F_INPUT, "system: a text is due");
	return 0;
}

static int read_object(struct shape_input *in, struct fault *f)
{
	in->body = span_get(in->value, "body");
	if (record_error(in->value).p != NULL) {
		in->kind = SHAPE_FAILED;
		return 0;
	}
	if (span_get(in->value, "route").p != NULL)	/* data can't name a server or a key */
		return fault_set(f, F_INPUT, "a route among the data is not obeyed (give it on stdin with -p, or with --route)");
	if (in->body.p != NULL) {
		in->kind = SHAPE_BATCH;
		return span_kind(in->body) == SPAN_OBJECT ? 0 : fault_set(f, F_INPUT, "body: an object is due");
	}
	if (span_get(in->value, "model").p == NULL || span_get(in->value, "messages").p == NULL)
		return read_prompt(in, f);
	in->kind = SHAPE_BODY;
	in->body = in->value;
	return 0;
}

int shape_read(struct shape_input *in, struct span value, long ordinal, struct fault *f)
{
	memset(in, 0, sizeof *in);
	in->value = value;
	buf_init(&in->id, MAX_RECORD);
	record_id(&in->id, value, 1, ordinal);
	switch (span_kind(value)) {
	case SPAN_STRING:
		in->said.prompt = value;
		return 0;
	case SPAN_ARRAY:
		in->said.messages = value;
		return is_messages(value) ? 0 :
		    fault_set(f, F_INPUT, "an array of messages is due: objects with a role");
	case SPAN_OBJECT:
		return read_object(in, f);
	default:
		return fault_set(f, F_INPUT, "a prompt is a text, an array of messages or an object (plain text?)");
	}
}

void shape_input_release(struct shape_input *in)
{
	buf_release(&in->id);
}

static void add_member(struct buf *out, const char *name, struct span val)
{
	buf_addf(out, ",\"%s\":", name);
	record_splice(out, val);
}

/* Caller's limit, else the record's, else the route's; none when nobody says. */
static void add_limit(struct buf *out, const struct shape_input *in, const struct shape_route *r,
    const struct shape_options *opts)
{
	const char *name = r->max_completion ? "max_completion_tokens" : "max_tokens";
	struct span limit = span_get(in->value, "max_tokens");

	if (span_kind(limit) <= SPAN_NULL)	/* strict servers refuse a null */
		limit = span_get(in->value, "max_completion_tokens");
	if (span_kind(limit) <= SPAN_NULL)
		limit = r->max_tokens;
	if (opts->max_tokens > 0)
		buf_addf(out, ",\"%s\":%ld", name, opts->max_tokens);
	else if (limit.p != NULL)
		add_member(out, name, limit);
}

static int wants_stream(const struct shape_input *in, const struct shape_options *opts)
{
	if (opts->stream >= 0)
		return opts->stream;
	return span_kind(span_get(in->value, "stream")) == SPAN_TRUE;
}

/* A body from a prompt, fields in the reference's order. */
static void build_body(struct buf *out, const struct shape_input *in, const struct shape_route *r,
    const struct shape_options *opts)
{
	int stream = wants_stream(in, opts), i;
	struct span val;

	buf_adds(out, "{\"model\":");
	buf_add(out, r->model.p, r->model.n);
	buf_adds(out, ",\"messages\":");
	message_write(out, &in->said, &opts->extra);
	buf_adds(out, stream ? ",\"stream\":true" : ",\"stream\":false");
	if (stream && r->usage_in_stream)
		buf_adds(out, ",\"stream_options\":{\"include_usage\":true}");
	if (r->store)
		buf_adds(out, ",\"store\":false");
	for (i = 0; body_fields[i] != NULL && span_kind(in->value) == SPAN_OBJECT; i++)
		if (span_kind(val = span_get(in->value, body_fields[i])) > SPAN_NULL)
			add_member(out, body_fields[i], val);
	add_limit(out, in, r, opts);
	buf_addc(out, '}');
}

/* What a member of a ready body becomes: `model` the route's, `stream` what the command line says; else it stays. */
static struct span member_now(struct span key, struct span val, const struct shape_route *r, int stream)
{
	if (span_eq(key, "model"))
		return r->model;
	if (stream >= 0 && span_eq(key, "stream"))
		return span_of(stream ? "true" : "false");
	return val;
}

/* A ready body: the two members above, put in where they are missing; every other byte stays. */
static void take_body(struct buf *out, struct span body, const struct shape_route *r,
    const struct shape_options *opts)
{
	struct span_iter it = span_each(body);
	struct span key, val, now, rest = {body.p, body.n - 1};	/* what is left to copy, but the brace */
	size_t n = 0;

	while (span_next(&it, &key, &val)) {
		n++;
		now = member_now(key, val, r, opts->stream);
		if (now.p == val.p)
			continue;
		record_splice(out, (struct span){rest.p, (size_t)(val.p - rest.p)});
		buf_add(out, now.p, now.n);
		rest.p = val.p + val.n;
	}
	rest.n = (size_t)(body.p + body.n - 1 - rest.p);
	record_splice(out, rest);
	if (span_get(body, "model").p == NULL) {
		buf_adds(out, n++ > 0 ? ",\"model\":" : "\"model\":");
		buf_add(out, r->model.p, r->model.n);
	}
	if (opts->stream >= 0 && span_get(body, "stream").p == NULL)
		buf_addf(out, "%s\"stream\":%s", n > 0 ? "," : "", opts->stream ? "true" : "false");
	buf_addc(out, '}');
}

/* The members of a prompt record that are nobody's: {"input":{...}}. */
static void add_input(struct buf *line, struct span value)
{
	struct span_iter it = span_each(value);
	struct span key, val;
	int n = 0;

	if (span_kind(value) != SPAN_OBJECT)
		return;
	while (span_next(&it, &key, &val)) {
		if (listed(own_fields, key) || listed(body_fields, key))
			continue;
		buf_adds(line, n++ == 0 ? ",\"input\":{" : ",");
		record_splice(line, (struct span){key.p, (size_t)(val.p + val.n - key.p)});
	}
	if (n > 0)
		buf_addc(line, '}');
}

static void add_url(struct buf *line, const struct shape_input *in)
{
	struct span url = in->kind == SHAPE_BATCH ? span_get(in->value, "url") : SPAN_NIL;

	buf_adds(line, ",\"method\":\"POST\",\"url\":");
	if (span_kind(url) == SPAN_STRING)
		buf_add(line, url.p, url.n);
	else
		buf_adds(line, "\"/v1/chat/completions\"");
}

int shape_write(struct buf *line, const struct shape_input *in, const struct shape_route *r,
    const struct shape_options *opts, struct fault *f)
{
	struct buf body;

	if (in->kind != SHAPE_PROMPT && (opts->extra.system != NULL || opts->extra.nfiles > 0 || opts->max_tokens > 0))
		return fault_set(f, F_INPUT, "a ready body takes no system text (-s), files (-f) or --max-tokens");
	if (in->said.prompt.p == NULL && opts->extra.nfiles > 0)
		return fault_set(f, F_INPUT, "a conversation takes no -f: files go with a prompt");
	buf_init(&body, MAX_RECORD);
	if (in->kind == SHAPE_PROMPT)
		build_body(&body, in, r, opts);
	else
		take_body(&body, in->body, r, opts);
	buf_adds(line, "{\"custom_id\":");
	buf_add(line, buf_text(&in->id), in->id.len);
	add_url(line, in);
	buf_adds(line, ",\"body\":");
	compat_apply(r->compat, (struct span){buf_text(&body), body.len}, line, NULL);
	buf_adds(line, ",\"route\":");
	buf_add(line, buf_text(&r->keep), r->keep.len);
	if (in->kind == SHAPE_PROMPT)
		add_input(line, in->value);
	else if (in->kind == SHAPE_BATCH)
		record_rest(line, in->value, batch_fields);
	buf_addc(line, '}');
	if (body.failed || line->failed)
		fault_set(f, F_INPUT, "the request would be over %lu bytes", MAX_RECORD);
	else
		f->code = F_NONE;
	buf_release(&body);
	return f->code == F_NONE ? 0 : -1;
}
