/*
 * mspoil.h - spoils a reply that stands whole in a buffer: its bytes change,
 * its cues move along.
 *
 * Each function takes where the reply begins in to->out.  Bytes of the body
 * are counted without the framing of its chunks.
 */
#ifndef FB_MSPOIL_H
#define FB_MSPOIL_H

#include <stddef.h>

#include "mreply.h"

/* Where the body begins; where it is after n bytes, or n events, of it; else the reply's end. */
size_t mspoil_body(const struct mreply *to, size_t start);
size_t mspoil_bytes(const struct mreply *to, size_t start, unsigned long long n);
size_t mspoil_events(const struct mreply *to, size_t start, unsigned long long n);
/* The end of the chunk that `at` is in, so that another can follow. */
size_t mspoil_chunk_end(const struct mreply *to, size_t start, size_t at);

int mspoil_is_stream(const struct mreply *to, size_t start);
/* A header line of that name (lower case) has this value: in place, or added. */
void mspoil_header(struct mreply *to, size_t start, const char *name, struct span value);
/* What follows `at` is gone. */
void mspoil_truncate(struct mreply *to, size_t at);

void mspoil_length(struct mreply *to, size_t start, long long off);	/* Content-Length says so much more */
void mspoil_chunk(struct mreply *to, size_t start);	/* ends inside a chunk */
void mspoil_json(struct mreply *to, size_t start);	/* the JSON is no JSON */
void mspoil_empty(struct mreply *to, size_t start);	/* no body */

#endif
