/*
 * headers.h - the header lines of the requests that go one way, which of
 * their bytes are secret, and how those are kept out of all that people see.
 * Pure.
 */
#ifndef FB_HEADERS_H
#define FB_HEADERS_H

#include <stddef.h>

#include "fault.h"

enum { HEADER_LINES = 64 };

/*
 * "Name: value" each, as libcurl takes them; "Name:" keeps libcurl from
 * sending its own.  All zero is an empty list.
 */
struct header_lines {
	char *line[HEADER_LINES + 1];		/* ends with NULL */
	size_t secret[HEADER_LINES + 1];	/* where in the line the secret begins; 0: it has none */
	char *variable[HEADER_LINES + 1];	/* what a secret is called where it isn't shown: "OPENAI_API_KEY" */
	int n;
	int bare;	/* no secret may go along: they go over plain http to a public host */
};

void header_lines_release(struct header_lines *l);	/* wipes; it is empty then */

/* The line of that name, in any case; -1: none. */
int header_lines_find(const struct header_lines *l, const char *name);

/*
 * A line more, in place of one with that name.  0, or -1 and *f (config),
 * without the value: what it holds is no header, or there are too many.  A
 * variable that isn't NULL makes the value a secret that is called so.
 */
int header_lines_add(struct header_lines *l, const char *name, const char *prefix, const char *value,
    const char *variable, struct fault *f);

/*
 * The lines of -H go over those that are there: "Name: value" in place of one
 * with that name, "Name:" takes it away.  `own` ends with NULL, or is NULL.
 * A value whose name smells of a secret is one.  0, or -1 and *f (config): no
 * header, one that fb-send sets itself, or a secret that may not go along.
 * theirs: it is not the server that they are for, so secrets among them stay out.
 */
int header_lines_over(struct header_lines *l, const char *const *own, int theirs, struct fault *f);
/* Are the lines of -H headers that may be sent, whoever gets them?  0, or -1 and *f (config) without what is secret. */
int header_lines_check(const char *const *own, struct fault *f);
/* The first line of -H with a secret in it, or NULL. */
const char *header_lines_secret(const char *const *own);

/*
 * Overwrites every secret of the lines that stands in a text (a server may
 * echo it in its error) by asterisks, its JSON escapes too.  Less than six
 * bytes are no key but a word.  Where the text ends, with or without "...", in
 * the middle of a secret, what there is of it goes too, from three bytes on:
 * texts are cut in many places, some of them libcurl's.
 */
void header_lines_redact(const struct header_lines *l, char *text, size_t n);
/* The same of a text that was not cut: one that just ends as a secret begins stays. */
void header_lines_redact_whole(const struct header_lines *l, char *text, size_t n);

/* `text` as a part of a variable's name: capitals, digits and _; "x-api-key": "X_API_KEY". */
void header_variable(struct buf *out, const char *text);

#endif
