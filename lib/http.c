/* http.c - see http.h. */
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "http.h"
#include "limits.h"

enum {
	NAP_MS = 1000,		/* the longest wait without a look at the clock */
	LINGER_MS = 250		/* for the end of a reply whose answer is whole, so that the connection can be kept */
};

struct http {
	CURLM *multi;
	CURL *easy;		/* kept, so that connections are */
	char error[CURL_ERROR_SIZE];

	/* of the request under way */
	const struct http_request *req;
	const struct http_sink *sink;
	struct http_reply *reply;
	double started, last_byte;	/* last_byte: of the reply, 0 while none came */
	double enough;			/* when the sink had enough; 0: not yet */
	size_t head_bytes;
	int headed;		/* the sink was told the status */
	int head_whole;		/* the blank line behind the header lines came */
	int stopped, head_too_long;
};

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

static int easy_options(struct http *h);

struct http *http_new(struct fault *f)
{
	struct http *h = calloc(1, sizeof *h);

	if (h != NULL && curl_global_init(CURL_GLOBAL_DEFAULT) == 0) {
		h->multi = curl_multi_init();
		h->easy = curl_easy_init();
		if (h->multi != NULL && h->easy != NULL && easy_options(h) == 0)
			return h;
	}
	http_free(h);
	fault_set(f, F_CONNECT, "libcurl could not start");
	return NULL;
}

void http_free(struct http *h)
{
	if (h == NULL)
		return;
	curl_easy_cleanup(h->easy);
	curl_multi_cleanup(h->multi);
	free(h);
	curl_global_cleanup();
}

/* The value of a header line when it has that name, trimmed and cut to size. */
static void header_value(const char *line, size_t n, const char *name, char *value, size_t size)
{
	size_t k = strlen(name);

	if (n <= k || strncasecmp(line, name, k) != 0 || line[k] != ':')
		return;
	for (k++; k < n && (line[k] == ' ' || line[k] == '\t'); k++)
		;
	while (n > k && strchr(" \t\r\n", line[n - 1]) != NULL)
		n--;
	snprintf(value, size, "%.*s", (int)(n - k), line + k);
}

/* "HTTP/1.1 422 Unprocessable Entity" begins a reply's head; there may be several (100 Continue). */
static void status_line(struct http *h, const char *line, size_t n)
{
	const char *end = line + n, *p = memchr(line, ' ', n);

	memset(h->reply->reason, 0, sizeof h->reply->reason);
	if (p == NULL || end - p < 4)
		return;
	h->reply->status = atoi(p + 1);
	for (p += 4; p < end && *p == ' '; p++)
		;
	while (end > p && (end[-1] == '\r' || end[-1] == '\n'))
		end--;
	snprintf(h->reply->reason, sizeof h->reply->reason, "%.*s", (int)(end - p), p);
}

static size_t on_header(char *line, size_t size, size_t n, void *ctx)
{
	struct http *h = ctx;

	h->last_byte = now_ms();
	h->head_bytes += n * size;
	if (h->head_bytes > MAX_HEAD) {
		h->head_too_long = 1;
		return 0;
	}
	if (n > 5 && memcmp(line, "HTTP/", 5) == 0)
		status_line(h, line, n);
	h->head_whole = line[0] == '\r' || line[0] == '\n';
	header_value(line, n, "x-request-id", h->reply->request_id, sizeof h->reply->request_id);
	header_value(line, n, "location", h->reply->location, sizeof h->reply->location);
	return n;
}

static void tell_head(struct http *h)
{
	if (h->headed || h->reply->status == 0)
		return;
	h->headed = 1;
	h->sink->head(h->sink->ctx, h->reply->status, h->reply->reason);
}

static size_t on_data(char *p, size_t size, size_t n, void *ctx)
{
	struct http *h = ctx;

	h->last_byte = now_ms();
	if (h->reply->ttft_ms == 0)
		h->reply->ttft_ms = h->last_byte - h->started;
	tell_head(h);
	switch (h->sink->data(h->sink->ctx, p, n * size)) {
	case HTTP_STOP:
		h->stopped = 1;
		return 0;
	case HTTP_ENOUGH:
		h->enough = h->enough > 0 ? h->enough : h->last_byte;
		break;
	case HTTP_MORE:
		break;
	}
	return n;
}

/* Every option is checked: a request with one missing could go out without its body. */
#define SET(option, value) (curl_easy_setopt(h->easy, option, value) != CURLE_OK)

/* What is the same for all requests. */
static int easy_options(struct http *h)
{
	return SET(CURLOPT_ERRORBUFFER, h->error) ||
	    SET(CURLOPT_HEADERFUNCTION, on_header) || SET(CURLOPT_HEADERDATA, h) ||
	    SET(CURLOPT_WRITEFUNCTION, on_data) || SET(CURLOPT_WRITEDATA, h) ||
	    SET(CURLOPT_NOSIGNAL, 1L) || SET(CURLOPT_FOLLOWLOCATION, 0L) ||
	    SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) ||
	    SET(CURLOPT_PROTOCOLS_STR, "http,https") ||
	    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) ||
	    SET(CURLOPT_HTTP09_ALLOWED, 0L);
}

static struct curl_slist *header_list(const struct http_request *req)
{
	/* libcurl's own that we don't want, and what every server of the kind takes */
	struct curl_slist *list = curl_slist_append(NULL, "Expect:"), *more;
	int i;

	for (i = 0; list != NULL && req->headers[i] != NULL; i++) {
		more = curl_slist_append(list, req->headers[i]);
		if (more == NULL)
			curl_slist_free_all(list);
		list = more;
	}
	return list;
}

static int request_options(struct http *h, const struct http_request *req, struct curl_slist *headers)
{
	int https = strncasecmp(req->url, "https:", 6) == 0;

	return SET(CURLOPT_URL, req->url) || SET(CURLOPT_HTTPHEADER, headers) ||
	    SET(CURLOPT_CONNECTTIMEOUT_MS, req->connect_ms) ||
	    /* h2c is broken on reused connections in libcurl 7.88 */
	    SET(CURLOPT_HTTP_VERSION, (long)(https ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1)) ||
	    SET(CURLOPT_NOPROXY, req->near ? "*" : NULL) ||
	    (req->body.p == NULL ? SET(CURLOPT_HTTPGET, 1L) :
	    SET(CURLOPT_POST, 1L) || SET(CURLOPT_POSTFIELDS, req->body.p) ||
	    SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)req->body.n));
}

/* Takes a limit of `ms` from `since` for the earliest so far, if it is that and set. */
static void earliest(double *at, const char **phase, double since, long ms, const char *name)
{
	if (ms > 0 && since + (double)ms < *at) {
		*at = since + (double)ms;
		*phase = name;
	}
}

/* When the next limit is reached, and which; "enough" is no fault but the end of waiting. */
static double deadline(const struct http *h, const char **phase)
{
	double at = 1e300;

	*phase = "total";
	earliest(&at, phase, h->started, h->req->total_ms, "total");
	if (h->enough > 0)
		earliest(&at, phase, h->enough, LINGER_MS, "enough");
	else if (h->last_byte > 0)
		earliest(&at, phase, h->last_byte, h->req->idle_ms, "idle");
	else
		earliest(&at, phase, h->started, h->req->first_byte_ms, "first_byte");
	return at;
}

static int timed_out(const struct http *h, const char *phase, struct fault *f)
{
	static const struct {
		const char *phase, *what;
	} words[] = {
		{"connect", "no connection within %.1f s"},
		{"first_byte", "no reply began within %.1f s"},
		{"idle", "nothing came for %.1f s in mid-reply"},
		{"total", "not complete within %.1f s (timeoutSeconds)"},
	};
	double since = strcmp(phase, "idle") == 0 ? h->last_byte : h->started;
	int i;

	for (i = 0; i < 3 && strcmp(words[i].phase, phase) != 0; i++)
		;
	fault_set(f, F_TIMEOUT, words[i].what, (now_ms() - since) / 1e3);
	f->phase = words[i].phase;
	return -1;
}

/* "http://127.0.0.1:8080/...: Connection refused" */
static int not_connected(struct http *h, CURLcode code, struct fault *f)
{
	long error = 0;
	char *url = NULL;

	curl_easy_getinfo(h->easy, CURLINFO_OS_ERRNO, &error);
	curl_easy_getinfo(h->easy, CURLINFO_EFFECTIVE_URL, &url);
	if (code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY)
		return fault_set(f, F_CONNECT, "%s: unknown host name (%s)", url, h->error);
	return fault_set(f, F_CONNECT, "%s: %s", url, error != 0 ? strerror((int)error) : h->error);
}

static int failed(struct http *h, CURLcode code, struct fault *f)
{
	const char *why = h->error[0] != '\0' ? h->error : curl_easy_strerror(code);

	switch (code) {
	case CURLE_COULDNT_CONNECT:
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		return not_connected(h, code, f);
	case CURLE_OPERATION_TIMEDOUT:	/* the only one that libcurl keeps itself is the connect limit */
		return timed_out(h, "connect", f);
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
		return fault_set(f, F_TLS, "%s", why);
	case CURLE_GOT_NOTHING:
		return fault_set(f, F_TRUNCATED, "the server closed the connection without a reply");
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_PARTIAL_FILE:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
		return fault_set(f, F_TRUNCATED, "the connection broke: %s", why);
	default:
		return fault_set(f, F_BAD_REPLY, "%s", h->head_too_long ? "the head of the reply is over 64 KB" : why);
	}
}

/* Runs the one transfer to its end.  Its code; or -1 with *f set: a limit, or the user. */
static int run(struct http *h, CURLcode *code, struct fault *f)
{
	double wait;
	const char *phase;
	CURLMsg *msg;
	int running = 1, left;

	for (;;) {
		if (curl_multi_perform(h->multi, &running) != CURLM_OK)
			return fault_set(f, F_CONNECT, "libcurl's loop failed");
		if ((msg = curl_multi_info_read(h->multi, &left)) != NULL) {
			*code = msg->data.result;
			return 0;
		}
		wait = deadline(h, &phase) - now_ms();
		if (wait <= 0)
			return h->enough > 0 ? 0 : timed_out(h, phase, f);
		if (h->sink->stop != NULL && h->sink->stop())
			return fault_set(f, F_INTERRUPTED, "interrupted before the reply was complete");
		curl_multi_poll(h->multi, NULL, 0, wait < NAP_MS ? (int)wait + 1 : NAP_MS, NULL);
	}
}

static double info_ms(struct http *h, CURLINFO what)
{
	curl_off_t us = 0;

	curl_easy_getinfo(h->easy, what, &us);
	return (double)us / 1e3;
}

/* What the end of the transfer means: 0 when there is a reply to be judged. */
static int finish(struct http *h, CURLcode code, struct fault *f)
{
	tell_head(h);
	if (code == CURLE_OK && !h->head_whole)
		h->reply->cut = 1;	/* libcurl takes a head that just ends for a whole one */
	if (code == CURLE_OK || (h->stopped && code == CURLE_WRITE_ERROR))
		return 0;
	if (h->enough > 0)
		return 0;
	if (h->reply->status != 0 && (code == CURLE_PARTIAL_FILE || code == CURLE_RECV_ERROR ||
	    code == CURLE_GOT_NOTHING || code == CURLE_HTTP2 || code == CURLE_HTTP2_STREAM)) {
		h->reply->cut = 1;
		return 0;
	}
	return failed(h, code, f);
}

int http_send(struct http *h, const struct http_request *req, const struct http_sink *sink,
    struct http_reply *reply, struct fault *f)
{
	struct curl_slist *headers = header_list(req);
	CURLcode code = CURLE_OK;
	int bad;

	memset(reply, 0, sizeof *reply);
	h->req = req;
	h->sink = sink;
	h->reply = reply;
	h->last_byte = h->enough = 0;
	h->head_bytes = 0;
	h->headed = h->head_whole = h->stopped = h->head_too_long = 0;
	h->error[0] = '\0';
	h->started = now_ms();
	if (headers == NULL || request_options(h, req, headers) || curl_multi_add_handle(h->multi, h->easy) != CURLM_OK) {
		curl_slist_free_all(headers);
		return fault_set(f, F_CONNECT, "out of memory, or libcurl refuses %s", req->url);
	}
	bad = run(h, &code, f);
	reply->total_ms = now_ms() - h->started;
	reply->connect_ms = info_ms(h, CURLINFO_CONNECT_TIME_T);
	if (!bad)
		bad = finish(h, code, f);
	curl_multi_remove_handle(h->multi, h->easy);
	curl_easy_setopt(h->easy, CURLOPT_HTTPHEADER, NULL);
	curl_slist_free_all(headers);
	return bad;
}
