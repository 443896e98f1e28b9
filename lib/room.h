/*
 * room.h - how many tokens a prompt leaves in a context window, by the
 * reference's rule of thumb (REFERENCE section 4.2).
 *
 * Pure.
 */
#ifndef FB_ROOM_H
#define FB_ROOM_H

#include "span.h"

/* A JSON text in characters of English, four of which are a token: for a string without its quotes. */
double room_size(struct span json);

/*
 * At least 1.  `window` is a number over 0, `messages` an array in OpenAI's
 * form, `beside` the size of what else the model reads: tools, a schema.
 */
double room_left(double window, struct span messages, double beside);

/* May the room be less than this many tokens?  0: surely not, and there is no need to look. */
int room_matters(double window, struct span messages, double beside, double tokens);

#endif
