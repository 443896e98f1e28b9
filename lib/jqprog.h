/*
 * jqprog.h - a jq program of the user's: compiled once, run on many values.
 *
 * jq_compile costs 16 ms of CPU with libjq 1.6, so only what the user asked
 * for is compiled.  Ownership as in json.h.  The program is trusted like any
 * other command line: it may read the environment and modules below ~/.jq,
 * and it may run for ever.  It sees one value: `input` is an error, `debug`
 * says nothing (libjq's `stderr` goes to standard error by itself).
 */
#ifndef FB_JQPROG_H
#define FB_JQPROG_H

#include <jq.h>

struct jqprog {
	jq_state *jq;
	char err[400];		/* what went wrong last: one line, cut with "..." when longer */
};

/* 0; or -1 and p->err: not a jq program.  jqprog_release() is yours either way. */
int jqprog_init(struct jqprog *p, const char *text);
void jqprog_release(struct jqprog *p);

/*
 * `doc = jqprog_run(p, doc, most)`: the array of the outputs for a value,
 * which may be empty.  An invalid jv and p->err: the program failed or
 * halted, there are more than `most` outputs, or one is nested deeper than
 * MAX_JV_DEPTH.  libjq can't tell `error(null)` from `empty`.
 */
jv jqprog_run(struct jqprog *p, jv doc, int most);

#endif
