/* flight.c - see flight.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flight.h"
#include "limits.h"
#include "record.h"

struct flight *flight_new(struct span record, long ordinal, int again, struct fault *f)
{
	struct flight *t = calloc(1, sizeof *t);
	struct span copy;
	int bad;

	if (t == NULL) {
		fault_set(f, F_INPUT, "out of memory");
		return NULL;
	}
	buf_init(&t->text, record.n);
	buf_add(&t->text, record.p, record.n);
	buf_init(&t->answer, MAX_RECORD);
	buf_init(&t->held, MAX_EVENT);
	buf_init(&t->attempts, MAX_RECORD);
	reply_init(&t->reply, NULL, NULL);
	fault_clear(f);
	copy = (struct span){buf_text(&t->text), t->text.len};
	if (t->text.failed)
		bad = fault_set(f, F_INPUT, "out of memory");
	else
		bad = again ? request_again(&t->request, copy, ordinal, f) : request_read(&t->request, copy, ordinal, f);
	if (bad || t->request.failed) {
		flight_free(t);
		return NULL;
	}
	t->route = t->request.route;
	t->body = t->request.body;
	return t;
}

void flight_free(struct flight *t)
{
	request_release(&t->request);
	reply_release(&t->reply);
	buf_release(&t->answer);
	buf_release(&t->held);
	buf_release(&t->attempts);
	buf_release(&t->text);
	free(t);
}

int flight_wanted(struct span record, int all)
{
	struct fault f;
	int again;

	if (record_error(record).p == NULL)
		return 0;
	fault_read(record_error(record), &f, &again);
	return (again || all) && span_kind(span_get(record, "request")) == SPAN_OBJECT;
}

void flight_begin(struct flight *t, reply_chunk_fn *on_chunk)
{
	reply_release(&t->reply);
	reply_init(&t->reply, on_chunk, t);
	t->reply.any_json = t->body.p == NULL;
	buf_clear(&t->answer);
	memset(&t->o, 0, sizeof t->o);
}

/* A redirect's message says where it points; it is never followed. */
static void name_location(struct fault *f, const struct http_reply *got, const struct header_lines *lines)
{
	size_t n = strlen(f->message);
	char location[sizeof got->location];

	if (got->status < 300 || got->status >= 400 || got->location[0] == '\0')
		return;
	memcpy(location, got->location, sizeof location);
	header_lines_redact(lines, location, strlen(location));	/* before it is cut once more, in the middle of the message */
	snprintf(f->message + n, sizeof f->message - n, " (a redirect to %.400s, not followed)", location);
}

/*
 * What an error says is read once more without the keys that it repeats,
 * before anything of it is cut or quoted; only what it means stays.
 */
static void read_reply(struct flight *t, int cut, struct fault *f)
{
	enum fault_code code;

	reply_end(&t->reply, cut, &t->answer, f);
	if ((code = f->code) == F_NONE || t->reply.form == REPLY_STREAM || t->reply.raw.len == 0)
		return;
	header_lines_redact(&t->lane->lines, t->reply.raw.data, t->reply.raw.len);
	buf_clear(&t->answer);
	reply_end(&t->reply, cut, &t->answer, f);
	f->code = code;
}

/* A key of digits may have stood where a number does. */
static void hide_keys(struct flight *t)
{
	struct outcome *o = &t->o;
	struct span value;
	struct span_err err;

	header_lines_redact(&t->lane->lines, o->fault.message, strlen(o->fault.message));
	if (t->answer.len == 0)
		return;
	header_lines_redact(&t->lane->lines, t->answer.data, t->answer.len);
	if (span_check(t->answer.data, t->answer.len, MAX_DEPTH, &value, &err) != 0)
		o->body = span_of("null");
}

void flight_judge(struct flight *t, const struct http_reply *got, const struct fault *f)
{
	struct outcome *o = &t->o;
	struct fault unused;

	if (f->code == F_NONE) {
		read_reply(t, got->cut, &o->fault);
		name_location(&o->fault, got, &t->lane->lines);
	} else {
		if (got->status != 0)	/* what came before the fault stays for people to see */
			read_reply(t, 1, &unused);
		o->fault = *f;
		o->fault.status = got->status;
	}
	o->status = got->status;
	snprintf(o->request_id, sizeof o->request_id, "%s", got->request_id);
	if (o->fault.code == F_NONE && strlen(o->request_id) < sizeof o->request_id - 1)
		header_lines_redact_whole(&t->lane->lines, o->request_id, strlen(o->request_id));
	else
		header_lines_redact(&t->lane->lines, o->request_id, strlen(o->request_id));
	o->connect_ms = got->connect_ms;
	o->ttft_ms = got->ttft_ms;
	o->total_ms = got->total_ms;
	o->streamed = t->reply.form == REPLY_STREAM;
	o->body = (struct span){buf_text(&t->answer), t->answer.len};
	if (o->fault.code != F_NONE)
		hide_keys(t);
}

void flight_blame_deadline(struct flight *t, long ms)
{
	fault_set(&t->o.fault, F_TIMEOUT, "not complete within the deadline of %g s", (double)ms / 1e3);
	t->o.fault.phase = "total";
	t->o.fault.status = t->o.status;
}

void flight_note(struct flight *t, double wait_ms)
{
	struct span ref = span_get(t->route, "ref");

	t->failed_tries++;
	buf_adds(&t->attempts, t->attempts.len == 0 ? "{" : ",{");
	if (span_kind(ref) == SPAN_STRING)
		buf_addf(&t->attempts, "\"ref\":%.*s,", (int)ref.n, ref.p);
	if (t->o.status != 0)
		buf_addf(&t->attempts, "\"status\":%d,", t->o.status);
	buf_addf(&t->attempts, "\"code\":\"%s\",\"ms\":%.3f,\"wait_ms\":%.0f}", fault_name(t->o.fault.code),
	    t->o.total_ms, wait_ms);
}

/* Another model has no more room for the prompt as a rule, and who interrupts wants no other. */
static int may_fall_back(enum fault_code code)
{
	return code != F_CONTEXT_LENGTH_EXCEEDED && code != F_INTERRUPTED;
}

int flight_fall_back(struct flight *t)
{
	struct span list = t->request.fallbacks;
	struct span_iter it = span_each(span_kind(list) == SPAN_ARRAY ? list : SPAN_NIL);
	struct span key, next = SPAN_NIL;
	int n = -1;

	if (!may_fall_back(t->o.fault.code))
		return 0;
	while (n < t->which && span_next(&it, &key, &next))
		n++;
	if (n < t->which || span_kind(span_get(next, "body")) != SPAN_OBJECT ||
	    span_kind(span_get(span_get(next, "route"), "baseUrl")) != SPAN_STRING)
		return 0;
	t->which++;
	t->tries = 0;
	t->route = span_get(next, "route");
	t->body = span_get(next, "body");
	return 1;
}

double flight_reckon(const struct flight *t)
{
	double most = span_number(span_get(t->body, "max_tokens"));

	if (most <= 0)
		most = span_number(span_get(t->body, "max_completion_tokens"));
	return (double)t->body.n / 4 + (most > 0 ? most : 0);
}

void flight_record(struct flight *t, int keep_request, struct buf *line)
{
	struct outcome *o = &t->o;

	response_write(line, &t->request, t->route, o, keep_request);
	if (!line->failed && line->len <= MAX_RECORD)
		return;
	buf_clear(line);
	if (o->fault.code == F_NONE)
		fault_set(&o->fault, F_BAD_REPLY, "out of memory, or a reply that makes its record longer than %lu bytes", MAX_RECORD);
	o->body = span_of("null");
	o->attempts = t->request.input = SPAN_NIL;
	response_write(line, &t->request, t->route, o, 1);
}
