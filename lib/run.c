/* run.c - see run.h. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "run.h"

enum {
	LINGER_MS = 100,	/* a process it left behind may print so long */
	REAP_MS = 1000,		/* one that can't be killed (sudo) is left after that */
	NAP_MS = 32		/* nothing wakes us when it ends but its pipe stays open */
};

/* Descriptors: its ends of the pipes, its stderr, our ends. */
enum { ITS_IN, ITS_OUT, ITS_ERR, TO, FROM, FDS };

struct child {
	pid_t pid;
	int fd[FDS];		/* -1: closed */
	const char *input;	/* what is left of it */
	size_t input_n;
	struct buf *out;
	size_t most;
	int nap;
};

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static void shut(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/*
 * Signals.  A thread's own mask is less to change than the process's SIGPIPE;
 * with SIGCHLD ignored, as some parents leave it, there is no exit status.
 */
struct signals {
	sigset_t mask, sigpipe;
	int pending;			/* a SIGPIPE was, before us */
	struct sigaction sigchld;
};

static int ignored(const struct sigaction *a)
{
	return a->sa_handler == SIG_IGN || (a->sa_flags & SA_NOCLDWAIT) != 0;
}

static int pipe_pending(void)
{
	sigset_t pending;

	sigemptyset(&pending);
	sigpending(&pending);
	return sigismember(&pending, SIGPIPE);
}

static void signals_hold(struct signals *s)
{
	struct sigaction usual;

	sigemptyset(&s->sigpipe);
	sigaddset(&s->sigpipe, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &s->sigpipe, &s->mask);
	s->pending = pipe_pending();
	memset(&usual, 0, sizeof usual);
	usual.sa_handler = SIG_DFL;
	sigemptyset(&usual.sa_mask);
	sigaction(SIGCHLD, NULL, &s->sigchld);
	if (ignored(&s->sigchld))
		sigaction(SIGCHLD, &usual, NULL);
}

static void signals_restore(const struct signals *s)
{
	int taken;

	if (!s->pending && pipe_pending())
		sigwait(&s->sigpipe, &taken);
	if (ignored(&s->sigchld))
		sigaction(SIGCHLD, &s->sigchld, NULL);
	pthread_sigmask(SIG_SETMASK, &s->mask, NULL);
}

/*
 * Closed on exec and above the standard three: what is put on those in the
 * child must not stand there already, as when our own stdin is closed.
 */
static int settle(int *fd)
{
	int low = *fd;

	*fd = fcntl(low, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	close(low);
	return *fd < 0 ? -1 : 0;
}

static int piped(int *reader, int *writer)
{
	int p[2];

	if (pipe(p) != 0)
		return -1;
	*reader = p[0];
	*writer = p[1];
	return settle(reader) != 0 || settle(writer) != 0 ? -1 : 0;
}

/* 0, or -1 and errno; the caller closes what is there. */
static int open_all(int *fd)
{
	int i;

	for (i = 0; i < FDS; i++)
		fd[i] = -1;
	if (piped(&fd[ITS_IN], &fd[TO]) != 0 || piped(&fd[FROM], &fd[ITS_OUT]) != 0 ||
	    (fd[ITS_ERR] = open("/dev/null", O_WRONLY | O_CLOEXEC)) < 0 || settle(&fd[ITS_ERR]) != 0)
		return -1;
	return fcntl(fd[TO], F_SETFL, O_NONBLOCK) < 0 || fcntl(fd[FROM], F_SETFL, O_NONBLOCK) < 0 ? -1 : 0;
}

/* 0, or an errno. */
static int set_attr(posix_spawnattr_t *attr)
{
	sigset_t none, usual;
	int e;

	sigemptyset(&none);
	sigemptyset(&usual);
	sigaddset(&usual, SIGPIPE);
	sigaddset(&usual, SIGCHLD);
	if ((e = posix_spawnattr_setpgroup(attr, 0)) != 0 || (e = posix_spawnattr_setsigmask(attr, &none)) != 0 ||
	    (e = posix_spawnattr_setsigdefault(attr, &usual)) != 0)
		return e;
	return posix_spawnattr_setflags(attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

/* 0, or an errno. */
static int set_files(posix_spawn_file_actions_t *files, const int *fd)
{
	int e;

	if ((e = posix_spawn_file_actions_adddup2(files, fd[ITS_IN], STDIN_FILENO)) != 0 ||
	    (e = posix_spawn_file_actions_adddup2(files, fd[ITS_OUT], STDOUT_FILENO)) != 0)
		return e;
	return posix_spawn_file_actions_adddup2(files, fd[ITS_ERR], STDERR_FILENO);
}

/* 0, or an errno. */
static int spawn(const struct run *r, const int *fd, pid_t *pid)
{
	static const char *const empty[] = {NULL};
	const char *const *envp = r->envp != NULL ? r->envp : empty;
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	int e;

	if ((e = posix_spawn_file_actions_init(&files)) != 0)
		return e;
	if ((e = posix_spawnattr_init(&attr)) == 0) {
		/* The casts: they are of a time before const, nothing is written. */
		if ((e = set_attr(&attr)) == 0 && (e = set_files(&files, fd)) == 0)
			e = posix_spawn(pid, r->argv[0], &files, &attr, (char *const *)r->argv, (char *const *)envp);
		posix_spawnattr_destroy(&attr);
	}
	posix_spawn_file_actions_destroy(&files);
	return e;
}

/* As much of the input as the pipe takes; that it isn't wanted is no error. */
static void feed(struct child *c)
{
	ssize_t n;

	while (c->input_n > 0) {
		n = write(c->fd[TO], c->input, c->input_n);
		if (n >= 0) {
			c->input += n;
			c->input_n -= (size_t)n;
		} else if (errno == EAGAIN) {
			return;
		} else if (errno != EINTR) {
			break;
		}
	}
	shut(&c->fd[TO]);
}

/* What the pipe holds.  0, or an errno: EFBIG when it is too much. */
static int take(struct child *c)
{
	char over;
	size_t room;
	ssize_t n;

	for (;;) {
		room = c->most - c->out->len;
		n = read(c->fd[FROM], room > 0 ? buf_room(c->out, room) : &over, room > 0 ? room : 1);
		if (n > 0 && room == 0)
			return EFBIG;
		if (n > 0) {
			buf_wrote(c->out, (size_t)n);
		} else if (n == 0) {
			shut(&c->fd[FROM]);
			c->nap = 1;	/* it ends soon */
			return 0;
		} else if (errno == EAGAIN) {
			return 0;
		} else if (errno != EINTR) {
			return errno;
		}
	}
}

/* It isn't reaped by this: until it is, its number and its group's stay its own. */
static int has_ended(pid_t pid)
{
	siginfo_t info;

	memset(&info, 0, sizeof info);
	if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0)
		return errno != EINTR;
	return info.si_pid == pid;
}

static void wait_a_little(struct child *c)
{
	struct pollfd p[2];

	memset(p, 0, sizeof p);
	p[0].fd = c->fd[FROM];
	p[0].events = POLLIN;
	p[1].fd = c->fd[TO];
	p[1].events = POLLOUT;
	poll(p, 2, c->nap);	/* whatever it returns, all is looked at anew */
	c->nap = c->nap * 2 < NAP_MS ? c->nap * 2 : NAP_MS;
}

/* Until it and its output ended.  0, or an errno: EFBIG, ETIMEDOUT. */
static int attend(struct child *c, long timeout_ms)
{
	long long start = now_ms(), end = -1, now;
	int e;

	for (;;) {
		/* First: all that it wrote before its end is in the pipe then. */
		if (end < 0 && has_ended(c->pid)) {
			end = now_ms();
			shut(&c->fd[TO]);
		}
		if (c->fd[TO] >= 0)
			feed(c);
		if (c->fd[FROM] >= 0 && (e = take(c)) != 0)
			return e;
		now = now_ms();
		if (end >= 0 && (c->fd[FROM] < 0 || now - end >= LINGER_MS))
			return 0;
		if (now - start >= timeout_ms)
			return end >= 0 ? 0 : ETIMEDOUT;
		wait_a_little(c);
	}
}

/* 0 and its status, or -1: it can't be had. */
static int reap(pid_t pid, int *status)
{
	long long start = now_ms();
	pid_t got;

	for (;;) {
		got = waitpid(pid, status, WNOHANG);
		if (got == pid)
			return 0;
		if ((got < 0 && errno != EINTR) || now_ms() - start >= REAP_MS)
			return -1;
		poll(NULL, 0, 1);
	}
}

/* What became of it, in words, unless all is well. */
static int judge(const struct run *r, const struct child *c, int e, char *why, size_t size)
{
	int status = 0, lost;

	if (e != 0) {
		/* Itself too: it may have gone to another group. */
		kill(-c->pid, SIGKILL);
		kill(c->pid, SIGKILL);
	}
	lost = reap(c->pid, &status);
	if (e == EFBIG)
		snprintf(why, size, "it printed more than %zu bytes", c->most);
	else if (e == ETIMEDOUT)
		snprintf(why, size, "it took longer than %ld ms", r->timeout_ms);
	else if (e != 0)
		snprintf(why, size, "%s", strerror(e));
	else if (lost)
		snprintf(why, size, "its exit status was lost");
	else if (WIFSIGNALED(status))
		snprintf(why, size, "it was ended by signal %d", WTERMSIG(status));
	else if (WEXITSTATUS(status) != 0)
		snprintf(why, size, "it ended with status %d", WEXITSTATUS(status));
	else
		return 0;
	return -1;
}

/* A long path is cut, not the reason. */
static int not_started(const char *path, const char *reason, char *why, size_t size)
{
	size_t n = strlen(reason) + sizeof ": ", room = size > n ? size - n : 0;

	snprintf(why, size, "%.*s: %s", (int)room, path, reason);
	return -1;
}

static int started(const struct run *r, struct child *c, char *why, size_t size)
{
	int e, i;

	if ((e = spawn(r, c->fd, &c->pid)) != 0)
		return not_started(r->argv[0], strerror(e), why, size);
	for (i = ITS_IN; i <= ITS_ERR; i++)
		shut(&c->fd[i]);
	return judge(r, c, attend(c, r->timeout_ms), why, size);
}

int run_capture(const struct run *r, struct buf *out, char *why, size_t size)
{
	struct child c = {.input = r->input, .input_n = r->input_n, .out = out, .nap = 1};
	struct signals s;
	int i, rc = -1;

	buf_clear(out);
	c.most = r->most < out->max ? r->most : out->max;
	if (r->argv[0][0] != '/')
		return not_started(r->argv[0], "not an absolute path", why, size);
	signals_hold(&s);
	if (open_all(c.fd) != 0)
		snprintf(why, size, "no pipe to it: %s", strerror(errno));
	else if (buf_room(out, c.most) == NULL)
		snprintf(why, size, "out of memory");
	else
		rc = started(r, &c, why, size);
	for (i = 0; i < FDS; i++)
		shut(&c.fd[i]);
	signals_restore(&s);
	if (rc != 0)
		buf_wipe(out);
	return rc;
}
