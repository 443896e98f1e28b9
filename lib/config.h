/*
 * config.h - finds and reads a FluffBuzz configuration (REFERENCE section 2):
 * JSON5, then $include (include.h), ${VARIABLE} (fill.h), then the schema.
 *
 * Where it is: the path given, else $FLUFFBUZZ_CONFIG_PATH, else
 * $FLUFFBUZZ_STATE_DIR/fluffbuzz.json, else ~/.fluffbuzz/fluffbuzz.json
 * ($FLUFFBUZZ_HOME for ~), else $XDG_CONFIG_HOME/fluffbuzz/fluffbuzz.json
 * (~/.config where that isn't set).
 */
#ifndef FB_CONFIG_H
#define FB_CONFIG_H

#include "buf.h"
#include "fault.h"
#include "tree.h"

struct config {
	char *path;		/* absolute */
	int found;		/* 0: there is no such file; doc is then {} */
	struct tree tree;
	struct tree_file *files;	/* all that were read; the newest first */
	size_t bytes;		/* of all of them */
	struct value *doc;	/* merged and filled in */
	struct buf dotenv;	/* the state directory's .env, as dotenv.h keeps it */
	int dotenv_read;
	struct buf warnings;	/* of unknown members and the like, a line each */
	struct buf faults;	/* what the schema refuses, a line each */
	struct buf unset;	/* variables that aren't set, a line each */
	int is_catalogue;
	struct config *user;	/* of a catalogue: the one that asked for it */
	struct config *catalogue;	/* NULL: not needed yet */
};

/* The path of the configuration, as above; malloc'd, yours.  NULL: out of memory. */
char *config_path(const char *path);

/*
 * Reads and checks.  0, or -1 and *f (config) names file, line and column.
 * A file that isn't there is no fault, unless it was named: by `path` or by
 * $FLUFFBUZZ_CONFIG_PATH.  Call config_release() either way.
 */
int config_load(struct config *c, const char *path, struct fault *f);
int config_none(struct config *c);	/* an empty one; -1: out of memory */
/*
 * The built-in catalogue (share/providers.json5), read when it is asked for:
 * 0 and *catalogue, NULL where models.mode is "replace"; or -1 and *f.
 */
int config_catalogue(struct config *c, struct config **catalogue, struct fault *f);
void config_release(struct config *c);	/* wipes */

/*
 * A file's text, JSON5, without includes: 0 and *doc, or -1 and *f.  The file
 * stays in c->files.
 */
int config_read(struct config *c, const char *path, struct value **doc, struct fault *f);

/* The value at a place such as "models.providers.inferrs.models[0]"; NULL: none. */
const struct value *config_at(const struct config *c, const char *place);
/* A variable: of the process, else of .env, else of env.vars; NULL: not set, or empty. */
const char *config_variable(struct config *c, const char *name);

/* *f names the value's file, line and place: "FILE:15: models.mode: ...".  Returns -1. */
#if defined(__GNUC__)
__attribute__((format(printf, 5, 6)))
#endif
int config_fault(const struct config *c, struct fault *f, const struct value *at, const char *place,
    const char *fmt, ...);

#endif
