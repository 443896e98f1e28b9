/*
 * nudge.c - SIGTERM at the worst moment, for a program that is preloaded with
 * this: once, just before it waits for standard input, be it in read(2) or in
 * poll(2).  Whoever looked for signals before that must not sleep on.
 *
 *	cc -shared -fPIC -o nudge.so tests/nudge.c
 *	LD_PRELOAD=./nudge.so fb-send ... <a-fifo
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

typedef int poll_fn(struct pollfd *p, nfds_t n, int ms);
typedef ssize_t read_fn(int fd, void *to, size_t n);

static void nudge(struct pollfd *p, nfds_t n)
{
	static int done;
	poll_fn *real = (poll_fn *)dlsym(RTLD_NEXT, "poll");

	if (!done && real(p, n, 0) == 0) {
		done = 1;
		raise(SIGTERM);
	}
}

int poll(struct pollfd *p, nfds_t n, int ms)
{
	poll_fn *real = (poll_fn *)dlsym(RTLD_NEXT, "poll");
	nfds_t i;

	for (i = 0; ms != 0 && i < n; i++)
		if (p[i].fd == STDIN_FILENO)
			nudge(p, n);
	return real(p, n, ms);
}

ssize_t read(int fd, void *to, size_t n)
{
	read_fn *real = (read_fn *)dlsym(RTLD_NEXT, "read");
	struct pollfd in = {fd, POLLIN, 0};

	if (fd == STDIN_FILENO)
		nudge(&in, 1);
	return real(fd, to, n);
}
