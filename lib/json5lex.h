/*
 * json5lex.h - the words of JSON5: white space, names, strings, numbers.
 *
 * json5.c puts them together, grafttext.c looks for places by them; nobody else
 * includes this.  The text must be UTF-8 (span_utf8), so that the end never
 * cuts a character.  What returns int returns -1 on a fault, which *err then
 * tells.
 */
#ifndef FB_JSON5LEX_H
#define FB_JSON5LEX_H

#include <stddef.h>

#include "buf.h"
#include "json5.h"
#include "span.h"

struct lex {
	const char *text, *p, *end;	/* p: what comes next */
	struct buf scratch;		/* a string with escapes, decoded */
	struct json5_err *err;
};

/* A value that is no container, or the kind of the container that begins at p. */
struct token {
	enum span_kind kind;
	struct span text;	/* of a string; lives until the next name, string or number */
	double number;
};

void lex_init(struct lex *x, const char *text, size_t n, struct json5_err *err);
void lex_release(struct lex *x);

int lex_at(const struct lex *x, char c);	/* is c next? */
int lex_at_digit(const struct lex *x);
size_t lex_name_char(const struct lex *x, int first);	/* bytes of the name character that is next, or 0 */
int lex_hex(char c);				/* its value; -1 for no hex digit */
int lex_blank(struct lex *x);			/* past white space and comments */
int lex_name(struct lex *x, struct span *out);	/* a member name, quoted or not */
int lex_string(struct lex *x, struct span *out);	/* a quote is next */
int lex_word(struct lex *x, const char *word);	/* past exactly this word: 1; 0 when it is not next */
int lex_value(struct lex *x, struct token *t);
int lex_number(struct lex *x, double *out);	/* json5num.c */

/* The fault at `where`; always -1.  A message holds no more than one character of the text. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
int lex_fault(struct lex *x, const char *where, const char *fmt, ...);
/* "expected WANTED, found 'x'HINT" for what is next. */
int lex_unexpected(struct lex *x, const char *wanted, const char *hint);

/* Line and column of a place in the text. */
void lex_place(const struct lex *x, const char *where, size_t *line, size_t *col);

#endif
