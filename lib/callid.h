/*
 * callid.h - the ids that the tool calls of one conversation are sent under.
 *
 * The model's own call keeps its id.  Another model's is sent as any server
 * takes it: what stands before a |, other characters than [A-Za-z0-9_-] as _,
 * at most 40.  Where that leaves nothing, or what another call has, it is
 * made another: "call", "call_2".  Results are sent under their call's.
 *
 * Pure: bytes in, bytes out.
 */
#ifndef FB_CALLID_H
#define FB_CALLID_H

#include "buf.h"
#include "ids.h"
#include "span.h"

struct callids {
	struct ids kept, foreign;	/* as they came: ours, another model's; `number` is the place in `sent` */
	struct ids sent;		/* `what`: as it came; `number`: how many were named after it */
};

void callids_init(struct callids *c);
void callids_release(struct callids *c);

/* First all that are kept, then the others; a token that is no text is none. */
void callids_keep(struct callids *c, struct span id);
void callids_foreign(struct callids *c, struct span id);
int callids_known(const struct callids *c, struct span id);
int callids_failed(const struct callids *c);	/* memory ran out */

/* Appends what is sent for it, a string token; what is known as the other kind only is that. */
void callids_write(const struct callids *c, struct buf *out, struct span id, int foreign);

#endif
