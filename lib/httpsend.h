/*
 * httpsend.h - one request, and the wait for its end (http.h has many at once).
 */
#ifndef FB_HTTPSEND_H
#define FB_HTTPSEND_H

#include "http.h"

struct http_request {
	struct http_path path;
	struct span body;		/* .p NULL: GET */
	struct http_limits limits;
	int (*stop)(void);		/* asked now and then: 1 ends the request; may be NULL */
};

/*
 * 0: a reply came to its end, or was cut (reply->cut) after its status line;
 * -1: *f says connect, tls, timeout, truncated, bad_reply, config or
 * interrupted.  sink->end isn't called.
 */
int http_send(struct http *h, const struct http_request *req, const struct http_sink *sink, void *ctx,
    struct http_reply *reply, struct fault *f);

#endif
