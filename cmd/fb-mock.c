/* fb-mock - a model server that answers what it is told.  See fb-mock(1). */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "buf.h"
#include "file.h"
#include "limits.h"
#include "mengine.h"
#include "mprofile.h"
#include "mserve.h"
#include "msse.h"
#include "opt.h"

enum { DAY_MS = 24 * 3600 * 1000 };

enum { PORT = 256, LISTEN, PROFILE, REPLY, MODEL, READY_FILE, LOG, SCRIPT,
	REPLAY, RAW_REPLY, MAX_PROMPT,
	DELAY, TTFT, TPS, JITTER, SEED, PING, FAULTS, SSE, OLD, CONTEXT, LOADING, API_KEY };

static const struct opt opts[] = {
	{PORT, "port", "N", "listen on port N (default 0: a free one)"},
	{LISTEN, "listen", "ADDR", "listen on this address (default 127.0.0.1)"},
	{PROFILE, "profile", "NAME", "answer as this server does (default echo)"},
	{OLD, "old", NULL, "the old version of that server"},
	{MODEL, "model", "ID", "serve the model ID (default mock)"},
	{REPLY, "reply", "TEXT", "answer TEXT (default: the last user text)"},
	{SCRIPT, "script", "FILE", "answer as the first line of FILE that matches says"},
	{REPLAY, "replay", "FILE", "answer from response records, by the digest of the body"},
	{RAW_REPLY, "raw-reply", "FILE", "send FILE's bytes as the HTTP response"},
	{MAX_PROMPT, "max-prompt", "N", "crash as inferrs does on bodies over N bytes"},
	{CONTEXT, "context", "N", "refuse prompts over N tokens, a token being a word"},
	{LOADING, "loading", "N", "the first N requests find the model loading"},
	{API_KEY, "api-key", "KEY", "refuse requests without this key"},
	{DELAY, "delay", "MS", "answer chat requests MS milliseconds later"},
	{TTFT, "ttft", "MS", "milliseconds to the first token"},
	{TPS, "tps", "N", "N tokens a second, a token being a word"},
	{JITTER, "jitter", "PERCENT", "make each pause up to so much shorter or longer"},
	{SEED, "seed", "N", "of the jitter (default 0)"},
	{PING, "ping", "MS", "a comment after MS milliseconds without an event"},
	{FAULTS, "faults", "LIST", "what goes wrong with each chat request: '503,cut(9),ok' or @FILE"},
	{SSE, "sse", "KNOBS", "frame streams in other ways: 'crlf,comments'"},
	{READY_FILE, "ready-file", "FILE", "write the base URL to FILE once listening"},
	{LOG, "log", "FILE", "append a JSON line to FILE for each request"},
	{0, NULL, NULL, NULL}
};

static const struct cmd cmd = {
	"fb-mock", "[OPTION]...",
	"Answers chat completions without a model, for tests and demos.",
	opts, NULL
};

struct settings {
	const char *listen, *ready, *log;
	int port, old;
	struct buf faults;	/* the text that mock->faults lies in */
};

static int stop_pipe[2];	/* the signal handler's only way to say anything */

static void on_stop(int sig)
{
	int saved = errno;

	(void)sig;
	if (write(stop_pipe[1], "", 1) < 0) {
		/* full: it will stop anyway */
	}
	errno = saved;
}

static int complain(const char *what, const char *why)
{
	fprintf(stderr, "%s: %s: %s\n", cmd.prog, what, why);
	return 3;
}

/* A closed 0, 1 or 2 would become a socket or the log, and messages go there. */
static int hold_standard_fds(void)
{
	int fd;

	if (fcntl(1, F_GETFD) < 0)
		return complain("standard output", strerror(errno));
	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= 2);
	if (fd >= 0)
		close(fd);
	return 0;
}

/* As many connections as the system lets us have, up to our own bound. */
static void raise_descriptors(void)
{
	struct rlimit r;
	rlim_t want = MSERVE_CONNECTIONS + 16;

	if (getrlimit(RLIMIT_NOFILE, &r) < 0 || r.rlim_cur >= want)
		return;
	r.rlim_cur = r.rlim_max == RLIM_INFINITY || r.rlim_max > want ? want : r.rlim_max;
	setrlimit(RLIMIT_NOFILE, &r);
}

static int catch_signals(void)
{
	struct sigaction act;
	int i;

	if (pipe(stop_pipe) < 0)
		return complain("pipe", strerror(errno));
	for (i = 0; i < 2; i++) {
		fcntl(stop_pipe[i], F_SETFD, FD_CLOEXEC);
		fcntl(stop_pipe[i], F_SETFL, O_NONBLOCK);
	}
	memset(&act, 0, sizeof act);
	sigemptyset(&act.sa_mask);
	act.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &act, NULL);
	act.sa_handler = on_stop;
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGINT, &act, NULL);
	return 0;
}

/* Whoever waits for the file never sees half of it. */
static int write_ready(const char *path, const char *url)
{
	struct buf temp;
	FILE *f;
	int bad;

	buf_init(&temp, 1 << 16);
	buf_addf(&temp, "%s.%ld", path, (long)getpid());
	f = fopen(buf_text(&temp), "w");
	bad = f == NULL || fprintf(f, "%s\n", url) < 0;
	if (f != NULL && fclose(f) != 0)
		bad = 1;
	if (bad || rename(buf_text(&temp), path) < 0) {
		bad = complain(path, strerror(errno));
		if (f != NULL)
			unlink(buf_text(&temp));
	}
	buf_release(&temp);
	return bad;
}

static int announce(const struct settings *set, const char *url)
{
	if (printf("%s: %s\n", cmd.prog, url) < 0 || fflush(stdout) != 0)
		return complain("standard output", strerror(errno));
	return set->ready != NULL ? write_ready(set->ready, url) : 0;
}

static int serve(const struct settings *set, struct mock *mock, struct mserve *server)
{
	int status;

	mock->server = server;
	if (mserve_open(server, set->listen, set->port) < 0)
		status = complain("cannot listen", server->err);
	else if ((status = announce(set, server->url)) == 0)
		switch (mserve_run(server, stop_pipe[0], mock_answer, mock)) {
		case -1:
			status = complain("cannot serve", server->err);
			break;
		case 1:
			status = complain(set->log, strerror(mock->log_errno));
			break;
		}
	mserve_release(server);
	return status;
}

static void set_profile(struct mock *mock, const char *name)
{
	char names[256];

	if ((mock->profile = mprofile_find(name)) != NULL)
		return;
	mprofile_names(names, sizeof names);
	opt_die(&cmd, "--profile: no such profile: %s (there are: %s)", name, names);
}

static void set_old(struct mock *mock)
{
	const struct mprofile *old = mprofile_old(mock->profile);

	if (old == NULL)
		opt_die(&cmd, "--old: the profile has no old version: %s", mock->profile->name);
	mock->profile = old;
}

/* 1: it was one of those that say who is let in. */
static int set_gate(struct mgate *gate, int id)
{
	if (id == CONTEXT)
		gate->context = (size_t)opt_number(&cmd, "context", optarg, 1, MAX_RECORD);
	else if (id == LOADING)
		gate->loading = (unsigned long long)opt_number(&cmd, "loading", optarg, 0, 0x7fffffff);
	else if (id != API_KEY)
		return 0;
	else if (*(gate->key = optarg) == '\0')
		opt_die(&cmd, "--api-key: it is empty");
	return 1;
}

static void set_faults(struct mock *mock, struct settings *set, const char *text)
{
	char err[300];
	int error;

	mseq_release(&mock->faults);
	buf_clear(&set->faults);
	if (text[0] == '@') {
		if ((error = file_read(text + 1, FILE_ANY, &set->faults)) != 0)
			opt_die(&cmd, "--faults: %s: %s", text + 1, file_error(error));
	} else
		buf_adds(&set->faults, text);
	if (mseq_read(&mock->faults, buf_text(&set->faults), set->faults.len, err, sizeof err) < 0)
		opt_die(&cmd, "--faults: %s%s%s", text[0] == '@' ? text + 1 : "", text[0] == '@' ? ": " : "", err);
}

static void set_sse(struct mock *mock, const char *names)
{
	char err[600];

	if (msse_knobs(names, &mock->sse, err, sizeof err) < 0)
		opt_die(&cmd, "--sse: %s", err);
}

/* 1: it was one of those that say how slow replies are. */
static int set_time(struct mtime *t, int id)
{
	if (id == DELAY)
		t->delay = opt_number(&cmd, "delay", optarg, 0, DAY_MS) * 1000LL;
	else if (id == TTFT)
		t->ttft = opt_number(&cmd, "ttft", optarg, 0, DAY_MS) * 1000LL;
	else if (id == TPS)
		t->token = 1000000 / opt_number(&cmd, "tps", optarg, 1, 1000000);
	else if (id == JITTER)
		t->jitter = (unsigned)opt_number(&cmd, "jitter", optarg, 0, 100);
	else if (id == SEED)
		t->seed = (unsigned long long)opt_number(&cmd, "seed", optarg, 0, 0x7fffffff);
	else if (id == PING)
		t->ping = opt_number(&cmd, "ping", optarg, 0, DAY_MS) * 1000LL;
	else
		return 0;
	return 1;
}

static void read_options(int argc, char **argv, struct settings *set, struct mock *mock)
{
	int id;

	while ((id = opt_next(&cmd, argc, argv)) != -1) {
		if (id == PORT)
			set->port = (int)opt_number(&cmd, "port", optarg, 0, 65535);
		else if (id == LISTEN)
			set->listen = optarg;
		else if (id == PROFILE)
			set_profile(mock, optarg);
		else if (id == OLD)
			set->old = 1;
		else if (id == REPLY)
			mock->reply = optarg;
		else if (id == MODEL)
			mock->model = optarg;
		else if (id == SCRIPT)
			mock->told.script_file = optarg;
		else if (id == REPLAY)
			mock->told.replay_file = optarg;
		else if (id == RAW_REPLY)
			mock->told.raw_file = optarg;
		else if (id == MAX_PROMPT)
			mock->told.max_prompt = (size_t)opt_number(&cmd, "max-prompt", optarg, 1, MAX_RECORD);
		else if (id == READY_FILE)
			set->ready = optarg;
		else if (id == LOG)
			set->log = optarg;
		else if (id == FAULTS)
			set_faults(mock, set, optarg);
		else if (id == SSE)
			set_sse(mock, optarg);
		else if (!set_gate(&mock->gate, id))
			set_time(&mock->time, id);
	}
	if (set->old)
		set_old(mock);
	if (mock->time.ping < 0)
		mock->time.ping = mock->profile->ping_ms * 1000LL;
	if (optind < argc)
		opt_die(&cmd, "no operands are taken: %s", argv[optind]);
	if ((mock->told.script_file != NULL) + (mock->told.replay_file != NULL) + (mock->told.raw_file != NULL) > 1)
		opt_die(&cmd, "only one of --script, --replay and --raw-reply can be given");
}

/* 0, or 2: a file that answers come from can't be used. */
static int read_answers(struct mock *mock)
{
	char err[512];

	if (mtold_open(&mock->told, err, sizeof err) == 0)
		return 0;
	fprintf(stderr, "%s: %s\n", cmd.prog, err);
	return 2;
}

int main(int argc, char **argv)
{
	struct settings set = {.listen = "127.0.0.1"};
	struct mserve server;
	struct mock mock;
	int status;

	if ((status = hold_standard_fds()) != 0)
		return status;
	buf_init(&set.faults, MAX_CONFIG);
	memset(&mock, 0, sizeof mock);
	mock.log = -1;
	mock.profile = mprofile_find("echo");
	mock.time.ping = -1;	/* the profile's */
	read_options(argc, argv, &set, &mock);
	if (set.log != NULL) {
		mock.log = open(set.log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
		if (mock.log < 0)
			return complain(set.log, strerror(errno));
	}
	raise_descriptors();
	if ((status = catch_signals()) == 0) {
		mock_init(&mock);
		if ((status = read_answers(&mock)) == 0)
			status = serve(&set, &mock, &server);
		mock_release(&mock);
	}
	buf_release(&set.faults);
	if (mock.log >= 0 && close(mock.log) < 0 && status == 0)
		status = complain(set.log, strerror(errno));
	return status;
}
