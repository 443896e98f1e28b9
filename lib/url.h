/*
 * url.h - the parts of an http or https URL, as ranges of its text.
 * Pure.  Follows RFC 3986's syntax as far as base URLs need it.
 */
#ifndef FB_URL_H
#define FB_URL_H

#include "buf.h"
#include "span.h"

struct url {
	struct span scheme;	/* "http" or "https", any case */
	struct span host;	/* without brackets; never empty */
	int port;		/* 80 or 443 when not given */
	struct span path;	/* from its slash, without the query; may be empty */
	struct span query;	/* with its question mark; may be empty */
};

/*
 * NULL when the text is such a URL; else what is wrong, static text.
 * Refused: other schemes, user:password@ (a secret in a URL ends up in logs),
 * control characters and blanks, a fragment.
 */
const char *url_parse(const char *text, struct url *u);

int url_host_is(const struct url *u, const char *host);	/* in any case */
int url_same_origin(const struct url *a, const struct url *b);
void url_origin(const struct url *u, struct buf *out);	/* "http://127.0.0.1:8080", lower case */

/*
 * Loopback, private, link-local, bare host names, .local .lan .internal
 * .localhost: by what libcurl connects to, however an address is written
 * (127.1, 0x7f.1, [::ffff:127.0.0.1], 0.0.0.0).  It decides whether a key may
 * go over plain http and whether the environment's proxy is asked, so what
 * isn't known to be near is far.
 */
int url_is_near(const struct url *u);
int url_is_loopback(const struct url *u);	/* this machine */

/*
 * Where a request goes: `path` is "/v1/chat/completions" (its /v1 is the
 * base URL's own affair) or "/health" (at the base URL less its /v1); slashes
 * are joined and the base URL's query is kept.
 */
void url_join(const struct url *base, const char *path, struct buf *out);

#endif
