/*
 * gather.h - how long the chunks of many streams are let gather before they
 * are read: read as they come, most of the work would be the system's, a call
 * or two a chunk.  A single stream, or a few, are read as they come: somebody
 * may watch them; nobody reads 32 by eye, so there it is no harm to see them
 * GATHER_WATCHED_MS later, and the more there are the more.
 *
 * What it costs: the end of a stream, and so the start of what follows it, is
 * seen so much later.  That is no more than a sixteenth of the time that the
 * streams have been running, so short ones keep their pace; and of a first
 * chunk, whose time is noted, no more than GATHER_FIRST_MS.
 *
 * Pure.
 */
#ifndef FB_GATHER_H
#define FB_GATHER_H

enum { GATHER_FROM = 32, GATHER_MS = 64, GATHER_WATCHED_MS = 10, GATHER_FIRST_MS = 10, GATHER_SHARE = 16 };

/*
 * Milliseconds, 0: not now.  flying: the requests under way; streaming: those
 * of them that are streams in their middle; watched: of how many of these the
 * chunks are shown; age: their time since the start, summed up, in ms.
 */
int gather_ms(int flying, int streaming, int watched, double age);

#endif
