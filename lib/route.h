/*
 * route.h - resolves a model reference to a route: everything about one
 * model that the later stages need, and no secret (DESIGN sections 1 and 2).
 *
 * A route is a jv object: ref, alias, name, provider, model, api, baseUrl,
 * endpoint, auth, headers, timeoutSeconds, input, reasoning, contextWindow,
 * contextTokens, maxTokens, cost, params, compat (every flag resolved),
 * source {file, line, path}.
 *
 * Functions return 0, or -1 and *f says what is wrong.
 */
#ifndef FB_ROUTE_H
#define FB_ROUTE_H

#include <jv.h>

#include "config.h"
#include "fault.h"

/* What the options -m, -c, --config and --base-url gave; all borrowed. */
enum { ROUTE_MOST = 64 };
struct route_args {
	const char *refs[ROUTE_MOST];
	int nrefs;
	const char *sets[ROUTE_MOST];	/* of -c: "supportsTools=false" */
	int nsets;
	const char *config;
	const char *base_url;
};

/* The rows for a command's option table, and what takes their ids. */
enum { OPT_CONFIG = 300, OPT_BASE_URL };
#define ROUTE_OPTIONS \
	{'m', "model", "REF", "the model: an alias, provider/id or an id (repeatable)"}, \
	{'c', "set", "KEY=VALUE", "set a compat flag, or a field of the route by its path"}, \
	{OPT_CONFIG, "config", "FILE", "read this configuration"}, \
	{OPT_BASE_URL, "base-url", "URL", "no configuration: -m is a model of this server"}
/* 1 when the option was one of them; -1 when there were too many. */
int route_option(struct route_args *a, int id, const char *value);

/*
 * An array of the routes that the arguments ask for: each -m, else the
 * configured primary; -c laid over each.  Yours, also on failure.
 */
int route_list(const struct route_args *a, jv *routes, struct fault *f);

/*
 * What the user should know of a resolved route: its model isn't in the
 * configuration and was passed through, since servers load what they like.
 * Appends a text, or nothing.
 */
void route_warning(jv route, struct buf *text);

/* One reference.  *route is yours, also on failure. */
int route_resolve(const struct config *c, const char *ref, jv *route, struct fault *f);

/*
 * Lays KEY=VALUE over a route: a compat flag, or one of a few fields
 * (maxTokens, timeoutSeconds, ...).  KEY:=JSON gives the type.
 */
int route_set(jv *route, const char *assignment, struct fault *f);
int route_sets(const struct route_args *a, jv *route, struct fault *f);	/* every -c */

#endif
