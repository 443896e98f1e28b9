/*
 * secretref.h - the secret that a configuration means: a text, or one of the
 * environment, of a file or of a command (REFERENCE section 2, "SecretRef").
 *
 * A file must be its owner's alone (secretfile.h).  A command gets what
 * OpenClaw's protocol says on its stdin, {"protocolVersion":1,"provider":N,
 * "ids":[ID]}, and prints {"values":{ID:SECRET}}, or one line, the secret.
 */
#ifndef FB_SECRETREF_H
#define FB_SECRETREF_H

#include "buf.h"
#include "config.h"
#include "fault.h"

/*
 * The secret at `place` is appended to `out`, which the caller wipes.  0, or
 * -1 and *f (no_api_key; config where the reference itself is wrong) without
 * a byte of any secret.
 */
int secretref_get(struct config *c, const struct value *v, const char *place, struct buf *out, struct fault *f);

#endif
