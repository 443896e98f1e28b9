/* openids.c - see openids.h. */
#include "json.h"
#include "openids.h"

enum { SPARE = 1000 };	/* so many that were open are kept before it is tidied */

void openids_init(struct openids *o)
{
	ids_init(&o->ids);
	o->n = 0;
	o->first = 1;
}

void openids_release(struct openids *o)
{
	ids_release(&o->ids);
}

/* A token of the text at a place. */
static void add_token(const struct openids *o, size_t place, struct buf *out)
{
	json_quote(out, ids_text(&o->ids, place), o->ids.id[place].n);
}

/* Only the open ones are kept, in their order. */
static void tidy(struct openids *o)
{
	struct ids kept;
	size_t i, at;

	ids_init(&kept);
	for (i = o->first; i <= o->ids.n; i++)
		if (o->ids.id[i].number != 0) {
			at = ids_add_text(&kept, ids_text(&o->ids, i), o->ids.id[i].n);
			if (at == 0) {	/* no memory: they stay as they are */
				ids_release(&kept);
				return;
			}
			kept.id[at].number = 1;
		}
	ids_release(&o->ids);
	o->ids = kept;
	o->first = 1;
}

int openids_event(struct openids *o, struct span id)
{
	size_t at;

	if (o->ids.n > SPARE + 2 * o->n)
		tidy(o);
	at = ids_add(&o->ids, id);
	if (at == 0 || o->ids.id[at].number != 0)
		return 0;
	o->ids.id[at].number = 1;
	if (at < o->first)
		o->first = at;
	o->n++;
	return 1;
}

void openids_end(struct openids *o, struct span id)
{
	size_t at = o->n > 0 ? ids_find(&o->ids, id) : 0;

	if (at == 0 || o->ids.id[at].number == 0)
		return;
	o->ids.id[at].number = 0;
	o->n--;
}

int openids_take(struct openids *o, struct buf *id)
{
	buf_clear(id);
	if (o->n == 0)
		return 0;
	while (o->ids.id[o->first].number == 0)
		o->first++;
	add_token(o, o->first, id);
	o->ids.id[o->first].number = 0;
	o->n--;
	return 1;
}
