/*
 * meter.h - the progress line: how a run stands, on stderr, drawn anew in
 * place of itself at most five times a second.
 *
 * Only where a person looks on: stderr is a terminal, and no records scroll
 * past on one.  Where it was asked for and can't be drawn there is a plain line
 * every ten seconds instead.  A message of tty_say() takes its place; it comes
 * back with the next meter_show().
 *
 * Times are seconds of any one clock.
 */
#ifndef FB_METER_H
#define FB_METER_H

#include "stats.h"

struct meter {
	const char *prog;
	enum { METER_OFF, METER_DRAWN, METER_LINES } how;
	int begun;
	double last;		/* when it was shown last, or of lines when the first was asked for */
};

/* want: 1 asked for, 0 unwanted, -1 not said.  records: where records are written meanwhile, a file descriptor; -1: nowhere. */
void meter_init(struct meter *m, const char *prog, int want, int records);
int meter_due(const struct meter *m, double now);	/* 1: meter_show() would do something, the line is worth making */
/* Cut to the terminal's width (COLUMNS, else what it says itself). */
void meter_show(struct meter *m, const char *line, double now);
/* Takes it away: at the end, and before records are written to a terminal. */
void meter_clear(struct meter *m);
/* What was done, as text or as a line of JSON. */
void meter_summary(const struct meter *m, const struct stats *s, int json, double now);

#endif
