/* mstats.c - see mstats.h. */
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "mstats.h"
#include "mtext.h"

void mstats_release(struct mstats *s)
{
	free(s->paths);
	memset(s, 0, sizeof *s);
}

/* The last row takes what has none of its own. */
static struct mstats_path *row_of(struct mstats *s, struct span path)
{
	struct mstats_path *p;
	size_t i;

	if (s->paths == NULL && (s->paths = calloc(MSTATS_PATHS + 1, sizeof *s->paths)) == NULL)
		return NULL;
	for (i = 0; i < s->npaths; i++)
		if (s->paths[i].n == path.n && memcmp(s->paths[i].path, path.p, path.n) == 0)
			return &s->paths[i];
	if (s->npaths == MSTATS_PATHS || path.n > MSTATS_PATH)
		return &s->paths[MSTATS_PATHS];
	p = &s->paths[s->npaths++];
	memcpy(p->path, path.p, path.n);
	p->n = path.n;
	return p;
}

static int starts(const char *p, size_t n, const char *with)
{
	size_t len = strlen(with);

	return n >= len && memcmp(p, with, len) == 0;
}

/* "HTTP/1.1 200 OK": what a raw reply sends may be anything. */
static int status_of(const char *p, size_t n)
{
	int status = 0, i;

	if (n < 12 || memcmp(p, "HTTP/1.", 7) != 0)
		return 0;
	for (i = 9; i < 12; i++) {
		if (p[i] < '0' || p[i] > '9')
			return 0;
		status = 10 * status + (p[i] - '0');
	}
	return status < 600 ? status : 0;
}

void mstats_count(struct mstats *s, const struct mreq *r, const char *reply, size_t n)
{
	struct mstats_path *path = row_of(s, r->path);
	const char *lf = n > 0 ? memchr(reply, '\n', n) : NULL;

	s->requests++;
	s->in += (size_t)(r->body.p - r->method.p) + r->body.n;
	s->out += n;
	/* mreply writes the type first */
	if (lf != NULL && starts(lf + 1, n - (size_t)(lf + 1 - reply), "content-type: text/event-stream"))
		s->streams++;
	if (path != NULL)
		path->status[status_of(reply, n)]++;
}

static void add_count(struct buf *out, const char *name, unsigned long long n)
{
	buf_adds(out, name);
	mtext_number(out, n);
}

/* {"200":3,"422":1}; nothing for a row without a count. */
static void write_path(const struct mstats_path *p, const char *name, size_t n,
    const char **comma, struct buf *out)
{
	const char *between = "";
	int i;

	for (i = 0; i < 600; i++) {
		if (p->status[i] == 0)
			continue;
		if (between[0] == '\0') {
			buf_adds(out, *comma);
			mtext_quote(out, name, n);
			buf_adds(out, ":{");
		}
		buf_adds(out, between);
		buf_addc(out, '"');
		mtext_number(out, (unsigned)i);
		add_count(out, "\":", p->status[i]);
		between = ",";
	}
	if (between[0] != '\0') {
		buf_addc(out, '}');
		*comma = ",";
	}
}

void mstats_write(const struct mstats *s, struct buf *out)
{
	const char *comma = "";
	size_t i;

	add_count(out, "\"requests\":", s->requests);
	add_count(out, ",\"streams\":", s->streams);
	add_count(out, ",\"bytes_in\":", s->in);
	add_count(out, ",\"bytes_out\":", s->out);
	buf_adds(out, ",\"paths\":{");
	for (i = 0; i < s->npaths; i++)
		write_path(&s->paths[i], s->paths[i].path, s->paths[i].n, &comma, out);
	if (s->paths != NULL)
		write_path(&s->paths[MSTATS_PATHS], "other", 5, &comma, out);
	buf_addc(out, '}');
}
