/*
 * chat.h - a turn of a conversation, a message a line, as `fb-shape
 * --messages` reads it; and the file that grows by it.
 */
#ifndef FB_CHAT_H
#define FB_CHAT_H

#include "buf.h"
#include "extract.h"
#include "fault.h"
#include "span.h"

/*
 * Appends what the turn adds, each message a line with its LF: those of the
 * request behind its last assistant message (the user's, tool results among
 * them; system texts not, since each run gives its own), as they were sent;
 * then the answer.  0; -1 and *f (input): the request has no messages, or none
 * of the user's, or it is too large; then what was appended counts for nothing.
 */
int chat_turn(struct span request_body, const struct answer *a, struct buf *lines, struct fault *f);

/*
 * Appends all the lines to the file by one write, while nobody else does: who
 * finds it taken waits, a few seconds at most.  The file is made, mode 0600,
 * when it isn't there.  Messages that stand in it behind its last answer (a
 * tool's result that the user wrote there, and sent) are not written again.
 * 0; else -1, *f (input) says why, with the path before it, *status is the
 * exit status (2: it is no such file, 3: it can't be written), and the file
 * is as it was.
 */
int chat_save(const char *path, const struct buf *lines, struct fault *f, int *status);

#endif
