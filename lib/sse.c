/* sse.c - see sse.h. */
#include "sse.h"

#include <stdint.h>
#include <string.h>

void sse_init(struct sse *s, size_t max_event)
{
	memset(s, 0, sizeof *s);
	buf_init(&s->line, max_event);
	buf_init(&s->data, max_event);
	buf_init(&s->type, max_event);
	buf_init(&s->id, max_event);
	s->retry_ms = -1;
}

void sse_release(struct sse *s)
{
	size_t max = s->line.max;

	buf_release(&s->line);
	buf_release(&s->data);
	buf_release(&s->type);
	buf_release(&s->id);
	sse_init(s, max);
}

static struct span held(const struct buf *b)
{
	return (struct span){buf_text(b), b->len};
}

static void replace(struct buf *b, struct span with)
{
	buf_clear(b);
	buf_add(b, with.p, with.n);
}

/* A buffer that failed stays so: what follows cannot be told from what is lost. */
static int too_large(const struct sse *s)
{
	return s->line.failed || s->data.failed || s->type.failed || s->id.failed;
}

/* A blank line forgets the type also when there is no data to dispatch. */
static int dispatch(struct sse *s, sse_fn *fn, void *ctx)
{
	struct sse_event ev = {held(&s->type), held(&s->data), held(&s->id)};
	int stop = s->has_data ? fn(ctx, &ev) : 0;

	buf_clear(&s->data);
	buf_clear(&s->type);
	s->has_data = 0;
	return stop;
}

/* A time beyond 24 days is 24 days. */
static void set_retry(struct sse *s, struct span digits)
{
	long ms = 0;
	size_t i;

	for (i = 0; i < digits.n; i++) {
		if (digits.p[i] < '0' || digits.p[i] > '9')
			return;
		ms = ms > INT32_MAX / 10 - 1 ? INT32_MAX : ms * 10 + (digits.p[i] - '0');
	}
	if (digits.n > 0)
		s->retry_ms = ms;
}

static int take_field(struct sse *s, struct span name, struct span value, sse_fn *fn, void *ctx)
{
	struct sse_event error = {span_of("error"), value, held(&s->id)};

	if (span_is(name, "data")) {
		if (s->has_data)
			buf_addc(&s->data, '\n');
		buf_add(&s->data, value.p, value.n);
		s->has_data = 1;
	} else if (span_is(name, "event")) {
		replace(&s->type, value);
	} else if (span_is(name, "id")) {
		if (memchr(value.p, '\0', value.n) == NULL)
			replace(&s->id, value);
	} else if (span_is(name, "retry")) {
		set_retry(s, value);
	} else if (span_is(name, "error")) {
		return fn(ctx, &error);		/* an event of its own, at once: the one being read stays whole */
	}
	return 0;
}

/* One line without its end. */
static int take_line(struct sse *s, struct span line, sse_fn *fn, void *ctx)
{
	struct span name = line, value = {"", 0};
	const char *colon;
	int stop;

	if (!s->started && line.n >= 3 && memcmp(line.p, "\xEF\xBB\xBF", 3) == 0)
		line = name = (struct span){line.p + 3, line.n - 3};
	s->started = 1;
	if (line.n == 0)
		return dispatch(s, fn, ctx);
	if (*line.p == ':') {
		s->comments++;
		return 0;
	}
	colon = memchr(line.p, ':', line.n);
	if (colon != NULL) {
		name.n = (size_t)(colon - line.p);
		value = (struct span){colon + 1, line.n - name.n - 1};
		if (value.n > 0 && *value.p == ' ')
			value = (struct span){value.p + 1, value.n - 1};
	}
	stop = take_field(s, name, value, fn, ctx);
	return stop != 0 ? stop : too_large(s) ? SSE_TOO_LARGE : 0;
}

/* A line whose last part is p[0..n); the parts before it are in s->line. */
static int end_line(struct sse *s, const char *p, size_t n, sse_fn *fn, void *ctx)
{
	struct span line = {p, n};
	int stop;

	if (s->line.len > 0 || n > s->line.max) {
		buf_add(&s->line, p, n);
		if (s->line.failed)
			return SSE_TOO_LARGE;
		line = held(&s->line);
	}
	stop = take_line(s, line, fn, ctx);
	buf_clear(&s->line);
	return stop;
}

static const char *find(const char *p, const char *end, char c)
{
	const char *at = memchr(p, c, (size_t)(end - p));

	return at != NULL ? at : end;
}

int sse_push(struct sse *s, const char *p, size_t n, sse_fn *fn, void *ctx)
{
	const char *end, *lf, *cr, *eol;
	int stop;

	if (too_large(s))
		return SSE_TOO_LARGE;
	if (n == 0)
		return 0;
	end = p + n;
	if (s->skip_lf && *p == '\n')
		p++;
	s->skip_lf = 0;
	/* Each is looked for anew only once it was passed: CRs are rare. */
	lf = find(p, end, '\n');
	cr = find(p, end, '\r');
	while ((eol = lf < cr ? lf : cr) < end) {
		if ((stop = end_line(s, p, (size_t)(eol - p), fn, ctx)) != 0)
			return stop;
		p = eol + 1;
		if (eol == cr) {
			s->skip_lf = p == end;
			p += lf == p && p < end;
			cr = find(p, end, '\r');
		}
		if (lf < p)
			lf = find(p, end, '\n');
	}
	buf_add(&s->line, p, (size_t)(end - p));
	return s->line.failed ? SSE_TOO_LARGE : 0;
}

int sse_end(struct sse *s, sse_fn *fn, void *ctx)
{
	int stop = 0;

	if (too_large(s))
		return SSE_TOO_LARGE;
	if (s->line.len > 0)
		stop = end_line(s, "", 0, fn, ctx);
	return stop != 0 ? stop : dispatch(s, fn, ctx);
}
