/* http.c - see http.h. */
#include <curl/curl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "http.h"
#include "httpcall.h"
#include "httpend.h"
#include "limits.h"

enum { KEPT_LEAST = 16 };	/* connections */
static const double never = 1e300;

enum phase { CONNECT, FIRST_BYTE, IDLE, STALL, TOTAL };

struct http *http_new(int most, struct fault *f)
{
	struct http *h = calloc(1, sizeof *h);
	long kept = most > KEPT_LEAST ? most : KEPT_LEAST;

	if (h == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != 0) {
		free(h);
		fault_set(f, F_CONNECT, "libcurl could not start");
		return NULL;
	}
	h->most = most;
	h->next = never;
	h->multi = curl_multi_init();
	if (h->multi != NULL && curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, kept) == CURLM_OK)
		return h;
	http_free(h);
	fault_set(f, F_CONNECT, "libcurl could not start");
	return NULL;
}

static void put_first(struct http_call **list, struct http_call *c)
{
	c->prev = NULL;
	c->next = *list;
	if (c->next != NULL)
		c->next->prev = c;
	*list = c;
}

static void take_out(struct http_call **list, struct http_call *c)
{
	if (c->next != NULL)
		c->next->prev = c->prev;
	*(c->prev != NULL ? &c->prev->next : list) = c->next;
}

void http_free(struct http *h)
{
	struct http_call *c;

	if (h == NULL)
		return;
	while ((c = h->active) != NULL) {
		curl_multi_remove_handle(h->multi, c->easy);
		take_out(&h->active, c);
		httpcall_free(c);
	}
	while ((c = h->idle) != NULL) {
		take_out(&h->idle, c);
		httpcall_free(c);
	}
	for (; h->ways != NULL; h->ways = h->ways->next)
		h->ways->http = NULL;
	curl_multi_cleanup(h->multi);
	free(h);
	curl_global_cleanup();
}

void http_trace(struct http *h, http_trace_fn *fn, void *ctx)
{
	h->trace = fn;
	h->trace_ctx = ctx;
}

void http_note(const struct http *h, const char *text)
{
	if (h->trace != NULL)
		h->trace(h->trace_ctx, '*', text, strlen(text));
}

struct http_way *http_way_new(struct http *h, const struct http_path *p, struct fault *f)
{
	struct http_way *w = httpway_make(p, f);

	if (w != NULL) {
		w->http = h;
		w->next = h->ways;
		h->ways = w;
	}
	return w;
}

void http_way_free(struct http_way *w)
{
	struct http_way **at;
	struct http_call *c;

	if (w != NULL && w->http != NULL) {
		for (at = &w->http->ways; *at != w; at = &(*at)->next)
			;
		*at = w->next;
		for (c = w->http->idle; c != NULL; c = c->next)
			if (c->way == w) {
				httpway_leave(c->easy);
				c->way = NULL;
			}
	}
	httpway_drop(w);
}

/* An idle handle that has the way's options; else a new one, else the one unused for longest. */
static struct http_call *take(struct http *h, const struct http_way *w)
{
	struct http_call *c = h->idle;

	while (c != NULL && c->way != w && (c->next != NULL || h->made < h->most))
		c = c->next;
	if (c == NULL)
		return h->made < h->most ? httpcall_new(h) : NULL;
	take_out(&h->idle, c);
	return c;
}

static void earliest(double *at, enum phase *phase, double since, long ms, enum phase name)
{
	if (ms > 0 && since + (double)ms < *at) {
		*at = since + (double)ms;
		*phase = name;
	}
}

/* When the next limit is reached, and which; after enough came that is no fault but the end of waiting. */
static double deadline(const struct http_call *c, enum phase *phase)
{
	double at = never;

	*phase = TOTAL;
	earliest(&at, phase, c->started, c->limits.total_ms, TOTAL);
	if (c->enough > 0) {
		earliest(&at, phase, c->enough, HTTP_LINGER_MS, IDLE);
	} else if (c->first > 0) {
		earliest(&at, phase, c->last, c->limits.idle_ms, IDLE);
		earliest(&at, phase, c->more, c->limits.stall_ms, STALL);
	} else {
		earliest(&at, phase, c->started, c->limits.first_byte_ms, FIRST_BYTE);
		if (!c->connected)
			earliest(&at, phase, c->started, c->limits.connect_ms, CONNECT);
	}
	return at;
}

struct http_call *http_start(struct http *h, struct http_way *w, struct span body, const struct http_limits *limits,
    const struct http_sink *sink, void *ctx, struct fault *f)
{
	struct http_call *c = take(h, w);
	enum phase unused;

	if (c == NULL) {
		fault_set(f, F_CONNECT, h->n < h->most ? "out of memory" : "more requests at once than were said");
		return NULL;
	}
	c->limits = *limits;
	c->sink = sink;
	c->ctx = ctx;
	c->started = http_now();
	if (httpcall_prepare(c, w, body) != 0 || curl_multi_add_handle(h->multi, c->easy) != CURLM_OK) {
		put_first(&h->idle, c);
		fault_set(f, F_CONNECT, "out of memory, or libcurl refuses %s", w->place);
		return NULL;
	}
	put_first(&h->active, c);
	h->n++;
	http_sooner(h, deadline(c, &unused));
	return c;
}

/* The call is gone when its owner hears of it, so that the next can be started from there. */
static void finish(struct http_call *c, struct fault *f)
{
	struct http *h = c->h;
	struct http_reply reply;

	curl_multi_remove_handle(h->multi, c->easy);
	c->reply.total_ms = http_now() - c->started;
	reply = c->reply;
	take_out(&h->active, c);
	put_first(&h->idle, c);
	h->n--;
	c->sink->end(c->ctx, &reply, f);
}

void http_stop(struct http_call *c, const struct fault *why)
{
	struct fault f = *why;

	if (!c->h->inside) {
		finish(c, &f);
	} else if (!c->told) {
		c->why = f;
		c->told = c->h->stopping = 1;
	}
}

/* It ended by itself; the owner hears of the status first. */
static void settle(struct http_call *c, struct fault *f)
{
	c->h->inside = 1;
	httpcall_tell_head(c);
	c->h->inside = 0;
	if (c->told)
		*f = c->why;
	finish(c, f);
}

/* Those that http_stop() couldn't stop from inside. */
static void stop_late(struct http *h)
{
	struct http_call *c;
	struct fault f;

	while (h->stopping) {
		for (c = h->active; c != NULL && !c->told; c = c->next)
			;
		h->stopping = c != NULL;
		if (c == NULL)
			break;
		f = c->why;
		finish(c, &f);
	}
}

/* The end of a transfer: no fault when there is a reply to be judged. */
static void judge(struct http_call *c, CURLcode code, struct fault *f)
{
	struct httpend e = {c->easy, code, c->error, c->way};

	fault_clear(f);
	if (httpend_proxy(&e, c->reply.status, f) != 0)
		return;
	if (code == CURLE_OK && !c->head_whole)
		c->reply.cut = 1;	/* libcurl takes a head that just ends for a whole one */
	if (code == CURLE_OK || (c->stopped && code == CURLE_WRITE_ERROR) || c->enough > 0)
		return;
	if (c->reply.status != 0 && httpend_is_cut(code))
		c->reply.cut = 1;
	else if (c->head_too_long)
		fault_set(f, F_BAD_REPLY, "the head of the reply is over %lu KB", MAX_HEAD >> 10);
	else
		httpend_fault(&e, f);
}

static const struct {
	const char *name, *what;
} phases[] = {
	[CONNECT] = {"connect", "no connection within %.1f s"},
	[FIRST_BYTE] = {"first_byte", "no reply began within %.1f s"},
	[IDLE] = {"idle", "nothing came for %.1f s in mid-reply"},
	[STALL] = {"stall", "only signs of life came for %.1f s in mid-reply"},
	[TOTAL] = {"total", "not complete within %.1f s (timeoutSeconds)"},
};

static void timed_out(struct http_call *c, enum phase phase, struct fault *f)
{
	double since = phase == IDLE ? c->last : phase == STALL ? c->more : c->started;

	fault_set(f, F_TIMEOUT, phases[phase].what, (http_now() - since) / 1e3);
	f->phase = phases[phase].name;
}

/* Those that libcurl says have ended. */
static void reap(struct http *h)
{
	struct fault f;
	struct http_call *c;
	CURLMsg *msg;
	CURLcode code;
	char *of;
	int left;

	while ((msg = curl_multi_info_read(h->multi, &left)) != NULL) {
		code = msg->data.result;
		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &of);
		c = (struct http_call *)(void *)of;
		if (code == CURLE_OPERATION_TIMEDOUT)	/* the only limit that libcurl keeps too */
			timed_out(c, CONNECT, &f);
		else
			judge(c, code, &f);
		settle(c, &f);
	}
}

/* One whose limit is reached; or NULL, and h->next is when one can be. */
static struct http_call *overdue(struct http *h, enum phase *phase)
{
	struct http_call *c;
	double at;

	h->next = never;
	for (c = h->active; c != NULL; c = c->next) {
		if ((at = deadline(c, phase)) <= h->now)
			return c;
		http_sooner(h, at);
	}
	return NULL;
}

static void keep_limits(struct http *h)
{
	struct http_call *c;
	enum phase phase;
	struct fault f;

	while (h->now >= h->next && (c = overdue(h, &phase)) != NULL) {
		h->next = h->now;	/* there may be more */
		if (phase == IDLE && c->encoded && c->enough == 0 && httpcall_raw_bytes(c) != c->raw) {
			c->raw = httpcall_raw_bytes(c);	/* bytes came that gave no text yet */
			c->last = h->now;
			continue;
		}
		fault_clear(&f);
		if (c->enough == 0)
			timed_out(c, phase, &f);
		settle(c, &f);
	}
}

/* curl_multi_poll() doesn't say that the other end was closed. */
static int readable(int fd, const struct curl_waitfd *seen, int n)
{
	struct pollfd p = {fd, POLLIN, 0};

	return fd >= 0 && (seen->revents != 0 || (n > 0 && poll(&p, 1, 0) > 0));
}

int http_run(struct http *h, int fd, long ms, struct fault *f)
{
	struct curl_waitfd extra = {fd, CURL_WAIT_POLLIN, 0};
	double left = h->next - http_now();
	int running, n = 0, ready;

	ms = ms > INT_MAX ? INT_MAX : ms < 0 ? 0 : ms;
	if (left < (double)ms)
		ms = left > 0 ? (long)left + 1 : 0;
	if (curl_multi_poll(h->multi, &extra, fd >= 0, (int)ms, &n) != CURLM_OK)
		return fault_set(f, F_CONNECT, "libcurl's loop failed");
	ready = readable(fd, &extra, n);
	h->now = http_now();
	h->inside = 1;
	n = curl_multi_perform(h->multi, &running);
	h->inside = 0;
	if (n != CURLM_OK)
		return fault_set(f, F_CONNECT, "libcurl's loop failed");
	stop_late(h);
	reap(h);
	keep_limits(h);
	stop_late(h);
	return ready;
}

int http_count(const struct http *h)
{
	return h->n;
}
