/*
 * ids.h - texts that are found again: the ids of calls, a list of names.
 *
 * A text is the characters of a JSON string token, escapes decoded, of any
 * length and with any character in it (U+0000 too).  A balanced tree: n texts
 * cost n log n, however they are chosen.
 *
 * Pure: bytes in, bytes out.
 */
#ifndef FB_IDS_H
#define FB_IDS_H

#include "buf.h"
#include "span.h"

struct id {
	size_t at, n;		/* its characters: ids_text() */
	struct span what;	/* what the caller keeps with it; nothing and 0 at first */
	size_t number;
	size_t below[2];	/* the tree: places from 1, 0 for none */
	int level;
};

struct ids {
	struct buf text;
	struct id *id;		/* [0] is no text */
	size_t n, room;
	size_t root;
	int failed;		/* memory ran out: what it doesn't find may have been put in */
};

void ids_init(struct ids *s);
void ids_release(struct ids *s);
void ids_clear(struct ids *s);	/* empties, keeps the memory */

/*
 * The place of a text, good until ids_clear(); 0: not there (or no string
 * token).  ids_add puts it in if it isn't; 0 when memory ran out.
 */
size_t ids_find(const struct ids *s, struct span token);
size_t ids_add(struct ids *s, struct span token);
size_t ids_find_text(const struct ids *s, const char *p, size_t n);
size_t ids_add_text(struct ids *s, const char *p, size_t n);

const char *ids_text(const struct ids *s, size_t place);	/* good until the next is added */

#endif
