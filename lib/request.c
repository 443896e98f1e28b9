/* request.c - see request.h. */
#include <stdio.h>
#include <string.h>

#include "digest.h"
#include "limits.h"
#include "record.h"
#include "request.h"

/* A path below /v1/, or /health: data can't name a server (RELIABILITY 2.2). */
static int read_url(struct request *r, struct fault *f)
{
	struct span url = span_get(r->record, "url");
	struct buf text;
	const char *p;
	int good;

	if (r->bare || url.p == NULL) {
		snprintf(r->url, sizeof r->url, "/v1/chat/completions");
		return 0;
	}
	buf_init(&text, sizeof r->url - 1);
	if (span_kind(url) == SPAN_STRING)
		span_decode(url, SPAN_REPLACE, &text);
	snprintf(r->url, sizeof r->url, "%s", buf_text(&text));
	good = text.len > 0 && strlen(r->url) == text.len;
	buf_release(&text);
	good = good && (strncmp(r->url, "/v1/", 4) == 0 || strcmp(r->url, "/health") == 0) &&
	    strstr(r->url, "//") == NULL && strstr(r->url, "..") == NULL;
	for (p = r->url; *p != '\0'; p++)
		good = good && (unsigned char)*p > 0x20 && (unsigned char)*p < 0x7f && strchr("#\\@", *p) == NULL;
	return good ? 0 : fault_set(f, F_INPUT, "url: a path below /v1/ is due, such as /v1/chat/completions");
}

int request_read(struct request *r, struct span value, long ordinal, struct fault *f)
{
	int get = span_eq(span_get(value, "method"), "GET");

	memset(r, 0, sizeof *r);
	r->record = value;
	buf_init(&r->id, MAX_RECORD);
	record_id(&r->id, value, 0, ordinal);
	if (span_kind(value) != SPAN_OBJECT)
		return fault_set(f, F_INPUT, "a request is an object (prompts become requests with fb-shape)");
	if (record_error(value).p != NULL) {
		r->failed = 1;
		return 0;
	}
	r->body = span_get(value, "body");
	r->route = span_get(value, "route");
	r->input = span_get(value, "input");
	if (r->body.p == NULL && !get && span_kind(span_get(value, "messages")) == SPAN_ARRAY) {
		r->bare = 1;
		r->body = value;
		r->route = r->input = SPAN_NIL;
	}
	if (r->body.p == NULL && !get)
		return fault_set(f, F_INPUT, span_get(value, "response").p != NULL ?
		    "a response, not a request" : r->route.p != NULL ?
		    "a route alone: a prompt is missing (put fb-shape -p between)" :
		    "no body and no messages in it (prompts become requests with fb-shape)");
	if (get)
		r->body = SPAN_NIL;
	else if (span_kind(r->body) != SPAN_OBJECT)
		return fault_set(f, F_INPUT, "body: an object is due");
	if (r->route.p != NULL && span_kind(span_get(r->route, "baseUrl")) != SPAN_STRING)
		return fault_set(f, F_INPUT, "route: an object with baseUrl is due");
	return read_url(r, f);
}

void request_release(struct request *r)
{
	buf_release(&r->id);
}

void request_digest(struct span body, char text[17])
{
	snprintf(text, 17, "%016llx", (unsigned long long)digest(body));
}

void request_rest(struct buf *out, const struct request *r)
{
	static const char *const ours[] = {"id", "custom_id", "method", "url", "body", "route",
	    "fallbacks", "input", "response", "error", "digest", "timing", "attempts", NULL};

	if (!r->bare)
		record_rest(out, r->record, ours);
}
