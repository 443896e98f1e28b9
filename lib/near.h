/*
 * near.h - "did you mean": which known names are close to one that is not.
 * Pure.
 */
#ifndef FB_NEAR_H
#define FB_NEAR_H

#include "buf.h"

/* Edits (insert, delete, replace, ASCII case aside) from a to b; long texts are far apart: 1000. */
int near_distance(const char *a, const char *b);

/* Collects the best few of the names it is shown. */
enum { NEAR_MOST = 3 };
struct near {
	const char *want;
	const char *name[NEAR_MOST];	/* best first; borrowed */
	int distance[NEAR_MOST];
	int n;
};
void near_init(struct near *s, const char *want);
void near_see(struct near *s, const char *name);
/* `name` is shown where `key` is near. */
void near_see_as(struct near *s, const char *key, const char *name);
/* Appends "; did you mean a, b or c?" or nothing. */
void near_write(const struct near *s, struct buf *out);

#endif
