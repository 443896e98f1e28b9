/*
 * httpway.h - what is the same for all requests along a way (http.h): its
 * libcurl options, made ready once.  For http*.c only.
 *
 * No header includes curl.h: libcurl's handles are void pointers in them, as
 * they are in its own.
 */
#ifndef FB_HTTPWAY_H
#define FB_HTTPWAY_H

#include "fault.h"
#include "http.h"

struct curl_slist;

struct http_way {
	struct http *http;		/* NULL: that is gone */
	struct http_way *next;		/* of it */
	char *url;			/* as libcurl gets it: with server_name its host is that name */
	void *parsed;			/* the same, read once for all requests; NULL: libcurl can't read it, and will say so */
	struct curl_slist *headers;
	struct curl_slist *connect_to;	/* the real host, with server_name; or NULL */
	char *proxy;			/* "": none; NULL: what the environment says */
	char *noproxy;			/* "": also for the hosts of the environment's no_proxy */
	char *socket, *ca_file, *ca_dir, *cert, *key, *passphrase;
	long once;

	/* for messages */
	char *place;			/* the URL as given, without its query, and the socket */
	char *peer;			/* "host port 80", as libcurl's messages name it */
	char *proxy_shown;		/* that may be on the way, without its login; or NULL */
};

struct http_way *httpway_make(const struct http_path *p, struct fault *f);	/* NULL and *f: config */
void httpway_drop(struct http_way *w);		/* wipes */
int httpway_apply(const struct http_way *w, void *easy);	/* every option of it; -1: out of memory, or libcurl refuses */
void httpway_leave(void *easy);			/* nothing of a way that goes is pointed to any more */

#endif
