/* choice.c - see choice.h. */
#include <stdlib.h>
#include <string.h>

#include "choice.h"
#include "json.h"
#include "limits.h"
#include "record.h"

enum { MAX_CALLS = 1024, MAX_NAME = 64 << 10 };

const char *const choice_texts[CHOICE_TEXTS] = {
	"content", "refusal", "reasoning_content", "reasoning", "reasoning_text"
};

void choice_init(struct choice *c, long long index)
{
	int i;

	memset(c, 0, sizeof *c);
	c->index = index;
	for (i = 0; i < CHOICE_TEXTS; i++)
		buf_init(&c->texts[i], MAX_RECORD);
	buf_init(&c->finish, MAX_NAME);
	buf_init(&c->details, MAX_RECORD);
	buf_init(&c->logprobs, MAX_RECORD);
}

void choice_release(struct choice *c)
{
	int i;

	for (i = 0; i < CHOICE_TEXTS; i++)
		buf_release(&c->texts[i]);
	for (i = 0; i < c->ncalls; i++) {
		buf_release(&c->calls[i].id);
		buf_release(&c->calls[i].type);
		buf_release(&c->calls[i].name);
		buf_release(&c->calls[i].arguments);
	}
	free(c->calls);
	buf_release(&c->finish);
	buf_release(&c->details);
	buf_release(&c->logprobs);
}

static void add_raw(struct buf *out, struct span str)
{
	if (span_kind(str) == SPAN_STRING)
		buf_add(out, str.p + 1, str.n - 2);
}

/* A text, or an array of parts that have one. */
static void add_text(struct buf *out, struct span v)
{
	struct span_iter it = span_each(v);
	struct span key, part;

	add_raw(out, v);
	while (span_next(&it, &key, &part))
		add_raw(out, span_get(part, "text"));
}

static void add_elements(struct buf *out, struct span array)
{
	struct span_iter it = span_each(array);
	struct span key, v;

	while (span_next(&it, &key, &v)) {
		if (out->len > 0)
			buf_addc(out, ',');
		record_splice(out, v);
	}
}

static int filled(struct span str)
{
	return span_kind(str) == SPAN_STRING && str.n > 2;
}

static int same_raw(const struct buf *b, struct span str)
{
	return b->len == str.n - 2 && memcmp(b->data, str.p + 1, b->len) == 0;
}

static struct call *new_call(struct choice *c, long long index)
{
	struct call *more = c->ncalls < MAX_CALLS ?
	    realloc(c->calls, ((size_t)c->ncalls + 1) * sizeof *more) : NULL, *call;

	if (more == NULL)
		return NULL;
	c->calls = more;
	call = &more[c->ncalls++];
	call->index = index;
	buf_init(&call->id, MAX_NAME);
	buf_init(&call->type, MAX_NAME);
	buf_init(&call->name, MAX_NAME);
	buf_init(&call->arguments, MAX_RECORD);
	return call;
}

/*
 * Which call a delta goes on with.  By index where there is one (but another
 * id and a name at the same index begin another call: old Ollama gave all
 * index 0); else by id; without both (Gemini, DashScope: index missing, id
 * "") a name begins a call and the rest goes to the last.
 */
static struct call *find_call(struct choice *c, struct span delta)
{
	struct span id = span_get(delta, "id");
	int named = filled(span_at(delta, "function.name")), i;
	long long index;

	if (span_integer(span_get(delta, "index"), &index)) {
		for (i = c->ncalls - 1; i >= 0; i--)
			if (c->calls[i].index == index)
				break;
		if (i >= 0 && !(named && filled(id) && c->calls[i].id.len > 0 && !same_raw(&c->calls[i].id, id)))
			return &c->calls[i];
		return new_call(c, index);
	}
	if (filled(id)) {
		for (i = 0; i < c->ncalls; i++)
			if (c->calls[i].id.len > 0 && same_raw(&c->calls[i].id, id))
				return &c->calls[i];
		return new_call(c, -1);
	}
	return named || c->ncalls == 0 ? new_call(c, -1) : &c->calls[c->ncalls - 1];
}

/* Arguments are a text in pieces; some servers give the object itself. */
static int add_arguments(struct buf *out, struct span v)
{
	struct buf text;
	int bad;

	if (span_kind(v) != SPAN_OBJECT) {
		add_raw(out, v);
		return out->failed ? -1 : 0;
	}
	buf_init(&text, MAX_RECORD);
	json_quote(&text, v.p, v.n);
	if (!text.failed)
		add_raw(out, (struct span){buf_text(&text), text.len});
	bad = text.failed;
	buf_release(&text);
	return bad || out->failed ? -1 : 0;
}

static int add_call(struct choice *c, struct span delta, struct span function)
{
	struct call *call = find_call(c, delta);
	int bad;

	if (call == NULL)
		return -1;
	if (call->id.len == 0)
		add_raw(&call->id, span_get(delta, "id"));
	if (call->type.len == 0)
		add_raw(&call->type, span_get(delta, "type"));
	if (!(call->name.len > 0 && filled(span_get(function, "name")) && same_raw(&call->name, span_get(function, "name"))))
		add_raw(&call->name, span_get(function, "name"));
	bad = add_arguments(&call->arguments, span_get(function, "arguments"));
	return bad || call->id.failed || call->type.failed || call->name.failed ? -1 : 0;
}

int choice_add(struct choice *c, struct span element)
{
	struct span delta = span_get(element, "delta"), v, key;
	struct span_iter it;
	int i, bad = 0;

	if (span_kind(delta) != SPAN_OBJECT)
		delta = span_get(element, "message");	/* some servers say so in a stream too */
	v = span_kind(delta) == SPAN_OBJECT ? SPAN_NIL : span_get(element, "text");	/* /v1/completions */
	if (span_kind(v) == SPAN_STRING) {
		c->has[0] = 1;
		add_raw(&c->texts[0], v);
		bad |= c->texts[0].failed;
	}
	for (i = 0; i < CHOICE_TEXTS; i++) {
		v = span_get(delta, choice_texts[i]);
		if (span_kind(v) != SPAN_STRING && span_kind(v) != SPAN_ARRAY)
			continue;
		c->has[i] = 1;
		add_text(&c->texts[i], v);
		bad |= c->texts[i].failed;
	}
	it = span_each(span_get(delta, "tool_calls"));
	while (span_next(&it, &key, &v))
		bad |= add_call(c, v, span_get(v, "function"));
	v = span_get(delta, "function_call");	/* the form before tools */
	if (span_kind(v) == SPAN_OBJECT)
		bad |= add_call(c, SPAN_NIL, v);
	add_elements(&c->details, span_get(delta, "reasoning_details"));
	add_elements(&c->logprobs, span_at(element, "logprobs.content"));
	v = span_get(element, "finish_reason");
	if (filled(v)) {	/* an empty one says as little as null */
		buf_clear(&c->finish);
		buf_add(&c->finish, v.p, v.n);
	}
	return bad || c->finish.failed || c->details.failed || c->logprobs.failed ? -1 : 0;
}

static void write_calls(struct buf *out, const struct choice *c)
{
	const struct call *call;
	int i;

	for (i = 0; i < c->ncalls; i++) {
		call = &c->calls[i];
		buf_addf(out, "%s{\"id\":\"%s\",\"type\":\"%s\",\"function\":{\"name\":\"", i > 0 ? "," : "",
		    buf_text(&call->id), call->type.len > 0 ? buf_text(&call->type) : "function");
		buf_add(out, buf_text(&call->name), call->name.len);
		buf_adds(out, "\",\"arguments\":\"");
		buf_add(out, buf_text(&call->arguments), call->arguments.len);
		buf_adds(out, "\"}}");
	}
}

void choice_write(struct buf *out, const struct choice *c)
{
	int i;

	buf_addf(out, "{\"index\":%lld,\"message\":{\"role\":\"assistant\",\"content\":", c->index);
	for (i = 0; i < CHOICE_TEXTS; i++) {
		if (i > 0 && !c->has[i])
			continue;
		if (i > 0)
			buf_addf(out, ",\"%s\":", choice_texts[i]);
		/* content is always there: null when only calls or reasoning came, as servers send it whole */
		if (i == 0 && c->texts[0].len == 0 && (c->ncalls > 0 || !c->has[0])) {
			buf_adds(out, "null");
			continue;
		}
		buf_addc(out, '"');
		buf_add(out, buf_text(&c->texts[i]), c->texts[i].len);
		buf_addc(out, '"');
	}
	if (c->details.len > 0)
		buf_addf(out, ",\"reasoning_details\":[%s]", buf_text(&c->details));
	if (c->ncalls > 0) {
		buf_adds(out, ",\"tool_calls\":[");
		write_calls(out, c);
		buf_addc(out, ']');
	}
	buf_adds(out, "}");
	if (c->logprobs.len > 0)
		buf_addf(out, ",\"logprobs\":{\"content\":[%s]}", buf_text(&c->logprobs));
	buf_addf(out, ",\"finish_reason\":%s}", c->finish.len > 0 ? buf_text(&c->finish) : "null");
}
