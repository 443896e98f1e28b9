/*
 * mlisten.h - a listening TCP socket, and what its URL is.
 */
#ifndef FB_MLISTEN_H
#define FB_MLISTEN_H

#include <stddef.h>

/*
 * Listens on a numeric address or a name, port 0: a free one.  The socket,
 * which doesn't block, and url is "http://127.0.0.1:8080"; or -1, and err is
 * "127.0.0.1 port 8080: Address already in use".
 */
int mlisten(const char *addr, int port, char *url, size_t url_size, char *err,
    size_t err_size);

/*
 * Closes the listener and takes its address at once again without listening,
 * so that connections to it are refused and nobody else gets the port.  The
 * socket for listen(2) later, or -1 and errno: then the listener is gone.
 */
int mlisten_refuse(int fd);
int mlisten_again(int fd);	/* 0, or -1 and errno */

/* Makes a descriptor one that doesn't block and isn't inherited: 0, or -1. */
int mlisten_no_wait(int fd);

#endif
