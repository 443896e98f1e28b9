/* source.c - see source.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csv.h"
#include "file.h"
#include "json.h"
#include "limits.h"
#include "source.h"

static const struct source *given;	/* stage_files knows no more than its function */

static void refuse(struct stage *s, const char *place, const char *why)
{
	struct fault f;
	char id[32];
	int n = snprintf(id, sizeof id, "\"%ld\"", s->ordinal);

	s->given++;
	fault_set(&f, F_INPUT, "%s", why);
	s->refuse(s, s->id.p != NULL ? s->id : (struct span){id, (size_t)n}, place, &f);
}

/* A text as an input. */
static void give_text(struct stage *s, const char *p, size_t n, const char *place)
{
	struct buf quoted;

	if (span_utf8(p, n) != n) {
		refuse(s, place, "not UTF-8 text");
		return;
	}
	buf_init(&quoted, MAX_RECORD);
	json_quote(&quoted, p, n);
	if (quoted.failed)
		refuse(s, place, "the text is too large");
	else {
		s->given++;
		s->each(s, (struct span){buf_text(&quoted), quoted.len}, place);
	}
	buf_release(&quoted);
}

static int is_blank(struct span line)
{
	size_t i;

	for (i = 0; i < line.n; i++)
		if (strchr(" \t\r\n", line.p[i]) == NULL || line.p[i] == '\0')
			return 0;
	return 1;
}

static void lines(struct stage *s, struct reader *in, const char *name)
{
	struct span line;
	enum read_result got;
	char place[512];

	while (!stage_over(s) && (got = reader_line(in, &line)) != READ_END && got != READ_FAILED) {
		reader_place(in, name, ++s->ordinal, place, sizeof place);
		if (got == READ_LONG)
			refuse(s, place, "a line over the limit of 64 MB");
		else if (!is_blank(line))
			give_text(s, line.p, line.n - (line.p[line.n - 1] == '\r'), place);
	}
}

/* Texts that end by NUL: the last one may go without. */
static void nuls(struct stage *s, struct reader *in, const char *name)
{
	struct buf text;
	struct span bytes;
	const char *end;
	char place[512];
	size_t n;

	buf_init(&text, MAX_RECORD);
	while (!stage_over(s) && reader_bytes(in, &bytes) == READ_OK) {
		s->blanks = 1;
		for (; bytes.n > 0 && !stage_over(s); bytes.p += n, bytes.n -= n) {
			end = memchr(bytes.p, '\0', bytes.n);
			n = end != NULL ? (size_t)(end - bytes.p) + 1 : bytes.n;
			buf_add(&text, bytes.p, n - (end != NULL));
			if (end == NULL)
				continue;
			snprintf(place, sizeof place, "%s%s", name != NULL ? name : "", name != NULL ? ": " : "");
			s->ordinal++;
			if (text.failed)
				refuse(s, place, "a text over the limit of 64 MB");
			else if (!is_blank((struct span){buf_text(&text), text.len}))
				give_text(s, buf_text(&text), text.len, place);
			buf_clear(&text);
		}
	}
	if (in->error != 0)	/* half a text is none; the stage tells */
		buf_clear(&text);
	if ((text.failed || !is_blank((struct span){buf_text(&text), text.len})) && !stage_over(s)) {
		s->ordinal++;
		if (text.failed)
			refuse(s, "", "a text over the limit of 64 MB");
		else
			give_text(s, buf_text(&text), text.len, "");
	}
	buf_release(&text);
}

static void one_each(struct stage *s, const char *path)
{
	struct buf text, id;
	char place[512];
	int e;

	buf_init(&text, MAX_RECORD / 2);
	buf_init(&id, MAX_RECORD);
	json_quote(&id, path, strlen(path));
	s->id = (struct span){buf_text(&id), id.len};
	s->ordinal++;
	snprintf(place, sizeof place, "%.500s: ", path);
	if ((e = file_read(path, FILE_ANY, &text)) != 0)
		refuse(s, place, file_error(e));
	else if (is_blank((struct span){buf_text(&text), text.len}))
		refuse(s, place, text.len == 0 ? "the file is empty" : "the file has nothing but blanks");
	else if (memchr(buf_text(&text), '\0', text.len) != NULL)
		refuse(s, place, "not a text file: there is a NUL in it");
	else
		give_text(s, buf_text(&text), text.len, place);
	s->id = SPAN_NIL;
	buf_release(&id);
	buf_release(&text);
}

/* A row that can't be used keeps the id of its column, where there is one to be read. */
static void refuse_row(struct stage *s, const struct csv *c, const char *place, const char *why)
{
	struct buf id;
	int i = csv_column(c, given->id != NULL ? given->id : "custom_id");

	if (i < 0 && given->id == NULL)
		i = csv_column(c, "id");
	buf_init(&id, MAX_RECORD);
	if (i >= 0 && (size_t)i < c->nfields && c->field[i].n > 0 && span_utf8(c->field[i].p, c->field[i].n) == c->field[i].n) {
		json_quote(&id, c->field[i].p, c->field[i].n);
		s->id = (struct span){buf_text(&id), id.len};
	}
	refuse(s, place, why);
	s->id = SPAN_NIL;
	buf_release(&id);
}

/* A row as an object, {"column":"text",...}. */
static void give_row(struct stage *s, const struct csv *c, const char *place)
{
	struct buf row;
	char why[120];
	size_t i;

	if (c->nfields != c->nnames) {
		snprintf(why, sizeof why, "%zu fields, where the first row has %zu", c->nfields, c->nnames);
		refuse_row(s, c, place, why);
		return;
	}
	buf_init(&row, MAX_RECORD);
	for (i = 0; i < c->nfields; i++) {
		if (span_utf8(c->field[i].p, c->field[i].n) != c->field[i].n)
			break;
		buf_addc(&row, i == 0 ? '{' : ',');
		json_quotes(&row, c->name[i]);
		buf_addc(&row, ':');
		json_quote(&row, c->field[i].p, c->field[i].n);
	}
	buf_addc(&row, '}');
	if (i < c->nfields)
		refuse_row(s, c, place, "not UTF-8 text");
	else if (row.failed)
		refuse_row(s, c, place, "the row is too large");
	else {
		s->given++;
		s->each(s, (struct span){buf_text(&row), row.len}, place);
	}
	buf_release(&row);
}

/* Rows below a head; without one that can be used there is nothing to do. */
static void rows(struct stage *s, struct csv *c, struct reader *in, const char *name)
{
	enum read_result got = csv_read(c, in);
	char place[512];

	if (got == READ_END || got == READ_FAILED)
		return;
	reader_place(in, name, s->ordinal, place, sizeof place);
	if (got != READ_OK || csv_head(c) != 0) {
		s->ordinal++;
		refuse(s, place, c->err);
		return;
	}
	s->heads = 1;
	while (!stage_over(s) && (got = csv_read(c, in)) != READ_END && got != READ_FAILED) {
		s->ordinal++;
		reader_place(in, name, -1, place, sizeof place);
		if (got == READ_OK)
			give_row(s, c, place);
		else
			refuse(s, place, c->err);
	}
}

static void csv(struct stage *s, struct reader *in, const char *name)
{
	struct csv *c = malloc(sizeof *c);

	if (c == NULL) {
		in->error = ENOMEM;
		return;
	}
	csv_init(c, given->delimiter);
	rows(s, c, in, name);
	csv_release(c);
	free(c);
}

/* The names in a file, a line each, or ended by NUL; what argv would be: ends with NULL. */
static char **names_of(struct buf *text, int ends_by_nul)
{
	char end = ends_by_nul ? '\0' : '\n', *p, *stop, **names;
	size_t n = 2, i;

	for (i = 0; i < text->len; i++)
		n += text->data[i] == end;
	if ((names = malloc(n * sizeof *names)) == NULL)
		return NULL;
	n = 0;
	for (p = text->data; p != NULL && p < text->data + text->len; p = stop + 1) {
		stop = memchr(p, end, (size_t)(text->data + text->len - p));
		stop = stop != NULL ? stop : text->data + text->len;
		*stop = '\0';
		if (*p != '\0')
			names[n++] = p;
	}
	names[n] = NULL;
	return names;
}

static void run(struct stage *s, const struct source *source, char **operands)
{
	static stage_file_fn *const forms[] = {stage_values, lines, nuls, csv, NULL};

	given = source;
	if (source->form != SOURCE_EACH)
		stage_files(s, operands, forms[source->form]);
	for (; source->form == SOURCE_EACH && *operands != NULL && !stage_over(s); operands++)
		one_each(s, *operands);
}

int source_run(struct stage *s, const struct source *source, char **operands, struct fault *f)
{
	struct buf text;
	char **names;
	int e;

	if (source->files_from == NULL) {
		run(s, source, operands);
		return 0;
	}
	buf_init(&text, MAX_RECORD);
	if ((e = file_read(source->files_from, FILE_ANY, &text)) != 0 || (names = names_of(&text, source->nuls)) == NULL) {
		buf_release(&text);
		return fault_set(f, F_INPUT, "--files-from: %s: %s", source->files_from, file_error(e != 0 ? e : ENOMEM));
	}
	if (names[0] != NULL)	/* none at all would be standard input */
		run(s, source, names);
	free(names);
	buf_release(&text);
	return 0;
}
