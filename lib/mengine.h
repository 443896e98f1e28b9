/*
 * mengine.h - the servers that fb-mock can be taken for, a row each.
 *
 * A new one is a row of `mengines`, a form (how it words replies), a table of
 * rules (what it refuses, and how), and its routes; a reader of its own only
 * if it parses in a way of its own.
 */
#ifndef FB_MENGINE_H
#define FB_MENGINE_H

#include "mchat.h"
#include "mgate.h"
#include "mread.h"
#include "mserde.h"

/*
 * A page that is always the same, but for $m, the served model as a JSON
 * string, and $t, the time.
 */
struct mpage {
	const char *method;	/* GET answers HEAD too; NULL ends the rows */
	const char *path;
	const char *type;	/* NULL: the engine's JSON */
	const char *body;	/* NULL: it takes chat requests */
};

enum mengine_how {
	MENGINE_NAMED = 1 << 0,		/* replies name the served model when one was given, whatever was asked for */
	MENGINE_SERVES_ONE = 1 << 1,	/* with a served model given there is no other */
	MENGINE_CHOICES = 1 << 2,	/* n is honoured */
	MENGINE_MAX_TOKENS = 1 << 3,	/* these limits are */
	MENGINE_MAX_COMPLETION = 1 << 4,	/* (the newer one wins) */
	MENGINE_STOP = 1 << 5,
	MENGINE_REQUEST_ID = 1 << 6	/* each reply has an x-request-id */
};

struct mprofile {
	const char *name;	/* NAME or NAME=VARIANT; NAME alone is the first of its rows */
	const char *headers;	/* header lines of every reply, or NULL */
	const char *json;	/* the content type of JSON */
	const struct mpage *pages;
	const struct mchat_form *form;
	/* $s status, $y type, $p param, $c code (JSON or null), $m message; NULL: the plain text alone */
	const char *error;
	const struct mread *read;	/* reads requests, unless: */
	const struct mserde *serde;
	/* to a path, or method, that it hasn't; NULL: empty replies, 404 and 405, as axum's (ENGINES 1, "Routes") */
	const struct mstop *no_path;
	const struct mgates *gates;
	int how;			/* bits of enum mengine_how */
	int reason;			/* a refusal's text is its reason phrase too (llamafile) */
	int ping_ms;			/* without an event until a stream has a comment; 0: never (ENGINES 2.2) */
};

extern const struct mprofile mengines[];	/* ends with a row without a name */

#endif
