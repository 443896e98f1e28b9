/* httpsend.c - see httpsend.h. */
#include <string.h>

#include "httpsend.h"

enum { NAP_MS = 1000 };

struct waiting {
	const struct http_sink *sink;
	void *ctx;
	struct http_reply *reply;
	struct fault *f;
	int ended;
};

static void on_head(void *ctx, int status, const char *reason)
{
	struct waiting *w = ctx;

	w->sink->head(w->ctx, status, reason);
}

static enum http_want on_data(void *ctx, const char *p, size_t n)
{
	struct waiting *w = ctx;

	return w->sink->data(w->ctx, p, n);
}

static void on_end(void *ctx, const struct http_reply *reply, struct fault *f)
{
	struct waiting *w = ctx;

	*w->reply = *reply;
	*w->f = *f;
	w->ended = 1;
}

int http_send(struct http *h, const struct http_request *req, const struct http_sink *sink, void *ctx,
    struct http_reply *reply, struct fault *f)
{
	static const struct http_sink own = {on_head, on_data, on_end};
	struct waiting w = {sink, ctx, reply, f, 0};
	struct http_way *way = http_way_new(h, &req->path, f);
	struct http_call *call = NULL;
	struct fault why;

	memset(reply, 0, sizeof *reply);
	if (way != NULL && (call = http_start(h, way, req->body, &req->limits, &own, &w, f)) != NULL) {
		while (!w.ended) {
			if (req->stop != NULL && req->stop()) {
				fault_set(&why, F_INTERRUPTED, "interrupted before the reply was complete");
				http_stop(call, &why);
			} else if (http_run(h, -1, NAP_MS, &why) < 0 && !w.ended) {
				http_stop(call, &why);
			}
		}
	}
	http_way_free(way);
	return call == NULL || f->code != F_NONE ? -1 : 0;
}
