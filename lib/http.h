/*
 * http.h - one HTTP request and its reply, over libcurl.  Nobody else
 * includes curl.h.
 *
 * What is sent: the headers given, Content-Length, Host, Accept and nothing
 * of our own (no User-Agent, no Expect).  Redirects are not followed, netrc
 * and cookies are not read, only http and https are spoken, a proxy from the
 * environment is never used for loopback and private addresses, TLS peers
 * are always verified.
 *
 * Times are milliseconds; 0 switches a limit off.
 */
#ifndef FB_HTTP_H
#define FB_HTTP_H

#include <stddef.h>

#include "fault.h"
#include "span.h"

struct http;

struct http_request {
	const char *url;
	int near;			/* the host is loopback or private: no proxy */
	const char *const *headers;	/* "name: value", ends with NULL */
	struct span body;		/* .p NULL: GET */
	long connect_ms, first_byte_ms, idle_ms, total_ms;
};

/* What came; valid until the next http_send. */
struct http_reply {
	int status;			/* 0: no status line came */
	char reason[128];
	char request_id[256];		/* of x-request-id; "" when there is none */
	char location[512];		/* of a redirect */
	int cut;			/* the connection ended before the reply was complete */
	double queued_ms, connect_ms, ttft_ms, total_ms;	/* ttft: to the first byte of the body */
};

/* What a sink says of a piece of the body. */
enum http_want {
	HTTP_MORE,
	HTTP_STOP,	/* it takes no more: a limit */
	HTTP_ENOUGH	/* the answer is whole, whether or not the server closes (some keep the socket open) */
};

/* Called when the status is known, then for each piece of the body. */
struct http_sink {
	void (*head)(void *ctx, int status, const char *reason);
	enum http_want (*data)(void *ctx, const char *p, size_t n);
	int (*stop)(void);		/* asked now and then: 1 ends the request; may be NULL */
	void *ctx;
};

struct http *http_new(struct fault *f);		/* NULL and *f when libcurl can't start */
void http_free(struct http *h);

/*
 * Sends and waits for the end.  0: a reply came to its end, or was cut
 * (reply->cut) after its status line; -1: *f says connect, tls, timeout,
 * truncated, bad_reply or interrupted.
 */
int http_send(struct http *h, const struct http_request *req, const struct http_sink *sink,
    struct http_reply *reply, struct fault *f);

#endif
