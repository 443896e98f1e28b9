/* fb-probe - what does a server accept, and what must be set?  See fb-probe(1). */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "finding.h"
#include "http.h"
#include "lane.h"
#include "limits.h"
#include "opt.h"
#include "probe.h"
#include "route.h"
#include "secret.h"
#include "sendargs.h"
#include "settings.h"
#include "stage.h"
#include "tty.h"

enum { RUNG = 900, RUNGS, SAFE, MAX_PROMPT, WRITE, JSON };
enum { TIMEOUT_MS = 60000, REVIVE_MS = 10000, PROMPT = 65000, PROMPT_LEAST = 1000, JOBS = 2 };

static const struct opt opts[] = {
	{'m', "model", "REF", "the model: an alias, provider/id or an id"},
	ROUTE_MORE_OPTIONS,
	{RUNG, "rung", "NAME", "this rung of the ladder alone (repeatable)"},
	{RUNGS, "rungs", NULL, "list the rungs"},
	{SAFE, "safe", NULL, "leave out what has crashed servers: tools, schemas, content parts, images, long prompts"},
	{MAX_PROMPT, "max-prompt", "BYTES", "the longest prompt to try (default 65000)"},
	{WRITE, "write", NULL, "put what is to be set into the configuration"},
	{JSON, "json", NULL, "a record for each rung"},
	{OPT_TIMEOUT, "timeout", "SEC", "give up on a reply after SEC seconds (default 60)"},
	{OPT_WAIT, "wait", "SEC", "a server that isn't up yet, or crashed, has SEC seconds to come (default 0 and 10)"},
	SEND_WAY_OPTIONS,
	{'v', "verbose", NULL, "show what goes over the wire, without bodies and keys"},
	STAGE_OUTPUT_OPTION,
	{0, NULL, NULL, NULL}
};

static const struct cmd cmd = {
	"fb-probe", "[OPTION]...",
	"Ask a server what it accepts; say which compat flags to set.",
	opts, NULL
};

/* One run. */
static struct stage stage;
static struct route_args route_args;
static struct send_args args;
static struct secrets secrets;
static struct http *http;
static struct lanes lanes;
static struct probe probe;
static volatile sig_atomic_t caught;
static struct probe_options options = {0, PROMPT, REVIVE_MS, &caught};
static int wanted[RUNG_COUNT], some_wanted;	/* of --rung, by their places in rungs[] */
static int lists, writes, json;

static void list_rungs(void)
{
	const struct rung *r;
	struct buf line;

	buf_init(&line, 4096);
	for (r = rungs; r->name != NULL; r++) {
		buf_clear(&line);
		buf_adds(&line, r->name);
		out_line(&stage.out, &line);
	}
	buf_release(&line);
}

static void want(const char *name)
{
	const struct rung *r = rung_find(name);

	if (r == NULL)
		opt_die(&cmd, "--rung: no such rung: %s (--rungs lists them)", name);
	wanted[r - rungs] = some_wanted = 1;
}

/* 1 when the option is one of ours alone; 0; -1 and *f. */
static int own_option(int id, const char *value, struct fault *f)
{
	switch (id) {
	case RUNG:
		want(value);
		return 1;
	case MAX_PROMPT:
		return send_bytes("max-prompt", value, &options.max_prompt, f) == 0 ? 1 : -1;
	case RUNGS:
		lists = 1;
		return 1;
	case SAFE:
		options.safe = 1;
		return 1;
	case WRITE:
		writes = 1;
		return 1;
	case JSON:
		json = 1;
		return 1;
	default:
		return 0;
	}
}

static void read_options(int argc, char **argv)
{
	struct fault f;
	int id, got;

	while ((id = opt_next(&cmd, argc, argv)) != -1) {
		if ((got = own_option(id, optarg, &f)) == 0)
			got = send_args_option(&args, id, optarg, &f);
		if (got < 0)
			opt_die(&cmd, "%s", f.message);
		if (!got && !stage_option(&stage, id, optarg) && route_option(&route_args, id, optarg) < 0)
			opt_die(&cmd, "more than %d times the same option", ROUTE_MOST);
	}
	if (optind < argc)
		opt_die(&cmd, "takes no operand: %s", argv[optind]);
	if (route_args.nrefs > 1)
		opt_die(&cmd, "-m: one model at a time");
	if (writes && route_args.base_url != NULL)
		opt_die(&cmd, "--write and --base-url don't go together: there is no configuration to write to");
	if (send_args_check(&args, stage.output, argv + optind, &f) != 0)
		opt_die(&cmd, "%s", f.message);
	if (options.max_prompt < PROMPT_LEAST || options.max_prompt > MAX_RECORD / 2)
		opt_die(&cmd, "--max-prompt: from %d bytes to %lu are due", PROMPT_LEAST, MAX_RECORD / 2);
}

static void on_signal(int sig)
{
	caught = sig;
}

/* A rung takes its time: what is under way ends with the program, and neither -o nor --write leaves anything behind. */
static void guard(void)
{
	struct sigaction act = {.sa_handler = on_signal}, before;

	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN)	/* nohup(1) */
		sigaction(SIGHUP, &act, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* How the requests of a probe go: each once, two at most at a time. */
static void set_sending(void)
{
	if (args.sender.wait_ms > 0)
		options.revive_ms = args.sender.wait_ms;
	if (args.lane.limits.total_ms == 0)
		args.lane.limits.total_ms = TIMEOUT_MS;
	args.lane.jobs = args.sender.jobs = JOBS;
	args.sender.retries = 0;
	args.lane.path.once = 1;
	args.sender.deadline_ms = args.lane.limits.total_ms + args.sender.wait_ms;
}

/* -v */
static void on_trace(void *ctx, char direction, const char *line, size_t n)
{
	(void)ctx;
	lanes_trace(&lanes, direction, line, n);
}

/*
 * What follows from the findings: the block, and --write.  written NULL: looks
 * whether there is a place to write to, before anything is asked.  0, or -1 and *f.
 */
static int settle(int *written, struct fault *f)
{
	struct settings s;
	struct buf text;
	int bad = settings_init(&s, &route_args, probe.route, probe.set, probe.nset, f);

	buf_init(&text, MAX_RECORD);
	if (!bad && written == NULL) {
		bad = settings_writable(&s, f);
	} else if (!bad && json) {
		settings_json(&s, &text);
		out_line(&stage.out, &text);
	} else if (!bad) {
		settings_block(&s, &text);
		out_write(&stage.out, buf_text(&text), text.len);
	}
	buf_clear(&text);
	if (!bad && written != NULL && writes && (bad = settings_write(&s, &text, f)) == 0) {
		*written = 1;
		tty_say(stage.prog, "%s", buf_text(&text));
	}
	buf_release(&text);
	settings_release(&s);
	return bad;
}

static int start(struct fault *f)
{
	struct buf route, warnings;
	int bad;

	secrets.own_config = route_args.config;
	secrets.insecure_http = args.insecure_http;
	if (send_args_key(&args, &route_args, &secrets, f) != 0 || (http = http_new(SENDER_FOLD * JOBS, f)) == NULL)
		return -1;
	if (args.verbose)
		http_trace(http, on_trace, NULL);
	lanes_init(&lanes, http, &secrets, &args.lane);
	if (lanes_check(&lanes, f) != 0)
		return -1;
	buf_init(&route, MAX_RECORD);
	buf_init(&warnings, MAX_RECORD);
	bad = route_single(&route_args, &route, &warnings, f);
	stage_warnings(&stage, &warnings);
	if (!bad)
		bad = probe_init(&probe, (struct span){buf_text(&route), route.len}, http, &lanes, &args.sender, &options, f);
	if (!bad && writes)
		bad = settle(NULL, f);
	buf_release(&warnings);
	buf_release(&route);
	return bad;
}

/* What was found, counted for the exit status. */
struct count {
	int good, to_set, limits, failed;
	int again;		/* what failed may go well later */
	int stopped;		/* without that rung nothing can be said */
};

static void count(struct count *n, const struct finding *x)
{
	n->good += x->verdict == PROBE_OK || x->verdict == PROBE_NOTE;
	n->to_set += x->verdict == PROBE_SET;
	n->limits += x->verdict == PROBE_LIMIT;
	if (x->verdict != PROBE_FAILED)
		return;
	n->failed++;
	n->again |= fault_retryable(x->fault.code);
	n->stopped |= x->rung->is & RUNG_NEEDED;
}

static int status_of(const struct count *n, int written)
{
	if (n->stopped || (n->failed > 0 && n->good + n->to_set + n->limits == 0))
		return n->again ? 5 : 4;
	return (n->to_set > 0 && !written) || n->limits > 0 || n->failed > 0;
}

/* One line for all that is not asked any more. */
static void print_rest(void)
{
	struct buf line;

	buf_init(&line, 4096);
	buf_addf(&line, "%-58s  -  %s", "...", probe.gone.message);
	out_line(&stage.out, &line);
	buf_release(&line);
}

static int climb(struct count *n, struct fault *f)
{
	const struct rung *r;
	struct finding x;
	struct buf line;
	int bad = 0;

	for (r = rungs; r->name != NULL && !bad && caught == 0 && stage.out.error == 0; r++) {
		if (some_wanted && !wanted[r - rungs])
			continue;
		if (probe.gone.code != F_NONE && !json) {
			print_rest();
			break;
		}
		finding_init(&x);
		buf_init(&line, MAX_RECORD);
		if ((bad = probe_climb(&probe, r, &x, f)) == 0 && caught == 0) {
			count(n, &x);
			if (json)
				finding_json(&line, &x);
			else
				finding_line(&line, &x, isatty(stage.out.fd) ? tty_columns(stage.out.fd) : 0);
			out_line(&stage.out, &line);
		}
		buf_release(&line);
		finding_release(&x);
	}
	return bad;
}

int main(int argc, char **argv)
{
	struct count n = {0};
	struct fault f;
	int status, bad, written = 0;

	stage_start(&stage, "fb-probe", "probe");
	stage.bare = stage.reports = 1;
	secrets_init(&secrets);
	send_args_init(&args);
	read_options(argc, argv);
	if ((status = stage_open(&stage)) != 0)
		return status;
	if (lists) {
		list_rungs();
		return stage_end(&stage, 0);
	}
	set_sending();
	guard();
	if ((bad = start(&f)) == 0 && (bad = climb(&n, &f)) == 0 && caught == 0 && probe.nset > 0)
		bad = settle(&written, &f);
	status = bad ? stage_cannot(&stage, &f) : caught != 0 ? 128 + caught : status_of(&n, written);
	http_free(http);
	probe_release(&probe);
	lanes_release(&lanes);
	secrets_release(&secrets);
	return stage_end(&stage, status);
}
