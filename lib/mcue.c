/* mcue.c - see mcue.h. */
#include <stdlib.h>
#include <string.h>

#include "mcue.h"

enum { LATE_US = 1000000 };	/* a wait that begins later than that starts from now */

void mcue_release(struct mcues *q)
{
	free(q->list);
	memset(q, 0, sizeof *q);
}

void mcue_next(struct mcues *q)
{
	q->n = q->next = 0;
}

void mcue_clear(struct mcues *q)
{
	mcue_next(q);
	q->due = q->since = q->drip = 0;
	q->failed = 0;
}

void mcue_add(struct mcues *q, size_t at, enum mcue_act act, long long us)
{
	struct mcue *more;

	if (q->n == q->cap) {
		more = realloc(q->list, (q->cap ? 2 * q->cap : 64) * sizeof *more);
		if (more == NULL) {
			q->failed = 1;
			return;
		}
		q->list = more;
		q->cap = q->cap ? 2 * q->cap : 64;
	}
	q->list[q->n++] = (struct mcue){at, act, us};
}

void mcue_insert(struct mcues *q, size_t at, enum mcue_act act, long long us)
{
	size_t i;

	mcue_add(q, at, act, us);
	if (q->failed)
		return;
	for (i = q->n - 1; i > q->next && q->list[i - 1].at > at; i--)
		q->list[i] = q->list[i - 1];
	q->list[i] = (struct mcue){at, act, us};
}

void mcue_cut(struct mcues *q, size_t at)
{
	while (q->n > q->next && q->list[q->n - 1].at >= at)
		q->n--;
}

void mcue_splice(struct mcues *q, size_t at, size_t less, size_t more)
{
	size_t i;

	for (i = q->n; i-- > q->next && q->list[i].at > at;)
		if (q->list[i].at >= at + less)
			q->list[i].at += more - less;
		else
			q->list[i].at = at;
}

/* A wait of `us`: 1 while it lasts.  The first call starts it. */
static int waits(struct mcues *q, long long us, long long now)
{
	if (q->due == 0)
		q->due = (q->since > 0 && now - q->since < LATE_US ? q->since : now) + us;
	if (now < q->due)
		return 1;
	q->since = q->due;
	q->due = 0;
	return 0;
}

enum mcue_now mcue_now(struct mcues *q, size_t sent, size_t len, long long now,
    size_t *upto, long long *due)
{
	const struct mcue *c;

	for (; q->next < q->n && q->list[q->next].at <= sent; q->next++) {
		c = &q->list[q->next];
		if (c->act == MCUE_DRIP) {
			q->drip = c->us;
		} else if (c->act == MCUE_WAIT) {
			if (waits(q, c->us, now)) {
				*due = q->due;
				return MCUE_SLEEP;
			}
		} else if (c->act == MCUE_HOLD) {
			*due = 0;
			return MCUE_SLEEP;
		} else if (c->act == MCUE_AGAIN) {
			*upto = (size_t)c->us;
			return MCUE_BACK;
		} else {
			return c->act == MCUE_RESET ? MCUE_BREAK : MCUE_END;
		}
	}
	*upto = q->next < q->n && q->list[q->next].at < len ? q->list[q->next].at : len;
	if (q->drip == 0 || sent == len)
		return MCUE_SEND;
	if (waits(q, q->drip, now)) {
		*due = q->due;
		return MCUE_SLEEP;
	}
	*upto = sent + 1;
	return MCUE_SEND;
}
