/*
 * maker.h - a route that is being made (route.c, routeauth.c; nobody else
 * includes this), of up to three layers: the model, its provider, and the
 * catalogue's provider under that.
 *
 * Functions return 0, or -1 and *m->f says what is wrong.
 */
#ifndef FB_MAKER_H
#define FB_MAKER_H

#include <jv.h>

#include "refs.h"

struct maker {
	struct config *c;
	const struct found *at;
	struct buf owner, place;	/* where the provider stands, and the model */
	jv route, explain;
	int explains;
	struct buf *told;
	struct fault *f;
};

/* For --explain: the field's value is from there, FILE:LINE. */
void maker_explain(struct maker *m, const char *name, const struct value *v);
/* A value that the route needs, `name` in a layer: the variables of its texts must be set. */
int maker_needs(struct maker *m, const struct value *layer, const char *name, const struct value *v);

/* headers; `at` is where in the layer they are, and they go over those of the layers before */
int maker_headers(struct maker *m, const struct value *layer, const char *at);
/* auth: of apiKey or request.auth; behind the headers, which win */
int maker_auth(struct maker *m);
/* request: proxy and tls */
int maker_request(struct maker *m);

#endif
