/*
 * httpend.h - what libcurl's word on the end of a transfer means.  For http*.c
 * only.
 */
#ifndef FB_HTTPEND_H
#define FB_HTTPEND_H

#include "httpway.h"

struct httpend {
	void *easy;
	int code;		/* a CURLcode */
	const char *error;	/* libcurl's own words; "" */
	const struct http_way *way;
};

int httpend_is_cut(int code);	/* the connection ended where more was due */
/* Of a proxy that refuses, by the reply's status: -1 and *f; 0: it didn't. */
int httpend_proxy(const struct httpend *e, int status, struct fault *f);
int httpend_fault(const struct httpend *e, struct fault *f);	/* -1 */

#endif
