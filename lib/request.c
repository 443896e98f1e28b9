/* request.c - see request.h. */
#include <stdio.h>
#include <string.h>

#include "digest.h"
#include "limits.h"
#include "record.h"
#include "request.h"

/* All members that mean something in a record, ours to write or to read. */
enum member {
	ID, CUSTOM_ID, METHOD, URL, BODY, ROUTE, FALLBACKS, INPUT, RESPONSE, ERROR, DIGEST, TIMING, ATTEMPTS, REQUEST, MEMBERS
};
static const char *const ours[] = {
	[ID] = "id", [CUSTOM_ID] = "custom_id", [METHOD] = "method", [URL] = "url", [BODY] = "body", [ROUTE] = "route",
	[FALLBACKS] = "fallbacks", [INPUT] = "input", [RESPONSE] = "response", [ERROR] = "error", [DIGEST] = "digest",
	[TIMING] = "timing", [ATTEMPTS] = "attempts", [REQUEST] = "request", [MEMBERS] = NULL
};

/* A path below /v1/, or /health: data can't name a server (RELIABILITY 2.2). */
static int read_url(struct request *r, struct span url, struct fault *f)
{
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

/* One walk over the record, which may be long, for all that is in it. */
static void begin(struct request *r, struct span record, long ordinal, struct span m[])
{
	memset(r, 0, sizeof *r);
	r->record = record;
	r->others = span_pick(record, ours, m) > 0;
	buf_init(&r->id, MAX_RECORD);
	record_id_of(&r->id, m[CUSTOM_ID], ordinal);
}

/* What is to be sent, from the members of an object that has it: body, route, url. */
static int read_parts(struct request *r, const struct span m[], struct fault *f)
{
	int get = span_eq(m[METHOD], "GET");

	if (get)
		r->body = SPAN_NIL;
	else if (span_kind(r->body) != SPAN_OBJECT)
		return fault_set(f, F_INPUT, "body: an object is due");
	r->digest = digest(r->body);
	if (r->route.p != NULL && span_kind(span_get(r->route, "baseUrl")) != SPAN_STRING)
		return fault_set(f, F_INPUT, "route: an object with baseUrl is due");
	return read_url(r, m[URL], f);
}

int request_read(struct request *r, struct span value, long ordinal, struct fault *f)
{
	struct span m[MEMBERS];
	int get;

	begin(r, value, ordinal, m);
	get = span_eq(m[METHOD], "GET");
	if (span_kind(value) != SPAN_OBJECT)
		return fault_set(f, F_INPUT, "a request is an object (prompts become requests with fb-shape)");
	if (span_kind(span_get(m[ERROR], "code")) == SPAN_STRING) {
		r->failed = 1;
		return 0;
	}
	r->body = m[BODY];
	r->route = m[ROUTE];
	r->fallbacks = m[FALLBACKS];
	r->input = m[INPUT];
	if (r->body.p == NULL && !get && span_kind(span_get(value, "messages")) == SPAN_ARRAY) {
		r->bare = 1;
		r->body = value;
		r->route = r->fallbacks = r->input = SPAN_NIL;
	}
	if (r->body.p == NULL && !get)
		return fault_set(f, F_INPUT, m[RESPONSE].p != NULL ?
		    "a response, not a request" : r->route.p != NULL ?
		    "a route alone: a prompt is missing (put fb-shape -p between)" :
		    "no body and no messages in it (prompts become requests with fb-shape)");
	return read_parts(r, m, f);
}

int request_again(struct request *r, struct span record, long ordinal, struct fault *f)
{
	struct span m[MEMBERS], from[MEMBERS];
	uint64_t first;

	begin(r, record, ordinal, m);
	if (span_kind(m[REQUEST]) != SPAN_OBJECT)
		return fault_set(f, F_INPUT, "the record didn't keep its request, so it can't be sent again");
	span_pick(m[REQUEST], ours, from);
	r->body = from[BODY];
	r->route = from[ROUTE];
	r->fallbacks = from[FALLBACKS];
	r->input = m[INPUT];
	if (read_parts(r, from, f) != 0)
		return -1;
	/* A body that spanned lines has blanks for them by now. */
	if (digest_read(m[DIGEST], &first) == 0)
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
	if (!r->bare && r->others)
		record_rest(out, r->record, ours);
}
