/*
 * attach.h - files as content parts of a prompt: images and texts, told by
 * what they hold.
 */
#ifndef FB_ATTACH_H
#define FB_ATTACH_H

#include "allow.h"
#include "buf.h"
#include "fault.h"
#include "message.h"
#include "span.h"

enum { ATTACH_MOST = 64 };	/* of -f, and of one record */

struct attached {
	struct buf parts;	/* JSON, each with a comma before it */
	struct buf plain;	/* the same with a text in place of each image */
	struct buf names;	/* {"path":..,"mimeType":..} of those of the command line, each with a comma before it */
	int images;
};

void attach_init(struct attached *a);
void attach_release(struct attached *a);

/* Another one; `what` is how a message calls it: "-f: cat.png".  0, or -1 and *f. */
int attach_add(struct attached *a, const char *what, struct span bytes, struct fault *f);
/* What `names` has of it. */
void attach_name(struct attached *a, const char *path, struct span bytes);

/* Those that a record names: an array of names below the directory.  0, or -1 and *f. */
int attach_named(struct attached *a, struct span names, const struct allow *dir, struct fault *f);

/* *extra with these behind it; `both` keeps the bytes.  0, or -1 and *f: together they are too much. */
int attach_behind(struct message_extra *extra, const struct attached *a, struct attached *both, struct fault *f);

#endif
