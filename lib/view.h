/*
 * view.h - a configuration for people: what it has, what it says, and where
 * each field of a route comes from.  No secret is in any of it.
 */
#ifndef FB_VIEW_H
#define FB_VIEW_H

#include <jv.h>

#include "config.h"
#include "table.h"

/*
 * Every configured model, and the catalogue's providers as NAME/ and a star:
 * an array of {ref, alias, name, endpoint, contextWindow, input, key, baseUrl}, where key
 * is true, false (it isn't there) or null (none is needed, or it takes a file
 * or command to know).
 */
jv view_models(struct config *c);
/* The same as rows, below a head. */
void view_table(jv models, struct table *t);

/* The fields of a route made with `explain`: {field, value, from} each; takes the route. */
jv view_explain(jv route);
void view_explain_table(jv rows, struct table *t);

/* The sections that we read, merged, indented; ${...} as it was written and secrets as "***". */
void view_dump(struct config *c, struct buf *out);

/* A configuration to start from, for a provider of the catalogue: 0, or -1 and *f. */
int view_init(const char *name, const char *model, struct buf *out, struct fault *f);

/* The rows of field.h, as PATH TYPE DEFAULT MEANING. */
void view_fields(struct table *t);

#endif
