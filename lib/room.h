/*
 * room.h - how many tokens a prompt leaves in a context window, by the
 * reference's rule of thumb (REFERENCE section 4.2).
 *
 * Pure.
 */
#ifndef FB_ROOM_H
#define FB_ROOM_H

#include "span.h"

/* At least 1.  `window` is a number over 0, `messages` an array in OpenAI's form. */
double room_left(double window, struct span messages);

#endif
