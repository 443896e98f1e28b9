/*
 * show.h - answers as text: for a person, while they arrive, with reasoning
 * and heads; and for pipes and files, whole.
 */
#ifndef FB_SHOW_H
#define FB_SHOW_H

#include "ending.h"
#include "extract.h"
#include "live.h"
#include "record.h"
#include "span.h"

struct show {
	struct out *out;
	int terminal;		/* the output is one */
	int no_escape;		/* it gets control characters as they are */
	int quiet;		/* no reasoning */
	enum ending end;

	/* its own */
	struct live live;	/* the answer that is being printed while it arrives */
	struct buf live_id;	/* whose: its custom_id token; empty: nobody's */
	char last;		/* the byte printed last of it, 0: none yet */
	int reasoned;		/* reasoning stands on the line, without its end */
	int heads;		/* answers begun on this output */
};

void show_init(struct show *s, struct out *out);
void show_release(struct show *s);

/* As it is; on a terminal without what could move its cursor. */
void show_put(struct show *s, const char *p, size_t n);

/*
 * A chunk of an answer, now, `first`: its first; or the news "restart" that it
 * begins again.  Of several at once one is shown, from its beginning to its
 * end; the others come whole, with their records.
 */
void show_chunk(struct show *s, struct span id, struct span chunk, int first);

/*
 * What is left of an answer that came by show_chunk(): 1; a good one's calls
 * follow.  0: none of its text was printed.
 */
int show_end(struct show *s, struct span id);

/* A good answer that is whole. */
void show_answer(struct show *s, struct span id, const struct answer *a);
void show_calls(struct show *s, const struct answer *a);	/* behind show_end() */

/* Appends the answer: its text, and tool calls as JSON, one array a line; ended once. */
void show_text(struct buf *out, const struct answer *a, enum ending end);

/* One text with its end; an answer's: with a head too. */
void show_value(struct show *s, struct span id, const char *p, size_t n);
void show_field(struct show *s, const char *p, size_t n);

#endif
