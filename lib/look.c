/* look.c - see look.h. */
#include <string.h>

#include "limits.h"
#include "look.h"
#include "served.h"
#include "tty.h"

enum { SEEN = 66 };	/* characters that a table has room for */

void came_init(struct came *c)
{
	memset(c, 0, sizeof *c);
	buf_init(&c->text, MAX_RECORD);
	answer_init(&c->answer);
}

void came_release(struct came *c)
{
	buf_release(&c->text);
	answer_release(&c->answer);
}

void came_read(struct came *c)
{
	struct span_err err;

	c->body = SPAN_NIL;
	if (c->text.len == 0 || span_check(c->text.data, c->text.len, MAX_DEPTH, &c->body, &err) != 0)
		c->body = SPAN_NIL;
	else if (c->fault.code == F_NONE)
		extract(c->body, &c->answer, &c->unusable);
}

/* Bytes of the first `most` characters, all of them when there are no more. */
static size_t front(const char *p, size_t n, size_t most)
{
	size_t i, chars = 0;

	for (i = 0; i < n; i++)
		if (((unsigned char)p[i] & 0xC0) != 0x80 && chars++ == most)
			return i;
	return n;
}

void look_say(struct buf *out, const char *p, size_t n, size_t most)
{
	size_t from = out->len, i, keep;

	keep = front(p, n, most);
	tty_harmless(out, p, keep);
	for (i = from; i < out->len; i++)
		if (out->data[i] == '\n' || out->data[i] == '\t')
			out->data[i] = ' ';
	if (keep < n)
		buf_adds(out, "...");
}

void look_say_fault(struct buf *out, const struct fault *f, size_t most)
{
	/* axum's, in front of what is wrong (ENGINES 0.1) */
	static const char usual[] = "Failed to deserialize the JSON body into the target type: ";
	const char *at = strstr(f->message, usual), *p = f->message;

	if (strncmp(p, "http", 4) == 0 && strstr(p, ": ") != NULL)	/* the address: that is known */
		p = strstr(p, ": ") + 2;
	if (at != NULL) {
		look_say(out, p, (size_t)(at - p), most);
		p = at + sizeof usual - 1;
	}
	look_say(out, p, strlen(p), most);
}

/* A reply that is no good: says why. */
static enum look bad(struct told *t, const struct fault *f)
{
	look_say_fault(&t->seen, f, SEEN);
	return LOOK_BAD;
}

static int is_counted(const struct came *c)
{
	return span_kind(span_get(c->answer.usage, "prompt_tokens")) == SPAN_NUMBER;
}

double look_prompt_tokens(const struct came *c)
{
	return span_number(span_get(c->answer.usage, "prompt_tokens"));
}

static double tokens_out(const struct came *c)
{
	return span_number(span_get(c->answer.usage, "completion_tokens"));
}

static int ended_by(const struct came *c, const char *finish)
{
	return span_kind(c->answer.finish) == SPAN_STRING && span_eq(c->answer.finish, finish);
}

/* An answer cut short, or thoughts alone, are no fault of a probe that allows few tokens. */
static const struct fault *fault_of(const struct came *c)
{
	if (c->fault.code != F_NONE)
		return &c->fault;
	if (c->unusable.code == F_NONE || c->unusable.code == F_TOOL_CALL || c->unusable.code == F_CONTENT_FILTER)
		return NULL;
	if (c->unusable.code == F_EMPTY && (c->answer.reasoning.len > 0 || ended_by(c, "length")))
		return NULL;
	return &c->unusable;
}

static void say_status(struct told *t, const struct came *c)
{
	buf_addf(&t->seen, "%d", c->status);
}

/* 200 "2 + 2 is 4." */
static void say_answer(struct told *t, const struct came *c)
{
	const struct answer *a = &c->answer;

	say_status(t, c);
	if (a->text.len > 0) {
		buf_adds(&t->seen, " \"");
		look_say(&t->seen, a->text.data, a->text.len, 40);
		buf_addc(&t->seen, '"');
	} else if (a->reasoning.len > 0) {
		buf_adds(&t->seen, ", thoughts alone");
	} else if (a->calls.len > 0) {
		buf_adds(&t->seen, ", a call");
	} else {
		buf_adds(&t->seen, ", nothing within the limit");
	}
}

static void say_seconds(struct buf *out, double ms)
{
	if (ms < 100)
		buf_addf(out, "%.1f ms", ms);
	else
		buf_addf(out, "%.2f s", ms / 1000);
}

enum look look_connect(struct told *t, const struct came *c, int n, const struct asked *a)
{
	(void)n;
	if (c->status == 0) {
		buf_addf(&t->seen, "%s: ", a->origin);
		look_say_fault(&t->seen, &c->fault, FAULT_TEXT);
		return LOOK_BAD;
	}
	buf_adds(&t->seen, a->origin);
	say_seconds(&t->more, c->connect_ms);
	return LOOK_OK;
}

enum look look_health(struct told *t, const struct came *c, int n, const struct asked *a)
{
	(void)n, (void)a;
	if (c->status == 0)
		return bad(t, &c->fault);
	say_status(t, c);
	if (c->status == 404 || c->status == 405) {
		buf_adds(&t->more, "this server has no such route");
		return LOOK_NOTE;
	}
	if (c->text.len > 0 && !span_is((struct span){c->text.data, c->text.len}, "null")) {
		buf_addc(&t->seen, ' ');
		look_say(&t->seen, c->text.data, c->text.len, SEEN - 10);
	}
	if (c->status == 503)
		buf_adds(&t->more, "it says that it isn't ready");
	else if (c->fault.code == F_BAD_REPLY)
		buf_adds(&t->more, "that is no model server's; does something else answer there?");
	return c->status == 200 && c->fault.code == F_NONE ? LOOK_OK : LOOK_NOTE;
}

/* The ids of the first few, with commas. */
static void say_models(struct told *t, struct span list)
{
	struct span_iter it = span_each(list);
	struct span key, one, id;
	struct buf text;
	int n = 0;

	buf_init(&text, 4096);
	buf_adds(&t->more, "it serves ");
	while (n < 3 && span_next(&it, &key, &one)) {
		if (span_kind(id = span_get(one, "id")) != SPAN_STRING)
			continue;
		buf_clear(&text);
		span_decode(id, SPAN_REPLACE, &text);
		buf_adds(&t->more, n++ > 0 ? ", " : "");
		look_say(&t->more, buf_text(&text), text.len, 60);
	}
	if (n == 0)
		buf_adds(&t->more, "none");
	else if (span_count(list) > (size_t)n)
		buf_addf(&t->more, " and %zu more", span_count(list) - (size_t)n);
	buf_release(&text);
}

enum look look_models(struct told *t, const struct came *c, int n, const struct asked *a)
{
	struct span list = span_get(c->body, "data"), key, one, id;
	struct span_iter it = span_each(list);
	struct buf model;
	int has = 0;

	(void)n;
	if (c->fault.code != F_NONE && c->status != 404 && c->status != 405)
		return bad(t, &c->fault);
	say_status(t, c);
	if (c->status != 200 || span_kind(list) != SPAN_ARRAY) {
		buf_adds(&t->more, "no list of models there");
		return LOOK_NOTE;
	}
	while (!has && span_next(&it, &key, &one))
		has = span_kind(id = span_get(one, "id")) == SPAN_STRING && span_same(id, a->model);
	buf_init(&model, 4096);
	span_decode(a->model, SPAN_REPLACE, &model);
	buf_adds(&t->seen, has ? ", has " : ", not ");
	look_say(&t->seen, buf_text(&model), model.len, 60);
	buf_release(&model);
	if (!has)
		say_models(t, list);
	return has ? LOOK_OK : LOOK_NOTE;
}

enum look look_answer(struct told *t, const struct came *c, int n, const struct asked *a)
{
	const struct fault *f = fault_of(c);
	double out = tokens_out(c);
	struct buf model, served;

	(void)n;
	if (f != NULL)
		return bad(t, f);
	say_answer(t, c);
	say_seconds(&t->more, c->total_ms);
	if (out > 0 && c->total_ms > 0)
		buf_addf(&t->more, ", %.0f tok/s", out * 1000 / c->total_ms);
	buf_init(&model, 4096);
	buf_init(&served, 4096);
	span_decode(a->model, SPAN_REPLACE, &model);
	if (span_kind(c->answer.model) == SPAN_STRING)
		span_decode(c->answer.model, SPAN_REPLACE, &served);
	if (served.len > 0 && served_differs(buf_text(&model), buf_text(&served))) {
		buf_adds(&t->more, ", answered by ");
		look_say(&t->more, served.data, served.len, 60);
	}
	buf_release(&model);
	buf_release(&served);
	return LOOK_OK;
}

enum look look_taken(struct told *t, const struct came *c, int n, const struct asked *a)
{
	const struct fault *f = fault_of(c);

	(void)n, (void)a;
	if (f != NULL)
		return bad(t, f);
	say_answer(t, c);
	return LOOK_OK;
}

enum look look_stream(struct told *t, const struct came *c, int n, const struct asked *a)
{
	const struct fault *f = fault_of(c);

	(void)n, (void)a;
	if (f != NULL)
		return bad(t, f);
	if (!c->streamed) {
		say_status(t, c);
		buf_adds(&t->seen, ", in one piece");
		buf_adds(&t->more, "it doesn't stream");
		return LOOK_NOTE;
	}
	buf_addf(&t->seen, "%ld chunk%s, ends %s", c->chunks, c->chunks == 1 ? "" : "s", c->done ? "with [DONE]" : "by finish_reason alone");
	buf_adds(&t->more, "first token ");
	say_seconds(&t->more, c->ttft_ms);
	return LOOK_OK;
}

enum look look_usage(struct told *t, const struct came *c, int n, const struct asked *a)
{
	const struct fault *f = fault_of(c);

	(void)n, (void)a;
	if (f != NULL)
		return bad(t, f);
	say_status(t, c);
	if (span_kind(c->answer.usage) == SPAN_OBJECT) {
		buf_addf(&t->seen, ", usage: %.0f in, %.0f out", look_prompt_tokens(c), tokens_out(c));
		return LOOK_OK;
	}
	buf_adds(&t->seen, ", no usage");
	buf_adds(&t->more, "streams aren't counted");
	return LOOK_NOTE;
}

static double words(const struct buf *text)
{
	const char *p = buf_text(text);
	double n = 0;

	for (p += strspn(p, " \n\t"); *p != '\0'; p += strspn(p, " \n\t")) {
		p += strcspn(p, " \n\t");
		n++;
	}
	return n;
}

enum look look_limit(struct told *t, const struct came *c, int n, const struct asked *a)
{
	const struct fault *f = fault_of(c);
	double out = tokens_out(c);

	(void)n;
	if (f != NULL)
		return bad(t, f);
	if (out == 0)
		out = words(&c->answer.text);
	buf_adds(&t->seen, span_eq(a->limit, "max_completion_tokens") ? "max_completion_tokens" : "max_tokens");
	/* llama.cpp of 2024 says "stop" at the limit; some count a token more */
	if (ended_by(c, "length") || out <= 2 * LOOK_LIMIT) {
		buf_addf(&t->seen, " limits: %.0f tokens", out);
		return LOOK_OK;
	}
	buf_addf(&t->seen, " is ignored: %.0f tokens for %d", out, LOOK_LIMIT);
	return LOOK_BAD;
}

enum look look_stop(struct told *t, const struct came *c, int n, const struct asked *a)
{
	const struct fault *f = fault_of(c);

	(void)n, (void)a;
	if (f != NULL)
		return bad(t, f);
	say_answer(t, c);
	if (c->answer.text.len == 0 || span_find(c->answer.text.data, c->answer.text.len, LOOK_STOP) == NULL)
		return LOOK_OK;
	buf_adds(&t->more, "the stop text is in the answer: stop is ignored");
	return LOOK_NOTE;
}

enum look look_schema(struct told *t, const struct came *c, int n, const struct asked *a)
{
	const struct fault *f = fault_of(c);
	struct span value;
	struct span_err err;

	(void)n, (void)a;
	if (f != NULL)
		return bad(t, f);
	say_answer(t, c);
	if (c->answer.text.len > 0 && span_check(c->answer.text.data, c->answer.text.len, MAX_DEPTH, &value, &err) == 0)
		return LOOK_OK;
	buf_adds(&t->more, "taken, but the answer isn't JSON");
	return LOOK_NOTE;
}

enum look look_reasoning(struct told *t, const struct came *c, int n, const struct asked *a)
{
	const struct fault *f = fault_of(c);

	(void)n, (void)a;
	if (f != NULL)
		return bad(t, f);
	say_answer(t, c);
	buf_adds(&t->more, c->answer.reasoning.len > 0 ? "its thoughts come apart from the answer" : "no thoughts came");
	return LOOK_OK;
}

enum look look_parts(struct told *t, const struct came *c, int n, const struct asked *a)
{
	const struct fault *f = fault_of(c);
	const struct buf *text = &c->answer.text, *thoughts = &c->answer.reasoning;
	double in = look_prompt_tokens(c);

	(void)n;
	if (f != NULL && c->fault.code != F_NONE)
		return bad(t, f);
	say_status(t, c);
	if ((text->len > 0 && span_find(text->data, text->len, LOOK_WORD) != NULL) ||
	    (thoughts->len > 0 && span_find(thoughts->data, thoughts->len, LOOK_WORD) != NULL)) {
		buf_adds(&t->seen, ", a word of them came back");
		return LOOK_OK;
	}
	/* a template alone may have more tokens than the parts */
	if (in - a->plain_tokens >= LOOK_WORDS * 0.75) {
		buf_addf(&t->seen, ", counted: %.0f tokens", in);
		return LOOK_OK;
	}
	if (is_counted(c))
		buf_addf(&t->seen, ", lost: %.0f tokens, a plain chat has %.0f", in, a->plain_tokens);
	else
		buf_adds(&t->seen, ", no word of them came back");
	return LOOK_LOST;
}

enum look look_tools(struct told *t, const struct came *c, int n, const struct asked *a)
{
	const struct fault *f = fault_of(c);
	const struct buf *text = &c->answer.text;

	(void)n, (void)a;
	if (f != NULL)
		return bad(t, f);
	if (c->answer.calls.len > 0) {
		say_status(t, c);
		buf_adds(&t->seen, ", a call of " LOOK_TOOL);
		return LOOK_OK;
	}
	say_answer(t, c);
	if (c->unusable.code == F_TOOL_CALL)
		buf_adds(&t->more, "a call that can't be read");
	else if (text->len > 0 && span_find(text->data, text->len, LOOK_TOOL) != NULL && span_find(text->data, text->len, "{") != NULL)
		buf_adds(&t->more, "a text that looks like a call: the server doesn't make calls of it");
	else
		buf_adds(&t->more, "taken, but no call came");
	return LOOK_NOTE;
}

enum look look_both(struct told *t, const struct came *c, int n, const struct asked *a)
{
	double longest = 0, shortest = 0;
	int i, good = 0;

	(void)a;
	for (i = 0; i < n; i++) {
		good += fault_of(&c[i]) == NULL;
		longest = i == 0 || c[i].total_ms > longest ? c[i].total_ms : longest;
		shortest = i == 0 || c[i].total_ms < shortest ? c[i].total_ms : shortest;
	}
	for (i = 0; good < n && i < n; i++)
		if (fault_of(&c[i]) != NULL) {
			buf_addf(&t->seen, "%d of %d: ", n - good, n);
			return bad(t, fault_of(&c[i]));
		}
	buf_adds(&t->seen, "both answered, after ");
	say_seconds(&t->seen, shortest);
	buf_adds(&t->seen, " and ");
	say_seconds(&t->seen, longest);
	return LOOK_OK;
}

static void say_bytes(struct buf *out, size_t bytes)
{
	if (bytes < 1000)
		buf_addf(out, "%zu B", bytes);
	else
		buf_addf(out, "%.3g %s", (double)bytes / (bytes < 1000000 ? 1e3 : 1e6), bytes < 1000000 ? "KB" : "MB");
}

/*
 * Servers that cut a prompt silently still count what is left of it (ENGINES
 * 2.4).  What a template adds is the same for both sizes, and cancels out; a
 * token has no more than 12 bytes of such a text.
 */
static int was_cut(const struct came *c, const struct asked *a)
{
	double in = look_prompt_tokens(c);

	return in > 0 && a->before_tokens > 0 && in - a->before_tokens < (double)(a->bytes - a->before) / 12;
}

enum look look_long(struct told *t, const struct came *c, int n, const struct asked *a)
{
	const struct fault *f = fault_of(c);

	(void)n;
	if (f == NULL && !was_cut(c, a)) {
		if (a->bytes >= a->most) {
			say_bytes(&t->seen, a->bytes);
			buf_adds(&t->seen, " ok");
			if (look_prompt_tokens(c) > 0)
				buf_addf(&t->more, "%.0f tokens, ", look_prompt_tokens(c));
			say_seconds(&t->more, c->total_ms);
		}
		return LOOK_OK;
	}
	if (a->before > 0) {
		say_bytes(&t->seen, a->before);
		buf_adds(&t->seen, " ok, ");
	}
	say_bytes(&t->seen, a->bytes);
	buf_adds(&t->seen, ": ");
	if (f == NULL) {
		buf_addf(&t->seen, "cut to %.0f tokens, silently", look_prompt_tokens(c));
		return LOOK_BAD;
	}
	buf_addf(&t->seen, "%s: ", fault_name(f->code));
	return bad(t, f);
}
