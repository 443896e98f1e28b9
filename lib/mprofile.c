/* mprofile.c - see mprofile.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "limits.h"
#include "mchat.h"
#include "mlog.h"
#include "mprofile.h"
#include "mserde.h"
#include "mserve.h"
#include "mtext.h"

#define JSON_TYPE "application/json"
#define TEXT_TYPE "text/plain; charset=utf-8"

enum { KEEP = 1 << 20 };	/* scratch larger than this is given back */

struct mprofile {
	const char *name;
	const char *headers;		/* header lines of every reply, or NULL */
	const char *owner;		/* owned_by in /v1/models */
	struct mchat_form form;
	int named;			/* replies name the served model when one was given, whatever was asked for */
	/* Reads a chat request: 0, or it was refused by what stands in `to`. */
	int (*read)(struct mock *m, const struct mreq *r, struct mask *ask,
	    struct mreply *to);
};

static struct span contents(const struct buf *b)
{
	struct span s;

	s.p = buf_text(b);
	s.n = b->len;
	return s;
}

static int refuse_text(struct mreply *to, int status, struct span text)
{
	mreply_send(to, status, TEXT_TYPE, NULL, text);
	return -1;
}

/* echo takes everything that a chat request may hold, and refuses as OpenAI does. */
static int refuse_openai(struct mock *m, struct mreply *to, const char *message,
    const char *param)
{
	buf_clear(&m->body);
	buf_adds(&m->body, "{\"error\":{\"message\":");
	mtext_quotes(&m->body, message);
	buf_adds(&m->body, ",\"type\":\"invalid_request_error\",\"param\":");
	if (param != NULL)
		mtext_quotes(&m->body, param);
	else
		buf_adds(&m->body, "null");
	buf_adds(&m->body, ",\"code\":null}}");
	mreply_send(to, 400, JSON_TYPE, NULL, contents(&m->body));
	return -1;
}

/* One pass: looking members up by name would go over the messages each time. */
static void read_message(struct span message, struct mask *ask)
{
	struct span key, v, role = SPAN_NIL, content = SPAN_NIL;
	struct span_iter it;

	if (span_kind(message) != SPAN_OBJECT)
		return;
	for (it = span_each(message); span_next(&it, &key, &v);) {
		if (span_eq(key, "role"))
			role = v;
		else if (span_eq(key, "content"))
			content = v;
	}
	mask_message(ask, role, content);
}

static void read_members(struct span body, struct mask *ask, struct span *messages)
{
	struct span key, v;
	struct span_iter it;

	for (it = span_each(body); span_next(&it, &key, &v);) {
		if (span_eq(key, "messages"))
			*messages = v;
		else if (span_eq(key, "model"))
			ask->model = span_kind(v) == SPAN_STRING ? v : SPAN_NIL;
		else if (span_eq(key, "stream"))
			ask->stream = span_kind(v) == SPAN_TRUE;
		else if (span_eq(key, "stream_options"))
			ask->usage = span_kind(v) == SPAN_OBJECT &&
			    span_kind(span_get(v, "include_usage")) == SPAN_TRUE;
	}
}

static int read_echo(struct mock *m, const struct mreq *r, struct mask *ask,
    struct mreply *to)
{
	struct span_err err;
	struct span v, key, item, messages = SPAN_NIL;
	struct span_iter it;

	memset(ask, 0, sizeof *ask);
	if (span_check(r->body.p, r->body.n, MAX_DEPTH, &v, &err) < 0) {
		buf_clear(&m->text);
		buf_addf(&m->text, "the body is not JSON: %s at byte %zu", err.what, err.at);
		return refuse_openai(m, to, buf_text(&m->text), NULL);
	}
	if (span_kind(v) != SPAN_OBJECT)
		return refuse_openai(m, to, "the body is not a JSON object", NULL);
	read_members(v, ask, &messages);
	if (span_kind(messages) != SPAN_ARRAY)
		return refuse_openai(m, to, messages.p == NULL ? "'messages' is missing" :
		    "'messages' is not an array", "messages");
	for (it = span_each(messages); span_next(&it, &key, &item);)
		read_message(item, ask);
	return 0;
}

/* inferrs until 2026-04-09: ENGINES 1, "At the time of the seed's doc". */
static const struct mserde_field seed_message[] = {
	{"role", SERDE_ROLE, 1},
	{"content", SERDE_STRING, 1},
	{NULL, SERDE_STRING, 0},
};
static const struct mserde_field seed_request[] = {
	{"model", SERDE_STRING, 0},
	{"messages", SERDE_MESSAGES, 1},
	{"temperature", SERDE_FLOAT, 0},
	{"top_p", SERDE_FLOAT, 0},
	{"top_k", SERDE_UNSIGNED, 0},
	{"max_tokens", SERDE_UNSIGNED, 0},
	{"max_completion_tokens", SERDE_UNSIGNED, 0},
	{"stream", SERDE_BOOL, 0},
	{"repetition_penalty", SERDE_FLOAT, 0},
	{NULL, SERDE_STRING, 0},
};
static const char *const seed_roles[] = {"system", "user", "assistant", NULL};
static const struct mserde seed = {
	"ChatCompletionRequest", "ChatMessage", seed_request, seed_message, seed_roles
};

/* axum's rule: application/json, or application/ANYTHING+json. */
static int is_json_type(struct span type)
{
	const char *semi = type.p != NULL ? memchr(type.p, ';', type.n) : NULL;
	struct span tail;

	if (semi != NULL)
		type.n = (size_t)(semi - type.p);
	while (type.n > 0 && (type.p[type.n - 1] == ' ' || type.p[type.n - 1] == '\t'))
		type.n--;
	if (type.n < sizeof JSON_TYPE - 1)
		return 0;
	tail.p = type.p + type.n - 5;
	tail.n = 5;
	type.n = mhttp_same(tail, "+json") ? sizeof "application/" - 1 : type.n;
	return mhttp_same(type, JSON_TYPE) || mhttp_same(type, "application/");
}

static int read_strict(struct mock *m, const struct mreq *r, struct mask *ask,
    struct mreply *to)
{
	int status;

	if (!is_json_type(mhttp_header(r, "content-type")))
		return refuse_text(to, 415,
		    span_of("Expected request with `Content-Type: application/json`"));
	buf_clear(&m->body);
	status = mserde_chat(&seed, r->body.p, r->body.n, ask, &m->body);
	return status != 0 ? refuse_text(to, status, contents(&m->body)) : 0;
}

#define INFERRS_HEADERS "access-control-allow-origin: *\r\n" \
	"vary: origin, access-control-request-method, access-control-request-headers\r\n" \
	"access-control-expose-headers: *\r\n"

static const struct mprofile profiles[] = {
	{"echo", NULL, "fb-mock",
	    {"chatcmpl-", 0, "{\"role\":\"assistant\",\"content\":\"\"}", "cache-control: no-cache\r\n"},
	    0, read_echo},
	{"strict-string", INFERRS_HEADERS, "inferrs",
	    {"chatcmpl-00000000-0000-4000-8000-", 12, "{\"role\":\"assistant\"}", "cache-control: no-cache\r\n"},
	    1, read_strict},
};
enum { PROFILES = sizeof profiles / sizeof *profiles };

const struct mprofile *mprofile_find(const char *name)
{
	size_t i;

	for (i = 0; i < PROFILES; i++)
		if (strcmp(profiles[i].name, name) == 0)
			return &profiles[i];
	return NULL;
}

void mprofile_names(char *out, size_t size)
{
	size_t i, n = 0;

	for (i = 0; i < PROFILES && n < size; i++)
		n += (size_t)snprintf(out + n, size - n, "%s%s", i > 0 ? ", " : "",
		    profiles[i].name);
}

static void get_health(struct mock *m, const struct mreq *r, struct mreply *to)
{
	(void)m;
	(void)r;
	mreply_send(to, 200, JSON_TYPE, NULL, span_of("{\"status\":\"ok\"}"));
}

static void get_models(struct mock *m, const struct mreq *r, struct mreply *to)
{
	(void)r;
	buf_clear(&m->body);
	buf_adds(&m->body, "{\"object\":\"list\",\"data\":[{\"id\":");
	buf_add(&m->body, m->quoted.data, m->quoted.len);
	buf_adds(&m->body, ",\"object\":\"model\",\"created\":");
	mtext_number(&m->body, MCHAT_CREATED);
	buf_adds(&m->body, ",\"owned_by\":");
	mtext_quotes(&m->body, m->profile->owner);
	buf_adds(&m->body, "}]}");
	mreply_send(to, 200, JSON_TYPE, NULL, contents(&m->body));
}

static void post_chat(struct mock *m, const struct mreq *r, struct mreply *to)
{
	struct mask ask;
	struct manswer a = {0};

	if (mtold_outright(&m->told, r, &m->profile->form, m->replies + 1, contents(&m->quoted), to)) {
		m->replies++;
		return;
	}
	if (m->profile->read(m, r, &ask, to) < 0)
		return;
	buf_clear(&m->text);
	if (m->reply != NULL)
		buf_adds(&m->text, m->reply);
	else
		mask_text(&ask, &m->text);
	a.number = ++m->replies;
	a.text = contents(&m->text);
	a.prompt_tokens = ask.prompt_tokens;
	a.model = ask.model;
	if (a.model.p == NULL || (m->profile->named && m->model != NULL))
		a.model = contents(&m->quoted);
	if (mtold_change(&m->told, r, &ask, &a, to))
		return;
	if (ask.stream) {
		mchat_stream(to, &m->body, &m->profile->form, &a, ask.usage);
		return;
	}
	mtime_whole(to, mtext_words(a.text.p, a.text.n));
	buf_clear(&m->body);
	mchat_whole(&m->body, &m->profile->form, &a);
	mreply_send(to, 200, JSON_TYPE, NULL, contents(&m->body));
}

/* A fault's error, in the words of the profile's server. */
static void say_fault(void *ctx, struct mreply *to, int status, const char *more,
    const char *message)
{
	struct mock *m = ctx;

	if (m->profile->read == read_strict) {
		mreply_send(to, status, TEXT_TYPE, more, span_of(message));
		return;
	}
	buf_clear(&m->body);
	buf_adds(&m->body, "{\"error\":{\"message\":");
	mtext_quotes(&m->body, message);
	buf_addf(&m->body, ",\"type\":\"%s\",\"param\":null,\"code\":null}}",
	    status >= 400 && status < 500 ? "invalid_request_error" : "server_error");
	mreply_send(to, status, JSON_TYPE, more, contents(&m->body));
}

static void chat(struct mock *m, const struct mreq *r, struct mreply *to)
{
	const struct mfault *f = mseq_next(&m->faults);
	const struct mfault_voice voice = {say_fault, m};
	size_t start = to->out->len;

	to->time = &m->time;
	to->sse |= m->sse;
	mtime_head(to);
	if (f == NULL) {
		post_chat(m, r, to);
	} else if (!mfault_reply(f, to, &voice)) {
		mfault_prepare(f, to);
		post_chat(m, r, to);
		mfault_spoil(f, to, start, &voice);
	}
}

static void give_back(struct buf *b)
{
	if (b->cap > KEEP)
		buf_release(b);
}

static void get_log(struct mock *m, const struct mreq *r, struct mreply *to)
{
	(void)r;
	buf_clear(&m->line);
	mlog_lines(&m->kept, &m->line, &m->text);
	mreply_send(to, m->line.failed ? 500 : 200, "application/jsonl", NULL, contents(&m->line));
	give_back(&m->line);
}

static void get_stats(struct mock *m, const struct mreq *r, struct mreply *to)
{
	(void)r;
	buf_clear(&m->body);
	buf_addc(&m->body, '{');
	mstats_write(&m->stats, &m->body);
	buf_adds(&m->body, ",\"connections\":{\"accepted\":");
	mtext_number(&m->body, m->server != NULL ? m->server->accepted : 0);
	buf_adds(&m->body, ",\"open\":");
	mtext_number(&m->body, m->server != NULL ? m->server->n : 0);
	buf_adds(&m->body, "},\"log\":{\"kept\":");
	mtext_number(&m->body, m->kept.n);
	buf_adds(&m->body, ",\"dropped\":");
	mtext_number(&m->body, m->kept.dropped);
	buf_adds(&m->body, "}}");
	mreply_send(to, 200, JSON_TYPE, NULL, contents(&m->body));
}

static const struct route {
	const char *method;	/* GET answers HEAD too */
	const char *path;
	void (*answer)(struct mock *m, const struct mreq *r, struct mreply *to);
} routes[] = {
	{"POST", "/v1/chat/completions", chat},
	{"GET", "/v1/models", get_models},
	{"GET", "/health", get_health},
	{"GET", "/_log", get_log},
	{"GET", "/_stats", get_stats},
};

/* Other paths and methods: empty replies, as axum's (ENGINES 1, "Routes"). */
static void route(struct mock *m, const struct mreq *r, struct mreply *to)
{
	const struct route *at;
	const char *end = (const char *)routes + sizeof routes;

	for (at = routes; (const char *)at < end; at++) {
		if (!span_is(r->path, at->path))
			continue;
		if (span_is(r->method, at->method) ||
		    (at->method[0] == 'G' && span_is(r->method, "HEAD")))
			at->answer(m, r, to);
		else
			mreply_send(to, 405, NULL, at->method[0] == 'G' ?
			    "allow: GET,HEAD\r\n" : "allow: POST\r\n", span_of(""));
		return;
	}
	mreply_send(to, 404, NULL, NULL, span_of(""));
}

int mock_answer(void *ctx, const struct mreq *r, struct mreply *to)
{
	struct mock *m = ctx;
	size_t from = to->out->len;

	to->extra = m->profile->headers;
	if (r->path.n > 2 && r->path.p[1] == '_') {	/* looking is not counted */
		route(m, r, to);
		return 0;
	}
	mlog_keep(&m->kept, r);
	if (m->log >= 0) {
		buf_clear(&m->line);
		mlog_line(&m->line, r, &m->text);
		if (mlog_write(m->log, &m->line) < 0) {
			m->log_errno = errno;
			return 1;
		}
		give_back(&m->line);
	}
	route(m, r, to);
	mstats_count(&m->stats, r, buf_text(to->out) + from, to->out->len - from);
	give_back(&m->text);
	give_back(&m->body);
	return 0;
}

void mock_init(struct mock *m)
{
	buf_init(&m->text, MAX_RECORD);
	buf_init(&m->body, 2 * MAX_RECORD);
	buf_init(&m->line, 6 * MAX_RECORD + 8 * MAX_HEAD);	/* \u0001 takes six bytes */
	buf_init(&m->quoted, MAX_RECORD);
	m->replies = 0;
	m->log_errno = 0;
	mtold_init(&m->told);
	mtext_quotes(&m->quoted, m->model != NULL ? m->model : "mock");
}

void mock_release(struct mock *m)
{
	buf_release(&m->text);
	buf_release(&m->body);
	buf_release(&m->line);
	buf_release(&m->quoted);
	mseq_release(&m->faults);
	mtold_release(&m->told);
	mlog_release(&m->kept);
	mstats_release(&m->stats);
}
