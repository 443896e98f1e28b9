/*
 * donetable.h - numbers that are found again, with a number each: 16 bytes an
 * entry, and at least half of the table is in use once it has some hundred.
 *
 * Pure.
 */
#ifndef FB_DONETABLE_H
#define FB_DONETABLE_H

#include <stddef.h>
#include <stdint.h>

/* The lowest bits of `who` are the caller's, and no part of the name. */
enum { DONE_FLAGS = 7 };

struct done {
	uint64_t who;		/* 0: nobody */
	uint64_t what;
};

struct donetable {
	struct done *slot;	/* open addressing; an entry moves when the table grows */
	size_t size, n;
};

uint64_t done_name(uint64_t hash);	/* a hash as a name: not 0, its flags 0 */
/* The entry of a name, until the next donetable_put(); NULL: there is none. */
struct done *donetable_find(const struct donetable *t, uint64_t name);
/* The same, put in with what 0 when there is none; NULL: no memory. */
struct done *donetable_put(struct donetable *t, uint64_t name);
void donetable_release(struct donetable *t);

/* Names in heaps, each heap with a name of its own: the last in is the first out. */
struct spares {
	int made;		/* the caller's */
	struct donetable first;	/* of a heap: the newest, from 1 */
	struct spare { uint64_t who; size_t next; } *item;
	size_t n, room;
};
int spares_push(struct spares *s, uint64_t heap, uint64_t name);	/* 0, or -1: no memory */
uint64_t spares_pop(struct spares *s, uint64_t heap);			/* 0: it is empty */
void spares_release(struct spares *s);

#endif
