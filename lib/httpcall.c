/* httpcall.c - see httpcall.h. */
#include <curl/curl.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "httpcall.h"
#include "limits.h"

_Static_assert(HTTP_ERROR >= CURL_ERROR_SIZE, "libcurl's messages fit");

enum { CONNECT_SLACK_MS = 500 };	/* libcurl's limit comes after ours, which names the phase */

double http_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

void http_sooner(struct http *h, double at)
{
	if (at < h->next)
		h->next = at;
}

/* A byte of the reply came. */
static void alive(struct http_call *c)
{
	c->last = c->h->now;
	if (c->first != 0)
		return;
	c->first = c->more = c->last;
	if (c->limits.idle_ms > 0)
		http_sooner(c->h, c->last + (double)c->limits.idle_ms);
	if (c->limits.stall_ms > 0)
		http_sooner(c->h, c->last + (double)c->limits.stall_ms);
}

/* Which header lines are kept, and where. */
static void header_line(struct http_reply *r, const char *line, size_t n)
{
#define KEEP(name, member) {name, sizeof(name) - 1, offsetof(struct http_reply, member), sizeof r->member}
	static const struct {
		const char *name;
		size_t n, at, size;
	} kept[] = {
		KEEP("location", location),
		KEEP("retry-after", retry_after),
		KEEP("x-request-id", request_id),
		KEEP("retry-after-ms", retry_after_ms),
		KEEP("x-should-retry", should_retry),
	};
#undef KEEP
	const char *colon = memchr(line, ':', n), *p = line, *end = line + n;
	size_t k = colon != NULL ? (size_t)(colon - p) : 0, i;

	for (i = 0; i < sizeof kept / sizeof *kept; i++)
		if (k == kept[i].n && strncasecmp(p, kept[i].name, k) == 0)
			break;
	if (i == sizeof kept / sizeof *kept)
		return;
	for (p = colon + 1; p < end && (*p == ' ' || *p == '\t'); p++)
		;
	while (end > p && strchr(" \t\r\n", end[-1]) != NULL)
		end--;
	snprintf((char *)r + kept[i].at, kept[i].size, "%.*s", (int)(end - p), p);
}

static void reply_clear(struct http_reply *r)
{
	r->reason[0] = r->request_id[0] = r->location[0] = r->retry_after[0] = '\0';
	r->retry_after_ms[0] = r->should_retry[0] = '\0';
	r->status = 0;
}

/* "HTTP/1.1 422 Unprocessable Entity" begins a reply's head; there may be several (100 Continue). */
static void status_line(struct http_call *c, const char *line, size_t n)
{
	const char *end = line + n, *p = memchr(line, ' ', n);

	reply_clear(&c->reply);
	c->head_whole = c->encoded = 0;
	if (p == NULL || end - p < 4)
		return;
	c->reply.status = (int)strtol(p + 1, NULL, 10);
	for (p += 4; p < end && *p == ' '; p++)
		;
	while (end > p && (end[-1] == '\r' || end[-1] == '\n'))
		end--;
	snprintf(c->reply.reason, sizeof c->reply.reason, "%.*s", (int)(end - p), p);
}

void httpcall_tell_head(struct http_call *c)
{
	if (c->headed || c->reply.status == 0)
		return;
	c->headed = 1;
	c->sink->head(c->ctx, c->reply.status, c->reply.reason);
}

static size_t on_header(char *line, size_t size, size_t n, void *ctx)
{
	struct http_call *c = ctx;

	n *= size;
	alive(c);
	c->head_bytes += n;
	if (c->head_bytes > MAX_HEAD) {
		c->head_too_long = 1;
		return 0;
	}
	if (n > 5 && memcmp(line, "HTTP/", 5) == 0)
		status_line(c, line, n);
	else if (n > 17 && strncasecmp(line, "content-encoding:", 17) == 0)
		c->encoded = 1;
	else
		header_line(&c->reply, line, n);
	if (line[0] != '\r' && line[0] != '\n')
		return n;
	c->head_whole = 1;	/* trailers come after it */
	if (c->reply.status >= 200)
		httpcall_tell_head(c);
	return c->told ? 0 : n;
}

long long httpcall_raw_bytes(const struct http_call *c)
{
	curl_off_t n = 0;

	curl_easy_getinfo(c->easy, CURLINFO_SIZE_DOWNLOAD_T, &n);
	return n;
}

static size_t on_data(char *p, size_t size, size_t n, void *ctx)
{
	struct http_call *c = ctx;

	alive(c);
	if (c->reply.ttft_ms == 0)
		c->reply.ttft_ms = http_now() - c->started;
	if (c->encoded)
		c->raw = httpcall_raw_bytes(c);
	httpcall_tell_head(c);
	switch (c->sink->data(c->ctx, p, n * size)) {
	case HTTP_STOP:
		c->stopped = 1;
		return 0;
	case HTTP_ENOUGH:
		if (c->enough == 0)
			c->enough = c->last;
		http_sooner(c->h, c->enough + HTTP_LINGER_MS);
		break;
	case HTTP_MORE:
		c->more = c->last;
		break;
	case HTTP_ALIVE:
		break;
	}
	return c->told ? 0 : n * size;
}

/* The connection stands; from here on the server may get the request. */
static int on_ready(void *ctx, char *to, char *from, int to_port, int from_port)
{
	struct http_call *c = ctx;

	(void)to, (void)from, (void)to_port, (void)from_port;
	if (!c->connected)
		c->reply.connect_ms = http_now() - c->started;
	c->connected = c->reply.sent = 1;
	return CURL_PREREQFUNC_OK;
}

/* A login to a proxy is a secret that only libcurl knows. */
static void trace_line(const struct http *h, char direction, const char *line, size_t n)
{
	static const char login[] = "Proxy-Authorization:";

	if (n >= sizeof login - 1 && strncasecmp(line, login, sizeof login - 1) == 0)
		h->trace(h->trace_ctx, direction, "Proxy-Authorization: ***", sizeof "Proxy-Authorization: ***" - 1);
	else
		h->trace(h->trace_ctx, direction, line, n);
}

static int on_debug(CURL *easy, curl_infotype type, char *p, size_t n, void *ctx)
{
	const struct http_call *c = ctx;
	char direction = type == CURLINFO_TEXT ? '*' : type == CURLINFO_HEADER_IN ? '<' : type == CURLINFO_HEADER_OUT ? '>' : 0;
	const char *end = p + n, *eol;

	(void)easy;
	for (; direction != 0 && c->h->trace != NULL && p < end; p += eol - p + 1) {
		if ((eol = memchr(p, '\n', (size_t)(end - p))) == NULL)
			eol = end;
		n = (size_t)(eol - p);
		trace_line(c->h, direction, p, n - (n > 0 && p[n - 1] == '\r'));
	}
	return 0;
}

/* Every option is checked: a request with one missing could go out without its body. */
#define SET(option, value) (curl_easy_setopt(c->easy, option, value) != CURLE_OK)

/* What is the same for all requests. */
static int easy_options(struct http_call *c)
{
	return SET(CURLOPT_ERRORBUFFER, c->error) || SET(CURLOPT_PRIVATE, c) ||
	    SET(CURLOPT_HEADERFUNCTION, on_header) || SET(CURLOPT_HEADERDATA, c) ||
	    SET(CURLOPT_WRITEFUNCTION, on_data) || SET(CURLOPT_WRITEDATA, c) ||
	    SET(CURLOPT_PREREQFUNCTION, on_ready) || SET(CURLOPT_PREREQDATA, c) ||
	    SET(CURLOPT_DEBUGFUNCTION, on_debug) || SET(CURLOPT_DEBUGDATA, c) ||
	    SET(CURLOPT_NOSIGNAL, 1L) || SET(CURLOPT_FOLLOWLOCATION, 0L) ||
	    SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) ||
	    SET(CURLOPT_PROTOCOLS_STR, "http,https") || SET(CURLOPT_HTTP09_ALLOWED, 0L) ||
	    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) ||
	    SET(CURLOPT_SSL_VERIFYPEER, 1L) || SET(CURLOPT_SSL_VERIFYHOST, 2L) ||
	    SET(CURLOPT_ACCEPT_ENCODING, "") || SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L) ||
	    /* a name server that doesn't answer must not hold us when the request is given up */
	    SET(CURLOPT_QUICK_EXIT, 1L);
}

struct http_call *httpcall_new(struct http *h)
{
	struct http_call *c = calloc(1, sizeof *c);

	if (c == NULL)
		return NULL;
	c->h = h;
	if ((c->easy = curl_easy_init()) == NULL || easy_options(c)) {
		httpcall_free(c);
		return NULL;
	}
	h->made++;
	return c;
}

void httpcall_free(struct http_call *c)
{
	curl_easy_cleanup(c->easy);
	free(c);
}

/* Nothing of the request before is left. */
static void clear(struct http_call *c)
{
	reply_clear(&c->reply);
	c->reply.cut = c->reply.sent = 0;
	c->reply.connect_ms = c->reply.ttft_ms = c->reply.total_ms = 0;
	c->first = c->last = c->more = c->enough = 0;
	c->head_bytes = 0;
	c->raw = 0;
	c->connected = c->headed = c->head_whole = c->encoded = c->stopped = c->head_too_long = c->told = 0;
	c->error[0] = '\0';
}

/* Only options that differ from those that the handle has. */
int httpcall_prepare(struct http_call *c, struct http_way *w, struct span body)
{
	long limit = c->limits.connect_ms > 0 && c->limits.connect_ms < INT_MAX - CONNECT_SLACK_MS ?
	    c->limits.connect_ms + CONNECT_SLACK_MS : INT_MAX;
	int method = body.p != NULL ? 'P' : 'G', traced = c->h->trace != NULL;

	clear(c);
	if (c->way != w) {
		c->way = NULL;
		if (httpway_apply(w, c->easy) != 0)
			return -1;
		c->way = w;
	}
	if ((c->connect_limit != limit && SET(CURLOPT_CONNECTTIMEOUT_MS, limit)) ||
	    (c->traced != traced && SET(CURLOPT_VERBOSE, (long)traced)))
		return -1;
	c->connect_limit = limit;
	c->traced = traced;
	if (c->method != method && (method == 'P' ? SET(CURLOPT_POST, 1L) : SET(CURLOPT_HTTPGET, 1L)))
		return -1;
	c->method = method;
	return body.p != NULL && (SET(CURLOPT_POSTFIELDS, body.p) ||
	    SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.n)) ? -1 : 0;
}
