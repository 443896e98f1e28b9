/*
 * mflow.h - the stream of an answer, chunk after chunk.
 *
 * Where the reply may be finished later (to->later), a long or slow stream
 * is written a few KiB at a time, as it is sent: so it takes the memory of
 * its text, not of its events.  Else it is written whole.
 */
#ifndef FB_MFLOW_H
#define FB_MFLOW_H

#include "mchat.h"

/* `event` is scratch.  usage: the counts were asked for. */
void mflow_stream(struct mreply *to, struct buf *event,
    const struct mchat_form *form, const struct manswer *a, int usage);

#endif
