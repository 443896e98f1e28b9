/*
 * tree.h - a document whose values know where they stand.
 *
 * What a configuration is read into (json5.h): each value has its file and
 * its place there, so that after includes are merged a message, a hint and
 * --explain still name file and line.  A value's memory is the tree's: it
 * lives until tree_release(), and nothing is freed one by one.
 *
 * Texts and keys end by a NUL that isn't counted; one inside is counted, and
 * the schema refuses it.
 */
#ifndef FB_TREE_H
#define FB_TREE_H

#include <jv.h>
#include <stddef.h>

#include "buf.h"
#include "span.h"

struct tree_file {
	char *path;		/* absolute; malloc'd */
	struct buf text;	/* as read */
	unsigned mode;		/* its permissions */
	int foreign;		/* it is neither ours nor root's */
	int catalogue;		/* it is ours, not the user's */
	size_t known_at, known_line;	/* a place whose line tree_line() found last */
	struct tree_file *next;
};

enum tree_how {
	TREE_FILLED = 1 << 0,	/* a text in which a ${VARIABLE} was filled in */
	TREE_UNSET = 1 << 1	/* a text that still has one, since it isn't set */
};

struct value {
	enum span_kind kind;
	int how;			/* of a text: bits of enum tree_how */
	struct tree_file *file;		/* NULL: made, not read */
	size_t at;			/* where in its text the member's key, or the element, begins */
	const char *key;		/* of a member; else NULL */
	size_t keyn;
	struct value *next;		/* of the same object or array */
	union {
		double number;
		struct {		/* a string */
			const char *text;
			size_t n;
			const char *written;	/* before it was TREE_FILLED */
		};
		struct {		/* an object or array */
			struct value *first, *last;
			size_t count;
		};
	};
};

struct tree_block;
struct tree {
	struct tree_block *blocks;
	size_t left;		/* of the newest one */
};

void tree_init(struct tree *t);
void tree_release(struct tree *t);	/* wipes, since it may hold keys */

/* NULL: out of memory. */
struct value *tree_new(struct tree *t, enum span_kind kind);	/* all else 0 */
const char *tree_keep(struct tree *t, const char *p, size_t n);	/* a copy */
void tree_add(struct value *parent, struct value *child);	/* last; a member's key is set */

/* These take NULL for a value that isn't there. */
struct value *tree_get(const struct value *object, const char *key);
struct value *tree_get_any_case(const struct value *object, const char *key);	/* in any case: ASCII's */
struct value *tree_nth(const struct value *array, size_t i);
size_t tree_count(const struct value *v);		/* members, elements; else 0 */
const char *tree_text(const struct value *v);		/* NULL unless a string */
const char *tree_get_text(const struct value *object, const char *key);
double tree_number(const struct value *v, double otherwise);
int tree_is(const struct value *v, enum span_kind kind);
/* for (v = tree_first(x); v != NULL; v = v->next) */
struct value *tree_first(const struct value *v);

/*
 * The value at a place as our messages write it, such as
 * models.providers.inferrs.models[0]["a b"]; "" is the root.  NULL: none.
 */
struct value *tree_at(struct value *root, const char *place);
/* Appends a member name to a place: ".name" or ["na me"]. */
void tree_place_add(struct buf *place, const char *name);

size_t tree_line(const struct value *v);	/* from 1; 0: it was not read; quick for places in their order */
jv tree_jv(const struct value *v);		/* a copy; NULL is null */

#endif
