/* csv.c - see csv.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csv.h"
#include "limits.h"

enum { BEGIN, PLAIN, QUOTED };	/* csv.in */

static const char mark[] = "\xef\xbb\xbf";

int csv_delimiter(char c)
{
	return c != '\0' && (unsigned char)c < 0x80 && c != '"' && c != '\n' && c != '\r';
}

void csv_init(struct csv *c, char delimiter)
{
	memset(c, 0, sizeof *c);
	c->next_line = 1;
	c->delimiter = delimiter;
	c->stop[(unsigned char)delimiter] = c->stop['\n'] = c->stop['\r'] = c->stop['"'] = 1;
	buf_init(&c->text, MAX_RECORD);
}

static void forget_names(struct csv *c)
{
	size_t i;

	for (i = 0; i < c->nnames; i++)
		free(c->name[i]);
	free(c->name);
	c->name = NULL;
	c->nnames = 0;
}

void csv_release(struct csv *c)
{
	forget_names(c);
	buf_release(&c->text);
}

static int fault(struct csv *c, const char *what)
{
	snprintf(c->err, sizeof c->err, "%s (field %zu)", what, c->nfields + 1);
	return -1;
}

/* What is wrong with the quoted field that the record is in; it may begin lines away from where that shows. */
static int quoted_fault(struct csv *c, const char *p, const char *before, const char *after)
{
	long first = c->line + reader_newlines(p, c->from[c->nfields]), line = c->line + reader_newlines(p, c->at);
	char ends[48] = "";

	if (*before != '\0' && line > first)
		snprintf(ends, sizeof ends, " and ends in line %ld", line);
	snprintf(c->err, sizeof c->err, "%sthe quoted field that begins in line %ld%s%s", before, first, ends, after);
	return -1;
}

/*
 * What stands before a record is passed over: the rest of a line that was in
 * error, the byte order mark, blank lines.  How many bytes; *wait: the next
 * ones can't be told yet.
 */
static size_t lead(struct csv *c, const char *p, size_t n, int last, int *wait)
{
	const char *lf;
	size_t i = 0;

	if (c->skip) {
		if (n == 0 || (lf = memchr(p, '\n', n)) == NULL)
			return n;
		i = (size_t)(lf - p) + 1;
		c->skip = 0;
		c->next_line++;
	}
	if (!c->started) {
		*wait = !last && n < 3 && memcmp(p, mark, n) == 0;
		if (*wait)
			return 0;
		if (n >= 3 && memcmp(p, mark, 3) == 0)
			i = 3;
		c->started = 1;
	}
	for (; i < n; i++) {
		if (p[i] == '\r' && i + 1 < n && p[i + 1] == '\n')
			i++;
		else if (p[i] != '\n' && !(p[i] == '\r' && last && i + 1 == n))
			break;
		c->next_line++;
	}
	*wait = i + 1 == n && p[i] == '\r';
	return i;
}

/* The steps below: 1, `at` is where the field ends; 0, more bytes are needed; -1, c->err. */

static int plain_field(struct csv *c, const char *p, size_t n, int last)
{
	const char *q, *end = p + n, *stop = c->stop;
	size_t i = c->at;

	for (;; i++) {		/* a CR alone is text */
		for (q = p + i; q < end && !stop[(unsigned char)*q]; q++)
			;
		c->at = i = (size_t)(q - p);
		if (i >= n || (p[i] == '\r' && i + 1 >= n)) {
			if (!last)
				return 0;
			break;
		}
		if (p[i] == '"')
			return fault(c, "a quote inside a field that isn't quoted");
		if (p[i] != '\r' || p[i + 1] == '\n')
			break;
	}
	c->field[c->nfields].n = i - c->from[c->nfields];
	return 1;
}

/* The field ends at the quote; is it followed by what may follow it? */
static int close_quote(struct csv *c, const char *p, size_t n, int last)
{
	const char *next = p + c->at + 1;
	size_t left = n - c->at - 1;

	if (left == 0 || (*next == '\r' && left == 1)) {
		if (!last)
			return 0;
	} else if (*next != c->delimiter && *next != '\n' && !(*next == '\r' && next[1] == '\n')) {
		return quoted_fault(c, p, "text behind ", "");
	}
	c->field[c->nfields].n = c->at - c->from[c->nfields];
	c->at++;
	return 1;
}

static int quoted_field(struct csv *c, const char *p, size_t n, int last)
{
	const char *q;

	while (c->at < n && (q = memchr(p + c->at, '"', n - c->at)) != NULL) {
		c->at = (size_t)(q - p);
		if (c->at + 1 >= n || q[1] != '"')
			return close_quote(c, p, n, last);
		c->doubled = 1;
		c->at += 2;
	}
	c->at = n;
	return last ? quoted_fault(c, p, "", " doesn't end") : 0;
}

static int fields(struct csv *c, const char *p, size_t n, int last)
{
	int got;

	for (;;) {
		if (c->in == BEGIN) {
			if (c->at >= n && !last)
				return 0;
			if (c->nfields == CSV_FIELDS)
				return fault(c, "more fields than a row may have");
			c->in = c->at < n && p[c->at] == '"' ? QUOTED : PLAIN;
			c->quoted |= c->in == QUOTED;
			c->at += c->in == QUOTED;
			c->from[c->nfields] = c->at;
		}
		got = c->in == QUOTED ? quoted_field(c, p, n, last) : plain_field(c, p, n, last);
		if (got <= 0)
			return got;
		c->in = BEGIN;
		c->nfields++;
		if (c->at >= n || p[c->at] != c->delimiter)
			return 1;
		c->at++;
	}
}

/* In c->text there is room. */
static struct span undouble(struct buf *text, const char *p, size_t n)
{
	size_t from = text->len;
	const char *end = p + n, *q;

	for (; p < end && (q = memchr(p, '"', (size_t)(end - p))) != NULL; p = q + 2)
		buf_add(text, p, (size_t)(q - p) + 1);
	if (p < end)
		buf_add(text, p, (size_t)(end - p));
	return (struct span){buf_text(text) + from, text->len - from};
}

static int decode(struct csv *c, const char *p)
{
	size_t i;

	for (i = 0; i < c->nfields; i++)
		c->field[i].p = p + c->from[i];
	if (!c->doubled)
		return 1;
	buf_clear(&c->text);
	if (buf_room(&c->text, c->at) == NULL) {	/* once, so that nothing moves */
		snprintf(c->err, sizeof c->err, "no memory left");
		return -1;
	}
	for (i = 0; i < c->nfields; i++)
		if (c->field[i].n > 0 && memchr(c->field[i].p, '"', c->field[i].n) != NULL)
			c->field[i] = undouble(&c->text, c->field[i].p, c->field[i].n);
	return 1;
}

static int too_long(struct csv *c, const char *p)
{
	if (c->in == QUOTED)
		return quoted_fault(c, p, "", " doesn't end, at least not within the most that a record may have");
	snprintf(c->err, sizeof c->err, "a row over %lu MB", MAX_RECORD >> 20);
	return -1;
}

/* Behind the first line of a record that is in error. */
static size_t give_up(struct csv *c, const char *p, size_t n)
{
	const char *lf = memchr(p, '\n', n);

	c->skip = lf == NULL;
	c->next_line = c->line + (lf != NULL);
	return lf != NULL ? (size_t)(lf - p) + 1 : n;
}

int csv_record(struct csv *c, const char *p, size_t n, int last, size_t *used)
{
	size_t skipped = 0;
	int got, wait = 0;

	*used = 0;
	if (n == 0)
		return 0;
	if (c->at == 0) {
		skipped = *used = lead(c, p, n, last, &wait);
		if (wait || *used == n)
			return 0;
		c->line = c->next_line;
		c->nfields = 0;
		c->in = BEGIN;
		c->doubled = c->quoted = 0;
	}
	p += skipped;
	n -= skipped;
	got = fields(c, p, n, last);
	if (got == 0 && n <= MAX_RECORD)
		return 0;
	if (got >= 0)
		got = got == 0 || c->at > MAX_RECORD ? too_long(c, p) : decode(c, p);
	if (got > 0) {
		c->next_line = c->line + (c->quoted ? reader_newlines(p, c->at) : 0);
		c->at += c->at < n && p[c->at] == '\r';
		if (c->at < n && p[c->at] == '\n') {
			c->at++;
			c->next_line++;
		}
		*used = skipped + c->at;
	} else {
		c->nfields = 0;
		*used = skipped + give_up(c, p, n);
	}
	c->at = 0;
	return got;
}

enum read_result csv_read(struct csv *c, struct reader *r)
{
	size_t want = 1, used;
	struct span bytes;
	int got, last;

	c->started |= r->started;
	for (;;) {
		if (reader_peek(r, want, &bytes) != 0)
			return READ_FAILED;
		last = bytes.n < want;
		if (c->at == 0)
			c->next_line = r->next_line;
		got = csv_record(c, bytes.p, bytes.n, last, &used);
		reader_take(r, used);
		r->next_line = c->next_line;
		if (got != 0 || last)
			break;
		want = bytes.n - used + 1;
	}
	r->line = c->line;
	return got > 0 ? READ_OK : got < 0 ? READ_BAD : READ_END;
}

static int name_fault(struct csv *c, size_t i, const char *why)
{
	snprintf(c->err, sizeof c->err, "the head row: the name of column %zu %s", i + 1, why);
	return -1;
}

static int bad_name(struct csv *c, size_t i)
{
	struct span s = c->field[i];
	size_t k;

	if (s.n == 0)
		return name_fault(c, i, "is empty");
	if (memchr(s.p, '\0', s.n) != NULL || span_utf8(s.p, s.n) < s.n)
		return name_fault(c, i, "isn't UTF-8 text");
	if (memchr(s.p, '\r', s.n) != NULL)
		return name_fault(c, i, "has a CR in it; lines end with LF or CRLF");
	for (k = 0; k < i; k++)
		if (c->field[k].n == s.n && memcmp(c->field[k].p, s.p, s.n) == 0)
			break;
	if (k == i)
		return 0;
	snprintf(c->err, sizeof c->err, "the head row: columns %zu and %zu have the same name, %.*s%s", k + 1, i + 1,
	    (int)(s.n > 60 ? span_utf8(s.p, 60) : s.n), s.p, s.n > 60 ? "..." : "");
	return -1;
}

int csv_head(struct csv *c)
{
	size_t i;

	forget_names(c);
	for (i = 0; i < c->nfields; i++)
		if (bad_name(c, i) != 0)
			return -1;
	c->name = calloc(c->nfields + 1, sizeof *c->name);
	for (i = 0; c->name != NULL && i < c->nfields; i++) {
		if ((c->name[i] = malloc(c->field[i].n + 1)) == NULL)
			break;
		memcpy(c->name[i], c->field[i].p, c->field[i].n);
		c->name[i][c->field[i].n] = '\0';
		c->nnames++;
	}
	if (c->name != NULL && i == c->nfields)
		return 0;
	forget_names(c);
	snprintf(c->err, sizeof c->err, "no memory left");
	return -1;
}

int csv_column(const struct csv *c, const char *name)
{
	size_t i;

	for (i = 0; i < c->nnames && strcmp(c->name[i], name) != 0; i++)
		;
	return i < c->nnames ? (int)i : -1;
}

static int needs_quotes(const char *p, size_t n, char delimiter)
{
	return memchr(p, delimiter, n) != NULL || memchr(p, '"', n) != NULL || memchr(p, '\n', n) != NULL ||
	    memchr(p, '\r', n) != NULL || p[0] == mark[0];	/* a mark would be dropped */
}

void csv_quote(struct buf *out, const char *p, size_t n, char delimiter, int only)
{
	const char *end, *q;

	if (n == 0) {
		buf_adds(out, only ? "\"\"" : "");
		return;
	}
	if (!needs_quotes(p, n, delimiter)) {
		buf_add(out, p, n);
		return;
	}
	end = p + n;
	buf_addc(out, '"');
	for (; p < end && (q = memchr(p, '"', (size_t)(end - p))) != NULL; p = q + 1) {
		buf_add(out, p, (size_t)(q - p) + 1);
		buf_addc(out, '"');
	}
	buf_add(out, p, (size_t)(end - p));
	buf_addc(out, '"');
}
