/* mlog.c - see mlog.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "mlog.h"
#include "mtext.h"

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static void add_lower(struct buf *out, struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		buf_addc(out, lower(s.p[i]));
}

static int same_name(struct span a, struct span b)
{
	size_t i;

	for (i = 0; i < a.n && i < b.n; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return 0;
	return a.n == b.n;
}

static int seen_before(const struct mreq *r, size_t i)
{
	size_t k;

	for (k = 0; k < i; k++)
		if (same_name(r->header[k].name, r->header[i].name))
			return 1;
	return 0;
}

/* The values of all headers of that name, joined in `join`. */
static void add_header(struct buf *out, const struct mreq *r, size_t i,
    struct buf *join)
{
	size_t k;

	buf_clear(join);
	buf_add(join, r->header[i].value.p, r->header[i].value.n);
	for (k = i + 1; k < r->nheaders; k++) {
		if (!same_name(r->header[k].name, r->header[i].name))
			continue;
		buf_adds(join, ", ");
		buf_add(join, r->header[k].value.p, r->header[k].value.n);
	}
	buf_addc(out, '"');
	add_lower(out, r->header[i].name);
	buf_adds(out, "\":");
	mtext_quote(out, buf_text(join), join->len);
}

void mlog_line(struct buf *out, const struct mreq *r, struct buf *join)
{
	const char *comma = "";
	size_t i;

	buf_adds(out, "{\"method\":");
	mtext_quote(out, r->method.p, r->method.n);
	buf_adds(out, ",\"path\":");
	mtext_quote(out, r->target.p, r->target.n);
	buf_adds(out, ",\"headers\":{");
	for (i = 0; i < r->nheaders; i++) {
		if (seen_before(r, i))
			continue;
		buf_adds(out, comma);
		add_header(out, r, i, join);
		comma = ",";
	}
	if (span_utf8(r->body.p, r->body.n) == r->body.n) {
		buf_adds(out, "},\"body\":");
		mtext_quote(out, r->body.p, r->body.n);
	} else {
		buf_adds(out, "},\"body_base64\":\"");
		mtext_base64(out, r->body.p, r->body.n);
		buf_addc(out, '"');
	}
	buf_adds(out, "}\n");
}

int mlog_write(int fd, struct buf *line)
{
	size_t done = 0;
	ssize_t n;

	if (line->failed) {
		errno = ENOMEM;
		return -1;
	}
	while (done < line->len) {
		n = write(fd, line->data + done, line->len - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		done += (size_t)n;
	}
	return 0;
}

static void forget_first(struct mlog *l)
{
	struct mlog_request *q = &l->ring[l->first];

	free(q->p);
	l->bytes -= q->n;
	q->p = NULL;
	l->first = (l->first + 1) % MLOG_KEPT;
	l->n--;
	l->dropped++;
}

void mlog_release(struct mlog *l)
{
	while (l->n > 0)
		forget_first(l);
	memset(l, 0, sizeof *l);
}

void mlog_keep(struct mlog *l, const struct mreq *r)
{
	size_t head = (size_t)(r->body.p - r->method.p), n = head + r->body.n;
	struct mlog_request *q;
	char *p;

	if (n > MLOG_BYTES || (p = malloc(n)) == NULL) {
		l->dropped++;
		return;
	}
	while (l->n == MLOG_KEPT || l->bytes > MLOG_BYTES - n)
		forget_first(l);
	memcpy(p, r->method.p, n);
	q = &l->ring[(l->first + l->n) % MLOG_KEPT];
	q->p = p;
	q->head = head;
	q->n = n;
	l->n++;
	l->bytes += n;
}

void mlog_lines(const struct mlog *l, struct buf *out, struct buf *join)
{
	const struct mlog_request *q;
	struct mreq r;
	size_t i;

	for (i = 0; i < l->n; i++) {
		q = &l->ring[(l->first + i) % MLOG_KEPT];
		mhttp_head(&r, q->p, q->head);
		r.body = (struct span){q->p + q->head, q->n - q->head};
		mlog_line(out, &r, join);
	}
}
