/*
 * credential.h - the secrets of a configuration, as references: a route says
 * where a key is, never what it is (DESIGN section 1).
 *
 *	{"source":"config","file":ABS,"path":"models.providers.inferrs.apiKey"}
 *	{"source":"env","name":"OPENAI_API_KEY"}
 *
 * secret.h has the way back, for fb-send.
 */
#ifndef FB_CREDENTIAL_H
#define FB_CREDENTIAL_H

#include <jv.h>

#include "config.h"
#include "fault.h"

/* Does a header's or member's name smell of auth, key, token, secret or cookie? */
int credential_smells(const char *name);

/* Does a parameter of a URL's query (?key=...) have such a name? */
int credential_in_query(struct span query);

/*
 * The reference to the secret at `place`: a text, or {source, provider?, id}
 * whose parts are checked here.  0 and *ref (yours), or -1 and *f.
 */
int credential_ref(const struct config *c, const struct value *v, const char *place, jv *ref, struct fault *f);

/*
 * The entry of secrets.providers that a {source, provider?, id} means; NULL
 * with 0 where none is needed (environment, "default"), with -1 and *f where
 * it is missing or of another source.
 */
int credential_provider(const struct config *c, const struct value *ref, const char *place,
    const struct value **provider, struct fault *f);

enum credential_state { CREDENTIAL_NONE, CREDENTIAL_THERE, CREDENTIAL_MISSING, CREDENTIAL_UNKNOWN };
/* Is the key there?  Nothing is run or read for it: a file or command is CREDENTIAL_UNKNOWN. */
enum credential_state credential_state(struct config *c, const struct value *v);

#endif
