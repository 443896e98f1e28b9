/* mfault.c - see mfault.h. */
#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "limits.h"
#include "mfault.h"
#include "mspoil.h"
#include "msse.h"
#include "mtext.h"
#include "mtime.h"

enum {
	MOST_MS = 24 * 3600 * 1000,
	REFUSE_MS = 1000,
	DRIP_MS = 1,
	ROUND = 16 << 10		/* bytes of what never ends that are kept */
};
#define MESSAGE "this is a fault, as asked for"
#define JSON_TYPE "application/json"

typedef int reply_fn(const struct mfault *f, struct mreply *to, const struct mfault_voice *voice);
typedef void spoil_fn(const struct mfault *f, struct mreply *to, size_t start, const struct mfault_voice *voice);

struct mfault_row {
	const char *name;
	const char *args;		/* for people */
	/* a letter an argument: m milliseconds, s a number with its sign, e bytes or events=N, t text, w word or bytes; h: headers */
	const char *kinds;
	size_t need;			/* so many of them */
	const char *const *words;	/* ends with NULL; a number will do too with bytes != 0 */
	int bytes;
	reply_fn *reply;		/* 1: it was the reply */
	spoil_fn *spoil;
	int plain;			/* pieces of its reply are not chunked */
};

static void cue(struct mreply *to, size_t at, enum mcue_act act, long long us)
{
	if (to->cues != NULL)
		mcue_insert(to->cues, at, act, us);
}

static void stand_still(struct mreply *to, size_t at, long long ms)
{
	cue(to, at, ms < 0 ? MCUE_HOLD : MCUE_WAIT, ms < 0 ? 0 : ms * 1000);
}

static int reply_status(const struct mfault *f, struct mreply *to, const struct mfault_voice *voice)
{
	struct buf more;
	size_t i;

	buf_init(&more, MAX_HEAD);
	for (i = 0; i < f->nargs; i++) {
		buf_add(&more, f->arg[i].name.p, f->arg[i].name.n);
		buf_adds(&more, ": ");
		buf_add(&more, f->arg[i].value.p, f->arg[i].value.n);
		buf_adds(&more, "\r\n");
	}
	voice->say(voice->ctx, to, f->status, buf_text(&more), MESSAGE);
	buf_release(&more);
	return 1;
}

static int reply_refuse(const struct mfault *f, struct mreply *to, const struct mfault_voice *voice)
{
	(void)voice;
	to->refuse = (f->ms < 0 ? REFUSE_MS : f->ms) * 1000;
	mreply_cue(to, MCUE_RESET, 0);
	return 1;
}

static const char *const reset_words[] = {"before", "head", NULL};
static const char *const stall_words[] = {"accept", "head", "first", NULL};

static int reply_reset(const struct mfault *f, struct mreply *to, const struct mfault_voice *voice)
{
	(void)voice;
	if (f->nargs > 0 && f->word != 0)
		return 0;
	mreply_cue(to, MCUE_RESET, 0);
	return 1;
}

static void spoil_reset(const struct mfault *f, struct mreply *to, size_t start, const struct mfault_voice *voice)
{
	size_t at = f->word == 1 ? mspoil_body(to, start) :
	    mspoil_bytes(to, start, (unsigned long long)f->n);

	(void)voice;
	mspoil_truncate(to, at);
	mreply_cue(to, MCUE_RESET, 0);
}

static void spoil_stall(const struct mfault *f, struct mreply *to, size_t start, const struct mfault_voice *voice)
{
	(void)voice;
	if (f->word == 0)
		to->deaf = (f->ms < 0 ? MOST_MS : f->ms) * 1000;
	else if (f->word == 1)
		stand_still(to, start, f->ms);
	else
		stand_still(to, f->word == 2 ? mspoil_body(to, start) :
		    mspoil_bytes(to, start, (unsigned long long)f->n), f->ms);
}

static void spoil_cut(const struct mfault *f, struct mreply *to, size_t start, const struct mfault_voice *voice)
{
	unsigned long long n = (unsigned long long)f->n;

	(void)voice;
	mspoil_truncate(to, f->events ? mspoil_events(to, start, n) : mspoil_bytes(to, start, n));
	mreply_cue(to, MCUE_CLOSE, 0);
}

static void spoil_chunk(const struct mfault *f, struct mreply *to, size_t start, const struct mfault_voice *voice)
{
	(void)f;
	(void)voice;
	mspoil_chunk(to, start);
}

static void spoil_length(const struct mfault *f, struct mreply *to, size_t start, const struct mfault_voice *voice)
{
	(void)voice;
	mspoil_length(to, start, f->n);
}

static void spoil_type(const struct mfault *f, struct mreply *to, size_t start, const struct mfault_voice *voice)
{
	(void)voice;
	mspoil_header(to, start, "content-type", f->arg[0].value);
}

static void spoil_json(const struct mfault *f, struct mreply *to, size_t start, const struct mfault_voice *voice)
{
	(void)f;
	(void)voice;
	mspoil_json(to, start);
}

static void spoil_empty(const struct mfault *f, struct mreply *to, size_t start, const struct mfault_voice *voice)
{
	(void)f;
	(void)voice;
	mspoil_empty(to, start);
}

static int reply_html(const struct mfault *f, struct mreply *to, const struct mfault_voice *voice)
{
	(void)f;
	(void)voice;
	mreply_send(to, 502, "text/html", NULL, span_of("<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n"
	    "<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n"));
	return 1;
}

static int reply_error(const struct mfault *f, struct mreply *to, const struct mfault_voice *voice)
{
	(void)f;
	voice->say(voice->ctx, to, 200, NULL, MESSAGE);
	return 1;
}

#define IN_STREAM "{\"error\":{\"message\":\"" MESSAGE "\",\"type\":\"server_error\",\"param\":null,\"code\":500}}"

/* ENGINES 2.3, the last paragraph: what stands in the stream, and whether [DONE] follows. */
static const struct {
	int raw;		/* the whole event, else its data */
	const char *event;
	int done;
} shapes[] = {
	{0, IN_STREAM, 0},
	{0, IN_STREAM, 1},
	{1, "error: " IN_STREAM "\n\n", 1},
	{1, "event: error\ndata: " IN_STREAM "\n\n", 0},
	{0, "{\"id\":\"chatcmpl-0\",\"object\":\"chat.completion.chunk\",\"created\":1795000000,\"model\":\"mock\","
	    "\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Error: " MESSAGE "\"},\"finish_reason\":\"error\"}]}", 1},
	{0, "{\"error_type\":\"server_error\",\"error_message\":\"" MESSAGE "\"}", 0},
	{0, NULL, 0},
};
static const char *const shape_words[] = {"data", "done", "line", "event", "finish", "flat", "end", NULL};

/* After the first text; a request that wants no stream gets the error as its body. */
static void spoil_stream(const struct mfault *f, struct mreply *to, size_t start, const struct mfault_voice *voice)
{
	const char *event = shapes[f->word].event;

	if (!mspoil_is_stream(to, start)) {
		mspoil_truncate(to, start);
		mtime_head(to);
		voice->say(voice->ctx, to, 200, NULL, MESSAGE);
		return;
	}
	mspoil_truncate(to, mspoil_chunk_end(to, start, mspoil_events(to, start, 2)));
	if (event != NULL && shapes[f->word].raw)
		mreply_piece(to, span_of(event));
	else if (event != NULL)
		msse_text(to, event);
	if (shapes[f->word].done)
		msse_text(to, "[DONE]");
	mreply_end(to);
}

/* All but the end of the chunks, or all of a body with a length; then nothing. */
static void spoil_hold(const struct mfault *f, struct mreply *to, size_t start, const struct mfault_voice *voice)
{
	static const char last[] = "0\r\n\r\n";
	size_t n = to->out->len;

	(void)voice;
	if (n > start + 5 && memcmp(to->out->data + n - 5, last, 5) == 0)
		mspoil_truncate(to, n - 5);
	mreply_cue(to, f->ms < 0 ? MCUE_HOLD : MCUE_WAIT, f->ms < 0 ? 0 : f->ms * 1000);
	mreply_cue(to, MCUE_CLOSE, 0);
}

static void spoil_drip(const struct mfault *f, struct mreply *to, size_t start, const struct mfault_voice *voice)
{
	(void)voice;
	cue(to, start, MCUE_DRIP, (f->ms < 0 ? DRIP_MS : f->ms) * 1000);
}

static int reply_redirect(const struct mfault *f, struct mreply *to, const struct mfault_voice *voice)
{
	struct buf more;

	(void)voice;
	buf_init(&more, MAX_HEAD);
	buf_adds(&more, "location: ");
	buf_add(&more, f->arg[0].value.p, f->arg[0].value.n);
	buf_adds(&more, "\r\n");
	mreply_send(to, 307, NULL, buf_text(&more), span_of(""));
	buf_release(&more);
	return 1;
}

/* It is sent again and again, so that it takes as much memory as a round. */
static int endless(struct mreply *to, const char *first, const char *again)
{
	size_t from;

	to->plain = 1;
	mreply_begin(to, 200, "text/event-stream", "cache-control: no-cache\r\n");
	buf_adds(to->out, first);
	from = to->out->len;
	while (!to->out->failed && to->out->len < from + ROUND)
		buf_adds(to->out, again);
	mreply_cue(to, MCUE_AGAIN, (long long)from);
	return 1;
}

static int reply_endless_line(const struct mfault *f, struct mreply *to, const struct mfault_voice *voice)
{
	(void)f;
	(void)voice;
	return endless(to, "data: ", "fluff and more fluff and ");
}

static int reply_endless_comments(const struct mfault *f, struct mreply *to, const struct mfault_voice *voice)
{
	(void)f;
	(void)voice;
	return endless(to, "", ": fluff\n\n");
}

static int reply_garbage(const struct mfault *f, struct mreply *to, const struct mfault_voice *voice)
{
	(void)f;
	(void)voice;
	buf_add(to->out, "\0\1\2fluff, and no HTTP\r\n\r\n", sizeof "\0\1\2fluff, and no HTTP\r\n\r\n" - 1);
	mreply_cue(to, MCUE_CLOSE, 0);
	return 1;
}

static const struct mfault_row rows[] = {
	{"ok", "", "", 0, NULL, 0, NULL, NULL, 0},
	{"STATUS", "HEADER=VALUE,...", "h", 0, NULL, 0, reply_status, NULL, 0},
	{"refuse", "MS", "m", 0, NULL, 0, reply_refuse, NULL, 0},
	{"reset", "before|head|BYTES", "w", 0, reset_words, 1, reply_reset, spoil_reset, 0},
	{"stall", "accept|head|first|BYTES,MS", "wm", 1, stall_words, 1, NULL, spoil_stall, 0},
	{"cut", "BYTES|events=N", "e", 1, NULL, 0, NULL, spoil_cut, 0},
	{"chunk", "", "", 0, NULL, 0, NULL, spoil_chunk, 0},
	{"length", "+N|-N", "s", 1, NULL, 0, NULL, spoil_length, 1},
	{"type", "TYPE", "t", 1, NULL, 0, NULL, spoil_type, 0},
	{"json", "", "", 0, NULL, 0, NULL, spoil_json, 0},
	{"empty", "", "", 0, NULL, 0, NULL, spoil_empty, 0},
	{"html", "", "", 0, NULL, 0, reply_html, NULL, 0},
	{"error", "", "", 0, NULL, 0, reply_error, NULL, 0},
	{"stream", "data|done|line|event|finish|flat|end", "w", 1, shape_words, 0, NULL, spoil_stream, 0},
	{"hold", "MS", "m", 0, NULL, 0, NULL, spoil_hold, 0},
	{"drip", "MS", "m", 0, NULL, 0, NULL, spoil_drip, 0},
	{"redirect", "URL", "t", 1, NULL, 0, reply_redirect, NULL, 0},
	{"endless-line", "", "", 0, NULL, 0, reply_endless_line, NULL, 0},
	{"endless-comments", "", "", 0, NULL, 0, reply_endless_comments, NULL, 0},
	{"garbage", "", "", 0, NULL, 0, reply_garbage, NULL, 0},
};
enum { ROWS = sizeof rows / sizeof *rows };

int mfault_reply(const struct mfault *f, struct mreply *to, const struct mfault_voice *voice)
{
	return f->row->reply != NULL && f->row->reply(f, to, voice);
}

void mfault_prepare(const struct mfault *f, struct mreply *to)
{
	to->plain = f->row->plain;
}

void mfault_spoil(const struct mfault *f, struct mreply *to, size_t start, const struct mfault_voice *voice)
{
	if (f->row->spoil != NULL && !to->out->failed)
		f->row->spoil(f, to, start, voice);
}

/* A whole number up to 15 digits; -1: it is none. */
static long long number(struct span s)
{
	long long n = 0;
	size_t i;

	if (s.n == 0 || s.n > 15)
		return -1;
	for (i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return -1;
		n = n * 10 + (s.p[i] - '0');
	}
	return n;
}

static const char *read_word(struct mfault *f, struct span v)
{
	const char *const *words = f->row->words;

	for (f->word = 0; words[f->word] != NULL; f->word++)
		if (span_is(v, words[f->word]))
			return NULL;
	f->word = -1;
	return f->row->bytes && (f->n = number(v)) >= 0 ? NULL : "it takes";
}

static const char *read_signed(struct mfault *f, struct span v)
{
	struct span digits = {v.p + 1, v.n - 1};

	if (v.n < 2 || (v.p[0] != '+' && v.p[0] != '-') || (f->n = number(digits)) <= 0)
		return "it takes";
	f->n = v.p[0] == '-' ? -f->n : f->n;
	return NULL;
}

/* RFC 9110, 5.6.2: a token.  The body's framing is ours to say. */
static const char *read_header(struct span name)
{
	if (name.p == NULL)
		return "a header is NAME=VALUE";
	if (span_is(name, "content-length") || span_is(name, "transfer-encoding"))
		return "the length is said by the reply itself: see length, chunk";
	return NULL;
}

static const char *read_arg(struct mfault *f, size_t i)
{
	const char *kinds = f->row->kinds;
	char kind = kinds[0] == 'h' ? 'h' : i < strlen(kinds) ? kinds[i] : '\0';
	const struct mfault_arg *arg = &f->arg[i];

	if (kind == 'h')
		return read_header(arg->name);
	if (arg->name.p != NULL) {
		if (kind != 'e' || !span_is(arg->name, "events"))
			return "it takes";
		f->events = 1;
	}
	switch (kind) {
	case 'm':
		f->ms = number(arg->value);
		return f->ms < 0 || f->ms > MOST_MS ? "milliseconds, at most a day, belong here" : NULL;
	case 'e':
		return (f->n = number(arg->value)) < 0 ? "it takes" : NULL;
	case 's':
		return read_signed(f, arg->value);
	case 'w':
		return read_word(f, arg->value);
	case 't':
		return arg->value.n == 0 ? "it takes" : NULL;
	default:
		return f->row->args[0] == '\0' ? "it takes no arguments" : "too many arguments: it takes";
	}
}

static const struct mfault_row *find(struct mfault *f, struct span name)
{
	size_t i;

	f->status = name.n == 3 ? (int)number(name) : -1;
	if (f->status >= 400 && f->status <= 599)
		return &rows[1];
	for (i = 0; i < ROWS; i++)
		if (i != 1 && span_is(name, rows[i].name))
			return &rows[i];
	return NULL;
}

int mfault_read(struct mfault *f, struct span name, struct span *where, char *why, size_t size)
{
	const char *wrong = NULL;
	size_t i;

	*where = name;
	f->word = -1;
	f->ms = -1;
	if ((f->row = find(f, name)) == NULL) {
		snprintf(why, size, f->status >= 0 ? "a status is 400 to 599: %.*s" : "no such fault: %.*s",
		    name.n > 40 ? 40 : (int)name.n, name.p);
		return -1;
	}
	for (i = 0; wrong == NULL && i < f->nargs; i++) {
		*where = f->arg[i].name.p != NULL ? f->arg[i].name : f->arg[i].value;
		wrong = read_arg(f, i);
	}
	if (wrong == NULL && f->nargs < f->row->need) {
		*where = name;
		wrong = "it takes";
	}
	if (wrong == NULL)
		return 0;
	/* What ends in "it takes" is followed by what it takes. */
	snprintf(why, size, "%.*s: %s%s%s", (int)name.n, name.p, wrong,
	    strcmp(wrong + strlen(wrong) - 2, "es") == 0 ? " " : "",
	    strcmp(wrong + strlen(wrong) - 2, "es") == 0 ? f->row->args : "");
	return -1;
}
