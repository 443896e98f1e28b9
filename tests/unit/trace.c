#include "help.h"
#include "trace.h"

static struct header_lines lines;

static void shows(char direction, const char *line, const char *want)
{
	size_t n = strlen(line);
	char *copy = exact(line, n), with_lf[512];
	struct buf out;

	buf_init(&out, 1 << 20);
	trace_line(&out, direction, copy, n, &lines);
	snprintf(with_lf, sizeof with_lf, "%s\n", want);
	is_buf(&out, with_lf, shown(line));
	buf_release(&out);
	free(copy);
}

/* A note of libcurl's that helps nobody. */
static void shows_none(const char *note)
{
	struct buf out;

	buf_init(&out, 1 << 20);
	trace_line(&out, '*', note, strlen(note), &lines);
	ok(out.len == 0, "not shown: %s", note);
	buf_release(&out);
}

static void test_headers(void)
{
	shows('>', "POST /v1/chat/completions HTTP/1.1", "> POST /v1/chat/completions HTTP/1.1");
	shows('>', "Host: 127.0.0.1:8080\r\n", "> Host: 127.0.0.1:8080");
	shows('>', "Authorization: Bearer canary-key", "> Authorization: Bearer ***");
	shows('>', "authorization: Basic other", "> authorization: Basic ***");
	shows('>', "authorization: other thing", "> authorization: ***");
	shows('>', "api-key:other", "> api-key:***");
	shows('>', "X-Odd: odd", "> X-Odd: ***");	/* short, but known */
	shows('<', "X-Odd: odd", "< X-Odd: odd");
	shows('>', "Cookie: a=b; c=d", "> Cookie: ***");
	shows('<', "Set-Cookie: session=abc; Path=/", "< Set-Cookie: ***");
	shows('<', "X-Session-Token: abc", "< X-Session-Token: ***");
	shows('<', "x-ratelimit-remaining-tokens: 5", "< x-ratelimit-remaining-tokens: 5");
	shows('<', "WWW-Authenticate: Bearer realm=\"canary-key\"", "< WWW-Authenticate: Bearer realm=\"**********\"");
	shows('<', "HTTP/1.1 401 wrong key: canary-key", "< HTTP/1.1 401 wrong key: **********");
	shows('<', "X-Echo: canary-key", "< X-Echo: **********");
	shows('<', "content-type: text/event-stream", "< content-type: text/event-stream");
	shows('<', "Key:", "< Key:***");
	shows('>', "", "> ");
	shows('<', "\r\n", "< ");
}

static void test_urls(void)
{
	shows('>', "POST /v1/x?api-version=1&key=a:b&z=1 HTTP/1.1", "> POST /v1/x?api-version=1&key=***&z=1 HTTP/1.1");
	shows('>', "GET /v1?access_token=abc HTTP/1.1", "> GET /v1?access_token=*** HTTP/1.1");
	shows('>', "GET /v1?key= HTTP/1.1", "> GET /v1?key= HTTP/1.1");
	shows('<', "Location: https://u:p@h/v1?Token=abc#key=x", "< Location: https://***@h/v1?Token=***#key=***");
	shows('<', "Location: //u@h@i/", "< Location: //***@i/");
	shows('<', "Location: https://h/a@b", "< Location: https://h/a@b");
	shows('*', "Uses proxy env variable http_proxy == 'http://u:p@h:1/'", "* Uses proxy env variable http_proxy == 'http://***@h:1/'");
	shows('*', "stream 1 [authorization: Bearer other]", "* stream 1 [authorization: Bearer ***]");
	shows('*', "head [:path: /v1?key=abc]", "* head [:path: /v1?key=***");
	shows('*', "head [x-api-key: a]b]", "* head [x-api-key: ***]");
	shows('*', "head [:authority: h]", "* head [:authority: h]");
	shows_none("h2h3 [authorization: Bearer other]");
	shows_none("[HTTP/2] [1] [authorization: Bearer other]");
	shows_none("Using Stream ID: 1 (easy handle 0x55884b6afc10)");
	shows_none("Found bundle for host: 0x55884b697df0 [can multiplex]");
	shows_none("Hostname localhost was found in DNS cache");
	shows_none("TLSv1.3 (IN), TLS handshake, Server hello (2):");
	shows('*', "TLSv1.2 (OUT), TLS alert, unknown CA (560):", "* TLSv1.2 (OUT), TLS alert, unknown CA (560):");
	shows('*', "SSL connection using TLSv1.3 / TLS_AES_256_GCM_SHA384", "* SSL connection using TLSv1.3 / TLS_AES_256_GCM_SHA384");
	shows('*', "ALPN: server accepted h2", "* ALPN: server accepted h2");
	shows('*', "Connected to localhost (127.0.0.1) port 1 (#0)", "* Connected to localhost (127.0.0.1) port 1 (#0)");
	shows('<', "x-note: easy handle", "< x-note: easy handle");
	shows('*', "Connected to canary-key (127.0.0.1)", "* Connected to ********** (127.0.0.1)");
}

static void test_harmless(void)
{
	struct buf out;

	shows('<', "X-A: \x1b[2J\xC2\x9B", "< X-A: ^[[2J<U+009B>");
	shows('<', "Key\x1b: x", "< Key^[: x");
	buf_init(&out, 1000);
	trace_line(&out, '<', "a\0b: c", 6, NULL);
	is_buf(&out, "< a^@b: c\n", "a NUL, and nothing known");
	buf_release(&out);
}

int main(void)
{
	struct fault f;

	header_lines_add(&lines, "Authorization", "Bearer ", "canary-key", "KEY", &f);
	header_lines_add(&lines, "X-Odd", "", "odd", "ODD", &f);
	test_headers();
	test_urls();
	test_harmless();
	header_lines_release(&lines);
	return done();
}
