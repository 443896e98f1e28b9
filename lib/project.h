/*
 * project.h - what a jq program makes of a record, as text: --jq of fb-parse.  Pure.
 */
#ifndef FB_PROJECT_H
#define FB_PROJECT_H

#include "buf.h"
#include "ending.h"
#include "fault.h"
#include "jqprog.h"
#include "span.h"

enum { PROJECT_OUTPUTS = 1 << 20 };	/* of one record */

/*
 * The program's outputs in `out`, which is empty before, each with its end: a text as it is, another
 * value as compact JSON.  0; or -1 and *f: it failed, and `out` is empty.
 */
int project(struct jqprog *p, struct span record, enum ending end, struct buf *out, struct fault *f);

#endif
