/*
 * said.h - the fields of a request body behind `messages`, by which names they
 * may be given, and what one object (a route's params, a record ...) says of
 * them.
 *
 * Pure: borrows its input.
 */
#ifndef FB_SAID_H
#define FB_SAID_H

#include "span.h"

/* In the order in which the reference sends them (REFERENCE 4.2). */
enum body_field {
	BODY_STREAM, BODY_STREAM_OPTIONS, BODY_STORE, BODY_TEMPERATURE, BODY_TOP_P, BODY_TOP_K, BODY_MIN_P, BODY_FORMAT,
	BODY_FREQUENCY, BODY_PRESENCE, BODY_REPETITION, BODY_LOGIT_BIAS, BODY_LOGPROBS, BODY_TOP_LOGPROBS, BODY_N,
	BODY_SEED, BODY_STOP, BODY_USER, BODY_METADATA, BODY_TOOLS, BODY_CHOICE, BODY_PARALLEL, BODY_LIMIT,
	BODY_THINKING, BODY_KWARGS, BODY_FIELDS
};

/* By which of its names: the body's, another that a record may use, or the one of FluffBuzz's params. */
enum body_spelling { BODY_NAME, BODY_ALSO, BODY_OWN, BODY_SPELLINGS };

const char *body_name(enum body_field field);

/* The field of that name, a JSON string; BODY_FIELDS: none. */
enum body_field body_find(struct span key, enum body_spelling *spelling);

struct said {
	struct span obj;	/* an object, or SPAN_NIL: nothing is said */
	struct span extra;	/* its extra_body, or SPAN_NIL */
	const char *fault;	/* why it is no good, or NULL */
	unsigned long fields;	/* a bit for each field that it has; the values of others are not set */
	struct span value[BODY_FIELDS][BODY_SPELLINGS];
};

/* An object of params, which may have an extra_body. */
void said_params(struct said *s, struct span params);
/* A prompt record: its names are the body's; another kind of value says nothing. */
void said_record(struct said *s, struct span record);

/* What is said of a field, or SPAN_NIL; null only when it says nothing else. */
struct span said_get(const struct said *s, enum body_field field);

#endif
