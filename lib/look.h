/*
 * look.h - what came of a probe's request: does it show what the rung of the
 * ladder (rung.h) looks for?
 *
 * Pure.
 */
#ifndef FB_LOOK_H
#define FB_LOOK_H

#include "buf.h"
#include "extract.h"
#include "fault.h"
#include "span.h"

/* A reply, or what came in its place; keys that a server repeats are not in it. */
struct came {
	struct fault fault;	/* F_NONE: one that fb-send takes for good */
	int status;		/* HTTP; 0: no reply */
	struct buf text;	/* of the reply, one JSON value; `body` and the answer's spans lie in it */
	struct span body;
	struct answer answer;
	struct fault unusable;	/* why the answer is none for fb-parse; F_NONE: it is one */
	int streamed, done;	/* done: [DONE] came */
	long chunks;
	double connect_ms, ttft_ms, total_ms;
};
void came_init(struct came *c);
void came_release(struct came *c);
void came_read(struct came *c);	/* once fault, status and text are there: body, answer, unusable */

/* What was asked. */
struct asked {
	const char *origin;	/* "127.0.0.1:8080" */
	struct span model;	/* the id, a string token */
	struct span limit;	/* the field that limits the answer, a string token */
	size_t bytes;		/* of a prompt that grows; else 0 */
	size_t before;		/* the same of the one before, which was well; 0: none */
	double before_tokens;	/* as the server counted that; 0: it didn't */
	size_t most;		/* of all that are to come */
	double plain_tokens;	/* of a plain chat's prompt, template and all, as the server counted it; 0: it didn't */
};

enum look {
	LOOK_OK,
	LOOK_NOTE,	/* worth knowing; there is nothing to set */
	LOOK_BAD,	/* refused, or done wrong */
	LOOK_LOST	/* nobody said so, but it seems to be lost: a comparison has to tell */
};

/* What a person is told: what was seen, and more about it. */
struct told {
	struct buf seen, more;
};

/*
 * Looks at what came: n replies, more than one where a rung sends several at
 * once.  Appends to both texts, which are one line and harmless.
 */
typedef enum look look_fn(struct told *t, const struct came *c, int n, const struct asked *a);

look_fn look_connect, look_health, look_models;
look_fn look_answer, look_taken, look_stream, look_usage, look_limit, look_stop, look_schema, look_reasoning;
look_fn look_parts, look_tools, look_both, look_long;

/* The texts that the rungs' requests hold, and their looks look for. */
#define LOOK_WORD "heliotrope"		/* must come back, or be counted */
enum { LOOK_WORDS = 40 };		/* of a prompt, about: so many tokens at least, less some */
#define LOOK_STOP "five"
#define LOOK_TOOL "get_weather"
#define LOOK_LIMIT 4

/* Appends a text as people should see it: one line, harmless, at most `most` characters, then "...". */
void look_say(struct buf *out, const char *p, size_t n, size_t most);
/* The same of a fault's message, without what every server of that kind puts in front. */
void look_say_fault(struct buf *out, const struct fault *f, size_t most);

/* The prompt's tokens as the server counted them; 0: it didn't. */
double look_prompt_tokens(const struct came *c);

#endif
