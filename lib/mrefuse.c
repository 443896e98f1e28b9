/* mrefuse.c - see mrefuse.h. */
#include <string.h>

#include "mengine.h"
#include "mfault.h"
#include "mprofile.h"
#include "mrefuse.h"
#include "msse.h"
#include "mtext.h"

#define TEXT_TYPE "text/plain; charset=utf-8"

enum { DEAD_US = 300000 };	/* until a server that died is up again */

/* What the marks of an engine's error stand for. */
struct refusal {
	int status;
	struct span message;
	const char *type;
	const char *param, *code;	/* NULL: null */
	const struct mfound *found;	/* or NULL */
};

static void or_null(struct buf *out, const char *text)
{
	if (text != NULL)
		mtext_quotes(out, text);
	else
		buf_adds(out, "null");
}

static void refusal_mark(void *ctx, struct buf *out, char mark)
{
	const struct refusal *e = ctx;

	switch (mark) {
	case 's':
		mtext_number(out, (unsigned)e->status);
		break;
	case 'm':
		mtext_quote(out, e->message.p, e->message.n);
		break;
	case 'y':
		or_null(out, e->type);
		break;
	case 'p':
		or_null(out, e->param);
		break;
	case 'c':
		or_null(out, e->code);
		break;
	case 't':
		mtext_number(out, e->found->tokens);
		break;
	case 'x':
		mtext_number(out, e->found->context);
		break;
	}
}

static void refuse(struct mock *m, struct mreply *to, struct refusal *e, const char *more)
{
	const char *error = e->found != NULL && e->found->error != NULL ? e->found->error : m->profile->error;
	struct span body;

	if (error == NULL || e->type == NULL) {	/* the rule of a page that all write by hand */
		mreply_send(to, e->status, TEXT_TYPE, more, e->message);
		return;
	}
	buf_clear(&m->body);
	mtext_fill(&m->body, error, strlen(error), refusal_mark, e);
	body = (struct span){buf_text(&m->body), m->body.len};
	if (e->found == NULL || !e->found->streams) {
		mreply_send(to, e->status, m->profile->json, more, body);
		return;
	}
	mreply_begin(to, 200, "text/event-stream", m->profile->form->more);
	mreply_piece(to, body);
	msse_text(to, "[DONE]");
	mreply_end(to);
}

/* It dies without a word, and somebody has to start it again. */
static void die(struct mreply *to)
{
	mreply_cue(to, MCUE_CLOSE, 0);
	to->close = 1;
	to->refuse = DEAD_US;
}

void mrefuse_rule(struct mock *m, struct mreply *to, struct mfound *found)
{
	const struct mrule *rule = found->rule;
	struct refusal e = {rule->status, SPAN_NIL, rule->type, NULL, rule->code, found};
	size_t param;

	if (rule->status == 0) {
		die(to);
		return;
	}
	buf_clear(&m->text);
	if (rule->param != NULL)
		mread_say(rule->param, found, &m->text);
	buf_addc(&m->text, '\0');
	param = m->text.len;
	mread_say(rule->say, found, &m->text);
	if (m->text.failed) {	/* the request is too large to be told again; no reply at all would hang the client */
		mreply_send(to, rule->status, TEXT_TYPE, NULL, span_of(""));
		return;
	}
	e.param = rule->param != NULL ? m->text.data : NULL;
	e.message = (struct span){m->text.data + param, m->text.len - param};
	if (m->profile->reason && e.message.n < sizeof m->reason) {
		memcpy(m->reason, e.message.p, e.message.n);
		m->reason[e.message.n] = '\0';
		to->reason = m->reason;
	}
	refuse(m, to, &e, NULL);
}

void mrefuse_path(struct mock *m, struct mreply *to, struct span path)
{
	struct mfound found;

	if (m->profile->no_path == NULL) {
		mreply_send(to, 404, NULL, NULL, span_of(""));
		return;
	}
	memset(&found, 0, sizeof found);
	found.rule = &m->profile->no_path->rule;
	found.error = m->profile->no_path->error;
	found.path = path;
	mrefuse_rule(m, to, &found);
}

void mrefuse_fault(void *ctx, struct mreply *to, int status, const char *more,
    const char *message)
{
	struct mock *m = ctx;
	struct refusal e = {status, span_of(message), status < 500 ? "invalid_request_error" : "server_error",
	    NULL, NULL, NULL};

	refuse(m, to, &e, more);
}
