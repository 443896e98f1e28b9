/* mreplay.c - see mreplay.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "digest.h"
#include "file.h"
#include "limits.h"
#include "mreplay.h"
#include "record.h"

enum { KEEP = 1 << 20 };	/* a longer record isn't kept in memory after its use */

/* A line of the file being read. */
struct place {
	struct mreplay *p;
	const char *path;
	long line;
};

static int fail(struct place *in, size_t column, const char *fmt, ...) BUF_PRINTF(3, 4);
static int fail(struct place *in, size_t column, const char *fmt, ...)
{
	size_t size = sizeof in->p->err, n;
	va_list ap;

	if (column > 0)
		n = (size_t)snprintf(in->p->err, size, "%s:%ld:%zu: ", in->path, in->line, column);
	else
		n = (size_t)snprintf(in->p->err, size, "%s: ", in->path);
	va_start(ap, fmt);
	if (n < size)
		vsnprintf(in->p->err + n, size - n, fmt, ap);
	va_end(ap);
	return -1;
}

void mreplay_init(struct mreplay *p)
{
	memset(p, 0, sizeof *p);
	p->fd = -1;
	buf_init(&p->record, MAX_RECORD);
}

void mreplay_release(struct mreplay *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
	free(p->rows);
	p->rows = NULL;
	p->n = p->cap = 0;
	buf_release(&p->record);
}

static int add(struct place *in, struct mreplay_row row)
{
	struct mreplay *p = in->p;
	size_t cap = p->cap ? 2 * p->cap : 256;
	struct mreplay_row *more;

	if (p->n == MREPLAY_RECORDS)
		return fail(in, 1, "more than %d records", MREPLAY_RECORDS);
	if (p->n == p->cap) {
		if ((more = realloc(p->rows, cap * sizeof *more)) == NULL)
			return fail(in, 0, "out of memory");
		p->rows = more;
		p->cap = cap;
	}
	p->rows[p->n++] = row;
	return 0;
}

static int read_line(struct place *in, struct span text, off_t at)
{
	struct span value, response, status, token;
	struct mreplay_row row = {0, at, text.n};
	struct span_err err;
	long long number;

	if (span_trim(text).n == 0)
		return 0;
	if (span_check(text.p, text.n, MAX_DEPTH, &value, &err) < 0)
		return fail(in, err.at + 1, "not JSON: %s", err.what);
	if (span_kind(value) != SPAN_OBJECT)
		return fail(in, (size_t)(value.p - text.p) + 1, "a response record is due, an object");
	response = span_get(value, "response");
	if (span_get(value, "event").p != NULL || record_error(value).p != NULL) {
		/* an event, or nothing came: no answer in it */
		if (span_kind(response) != SPAN_OBJECT || span_kind(span_get(response, "body")) == SPAN_NONE)
			return 0;
	}
	if (span_kind(response) != SPAN_OBJECT)
		return fail(in, (size_t)(value.p - text.p) + 1, "no response in it: records of fb-send are due");
	status = span_get(response, "status_code");
	if (!span_integer(status, &number) || number < 200 || number > 599)
		return fail(in, (size_t)((status.p != NULL ? status.p : response.p) - text.p) + 1,
		    "response.status_code: a number from 200 to 599 is due");
	token = span_get(value, "digest");
	if (digest_read(token, &row.digest) < 0)
		return fail(in, (size_t)((token.p != NULL ? token.p : value.p) - text.p) + 1,
		    "digest: 16 lower-case hex digits are due, as fb-send writes them");
	return add(in, row);
}

static int by_digest(const void *a, const void *b)
{
	const struct mreplay_row *x = a, *y = b;

	if (x->digest != y->digest)
		return x->digest < y->digest ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

static int read_all(struct place *in)
{
	struct reader r;
	struct span text;
	enum read_result got;
	int bad = 0;
	off_t at;

	reader_init(&r, in->p->fd);
	while (!bad && (got = reader_line(&r, &text)) != READ_END) {
		in->line = r.line;
		if (got == READ_LONG) {
			bad = fail(in, 1, "a line over 64 MB");
		} else if (got != READ_OK) {
			bad = fail(in, 0, "%s", file_error(r.error));
		} else {
			/* what is read, less what stands in the buffer from here on */
			at = lseek(in->p->fd, 0, SEEK_CUR) - (off_t)(r.buf.len - (size_t)(text.p - r.buf.data));
			bad = read_line(in, text, at);
		}
	}
	reader_release(&r);
	return bad;
}

int mreplay_open(struct mreplay *p, const char *path)
{
	struct place in = {p, path, 0};
	struct stat st;

	p->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (p->fd < 0 || fstat(p->fd, &st) < 0)
		return fail(&in, 0, "%s", file_error(errno));
	if (!S_ISREG(st.st_mode))
		return fail(&in, 0, "%s", file_error(S_ISDIR(st.st_mode) ? EISDIR : EINVAL));
	if (read_all(&in) < 0)
		return -1;
	if (p->n == 0)
		return fail(&in, 0, "no response record in it");
	qsort(p->rows, p->n, sizeof *p->rows, by_digest);
	return 0;
}

/* The last row of that digest, or NULL. */
static const struct mreplay_row *find(const struct mreplay *p, uint64_t want)
{
	size_t low = 0, high = p->n, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (p->rows[mid].digest <= want)
			low = mid + 1;
		else
			high = mid;
	}
	return low > 0 && p->rows[low - 1].digest == want ? &p->rows[low - 1] : NULL;
}

static int read_at(struct mreplay *p, const struct mreplay_row *row)
{
	char *room;
	ssize_t n;

	if (p->record.cap > KEEP)
		buf_release(&p->record);
	buf_clear(&p->record);
	if ((room = buf_room(&p->record, row->n)) == NULL)
		return -1;
	while (p->record.len < row->n) {
		n = pread(p->fd, room + p->record.len, row->n - p->record.len, row->at + (off_t)p->record.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		buf_wrote(&p->record, (size_t)n);
	}
	return 0;
}

int mreplay_find(struct mreplay *p, struct span body, struct span *response)
{
	const struct mreplay_row *row = find(p, digest(body));
	struct span value, status;
	struct span_err err;
	long long number;

	if (row == NULL)
		return 0;
	if (read_at(p, row) < 0 ||
	    span_check(p->record.data, p->record.len, MAX_DEPTH, &value, &err) < 0)
		return -1;
	*response = span_get(value, "response");
	status = span_get(*response, "status_code");
	return span_integer(status, &number) && number >= 200 && number <= 599 ? 1 : -1;
}
