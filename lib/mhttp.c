/* mhttp.c - see mhttp.h. */
#include <string.h>

#include "limits.h"
#include "mhttp.h"

enum { MAX_EXTRA = 8 << 10 };	/* size line with extensions, or all trailers */

static struct span span(const char *p, const char *end)
{
	struct span s;

	s.p = p;
	s.n = (size_t)(end - p);
	return s;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

int mhttp_same(struct span s, const char *text)
{
	size_t i;

	for (i = 0; i < s.n && text[i] != '\0'; i++)
		if (lower(s.p[i]) != text[i])
			return 0;
	return i == s.n && text[i] == '\0';
}

/* RFC 9110, 5.6.2 */
static int is_token_char(char c)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
		return 1;
	return c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}

static int is_token(struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!is_token_char(s.p[i]))
			return 0;
	return s.n > 0;
}

static int is_control(char c)
{
	return ((unsigned char)c < 0x20 && c != '\t') || c == 0x7f;
}

/* A line may end by LF alone, as most servers allow (RFC 9112, 2.2). */
size_t mhttp_head_end(const char *p, size_t n, size_t *seen)
{
	const char *lf;
	size_t i = *seen, next;

	while (i < n && (lf = memchr(p + i, '\n', n - i)) != NULL) {
		next = (size_t)(lf - p) + 1;
		if (next < n && p[next] == '\n')
			return next + 1;
		if (next + 1 < n && p[next] == '\r' && p[next + 1] == '\n')
			return next + 2;
		if (next + 1 >= n && (next == n || p[next] == '\r')) {
			*seen = next - 1;	/* this LF again when more is there */
			return 0;
		}
		i = next;
	}
	*seen = n;
	return 0;
}

static int refuse(struct mreq *r, int status, const char *why)
{
	r->why = why;
	return status;
}

/* The line at p, without its end; *next is the one after it. */
static struct span take_line(const char *p, const char *end, const char **next)
{
	const char *lf = memchr(p, '\n', (size_t)(end - p));

	*next = lf != NULL ? lf + 1 : end;
	if (lf == NULL)
		lf = end;
	return span(p, lf > p && lf[-1] == '\r' ? lf - 1 : lf);
}

static int request_line(struct mreq *r, struct span line)
{
	const char *end = line.p + line.n, *sp, *query;
	struct span version;
	size_t i;

	if ((sp = memchr(line.p, ' ', line.n)) == NULL)
		return refuse(r, 400, "the request line is not METHOD TARGET VERSION");
	r->method = span(line.p, sp);
	if (!is_token(r->method))
		return refuse(r, 400, "the method is not a word");
	r->target.p = sp + 1;
	if ((sp = memchr(sp + 1, ' ', (size_t)(end - sp - 1))) == NULL)
		return refuse(r, 400, "the request line is not METHOD TARGET VERSION");
	r->target = span(r->target.p, sp);
	for (i = 0; i < r->target.n; i++)
		if (is_control(r->target.p[i]) || r->target.p[i] == '\t')
			return refuse(r, 400, "a control character in the target");
	if (r->target.n == 0)
		return refuse(r, 400, "the target is empty");
	version = span(sp + 1, end);
	if (version.n != 8 || memcmp(version.p, "HTTP/", 5) != 0)
		return refuse(r, 400, "the request line does not end in an HTTP version");
	r->http10 = span_is(version, "HTTP/1.0");
	if (!r->http10 && !span_is(version, "HTTP/1.1"))
		return refuse(r, 505, "only HTTP/1.0 and HTTP/1.1 are spoken here");
	query = memchr(r->target.p, '?', r->target.n);
	r->path = query != NULL ? span(r->target.p, query) : r->target;
	return 0;
}

static int header_line(struct mreq *r, struct span line)
{
	const char *colon, *p, *end = line.p + line.n;
	struct mheader *h;

	if (line.p[0] == ' ' || line.p[0] == '\t')
		return refuse(r, 400, "a folded header line");
	if ((colon = memchr(line.p, ':', line.n)) == NULL)
		return refuse(r, 400, "a header line without a colon");
	if (r->nheaders == MREQ_HEADERS)
		return refuse(r, 431, "more than 128 header lines");
	h = &r->header[r->nheaders++];
	h->name = span(line.p, colon);
	if (!is_token(h->name))
		return refuse(r, 400, "a header name that is not a word");
	for (p = colon + 1; p < end && (*p == ' ' || *p == '\t'); p++)
		;
	while (end > p && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	h->value = span(p, end);
	for (; p < end; p++)
		if (is_control(*p))
			return refuse(r, 400, "a control character in a header");
	return 0;
}

/* Does a comma-separated value hold the word? */
static int lists(struct span v, const char *word)
{
	const char *p = v.p, *end = v.p + v.n, *comma, *stop;

	for (; p <= end; p = comma + 1) {
		comma = p < end ? memchr(p, ',', (size_t)(end - p)) : NULL;
		if (comma == NULL)
			comma = end;
		for (stop = comma; p < stop && (*p == ' ' || *p == '\t'); p++)
			;
		while (stop > p && (stop[-1] == ' ' || stop[-1] == '\t'))
			stop--;
		if (mhttp_same(span(p, stop), word))
			return 1;
	}
	return 0;
}

static int content_length(struct mreq *r, struct span v, int *has)
{
	size_t i, n = 0;

	if (v.n == 0)
		return refuse(r, 400, "Content-Length is not a number");
	for (i = 0; i < v.n; i++) {
		if (v.p[i] < '0' || v.p[i] > '9')
			return refuse(r, 400, "Content-Length is not a number");
		if (n <= MAX_RECORD)	/* then it stays over the limit */
			n = n * 10 + (size_t)(v.p[i] - '0');
	}
	if (*has && n != r->length)
		return refuse(r, 400, "two different Content-Length headers");
	*has = 1;
	r->length = n;
	return 0;
}

/* What the headers say about the body and the connection. */
static int framing(struct mreq *r)
{
	int has_length = 0, status, closes = 0, keeps = 0;
	const struct mheader *h;

	for (h = r->header; h < r->header + r->nheaders; h++) {
		if (mhttp_same(h->name, "content-length")) {
			if ((status = content_length(r, h->value, &has_length)) != 0)
				return status;
		} else if (mhttp_same(h->name, "transfer-encoding")) {
			if (r->chunked || !mhttp_same(h->value, "chunked"))
				return refuse(r, 501, "a Transfer-Encoding other than chunked");
			r->chunked = 1;
		} else if (mhttp_same(h->name, "connection")) {
			closes |= lists(h->value, "close");
			keeps |= lists(h->value, "keep-alive");
		} else if (mhttp_same(h->name, "expect")) {
			if (!mhttp_same(h->value, "100-continue"))
				return refuse(r, 417, "an expectation other than 100-continue");
			r->expect = !r->http10;
		}
	}
	if (r->chunked && (has_length || r->http10))
		return refuse(r, 400, has_length ? "both Content-Length and Transfer-Encoding" :
		    "Transfer-Encoding in HTTP/1.0");
	r->keep = !closes && (!r->http10 || keeps);
	if (r->length > MAX_RECORD)
		return refuse(r, 413, "Failed to buffer the request body: length limit exceeded");
	return 0;
}

int mhttp_head(struct mreq *r, const char *p, size_t n)
{
	const char *end = p + n;
	struct span line;
	int status;

	r->nheaders = r->length = 0;
	r->http10 = r->keep = r->expect = r->chunked = 0;
	r->why = NULL;
	r->body = SPAN_NIL;
	line = take_line(p, end, &p);
	if ((status = request_line(r, line)) != 0)
		return status;
	for (;;) {
		line = take_line(p, end, &p);
		if (line.n == 0)
			return framing(r);
		if ((status = header_line(r, line)) != 0)
			return status;
	}
}

struct span mhttp_header(const struct mreq *r, const char *name)
{
	size_t i;

	for (i = 0; i < r->nheaders; i++)
		if (mhttp_same(r->header[i].name, name))
			return r->header[i].value;
	return SPAN_NIL;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

enum { SIZE_FIRST, SIZE, EXTENSION, SIZE_LF, DATA, DATA_CR, DATA_LF, TRAILER,
	TRAILER_LINE, TRAILER_LF, DONE };

/* One byte that is no data; the next state, or -1. */
static int chunk_byte(struct mchunks *c, char b)
{
	int digit = hex_digit(b);

	switch (c->state) {
	case SIZE_FIRST:
	case SIZE:
		if (digit >= 0) {
			if (c->left <= MAX_RECORD)	/* then it stays over the limit */
				c->left = c->left << 4 | (size_t)digit;
			return SIZE;
		}
		if (c->state == SIZE_FIRST)
			return -1;
		if (b == ';' || b == ' ' || b == '\t')
			return EXTENSION;
		if (b == '\r')
			return SIZE_LF;
		return b != '\n' ? -1 : c->left > 0 ? DATA : TRAILER;
	case EXTENSION:
		if (b == '\n')
			return c->left > 0 ? DATA : TRAILER;
		return b == '\r' ? SIZE_LF : EXTENSION;
	case SIZE_LF:
		return b != '\n' ? -1 : c->left > 0 ? DATA : TRAILER;
	case DATA_CR:
		return b == '\r' ? DATA_LF : b == '\n' ? SIZE_FIRST : -1;
	case DATA_LF:
		return b == '\n' ? SIZE_FIRST : -1;
	case TRAILER:	/* at the start of a line: an empty one ends it all */
		return b == '\n' ? DONE : b == '\r' ? TRAILER_LF : TRAILER_LINE;
	case TRAILER_LINE:
		return b == '\n' ? TRAILER : TRAILER_LINE;
	case TRAILER_LF:
		return b == '\n' ? DONE : -1;
	}
	return -1;
}

static int chunk_refuse(struct mchunks *c, int status, const char *why)
{
	c->why = why;
	return status;
}

int mchunks_push(struct mchunks *c, char *p, size_t n)
{
	size_t take;

	while (c->in < n && c->state != DONE) {
		if (c->state == DATA) {
			take = n - c->in < c->left ? n - c->in : c->left;
			memmove(p + c->out, p + c->in, take);
			c->in += take;
			c->out += take;
			c->left -= take;
			c->extra = 0;
			if (c->left == 0)
				c->state = DATA_CR;
			continue;
		}
		if (++c->extra > MAX_EXTRA)
			return chunk_refuse(c, 431, "a chunk size line or trailers over 8 KB");
		if ((c->state = chunk_byte(c, p[c->in++])) < 0)
			return chunk_refuse(c, 400, "a malformed chunk");
		if (c->left > MAX_RECORD - c->out)
			return chunk_refuse(c, 413,
			    "Failed to buffer the request body: length limit exceeded");
	}
	return c->state == DONE;
}
