/* mseq.c - see mseq.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mseq.h"

struct reader {
	const char *text;
	size_t n, i;
	char why[200];
	size_t wrong;		/* where */
};

static int bad(struct reader *r, size_t at, const char *why)
{
	snprintf(r->why, sizeof r->why, "%s", why);
	r->wrong = at;
	return -1;
}

/* The byte that comes, or 0 at the end; a NUL in the text is no byte of the grammar. */
static char peek(const struct reader *r)
{
	return r->i < r->n ? r->text[r->i] : '\0';
}

static void skip_blanks(struct reader *r)
{
	while (r->i < r->n && (r->text[r->i] == ' ' || r->text[r->i] == '\t'))
		r->i++;
}

/* Between items: commas, line ends, blanks, comments.  The number of commas. */
static int skip_between(struct reader *r)
{
	int commas = 0;

	for (; r->i < r->n; r->i++) {
		if (r->text[r->i] == '#')
			while (r->i + 1 < r->n && r->text[r->i + 1] != '\n')
				r->i++;
		else if (r->text[r->i] == ',')
			commas++;
		else if (r->text[r->i] == '\0' || strchr(" \t\r\n", r->text[r->i]) == NULL)
			break;
	}
	return commas;
}

/* Up to one of the bytes in `ends`, blanks at its end left out. */
static struct span word(struct reader *r, const char *ends)
{
	struct span s = {r->text + r->i, 0};

	while (r->i < r->n && (r->text[r->i] == '\0' || strchr(ends, r->text[r->i]) == NULL))
		r->i++;
	s.n = (size_t)(r->text + r->i - s.p);
	while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

static int read_value(struct reader *r, struct span *value)
{
	size_t from = r->i, i;

	if (peek(r) == '"') {
		r->i++;
		*value = word(r, "\"\n");
		value->n = (size_t)(r->text + r->i - value->p);	/* its blanks count */
		if (peek(r) != '"')
			return bad(r, from, "a quoted value without its end");
		r->i++;
		skip_blanks(r);
	} else
		*value = word(r, ",()\"\n");
	for (i = 0; i < value->n; i++)
		if ((unsigned char)value->p[i] < ' ' && value->p[i] != '\t')
			return bad(r, (size_t)(value->p + i - r->text), "a control character");
	return 0;
}

static int is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '-' || c == '_';
}

static int read_arg(struct reader *r, struct mfault *f)
{
	struct mfault_arg *arg = &f->arg[f->nargs];
	size_t from, i;

	skip_blanks(r);
	from = i = r->i;
	if (f->nargs == MFAULT_ARGS)
		return bad(r, from, "too many arguments");
	while (i < r->n && is_name(r->text[i]))
		i++;
	if (i > from && i < r->n && r->text[i] == '=') {
		arg->name = (struct span){r->text + from, i - from};
		r->i = i + 1;
		skip_blanks(r);
	}
	if (read_value(r, &arg->value) < 0)
		return -1;
	if (arg->value.n == 0 && arg->name.p == NULL)
		return bad(r, from, "an argument is missing");
	f->nargs++;
	return 0;
}

static int read_args(struct reader *r, struct mfault *f)
{
	size_t from = r->i++;

	skip_blanks(r);
	if (peek(r) == ')') {
		r->i++;
		return 0;
	}
	for (;; r->i++) {
		if (read_arg(r, f) < 0)
			return -1;
		if (peek(r) != ',')
			break;
	}
	if (peek(r) != ')')
		return peek(r) == '(' || peek(r) == '"' ? bad(r, r->i, "it belongs in double quotes") :
		    bad(r, from, "a bracket without its end");
	r->i++;
	return 0;
}

static int read_times(struct reader *r, unsigned long *times)
{
	size_t from;

	*times = 1;
	skip_blanks(r);
	if (peek(r) != '*')
		return 0;
	r->i++;
	skip_blanks(r);
	for (*times = 0, from = r->i; peek(r) >= '0' && peek(r) <= '9'; r->i++)
		if ((*times = *times * 10 + (unsigned long)(peek(r) - '0')) > 1000000000)
			return bad(r, from, "too many times");
	return r->i > from && *times == 0 ? bad(r, from, "no times") : 0;
}

static int read_item(struct reader *r, struct mseq_item *item)
{
	struct span name, where;

	memset(item, 0, sizeof *item);
	name.p = r->text + r->i;
	while (r->i < r->n && is_name(r->text[r->i]))
		r->i++;
	name.n = (size_t)(r->text + r->i - name.p);
	if (name.n == 0)
		return bad(r, r->i, "the name of a fault is expected");
	skip_blanks(r);
	if (peek(r) == '(' && read_args(r, &item->fault) < 0)
		return -1;
	if (mfault_read(&item->fault, name, &where, r->why, sizeof r->why) < 0) {
		r->wrong = (size_t)(where.p - r->text);
		return -1;
	}
	if (read_times(r, &item->times) < 0)
		return -1;
	skip_blanks(r);
	return r->i < r->n && (peek(r) == '\0' || strchr(",\r\n#", peek(r)) == NULL) ?
	    bad(r, r->i, "a comma is expected") : 0;
}

static struct mseq_item *room(struct mseq *q)
{
	size_t cap = q->cap > 0 ? 2 * q->cap : 8;
	struct mseq_item *more = q->item;

	if (q->n == q->cap) {
		if ((more = realloc(q->item, cap * sizeof *more)) == NULL)
			return NULL;
		q->item = more;
		q->cap = cap;
	}
	return &more[q->n];
}

static int read_items(struct mseq *q, struct reader *r)
{
	struct mseq_item *item;
	size_t from;

	if (skip_between(r) > 0)
		return bad(r, 0, "a fault is missing");
	while (r->i < r->n) {
		if (q->n > 0 && q->item[q->n - 1].times == 0)
			return bad(r, r->i, "nothing comes after a fault for ever");
		if (q->n == MSEQ_ITEMS)
			return bad(r, r->i, "too many faults");
		if ((item = room(q)) == NULL)
			return bad(r, r->i, "out of memory");
		if (read_item(r, item) < 0)
			return -1;
		q->n++;
		from = r->i;
		if (skip_between(r) > 1)
			return bad(r, from, "a fault is missing");
	}
	return q->n == 0 ? bad(r, 0, "there is no fault") : 0;
}

int mseq_read(struct mseq *q, const char *text, size_t n, char *err, size_t size)
{
	struct reader r = {text, n, 0, "", 0};
	size_t line = 1, start = 0, i;

	memset(q, 0, sizeof *q);
	if (read_items(q, &r) == 0)
		return 0;
	for (i = 0; i < r.wrong; i++)
		if (text[i] == '\n') {
			line++;
			start = i + 1;
		}
	if (memchr(text, '\n', n) != NULL)
		snprintf(err, size, "line %zu, column %zu: %s", line, r.wrong - start + 1, r.why);
	else
		snprintf(err, size, "column %zu: %s", r.wrong + 1, r.why);
	mseq_release(q);
	return -1;
}

void mseq_release(struct mseq *q)
{
	free(q->item);
	memset(q, 0, sizeof *q);
}

const struct mfault *mseq_next(struct mseq *q)
{
	struct mseq_item *item;

	if (q->at == q->n)
		return NULL;
	item = &q->item[q->at];
	if (item->times != 0 && ++q->used == item->times) {
		q->at++;
		q->used = 0;
	}
	return &item->fault;
}
