/* lane.c - see lane.h. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "curlcmd.h"
#include "lane.h"
#include "limits.h"
#include "trace.h"
#include "transport.h"
#include "tty.h"
#include "url.h"

enum { LANES = 64 };	/* kept, though nobody uses them */
enum { MOST_URL = 1 << 16 };	/* bytes of a base URL */

void lanes_init(struct lanes *l, struct http *http, struct secrets *secrets, const struct lane_options *options)
{
	*l = (struct lanes){.http = http, .secrets = secrets, .options = options};
}

static void lane_free(struct lane *lane)
{
	if (lane == NULL)
		return;
	http_way_free(lane->way);
	if (lane->shown != NULL)
		transport_release(lane->shown);
	free(lane->shown);
	header_lines_release(&lane->lines);
	buf_release(&lane->name);
	buf_release(&lane->url);
	free(lane);
}

void lanes_release(struct lanes *l)
{
	struct lane *lane;
	struct host *host;

	while ((lane = l->lane) != NULL) {
		l->lane = lane->next;
		lane_free(lane);
	}
	while ((host = l->host) != NULL) {
		l->host = host->next;
		free(host);
	}
}

/* Few are ever there: a batch goes to a handful of servers. */
static struct host *host_of(struct lanes *l, const struct url *base, double now)
{
	const struct lane_options *o = l->options;
	struct buf origin;
	struct host *h;

	buf_init(&origin, 1 << 16);
	url_origin(base, &origin);
	for (h = l->host; h != NULL && strcmp(h->origin, buf_text(&origin)) != 0; h = h->next)
		;
	if (h == NULL && !origin.failed && (h = calloc(1, sizeof *h + origin.len + 1)) != NULL) {
		memcpy(h->origin, buf_text(&origin), origin.len);
		pace_init(&h->pace, o->jobs, o->rpm, o->tpm, now);
		h->next = l->host;
		l->host = h;
	}
	buf_release(&origin);
	return h;
}

static long total_ms(const struct lane_options *o, struct span route)
{
	double s = span_number(span_get(route, "timeoutSeconds"));

	if (o->limits.total_ms > 0)
		return o->limits.total_ms;
	return s >= 1 && s < (double)INT_MAX / 1000 ? (long)(1000 * s) : LANE_TOTAL_MS;
}

/* The whole URL from the route's base, and who answers there. */
static int aim(struct lanes *l, struct lane *lane, struct span route, const char *path, double now, struct url *base,
    struct buf *text, struct fault *f)
{
	const char *why;

	span_decode(span_get(route, "baseUrl"), SPAN_REPLACE, text);
	if (!text->failed && (why = url_parse(buf_text(text), base)) != NULL)
		return fault_set(f, F_INPUT, "route.baseUrl: %s", why);
	if (!text->failed)
		url_join(base, path, &lane->url);
	if (text->failed || lane->url.failed || (lane->host = host_of(l, base, now)) == NULL)
		return fault_set(f, F_CONFIG, "out of memory, or route.baseUrl is over %d bytes", MOST_URL);
	return 0;
}

/* -v: a key that others on the way could read, though it may go there. */
static void note_bare(const struct lanes *l, const struct lane *lane, const struct url *base)
{
	struct buf text;
	int i;

	if (l->http == NULL || l->options->path.socket != NULL || base->scheme.n != 4 || url_is_loopback(base))
		return;
	for (i = 0; i < lane->lines.n && lane->lines.secret[i] == 0; i++)
		;
	if (i == lane->lines.n)
		return;
	buf_init(&text, 1 << 16);
	buf_addf(&text, "Warning: a key goes over plain http to %.*s", (int)base->host.n, base->host.p);
	http_note(l->http, buf_text(&text));
	buf_release(&text);
}

static int find_way(struct lanes *l, struct lane *lane, struct span route, int near, struct fault *f)
{
	const struct http_path *given = &l->options->path;
	const char *url = buf_text(&lane->url), *const *lines = (const char *const *)lane->lines.line;

	if (l->http != NULL)
		return (lane->way = transport_way(l->http, l->secrets, given, route, url, near, lines, f)) != NULL ? 0 : -1;
	if ((lane->shown = malloc(sizeof *lane->shown)) == NULL)
		return fault_set(f, F_CONFIG, "out of memory");
	return transport_init(lane->shown, l->secrets, given, route, url, near, lines, f);
}

static int prepare(struct lanes *l, struct lane *lane, struct span route, const char *path, double now, struct fault *f)
{
	struct buf base_text;
	struct url base;
	int bad;

	buf_init(&base_text, MOST_URL);
	bad = aim(l, lane, route, path, now, &base, &base_text, f) != 0 ||
	    secrets_headers(l->secrets, route, &lane->lines, f) != 0 ||
	    header_lines_over(&lane->lines, l->options->headers, !own_key_is_server(&l->secrets->own, &base), f) != 0;
	if (!bad) {
		lane->limits = l->options->limits;
		lane->limits.total_ms = total_ms(l->options, route);
	}
	if (!bad)
		bad = find_way(l, lane, route, url_is_near(&base), f) != 0;
	if (!bad)
		note_bare(l, lane, &base);
	buf_release(&base_text);
	return bad ? -1 : 0;
}

/* Too many are kept: those that nobody uses go, the longest unused first. */
static void drop_old(struct lanes *l)
{
	struct lane **at = &l->lane, **last = NULL, *gone;

	if (l->n < LANES)
		return;
	for (; *at != NULL; at = &(*at)->next)
		if ((*at)->users == 0)
			last = at;
	if (last == NULL)
		return;
	gone = *last;
	*last = gone->next;
	lane_free(gone);
	l->n--;
}

static struct lane *find(struct lanes *l, struct span route, const char *path)
{
	struct lane **at, *lane;
	size_t n = strlen(path) + 1;

	for (at = &l->lane; (lane = *at) != NULL; at = &lane->next)
		if (lane->few == l->options->path.few && lane->name.len == n + route.n &&
		    memcmp(lane->name.data, path, n) == 0 && memcmp(lane->name.data + n, route.p, route.n) == 0)
			break;
	if (lane != NULL) {	/* to the front */
		*at = lane->next;
		lane->next = l->lane;
		l->lane = lane;
	}
	return lane;
}

struct lane *lane_take(struct lanes *l, struct span route, const char *path, double now, struct fault *f)
{
	struct lane *lane = find(l, route, path);

	if (lane == NULL) {
		if ((lane = calloc(1, sizeof *lane)) == NULL) {
			fault_set(f, F_CONFIG, "out of memory");
			return NULL;
		}
		lane->few = l->options->path.few;
		buf_init(&lane->name, MAX_RECORD + sizeof "/v1/");
		buf_init(&lane->url, 2 * MOST_URL);
		buf_add(&lane->name, path, strlen(path) + 1);
		buf_add(&lane->name, route.p, route.n);
		if (prepare(l, lane, route, path, now, f) != 0) {
			lane_free(lane);
			return NULL;
		}
		drop_old(l);
		lane->next = l->lane;
		l->lane = lane;
		l->n++;
	}
	lane->users++;
	return lane;
}

int lanes_check(struct lanes *l, struct fault *f)
{
	static const char route[] = "{\"baseUrl\":\"https://localhost/v1\"}";
	const struct http_path *p = &l->options->path;
	struct lane *lane;

	if (l->options->headers[0] == NULL && p->proxy == NULL && p->ca == NULL && p->cert == NULL && p->key == NULL)
		return 0;
	if ((lane = lane_take(l, (struct span){route, sizeof route - 1}, "/v1/chat/completions", 0, f)) == NULL)
		return -1;
	lane_leave(lane);
	return 0;
}

void lane_leave(struct lane *lane)
{
	lane->users--;
}

/* curl would go through one of the environment's to near hosts too. */
static const char *shown_proxy(const struct http_path *p)
{
	static const char *const names[] = {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", NULL};
	int i = 0;

	while (names[i] != NULL && getenv(names[i]) == NULL)
		i++;
	return p->proxy == NULL && p->near && names[i] != NULL ? "" : p->proxy;
}

void lane_curl(const struct lane *lane, struct span body, struct buf *out)
{
	const struct http_path *p = &lane->shown->path;
	struct curlcmd c = {.url = p->url, .lines = &lane->lines, .body = body, .proxy = shown_proxy(p), .socket = p->socket,
	    .ca = p->ca, .cert = p->cert, .key = p->key, .passphrase = p->passphrase != NULL, .server_name = p->server_name};

	c.stream = span_kind(span_get(body, "stream")) == SPAN_TRUE;
	c.compressed = !p->near;
	curlcmd_write(out, &c);
}

void lanes_trace(const struct lanes *l, char direction, const char *line, size_t n)
{
	const struct lane *lane;
	struct buf copy, shown;

	buf_init(&copy, MAX_RECORD);
	buf_add(&copy, line, n);
	for (lane = l->lane; lane != NULL && copy.len > 0; lane = lane->next)
		header_lines_redact(&lane->lines, copy.data, copy.len);
	buf_init(&shown, 8 * MAX_HEAD);
	trace_line(&shown, direction, buf_text(&copy), copy.len, NULL);
	tty_lines(&shown);
	buf_release(&shown);
	buf_wipe(&copy);
}
