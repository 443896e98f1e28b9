/* mscript.c - see mscript.h. */
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "limits.h"
#include "mscript.h"
#include "near.h"

/* What a member holds, and what becomes of it. */
enum form {
	TEXT,	/* a span of the decoded string */
	FACE,	/* the same, or null */
	WORD,	/* the same as a C string */
	COUNT,	/* a number from `least` to `most` */
	OBJECT,	/* a span of JSON */
	CALLS,	/* a span of JSON, looked into */
	BODY,	/* a string decoded, anything else as JSON */
	MATCH	/* an object of the table `match` */
};

struct member {
	const char *name;
	enum form form;
	size_t at;		/* in struct mscript_line */
	long long least, most;
};

#define AT(field) offsetof(struct mscript_line, field)

static const struct member match[] = {
	{"model", TEXT, AT(model), 0, 0},
	{"text", TEXT, AT(text), 0, 0},
	{"contains", TEXT, AT(contains), 0, 0},
	{"n", COUNT, AT(n), 1, 1000000000000},
	{NULL, TEXT, 0, 0, 0}
};
static const struct member line_members[] = {
	{"match", MATCH, 0, 0, 0},
	{"text", FACE, AT(answer.text), 0, 0},
	{"reasoning", TEXT, AT(answer.reasoning), 0, 0},
	{"calls", CALLS, AT(answer.calls), 0, 0},
	{"finish", WORD, AT(answer.finish), 0, 0},
	{"usage", OBJECT, AT(answer.usage), 0, 0},
	{"delay_ms", COUNT, AT(delay_ms), 0, MSCRIPT_MS},
	{"ttft_ms", COUNT, AT(ttft_ms), 0, MSCRIPT_MS},
	{"status", COUNT, AT(status), 200, 599},
	{"body", BODY, AT(body), 0, 0},
	{NULL, TEXT, 0, 0, 0}
};
static const struct member call_members[] = {
	{"id", TEXT, 0, 0, 0},
	{"name", TEXT, 0, 0, 0},
	{"arguments", OBJECT, 0, 0, 0},
	{NULL, TEXT, 0, 0, 0}
};

/* A line being read. */
struct place {
	struct mscript *s;
	const char *name;
	const char *start;	/* of the line */
	long number;
};

static int fail(const struct place *in, const char *at, const char *fmt, ...) BUF_PRINTF(3, 4);
static int fail(const struct place *in, const char *at, const char *fmt, ...)
{
	char *err = in->s->err;
	size_t size = sizeof in->s->err, n;
	va_list ap;

	n = (size_t)snprintf(err, size, "%s:%ld:%zu: ", in->name, in->number,
	    (size_t)(at - in->start) + 1);
	va_start(ap, fmt);
	if (n < size)
		vsnprintf(err + n, size - n, fmt, ap);
	va_end(ap);
	return -1;
}

void mscript_init(struct mscript *s)
{
	memset(s, 0, sizeof *s);
	buf_init(&s->file, MAX_RECORD);
	buf_init(&s->texts, MAX_RECORD + 1);
}

void mscript_release(struct mscript *s)
{
	free(s->lines);
	buf_release(&s->file);
	buf_release(&s->texts);
	s->lines = NULL;
	s->n = s->cap = 0;
}

/* Decoded and ended by a NUL.  There is room: a text is never longer than its token. */
static struct span decoded(struct mscript *s, struct span token)
{
	size_t from = s->texts.len;
	struct span text;

	span_decode(token, SPAN_REPLACE, &s->texts);
	text.p = s->texts.data + from;
	text.n = s->texts.len - from;
	buf_addc(&s->texts, '\0');
	return text;
}

static int members(struct place *in, struct span object, const struct member *rows,
    struct mscript_line *line);

static int read_calls(struct place *in, struct span calls)
{
	struct span_iter it;
	struct span key, call;

	for (it = span_each(calls); span_next(&it, &key, &call);) {
		if (span_kind(call) != SPAN_OBJECT)
			return fail(in, call.p, "calls: an object {\"name\":..,\"arguments\":{..}} is due");
		if (members(in, call, call_members, NULL) < 0)
			return -1;
		if (span_get(call, "name").p == NULL)
			return fail(in, call.p, "calls: a call without a name");
	}
	return 0;
}

static int is_form(enum form form, enum span_kind k)
{
	switch (form) {
	case TEXT:
	case WORD:
		return k == SPAN_STRING;
	case FACE:
		return k == SPAN_STRING || k == SPAN_NULL;
	case COUNT:
		return k == SPAN_NUMBER;
	case OBJECT:
	case MATCH:
		return k == SPAN_OBJECT;
	case CALLS:
		return k == SPAN_ARRAY;
	case BODY:
		return 1;
	}
	return 0;
}

static const char *const due[] = {
	"a string", "a string or null", "a string", "a whole number", "an object", "an array",
	"", "an object"
};

/* line NULL: the value is only checked. */
static int member(struct place *in, const struct member *row, struct span v,
    struct mscript_line *line)
{
	struct span text = SPAN_NIL;
	char *field = line != NULL ? (char *)line + row->at : NULL;
	long long number;

	if (!is_form(row->form, span_kind(v)))
		return fail(in, v.p, "%s: %s is due", row->name, due[row->form]);
	if (row->form == MATCH)
		return members(in, v, match, line);
	if (row->form == CALLS && read_calls(in, v) < 0)
		return -1;
	if (row->form == COUNT) {
		if (!span_integer(v, &number) || number < row->least || number > row->most)
			return fail(in, v.p, "%s: a whole number from %lld to %lld is due", row->name,
			    row->least, row->most);
		if (field != NULL)
			memcpy(field, &number, sizeof number);
		return 0;
	}
	if (field == NULL)
		return 0;
	if (span_kind(v) == SPAN_STRING)
		text = decoded(in->s, v);
	else if (row->form != FACE)
		text = v;
	if (row->form == BODY)
		line->plain = span_kind(v) == SPAN_STRING;
	if (row->form == WORD)
		memcpy(field, &text.p, sizeof text.p);
	else
		memcpy(field, &text, sizeof text);
	return 0;
}

static int unknown(struct place *in, struct span key, const struct member *rows)
{
	struct buf name, more;
	struct near near;

	buf_init(&name, in->s->file.max);
	buf_init(&more, sizeof in->s->err);
	span_decode(key, SPAN_REPLACE, &name);
	near_init(&near, buf_text(&name));
	for (; rows->name != NULL; rows++)
		near_see(&near, rows->name);
	near_write(&near, &more);
	fail(in, key.p, "unknown member: %.100s%s", buf_text(&name), buf_text(&more));
	buf_release(&name);
	buf_release(&more);
	return -1;
}

static int members(struct place *in, struct span object, const struct member *rows,
    struct mscript_line *line)
{
	struct span_iter it;
	struct span key, v;
	unsigned seen = 0;
	size_t i;

	for (it = span_each(object); span_next(&it, &key, &v);) {
		for (i = 0; rows[i].name != NULL && !span_eq(key, rows[i].name); i++)
			;
		if (rows[i].name == NULL)
			return unknown(in, key, rows);
		if (seen & 1u << i)
			return fail(in, key.p, "%s: given twice", rows[i].name);
		seen |= 1u << i;
		if (member(in, &rows[i], v, line) < 0)
			return -1;
	}
	return 0;
}

static int read_line(struct place *in, struct span text, struct mscript_line *line)
{
	struct span value;
	struct span_err err;

	memset(line, 0, sizeof *line);
	if (span_check(text.p, text.n, MAX_DEPTH, &value, &err) < 0)
		return fail(in, text.p + err.at, "not JSON: %s", err.what);
	if (span_kind(value) != SPAN_OBJECT)
		return fail(in, value.p, "an object is due, such as {\"match\":{\"n\":1},\"text\":\"4\"}");
	if (members(in, value, line_members, line) < 0)
		return -1;
	line->silent = span_get(value, "text").p == NULL && line->answer.calls.p == NULL;
	if (line->status == 0 && line->body.p != NULL)
		return fail(in, span_get(value, "body").p, "body: it goes with a status only");
	if (line->status != 0 && (!line->silent || line->answer.reasoning.p != NULL ||
	    line->answer.finish != NULL || line->answer.usage.p != NULL))
		return fail(in, span_get(value, "status").p, "status: nothing but body and delay_ms goes with it");
	return 0;
}

static struct mscript_line *room(struct mscript *s)
{
	size_t cap = s->cap ? 2 * s->cap : 16;
	struct mscript_line *more;

	if (s->n == s->cap) {
		if ((more = realloc(s->lines, cap * sizeof *more)) == NULL)
			return NULL;
		s->lines = more;
		s->cap = cap;
	}
	return &s->lines[s->n];
}

int mscript_read(struct mscript *s, const char *name)
{
	struct place in = {s, name, buf_text(&s->file), 1};
	const char *end = in.start + s->file.len, *lf;
	struct mscript_line *line;
	struct span text;

	if (buf_room(&s->texts, s->file.len + 1) == NULL)
		return fail(&in, in.start, "out of memory");
	if (s->file.len >= 3 && memcmp(in.start, "\xef\xbb\xbf", 3) == 0)
		in.start += 3;
	for (; in.start < end; in.start = lf < end ? lf + 1 : end, in.number++) {
		if ((lf = memchr(in.start, '\n', (size_t)(end - in.start))) == NULL)
			lf = end;
		text = span_trim((struct span){in.start, (size_t)(lf - in.start)});
		if (text.n == 0)
			continue;
		if (s->n == MSCRIPT_LINES)
			return fail(&in, in.start, "more than %d answers", MSCRIPT_LINES);
		if ((line = room(s)) == NULL)
			return fail(&in, in.start, "out of memory");
		if (read_line(&in, text, line) < 0)
			return -1;
		s->n++;
	}
	if (s->n == 0)
		return fail(&in, in.start, "nothing in it: a line is due, such as {\"text\":\"4\"}");
	return 0;
}

static int holds(struct span s, struct span part)
{
	const char *p = s.p, *end;

	if (part.n == 0)
		return 1;
	if (s.n < part.n)
		return 0;
	end = s.p + (s.n - part.n) + 1;
	while (p < end && (p = memchr(p, part.p[0], (size_t)(end - p))) != NULL) {
		if (memcmp(p, part.p, part.n) == 0)
			return 1;
		p++;
	}
	return 0;
}

const struct mscript_line *mscript_find(const struct mscript *s, struct span model,
    struct span text, unsigned long long n)
{
	const struct mscript_line *l;
	size_t i;

	for (i = 0; i < s->n; i++) {
		l = &s->lines[i];
		if (l->n != 0 && (unsigned long long)l->n != n)
			continue;
		if (l->model.p != NULL && (span_kind(model) != SPAN_STRING || !span_eq(model, l->model.p)))
			continue;
		if (l->text.p != NULL && (l->text.n != text.n ||
		    (text.n > 0 && memcmp(l->text.p, text.p, text.n) != 0)))
			continue;
		if (l->contains.p == NULL || holds(text, l->contains))
			return l;
	}
	return NULL;
}
