/* wire.c - see wire.h. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "limits.h"
#include "wire.h"

enum { START, HEAD, BEHIND, BODY, SIZE, CHUNK, GAP, OVER, TOO_LONG, NO_CHUNK };

enum { MAX_DIGITS = 15 };	/* of a chunk's size: it fits a long long */

static const char magic[] = "HTTP/";

void wire_init(struct wire *w, struct reply *reply)
{
	memset(w, 0, sizeof *w);
	w->reply = reply;
	w->length = -1;
	w->state = START;
	buf_init(&w->held, MAX_HEAD);
}

void wire_release(struct wire *w)
{
	buf_release(&w->held);
}

static void push_body(struct wire *w, const char *p, size_t n)
{
	w->got += (long long)n;
	reply_push(w->reply, p, n);
}

/* What was held is a body after all. */
static void push_held(struct wire *w)
{
	w->state = BODY;
	push_body(w, buf_text(&w->held), w->held.len);
	buf_clear(&w->held);
}

static int is_name(struct span line, const char *name, struct span *value)
{
	size_t n = strlen(name);

	if (line.n <= n || strncasecmp(line.p, name, n) != 0 || line.p[n] != ':')
		return 0;
	*value = span_trim((struct span){line.p + n + 1, line.n - n - 1});
	return 1;
}

static int is_word(struct span s, const char *word)
{
	return s.n == strlen(word) && strncasecmp(s.p, word, s.n) == 0;
}

static void take_header(struct wire *w, struct span line)
{
	struct span value;
	char *end;

	if (is_name(line, "Transfer-Encoding", &value)) {
		w->chunked = value.n >= 7 && strncasecmp(value.p + value.n - 7, "chunked", 7) == 0;	/* it is the last one */
	} else if (is_name(line, "Content-Encoding", &value)) {
		w->encoded = !is_word(value, "identity");
	} else if (is_name(line, "Content-Length", &value)) {
		w->length = strtoll(value.p, &end, 10);	/* a line end is behind it */
		if (end != value.p + value.n || value.n == 0 || w->length < 0)
			w->length = -1;
	}
}

/* "HTTP/1.1 200 OK": 0 when it is none. */
static int take_status(struct wire *w, struct span line)
{
	const char *p = memchr(line.p, ' ', line.n), *end = line.p + line.n;
	char reason[sizeof w->reply->reason];
	int status = 0, digits = 0;
	size_t n;

	for (; p != NULL && p < end && *p == ' '; p++)
		;
	for (; p != NULL && p < end && *p >= '0' && *p <= '9' && digits < 4; p++, digits++)
		status = status * 10 + (*p - '0');
	if (digits != 3 || status < 100 || (p < end && *p != ' '))
		return 0;
	p += p < end;
	n = (size_t)(end - p) < sizeof reason ? (size_t)(end - p) : sizeof reason - 1;
	memcpy(reason, p, n);
	reason[n] = '\0';
	w->interim = status < 200;
	if (!w->interim)
		reply_head(w->reply, status, reason);
	return 1;
}

/* The next line of a head, without its end; moves *at behind it. */
static struct span next_line(const char **at, const char *end)
{
	const char *from = *at, *lf = memchr(from, '\n', (size_t)(end - from));

	if (lf == NULL)
		lf = end;
	*at = lf < end ? lf + 1 : end;
	return (struct span){from, (size_t)(lf - from) - (lf > from && lf[-1] == '\r')};
}

static void take_head(struct wire *w)
{
	const char *at = buf_text(&w->held), *end = at + w->held.len;

	w->chunked = w->encoded = 0;
	w->length = -1;
	if (!take_status(w, next_line(&at, end))) {
		push_held(w);
		return;
	}
	while (at < end)
		take_header(w, next_line(&at, end));
	buf_clear(&w->held);
	w->state = BEHIND;
}

/* Up to the blank line that ends a head; how many bytes were taken. */
static size_t add_head(struct wire *w, const char *p, size_t n)
{
	const char *lf = memchr(p, '\n', n);
	const char *end;

	if (lf != NULL)
		n = (size_t)(lf - p) + 1;
	buf_add(&w->held, p, n);
	if (w->held.failed) {
		w->state = TOO_LONG;
		return n;
	}
	end = w->held.data + w->held.len;
	if (lf != NULL && (memcmp(end - 2, "\n\n", 2) == 0 || memcmp(end - 3, "\n\r\n", 3) == 0))
		take_head(w);
	return n;
}

static int hex(char c)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	const char *at = c != '\0' ? strchr(digits, c) : NULL;

	return at == NULL ? -1 : (int)(at - digits) - (at - digits > 15 ? 6 : 0);
}

/* The line of a chunk's size: 1 when *size is it, 0 when it isn't over, -1 when it is none. */
static int chunk_size(const struct buf *line, long long *size)
{
	size_t i = 0;

	for (*size = 0; i < line->len && hex(line->data[i]) >= 0; i++)
		*size = i < MAX_DIGITS ? *size * 16 + hex(line->data[i]) : 0;
	if (i > MAX_DIGITS || (i == 0 && line->len > 0))
		return -1;
	if (i < line->len && memchr("\r\n; \t", line->data[i], 5) == NULL)
		return -1;
	return line->len > 0 && line->data[line->len - 1] == '\n';
}

static void begin_chunk(struct wire *w, long long size)
{
	buf_clear(&w->held);
	w->left = size;
	w->state = size > 0 ? CHUNK : OVER;	/* what follows the last one is trailers */
}

/* A byte more of what doesn't tell yet: another head, a chunk's size, a body? */
static void sniff(struct wire *w, char c)
{
	const struct buf *h = &w->held;
	size_t n;
	long long size;
	int known;

	buf_addc(&w->held, c);
	n = h->len;
	if (n < sizeof magic) {
		if (memcmp(h->data, magic, n) == 0)
			return;
	} else if (memcmp(h->data, magic, sizeof magic - 1) == 0) {
		w->state = HEAD;	/* its digit tells a version from a word */
		if (c < '0' || c > '9')
			push_held(w);
		return;
	}
	if (w->state == START || !w->chunked || h->failed || (known = chunk_size(h, &size)) < 0) {
		push_held(w);
	} else if (known) {
		w->framed = 1;
		begin_chunk(w, size);
	}
}

/* A byte of the line that says how long the next chunk is. */
static void add_size(struct wire *w, char c)
{
	long long size;
	int known;

	buf_addc(&w->held, c);
	known = w->held.failed ? -1 : chunk_size(&w->held, &size);
	if (known < 0)
		w->state = NO_CHUNK;
	else if (known)
		begin_chunk(w, size);
}

static size_t add_chunk(struct wire *w, const char *p, size_t n)
{
	if ((long long)n > w->left)
		n = (size_t)w->left;
	push_body(w, p, n);
	w->left -= (long long)n;
	if (w->left == 0)
		w->state = GAP;
	return n;
}

/* Takes some bytes, one at least; how many. */
static size_t step(struct wire *w, const char *p, size_t n)
{
	switch (w->state) {
	case START:
	case BEHIND:
		sniff(w, *p);
		return 1;
	case HEAD:
		return add_head(w, p, n);
	case SIZE:
		add_size(w, *p);
		return 1;
	case CHUNK:
		return add_chunk(w, p, n);
	case GAP:
		if (*p == '\n')
			w->state = SIZE;
		else if (*p != '\r')
			w->state = NO_CHUNK;
		return 1;
	case BODY:
		push_body(w, p, n);
		return n;
	default:
		return n;
	}
}

void wire_push(struct wire *w, const char *p, size_t n)
{
	size_t taken;

	for (; n > 0; p += taken, n -= taken)
		taken = step(w, p, n);
}

int wire_end(struct wire *w, int cut, struct buf *body, struct fault *f)
{
	int half = w->state == HEAD, bad;

	if (w->state == START || (w->state == BEHIND && !w->framed))
		push_held(w);
	cut |= half || w->interim;
	cut |= w->framed ? w->state != OVER && w->state != NO_CHUNK :
	    w->length > w->got && !w->chunked && !w->encoded;	/* what curl unpacked has another length */
	bad = reply_end(w->reply, cut, body, f);
	if (half)
		bad = fault_set(f, F_TRUNCATED, "the reply ends in the middle of its headers");
	else if (w->state == TOO_LONG)
		bad = fault_set(f, F_BAD_REPLY, "the headers of the reply are over 64 KB");
	else if (w->state == NO_CHUNK && (!bad || f->code == F_TRUNCATED))
		bad = fault_set(f, F_BAD_REPLY, "the body is not in chunks, as its headers say");
	return bad;
}
