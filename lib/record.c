/* record.c - see record.h. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "limits.h"
#include "record.h"

enum { READ_SIZE = 64 << 10, HELD = 64 << 10 };

void reader_init(struct reader *r, int fd)
{
	memset(r, 0, sizeof *r);
	r->fd = fd;
	r->next_line = 1;
	buf_init(&r->buf, 2 * MAX_RECORD);
}

void reader_release(struct reader *r)
{
	buf_release(&r->buf);
}

/* Reads what is there, at least one byte.  1, 0 at the end, -1 on failure. */
static int fill(struct reader *r)
{
	char *room;
	ssize_t n;

	if (r->eof)
		return 0;
	if (r->first != NULL)
		out_flush(r->first);
	if (r->wait != NULL)
		r->wait(r->wait_ctx, r->fd);
	if (r->stop != NULL && *r->stop != 0) {	/* meanwhile */
		r->eof = 1;
		return 0;
	}
	if (r->at > 0 && r->at >= r->buf.len / 2) {
		buf_drop(&r->buf, r->at);
		r->at = 0;
	}
	if ((room = buf_room(&r->buf, READ_SIZE)) == NULL) {
		r->error = ENOMEM;
		return -1;
	}
	do
		n = read(r->fd, room, READ_SIZE);
	while (n < 0 && errno == EINTR && (r->stop == NULL || *r->stop == 0));
	if (n < 0 && errno == EINTR)
		n = 0;
	if (n < 0) {
		r->error = errno;
		return -1;
	}
	buf_wrote(&r->buf, (size_t)n);
	r->eof = n == 0;
	return n > 0;
}

/* Once, before the first line.  Waits for more only while a mark may come: a line may be one byte. */
static int drop_mark(struct reader *r)
{
	static const char mark[] = "\xef\xbb\xbf";
	int got = 1;

	r->started = 1;
	while (r->buf.len < 3 && memcmp(buf_text(&r->buf), mark, r->buf.len) == 0 && got > 0)
		if ((got = fill(r)) < 0)
			return -1;
	if (r->buf.len >= 3 && memcmp(r->buf.data, mark, 3) == 0)
		r->at = 3;
	return 0;
}

/* A line that is too long: forgets it, up to and with its LF. */
static enum read_result skip_line(struct reader *r)
{
	const char *lf = NULL;
	int got;

	do {
		r->at = 0;
		buf_clear(&r->buf);
		if ((got = fill(r)) < 0)
			return READ_FAILED;
		if (r->buf.len > 0)
			lf = memchr(r->buf.data, '\n', r->buf.len);
	} while (lf == NULL && got > 0);
	r->at = lf != NULL ? (size_t)(lf - r->buf.data) + 1 : r->buf.len;
	return READ_LONG;
}

enum read_result reader_line(struct reader *r, struct span *line)
{
	const char *lf;
	size_t seen = 0;
	int got;

	if (!r->started && drop_mark(r) < 0)
		return READ_FAILED;
	for (;;) {
		lf = r->buf.len > r->at + seen ?
		    memchr(r->buf.data + r->at + seen, '\n', r->buf.len - r->at - seen) : NULL;
		if (lf != NULL)
			break;
		seen = r->buf.len - r->at;
		if (seen > MAX_RECORD) {
			r->line = r->next_line++;
			return skip_line(r);
		}
		if ((got = fill(r)) < 0)
			return READ_FAILED;
		if (got == 0 && seen == 0)
			return READ_END;
		if (got == 0) {
			lf = r->buf.data + r->buf.len;
			break;
		}
	}
	*line = (struct span){r->buf.data + r->at, (size_t)(lf - r->buf.data) - r->at};
	r->at += line->n + (*lf == '\n');
	r->line = r->next_line++;
	return line->n > MAX_RECORD ? READ_LONG : READ_OK;
}

static int blank(struct span line)
{
	size_t i;

	for (i = 0; i < line.n; i++)
		if (strchr(" \t\r\n", line.p[i]) == NULL || line.p[i] == '\0')
			return 0;
	return 1;
}

long reader_newlines(const char *p, size_t n)
{
	const char *end = p + n, *lf;
	long count = 0;

	for (; p < end && (lf = memchr(p, '\n', (size_t)(end - p))) != NULL; p = lf + 1)
		count++;
	return count;
}

/*
 * A value whose first line, `first` bytes with its LF, does not end it: reads
 * on, twice as much each time, so that the whole is scanned a few times only.
 */
static enum read_result spread_value(struct reader *r, size_t first,
    struct span *value, struct span_err *err)
{
	size_t want;
	const char *p;
	int got = 1, bad;

	r->at -= first;		/* back to the start of the value's first line */
	for (;;) {
		p = r->buf.data + r->at;
		bad = span_first(p, r->buf.len - r->at, MAX_DEPTH, value, err);
		if (!bad || !err->cut || got == 0)
			break;
		if (r->buf.len - r->at > MAX_RECORD)
			return skip_line(r);
		want = 2 * (r->buf.len - r->at);
		while (r->buf.len - r->at < want && (got = fill(r)) > 0)
			;
		if (got < 0)
			return READ_FAILED;
	}
	if (!bad) {
		size_t used = (size_t)(value->p + value->n - p);

		r->next_line = r->line + reader_newlines(p, used);
		r->at += used;
		return READ_OK;
	}
	if (err->at <= first) {	/* the first line itself is broken: one line is lost */
		r->at += first;
		r->spread = 0;
	} else {		/* where the next value starts can't be known */
		r->at = r->buf.len;
		r->eof = 1;
	}
	return READ_BAD;
}

enum read_result reader_value(struct reader *r, struct span *value,
    struct span_err *err)
{
	enum read_result got;
	struct span line;
	size_t from;

	do
		if ((got = reader_line(r, &line)) != READ_OK)
			return got;
	while (blank(line));
	from = (size_t)(line.p - r->buf.data);
	if (span_check(line.p, line.n, MAX_DEPTH, value, err) == 0) {
		r->values = 1;
		return READ_OK;
	}
	if (!r->values && err->cut)
		r->spread = 1;
	r->values = 1;
	return r->spread ? spread_value(r, r->at - from, value, err) : READ_BAD;
}

int reader_skip_blanks(struct reader *r)
{
	int got = 1;

	if (!r->started && drop_mark(r) < 0)
		return -1;
	while (got > 0) {
		for (; r->at < r->buf.len && r->buf.data[r->at] != '\0' && strchr(" \t\r\n", r->buf.data[r->at]) != NULL; r->at++)
			r->next_line += r->buf.data[r->at] == '\n';
		if (r->at < r->buf.len)
			return 0;
		got = fill(r);
	}
	return got;
}

int reader_peek(struct reader *r, size_t want, struct span *bytes)
{
	int got = 1;

	while (r->buf.len - r->at < want && got > 0)
		if ((got = fill(r)) < 0)
			return -1;
	*bytes = (struct span){buf_text(&r->buf) + r->at, r->buf.len - r->at};
	return 0;
}

void reader_take(struct reader *r, size_t n)
{
	r->started = 1;
	r->at += n;
}

enum read_result reader_bytes(struct reader *r, struct span *bytes)
{
	if (reader_peek(r, 1, bytes) != 0)
		return READ_FAILED;
	r->at += bytes->n;
	return bytes->n > 0 ? READ_OK : READ_END;
}

int reader_drained(struct reader *r)
{
	struct pollfd p = {r->fd, POLLIN, 0};

	while (r->at >= r->buf.len && !r->eof) {
		if (poll(&p, 1, 0) <= 0)
			return -1;
		if (fill(r) < 0)
			return 1;	/* the next read says why */
	}
	return r->at >= r->buf.len;
}

/* The digits of a number that isn't negative, at the end of text[size). */
static struct span digits(char *text, size_t size, long n)
{
	size_t i = size;

	do
		text[--i] = (char)('0' + n % 10);
	while ((n /= 10) > 0 && i > 0);
	return (struct span){text + i, size - i};
}

/* Appends a part of a message's head; one that doesn't fit is cut. */
static void add_part(char *place, size_t size, const char *p, size_t n)
{
	size_t at = strlen(place);

	if (n > size - 1 - at)
		n = size - 1 - at;
	memcpy(place + at, p, n);
	place[at + n] = '\0';
}

void reader_place(const struct reader *r, const char *name, long ordinal,
    char *place, size_t size)
{
	char text[24];
	struct span line;

	place[0] = '\0';
	if (name == NULL && r->line == ordinal)
		return;
	line = digits(text, sizeof text, r->line);	/* for each line of the input: no snprintf */
	if (name != NULL) {
		add_part(place, size, name, strlen(name));
		add_part(place, size, ":", 1);
	} else {
		add_part(place, size, "line ", 5);
	}
	add_part(place, size, line.p, line.n);
	add_part(place, size, ": ", 2);
}

void record_id_of(struct buf *out, struct span id, long ordinal)
{
	char text[24];

	if (span_kind(id) == SPAN_STRING && id.n > 2) {	/* "" names nothing */
		buf_add(out, id.p, id.n);
		return;
	}
	if (span_kind(id) != SPAN_NUMBER)
		id = digits(text, sizeof text, ordinal);
	buf_addc(out, '"');
	buf_add(out, id.p, id.n);
	buf_addc(out, '"');
}

void record_id(struct buf *out, struct span rec, int or_id, long ordinal)
{
	struct span id = span_get(rec, "custom_id");

	record_id_of(out, id.p == NULL && or_id ? span_get(rec, "id") : id, ordinal);
}

struct span record_error(struct span rec)
{
	struct span e = span_get(rec, "error");

	return span_kind(span_get(e, "code")) == SPAN_STRING ? e : SPAN_NIL;
}

void record_compact(struct buf *out, struct span v)
{
	const char *p = v.p, *end = v.p + v.n, *start = p;
	int in = 0;

	for (; p < end; p++) {
		if (*p == '"') {
			in = !in;
		} else if (in) {
			p += *p == '\\';
		} else if (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t') {
			buf_add(out, start, (size_t)(p - start));
			start = p + 1;
		}
	}
	buf_add(out, start, (size_t)(end - start));
}

void record_splice(struct buf *out, struct span v)
{
	size_t i, from = out->len;

	buf_add(out, v.p, v.n);
	if (out->failed || (memchr(v.p, '\n', v.n) == NULL && memchr(v.p, '\r', v.n) == NULL))
		return;
	for (i = from; i < out->len; i++)	/* a string never holds a raw line break */
		if (out->data[i] == '\n' || out->data[i] == '\r')
			out->data[i] = ' ';
}

void record_rest(struct buf *out, struct span obj, const char *const *skip)
{
	struct span_iter it = span_each(obj);
	struct span key, val;
	const char *const *s;

	while (span_next(&it, &key, &val)) {
		for (s = skip; *s != NULL && !span_eq(key, *s); s++)
			;
		if (*s != NULL)
			continue;
		buf_addc(out, ',');
		record_splice(out, (struct span){key.p, (size_t)(val.p + val.n - key.p)});
	}
}

int out_open(struct out *o, const char *path)
{
	struct stat st;
	size_t n;

	*o = (struct out){.fd = STDOUT_FILENO, .path = path};
	if (path == NULL)
		return 0;
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		o->fd = open(path, O_WRONLY | O_CLOEXEC);
		o->error = o->fd < 0 ? errno : 0;
		return o->fd < 0 ? -1 : 0;
	}
	n = strlen(path) + sizeof ".XXXXXX";
	if ((o->temp = malloc(n)) == NULL) {
		o->error = ENOMEM;
		return -1;
	}
	snprintf(o->temp, n, "%s.XXXXXX", path);
	if ((o->fd = mkstemp(o->temp)) < 0) {
		o->error = errno;
		free(o->temp);
		o->temp = NULL;
		return -1;
	}
	return 0;
}

int out_write(struct out *o, const char *p, size_t n)
{
	struct pollfd ready = {o->fd, POLLOUT, 0};
	ssize_t k;

	while (n > 0 && o->error == 0) {
		if ((k = write(o->fd, p, n)) >= 0) {
			p += k;
			n -= (size_t)k;
		} else if (errno == EAGAIN) {	/* somebody made our end non-blocking */
			poll(&ready, 1, -1);
		} else if (errno != EINTR) {
			o->error = errno;
		}
	}
	return o->error == 0 ? 0 : -1;
}

int out_line(struct out *o, struct buf *line)
{
	buf_addc(line, '\n');
	if (line->failed && o->error == 0)
		o->error = ENOMEM;
	if (!o->collects || line->len >= HELD)
		return out_flush(o) == 0 ? out_write(o, buf_text(line), line->len) : -1;
	buf_add(&o->held, buf_text(line), line->len);
	if (o->held.failed)
		o->error = ENOMEM;
	return o->held.len >= HELD ? out_flush(o) : o->error == 0 ? 0 : -1;
}

int out_flush(struct out *o)
{
	if (o->held.len > 0)
		out_write(o, o->held.data, o->held.len);
	buf_clear(&o->held);
	return o->error == 0 ? 0 : -1;
}

void out_collect(struct out *o, struct reader *r)
{
	out_flush(o);
	o->held.max = 2 * HELD;
	o->collects = r != NULL && !isatty(o->fd);
	if (r != NULL)
		r->first = o->collects ? o : NULL;
}

/* What open(2) would have given a new file. */
static mode_t usual_mode(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return 0666 & ~mask;
}

int out_close(struct out *o, int good)
{
	out_flush(o);
	buf_release(&o->held);
	if (o->temp == NULL && o->fd >= 0) {
		if (o->error == 0 && close(o->fd) != 0 && errno != EBADF)
			o->error = errno;
		return o->error == 0 ? 0 : -1;
	}
	if (o->temp == NULL)
		return -1;
	good = good && o->error == 0;
	if (good && fchmod(o->fd, usual_mode()) != 0)
		o->error = errno;
	if (close(o->fd) != 0 && o->error == 0)
		o->error = errno;
	if (good && o->error == 0 && rename(o->temp, o->path) != 0)
		o->error = errno;
	if (!good || o->error != 0)
		unlink(o->temp);
	free(o->temp);
	o->temp = NULL;
	return o->error == 0 ? 0 : -1;
}
