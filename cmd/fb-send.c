/* fb-send - sends requests, writes response records.  See fb-send(1). */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "giveup.h"
#include "http.h"
#include "lane.h"
#include "limits.h"
#include "meter.h"
#include "opt.h"
#include "outlet.h"
#include "request.h"
#include "response.h"
#include "route.h"
#include "secret.h"
#include "sendargs.h"
#include "sender.h"
#include "served.h"
#include "stage.h"
#include "stats.h"
#include "tty.h"

enum { GRACE_S = 10, NAP_MS = 200 };

static const struct opt opts[] = {
	SEND_OPTIONS,
	ROUTE_OPTIONS,
	{OPT_FALLBACKS, "fallbacks", "[REF,...]", NULL},
	STAGE_OUTPUT_OPTION,
	STAGE_QUIET_OPTION,
	{0, NULL, NULL, NULL}
};

static const struct cmd cmd = {
	"fb-send", "[OPTION]... [FILE]...",
	"Send requests to their servers, many at once; print response records.",
	opts,
	"Reads request records as fb-shape prints them, lines of OpenAI's Batch format\n"
	"and single request bodies, from the FILEs, else from stdin.  The last two name\n"
	"no server: they go where -m says, else to the configured primary.\n"
};

/* One run: what was asked for, and where it goes. */
static struct stage stage;
static struct route_args route_args;
static struct send_args args;
static struct secrets secrets;
static struct http *http;
static struct lanes lanes;
static struct sender sender;
static struct outlet outlet;
static struct stats stats;
static struct meter meter;
static struct served served;
static struct buf own_route;	/* for requests that name none */
static long numbers;		/* of the inputs that a record comes of, from 0 */
static int all_read;		/* the input has ended */
static int tried;		/* --retry-failed found something to send */
static int unsent;		/* some requests were left for the same command to go on with */
static double size, first_at;	/* of the input, in bytes, 0: not known; behind the first request */
static double stopped_at;	/* when the run was stopped by a signal, in seconds; 0: it wasn't */
static volatile sig_atomic_t caught, twice, over;	/* over: no more is read */

static void on_signal(int sig)
{
	twice = caught != 0;
	caught = sig;
	over = 1;
}

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void put(long number, struct buf *line)
{
	outlet_put(&outlet, number, line, now_s());
	over |= outlet_failed(&outlet);
}

/* A line that needs no sending: of an input that was refused, or failed before. */
static void emit(struct stage *s, struct buf *line)
{
	(void)s;
	if (outlet_is_new(&outlet, line, stage.ordinal))
		put(numbers++, line);
}

/* Is somebody watching the one answer? */
static int wants_events(void *ctx)
{
	(void)ctx;
	if (args.events < 0 && stage.given > 1)
		args.events = 0;
	else if (args.events < 0 && all_read)
		args.events = 1;
	else if (args.events < 0 && stage.in != NULL)
		args.events = reader_drained(stage.in);
	return args.events;
}

static void on_event(void *ctx, struct buf *line)
{
	(void)ctx;
	meter_clear(&meter);
	out_line(&stage.out, line);
}

/* A server may answer with a model of its own choice. */
static void look_who_answered(const struct flight *t)
{
	struct buf text;

	buf_init(&text, 4096);
	if (t->o.fault.code == F_NONE && served_tell(&served, t->body, t->o.body, &text)) {
		header_lines_redact(&t->lane->lines, text.data, text.len);
		stage_warn(&stage, buf_text(&text));
	}
	buf_release(&text);
}

static void count(const struct flight *t)
{
	const struct outcome *o = &t->o;
	static const char *const names[] = {"prompt_tokens", "completion_tokens", NULL};
	struct stats_one one = {o->fault.code == F_NONE, 0, 0, 0, o->ttft_ms, o->total_ms};
	struct span tokens[2];
	struct fault why;

	span_pick(span_get(o->body, "usage"), names, tokens);
	one.tokens_in = span_number(tokens[0]);
	one.tokens_out = span_number(tokens[1]);
	one.failed_tries = t->failed_tries;
	stats_add(&stats, &one);
	look_who_answered(t);
	if (giveup_add(&args.giveup, o->fault.code)) {
		tty_say(stage.prog, "%s: the run is stopped", args.giveup.why);
		fault_set(&why, F_SKIPPED, "not sent: %s", args.giveup.why);
		sender_close(&sender, &why);
		over = outlet.path != NULL;	/* else each of the rest still gets its record */
	}
}

/* What is wrong with a record itself stays wrong, and may hold what nobody should read, such as a password in a URL. */
static int is_worth_keeping(const struct fault *f)
{
	return f->code != F_NONE && f->code != F_INPUT && f->code != F_CONFIG;
}

/* A request has ended. */
static void on_done(void *ctx, struct flight *t)
{
	const struct fault *f = &t->o.fault;
	int sent = f->code != F_INTERRUPTED && f->code != F_SKIPPED;
	struct buf line;

	(void)ctx;
	if (outlet_failed(&outlet))
		return;
	buf_init(&line, 2 * MAX_RECORD);
	unsent |= !sent;
	if (args.retry_failed && (!sent || (f->code != F_NONE && !is_worth_keeping(f)))) {
		outlet_keep(&outlet, t->number, (struct span){buf_text(&t->text), t->text.len}, now_s());
	} else if (sent || args.resume == NULL) {
		flight_record(t, args.keep_request || is_worth_keeping(f), &line);
		tally_add(&stage.tally, f->code == F_NONE, fault_retryable(f->code));
		put(t->number, &line);
	}
	if (sent)
		count(t);
	if (f->code != F_NONE && (sent || args.resume == NULL)) {
		meter_clear(&meter);
		stage_tell(&stage, (struct span){buf_text(&t->request.id), t->request.id.len}, f);
	}
	buf_release(&line);
}

static void show_progress(void)
{
	struct buf line;
	double now = now_s(), at;
	long taken = stats.good + stats.failed + sender.held;

	if (!meter_due(&meter, now))
		return;
	at = stage_read(&stage);
	buf_init(&line, 1000);
	stats_progress(&stats, now, sender.held - sender.nflying - sender.ready, sender.nflying,
	    all_read ? taken : stats_expect(taken - 1, at - first_at, size - at), &line);
	meter_show(&meter, buf_text(&line), now);
	buf_release(&line);
}

/* The first signal lets what is under way end, within a time; the second doesn't wait. */
static void look_for_signals(void)
{
	struct fault why;

	if (caught == 0 || (sender_idle(&sender) && stopped_at > 0))
		return;
	fault_set(&why, F_INTERRUPTED, "interrupted before it was done");
	if (stopped_at == 0) {
		stopped_at = now_s();
		sender_halt(&sender, &why);
		if (!sender_idle(&sender) && !twice)
			tty_say(stage.prog, "interrupted: waiting %d s for the %d under way (again to stop at once)", GRACE_S, sender.nflying);
	}
	if (twice || now_s() - stopped_at > GRACE_S || outlet_failed(&outlet))
		sender_abort(&sender, &why);
}

/* Moves all on for a moment, or until fd (-1: none) can be read: 1 then. */
static int move(int fd)
{
	struct fault f;
	int got;

	look_for_signals();
	outlet_tick(&outlet, now_s());
	if (outlet_failed(&outlet)) {	/* nobody would get to see what is under way */
		over = 1;
		fault_set(&f, F_INTERRUPTED, "its record can't be written");
		sender_abort(&sender, &f);
	}
	got = sender_step(&sender, fd, NAP_MS, &f);
	if (got < 0) {
		tty_say(stage.prog, "%s", f.message);
		stage.broken = over = 1;
		sender_abort(&sender, &f);
	}
	show_progress();
	return got > 0;
}

/* The reader is about to read: what is under way goes on until it won't wait in read(), which a signal just before wouldn't end. */
static void wait_for_input(void *ctx, int fd)
{
	struct pollfd in = {fd, POLLIN, 0};
	int idle, n = 0;

	(void)ctx;
	while (!over && n <= 0) {
		idle = sender_idle(&sender) && !outlet_unsynced(&outlet);
		if ((n = poll(&in, 1, idle ? NAP_MS : 0)) < 0 && errno != EINTR)
			return;
		if (n <= 0 && !idle)
			n = move(fd);
	}
}

/* The route of Batch lines and single bodies; resolved when the first comes. */
static int default_route(struct span *route, struct fault *f)
{
	struct buf warnings;
	int bad = 0;

	buf_init(&warnings, MAX_RECORD);
	buf_no_memory(tty_no_memory);	/* no route but a whole one */
	if (own_route.len == 0)
		bad = route_single(&route_args, &own_route, &warnings, f);
	buf_no_memory(NULL);
	stage_warnings(&stage, &warnings);
	buf_release(&warnings);
	*route = (struct span){buf_text(&own_route), own_route.len};
	return bad;
}

/* --curl: the request as a command, in place of sending it. */
static void print_curl(struct flight *t)
{
	struct lane *lane = lane_take(&lanes, t->route, t->request.url, 0, &t->o.fault);
	struct buf text;

	tally_add(&stage.tally, lane != NULL, 0);
	buf_init(&text, 4 * MAX_RECORD);
	if (lane == NULL && !stage.quiet) {	/* in a pipe too: no record tells of it */
		tty_say(stage.prog, "%s: %s: %s", buf_text(&t->request.id), fault_name(t->o.fault.code), t->o.fault.message);
	} else if (lane != NULL) {
		lane_curl(lane, t->body, &text);
		if (text.failed && stage.out.error == 0)
			stage.out.error = ENOMEM;
		out_write(&stage.out, buf_text(&text), text.len);
		lane_leave(lane);
	}
	buf_release(&text);
}

static void send_flight(struct flight *t)
{
	/* one that may be all there is needs no whole bundle of certificates */
	args.lane.path.few = numbers == 0 && stage.given <= 1 && (stage.in == NULL || reader_drained(stage.in) != 0);
	if (stats.good + stats.failed + sender.held == 0)
		first_at = stage_read(&stage);
	t->number = numbers++;
	sender_take(&sender, t);
	while (!sender_idle(&sender) && (sender_full(&sender) || outlet_full(&outlet))) {
		move(-1);
		if (over)
			break;
	}
}

static void take_value(struct stage *st, struct span value, const char *where)
{
	struct flight *t;
	struct fault f;
	struct buf id;
	int wanted = args.retry_failed && !over && flight_wanted(value, args.retry_all), bad = 0;

	if (args.retry_failed && !wanted) {	/* once it is stopped, the rest of the file too */
		outlet_keep(&outlet, numbers++, value, now_s());
		return;
	}
	tried |= wanted;
	t = flight_new(value, st->ordinal, wanted, &f);
	if (t == NULL && f.code == F_NONE) {
		stage_pass(st, value);
		return;
	}
	if (t != NULL && t->route.p == NULL)
		bad = default_route(&t->route, &f);
	if (t != NULL && !bad && args.resume != NULL && (bad = outlet_ask(&outlet, &t->request, span_get(t->route, "ref"), &f)) == 0) {
		flight_free(t);
		return;
	}
	if (t != NULL && bad >= 0 && !args.curl) {
		send_flight(t);
		return;
	}
	if (t != NULL && bad >= 0) {
		print_curl(t);
		flight_free(t);
		return;
	}
	buf_init(&id, MAX_RECORD);
	record_id(&id, value, 0, st->ordinal);
	if (wanted)
		outlet_keep(&outlet, numbers++, value, now_s());
	if (wanted || bad == OUTLET_CHANGED) {
		fault_prefix(&f, wanted ? "" : where);
		stage_tell(st, (struct span){buf_text(&id), id.len}, &f);
	} else {
		stage_refuse(st, (struct span){buf_text(&id), id.len}, where, &f);
	}
	buf_release(&id);
	if (t != NULL)
		flight_free(t);
}

static void read_options(int argc, char **argv)
{
	struct fault f;
	int id, got;

	while ((id = opt_next(&cmd, argc, argv)) != -1) {
		if (id == OPT_FALLBACKS)	/* another model's body is another: only fb-shape makes them */
			opt_die(&cmd, "--fallbacks: is for the stage that makes the requests: fb-shape --fallbacks | fb-send");
		if ((got = send_args_option(&args, id, optarg, &f)) < 0)
			opt_die(&cmd, "%s", f.message);
		if (!got && !stage_option(&stage, id, optarg) && route_option(&route_args, id, optarg) < 0)
			opt_die(&cmd, "more than %d times the same option", ROUTE_MOST);
	}
	if (send_args_check(&args, stage.output, argv + optind, &f) != 0)
		opt_die(&cmd, "%s", f.message);
}

/* A gone reader is an error of write(2), not of a TLS library; a file over its limit one too. */
static void guard(void)
{
	struct sigaction act = {.sa_handler = on_signal};

	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	signal(SIGPIPE, SIG_IGN);
#ifdef SIGXFSZ
	signal(SIGXFSZ, SIG_IGN);
#endif
}

/* -v */
static void on_trace(void *ctx, char direction, const char *line, size_t n)
{
	(void)ctx;
	meter_clear(&meter);
	lanes_trace(&lanes, direction, line, n);
}

static int start(struct fault *f)
{
	static const struct sender_ear ear = {wants_events, on_event, on_done, NULL};
	struct timespec t;

	secrets.own_config = route_args.config;
	secrets.insecure_http = args.insecure_http;
	secrets.by_name = args.curl;
	if (send_args_key(&args, &route_args, &secrets, f) != 0 || (!args.curl && (http = http_new(SENDER_FOLD * args.lane.jobs, f)) == NULL))
		return -1;
	if (args.verbose && http != NULL)
		http_trace(http, on_trace, NULL);
	lanes_init(&lanes, http, &secrets, &args.lane);
	if (lanes_check(&lanes, f) != 0)
		return -1;
	clock_gettime(CLOCK_REALTIME, &t);
	sender_init(&sender, http, &lanes, &args.sender, &ear,
	    (uint64_t)t.tv_nsec << 20 ^ (uint64_t)t.tv_sec ^ (uint64_t)getpid() << 40);
	stats_init(&stats, now_s());
	served_init(&served);
	meter_init(&meter, stage.prog, args.progress ? 1 : stage.quiet || args.curl || (outlet.path == NULL && tty_piped(stage.out.fd)) ? 0 : -1,
	    outlet.where == OUTLET_OUT ? stage.out.fd : -1);
	return 0;
}

/* All input; the exit status. */
static int send_all(char **files)
{
	static char *none[] = {NULL};
	struct fault f;

	stage.each = take_value;
	stage.emit = emit;
	stage.wait = wait_for_input;
	files = args.retry_failed ? none : files;
	size = stage_size(files);
	stage_each(&stage, files);
	all_read = outlet.whole = 1;
	while (!sender_idle(&sender))
		move(-1);
	meter_clear(&meter);
	if (caught != 0)
		return 128 + caught;
	if (args.resume != NULL && tally_status(&outlet.journal.tally) != 2)
		return tally_status(&outlet.journal.tally);
	if (args.retry_failed && !tried && stage.given > 0)
		tty_say(stage.prog, "%s: nothing in it is to be sent again%s", args.retry_file,
		    stage.tally.bad > 0 && !args.retry_all ? " (--retry-failed=all sends what failed for good, too)" : "");
	if (stage.tally.good + stage.tally.bad > 0 || stage.broken || stage.out.error != 0)
		return tally_status(&stage.tally);
	fault_set(&f, F_INPUT, args.retry_failed ? "%s has no records" :
	    "nothing to send: the input is empty, no request came from the stage before%s", args.retry_failed ? args.retry_file : "");
	stage.emit = NULL;
	return stage_cannot(&stage, &f);
}

static void say_summary(void)
{
	if (args.summary != SUMMARY_USUAL || (stats.good + stats.failed > 1 && isatty(STDERR_FILENO) && !stage.quiet))
		meter_summary(&meter, &stats, args.summary == SUMMARY_JSON, now_s());
}

int main(int argc, char **argv)
{
	struct fault f;
	int status;

	stage_start(&stage, "fb-send", "send");
	buf_no_memory(NULL);		/* what is under way goes on, and each record says what became of it */
	secrets_init(&secrets);
	buf_init(&own_route, MAX_RECORD);
	send_args_init(&args);
	read_options(argc, argv);
	stage.stop = args.retry_failed ? NULL : &over;	/* what that file has must be read to be kept */
	guard();
	stage.bare = args.curl;		/* no record stands among commands */
	if (args.events < 0 && (stage.output != NULL || optind + 1 < argc || args.resume != NULL || args.retry_failed ||
	    !(isatty(STDOUT_FILENO) || tty_piped(STDOUT_FILENO))))
		args.events = 0;
	outlet_init(&outlet, &stage, args.unordered ? OUTLET_FINISH : OUTLET_INPUT, args.reorder_bytes);
	if ((status = outlet_open(&outlet, args.resume, args.retry_file)) != 0)
		return status;
	outlet.journal.redo = args.redo;
	outlet.journal.sync = args.sync;
	status = start(&f) != 0 ? stage_cannot(&stage, &f) : send_all(argv + optind);
	if (http != NULL)
		say_summary();
	if (unsent || over)
		outlet_tell_rest(&outlet, stage.given);
	http_free(http);
	sender_release(&sender);
	lanes_release(&lanes);
	served_release(&served);
	secrets_release(&secrets);
	buf_release(&own_route);
	status = outlet_end(&outlet, status);
#ifndef FB_TIDY_EXIT	/* defined where leaks are looked for at exit */
	_exit(status);	/* what OpenSSL would free itself the system takes back at once: 4 % of a start */
#endif
	return status;
}
