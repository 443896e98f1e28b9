#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "csv.h"
#include "help.h"
#include "tap.h"

static struct csv c;

/* "1[a|b]3[c|d]" with the lines where records begin; "2!what is wrong!" for an error. */
static void write_record(struct buf *out, int got)
{
	size_t i;

	if (got < 0) {
		buf_addf(out, "%ld!%s!", c.line, c.err);
		return;
	}
	buf_addf(out, "%ld[", c.line);
	for (i = 0; i < c.nfields; i++) {
		buf_adds(out, i > 0 ? "|" : "");
		buf_add(out, c.field[i].p, c.field[i].n);
	}
	buf_addc(out, ']');
}

/* All records of a text that arrives in pieces of `step` bytes, in memory of its exact size. */
static void records(const char *text, size_t n, size_t step, char delimiter, struct buf *out)
{
	size_t from = 0, have = 0, used;
	char *p;
	int got;

	csv_init(&c, delimiter);
	for (;;) {
		p = exact(text + from, have - from);
		got = csv_record(&c, p, have - from, have == n, &used);
		if (used > have - from)
			ok(0, "more bytes used than there are");
		if (got != 0)
			write_record(out, got);
		free(p);
		from += used;
		if (got == 0 && have == n)
			break;
		if (got == 0)
			have += n - have < step ? n - have : step;
	}
	ok(from == n, "all bytes were used");
	csv_release(&c);
}

static void reads_n(const char *text, size_t n, char delimiter, const char *want)
{
	static const size_t steps[] = {1, 2, 3, 1000000};
	struct buf out;
	size_t i;

	buf_init(&out, 1 << 20);
	for (i = 0; i < COUNT(steps); i++) {
		buf_clear(&out);
		records(text, n, steps[i], delimiter, &out);
		is_buf(&out, want, shown_n(text, n));
	}
	buf_release(&out);
}

static void reads(const char *text, const char *want)
{
	reads_n(text, strlen(text), ',', want);
}

static void test_records(void)
{
	reads("", "");
	reads("a,b\nc,d\n", "1[a|b]2[c|d]");
	reads("a,b\nc,d", "1[a|b]2[c|d]");
	reads("a,b\r\nc,d\r\n", "1[a|b]2[c|d]");
	reads("a,b\r\nc,d\r", "1[a|b]2[c|d]");
	reads("a\rb,c\n", "1[a\rb|c]");
	reads("a\r\r\nb", "1[a\r]2[b]");
	reads("\ra\n", "1[\ra]");
	reads("\n\r\n\na\n\n\nb\n\n", "4[a]7[b]");
	reads("\n", "");
	reads("\r", "");
	reads("\r\n\r", "");
	reads(",", "1[|]");
	reads(",\n,,\n", "1[|]2[||]");
	reads("a,\n", "1[a|]");
	reads(" a , b \n  \n", "1[ a | b ]2[  ]");
	reads("\"\"\n\"\",\"\"\n", "1[]2[|]");
	reads("\"a\",\"b,c\"\n", "1[a|b,c]");
	reads("\"a\"\r\n\"b\"", "1[a]2[b]");
	reads("\"a\"\r", "1[a]");
	reads("\"a\nb\r\n\nc\",d\ne\n", "1[a\nb\r\n\nc|d]5[e]");
	reads("\"a\"\"b\",\"\"\"\",\"\"\"x\"\"\"\"y\"\n", "1[a\"b|\"|\"x\"\"y]");
	reads("x,\"\n\"\n\"\"\"\"", "1[x|\n]3[\"]");
	reads("\xC3\xA9,\xF0\x9F\x98\x80\n", "1[\xC3\xA9|\xF0\x9F\x98\x80]");
}

static void test_marks(void)
{
	reads("\xEF\xBB\xBF" "a,b\n", "1[a|b]");
	reads("\xEF\xBB\xBF\"a\",b\n", "1[a|b]");
	reads("\xEF\xBB\xBF\n\na", "3[a]");
	reads("\xEF\xBB\xBF", "");
	reads("\xEF\xBB", "1[\xEF\xBB]");
	reads("\xEF\xBB,a\n", "1[\xEF\xBB|a]");
	reads("a\n\xEF\xBB\xBF" "b\n", "1[a]2[\xEF\xBB\xBF" "b]");
	reads("\xEF\xBB\xBF\xEF\xBB\xBF", "1[\xEF\xBB\xBF]");
}

static void test_delimiters(void)
{
	reads_n("a\tb\n\"c\td\"\te,f\n", 14, '\t', "1[a|b]2[c\td|e,f]");
	reads_n("a;b,c;\n", 7, ';', "1[a|b,c|]");
	reads_n("a b\n", 4, ' ', "1[a|b]");
	reads_n("\t\t\n", 3, '\t', "1[||]");
	ok(csv_delimiter(',') && csv_delimiter('\t') && csv_delimiter('|') && csv_delimiter('\x1f') && csv_delimiter('\x7f'), "delimiters");
	ok(!csv_delimiter('"') && !csv_delimiter('\n') && !csv_delimiter('\r') && !csv_delimiter('\0') &&
	    !csv_delimiter('\x80') && !csv_delimiter('\xA7'), "no delimiters");
}

static void test_faults(void)
{
	reads("a,b\"c\nd,e\n", "1!a quote inside a field that isn't quoted (field 2)!2[d|e]");
	reads("a, \"b\"\nd,e\n", "1!a quote inside a field that isn't quoted (field 2)!2[d|e]");
	reads("a\"", "1!a quote inside a field that isn't quoted (field 1)!");
	reads("a\"\r\n\nb", "1!a quote inside a field that isn't quoted (field 1)!3[b]");
	reads("\"a\"b,c\nd\n", "1!text behind the quoted field that begins in line 1!2[d]");
	reads("\"a\" ,c\nd\n", "1!text behind the quoted field that begins in line 1!2[d]");
	reads("\"a\"\rb\nd\n", "1!text behind the quoted field that begins in line 1!2[d]");
	reads("a\nb,\"c\nd\n", "1[a]2!the quoted field that begins in line 2 doesn't end!3[d]");
	reads("\"", "1!the quoted field that begins in line 1 doesn't end!");
	reads("\"a\"\"", "1!the quoted field that begins in line 1 doesn't end!");
	reads("\"1\n2\",\"3\n4\n5",
	    "1!the quoted field that begins in line 2 doesn't end!2!a quote inside a field that isn't quoted (field 1)!3[4]4[5]");
	/* one stray quote costs its own line */
	reads("a,\"b\nc,d\ne,\"f\"\ng,h\n",
	    "1!text behind the quoted field that begins in line 1 and ends in line 3!2[c|d]3[e|f]4[g|h]");
}

static void test_limits(void)
{
	char text[3 * CSV_FIELDS];
	size_t used, i;

	memset(text, ',', sizeof text);
	csv_init(&c, ',');
	text[CSV_FIELDS - 1] = '\n';
	ok(csv_record(&c, text, CSV_FIELDS, 0, &used) == 1 && c.nfields == CSV_FIELDS && used == CSV_FIELDS, "the most fields");
	text[CSV_FIELDS - 1] = ',';
	text[CSV_FIELDS] = '\n';
	ok(csv_record(&c, text, CSV_FIELDS + 2, 0, &used) == -1 && used == CSV_FIELDS + 1 && c.nfields == 0, "one more");
	is(c.err, "more fields than a row may have (field 4097)", "says so");
	ok(csv_record(&c, "a\n", 2, 0, &used) == 1 && c.line == 3, "the next one is read");
	/* an error before the line's end has come: the rest is passed over when it does */
	ok(csv_record(&c, "a\"b", 3, 0, &used) == -1 && used == 3, "an error in a line that is coming");
	ok(csv_record(&c, "\"c,", 3, 0, &used) == 0 && used == 3, "its rest");
	ok(csv_record(&c, "x\n\ny\n", 5, 0, &used) == 1 && used == 5 && c.line == 6 && span_is(c.field[0], "y"), "the next line");
	for (i = 0; i < 2; i++)
		ok(csv_record(&c, NULL, 0, (int)i, &used) == 0 && used == 0, "no bytes");
	csv_release(&c);
}

/* Records over the limit; all bytes at once, since only their number matters. */
static void test_large(void)
{
	size_t n = MAX_RECORD + 100, used;
	char *text = malloc(n);

	if (text == NULL)
		exit(1);
	csv_init(&c, ',');
	memset(text, 'x', n);
	ok(csv_record(&c, text, n, 0, &used) == -1 && used == n, "a line that is too long");
	is(c.err, "a row over 64 MB", "says so");
	memcpy(text + 10, "\na\nb\n", 5);
	ok(csv_record(&c, text, 15, 0, &used) == 1 && used == 13 && c.line == 2, "the next line");
	memset(text, 'x', n);
	text[0] = '"';
	text[50] = text[60] = '\n';
	ok(csv_record(&c, text, n, 0, &used) == -1 && used == 51, "a quoted field that is too long costs one line");
	is(c.err, "the quoted field that begins in line 3 doesn't end, at least not within the most that a record may have", "says so");
	ok(csv_record(&c, text + 51, 20, 0, &used) == 1 && used == 10 && c.line == 4, "the line behind it");
	text[50] = text[60] = 'x';
	text[MAX_RECORD - 1] = '"';
	text[MAX_RECORD] = '\n';
	ok(csv_record(&c, text, n, 0, &used) == 1 && c.nfields == 1 && c.field[0].n == MAX_RECORD - 2, "the longest record");
	text[1] = text[2] = '"';
	ok(csv_record(&c, text, n, 0, &used) == 1 && c.field[0].n == MAX_RECORD - 3 && c.field[0].p[0] == '"', "and decoded");
	csv_release(&c);
	free(text);
}

/* A child that writes the text in pieces. */
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

static void from_reader(const char *text, size_t piece, int lines_first, const char *want)
{
	struct reader r;
	struct span line;
	struct buf out;
	enum read_result got;
	pid_t child;
	int fd = writer(text, strlen(text), piece, &child);

	buf_init(&out, 1 << 20);
	reader_init(&r, fd);
	csv_init(&c, ',');
	while (lines_first-- > 0)
		reader_line(&r, &line);
	while ((got = csv_read(&c, &r)) == READ_OK || got == READ_BAD) {
		write_record(&out, got == READ_OK ? 1 : -1);
		if (r.line != c.line)
			ok(0, "the reader's line is the record's");
	}
	ok(got == READ_END, "the end");
	is_buf(&out, want, shown(text));
	csv_release(&c);
	reader_release(&r);
	buf_release(&out);
	close(fd);
	waitpid(child, NULL, 0);
}

static void test_reader(void)
{
	static const size_t pieces[] = {1, 2, 5, 1000};
	size_t i;

	for (i = 0; i < COUNT(pieces); i++) {
		from_reader("", pieces[i], 0, "");
		from_reader("\xEF\xBB\xBF" "a,b\r\n\r\n\"c\nd\"\"\",e\n\"f\ng\n", pieces[i], 0,
		    "1[a|b]3[c\nd\"|e]5!the quoted field that begins in line 5 doesn't end!6[g]");
		from_reader("{}\n\n\xEF\xBB\xBF" "a\n\n\"b\"", pieces[i], 2, "3[\xEF\xBB\xBF" "a]5[b]");
		from_reader("a\nb\"\nc", pieces[i], 0, "1[a]2!a quote inside a field that isn't quoted (field 1)!3[c]");
	}
}

/* A row is handed out as soon as its line end is there. */
static void test_soon(void)
{
	struct reader r;
	int p[2];

	if (pipe(p) != 0 || write(p[1], "a,\"b\"\n", 6) != 6)
		exit(1);
	reader_init(&r, p[0]);
	csv_init(&c, ',');
	ok(csv_read(&c, &r) == READ_OK && c.nfields == 2, "a row before the next one comes");
	if (write(p[1], "\nc\n", 3) != 3)
		exit(1);
	ok(csv_read(&c, &r) == READ_OK && c.line == 3, "the next");
	close(p[1]);
	ok(csv_read(&c, &r) == READ_END, "the end");
	ok(csv_read(&c, &r) == READ_END, "still the end");
	csv_release(&c);
	reader_release(&r);
	close(p[0]);
	reader_init(&r, p[0]);
	csv_init(&c, ',');
	ok(csv_read(&c, &r) == READ_FAILED && r.error != 0, "a failed read");
	csv_release(&c);
	reader_release(&r);
}

static int head(const char *text)
{
	size_t used;

	csv_init(&c, ',');
	if (csv_record(&c, text, strlen(text), 1, &used) != 1)
		ok(0, "the test's own head is bad");
	return csv_head(&c);
}

static void bad_head(const char *text, const char *why)
{
	ok(head(text) == -1 && c.nnames == 0, "%s: no head", shown(text));
	is(c.err, why, "says so");
	csv_release(&c);
}

static void test_head(void)
{
	size_t used;

	ok(head("id,\"mail \"\"text\"\"\",x") == 0 && c.nnames == 3, "a head");
	is(c.name[1], "mail \"text\"", "a name");
	ok(csv_column(&c, "x") == 2 && csv_column(&c, "id") == 0 && csv_column(&c, "ID") == -1 && csv_column(&c, "") == -1, "columns");
	ok(csv_record(&c, "1,2", 3, 1, &used) == 1 && c.nfields == 2 && c.nnames == 3, "a row behind it");
	ok(csv_head(&c) == 0 && c.nnames == 2, "another head");
	csv_release(&c);
	bad_head("a,,b", "the head row: the name of column 2 is empty");
	bad_head("a,b,c,b", "the head row: columns 2 and 4 have the same name, b");
	bad_head("a,b\xE9", "the head row: the name of column 2 isn't UTF-8 text");
	bad_head("a,b\rc,d", "the head row: the name of column 2 has a CR in it; lines end with LF or CRLF");
	bad_head("1234567890123456789012345678901234567890123456789012345678\xC3\xA9\xC3\xA9" "0,"
	    "1234567890123456789012345678901234567890123456789012345678\xC3\xA9\xC3\xA9" "0",
	    "the head row: columns 1 and 2 have the same name, "
	    "1234567890123456789012345678901234567890123456789012345678\xC3\xA9...");
	csv_init(&c, ',');
	ok(csv_record(&c, "a\0b\n", 4, 1, &used) == 1 && csv_head(&c) == -1, "a NUL in a name");
	csv_release(&c);
}

static void quotes(const char *text, char delimiter, const char *want)
{
	char *p = exact(text, strlen(text));
	struct buf out;

	buf_init(&out, 1000);
	csv_quote(&out, p, strlen(text), delimiter, 0);
	is_buf(&out, want, shown(text));
	buf_release(&out);
	free(p);
}

static void test_quote(void)
{
	struct buf out;

	quotes("", ',', "");
	quotes("a b", ',', "a b");
	quotes("a,b", ',', "\"a,b\"");
	quotes("a,b", '\t', "a,b");
	quotes("a\tb", '\t', "\"a\tb\"");
	quotes("a\nb", ',', "\"a\nb\"");
	quotes("a\r", ',', "\"a\r\"");
	quotes("\"", ',', "\"\"\"\"");
	quotes("\"a\"b\"\"", ',', "\"\"\"a\"\"b\"\"\"\"\"");
	quotes("\xEF\xBB\xBF", ',', "\"\xEF\xBB\xBF\"");
	buf_init(&out, 10);
	csv_quote(&out, "", 0, ',', 1);
	is_buf(&out, "\"\"", "the only field, empty");
	buf_clear(&out);
	csv_quote(&out, "", 0, ',', 0);
	is_buf(&out, "", "nothing");
	csv_quote(&out, "\"\"\"\"\"\"\"", 7, ',', 0);
	ok(out.failed, "over the buffer's limit");
	buf_release(&out);
}

/* What is written is read back. */
static void test_round(void)
{
	static const char alphabet[] = "ab,\"\n\r\xC3\xA9 \t";
	unsigned long long seed = 42;
	char text[4][8];
	size_t n[4], k, i, m, used, wrong = 0;
	struct buf out;
	int round;

	buf_init(&out, 1000);
	csv_init(&c, ',');
	for (round = 0; round < 5000; round++) {
		buf_clear(&out);
		k = next_random(&seed) % 4 + 1;
		for (i = 0; i < k; i++) {
			n[i] = next_random(&seed) % 8;
			for (m = 0; m < n[i]; m++)
				text[i][m] = alphabet[next_random(&seed) % (sizeof alphabet - 1)];
			buf_adds(&out, i > 0 ? "," : "");
			csv_quote(&out, text[i], n[i], ',', k == 1);
		}
		buf_adds(&out, round % 2 != 0 ? "\r\n" : "\n");
		wrong += csv_record(&c, buf_text(&out), out.len, 0, &used) != 1 || used != out.len || c.nfields != k;
		for (i = 0; i < k && i < c.nfields; i++)
			wrong += c.field[i].n != n[i] || memcmp(c.field[i].p, text[i], n[i]) != 0;
	}
	ok(wrong == 0, "5000 rows written and read back, %zu differ", wrong);
	csv_release(&c);
	buf_release(&out);
}

int main(void)
{
	test_records();
	test_marks();
	test_delimiters();
	test_faults();
	test_limits();
	test_large();
	test_reader();
	test_soon();
	test_head();
	test_quote();
	test_round();
	return done();
}
