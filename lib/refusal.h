/*
 * refusal.h - what a server's error means: its text, out of every shape that
 * servers give it, and one of our codes (ENGINES 2.3, 2.4; REFERENCE 7).
 *
 * Pure: bytes in, a fault out.
 */
#ifndef FB_REFUSAL_H
#define FB_REFUSAL_H

#include "fault.h"
#include "span.h"

/* Is a JSON value an error, in any of the shapes, rather than an answer? */
int refusal_is(struct span value, struct span *choices);	/* choices: the member of that name too; or NULL */

/*
 * Reads an error: `body` as it came (JSON, plain text, HTML or nothing),
 * `status` the HTTP status (0: not known; 200: an error inside a good reply),
 * `reason` the reason phrase or "" (llamafile puts its message there).
 * *f gets code, status and a message such as "422 Failed to deserialize ...".
 */
void refusal_read(struct fault *f, int status, const char *reason, struct span body);

#endif
