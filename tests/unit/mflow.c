/* mflow.c - what is written later is what would have been written at once. */
#include "help.h"
#include "mengine.h"
#include "mflow.h"
#include "msse.h"
#include "mtime.h"

struct sent {
	struct buf bytes;
	long long waits;	/* us in all */
	size_t pauses, parts, most;	/* most: bytes of the largest part */
};

static void take(struct sent *s, struct buf *out, struct mcues *q)
{
	size_t i;

	buf_add(&s->bytes, out->data, out->len);
	s->most = out->len > s->most ? out->len : s->most;
	s->parts++;
	for (i = 0; i < q->n; i++)
		s->waits += q->list[i].us;
	s->pauses += q->n;
	buf_clear(out);
	mcue_next(q);
}

static void stream(struct sent *s, const struct mprofile *as, const struct manswer *a,
    unsigned sse, long long ping, int may_wait)
{
	struct buf out, event;
	struct mcues q = {0};
	struct mlater *later = NULL;
	struct mtime time = {0, 70000000, 10, 20, 3, 0, ping};
	struct mreply to = {.out = &out, .cues = &q, .time = &time, .sse = sse,
	    .later = may_wait ? &later : NULL};
	int more;

	memset(s, 0, sizeof *s);
	buf_init(&s->bytes, MAX_RECORD);
	buf_init(&out, MAX_RECORD);
	buf_init(&event, MAX_RECORD);
	mflow_stream(&to, &event, as->form, a, 1);
	buf_release(&event);	/* and whatever else was the request's */
	take(s, &out, &q);
	for (more = later != NULL; more; take(s, &out, &q))
		more = later->more(later, &out, &q);
	if (later != NULL)
		later->end(later);
	ok(!out.failed && !q.failed, "nothing failed");
	buf_release(&out);
	mcue_release(&q);
}

static void end(struct sent *s)
{
	buf_release(&s->bytes);
}

static void test_same(void)
{
	static const unsigned knobs[] = {0, MSSE_JOIN, MSSE_CRLF | MSSE_COMMENTS | MSSE_IDS | MSSE_BOM,
	    MSSE_SPLIT | MSSE_MULTILINE, MSSE_NO_LAST_BLANK | MSSE_CLOSE, MSSE_HUGE,
	    MSSE_FINISH_WITH_TEXT, MSSE_NO_DONE | MSSE_NO_FINISH, MSSE_LOGPROBS};
	const struct mprofile *as;
	struct manswer a = {.number = 7, .model = span_of("\"a/b\"")};
	struct sent now, later;
	struct buf text;
	size_t i;

	buf_init(&text, MAX_RECORD);
	for (i = 0; i < 700; i++)
		buf_adds(&text, i % 5 ? " word" : " w\xC3\xB6rd\n");
	a.text = (struct span){text.data, text.len};
	a.reasoning = (struct span){text.data, text.len / 3};
	for (as = mengines; as->name != NULL; as++)
		for (i = 0; i < COUNT(knobs); i++) {
			a.calls = i % 2 ? span_of("[{\"name\":\"f\",\"arguments\":{\"a\":[1,2,3,4,5,6]}}]") : SPAN_NIL;
			a.finish = i % 3 ? NULL : "length";
			a.choices = i % 4;
			stream(&now, as, &a, knobs[i], 0, 0);
			stream(&later, as, &a, knobs[i], 0, 1);
			ok(now.parts == 1 && later.parts > 5 && (later.most < 16 << 10 || (knobs[i] & MSSE_HUGE)),
			    "%s, knobs %zu: in %zu parts, none of more than %zu bytes", as->name, i, later.parts, later.most);
			ok(now.bytes.len == later.bytes.len && memcmp(now.bytes.data, later.bytes.data, now.bytes.len) == 0,
			    "the same bytes");
			ok(now.waits == later.waits && now.pauses == later.pauses, "the same pauses");
			end(&now);
			end(&later);
		}
	buf_release(&text);
}

static size_t count(const struct buf *in, const char *what)
{
	const char *at = buf_text(in);
	size_t n = 0;

	while ((at = strstr(at, what)) != NULL) {
		at += strlen(what);
		n++;
	}
	return n;
}

static void test_pings(void)
{
	struct manswer a = {.number = 1, .model = span_of("\"m\""), .text = span_of("one two")};
	struct sent s;
	long long without;

	stream(&s, mengines, &a, 0, 0, 1);
	without = s.waits;
	ok(count(&s.bytes, "\n:\n\n") == 0, "no comments");
	end(&s);
	stream(&s, mengines, &a, 0, 30000000, 1);
	ok(count(&s.bytes, "3\r\n:\n\n\r\n") == 2, "70 s to the first word, less the jitter: two comments, a chunk each");
	ok(s.waits == without, "which take no time");
	end(&s);
	stream(&s, mengines, &a, MSSE_CRLF, 10000000, 1);
	ok(count(&s.bytes, "\n:\r\n\r\n") >= 5, "their lines end as the others");
	end(&s);
	stream(&s, mengines, &a, MSSE_JOIN, 30000000, 1);
	ok(strstr(s.bytes.data, ":\n\n\r\n") != NULL, "events that are joined go out with a comment");
	end(&s);
	ok(mengines[7].ping_ms == 30000 && strcmp(mengines[7].name, "llamacpp") == 0, "llama.cpp's interval");
}

int main(void)
{
	test_same();
	test_pings();
	return done();
}
