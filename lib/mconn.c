/* mconn.c - see mconn.h. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "limits.h"
#include "mconn.h"

enum {
	READ_MIN = 8 << 10,		/* room for a usual request */
	KEEP = 256 << 10		/* a buffer larger than this isn't kept for the next user */
};

void mconn_take(struct buf *b, struct buf *spare)
{
	if (b->data == NULL && !b->failed) {
		b->data = spare->data;
		b->cap = spare->cap;
		buf_clear(b);
		spare->data = NULL;
		spare->cap = 0;
	}
}

void mconn_give(struct buf *b, struct buf *spare)
{
	if (spare->data == NULL && b->cap <= KEEP) {
		spare->data = b->data;
		spare->cap = b->cap;
		b->data = NULL;
	}
	buf_release(b);
}

void mconn_refuse(struct turn *t, int status, const char *why)
{
	struct conn *c = t->c;
	struct mreply to = {.out = &c->out, .close = 1};

	mreply_send(&to, status, "text/plain; charset=utf-8", NULL, span_of(why));
	c->closing = 1;
	c->unread = 1;
}

int mconn_head(struct turn *t)
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
		mconn_refuse(t, 431, "the request's head is over 64 KB");
		return 0;
	}
	if (head == 0) {
		if (p[0] < 'A' || p[0] > 'z')	/* TLS, for one, would wait for us */
			mconn_refuse(t, 400, "this is not HTTP");
		return 0;
	}
	if ((status = mhttp_head(r, p, head)) != 0) {
		mconn_refuse(t, status, r->why);
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

int mconn_body(struct turn *t, struct span *body, size_t *taken)
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
		mconn_refuse(t, status, c->chunks.why);
		return 0;
	}
	/* all was taken: what the size lines filled is free again */
	c->in.len = c->pos + c->head + c->chunks.out;
	c->chunks.in = c->chunks.out;
	return 0;
}

int mconn_fill(struct turn *t)
{
	struct conn *c = t->c;
	size_t want = READ_MIN, have;
	char *room;
	ssize_t n;

	mconn_take(&c->in, &t->s->in);
	buf_drop(&c->in, c->pos);
	c->pos = 0;
	if (c->head > 0) {
		have = c->in.len - c->head;
		want = c->chunked ? c->in.len / 4 : c->length > have ? c->length - have : 0;
		want = want < READ_MIN ? READ_MIN : want > MCONN_READ_MAX ? MCONN_READ_MAX : want;
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
