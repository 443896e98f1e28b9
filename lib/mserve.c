/* mserve.c - see mserve.h. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "buf.h"
#include "limits.h"
#include "mconn.h"
#include "mlisten.h"
#include "mserve.h"

enum {
	FIXED = 2,			/* polls[] before the first connection */
	HIGH_WATER = 1 << 20,		/* send before more replies are made */
	LINGER_MS = 2000,
	TRY_AGAIN_US = 100000,		/* after accept failed */
	SENDS = 64			/* of one connection before the others' turn */
};

static long long now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static long long now_ms(void)
{
	return now_us() / 1000;
}

static int fail(struct mserve *s, const char *what, const char *why)
{
	snprintf(s->err, sizeof s->err, "%s: %s", what, why);
	return -1;
}

static int grow(struct mserve *s)
{
	size_t cap = s->cap ? s->cap * 2 : 64;
	struct pollfd *polls;
	struct conn *conns;

	if ((polls = realloc(s->polls, (cap + FIXED) * sizeof *polls)) == NULL)
		return -1;
	s->polls = polls;
	if ((conns = realloc(s->conns, cap * sizeof *conns)) == NULL)
		return -1;
	s->conns = conns;
	s->cap = cap;
	return 0;
}

int mserve_open(struct mserve *s, const char *addr, int port)
{
	memset(s, 0, sizeof *s);
	s->listening = -1;
	buf_init(&s->in, 0);
	buf_init(&s->out, 0);
	if (grow(s) < 0)
		return fail(s, "connections", "out of memory");
	s->listening = mlisten(addr, port, s->url, sizeof s->url, s->err, sizeof s->err);
	return s->listening < 0 ? -1 : 0;
}

static void end_conn(struct mserve *s, size_t i)
{
	struct conn *c = &s->conns[i];

	close(s->polls[FIXED + i].fd);
	buf_release(&c->in);
	buf_release(&c->out);
	mcue_release(&c->cues);
	if (c->later != NULL)
		c->later->end(c->later);
}

void mserve_release(struct mserve *s)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		end_conn(s, i);
	if (s->listening >= 0)
		close(s->listening);
	buf_release(&s->in);
	buf_release(&s->out);
	free(s->polls);
	free(s->conns);
	memset(s, 0, sizeof *s);
	s->listening = -1;
}

static void drop(struct mserve *s, size_t i)
{
	struct conn *c = &s->conns[i];

	end_conn(s, i);
	s->lingering -= c->linger != 0;
	s->n--;
	s->conns[i] = s->conns[s->n];
	s->polls[FIXED + i] = s->polls[FIXED + s->n];
	if (s->wake == 0)
		s->polls[0].events = POLLIN;	/* there is room again */
}

/* No connection is accepted for so long. */
static void rest(struct mserve *s, long long us)
{
	if (s->wake < now_us() + us)
		s->wake = now_us() + us;
	s->polls[0].events = 0;
}

/* The same, and new ones are refused.  0, or -1 and s->err. */
static int refuse(struct mserve *s, long long us)
{
	rest(s, us);
	if (s->refusing)
		return 0;
	if ((s->listening = mlisten_refuse(s->listening)) < 0)
		return fail(s, "cannot take the address again", strerror(errno));
	s->polls[0].fd = -1;
	s->refusing = 1;
	return 0;
}

static int wake(struct mserve *s)
{
	s->wake = 0;
	if (s->refusing && mlisten_again(s->listening) < 0)
		return fail(s, "cannot listen again", strerror(errno));
	s->refusing = 0;
	s->polls[0].fd = s->listening;
	s->polls[0].events = s->n < MSERVE_CONNECTIONS ? POLLIN : 0;
	return 0;
}

/*
 * A bound on connections is met by accepting no more until one closes; when
 * the system has no descriptor left, by trying again soon: poll would tell
 * of the one that waits without end.
 */
static void accept_all(struct mserve *s)
{
	int fd, one = 1;
	struct conn *c;

	while (s->n < MSERVE_CONNECTIONS && (s->n < s->cap || grow(s) == 0)) {
		if ((fd = accept(s->listening, NULL, NULL)) < 0) {
			if (errno == EINTR || errno == ECONNABORTED)
				continue;
			if (errno == EAGAIN || errno == EWOULDBLOCK)
				return;
			rest(s, TRY_AGAIN_US);
			return;
		}
		if (mlisten_no_wait(fd) < 0) {
			close(fd);
			continue;
		}
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		c = &s->conns[s->n];
		memset(c, 0, sizeof *c);
		buf_init(&c->in, MAX_HEAD + MAX_RECORD + 2 * MCONN_READ_MAX);
		buf_init(&c->out, 2 * MAX_RECORD);
		s->polls[FIXED + s->n].fd = fd;
		s->polls[FIXED + s->n].events = POLLIN;
		s->polls[FIXED + s->n].revents = 0;
		s->n++;
		s->accepted++;
	}
	if (s->n >= MSERVE_CONNECTIONS)
		s->polls[0].events = 0;
	else
		rest(s, TRY_AGAIN_US);	/* no memory */
}

/* 1: a request was answered; 0: none is whole, or the connection ends. */
static int answer_one(struct turn *t)
{
	struct conn *c = t->c;
	struct mreq *r = &t->s->req;
	struct mreply to = {.out = &c->out, .cues = &c->cues, .later = &c->later};
	struct span body;
	size_t taken;
	int fresh = c->head == 0;

	if (c->closing || c->pos == c->in.len || (fresh && !mconn_head(t)) ||
	    !mconn_body(t, &body, &taken))
		return 0;
	if (!fresh)	/* other connections used r meanwhile, or the buffer moved */
		mhttp_head(r, c->in.data + c->pos, c->head);
	r->body = body;
	to.http10 = r->http10;
	to.head_only = span_is(r->method, "HEAD");
	to.close = !r->keep;
	t->stop = t->fn(t->ctx, r, &to);
	if (to.deaf > 0)
		rest(t->s, to.deaf);
	if (to.refuse > 0 && refuse(t->s, to.refuse) < 0)
		t->stop = -1;
	c->pos += taken;
	c->seen = c->head = 0;
	c->closing = to.close;
	if (c->closing)
		c->unread = c->pos < c->in.len;
	return !t->stop;
}

/* The connection ends with a reset, as one of a program that was killed. */
static int break_off(int fd)
{
	struct linger hard = {1, 0};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
	return -1;
}

/* Writes some more of the reply whose beginning is sent.  0, or -1: it failed. */
static int write_more(struct conn *c)
{
	buf_clear(&c->out);
	c->sent = 0;
	mcue_next(&c->cues);
	if (!c->later->more(c->later, &c->out, &c->cues)) {
		c->later->end(c->later);
		c->later = NULL;
	}
	return c->out.failed ? -1 : 0;
}

/*
 * Sends what may be sent now.  1: all is sent; 0: the client must read first;
 * 2: a cue says to wait (until c->due, if that is set); -1: it is over.
 * What never ends is sent a part at a time: the others want a turn too.
 */
static int flush(struct turn *t)
{
	struct conn *c = t->c;
	size_t upto;
	ssize_t n;
	int sends = 0;

	c->due = 0;
	while (sends < SENDS) {
		switch (mcue_now(&c->cues, c->sent, c->out.len, c->cues.n > 0 ? now_us() : 0, &upto, &c->due)) {
		case MCUE_SLEEP:
			return 2;
		case MCUE_END:
			return -1;
		case MCUE_BREAK:
			return break_off(t->fd);
		case MCUE_BACK:
			sends++;
			c->sent = upto;
			continue;
		case MCUE_SEND:
			break;
		}
		if (c->sent == upto && c->later == NULL)
			break;
		sends++;
		if (c->sent == upto) {
			if (c->out.failed || c->cues.failed || write_more(c) < 0)
				return -1;
			continue;
		}
		n = send(t->fd, c->out.data + c->sent, upto - c->sent, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -1;
		c->sent += (size_t)n;
	}
	if (sends == SENDS)
		return 0;
	if (c->out.failed || c->cues.failed)
		return -1;
	c->sent = 0;
	mcue_clear(&c->cues);
	mconn_give(&c->out, &t->s->out);
	return 1;
}

/*
 * Closing at once while the client still sends would reset the connection,
 * and the client might never read why: so its bytes are thrown away a while.
 * 1: go on; -1: done.
 */
static int linger(struct turn *t)
{
	char waste[4096];
	ssize_t n;
	int rounds;

	if (t->c->linger == 0) {
		t->c->linger = now_ms() + LINGER_MS;
		t->s->lingering++;
		shutdown(t->fd, SHUT_WR);
	}
	for (rounds = 0; rounds < 64; rounds++) {
		n = recv(t->fd, waste, sizeof waste, 0);
		if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK))
			return -1;
		if (n < 0)
			break;
	}
	return now_ms() < t->c->linger ? 1 : -1;
}

/* What to wait for while a reply is on its way: see flush(). */
static int pause_events(const struct conn *c, int sent)
{
	if (sent == 0)
		return POLLOUT;
	return c->eof || c->closing || c->in.len >= MCONN_READ_MAX ? 0 : POLLIN;
}

/* Answers what is there; the events to wait for, or -1: the connection ends. */
static int work(struct turn *t)
{
	struct conn *c = t->c;
	int sent;

	do {
		mconn_take(&c->out, &t->s->out);
		while (answer_one(t))
			if (c->out.len > HIGH_WATER || c->cues.n > 0 || c->later != NULL)
				break;
		if (t->stop)
			return -1;
		if (c->eof && !c->closing && c->out.len <= HIGH_WATER) {
			if (c->pos < c->in.len)
				mconn_refuse(t, 400, "the request ended early");
			c->closing = 1;
		}
		sent = flush(t);
		if (sent != 1)
			return sent < 0 ? -1 : pause_events(c, sent);
	} while (sent == 1 && !c->closing && c->pos < c->in.len && c->head == 0 &&
	    c->seen == 0);
	if (c->pos == c->in.len) {
		mconn_give(&c->in, &t->s->in);
		c->pos = 0;
	}
	if (c->closing)
		return c->unread && !c->eof && linger(t) > 0 ? POLLIN : -1;
	return POLLIN;
}

static int serve(struct turn *t, int events)
{
	int sent;

	if (events & POLLNVAL)
		return -1;
	if (t->c->linger != 0)
		return linger(t) > 0 ? POLLIN : -1;
	if (t->c->out.len > 0 || t->c->cues.n > 0 || t->c->later != NULL) {
		if ((events & POLLIN) && mconn_fill(t) < 0)	/* while a cue waits: the client may go away */
			return -1;
		sent = flush(t);
		if (sent == 2 && t->c->due == 0 && t->c->eof)
			return -1;	/* held open for a client that has gone */
		if (sent != 1)
			return sent < 0 ? -1 : pause_events(t->c, sent);
		return work(t);
	}
	return mconn_fill(t) < 0 ? -1 : work(t);
}

static void end_lingering(struct mserve *s)
{
	long long now = now_ms();
	size_t i;

	for (i = s->n; i-- > 0;)
		if (s->conns[i].linger != 0 && s->conns[i].linger <= now)
			drop(s, i);
}

/* How long poll may sleep, in ms: until the first connection goes on by itself. */
static int sleep_ms(const struct mserve *s)
{
	long long first = s->wake, left;
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->conns[i].due > 0 && (first == 0 || s->conns[i].due < first))
			first = s->conns[i].due;
	if (first > 0) {
		left = (first - now_us() + 999) / 1000;
		return left < 0 ? 0 : left < LINGER_MS / 4 ? (int)left : LINGER_MS / 4;
	}
	return s->lingering ? LINGER_MS / 4 : -1;
}

/* One connection's turn.  1: the handler wants the server to end. */
static int serve_one(struct turn *t, size_t i, int events)
{
	struct mserve *s = t->s;

	t->c = &s->conns[i];
	t->fd = s->polls[FIXED + i].fd;
	if ((events = serve(t, events)) < 0)
		drop(s, i);
	else
		s->polls[FIXED + i].events = (short)events;
	return t->stop;
}

int mserve_run(struct mserve *s, int stop_fd, mserve_fn *fn, void *ctx)
{
	struct turn t = {s, NULL, fn, ctx, -1, 0};
	long long now;
	size_t i;

	s->polls[0].fd = s->listening;
	s->polls[1].fd = stop_fd;
	s->polls[0].events = s->polls[1].events = POLLIN;
	for (;;) {
		if (poll(s->polls, (nfds_t)(s->n + FIXED), sleep_ms(s)) < 0) {
			if (errno == EINTR)
				continue;
			return fail(s, "poll", strerror(errno));
		}
		if (s->polls[1].revents)
			return 0;
		now = now_us();
		if (s->wake != 0 && s->wake <= now && wake(s) < 0)
			return -1;
		for (i = s->n; i-- > 0;)
			if ((s->polls[FIXED + i].revents != 0 || (s->conns[i].due > 0 && s->conns[i].due <= now)) &&
			    serve_one(&t, i, s->polls[FIXED + i].revents))
				return t.stop;
		if (s->lingering)
			end_lingering(s);
		if (s->polls[0].revents && s->wake == 0)
			accept_all(s);
	}
}
