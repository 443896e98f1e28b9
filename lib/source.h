/*
 * source.h - what fb-shape is given: files or standard input, in one of
 * several forms, handed out one input at a time as a JSON value.
 */
#ifndef FB_SOURCE_H
#define FB_SOURCE_H

#include "fault.h"
#include "span.h"
#include "stage.h"

enum source_form {
	SOURCE_JSON,	/* JSON values, one a line */
	SOURCE_LINES,	/* a line, ended by LF or CRLF, is a text; blank ones are passed over, but counted */
	SOURCE_NULS,	/* the same, ended by NUL; a CR before it is text */
	SOURCE_CSV,	/* a row is an object of texts, by the names of the first row */
	SOURCE_EACH	/* a file is a text; one of blanks alone, or with a NUL in it, can't be used */
};

struct source {
	enum source_form form;
	char delimiter;		/* of SOURCE_CSV */
	const char *files_from;	/* a file of files' names, a line each (or NUL); or NULL */
	int nuls;		/* names in files_from end by NUL */
	const char *id;		/* the column that is the custom_id, of rows that can't be used; or NULL: `custom_id` or `id` */
};

/*
 * Hands s->each the inputs of the operands, else of standard input.  What can't
 * be read as that form goes to s->refuse, and the rest goes on.  For
 * SOURCE_EACH s->id is the file's name.  0, or -1 and *f: files_from can't be
 * read.
 */
int source_run(struct stage *s, const struct source *source, char **operands, struct fault *f);

#endif
