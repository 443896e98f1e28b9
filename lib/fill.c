/* fill.c - see fill.h. */
#include <string.h>

#include "fill.h"

struct filling {
	struct config *c;
	struct buf *unset;
	struct buf place;	/* where we are, for messages */
	size_t bytes;		/* that came of it */
	int told, failed;
};

enum { MOST_TOLD = 100 };
#define MAX_FILLED (16UL << 20)

/* The length of ${NAME} at p, and the name; 0: it is none. */
static size_t reference(const char *p, const char *end, char *name, size_t size)
{
	const char *q = p + 2;
	size_t n = 0;

	if (end - p < 4 || p[0] != '$' || p[1] != '{')
		return 0;
	for (; q < end && *q != '}'; q++, n++) {
		if (!((*q >= 'A' && *q <= 'Z') || *q == '_' || (n > 0 && *q >= '0' && *q <= '9')) || n + 1 >= size)
			return 0;
		name[n] = *q;
	}
	name[n] = '\0';
	return q < end && n > 0 ? n + 3 : 0;
}

static void note_unset(struct filling *x, const struct value *v, const char *name)
{
	if (x->c->is_catalogue)
		return;		/* of many servers one is meant */
	if (x->told++ > MOST_TOLD)
		return;
	if (x->told > MOST_TOLD) {
		buf_adds(x->unset, "there are more variables that are not set\n");
		return;
	}
	if (v->file != NULL)
		buf_addf(x->unset, "%s:%zu: ", v->file->path, tree_line(v));
	buf_addf(x->unset, "%s: ${%s} is not set\n", buf_text(&x->place), name);
}

static void fill_text(struct filling *x, struct value *v)
{
	const char *p = v->text, *end = p + v->n, *filled, *run = p;
	char name[128];
	struct buf text;
	size_t n;
	int how = 0;

	buf_init(&text, MAX_FILLED);
	while ((p = memchr(p, '$', (size_t)(end - p))) != NULL) {
		if (p + 1 < end && p[1] == '$' && (n = reference(p + 1, end, name, sizeof name)) > 0) {
			buf_add(&text, run, (size_t)(p - run));	/* without the first one */
			run = p + 1;
			p += n + 1;
		} else if ((n = reference(p, end, name, sizeof name)) == 0) {
			p++;
		} else if ((filled = config_variable(x->c, name)) == NULL) {
			note_unset(x, v, name);
			how |= TREE_UNSET;
			p += n;
		} else {
			buf_add(&text, run, (size_t)(p - run));
			buf_adds(&text, filled);
			how |= TREE_FILLED;
			run = p += n;
		}
	}
	v->how |= how;
	if (run != v->text) {
		buf_add(&text, run, (size_t)(end - run));
		v->written = v->text;
		v->text = tree_keep(&x->c->tree, buf_text(&text), text.len);
		v->n = text.len;
		x->bytes += text.len;
		x->failed |= text.failed || v->text == NULL || x->bytes > MAX_FILLED;
	}
	buf_wipe(&text);	/* it may be a key */
}

static void fill_value(struct filling *x, struct value *v);

static void fill_children(struct filling *x, struct value *v)
{
	size_t len = x->place.len, i = 0;
	struct value *child;

	for (child = tree_first(v); child != NULL; child = child->next) {
		/* the place only matters where there is something to say */
		if (tree_is(child, SPAN_STRING) && memchr(child->text, '$', child->n) == NULL) {
			i++;
			continue;
		}
		if (child->key != NULL)
			tree_place_add(&x->place, child->key);
		else
			buf_addf(&x->place, "[%zu]", i++);
		fill_value(x, child);
		buf_cut(&x->place, len);
	}
}

static void fill_value(struct filling *x, struct value *v)
{
	if (x->failed)
		return;
	if (tree_is(v, SPAN_STRING))
		fill_text(x, v);
	else
		fill_children(x, v);
}

int fill_all(struct config *c, struct buf *unset)
{
	static const char *const sections[] = {"models", "agents.defaults", "secrets", NULL};
	struct filling x = {.c = c, .unset = unset};
	struct value *v;
	int i;

	buf_init(&x.place, 1 << 16);
	for (i = 0; sections[i] != NULL; i++) {
		buf_clear(&x.place);
		buf_adds(&x.place, sections[i]);
		if ((v = tree_at(c->doc, sections[i])) != NULL)
			fill_value(&x, v);
	}
	buf_release(&x.place);
	return x.failed ? -1 : 0;
}

void fill_missing(const struct value *v, struct buf *out)
{
	const char *p = tree_text(v), *end = p != NULL ? p + v->n : p;
	char name[128];

	for (; p < end; p++)
		if (reference(p, end, name, sizeof name) > 0) {
			buf_addf(out, "${%s}", name);
			return;
		}
}

const struct value *fill_unset(const struct value *v)
{
	const struct value *child, *found = NULL;

	if (tree_is(v, SPAN_STRING))
		return v->how & TREE_UNSET ? v : NULL;
	for (child = tree_first(v); child != NULL && found == NULL; child = child->next)
		found = fill_unset(child);
	return found;
}
