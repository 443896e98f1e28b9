/* rows.c - see rows.h. */
#include <stdlib.h>
#include <string.h>

#include "csv.h"
#include "limits.h"
#include "rows.h"

enum { LONGEST_NAME = 64 };	/* that span_at() looks for */

/* The members of a result record. */
static const char *const members[] = {
	"custom_id", "ok", "ref", "model", "text", "value", "reasoning", "tool_calls", "choices", "finish_reason", "usage", "cost",
	"timing", "attempts", "input", "error", NULL
};

static int is_member(const char *path)
{
	size_t n = strcspn(path, ".");
	const char *const *m;

	for (m = members; *m != NULL; m++)
		if (strlen(*m) == n && memcmp(*m, path, n) == 0)
			return 1;
	return 0;
}

static int check_field(const char *option, const char *path, struct fault *f)
{
	const char *step;
	size_t n = strlen(path);

	if (n == 0)
		return fault_set(f, F_INPUT, "%s: a field without a name; fields as in custom_id,text,usage.total_tokens are due", option);
	if (path[0] == '.' || path[n - 1] == '.' || strstr(path, "..") != NULL)
		return fault_set(f, F_INPUT, "%s: %s: a name is missing beside a dot", option, path);
	for (step = path; step[0] != '\0'; step += strcspn(step, ".") + (step[strcspn(step, ".")] != '\0'))
		if (strcspn(step, ".") >= LONGEST_NAME)
			return fault_set(f, F_INPUT, "%s: %s: a name over %d bytes; --jq can take such a one", option, path, LONGEST_NAME - 1);
	if (!is_member(path))
		return fault_set(f, F_INPUT, "%s: %s: no member of a result record is called so; there are custom_id, ok, ref, model, "
		    "text, value, reasoning, tool_calls, choices, finish_reason, usage, cost, timing, attempts, input, error", option, path);
	return 0;
}

int rows_init(struct rows *r, const char *option, const char *list, char delimiter, struct fault *f)
{
	char *p, *end;
	int more = 1;

	memset(r, 0, sizeof *r);
	r->delimiter = delimiter;
	r->input = list[0] == '+';
	buf_init(&r->names, 2 * MAX_RECORD);
	buf_init(&r->starts, MAX_RECORD);
	buf_init(&r->held, ROWS_HELD + 4 * MAX_RECORD);
	if ((r->list = strdup(list + r->input)) == NULL)
		return fault_set(f, F_INPUT, "out of memory");
	for (p = r->list; more; p = end + 1) {
		end = p + strcspn(p, ",");
		more = *end == ',';
		*end = '\0';
		p += *p == '+' && r->input;	/* +text,+ok means the same */
		if (check_field(option, p, f) != 0)
			return -1;
		if (r->nfields == ROWS_FIELDS)
			return fault_set(f, F_INPUT, "%s: more than %d fields", option, ROWS_FIELDS);
		r->field[r->nfields++] = p;
	}
	return 0;
}

void rows_release(struct rows *r)
{
	free(r->list);
	buf_release(&r->names);
	buf_release(&r->starts);
	buf_release(&r->held);
	memset(r, 0, sizeof *r);
}

/* A field: a text decoded, nothing for null, all else as it stands. */
static void add_value(const struct rows *r, struct buf *out, struct span v, int only)
{
	struct buf text;

	buf_init(&text, MAX_RECORD);
	if (span_kind(v) == SPAN_STRING)
		v = span_plain(v, &text);
	else if (span_kind(v) == SPAN_NULL)
		v = SPAN_NIL;
	csv_quote(out, v.p != NULL ? v.p : "", v.n, r->delimiter, only);
	buf_release(&text);
}

static const char *column(const struct rows *r, size_t i)
{
	size_t at;

	memcpy(&at, buf_text(&r->starts) + i * sizeof at, sizeof at);
	return buf_text(&r->names) + at;
}

static int only_one(const struct rows *r)
{
	return r->ncolumns + r->nfields == 1;
}

/* Is there a column of the input of that name? */
static int has_column(const struct rows *r, struct span name)
{
	size_t i;

	for (i = 0; i < r->ncolumns; i++)
		if (span_eq(name, column(r, i)))
			return 1;
	return 0;
}

/* The same for a plain text. */
static int taken(const struct rows *r, const char *name)
{
	size_t i;

	for (i = 0; i < r->ncolumns; i++)
		if (strcmp(name, column(r, i)) == 0)
			return 1;
	return 0;
}

/* The columns of the first input; a name that it has twice is one. */
static void take_columns(struct rows *r, struct span input)
{
	struct span_iter it = span_each(input);
	struct span key, v;

	while (span_next(&it, &key, &v)) {
		if (has_column(r, key))
			continue;
		buf_add(&r->starts, &r->names.len, sizeof r->names.len);
		span_decode(key, SPAN_REPLACE, &r->names);
		buf_addc(&r->names, '\0');
		r->ncolumns++;
	}
}

static void prefix(struct buf *name, const char *head)
{
	struct buf whole;

	buf_init(&whole, MAX_RECORD);
	buf_adds(&whole, head);
	buf_add(&whole, buf_text(name), name->len);
	buf_release(name);
	*name = whole;
}

/* The head: a field that an input's column is called like is result.NAME, so that no two are the same. */
static void add_head(struct rows *r, struct buf *out)
{
	struct buf name;
	size_t i;

	for (i = 0; i < r->ncolumns; i++) {
		csv_quote(out, column(r, i), strlen(column(r, i)), r->delimiter, only_one(r));
		if (i + 1 < r->ncolumns + r->nfields)
			buf_addc(out, r->delimiter);
	}
	for (i = 0; i < r->nfields; i++) {
		buf_init(&name, MAX_RECORD);
		buf_adds(&name, r->field[i]);
		while (taken(r, buf_text(&name)))
			prefix(&name, "result.");
		csv_quote(out, buf_text(&name), name.len, r->delimiter, only_one(r));
		if (i + 1 < r->nfields)
			buf_addc(out, r->delimiter);
		buf_release(&name);
	}
	buf_addc(out, '\n');
	r->headed = 1;
}

static void add_columns(const struct rows *r, struct buf *out, struct span input)
{
	size_t i;

	for (i = 0; i < r->ncolumns; i++) {
		add_value(r, out, span_get(input, column(r, i)), only_one(r));
		if (i + 1 < r->ncolumns + r->nfields)
			buf_addc(out, r->delimiter);
	}
}

static void add_fields(const struct rows *r, struct buf *out, struct span record)
{
	int ok = span_kind(span_get(record, "ok")) == SPAN_TRUE;
	struct span v;
	size_t i;

	for (i = 0; i < r->nfields; i++) {
		v = span_at(record, r->field[i]);
		if (!ok && strcmp(r->field[i], "text") == 0)
			v = SPAN_NIL;	/* half an answer is none */
		add_value(r, out, v, only_one(r));
		if (i + 1 < r->nfields)
			buf_addc(out, r->delimiter);
	}
	buf_addc(out, '\n');
}

/* The head, and what waited for it. */
static void let_go(struct rows *r, struct buf *out)
{
	const char *p = buf_text(&r->held), *end = p + r->held.len;
	size_t n;

	add_head(r, out);
	for (; p < end; p += n) {
		memcpy(&n, p, sizeof n);
		p += sizeof n;
		add_columns(r, out, SPAN_NIL);
		buf_add(out, p, n);
	}
	buf_release(&r->held);
}

static void hold(struct rows *r, struct span record)
{
	struct buf row;

	buf_init(&row, 4 * MAX_RECORD);
	add_fields(r, &row, record);
	buf_add(&r->held, &row.len, sizeof row.len);
	buf_add(&r->held, buf_text(&row), row.len);
	buf_release(&row);
}

static struct span unknown_of(const struct rows *r, struct span input)
{
	struct span_iter it = span_each(input);
	struct span key, v;

	while (span_next(&it, &key, &v))
		if (!has_column(r, key))
			return key;
	return SPAN_NIL;
}

void rows_add(struct rows *r, struct span record, struct buf *out, struct span *unknown)
{
	struct span input = r->input ? span_get(record, "input") : SPAN_NIL;

	*unknown = SPAN_NIL;
	if (span_kind(input) != SPAN_OBJECT)
		input = SPAN_NIL;
	if (!r->headed && r->input && input.p == NULL && r->held.len < ROWS_HELD) {
		hold(r, record);
		return;
	}
	if (!r->headed) {
		take_columns(r, input);
		let_go(r, out);
	}
	*unknown = unknown_of(r, input);
	add_columns(r, out, input);
	add_fields(r, out, record);
}

void rows_end(struct rows *r, struct buf *out)
{
	if (!r->headed)
		let_go(r, out);
}
