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
struct value *json5_read(struct tree *t, struct tree_file *file,
    struct json5_err *err);

#endif
