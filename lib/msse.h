/*
 * msse.h - how a stream's events are framed: the usual way, or in the ways
 * that real servers and the standard allow (ENGINES section 4, "SSE knobs").
 */
#ifndef FB_MSSE_H
#define FB_MSSE_H

#include <stddef.h>

#include "mreply.h"

struct buf;

/* A knob is a bit; its name and what it does are a row in msse.c. */
enum msse_knob {
	/* of the framing: msse.c */
	MSSE_CRLF = 1 << 0,		/* lines end by CR LF */
	MSSE_CR = 1 << 1,		/* lines end by CR */
	MSSE_NO_SPACE = 1 << 2,		/* data:{...} (TGI) */
	MSSE_MULTILINE = 1 << 3,	/* a data line for each part of the JSON */
	MSSE_COMMENTS = 1 << 4,		/* comment lines between the events */
	MSSE_EVENT_NAMES = 1 << 5,	/* event: message before each */
	MSSE_IDS = 1 << 6,		/* id: and retry: fields */
	MSSE_BOM = 1 << 7,		/* a byte order mark first */
	MSSE_SPLIT = 1 << 8,		/* HTTP chunks end inside characters and inside "data:" */
	MSSE_JOIN = 1 << 9,		/* several events in an HTTP chunk */
	MSSE_HUGE = 1 << 10,		/* one event of 1 MiB */
	MSSE_NO_LAST_BLANK = 1 << 11,	/* the blank line behind the last event is missing */
	MSSE_CLOSE = 1 << 12,		/* HTTP/1.0: the body ends with the connection */
	MSSE_FRAMING = (1 << 13) - 1,	/* all of these */
	/* of the chunks: mflow.c, mfill.c */
	MSSE_NO_ROLE = 1 << 16,		/* no first delta with the role */
	MSSE_FINISH_WITH_TEXT = 1 << 17,	/* finish_reason in the chunk of the last text */
	MSSE_NO_INDEX = 1 << 18,	/* tool deltas without an index */
	MSSE_EMPTY_ID = 1 << 19,	/* later tool deltas repeat id:"" and name:"" */
	MSSE_NULL_ID = 1 << 20,		/* the same with null */
	MSSE_ARGS_OBJECT = 1 << 21,	/* arguments as an object, not as a text */
	MSSE_WHOLE_CALL = 1 << 22,	/* a whole call in one chunk (Ollama) */
	MSSE_LOGPROBS = 1 << 23,	/* logprobs in each chunk */
	MSSE_NO_DONE = 1 << 24,		/* no [DONE] */
	MSSE_NO_FINISH = 1 << 25	/* no finish_reason */
};

/*
 * "crlf,comments" as bits: 0, and they are added to *knobs; or -1, and `err`
 * says which name there is none of.
 */
int msse_knobs(const char *text, unsigned *knobs, char *err, size_t size);

/*
 * One event: `json` is its data, on one line.  It is framed by the knobs in
 * to->sse and sent as a piece of the reply.  A failed buffer fails the reply.
 */
void msse_event(struct mreply *to, const struct buf *json);
/* The same for a text such as [DONE]. */
void msse_text(struct mreply *to, const char *text);
/* A comment without a word, as llama.cpp's while it is busy (ENGINES 2.2). */
void msse_comment(struct mreply *to);

#endif
