/* mtold.c - see mtold.h. */
#include <stdio.h>
#include <string.h>

#include "file.h"
#include "limits.h"
#include "mflow.h"
#include "mtext.h"
#include "mtold.h"

#define JSON_TYPE "application/json"
#define TEXT_TYPE "text/plain; charset=utf-8"

enum { KEEP = 1 << 20 };	/* scratch larger than this is given back */

/* What inferrs said of a prompt over 512 tokens until 2026-04-09 11:45 (ENGINES 1). */
static const char crash[] =
    "Error: shape mismatch in broadcast_add, lhs: [1,8,662,662], rhs: [1,1,662,512]";

static int read_file(const char *path, struct buf *text, char *err, size_t size)
{
	int e = file_read(path, FILE_ANY, text);

	if (e != 0)
		snprintf(err, size, "%s: %s", path, file_error(e));
	return e != 0 ? -1 : 0;
}

void mtold_init(struct mtold *t)
{
	mscript_init(&t->script);
	mreplay_init(&t->replay);
	buf_init(&t->raw, MAX_RECORD);
	buf_init(&t->text, 2 * MAX_RECORD);
	buf_init(&t->event, 2 * MAX_RECORD);
}

int mtold_open(struct mtold *t, char *err, size_t size)
{
	if (t->raw_file != NULL && read_file(t->raw_file, &t->raw, err, size) < 0)
		return -1;
	if (t->replay_file != NULL && mreplay_open(&t->replay, t->replay_file) < 0) {
		snprintf(err, size, "%s", t->replay.err);
		return -1;
	}
	if (t->script_file != NULL && read_file(t->script_file, &t->script.file, err, size) < 0)
		return -1;
	if (t->script_file != NULL && mscript_read(&t->script, t->script_file) < 0) {
		snprintf(err, size, "%s", t->script.err);
		return -1;
	}
	return 0;
}

void mtold_release(struct mtold *t)
{
	mscript_release(&t->script);
	mreplay_release(&t->replay);
	buf_release(&t->raw);
	buf_release(&t->text);
	buf_release(&t->event);
}

/* What a replay needs of a request, which may be anything. */
static void read_request(struct span body, int *stream, int *usage)
{
	struct span v;
	struct span_err err;

	*stream = *usage = 0;
	if (span_check(body.p, body.n, MAX_DEPTH, &v, &err) < 0)
		return;
	*stream = span_kind(span_get(v, "stream")) == SPAN_TRUE;
	*usage = span_kind(span_at(v, "stream_options.include_usage")) == SPAN_TRUE;
}

static void refuse(struct mtold *t, struct mreply *to, int status, const char *message)
{
	buf_clear(&t->text);
	buf_adds(&t->text, "{\"error\":{\"message\":");
	mtext_quotes(&t->text, message);
	buf_adds(&t->text, ",\"type\":\"replay\",\"param\":null,\"code\":null}}");
	mreply_send(to, status, JSON_TYPE, NULL, (struct span){buf_text(&t->text), t->text.len});
}

/* The arguments of a recorded call as an object; what the model said may be none. */
static void add_arguments(struct buf *out, struct span said)
{
	struct span v;
	struct span_err err;
	struct buf text;

	buf_init(&text, MAX_RECORD);
	if (span_kind(said) == SPAN_STRING) {
		span_decode(said, SPAN_REPLACE, &text);
		if (span_check(buf_text(&text), text.len, MAX_DEPTH, &v, &err) < 0 || span_kind(v) != SPAN_OBJECT)
			v = span_of("{}");
	} else {
		v = span_kind(said) == SPAN_OBJECT ? said : span_of("{}");
	}
	buf_add(out, v.p, v.n);
	buf_release(&text);
}

static void add_calls(struct buf *out, struct span calls)
{
	struct span_iter it;
	struct span key, call, v;
	const char *comma = "";

	buf_addc(out, '[');
	for (it = span_each(calls); span_next(&it, &key, &call);) {
		buf_adds(out, comma);
		comma = ",";
		buf_addc(out, '{');
		if (span_kind(v = span_get(call, "id")) == SPAN_STRING) {
			buf_adds(out, "\"id\":");
			buf_add(out, v.p, v.n);
			buf_addc(out, ',');
		}
		v = span_at(call, "function.name");
		buf_adds(out, "\"name\":");
		if (span_kind(v) == SPAN_STRING)
			buf_add(out, v.p, v.n);
		else
			buf_adds(out, "\"\"");
		buf_adds(out, ",\"arguments\":");
		add_arguments(out, span_at(call, "function.arguments"));
		buf_addc(out, '}');
	}
	buf_addc(out, ']');
}

/* Decodes a member, ends it by a NUL: where it starts in t->text. */
static size_t keep(struct mtold *t, struct span token)
{
	size_t from = t->text.len;

	if (span_kind(token) == SPAN_STRING)
		span_decode(token, SPAN_REPLACE, &t->text);
	buf_addc(&t->text, '\0');
	return from;
}

static struct span kept(const struct mtold *t, struct span token, size_t from, size_t to)
{
	return span_kind(token) == SPAN_STRING ?
	    (struct span){buf_text(&t->text) + from, to - from - 1} : SPAN_NIL;
}

/* A recorded completion, in chunks again. */
static void stream_again(struct mtold *t, struct span body, const struct mchat_form *form,
    struct manswer *a, int usage, struct mreply *to)
{
	struct span choice = span_at(body, "choices.0"), message = span_get(choice, "message");
	struct span text = span_get(message, "content"), model = span_get(body, "model");
	struct span why = span_get(choice, "finish_reason"), calls = span_get(message, "tool_calls");
	struct span thought = span_get(message, "reasoning_content");
	size_t at[5];

	if (thought.p == NULL)
		thought = span_get(message, "reasoning");
	buf_clear(&t->text);
	at[0] = keep(t, text);
	at[1] = keep(t, thought);
	at[2] = keep(t, why);
	at[3] = t->text.len;
	if (span_count(calls) > 0)
		add_calls(&t->text, calls);
	at[4] = t->text.len;
	if (t->text.failed) {
		refuse(t, to, 500, "the recorded reply is too large");
		return;
	}
	a->text = kept(t, text, at[0], at[1]);
	a->reasoning = kept(t, thought, at[1], at[2]);
	a->finish = span_kind(why) == SPAN_STRING ? buf_text(&t->text) + at[2] : NULL;
	if (at[4] > at[3])
		a->calls = (struct span){buf_text(&t->text) + at[3], at[4] - at[3]};
	if (span_kind(model) == SPAN_STRING)
		a->model = model;
	if (span_kind(span_get(body, "usage")) == SPAN_OBJECT)
		a->usage = span_get(body, "usage");
	mflow_stream(to, &t->event, form, a, usage);
}

static void replay(struct mtold *t, const struct mreq *r, const struct mchat_form *form,
    struct manswer *a, struct mreply *to)
{
	struct span response, body, status;
	int found = mreplay_find(&t->replay, r->body, &response), stream, usage;
	long long number;

	if (found <= 0) {
		refuse(t, to, found == 0 ? 404 : 500, found == 0 ?
		    "no record has the digest of this body" : "the file of records was changed");
		return;
	}
	body = span_get(response, "body");
	status = span_get(response, "status_code");
	span_integer(status, &number);
	read_request(r->body, &stream, &usage);
	if (stream && number == 200 && span_at(body, "choices.0.message").p != NULL) {
		stream_again(t, body, form, a, usage, to);
	} else if (span_kind(body) == SPAN_STRING) {	/* what came was no JSON */
		buf_clear(&t->text);
		span_decode(body, SPAN_REPLACE, &t->text);
		mreply_send(to, (int)number, TEXT_TYPE, NULL, (struct span){buf_text(&t->text), t->text.len});
	} else {
		mreply_send(to, (int)number, JSON_TYPE, NULL, body.p != NULL ? body : span_of(""));
	}
}

static void give_back(struct buf *b)
{
	if (b->cap > KEEP)
		buf_release(b);
}

int mtold_outright(struct mtold *t, const struct mreq *r, const struct mchat_form *form,
    unsigned long long number, struct span model, struct mreply *to)
{
	struct manswer a = {.number = number, .model = model};

	if (t->raw_file != NULL) {
		buf_add(to->out, t->raw.data, t->raw.len);
		to->close = 1;	/* whatever length the bytes claim, this is their end */
		return 1;
	}
	if (t->replay_file == NULL)
		return 0;
	replay(t, r, form, &a, to);
	give_back(&t->text);
	give_back(&t->event);
	return 1;
}

/* The pauses of this answer, in place of the usual one before the first token. */
static void pause(struct mtold *t, const struct mscript_line *line, struct mreply *to)
{
	if (line->delay_ms > 0)
		mreply_cue(to, MCUE_WAIT, line->delay_ms * 1000);
	if (line->ttft_ms > 0) {
		if (to->time != NULL)
			t->time = *to->time;
		else
			memset(&t->time, 0, sizeof t->time);
		t->time.ttft = line->ttft_ms * 1000;
		to->time = &t->time;
	}
}

int mtold_change(struct mtold *t, const struct mreq *r, const struct mask *ask,
    struct manswer *a, struct mreply *to)
{
	const struct mscript_line *line = NULL;
	struct span said;

	if (t->max_prompt > 0 && r->body.n > t->max_prompt) {
		a->text = span_of(crash);
		a->finish = "error";
		return 0;
	}
	if (t->script_file != NULL) {
		buf_clear(&t->text);
		mask_text(ask, &t->text);
		said = (struct span){buf_text(&t->text), t->text.len};
		line = mscript_find(&t->script, ask->model, said, a->number);
		give_back(&t->text);
	}
	if (line == NULL)
		return 0;
	pause(t, line, to);
	if (line->status != 0) {
		mreply_send(to, (int)line->status, line->plain ? TEXT_TYPE : line->body.p != NULL ? JSON_TYPE : NULL,
		    NULL, line->body.p != NULL ? line->body : span_of(""));
		return 1;
	}
	if (!line->silent)
		a->text = line->answer.text;
	a->reasoning = line->answer.reasoning;
	a->calls = line->answer.calls;
	a->finish = line->answer.finish;
	a->usage = line->answer.usage;
	return 0;
}
