/* shape.c - see shape.h. */
#include <stdlib.h>
#include <string.h>

#include "compat.h"
#include "compattool.h"
#include "endpoint.h"
#include "json.h"
#include "limits.h"
#include "record.h"
#include "shape.h"

/* Most bodies fit in that many bytes: memory is asked for once. */
enum { USUAL = 1000 };
/* The levels that lines of ours and the next stages have above what came in: a schema in a fallback's body, and some to spare. */
enum { OWN_DEPTH = 12 };

/* The members of a prompt record that are ours; those of fields.h go into the body, and what is neither travels in `input`. */
static const char *const own_fields[] = {
	"prompt", "messages", "system", "stream", "max_tokens", "max_completion_tokens", "tools", "tool_choice",
	"schema", "thinking", "params", "custom_id", "model", "files", NULL
};
static const char *const batch_fields[] = {"custom_id", "method", "url", "body", "route", "fallbacks", NULL};

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

/* What the making of bodies needs of it. */
static void read_fields(struct shape_route *r, struct span text)
{
	struct span input = span_get(text, "input"), images;
	struct span_iter it = span_each(input);
	struct span key, field;
	enum endpoint e;
	struct buf base;
	jv usual;

	r->fields.compat = r->to.compat = r->compat;
	r->fields.params = span_get(text, "params");
	r->fields.max_tokens = span_get(text, "maxTokens");
	r->fields.context_window = span_get(text, "contextWindow");
	r->fields.context_tokens = span_get(text, "contextTokens");
	r->fields.reasoning = r->to.reasoning = span_kind(span_get(text, "reasoning")) == SPAN_TRUE;
	compat_plan(&r->plan, r->compat, r->to.reasoning);
	r->to.provider = span_get(text, "provider");
	r->to.model = r->model;
	r->to.images = input.p == NULL ? -1 : 0;
	while (span_next(&it, &key, &images))
		r->to.images |= span_eq(images, "image");
	buf_init(&base, 1 << 16);
	span_decode(span_get(text, "baseUrl"), SPAN_REPLACE, &base);
	e = endpoint_of(buf_text(&base));
	r->fields.proxy = endpoint_is_proxy(e);
	usual = compat_usual(e);
	field = span_get(r->compat, "maxTokensField");
	if (span_kind(field) == SPAN_STRING && !span_eq(field, json_text(usual, "maxTokensField")))
		r->limit_field = field;
	jv_free(usual);
	buf_release(&base);
	fields_ready(&r->fields);
}

static int add_fallbacks(struct shape_route *r, struct span list, struct fault *f)
{
	struct span_iter it = span_each(list);
	struct span key, one;
	size_t n = span_kind(list) == SPAN_ARRAY ? span_count(list) : 0;

	if (n == 0)
		return 0;
	if ((r->fallback = calloc(n, sizeof *r->fallback)) == NULL)
		return fault_set(f, F_INPUT, "out of memory");
	while (span_next(&it, &key, &one)) {
		if (shape_route_init(&r->fallback[r->nfallbacks], one, f) != 0)
			return -1;
		r->nfallbacks++;
	}
	return 0;
}

int shape_route_init(struct shape_route *r, struct span route, struct fault *f)
{
	struct span text;

	memset(r, 0, sizeof *r);
	buf_init(&r->text, MAX_RECORD);
	buf_init(&r->keep, MAX_RECORD);
	record_splice(&r->text, route);
	text = (struct span){buf_text(&r->text), r->text.len};
	r->ref = span_get(text, "ref");
	r->model = span_get(text, "model");
	r->compat = span_get(text, "compat");
	if (span_kind(r->model) != SPAN_STRING || span_kind(span_get(text, "baseUrl")) != SPAN_STRING) {
		shape_route_release(r);
		return fault_set(f, F_INPUT, "not a route: model and baseUrl are due in it");
	}
	read_fields(r, text);
	keep_members(&r->keep, text);
	if (add_fallbacks(r, span_get(text, "fallbacks"), f) == 0)
		return 0;
	shape_route_release(r);
	return -1;
}

void shape_route_release(struct shape_route *r)
{
	int i;

	for (i = 0; i < r->nfallbacks; i++)
		shape_route_release(&r->fallback[i]);
	free(r->fallback);
	buf_release(&r->text);
	buf_release(&r->keep);
	r->fallback = NULL;
	r->nfallbacks = 0;
}

/* The first message speaks for the system. */
static int has_system(struct span messages)
{
	struct span_iter it = span_each(messages);
	struct span key, first;

	return span_next(&it, &key, &first) &&
	    (span_eq(span_get(first, "role"), "system") || span_eq(span_get(first, "role"), "developer"));
}

/* A body from a prompt, fields in the reference's order. */
static int build_body(struct buf *out, const struct shape_input *in, const struct shape_route *r,
    const struct shape_options *opts, struct fault *f)
{
	struct message_input said = in->said;
	size_t from;
	int bad;

	if (opts->messages.p != NULL && said.messages.p != NULL)
		return fault_set(f, F_INPUT, "--messages and a conversation of the input: one of them");
	if (opts->messages.p != NULL)
		said.messages = opts->messages;
	if ((said.system.p != NULL || opts->extra.system != NULL) && has_system(said.messages))
		return fault_set(f, F_INPUT, "the conversation has a system message, and there is another system text");
	buf_adds(out, "{\"model\":");
	buf_add(out, r->model.p, r->model.n);
	buf_adds(out, ",\"messages\":");
	from = out->len;
	bad = message_build(out, &said, &opts->extra, &r->to, f);
	if (!bad && !out->failed)
		bad = fields_write(out, in->record, (struct span){out->data + from, out->len - from}, opts->stream,
		    &r->fields, &opts->fields, f);
	buf_addc(out, '}');
	return bad;
}

/* What a member of a ready body becomes: `model` the route's, `stream` what the command line says; else it stays.  SPAN_NIL: it goes. */
static struct span member_now(struct span key, struct span val, const struct shape_route *r, int stream)
{
	if (span_eq(key, "model"))
		return r->model;
	if (stream == STREAM_NO && span_eq(key, "stream_options"))
		return SPAN_NIL;	/* servers refuse it where nothing is streamed */
	if ((stream == STREAM_NO || stream == STREAM_YES) && span_eq(key, "stream"))
		return span_of(stream == STREAM_YES ? "true" : "false");
	return val;
}

/* Past a member that goes: the first one takes the comma behind it along. */
static const char *past_member(struct span val, int is_first, const char *end)
{
	const char *p = val.p + val.n;

	while (is_first && p < end && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n' || *p == ','))
		p++;
	return p;
}

/* A ready body: the members above, put in where they are missing; every other byte stays. */
static void take_body(struct buf *out, struct span body, const struct shape_route *r,
    const struct shape_options *opts)
{
	struct span_iter it = span_each(body);
	struct span key, val, now, rest = {body.p, body.n - 1};	/* what is left to copy, but the brace */
	const char *end = body.p + 1;	/* past the last member that stayed */
	size_t n = 0;

	while (span_next(&it, &key, &val)) {
		now = member_now(key, val, r, opts->stream);
		if (now.p == NULL) {
			record_splice(out, (struct span){rest.p, (size_t)(end - rest.p)});
			rest.p = end = past_member(val, n == 0, body.p + body.n - 1);
			continue;
		}
		n++;
		end = val.p + val.n;
		if (now.p == val.p)
			continue;
		record_splice(out, (struct span){rest.p, (size_t)(val.p - rest.p)});
		buf_add(out, now.p, now.n);
		rest.p = end;
	}
	rest.n = (size_t)(body.p + body.n - 1 - rest.p);
	record_splice(out, rest);
	if (span_get(body, "model").p == NULL) {
		buf_adds(out, n++ > 0 ? ",\"model\":" : "\"model\":");
		buf_add(out, r->model.p, r->model.n);
	}
	if ((opts->stream == STREAM_NO || opts->stream == STREAM_YES) && span_get(body, "stream").p == NULL)
		buf_addf(out, "%s\"stream\":%s", n > 0 ? "," : "", opts->stream == STREAM_YES ? "true" : "false");
	buf_addc(out, '}');
}

/* What came in beside the prompt: {"input":{...}}. */
static void add_input(struct buf *line, const struct shape_input *in)
{
	struct span_iter it = span_each(in->record);
	struct span key, val;
	int n = 0;

	if (in->whole.p != NULL) {
		buf_adds(line, ",\"input\":");
		record_splice(line, in->whole);
	}
	if (in->whole.p != NULL || span_kind(in->record) != SPAN_OBJECT)
		return;
	while (span_next(&it, &key, &val)) {
		if (listed(own_fields, key) || fields_known(key))
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

/* The body for a route, its flags applied. */
static int write_body(struct buf *line, const struct shape_input *in, const struct shape_route *r,
    const struct shape_options *opts, struct fault *f)
{
	struct buf body, renamed;
	int bad = 0;

	buf_init(&body, MAX_RECORD);
	buf_room(&body, USUAL);
	if (in->kind == SHAPE_PROMPT)
		bad = build_body(&body, in, r, opts, f);
	else
		take_body(&body, in->body, r, opts);
	if (!bad && opts->watch != NULL && opts->watch->begin != NULL)
		opts->watch->begin(opts->watch->ctx, r->ref.p != NULL ? r->ref : r->model);
	buf_init(&renamed, MAX_RECORD);
	if (!bad && in->kind != SHAPE_PROMPT && r->limit_field.p != NULL &&
	    compattool_limit((struct span){buf_text(&body), body.len}, r->limit_field, &renamed)) {
		if (opts->watch != NULL && !renamed.failed)
			opts->watch->changed(opts->watch->ctx, compat_find("maxTokensField"),
			    (struct span){buf_text(&body), body.len}, (struct span){buf_text(&renamed), renamed.len});
		buf_release(&body);
		body = renamed;
		buf_init(&renamed, 0);
	}
	buf_release(&renamed);
	if (!bad)
		compat_follow(&r->plan, (struct span){buf_text(&body), body.len}, line, opts->watch);
	if (!bad && (body.failed || line->failed))
		bad = fault_set(f, F_INPUT, "the request would be over %lu bytes", MAX_RECORD);
	buf_release(&body);
	return bad;
}

/* The id, in Batch format of several routes with the route's own reference behind it. */
static void add_id(struct buf *line, const struct shape_input *in, const struct shape_route *r, const struct shape_options *opts)
{
	buf_adds(line, "{\"custom_id\":");
	if (opts->batch && opts->several && span_kind(r->ref) == SPAN_STRING) {
		buf_add(line, buf_text(&in->id), in->id.len - 1);
		buf_addc(line, '@');
		buf_add(line, r->ref.p + 1, r->ref.n - 1);
	} else
		buf_add(line, buf_text(&in->id), in->id.len);
}

/* The bodies to try next, each with its own flags; a model that can't take the input is left out. */
static void add_tries(struct buf *line, const struct shape_input *in, const struct shape_route *r,
    const struct shape_options *opts)
{
	struct fault unused;
	size_t before;
	int i, n = 0;

	for (i = 0; i < r->nfallbacks; i++) {
		before = line->len;
		buf_adds(line, n == 0 ? ",\"fallbacks\":[{\"route\":" : ",{\"route\":");
		buf_add(line, buf_text(&r->fallback[i].keep), r->fallback[i].keep.len);
		buf_adds(line, ",\"body\":");
		if (write_body(line, in, &r->fallback[i], opts, &unused) == 0) {
			buf_addc(line, '}');
			n++;
		} else {
			buf_cut(line, before);
		}
	}
	if (n > 0)
		buf_addc(line, ']');
}

/* Options that make a body are no use for one that is ready. */
static int is_for_prompts(const struct shape_options *opts)
{
	return opts->extra.system != NULL || opts->extra.parts.n > 0 || opts->messages.p != NULL ||
	    opts->fields.max_tokens > 0 || opts->fields.params.p != NULL || opts->fields.schema.p != NULL ||
	    opts->fields.json_object || opts->fields.tools.p != NULL || opts->fields.tool_choice.p != NULL ||
	    opts->fields.sort_tools || opts->fields.thinking != NULL;
}

/* Could a value be nested deeper than that?  Nearly always its length says no. */
static int is_deep(struct span v, int most)
{
	int level = 0, deepest = 0, in_string = 0;
	size_t i;

	if (span_kind(v) < SPAN_ARRAY || v.n <= 2 * (size_t)most)
		return 0;
	for (i = 0; i < v.n; i++) {
		if (v.p[i] == '"')
			in_string = !in_string;
		else if (v.p[i] == '\\')	/* only in a string */
			i++;
		else if (!in_string && (v.p[i] == '{' || v.p[i] == '['))
			deepest = ++level > deepest ? level : deepest;
		else if (!in_string && (v.p[i] == '}' || v.p[i] == ']'))
			level--;
	}
	return deepest > most;
}

/* What came in stands deeper in a line; the next stage must be able to read that. */
static int check_depth(const struct shape_input *in, const struct shape_options *opts, struct fault *f)
{
	const struct fields_options *o = &opts->fields;
	const struct { struct span v; const char *name; } all[] = {
		{in->value, "the input"}, {in->whole, "the input"}, {opts->messages, "--messages"}, {o->params, "--param"},
		{o->schema, "--schema"}, {o->tools, "--tools"},
	};
	size_t i;

	for (i = 0; i < sizeof all / sizeof all[0]; i++)
		if (is_deep(all[i].v, MAX_DEPTH - OWN_DEPTH))
			return fault_set(f, F_INPUT, "%s: nested more than %d deep", all[i].name, MAX_DEPTH - OWN_DEPTH);
	return 0;
}

int shape_write(struct buf *line, const struct shape_input *in, const struct shape_route *r,
    const struct shape_options *opts, struct fault *f)
{
	if (in->kind != SHAPE_PROMPT && is_for_prompts(opts))
		return fault_set(f, F_INPUT, "a ready body takes nothing that is for prompts (-s, -f, --max-tokens, --tools ...)");
	if (in->said.prompt.p == NULL && in->kind == SHAPE_PROMPT && opts->extra.parts.n > 0)
		return fault_set(f, F_INPUT, "a conversation takes no files (-f): they go with a prompt");
	if (check_depth(in, opts, f) != 0)
		return -1;
	buf_room(line, r->keep.len + USUAL);
	add_id(line, in, r, opts);
	add_url(line, in);
	buf_adds(line, ",\"body\":");
	if (write_body(line, in, r, opts, f) != 0)
		return -1;
	if (!opts->batch) {
		buf_adds(line, ",\"route\":");
		buf_add(line, buf_text(&r->keep), r->keep.len);
		add_tries(line, in, r, opts);
		if (in->kind == SHAPE_BATCH)
			record_rest(line, in->value, batch_fields);
		if (in->kind == SHAPE_PROMPT || in->whole.p != NULL)
			add_input(line, in);
	}
	buf_addc(line, '}');
	if (line->failed)
		return fault_set(f, F_INPUT, "the request would be over %lu bytes", MAX_RECORD);
	return 0;
}
