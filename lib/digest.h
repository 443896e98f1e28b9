/*
 * digest.h - the number that names a request body.  Pure.
 */
#ifndef FB_DIGEST_H
#define FB_DIGEST_H

#include <stdint.h>

#include "span.h"

/* 64-bit FNV-1a of the bytes. */
uint64_t digest(struct span bytes);

#endif
