/* mlisten.c - see mlisten.h. */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mlisten.h"

enum { BACKLOG = 1024 };

int mlisten_no_wait(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ? -1 : 0;
}

/* A socket at that address, or -1 and errno. */
static int bound(int family, const struct sockaddr *addr, socklen_t n)
{
	int fd, one = 1, saved;

	if ((fd = socket(family, SOCK_STREAM, 0)) < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 &&
	    bind(fd, addr, n) == 0 && mlisten_no_wait(fd) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

int mlisten_again(int fd)
{
	return listen(fd, BACKLOG);
}

/* A listening socket, or -1 and errno. */
static int listen_on(const struct addrinfo *a)
{
	int fd = bound(a->ai_family, a->ai_addr, a->ai_addrlen), saved;

	if (fd < 0 || listen(fd, BACKLOG) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

int mlisten_refuse(int fd)
{
	struct sockaddr_storage a;
	socklen_t n = sizeof a;

	if (getsockname(fd, (struct sockaddr *)&a, &n) < 0)
		return -1;
	close(fd);
	return bound(a.ss_family, (struct sockaddr *)&a, n);
}

/* 0, or -1: the address has no numeric form. */
static int url_of(int fd, char *url, size_t size)
{
	struct sockaddr_storage a;
	socklen_t n = sizeof a;
	char host[64], port[8];

	if (getsockname(fd, (struct sockaddr *)&a, &n) < 0 ||
	    getnameinfo((struct sockaddr *)&a, n, host, sizeof host, port,
	    sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return -1;
	snprintf(url, size, strchr(host, ':') != NULL ? "http://[%s]:%s" : "http://%s:%s",
	    host, port);
	return 0;
}

int mlisten(const char *addr, int port, char *url, size_t url_size, char *err,
    size_t err_size)
{
	struct addrinfo hints, *list = NULL, *a;
	char service[8];
	const char *why = NULL;
	int fd = -1, rc;

	memset(&hints, 0, sizeof hints);
	hints.ai_socktype = SOCK_STREAM;
	hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
	snprintf(service, sizeof service, "%d", port);
	if ((rc = getaddrinfo(addr, service, &hints, &list)) != 0) {
		why = gai_strerror(rc);
	} else {
		for (a = list; a != NULL && fd < 0; a = a->ai_next)
			fd = listen_on(a);
		why = fd < 0 ? strerror(errno) : NULL;
		freeaddrinfo(list);
	}
	if (fd >= 0 && url_of(fd, url, url_size) < 0) {
		why = "the address has no numeric form";
		close(fd);
		fd = -1;
	}
	if (fd < 0)
		snprintf(err, err_size, "%.64s port %d: %s", addr, port, why);
	return fd;
}
