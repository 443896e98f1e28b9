/*
 * route.h - resolves a model reference to a route: everything about one
 * model that the later stages need, and no secret (DESIGN sections 1 and 2).
 *
 * A route is a jv object: ref, alias, name, provider, model, api, baseUrl,
 * endpoint, auth, headers, request, timeoutSeconds, input, reasoning,
 * contextWindow, contextTokens, maxTokens, cost, params, compat (every flag
 * resolved), fallbacks (routes), source {file, line, path}.  What nobody said
 * and has no default isn't there.
 *
 * Functions return 0, or -1 and *f says what is wrong.
 */
#ifndef FB_ROUTE_H
#define FB_ROUTE_H

#include <jv.h>

#include "config.h"
#include "fault.h"
#include "refs.h"

/* What the options -m, -c, --config, --base-url and --fallbacks gave; all borrowed. */
enum { ROUTE_MOST = 64 };
struct route_args {
	const char *refs[ROUTE_MOST];
	int nrefs;
	const char *sets[ROUTE_MOST];	/* of -c: "supportsTools=false" */
	int nsets;
	const char *config;
	const char *base_url;
	const char *fallbacks;	/* references with commas between; "": the configured ones; NULL: not given */
	int explain;		/* each route gets a member `explain`: field -> where its value comes from */
};

/* The rows for a command's option table, and what takes their ids. */
enum { OPT_CONFIG = 300, OPT_BASE_URL, OPT_FALLBACKS };
#define ROUTE_OPTIONS \
	{'m', "model", "REF", "the model: an alias, provider/id or an id (repeatable)"}, \
	ROUTE_MORE_OPTIONS
#define ROUTE_MORE_OPTIONS \
	{'c', "set", "KEY=VALUE", "set a compat flag, or a field of the route by its path"}, \
	{OPT_CONFIG, "config", "FILE", "read this configuration"}, \
	{OPT_BASE_URL, "base-url", "URL", "no configuration: -m is a model of this server"}
/* For who makes requests along several routes; fb-send gets them made. */
#define ROUTE_FALLBACKS_OPTION \
	{OPT_FALLBACKS, "fallbacks", "[REF,...]", "models to try next (default: the configured ones)"}
/* 1 when the option was one of them; -1 when there were too many. */
int route_option(struct route_args *a, int id, const char *value);

/*
 * An array of the routes that the arguments ask for: each -m, else the
 * configured primary with its fallbacks; -c laid over each.  Yours, also on
 * failure, like *c, where the configuration is read into if one is needed:
 * its warnings are for the user, an id that was passed through among them.
 */
int route_list(const struct route_args *a, struct config *c, jv *routes, struct fault *f);
/* The only one of them as JSON, appended to `text`; the configuration's warnings to `warnings`. */
int route_single(const struct route_args *a, struct buf *text, struct buf *warnings, struct fault *f);
/* The route of a reference that was found; what the user should know goes to `told`, a line each.  *route is yours, also on failure. */
int route_of(struct config *c, const struct found *found, int explain, jv *route, struct buf *told, struct fault *f);

/*
 * Lays KEY=VALUE over a route: a compat flag, or a field by its path
 * (maxTokens, params.temperature, ...).  KEY:=JSON gives the type.
 */
int route_set(jv *route, const char *assignment, struct fault *f);
int route_sets(const struct route_args *a, jv *route, struct fault *f);	/* every -c */

#endif
