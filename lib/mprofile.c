/* mprofile.c - see mprofile.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "limits.h"
#include "mchat.h"
#include "mlog.h"
#include "mflow.h"
#include "mprofile.h"
#include "mrefuse.h"
#include "mengine.h"
#include "mserve.h"
#include "msse.h"
#include "mtext.h"

#define JSON_TYPE "application/json"
#define TEXT_TYPE "text/plain; charset=utf-8"

enum { KEEP = 1 << 20 };	/* scratch larger than this is given back */

static struct span contents(const struct buf *b)
{
	struct span s;

	s.p = buf_text(b);
	s.n = b->len;
	return s;
}

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

static int read_serde(struct mock *m, const struct mreq *r, struct mask *ask,
    struct mreply *to)
{
	int status = 415;

	buf_clear(&m->body);
	if (!is_json_type(mhttp_header(r, "content-type")))
		buf_adds(&m->body, "Expected request with `Content-Type: application/json`");
	else
		status = mserde_chat(m->profile->serde, r->body.p, r->body.n, ask, &m->body);
	if (status == 0)
		return 0;
	mreply_send(to, status, TEXT_TYPE, NULL, contents(&m->body));
	return -1;
}

/* Reads a chat request: 0, or it was refused by what stands in `to`. */
static int read_chat(struct mock *m, const struct mreq *r, struct mask *ask,
    struct mreply *to)
{
	const struct mprofile *as = m->profile;
	struct mfound found;
	int one = (as->how & MENGINE_SERVES_ONE) && m->model != NULL;

	if (as->serde != NULL)
		return read_serde(m, r, ask, to);
	if (mread_chat(as->read, r, one ? contents(&m->quoted) : SPAN_NIL, ask, &found) == 0)
		return 0;
	mrefuse_rule(m, to, &found);
	return -1;
}

/* NAME finds NAME and NAME=VARIANT, whichever is first. */
const struct mprofile *mprofile_find(const char *name)
{
	const struct mprofile *row;
	size_t n = strlen(name);

	for (row = mengines; row->name != NULL; row++)
		if (strncmp(row->name, name, n) == 0 &&
		    (row->name[n] == '\0' || (row->name[n] == '=' && strchr(name, '=') == NULL)))
			return row;
	return NULL;
}

const struct mprofile *mprofile_old(const struct mprofile *row)
{
	char name[64];

	snprintf(name, sizeof name, "%.*s=old", (int)strcspn(row->name, "="), row->name);
	return mprofile_find(name);
}

void mprofile_names(char *out, size_t size)
{
	const struct mprofile *row;
	size_t n = 0;

	for (row = mengines; row->name != NULL && n < size; row++)
		n += (size_t)snprintf(out + n, size - n, "%s%s", row > mengines ? ", " : "",
		    row->name);
}

static void page_mark(void *ctx, struct buf *out, char mark)
{
	const struct mock *m = ctx;

	if (mark == 'm')
		buf_add(out, m->quoted.data, m->quoted.len);
	else
		mtext_number(out, MCHAT_CREATED);
}

static void get_page(struct mock *m, const struct mpage *page, struct mreply *to)
{
	buf_clear(&m->body);
	mtext_fill(&m->body, page->body, strlen(page->body), page_mark, m);
	mreply_send(to, 200, page->type != NULL ? page->type : m->profile->json, NULL,
	    contents(&m->body));
}

/* The limit that this engine goes by, -1: none. */
static long long limit_of(int how, const struct mask *ask)
{
	struct span limit = SPAN_NIL;
	double v;

	if (how & MENGINE_MAX_TOKENS)
		limit = ask->max_tokens;
	if ((how & MENGINE_MAX_COMPLETION) && span_kind(ask->max_completion_tokens) == SPAN_NUMBER)
		limit = ask->max_completion_tokens;
	if (span_kind(limit) != SPAN_NUMBER || (v = span_number(limit)) < 0 || v > 1e9)
		return -1;
	return (long long)v;
}

/* What was asked for beside the text, as far as this engine hears of it. */
static void obey(const struct mprofile *as, const struct mask *ask, struct manswer *a)
{
	long long n;

	if (a->finish == NULL)	/* else a script or a crash says how it ends */
		mchat_bound(a, limit_of(as->how, ask), as->how & MENGINE_STOP ? ask->stop : SPAN_NIL);
	if ((as->how & MENGINE_CHOICES) && span_kind(ask->n) == SPAN_NUMBER &&
	    span_integer(ask->n, &n) && n > 1)
		a->choices = n < MASK_CHOICES ? (int)n : MASK_CHOICES;
	a->logprobs = span_kind(ask->logprobs) == SPAN_TRUE;
	a->top_logprobs = span_kind(ask->top_logprobs) == SPAN_NUMBER &&
	    span_number(ask->top_logprobs) > 0;
}

static void post_chat(struct mock *m, const struct mreq *r, struct mreply *to)
{
	struct mask ask;
	struct manswer a = {0};
	struct mfound found;

	if (mtold_outright(&m->told, r, m->profile->form, m->replies + 1, contents(&m->quoted), to)) {
		m->replies++;
		return;
	}
	if (read_chat(m, r, &ask, to) < 0)
		return;
	if (mgate_over(&m->gate, m->profile->gates, &ask, &found)) {
		mrefuse_rule(m, to, &found);
		return;
	}
	buf_clear(&m->text);
	if (m->reply != NULL)
		buf_adds(&m->text, m->reply);
	else
		mask_text(&ask, &m->text);
	a.number = ++m->replies;
	a.text = contents(&m->text);
	a.prompt_tokens = ask.prompt_tokens;
	a.model = ask.model;
	if (a.model.p == NULL || ((m->profile->how & MENGINE_NAMED) && m->model != NULL))
		a.model = contents(&m->quoted);
	if (mtold_change(&m->told, r, &ask, &a, to))
		return;
	obey(m->profile, &ask, &a);
	if (ask.stream) {
		mflow_stream(to, &m->body, m->profile->form, &a, ask.usage);
		return;
	}
	mtime_whole(to, a.text);
	buf_clear(&m->body);
	mchat_whole(&m->body, m->profile->form, &a);
	mreply_send(to, 200, m->profile->json, NULL, contents(&m->body));
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

static void chat(struct mock *m, const struct mreq *r, struct mreply *to)
{
	const struct mfault *f = mseq_next(&m->faults);
	const struct mfault_voice voice = {mrefuse_fault, m};
	size_t start = to->out->len;

	to->time = &m->time;
	to->sse |= m->sse;
	mtime_head(to);
	if (f != NULL)
		to->later = NULL;	/* a fault needs the whole reply */
	if (f == NULL) {
		post_chat(m, r, to);
	} else if (!mfault_reply(f, to, &voice)) {
		mfault_prepare(f, to);
		post_chat(m, r, to);
		mfault_spoil(f, to, start, &voice);
	}
}

static const struct look {
	const char *path;
	void (*answer)(struct mock *m, const struct mreq *r, struct mreply *to);
} looks[] = {
	{"/_log", get_log},
	{"/_stats", get_stats},
};

static int is_method(const struct mreq *r, const char *method)
{
	return span_is(r->method, method) || (method[0] == 'G' && span_is(r->method, "HEAD"));
}

static void route(struct mock *m, const struct mreq *r, struct mreply *to)
{
	const struct mpage *page = m->profile->pages;
	struct mfound found;

	while (page->method != NULL && !span_is(r->path, page->path))
		page++;
	if (mgate_stops(&m->gate, m->profile, r, page->method != NULL && page->body == NULL, &found))
		mrefuse_rule(m, to, &found);
	else if (page->method == NULL || (!is_method(r, page->method) && m->profile->no_path != NULL))
		mrefuse_path(m, to, r->path);
	else if (!is_method(r, page->method))
		mreply_send(to, 405, NULL, page->method[0] == 'G' ?
		    "allow: GET,HEAD\r\n" : "allow: POST\r\n", span_of(""));
	else if (page->body == NULL)
		chat(m, r, to);
	else
		get_page(m, page, to);
}

/* What fb-mock itself tells, whatever server it is: 1, or 0: nothing. */
static int look(struct mock *m, const struct mreq *r, struct mreply *to)
{
	size_t i;

	for (i = 0; i < sizeof looks / sizeof *looks; i++) {
		if (!span_is(r->path, looks[i].path))
			continue;
		if (is_method(r, "GET"))
			looks[i].answer(m, r, to);
		else
			mreply_send(to, 405, NULL, "allow: GET,HEAD\r\n", span_of(""));
		return 1;
	}
	return 0;
}

static void set_headers(struct mock *m, struct mreply *to)
{
	to->extra = m->profile->headers;
	if (!(m->profile->how & MENGINE_REQUEST_ID))
		return;
	buf_clear(&m->headers);
	buf_adds(&m->headers, "x-request-id: req_");
	mtext_number(&m->headers, ++m->requests);
	buf_adds(&m->headers, "\r\n");
	buf_adds(&m->headers, to->extra);
	to->extra = buf_text(&m->headers);
}

int mock_answer(void *ctx, const struct mreq *r, struct mreply *to)
{
	struct mock *m = ctx;
	size_t from = to->out->len;

	set_headers(m, to);
	if (r->path.n > 2 && r->path.p[1] == '_') {	/* looking is not counted */
		if (!look(m, r, to))
			mrefuse_path(m, to, r->path);
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
	buf_init(&m->headers, 1 << 16);
	m->replies = m->requests = 0;
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
	buf_release(&m->headers);
	mseq_release(&m->faults);
	mtold_release(&m->told);
	mlog_release(&m->kept);
	mstats_release(&m->stats);
}
