/*
 * field.h - the fields of a configuration that are read: one table
 * (REFERENCE section 2), from which come the checks of schema.c,
 * `fb-config --fields` and the list in fluffbuzz-config(5).
 */
#ifndef FB_FIELD_H
#define FB_FIELD_H

#include "buf.h"

enum field_kind {
	FIELD_TEXT,		/* not empty */
	FIELD_WORD,		/* one of `words` */
	FIELD_BOOL,
	FIELD_COUNT,		/* a whole number above 0 */
	FIELD_NUMBER,		/* from 0 */
	FIELD_OBJECT,		/* of the rows below it */
	FIELD_ARRAY,		/* the same */
	FIELD_TEXTS,		/* a list */
	FIELD_WORDS,		/* a list, each one of `words` */
	FIELD_URL,		/* http or https */
	FIELD_MODEL,		/* a reference, or the object of the rows below it */
	FIELD_SECRET,		/* a text, or where it comes from */
	FIELD_SECRETS,		/* an object of such */
	FIELD_TEXT_MAP,
	FIELD_FREE,		/* an object of anything */
	FIELD_ANY,
	FIELD_COMPAT		/* of compat.h's flags */
};

/*
 * In a path `*` is any member and `[]` any element.  A row stands before
 * those below it, and rows of one parent together.
 */
struct field {
	const char *path;		/* NULL ends the rows */
	enum field_kind kind;
	int needed;			/* its parent must have it */
	const char *words;		/* one blank between */
	const char *usual;		/* what holds without it; NULL: nothing, or it goes without saying */
	const char *meaning;
};
enum { FIELD_MOST = 160 };		/* rows, at most */
extern const struct field fields[];

/* Appends what the field may be: "one of \"merge\", \"replace\"". */
void field_type(const struct field *row, struct buf *out);
void field_words(const char *words, struct buf *out);	/* the same of `words` */

#endif
