/*
 * json5.h - the full JSON5 1.0 grammar to a tree (tree.h).
 *
 * Line and column count from 1; a column is a character, not a byte.  A line
 * ends by LF, CR, CRLF, U+2028 or U+2029.  Messages never hold a part of the
 * text longer than one character, since a configuration holds keys.
 *
 * Duplicate keys: the last wins, in the first's place.  NaN and Infinity are
 * accepted (and are for the schema to refuse).  `__proto__` is a key like any
 * other.  The text must be UTF-8; nested at most MAX_JV_DEPTH deep.
 *
 * Pure: no I/O.
 */
#ifndef FB_JSON5_H
#define FB_JSON5_H

#include <jv.h>
#include <stddef.h>

struct json5_err {
	size_t line, col;
	char what[96];		/* "expected ',' or '}', found 'x'" */
};

struct tree;
struct tree_file;
struct value;

/*
 * The document that file->text is, in the tree's memory; each value has `file`
 * and its place there.  NULL on a fault, and *err says where and what: what
 * was read so far then stays in the tree until that is released.
 */
struct value *json5_read(struct tree *t, const struct tree_file *file,
    struct json5_err *err);

/* The document; on a fault an invalid jv, and *err says where and what. */
jv json5_parse(const char *text, size_t n, struct json5_err *err);

/*
 * Where a value starts in a text that json5_parse took: the path is written
 * as in our messages, "models.providers.inferrs.models[0].compat"; a member
 * name that is no plain word stands quoted in brackets: ["inferrs/a b"].
 * The place is that of the member's key, for an array element that of the
 * element, for "" the first value's.  1, or 0 when there is no such path (then *line and *col are
 * those of its nearest parent that is there).
 */
int json5_locate(const char *text, size_t n, const char *path, size_t *line,
    size_t *col);

/* Appends a member name to a path in that notation: ".name" or ["na me"]. */
struct buf;
void json5_path_add(struct buf *path, const char *name);

#endif
