/*
 * mserve.h - a server of many connections: sockets and poll(2), no threads.
 *
 * Nothing blocks: a client that sends a byte a minute or never reads holds
 * nobody up.  A connection that waits holds no memory; requests that came in
 * one packet are answered in one.  What is not HTTP is answered
 * by a plain text that says why, and the connection ends.
 *
 * The caller ignores SIGPIPE.  One thread, one server a struct.
 */
#ifndef FB_MSERVE_H
#define FB_MSERVE_H

#include <poll.h>
#include <stddef.h>

#include "buf.h"
#include "mhttp.h"
#include "mreply.h"

enum { MSERVE_CONNECTIONS = 4096 };	/* more wait in the kernel's queue */

/* Answers one whole request by writing to `to`.  Not 0: the server ends. */
typedef int mserve_fn(void *ctx, const struct mreq *r, struct mreply *to);

struct conn;

struct mserve {
	struct pollfd *polls;	/* the listener, the stop descriptor, then one a connection */
	struct conn *conns;	/* conns[i] is polls[i + 2]'s */
	size_t n, cap;
	unsigned long long accepted;	/* connections so far */
	int listening;		/* the listener */
	int refusing;		/* it doesn't listen just now */
	long long wake;		/* us: when connections are accepted again; 0: they are */
	size_t lingering;	/* connections that are only emptied before they close */
	struct buf in, out;	/* memory that no connection needs just now */
	struct mreq req;	/* the one being read */
	char url[96];		/* http://127.0.0.1:8080 */
	char err[200];		/* after a failure */
};

/* Listens on a numeric address or a name; port 0: a free one.  0, or -1 and s->err. */
int mserve_open(struct mserve *s, const char *addr, int port);
/* Serves until stop_fd can be read (0), the handler says so (what it said), or poll fails or the address is lost (-1 and s->err). */
int mserve_run(struct mserve *s, int stop_fd, mserve_fn *fn, void *ctx);
void mserve_release(struct mserve *s);

#endif
