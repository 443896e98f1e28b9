#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "help.h"
#include "record.h"
#include "tap.h"

/* A child that writes the pieces, each when the one before was taken; returns the end to read. */
static int writer(const char *text, size_t n, size_t piece, pid_t *child)
{
	int p[2];
	size_t i;

	fflush(stdout);
	if (pipe(p) != 0 || (*child = fork()) < 0)
		exit(1);
	if (*child == 0) {
		close(p[0]);
		for (i = 0; i < n; i += piece)
			if (write(p[1], text + i, n - i < piece ? n - i : piece) < 0)
				break;
		close(p[1]);
		_exit(0);
	}
	close(p[1]);
	return p[0];
}

/* The bytes in a pipe that is closed behind them. */
static int full_pipe(const char *text, size_t n)
{
	int p[2];

	if (pipe(p) != 0 || write(p[1], text, n) != (ssize_t)n)
		exit(1);
	close(p[1]);
	return p[0];
}

static void all_lines(int fd, struct buf *out)
{
	struct reader r;
	struct span line;
	enum read_result got;

	reader_init(&r, fd);
	while ((got = reader_line(&r, &line)) == READ_OK) {
		buf_addf(out, "%ld[", r.line);
		buf_add(out, line.p, line.n);
		buf_addc(out, ']');
	}
	buf_adds(out, got == READ_END ? "" : "FAILED");
	reader_release(&r);
}

/* What the lines of a text are, however it comes. */
static void lines(const char *text, size_t n, const char *want)
{
	static const size_t pieces[] = {1, 2, 3, 7};
	struct buf out;
	pid_t child;
	size_t i;
	int fd;

	buf_init(&out, 1 << 20);
	fd = full_pipe(text, n);
	all_lines(fd, &out);
	close(fd);
	is_buf(&out, want, shown_n(text, n));
	for (i = 0; i < COUNT(pieces) && n > 1; i++) {
		buf_clear(&out);
		fd = writer(text, n, pieces[i], &child);
		all_lines(fd, &out);
		close(fd);
		waitpid(child, NULL, 0);
		is_buf(&out, want, "in pieces");
	}
	buf_release(&out);
}

#define LINES(text, want) lines(text, sizeof (text) - 1, want)

static void test_lines(void)
{
	LINES("", "");
	LINES("a", "1[a]");
	LINES("a\n", "1[a]");
	LINES("a\nb", "1[a]2[b]");
	LINES("a\n\n\nb\n", "1[a]2[]3[]4[b]");
	LINES("\n", "1[]");
	LINES("a\r\nb\rc\n", "1[a\r]2[b\rc]");
	LINES("\xEF\xBB\xBF" "a\n\xEF\xBB\xBF" "b\n", "1[a]2[\xEF\xBB\xBF" "b]");
	LINES("\xEF\xBB\xBF", "");
	LINES("\xEF\xBB", "1[\xEF\xBB]");
	LINES("\xEF\xBB\n", "1[\xEF\xBB]");
	LINES("\xE2\x80\xA8\x0b\x0c\x85\n", "1[\xE2\x80\xA8\x0b\x0c\x85]");
}

/* Every value as "LINE:value;", what is no JSON as "LINE!offset;". */
static void all_values(int fd, struct buf *out)
{
	struct reader r;
	struct span v;
	struct span_err err;
	enum read_result got;
	int calls = 0;

	reader_init(&r, fd);
	while ((got = reader_value(&r, &v, &err)) != READ_END && got != READ_FAILED && calls++ < 1000) {
		if (got == READ_OK) {
			buf_addf(out, "%ld:", r.line);
			record_splice(out, v);
			buf_addc(out, ';');
		} else if (got == READ_BAD) {
			buf_addf(out, "%ld!%zu;", r.line, err.at);
		} else {
			buf_addf(out, "%ld LONG;", r.line);
		}
	}
	buf_adds(out, got == READ_END ? "" : "FAILED");
	reader_release(&r);
}

static void values(const char *text, size_t n, const char *want)
{
	static const size_t pieces[] = {1, 5, 64};
	struct buf out;
	pid_t child;
	size_t i;
	int fd;

	buf_init(&out, 1 << 20);
	for (i = 0; i < COUNT(pieces); i++) {
		buf_clear(&out);
		fd = writer(text, n, pieces[i], &child);
		all_values(fd, &out);
		close(fd);
		waitpid(child, NULL, 0);
		is_buf(&out, want, shown_n(text, n));
	}
	buf_release(&out);
}

#define VALUES(text, want) values(text, sizeof (text) - 1, want)

static void test_values(void)
{
	VALUES("", "");
	VALUES("\n \r\n\t\n", "");
	VALUES("{}\n[1]\n\"a\"\n", "1:{};2:[1];3:\"a\";");
	VALUES("{}", "1:{};");
	VALUES("\xEF\xBB\xBF{\"a\":1}\r\n\r\n {\"b\":2} \r\n", "1:{\"a\":1};3:{\"b\":2};");
	VALUES("{bad}\n{\"b\":1}\n", "1!1;2:{\"b\":1};");
	VALUES("{\"a\":1}\nplain text\n{\"b\":1}\n", "1:{\"a\":1};2!0;3:{\"b\":1};");
	VALUES("{\"a\":1\n{\"b\":1}\n{\"c\":1}\n", "1!7;2:{\"b\":1};3:{\"c\":1};");
	VALUES("{\"a\":tru\n{\"b\":1}\n", "1!8;2:{\"b\":1};");
	VALUES("{\"a\":\"x\n{\"b\":1}\n", "1!7;2:{\"b\":1};");
	VALUES("{} {}\n{}\n", "1!3;2:{};");
	VALUES("{\"a\":1}\n{\"b\":\n{\"c\":1}\n", "1:{\"a\":1};2!5;3:{\"c\":1};");
	VALUES("{}\n\xFF\xFE\n\"\x01\"\n{}\n", "1:{};2!0;3!1;4:{};");
	VALUES("1\n2\n", "1:1;2:2;");
}

static void test_spread(void)
{
	VALUES("{\n  \"a\": 1\n}\n", "1:{   \"a\": 1 };");
	VALUES("[\n1,\n2\n]\n{\n\"b\":\n2}\n\n3\n", "1:[ 1, 2 ];5:{ \"b\": 2};9:3;");
	VALUES("{\r\n\"a\":\r\n1}\r\n{}\r\n", "1:{  \"a\":  1};4:{};");
	VALUES("{\n\"a\":1}{\"b\":2}\n[\n]", "1:{ \"a\":1};2:{\"b\":2};3:[ ];");
	VALUES("\n\n{\n}\n", "3:{ };");	/* blank lines are no first line */
	VALUES("{\n\"k\":\"\xF0\x9F\x98\x80\xC3\xA9\xE2\x82\xAC \\ud83d\\ude00\"\n}\n", "1:{ \"k\":\"\xF0\x9F\x98\x80\xC3\xA9\xE2\x82\xAC \\ud83d\\ude00\" };");
	VALUES("{\n\"a\": 1,\n", "1!10;");
}

/* A spread value of many thousand characters of four bytes: wherever read(2) cuts, it is one value. */
static void test_spread_characters(void)
{
	struct buf text, out;
	pid_t child;
	int fd, i;

	buf_init(&text, 4 << 20);
	buf_init(&out, 4 << 20);
	buf_adds(&text, "[\n\"");
	for (i = 0; i < 100000; i++)
		buf_adds(&text, i % 7 ? "\xF0\x9F\x98\x80" : "\xC3\xA9");
	buf_adds(&text, "\"\n]\n7\n");
	fd = writer(text.data, text.len, 8191, &child);
	all_values(fd, &out);
	close(fd);
	waitpid(child, NULL, 0);
	ok(out.len > 300000 && strncmp(out.data, "1:[ \"", 5) == 0 && strstr(out.data, "\" ];4:7;") != NULL,
	    "a large value over three lines");
	buf_release(&text);
	buf_release(&out);
}

static FILE *sparse(size_t zeros, const char *before, const char *after)
{
	FILE *f = tmpfile();

	if (f == NULL || fputs(before, f) < 0 || fseek(f, (long)zeros, SEEK_CUR) != 0 || fputs(after, f) < 0 ||
	    fflush(f) != 0 || lseek(fileno(f), 0, SEEK_SET) != 0)
		exit(1);
	return f;
}

/* READ_LONG for more than MAX_RECORD, and the line behind it is read. */
static void test_long_lines(void)
{
	static const struct { size_t zeros; const char *before; int is_long; } t[] = {
		{65UL << 20, "", 1}, {MAX_RECORD, "", 0}, {MAX_RECORD + 1, "", 1}, {MAX_RECORD, "\n", 0}, {MAX_RECORD + 9, "{}\n", 1},
		{MAX_RECORD + 30000, "", 1},
	};
	struct reader r;
	struct span line;
	enum read_result got;
	size_t i;

	for (i = 0; i < COUNT(t); i++) {
		FILE *f = sparse(t[i].zeros, t[i].before, "\n{\"next\":1}\nlast");

		reader_init(&r, fileno(f));
		if (t[i].before[0] != '\0')
			reader_line(&r, &line);
		got = reader_line(&r, &line);
		ok(got == (t[i].is_long ? READ_LONG : READ_OK), "a line of %zu bytes (%d)", t[i].zeros, got);
		ok(got == READ_LONG || line.n == t[i].zeros, "is whole or passed over");
		got = reader_line(&r, &line);
		ok(got == READ_OK && span_is(line, "{\"next\":1}") && r.line == (t[i].before[0] ? 3 : 2), "the next line is read");
		ok(reader_line(&r, &line) == READ_OK && span_is(line, "last"), "and the last");
		ok(reader_line(&r, &line) == READ_END && reader_line(&r, &line) == READ_END, "the end stays the end");
		reader_release(&r);
		fclose(f);
	}
}

static void test_long_last(void)
{
	FILE *f = sparse(MAX_RECORD + 70000, "{}\n", "");
	struct reader r;
	struct span v;
	struct span_err err;

	if (ftruncate(fileno(f), (off_t)MAX_RECORD + 70000) != 0)
		exit(1);
	reader_init(&r, fileno(f));
	ok(reader_value(&r, &v, &err) == READ_OK, "a value");
	ok(reader_value(&r, &v, &err) == READ_LONG && r.line == 2, "a long line without an end");
	ok(reader_value(&r, &v, &err) == READ_END, "then the end");
	reader_release(&r);
	fclose(f);
}

static void test_failures(void)
{
	struct reader r;
	struct span line, v;
	struct span_err err;
	int dir = open("/", O_RDONLY);

	reader_init(&r, dir);
	ok(reader_line(&r, &line) == READ_FAILED && r.error == EISDIR, "a directory");
	reader_release(&r);
	close(dir);
	reader_init(&r, -1);
	ok(reader_value(&r, &v, &err) == READ_FAILED && r.error == EBADF, "no descriptor");
	ok(reader_peek(&r, 1, &v) == -1 && reader_bytes(&r, &v) == READ_FAILED, "neither bytes");
	reader_release(&r);
}

static void test_drained(void)
{
	struct reader r;
	struct span line;
	int p[2];

	if (pipe(p) != 0)
		exit(1);
	reader_init(&r, p[0]);
	ok(reader_drained(&r) == -1, "an open, empty pipe can't tell");
	ok(write(p[1], "1\n2\n", 4) == 4 && reader_drained(&r) == 0, "something to read");
	ok(reader_line(&r, &line) == READ_OK && span_is(line, "1"), "the first line, though the pipe is open");
	ok(reader_drained(&r) == 0, "a line is left in the buffer");
	ok(reader_line(&r, &line) == READ_OK && span_is(line, "2"), "the second");
	ok(reader_drained(&r) == -1, "nothing there, nothing closed");
	close(p[1]);
	ok(reader_drained(&r) == 1, "closed");
	ok(reader_line(&r, &line) == READ_END && reader_drained(&r) == 1, "at the end");
	reader_release(&r);
	close(p[0]);
}

/* A line is handed out as soon as it is there: who waits for our answer may send one byte and a LF. */
static void test_short_line(void)
{
	struct reader r;
	struct span line;
	int p[2];

	if (pipe(p) != 0)
		exit(1);
	reader_init(&r, p[0]);
	fflush(stdout);
	signal(SIGALRM, SIG_DFL);
	alarm(20);	/* ends the program */
	ok(write(p[1], "1\n", 2) == 2 && reader_line(&r, &line) == READ_OK && span_is(line, "1"), "a line of one byte");
	alarm(0);
	close(p[1]);
	close(p[0]);
	reader_release(&r);
}

static volatile sig_atomic_t stopped;

static void on_alarm(int sig)
{
	(void)sig;
	stopped = 1;
}

static void test_stop(void)
{
	struct sigaction action;
	struct reader r;
	struct span line;
	enum read_result got;
	int p[2];

	if (pipe(p) != 0)
		exit(1);
	memset(&action, 0, sizeof action);
	action.sa_handler = on_alarm;
	sigaction(SIGALRM, &action, NULL);
	reader_init(&r, p[0]);
	r.stop = &stopped;
	alarm(1);
	got = reader_line(&r, &line);
	ok(got == READ_END && stopped, "a signal ends the reading (%d)", got);
	reader_release(&r);
	signal(SIGALRM, SIG_DFL);
	close(p[0]);
	close(p[1]);
}

static void test_bytes(void)
{
	struct reader r;
	struct span b;
	int fd = full_pipe("abcdef\ng", 8);

	reader_init(&r, fd);
	ok(reader_peek(&r, 3, &b) == 0 && b.n >= 3 && memcmp(b.p, "abc", 3) == 0, "peek");
	ok(reader_peek(&r, 100, &b) == 0 && span_is(b, "abcdef\ng"), "all there is");
	ok(reader_line(&r, &b) == READ_OK && span_is(b, "abcdef"), "they stay");
	ok(reader_bytes(&r, &b) == READ_OK && span_is(b, "g"), "the rest");
	ok(reader_bytes(&r, &b) == READ_END && reader_peek(&r, 1, &b) == 0 && b.n == 0, "the end");
	reader_release(&r);
	close(fd);
}

static void test_places(void)
{
	struct reader r;
	char place[40], small[8];

	reader_init(&r, 0);
	r.line = 18;
	reader_place(&r, "mails.csv", 18, place, sizeof place);
	is(place, "mails.csv:18: ", "a file");
	reader_place(&r, NULL, 17, place, sizeof place);
	is(place, "line 18: ", "standard input");
	reader_place(&r, NULL, 18, place, sizeof place);
	is(place, "", "where the ordinal says it");
	reader_place(&r, "a long name", 1, small, sizeof small);
	ok(strlen(small) < sizeof small, "a small place");
	reader_release(&r);
}

static void test_pieces_of_records(void)
{
	static const char *const skip[] = {"a", "id", NULL};
	struct buf out;

	is_span(record_error(json("{\"error\":{\"code\":\"x\"}}")), "{\"code\":\"x\"}", "an error");
	ok(record_error(json("{\"error\":null}")).p == NULL && record_error(json("{\"error\":{\"code\":7}}")).p == NULL &&
	    record_error(json("{\"error\":\"x\"}")).p == NULL && record_error(json("{}")).p == NULL &&
	    record_error(json("[1]")).p == NULL, "no errors");
	buf_init(&out, 1000);
	record_splice(&out, json("{\n \"a\\n\" :\r\n\t1.0 }"));
	is_buf(&out, "{  \"a\\n\" :  \t1.0 }", "line breaks become blanks, the rest stays");
	buf_clear(&out);
	buf_adds(&out, "x\ny");
	record_splice(&out, json("[1,\n2]"));
	is_buf(&out, "x\ny[1, 2]", "what was there stays");
	buf_clear(&out);
	record_rest(&out, json("{ \"a\":1, \"b\" :\n2, \"\\u0069d\":3,\"c\":{\"a\":1} ,\"b\":1e2}"), skip);
	is_buf(&out, ",\"b\" : 2,\"c\":{\"a\":1},\"b\":1e2", "the rest of an object, spelt as it was");
	buf_clear(&out);
	record_rest(&out, json("{\"a\":1}"), skip);
	record_rest(&out, json("{}"), skip);
	is_buf(&out, "", "nothing left");
	buf_release(&out);
}

static int entries(const char *dir)
{
	char command[200];
	int n = -1;
	FILE *f;

	snprintf(command, sizeof command, "ls -A %s | wc -l", dir);
	if ((f = popen(command, "r")) == NULL || fscanf(f, "%d", &n) != 1)
		n = -1;
	if (f != NULL)
		pclose(f);
	return n;
}

static void has(const char *path, const char *want, const char *name)
{
	char text[100] = "";
	FILE *f = fopen(path, "r");

	if (f != NULL) {
		text[fread(text, 1, sizeof text - 1, f)] = '\0';
		fclose(f);
	}
	is(text, want, name);
}

static int out_once(const char *path, const char *text, int good)
{
	struct buf line;
	struct out o;
	int got;

	buf_init(&line, 1000);
	buf_adds(&line, text);
	if (out_open(&o, path) != 0) {
		buf_release(&line);
		return out_close(&o, good) == 0 ? 0 : -o.error;
	}
	out_line(&o, &line);
	got = out_close(&o, good);
	buf_release(&line);
	return got;
}

static void test_out_files(const char *dir)
{
	char path[200], sub[220];
	struct stat st;

	snprintf(path, sizeof path, "%s/out.jsonl", dir);
	umask(027);
	ok(out_once(path, "{}", 1) == 0, "a file");
	has(path, "{}\n", "its line");
	ok(stat(path, &st) == 0 && (st.st_mode & 07777) == 0640 && entries(dir) == 1, "mode by umask, nothing beside it");
	umask(0);
	ok(out_once(path, "{\"b\":1}", 1) == 0 && stat(path, &st) == 0 && (st.st_mode & 07777) == 0666, "by another umask");
	umask(022);
	has(path, "{\"b\":1}\n", "in place of the old one");
	out_once(path, "{\"half\":", 0);
	has(path, "{\"b\":1}\n", "not good: the old one stays");
	ok(entries(dir) == 1, "and the temporary file is gone");
	snprintf(sub, sizeof sub, "%s/none/out", dir);
	ok(out_once(sub, "x", 1) == -ENOENT, "no such directory");
	ok(out_once(dir, "x", 1) == -EISDIR, "a directory");
	ok(entries(dir) == 1, "nothing is left of either");
	unlink(path);
}

static void test_out_line(void)
{
	struct out o = {.fd = -1};
	struct buf line;
	int p[2];

	buf_init(&line, 10);
	buf_adds(&line, "{}");
	o.fd = open("/dev/full", O_WRONLY);
	if (o.fd >= 0) {
		ok(out_line(&o, &line) == -1 && o.error == ENOSPC, "a full device");
		ok(out_write(&o, "x", 1) == -1 && o.error == ENOSPC, "the first error stays");
		close(o.fd);
	} else {
		skip("/dev/full is not there");
	}
	signal(SIGPIPE, SIG_IGN);
	if (pipe(p) != 0)
		exit(1);
	close(p[0]);
	o = (struct out){.fd = p[1]};
	ok(out_write(&o, "x", 1) == -1 && o.error == EPIPE, "a reader that went away");
	ok(out_close(&o, 1) == -1, "closing says so");
	close(p[1]);
	o = (struct out){.fd = open("/dev/null", O_WRONLY)};
	buf_clear(&line);
	buf_adds(&line, "0123456789");
	ok(out_line(&o, &line) == -1 && o.error == ENOMEM, "a buffer without room for the LF");
	close(o.fd);
	buf_release(&line);
}

/* What is in the pipe now. */
static void holds(int fd, const char *want, const char *name)
{
	char text[200];
	ssize_t n = 0;
	struct pollfd ready = {fd, POLLIN, 0};

	if (poll(&ready, 1, 0) > 0)
		n = read(fd, text, sizeof text - 1);
	text[n > 0 ? n : 0] = '\0';
	is(text, want, name);
}

static int give(struct out *o, const char *text)
{
	struct buf line;
	int bad;

	buf_init(&line, 1 << 20);
	buf_adds(&line, text);
	bad = out_line(o, &line);
	buf_release(&line);
	return bad;
}

/* Held lines are out before more is read, and before a line that is too long to be held. */
static void test_collect(void)
{
	int in[2], to[2];
	struct out o = {0};
	struct reader r;
	struct span line;
	static char large[66000];

	if (pipe(in) != 0 || pipe(to) != 0 || write(in[1], "a\nb\nc", 5) != 5)
		exit(1);
	o.fd = to[1];
	reader_init(&r, in[0]);
	out_collect(&o, &r);
	ok(reader_line(&r, &line) == READ_OK && give(&o, "1") == 0, "a line");
	holds(to[0], "", "is held");
	ok(reader_line(&r, &line) == READ_OK && give(&o, "2") == 0, "another");
	holds(to[0], "", "is held");
	close(in[1]);
	ok(reader_line(&r, &line) == READ_OK, "half a line: more was read");
	holds(to[0], "1\n2\n", "both are out, in one write");
	give(&o, "3");
	out_collect(&o, NULL);
	holds(to[0], "3\n", "the end of collecting");
	give(&o, "4");
	holds(to[0], "4\n", "a write a line again");
	out_collect(&o, &r);
	give(&o, "5");
	ok(fcntl(to[1], F_SETFL, O_NONBLOCK) == 0, "not to hang here");
	memset(large, 'x', sizeof large - 1);
	signal(SIGPIPE, SIG_IGN);
	give(&o, "6");
	close(to[0]);
	ok(give(&o, large) == -1 && o.error == EPIPE, "nobody reads");
	ok(give(&o, "7") == -1, "later lines fail too");
	ok(out_close(&o, 1) == -1, "and closing");
	reader_release(&r);
	close(in[0]);
	close(to[1]);
}

/* A slow reader behind a non-blocking pipe: nothing is lost. */
static void test_non_blocking(void)
{
	struct out o = {.fd = -1};
	char block[3000];
	long sum = 0;
	ssize_t n;
	pid_t child;
	int p[2], i, status = 0;

	fflush(stdout);
	if (pipe(p) != 0 || (child = fork()) < 0)
		exit(1);
	if (child == 0) {
		struct timespec nap = {0, 2000000};

		close(p[1]);
		while ((n = read(p[0], block, sizeof block)) > 0) {
			sum += n;
			nanosleep(&nap, NULL);
		}
		_exit(sum == 100L * 3000 ? 0 : 1);
	}
	close(p[0]);
	fcntl(p[1], F_SETFL, fcntl(p[1], F_GETFL) | O_NONBLOCK);
	o.fd = p[1];
	memset(block, 'x', sizeof block);
	for (i = 0; i < 100; i++)
		out_write(&o, block, sizeof block);
	close(p[1]);
	waitpid(child, &status, 0);
	ok(o.error == 0 && status == 0, "all bytes through a non-blocking pipe");
}

int main(void)
{
	char dir[] = "/tmp/fb-record-XXXXXX";

	test_lines();
	test_values();
	test_spread();
	test_spread_characters();
	test_long_lines();
	test_long_last();
	test_failures();
	test_drained();
	test_short_line();
	test_stop();
	test_bytes();
	test_places();
	test_pieces_of_records();
	if (mkdtemp(dir) == NULL) {
		perror(dir);
		return 1;
	}
	test_out_files(dir);
	ok(rmdir(dir) == 0, "the directory is empty again");
	test_out_line();
	test_collect();
	test_non_blocking();
	return done();
}
