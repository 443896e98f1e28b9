/*
 * schema.h - which fields of a configuration are read, and what each may be:
 * one table (REFERENCE section 2).  A wrong type is fatal wherever we read;
 * an unknown key is fatal under `compat`; what we don't read is not judged.
 */
#ifndef FB_SCHEMA_H
#define FB_SCHEMA_H

#include "config.h"
#include "fault.h"

/* 0, or -1 and *f: "FILE:15: models.mode: must be "merge" or "replace", found "blend"". */
int schema_check(const struct config *c, struct fault *f);

#endif
