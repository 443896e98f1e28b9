/*
 * tty.h - what a person sees: diagnostics on stderr, and text that can't
 * move a terminal's cursor.
 *
 * With opt, the only module that prints.
 */
#ifndef FB_TTY_H
#define FB_TTY_H

#include "buf.h"
#include "fault.h"

/*
 * Appends p[0..n) with control characters in a visible form: C0 except LF
 * and TAB and DEL as ^X, C1 and the bidirectional controls as <U+202E>,
 * bytes that are no UTF-8 as <A0>.
 */
void tty_harmless(struct buf *out, const char *p, size_t n);

/* The same, dimmed where the terminal is asked to (NO_COLOR unset): the reasoning beside an answer. */
void tty_dim(struct buf *out, const char *p, size_t n);

/*
 * "fb-send: text", one line on stderr by one write, harmless.  Where there is
 * no memory for that: "fb-send: out of memory", once, and the text in ASCII.
 */
#if defined(__GNUC__)
#define TTY_PRINTF(a, b) __attribute__((format(printf, a, b)))
#else
#define TTY_PRINTF(a, b)
#endif
void tty_say(const char *prog, const char *fmt, ...) TTY_PRINTF(2, 3);

/*
 * A line on a terminal's stderr that the next one takes the place of (meter.h);
 * harmless, shorter than the terminal is wide.  tty_say() takes it away first;
 * who writes to the terminal in another way calls tty_undraw() before.
 */
void tty_draw(const char *line, size_t n);
void tty_undraw(void);		/* nothing when none is there */

/* "fb-send: out of memory", and the program ends with status 3; the name is that of tty_program(). */
void tty_no_memory(void *unused);
void tty_temporary(const char *path);	/* a file that it takes away before, as does a signal that ends us; kept by the caller; NULL: there is none any more */
void tty_program(const char *prog);

/* Whole lines on stderr that are harmless already. */
void tty_lines(const struct buf *lines);

/*
 * Diagnostics of records: ten lines a code, then tell_end() gives the count
 * of the rest.  `place` is "17" or "mails.csv:18".
 */
struct teller {
	const char *prog;
	long told[F_COUNT];
};
void tell(struct teller *t, const char *place, const struct fault *f);
void tell_end(struct teller *t);

/* 1 when a stage in front of others need not speak of single records: stdout is a pipe. */
int tty_piped(int fd);

/* How wide that terminal is: as COLUMNS says, else it itself; TTY_COLUMNS where nobody does. */
enum { TTY_COLUMNS = 80 };
long tty_columns(int fd);

#endif
