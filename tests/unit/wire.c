#include "help.h"
#include "wire.h"

#define BODY "{\"choices\":[{\"message\":{\"content\":\"4\"},\"finish_reason\":\"stop\"}]}"	/* 64 bytes */
#define JSON "Content-Type: application/json\r\n"
#define CHUNKED "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

/* "FAULT STATUS BODY MESSAGE" of these bytes in pieces: `step` each, or two that meet at `cut`. */
static void receive(const char *p, size_t n, size_t step, size_t cut, int broken, struct buf *out)
{
	struct reply r;
	struct wire w;
	struct fault f;
	struct buf body;
	size_t i, k;
	int bad;

	reply_init(&r, NULL, NULL);
	wire_init(&w, &r);
	buf_init(&body, MAX_RECORD);
	for (i = 0; i < n; i += k) {
		k = step > 0 ? step : i < cut ? cut - i : n - i;
		k = k < n - i ? k : n - i;
		wire_push(&w, p + i, k);
	}
	bad = wire_end(&w, broken, &body, &f);
	buf_clear(out);
	buf_addf(out, "%s%s %d %s %s", (bad != 0) == (f.code != F_NONE) ? "" : "BAD ", f.code == F_NONE ? "ok" : fault_name(f.code), r.status,
	    strcmp(buf_text(&body), BODY) == 0 ? "BODY" : buf_text(&body), f.message);
	buf_release(&body);
	wire_release(&w);
	reply_release(&r);
}

static void gives(const char *text, const char *want, const char *name)
{
	size_t n = strlen(text), cut, bad = 0;
	char *copy = exact(text, n);
	struct buf out;

	buf_init(&out, MAX_RECORD);
	for (cut = 0; cut <= n; cut++) {
		receive(copy, n, cut == n, cut, 0, &out);
		if (strncmp(buf_text(&out), want, strlen(want)) != 0 && bad++ == 0)
			printf("# cut at %zu: %s\n", cut, shown(buf_text(&out)));
	}
	ok(bad == 0, "%s: %s", name, shown(want));
	free(copy);
	buf_release(&out);
}

static void test_heads(void)
{
	gives("HTTP/1.1 200 OK\r\n" JSON "\r\n" BODY, "ok 200 BODY", "one head");
	gives("HTTP/2 200\r\n" JSON "\r\n" BODY, "ok 200 BODY", "no reason");
	gives("HTTP/2 200 \r\n\r\n" BODY, "ok 200 BODY", "no reason, no header");
	gives("HTTP/1.1 200 OK\nContent-Type: x\n\n" BODY, "ok 200 BODY", "LF alone");
	gives("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n" BODY, "ok 200 BODY", "100 Continue");
	gives("HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 503 Busy\r\n\r\n", "overloaded 503 null 503 Busy", "a proxy's CONNECT");
	gives("HTTP/1.1 307 Moved\r\nLocation: /x\r\nContent-Length: 9\r\n\r\nHTTP/2 200\r\n\r\n" BODY, "ok 200 BODY", "a redirect that was followed");
	gives("HTTP/1.1 307 Moved\r\nLocation: /x\r\n\r\n", "bad_reply 307 null", "a redirect");
	gives("HTTP/1.1 401 No\r\n\r\n{\"error\":{\"message\":\"no key\"}}", "auth 401 {\"error\":{\"message\":\"no key\"}} 401 no key", "a status that the body doesn't name");
	gives("HTTP/1.0 200 OK\r\n\r\n: ping\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"4\"},\"finish_reason\":\"stop\"}]}\n\n", "ok 200 {\"object\"", "a stream");
	gives("HTTP/1.1 200 OK\r\n\r\n", "bad_reply 200 null an empty reply", "no body");
}

static void test_no_head(void)
{
	gives("HTTP/1.1 nonsense\r\n\r\nx", "bad_reply 0 ", "no status");
	gives("HTTP/1.1 2000 OK\r\n\r\n" BODY, "bad_reply 0 ", "a status of four digits");
	gives("HTTP/ is a protocol", "bad_reply 0 \"HTTP/ is a protocol\"", "a text");
	gives("HTTP", "bad_reply 0 \"HTTP\"", "half a word");
	gives("", "bad_reply 0 null an empty reply", "nothing");
	gives(BODY, "ok 0 BODY", "a body alone");
	gives("data: [DONE]\n\n", "ok 0 null", "a stream alone");
}

static void test_cut(void)
{
	struct buf out;

	gives("HTTP/1.1 200 OK\r\nContent-Length: 64\r\n\r\n" BODY, "ok 200 BODY", "its length");
	gives("HTTP/1.1 200 OK\r\nContent-Length: 64\r\n\r\n" BODY "\n", "ok 200 BODY", "a line end behind it");
	gives("HTTP/1.1 200 OK\r\ncontent-length: 65\r\n\r\n" BODY, "truncated 200 BODY", "shorter than that");
	gives("HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{\"choices\":[{\"mess", "truncated 200 ", "cut in its JSON");
	gives("HTTP/1.1 200 OK\r\nContent-Length: 99\r\nContent-Encoding: gzip\r\n\r\n" BODY, "ok 200 BODY", "curl --compressed");
	gives("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n" BODY, "ok 200 BODY", "no number");
	gives("HTTP/1.1 503 Busy\r\nContent-Length: 99\r\n\r\nloa", "overloaded 503 ", "a refusal that was cut is one");
	gives("HTTP/1.1 200 OK\r\nServer: x\r\nContent-Le", "truncated 0 null the reply ends in the middle of its headers", "cut in the head");
	gives("HTTP/1.1 100 Continue\r\n\r\n", "truncated 0 null", "cut behind 100 Continue");
	buf_init(&out, MAX_RECORD);
	receive("HTTP/1.1 200 OK\r\n\r\n{", 20, 0, 0, 1, &out);
	ok(strncmp(buf_text(&out), "truncated 200 ", 14) == 0, "the caller knows that it was cut");
	buf_release(&out);
}

static void test_chunks(void)
{
	gives(CHUNKED BODY, "ok 200 BODY", "curl took the chunks away");
	gives(CHUNKED "40\r\n" BODY "\r\n0\r\n\r\n", "ok 200 BODY", "one chunk");
	gives(CHUNKED "0040;x=y\r\n" BODY "\r\n0\r\nTrailer: x\r\n\r\n", "ok 200 BODY", "an extension and a trailer");
	gives(CHUNKED "1\r\n{\r\n3F\r\n" "\"choices\":[{\"message\":{\"content\":\"4\"},\"finish_reason\":\"stop\"}]}" "\r\n0\r\n\r\n", "ok 200 BODY", "two chunks");
	gives("HTTP/1.1 200 OK\ntransfer-encoding: gzip, Chunked\n\n40\n" BODY "\n0\n\n", "ok 200 BODY", "LF alone");
	gives(CHUNKED "0\r\n\r\n", "bad_reply 200 null an empty reply", "no chunk");
	gives(CHUNKED "40\r\n" BODY "\r\n", "truncated 200 BODY", "no last chunk");
	gives(CHUNKED "41\r\n" BODY, "truncated 200 BODY", "a chunk that was cut");
	gives(CHUNKED "40\r\n" BODY "x0\r\n\r\n", "bad_reply 200 BODY the body is not in chunks", "no line end behind a chunk");
	gives(CHUNKED "40\r\n" BODY "\r\nzz\r\n", "bad_reply 200 BODY the body is not in chunks", "no size");
	gives(CHUNKED "fffffffffffffffff\r\n", "bad_reply 200 \"fff", "a size that is none");
	gives("HTTP/1.1 200 OK\r\n\r\n40\r\n" BODY, "bad_reply 200 \"40", "chunks that no header speaks of");
}

static void test_limit(void)
{
	struct buf raw, out;
	size_t n;

	for (n = MAX_HEAD - 1; n <= MAX_HEAD + 1; n++) {
		buf_init(&raw, MAX_RECORD);
		buf_init(&out, MAX_RECORD);
		buf_adds(&raw, "HTTP/1.1 200 OK\r\nX: ");
		while (raw.len < n - 4)
			buf_addc(&raw, 'x');
		buf_adds(&raw, "\r\n\r\n" BODY);
		receive(raw.data, raw.len, 1000, 0, 0, &out);
		is(buf_text(&out), n > MAX_HEAD ? "bad_reply 0 null the headers of the reply are over 64 KB" : "ok 200 BODY ", "a head of about 64 KB");
		buf_release(&raw);
		buf_release(&out);
	}
}

int main(void)
{
	ok(strlen(BODY) == 64, "what stands in these tests as its length");
	test_heads();
	test_no_head();
	test_cut();
	test_chunks();
	test_limit();
	return done();
}
