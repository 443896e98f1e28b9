/* probe.c - see probe.h. */
#include <math.h>
#include <string.h>
#include <time.h>

#include "json.h"
#include "limits.h"
#include "probe.h"
#include "remedy.h"
#include "shape.h"
#include "url.h"

enum { STEP_MS = 200, NAP_MS = 50 };
enum { LEAST = 1000 };		/* bytes of it: less says nothing */
enum { GROWTHS = 4 };		/* of a prompt that grows: each is 2.4 times as long as the one before */
#define GROWTH 2.4

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

/* What came is kept without the keys that the server may have repeated. */
static void on_done(void *ctx, struct flight *t)
{
	struct probe *p = ctx;
	struct came *c = &p->came[t->number];

	c->fault = t->o.fault;
	c->status = t->o.status;
	c->streamed = t->o.streamed;
	c->done = t->reply.done;
	c->chunks = t->reply.chunks;
	c->connect_ms = t->o.connect_ms;
	c->ttft_ms = t->o.ttft_ms;
	c->total_ms = t->o.total_ms;
	buf_add(&c->text, t->o.body.p, t->o.body.n);
	if (t->lane != NULL && c->text.len > 0)
		header_lines_redact_whole(&t->lane->lines, c->text.data, c->text.len);
	came_read(c);
}

static int wants_events(void *ctx)
{
	(void)ctx;
	return 0;
}

static void write_route(struct probe *p)
{
	buf_clear(&p->text);
	json_write(&p->text, p->route);
}

static struct span route_of_probe(const struct probe *p)
{
	return (struct span){buf_text(&p->text), p->text.len};
}

void probe_route(struct probe *p, jv route)
{
	jv_free(p->route);
	p->route = route;
	write_route(p);
}

/* Host and port as people know them. */
static void name_origin(struct probe *p)
{
	const char *base = json_text(p->route, "baseUrl");
	struct url u;

	buf_init(&p->origin, 4096);
	if (base != NULL && url_parse(base, &u) == NULL)
		buf_addf(&p->origin, "%.*s:%d", (int)u.host.n, u.host.p, u.port);
}

int probe_init(struct probe *p, struct span route, struct http *http, struct lanes *lanes, const struct sender_options *sending,
    const struct probe_options *options, struct fault *f)
{
	memset(p, 0, sizeof *p);
	p->route = json_build(route);
	p->options = options;
	p->plain_tokens = -1;
	p->lanes = lanes;
	p->ear = (struct sender_ear){wants_events, NULL, on_done, p};
	came_init(&p->came[0]);
	came_init(&p->came[1]);
	buf_init(&p->text, MAX_RECORD);
	if (json_is_object(p->route))
		p->route = json_set(p->route, "fallbacks", jv_null());	/* another model's answer would say nothing of this one */
	write_route(p);
	name_origin(p);
	p->http = http;
	sender_init(&p->sender, http, lanes, sending, &p->ear, 1);
	return json_is_object(p->route) ? 0 : fault_set(f, F_CONFIG, "not a route");
}

void probe_release(struct probe *p)
{
	sender_release(&p->sender);
	came_release(&p->came[0]);
	came_release(&p->came[1]);
	buf_release(&p->text);
	buf_release(&p->origin);
	jv_free(p->route);
}

/* The prompt that grows, as fb-shape is given it. */
static void write_prompt(struct buf *out, size_t bytes)
{
	size_t from = out->len, n = 0;

	buf_adds(out, "{\"prompt\":\"Say: well read. ");
	for (; out->len - from < bytes && !out->failed; n++)
		buf_addf(out, "Line %zu has a few words, and nothing in it matters. ", n + 1);
	buf_adds(out, "\",\"max_tokens\":32}");
}

/* A GET along the route. */
static void write_get(struct buf *line, const struct rung *r, const struct shape_route *route)
{
	buf_adds(line, "{\"custom_id\":");
	json_quotes(line, r->name);
	buf_addf(line, ",\"method\":\"GET\",\"url\":\"%s\",\"route\":", r->url);
	buf_add(line, route->keep.data, route->keep.len);
	buf_addc(line, '}');
}

/* The request of a rung, as the route's flags make it.  0, or -1 and *f. */
static int write_request(struct probe *p, const struct rung *r, size_t bytes, struct buf *line, struct fault *f)
{
	struct shape_route route;
	struct shape_options options = {.stream = r->is & RUNG_STREAM ? STREAM_YES : STREAM_NO};
	struct shape_input in;
	struct buf input, id;
	struct span value;
	struct span_err err;
	int bad;

	if (shape_route_init(&route, route_of_probe(p), f) != 0)
		return -1;
	buf_init(&input, MAX_RECORD);
	buf_init(&id, 256);
	json_quotes(&id, r->name);
	if (r->input != NULL)
		buf_adds(&input, r->input);
	else
		write_prompt(&input, bytes);
	if (r->url != NULL) {
		write_get(line, r, &route);
		bad = 0;
	} else if (span_check(buf_text(&input), input.len, MAX_DEPTH, &value, &err) != 0) {
		bad = fault_set(f, F_INPUT, "%s: %s at byte %zu of its input", r->name, err.what, err.at);
	} else {
		options.fields.tools = options.fields.schema = SPAN_NIL;
		bad = shape_read(&in, value, &options, (struct span){buf_text(&id), id.len}, 1, f) != 0 ||
		    shape_write(line, &in, &route, &options, f) != 0 ? -1 : 0;
		shape_input_release(&in);
	}
	shape_route_release(&route);
	buf_release(&input);
	buf_release(&id);
	return bad;
}

static void forget(struct probe *p)
{
	int i;

	for (i = 0; i < 2; i++) {
		came_release(&p->came[i]);
		came_init(&p->came[i]);
	}
}

/* Sends a request so many times at once: p->came is what came.  0; -1 and *f: nothing can be sent. */
static int ask(struct probe *p, const struct buf *line, int times, struct fault *f)
{
	struct span record = {buf_text(line), line->len}, value;
	struct span_err err;
	struct flight *t;
	struct fault why;
	int i;

	forget(p);
	if (span_check(record.p, record.n, MAX_DEPTH, &value, &err) != 0)
		return fault_set(f, F_INPUT, "a request that is no JSON: %s", err.what);
	for (i = 0; i < times; i++) {
		if ((t = flight_new(value, i + 1, 0, f)) == NULL)
			return -1;
		t->number = i;
		sender_take(&p->sender, t);
	}
	while (!sender_idle(&p->sender)) {
		if (*p->options->stop != 0) {
			fault_set(&why, F_INTERRUPTED, "interrupted");
			sender_abort(&p->sender, &why);
		}
		if (sender_step(&p->sender, -1, STEP_MS, f) < 0)
			return -1;
	}
	if (p->came[0].status == 0 && (p->came[0].fault.code == F_CONFIG || p->came[0].fault.code == F_NO_API_KEY ||
	    p->came[0].fault.code == F_INPUT)) {	/* it was not even tried */
		*f = p->came[0].fault;
		return -1;
	}
	return 0;
}

/* The connection ended, or none came about: so does a crash look from here. */
static int looks_dead(const struct came *c)
{
	return c->status == 0 && (c->fault.code == F_CONNECT || c->fault.code == F_TRUNCATED);
}

static void nap(long ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000};

	nanosleep(&t, NULL);
}

int probe_look_alive(struct probe *p, const struct rung *r, struct finding *x, struct fault *f)
{
	const struct rung *health = rung_find("connect");	/* any reply will do */
	double from = now_ms();
	struct buf line;
	int died = 0, bad;

	if (p->came[0].fault.code == F_CONNECT)	/* nothing was delivered that it could have died of */
		return 0;
	if (!(r->is & RUNG_RISKY) && (r == health || p->came[0].fault.code != F_TRUNCATED))
		return 0;
	buf_init(&line, MAX_RECORD);
	bad = write_request(p, health, 0, &line, f);
	while (!bad && (bad = ask(p, &line, 1, f)) == 0 && looks_dead(&p->came[0])) {
		died = 1;
		if (now_ms() - from > (double)p->options->revive_ms || *p->options->stop != 0)
			break;
		nap(NAP_MS);
	}
	buf_release(&line);
	if (bad || !died)
		return bad;
	x->died = 1;
	if (x->told.more.len > 0)
		buf_adds(&x->told.more, "; ");
	if (looks_dead(&p->came[0])) {
		buf_adds(&x->told.more, "the server died of it, and isn't back");
		fault_set(&p->gone, F_CONNECT, "the server is gone");
	} else {
		buf_addf(&x->told.more, "the server died of it; it is back after %.1f s", (now_ms() - from) / 1000);
	}
	return 0;
}

/* Bytes of the longest prompt: what fits into contextTokens, at four bytes a token as fb-shape reckons. */
static size_t longest(const struct probe *p)
{
	double most = (double)p->options->max_prompt, tokens = json_number(p->route, "contextTokens", 0);

	if (tokens > 0 && most > 4 * tokens)
		most = 4 * tokens;
	return most > LEAST ? (size_t)most : LEAST;
}

/* The tokens of a plain chat's prompt, asked for unless they are known.  0, or -1 and *f. */
static int count_plain(struct probe *p, struct fault *f)
{
	struct buf line;
	int bad = 0;

	if (p->plain_tokens >= 0)
		return 0;
	buf_init(&line, MAX_RECORD);
	if ((bad = write_request(p, rung_find("chat"), 0, &line, f)) == 0 && (bad = ask(p, &line, 1, f)) == 0)
		p->plain_tokens = look_prompt_tokens(&p->came[0]);
	buf_release(&line);
	return bad;
}

int probe_try(struct probe *p, const struct rung *r, struct finding *x, enum look *look, struct fault *f)
{
	struct asked asked = {.origin = buf_text(&p->origin), .model = span_get(route_of_probe(p), "model"),
	    .limit = span_get(span_get(route_of_probe(p), "compat"), "maxTokensField"), .most = longest(p)};
	int left = r->is & RUNG_GROWS ? GROWTHS : 1, times = r->is & RUNG_TWICE ? 2 : 1, bad = 0;
	struct buf line;

	if (r->is & RUNG_COUNTS && count_plain(p, f) != 0)
		return -1;
	asked.plain_tokens = p->plain_tokens > 0 ? p->plain_tokens : 0;
	buf_init(&line, MAX_RECORD);
	for (*look = LOOK_OK; left > 0 && *look == LOOK_OK; left--) {
		asked.bytes = (size_t)((double)asked.most / pow(GROWTH, left - 1));
		buf_clear(&line);
		if ((bad = write_request(p, r, asked.bytes, &line, f)) != 0)
			break;
		if (x->request.len == 0)
			buf_add(&x->request, line.data, line.len);
		if ((bad = ask(p, &line, times, f)) != 0)
			break;
		x->ms += p->came[0].total_ms;
		*look = r->look(&x->told, p->came, times, &asked);
		if (r == rung_find("chat"))
			p->plain_tokens = look_prompt_tokens(&p->came[0]);
		if (*look == LOOK_OK) {
			x->bytes = asked.before = asked.bytes;
			x->tokens = asked.before_tokens = look_prompt_tokens(&p->came[0]);
		}
	}
	buf_release(&line);
	return bad;
}

int probe_has(const struct probe *p, struct setting s)
{
	struct span value = span_get(span_get(route_of_probe(p), "compat"), s.flag);

	return span_is(value, s.value) || (span_kind(value) == SPAN_STRING && span_eq(value, s.value));
}

static int has_image(const struct probe *p)
{
	struct span_iter it = span_each(span_get(route_of_probe(p), "input"));
	struct span key, one;

	while (span_next(&it, &key, &one))
		if (span_eq(one, "image"))
			return 1;
	return 0;
}

/* Why a rung isn't asked: 1 and x->told.more says it. */
static int left_out(const struct probe *p, const struct rung *r, struct finding *x)
{
	struct buf *more = &x->told.more;

	if (p->gone.code != F_NONE)
		buf_adds(more, p->gone.message);
	else if (p->options->safe && r->is & RUNG_RISKY)
		buf_adds(more, "--safe: it may crash a server");
	else if (r->off.flag != NULL && probe_has(p, r->off))
		buf_addf(more, "not sent: %s is %s", r->off.flag, r->off.value);
	else if (r->is & RUNG_STREAM && p->no_streams)
		buf_adds(more, "not asked: streaming failed");
	else if (r->is & RUNG_IMAGES && !has_image(p))
		buf_adds(more, "not sent: input has no image");
	else if (r->is & RUNG_THINKS && !json_bool(p->route, "reasoning", 0))
		buf_adds(more, "not sent: reasoning is false");
	else
		return 0;
	x->verdict = PROBE_LEFT;
	return 1;
}

int probe_climb(struct probe *p, const struct rung *r, struct finding *x, struct fault *f)
{
	enum look look = LOOK_OK;

	x->rung = r;
	if (left_out(p, r, x))
		return 0;
	if (probe_try(p, r, x, &look, f) != 0)
		return -1;
	x->status = p->came[0].status;
	x->verdict = look == LOOK_NOTE ? PROBE_NOTE : PROBE_OK;
	if (look == LOOK_BAD || look == LOOK_LOST)
		x->fault = p->came[0].fault.code != F_NONE ? p->came[0].fault : p->came[0].unusable;
	if (p->came[1].fault.code != F_NONE && x->fault.code == F_NONE && r->is & RUNG_TWICE)
		x->fault = p->came[1].fault;
	if (probe_look_alive(p, r, x, f) != 0)
		return -1;
	if (look == LOOK_BAD || look == LOOK_LOST)
		return remedy_find(p, r, x, look, f);
	return 0;
}
