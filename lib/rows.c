/* rows.c - see rows.h. */
#include <stdlib.h>
#include <string.h>

#include "csv.h"
#include "limits.h"
#include "rows.h"

struct column {
	size_t name, n;		/* in rows.names, decoded: it may hold NULs */
	size_t head;		/* in rows.heads */
	struct span value;	/* in the record at hand */
};

struct columns {
	struct column column[CSV_FIELDS];
	unsigned short order[CSV_FIELDS];	/* their numbers, in the order of names */
};

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

static int no_member(const char *option, const char *path, struct fault *f)
{
	const char *const *m;
	struct buf all;

	buf_init(&all, FAULT_TEXT);
	for (m = members; *m != NULL; m++)
		buf_addf(&all, "%s%s", m > members ? ", " : "", *m);
	fault_set(f, F_INPUT, "%s: %s: no member of a result record is called so; there are %s", option, path, buf_text(&all));
	buf_release(&all);
	return -1;
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
		if (strcspn(step, ".") >= SPAN_STEP)
			return fault_set(f, F_INPUT, "%s: %s: a name over %d bytes; --jq can take such a one", option, path, SPAN_STEP - 1);
	return is_member(path) ? 0 : no_member(option, path, f);
}

int rows_init(struct rows *r, const char *option, const char *list, char delimiter, struct fault *f)
{
	char *p, *end;
	int more = 1;

	memset(r, 0, sizeof *r);
	r->delimiter = delimiter;
	r->input = list[0] == '+';
	buf_init(&r->names, 2 * MAX_RECORD);
	buf_init(&r->heads, 4 * MAX_RECORD);
	buf_init(&r->held, ROWS_HELD + 4 * MAX_RECORD);
	if ((r->list = strdup(list + r->input)) == NULL ||
	    (r->input && (r->columns = calloc(1, sizeof *r->columns)) == NULL))
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
	buf_release(&r->heads);
	free(r->columns);
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

static int only_one(const struct rows *r)
{
	return r->ncolumns + r->nfields == 1;
}

/* Where a column of that name stands in the order of names, or would; *found: there is one. */
static size_t place(const struct rows *r, struct span name, int *found)
{
	size_t low = 0, high = r->ncolumns, mid, n;
	const struct column *c;
	int way;

	*found = 0;
	while (low < high && !*found) {
		mid = low + (high - low) / 2;
		c = &r->columns->column[r->columns->order[mid]];
		n = c->n < name.n ? c->n : name.n;
		way = n > 0 ? memcmp(name.p, buf_text(&r->names) + c->name, n) : 0;
		if (way == 0)
			way = (name.n > c->n) - (name.n < c->n);
		if (way == 0)
			*found = 1;
		if (way > 0)
			low = mid + 1;
		else
			high = mid;
	}
	return high;
}

/* The column of a member, or -1.  Nearly always it is the one that is `due`. */
static long column_of(const struct rows *r, struct span key, size_t due)
{
	const struct column *c = &r->columns->column[due];
	struct buf text;
	long at = -1;
	size_t i;
	int found;

	buf_init(&text, MAX_RECORD);
	key = span_plain(key, &text);
	if (due < r->ncolumns && c->n == key.n && memcmp(key.p, buf_text(&r->names) + c->name, key.n) == 0) {
		at = (long)due;
	} else {
		i = place(r, key, &found);
		if (found)
			at = r->columns->order[i];
	}
	buf_release(&text);
	return at;
}

static const char *head(const struct rows *r, size_t i)
{
	return buf_text(&r->heads) + r->columns->column[i].head;
}

/* Is one of the first n columns headed so? */
static int taken(const struct rows *r, const char *name, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(name, head(r, i)) == 0)
			return 1;
	return 0;
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

/* What a column is headed: its name, U+FFFD for a NUL, and result.NAME where another is called so then. */
static void head_column(struct rows *r, size_t i)
{
	struct column *c = &r->columns->column[i];
	const char *p = buf_text(&r->names) + c->name;
	struct buf name;
	size_t k;

	buf_init(&name, MAX_RECORD);
	for (k = 0; k < c->n; k++) {
		if (p[k] == '\0')
			buf_adds(&name, "\xef\xbf\xbd");
		else
			buf_addc(&name, p[k]);
	}
	while (taken(r, buf_text(&name), i))
		prefix(&name, "result.");
	c->head = r->heads.len;
	buf_add(&r->heads, buf_text(&name), name.len + 1);
	buf_release(&name);
}

/* The columns of the first input; a name that it has twice is one. */
static void take_columns(struct rows *r, struct span input)
{
	struct span_iter it = span_each(input);
	struct span key, v, name;
	struct columns *t = r->columns;
	size_t at, from;
	int found;

	while (r->ncolumns < CSV_FIELDS && span_next(&it, &key, &v)) {
		from = r->names.len;
		span_decode(key, SPAN_REPLACE, &r->names);
		name = (struct span){buf_text(&r->names) + from, r->names.len - from};
		at = place(r, name, &found);
		if (found) {
			buf_cut(&r->names, from);
			continue;
		}
		memmove(t->order + at + 1, t->order + at, (r->ncolumns - at) * sizeof t->order[0]);
		t->order[at] = (unsigned short)r->ncolumns;
		t->column[r->ncolumns].name = from;
		t->column[r->ncolumns].n = name.n;
		head_column(r, r->ncolumns++);
	}
}

/* The head: a field that an input's column is called like is result.NAME, so that no two are the same. */
static void add_head(struct rows *r, struct buf *out)
{
	struct buf name;
	size_t i;

	for (i = 0; i < r->ncolumns; i++) {
		csv_quote(out, head(r, i), strlen(head(r, i)), r->delimiter, only_one(r));
		if (i + 1 < r->ncolumns + r->nfields)
			buf_addc(out, r->delimiter);
	}
	for (i = 0; i < r->nfields; i++) {
		buf_init(&name, MAX_RECORD);
		buf_adds(&name, r->field[i]);
		while (taken(r, buf_text(&name), r->ncolumns))
			prefix(&name, "result.");
		csv_quote(out, buf_text(&name), name.len, r->delimiter, only_one(r));
		if (i + 1 < r->nfields)
			buf_addc(out, r->delimiter);
		buf_release(&name);
	}
	buf_addc(out, '\n');
	r->headed = 1;
}

/* The values that the columns have in an input, of duplicates the last.  Returns a member without a column, or SPAN_NIL. */
static struct span take_values(struct rows *r, struct span input)
{
	struct span_iter it = span_each(input);
	struct span key, v, unknown = SPAN_NIL;
	size_t i;
	long at = -1;

	for (i = 0; i < r->ncolumns; i++)
		r->columns->column[i].value = SPAN_NIL;
	for (i = 0; r->input && span_next(&it, &key, &v); ) {
		at = column_of(r, key, i < CSV_FIELDS ? i : 0);
		if (at >= 0) {
			r->columns->column[at].value = v;
			i = (size_t)at + 1;
		} else if (unknown.p == NULL) {
			unknown = key;
		}
	}
	return unknown;
}

static void add_columns(const struct rows *r, struct buf *out)
{
	size_t i;

	for (i = 0; i < r->ncolumns; i++) {
		add_value(r, out, r->columns->column[i].value, only_one(r));
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
		add_columns(r, out);	/* that have no values yet */
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
	*unknown = take_values(r, input);
	add_columns(r, out);
	add_fields(r, out, record);
}

void rows_end(struct rows *r, struct buf *out)
{
	if (!r->headed)
		let_go(r, out);
}
