/* diff.c - what is different between two values, line by line. */
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "diff.h"
#include "help.h"

static const struct {
	const char *before, *after, *want;
} rows[] = {
	{"{\"a\":1,\"b\":2}", "{\"a\":1,\"b\":2}", ""},
	{"{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", ""},
	{"{\"a\":1,\"b\":2}", "{\"c\":0,\"a\":3}", "~ a\n- b\n+ c\n"},
	{"{}", "{\"a\":1}", "+ a\n"},
	{"{\"a\":1}", "{}", "- a\n"},
	{"{\"ab\":1,\"a\":1}", "{\"a\":1,\"abc\":1}", "- ab\n+ abc\n"},
	{"{\"a\":{\"b\":[1,{\"c\":2}]}}", "{\"a\":{\"b\":[1,{\"c\":3},4]}}", "~ a.b[1].c\n+ a.b[2]\n"},
	{"[1,2,3]", "[1]", "- [1]\n- [2]\n"},
	{"{\"a\":[]}", "{\"a\":{}}", "~ a\n"},
	{"{\"a b\":1}", "{}", "- [\"a b\"]\n"},
	{"1", "2", "~ the whole\n"},
	/* Of members with one name the last one counts. */
	{"{\"a\":1}", "{\"a\":2,\"a\":1}", ""},
	{"{\"a\":1}", "{\"a\":1,\"z\":0,\"a\":2}", "~ a\n+ z\n"},
	{"{\"a\":1,\"b\":0,\"a\":2}", "{\"a\":2}", "~ a\n- b\n"},
};

static void differences(void)
{
	struct buf out;
	size_t i;

	buf_init(&out, MAX_RECORD);
	for (i = 0; i < COUNT(rows); i++) {
		buf_clear(&out);
		diff_write(&out, json(rows[i].before), json(rows[i].after));
		is_buf(&out, rows[i].want, shown(rows[i].before));
	}
	buf_release(&out);
}

/* An object of n members: from the first to the last, or the other way round. */
static struct span members(struct buf *text, int n, int back, const char *value)
{
	int i;

	for (i = 0; i < n; i++)
		buf_addf(text, "%c\"k%d\":%s", i == 0 ? '{' : ',', back ? n - 1 - i : i, value);
	buf_addc(text, '}');
	return (struct span){buf_text(text), text->len};
}

/*
 * Members of one object are not looked for one by one among the other's: for
 * these that would be 4e10 steps, more than any machine does in this time.
 */
static void many(void)
{
	enum { N = 200000, SECONDS = 20 };
	struct rlimit limit = {SECONDS, SECONDS};
	struct buf a, b, out;
	int status;
	pid_t pid;

	fflush(stdout);
	if ((pid = fork()) == 0) {
		setrlimit(RLIMIT_CPU, &limit);
		buf_init(&a, MAX_RECORD);
		buf_init(&b, MAX_RECORD);
		buf_init(&out, MAX_RECORD);
		diff_write(&out, members(&a, N, 0, "1"), members(&b, N, 1, "2"));
		status = strncmp(buf_text(&out), "~ k0\n~ k1\n~ k2\n", 15) == 0;
		buf_release(&a);
		buf_release(&b);
		buf_release(&out);
		_exit(status ? 0 : 1);
	}
	ok(pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0,
	    "%d members in the other order, in less than %d seconds of work", N, SECONDS);
}

int main(void)
{
	differences();
	many();
	return done();
}
