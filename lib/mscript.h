/*
 * mscript.h - answers by a script: JSON lines, of which the first that
 * matches a request answers it.
 *
 *	{"match":{"contains":"2 + 2","n":1},"text":"4"}
 *	{"match":{"model":"m"},"calls":[{"name":"look","arguments":{}}]}
 *	{"status":503,"body":"busy"}
 *
 * Read once, kept in memory.  Pure.
 */
#ifndef FB_MSCRIPT_H
#define FB_MSCRIPT_H

#include "buf.h"
#include "mchat.h"
#include "span.h"

enum {
	MSCRIPT_LINES = 10000,
	MSCRIPT_MS = 3600000	/* the longest pause */
};

struct mscript_line {
	/* what must be so; SPAN_NIL and 0: anything */
	struct span model, text, contains;	/* plain */
	long long n;				/* the request's ordinal */
	/* the answer: text, reasoning, calls, finish and usage of it */
	struct manswer answer;
	int silent;				/* it says nothing: the usual text is the answer */
	long long delay_ms, ttft_ms;
	long long status;			/* not 0: this and `body` in place of an answer */
	struct span body;
	int plain;				/* the body is a text, not JSON */
};

struct mscript {
	struct mscript_line *lines;
	size_t n, cap;
	struct buf file;		/* holds the spans that are JSON */
	struct buf texts;		/* holds those that are plain */
	char err[400];			/* after a failure: "script.jsonl:3:17: ..." */
};

void mscript_init(struct mscript *s);
void mscript_release(struct mscript *s);
/* Reads s->file, which the caller has filled.  0, or -1 and s->err; `name` is for that. */
int mscript_read(struct mscript *s, const char *name);

/* The line for a request, or NULL.  model: a JSON string or SPAN_NIL; text: plain. */
const struct mscript_line *mscript_find(const struct mscript *s, struct span model,
    struct span text, unsigned long long n);

#endif
