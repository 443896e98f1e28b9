/*
 * http.h - many HTTP requests at once, over libcurl's multi interface, in one
 * thread.  Only http*.c include curl.h, and no header does.
 *
 * What is sent: the headers given, Content-Length, Host, and nothing of our
 * own (no User-Agent, no Expect; Accept-Encoding only to hosts that are not
 * near).  Redirects are not followed, netrc and cookies are not read, only
 * http and https are spoken (1.1 for http:, 2 where a TLS server has it), TLS
 * peers are always verified.  A reply's body is handed on without chunk
 * framing and compression.
 *
 * Times are milliseconds; 0 switches a limit off.
 */
#ifndef FB_HTTP_H
#define FB_HTTP_H

#include <stddef.h>

#include "fault.h"
#include "span.h"

struct http;
struct http_way;
struct http_call;

/* Where requests go and how: prepared once for all that go there.  Texts are copied. */
struct http_path {
	const char *url;
	int near;			/* the host is loopback or private: no proxy of the environment */
	const char *const *headers;	/* "name: value", ends with NULL */
	const char *proxy;		/* its URL; "": none; NULL: what the environment says */
	const char *socket;		/* a unix socket in place of host and port; or NULL */
	const char *ca;			/* file of certificates to trust; NULL: the system's */
	const char *cert, *key, *passphrase;	/* our own certificate; or NULL */
	const char *server_name;	/* what the server's certificate must be for; NULL: the host */
	int few;			/* only a request or two go there: look certificates up, don't load them all */
	int once;			/* each request has a connection of its own: libcurl sends none again because a kept one was dead */
};

/* How long each phase of a request may take. */
struct http_limits {
	long connect_ms;	/* name, TCP and TLS */
	long first_byte_ms;	/* from the start to the first byte of the reply's head */
	long idle_ms;		/* without a byte, after the first */
	long stall_ms;		/* without HTTP_MORE, after the first byte: signs of life don't count */
	long total_ms;
};

/* What came; valid in end(). */
struct http_reply {
	int status;			/* 0: no status line came */
	char reason[128];
	char request_id[256];		/* of x-request-id; "" when there is none */
	char location[512];		/* of a redirect */
	char retry_after[64];		/* the last one; "" */
	char retry_after_ms[32];
	char should_retry[8];		/* x-should-retry */
	int cut;			/* the connection ended before the reply was complete */
	double connect_ms, ttft_ms, total_ms;	/* ttft: to the first byte of the body */
	int sent;			/* the request may have reached the server */
};

/* What a sink says of a piece of the body. */
enum http_want {
	HTTP_MORE,
	HTTP_ALIVE,	/* the same, but it was a sign of life only */
	HTTP_STOP,	/* it takes no more: a limit */
	HTTP_ENOUGH	/* the answer is whole, whether or not the server closes (some keep the socket open) */
};

/* What a request's owner is told: the status, each piece of the body, the end. */
struct http_sink {
	void (*head)(void *ctx, int status, const char *reason);
	enum http_want (*data)(void *ctx, const char *p, size_t n);
	/*
	 * Once; the call is gone then.  f->code F_NONE: a reply came to its end, or was
	 * cut after its status line; else connect, tls, timeout, truncated, bad_reply,
	 * config (a proxy that wants a login) or what http_stop() was given.
	 */
	void (*end)(void *ctx, const struct http_reply *reply, struct fault *f);
};

/*
 * -v: each line that goes over the wire but the bodies, without its line break; '>' sent, '<' received,
 * '*' libcurl's notes.  Keys are in them: who shows them hides those.
 */
typedef void http_trace_fn(void *ctx, char direction, const char *line, size_t n);

struct http *http_new(int most, struct fault *f);	/* so many at once; NULL and *f when libcurl can't start */
void http_free(struct http *h);				/* stops what is under way, without end() */
void http_trace(struct http *h, http_trace_fn *fn, void *ctx);
void http_note(const struct http *h, const char *text);	/* a note of our own among those of -v */

struct http_way *http_way_new(struct http *h, const struct http_path *p, struct fault *f);	/* NULL and *f */
void http_way_free(struct http_way *w);		/* wipes its headers; no call may be using it; also fine after http_free() */

/* Starts a request.  `body` (.p NULL: GET) and way stay until the end.  NULL and *f: nothing was sent, end() isn't called. */
struct http_call *http_start(struct http *h, struct http_way *w, struct span body, const struct http_limits *limits,
    const struct http_sink *sink, void *ctx, struct fault *f);
/* Now: end() is called from here; inside head() or data() a moment later, from http_run(). */
void http_stop(struct http_call *c, const struct fault *why);
int http_count(const struct http *h);		/* under way */

/*
 * Moves all requests on: what is ready at once, else after waiting, at most
 * `ms`, for something to happen.  fd: -1, or also wakes when it can be read: 1
 * then; else 0; -1 and *f when libcurl's loop fails.
 */
int http_run(struct http *h, int fd, long ms, struct fault *f);

#endif
