/*
 * refs.h - which configured model a reference means (DESIGN section 2,
 * REFERENCE section 2 "Ref resolution").
 */
#ifndef FB_REFS_H
#define FB_REFS_H

#include <jv.h>

#include "config.h"
#include "fault.h"

/* Borrowed from the configuration's doc, `model` from the reference when index is -1. */
struct found {
	const char *provider;
	const char *model;	/* the id, spelt as configured */
	int index;		/* in the provider's models[]; -1: not configured, passed through */
};

/*
 * In this order: an alias (any case); a configured provider/model; an id that
 * exactly one provider has; provider/any id of a configured provider.
 * 0, or -1 and *f (model_unknown) gives the nearest names.
 */
int refs_find(const struct config *c, const char *ref, struct found *found, struct fault *f);

/* Appends the reference to use when none was given: the configured primary, else the only model. */
int refs_primary(const struct config *c, struct buf *ref, struct fault *f);

/* Every configured model: an array of {ref, alias?, name, baseUrl}. */
jv refs_known(const struct config *c);

#endif
