/* template.c - see template.h. */
#include <stdlib.h>
#include <string.h>

#include "record.h"
#include "template.h"

struct template_piece {
	char *text;		/* NULL: a name is filled in */
	size_t n;		/* of the text; else which name */
};

static int no_memory(struct template_err *err)
{
	err->what = "no memory left";
	return -1;
}

static char *copy_of(const char *p, size_t n)
{
	char *copy = malloc(n + 1);

	if (copy != NULL) {
		memcpy(copy, p, n);
		copy[n] = '\0';
	}
	return copy;
}

/* Room for one more, in steps of powers of two: NULL when memory ran out; what was there stays. */
static void *one_more(void *array, size_t n, size_t size)
{
	if ((n & (n - 1)) != 0)
		return array;
	return realloc(array, (n > 0 ? 2 * n : 1) * size);
}

static int add_piece(struct template *t, char *text, size_t n)
{
	struct template_piece *more = one_more(t->piece, t->npieces, sizeof *more);

	if (more == NULL)
		return -1;
	t->piece = more;
	t->piece[t->npieces++] = (struct template_piece){text, n};
	return 0;
}

static int add_text(struct template *t, const char *p, size_t n)
{
	char *text;

	if (n == 0)
		return 0;
	if ((text = copy_of(p, n)) == NULL || add_piece(t, text, n) != 0) {
		free(text);
		return -1;
	}
	return 0;
}

static int add_name(struct template *t, struct span name)
{
	char **more;
	size_t i;

	for (i = 0; i < t->nnames; i++)
		if (span_is(name, t->name[i]))
			return add_piece(t, NULL, i);
	if ((more = one_more(t->name, t->nnames, sizeof *more)) == NULL)
		return -1;
	t->name = more;
	if ((t->name[t->nnames] = copy_of(name.p, name.n)) == NULL)
		return -1;
	t->nnames++;
	return add_piece(t, NULL, i);
}

/* The two braces at `p`, or NULL. */
static const char *braces(const char *p, const char *end, char brace)
{
	for (; p < end && (p = memchr(p, brace, (size_t)(end - p))) != NULL; p++)
		if (p + 1 < end && p[1] == brace)
			return p;
	return NULL;
}

/* The name behind the braces at *p, which goes past it; NULL, or what is wrong. */
static const char *read_name(const char **p, const char *end, struct span *name)
{
	const char *start = *p + 2, *close = braces(start, end, '}'), *open = braces(start, end, '{');

	if (close == NULL || (open != NULL && open < close))
		return "{{ that no }} ends ({{{{ writes {{)";
	*name = span_trim((struct span){start, (size_t)(close - start)});
	if (name->n == 0)
		return "no name between {{ and }}";
	if (memchr(name->p, '\0', name->n) != NULL)
		return "a name with a NUL in it";
	*p = close + 2;
	return NULL;
}

static int read_pieces(struct template *t, const char *p, const char *end,
    const char **at, struct template_err *err)
{
	const char *start = p;
	struct span name;

	while ((p = braces(p, end, '{')) != NULL) {
		*at = p;
		if (end - p >= 3 && p[2] == '{') {	/* {{{{ leaves two of them, {{{ one */
			size_t more = end - p >= 4 && p[3] == '{' ? 2 : 1;

			if (add_text(t, start, (size_t)(p - start) + more) != 0)
				return no_memory(err);
			start = p += more == 2 ? 4 : 1;
			continue;
		}
		if (add_text(t, start, (size_t)(p - start)) != 0)
			return no_memory(err);
		if ((err->what = read_name(&p, end, &name)) != NULL)
			return -1;
		if (add_name(t, name) != 0)
			return no_memory(err);
		start = p;
	}
	return add_text(t, start, (size_t)(end - start)) != 0 ? no_memory(err) : 0;
}

int template_read(struct template *t, const char *p, size_t n, struct template_err *err)
{
	const char *at = p, *q;

	memset(t, 0, sizeof *t);
	*err = (struct template_err){1, 1, NULL};
	if (n == 0 || read_pieces(t, p, p + n, &at, err) == 0)
		return 0;
	for (q = p; q < at; q++) {
		if (*q == '\n') {
			err->line++;
			err->column = 1;
		} else {
			err->column += ((unsigned char)*q & 0xc0) != 0x80;
		}
	}
	template_release(t);
	return -1;
}

void template_release(struct template *t)
{
	size_t i;

	for (i = 0; i < t->npieces; i++)
		free(t->piece[i].text);
	for (i = 0; i < t->nnames; i++)
		free(t->name[i]);
	free(t->piece);
	free(t->name);
	memset(t, 0, sizeof *t);
}

int template_fill(const struct template *t, template_lookup *look, void *ctx,
    struct buf *out, size_t *missing)
{
	size_t i, from = out->len;
	const struct template_piece *piece;

	for (i = 0; i < t->npieces; i++) {
		piece = &t->piece[i];
		if (piece->text != NULL) {
			buf_add(out, piece->text, piece->n);
		} else if (!look(ctx, piece->n, t->name[piece->n], out)) {
			*missing = piece->n;
			buf_cut(out, from);
			return -1;
		}
	}
	return 0;
}

int template_json(void *ctx, size_t i, const char *name, struct buf *out)
{
	struct span value = *(const struct span *)ctx, v = SPAN_NIL;

	(void)i;
	if (strcmp(name, ".") == 0)
		v = value;
	else if (span_kind(value) == SPAN_OBJECT)
		v = span_get(value, name);
	if (v.p == NULL && span_kind(value) == SPAN_OBJECT && strchr(name, '.') != NULL)
		v = span_at(value, name);
	switch (span_kind(v)) {
	case SPAN_NONE:
		return 0;
	case SPAN_NULL:
		return 1;
	case SPAN_STRING:
		span_decode(v, SPAN_DELETE, out);	/* REFERENCE 4.4: half a surrogate pair leaves nothing */
		return 1;
	default:
		record_compact(out, v);
		return 1;
	}
}
