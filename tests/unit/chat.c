#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "chat.h"
#include "help.h"
#include "tap.h"

/* In all ' stands for "; want: the lines, or the fault. */
static void turn(const char *messages, const char *text, const char *calls, const char *want)
{
	struct buf body, wanted, lines;
	struct answer a;
	struct fault f;
	struct span v;
	struct span_err err;
	int got;

	buf_init(&body, 1 << 20);
	buf_init(&wanted, 1 << 20);
	buf_init(&lines, 1 << 20);
	answer_init(&a);
	buf_adds(&body, "{\"model\":\"m\"");
	if (messages != NULL) {
		buf_adds(&body, ",\"messages\":");
		unquote(&body, messages);
	}
	buf_addc(&body, '}');
	unquote(&wanted, want);
	buf_adds(&a.text, text);
	unquote(&a.calls, calls);
	if (span_check(body.data, body.len, MAX_DEPTH, &v, &err) != 0)
		ok(0, "the test's own JSON is bad at %zu: %s", err.at, shown(body.data));
	got = chat_turn(v, &a, &lines, &f);
	ok((got == 0) == (f.code == F_NONE), "what it returns is what it says");
	is(got == 0 ? buf_text(&lines) : f.message, buf_text(&wanted), shown(messages != NULL ? messages : "no messages"));
	answer_release(&a);
	buf_release(&body);
	buf_release(&wanted);
	buf_release(&lines);
}

#define U(text) "{'role':'user','content':'" text "'}"
#define A(text) "{'role':'assistant','content':'" text "'}"
#define NO_TURN "the request has no message of the user behind the last one of the model: there is no turn to save"

static void test_turn(void)
{
	turn("[" U("Hi") "]", "Ho", "", U("Hi") "\n" A("Ho") "\n");
	turn("[{'role':'system','content':'S'}," U("1") "," A("2") "," U("3") "]", "4", "", U("3") "\n" A("4") "\n");
	turn("[" U("1") "," A("2") ",{'role':'developer','content':'D'}," U("3") "," U("4") "]", "5\n", "",
	    U("3") "\n" U("4") "\n" A("5\\n") "\n");
	turn("[{'role':'user',\n'content':[{'type':'text','text':'x'}]}]", "", "", "{'role':'user', 'content':[{'type':'text','text':'x'}]}\n" A("") "\n");
	turn("[" U("1") "]", "", "[{'id':'c1','name':'f','arguments':{'x':'a'}},{'id':'','name':'g','arguments':{}}]",
	    U("1") "\n{'role':'assistant','content':null,'tool_calls':[{'id':'c1','type':'function','function':{'name':'f','arguments':'{\\'x\\':\\'a\\'}'}},"
	    "{'id':'call_2','type':'function','function':{'name':'g','arguments':'{}'}}]}\n");
	turn("[" U("1") ",{'role':'assistant','content':null,'tool_calls':[]},{'role':'tool','tool_call_id':'c1','content':'R'}]", "2", "",
	    "{'role':'tool','tool_call_id':'c1','content':'R'}\n" A("2") "\n");
	/* what compat put behind the result is no answer, and not saved; the model itself may say so */
	turn("[" U("1") "," A("2") ",{'role':'tool','tool_call_id':'c1','content':'R'}," A("I have processed the tool results.") "," U("3") "]", "4", "",
	    "{'role':'tool','tool_call_id':'c1','content':'R'}\n" U("3") "\n" A("4") "\n");
	turn("[" U("1") "," A("I have processed the tool results.") "," U("3") "]", "4", "", U("3") "\n" A("4") "\n");
	turn("[" U("1") "," A("2") "]", "3", "", NO_TURN);
	turn("[{'role':'system','content':'S'}]", "3", "", NO_TURN);
	turn("[]", "3", "", NO_TURN);
	turn("'x'", "3", "", "the request has no messages");
	turn(NULL, "3", "", "the request has no messages");
}

static char dir[] = "/tmp/fb-chat.XXXXXX", path[64];

/* Saves `text` to a file that holds `before` (NULL: there is none), and says what then is. */
static void saves(const char *before, const char *text, int want_status, const char *want_fault, const char *want)
{
	struct buf lines;
	struct fault f;
	char all[1 << 12] = "", wanted[256];
	int fd, got, status = 7;
	ssize_t n;

	unlink(path);
	if (before != NULL && ((fd = open(path, O_WRONLY | O_CREAT, 0644)) < 0 || write(fd, before, strlen(before)) < 0 || close(fd) != 0))
		ok(0, "the test's file is written");
	buf_init(&lines, 1 << 20);
	buf_adds(&lines, text);
	got = chat_save(path, &lines, &f, &status);
	snprintf(wanted, sizeof wanted, "%s%s%s", want_fault[0] != '\0' ? path : "", want_fault[0] != '\0' ? ": " : "", want_fault);
	ok(status == want_status && (got == 0) == (status == 0), "status %d", want_status);
	is(f.message, wanted, "what it says");
	if ((fd = open(path, O_RDONLY)) >= 0 && (n = read(fd, all, sizeof all - 1)) >= 0)
		all[n] = '\0';
	close(fd);
	is(all, want, "the file");
	buf_release(&lines);
}

static void test_save(void)
{
	static const char cut[] = "its last line has no line end: perhaps it was cut; see to it, and add the line end";
	static const char none[] = "it is no chat that can grow: a message a line is due, no array (jq -c '.[]' makes lines of one)";
	struct stat st;

	saves(NULL, "{}\n{}\n", 0, "", "{}\n{}\n");
	ok(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600, "a new file is its owner's only");
	saves("", "{}\n", 0, "", "{}\n");
	saves("{\"a\":1}\n", "{}\n", 0, "", "{\"a\":1}\n{}\n");
	ok(stat(path, &st) == 0 && (st.st_mode & 0777) == 0644, "one that was there keeps its mode");
	saves("\n \n", "{}\n", 0, "", "\n \n{}\n");
	saves("{\"a\":1}", "{}\n", 2, cut, "{\"a\":1}");
	saves("{\"a\":1}\n{\"a\"", "{}\n", 2, cut, "{\"a\":1}\n{\"a\"");
	saves("[{}]\n", "{}\n", 2, none, "[{}]\n");
	saves("\xef\xbb\xbf \n[\n{}]", "{}\n", 2, none, "\xef\xbb\xbf \n[\n{}]");
	saves("{}\n{\"a\n", "{}\n", 2, none, "{}\n{\"a\n");
	saves("\xef\xbb\xbf{}\n", "{\"a\":1}\n", 0, "", "\xef\xbb\xbf{}\n{\"a\":1}\n");
	saves("Hello\n", "{}\n", 2, none, "Hello\n");
	snprintf(path, sizeof path, "%s/no/chat", dir);
	saves(NULL, "{}\n", 3, "No such file or directory", "");
	snprintf(path, sizeof path, "%s/chat", dir);
}

#define MINE "{\"role\":\"tool\",\"tool_call_id\":\"c1\",\"content\":\"R\"}\n"
#define ASKS "{\"role\":\"user\",\"content\":\"Q\"}\n"
#define SAYS "{\"role\":\"assistant\",\"content\":\"A\"}\n"

/* What the user wrote behind the last answer, and sent, is there once. */
static void test_known(void)
{
	saves(SAYS MINE, MINE ASKS SAYS, 0, "", SAYS MINE ASKS SAYS);
	saves(SAYS MINE ASKS, MINE ASKS SAYS, 0, "", SAYS MINE ASKS SAYS);
	saves(ASKS, ASKS SAYS, 0, "", ASKS SAYS);
	saves("{\"role\":\"system\",\"content\":\"S\"}\n{\"content\":\"\\u0051\",\"role\":\"user\"}\n", ASKS SAYS, 0, "",
	    "{\"role\":\"system\",\"content\":\"S\"}\n{\"content\":\"\\u0051\",\"role\":\"user\"}\n" SAYS);
	saves(SAYS "{\"role\":\"tool\",\"tool_call_id\":\"c1\",\"content\":[]}\n", MINE SAYS, 0, "",
	    SAYS "{\"role\":\"tool\",\"tool_call_id\":\"c1\",\"content\":[]}\n" SAYS);
	/* the same question again is another turn; so is one of somebody else's */
	saves(ASKS SAYS, ASKS SAYS, 0, "", ASKS SAYS ASKS SAYS);
	saves(SAYS MINE, ASKS SAYS, 0, "", SAYS MINE ASKS SAYS);
	saves(SAYS ASKS MINE, ASKS SAYS, 0, "", SAYS ASKS MINE ASKS SAYS);
}

enum { WRITERS = 4, TURNS = 40 };

/* Turns of three lines, long enough to be seen apart. */
static int write_turns(int writer)
{
	struct buf lines;
	struct fault f;
	int i, k, j, status, bad = 0;

	buf_init(&lines, 1 << 20);
	for (i = 0; i < TURNS && !bad; i++) {
		buf_clear(&lines);
		for (k = 0; k < 3; k++) {
			buf_addf(&lines, "{\"%d\":\"", writer);
			buf_adds(&lines, k == 2 ? "\",\"role\":\"assistant\",\"\":\"" : "\",\"role\":\"user\",     \"\":\"");
			for (j = 0; j < 3000; j++)
				buf_addc(&lines, (char)('a' + writer));
			buf_adds(&lines, "\"}\n");
		}
		bad = chat_save(path, &lines, &f, &status);
	}
	buf_release(&lines);
	return bad != 0;
}

static void test_together(void)
{
	char *line = NULL;
	size_t size = 0;
	int i, status, good = 1, n = 0, mine = 0;
	char last = '\0';
	pid_t pid[WRITERS];
	FILE *in;

	unlink(path);
	fflush(stdout);
	for (i = 0; i < WRITERS; i++)
		if ((pid[i] = fork()) == 0)
			_exit(write_turns(i));
	for (i = 0; i < WRITERS; i++)
		good &= waitpid(pid[i], &status, 0) == pid[i] && WIFEXITED(status) && WEXITSTATUS(status) == 0;
	ok(good, "%d processes saved %d turns each", WRITERS, TURNS);
	if ((in = fopen(path, "r")) != NULL) {
		for (good = 1; getline(&line, &size, in) > 0; n++) {
			good &= strlen(line) == 3000 + strlen("{\"0\":\"\",\"role\":\"assistant\",\"\":\"\"}\n") && (mine % 3 == 0 || line[2] == last);
			mine = line[2] == last ? mine + 1 : 1;
			last = line[2];
		}
		fclose(in);
	}
	ok(n == 3 * WRITERS * TURNS && good, "all lines are there, each turn's together");
	free(line);
}

/* One that keeps the file for good is not waited for. */
static void test_taken(void)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	struct buf lines;
	struct fault f;
	int ready[2], status = 0, fd;
	char c;
	pid_t pid;

	if (pipe(ready) != 0)
		exit(1);
	fflush(stdout);
	if ((pid = fork()) == 0) {
		fd = open(path, O_RDWR);
		if (fd < 0 || fcntl(fd, F_SETLK, &lock) != 0 || write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	if (read(ready[0], &c, 1) != 1)
		ok(0, "the other has its lock");
	buf_init(&lines, 100);
	buf_adds(&lines, "{}\n");
	ok(chat_save(path, &lines, &f, &status) == -1 && status == 3 && strstr(f.message, "/chat: another process is writing it") != NULL,
	    "a file that another process keeps: %s", f.message);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	ok(chat_save(path, &lines, &f, &status) == 0, "and then it is free");
	buf_release(&lines);
	close(ready[0]);
	close(ready[1]);
}

int main(void)
{
	test_turn();
	if (mkdtemp(dir) == NULL)
		return 1;
	snprintf(path, sizeof path, "%s/chat", dir);
	test_save();
	test_known();
	test_together();
	test_taken();
	unlink(path);
	rmdir(dir);
	return done();
}
