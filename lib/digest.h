/*
 * digest.h - the number that names a request body, and spreads names over a
 * table.  Pure.
 */
#ifndef FB_DIGEST_H
#define FB_DIGEST_H

#include <stdint.h>

#include "span.h"

/* 64-bit FNV-1a of the bytes. */
uint64_t digest(struct span bytes);

/* A record's member `digest`, 16 lower-case hex digits as a JSON string token.  0, or -1 and *number is 0. */
int digest_read(struct span token, uint64_t *number);

#endif
