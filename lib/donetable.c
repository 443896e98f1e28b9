/* donetable.c - see donetable.h. */
#include <stdlib.h>

#include "donetable.h"

enum { FIRST = 61 };

uint64_t done_name(uint64_t hash)
{
	hash &= ~(uint64_t)DONE_FLAGS;
	return hash != 0 ? hash : DONE_FLAGS + 1;
}

/* Where a name is, or the free slot where it would be; one is free. */
static struct done *place(struct done *slot, size_t size, uint64_t name)
{
	size_t i = (size_t)((name >> 3) % size);

	while (slot[i].who != 0 && (slot[i].who & ~(uint64_t)DONE_FLAGS) != name)
		i = i + 1 < size ? i + 1 : 0;
	return &slot[i];
}

struct done *donetable_find(const struct donetable *t, uint64_t name)
{
	struct done *d;

	if (t->n == 0)
		return NULL;
	d = place(t->slot, t->size, name);
	return d->who != 0 ? d : NULL;
}

/* By a half, from four fifths: so more than half of it is always in use. */
static int grow(struct donetable *t)
{
	size_t size = t->size > 0 ? (t->size + t->size / 2) | 1 : FIRST, i;
	struct done *more = size > t->size ? calloc(size, sizeof *more) : NULL;

	if (more == NULL)
		return -1;
	for (i = 0; i < t->size; i++)
		if (t->slot[i].who != 0)
			*place(more, size, t->slot[i].who & ~(uint64_t)DONE_FLAGS) = t->slot[i];
	free(t->slot);
	t->slot = more;
	t->size = size;
	return 0;
}

struct done *donetable_put(struct donetable *t, uint64_t name)
{
	struct done *d = donetable_find(t, name);

	if (d != NULL)
		return d;
	if (t->n >= t->size / 5 * 4 && grow(t) != 0)
		return NULL;
	d = place(t->slot, t->size, name);
	d->who = name;
	t->n++;
	return d;
}

void donetable_release(struct donetable *t)
{
	free(t->slot);
	*t = (struct donetable){NULL, 0, 0};
}

int spares_push(struct spares *s, uint64_t heap, uint64_t name)
{
	struct done *first;

	if (s->n == s->room) {
		size_t room = s->room > 0 ? 2 * s->room : 64;
		struct spare *more = realloc(s->item, room * sizeof *more);

		if (more == NULL)
			return -1;
		s->item = more;
		s->room = room;
	}
	if ((first = donetable_put(&s->first, heap)) == NULL)
		return -1;
	s->item[s->n] = (struct spare){name, (size_t)first->what};
	first->what = ++s->n;
	return 0;
}

uint64_t spares_pop(struct spares *s, uint64_t heap)
{
	struct done *first = donetable_find(&s->first, heap);
	const struct spare *i;

	if (first == NULL || first->what == 0)
		return 0;
	i = &s->item[first->what - 1];
	first->what = i->next;
	return i->who;
}

void spares_release(struct spares *s)
{
	donetable_release(&s->first);
	free(s->item);
	*s = (struct spares){.item = NULL};
}
