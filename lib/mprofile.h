/*
 * mprofile.h - which server fb-mock is taken for: a profile is a row of a
 * table and the functions that it names, a route a row of another.
 */
#ifndef FB_MPROFILE_H
#define FB_MPROFILE_H

#include "buf.h"
#include "mgate.h"
#include "mhttp.h"
#include "mlog.h"
#include "mreply.h"
#include "mseq.h"
#include "mtime.h"
#include "mstats.h"
#include "mtold.h"

struct mprofile;
struct mserve;

/* The row of that name, or NULL. */
const struct mprofile *mprofile_find(const char *name);
/* NAME=old of the same NAME, or NULL. */
const struct mprofile *mprofile_old(const struct mprofile *row);
/* The names for a message: "echo, strict-string". */
void mprofile_names(char *out, size_t size);

struct mock {
	const struct mprofile *profile;
	const char *model;		/* the served model; NULL: "mock", and replies name the request's */
	const char *reply;		/* NULL: the last user text */
	int log;			/* a descriptor, or -1 */
	unsigned long long replies;	/* chat completions so far */
	unsigned long long requests;	/* so far, where they are numbered */
	struct buf text, body, line;	/* scratch, kept between requests */
	struct buf quoted;		/* `model` as a JSON string */
	struct buf headers;		/* of the reply, where they aren't always the same */
	char reason[128];		/* phrase, where the profile makes one */
	struct mgate gate;		/* who is let in */
	struct mtime time;		/* how slow replies are */
	unsigned sse;			/* knobs of every stream: enum msse_knob */
	struct mseq faults;		/* what happens to the next chat requests */
	int log_errno;			/* not 0: the log could not be written */
	struct mtold told;		/* what else the command line says to answer */
	struct mlog kept;		/* for GET /_log */
	struct mstats stats;		/* for GET /_stats */
	const struct mserve *server;	/* its connections are counted there; or NULL */
};

/* What the command line says is there already, all else 0. */
void mock_init(struct mock *m);
void mock_release(struct mock *m);

/* An mserve_fn; ctx is a struct mock.  Not 0: the log could not be written. */
int mock_answer(void *ctx, const struct mreq *r, struct mreply *to);

#endif
