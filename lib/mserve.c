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
#include "mlisten.h"
#include "mserve.h"

enum {
	FIXED = 2,			/* polls[] before the first connection */
	READ_MIN = 8 << 10,		/* room for a usual request */
	READ_MAX = 1 << 20,
	KEEP = 256 << 10,		/* a buffer larger than this isn't kept for the next user */
	HIGH_WATER = 1 << 20,		/* send before more replies are made */
	LINGER_MS = 2000
};

/*
 * A connection has memory only while something is in its buffers; between
 * requests it lies in the server's spare pair, warm for the next one.
 */
struct conn {
	struct buf in, out;
	size_t pos;		/* where the request being read starts in `in` */
	size_t seen;		/* bytes from pos searched for the head's end */
	size_t head;		/* its length, 0 until it is there */
	size_t length;		/* the body's, unless chunked */
	int chunked;
	struct mchunks chunks;
	size_t sent;		/* bytes of `out` */
	int eof;		/* the client closed its half */
	int closing;		/* no further request is read */
	int unread;		/* closing while the client may still send */
	long long linger;	/* until when, in ms; 0: it doesn't */
};

/* What the steps below share. */
struct turn {
	struct mserve *s;
	struct conn *c;
	mserve_fn *fn;
	void *ctx;
	int fd;
	int stop;		/* what the handler said */
};

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
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

void mserve_release(struct mserve *s)
{
	size_t i;

	for (i = 0; i < s->n; i++) {
		close(s->polls[FIXED + i].fd);
		buf_release(&s->conns[i].in);
		buf_release(&s->conns[i].out);
	}
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

	close(s->polls[FIXED + i].fd);
	buf_release(&c->in);
	buf_release(&c->out);
	s->lingering -= c->linger != 0;
	s->n--;
	s->conns[i] = s->conns[s->n];
	s->polls[FIXED + i] = s->polls[FIXED + s->n];
	s->polls[0].events = POLLIN;	/* there is room again */
}

/* How a bound on descriptors or connections is met: stop accepting until one closes. */
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
			break;
		}
		if (mlisten_no_wait(fd) < 0) {
			close(fd);
			continue;
		}
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		c = &s->conns[s->n];
		memset(c, 0, sizeof *c);
		buf_init(&c->in, MAX_HEAD + MAX_RECORD + 2 * READ_MAX);
		buf_init(&c->out, 2 * MAX_RECORD);
		s->polls[FIXED + s->n].fd = fd;
		s->polls[FIXED + s->n].events = POLLIN;
		s->polls[FIXED + s->n].revents = 0;
		s->n++;
	}
	if (s->n > 0)
		s->polls[0].events = 0;
}

static void take_spare(struct buf *b, struct buf *spare)
{
	if (b->data == NULL && !b->failed) {
		b->data = spare->data;
		b->cap = spare->cap;
		buf_clear(b);
		spare->data = NULL;
		spare->cap = 0;
	}
}

static void give_spare(struct buf *b, struct buf *spare)
{
	if (spare->data == NULL && b->cap <= KEEP) {
		spare->data = b->data;
		spare->cap = b->cap;
		b->data = NULL;
	}
	buf_release(b);
}

/* Ends the reading of requests with a plain text that says why. */
static void refuse(struct turn *t, int status, const char *why)
{
	struct conn *c = t->c;
	struct mreply to = {&c->out, NULL, 0, 0, 1};

	mreply_send(&to, status, "text/plain; charset=utf-8", NULL, span_of(why));
	c->closing = 1;
	c->unread = 1;
}

/* 1: the head is there and c says how the body comes; 0: not, or refused. */
static int read_head(struct turn *t)
{
	struct conn *c = t->c;
	struct mreq *r = &t->s->req;
	const char *p;
	size_t n, head;
	int status;

	while (c->pos < c->in.len && (c->in.data[c->pos] == '\r' || c->in.data[c->pos] == '\n'))
		c->pos++;	/* RFC 9112, 2.2: blank lines before a request */
	p = c->in.data + c->pos;
	if ((n = c->in.len - c->pos) == 0)
		return 0;
	head = mhttp_head_end(p, n, &c->seen);
	if (head > MAX_HEAD || (head == 0 && n > MAX_HEAD)) {
		refuse(t, 431, "the request's head is over 64 KB");
		return 0;
	}
	if (head == 0) {
		if (p[0] < 'A' || p[0] > 'z')	/* TLS, for one, would wait for us */
			refuse(t, 400, "this is not HTTP");
		return 0;
	}
	if ((status = mhttp_head(r, p, head)) != 0) {
		refuse(t, status, r->why);
		return 0;
	}
	c->head = head;
	c->length = r->length;
	c->chunked = r->chunked;
	memset(&c->chunks, 0, sizeof c->chunks);
	if (r->expect && n == head && (r->chunked || r->length > 0))
		buf_adds(&c->out, "HTTP/1.1 100 Continue\r\n\r\n");
	return 1;
}

/* 1: the body is whole, *body says where and *taken how long the request was. */
static int read_body(struct turn *t, struct span *body, size_t *taken)
{
	struct conn *c = t->c;
	int status;

	body->p = c->in.data + c->pos + c->head;
	body->n = c->length;
	*taken = c->head + c->length;
	if (!c->chunked)
		return c->in.len - c->pos >= *taken;
	status = mchunks_push(&c->chunks, c->in.data + c->pos + c->head,
	    c->in.len - c->pos - c->head);
	if (status == 1) {
		body->n = c->chunks.out;
		*taken = c->head + c->chunks.in;
		return 1;
	}
	if (status != 0) {
		refuse(t, status, c->chunks.why);
		return 0;
	}
	/* all was taken: what the size lines filled is free again */
	c->in.len = c->pos + c->head + c->chunks.out;
	c->chunks.in = c->chunks.out;
	return 0;
}

/* 1: a request was answered; 0: none is whole, or the connection ends. */
static int answer_one(struct turn *t)
{
	struct conn *c = t->c;
	struct mreq *r = &t->s->req;
	struct mreply to = {&c->out, NULL, 0, 0, 0};
	struct span body;
	size_t taken;
	int fresh = c->head == 0;

	if (c->closing || c->pos == c->in.len || (fresh && !read_head(t)) ||
	    !read_body(t, &body, &taken))
		return 0;
	if (!fresh)	/* other connections used r meanwhile, or the buffer moved */
		mhttp_head(r, c->in.data + c->pos, c->head);
	r->body = body;
	to.http10 = r->http10;
	to.head_only = span_is(r->method, "HEAD");
	to.close = !r->keep;
	t->stop = t->fn(t->ctx, r, &to);
	c->pos += taken;
	c->seen = c->head = 0;
	c->closing = to.close;
	if (c->closing)
		c->unread = c->pos < c->in.len;
	return !t->stop;
}

/* 1: all is sent; 0: the client must read first; -1: it is gone. */
static int flush(struct turn *t)
{
	struct conn *c = t->c;
	ssize_t n;

	while (c->sent < c->out.len) {
		n = send(t->fd, c->out.data + c->sent, c->out.len - c->sent, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -1;
		c->sent += (size_t)n;
	}
	if (c->out.failed)
		return -1;
	c->sent = 0;
	give_spare(&c->out, &t->s->out);
	return 1;
}

/* 1: something came, or nothing yet; -1: the connection is gone. */
static int fill(struct turn *t)
{
	struct conn *c = t->c;
	size_t want = READ_MIN, have;
	char *room;
	ssize_t n;

	take_spare(&c->in, &t->s->in);
	buf_drop(&c->in, c->pos);
	c->pos = 0;
	if (c->head > 0) {
		have = c->in.len - c->head;
		want = c->chunked ? c->in.len / 4 : c->length > have ? c->length - have : 0;
		want = want < READ_MIN ? READ_MIN : want > READ_MAX ? READ_MAX : want;
	}
	if ((room = buf_room(&c->in, want)) == NULL)
		return -1;
	n = recv(t->fd, room, want, 0);
	if (n < 0)
		return errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK ? 1 : -1;
	if (n == 0)
		c->eof = 1;
	else
		buf_wrote(&c->in, (size_t)n);
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

/* Answers what is there; the events to wait for, or -1: the connection ends. */
static int work(struct turn *t)
{
	struct conn *c = t->c;
	int sent;

	do {
		take_spare(&c->out, &t->s->out);
		while (answer_one(t))
			if (c->out.len > HIGH_WATER)
				break;
		if (t->stop)
			return -1;
		if (c->eof && !c->closing && c->out.len <= HIGH_WATER) {
			if (c->pos < c->in.len)
				refuse(t, 400, "the request ended early");
			c->closing = 1;
		}
		sent = flush(t);
		if (sent == 0)
			return POLLOUT;
	} while (sent == 1 && !c->closing && c->pos < c->in.len && c->head == 0 &&
	    c->seen == 0);
	if (sent < 0)
		return -1;
	if (c->pos == c->in.len) {
		give_spare(&c->in, &t->s->in);
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
	if (t->c->out.len > 0) {
		if ((sent = flush(t)) <= 0)
			return sent < 0 ? -1 : POLLOUT;
		return work(t);
	}
	return fill(t) < 0 ? -1 : work(t);
}

static void end_lingering(struct mserve *s)
{
	long long now = now_ms();
	size_t i;

	for (i = s->n; i-- > 0;)
		if (s->conns[i].linger != 0 && s->conns[i].linger <= now)
			drop(s, i);
}

int mserve_run(struct mserve *s, int stop_fd, mserve_fn *fn, void *ctx)
{
	struct turn t = {s, NULL, fn, ctx, -1, 0};
	int events;
	size_t i;

	s->polls[0].fd = s->listening;
	s->polls[1].fd = stop_fd;
	s->polls[0].events = s->polls[1].events = POLLIN;
	for (;;) {
		if (poll(s->polls, (nfds_t)(s->n + FIXED), s->lingering ? LINGER_MS / 4 : -1) < 0) {
			if (errno == EINTR)
				continue;
			return fail(s, "poll", strerror(errno));
		}
		if (s->polls[1].revents)
			return 0;
		for (i = s->n; i-- > 0;) {
			if (s->polls[FIXED + i].revents == 0)
				continue;
			t.c = &s->conns[i];
			t.fd = s->polls[FIXED + i].fd;
			if ((events = serve(&t, s->polls[FIXED + i].revents)) < 0)
				drop(s, i);
			else
				s->polls[FIXED + i].events = (short)events;
			if (t.stop)
				return 1;
		}
		if (s->lingering)
			end_lingering(s);
		if (s->polls[0].revents)
			accept_all(s);
	}
}
