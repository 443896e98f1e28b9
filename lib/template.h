/*
 * template.h - a text with places to fill in: 'Spam or ham? {{text}}'.
 *
 *	{{name}}   a column, or a member; dots go down: {{mail.subject}},
 *	           {{mail.to.0}}; blanks inside the braces don't count
 *	{{.}}      the whole value
 *	{{{{       is {{
 *	{{{name}}} of three braces the first is text, so that JSON can be written
 *	}}         behind no name is itself
 *
 * A template is read once and filled often.  What was filled in is never
 * looked at again: a value that has {{braces}} in it stays as it is.
 *
 * Pure: bytes in, bytes out.
 */
#ifndef FB_TEMPLATE_H
#define FB_TEMPLATE_H

#include <stddef.h>

#include "buf.h"
#include "span.h"

struct template {
	struct template_piece *piece;
	size_t npieces;
	char **name;		/* each once, in the order they come */
	size_t nnames;
};

struct template_err {
	size_t line, column;	/* of the text, from 1; columns are characters */
	const char *what;	/* static text */
};

/* 0, and template_release() is yours; or -1 and *err. */
int template_read(struct template *t, const char *p, size_t n, struct template_err *err);
void template_release(struct template *t);

/*
 * Appends the text of name[i] to `out`: 1, or 0 when there is none.  i serves
 * a caller that looked the names up once, for all rows.
 */
typedef int template_lookup(void *ctx, size_t i, const char *name, struct buf *out);

/*
 * Appends the text, filled in.  0; or -1 and *missing is the number of the
 * name that nothing was found for: nothing was appended.
 */
int template_fill(const struct template *t, template_lookup *look, void *ctx,
    struct buf *out, size_t *missing);

/*
 * A lookup in a JSON value; ctx is a struct span *.  A member of exactly that
 * name goes before the path that its dots would make.  A string gives its
 * text, null nothing, any other value its JSON as it is spelt, without the
 * white space between its tokens.  Halves of surrogate pairs leave nothing.
 */
template_lookup template_json;

#endif
