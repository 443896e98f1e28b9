/*
 * pairing.h - which key a configuration means for which server: a key goes
 * to the origin that it is paired with, and nowhere else.
 */
#ifndef FB_PAIRING_H
#define FB_PAIRING_H

#include "config.h"
#include "url.h"

/* Does the configuration send the key at `place`, which is in a provider, to that origin? */
int pairing_key(struct config *c, const char *place, const struct url *target);
/* The name of the provider that a place is in, as a part of a variable's ("MY_SERVER"); nothing where it is in none. */
void pairing_provider(const char *place, struct buf *variable);
/* Does a provider of it, or of the catalogue, that goes to that origin name the variable? */
int pairing_variable(struct config *c, const char *variable, const struct url *target);
/* The secret in a value that names the variable; `place`, where the value is, becomes the secret's.  NULL: none. */
const struct value *pairing_naming(const struct value *v, const char *variable, struct buf *place);

#endif
