/*
 * sse.c - libFuzzer on the reader of server-sent events: one push and pushes
 * of a few bytes must give the same events, the same end and the same limit.
 * The first byte says the size of a push, the second how large an event may be.
 *
 * make fuzz TARGET=sse
 */
#include <stdint.h>

#include "checkjson.h"
#include "sse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STOPPED = 7 };

struct heard {
	struct sse sse;
	struct buf out;
	size_t max, events, most;
	int stop, end;
};

static void note(struct buf *out, struct span s)
{
	buf_addf(out, "%zu:", s.n);
	buf_add(out, s.p, s.n);
}

static int on_event(void *ctx, const struct sse_event *ev)
{
	struct heard *h = ctx;

	must(ev->type.n <= h->max && ev->data.n <= h->max && ev->id.n <= h->max);
	must(memchr(ev->type.p, '\n', ev->type.n) == NULL && memchr(ev->type.p, '\r', ev->type.n) == NULL);
	must(memchr(ev->id.p, '\0', ev->id.n) == NULL && memchr(ev->data.p, '\r', ev->data.n) == NULL);
	note(&h->out, ev->type);
	note(&h->out, ev->data);
	note(&h->out, ev->id);
	return ++h->events == h->most ? STOPPED : 0;
}

static void hear(struct heard *h, const char *p, size_t n, size_t step)
{
	size_t i, k;
	char *copy;

	h->events = 0;
	h->stop = h->end = 0;
	sse_init(&h->sse, h->max);
	buf_init(&h->out, MAX_RECORD);
	for (i = 0; i < n && h->stop == 0; i += k) {
		k = step < n - i ? step : n - i;
		copy = malloc(k);
		must(copy != NULL);
		memcpy(copy, p + i, k);
		h->stop = sse_push(&h->sse, copy, k, on_event, h);
		free(copy);
	}
	if (h->stop == SSE_TOO_LARGE)	/* and stays so */
		must(sse_push(&h->sse, "\n", 1, on_event, h) == SSE_TOO_LARGE);
	if (h->stop != STOPPED)
		h->end = sse_end(&h->sse, on_event, h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct heard whole, parts;

	if (size < 2)
		return 0;
	whole.max = parts.max = data[1] % 128 < 64 ? data[1] % 64 + 1u : MAX_EVENT;
	whole.most = parts.most = data[1] >= 128 ? data[0] / 32 : 0;
	hear(&whole, (const char *)data + 2, size - 2, size);
	hear(&parts, (const char *)data + 2, size - 2, data[0] % 32 + 1u);
	must(whole.stop == parts.stop && whole.end == parts.end && whole.events == parts.events);
	must(same(all_of(&whole.out), all_of(&parts.out)));
	must(whole.stop != 0 || (whole.sse.comments == parts.sse.comments && whole.sse.retry_ms == parts.sse.retry_ms));
	sse_release(&whole.sse);
	sse_release(&parts.sse);
	buf_release(&whole.out);
	buf_release(&parts.out);
	return 0;
}
