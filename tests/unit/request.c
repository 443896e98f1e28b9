#include "help.h"
#include "request.h"
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
	char digest[17];
	size_t i;

	for (i = 0; i < COUNT(t); i++) {
		request_digest(span_of(t[i][0]), digest);
		is(digest, t[i][1], shown(t[i][0]));
	}
	request_digest((struct span){"\xff\x00\x80", 3}, digest);
	ok(strlen(digest) == 16 && strspn(digest, "0123456789abcdef") == 16, "bytes above 127: %s", digest);
}

static void test_rest(void)
{
	struct request r;
	struct fault f;
	struct buf out;

	buf_init(&out, 1000);
	request_read(&r, json("{\"id\":1,\"custom_id\":\"a\",\"method\":\"POST\",\"x\" :\n1.0,\"url\":\"/v1/x\",\"body\":{\"z\":1},\"meta\":{\"id\":2},"
	    "\"route\":{\"baseUrl\":\"http://h\"},\"fallbacks\":[],\"input\":{},\"response\":1,\"error\":null,\"digest\":\"\",\"timing\":{},\"attempts\":[],"
	    "\"x\":2}"), 1, &f);
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

int main(void)
{
	test_good();
	test_bad();
	test_digest();
	test_rest();
	return done();
}
