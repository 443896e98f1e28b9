#include <stdint.h>
#include <stdlib.h>

#include "help.h"
#include "sse.h"
#include "tap.h"

#define MAX_FILE (16UL << 20)

/* What came out, an event a line: "type|data|id". */
static int note(void *ctx, const struct sse_event *ev)
{
	struct buf *out = ctx;

	buf_add(out, ev->type.p, ev->type.n);
	buf_addc(out, '|');
	buf_add(out, ev->data.p, ev->data.n);
	buf_addc(out, '|');
	buf_add(out, ev->id.p, ev->id.n);
	buf_addc(out, '\n');
	return 0;
}

struct run {
	struct sse s;
	struct buf out;
};

static void run_init(struct run *r, size_t max)
{
	sse_init(&r->s, max);
	buf_init(&r->out, MAX_FILE);
}

static void run_release(struct run *r)
{
	sse_release(&r->s);
	buf_release(&r->out);
}

/* The stream whole, byte by byte and cut in two at each place: the same events each time. */
static void gives(const char *stream, size_t n, const char *want, const char *name)
{
	struct run r;
	size_t i, cut;
	int same = 1;

	for (cut = 0; cut <= n + 1; cut++) {
		run_init(&r, 4096);
		if (cut <= n) {
			sse_push(&r.s, stream, cut, note, &r.out);
			sse_push(&r.s, stream + cut, n - cut, note, &r.out);
		}
		for (i = 0; cut > n && i < n; i++)
			sse_push(&r.s, stream + i, 1, note, &r.out);
		if (strcmp(buf_text(&r.out), want) != 0 && same) {
			same = 0;
			printf("# cut at %zu of %zu\n#  got: %s\n# want: %s\n", cut, n,
			    buf_text(&r.out), want);
		}
		run_release(&r);
	}
	ok(same, "%s", name);
}

#define GIVES(stream, want, name) gives(stream, sizeof (stream) - 1, want, name)

static void test_rules(void)
{
	GIVES("data: a\n\n", "|a|\n", "a line of data");
	GIVES("data:a\n\ndata:  b\n\n", "|a|\n| b|\n", "one blank after the colon is dropped");
	GIVES("data: a\ndata\ndata:\ndata: b\n\n", "|a\n\n\nb|\n", "lines of data are joined");
	GIVES("data:\n\ndata\n\n", "||\n||\n", "empty data is data");
	GIVES("data: a\r\rdata: b\r\n\r\ndata: c\n\n", "|a|\n|b|\n|c|\n", "CR, CRLF, LF");
	GIVES("data: a\r\ndata: b\rdata: c\n\r\n", "|a\nb\nc|\n", "CR, CRLF and LF within an event");
	GIVES("\n\r\n\r\rdata: a\n\n\n\n", "|a|\n", "blank lines alone are nothing");
	GIVES("\xEF\xBB\xBF" "data: a\n\n", "|a|\n", "a byte order mark is skipped");
	GIVES("\xEF\xBB\xBF\n\xEF\xBB\xBF" "data: a\n\n", "", "only at the start");
	GIVES("\n\xEF\xBB\xBF" "data: a\n\n", "", "not after the first line");
	GIVES("event: x\ndata: a\n\ndata: b\n\n", "x|a|\n|b|\n", "a type is for one event");
	GIVES("event: x\n\ndata: b\n\n", "|b|\n", "and forgotten with an event without data");
	GIVES("event: x\nevent:\ndata: b\n\n", "|b|\n", "an empty type is none");
	GIVES("event: x\nid: 1\nretry: 5\n\n", "", "no data, no event");
	GIVES("id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n", "|a|1\n|b|1\n|c|\n", "an id stays until the next");
	GIVES("id: 1\n\ndata: a\n\n", "|a|1\n", "also from a block without data");
	GIVES("id: 1\nid: 2\0\ndata: a\n\n", "|a|1\n", "an id with NUL is ignored");
	GIVES("DATA: x\n data: y\ndata : z\ndatax: 1\nfoo\ndata: a\n\n", "|a|\n", "other fields are dropped");
	GIVES(": data: x\n:\n::\ndata: a\n:x\ndata: b\n\n", "|a\nb|\n", "comments are dropped");
	GIVES("data: {\"a\":\"b: c\"}\n\n", "|{\"a\":\"b: c\"}|\n", "a colon in the data");
	GIVES("data: \xF0\x9F\x98\x80\xE2\x80\xA8\n\n", "|\xF0\x9F\x98\x80\xE2\x80\xA8|\n", "UTF-8, and U+2028 ends no line");
	GIVES("data: \xff\xfe\n\n", "|\xff\xfe|\n", "bytes that are not UTF-8 pass");
	GIVES("data: a\n", "", "an event without its blank line waits");
	GIVES("error: {\"code\":500}\n\ndata: [DONE]\n\n", "error|{\"code\":500}|\n|[DONE]|\n", "an error field");
	GIVES("event: x\ndata: a\nerror: e\ndata: b\n\n", "error|e|\nx|a\nb|\n", "leaves the event about it whole");
	GIVES("", "", "nothing");
}

static void test_end(void)
{
	static const struct { const char *stream, *want, *name; } t[] = {
		{"data: a", "|a|\n", "the end dispatches an unended line"},
		{"data: a\n", "|a|\n", "and an unended event"},
		{"event: x\ndata: a\r", "x|a|\n", "also after CR"},
		{"data: a\n\n", "|a|\n", "an ended one not twice"},
		{"event: x\n", "", "one without data not"},
		{"data: a\n:", "|a|\n", "an unended comment"},
		{"error: e", "error|e|\n", "an unended error"},
		{"\xEF\xBB\xBF", "", "a byte order mark alone"},
		{"", "", "nothing"},
	};
	struct run r;
	size_t i;

	for (i = 0; i < sizeof t / sizeof *t; i++) {
		run_init(&r, 100);
		sse_push(&r.s, t[i].stream, strlen(t[i].stream), note, &r.out);
		sse_end(&r.s, note, &r.out);
		ok(sse_end(&r.s, note, &r.out) == 0, "ends twice");
		is(buf_text(&r.out), t[i].want, t[i].name);
		run_release(&r);
	}
}

static void test_retry_and_comments(void)
{
	static const struct { const char *stream; long retry, comments; } t[] = {
		{"data: a\n\n", -1, 0},
		{"retry: 500\n", 500, 0},
		{"retry:0\n", 0, 0},
		{"retry: 500\nretry: 50x\nretry:\nretry\nretry: -1\nretry:  7\n", 500, 0},
		{"retry: 99999999999999999999999\n", INT32_MAX, 0},
		{"retry: 2147483647\n", INT32_MAX, 0},
		{": a\n:\n\n: unended", -1, 2},
	};
	struct run r;
	size_t i;

	for (i = 0; i < sizeof t / sizeof *t; i++) {
		run_init(&r, 100);
		sse_push(&r.s, t[i].stream, strlen(t[i].stream), note, &r.out);
		ok(r.s.retry_ms == t[i].retry, "retry %ld", t[i].retry);
		ok(r.s.comments == t[i].comments, "%ld comments", t[i].comments);
		run_release(&r);
	}
}

/* A stream in pieces of `piece` bytes, with a limit of 16: the last return value. */
static int push_limited(const char *stream, size_t piece, struct run *r)
{
	size_t n = strlen(stream), i;
	int stop = 0;

	run_init(r, 16);
	for (i = 0; i < n && stop == 0; i += piece)
		stop = sse_push(&r->s, stream + i, n - i < piece ? n - i : piece, note, &r->out);
	return stop;
}

static void test_limits(void)
{
	static const struct { const char *stream; int stop; const char *name; } t[] = {
		{"data: 1234567890\n\n", 0, "a line of the limit"},
		{"data: 12345678901\n\n", SSE_TOO_LARGE, "a line beyond"},
		{"data: 12345678901", SSE_TOO_LARGE, "an unended line beyond"},
		{":12345678901234567\n", SSE_TOO_LARGE, "a comment beyond"},
		{":123456789012345\n:123456789012345\n", 0, "comments do not add up"},
		{"data:12345678\ndata:1234567\n\n", 0, "data of the limit"},
		{"data:12345678\ndata:12345678\n\n", SSE_TOO_LARGE, "data beyond"},
		{"data\ndata\ndata\ndata\ndata\ndata\ndata\ndata\ndata\n"
		 "data\ndata\ndata\ndata\ndata\ndata\ndata\ndata\ndata\n", SSE_TOO_LARGE, "empty lines of data beyond"},
		{"data:12345678\n\ndata:12345678\n\ndata:12345678\n\n", 0, "events do not add up"},
	};
	struct run r;
	size_t i, piece;

	for (i = 0; i < sizeof t / sizeof *t; i++)
		for (piece = 1; piece < 41; piece += 13) {
			ok(push_limited(t[i].stream, piece, &r) == t[i].stop, "%s (by %zu)", t[i].name, piece);
			if (t[i].stop != 0) {
				ok(sse_push(&r.s, "\n\ndata: a\n\n", 11, note, &r.out) == SSE_TOO_LARGE, "stays so");
				ok(sse_end(&r.s, note, &r.out) == SSE_TOO_LARGE, "to the end");
				is(buf_text(&r.out), "", "and nothing is told");
			}
			run_release(&r);
		}
}

static int stop_at_b(void *ctx, const struct sse_event *ev)
{
	note(ctx, ev);
	return span_is(ev->data, "b") ? 42 : 0;
}

static void test_stop(void)
{
	struct run r;

	run_init(&r, 100);
	ok(sse_push(&r.s, "data: a\n\ndata: b\n\ndata: c\n\n", 27, stop_at_b, &r.out) == 42, "a callback stops");
	is(buf_text(&r.out), "|a|\n|b|\n", "at its event");
	ok(sse_push(&r.s, "data: d\n\n", 9, stop_at_b, &r.out) == 0, "the next piece goes on");
	is(buf_text(&r.out), "|a|\n|b|\n|d|\n", "with its events");
	ok(sse_push(&r.s, NULL, 0, note, &r.out) == 0, "an empty piece");
	run_release(&r);
}

/* The vectors of two other projects, and where those differ from the standard. */

static const struct { const char *name, *why; int first; } not_ours[] = {
	{"event without data", "that client tells events without data", 1},
	{"multiple events", "that client tells events without data", 2},
	{"stream of leading bom", "its mark is the three characters of EF BB BF", 1},
	{"stream containing byte-order mark (multiple places)", "its mark is the three characters of EF BB BF", 1},
};

struct vector {
	struct span json;
	struct buf name, bytes, want;
	size_t cut[128];	/* where each given chunk ends */
	size_t cuts;
};

static void expected_events(struct vector *v)
{
	struct span_iter it = span_each(span_get(v->json, "events"));
	struct span key, event, field;
	struct buf id;
	size_t i;
	int skip_first = 0;

	for (i = 0; i < sizeof not_ours / sizeof *not_ours; i++)
		if (strcmp(not_ours[i].name, buf_text(&v->name)) == 0)
			skip_first = not_ours[i].first;
	buf_init(&id, MAX_FILE);
	while (span_next(&it, &key, &event)) {
		if ((field = span_get(event, "id")).p != NULL) {
			buf_clear(&id);
			span_decode(field, SPAN_REPLACE, &id);
		}
		if (skip_first-- > 0)
			continue;
		field = span_get(event, "event");
		if (span_kind(field) == SPAN_STRING)
			span_decode(field, SPAN_REPLACE, &v->want);
		buf_addc(&v->want, '|');
		span_decode(span_get(event, "data"), SPAN_REPLACE, &v->want);
		buf_addc(&v->want, '|');
		buf_add(&v->want, id.data, id.len);
		buf_addc(&v->want, '\n');
	}
	buf_release(&id);
}

static void vector_init(struct vector *v, struct span given)
{
	struct span_iter it = span_each(span_get(given, "chunks"));
	struct span key, chunk;

	v->json = given;
	v->cuts = 0;
	buf_init(&v->name, MAX_FILE);
	buf_init(&v->bytes, MAX_FILE);
	buf_init(&v->want, MAX_FILE);
	span_decode(span_get(given, "name"), SPAN_REPLACE, &v->name);
	while (span_next(&it, &key, &chunk) && v->cuts < 128) {
		add_base64(&v->bytes, chunk);
		v->cut[v->cuts++] = v->bytes.len;
	}
	expected_events(v);
}

static void vector_release(struct vector *v)
{
	buf_release(&v->name);
	buf_release(&v->bytes);
	buf_release(&v->want);
}

/* Cut at the given places: are the events, comments and the retry time as expected? */
static int vector_holds(const struct vector *v, const size_t *cut, size_t cuts)
{
	struct span comments = span_get(v->json, "comments"), retries = span_get(v->json, "retries");
	struct span_iter it = span_each(retries);
	struct span key, number;
	struct run r;
	size_t i, from = 0;
	long retry = -1;
	int holds;

	while (span_next(&it, &key, &number))
		retry = (long)span_number(number);
	run_init(&r, MAX_FILE);
	for (i = 0; i < cuts; from = cut[i++])
		sse_push(&r.s, v->bytes.data + from, cut[i] - from, note, &r.out);
	holds = r.out.len == v->want.len &&
	    memcmp(buf_text(&r.out), buf_text(&v->want), r.out.len) == 0 &&
	    (comments.p == NULL || r.s.comments == (long)span_count(comments)) &&
	    (retries.p == NULL || r.s.retry_ms == retry);
	run_release(&r);
	return holds;
}

static void test_vector(struct span given)
{
	struct vector v;
	size_t i, n, two[2], *each;
	size_t bad = 0, step;

	vector_init(&v, given);
	n = v.bytes.len;
	step = n > 8192 ? 13 : 1;	/* all splits of the one long stream would take a minute under valgrind */
	ok(vector_holds(&v, &n, 1), "%s: whole", buf_text(&v.name));
	ok(vector_holds(&v, v.cut, v.cuts), "%s: as given", buf_text(&v.name));
	for (i = 0; i <= n; i += step) {
		two[0] = i;
		two[1] = n;
		bad += !vector_holds(&v, two, 2);
	}
	ok(bad == 0, "%s: in two, at each place", buf_text(&v.name));
	if ((each = malloc((n + 1) * sizeof *each)) == NULL)
		exit(1);
	for (i = 0; i < n; i++)
		each[i] = i + 1;
	ok(vector_holds(&v, each, n), "%s: byte by byte", buf_text(&v.name));
	free(each);
	vector_release(&v);
}

static void test_vectors(void)
{
	char path[4096], *line = NULL;
	struct span given;
	struct span_err err;
	size_t size = 0;
	ssize_t n;
	int held = 0;
	FILE *f;

	shared(path, sizeof path, "third-party/sse-vectors.jsonl");
	if ((f = fopen(path, "r")) == NULL) {
		skip("sse-vectors.jsonl is not there");
		return;
	}
	while ((n = getline(&line, &size, f)) > 0) {
		if (span_check(line, (size_t)n, 16, &given, &err) < 0) {
			ok(0, "a vector that is no JSON: %s", err.what);
			continue;
		}
		if (span_get(given, "reset").p == NULL && span_at(given, "opts.maxBufferSize").p == NULL) {
			test_vector(given);
			held++;
		}
	}
	ok(held == 48, "%d vectors", held);
	free(line);
	fclose(f);
}

int main(void)
{
	test_rules();
	test_end();
	test_retry_and_comments();
	test_limits();
	test_stop();
	test_vectors();
	return done();
}
