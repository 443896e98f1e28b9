/*
 * compattool.h - compat flags that act on a finished body: tools and their
 * schemas, temperature, the token limit's name (REFERENCE section 3).
 *
 * Each is a compat_fn: 1 and the whole new body was appended to `out`, or 0
 * and the body stays as it is.  `value` is the flag's value in the route.
 * Applied twice they change nothing more; every byte that has no reason to
 * change stays.
 *
 * Pure: bytes in, bytes out.
 */
#ifndef FB_COMPATTOOL_H
#define FB_COMPATTOOL_H

#include "buf.h"
#include "span.h"

/* supportsTools false: no member about tools.  Calls and results in the history stay: they are what was said. */
int compattool_none(struct span body, struct span value, struct buf *out);
/* unsupportedToolSchemaKeywords: these keywords leave the tools' schemas, at any depth. */
int compattool_keywords(struct span body, struct span value, struct buf *out);
/* toolSchemaProfile: "llamacpp" drops `pattern`, and maxLength from 2000; others are accepted, and change nothing. */
int compattool_profile(struct span body, struct span value, struct buf *out);
/* supportsTemperature false. */
int compattool_temperature(struct span body, struct span value, struct buf *out);
/* maxTokensField: the limit under the other name gets this one; of both the last that is no null is kept. */
int compattool_limit(struct span body, struct span value, struct buf *out);

#endif
