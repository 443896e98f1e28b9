/*
 * delay.c - how long a piece of a streamed answer takes through a program.
 *
 *	delay pipe|server COUNT COMMAND [ARG]...
 *
 * COMMAND is given COUNT chunks of a stream, one a millisecond, each with one
 * word; as soon as it wrote something the time is noted.  pipe: on its
 * standard input; server: it asks $DELAY_URL (a base URL with /v1) for them.
 * Prints the median in microseconds, and how many were not out before the next
 * came in.  Status 1: not all came.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 100000, EVERY_US = 1000, PATIENCE_US = 2000000 };

static const char chunk[] = "data: {\"id\":\"c-1\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"m\","
    "\"choices\":[{\"index\":0,\"delta\":{\"content\":\" w%05d\"},\"finish_reason\":null}]}\n\n";
static const char last[] = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return 1e6 * (double)t.tv_sec + 1e-3 * (double)t.tv_nsec;
}

static void put(int fd, const char *p, size_t n)
{
	if (write(fd, p, n) != (ssize_t)n)
		die("write");
}

static void nap_us(double us)
{
	struct timespec t = {0, (long)(us * 1e3)};

	if (us > 0)
		nanosleep(&t, NULL);
}

/* A listening socket, and $DELAY_URL says where. */
static int listen_here(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	socklen_t n = sizeof at;
	char url[64];
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, n) < 0 || listen(fd, 8) < 0 || getsockname(fd, (struct sockaddr *)&at, &n) < 0)
		die("listen");
	snprintf(url, sizeof url, "http://127.0.0.1:%d/v1", ntohs(at.sin_port));
	setenv("DELAY_URL", url, 1);
	return fd;
}

/* The connection, its request read. */
static int answer(int listening)
{
	static char request[1 << 16];
	struct pollfd p = {listening, POLLIN, 0};
	int fd = poll(&p, 1, 10000) == 1 ? accept(listening, NULL, NULL) : -1;

	if (fd < 0 || read(fd, request, sizeof request) <= 0)
		die("accept");
	put(fd, head, sizeof head - 1);
	return fd;
}

static pid_t start(char **argv, const int in[2], const int out[2])
{
	pid_t pid = fork();

	if (pid == 0) {
		if (in[0] >= 0)
			dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		close(out[0]);
		if (in[1] >= 0)
			close(in[1]);
		execvp(argv[0], argv);
		_exit(127);
	}
	if (pid < 0)
		die("fork");
	close(out[1]);
	return pid;
}

/* Waits for something, until `until`; 1 when it came. */
static int heard(int fd, double until)
{
	static char piece[1 << 16];
	struct pollfd p = {fd, POLLIN, 0};
	double left = until - now_us();

	if (poll(&p, 1, left > 0 ? (int)(left / 1e3) + 1 : 0) <= 0)
		return 0;
	return read(fd, piece, sizeof piece) > 0;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	static double took[MOST];
	int serves = argc > 3 && strcmp(argv[1], "server") == 0, n = argc > 3 ? atoi(argv[2]) : 0, i, got = 0, late = 0, status;
	int in[2] = {-1, -1}, out[2], to;
	char text[512];
	double at;
	pid_t pid;

	if (n < 1 || n > MOST || (!serves && strcmp(argv[1], "pipe") != 0)) {
		fprintf(stderr, "usage: delay pipe|server COUNT COMMAND [ARG]...\n");
		return 2;
	}
	to = serves ? listen_here() : -1;
	if (pipe(out) < 0 || (!serves && pipe(in) < 0))
		die("pipe");
	pid = start(argv + 3, in, out);
	to = serves ? answer(to) : in[1];
	nap_us(100e3);	/* it has started */
	for (i = 0; i < n; i++) {
		put(to, text, (size_t)snprintf(text, sizeof text, chunk, i));
		at = now_us();
		if (heard(out[0], at + PATIENCE_US))
			took[got++] = now_us() - at;
		late += now_us() > at + EVERY_US;
		nap_us(at + EVERY_US - now_us());
	}
	put(to, last, sizeof last - 1);
	close(to);
	while (heard(out[0], now_us() + PATIENCE_US))
		;
	waitpid(pid, &status, 0);
	qsort(took, (size_t)got, sizeof *took, by_size);
	printf("%.1f us, %d late\n", took[got / 2], late);
	return got != n || status != 0;
}
