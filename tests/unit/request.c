#include "digest.h"
#include "help.h"
#include "request.h"
#include "response.h"
#include "tap.h"

#define CHAT "/v1/chat/completions"

static void test_good(void)
{
	static const struct { const char *line, *id, *body, *route, *input, *url; int bare; } t[] = {
		{"{\"custom_id\":\"a\",\"method\":\"POST\",\"url\":\"" CHAT "\",\"body\":{ \"x\":1.0 },\"route\":{\"baseUrl\":\"http://h\"},\"input\":[1]}",
		 "\"a\"", "{ \"x\":1.0 }", "{\"baseUrl\":\"http://h\"}", "[1]", CHAT, 0},
		{"{\"body\":{}}", "\"5\"", "{}", NULL, NULL, CHAT, 0},
		{"{\"custom_id\":17,\"url\":\"/v1/embeddings\",\"body\":{}}", "\"17\"", "{}", NULL, NULL, "/v1/embeddings", 0},
		{"{\"custom_id\":\"\\u00e9\\\"\",\"url\":\"\\/v1/models?a=b\",\"body\":{}}", "\"\\u00e9\\\"\"", "{}", NULL, NULL, "/v1/models?a=b", 0},
		{"{\"custom_id\":null,\"body\":{},\"error\":null}", "\"5\"", "{}", NULL, NULL, CHAT, 0},
		{"{\"model\":\"m\",\"messages\":[]}", "\"5\"", "{\"model\":\"m\",\"messages\":[]}", NULL, NULL, CHAT, 1},
		{"{\"messages\":[],\"route\":{\"baseUrl\":\"http://evil\"},\"input\":1,\"url\":\"http://evil/\"}", "\"5\"",
		 "{\"messages\":[],\"route\":{\"baseUrl\":\"http://evil\"},\"input\":1,\"url\":\"http://evil/\"}", NULL, NULL, CHAT, 1},
		{"{\"method\":\"GET\",\"url\":\"/v1/models\"}", "\"5\"", NULL, NULL, NULL, "/v1/models", 0},
		{"{\"method\":\"GET\",\"url\":\"/health\",\"body\":{}}", "\"5\"", NULL, NULL, NULL, "/health", 0},
	};
	struct request r;
	struct fault f;
	size_t i;

	for (i = 0; i < COUNT(t); i++) {
		if (!ok(request_read(&r, json(t[i].line), 5, &f) == 0 && !r.failed, "%s", t[i].line))
			printf("# %s\n", f.message);
		is_buf(&r.id, t[i].id, "its id");
		is_span(r.body, t[i].body, "its body");
		is_span(r.route, t[i].route, "its route");
		is_span(r.input, t[i].input, "its input");
		is(r.url, t[i].url, "its url");
		ok(r.bare == t[i].bare, "bare: %d", r.bare);
		request_release(&r);
	}
	ok(request_read(&r, json("{\"custom_id\":\"x\",\"error\":{\"code\":\"input\"},\"body\":7}"), 5, &f) == 0 && r.failed, "a failed record");
	request_release(&r);
}

static void test_bad(void)
{
	static const char *const t[] = {
		"7", "\"hi\"", "[]", "null", "{}", "{\"prompt\":\"x\"}", "{\"body\":[]}", "{\"body\":\"{}\"}", "{\"body\":null}", "{\"messages\":\"x\"}",
		"{\"route\":{\"baseUrl\":\"http://h\"}}", "{\"response\":{\"body\":{}}}", "{\"body\":{},\"route\":{}}", "{\"body\":{},\"route\":7}",
		"{\"body\":{},\"route\":null}", "{\"body\":{},\"route\":{\"baseUrl\":7}}",
	};
	static const char *const urls[] = {
		"http://evil/v1/x", "//evil/v1/", "/v1", "v1/x", "/", "", "/v2/x", "/V1/x", "/v1/../admin", "/v1//x", "/v1/a b", "/v1/x\\ny", "/v1/x\\u0000",
		"/v1/x#y", "/v1/x\\\\y", "/v1/@evil", "/v1/\\u00e9", "/health/x", "/healthz", "health", "/v1/\\u007f", " /v1/x",
	};
	struct request r;
	struct fault f;
	struct buf line;
	size_t i;

	for (i = 0; i < COUNT(t); i++) {
		ok(request_read(&r, json(t[i]), 5, &f) == -1 && f.code == F_INPUT && f.message[0] != '\0', "%s: %s", t[i], f.message);
		is_buf(&r.id, "\"5\"", "its id is set all the same");
		request_release(&r);
	}
	buf_init(&line, 10000);
	for (i = 0; i <= COUNT(urls) + 1; i++) {
		buf_clear(&line);
		buf_addf(&line, "{\"body\":{},\"url\":\"%s", i < COUNT(urls) ? urls[i] : "/v1/");
		while (i == COUNT(urls) && line.len < 300)
			buf_addc(&line, 'x');
		buf_adds(&line, i <= COUNT(urls) ? "\"}" : "\",\"url\":7}");
		ok(request_read(&r, json(buf_text(&line)), 5, &f) == -1 && f.code == F_INPUT, "refused: %s", shown(buf_text(&line)));
		request_release(&r);
	}
	buf_release(&line);
}

static void test_digest(void)
{
	static const char *const t[][2] = {	/* the vectors of the algorithm's authors */
		{"", "cbf29ce484222325"}, {"a", "af63dc4c8601ec8c"}, {"b", "af63df4c8601f1a5"}, {"foobar", "85944171f73967e8"},
		{"chongo was here!\n", "46810940eff5f915"},
	};
	static const char *const bad[] = {"17", "\"\"", "\"cbf29ce48422232\"", "\"cbf29ce4842223255\"",
	    "\"CBF29CE484222325\"", "\"cbf29ce48422232g\"", "\"\\u0061\\u0061\\u0062abc\"", "null"};
	char text[17], token[24];
	uint64_t number;
	size_t i;

	for (i = 0; i < COUNT(t); i++) {
		request_digest(digest(span_of(t[i][0])), text);
		is(text, t[i][1], shown(t[i][0]));
		snprintf(token, sizeof token, "\"%s\"", text);
		ok(digest_read(span_of(token), &number) == 0 && number == digest(span_of(t[i][0])), "and back");
	}
	for (i = 0; i < COUNT(bad); i++)
		ok(digest_read(json(bad[i]), &number) == -1 && number == 0, "no digest: %s", bad[i]);
	ok(digest_read(SPAN_NIL, &number) == -1, "nor is nothing");
	request_digest(digest((struct span){"\xff\x00\x80", 3}), text);
	ok(strlen(text) == 16 && strspn(text, "0123456789abcdef") == 16, "bytes above 127: %s", text);
}

static void test_rest(void)
{
	struct request r;
	struct fault f;
	struct buf out;

	buf_init(&out, 1000);
	request_read(&r, json("{\"id\":1,\"custom_id\":\"a\",\"method\":\"POST\",\"x\" :\n1.0,\"url\":\"/v1/x\",\"body\":{\"z\":1},\"meta\":{\"id\":2},"
	    "\"route\":{\"baseUrl\":\"http://h\"},\"fallbacks\":[],\"input\":{},\"response\":1,\"error\":null,\"digest\":\"\",\"timing\":{},\"attempts\":[],"
	    "\"request\":{},\"x\":2}"), 1, &f);
	request_rest(&out, &r);
	is_buf(&out, ",\"x\" : 1.0,\"meta\":{\"id\":2},\"x\":2", "what isn't ours travels on");
	request_release(&r);
	buf_clear(&out);
	request_read(&r, json("{\"messages\":[],\"x\":1}"), 1, &f);
	request_rest(&out, &r);
	is_buf(&out, "", "of a single body nothing");
	request_release(&r);
	buf_release(&out);
}

static void answer(struct buf *out, const struct request *r, const char *attempts, const char *id, int keep)
{
	struct outcome o = {.status = 503, .attempts = span_of(attempts), .body = span_of("{}")};

	snprintf(o.request_id, sizeof o.request_id, "%s", id);
	fault_set(&o.fault, F_OVERLOADED, "busy");
	buf_clear(out);
	response_write(out, r, json("{\"ref\":\"p/m\",\"baseUrl\":\"http://h\"}"), &o, keep);
}

/* A request goes into the record of its failure, and comes out of it. */
static void again(const char *line, const char *kept)
{
	struct request r, back;
	struct buf first, second;
	struct fault f;

	buf_init(&first, MAX_RECORD);
	buf_init(&second, MAX_RECORD);
	request_read(&r, json(line), 5, &f);
	answer(&first, &r, "", "", 0);
	ok(span_get(json(buf_text(&first)), "request").p == NULL, "not kept: %s", shown(line));
	answer(&first, &r, "", "", 1);
	is_span(span_get(json(buf_text(&first)), "request"), kept, "what is kept");
	ok(request_again(&back, json(buf_text(&first)), 9, &f) == 0, "it can be sent again");
	is_span((struct span){buf_text(&back.id), back.id.len}, buf_text(&r.id), "the same id");
	is(back.url, r.url, "the same url");
	ok(back.digest == r.digest && (back.body.p == NULL) == (r.body.p == NULL), "the same digest");
	ok((back.fallbacks.p == NULL) == (r.fallbacks.p == NULL) && (back.route.p == NULL) == (r.route.p == NULL), "route and fallbacks");
	answer(&second, &back, "", "", 1);
	is_buf(&second, buf_text(&first), "and its record is the same once more");
	request_release(&back);
	request_release(&r);
	buf_release(&second);
	buf_release(&first);
}

static void test_again(void)
{
	static const char *const bad[] = {
		"{\"custom_id\":\"a\",\"error\":{\"code\":\"input\"}}", "7", "{\"request\":7}", "{\"request\":{}}", "{\"request\":{\"body\":[]}}",
		"{\"request\":{\"body\":{},\"url\":\"http://evil/v1/\"}}", "{\"request\":{\"body\":{},\"route\":{}}}",
	};
	struct request r;
	struct fault f;
	size_t i;

	again("{\"custom_id\":\"a\",\"body\":{\"n\":1.0},\"route\":{\"baseUrl\":\"http://h\",\"ref\":\"p/m\"},"
	    "\"fallbacks\":[{\"body\":{}}],\"input\":{\"x\":1},\"mine\":2}",
	    "{\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":{\"n\":1.0},"
	    "\"route\":{\"baseUrl\":\"http://h\",\"ref\":\"p/m\"},\"fallbacks\":[{\"body\":{}}]}");
	again("{\"body\":{\n\"n\" :1.0},\"url\":\"/v1/embeddings\"}",
	    "{\"method\":\"POST\",\"url\":\"/v1/embeddings\",\"body\":{ \"n\" :1.0}}");
	again("{\"messages\":[]}", "{\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":{\"messages\":[]}}");
	again("{\"method\":\"GET\",\"url\":\"/health\"}", "{\"method\":\"GET\",\"url\":\"/health\"}");
	for (i = 0; i < COUNT(bad); i++) {
		ok(request_again(&r, json(bad[i]), 9, &f) == -1 && f.code == F_INPUT, "%s: %s", bad[i], f.message);
		request_release(&r);
	}
}

static void test_outcome(void)
{
	struct buf out, line;
	struct request r;
	struct span rec;
	struct fault f;

	buf_init(&out, 2 * MAX_RECORD);
	buf_init(&line, MAX_RECORD);
	request_read(&r, json("{\"body\":{}}"), 5, &f);
	answer(&out, &r, "{\"ref\":\"a/b\"},{\"ref\":\"c/d\"}", "req-7", 0);
	rec = json(buf_text(&out));
	is_span(span_get(rec, "attempts"), "[{\"ref\":\"a/b\"},{\"ref\":\"c/d\"}]", "the failed tries");
	is_span(span_at(rec, "response.request_id"), "\"req-7\"", "the server's request id");
	answer(&out, &r, "", "", 0);
	rec = json(buf_text(&out));
	is_span(span_get(rec, "attempts"), "[]", "no failed try");
	is_span(span_at(rec, "response.request_id"), "null", "no request id");
	request_release(&r);
	buf_adds(&line, "{\"body\":{\"x\":\"");
	while (line.len < MAX_RECORD / 2)
		buf_adds(&line, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
	buf_adds(&line, "\"}}");
	request_read(&r, json(buf_text(&line)), 5, &f);
	answer(&out, &r, "", "", 1);
	ok(span_get(json(buf_text(&out)), "request").p != NULL && out.len <= MAX_RECORD, "a big one is kept: %zu bytes", out.len);
	request_release(&r);
	line.len -= 3;
	while (line.len < MAX_RECORD - 100)
		buf_adds(&line, "0123456789abcdef");
	buf_adds(&line, "\"}}");
	request_read(&r, json(buf_text(&line)), 5, &f);
	answer(&out, &r, "", "", 1);
	ok(span_get(json(buf_text(&out)), "request").p == NULL && out.len < 1000, "one that would be too long isn't: %zu bytes", out.len);
	request_release(&r);
	buf_release(&line);
	buf_release(&out);
}

int main(void)
{
	test_good();
	test_bad();
	test_digest();
	test_rest();
	test_again();
	test_outcome();
	return done();
}
