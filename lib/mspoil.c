/* mspoil.c - see mspoil.h. */
#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "mspoil.h"

static struct span whole(const struct mreply *to, size_t start)
{
	struct span s = {buf_text(to->out), 0};

	if (to->out->len > start) {
		s.p += start;
		s.n = to->out->len - start;
	}
	return s;
}

size_t mspoil_body(const struct mreply *to, size_t start)
{
	struct span all = whole(to, start);
	const char *end = span_find(all.p, all.n, "\r\n\r\n");

	return end != NULL ? start + (size_t)(end - all.p) + 4 : to->out->len;
}

/* The value of a header line; SPAN_NIL: there is none. */
static struct span header(const struct mreply *to, size_t start, const char *name)
{
	struct span all = whole(to, start), v;
	char line[64];
	const char *at, *end;

	snprintf(line, sizeof line, "\r\n%s: ", name);
	all.n = mspoil_body(to, start) - start;
	if ((at = span_find(all.p, all.n, line)) == NULL)
		return SPAN_NIL;
	v.p = at + strlen(line);
	end = span_find(v.p, all.n - (size_t)(v.p - all.p), "\r\n");
	v.n = end != NULL ? (size_t)(end - v.p) : 0;
	return v;
}

static int is_chunked(const struct mreply *to, size_t start)
{
	return header(to, start, "transfer-encoding").p != NULL;
}

int mspoil_is_stream(const struct mreply *to, size_t start)
{
	struct span type = header(to, start, "content-type");

	return type.p != NULL && span_find(type.p, type.n, "event-stream") != NULL;
}

/* Over the bytes of a body, the framing left out. */
struct walk {
	const struct buf *out;
	size_t i, left;
	int chunked, inside;
};

static struct walk walk_of(const struct mreply *to, size_t start)
{
	struct walk w = {to->out, mspoil_body(to, start), 0, is_chunked(to, start), 0};

	return w;
}

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The next byte's place, 0: there is none. */
static int walk_next(struct walk *w, size_t *at)
{
	const char *p = buf_text(w->out);

	if (w->chunked && w->left == 0) {
		w->i += w->inside ? 2 : 0;	/* the line end behind a chunk */
		for (; w->i < w->out->len && hex(p[w->i]) >= 0; w->i++)
			w->left = w->left * 16 + (size_t)hex(p[w->i]);
		w->i += 2;
		w->inside = 1;
		if (w->left == 0)
			w->i = w->out->len;
	}
	if (w->i >= w->out->len)
		return 0;
	*at = w->i++;
	w->left -= w->chunked ? 1 : 0;
	return 1;
}

size_t mspoil_bytes(const struct mreply *to, size_t start, unsigned long long n)
{
	struct walk w = walk_of(to, start);
	size_t at;

	if (n == 0)
		return w.i;
	while (walk_next(&w, &at))
		if (--n == 0)
			return at + 1;
	return to->out->len;
}

size_t mspoil_events(const struct mreply *to, size_t start, unsigned long long n)
{
	struct walk w = walk_of(to, start);
	const char *p = buf_text(to->out);
	size_t at;
	int empty = 1, data = 0;
	char last = '\0';

	while (n > 0 && walk_next(&w, &at)) {
		if ((p[at] == '\n' && last != '\r') || p[at] == '\r') {
			n -= empty && data;
			data = data && !empty;
			empty = 1;
		} else if (p[at] != '\n' && !(empty && (unsigned char)p[at] >= 0x80)) {	/* a BOM begins no line */
			data |= empty && p[at] == 'd';
			empty = 0;
		}
		last = p[at];
	}
	if (n > 0)
		return to->out->len;
	if (last == '\r' && w.i < to->out->len && p[w.i] == '\n' && (!w.chunked || w.left > 0)) {
		w.i++;
		w.left -= w.chunked ? 1 : 0;
	}
	return w.chunked && w.inside && w.left == 0 ? w.i + 2 : w.i;
}

size_t mspoil_chunk_end(const struct mreply *to, size_t start, size_t at)
{
	struct walk w = walk_of(to, start);
	size_t i;

	if (!w.chunked)
		return at;
	while (w.i < at && walk_next(&w, &i)) {
		if (w.i + w.left + 2 >= at)
			return w.i + w.left + 2;
		w.i += w.left;
		w.left = 0;
	}
	return at;
}

void mspoil_truncate(struct mreply *to, size_t at)
{
	if (at >= to->out->len)
		return;
	to->out->len = at;
	to->out->data[at] = '\0';
	to->open = 0;
	if (to->cues != NULL)
		mcue_cut(to->cues, at);
}

/* `p` lies elsewhere. */
static void splice(struct mreply *to, size_t at, size_t less, const char *p, size_t n)
{
	struct buf *out = to->out;

	if (at + less > out->len || buf_room(out, n) == NULL)
		return;
	memmove(out->data + at + n, out->data + at + less, out->len - at - less);
	memcpy(out->data + at, p, n);
	out->len = out->len - less + n;
	out->data[out->len] = '\0';
	if (to->cues != NULL)
		mcue_splice(to->cues, at, less, n);
}

void mspoil_header(struct mreply *to, size_t start, const char *name, struct span value)
{
	struct span old = header(to, start, name);
	size_t at;

	if (old.p != NULL) {
		splice(to, (size_t)(old.p - to->out->data), old.n, value.p, value.n);
		return;
	}
	at = mspoil_body(to, start);
	if (at < start + 4)
		return;
	at -= 2;	/* before the blank line */
	splice(to, at, 0, "\r\n", 2);
	splice(to, at, 0, value.p, value.n);
	splice(to, at, 0, ": ", 2);
	splice(to, at, 0, name, strlen(name));
}

static void set_length(struct mreply *to, size_t start, long long n)
{
	char text[32];

	snprintf(text, sizeof text, "%lld", n < 0 ? 0 : n);
	mspoil_header(to, start, "content-length", span_of(text));
}

void mspoil_length(struct mreply *to, size_t start, long long off)
{
	set_length(to, start, (long long)(to->out->len - mspoil_body(to, start)) + off);
	to->close = 1;
}

void mspoil_empty(struct mreply *to, size_t start)
{
	int chunked = is_chunked(to, start);

	mspoil_truncate(to, mspoil_body(to, start));
	if (chunked)
		mreply_end(to);
	else if (header(to, start, "content-length").p != NULL)
		set_length(to, start, 0);
}

void mspoil_json(struct mreply *to, size_t start)
{
	size_t body = mspoil_body(to, start), i;

	if (!mspoil_is_stream(to, start)) {
		mspoil_truncate(to, body + (to->out->len - body) / 2);
		set_length(to, start, (long long)(to->out->len - body));
		return;
	}
	/* The second event's last brace. */
	for (i = mspoil_events(to, start, 2); i > body && to->out->data[i - 1] != '}'; i--)
		;
	if (i > body)
		to->out->data[i - 1] = ' ';
}

void mspoil_chunk(struct mreply *to, size_t start)
{
	struct span length = header(to, start, "content-length");
	size_t body = mspoil_body(to, start), name, end;
	char size[32];
	struct walk w;

	if (length.p != NULL) {
		snprintf(size, sizeof size, "%zx\r\n", to->out->len - body);
		splice(to, body, 0, size, strlen(size));
		name = (size_t)(length.p - to->out->data) - (sizeof "content-length: " - 1);
		end = name + sizeof "content-length: " - 1 + length.n;
		splice(to, name, end - name, "transfer-encoding: chunked", sizeof "transfer-encoding: chunked" - 1);
		body = mspoil_body(to, start);
	}
	w = walk_of(to, start);
	end = to->out->len;
	while (walk_next(&w, &name))
		if (name > body + (to->out->len - body) / 2 && (!w.chunked || w.left > 0)) {
			end = w.i;
			break;
		}
	mspoil_truncate(to, end);
	if (to->cues != NULL)
		mcue_add(to->cues, end, MCUE_CLOSE, 0);
}
