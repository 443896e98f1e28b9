/*
 * schema.h - is a configuration what the table of field.h says?
 *
 * A wrong type is fatal wherever we read; an unknown member is fatal under
 * `compat` and a warning elsewhere in models, agents.defaults and secrets;
 * other sections are FluffBuzz's own and not looked at.
 */
#ifndef FB_SCHEMA_H
#define FB_SCHEMA_H

#include "config.h"
#include "fault.h"

/*
 * 0, or -1 and *f is the first fault: "FILE:15: models.mode: must be one of
 * "merge", "replace", found "blend"".  All faults are in c->faults, a line
 * each, and unknown members in c->warnings.
 */
int schema_check(struct config *c, struct fault *f);

/* Is the text the name of an environment variable of ours: ^[A-Z][A-Z0-9_]{0,127}$ ? */
int schema_is_variable(const char *text);

#endif
