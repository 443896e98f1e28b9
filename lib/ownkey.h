/*
 * ownkey.h - the key that fb-send's own command line gives: in a variable or
 * in a file, never as it is, since everybody can read arguments.
 *
 * It, and a secret of -H, is for one server, that which the command line names
 * too, and goes nowhere else: a record from elsewhere can't have it.
 */
#ifndef FB_OWNKEY_H
#define FB_OWNKEY_H

#include "buf.h"
#include "fault.h"
#include "route.h"
#include "url.h"

struct own_key {
	int given;		/* there is a key */
	struct buf key;
	struct buf base;	/* a URL of the server; "": none is named */
	char variable[129];	/* what it is called where it isn't shown */
};

/*
 * A base URL of the server that the command line names, appended to `url`:
 * that of --base-url, else of the models of -m, else OPENAI_BASE_URL.  0, or
 * -1 and *f (config): there is none, or they are several.  header: the line
 * of -H that it is asked for; NULL: it is for the key.
 */
int own_key_server(const struct route_args *a, const char *header, struct buf *url, struct fault *f);

/*
 * Takes the key out of the variable, or out of the file (one line, a file of
 * the kind of secretfile.h); both NULL: only the server, if there is one.  0, or -1 and *f:
 * config where the options themselves are wrong, else no_api_key.  by_name:
 * it is only called by its name, so it need not be there.  server: of
 * own_key_server(); NULL only where both are.  k was zero, or holds another.
 */
int own_key_get(struct own_key *k, const char *variable, const char *file, const char *server, int by_name,
    struct fault *f);
int own_key_is_for(const struct own_key *k, const struct url *target);	/* there is a key, and it goes there */
int own_key_is_server(const struct own_key *k, const struct url *target);	/* it is the server, key or not */
void own_key_release(struct own_key *k);	/* wipes */

#endif
