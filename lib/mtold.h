/*
 * mtold.h - the answers that the command line gives: raw bytes, recorded
 * replies, a script, and the crash above a prompt size.
 */
#ifndef FB_MTOLD_H
#define FB_MTOLD_H

#include "buf.h"
#include "mchat.h"
#include "mhttp.h"
#include "mreplay.h"
#include "mreply.h"
#include "mscript.h"
#include "mtime.h"

struct mtold {
	const char *script_file, *replay_file, *raw_file;	/* NULL: not given */
	size_t max_prompt;	/* bytes of a request's body; 0: any */
	struct mscript script;
	struct mreplay replay;
	struct buf raw;		/* a whole HTTP response */
	struct buf text, event;	/* scratch */
	struct mtime time;	/* of the reply being made */
};

void mtold_init(struct mtold *t);	/* leaves what the command line says */
/* Reads the files.  0, or -1 and `err`. */
int mtold_open(struct mtold *t, char *err, size_t size);
void mtold_release(struct mtold *t);

/*
 * What is answered to a chat request whatever the profile thinks of it: 1: it
 * was.  number: that of the reply; model: a JSON string for a reply that
 * names none.
 */
int mtold_outright(struct mtold *t, const struct mreq *r, const struct mchat_form *form,
    unsigned long long number, struct span model, struct mreply *to);

/*
 * Changes the answer to a request that the profile took: *a is what it would
 * say.  1: it was answered otherwise already.
 */
int mtold_change(struct mtold *t, const struct mreq *r, const struct mask *ask,
    struct manswer *a, struct mreply *to);

#endif
