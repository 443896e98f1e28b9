/*
 * mread.h - reads a chat request as most servers do: it parses all of it,
 * then looks at what matters to it.
 *
 * What is wrong with a request is found here in one way for all; what a
 * server says to it, or that it doesn't mind, is a row of its own table.
 */
#ifndef FB_MREAD_H
#define FB_MREAD_H

#include "mask.h"
#include "mhttp.h"

struct buf;

/* In the order in which they are looked for. */
enum mwrong {
	MWRONG_NONE,		/* ends a table */
	MWRONG_NO_PATH, MWRONG_LOADING, MWRONG_CONTEXT,	/* found by the caller */
	MWRONG_NO_KEY, MWRONG_BAD_KEY,	/* Authorization: Bearer KEY */
	MWRONG_JSON, MWRONG_SURROGATE, MWRONG_OBJECT,
	MWRONG_NO_MODEL, MWRONG_MODEL,	/* not the one that is served */
	MWRONG_NO_MESSAGES, MWRONG_MESSAGES, MWRONG_EMPTY,
	MWRONG_MESSAGE,		/* no object */
	MWRONG_NO_ROLE, MWRONG_ROLE,
	MWRONG_CONTENT,		/* neither text nor parts */
	MWRONG_NO_CONTENT,	/* an assistant's without tool calls */
	MWRONG_PARTS,		/* parts at all */
	MWRONG_PART, MWRONG_IMAGE,
	MWRONG_TOOLS, MWRONG_TOOLS_STREAM,
	MWRONG_CHOICES,		/* n is not 1 */
	MWRONG_MAX_TOKENS,	/* by that name, to a model that reasons */
	MWRONG_LIMIT,		/* under -1 */
	MWRONG_TEMPERATURE
};

/*
 * Marks in `say` and `param`: $m the model, $i the message's number, $v the
 * JSON that is wrong, $k what kind that is, $w why it is no JSON, $l and $c
 * the line and column of that, $b the byte, $p the path, $a the messages, $t
 * the prompt's tokens, $x the context's.
 */
struct mrule {
	enum mwrong what;
	int status;		/* 0: the server dies of it */
	const char *type, *param, *code, *say;	/* NULL: null */
};

struct mread {
	const struct mrule *rules;
	const char *const *roles;	/* ends with NULL; NULL: any */
	int drop_parts;			/* content in parts is as good as none (llama.cpp 2024-07) */
};

/* What was found; for the marks. */
struct mfound {
	const struct mrule *rule;
	struct span model, messages, value, path;
	size_t index;
	struct span_err err;
	size_t line, column;
	size_t tokens, context;
	const char *error;	/* the body's template; NULL: the profile's */
	int streams;		/* it is a text of a stream */
};

const struct mrule *mread_rule(const struct mread *as, enum mwrong what);
/* What stands after Authorization: Bearer, or SPAN_NIL. */
struct span mread_key(const struct mreq *r);
/*
 * 0, or -1: found->rule is what is wrong.  served: the one model that there
 * is, a JSON string; SPAN_NIL: any.
 */
int mread_chat(const struct mread *as, const struct mreq *r, struct span served,
    struct mask *ask, struct mfound *found);
/* Appends a text of the rule, its marks filled in. */
void mread_say(const char *text, struct mfound *found, struct buf *out);

#endif
