/* msse.c - see msse.h. */
#include "buf.h"
#include "msse.h"

static void send(struct mreply *to, struct span data)
{
	struct buf event;

	buf_init(&event, to->out->max);
	buf_adds(&event, "data: ");
	buf_add(&event, data.p, data.n);
	buf_adds(&event, "\n\n");
	if (event.failed)
		buf_room(to->out, to->out->max + 1);	/* fails it: half a stream is no stream */
	else
		mreply_piece(to, (struct span){event.data, event.len});
	buf_release(&event);
}

void msse_event(struct mreply *to, const struct buf *json)
{
	if (json->failed)
		buf_room(to->out, to->out->max + 1);
	else
		send(to, (struct span){buf_text(json), json->len});
}

void msse_text(struct mreply *to, const char *text)
{
	send(to, span_of(text));
}
