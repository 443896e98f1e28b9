/* reply.c - see reply.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "choice.h"
#include "json.h"
#include "limits.h"
#include "record.h"
#include "refusal.h"
#include "reply.h"

static const char too_much[] = "the answer is over a limit (64 MB, 128 choices, 1024 tool calls), or memory ran out";

enum { MAX_CHOICES = 128, MAX_TOP = 1 << 20, MAX_MEMBERS = 256 };

void reply_init(struct reply *r, reply_chunk_fn *on_chunk, void *ctx)
{
	memset(r, 0, sizeof *r);
	r->on_chunk = on_chunk;
	r->ctx = ctx;
	buf_init(&r->raw, MAX_RECORD);
	buf_init(&r->top, MAX_TOP);
	repeat_init(&r->repeat);
	sse_init(&r->sse, MAX_EVENT);
	fault_clear(&r->fault);
}

void reply_release(struct reply *r)
{
	int i;

	for (i = 0; i < r->nchoices; i++)
		choice_release(&r->choices[i]);
	free(r->choices);
	repeat_release(&r->repeat);
	sse_release(&r->sse);
	buf_release(&r->raw);
	buf_release(&r->top);
}

void reply_head(struct reply *r, int status, const char *reason)
{
	r->status = status;
	snprintf(r->reason, sizeof r->reason, "%s", reason);
}

static int is_refused(const struct reply *r)
{
	return r->status != 0 && (r->status < 200 || r->status >= 300);
}

/* The first fault counts: what comes after it is debris.  1 when this is it. */
static int spoil(struct reply *r, enum fault_code code, const char *what)
{
	if (r->fault.code != F_NONE)
		return 0;
	fault_set(&r->fault, code, "%s", what);
	r->fault.status = r->status;
	return 1;
}

/* The choices stand by index: the first may come late (llama.cpp with n=2). */
static struct choice *find_choice(struct reply *r, struct span element)
{
	struct choice *more;
	long long index;
	int i;

	if (!span_integer(span_get(element, "index"), &index))
		index = 0;
	for (i = 0; i < r->nchoices && r->choices[i].index < index; i++)
		;
	if (i < r->nchoices && r->choices[i].index == index)
		return &r->choices[i];
	if (r->nchoices == MAX_CHOICES ||
	    (more = realloc(r->choices, ((size_t)r->nchoices + 1) * sizeof *more)) == NULL)
		return NULL;
	r->choices = more;
	memmove(&more[i + 1], &more[i], (size_t)(r->nchoices++ - i) * sizeof *more);
	choice_init(&more[i], index);
	return &more[i];
}

static int same(struct span a, struct span b)
{
	return a.n == b.n && memcmp(a.p, b.p, a.n) == 0;
}

/* The same member with the same value is there already: the usual case, every chunk repeats it. */
static int top_has(const struct reply *r, struct span key, struct span val)
{
	struct span_iter it = span_each((struct span){buf_text(&r->top), r->top.len});
	struct span k, v;

	while (span_next(&it, &k, &v))
		if (same(k, key))
			return same(v, val);
	return 0;
}

/* A member of a chunk that belongs to the whole answer: the latest value counts, the first place stays. */
static void set_top(struct reply *r, struct span key, struct span val)
{
	struct span_iter it = span_each((struct span){buf_text(&r->top), r->top.len});
	struct span k, v;
	struct buf next;
	int found = 0, members = 0;

	if (top_has(r, key, val))
		return;
	buf_init(&next, MAX_TOP);
	while (span_next(&it, &k, &v)) {
		buf_addc(&next, next.len == 0 ? '{' : ',');
		buf_add(&next, k.p, k.n);
		buf_addc(&next, ':');
		record_splice(&next, same(k, key) ? val : v);
		found |= same(k, key);
		members++;
	}
	if (!found && members == MAX_MEMBERS)	/* each chunk looks them all through */
		next.failed = 1;
	if (!found) {
		buf_addc(&next, next.len == 0 ? '{' : ',');
		buf_add(&next, key.p, key.n);
		buf_addc(&next, ':');
		record_splice(&next, val);
	}
	buf_addc(&next, '}');
	if (next.failed) {	/* what was there stays, for people to see */
		buf_release(&next);
		spoil(r, F_BAD_REPLY, too_much);
		return;
	}
	buf_release(&r->top);
	r->top = next;
}

/* id, model, usage, timings, ...: all but what is assembled; a null says nothing. */
static void keep_top(struct reply *r, struct span chunk)
{
	struct span_iter it = span_each(chunk);
	struct span key, val;

	if (!it.object)
		return;
	while (span_next(&it, &key, &val))
		if (span_kind(val) != SPAN_NULL && !span_eq(key, "choices") && !span_eq(key, "object"))
			set_top(r, key, val);
}

static void take_error(struct reply *r, struct span text)
{
	r->has_error = 1;
	if (r->fault.code == F_NONE)
		refusal_read(&r->fault, 200, "", text);
}

/* To who watches: on one line. */
static void tell_chunk(struct reply *r, struct span chunk)
{
	struct buf line;

	if (r->on_chunk == NULL)
		return;
	if (memchr(chunk.p, '\n', chunk.n) == NULL && memchr(chunk.p, '\r', chunk.n) == NULL) {
		r->on_chunk(r->ctx, chunk);
		return;
	}
	buf_init(&line, MAX_RECORD);
	record_splice(&line, chunk);
	if (line.failed)
		spoil(r, F_BAD_REPLY, too_much);
	else
		r->on_chunk(r->ctx, (struct span){buf_text(&line), line.len});
	buf_release(&line);
}

/* Most of a stream: a chunk that has nothing new but a piece of the text. */
static int take_piece(struct reply *r, struct span chunk)
{
	struct buf *text;
	struct span piece;

	if (!repeat_has(&r->repeat, chunk, &piece))
		return 0;
	r->chunks++;
	text = &r->choices[r->repeat.choice].texts[0];
	buf_add(text, piece.p, piece.n);
	if (text->failed)
		spoil(r, F_BAD_REPLY, too_much);
	tell_chunk(r, chunk);
	return 1;
}

/* What was taken of the chunk whole, the next ones may repeat. */
static void learn(struct reply *r, struct span chunk)
{
	struct span choices = span_get(chunk, "choices"), key, element;
	struct span_iter it = span_each(choices);

	if (span_count(choices) == 1 && span_next(&it, &key, &element) && repeat_learn(&r->repeat, chunk, element))
		r->repeat.choice = (size_t)(find_choice(r, element) - r->choices);
	else
		repeat_release(&r->repeat);
}

static void take_chunk(struct reply *r, struct span chunk)
{
	struct span_iter it = span_each(span_get(chunk, "choices"));
	struct span key, element;
	struct choice *c;

	r->chunks++;
	while (span_next(&it, &key, &element)) {
		if ((c = find_choice(r, element)) == NULL || choice_add(c, element) != 0)
			spoil(r, F_BAD_REPLY, too_much);
		if (span_kind(span_get(element, "usage")) == SPAN_OBJECT)
			set_top(r, span_of("\"usage\""), span_get(element, "usage"));
	}
	keep_top(r, chunk);
	if (r->fault.code == F_NONE)
		learn(r, chunk);
	else
		repeat_release(&r->repeat);	/* what it learnt is not the last chunk any more */
	tell_chunk(r, chunk);
}

static int take_event(void *ctx, const struct sse_event *ev)
{
	struct reply *r = ctx;
	struct span value;
	struct span_err err;

	if (r->done || r->has_error)	/* what follows either is not the answer */
		return 0;
	if (span_is(ev->data, "[DONE]")) {
		r->done = 1;
		return 0;
	}
	if (ev->type.n == 0 && take_piece(r, ev->data))
		return 0;
	if (span_trim(ev->data).n == 0)	/* a sign of life */
		return 0;
	if (span_is(ev->type, "error")) {
		take_error(r, ev->data);
	} else if (span_check(ev->data.p, ev->data.n, MAX_DEPTH, &value, &err) != 0) {
		if (spoil(r, F_BAD_REPLY, "a chunk of the stream is not JSON"))
			fault_hint(&r->fault, "the server, or a proxy before it, spoils its stream: try without (--no-stream)");
	} else if (span_get(value, "choices").p == NULL && ev->type.n > 0 && span_get(value, "error").p == NULL) {
		return 0;	/* other named events tell of progress (mistral.rs) */
	} else if (refusal_is(value, NULL)) {
		take_error(r, value);
	} else {
		take_chunk(r, value);
	}
	return 0;
}

static void push_stream(struct reply *r, const char *p, size_t n)
{
	if (sse_push(&r->sse, p, n, take_event, r) == SSE_TOO_LARGE)
		spoil(r, F_BAD_REPLY, "an event or line of the stream is over 16 MB");
}

enum reply_form reply_sniff(const char *p, size_t n)
{
	static const char *const starts[] = {":", "data:", "event:", "id:", "retry:", "error:", NULL};
	size_t k;
	int i, maybe = 0;

	if (n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) {
		p += 3;
		n -= 3;
	}
	while (n > 0 && memchr(" \t\r\n", *p, 4) != NULL) {
		p++;
		n--;
	}
	for (i = 0; starts[i] != NULL; i++) {
		k = strlen(starts[i]);
		if (n >= k && memcmp(p, starts[i], k) == 0)
			return REPLY_STREAM;
		maybe |= n < k && memcmp(p, starts[i], n) == 0;
	}
	return maybe || (n < 3 && n > 0 && (unsigned char)*p == 0xef) ? REPLY_UNKNOWN : REPLY_WHOLE;
}

void reply_push(struct reply *r, const char *p, size_t n)
{
	if (r->form == REPLY_STREAM) {
		push_stream(r, p, n);
		return;
	}
	while (r->raw.len == 0 && n > 0 && memchr(" \t\r\n", *p, 4) != NULL) {	/* DeepSeek's sign of life; no part of it */
		p++;
		n--;
		r->blanks++;
	}
	buf_add(&r->raw, p, n);
	if (r->raw.failed || r->blanks > MAX_RECORD)
		spoil(r, F_BAD_REPLY, "the reply is over 64 MB");
	else if (r->form == REPLY_UNKNOWN)
		r->form = is_refused(r) ? REPLY_WHOLE : reply_sniff(r->raw.data, r->raw.len);
	if (r->form == REPLY_STREAM) {
		push_stream(r, r->raw.data, r->raw.len);
		buf_release(&r->raw);
	}
}

/* The stream's answer so far, as the chat.completion that the server would have sent whole. */
static void write_stream(const struct reply *r, struct buf *body)
{
	int i;

	if (r->nchoices == 0 && r->top.len == 0) {
		buf_adds(body, "null");
		return;
	}
	buf_adds(body, "{\"object\":\"chat.completion\",\"choices\":[");
	for (i = 0; i < r->nchoices; i++) {
		if (i > 0)
			buf_addc(body, ',');
		choice_write(body, &r->choices[i]);
	}
	buf_addc(body, ']');
	if (r->top.len > 2) {
		buf_addc(body, ',');
		buf_add(body, r->top.data + 1, r->top.len - 2);
	}
	buf_addc(body, '}');
}

/* The server's crash told as an answer: finish_reason "error", the text is the message (ENGINES 0.3). */
static int is_failed_choice(struct span choices, struct fault *f)
{
	struct span_iter it = span_each(choices);
	struct span key, c;
	struct buf text;

	while (span_next(&it, &key, &c)) {
		if (!span_eq(span_get(c, "finish_reason"), "error"))
			continue;
		buf_init(&text, MAX_RECORD);
		span_decode(span_at(c, "message.content"), SPAN_REPLACE, &text);
		if (text.len == 0)
			buf_adds(&text, "finish_reason \"error\", and no text");
		refusal_read(f, 200, "", (struct span){buf_text(&text), text.len});
		buf_release(&text);
		return 1;
	}
	return 0;
}

static int end_stream(struct reply *r, int cut, struct span answer, struct fault *f)
{
	int i, finished = r->nchoices > 0;

	*f = r->fault;
	if (f->code != F_NONE)
		return -1;
	if (is_failed_choice(span_get(answer, "choices"), f))
		return -1;
	for (i = 0; i < r->nchoices; i++)
		finished &= r->choices[i].finish.len > 0;
	if (r->done || finished)
		return 0;
	if (cut)
		return fault_set(f, F_TRUNCATED, "the connection was cut in the middle of the stream");
	return fault_set(f, F_TRUNCATED, r->chunks == 0 ? "the stream ended before anything came" :
	    "the stream ended without a finish_reason or [DONE]");
}

static int judge_json(const struct reply *r, struct span value, struct fault *f)
{
	struct span choices;

	if (refusal_is(value, &choices) || is_refused(r)) {
		refusal_read(f, r->status, r->reason, value);
		return -1;
	}
	if (!r->any_json && span_kind(choices) != SPAN_ARRAY && span_kind(span_get(value, "data")) != SPAN_ARRAY)
		return fault_set(f, F_BAD_REPLY, "JSON, but no chat completion: something else answers there");
	return is_failed_choice(choices, f) ? -1 : 0;
}

static int judge_text(const struct reply *r, struct span text, const struct span_err *err, int cut, struct fault *f)
{
	if (is_refused(r)) {
		refusal_read(f, r->status, r->reason, text);
		return -1;
	}
	if (text.n == 0)
		return cut ? fault_set(f, F_TRUNCATED, "the server closed the connection without a reply") :
		    fault_set(f, F_BAD_REPLY, "an empty reply");
	if ((text.p[0] == '{' || text.p[0] == '[') && (cut || err->cut))
		return fault_set(f, F_TRUNCATED, "the reply ends in the middle of its JSON");
	if (text.p[0] != '{' && text.p[0] != '[') {	/* HTML, a login page, another protocol: say what it says */
		refusal_read(f, 200, r->reason, text);
		f->code = f->code == F_MODEL_ERROR ? F_BAD_REPLY : f->code;
		return -1;
	}
	return fault_set(f, F_BAD_REPLY, "not JSON: %s at byte %zu", err->what, err->at + 1);
}

static int end_whole(struct reply *r, int cut, struct buf *body, struct fault *f)
{
	struct span text = span_trim((struct span){buf_text(&r->raw), r->raw.len}), value;
	struct span_err err = {0, "", 0};
	int bad;

	if (text.n > 0 && span_check(text.p, text.n, MAX_DEPTH, &value, &err) == 0) {
		record_splice(body, value);
		bad = judge_json(r, value, f);
	} else {
		if (text.n == 0)
			buf_adds(body, "null");
		else
			json_quote(body, r->raw.data, r->raw.len);
		bad = judge_text(r, text, &err, cut, f);
	}
	if (!bad && cut)	/* JSON may look whole by chance; its length says that it isn't */
		bad = fault_set(f, F_TRUNCATED, "the reply is shorter than its Content-Length");
	if (r->fault.code != F_NONE) {	/* a limit */
		*f = r->fault;
		bad = -1;
	}
	return bad;
}

int reply_end(struct reply *r, int cut, struct buf *body, struct fault *f)
{
	size_t from = body->len;
	struct span answer;
	int bad;

	fault_clear(f);
	if (r->form != REPLY_STREAM) {
		bad = end_whole(r, cut, body, f);
	} else {
		if (!cut)	/* a last event without its blank line; in a cut stream it may be half a line */
			sse_end(&r->sse, take_event, r);
		write_stream(r, body);
		answer = body->failed ? SPAN_NIL : (struct span){buf_text(body) + from, body->len - from};	/* one that failed is empty */
		bad = end_stream(r, cut, answer, f);
	}
	if (f->status == 0)
		f->status = r->status;
	if (body->failed)
		bad = fault_set(f, F_BAD_REPLY, "the reply is over 64 MB, or memory ran out");
	return bad;
}
