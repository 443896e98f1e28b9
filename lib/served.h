/*
 * served.h - did another model answer than was asked?  Servers that hold one
 * model serve it whatever they are asked, and a router may pick its own.
 * Pure.
 */
#ifndef FB_SERVED_H
#define FB_SERVED_H

#include "buf.h"
#include "span.h"

/* Pairs that were told. */
struct served {
	struct buf told;
	int n;
};

/*
 * 1 when two names (plain text) are of different models.  One model has many
 * names: in any case of letters; below folders, of a path or of an owner; with
 * .gguf behind; with a tag behind a colon, which the other doesn't have; with a
 * date or a version of three digits and more behind, or "latest".  And a .gguf
 * file may have more in its name, as its quantization.
 */
int served_differs(const char *asked, const char *got);

void served_init(struct served *s);
void served_release(struct served *s);
/* A request's body and its reply's: 1 when people should hear of it, once for each pair, and *out gets the words. */
int served_tell(struct served *s, struct span body, struct span reply, struct buf *out);

#endif
