/* response.c - see response.h. */
#include "json.h"
#include "limits.h"
#include "record.h"
#include "response.h"

static void add_id(struct buf *out, const struct buf *id)
{
	buf_adds(out, "\"custom_id\":");
	buf_add(out, buf_text(id), id->len);
}

void response_event(struct buf *out, const struct request *r, struct span chunk)
{
	buf_addc(out, '{');
	add_id(out, &r->id);
	buf_adds(out, ",\"event\":");
	buf_add(out, chunk.p, chunk.n);
	buf_addc(out, '}');
}

/* What fb-parse needs of the route: whose answer, what it costs, where its entry is. */
static void add_route(struct buf *out, struct span route)
{
	static const char *const kept[] = {"ref", "provider", "model", "cost", "source", NULL};
	struct span v[sizeof kept / sizeof *kept];
	int i, n = 0;

	span_pick(route, kept, v);
	buf_adds(out, ",\"route\":{");
	for (i = 0; kept[i] != NULL; i++) {
		if (v[i].p == NULL)
			continue;
		buf_adds(out, n++ > 0 ? ",\"" : "\"");
		buf_adds(out, kept[i]);
		buf_adds(out, "\":");
		record_splice(out, v[i]);
	}
	buf_addc(out, '}');
}

static void add_time(struct buf *out, const char *name, double number)
{
	buf_adds(out, name);
	buf_addn(out, number, 3);
}

static void add_timing(struct buf *out, const struct outcome *o)
{
	double tokens = o->streamed ? span_number(span_at(o->body, "usage.completion_tokens")) : 0;
	double writing = o->total_ms - o->ttft_ms;

	add_time(out, ",\"timing\":{\"started\":", o->started);
	add_time(out, ",\"queued_ms\":", o->queued_ms);
	add_time(out, ",\"connect_ms\":", o->connect_ms);
	if (o->ttft_ms > 0)
		add_time(out, ",\"ttft_ms\":", o->ttft_ms);
	add_time(out, ",\"total_ms\":", o->total_ms);
	if (tokens > 0 && writing > 0)
		buf_addf(out, ",\"tokens_per_second\":%.1f", 1e3 * tokens / writing);
	buf_addc(out, '}');
}

static void add_member(struct buf *out, const char *name, struct span v)
{
	if (v.p == NULL)
		return;
	buf_addf(out, ",\"%s\":", name);
	record_splice(out, v);
}

/* The request, as it may be sent again. */
static void add_request(struct buf *out, const struct request *r, size_t from)
{
	enum { FRAME = 128 };
	size_t room = MAX_RECORD - FRAME - sizeof r->url;

	if (out->len - from + r->body.n + r->route.n + r->fallbacks.n > room)
		return;
	buf_addf(out, ",\"request\":{\"method\":\"%s\",\"url\":", r->body.p != NULL ? "POST" : "GET");
	json_quotes(out, r->url);
	add_member(out, "body", r->body);
	add_member(out, "route", r->route);
	add_member(out, "fallbacks", r->fallbacks);
	buf_addc(out, '}');
}

void response_write(struct buf *out, const struct request *r, struct span route, const struct outcome *o,
    int keep_request)
{
	size_t from = out->len;
	char digest[17];

	request_digest(r->digest, digest);
	buf_adds(out, "{\"id\":\"fb-");
	buf_adds(out, digest);
	buf_adds(out, "\",");
	add_id(out, &r->id);
	if (o->status == 0) {
		buf_adds(out, ",\"response\":null");
	} else {
		buf_adds(out, ",\"response\":{\"status_code\":");
		buf_addn(out, o->status, 0);
		buf_adds(out, ",\"request_id\":");
		json_quotes(out, o->request_id[0] != '\0' ? o->request_id : NULL);
		buf_adds(out, ",\"body\":");
		buf_add(out, o->body.p, o->body.n);
		buf_addc(out, '}');
	}
	buf_adds(out, ",\"error\":");
	if (o->fault.code == F_NONE)
		buf_adds(out, "null");
	else
		fault_write(out, &o->fault, "send");
	add_route(out, route);
	buf_adds(out, ",\"digest\":\"");
	buf_adds(out, digest);
	buf_addc(out, '"');
	add_timing(out, o);
	buf_adds(out, ",\"attempts\":[");
	buf_add(out, o->attempts.p, o->attempts.n);
	buf_addc(out, ']');
	add_member(out, "input", r->input);
	request_rest(out, r);
	if (keep_request)
		add_request(out, r, from);
	buf_addc(out, '}');
}
