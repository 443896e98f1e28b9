/* mfill.c - see mfill.h. */
#include <stddef.h>
#include <string.h>

#include "buf.h"
#include "mfill.h"
#include "msse.h"
#include "mtext.h"

static void mark(void *ctx, struct buf *out, char what);

void fill_n(struct buf *out, const char *t, size_t n, struct fill *f)
{
	mtext_fill(out, t, n, mark, f);
}

void fill(struct buf *out, const char *t, struct fill *f)
{
	if (t != NULL)
		fill_n(out, t, strlen(t), f);
}

static void add_span(struct buf *out, struct span s)
{
	buf_add(out, s.p, s.n);
}

static void add_text(struct buf *out, struct span text)
{
	mtext_quote(out, text.p, text.n);
}

static void padded(struct buf *out, unsigned long long n, int digits)
{
	unsigned long long v;

	for (v = n; v > 0; v /= 10)
		digits--;
	for (; digits > 0; digits--)
		buf_addc(out, '0');
	mtext_number(out, n);
}

/* The arguments of a call, as a text unless the knob says otherwise. */
static void add_arguments(struct buf *out, struct span call, unsigned sse)
{
	struct span args = span_get(call, "arguments");

	if (args.p == NULL)
		args = span_of("{}");
	if (span_kind(args) == SPAN_STRING || (sse & MSSE_ARGS_OBJECT))
		add_span(out, args);
	else
		add_text(out, args);
}

static void add_call_id(struct buf *out, struct fill *f)
{
	struct span id = span_get(f->call, "id");

	if (span_kind(id) == SPAN_STRING) {
		add_span(out, id);
		return;
	}
	buf_addc(out, '"');
	fill(out, f->form->call_id, f);
	buf_addc(out, '"');
}

static void add_name(struct buf *out, struct span call)
{
	struct span name = span_get(call, "name");

	if (span_kind(name) == SPAN_STRING)
		add_span(out, name);
	else
		buf_adds(out, "\"\"");
}

static void add_calls(struct buf *out, struct fill *f)
{
	struct span_iter it;
	struct span key;

	buf_adds(out, ",\"tool_calls\":[");
	f->ncall = 0;
	for (it = span_each(f->a->calls); span_next(&it, &key, &f->call); f->ncall++) {
		buf_adds(out, f->ncall > 0 ? "," : "");
		fill(out, f->form->call, f);
	}
	buf_addc(out, ']');
}

/* {"content":[...]}: a token is a word; the likeliest other one is itself. */
static void add_logprobs(struct buf *out, struct fill *f, struct span text)
{
	struct fill of = *f;
	size_t n;

	buf_adds(out, "{\"content\":[");
	for (; text.n > 0; text.p += n, text.n -= n) {
		n = mtext_piece(text.p, text.n, 0);
		of.piece = (struct span){text.p, n};
		buf_addc(out, '{');
		fill(out, f->form->logprob, &of);
		buf_adds(out, ",\"top_logprobs\":[");
		if (f->a->top_logprobs > 0) {
			buf_addc(out, '{');
			fill(out, f->form->logprob, &of);
			buf_addc(out, '}');
		}
		buf_adds(out, n < text.n ? "]}," : "]}");
	}
	buf_adds(out, "]}");
}

static int has_logprobs(const struct fill *f)
{
	return f->form->logprob != NULL && f->piece.n > 0 &&
	    (f->a->logprobs || (f->sse & MSSE_LOGPROBS)) &&
	    (f->member == NULL || strcmp(f->member, "content") == 0);
}

static void add_bytes(struct buf *out, struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		buf_adds(out, i > 0 ? "," : "");
		mtext_number(out, (unsigned char)s.p[i]);
	}
}

/* A delta of a call: its name first, then pieces of its arguments. */
static void add_call_delta(struct buf *out, struct fill *f)
{
	const char *later = f->sse & MSSE_EMPTY_ID ? "\"\"" : f->sse & MSSE_NULL_ID ? "null" : NULL;

	buf_adds(out, "{\"tool_calls\":[{");
	if (!(f->sse & MSSE_NO_INDEX))
		buf_addf(out, "\"index\":%zu,", f->ncall);
	if (f->begins) {
		buf_adds(out, "\"id\":");
		add_call_id(out, f);
		buf_adds(out, ",\"type\":\"function\",");
	} else if (later != NULL)
		buf_addf(out, "\"id\":%s,", later);
	buf_adds(out, "\"function\":{");
	if (f->begins) {
		buf_adds(out, "\"name\":");
		add_name(out, f->call);
		buf_addc(out, ',');
	} else if (later != NULL)
		buf_addf(out, "\"name\":%s,", later);
	buf_adds(out, "\"arguments\":");
	if (f->piece.p == NULL)
		add_arguments(out, f->call, f->sse);
	else
		add_text(out, f->piece);
	buf_adds(out, "}}]}");
}

static void add_delta(struct buf *out, struct fill *f)
{
	if (f->call.p != NULL)
		add_call_delta(out, f);
	else if (f->member == NULL)
		buf_adds(out, f->begins ? f->form->first_delta : "{}");
	else {
		buf_adds(out, "{\"");
		buf_adds(out, f->member);
		buf_adds(out, "\":");
		add_text(out, f->piece);
		buf_addc(out, '}');
	}
}

static void add_reasoning(struct buf *out, struct fill *f)
{
	if (f->a->reasoning.p == NULL || f->form->reasoning == NULL ||
	    (f->form->how & MCHAT_WHOLE_NO_REASONING))
		return;
	buf_adds(out, ",\"");
	buf_adds(out, f->form->reasoning);
	buf_adds(out, "\":");
	add_text(out, f->a->reasoning);
}

/* The marks of ids and counts. */
static void mark_number(struct fill *f, struct buf *out, char what)
{
	switch (what) {
	case 'o':
		mtext_number(out, f->a->number);
		break;
	case 'z':
		padded(out, f->a->number, 12);
		break;
	case 'y':
		mtext_number(out, f->a->number % 999);
		break;
	case 'w':
		mtext_number(out, f->ncall);
		break;
	case 'n':
		mtext_number(out, (unsigned)f->index);
		break;
	case 't':
		mtext_number(out, MCHAT_CREATED);
		break;
	case 'p':
		mtext_number(out, f->a->prompt_tokens);
		break;
	case 'q':
		mtext_number(out, f->words);
		break;
	case 's':
		mtext_number(out, f->a->prompt_tokens + f->words);
		break;
	}
}

/* The marks of a choice. */
static void mark_choice(struct fill *f, struct buf *out, char what)
{
	switch (what) {
	case 'x':
		if (f->piece.p == NULL)
			buf_adds(out, f->form->no_text);
		else
			add_text(out, f->piece);
		break;
	case 'h':
		add_bytes(out, f->piece);
		break;
	case 'r':
		add_reasoning(out, f);
		break;
	case 'k':
		if (f->a->calls.p != NULL)
			add_calls(out, f);
		break;
	case 'd':
		add_delta(out, f);
		break;
	case 'l':
	case 'v':
		if (has_logprobs(f)) {
			buf_adds(out, what == 'l' ? ",\"logprobs\":" : "");
			add_logprobs(out, f, f->piece);
		} else
			buf_adds(out, what == 'l' ? "" : "null");
		break;
	case 'f':
		if (f->finish != NULL)
			mtext_quotes(out, f->finish);
		else
			buf_adds(out, "null");
		break;
	}
}

static void mark(void *ctx, struct buf *out, char what)
{
	struct fill *f = ctx;

	switch (what) {
	case 'i':
		buf_addc(out, '"');
		fill(out, f->form->id, f);
		buf_addc(out, '"');
		break;
	case 'm':
		add_span(out, f->a->model);
		break;
	case 'c':
		for (f->index = 0; f->index < f->choices; f->index++) {
			buf_adds(out, f->index > 0 ? "," : "");
			fill(out, f->form->choice, f);
		}
		break;
	case 'u':
		if (f->a->usage.p != NULL)
			add_span(out, f->a->usage);
		else
			fill(out, f->form->usage, f);
		break;
	case 'g':
		fill(out, f->form->timings, f);
		break;
	case 'e':
		fill(out, f->extra, f);
		break;
	case 'j':
		add_call_id(out, f);
		break;
	case 'a':
		add_name(out, f->call);
		break;
	case 'b':
		add_arguments(out, f->call, f->sse);
		break;
	default:
		if (strchr("xhrkdlvf", what) != NULL)
			mark_choice(f, out, what);
		else
			mark_number(f, out, what);
		break;
	}
}

const char *fill_finish(const struct manswer *a)
{
	return a->finish != NULL ? a->finish : a->calls.p != NULL ? "tool_calls" : "stop";
}

struct fill fill_of(const struct mchat_form *form, const struct manswer *a)
{
	struct fill f;

	memset(&f, 0, sizeof f);
	f.form = form;
	f.a = a;
	f.choices = a->choices > 0 ? a->choices : 1;
	f.words = (size_t)f.choices * (mtext_words(a->text.p, a->text.n) +
	    mtext_words(a->reasoning.p, a->reasoning.n) + mtext_words(a->calls.p, a->calls.n));
	return f;
}
