#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "digest.h"
#include "donetable.h"
#include "help.h"
#include "journal.h"
#include "record.h"
#include "tap.h"

enum { A = 1000, B, C, D };	/* digests of bodies */

static char dir[64], path[512];

static void put_file(const char *text, size_t n)
{
	FILE *f = fopen(path, "wb");

	if (f == NULL || fwrite(text, 1, n, f) != n || fclose(f) != 0)
		exit(1);
}

static void get_file(const char *name, struct buf *text)
{
	FILE *f = fopen(name, "rb");
	char part[4096];
	size_t n;

	buf_clear(text);
	while (f != NULL && (n = fread(part, 1, sizeof part, f)) > 0)
		buf_add(text, part, n);
	if (f != NULL)
		fclose(f);
}

static int files_there(void)
{
	char cmd[128];
	FILE *f;
	int n = -1;

	snprintf(cmd, sizeof cmd, "ls -A %s | wc -l", dir);
	if ((f = popen(cmd, "r")) != NULL) {
		if (fscanf(f, "%d", &n) != 1)
			n = -1;
		pclose(f);
	}
	return n;
}

/* A record's line; error: its code, or NULL for a good one. */
static void record(struct buf *out, const char *id, const char *ref, uint64_t body, const char *error)
{
	buf_addf(out, "{\"id\":\"fb-%016llx\",\"custom_id\":%s,", (unsigned long long)body, id);
	if (error == NULL)
		buf_adds(out, "\"response\":{\"status_code\":200,\"body\":{\"custom_id\":\"x\"}},\"error\":null");
	else
		buf_addf(out, "\"response\":null,\"error\":{\"code\":\"%s\",\"message\":\"m\"}", error);
	buf_addf(out, ",\"route\":{\"ref\":%s},\"digest\":\"%016llx\",\"attempts\":[]}\n", ref, (unsigned long long)body);
}

static int opened(struct journal *j)
{
	struct fault f;
	int status;

	if (journal_open(j, path, &status, &f) == 0)
		return 1;
	printf("# %d: %s\n", status, f.message);
	return ok(0, "the journal opens");
}

static enum journal_said ask(struct journal *j, const char *id, uint64_t body, long place, char *new_id)
{
	enum journal_said said;
	struct buf b;

	buf_init(&b, 1000);
	buf_adds(&b, id);
	said = journal_ask(j, &b, span_of("\"p/m\""), body, place);
	if (new_id != NULL)
		snprintf(new_id, 64, "%s", buf_text(&b));
	buf_release(&b);
	return said;
}

static int add(struct journal *j, const char *id, uint64_t body, const char *error)
{
	struct buf line;
	int got;

	buf_init(&line, 10000);
	record(&line, id, "\"p/m\"", body, error);
	got = journal_add(j, buf_text(&line), line.len, 0);
	buf_release(&line);
	return got;
}

static void test_open(void)
{
	struct journal j;
	struct stat st;
	struct fault f;
	int status;
	mode_t mask = umask(0);

	memset(&j, 0, sizeof j);
	ok(journal_close(&j) == 0 && fcntl(0, F_GETFD) >= 0, "one that was never open closes nothing");
	ok(opened(&j), "a new file");
	ok(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600 && st.st_size == 0, "its mode is 0600, whatever the umask");
	ok(add(&j, "\"a\"", A, NULL) == 0 && add(&j, "\"b\"", B, "timeout") == 0 && add(&j, "\"c\"", C, "auth") == 0, "records go in");
	is_buf(&j.last, "\"c\"", "the last safe id");
	ok(journal_add(&j, "{}\n", 3, 0) == EINVAL && journal_add(&j, "{}", 2, 0) == EINVAL && journal_add(&j, "", 0, 0) == EINVAL,
	    "what is no record doesn't, and does no harm");
	ok(journal_close(&j) == 0 && journal_close(&j) == 0, "it closes, twice too");
	ok(opened(&j), "it opens again");
	ok(j.tally.good == 1 && j.tally.bad == 2 && j.tally.again == 1 && tally_status(&j.tally) == 1, "its tally is the whole file's");
	ok(ask(&j, "\"a\"", A, 1, NULL) == JOURNAL_DONE, "a good record is done");
	ok(ask(&j, "\"c\"", C, 2, NULL) == JOURNAL_DONE, "so is a failed one");
	ok(ask(&j, "\"a\"", A, 3, NULL) == JOURNAL_TWICE && ask(&j, "\"a\"", D, 3, NULL) == JOURNAL_TWICE, "an id used twice");
	ok(ask(&j, "\"b\"", D, 3, NULL) == JOURNAL_CHANGED, "another body");
	ok(journal_line_of(&j, span_of("\"b\""), span_of("\"p/m\"")) == 2, "its line is named");
	ok(journal_line_of(&j, span_of("\"b\""), SPAN_NIL) == 0, "of another reference there is none");
	ok(ask(&j, "\"\\u0062\"", B, 4, NULL) == JOURNAL_DONE, "an id's escapes are understood");
	ok(ask(&j, "\"d\"", A, 4, NULL) == JOURNAL_NEW && ask(&j, "\"d\"", A, 4, NULL) == JOURNAL_TWICE, "a new one, once");
	journal_close(&j);
	put_file("", 0);
	unlink(path);
	ok(journal_lock(&j, path, &status, &f) == -1 && status == 3 && access(path, F_OK) != 0, "--retry-failed makes none: %s", f.message);
	ok(journal_open(&j, dir, &status, &f) == -1 && status == 2, "a directory is none: %s", f.message);
	ok(journal_open(&j, "/dev/full", &status, &f) == -1 && status == 2, "nor is a device: %s", f.message);
	ok(journal_open(&j, "/nonexistent/x", &status, &f) == -1 && status == 3, "no such directory: %s", f.message);
	umask(mask);
}

static void test_refs(void)
{
	static const char two[] =
	    "{\"custom_id\":\"a\",\"response\":{},\"error\":null,\"route\":{\"ref\":\"q/last\"},\"attempts\":[{\"ref\":\"p/asked\"},{\"ref\":\"q/x\"}]}\n"
	    "{\"custom_id\":\"b\",\"error\":{\"code\":\"input\",\"retryable\":true}}\n"
	    "{\"custom_id\":\"b\",\"error\":{\"code\":\"timeout\",\"retryable\":false},\"route\":{\"ref\":\"p/m\"}}\n";
	struct journal j;
	struct buf id;

	put_file(two, strlen(two));
	ok(opened(&j), "records of several references");
	ok(j.tally.good == 1 && j.tally.bad == 2 && j.tally.again == 1, "retryable is what the record says");
	buf_init(&id, 100);
	buf_adds(&id, "\"a\"");
	ok(journal_ask(&j, &id, span_of("\"q/last\""), 0, 9) == JOURNAL_NEW, "not what answered");
	ok(journal_ask(&j, &id, span_of("\"p/asked\""), 0, 9) == JOURNAL_DONE, "what was asked counts");
	buf_clear(&id);
	buf_adds(&id, "\"b\"");
	ok(journal_ask(&j, &id, SPAN_NIL, 0, 9) == JOURNAL_DONE, "no reference is one too");
	ok(journal_ask(&j, &id, span_of("\"p/m\""), 0, 9) == JOURNAL_DONE, "the same id with another reference");
	buf_release(&id);
	journal_close(&j);
}

static void test_alien(void)
{
	static const struct { const char *text; long line; } t[] = {
		{"hello\n", 1}, {"hello", 1}, {"{\n}\n", 1}, {"{}\n", 1}, {"{\"a\":1}", 1}, {"\n", 1}, {"[1]\n", 1}, {"{\"custom_id\":1,\"response\":{}}\n", 1},
		{"{\"custom_id\":\"a\",\"method\":\"POST\",\"url\":\"/v1/x\",\"body\":{}}\n", 1}, {"{\"custom_id\":\"a\",\"response\":null,\"error\":null}\n", 1},
		{"{\"custom_id\":\"a\",\"response\":{}}\n{\"custom_id\":\"a\",\"event\":{}}\n", 2},
		{"{\"custom_id\":\"a\",\"response\":{}}\n{\"custom_id\":\"a\",\"res\n{\"custom_id\":\"a\",\"response\":{}}", 2},
		{"\xef\xbb\xbf{\"custom_id\":\"a\",\"response\":{}}\n", 1},
	};
	struct journal j;
	struct buf text;
	struct fault f;
	char want[1024];
	int status;
	size_t i;

	buf_init(&text, 1000);
	for (i = 0; i < COUNT(t); i++) {
		put_file(t[i].text, strlen(t[i].text));
		ok(journal_open(&j, path, &status, &f) == -1 && status == 2, "refused: %s", shown(t[i].text));
		snprintf(want, sizeof want, "%s:%ld: not a response record: is it the right file?", path, t[i].line);
		is(f.message, want, "the message names the line");
		get_file(path, &text);
		is_buf(&text, t[i].text, "and the file is as it was");
	}
	buf_release(&text);
}

/* A file that ends anywhere: whole lines stay, and what was cut is sent again. */
static void test_torn(void)
{
	struct buf all, left, want;
	struct journal j;
	size_t n, whole, lines, good = 0;

	buf_init(&all, 10000);
	buf_init(&left, 10000);
	buf_init(&want, 10000);
	record(&all, "\"a\\u00e9\xc3\xa9\"", "\"p/m\"", A, NULL);
	record(&all, "\"b\"", "\"p/m\"", B, NULL);
	for (n = 0; n <= all.len; n++) {
		put_file(all.data, n);
		for (whole = n; whole > 0 && all.data[whole - 1] != '\n'; whole--)
			;
		lines = (size_t)(whole > 0) + (whole == all.len);
		if (!opened(&j))
			continue;
		good += (size_t)j.cut == n - whole && (size_t)j.tally.good == lines &&
		    ask(&j, "\"a\xc3\xa9\xc3\xa9\"", A, 1, NULL) == (lines > 0 ? JOURNAL_DONE : JOURNAL_NEW) &&
		    ask(&j, "\"b\"", B, 2, NULL) == (lines > 1 ? JOURNAL_DONE : JOURNAL_NEW) &&
		    add(&j, "\"c\"", C, NULL) == 0 && journal_close(&j) == 0;
		get_file(path, &left);
		buf_clear(&want);
		buf_add(&want, all.data, whole);
		record(&want, "\"c\"", "\"p/m\"", C, NULL);
		good += strcmp(buf_text(&left), buf_text(&want)) == 0;
	}
	ok(good == 2 * n, "torn at each of %zu bytes: %zu of %zu good", n, good, 2 * n);
	record(&left, "\"d\"", "\"p/m\"", D, NULL);
	buf_add(&left, "\0\0\0\0", 4);	/* as file systems do after a loss of power */
	put_file(left.data, left.len);
	ok(opened(&j) && j.cut == 4, "a tail of NUL bytes is cut");
	journal_close(&j);
	buf_release(&all);
	buf_release(&left);
	buf_release(&want);
}

/* A child that does `what` with the file; its exit status. */
static int child(int (*what)(void))
{
	int status;
	pid_t pid;

	fflush(stdout);
	if ((pid = fork()) < 0)
		exit(1);
	if (pid == 0)
		_exit(what());
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

static pid_t holder;

static int find_locked(void)
{
	struct journal j;
	struct fault f;
	char want[1024];
	int status, other;

	snprintf(want, sizeof want, "%s: another process (pid %ld) is writing it", path, (long)holder);
	if (journal_open(&j, path, &status, &f) == 0)
		return 100;
	if (journal_lock(&j, path, &other, &f) == 0 || other != 3)
		return 101;
	return strcmp(f.message, want) != 0 ? 102 : status;
}

static int find_free(void)
{
	struct journal j;

	return !opened(&j) || add(&j, "\"z\"", D, NULL) != 0 || journal_close(&j) != 0;
}

static void test_lock(void)
{
	struct replacement r;
	struct journal j;
	struct buf text;
	char other[120];
	struct stat st;

	holder = getpid();
	unlink(path);
	ok(opened(&j), "it is ours");
	ok(child(find_locked) == 3, "a second process is told who has it");
	journal_line_of(&j, span_of("\"a\""), SPAN_NIL);
	ok(child(find_locked) == 3, "also after it was read once more");
	ok(chmod(path, 0640) == 0 && replace_begin(&r, &j.file) == 0, "a replacement");
	ok(child(find_locked) == 3, "meanwhile too");
	replace_add(&r, "", 0);
	ok(replace_commit(&r, &j.file) == 0, "takes its place");
	ok(child(find_locked) == 3, "and the new file is locked as well");
	ok(stat(path, &st) == 0 && (st.st_mode & 0777) == 0640 && files_there() == 1, "its mode is kept, nothing else is left");
	ok(add(&j, "\"a\"", A, NULL) == 0 && journal_close(&j) == 0, "it is written to");
	ok(child(find_free) == 0, "closed, it is free");
	buf_init(&text, 10000);
	record(&text, "\"a\"", "\"p/m\"", A, NULL);
	record(&text, "\"z\"", "\"p/m\"", D, NULL);
	get_file(path, &j.text);
	is_buf(&j.text, buf_text(&text), "both wrote the same file");
	buf_release(&j.text);
	buf_release(&text);
	snprintf(other, sizeof other, "%s/link", dir);
	ok(symlink("run.jsonl", other) == 0 && lockfile_open(&j.file, other, 1, &(int){0}, &(struct fault){F_NONE, 0, NULL, "", ""}) == 0 &&
	    replace_begin(&r, &j.file) == 0 && replace_commit(&r, &j.file) == 0, "through a symbolic link");
	lockfile_close(&j.file);
	ok(lstat(other, &st) == 0 && S_ISLNK(st.st_mode) && stat(path, &st) == 0 && st.st_size == 0, "the file that it names is replaced");
	unlink(other);
}

/* A process that is killed while it writes the replacement, which has the lock; `moved`: the file gets another name then. */
static void leave(int moved, int ready, int wait)
{
	struct replacement r;
	struct journal j;
	char other[520];

	snprintf(other, sizeof other, "%s.moved", path);
	if (!opened(&j) || replace_begin(&r, &j.file) != 0)
		_exit(1);
	replace_add(&r, "half", 4);
	if (moved && rename(path, other) != 0)
		_exit(1);
	if (write(ready, "", 1) != 1 || read(wait, other, 1) > 0)
		_exit(1);
	_exit(0);	/* nothing is cleaned up, as when it is killed */
}

static void test_left(void)
{
	int moved, ready[2], wait[2], status;
	struct replacement r;
	struct journal j;
	char temp[520], other[520], c;
	pid_t pid;

	snprintf(temp, sizeof temp, "%s" REPLACEMENT_SUFFIX, path);
	snprintf(other, sizeof other, "%s.moved", path);
	for (moved = 0; moved < 2; moved++) {
		unlink(path);
		fflush(stdout);
		if (pipe(ready) != 0 || pipe(wait) != 0 || (pid = fork()) < 0)
			exit(1);
		if (pid == 0) {
			close(wait[1]);
			leave(moved, ready[1], wait[0]);
		}
		ok(read(ready[0], &c, 1) == 1 && access(temp, F_OK) == 0, "a replacement is being written");
		if (moved) {
			ok(opened(&j) && access(temp, F_OK) == 0, "a file that took its place is another, but the replacement stays");
			ok(replace_begin(&r, &j.file) == EEXIST && r.fd < 0, "and is in the way");
			replace_abort(&r);
			ok(access(temp, F_OK) == 0 && journal_close(&j) == 0, "still");
		}
		close(wait[0]), close(wait[1]);
		ok(waitpid(pid, &status, 0) == pid && status == 0 && access(temp, F_OK) == 0, "its writer is gone, and left it");
		ok(opened(&j) && access(temp, F_OK) != 0, "the next to open the file removes it");
		ok(replace_begin(&r, &j.file) == 0 && access(temp, F_OK) == 0, "and may write one");
		replace_abort(&r);
		ok(access(temp, F_OK) != 0 && journal_close(&j) == 0, "dropped");
		close(ready[0]), close(ready[1]);
	}
	unlink(other);
	ok(symlink("nowhere", temp) == 0 && opened(&j) && replace_begin(&r, &j.file) == EEXIST, "what is no regular file is let be");
	replace_abort(&r);
	unlink(temp);
	ok(replace_begin(&r, &j.file) == 0 && unlink(temp) == 0 && symlink("nowhere", temp) == 0, "one that another took away");
	ok(replace_commit(&r, &j.file) == EEXIST && unlink(temp) == 0, "takes nobody's place");
	ok(journal_close(&j) == 0 && files_there() == 1, "nothing else is left");
}

/* Processes that all append their own line: one at a time. */
static void test_many(void)
{
	struct journal j;
	struct fault f;
	char id[32];
	int status, i, k, good = 0;
	pid_t pid;

	unlink(path);
	fflush(stdout);
	for (i = 0; i < 8; i++) {
		if ((pid = fork()) < 0)
			exit(1);
		if (pid > 0)
			continue;
		for (k = 0; k < 20; ) {
			if (journal_open(&j, path, &status, &f) != 0)
				continue;
			snprintf(id, sizeof id, "\"%d-%d\"", i, k++);
			j.redo = 1;
			if (ask(&j, id, A, 0, NULL) != JOURNAL_NEW || ask(&j, "\"all\"", (uint64_t)(20 * i + k), 0, NULL) != JOURNAL_NEW ||
			    add(&j, id, A, NULL) != 0 || add(&j, "\"all\"", (uint64_t)(20 * i + k), NULL) != 0 || journal_close(&j) != 0)
				_exit(1);
		}
		_exit(0);
	}
	while ((pid = wait(&status)) > 0)
		good += WIFEXITED(status) && WEXITSTATUS(status) == 0;
	ok(good == 8, "%d of 8 processes went on with it in turn, each replacing the file", good);
	if (opened(&j))
		ok(j.tally.good == 161 && j.stale == 0 && j.cut == 0, "nothing is lost: %ld records", j.tally.good);
	journal_close(&j);
	ok(files_there() == 1, "no temporary file is left");
}

static int fill_up(void)
{
	struct rlimit most = {2000, 2000};
	struct journal j;
	char id[16];
	int i, got = 0;

	signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &most) != 0 || !opened(&j))
		return 1;
	for (i = 0; i < 1000 && got == 0; i++) {
		snprintf(id, sizeof id, "\"n%d\"", i);
		got = add(&j, id, A, NULL);
	}
	if (got != EFBIG || i < 5 || add(&j, "\"x\"", A, NULL) != EFBIG)
		return 2;
	snprintf(id, sizeof id, "\"n%d\"", i - 2);
	if (strcmp(buf_text(&j.last), id) != 0 || j.tally.good != i - 1)
		return 3;
	return journal_close(&j) == EFBIG ? 0 : 4;
}

static int fail_to_replace(void)
{
	struct rlimit most = {600, 600};
	struct journal j;

	signal(SIGXFSZ, SIG_IGN);
	if (!opened(&j) || setrlimit(RLIMIT_FSIZE, &most) != 0)
		return 1;
	j.redo = 1;
	j.stale = 1;
	return journal_close(&j) == EFBIG ? 0 : 2;
}

static void test_full(void)
{
	struct buf before, after;
	struct journal j;
	int i;

	unlink(path);
	i = child(fill_up);
	ok(i == 0, "no room: the first error stays, the last safe id is known, close says it too (%d)", i);
	buf_init(&before, 10000);
	buf_init(&after, 10000);
	get_file(path, &before);
	ok(before.len > 1000 && before.data[before.len - 1] == '\n', "what didn't fit left no half line");
	ok(opened(&j) && j.cut == 0, "it opens again");
	journal_close(&j);
	i = child(fail_to_replace);
	ok(i == 0, "no room for the replacement: an error (%d)", i);
	get_file(path, &after);
	is_buf(&after, buf_text(&before), "the file is as it was");
	ok(files_there() == 1, "no temporary file is left");
	buf_release(&before);
	buf_release(&after);
}

static void test_redo(void)
{
	struct buf text, want;
	struct journal j;
	struct fault f;
	int status;

	buf_init(&text, 10000);
	buf_init(&want, 10000);
	record(&text, "\"a\"", "\"p/m\"", A, "timeout");
	record(&text, "\"b\"", "\"p/m\"", B, NULL);
	record(&text, "\"c\"", "\"p/m\"", C, "auth");
	put_file(text.data, text.len);
	ok(opened(&j), "three records");
	j.redo = 1;
	ok(ask(&j, "\"a\"", D, 1, NULL) == JOURNAL_NEW && ask(&j, "\"a\"", D, 1, NULL) == JOURNAL_TWICE && j.redone == 1, "changed: sent anew");
	ok(ask(&j, "\"b\"", B, 2, NULL) == JOURNAL_DONE && ask(&j, "\"c\"", D, 3, NULL) == JOURNAL_NEW && j.redone == 2, "the others as ever");
	ok(j.tally.bad == 2, "the old records count until then");
	ok(add(&j, "\"a\"", D, NULL) == 0 && j.tally.good == 2 && j.tally.bad == 1 && j.tally.again == 0, "then the new one does");
	ok(journal_close(&j) == 0, "closed");
	record(&want, "\"b\"", "\"p/m\"", B, NULL);
	record(&want, "\"c\"", "\"p/m\"", C, "auth");
	record(&want, "\"a\"", "\"p/m\"", D, NULL);
	get_file(path, &text);
	is_buf(&text, buf_text(&want), "one line a request; what wasn't sent again is kept");
	record(&text, "\"a\"", "\"p/m\"", D, "timeout");	/* the same body, as after a kill */
	put_file(text.data, text.len);
	ok(opened(&j) && j.tally.good == 1 && j.tally.bad == 2 && j.tally.again == 1, "of two lines the later counts");
	ok(journal_close(&j) == 0, "closed without redo");
	get_file(path, &want);
	is_buf(&want, buf_text(&text), "nothing is taken out then");
	ok(journal_lock(&j, path, &status, &f) == 0 && j.tally.bad == 2, "--retry-failed");
	ok(journal_close(&j) == 0, "closed");
	get_file(path, &text);
	is_buf(&text, buf_text(&want), "finds all lines there, also of one id");
	buf_release(&text);
	buf_release(&want);
}

/* One run over inputs whose ids nobody gave; how many were sent. */
static int run(const uint64_t *body, int n, int most)
{
	struct journal j;
	char id[32], got[64];
	int i, sent = 0;

	if (!opened(&j))
		return -1;
	for (i = 0; i < n; i++) {
		snprintf(id, sizeof id, "\"%d\"", i + 1);
		if (ask(&j, id, body[i], i + 1, got) == JOURNAL_DONE)
			continue;
		if (sent++ < most && add(&j, got, body[i], NULL) != 0)
			return -1;
	}
	return journal_close(&j) == 0 ? sent : -1;
}

static void test_shift(void)
{
	static const uint64_t all[] = {A, B, A, C, C, C};
	uint64_t body[8];
	size_t gone, i, n;
	int good = 0;

	for (gone = 0; gone < COUNT(all); gone++) {
		unlink(path);
		good += run(all, COUNT(all), 99) == COUNT(all);
		for (i = n = 0; i < COUNT(all); i++)
			if (i != gone)
				body[n++] = all[i];
		good += run(body, (int)n, 99) == 0;
		good += run(all, COUNT(all), 99) == 0;
	}
	ok(good == 3 * COUNT(all), "any line taken out, none is sent again (%d)", good);
	for (gone = 0; gone <= COUNT(all); gone++) {
		unlink(path);
		run(all, COUNT(all), 99);
		for (i = n = 0; i <= COUNT(all); i++)
			body[n++] = i == gone ? D : all[i - (i > gone)];
		good += run(body, (int)n, 99) == 1 && run(body, (int)n, 99) == 0;
	}
	ok(good == 4 * COUNT(all) + 1, "a line put in anywhere is sent, and no other (%d)", good);
}

/* The file's records: no id twice; how many of each body. */
static int census(int *have, int bodies)
{
	static char seen[1000];
	struct reader r;
	struct span line;
	FILE *f = fopen(path, "rb");
	uint64_t body;
	int good = f != NULL;

	memset(seen, 0, sizeof seen);
	memset(have, 0, (size_t)bodies * sizeof *have);
	if (f == NULL)
		return 0;
	reader_init(&r, fileno(f));
	while (reader_line(&r, &line) == READ_OK) {
		long id = strtol(span_get(line, "custom_id").p + 1, NULL, 10);

		digest_read(span_get(line, "digest"), &body);
		good = good && id > 0 && id < 1000 && seen[id]++ == 0 && body < (uint64_t)bodies;
		if (good)
			have[body]++;
	}
	reader_release(&r);
	fclose(f);
	return good;
}

/* Against a model: a run sends what the file lacks of each body, no more. */
static void test_model(void)
{
	enum { BODIES = 6, MOST = 30 };
	unsigned long long seed = 88172645463325252;
	uint64_t body[MOST];
	int have[BODIES], want[BODIES], after[BODIES];
	int round, turn, i, n = 0, due, most, good = 0, all = 0;

	for (round = 0; round < 150; round++) {
		unlink(path);
		put_file("", 0);
		for (turn = 0; turn < 6; turn++, all++) {
			if (turn == 0 || next_random(&seed) % 4 == 0)
				for (n = 0; n < (int)(next_random(&seed) % MOST); n++)
					body[n] = 1 + next_random(&seed) % (BODIES - 1);
			else if (next_random(&seed) % 2 == 0 && n > 0)	/* one out */
				for (n--, i = (int)(next_random(&seed) % (unsigned)(n + 1)); i < n; i++)
					body[i] = body[i + 1];
			else if (n < MOST)	/* one in the place of another, which goes to the end */
				i = n == 0 ? 0 : (int)(next_random(&seed) % (unsigned)n), body[n++] = body[i],
				    body[i] = 1 + next_random(&seed) % (BODIES - 1);
			most = next_random(&seed) % 2 == 0 ? 99 : (int)(next_random(&seed) % MOST);
			memset(want, 0, sizeof want);
			for (i = 0; i < n; i++)
				want[body[i]]++;
			census(have, BODIES);
			for (i = due = 0; i < BODIES; i++)
				due += want[i] > have[i] ? want[i] - have[i] : 0;
			if (run(body, n, most) != due || !census(after, BODIES))
				break;
			for (i = 0; i < BODIES; i++)
				if (after[i] < have[i] || (most >= due && after[i] < want[i]))
					break;
			good += i == BODIES;
		}
	}
	ok(good == all && all == 900, "random runs with lines taken out, put in, and interrupted: %d of %d", good, all);
}

static void test_places(void)
{
	struct journal j;
	struct buf text, id;
	char got[64], other[64];

	buf_init(&text, 10000);
	record(&text, "\"1\"", "\"p/m\"", A, NULL);
	record(&text, "\"2\"", "\"q/m\"", A, NULL);
	record(&text, "\"7\"", "\"p/m\"", B, NULL);
	record(&text, "\"007\"", "\"p/m\"", C, NULL);
	record(&text, "\"x\"", "\"p/m\"", D, NULL);
	put_file(text.data, text.len);
	ok(opened(&j), "places");
	ok(ask(&j, "\"2\"", D, 2, got) == JOURNAL_NEW, "a given id is not taken for a place's");
	is(got, "\"2\"", "a number that is free is kept");
	ok(ask(&j, "\"3\"", C, 3, got) == JOURNAL_NEW, "nor is 007");
	ok(ask(&j, "\"7\"", B, 4, NULL) == JOURNAL_DONE && ask(&j, "\"7\"", B, 4, NULL) == JOURNAL_TWICE, "a number that was given isn't a place");
	ok(ask(&j, "\"1\"", B, 1, got) == JOURNAL_NEW, "another body in the place of one that is done");
	is(got, "\"8\"", "gets the next number");
	buf_init(&id, 100);
	buf_adds(&id, "\"2\"");
	ok(journal_ask(&j, &id, span_of("\"q/m\""), B, 2) == JOURNAL_NEW, "another reference, as of several routes");
	is_buf(&id, "\"9\"", "is another place");
	ok(ask(&j, "\"2\"", B, 2, other) == JOURNAL_NEW, "and of the same place");
	is(other, "\"9\"", "all references get the same number");
	ok(ask(&j, "\"5\"", A, 5, NULL) == JOURNAL_DONE && ask(&j, "\"6\"", A, 6, NULL) == JOURNAL_NEW, "a body that came once is done once");
	journal_close(&j);
	buf_clear(&text);
	record(&text, "\"999999999999999999\"", "\"p/m\"", A, NULL);
	record(&text, "\"1\"", "\"p/m\"", A, NULL);
	put_file(text.data, text.len);
	ok(opened(&j) && ask(&j, "\"1\"", B, 1, got) == JOURNAL_NEW, "behind the highest number");
	is(got, "\"2\"", "a free one is looked for from 1 on");
	journal_close(&j);
	buf_release(&id);
	buf_release(&text);
}

/* One body 20000 times, each moved by one: not the square of it. */
static void test_linear(void)
{
	enum { N = 20000 };
	struct journal j;
	char id[32];
	int i, done = 0;
	struct buf text;

	buf_init(&text, 64 << 20);
	for (i = 1; i <= N; i++) {
		snprintf(id, sizeof id, "\"%d\"", i);
		record(&text, id, "\"p/m\"", A, NULL);
	}
	put_file(text.data, text.len);
	buf_release(&text);
	if (!opened(&j))
		return;
	for (i = N; i > 0; i--) {
		snprintf(id, sizeof id, "\"%d\"", i + N);
		done += ask(&j, id, A, i + N, NULL) == JOURNAL_DONE;
	}
	ok(done == N && j.spare == 0, "%d of one body, all of them elsewhere: %d done", N, done);
	ok(ask(&j, "\"1\"", A, 1, NULL) == JOURNAL_NEW, "and one more is sent");
	journal_close(&j);
}

static void test_sync(void)
{
	struct journal j;
	char id[64];
	int i;

	unlink(path);
	if (!opened(&j))
		return;
	j.sync = 1;
	ok(journal_add(&j, "{\"custom_id\":\"a\",\"response\":{}}\n", 32, 100) == 0 && j.unsynced == 0, "the first is synced at once");
	for (i = 0; i < 127; i++) {
		snprintf(id, sizeof id, "{\"custom_id\":\"%03d\",\"response\":{}}\n", i);
		journal_add(&j, id, strlen(id), 100.5);
	}
	ok(j.unsynced == 127, "then not for a second");
	ok(journal_tick(&j, 100.9) == 0 && j.unsynced == 127 && journal_tick(&j, 101) == 0 && j.unsynced == 0, "until it has passed");
	for (i = 0; i < 128; i++) {
		snprintf(id, sizeof id, "{\"custom_id\":\"%03d\",\"response\":{}}\n", i);
		journal_add(&j, id, strlen(id), 101.5);
	}
	ok(j.unsynced == 0, "or there are 128 records");
	ok(journal_close(&j) == 0, "closed");
}

static void test_table(void)
{
	enum { N = 1000000 };
	struct donetable t = {NULL, 0, 0};
	uint64_t name;
	size_t i, worst = 0, lost = 0;
	char text[32];
	struct done *d;

	for (i = 0; i < N; i++) {
		snprintf(text, sizeof text, "%zu", i);
		name = done_name(digest(span_of(text)));
		if ((d = donetable_put(&t, name)) == NULL)
			break;
		d->what = i;
		d->who |= i & DONE_FLAGS;
		if (t.n > 100 && t.size * sizeof *d > worst * t.n)
			worst = (t.size * sizeof *d + t.n - 1) / t.n;
	}
	ok(sizeof *d == 16 && worst <= 32, "16 bytes an entry, the table at least half full: at most %zu bytes each", worst);
	ok(t.n == N && t.size * sizeof *d <= (size_t)32 << 20, "%d entries: %zu bytes", N, t.size * sizeof *d);
	for (i = 0; i < N; i++) {
		snprintf(text, sizeof text, "%zu", i);
		d = donetable_find(&t, done_name(digest(span_of(text))));
		lost += d == NULL || d->what != i || (d->who & DONE_FLAGS) != (i & DONE_FLAGS);
	}
	ok(lost == 0, "all are found, with their flags");
	ok(donetable_find(&t, done_name(digest(span_of("x")))) == NULL && done_name(0) != 0, "and no other");
	donetable_release(&t);
}

/* The least that fb-send is, for tests/kill.bats: request records on stdin, answers into the file. */
static int stand_in(void)
{
	struct buf id, line;
	struct reader r;
	struct journal j;
	struct span rec;
	long place = 0;
	int error = 0;

	reader_init(&r, 0);
	buf_init(&id, 1000);
	buf_init(&line, 4 << 20);
	if (!opened(&j))
		return 3;
	while (error == 0 && reader_line(&r, &rec) == READ_OK) {
		struct span body = span_get(rec, "body");

		buf_clear(&id);
		buf_clear(&line);
		record_id(&id, rec, 0, ++place);
		if (journal_ask(&j, &id, span_of("\"p/m\""), digest(body), place) != JOURNAL_NEW)
			continue;
		buf_addf(&line, "{\"custom_id\":%s,\"response\":{\"body\":", buf_text(&id));
		record_splice(&line, body);
		buf_addf(&line, "},\"error\":null,\"route\":{\"ref\":\"p/m\"},\"digest\":\"%016llx\"}\n", (unsigned long long)digest(body));
		error = journal_add(&j, buf_text(&line), line.len, 0);
	}
	reader_release(&r);
	buf_release(&id);
	buf_release(&line);
	return journal_close(&j) != 0 || error != 0 ? 3 : 0;
}

int main(int argc, char **argv)
{
	if (argc == 2) {
		snprintf(path, sizeof path, "%s", argv[1]);
		return stand_in();
	}
	snprintf(dir, sizeof dir, "/tmp/fb-journal.XXXXXX");
	if (mkdtemp(dir) == NULL)
		return 1;
	snprintf(path, sizeof path, "%s/run.jsonl", dir);
	test_open();
	test_refs();
	test_alien();
	test_torn();
	test_lock();
	test_left();
	test_many();
	test_full();
	test_redo();
	test_shift();
	test_model();
	test_places();
	test_linear();
	test_sync();
	test_table();
	unlink(path);
	ok(rmdir(dir) == 0, "nothing is left");
	return done();
}
