/*
 * customary.h - OPENAI_BASE_URL and OPENAI_API_KEY, which many tools read.
 *
 * The key goes to the origin of OPENAI_BASE_URL, or where that isn't set to
 * https://api.openai.com, and nowhere else: --base-url may name any server.
 */
#ifndef FB_CUSTOMARY_H
#define FB_CUSTOMARY_H

#include "url.h"

const char *customary_base_url(void);	/* NULL: not set, or empty */
/* The variable whose value is the key for that server; NULL: none, or it isn't set. */
const char *customary_key(const struct url *target);
/* Is that variable for that server? */
int customary_pairs(const char *variable, const struct url *target);

#endif
