/*
 * mrefuse.h - how the server that fb-mock is taken for says no: the form is
 * the profile's row, the words are a rule's.
 */
#ifndef FB_MREFUSE_H
#define FB_MREFUSE_H

#include "mread.h"
#include "mreply.h"

struct mock;

/* What a rule says of a request. */
void mrefuse_rule(struct mock *m, struct mreply *to, struct mfound *found);
/* There is no such path. */
void mrefuse_path(struct mock *m, struct mreply *to, struct span path);
/* An error that a fault asked for; ctx is a struct mock: see struct mfault_voice. */
void mrefuse_fault(void *ctx, struct mreply *to, int status, const char *more,
    const char *message);

#endif
