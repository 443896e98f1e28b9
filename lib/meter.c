/* meter.c - see meter.h. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "meter.h"
#include "tty.h"

enum { MOST_LINE = 4096 };

/* Seconds from one to the next. */
#define DRAWN_S 0.2
#define LINES_S 10.0

/* A terminal on which a line can be drawn again. */
static int can_draw(void)
{
	const char *term = getenv("TERM");

	return isatty(STDERR_FILENO) && term != NULL && term[0] != '\0' && strcmp(term, "dumb") != 0;
}

void meter_init(struct meter *m, const char *prog, int want, int records)
{
	*m = (struct meter){.prog = prog, .how = METER_OFF};
	if (want == 0)
		return;
	if (can_draw() && (want > 0 || records < 0 || !isatty(records)))
		m->how = METER_DRAWN;
	else if (want > 0)
		m->how = METER_LINES;
}

int meter_due(const struct meter *m, double now)
{
	if (m->how == METER_OFF)
		return 0;
	return !m->begun || now - m->last >= (m->how == METER_DRAWN ? DRAWN_S : LINES_S);
}

/* The bytes of a line that so many columns hold, whole characters. */
static size_t fitting(const char *line, size_t n, long most)
{
	size_t i;

	for (i = 0; i < n && line[i] != '\n'; i++)
		if ((line[i] & 0xc0) != 0x80 && most-- == 0)
			break;
	return i;
}

/* The last column stays free: a character there may move the cursor on. */
static void draw(const char *line)
{
	struct buf b;

	buf_init(&b, MOST_LINE);
	tty_harmless(&b, line, strlen(line));
	tty_draw(buf_text(&b), fitting(buf_text(&b), b.len, tty_columns(STDERR_FILENO) - 1));
	buf_release(&b);
}

void meter_show(struct meter *m, const char *line, double now)
{
	if (!meter_due(m, now))
		return;
	if (m->how == METER_DRAWN)
		draw(line);
	else if (m->begun)	/* a run shorter than that needs no line */
		tty_say(m->prog, "%s", line);
	m->begun = 1;
	m->last = now;
}

void meter_clear(struct meter *m)
{
	if (m->how == METER_DRAWN)
		tty_undraw();
}

void meter_summary(const struct meter *m, const struct stats *s, int json, double now)
{
	struct buf line;

	buf_init(&line, MOST_LINE);
	if (json) {
		stats_json(s, now, &line);
		buf_addc(&line, '\n');
		tty_lines(&line);
	} else {
		stats_line(s, now, &line);
		tty_say(m->prog, "%s", buf_text(&line));
	}
	buf_release(&line);
}
