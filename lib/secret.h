/*
 * secret.h - from the references in a route to the header lines that hold
 * the secrets (RELIABILITY 2.2): for fb-send, and for fb-config to see whether they
 * are there.
 *
 * A reference in a record is only honoured where a configuration that
 * belongs to the user pairs that very key with the origin of the route's
 * baseUrl, so a record from elsewhere can't fetch a key.  A key that is not
 * written there but fetched (from a variable, a file, a command) is only so
 * for the very configuration that fb-send itself would read: another file
 * may be anybody's.
 */
#ifndef FB_SECRET_H
#define FB_SECRET_H

#include "config.h"
#include "fault.h"
#include "headers.h"
#include "ownkey.h"
#include "span.h"

enum { SECRET_HEADERS = 64 };

/* What a reference gave, while its configuration is loaded. */
struct secret_kept {
	const struct value *of;
	struct buf text;
	struct fault *fault;	/* it could not be had; or NULL */
};

struct secrets {
	struct config config;	/* the one read last: a batch names the same again and again */
	int loaded;
	struct fault *refused;	/* why its keys are not used; NULL: they are */
	struct secret_kept kept[SECRET_HEADERS];
	int nkept;
	const char *own_config;	/* of --config, or NULL: the usual one */
	int insecure_http;	/* keys may go over plain http to public hosts */
	int by_name;		/* nothing is fetched: the lines have their secrets' names only (--curl) */
	struct own_key own;	/* of the command line */
};

void secrets_init(struct secrets *s);
void secrets_release(struct secrets *s);	/* wipes */
/* s->config was loaded by the caller: it is judged as if it had been here. */
void secrets_lend(struct secrets *s);

/*
 * The header lines for a request along this route: those that every request
 * has, the route's own headers, its auth.  `lines` was all zero or holds
 * others, which go.  0, or -1 and *f (no_api_key, config, input) without any
 * secret in it, and no lines.
 */
int secrets_headers(struct secrets *s, struct span route, struct header_lines *lines, struct fault *f);

/*
 * The command line's own key, out of a variable or a file, is for that server
 * (ownkey.h) and goes there in place of the routes' auth, under the name and
 * with the prefix of one that has those.  Both NULL: the server is only that of -H's secrets.  After by_name was set.
 */
int secrets_own_key(struct secrets *s, const char *variable, const char *file, const char *server, struct fault *f);

/* fb-send's own configuration, where no other was read since; 0, or -1 and *f: it is nobody's word. */
int secrets_own(struct secrets *s, struct config **own, struct fault *f);
/* The secret of a reference, if it is for that server, into `value`, which is empty and the caller's to wipe.  0, or -1 and *f. */
int secrets_value(struct secrets *s, struct span ref, const struct url *target, struct buf *value, struct fault *f);

#endif
