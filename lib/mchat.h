/*
 * mchat.h - chat completions as a server gives them: what an answer is, how
 * an engine words it, and the reply in one piece (mflow.h has the stream).
 *
 * Deterministic: ids count from 1, the time stands still, a token is a word.
 */
#ifndef FB_MCHAT_H
#define FB_MCHAT_H

#include "mask.h"
#include "mreply.h"

struct buf;

/*
 * How an engine words its replies.  The texts are copied, but for these:
 *
 *	whole, chunk	$i id, $t created, $m model, $c the choices,
 *			$u the counts, $g timings, $e `extra` and the like
 *	choice, part	$n index, $x content, $r reasoning, $k tool calls,
 *			$d delta, $l logprobs, $v their value or null, $f finish_reason
 *	call		$j its id, $a name, $b arguments
 *	usage, timings	$p prompt, $q completion, $s both
 *	id, call_id	$o the reply's number, $z the same in 12 digits,
 *			$y modulo 999, $w number of the call from 0
 */
struct mchat_form {
	const char *whole, *choice;	/* a reply; one of its choices */
	const char *chunk, *part;	/* a chunk of a stream; its choice */
	const char *id, *call_id;
	const char *call;
	const char *usage, *timings;
	const char *first_delta;	/* the object with the role; NULL: there is none */
	const char *last;		/* $e of the chunk with the finish_reason; NULL: nothing */
	const char *counted;		/* $e of the chunk with the counts, when they're asked for; NULL: never */
	const char *uncounted;		/* then $e of all others; NULL: nothing */
	const char *reasoning;		/* what the member is called; NULL: dropped */
	const char *logprob;		/* $x token, $h its bytes, $e top ones; NULL: no logprobs */
	const char *no_text;		/* content when there is none */
	const char *more;		/* header lines of a stream, or NULL */
	unsigned sse;			/* bits of enum msse_knob that this engine always has */
	unsigned how;			/* bits of enum mchat_how */
};

enum mchat_how {
	MCHAT_WHOLE_NO_REASONING = 1 << 0,	/* inferrs: reasoning in streams only */
	MCHAT_WHOLE_STOPS = 1 << 1,	/* llama.cpp 2024: at the limit "stop", but "length" in a stream */
	MCHAT_LAST_FIRST = 1 << 2,	/* of several choices the last one streams first */
	MCHAT_NO_ARGS_FIRST = 1 << 3	/* the first tool delta has arguments:"" */
};

struct manswer {
	unsigned long long number;	/* of the reply, from 1 */
	struct span model;		/* a JSON string */
	struct span text;		/* plain; SPAN_NIL: content is null */
	struct span reasoning;		/* plain, or SPAN_NIL */
	struct span calls;		/* a JSON array of {"id"?,"name","arguments":{..}}, or SPAN_NIL */
	const char *finish;		/* finish_reason; NULL: "stop", with calls "tool_calls" */
	struct span usage;		/* a JSON object in place of the counts, or SPAN_NIL */
	size_t prompt_tokens;
	int choices;			/* 0 is 1 */
	int logprobs, top_logprobs;
};

#define MCHAT_CREATED 1795000000UL

/*
 * Holds an answer to what was asked: no more tokens than `limit` (-1: as many
 * as there are), and none from a stop string on (`stop`: JSON, or SPAN_NIL).
 */
void mchat_bound(struct manswer *a, long long limit, struct span stop);

/* A chat.completion is appended to `body`. */
void mchat_whole(struct buf *body, const struct mchat_form *form,
    const struct manswer *a);

#endif
