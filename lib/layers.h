/*
 * layers.h - who may say a field of a request body, and which of them counts.
 *
 * Pure: borrows what it is given.
 */
#ifndef FB_LAYERS_H
#define FB_LAYERS_H

#include "buf.h"
#include "fault.h"
#include "fields.h"
#include "said.h"
#include "span.h"

/*
 * Who may say a field, the later wins.  "fixed" is an option of its own
 * (--schema, --tools, --max-tokens ...), and goes below --param.
 */
enum layer { FROM_ROUTE, FROM_RECORD, FROM_PARAMS, FROM_FIXED, FROM_OPTIONS, LAYERS };

struct layers {
	const struct said *layer[LAYERS];	/* NULL: it says nothing; no one for FROM_FIXED */
	unsigned long fields;	/* a bit for each field of which any of them, or an option, says something */
	const struct fields_options *options;
	int stream;		/* as the caller has it, one of STREAM_* */
	struct buf level;	/* --thinking as JSON */
	char limit[24];		/* --max-tokens as JSON */
};

/* With the options' own fields; the layers are added. */
void layers_init(struct layers *l, const struct fields_options *options, int stream);
void layers_release(struct layers *l);
/* 0, or -1 and *f: it is no good. */
int layers_add(struct layers *l, enum layer at, const struct said *s, struct fault *f);

/* What a layer says of a field, and what its extra_body has of that name; or SPAN_NIL. */
struct span layers_get(const struct layers *l, enum layer at, enum body_field field);
struct span layers_extra(const struct layers *l, enum layer at, const char *name);
/* What the topmost layer says that says anything: SPAN_NIL, or null: it shall not be sent. */
struct span layers_said(const struct layers *l, enum body_field field, enum layer *at);
/* Does the command line say it? */
int layers_commanded(const struct layers *l, enum body_field field);
/* Will the reply be streamed, when each extra_body is laid over? */
int layers_stream(const struct layers *l);

#endif
