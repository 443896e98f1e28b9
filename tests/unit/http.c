#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "help.h"
#include "http.h"

enum { PATIENCE_MS = 20000, BOMB = 300 << 20 };

static const char *const no_headers[] = {NULL};
static char socket_path[64];
static int port;
static pid_t server;

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

static void nap(long ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000};

	nanosleep(&t, NULL);
}

/* --- the server: a process for each connection; the request's path says what it does */

static void put(int fd, const char *p, size_t n)
{
	ssize_t k;

	for (; n > 0; p += k, n -= (size_t)k)
		if ((k = write(fd, p, n)) <= 0)
			_exit(0);	/* the client has gone */
}

static void say(int fd, const char *text)
{
	put(fd, text, strlen(text));
}

static void forever(int fd)
{
	struct pollfd p = {fd, POLLIN, 0};
	char c;

	do
		poll(&p, 1, PATIENCE_MS);
	while (read(fd, &c, 1) > 0);
	_exit(0);
}

/* What it says; the rest of the exchange is the client's affair. */
static const struct {
	const char *path, *says;
	enum { GO_ON, CLOSE, HANG } then;
} script[] = {
	{"/nothing", "", HANG},
	{"/close", "", CLOSE},
	{"/head", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", HANG},
	{"/linger", "HTTP/1.1 200 OK\r\n\r\nwhole", HANG},
	{"/cut", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", CLOSE},
	{"/cuthead", "HTTP/1.1 404 Gone Away\r\nX: y\r\n", CLOSE},
	{"/redirect", "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/x\r\nContent-Length: 0\r\n\r\n", GO_ON},
	{"/retry", "HTTP/1.1 429 Too Many\r\nRetry-After: 1\r\nretry-after:  7 \r\nRetry-After-Ms: 70\r\n"
	    "X-Should-Retry: false\r\nX-Request-Id: abc\r\nContent-Length: 0\r\n\r\n", GO_ON},
	{"/continue", "HTTP/1.1 100 Continue\r\nX-Request-Id: not this\r\n\r\nHTTP/1.1 200 Fine\r\nContent-Length: 2\r\n\r\nok", GO_ON},
	{"/trailers", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n", GO_ON},
	{"/old", "no head at all\r\n\r\n", CLOSE},
};

/* "hello, hello, hello, hello" */
static const char packed[] = "\037\213\010\000\000\000\000\000\002\003\313\110\315\311\311\327\121\310\300\244\000\125\243\202\167\032\000\000\000";

/* Bits of a deflate stream; Huffman codes begin with their highest bit. */
struct bits {
	char out[1 << 16];
	size_t n;
	unsigned held, count;
	int fd;
};

static void bits_put(struct bits *b, unsigned code, int count)
{
	while (count-- > 0) {
		b->held |= (code >> count & 1) << b->count;
		if (++b->count < 8)
			continue;
		b->out[b->n++] = (char)b->held;
		b->held = b->count = 0;
		if (b->n == sizeof b->out) {
			put(b->fd, b->out, b->n);
			b->n = 0;
		}
	}
}

/* One block with the fixed codes: a NUL, and then "258 bytes more of it" again and again. */
static void bomb(int fd)
{
	static struct bits b;
	long i;

	b.fd = fd;
	say(fd, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n");
	put(fd, packed, 10);
	bits_put(&b, 1, 1);
	bits_put(&b, 2, 2);
	bits_put(&b, 0x30, 8);
	for (i = 0; i < BOMB / 258; i++) {
		bits_put(&b, 0xc5, 8);
		bits_put(&b, 0, 5);
	}
	forever(fd);
}

static void dripping(int fd, const char *path)
{
	int i;

	if (strcmp(path, "/pings") == 0) {
		say(fd, "HTTP/1.1 200 OK\r\n\r\n");
		for (i = 0; i < 400; i++, nap(25))
			say(fd, ".");
	} else if (strcmp(path, "/gzipdrip") == 0) {	/* ten bytes before there is any text */
		say(fd, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n");
		for (i = 0; i < 10; i++, nap(80))
			put(fd, packed + i, 1);
		put(fd, packed + 10, sizeof packed - 11);
		_exit(0);
	} else if (strcmp(path, "/bighead") == 0) {
		say(fd, "HTTP/1.1 200 OK\r\n");
		for (i = 0; i < 70; i++) {
			char line[1024];

			memset(line, 'x', sizeof line);
			memcpy(line, "X-Long: ", 8);
			memcpy(line + sizeof line - 2, "\r\n", 2);
			put(fd, line, sizeof line);
		}
		say(fd, "\r\n");
		forever(fd);
	}
}

static void answer(int fd, const char *path, int nth, const struct buf *request, size_t head)
{
	char text[256];
	size_t i;

	for (i = 0; i < COUNT(script); i++)
		if (strcmp(path, script[i].path) == 0) {
			say(fd, script[i].says);
			if (script[i].then == CLOSE)
				_exit(0);
			if (script[i].then == HANG)
				forever(fd);
			return;
		}
	if (strcmp(path, "/bomb") == 0)
		bomb(fd);
	dripping(fd, path);
	if (strcmp(path, "/gzip") == 0) {
		snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n", sizeof packed - 1);
		say(fd, text);
		put(fd, packed, sizeof packed - 1);
		return;
	}
	if (strcmp(path, "/which") == 0) {	/* which connection, and its how manieth request */
		int n = snprintf(text + 128, 64, "%ld %d", (long)getpid(), nth);

		snprintf(text, 128, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", n);
		say(fd, text);
		put(fd, text + 128, (size_t)n);
		return;
	}
	if (strcmp(path, "/slow") == 0)
		nap(100);
	if (strcmp(path, "/echo") == 0 || strcmp(path, "/slow") == 0)	/* the body; of a GET the head */
		i = request->len > head ? head : 0;
	else
		i = 0;
	snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", request->len - i);
	say(fd, text);
	put(fd, request->data + i, request->len - i);
}

static void serve_one(int fd)
{
	struct buf in;
	const char *end, *length;
	char path[64], piece[1 << 14];
	size_t head, body;
	ssize_t k;
	int nth = 0;

	buf_init(&in, 1 << 26);
	for (;;) {
		while ((end = in.len > 0 ? span_find(in.data, in.len, "\r\n\r\n") : NULL) == NULL ||
		    (head = (size_t)(end + 4 - in.data),
		    length = span_find(in.data, head, "Content-Length: "),
		    body = length != NULL ? strtoul(length + 16, NULL, 10) : 0, in.len < head + body)) {
			if ((k = read(fd, piece, sizeof piece)) <= 0)
				_exit(0);
			buf_add(&in, piece, (size_t)k);
		}
		sscanf(in.data, "%*s %63s", path);
		answer(fd, path, ++nth, &in, head);
		buf_drop(&in, head + body);
	}
}

static void serve(int tcp, int local)
{
	struct pollfd p[2] = {{tcp, POLLIN, 0}, {local, POLLIN, 0}};
	int fd, i;

	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	alarm(300);
	while (poll(p, 2, -1) > 0)
		for (i = 0; i < 2; i++) {
			if ((p[i].revents & POLLIN) == 0 || (fd = accept(p[i].fd, NULL, NULL)) < 0)
				continue;
			if (fork() == 0) {
				alarm(60);
				close(tcp);
				close(local);
				serve_one(fd);
			}
			close(fd);
		}
	_exit(0);
}

static int listen_tcp(int backlog, int *at)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t n = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(fd, (struct sockaddr *)&a, n) != 0 || listen(fd, backlog) != 0 || getsockname(fd, (struct sockaddr *)&a, &n) != 0)
		exit(1);
	*at = ntohs(a.sin_port);
	return fd;
}

static void start_server(void)
{
	struct sockaddr_un u = {.sun_family = AF_UNIX};
	int tcp = listen_tcp(512, &port), local = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(socket_path, sizeof socket_path, "/tmp/fb-unit-http-%ld", (long)getpid());
	snprintf(u.sun_path, sizeof u.sun_path, "%s", socket_path);
	if (bind(local, (struct sockaddr *)&u, sizeof u) != 0 || listen(local, 8) != 0)
		exit(1);
	fflush(stdout);
	if ((server = fork()) == 0)
		serve(tcp, local);
	close(tcp);
	close(local);
}

/* --- the client: one request's story */

struct story {
	struct buf body;
	int heads, status_at_head, ends;
	char reason[128];
	enum http_want want;	/* for each piece of the body */
	size_t most;		/* HTTP_STOP from so many bytes on; 0: never */
	struct http_reply reply;
	struct fault f;
	double ended;
	struct story *then;	/* is started when this one ends */
	struct http_call **stops;	/* is stopped from inside data() */
	struct http *h;
	struct http_way *way;
};

static const struct http_limits patient = {.connect_ms = 10000, .total_ms = PATIENCE_MS};

static void on_head(void *ctx, int status, const char *reason)
{
	struct story *s = ctx;

	s->heads++;
	s->status_at_head = status;
	snprintf(s->reason, sizeof s->reason, "%s", reason);
}

static enum http_want on_data(void *ctx, const char *p, size_t n)
{
	struct story *s = ctx;
	struct fault f;

	buf_add(&s->body, p, n);
	if (s->stops != NULL && *s->stops != NULL) {
		fault_set(&f, F_SKIPPED, "from inside");
		http_stop(*s->stops, &f);
		*s->stops = NULL;
	}
	return s->most > 0 && s->body.len >= s->most ? HTTP_STOP : s->want;
}

static void on_end(void *ctx, const struct http_reply *reply, struct fault *f);
static const struct http_sink sink = {on_head, on_data, on_end};

static void begin(struct story *s)
{
	memset(s, 0, sizeof *s);
	buf_init(&s->body, 4 << 20);
}

static void on_end(void *ctx, const struct http_reply *reply, struct fault *f)
{
	struct story *s = ctx;
	struct fault unused;

	s->ends++;
	s->reply = *reply;
	s->f = *f;
	s->ended = now_ms();
	if (s->then != NULL)
		ok(http_start(s->h, s->way, SPAN_NIL, &patient, &sink, s->then, &unused) != NULL, "a request starts from within end()");
}

static void run_all(struct http *h)
{
	double until = now_ms() + PATIENCE_MS;
	struct fault f;

	while (http_count(h) > 0 && now_ms() < until)
		if (http_run(h, -1, 1000, &f) < 0)
			break;
	ok(http_count(h) == 0, "all requests end");
}

static struct http_way *way_to(struct http *h, const char *path, const char *const *headers)
{
	char url[128];
	struct http_path p = {.url = url, .near = 1, .headers = headers};
	struct fault f;
	struct http_way *w;

	snprintf(url, sizeof url, "http://127.0.0.1:%d%s", port, path);
	if ((w = http_way_new(h, &p, &f)) == NULL)
		ok(0, "a way: %s", f.message);
	return w;
}

/* One request from beginning to end; the story's body is the caller's. */
static void tell(struct http *h, struct story *s, const char *path, const char *body, const struct http_limits *limits)
{
	struct http_way *w = way_to(h, path, no_headers);

	if (http_start(h, w, body != NULL ? span_of(body) : SPAN_NIL, limits, &sink, s, &s->f) == NULL)
		ok(0, "%s: %s", path, s->f.message);
	run_all(h);
	http_way_free(w);
}

static void many(int n)
{
	struct fault f;
	struct http *h = http_new(n, &f);
	struct http_way *w = way_to(h, "/slow", no_headers);
	struct story *s = calloc((size_t)n + 1, sizeof *s);
	char (*body)[16] = calloc((size_t)n + 1, sizeof *body);
	double t = now_ms();
	int i, good = 0;

	for (i = 0; i <= n; i++) {
		begin(&s[i]);
		snprintf(body[i], sizeof *body, "body %d", i);
		if (http_start(h, w, span_of(body[i]), &patient, &sink, &s[i], &f) == NULL)
			break;
	}
	ok(i == n, "%d at once: one more is refused", n);
	ok(http_count(h) == n, "%d at once: all are under way", n);
	run_all(h);
	for (i = 0; i < n; i++)
		good += s[i].ends == 1 && s[i].f.code == F_NONE && s[i].reply.status == 200 && !s[i].reply.cut &&
		    s[i].reply.sent && strcmp(buf_text(&s[i].body), body[i]) == 0;
	ok(good == n, "%d at once: each gets its own reply", n);
	ok(now_ms() - t < 100.0 * n / 2 + 2000, "%d at once: side by side", n);
	for (i = 0; i <= n; i++)
		buf_release(&s[i].body);
	http_way_free(w);
	http_free(h);
	free(body);
	free(s);
}

static void test_reuse(void)
{
	struct fault f;
	struct http *h = http_new(4, &f);
	struct story s[3];
	char first[32];
	int i;

	for (i = 0; i < 3; i++)
		begin(&s[i]);
	for (i = 0; i < 3; i++)	/* along a way of its own each */
		tell(h, &s[i], "/which", NULL, &patient);
	snprintf(first, sizeof first, "%ld 3", strtol(buf_text(&s[0].body), NULL, 10));
	is(buf_text(&s[2].body), first, "a connection is kept for the next request, also along another way");
	for (i = 0; i < 3; i++)
		buf_release(&s[i].body);
	http_free(h);
}

static void test_chain(void)
{
	struct fault f;
	struct http *h = http_new(1, &f);
	struct http_way *w = way_to(h, "/which", no_headers);
	struct story a, b;

	begin(&a);
	begin(&b);
	a.then = &b;
	a.h = h;
	a.way = w;
	http_start(h, w, SPAN_NIL, &patient, &sink, &a, &f);
	run_all(h);
	ok(a.ends == 1 && b.ends == 1 && b.f.code == F_NONE, "one at most: the next takes the handle of the one that ends");
	buf_release(&a.body);
	buf_release(&b.body);
	http_way_free(w);
	http_free(h);
}

/* A limit that is reached: its phase, and when. */
static void limit(struct http *h, const char *path, struct http_limits limits, enum http_want want, const char *phase, double at)
{
	struct story s;
	double t = now_ms();

	begin(&s);
	s.want = want;
	tell(h, &s, path, NULL, &limits);
	ok(s.ends == 1 && s.f.code == F_TIMEOUT, "%s %s: a timeout (%s)", path, phase, s.f.message);
	is(s.f.phase, phase, path);
	ok(s.ended - t >= at - 5 && s.ended - t < at + 3000, "%s %s: after %.0f ms, was %.0f", path, phase, at, s.ended - t);
	buf_release(&s.body);
}

static void test_limits(struct http *h)
{
	limit(h, "/nothing", (struct http_limits){.connect_ms = 9000, .first_byte_ms = 200, .total_ms = 9000}, HTTP_MORE, "first_byte", 200);
	limit(h, "/head", (struct http_limits){.idle_ms = 200, .first_byte_ms = 9000, .total_ms = 9000}, HTTP_MORE, "idle", 200);
	limit(h, "/pings", (struct http_limits){.idle_ms = 2000, .stall_ms = 300, .total_ms = 9000}, HTTP_ALIVE, "stall", 300);
	limit(h, "/pings", (struct http_limits){.idle_ms = 2000, .stall_ms = 2000, .total_ms = 500}, HTTP_MORE, "total", 500);
	limit(h, "/nothing", (struct http_limits){.total_ms = 200}, HTTP_MORE, "total", 200);
}

/* Nobody answers: the listener's queue is full. */
static void test_connect_limit(struct http *h)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int real = port, fd, filler[8], i;

	fd = listen_tcp(0, &port);
	a.sin_port = htons((unsigned short)port);
	for (i = 0; i < 8; i++) {
		filler[i] = socket(AF_INET, SOCK_STREAM, 0);
		fcntl(filler[i], F_SETFL, O_NONBLOCK);
		connect(filler[i], (struct sockaddr *)&a, sizeof a);
	}
	limit(h, "/x", (struct http_limits){.connect_ms = 300, .first_byte_ms = 9000, .total_ms = 9000}, HTTP_MORE, "connect", 300);
	for (i = 0; i < 8; i++)
		close(filler[i]);
	close(fd);
	port = real;
}

static void test_replies(struct http *h)
{
	static const struct {
		const char *path;
		enum fault_code code;
		int status, cut;
		const char *reason, *body;
	} cases[] = {
		{"/close", F_TRUNCATED, 0, 0, "", ""},
		{"/cut", F_NONE, 200, 1, "OK", "half"},
		{"/cuthead", F_NONE, 404, 1, "Gone Away", ""},
		{"/redirect", F_NONE, 302, 0, "Found", ""},
		{"/continue", F_NONE, 200, 0, "Fine", "ok"},
		{"/trailers", F_NONE, 200, 0, "OK", "ok"},
		{"/gzip", F_NONE, 200, 0, "OK", "hello, hello, hello, hello"},
		{"/bighead", F_BAD_REPLY, 200, 0, "OK", ""},
		{"/old", F_BAD_REPLY, 0, 0, "", ""},
	};
	struct story s;
	size_t i;

	for (i = 0; i < COUNT(cases); i++) {
		begin(&s);
		tell(h, &s, cases[i].path, NULL, &patient);
		ok(s.ends == 1 && s.f.code == cases[i].code, "%s: %s %s", cases[i].path, s.f.code ? fault_name(s.f.code) : "-", shown(s.f.message));
		ok(s.reply.status == cases[i].status && s.reply.cut == cases[i].cut, "%s: status %d, cut %d", cases[i].path,
		    s.reply.status, s.reply.cut);
		is(s.reply.reason, cases[i].reason, cases[i].path);
		is_buf(&s.body, cases[i].body, cases[i].path);
		ok(s.heads == (s.reply.status != 0) && s.status_at_head == s.reply.status, "%s: the status is told once", cases[i].path);
		ok(s.reply.sent, "%s: the server got it", cases[i].path);
		is(s.reply.request_id, "", cases[i].path);
		buf_release(&s.body);
	}
}

static void test_headers(struct http *h)
{
	static const char *const headers[] = {"X-One: 1", "Content-Type: application/json", NULL};
	struct http_way *w = way_to(h, "/anything", headers);
	struct story s;
	char want[256];

	begin(&s);
	tell(h, &s, "/retry", NULL, &patient);
	is(s.reply.retry_after, "7", "of two Retry-After the last one counts");
	is(s.reply.retry_after_ms, "70", "retry-after-ms");
	is(s.reply.should_retry, "false", "x-should-retry");
	is(s.reply.request_id, "abc", "x-request-id");
	begin(&s);
	tell(h, &s, "/redirect", NULL, &patient);
	is(s.reply.location, "http://127.0.0.1:1/x", "a redirect's location");
	begin(&s);
	http_start(h, w, span_of("{}"), &patient, &sink, &s, &s.f);
	run_all(h);
	snprintf(want, sizeof want, "POST /anything HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nX-One: 1\r\n"
	    "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}", port);
	is_buf(&s.body, want, "what is sent: the headers given, Host and Content-Length");
	buf_release(&s.body);
	begin(&s);
	tell(h, &s, "/anything", NULL, &patient);
	snprintf(want, sizeof want, "GET /anything HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n", port);
	is_buf(&s.body, want, "a GET after a POST has nothing of it");
	buf_release(&s.body);
	http_way_free(w);
}

static void test_large(struct http *h)
{
	size_t n = 3 << 20;
	char *text = malloc(n + 1);
	struct story s;

	if (text == NULL)
		exit(1);
	memset(text, 'a', n);
	text[n] = '\0';
	begin(&s);
	tell(h, &s, "/echo", text, &patient);
	ok(s.f.code == F_NONE && s.body.len == n && memcmp(s.body.data, text, n) == 0, "3 MB there and back, without waiting for a 100 Continue");
	ok(s.reply.total_ms < 900, "at once: %.0f ms", s.reply.total_ms);
	buf_release(&s.body);
	free(text);
}

static void test_sink(struct http *h)
{
	struct story s;
	double t = now_ms();

	begin(&s);
	s.most = 1 << 20;
	tell(h, &s, "/bomb", NULL, &patient);
	ok(s.f.code == F_NONE && !s.reply.cut && s.body.len >= s.most && s.body.len < 2 * s.most, "a gzip bomb ends where the sink says so");
	ok(now_ms() - t < 5000, "and quickly: %.0f ms", now_ms() - t);
	buf_release(&s.body);

	begin(&s);
	s.want = HTTP_ENOUGH;
	tell(h, &s, "/linger", NULL, &patient);
	ok(s.f.code == F_NONE && !s.reply.cut, "enough: no fault when the server keeps the connection open");
	ok(s.reply.total_ms >= 240 && s.reply.total_ms < 3000, "enough: it lingers a little: %.0f ms", s.reply.total_ms);
	is_buf(&s.body, "whole", "enough: the body");
	buf_release(&s.body);

	begin(&s);
	tell(h, &s, "/gzipdrip", NULL, &(struct http_limits){.idle_ms = 300, .total_ms = PATIENCE_MS});
	ok(s.f.code == F_NONE, "compressed bytes that give no text yet are life: %s", s.f.message);
	is_buf(&s.body, "hello, hello, hello, hello", "and the text comes in the end");
	buf_release(&s.body);
}

static void test_stop(struct http *h)
{
	struct http_way *w = way_to(h, "/nothing", no_headers), *pings = way_to(h, "/pings", no_headers);
	struct story a, b;
	struct http_call *c, *d;
	struct fault f, why;
	double t;
	int runs = 0;

	begin(&a);
	begin(&b);
	c = http_start(h, w, SPAN_NIL, &patient, &sink, &a, &f);
	http_run(h, -1, 50, &f);
	fault_set(&why, F_INTERRUPTED, "by the user");
	http_stop(c, &why);
	ok(a.ends == 1 && a.f.code == F_INTERRUPTED && http_count(h) == 0, "http_stop: it ends at once");
	is(a.f.message, "by the user", "http_stop: as it was told to");

	begin(&a);
	c = http_start(h, pings, SPAN_NIL, &patient, &sink, &a, &f);
	d = http_start(h, w, SPAN_NIL, &patient, &sink, &b, &f);
	a.stops = &d;
	while (d != NULL)
		http_run(h, -1, 1000, &f);
	ok(b.ends == 1 && b.f.code == F_SKIPPED && a.ends == 0, "http_stop from inside data(): of another request");
	a.stops = &c;
	while (c != NULL)
		http_run(h, -1, 1000, &f);
	ok(a.ends == 1 && a.f.code == F_SKIPPED && http_count(h) == 0, "http_stop from inside data(): of its own");

	for (t = now_ms(); now_ms() - t < 200; runs++)
		http_run(h, -1, 100, &f);
	ok(runs < 8, "http_run with nothing to do sleeps: %d times in 200 ms", runs);
	buf_release(&a.body);
	buf_release(&b.body);
	http_way_free(w);
	http_way_free(pings);
}

static void on_alarm(int sig)
{
	(void)sig;
}

static void test_wake(struct http *h)
{
	struct sigaction act = {.sa_handler = on_alarm};
	struct fault f;
	int p[2];
	char byte;
	double t;

	if (pipe(p) != 0)
		exit(1);
	ok(http_run(h, p[0], 60, &f) == 0, "an empty pipe can't be read");
	ok(write(p[1], "x", 1) == 1 && http_run(h, p[0], 9000, &f) == 1, "one with a byte can");
	if (read(p[0], &byte, 1) != 1)
		exit(1);
	close(p[1]);
	t = now_ms();
	ok(http_run(h, p[0], 9000, &f) == 1 && now_ms() - t < 5000, "one whose other end was closed can");
	close(p[0]);
	sigaction(SIGALRM, &act, NULL);
	alarm(1);
	t = now_ms();
	ok(http_run(h, -1, 9000, &f) == 0 && now_ms() - t < 5000, "a signal ends the wait");
}

static void test_socket(struct http *h)
{
	struct http_path p = {.url = "http://model.example/echo", .headers = no_headers, .socket = socket_path};
	struct fault f;
	struct http_way *w = http_way_new(h, &p, &f);
	struct story s;

	begin(&s);
	http_start(h, w, span_of("over the socket"), &patient, &sink, &s, &f);
	run_all(h);
	is_buf(&s.body, "over the socket", "a unix socket in place of host and port");
	buf_release(&s.body);
	http_way_free(w);
}

static void test_no_connection(struct http *h)
{
	int real = port, fd = listen_tcp(1, &port);
	struct story s;
	char want[128];

	close(fd);
	begin(&s);
	tell(h, &s, "/x?key=secret", NULL, &patient);
	snprintf(want, sizeof want, "http://127.0.0.1:%d/x: Connection refused", port);
	ok(s.f.code == F_CONNECT && !s.reply.sent, "nobody listens: connect, nothing was sent");
	is(s.f.message, want, "the message names the place, without the query");
	port = real;
}

static void test_proxy(struct http *h)
{
	struct http_path p = {.url = "http://model.example/x", .headers = no_headers};
	struct fault f;
	struct http_way *w;
	struct story s;
	char url[64], want[128];

	snprintf(url, sizeof url, "http://user:canary@127.0.0.1:%d", port);
	p.proxy = url;
	w = http_way_new(h, &p, &f);
	begin(&s);
	http_start(h, w, SPAN_NIL, &patient, &sink, &s, &f);
	run_all(h);
	ok(strncmp(buf_text(&s.body), "GET http://model.example/x HTTP/1.1\r\n", 37) == 0, "through a proxy");
	ok(strstr(buf_text(&s.body), "\r\nAccept-Encoding: ") != NULL, "compressed replies are asked for from afar");
	buf_release(&s.body);
	http_way_free(w);

	snprintf(url, sizeof url, "http://user:canary@127.0.0.1:1");
	w = http_way_new(h, &p, &f);
	begin(&s);
	http_start(h, w, SPAN_NIL, &patient, &sink, &s, &f);
	run_all(h);
	snprintf(want, sizeof want, "the proxy http://127.0.0.1:1: Connection refused");
	is(s.f.message, want, "a proxy that isn't there is named, without its login");
	ok(s.f.code == F_CONNECT, "and it is a connect fault");
	http_way_free(w);

	p.proxy = "gopher://x";
	ok(http_way_new(h, &p, &f) == NULL && f.code == F_CONFIG, "a proxy of another kind: %s", f.message);
	p.proxy = NULL;
	p.ca = "/nonexistent/ca";
	ok(http_way_new(h, &p, &f) == NULL && f.code == F_CONFIG, "a file that isn't there: %s", f.message);
}

static void on_trace(void *ctx, char direction, const char *line, size_t n)
{
	buf_addf(ctx, "%c %.*s\n", direction, (int)n, line);
}

static void test_trace(struct http *h)
{
	struct buf out;
	struct story s;

	buf_init(&out, 1 << 16);
	http_trace(h, on_trace, &out);
	begin(&s);
	tell(h, &s, "/continue", "canary", &patient);
	http_trace(h, NULL, NULL);
	ok(strstr(buf_text(&out), "> POST /continue HTTP/1.1\n> Host: ") != NULL, "-v: what is sent");
	ok(strstr(buf_text(&out), "< HTTP/1.1 200 Fine\n< Content-Length: 2\n") != NULL, "-v: what comes");
	ok(strstr(buf_text(&out), "\n* ") != NULL, "-v: libcurl's notes");
	ok(strstr(buf_text(&out), "canary") == NULL, "-v: no bodies");
	buf_clear(&out);
	buf_release(&s.body);
	begin(&s);
	tell(h, &s, "/continue", NULL, &patient);
	ok(out.len == 0, "-v: it ends when it is told to");
	buf_release(&s.body);
	buf_release(&out);
}

/* --- no key is left in memory */

static const unsigned char hidden[] = "\031\033\024\033\010\003\167\050\153\154\051\155\042";	/* xor 0x5a */

static int in_piece(const char *p, size_t n)
{
	size_t i, k, len = sizeof hidden - 1;

	for (i = 0; i + len <= n; i++) {
		for (k = 0; k < len && ((unsigned char)p[i + k] ^ 0x5a) == hidden[k]; k++)
			;
		if (k == len)
			return 1;
	}
	return 0;
}

/* Is the key somewhere in what this process can write to?  -1: it can't be seen here. */
static int in_memory(void)
{
	static char piece[1 << 16], line[512];
	FILE *maps = fopen("/proc/self/maps", "r");
	int mem = open("/proc/self/mem", O_RDONLY), found = 0;
	unsigned long from, to;
	char mode[8];
	ssize_t n;

	if (maps == NULL || mem < 0)
		found = -1;
	while (found == 0 && fgets(line, sizeof line, maps) != NULL) {
		if (sscanf(line, "%lx-%lx %7s", &from, &to, mode) != 3 || mode[1] != 'w' || to - from > 64UL << 20)
			continue;
		for (; from < to && !found; from += sizeof piece - 64)
			if ((n = pread(mem, piece, to - from < sizeof piece ? to - from : sizeof piece, (off_t)from)) > 0)
				found = in_piece(piece, (size_t)n);
	}
	memset(piece, 0, sizeof piece);
	if (maps != NULL)
		fclose(maps);
	if (mem >= 0)
		close(mem);
	return found;
}

static void test_wiping(struct http *h)
{
	static char line[64];
	const char *const headers[] = {line, NULL};
	struct http_way *w;
	size_t i, n = (size_t)snprintf(line, sizeof line, "Authorization: Bearer ");

	for (i = 0; i < sizeof hidden - 1; i++)
		line[n + i] = (char)(hidden[i] ^ 0x5a);
	w = way_to(h, "/x", headers);
	memset(line, 0, sizeof line);
	if (in_memory() < 0) {
		skip("the memory can't be looked at here");
		http_way_free(w);
		return;
	}
	ok(in_memory() == 1, "the key is in the header lines of a way");
	http_way_free(w);
	ok(in_memory() == 0, "and nowhere when the way is gone");
}

int main(void)
{
	struct fault f;
	struct http *h;
	struct http_way *w;
	struct story s;

	signal(SIGPIPE, SIG_IGN);
	start_server();
	many(1);
	many(8);
	many(64);
	test_reuse();
	test_chain();
	h = http_new(4, &f);
	test_wiping(h);	/* first: what was sent libcurl has had, too */
	test_replies(h);
	test_headers(h);
	test_large(h);
	test_sink(h);
	test_stop(h);
	test_wake(h);
	test_limits(h);
	test_connect_limit(h);
	test_socket(h);
	test_no_connection(h);
	test_proxy(h);
	test_trace(h);
	begin(&s);
	w = way_to(h, "/nothing", no_headers);
	http_start(h, w, SPAN_NIL, &patient, &sink, &s, &f);
	http_run(h, -1, 20, &f);
	http_free(h);
	ok(s.ends == 0, "http_free stops what is under way, without end()");
	http_way_free(w);
	kill(server, SIGTERM);
	waitpid(server, NULL, 0);
	unlink(socket_path);
	return done();
}
