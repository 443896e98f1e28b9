/* include.c - see include.h. */
#define _XOPEN_SOURCE 700	/* realpath */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "digest.h"
#include "file.h"
#include "include.h"
#include "limits.h"

enum {
	MOST_DEEP = 10,		/* an include in an include in ... */
	MOST_FILES = 1000,	/* ten levels of ten make ten thousand million */
	MOST_PATH = 4096
};
#define MAX_INCLUDED (16UL << 20)	/* bytes of all files together */

/* A file that is being read, and the one that includes it. */
struct frame {
	const struct frame *up;
	const char *path;	/* links followed */
	dev_t dev;
	ino_t ino;
	int depth;
};

struct inclusion {
	struct config *c;
	struct fault *f;
	char *root;		/* the configuration's directory, links followed */
	int files;
	int failed;		/* memory ran out while it was merged: members are missing */
};

static int resolve(struct inclusion *x, const struct frame *in, struct value **at);

static int refuse(struct inclusion *x, const struct value *at, const char *what, const char *path)
{
	return config_fault(x->c, x->f, at, "$include", "%s%s%.300s", what, path != NULL ? ": " : "",
	    path != NULL ? path : "");
}

/* "/a/b/../c/./d" as "/a/c/d", in place. */
static void normalize(char *path)
{
	char *out = path, *p = path, *end;
	size_t n;

	while (*p != '\0') {
		p += strspn(p, "/");
		n = strcspn(p, "/");
		end = p + n;
		if (n == 2 && p[0] == '.' && p[1] == '.') {
			while (out > path && *--out != '/')
				;
		} else if (n > 0 && !(n == 1 && p[0] == '.')) {
			*out++ = '/';
			memmove(out, p, n);
			out += n;
		}
		p = end;
	}
	if (out == path)
		*out++ = '/';
	*out = '\0';
}

static int is_inside(const char *path, const char *dir, size_t n)
{
	while (n > 1 && dir[n - 1] == '/')
		n--;
	return strncmp(path, dir, n) == 0 && (path[n] == '/' || n == 1);
}

/* In the configuration's directory, or one that the user names in the environment? */
static int may_read(const struct inclusion *x, const char *path)
{
	const char *roots = getenv("FLUFFBUZZ_INCLUDE_ROOTS"), *p;
	char one[MOST_PATH], *real;
	size_t n;
	int inside = is_inside(path, x->root, strlen(x->root));

	for (p = roots; p != NULL && *p != '\0' && !inside; p += n + (p[n] == ':')) {
		n = strcspn(p, ":");
		if (p[0] != '/' || n >= sizeof one)
			continue;
		memcpy(one, p, n);
		one[n] = '\0';
		real = realpath(one, NULL);
		inside = is_inside(path, one, n) || (real != NULL && is_inside(path, real, strlen(real)));
		free(real);
	}
	return inside;
}

/* The path that an include means, links followed; malloc'd.  NULL: refused. */
static char *find(struct inclusion *x, const struct frame *in, const struct value *name)
{
	const char *slash = strrchr(in->path, '/');
	char path[2 * MOST_PATH], *real;
	size_t dir = name->text[0] == '/' || slash == NULL ? 0 : (size_t)(slash - in->path) + 1;

	if (memchr(name->text, '\0', name->n) != NULL || name->n == 0) {
		refuse(x, name, name->n == 0 ? "the path is empty" : "a NUL in the path", NULL);
		return NULL;
	}
	if (name->n >= MOST_PATH || dir >= MOST_PATH) {
		refuse(x, name, "the path is longer than 4095 bytes", NULL);
		return NULL;
	}
	memcpy(path, in->path, dir);
	memcpy(path + dir, name->text, name->n + 1);
	normalize(path);
	if (!may_read(x, path)) {
		refuse(x, name, "it leads out of the configuration's directory (FLUFFBUZZ_INCLUDE_ROOTS allows others)", path);
		return NULL;
	}
	if ((real = realpath(path, NULL)) == NULL)
		config_fault(x->c, x->f, name, "$include", "%.300s: %s", path, file_error(errno));
	else if (!may_read(x, real)) {
		refuse(x, name, "it leads out of the configuration's directory (FLUFFBUZZ_INCLUDE_ROOTS allows others)", real);
		free(real);
		real = NULL;
	}
	return real;
}

/* A file that is being read already includes itself: the message shows the way round. */
static int is_circle(struct inclusion *x, const struct frame *in, const struct frame *again, const struct value *name)
{
	const struct frame *up, *from;
	struct buf way;

	for (up = in; up != NULL; up = up->up)
		if (up->dev == again->dev && up->ino == again->ino)
			break;
	if (up == NULL)
		return 0;
	buf_init(&way, 1 << 16);
	buf_adds(&way, up->path);
	while (up != in) {	/* the frames from `up` down to `in`, in that order */
		for (from = in; from->up != up; from = from->up)
			;
		buf_addf(&way, " -> %s", from->path);
		up = from;
	}
	buf_addf(&way, " -> %s", again->path);
	refuse(x, name, "a circle of includes", buf_text(&way));
	buf_release(&way);
	return 1;
}

/* The members of an object by name: a table, so that large ones are merged soon. */
struct index {
	struct value **slot;
	size_t size;		/* a power of two, above twice the members */
};

static size_t place_of(const struct index *x, const struct value *like)
{
	uint64_t h = digest((struct span){like->key, like->keyn});
	size_t i;

	for (i = (size_t)(h ^ h >> 32) & (x->size - 1); x->slot[i] != NULL; i = (i + 1) & (x->size - 1))
		if (x->slot[i]->keyn == like->keyn && memcmp(x->slot[i]->key, like->key, like->keyn) == 0)
			break;
	return i;
}

static int index_of(struct index *x, const struct value *object, size_t more)
{
	struct value *v;

	for (x->size = 16; x->size <= 2 * (object->count + more); x->size *= 2)
		;
	if ((x->slot = calloc(x->size, sizeof *x->slot)) == NULL)
		return -1;
	for (v = object->first; v != NULL; v = v->next)
		x->slot[place_of(x, v)] = v;
	return 0;
}

static struct value *merge(struct inclusion *x, struct value *under, struct value *over);

/* `over`'s members into `under`; what is there already keeps its place in the order. */
static void merge_members(struct inclusion *x, struct value *under, struct value *over)
{
	struct value *v, *next, *old, *new, **link;
	struct index named;
	size_t at;

	if (index_of(&named, under, over->count) != 0) {
		x->failed = 1;
		return;
	}
	for (v = over->first; v != NULL; v = next) {
		next = v->next;
		v->next = NULL;
		at = place_of(&named, v);
		if ((old = named.slot[at]) == NULL) {
			tree_add(under, v);
			named.slot[at] = v;
		} else {
			named.slot[at] = merge(x, old, v);	/* put in below, in one walk */
		}
	}
	for (link = &under->first; *link != NULL; link = &(*link)->next) {
		new = named.slot[place_of(&named, *link)];
		if (new == *link)
			continue;
		new->next = (*link)->next;
		if (under->last == *link)
			under->last = new;
		*link = new;
	}
	free(named.slot);
}

/* What is merged of `over` over `under`; both are used up. */
static struct value *merge(struct inclusion *x, struct value *under, struct value *over)
{
	struct value *v, *next;

	if (under == NULL || under->kind != over->kind || (over->kind != SPAN_OBJECT && over->kind != SPAN_ARRAY))
		return over;
	if (over->kind == SPAN_OBJECT) {
		merge_members(x, under, over);
		return under;
	}
	for (v = over->first; v != NULL; v = next) {
		next = v->next;
		v->next = NULL;
		tree_add(under, v);
	}
	return under;
}

/* One included file's value. */
static int include_file(struct inclusion *x, const struct frame *in, const struct value *name, struct value **got)
{
	struct frame frame = {in, NULL, 0, 0, in->depth + 1};
	struct stat st;
	char *path;
	int bad = -1;

	if (!tree_is(name, SPAN_STRING))
		return refuse(x, name, "must be a path, or a list of paths", NULL);
	if (frame.depth > MOST_DEEP)
		return config_fault(x->c, x->f, name, "$include", "more than %d includes in each other", MOST_DEEP);
	if (++x->files > MOST_FILES || x->c->bytes > MAX_INCLUDED)
		return config_fault(x->c, x->f, name, "$include", "more than %d files, or %lu bytes, are included",
		    MOST_FILES, MAX_INCLUDED);
	if ((path = find(x, in, name)) == NULL)
		return -1;
	frame.path = path;
	if (stat(path, &st) == 0) {
		frame.dev = st.st_dev;
		frame.ino = st.st_ino;
	}
	if (!is_circle(x, in, &frame, name)) {
		bad = config_read(x->c, path, got, x->f);
		if (bad) {	/* what is wrong there, and who wanted it */
			char head[512];

			snprintf(head, sizeof head, "%.400s:%zu: $include: ", name->file->path, tree_line(name));
			fault_prefix(x->f, head);
		} else
			bad = resolve(x, &frame, got);
	}
	free(path);
	return bad;
}

/* {$include: ..., more: ...} */
static int include(struct inclusion *x, const struct frame *in, struct value *object, struct value *names, struct value **at)
{
	struct value *sum = NULL, *got, *own, *v, *next;

	for (v = tree_is(names, SPAN_ARRAY) ? names->first : names; v != NULL; v = v->next) {
		if (include_file(x, in, v, &got) != 0)
			return -1;
		sum = merge(x, sum, got);
		if (!tree_is(names, SPAN_ARRAY))
			break;
	}
	if ((own = tree_new(&x->c->tree, SPAN_OBJECT)) == NULL)
		return fault_set(x->f, F_CONFIG, "out of memory");
	for (v = object->first; v != NULL; v = next) {
		next = v->next;
		v->next = NULL;
		if (v != names)
			tree_add(own, v);
	}
	if (own->count > 0 && sum != NULL && sum->kind != SPAN_OBJECT)
		return refuse(x, names, "what is included beside other members must be an object", NULL);
	own->file = object->file;
	own->at = object->at;
	*at = sum != NULL && own->count == 0 ? sum : merge(x, sum, own);
	return x->failed ? fault_set(x->f, F_CONFIG, "out of memory") : 0;
}

/* Every value under *at with its includes in it; *at itself may be another one then. */
static int resolve(struct inclusion *x, const struct frame *in, struct value **at)
{
	struct value *v, *next, *names, **link, *old = *at;
	int bad = 0;

	if (!tree_is(old, SPAN_OBJECT) && !tree_is(old, SPAN_ARRAY))
		return 0;
	names = tree_get(old, "$include");
	for (link = &old->first; *link != NULL && !bad; link = &(*link)->next) {
		v = *link;
		next = v->next;
		if (v == names)
			continue;
		bad = resolve(x, in, link);
		if (*link != v) {
			(*link)->key = v->key;
			(*link)->keyn = v->keyn;
			(*link)->next = next;
			if (old->last == v)
				old->last = *link;
		}
	}
	return bad || names == NULL ? bad : include(x, in, old, names, at);
}

/* How deep a value is nested; what is included adds up. */
static int depth_of(const struct value *v)
{
	const struct value *child;
	int deepest = 0, d;

	for (child = tree_first(v); child != NULL; child = child->next)
		if ((d = depth_of(child)) > deepest)
			deepest = d;
	return deepest + (v->kind == SPAN_OBJECT || v->kind == SPAN_ARRAY);
}

int include_all(struct config *c, struct fault *f)
{
	struct inclusion x = {.c = c, .f = f};
	struct frame top = {0};
	struct stat st;
	char *real = realpath(c->path, NULL), *slash;
	int bad;

	if (real == NULL || (x.root = strdup(real)) == NULL) {
		free(real);
		return fault_set(f, F_CONFIG, "%s: %s", c->path, file_error(errno));
	}
	slash = strrchr(x.root, '/');
	slash[slash == x.root] = '\0';
	top.path = real;
	if (stat(real, &st) == 0) {
		top.dev = st.st_dev;
		top.ino = st.st_ino;
	}
	bad = resolve(&x, &top, &c->doc);
	if (!bad && x.files > 0 && depth_of(c->doc) > MAX_JV_DEPTH)
		bad = fault_set(f, F_CONFIG, "%s: with what it includes nested more than %d deep", c->path, MAX_JV_DEPTH);
	free(x.root);
	free(real);
	return bad;
}
