/*
 * confwrite.h - puts compat flags into the user's configuration: into the file
 * where they stand, or where the model's entry does, its comments and layout
 * kept (graft.h), with a backup beside it, as a whole or not at all.
 */
#ifndef FB_CONFWRITE_H
#define FB_CONFWRITE_H

#include "config.h"
#include "fault.h"
#include "graft.h"

struct confwrite {
	int changed;	/* 0: the flags are set to that already, nothing was written */
	char *file;	/* that they stand in; malloc'd */
	char *backup;	/* what it was before: FILE.bak, or FILE.bak.1 and so on; NULL: none was made */
};

/*
 * Sets the n compat flags of one model.  file and place: where its entry is,
 * as a route's source.file and source.path have them; NULL: the route has no
 * source.  0 and *w; or -1 and *f (config) says what, where and what to do,
 * and the file is as it was.  Call confwrite_release() either way.
 *
 * The file must still be as `c` read it: so for another model load it anew.
 */
int confwrite_compat(const struct config *c, const char *file, const char *place,
    const struct graft_member *set, size_t n, struct confwrite *w, struct fault *f);
void confwrite_release(struct confwrite *w);

#endif
