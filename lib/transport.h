/*
 * transport.h - how requests along a route travel: the route's proxy and TLS
 * settings, under those of the command line (DESIGN section 2, route.request).
 *
 * A record is data, and may come from anywhere: it must not be able to name
 * files that are read, or a proxy that sees a request with a key.  So what it
 * says is honoured only where fb-send's own configuration says the very same
 * of that provider, and the provider goes to that server.
 */
#ifndef FB_TRANSPORT_H
#define FB_TRANSPORT_H

#include "fault.h"
#include "http.h"
#include "secret.h"
#include "span.h"

/*
 * The way to `url` along a route.  given: what the command line says (proxy,
 * socket, ca, cert with key and passphrase, server_name, few); what it leaves
 * NULL the route may say.  Relative file names in a configuration are looked
 * for beside it.  NULL and *f: config, no_api_key.
 */
struct http_way *transport_way(struct http *h, struct secrets *s, const struct http_path *given, struct span route,
    const char *url, int near, const char *const *headers, struct fault *f);

/* The same without a way: what there is to say of it (--curl). */
struct transport {
	struct http_path path;
	struct buf proxy, ca, cert, key, server_name, passphrase;	/* of the route */
};

/* 0, or -1 and *f; url and headers stay.  To be released in either case. */
int transport_init(struct transport *t, struct secrets *s, const struct http_path *given, struct span route,
    const char *url, int near, const char *const *headers, struct fault *f);
void transport_release(struct transport *t);	/* wipes */

#endif
