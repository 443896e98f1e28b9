/*
 * image.h - what kind of image a file is, by its content alone, and the data
 * URL that a model gets it as.
 *
 * Pure: bytes in, bytes out.
 */
#ifndef FB_IMAGE_H
#define FB_IMAGE_H

#include <stddef.h>

#include "buf.h"
#include "span.h"

/* "image/png", "image/jpeg", "image/gif" or "image/webp"; NULL: none of them. */
const char *image_type(const char *p, size_t n);

/*
 * Appends "data:image/png;base64,..." without quotes; nothing in it needs an
 * escape in JSON.  NULL; or what is wrong, static text, and nothing was
 * appended.
 */
const char *image_url(struct buf *out, const char *p, size_t n);

/* The same in base64 (RFC 4648, padded), any bytes. */
void image_base64(struct buf *out, const char *p, size_t n);

/*
 * Is it what a part of a conversation may hold: `type` has the form of a MIME
 * type of images, `data` is base64 (padded) of an image as above, whichever?
 * NULL, or what is wrong, static text.
 */
const char *image_check(struct span type, struct span data);

#endif
