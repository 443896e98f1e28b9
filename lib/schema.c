/* schema.c - see schema.h. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "compat.h"
#include "credential.h"
#include "field.h"
#include "near.h"
#include "schema.h"
#include "url.h"

#define TOP ((size_t)-1)

/* A row, with what leads to those below it: all paths that go on from its own. */
struct rows {
	size_t n;
	size_t skip[FIELD_MOST];	/* the next row that isn't below this one */
	size_t step[FIELD_MOST];	/* where in its path its own last step begins */
};

struct check {
	struct config *c;
	const struct rows *rows;
	const struct field *row;
	struct buf place;	/* where we are, as messages show it */
	struct fault *f;
	int faults, strangers;
};

enum {
	MOST_TOLD = 100,
	MOST_NAME = 1024	/* bytes of a member's name */
};

/* The first fault is the one that ends a program; --check tells all. */
static void note(struct check *k, const struct value *at, const char *text)
{
	struct fault f;

	if (k->faults++ >= MOST_TOLD)
		return;
	config_fault(k->c, &f, at, buf_text(&k->place), "%s", text);
	if (k->faults == 1)
		*k->f = f;
	buf_addf(&k->c->faults, "%s\n", f.message);
	if (k->faults == MOST_TOLD)
		buf_addf(&k->c->faults, "%s: there is more that is wrong\n", k->c->path);
}

/* A value as a message may show it: never a text, since that may be a key. */
static void describe(const struct value *v, struct buf *out)
{
	switch (v->kind) {
	case SPAN_NUMBER:
		buf_addf(out, "%.17g", v->number);
		break;
	case SPAN_TRUE:
	case SPAN_FALSE:
		buf_adds(out, v->kind == SPAN_TRUE ? "true" : "false");
		break;
	case SPAN_STRING:
		buf_adds(out, memchr(v->text, '\0', v->n) != NULL ? "a text with a NUL" : v->n == 0 ? "an empty text" : "a text");
		break;
	default:
		buf_adds(out, v->kind == SPAN_ARRAY ? "an array" : v->kind == SPAN_OBJECT ? "an object" : "null");
	}
}

/* Is it likely to be a word of the list, misspelt? */
static int is_near(const char *words, const char *text)
{
	char word[64];
	size_t n;

	for (; *words != '\0'; words += n + strspn(words + n, " ")) {
		n = strcspn(words, " ");
		snprintf(word, sizeof word, "%.*s", (int)n, words);
		if (strlen(text) <= 24 && near_distance(word, text) * 2 <= (int)n + 2)
			return 1;
	}
	return 0;
}

static void refuse(struct check *k, const struct value *v, const char *must)
{
	struct buf text;

	buf_init(&text, 1 << 12);
	buf_addf(&text, "must be %s, found ", must);
	/* a misspelt word from a list is no secret, and the person needs to see it; what is none of them may be one */
	if (v->kind == SPAN_STRING && k->row->words != NULL && v->how == 0 && is_near(k->row->words, v->text))
		buf_addf(&text, "\"%.40s\"", v->text);
	else
		describe(v, &text);
	note(k, v, buf_text(&text));
	buf_release(&text);
}

static void refuse_type(struct check *k, const struct value *v)
{
	struct buf must;

	buf_init(&must, 1 << 12);
	field_type(k->row, &must);
	refuse(k, v, buf_text(&must));
	buf_release(&must);
}

static int is_allowed(const char *words, const char *word)
{
	size_t n = strlen(word), len;
	const char *p;

	for (p = words; *p != '\0' && n > 0; p += len + strspn(p + len, " ")) {
		len = strcspn(p, " ");
		if (len == n && strncmp(p, word, n) == 0)
			return 1;
	}
	return 0;
}

static int is_text(const struct value *v)
{
	return v->kind == SPAN_STRING && memchr(v->text, '\0', v->n) == NULL;
}

int schema_is_variable(const char *text)
{
	size_t i;

	for (i = 0; text[i] != '\0'; i++)
		if (!((text[i] >= 'A' && text[i] <= 'Z') || (i > 0 && (text[i] == '_' || (text[i] >= '0' && text[i] <= '9')))))
			return 0;
	return i > 0 && i <= 128;
}

/* {source, provider?, id}: the reference to a secret; secretref.c judges the id. */
static int is_secret(const struct value *v)
{
	const char *source = tree_get_text(v, "source"), *id = tree_get_text(v, "id");
	const struct value *provider = tree_get(v, "provider");

	if (v->kind != SPAN_OBJECT)
		return is_text(v);
	return source != NULL && is_allowed("env file exec", source) && id != NULL && id[0] != '\0' &&
	    (provider == NULL || is_text(provider));
}

static int is_each(const struct value *v, enum span_kind kind, int (*fits)(const struct value *))
{
	const struct value *child;

	if (v->kind != kind)
		return 0;
	for (child = v->first; child != NULL; child = child->next)
		if (!fits(child))
			return 0;
	return 1;
}

/* What can stand in a message, and be told from others. */
static int is_name(struct check *k, const struct value *m)
{
	if (m->keyn <= MOST_NAME && memchr(m->key, '\0', m->keyn) == NULL)
		return 1;
	note(k, m, m->keyn > MOST_NAME ? "a member's name over 1024 bytes" : "a NUL in a member's name");
	return 0;
}

static void check_words(struct check *k, const struct value *v)
{
	const struct value *word;
	struct buf must;
	size_t len = k->place.len, i = 0;

	if (v->kind != SPAN_ARRAY) {
		refuse_type(k, v);
		return;
	}
	buf_init(&must, 1 << 12);
	field_words(k->row->words, &must);
	for (word = v->first; word != NULL; word = word->next, i++) {
		if (is_text(word) && is_allowed(k->row->words, word->text))
			continue;
		buf_addf(&k->place, "[%zu]", i);
		refuse(k, word, buf_text(&must));
		buf_cut(&k->place, len);
	}
	buf_release(&must);
}

/* Unknown flags are fatal: a typing error here changes every request in silence. */
static void check_compat(struct check *k, const struct value *v)
{
	const struct compat *row;
	const struct value *flag;
	size_t len = k->place.len;
	struct buf why;
	jv val;

	for (flag = v->first; flag != NULL; flag = flag->next) {
		if (!is_name(k, flag))
			continue;
		tree_place_add(&k->place, flag->key);
		if ((row = compat_find(flag->key)) == NULL) {
			buf_init(&why, 512);
			compat_unknown(flag->key, &why);
			note(k, flag, buf_text(&why));
			buf_release(&why);
		} else {
			val = tree_jv(flag);
			if (!compat_fits(row, val))
				refuse(k, flag, compat_wants(row));
			jv_free(val);
		}
		buf_cut(&k->place, len);
	}
}

static void check_url(struct check *k, const struct value *v)
{
	struct url u;
	const char *why;

	if (!is_text(v))
		refuse_type(k, v);
	else if (!(v->how & TREE_UNSET) && (why = url_parse(v->text, &u)) != NULL)
		note(k, v, why);
	else if (!(v->how & TREE_UNSET) && credential_in_query(u.query))
		note(k, v, "a secret in a URL ends up in logs: give it as apiKey, or as a header");
}

static int fits(const struct field *row, const struct value *v)
{
	double d = tree_number(v, -1);

	switch (row->kind) {
	case FIELD_TEXT:
		return is_text(v) && v->n > 0;
	case FIELD_WORD:
		return is_text(v) && is_allowed(row->words, v->text);
	case FIELD_BOOL:
		return v->kind == SPAN_TRUE || v->kind == SPAN_FALSE;
	case FIELD_COUNT:
		return d >= 1 && d == floor(d) && d < 1e15;
	case FIELD_NUMBER:
		return d >= 0 && d < 1e15;
	case FIELD_ARRAY:
		return v->kind == SPAN_ARRAY;
	case FIELD_TEXTS:
		return is_each(v, SPAN_ARRAY, is_text);
	case FIELD_TEXT_MAP:
		return is_each(v, SPAN_OBJECT, is_text);
	case FIELD_SECRETS:
		return is_each(v, SPAN_OBJECT, is_secret);
	case FIELD_SECRET:
		return is_secret(v);
	case FIELD_MODEL:
		return (is_text(v) && v->n > 0) || v->kind == SPAN_OBJECT;
	case FIELD_ANY:
		return 1;
	default:
		return v->kind == SPAN_OBJECT;
	}
}

static void check_value(struct check *k, const struct value *v)
{
	if (k->row->kind == FIELD_URL)
		check_url(k, v);
	else if (k->row->kind == FIELD_WORDS)
		check_words(k, v);
	else if (!fits(k->row, v))
		refuse_type(k, v);
	else if (k->row->kind == FIELD_COMPAT)
		check_compat(k, v);
}

static const char *step_of(const struct check *k, size_t row)
{
	return fields[row].path + k->rows->step[row];
}

/* The rows directly below a row, or (row TOP) the topmost ones. */
static size_t first_below(const struct check *k, size_t row, size_t *end)
{
	*end = row == TOP ? k->rows->n : k->rows->skip[row];
	return row == TOP ? 0 : row + 1;
}

/* The top and what isn't ours to know is passed over; elsewhere a stranger is told. */
static void unknown(struct check *k, size_t parent, const struct value *v)
{
	static const char *const told[] = {"models", "agents.defaults", "secrets", NULL};
	const char *path = parent == TOP ? "" : fields[parent].path;
	struct near n;
	struct buf tail;
	size_t i, end;
	int j;

	for (j = 0; told[j] != NULL && strncmp(path, told[j], strlen(told[j])) != 0; j++)
		;
	if (told[j] == NULL || k->strangers > MOST_TOLD)
		return;
	if (k->strangers++ == MOST_TOLD) {
		buf_addf(&k->c->warnings, "%s: there are more fields that are not read\n", k->c->path);
		return;
	}
	near_init(&n, v->key);
	for (i = first_below(k, parent, &end); i < end; i = k->rows->skip[i])
		near_see(&n, step_of(k, i));
	buf_init(&tail, 1 << 12);
	near_write(&n, &tail);
	if (v->file != NULL)
		buf_addf(&k->c->warnings, "%s:%zu: ", v->file->path, tree_line(v));
	buf_addf(&k->c->warnings, "%s: no such field, it is not read%s\n", buf_text(&k->place), buf_text(&tail));
	buf_release(&tail);
}

static void visit(struct check *k, size_t row, const struct value *v);

static void visit_members(struct check *k, size_t parent, const struct value *v)
{
	size_t len = k->place.len, i, end;
	const struct value *m;

	for (m = v->first; m != NULL; m = m->next) {
		if (!is_name(k, m))
			continue;
		tree_place_add(&k->place, m->key);
		for (i = first_below(k, parent, &end); i < end; i = k->rows->skip[i])
			if (strcmp(step_of(k, i), m->key) == 0 || step_of(k, i)[0] == '*')
				break;
		if (i < end)
			visit(k, i, m);
		else
			unknown(k, parent, m);
		buf_cut(&k->place, len);
	}
}

static void visit_elements(struct check *k, size_t row, const struct value *v)
{
	size_t len = k->place.len, i = 0;
	const struct value *e;

	for (e = v->first; e != NULL; e = e->next, i++) {
		buf_addf(&k->place, "[%zu]", i);
		visit(k, row, e);
		buf_cut(&k->place, len);
	}
}

static void miss(struct check *k, size_t row, const struct value *v)
{
	size_t len = k->place.len;
	struct buf text;

	tree_place_add(&k->place, step_of(k, row));
	buf_init(&text, 1 << 12);
	buf_adds(&text, "is missing, must be ");
	field_type(&fields[row], &text);
	note(k, v, buf_text(&text));
	buf_release(&text);
	buf_cut(&k->place, len);
}

/* A value, then what the rows know below it. */
static void visit(struct check *k, size_t row, const struct value *v)
{
	size_t i, end;

	k->row = &fields[row];
	check_value(k, v);
	i = first_below(k, row, &end);
	if (i == end)
		return;
	if (v->kind == SPAN_ARRAY && step_of(k, i)[0] == '[')
		visit_elements(k, i, v);
	if (v->kind != SPAN_OBJECT)
		return;
	visit_members(k, row, v);
	for (; i < end; i = k->rows->skip[i])
		if (fields[i].needed && tree_get(v, step_of(k, i)) == NULL)
			miss(k, i, v);
}

static void measure(struct rows *r)
{
	size_t i, j, n;
	const char *p;

	for (r->n = 0; fields[r->n].path != NULL && r->n < FIELD_MOST; r->n++)
		;
	for (i = r->n; i-- > 0;) {
		n = strlen(fields[i].path);
		for (j = i + 1; j < r->n && strncmp(fields[j].path, fields[i].path, n) == 0 &&
		    (fields[j].path[n] == '.' || fields[j].path[n] == '['); j = r->skip[j])
			;
		r->skip[i] = j;
		for (p = fields[i].path + n; p > fields[i].path && p[-1] != '.' && *p != '['; p--)
			;
		r->step[i] = (size_t)(p - fields[i].path);
	}
}

int schema_check(struct config *c, struct fault *f)
{
	struct rows rows;
	struct check k = {.c = c, .rows = &rows, .row = fields, .f = f};

	measure(&rows);
	buf_init(&k.place, 1 << 16);
	if (c->doc->kind == SPAN_OBJECT)
		visit_members(&k, TOP, c->doc);
	else
		refuse(&k, c->doc, "an object");
	buf_release(&k.place);
	return k.faults > 0 ? -1 : 0;
}
