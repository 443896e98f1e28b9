#include "help.h"
#include "tap.h"
#include "url.h"

static void test_parts(void)
{
	static const struct { const char *text, *scheme, *host; int port; const char *path, *query; } t[] = {
		{"http://127.0.0.1:8080/v1", "http", "127.0.0.1", 8080, "/v1", ""},
		{"https://api.openai.com/v1", "https", "api.openai.com", 443, "/v1", ""},
		{"http://host", "http", "host", 80, "", ""},
		{"HTTP://Host.Example/", "HTTP", "Host.Example", 80, "/", ""},
		{"hTTps://h:1?a=b&c=d/e", "hTTps", "h", 1, "", "?a=b&c=d/e"},
		{"http://h:65535//a//?", "http", "h", 65535, "//a//", "?"},
		{"http://[::1]:8080/v1", "http", "::1", 8080, "/v1", ""},
		{"http://[fe80::1]/", "http", "fe80::1", 80, "/", ""},
		{"http://h/a?u=http://x@y", "http", "h", 80, "/a", "?u=http://x@y"},
		{"http://h/a@b", "http", "h", 80, "/a@b", ""},
		{"http://h/a:b", "http", "h", 80, "/a:b", ""},
		{"http://h:00080/", "http", "h", 80, "/", ""},
	};
	struct url u;
	size_t i;

	for (i = 0; i < COUNT(t); i++) {
		const char *why = url_parse(t[i].text, &u);

		if (!ok(why == NULL, "%s: %s", t[i].text, why ? why : "good"))
			continue;
		is_span(u.scheme, t[i].scheme, "scheme");
		is_span(u.host, t[i].host, "host");
		ok(u.port == t[i].port, "port %d", u.port);
		is_span(u.path, t[i].path, "path");
		is_span(u.query, t[i].query, "query");
	}
}

static void test_refused(void)
{
	static const char *const t[] = {
		"", "h", "127.0.0.1:8080", "/v1", "://h", "http:", "http:/h", "http:h", "ftp://h", "file:///etc/passwd", "httpx://h",
		"http://", "http:///v1", "http://?a", "http://:80/", "http://user@h/", "http://user:password@h/", "http://@h/",
		"http://:p@h", "http://h@h@h", "http://h:/", "http://h:0/", "http://h:65536/", "http://h:99999999999999999999/",
		"http://h:-1/", "http://h:8a/", "http://h:8 0/", "http://h:80:80/", "http://[::1/", "http://[]/", "http://[::1]x80/",
		"http://[::1]80/", "http://[::1]:", "http://[::1]:x", "http://h/#f", "http://h#f", "http://h/a b", "http://h/\n",
		"http://h\r\nX: y", "http://h/\t", "http://h/\x7f", "http://h\\x", "http://h\\@evil/", " http://h", "http://h ",
		"x http://h", "javascript://h", "http://h\x01",
	};
	struct url u;
	size_t i;

	for (i = 0; i < COUNT(t); i++)
		ok(url_parse(t[i], &u) != NULL, "'%s' is refused", shown(t[i]));
	ok(strstr(url_parse("http://u:topsecret@h", &u), "topsecret") == NULL, "no secret in the reason");
}

static struct url parsed(const char *text)
{
	struct url u;
	const char *why = url_parse(text, &u);

	if (why != NULL) {
		ok(0, "%s: %s", shown(text), why);
		url_parse("http://failed", &u);
	}
	return u;
}

static void test_origin(void)
{
	static const struct { const char *a, *b; int same; } pairs[] = {
		{"http://h/a", "http://h/b?c", 1}, {"http://h", "http://h:80/", 1}, {"https://h", "https://h:443", 1},
		{"HTTP://H.Example", "http://h.example", 1}, {"http://h", "https://h", 0}, {"http://h:80", "http://h:81", 0},
		{"http://h", "https://h:80", 0}, {"http://h", "http://hh", 0}, {"http://hh", "http://h", 0},
		{"http://[::1]", "http://[::1]:80", 1}, {"http://h.a", "http://h.b", 0},
	};
	static const char *const origins[][2] = {
		{"http://127.0.0.1:8080/v1", "http://127.0.0.1:8080"}, {"HTTPS://API.OpenAI.com/v1?x", "https://api.openai.com:443"},
		{"http://[FE80::A]/", "http://[fe80::a]:80"}, {"http://h", "http://h:80"},
	};
	struct url a, b;
	struct buf out;
	size_t i;

	for (i = 0; i < COUNT(pairs); i++) {
		a = parsed(pairs[i].a);
		b = parsed(pairs[i].b);
		ok(url_same_origin(&a, &b) == pairs[i].same && url_same_origin(&b, &a) == pairs[i].same, "%s and %s: %s",
		    pairs[i].a, pairs[i].b, pairs[i].same ? "one origin" : "two");
	}
	buf_init(&out, 1000);
	for (i = 0; i < COUNT(origins); i++) {
		buf_clear(&out);
		buf_adds(&out, "X");
		a = parsed(origins[i][0]);
		url_origin(&a, &out);
		is(buf_text(&out) + 1, origins[i][1], origins[i][0]);
		ok(buf_text(&out)[0] == 'X', "what was there stays");
	}
	buf_release(&out);
}

static void test_near(void)
{
	/* 2: loopback, 1: near, 0: neither */
	static const struct { const char *host; int near; } t[] = {
		{"127.0.0.1", 2}, {"127.255.255.254", 2}, {"localhost", 2}, {"LocalHost", 2}, {"a.localhost", 2}, {"[::1]", 2},
		{"10.0.0.1", 1}, {"10.255.255.255", 1}, {"172.16.0.1", 1}, {"172.31.255.255", 1}, {"192.168.0.1", 1},
		{"169.254.1.1", 1}, {"[fc00::1]", 1}, {"[fd12:3456::1]", 1}, {"[fe80::1]", 1}, {"[FD00::1]", 1}, {"gpu-box", 1},
		{"box.local", 1}, {"box.lan", 1}, {"a.b.internal", 1}, {"BOX.LOCAL", 1},
		{"11.0.0.1", 0}, {"9.255.255.255", 0}, {"172.15.0.1", 0}, {"172.32.0.1", 0}, {"192.167.1.1", 0}, {"192.169.1.1", 0},
		{"128.0.0.1", 0}, {"126.0.0.1", 0}, {"169.253.1.1", 0}, {"8.8.8.8", 0}, {"api.openai.com", 0}, {"example.com", 0},
		{"[2001:db8::1]", 0}, {"localhost.example.com", 0}, {"127.0.0.1.example.com", 0}, {"10.0.0.1.nip.io", 0},
		{"mylocalhost.com", 0}, {"box.local.example", 0}, {"10.0.0.256", 0}, {"010.0.0.1", 0}, {"0300.168.0.1", 0},
		{"10.0.0.1.", 0}, {"foolan.com", 0},
		/* other spellings, by what libcurl connects to */
		{"0.0.0.0", 2}, {"0", 2}, {"127.1", 2}, {"127.0.1", 2}, {"127.65535", 2}, {"2130706433", 2}, {"0x7f.1", 2}, {"0X7F000001", 2},
		{"127.0.0.0x1", 2}, {"[::]", 2}, {"[0:0:0:0:0:0:0:1]", 2}, {"[0::0001]", 2}, {"[::1%25lo]", 2}, {"[::ffff:127.0.0.1]", 2},
		{"[::FFFF:7f00:1]", 2}, {"10.1", 1}, {"0xa.1", 1}, {"167772161", 1}, {"[::ffff:10.0.0.1]", 1}, {"[fe80::1%25eth0]", 1},
		{"[febf::1]", 1}, {"[::ffff:8.8.8.8]", 0}, {"[::2]", 0}, {"[::127.0.0.1]", 0}, {"[64:ff9b::7f00:1]", 0}, {"[fec0::1]", 0},
		{"[fe00::1]", 0}, {"[fcx::1]", 0}, {"[fd00::1::2]", 0}, {"[:]", 0}, {"134744072", 0}, {"0x8080808", 0}, {"4294967296", 0},
		{"18446744073709551617", 0}, {"0x100000001", 0}, {"127.16777216", 0}, {"127.0.65536", 0}, {"256.1", 0}, {"127.0.0.0.1", 0}, {"127..1", 0},
		{"127.", 0}, {"0x", 0}, {"0x.1", 0}, {"0.0.0.1", 0}, {"8", 0},
		/* octal to libcurl, decimal to others */
		{"0177.0.0.1", 0}, {"127.0.0.01", 0}, {"017700000001", 0}, {"00", 0},
		/* the DNS's, or another name than it seems */
		{"localhost.", 0}, {"a.localhost.", 0}, {"127.0.0.1.", 0}, {".localhost", 0}, {"evil%2ecom", 0}, {"evil%2Ecom%2flocal", 0},
		{"evil\xe3\x80\x82" "com", 0}, {"127\xe3\x80\x82" "0.0.1", 0}, {"evil%2ecom.local", 0}, {"gpu_box-2", 1},
	};
	char text[100];
	struct url u;
	size_t i;

	for (i = 0; i < COUNT(t); i++) {
		snprintf(text, sizeof text, "http://%s:80/v1", t[i].host);
		u = parsed(text);
		ok(!url_is_loopback(&u) == (t[i].near < 2) && !url_is_near(&u) == (t[i].near == 0), "%s is %s", t[i].host,
		    t[i].near == 2 ? "loopback" : t[i].near ? "near" : "far");
	}
}

static void test_join(void)
{
	static const char *const t[][3] = {
		{"http://h:1/v1", "/v1/chat/completions", "http://h:1/v1/chat/completions"},
		{"http://h:1/v1/", "/v1/chat/completions", "http://h:1/v1/chat/completions"},
		{"http://h:1/v1///", "/v1/chat/completions", "http://h:1/v1/chat/completions"},
		{"http://h:1", "/v1/chat/completions", "http://h:1/chat/completions"},
		{"http://h:1/", "/v1/chat/completions", "http://h:1/chat/completions"},
		{"http://h:1/openai/v1", "/v1/models", "http://h:1/openai/v1/models"},
		{"https://h/openai/deployments/d?api-version=1", "/v1/chat/completions",
		 "https://h/openai/deployments/d/chat/completions?api-version=1"},
		{"http://h/v1/?k=v/w", "/v1/models", "http://h/v1/models?k=v/w"},
		{"http://h:1/v1", "/health", "http://h:1/health"}, {"http://h:1/v1/", "/health", "http://h:1/health"},
		{"http://h:1", "/health", "http://h:1/health"}, {"http://h:1/api/v1", "/health", "http://h:1/api/health"},
		{"http://h:1/api", "/health", "http://h:1/api/health"}, {"http://h:1/av1", "/health", "http://h:1/av1/health"},
		{"http://h/v1?q", "/health", "http://h/health?q"}, {"http://[::1]:2/v1", "/v1/models", "http://[::1]:2/v1/models"},
	};
	struct buf out;
	struct url u;
	size_t i;

	buf_init(&out, 1000);
	for (i = 0; i < COUNT(t); i++) {
		u = parsed(t[i][0]);
		buf_clear(&out);
		url_join(&u, t[i][1], &out);
		is_buf(&out, t[i][2], t[i][0]);
	}
	buf_release(&out);
}

int main(void)
{
	test_parts();
	test_refused();
	test_origin();
	test_near();
	test_join();
	return done();
}
