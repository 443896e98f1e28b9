/*
 * fits.h - does a value fit a JSON schema?
 *
 * Looked at are type, required, properties, additionalProperties, items, enum
 * and const; what else a schema demands is told by fits_schema(), and not
 * checked.  A whole response_format of type json_schema counts as the schema
 * in it, as for fb-shape.
 *
 * Pure: borrows its input.
 */
#ifndef FB_FITS_H
#define FB_FITS_H

#include "buf.h"
#include "fault.h"
#include "span.h"

/*
 * Is it a schema whose keywords can be looked at: an object, true or false,
 * nested at most MAX_JV_DEPTH deep?  0, and for each keyword that is not looked
 * at a line in `warnings`, once: "schema: minLength is not looked at\n".  -1 and
 * *f (input): "$.properties.age.type: ...", without the file's name.
 */
int fits_schema(struct span schema, struct buf *warnings, struct fault *f);

/*
 * 0; or -1, and the first thing that doesn't fit is appended to `why`, without
 * LF: "$.items[3].price: must be a number, is a text".  The schema is one that
 * fits_schema() took.
 */
int fits(struct span schema, struct span value, struct buf *why);

#endif
