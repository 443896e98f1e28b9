/*
 * curlcmd.h - a request as a curl command to paste into sh, that sends the
 * same bytes.  Secrets are in it by the names of their variables only.
 * Pure.
 */
#ifndef FB_CURLCMD_H
#define FB_CURLCMD_H

#include "buf.h"
#include "headers.h"
#include "span.h"

struct curlcmd {
	const char *url;
	const struct header_lines *lines;
	struct span body;	/* .p NULL: GET */
	int stream;		/* the reply is shown as it comes */
	int compressed;		/* the reply may be */
	const char *proxy;	/* its URL; "": none, whatever the environment says; NULL: that */
	const char *socket;	/* a unix socket in place of host and port; or NULL */
	const char *ca;		/* file of certificates to trust; or NULL */
	const char *cert, *key;	/* files of our own certificate; or NULL */
	int passphrase;		/* that key has one: TLS_PASSPHRASE */
	const char *server_name;	/* what the server's certificate must be for; or NULL */
};

/* Appends the command, one line with its LF but for line breaks in the body. */
void curlcmd_write(struct buf *out, const struct curlcmd *c);

#endif
