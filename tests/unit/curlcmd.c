#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "curlcmd.h"
#include "help.h"

static struct header_lines lines;

static void add(const char *name, const char *prefix, const char *value, const char *variable)
{
	struct fault f;

	header_lines_add(&lines, name, prefix, value, variable, &f);
}

static void usual(void)
{
	header_lines_release(&lines);
	add("Content-Type", "", "application/json", NULL);
	add("Accept", "", "application/json", NULL);
	add("Authorization", "Bearer ", "", "MY_KEY");
}

static void writes(const struct curlcmd *c, const char *want)
{
	struct buf out;

	buf_init(&out, 1 << 20);
	curlcmd_write(&out, c);
	is_buf(&out, want, shown(want));
	buf_release(&out);
}

#define START "curl -sS 'http://h/v1/x'"
#define USUAL " -H 'Content-Type: application/json' -H 'Accept: application/json' -H \"Authorization: Bearer $MY_KEY\""

static void test_text(void)
{
	struct curlcmd c = {.url = "http://h/v1/x", .lines = &lines, .body = span_of("{\"a\":1}")};

	usual();
	writes(&c, START USUAL " -H 'User-Agent:' --data-raw '{\"a\":1}'\n");
	c.stream = c.compressed = 1;
	writes(&c, "curl -sS --no-buffer --compressed 'http://h/v1/x'" USUAL " -H 'User-Agent:' --data-raw '{\"a\":1}'\n");
	c.stream = c.compressed = 0;
	c.body = SPAN_NIL;
	writes(&c, START USUAL " -H 'User-Agent:' -X GET\n");
	c.proxy = "http://u:canary@[::1]:3128/";
	c.socket = "/run/a b";
	c.ca = "ca.pem";
	c.cert = "it's";
	c.key = "";
	c.passphrase = 1;
	writes(&c, START USUAL " -H 'User-Agent:' --noproxy '' --proxy http://'[::1]:3128/' --proxy-user \"$PROXY_USER\""
	    " --unix-socket '/run/a b' --cacert ca.pem --cert 'it'\\''s' --key '' --pass \"$TLS_PASSPHRASE\" -X GET\n");
	c = (struct curlcmd){.url = "https://[::1]:8443/v1/x?a=b", .lines = &lines, .server_name = "other.test"};
	writes(&c, "curl -sS --globoff 'https://other.test:8443/v1/x?a=b' --connect-to 'other.test:8443:[::1]:8443' "
	    "-H 'Host: [::1]:8443'" USUAL " -H 'User-Agent:' -X GET\n");
	c = (struct curlcmd){.url = "http://h/v1/x", .lines = &lines, .server_name = "other.test"};
	writes(&c, START USUAL " -H 'User-Agent:' -X GET\n");
	c = (struct curlcmd){.url = "http://[::1]/v1/x?a=b'c", .lines = &lines, .proxy = ""};
	writes(&c, "curl -sS --globoff 'http://[::1]/v1/x?a=b'\\''c'" USUAL " -H 'User-Agent:' --noproxy '*' -X GET\n");
	c = (struct curlcmd){.url = "http://h/v1/x", .lines = &lines, .proxy = "socks5h://p:1"};
	header_lines_release(&lines);
	add("user-agent", "", "me's", NULL);
	add("X-A", "$(date)`\"! ", "canary", "X_A");
	writes(&c, START " -H 'user-agent: me'\\''s' -H 'X-A: $(date)`\"! '\"$X_A\" --noproxy '' --proxy socks5h://p:1 -X GET\n");
	header_lines_release(&lines);
}

static int port;

static int listening(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET};
	socklen_t n = sizeof a;
	struct timeval patience = {.tv_sec = 20};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) != 0 || listen(fd, 5) != 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &n) != 0)
		exit(1);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	port = ntohs(a.sin_port);
	return fd;
}

/* The command is run by sh; what a server gets of it, up to `most` bytes. */
static void run(int server, const char *command, size_t most, struct buf *got)
{
	static const char reply[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
	struct timeval patience = {.tv_sec = 5};
	pid_t pid;
	char *room;
	ssize_t n;
	int fd;

	fflush(stdout);
	if ((pid = fork()) == 0) {
		if (dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO) < 0)
			_exit(1);
		alarm(20);
		execl("/bin/sh", "sh", command, (char *)NULL);
		_exit(127);
	}
	buf_clear(got);
	if ((fd = accept(server, NULL, NULL)) < 0)
		exit(1);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	while (got->len < most && (room = buf_room(got, 1 << 16)) != NULL && (n = read(fd, room, 1 << 16)) > 0)
		buf_wrote(got, (size_t)n);
	if (write(fd, reply, sizeof reply - 1) < 0)
		exit(1);
	close(fd);
	waitpid(pid, NULL, 0);
}

/* What fb-send would send, header lines in curl's order, comes out of sh. */
static void sends(int server, struct span body, const char *more, const char *name)
{
	char url[100], file[] = "/tmp/fb-curlcmd-XXXXXX";
	struct curlcmd c = {.url = url, .lines = &lines, .body = body, .proxy = ""};
	struct buf command, want, got;
	int fd = mkstemp(file);

	snprintf(url, sizeof url, "http://127.0.0.1:%d/v1/chat/completions?a='b'&c=$HOME", port);
	buf_init(&command, 32 << 20);
	buf_init(&want, 32 << 20);
	buf_init(&got, 32 << 20);
	curlcmd_write(&command, &c);
	ok(strstr(buf_text(&command), "canary") == NULL, "%s: no key in it", name);
	if (fd < 0 || write(fd, command.data, command.len) != (ssize_t)command.len)
		exit(1);
	close(fd);
	buf_addf(&want, "%s /v1/chat/completions?a='b'&c=$HOME HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
	    "Content-Type: application/json\r\nAccept: application/json\r\nAuthorization: Bearer canary-key $x'\r\n%s",
	    body.p != NULL ? "POST" : "GET", port, more);
	if (body.p != NULL)
		buf_addf(&want, "Content-Length: %zu\r\n", body.n);
	buf_adds(&want, "\r\n");
	if (body.p != NULL)
		buf_add(&want, body.p, body.n);
	run(server, file, want.len, &got);
	ok(got.len == want.len && memcmp(got.data, want.data, want.len) == 0, "%s: the same bytes", name);
	if (got.len != want.len || memcmp(got.data, want.data, want.len) != 0)
		printf("#  got: %s\n# want: %s\n", shown(buf_text(&got)), shown(buf_text(&want)));
	unlink(file);
	buf_release(&command);
	buf_release(&want);
	buf_release(&got);
}

static void test_sent(void)
{
	int server = listening();
	char *big = malloc(2 << 20);

	if (big == NULL)
		exit(1);
	setenv("MY_KEY", "canary-key $x'", 1);
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	usual();
	sends(server, span_of("{\"a\":\"it's $HOME `date` \\\\ \\n !! %s \\u0000\"}"), "", "a body with all that sh reads");
	sends(server, span_of("@/etc/passwd"), "", "a body that looks like a file");
	sends(server, span_of("-x\nline\n"), "", "a body of lines");
	sends(server, SPAN_NIL, "", "GET");
	add("X-Odd", "", "it's \"$HOME\"!", NULL);
	sends(server, span_of("{}"), "X-Odd: it's \"$HOME\"!\r\n", "a header with all that sh reads");
	usual();
	memset(big, '\'', 2 << 20);
	sends(server, (struct span){big, 2 << 20}, "", "two megabytes, longer than an argument may be");
	sends(server, (struct span){big, (100 << 10) + 1}, "", "just over what goes as an argument");
	memset(big, 'x', 2 << 20);
	sends(server, (struct span){big, 100 << 10}, "", "just as much as goes as an argument");
	header_lines_release(&lines);
	free(big);
	close(server);
}

int main(void)
{
	test_text();
	if (access("/usr/bin/curl", X_OK) != 0)
		skip("no curl here");
	else
		test_sent();
	return done();
}
