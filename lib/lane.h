/*
 * lane.h - the way along one route to its server: URL, header lines with their
 * secrets, transport and limits, made once and kept for all requests that go
 * there; and each server's pace, which the lanes to it share.
 */
#ifndef FB_LANE_H
#define FB_LANE_H

#include "buf.h"
#include "fault.h"
#include "headers.h"
#include "http.h"
#include "pace.h"
#include "secret.h"
#include "span.h"
#include "transport.h"

/* What the command line says of all of them. */
struct lane_options {
	struct http_limits limits;	/* total_ms 0: what the route says, else LANE_TOTAL_MS */
	struct http_path path;		/* proxy, socket, ca, cert, key; the rest is the route's; few may change later */
	/*
	 * Of -H, "name: value", ends with NULL; they go over the route's.  Secrets
	 * among them only to the command line's own server (ownkey.h).
	 */
	const char *const *headers;
	int jobs;			/* at once, for each server */
	double rpm, tpm;
};
#define LANE_CONNECT_MS 10000
#define LANE_IDLE_MS 120000
#define LANE_TOTAL_MS 600000

/* One origin. */
struct flight;
struct host {
	struct host *next;
	struct pace pace;
	struct flight *line, *last;	/* those whose turn waits for the pace (lineup.h) */
	double up;		/* when it first answered a request; 0: not yet */
	char origin[];
};

struct lane {
	struct lane *next;
	struct buf name;	/* the request's path and the route as it stands in the record: what it is found by */
	struct buf url;
	struct header_lines lines;
	struct http_way *way;
	struct transport *shown;	/* where nothing is sent, in place of a way */
	struct http_limits limits;
	struct host *host;
	int few;		/* its way was made for one request: more take another */
	long users;
};

struct lanes {
	struct http *http;		/* NULL: nothing will be sent, lanes have no way */
	struct secrets *secrets;
	const struct lane_options *options;
	struct lane *lane;	/* the one used last comes first */
	struct host *host;
	int n;
};

void lanes_init(struct lanes *l, struct http *http, struct secrets *secrets, const struct lane_options *options);
void lanes_release(struct lanes *l);	/* wipes; nobody may be using one */

/*
 * The lane of a route (an object with baseUrl) for requests to `path`
 * ("/v1/chat/completions").  NULL and *f: config, no_api_key, input, tls.
 * Who gets one gives it back with lane_leave().
 */
struct lane *lane_take(struct lanes *l, struct span route, const char *path, double now, struct fault *f);
void lane_leave(struct lane *lane);

/* Would the options do for whatever server?  Else the fault that each request would have: 0, or -1 and *f (config). */
int lanes_check(struct lanes *l, struct fault *f);

/* Appends the request as a curl command (curlcmd.h); for lanes without a way. */
void lane_curl(const struct lane *lane, struct span body, struct buf *out);
/* A line of -v (trace.h) on stderr, without the secrets of any lane. */
void lanes_trace(const struct lanes *l, char direction, const char *line, size_t n);

#endif
