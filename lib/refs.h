/*
 * refs.h - which model a reference means (DESIGN section 2, REFERENCE section
 * 2 "Ref resolution").
 */
#ifndef FB_REFS_H
#define FB_REFS_H

#include "config.h"
#include "fault.h"

/* All borrowed from the configuration and its catalogue. */
struct found {
	const struct config *in;	/* where the provider stands */
	const struct value *provider;	/* its key is its name */
	const struct value *under;	/* the catalogue's of that name, for what a provider without a baseUrl leaves out; or NULL */
	const struct value *entry;	/* in agents.defaults.models; or NULL */
	const struct value *model;	/* in the provider's models; NULL: passed through */
	size_t index;			/* of the model */
	char *id;			/* as configured, else as given; malloc'd, yours */
};

/*
 * In this order: an alias (any case); a configured provider/model; an id that
 * exactly one provider has; provider/any id of a configured provider; the
 * same of the catalogue.  0, or -1 and *f (model_unknown) gives the nearest
 * names.  A profile behind the id (@work) that no id has is left out and
 * warned of.
 */
int refs_find(struct config *c, const char *ref, struct found *found, struct fault *f);

/* The configured primary, else the only model: appended to `ref`.  0, or -1 and *f (config). */
int refs_primary(const struct config *c, struct buf *ref, struct fault *f);
/* 0, or -1 and *f: a reference that needs a variable which isn't set. */
int refs_is_set(const struct config *c, const struct value *ref, const char *place, struct fault *f);
/* agents.defaults.model.fallbacks: a list, or NULL. */
const struct value *refs_fallbacks(const struct config *c);

/* A provider's models one by one: what refs_find would say of them. */
struct found refs_model(struct config *c, const struct value *provider, const struct value *model, size_t index);
/* The catalogue's provider that a provider without a baseUrl is laid over; NULL: none. */
const struct value *refs_under(struct config *c, const struct value *provider);
/* The object of providers. */
const struct value *refs_providers(const struct config *c);

#endif
