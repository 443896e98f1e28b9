/* fb-send - sends requests, writes response records.  See fb-send(1). */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "file.h"
#include "hint.h"
#include "http.h"
#include "json.h"
#include "limits.h"
#include "opt.h"
#include "reply.h"
#include "request.h"
#include "response.h"
#include "route.h"
#include "secret.h"
#include "stage.h"
#include "tty.h"
#include "url.h"

enum { OPT_EVENTS = 400, OPT_NO_EVENTS, OPT_TIMEOUT, OPT_INSECURE };
enum { CONNECT_MS = 10000, IDLE_MS = 120000, TOTAL_S = 600 };

static const struct opt opts[] = {
	ROUTE_OPTIONS,
	{OPT_TIMEOUT, "timeout", "SEC", "give up on a reply after SEC seconds (else timeoutSeconds, else 600)"},
	{OPT_EVENTS, "events", NULL, "pass on the chunks of streams (the default for one request into a pipe)"},
	{OPT_NO_EVENTS, "no-events", NULL, "response records only"},
	{OPT_INSECURE, "insecure-http", NULL, "let a key go over plain http to a public host"},
	STAGE_OUTPUT_OPTION,
	STAGE_QUIET_OPTION,
	{0, NULL, NULL, NULL}
};

static const struct cmd cmd = {
	"fb-send", "[OPTION]... [FILE]...",
	"Send requests to their servers, one after another; print response records.",
	opts,
	"Reads request records as fb-shape prints them, lines of OpenAI's Batch format\n"
	"and single request bodies, from the FILEs, else from stdin.  The last two name\n"
	"no server: they go where -m says, else to the configured primary.\n"
};

/* One run: what was asked for, and where it goes. */
static struct stage stage;
static struct route_args route_args;
static struct secrets secrets;
static struct header_lines lines;	/* of the request at hand */
static struct http *http;
static struct buf own_route;	/* for requests that name none */
static long timeout_s;
static int want_events = -1;	/* -1: for a single request into a pipe or a terminal */
static volatile sig_atomic_t caught;

/* One request on its way. */
struct sending {
	const struct request *request;
	struct reader *input;	/* to see whether more requests follow */
	struct reply reply;
	struct buf held;	/* events that wait until that is known */
	int events;		/* 1, 0, or -1: not known yet */
};

/* The first ends the request under way; its record is still written. */
static void on_signal(int sig)
{
	caught = sig;
}

static int stop(void)
{
	return caught != 0 || stage.out.error != 0;
}

/* A chunk of a stream: an event line, when somebody watches. */
static void on_chunk(void *ctx, struct span chunk)
{
	struct sending *s = ctx;
	int drained;

	if (s->events < 0 && (drained = reader_drained(s->input)) >= 0)
		s->events = drained;	/* the only request: somebody waits for this answer */
	if (s->events == 0) {
		buf_release(&s->held);
		return;
	}
	response_event(&s->held, s->request, chunk);
	if (s->events < 0) {
		buf_addc(&s->held, '\n');
		return;
	}
	out_line(&stage.out, &s->held);
	buf_clear(&s->held);
}

static void on_head(void *ctx, int status, const char *reason)
{
	struct sending *s = ctx;

	reply_head(&s->reply, status, reason);
}

static enum http_want on_data(void *ctx, const char *p, size_t n)
{
	struct sending *s = ctx;

	reply_push(&s->reply, p, n);
	return s->reply.raw.failed ? HTTP_STOP : s->reply.done || s->reply.has_error ? HTTP_ENOUGH : HTTP_MORE;
}

/* A redirect's message says where it points; it is never followed. */
static void name_location(struct fault *f, const struct http_reply *got)
{
	size_t n = strlen(f->message);

	if (got->status >= 300 && got->status < 400 && got->location[0] != '\0')
		snprintf(f->message + n, sizeof f->message - n, " (a redirect to %.400s, not followed)", got->location);
}

static int seconds_of(struct span route)
{
	double s = span_number(span_get(route, "timeoutSeconds"));

	return timeout_s > 0 ? (int)timeout_s : s >= 1 && s < INT_MAX / 1000 ? (int)s : TOTAL_S;
}

/* Sends one request whose header lines are ready, and judges what came. */
static void exchange(struct sending *s, struct span route, const struct url *base, const char *url,
    struct outcome *o, struct buf *body)
{
	struct http_request req = {url, url_is_near(base), (const char *const *)lines.line, s->request->body,
	    CONNECT_MS, 0, IDLE_MS, 1000L * seconds_of(route)};
	struct http_sink sink = {on_head, on_data, stop, s};
	static struct http_reply got;	/* response_write reads its request_id */
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	o->started = (double)t.tv_sec + (double)t.tv_nsec / 1e9;
	if (http_send(http, &req, &sink, &got, &o->fault) == 0) {
		reply_end(&s->reply, got.cut, body, &o->fault);
		name_location(&o->fault, &got);
	} else if (got.status != 0) {	/* what came before the fault stays for people to see */
		struct fault later;

		reply_end(&s->reply, 1, body, &later);
		o->fault.status = got.status;
	}
	o->status = got.status;
	o->request_id = got.request_id;
	o->body = (struct span){buf_text(body), body->len};
	o->connect_ms = got.connect_ms;
	o->ttft_ms = got.ttft_ms;
	o->total_ms = got.total_ms;
	o->streamed = s->reply.form == REPLY_STREAM;
}

/* The whole URL, from the route's base. */
static const char *target(struct span route, const char *path, struct buf *base_text, struct url *base, struct buf *url)
{
	const char *why;

	span_decode(span_get(route, "baseUrl"), SPAN_REPLACE, base_text);
	if ((why = url_parse(buf_text(base_text), base)) == NULL)
		url_join(base, path, url);
	return why;
}

static void send_one(const struct request *r, struct span route, struct reader *in)
{
	struct sending s = {.request = r, .input = in,
	    .events = want_events < 0 && stage.ordinal > 1 ? 0 : want_events};
	struct outcome o = {.request_id = ""};
	struct buf base_text, url, body, line;
	struct url base;
	const char *why;

	buf_init(&base_text, 1 << 16);
	buf_init(&url, 1 << 17);
	buf_init(&body, MAX_RECORD);
	buf_init(&line, 2 * MAX_RECORD);
	buf_init(&s.held, MAX_EVENT);
	reply_init(&s.reply, s.events != 0 ? on_chunk : NULL, &s);
	s.reply.any_json = r->body.p == NULL;
	if ((why = target(route, r->url, &base_text, &base, &url)) != NULL)
		fault_set(&o.fault, F_INPUT, "route.baseUrl: %s", why);
	else if (span_get(route, "request").p != NULL)	/* going another way than was said would be worse */
		fault_set(&o.fault, F_CONFIG, "route.request: proxy and tls settings are not applied yet, so nothing was sent");
	else if (secrets_headers(&secrets, route, &lines, &o.fault) == 0)
		exchange(&s, route, &base, buf_text(&url), &o, &body);
	if (s.events != 0 && s.held.len > 0)	/* all came at once, before more input could be seen */
		out_write(&stage.out, s.held.data, s.held.len);
	if (o.fault.code != F_NONE) {
		header_lines_redact(&lines, o.fault.message, strlen(o.fault.message));
		if (body.len > 0)
			header_lines_redact(&lines, body.data, body.len);
		hint(&o.fault, route, r->body);
	}
	response_write(&line, r, route, &o);
	out_line(&stage.out, &line);
	tally_add(&stage.tally, o.fault.code == F_NONE, fault_retryable(o.fault.code));
	if (o.fault.code != F_NONE)
		stage_tell(&stage, (struct span){buf_text(&r->id), r->id.len}, &o.fault);
	reply_release(&s.reply);
	buf_release(&s.held);
	buf_release(&line);
	buf_release(&body);
	buf_release(&url);
	buf_release(&base_text);
}

/* The route of Batch lines and single bodies; resolved when the first comes. */
static int default_route(struct span *route, struct fault *f)
{
	struct config c;
	jv all, one;
	int bad = 0;

	if (own_route.len == 0) {
		bad = route_list(&route_args, &c, &all, f);
		if (!bad && json_count(all) > 1)
			bad = fault_set(f, F_CONFIG, "one -m only: a body goes to one server");
		one = json_at(all, 0);
		if (!bad) {
			json_write(&own_route, one);
			stage_warnings(&stage, &c.warnings);
		}
		config_release(&c);
		jv_free(one);
		jv_free(all);
	}
	*route = (struct span){buf_text(&own_route), own_route.len};
	return bad;
}

static void take_value(struct stage *st, struct span value, const char *place)
{
	struct request r;
	struct span route = SPAN_NIL;
	struct fault f;
	int bad = request_read(&r, value, st->ordinal, &f);

	if (!bad && !r.failed) {
		route = r.route;
		if (route.p == NULL)
			bad = default_route(&route, &f);
	}
	if (bad)
		stage_refuse(st, (struct span){buf_text(&r.id), r.id.len}, place, &f);
	else if (r.failed)
		stage_pass(st, value);
	else
		send_one(&r, route, st->in);
	request_release(&r);
}

static void read_options(int argc, char **argv)
{
	int id;

	while ((id = opt_next(&cmd, argc, argv)) != -1) {
		switch (id) {
		case OPT_EVENTS:
		case OPT_NO_EVENTS:
			want_events = id == OPT_EVENTS;
			break;
		case OPT_TIMEOUT:
			timeout_s = opt_number(&cmd, "timeout", optarg, 1, INT_MAX / 1000);
			break;
		case OPT_INSECURE:
			secrets.insecure_http = 1;
			break;
		default:
			if (!stage_option(&stage, id, optarg) && route_option(&route_args, id, optarg) < 0)
				opt_die(&cmd, "more than %d times the same option", ROUTE_MOST);
		}
	}
}

/* A gone reader is an error of write(2), not of a TLS library. */
static void guard(void)
{
	struct sigaction act = {.sa_handler = on_signal};

	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* All input; the exit status. */
static int send_all(char **files)
{
	struct fault f;

	stage.each = take_value;
	stage_each(&stage, files);
	if (caught != 0)
		return 128 + caught;
	if (stage.tally.good + stage.tally.bad > 0 || stage.broken || stage.out.error != 0)
		return tally_status(&stage.tally);
	fault_set(&f, F_INPUT, "nothing to send: the input is empty, no request came from the stage before");
	return stage_cannot(&stage, &f);
}

int main(int argc, char **argv)
{
	struct fault f;
	int status;

	stage_start(&stage, "fb-send", "send");
	secrets_init(&secrets);
	buf_init(&own_route, MAX_RECORD);
	read_options(argc, argv);
	stage.stop = &caught;
	secrets.own_config = route_args.config;
	guard();
	if (want_events < 0 && (stage.output != NULL || !(isatty(STDOUT_FILENO) || tty_piped(STDOUT_FILENO))))
		want_events = 0;
	if ((status = stage_open(&stage)) != 0)
		return status;
	if ((http = http_new(&f)) == NULL)
		status = stage_cannot(&stage, &f);
	else
		status = send_all(argv + optind);
	http_free(http);
	header_lines_release(&lines);
	secrets_release(&secrets);
	buf_release(&own_route);
	return stage_end(&stage, status);
}
