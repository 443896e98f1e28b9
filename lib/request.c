/* request.c - see request.h. */
#include <stdio.h>
#include <string.h>

#include "digest.h"
#include "limits.h"
#include "record.h"
#include "request.h"

/* A path below /v1/, or /health: data can't name a server (RELIABILITY 2.2). */
static int read_url(struct request *r, struct span from, struct fault *f)
{
	struct span url = span_get(from, "url");
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

static void begin(struct request *r, struct span record, long ordinal)
{
	memset(r, 0, sizeof *r);
	r->record = record;
	buf_init(&r->id, MAX_RECORD);
	record_id(&r->id, record, 0, ordinal);
}

/* What is to be sent, from an object that has it: body, route, url. */
static int read_parts(struct request *r, struct span from, int get, struct fault *f)
{
	if (get)
		r->body = SPAN_NIL;
	else if (span_kind(r->body) != SPAN_OBJECT)
		return fault_set(f, F_INPUT, "body: an object is due");
	r->digest = digest(r->body);
	if (r->route.p != NULL && span_kind(span_get(r->route, "baseUrl")) != SPAN_STRING)
		return fault_set(f, F_INPUT, "route: an object with baseUrl is due");
	return read_url(r, from, f);
}

int request_read(struct request *r, struct span value, long ordinal, struct fault *f)
{
	int get = span_eq(span_get(value, "method"), "GET");

	begin(r, value, ordinal);
	if (span_kind(value) != SPAN_OBJECT)
		return fault_set(f, F_INPUT, "a request is an object (prompts become requests with fb-shape)");
	if (record_error(value).p != NULL) {
		r->failed = 1;
		return 0;
	}
	r->body = span_get(value, "body");
	r->route = span_get(value, "route");
	r->fallbacks = span_get(value, "fallbacks");
	r->input = span_get(value, "input");
	if (r->body.p == NULL && !get && span_kind(span_get(value, "messages")) == SPAN_ARRAY) {
		r->bare = 1;
		r->body = value;
		r->route = r->fallbacks = r->input = SPAN_NIL;
	}
	if (r->body.p == NULL && !get)
		return fault_set(f, F_INPUT, span_get(value, "response").p != NULL ?
		    "a response, not a request" : r->route.p != NULL ?
		    "a route alone: a prompt is missing (put fb-shape -p between)" :
		    "no body and no messages in it (prompts become requests with fb-shape)");
	return read_parts(r, value, get, f);
}

int request_again(struct request *r, struct span record, long ordinal, struct fault *f)
{
	struct span from = span_get(record, "request");
	uint64_t first;

	begin(r, record, ordinal);
	if (span_kind(from) != SPAN_OBJECT)
		return fault_set(f, F_INPUT, "the record didn't keep its request, so it can't be sent again");
	r->body = span_get(from, "body");
	r->route = span_get(from, "route");
	r->fallbacks = span_get(from, "fallbacks");
	r->input = span_get(record, "input");
	if (read_parts(r, from, span_eq(span_get(from, "method"), "GET"), f) != 0)
		return -1;
	/* A body that spanned lines has blanks for them by now. */
	if (digest_read(span_get(record, "digest"), &first) == 0)
		r->digest = first;
	return 0;
}

void request_release(struct request *r)
{
	buf_release(&r->id);
}

void request_digest(uint64_t number, char text[17])
{
	snprintf(text, 17, "%016llx", (unsigned long long)number);
}

void request_rest(struct buf *out, const struct request *r)
{
	static const char *const ours[] = {"id", "custom_id", "method", "url", "body", "route",
	    "fallbacks", "input", "response", "error", "digest", "timing", "attempts", "request", NULL};

	if (!r->bare)
		record_rest(out, r->record, ours);
}
