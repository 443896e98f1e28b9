/* ids.c - see ids.h: an AA tree, which is a red-black tree that is simpler to keep in balance. */
#include <stdlib.h>
#include <string.h>

#include "ids.h"
#include "limits.h"

enum { LEFT, RIGHT };

void ids_init(struct ids *s)
{
	memset(s, 0, sizeof *s);
	buf_init(&s->text, MAX_RECORD);
}

void ids_release(struct ids *s)
{
	buf_release(&s->text);
	free(s->id);
	ids_init(s);
}

void ids_clear(struct ids *s)
{
	buf_clear(&s->text);
	s->n = s->root = 0;
	s->failed = 0;
}

const char *ids_text(const struct ids *s, size_t place)
{
	return buf_text(&s->text) + s->id[place].at;
}

/* Shorter ones are before longer ones. */
static int compare(const struct ids *s, const char *p, size_t n, size_t place)
{
	const struct id *id = &s->id[place];

	if (n != id->n)
		return n < id->n ? -1 : 1;
	return n == 0 ? 0 : memcmp(p, buf_text(&s->text) + id->at, n);
}

size_t ids_find_text(const struct ids *s, const char *p, size_t n)
{
	size_t at = s->root;
	int c;

	while (at != 0 && (c = compare(s, p, n, at)) != 0)
		at = s->id[at].below[c > 0 ? RIGHT : LEFT];
	return at;
}

/* A new one behind the others, in no tree yet; 0: no memory. */
static size_t make(struct ids *s, const char *p, size_t n)
{
	size_t room = s->room > 0 ? 2 * s->room : 16;
	struct id *more;

	if (s->n + 2 > s->room) {
		if ((more = realloc(s->id, room * sizeof *more)) == NULL)
			return 0;
		s->id = more;
		s->room = room;
	}
	memset(&s->id[0], 0, sizeof s->id[0]);
	s->id[s->n + 1] = (struct id){s->text.len, n, SPAN_NIL, 0, {0, 0}, 1};
	buf_add(&s->text, p, n);
	return s->text.failed ? 0 : ++s->n;
}

/* A left child of the same level becomes the parent. */
static size_t skew(struct id *id, size_t at)
{
	size_t left = id[at].below[LEFT];

	if (left == 0 || id[left].level != id[at].level)
		return at;
	id[at].below[LEFT] = id[left].below[RIGHT];
	id[left].below[RIGHT] = at;
	return left;
}

/* Of three in a row to the right, all of one level, the middle one goes up. */
static size_t split(struct id *id, size_t at)
{
	size_t right = id[at].below[RIGHT];

	if (right == 0 || id[right].below[RIGHT] == 0 || id[id[right].below[RIGHT]].level != id[at].level)
		return at;
	id[at].below[RIGHT] = id[right].below[LEFT];
	id[right].below[LEFT] = at;
	id[right].level++;
	return right;
}

/* Hangs `fresh` below `at`: no deeper than the tree is, twice the logarithm of what it holds. */
static size_t hang(struct ids *s, size_t at, size_t fresh)
{
	int side;

	if (at == 0)
		return fresh;
	side = compare(s, buf_text(&s->text) + s->id[fresh].at, s->id[fresh].n, at) > 0 ? RIGHT : LEFT;
	s->id[at].below[side] = hang(s, s->id[at].below[side], fresh);
	return split(s->id, skew(s->id, at));
}

size_t ids_add_text(struct ids *s, const char *p, size_t n)
{
	size_t at = ids_find_text(s, p, n);

	if (at != 0 || s->failed)
		return at;
	at = make(s, p, n);
	s->failed = at == 0;
	if (at != 0)
		s->root = hang(s, s->root, at);
	return at;
}

size_t ids_find(const struct ids *s, struct span token)
{
	struct buf text;
	struct span c;
	size_t at;

	if (span_kind(token) != SPAN_STRING || s->n == 0)
		return 0;
	buf_init(&text, MAX_RECORD);
	c = span_plain(token, &text);
	at = ids_find_text(s, c.p, c.n);
	buf_release(&text);
	return at;
}

size_t ids_add(struct ids *s, struct span token)
{
	struct buf text;
	struct span c;
	size_t at = 0;

	if (span_kind(token) != SPAN_STRING)
		return 0;
	buf_init(&text, MAX_RECORD);
	c = span_plain(token, &text);
	if (text.failed)
		s->failed = 1;
	else
		at = ids_add_text(s, c.p, c.n);
	buf_release(&text);
	return at;
}
