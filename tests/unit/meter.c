#define _XOPEN_SOURCE 700	/* posix_openpt */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "help.h"
#include "meter.h"
#include "tap.h"
#include "tty.h"

#define MARK "\001"

static int mine, theirs;	/* the two sides of a terminal of our own; stderr is theirs */
static struct buf screen;

/* What came to the terminal since the last call; it is there when the mark is. */
static const char *came(void)
{
	char c = 0;

	buf_clear(&screen);
	if (write(theirs, MARK, 1) != 1)
		exit(1);
	while (read(mine, &c, 1) == 1 && c != MARK[0])
		buf_addc(&screen, c);
	return buf_text(&screen);
}

static void open_terminal(void)
{
	mine = posix_openpt(O_RDWR | O_NOCTTY);
	if (mine < 0 || grantpt(mine) != 0 || unlockpt(mine) != 0 || (theirs = open(ptsname(mine), O_RDWR | O_NOCTTY)) < 0)
		exit(1);
}

static void set_width(unsigned short columns)
{
	struct winsize size = {.ws_row = 24, .ws_col = columns};

	if (ioctl(theirs, TIOCSWINSZ, &size) != 0)
		exit(1);
}

static void test_drawn(void)
{
	struct meter m;
	int i, draws = 0;

	meter_init(&m, "fb-send", -1, -1);
	ok(meter_due(&m, 100), "the first is due at once");
	meter_show(&m, "1 ok", 100);
	is(came(), "\r1 ok\033[K", "drawn, and what stood behind it erased");
	ok(!meter_due(&m, 100.19), "not due so soon");
	meter_show(&m, "2 ok", 100.19);
	is(came(), "", "and not drawn");
	meter_show(&m, "3 ok", 100.21);
	is(came(), "\r3 ok\033[K", "a fifth of a second later");
	tty_say("fb-send", "warning: %s", "a");
	is(came(), "\r\033[Kfb-send: warning: a\r\n", "a message takes its place");
	tty_say("fb-send", "b");
	is(came(), "fb-send: b\r\n", "the next finds none");
	meter_clear(&m);
	is(came(), "", "nothing to clear");
	meter_show(&m, "4 ok", 101);
	meter_clear(&m);
	meter_clear(&m);
	is(came(), "\r4 ok\033[K\r\033[K", "cleared, once");
	for (i = 0; i < 10000; i++) {
		meter_show(&m, "x", 200 + i / 1000.0);
		draws += strlen(came()) > 0;
	}
	ok(draws >= 49 && draws <= 51, "%d times in ten seconds", draws);
	meter_clear(&m);
	came();
}

/* How much of a line is shown, at another time each. */
static void shows(const char *line, const char *want, const char *name)
{
	static double now;
	struct meter m;
	char text[256];

	meter_init(&m, "fb-send", 1, -1);
	meter_show(&m, line, now++);
	snprintf(text, sizeof text, "\r%s\033[K", want);
	is(came(), text, name);
}

static void test_width(void)
{
	char line[200];

	memset(line, 'x', sizeof line - 1);
	line[sizeof line - 1] = '\0';
	set_width(10);
	shows("12345678", "12345678", "short");
	shows("123456789", "123456789", "up to the last column");
	shows("1234567890", "123456789", "cut");
	shows("\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9",
	    "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9", "cut behind a whole character");
	shows("a\033[2Jb\nc", "a^[[2Jb", "one harmless line");
	set_width(5);
	shows("1234567890", "1234", "made narrower meanwhile");
	setenv("COLUMNS", "7", 1);
	shows("1234567890", "123456", "COLUMNS counts first");
	setenv("COLUMNS", "wide", 1);
	shows("1234567890", "1234", "one that is no number doesn't");
	unsetenv("COLUMNS");
	set_width(0);
	came();
	line[79] = '\0';
	shows(line, line, "a terminal that doesn't know");
	line[79] = 'x';
	{
		char want[80];

		memset(want, 'x', 79);
		want[79] = '\0';
		shows(line, want, "has 80 columns");
	}
	set_width(1);
	shows("12", "", "one column has room for nothing");
	set_width(80);
	tty_undraw();
	came();
}

static int how(int want, int records)
{
	struct meter m;

	meter_init(&m, "fb-send", want, records);
	return (int)m.how;
}

static void test_terminal(int file)
{
	ok(how(-1, -1) == METER_DRAWN && how(-1, file) == METER_DRAWN, "a terminal: drawn");
	ok(how(-1, theirs) == METER_OFF, "not where records go past");
	ok(how(1, theirs) == METER_DRAWN, "unless asked for");
	ok(how(0, -1) == METER_OFF, "not when unwanted");
	setenv("TERM", "dumb", 1);
	ok(how(-1, -1) == METER_OFF && how(1, -1) == METER_LINES, "a terminal that can't");
	unsetenv("TERM");
	ok(how(-1, -1) == METER_OFF && how(1, -1) == METER_LINES, "one that nobody knows");
	setenv("TERM", "xterm", 1);
}

static void test_lines(int file)
{
	struct meter m;
	char text[256] = "";
	ssize_t n;
	int i;

	ok(how(-1, -1) == METER_OFF && how(0, -1) == METER_OFF, "no terminal: nothing");
	meter_init(&m, "fb-send", -1, -1);
	ok(!meter_due(&m, 5), "never due");
	meter_show(&m, "x", 5);
	meter_init(&m, "fb-send", 1, -1);
	for (i = 0; i < 250; i++) {
		snprintf(text, sizeof text, "%d ok", i);
		meter_show(&m, text, 1000 + i / 10.0);
	}
	meter_clear(&m);
	n = pread(file, text, sizeof text - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	is(text, "fb-send: 100 ok\nfb-send: 200 ok\n", "asked for: a line every ten seconds");
}

int main(void)
{
	FILE *file = tmpfile();
	int old = dup(STDERR_FILENO);

	if (file == NULL || old < 0)
		exit(1);
	buf_init(&screen, 10000);
	open_terminal();
	setenv("TERM", "xterm", 1);
	unsetenv("COLUMNS");
	dup2(theirs, STDERR_FILENO);
	test_drawn();
	test_width();
	test_terminal(fileno(file));
	dup2(fileno(file), STDERR_FILENO);
	test_lines(fileno(file));
	dup2(old, STDERR_FILENO);
	buf_release(&screen);
	close(old);
	close(mine);
	close(theirs);
	fclose(file);
	return done();
}
