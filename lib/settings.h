/*
 * settings.h - what follows from a probe: the compat flags that the model was
 * well with, where in the configuration they belong, and how they get there.
 */
#ifndef FB_SETTINGS_H
#define FB_SETTINGS_H

#include <jv.h>

#include "buf.h"
#include "config.h"
#include "fault.h"
#include "finding.h"
#include "route.h"

struct settings {
	struct config config;	/* where the model's entry is looked for; an empty one with --base-url */
	jv source;		/* of the route: file, line, path; null where nobody configured the model */
	jv model;		/* its id */
	jv flags;		/* those of -c, and those that were found, an object */
	const struct value *entry;	/* the model's, or its provider's; NULL: there is none */
	int is_model;		/* the entry is the model's own */
	const struct setting *found;	/* borrowed */
	int nfound;
};

/* `route` has all flags resolved.  0; or -1 and *f: the configuration can't be read.  settings_release() it either way. */
int settings_init(struct settings *s, const struct route_args *args, jv route, const struct setting *found, int n,
    struct fault *f);
void settings_release(struct settings *s);

/* Appends the block to paste and, as a comment above it, the place; lines. */
void settings_block(const struct settings *s, struct buf *out);
/* Appends {"compat":{..},"source":..}, the same as a record. */
void settings_json(const struct settings *s, struct buf *out);

/* Can they be written?  0, or -1 and *f (config): the model has no entry of its own. */
int settings_writable(const struct settings *s, struct fault *f);
/* Writes them, and appends to `told` what was done; unless the entry at that place isn't the model's any more.  0, or -1 and *f: the configuration is as it was. */
int settings_write(const struct settings *s, struct buf *told, struct fault *f);

#endif
