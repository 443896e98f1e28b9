/* sender.c - see sender.h. */
#include <poll.h>
#include <string.h>
#include <time.h>

#include "gather.h"
#include "hint.h"
#include "lineup.h"
#include "response.h"
#include "sender.h"

enum {
	NAP_MS = 200,		/* the longest sleep: a signal is seen by then */
	UP_MS = 250,		/* how often a server that isn't up yet is asked */
	AHEAD_FOLD = 32, AHEAD_BYTES = 16 << 20	/* so many times the jobs are read ahead, for servers that would have nothing to do */
};

static const struct retry_said silent = {-1, -1};

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

static double unix_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void sender_init(struct sender *s, struct http *http, struct lanes *lanes, const struct sender_options *options,
    const struct sender_ear *ear, uint64_t seed)
{
	memset(s, 0, sizeof *s);
	s->http = http;
	s->lanes = lanes;
	s->options = options;
	s->ear = ear;
	watch_init(&s->watch, ear->event, ear->ctx);
	s->began = now_ms();
	s->chance = seed | 1;
	retry_budget_init(&s->budget, s->began);
}

void sender_release(struct sender *s)
{
	struct host *h;

	for (h = s->lanes != NULL ? s->lanes->host : NULL; h != NULL; h = h->next)
		lineup_drop(&h->line);
	lineup_drop(&s->waiting);
	lineup_drop(&s->flying);
	watch_release(&s->watch);
}

/* Of tries before this end nothing is in the response, only in the attempts. */
static void end_without_try(struct flight *t, const struct fault *why)
{
	flight_begin(t, NULL);
	t->o.started = unix_now();
	t->o.queued_ms = now_ms() - t->taken;
	t->o.fault = *why;
}

static void leave_lane(struct flight *t)
{
	if (t->lane != NULL)
		lane_leave(t->lane);
	t->lane = NULL;
}

/* It ends as t->o says. */
static void conclude(struct flight *t)
{
	struct sender *s = t->s;

	if (t->o.fault.code != F_NONE)
		hint(&t->o.fault, t->route, t->body);
	t->o.attempts = (struct span){buf_text(&t->attempts), t->attempts.len};
	s->held--;
	watch_flush(&s->watch);
	s->ear->done(s->ear->ctx, t);
	leave_lane(t);
	flight_free(t);
}

static int in_phase(const struct fault *f, const char *phase)
{
	return f->code == F_TIMEOUT && f->phase != NULL && strcmp(f->phase, phase) == 0;
}

/* So does a server end a try that isn't there yet: it can't be reached, or it says that it loads. */
static int is_not_up(const struct fault *f)
{
	return f->code == F_CONNECT || f->code == F_OVERLOADED || in_phase(f, "connect");
}

/* A server that has answered nothing yet may still be coming up, for as long as --wait says. */
static int is_coming_up(const struct flight *t, double now)
{
	return t->lane != NULL && (t->lane->host->up == 0 || t->started < t->lane->host->up) && now - t->s->began < (double)t->s->options->wait_ms &&
	    is_not_up(&t->o.fault);
}

static int is_late(const struct flight *t, double now)
{
	return t->deadline > 0 && now >= t->deadline;
}

/* Milliseconds until the next try along the same route; -1: there is none. */
static double next_try(struct flight *t, const struct retry_said *said, double now)
{
	struct sender *s = t->s;
	double wait, owed;

	if (!retry_again(&t->o.fault, said, t->tries, s->options->retries, retry_chance(&s->chance), &wait))
		return -1;
	owed = retry_budget_wait(&s->budget, now);
	wait = wait > owed ? wait : owed;
	if (is_late(t, now + wait))
		return -1;
	retry_budget_take(&s->budget, now);
	return wait;
}

/* A try ended in t->o.fault: again, along the next route, or for good. */
static void failed(struct flight *t, const struct retry_said *said, double now)
{
	struct sender *s = t->s;
	double wait;

	if (!s->halted && is_coming_up(t, now) && !is_late(t, now + UP_MS)) {
		t->tries--;	/* it counts as none */
		lineup_due(&s->waiting, t, now + UP_MS);
		return;
	}
	wait = s->halted ? -1 : next_try(t, said, now);
	flight_note(t, wait > 0 ? wait : 0);
	if (wait < 0 && !s->halted && !is_late(t, now) && flight_fall_back(t)) {
		leave_lane(t);
		wait = 0;
	}
	if (wait < 0) {
		conclude(t);
		return;
	}
	watch_restart(&s->watch, t);
	lineup_due(&s->waiting, t, now + wait);
}

/* What the server said of its load, for all who go there. */
static void tell_host(const struct flight *t, const struct retry_said *said, double now)
{
	enum fault_code code = t->o.fault.code;
	struct host *host = t->lane->host;
	int busy = code == F_RATE_LIMIT || code == F_OVERLOADED || code == F_TIMEOUT;
	int too_much = busy && !is_coming_up(t, now);

	pace_end(&host->pace, code == F_NONE ? PACE_GOOD : too_much ? PACE_TOO_MUCH : PACE_BAD, t->started, t->reckoned,
	    t->s->options->reckon ? span_number(span_at(t->o.body, "usage.total_tokens")) : 0, now);
	if (host->up == 0 && t->o.status != 0 && !is_not_up(&t->o.fault))
		host->up = now;
	if (busy && said->after_ms > 0 && said->after_ms <= RETRY_AFTER_MOST_MS)
		pace_pause(&host->pace, now + said->after_ms);
}

/* A chunk of a stream: an event line, when somebody watches. */
static void on_chunk(void *ctx, struct span chunk)
{
	struct flight *t = ctx;

	if (t->events < 0)
		t->events = t->s->ear->wants_events(t->s->ear->ctx);
	watch_chunk(&t->s->watch, t, chunk);
}

static void on_head(void *ctx, int status, const char *reason)
{
	struct flight *t = ctx;

	reply_head(&t->reply, status, reason);
}

static enum http_want on_data(void *ctx, const char *p, size_t n)
{
	struct flight *t = ctx;
	long chunks = t->reply.chunks;

	reply_push(&t->reply, p, n);
	if (t->reply.done || t->reply.has_error)
		return HTTP_ENOUGH;
	if (t->reply.raw.failed || t->reply.fault.code != F_NONE)	/* nothing makes an answer of it any more */
		return HTTP_STOP;
	return t->reply.form == REPLY_STREAM && t->reply.chunks == chunks ? HTTP_ALIVE : HTTP_MORE;
}

static void on_end(void *ctx, const struct http_reply *got, struct fault *f)
{
	struct flight *t = ctx;
	struct sender *s = t->s;
	struct retry_said said;
	double now = now_ms();

	lineup_take_out(&s->flying, t);
	s->nflying--;
	t->call = NULL;
	watch_held(&s->watch, t);
	flight_judge(t, got, f);
	if (in_phase(&t->o.fault, "total") && is_late(t, now))
		flight_blame_deadline(t, s->options->deadline_ms);
	retry_said(&said, got->retry_after, got->retry_after_ms, got->should_retry, unix_now());
	tell_host(t, &said, now);
	if (t->o.fault.code != F_NONE) {
		failed(t, &said, now);
	} else {
		retry_budget_good(&s->budget);
		conclude(t);
	}
}

/* The lane's limits, within what is left until the deadline. */
static struct http_limits limits_of(const struct flight *t, double now)
{
	struct http_limits limits = t->lane->limits;
	long left = t->deadline > 0 ? (long)(t->deadline - now) + 1 : 0;

	if (left > 0 && (limits.total_ms == 0 || left < limits.total_ms))
		limits.total_ms = left;
	return limits;
}

static void start(struct flight *t, double now)
{
	static const struct http_sink sink = {on_head, on_data, on_end};
	struct sender *s = t->s;
	struct http_limits limits = limits_of(t, now);

	t->events = s->ear->wants_events(s->ear->ctx);
	flight_begin(t, t->events != 0 ? on_chunk : NULL);
	t->tries++;
	t->started = now;
	t->o.started = unix_now();
	t->o.queued_ms = now - t->taken;
	pace_start(&t->lane->host->pace, t->reckoned, now);
	t->call = http_start(s->http, t->lane->way, t->body, &limits, &sink, t, &t->o.fault);
	if (t->call == NULL) {
		pace_end(&t->lane->host->pace, PACE_BAD, now, t->reckoned, 0, now);
		failed(t, &silent, now);
		return;
	}
	t->next = s->flying;
	s->flying = t;
	s->nflying++;
}

static void join_line(struct flight *t)
{
	lineup_join(t->lane->host, t);
	t->s->ready++;
	t->s->ahead += t->text.len + sizeof *t;
}

static void leave_line(struct flight *t)
{
	lineup_leave(t->lane->host, t);
	t->s->ready--;
	t->s->ahead -= t->text.len + sizeof *t;
}

/* Its time has come: into the line of its server. */
static void line_up(struct flight *t, double now)
{
	struct sender *s = t->s;
	struct fault f;

	lineup_take_out(&s->waiting, t);
	if (t->lane == NULL && (t->lane = lane_take(s->lanes, t->route, t->request.url, now, &f)) == NULL) {
		end_without_try(t, &f);
		failed(t, &silent, now);
		return;
	}
	t->reckoned = s->options->reckon ? flight_reckon(t) : 0;
	join_line(t);
}

/* Its turn doesn't come before its deadline. */
static void end_late(struct flight *t)
{
	struct fault f;

	leave_line(t);
	if (t->tries == 0) {	/* else the last try says more */
		fault_set(&f, F_TIMEOUT, "its turn didn't come within the deadline");
		f.phase = "total";
		end_without_try(t, &f);
	}
	conclude(t);
}

/*
 * Starts what may at one server.  0: nothing is left in its line; else how long
 * until the next may start, -1 when that isn't known.  The first alone is asked
 * for, however long the line.
 */
static double start_line(struct sender *s, struct host *h, double now)
{
	struct flight *t, *next;
	double wait = h->line != NULL ? pace_wait(&h->pace, h->line->reckoned, now) : 0;

	for (t = s->options->deadline_ms > 0 ? h->line : NULL; t != NULL; t = next) {
		next = t->next;
		if (is_late(t, now + (wait > 0 ? wait : 0)))
			end_late(t);
	}
	while (!s->halted && s->nflying < SENDER_FOLD * s->options->jobs && (t = h->line) != NULL &&
	    (wait = pace_wait(&h->pace, t->reckoned, now)) == 0) {
		leave_line(t);
		start(t, now);
	}
	return h->line != NULL ? wait : 0;
}

static void end_unsent(struct flight *t)
{
	end_without_try(t, &t->s->why);
	conclude(t);
}

/* The sender is halted: what waits ends. */
static void end_waiting(struct sender *s)
{
	struct flight *t;
	struct host *h;

	while ((t = s->waiting) != NULL) {
		s->waiting = t->next;
		end_unsent(t);
	}
	for (h = s->lanes->host; h != NULL; h = h->next)
		while ((t = h->line) != NULL) {
			leave_line(t);
			end_unsent(t);
		}
}

/* Starts what is due and may. */
static void start_due(struct sender *s, double now)
{
	struct host *h;
	double wait;

	if (s->halted)
		end_waiting(s);
	while (s->waiting != NULL && s->waiting->due <= now && !s->halted)
		line_up(s->waiting, now);
	s->soonest = now + NAP_MS;
	for (h = s->lanes->host; h != NULL && !s->halted; h = h->next) {
		wait = start_line(s, h, now);
		if (wait > 0 && now + wait < s->soonest)
			s->soonest = now + wait;
	}
	if (s->waiting != NULL && s->waiting->due < s->soonest)	/* also what came back for its next route */
		s->soonest = s->waiting->due;
}

/* Chunks gather (gather.h), until fd can be read or a request may start; signals end it too. */
static void let_gather(const struct sender *s, int fd)
{
	struct pollfd in = {fd, POLLIN, 0};
	double now, age = 0;
	const struct flight *t;
	int n = 0, watched = 0, ms;

	if (s->nflying < GATHER_FROM || s->halted)
		return;
	now = now_ms();
	for (t = s->flying; t != NULL; t = t->next)
		if (t->reply.chunks > 0) {
			age += now - t->started;
			watched += t->events != 0;
			n++;
		}
	ms = gather_ms(s->nflying, n, watched, age);
	if (s->soonest < now + ms)
		ms = s->soonest > now ? (int)(s->soonest - now) : 0;
	if (ms > 0)
		poll(&in, fd >= 0, ms);
}

int sender_step(struct sender *s, int fd, long ms, struct fault *f)
{
	double now, wait;
	int got;

	let_gather(s, fd);
	now = now_ms();
	start_due(s, now);
	wait = s->soonest > now ? s->soonest - now : 0;
	s->watch.gathers = s->nflying >= GATHER_FROM;
	got = http_run(s->http, fd, wait < (double)ms ? (long)(wait + 0.999) : ms, f);
	s->watch.gathers = 0;
	watch_flush(&s->watch);
	return got;
}

void sender_take(struct sender *s, struct flight *t)
{
	double now = now_ms();

	t->s = s;
	t->taken = now;
	t->deadline = s->options->deadline_ms > 0 ? now + (double)s->options->deadline_ms : 0;
	s->held++;
	if (s->halted) {
		end_unsent(t);
		return;
	}
	lineup_due(&s->waiting, t, now);
	start_due(s, now);
}

/*
 * Where a line is, no more is read: it would only get longer.  But beside a
 * server with a line another may have nothing to do, whose requests come
 * later in the input: they are looked for, up to a bound.  Not with a
 * deadline: it begins when a request is read.
 */
int sender_full(const struct sender *s)
{
	const struct host *h;

	if (s->held - s->ready >= SENDER_FOLD * s->options->jobs)
		return 1;
	if (s->ready == 0)
		return 0;
	if (s->options->deadline_ms > 0 || s->ready >= AHEAD_FOLD * s->options->jobs || s->ahead >= AHEAD_BYTES)
		return 1;
	for (h = s->lanes->host; h != NULL && h->line != NULL; h = h->next)
		;
	return h == NULL;
}

int sender_idle(const struct sender *s)
{
	return s->held == 0;
}

void sender_close(struct sender *s, const struct fault *why)
{
	if (!s->halted)
		s->why = *why;
	s->halted = 1;
}

void sender_halt(struct sender *s, const struct fault *why)
{
	sender_close(s, why);
	end_waiting(s);
}

void sender_abort(struct sender *s, const struct fault *why)
{
	sender_halt(s, why);
	while (s->flying != NULL)
		http_stop(s->flying->call, why);
}
