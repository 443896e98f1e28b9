/*
 * httpcall.h - a libcurl handle with the request that it has under way: its
 * options, and what libcurl hands on while it runs.  For http*.c only.
 */
#ifndef FB_HTTPCALL_H
#define FB_HTTPCALL_H

#include "httpway.h"

enum { HTTP_LINGER_MS = 250 };	/* for the end of a reply whose answer is whole, so that the connection can be kept */
enum { HTTP_ERROR = 256 };	/* CURL_ERROR_SIZE */

/* A libcurl handle, and the request that it has under way. */
struct http_call {
	struct http_call *next, *prev;	/* of those under way, or of the idle ones */
	struct http *h;
	void *easy;
	struct http_way *way;	/* whose options it has; NULL: nobody's */
	long connect_limit;	/* these options too are set only when they change */
	int method, traced;

	struct http_limits limits;
	const struct http_sink *sink;
	void *ctx;
	struct http_reply reply;
	double started, first, last, more;	/* of the reply's bytes; 0: none came.  more: the last that was HTTP_MORE */
	double enough;		/* when the sink had enough; 0: not yet */
	size_t head_bytes;
	long long raw;		/* of the body, before it was decoded, when the sink last saw some */
	int connected, headed, head_whole, encoded;
	int stopped;		/* the sink takes no more */
	int head_too_long;
	int told;		/* by http_stop(), from inside head() or data(), to end with `why` */
	struct fault why;
	char error[HTTP_ERROR];	/* libcurl's own words */
};

struct http {
	void *multi;
	int most, made, n;	/* handles, and requests under way */
	struct http_call *active, *idle;	/* idle: the one used last comes first */
	struct http_way *ways;
	double now;		/* when libcurl was last called */
	double next;		/* no limit of any request is reached before */
	int inside;		/* libcurl is at work: it takes no handle and gives none back */
	int stopping;		/* some are told to end */
	http_trace_fn *trace;
	void *trace_ctx;
};

double http_now(void);		/* milliseconds of a clock that only goes forward */
void http_sooner(struct http *h, double at);	/* a limit can be reached then */

struct http_call *httpcall_new(struct http *h);	/* NULL: out of memory */
void httpcall_free(struct http_call *c);
/* For a new request; what the options have to say is set, where it isn't yet.  0, or -1: it must not be used. */
int httpcall_prepare(struct http_call *c, struct http_way *w, struct span body);
void httpcall_tell_head(struct http_call *c);	/* unless it was told, or none came */
long long httpcall_raw_bytes(const struct http_call *c);	/* of the body, before it was decoded */

#endif
