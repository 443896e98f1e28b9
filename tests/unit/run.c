#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "help.h"
#include "run.h"

enum { LONG_MS = 20000, SHORT_MS = 200 };

static const char *const path_only[] = {"PATH=/usr/bin:/bin", NULL};
/* It breaks the pipe of its input, and goes on. */
static const char *const closes[] = {"/bin/sh", "-c", "exec <&-; sleep 0.1; echo x", NULL};
static struct buf out;
static char why[200];

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static int run(const char *const *argv, const char *input, size_t input_n, long timeout_ms, size_t most)
{
	struct run r = {argv, path_only, input, input_n, timeout_ms, most};

	snprintf(why, sizeof why, "nothing");
	fflush(stdout);	/* under valgrind a program that isn't there flushes it too */
	return run_capture(&r, &out, why, sizeof why);
}

static int sh(const char *script, const char *input, long timeout_ms, size_t most)
{
	const char *const argv[] = {"/bin/sh", "-c", script, NULL};

	return run(argv, input, input != NULL ? strlen(input) : 0, timeout_ms, most);
}

/* A run that fails, for that reason. */
static void fails(int rc, const char *reason, const char *name)
{
	ok(rc == -1, "%s: fails", name);
	is(why, reason, name);
	ok(out.len == 0 && !out.failed, "%s: nothing is in the buffer", name);
}

static void prints(int rc, const char *text, const char *name)
{
	ok(rc == 0, "%s: %s", name, why);
	is_buf(&out, text, name);
}

static void test_output(void)
{
	const char *const echo[] = {"/bin/sh", "-c", "printf '%s|' \"$0\" \"$@\"", "a b", "$HOME", "", "*", NULL};

	prints(run(echo, NULL, 0, LONG_MS, 1000), "a b|$HOME||*|", "arguments as they are");
	prints(sh(":", NULL, LONG_MS, 1000), "", "no output");
	prints(sh("echo key; echo more >&2", NULL, LONG_MS, 1000), "key\n", "stdout alone");
	ok(sh("printf 'a\\000b'", NULL, LONG_MS, 1000) == 0 && out.len == 3 && memcmp(out.data, "a\0b", 3) == 0, "a NUL");
	prints(sh("echo a; sleep 0.1; echo b", NULL, LONG_MS, 1000), "a\nb\n", "in two pieces");
	prints(sh("exec >&-; sleep 0.1", NULL, LONG_MS, 1000), "", "it closes its stdout first");
}

static void test_input(void)
{
	size_t n = 300000, i;
	char *big = malloc(n);
	const char *const cat[] = {"/bin/cat", NULL};
	const char *const no_reader[] = {"/bin/sh", "-c", "echo x", NULL};
	const char *const sleeps[] = {"/bin/sh", "-c", "sleep 30", NULL};

	if (big == NULL)
		exit(1);
	for (i = 0; i < n; i++)
		big[i] = (char)(i * 7 % 251);
	prints(sh("cat", "in\nput", LONG_MS, 1000), "in\nput", "input comes back");
	prints(sh("cat", NULL, LONG_MS, 1000), "", "no input ends at once");
	prints(sh("cat </dev/stdin", "x", LONG_MS, 1000), "x", "/dev/stdin");
	ok(run(cat, big, n, LONG_MS, n) == 0 && out.len == n && memcmp(out.data, big, n) == 0, "more than a pipe holds");
	prints(run(no_reader, big, n, LONG_MS, 1000), "x\n", "input that nobody reads");
	prints(run(closes, big, n, LONG_MS, 1000), "x\n", "input that nobody can read");
	fails(run(sleeps, big, n, SHORT_MS, 1000), "it took longer than 200 ms", "input that waits");
	free(big);
}

static void test_end(void)
{
	fails(sh("echo secret; exit 3", NULL, LONG_MS, 1000), "it ended with status 3", "a status");
	fails(sh("echo secret; exit 127", NULL, LONG_MS, 1000), "it ended with status 127", "the status of a shell");
	fails(sh("echo secret; kill -9 $$", NULL, LONG_MS, 1000), "it was ended by signal 9", "a signal");
	fails(sh("echo secret; kill -TERM $$", NULL, LONG_MS, 1000), "it was ended by signal 15", "another signal");
}

static void test_time(void)
{
	long long start = now_ms(), took;

	fails(sh("echo secret; exec sleep 30", NULL, SHORT_MS, 1000), "it took longer than 200 ms", "sleep");
	took = now_ms() - start;
	ok(took >= SHORT_MS && took < 5000, "after %lld ms", took);
	fails(sh("trap '' TERM HUP INT; while :; do sleep 1; done", NULL, SHORT_MS, 1000),
	    "it took longer than 200 ms", "SIGTERM ignored");
	fails(sh("exec >&- <&-; exec sleep 30", NULL, SHORT_MS, 1000), "it took longer than 200 ms", "all is closed");
	fails(sh("kill -STOP $$", NULL, SHORT_MS, 1000), "it took longer than 200 ms", "it is stopped");
	fails(sh("exec sleep 30", NULL, 0, 1000), "it took longer than 0 ms", "no time at all");
	start = now_ms();
	prints(sh("echo x", NULL, 1000L * LONG_MS, 1000), "x\n", "all the time");
	ok(now_ms() - start < 5000, "isn't used up");
}

static void test_much(void)
{
	fails(sh("yes secret", NULL, LONG_MS, 65536), "it printed more than 65536 bytes", "yes");
	prints(sh("printf 12345", NULL, LONG_MS, 5), "12345", "as many as may be");
	fails(sh("printf 123456", NULL, LONG_MS, 5), "it printed more than 5 bytes", "one more");
	prints(sh(":", NULL, LONG_MS, 0), "", "none");
	fails(sh("echo", NULL, LONG_MS, 0), "it printed more than 0 bytes", "one, not none");
	fails(sh("yes secret & exit 0", NULL, LONG_MS, 1000), "it printed more than 1000 bytes", "yes, left behind");
	out.max = 10;
	fails(sh("echo 0123456789", NULL, LONG_MS, 1000), "it printed more than 10 bytes", "the buffer's own maximum");
	out.max = 1 << 20;
	prints(sh("printf old", NULL, LONG_MS, 1000), "old", "a buffer");
	prints(sh("printf new", NULL, LONG_MS, 1000), "new", "is emptied first");
}

/* posix_spawn() need not tell why; under valgrind and emulators it can't. */
static int spawn_tells(void)
{
	const char *const argv[] = {"/nowhere", NULL};

	return run(argv, NULL, 0, LONG_MS, 1000) == -1 && strcmp(why, "it ended with status 127") != 0;
}

static void test_not_started(void)
{
	char dir[] = "/tmp/fb-run-XXXXXX", file[64], want[200];
	char deep[600];
	const char *argv[] = {file, NULL};
	int fd;

	if (!spawn_tells()) {
		is(why, "it ended with status 127", "it can't be started");
		skip("posix_spawn can't tell why");
		return;
	}
	if (mkdtemp(dir) == NULL)
		exit(1);
	snprintf(file, sizeof file, "%s/program", dir);
	snprintf(want, sizeof want, "%s: %s", file, strerror(ENOENT));
	fails(run(argv, NULL, 0, LONG_MS, 1000), want, "no such file");
	if ((fd = open(file, O_WRONLY | O_CREAT, 0600)) < 0 || write(fd, "echo x\n", 7) != 7)
		exit(1);
	close(fd);
	snprintf(want, sizeof want, "%s: %s", file, strerror(EACCES));
	fails(run(argv, NULL, 0, LONG_MS, 1000), want, "not executable");
	chmod(file, 0700);
	snprintf(want, sizeof want, "%s: %s", file, strerror(ENOEXEC));
	fails(run(argv, NULL, 0, LONG_MS, 1000), want, "no program: no shell tries it");
	unlink(file);
	argv[0] = dir;
	snprintf(want, sizeof want, "%s: %s", dir, strerror(EACCES));
	fails(run(argv, NULL, 0, LONG_MS, 1000), want, "a directory");
	rmdir(dir);
	memset(deep, 'x', sizeof deep - 1);
	deep[0] = '/';
	deep[sizeof deep - 1] = '\0';
	argv[0] = deep;
	ok(run(argv, NULL, 0, LONG_MS, 1000) == -1 && strstr(why, strerror(ENAMETOOLONG)) != NULL, "a long path leaves the reason");
}

static void test_path(void)
{
	fails(run((const char *const[]){"sh", NULL}, NULL, 0, LONG_MS, 1000), "sh: not an absolute path", "not looked for in PATH");
	fails(run((const char *const[]){"", NULL}, NULL, 0, LONG_MS, 1000), ": not an absolute path", "no name");
}

static void test_environment(void)
{
	const char *const argv[] = {"/usr/bin/env", NULL}, *const none[] = {NULL};
	const char *const envp[] = {"B=x  y", "A=1", "empty=", NULL};
	struct run r = {.argv = argv, .envp = envp, .timeout_ms = LONG_MS, .most = 10000};

	prints(run_capture(&r, &out, why, sizeof why), "B=x  y\nA=1\nempty=\n", "the environment as given");
	r.envp = none;
	prints(run_capture(&r, &out, why, sizeof why), "", "an empty environment");
	r.envp = NULL;
	prints(run_capture(&r, &out, why, sizeof why), "", "none at all");
}

/* All that held the other end are gone, within that time. */
static int let_go(int fd, int ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char c;

	return poll(&p, 1, ms) == 1 && read(fd, &c, 1) == 0;
}

/* A process that the program leaves behind; it holds a pipe of ours, so we hear of its end. */
static void test_left_behind(void)
{
	long long start = now_ms(), took;
	int p[2];
	long pid;

	if (sh("(sleep 0.01; printf x) & printf x", NULL, LONG_MS, 1000) == 0 && strcmp(buf_text(&out), "x") == 0)
		skip("this machine is too busy to say something soon");
	else
		is_buf(&out, "xx", "it ends soon");
	if (pipe(p) != 0 || fcntl(p[0], F_SETFD, FD_CLOEXEC) < 0)
		exit(1);
	start = now_ms();
	ok(sh("sleep 30 & echo $!", NULL, LONG_MS, 1000) == 0 && out.len > 1, "it keeps the pipe: %s", why);
	took = now_ms() - start;
	ok(took < 5000, "that doesn't hang us: %lld ms", took);
	pid = strtol(buf_text(&out), NULL, 10);
	close(p[1]);
	ok(!let_go(p[0], 0), "it lives on");
	if (pid > 1)
		kill((pid_t)pid, SIGKILL);
	ok(let_go(p[0], 5000), "until it is killed");
	close(p[0]);
}

/* It ends, and what it left behind keeps the pipe until the time is up: all or nothing. */
static void test_just_in_time(void)
{
	long ms;
	int rc;

	for (ms = 1; ms < 80; ms += 6) {
		rc = sh("sleep 0.5 & echo x; exec sleep 0.02", NULL, ms, 1000);
		if (rc == 0)
			is_buf(&out, "x\n", "just in time");
		else
			ok(strstr(why, "it took longer than") != NULL && out.len == 0, "just too late: %s", why);
	}
}

static void test_group(void)
{
	static const struct { const char *script, *reason; long ms; } t[] = {
		{"trap '' TERM; sleep 30 & sleep 30", "it took longer than 200 ms", SHORT_MS},
		{"sleep 30 & yes", "it printed more than 1000 bytes", LONG_MS},
		{"sleep 30 & yes & exit 0", "it printed more than 1000 bytes", LONG_MS},
	};
	int p[2];
	size_t i;

	for (i = 0; i < COUNT(t); i++) {
		if (pipe(p) != 0 || fcntl(p[0], F_SETFD, FD_CLOEXEC) < 0)
			exit(1);
		fails(sh(t[i].script, NULL, t[i].ms, 1000), t[i].reason, t[i].script);
		close(p[1]);
		ok(let_go(p[0], 5000), "the whole group is killed");
		close(p[0]);
	}
}

static void on_signal(int sig)
{
	(void)sig;
}

/* Signals all the time, of the kind that interrupts calls. */
static void test_interrupted(void)
{
	struct sigaction act, old;
	struct timespec nap = {0, 2000000};
	pid_t pest;
	int i;

	memset(&act, 0, sizeof act);
	act.sa_handler = on_signal;
	sigemptyset(&act.sa_mask);
	sigaction(SIGUSR1, &act, &old);
	fflush(stdout);
	if ((pest = fork()) < 0)
		exit(1);
	if (pest == 0) {
		for (i = 0; i < 5000 && kill(getppid(), SIGUSR1) == 0; i++)
			nanosleep(&nap, NULL);
		_exit(0);
	}
	prints(sh("sleep 0.2; cat; sleep 0.1; echo y", "x", LONG_MS, 1000), "xy\n", "interrupted");
	fails(sh("sleep 30", NULL, SHORT_MS, 1000), "it took longer than 200 ms", "interrupted, too late");
	kill(pest, SIGKILL);
	while (waitpid(pest, NULL, 0) < 0 && errno == EINTR)
		;
	sigaction(SIGUSR1, &old, NULL);
}

/* Our own signals as they are, whatever they are. */
static void test_signals(void)
{
	struct sigaction act, now;
	sigset_t set, mask;
	static char big[200000];
	const char *const blocked[] = {"/usr/bin/env", "grep", "^SigBlk", "/proc/self/status", NULL};

	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	memset(&act, 0, sizeof act);
	act.sa_handler = SIG_IGN;
	sigemptyset(&act.sa_mask);
	sigaction(SIGCHLD, &act, NULL);
	fails(sh("exit 5", NULL, LONG_MS, 1000), "it ended with status 5", "with SIGCHLD ignored");
	ok(sigaction(SIGCHLD, NULL, &now) == 0 && now.sa_handler == SIG_IGN, "it stays ignored");
	act.sa_handler = SIG_DFL;
	sigaction(SIGCHLD, &act, NULL);

	prints(run(closes, big, sizeof big, LONG_MS, 1000), "x\n", "a broken pipe");
	sigpending(&mask);
	ok(!sigismember(&mask, SIGPIPE), "no SIGPIPE is left waiting");
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	ok(!sigismember(&mask, SIGPIPE), "nor blocked");
	ok(sigaction(SIGPIPE, NULL, &now) == 0 && now.sa_handler == SIG_DFL, "it would end us as before");

	act.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &act, NULL);
	prints(run(closes, big, sizeof big, LONG_MS, 1000), "x\n", "a broken pipe with SIGPIPE ignored");
	fails(sh("kill -PIPE $$; sleep 0.1", NULL, LONG_MS, 1000), "it was ended by signal 13", "the program doesn't ignore it");
	act.sa_handler = SIG_DFL;
	sigaction(SIGPIPE, &act, NULL);

	pthread_sigmask(SIG_BLOCK, &set, NULL);
	raise(SIGPIPE);
	prints(run(closes, big, sizeof big, LONG_MS, 1000), "x\n", "a broken pipe with a SIGPIPE waiting");
	sigpending(&mask);
	ok(sigismember(&mask, SIGPIPE), "that one still waits");
	if (access("/proc/self/status", R_OK) == 0)
		prints(run(blocked, NULL, 0, LONG_MS, 1000), "SigBlk:\t0000000000000000\n", "the program blocks none");
	else
		skip("/proc/self/status is not there");
	act.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &act, NULL);	/* which discards it */
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	act.sa_handler = SIG_DFL;
	sigaction(SIGPIPE, &act, NULL);
}

/* The program has no descriptor of ours; those that the test itself inherited pass. */
static void test_descriptors(void)
{
	char want[64] = "";
	size_t n = 0;
	int fd, flags, low;

	for (fd = 3; fd <= 9; fd++)
		if ((flags = fcntl(fd, F_GETFD)) >= 0 && !(flags & FD_CLOEXEC))
			n += (size_t)snprintf(want + n, sizeof want - n, "%d ", fd);
	if (!spawn_tells()) {
		skip("valgrind has some of its own open");
		return;
	}
	prints(sh("for fd in 3 4 5 6 7 8 9; do if (: >&$fd) 2>&-; then printf '%d ' $fd; fi; done",
	    NULL, LONG_MS, 1000), want, "no descriptor of ours is open there");
	low = dup(0);
	close(low);
	sh("exit 1", NULL, LONG_MS, 1000);
	sh("yes", NULL, LONG_MS, 1000);
	run((const char *const[]){"/nowhere", NULL}, NULL, 0, LONG_MS, 1000);
	fd = dup(0);
	close(fd);
	ok(fd == low, "all are closed again here");
}

/* As a daemon may be started: without some of the standard three. */
static void test_standard_closed(void)
{
	int status, good, which, fd;
	pid_t child;

	for (which = 1; which < 8; which++) {
		fflush(stdout);
		if ((child = fork()) < 0)
			exit(1);
		if (child == 0) {
			for (fd = 0; fd < 3; fd++)
				if (which & 1 << fd)
					close(fd);
			good = sh("cat; echo lost >&2", "text", LONG_MS, 1000) == 0 && strcmp(buf_text(&out), "text") == 0;
			for (fd = 0; fd < 3; fd++)
				good = good && (fcntl(fd, F_GETFD) < 0) == ((which & 1 << fd) != 0);
			buf_release(&out);
			_exit(!good);
		}
		status = -1;
		waitpid(child, &status, 0);
		ok(status == 0, "our own are closed:%s%s%s", which & 1 ? " stdin" : "", which & 2 ? " stdout" : "",
		    which & 4 ? " stderr" : "");
	}
}

int main(void)
{
	buf_init(&out, 1 << 20);
	test_output();
	test_input();
	test_end();
	test_time();
	test_much();
	test_not_started();
	test_path();
	test_environment();
	test_left_behind();
	test_just_in_time();
	test_group();
	test_interrupted();
	test_signals();
	test_descriptors();
	test_standard_closed();
	ok(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD, "no zombie is left");
	buf_release(&out);
	return done();
}
