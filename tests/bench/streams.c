/*
 * streams.c - many streams at once from a server on this machine: how long
 * they take, and the longest time that one of them stood still.
 *
 *	fb-mock --port 8078 --ttft 0 --tps 100 --reply "$(yes word | head -500 | tr '\n' ' ')" &
 *	streams 8078 500
 *	grep VmHWM /proc/$!/status
 *
 * Prints seconds, bytes, and streams that ended with [DONE]; status 1 when
 * one did not.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 2000 };

static const char body[] = "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}";

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int ask(int port)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
	char head[512];
	int fd = socket(AF_INET, SOCK_STREAM, 0), n;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	n = snprintf(head, sizeof head, "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
	    "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s", sizeof body - 1, body);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0 || write(fd, head, (size_t)n) != n) {
		perror("streams");
		exit(2);
	}
	return fd;
}

int main(int argc, char **argv)
{
	static struct pollfd p[MOST];
	static double last[MOST];
	static char piece[1 << 16];
	int n = argc == 3 ? atoi(argv[2]) : 0, open_now = n, whole = 0, i;
	double start = seconds(), now, gap = 0, bytes = 0;
	ssize_t got;

	if (n < 1 || n > MOST) {
		fprintf(stderr, "usage: streams PORT COUNT\n");
		return 2;
	}
	for (i = 0; i < n; i++)
		p[i] = (struct pollfd){ask(atoi(argv[1])), POLLIN, 0};
	while (open_now > 0 && poll(p, (nfds_t)n, 10000) > 0) {
		now = seconds();
		for (i = 0; i < n; i++) {
			if (p[i].fd < 0 || p[i].revents == 0)
				continue;
			got = read(p[i].fd, piece, sizeof piece - 1);
			if (got <= 0) {
				close(p[i].fd);
				p[i].fd = -1;
				open_now--;
				continue;
			}
			piece[got] = '\0';
			whole += strstr(piece, "[DONE]") != NULL;
			bytes += (double)got;
			if (last[i] > 0 && now - last[i] > gap)
				gap = now - last[i];
			last[i] = now;
		}
	}
	printf("%d streams: %.2f s, %.0f bytes, longest gap %.0f ms, %d whole\n", n, seconds() - start, bytes, 1e3 * gap, whole);
	return whole == n ? 0 : 1;
}
