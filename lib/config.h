/*
 * config.h - finds and reads a FluffBuzz configuration (REFERENCE section 2).
 *
 * Where it is: the path given, else $FLUFFBUZZ_CONFIG_PATH, else
 * $FLUFFBUZZ_STATE_DIR/fluffbuzz.json, else ~/.fluffbuzz/fluffbuzz.json
 * ($FLUFFBUZZ_HOME for ~), else $XDG_CONFIG_HOME/fluffbuzz/fluffbuzz.json.
 */
#ifndef FB_CONFIG_H
#define FB_CONFIG_H

#include <jv.h>

#include "buf.h"
#include "fault.h"

struct config {
	char *path;		/* absolute */
	int found;		/* 0: there is no such file; doc is then {} */
	struct buf text;	/* as read, for places */
	jv doc;
};

/* The path of the configuration, as above; malloc'd, yours.  NULL: out of memory. */
char *config_path(const char *path);

/*
 * Reads and checks.  0, or -1 and *f (config) names file, line and column.
 * A file that isn't there is no fault, unless it was named: by `path` or by
 * $FLUFFBUZZ_CONFIG_PATH.  Call config_release() either way.
 */
int config_load(struct config *c, const char *path, struct fault *f);
void config_release(struct config *c);

/* The line of a place such as "models.providers.inferrs.models[0]"; of its nearest parent when it isn't there. */
size_t config_line(const struct config *c, const char *place);

/* The value at a place; null when there is none.  Yours. */
jv config_at(const struct config *c, const char *place);

#endif
