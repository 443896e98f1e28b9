/* lineup.c - see lineup.h. */
#include "lineup.h"

void lineup_due(struct flight **list, struct flight *t, double due)
{
	t->due = due;
	while (*list != NULL && (*list)->due <= due)
		list = &(*list)->next;
	t->next = *list;
	*list = t;
}

void lineup_take_out(struct flight **list, const struct flight *t)
{
	while (*list != t)
		list = &(*list)->next;
	*list = t->next;
}

void lineup_drop(struct flight **list)
{
	struct flight *t;

	while ((t = *list) != NULL) {
		*list = t->next;
		flight_free(t);
	}
}

/* New ones go to the end at once: the line may be long. */
void lineup_join(struct host *h, struct flight *t)
{
	struct flight **at = h->line != NULL && h->last->number < t->number ? &h->last->next : &h->line;

	while (*at != NULL && (*at)->number < t->number)
		at = &(*at)->next;
	t->next = *at;
	*at = t;
	if (t->next == NULL)
		h->last = t;
}

void lineup_leave(struct host *h, struct flight *t)
{
	struct flight **at = &h->line, *before = NULL;

	while (*at != t) {
		before = *at;
		at = &before->next;
	}
	*at = t->next;
	if (h->last == t)
		h->last = before;
}
