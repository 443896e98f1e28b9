/*
 * stream.c - libFuzzer on a server's reply: one push, pushes of a few bytes
 * and the path without repeats (lib/repeat) must give the same answer, and the
 * same chunks to who watches.  The first byte says the status, the size of a
 * push and whether it was cut.
 *
 * make fuzz TARGET=stream
 */
#include <stdint.h>

#include "checkjson.h"
#include "reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct taken {
	struct reply reply;
	struct buf body, chunks;
	struct fault fault;
	int bad;
};

static void on_chunk(void *ctx, struct span chunk)
{
	struct taken *t = ctx;

	is_json(chunk.p, chunk.n);
	must(memchr(chunk.p, '\n', chunk.n) == NULL && memchr(chunk.p, '\r', chunk.n) == NULL);
	buf_add(&t->chunks, chunk.p, chunk.n);
	buf_addc(&t->chunks, '\n');
}

/* Each push in memory of its exact size, and gone behind it. */
static void push(struct reply *r, const char *p, size_t n)
{
	char *copy = malloc(n + !n);

	must(copy != NULL);
	if (n > 0)
		memcpy(copy, p, n);
	reply_push(r, copy, n);
	free(copy);
}

/* repeats: 0: byte by byte, and nothing learnt of a chunk is left for the next. */
static void take(struct taken *t, const char *p, size_t n, unsigned how, size_t step, int repeats, reply_chunk_fn *fn)
{
	size_t i, k;

	reply_init(&t->reply, fn, t);
	buf_init(&t->body, 2 * MAX_RECORD);
	buf_init(&t->chunks, 2 * MAX_RECORD);
	if (how & 1)
		reply_head(&t->reply, how & 2 ? 400 : 200, how & 4 ? "Bad Request" : "");
	for (i = 0; i < n; i += k) {
		k = step < n - i ? step : n - i;
		push(&t->reply, p + i, k);
		if (!repeats)
			repeat_release(&t->reply.repeat);
	}
	t->bad = reply_end(&t->reply, (how & 8) != 0, &t->body, &t->fault);
	must(!t->body.failed && memchr(t->body.data, '\n', t->body.len) == NULL && memchr(t->body.data, '\r', t->body.len) == NULL);
	is_json(t->body.data, t->body.len);
	must((t->bad != 0) == (t->fault.code != F_NONE) && (t->bad == 0 || t->fault.message[0] != '\0'));
}

static void leave(struct taken *t)
{
	reply_release(&t->reply);
	buf_release(&t->body);
	buf_release(&t->chunks);
}

static void alike(const struct taken *a, const struct taken *b)
{
	must(a->bad == b->bad && a->fault.code == b->fault.code && a->fault.status == b->fault.status);
	must(strcmp(a->fault.message, b->fault.message) == 0);
	must(same(all_of(&a->body), all_of(&b->body)));
	must(a->reply.form == b->reply.form && a->reply.chunks == b->reply.chunks && a->reply.done == b->reply.done);
}

/* A success has an end sign, and none that says otherwise. */
static void earned(const struct taken *t)
{
	const struct reply *r = &t->reply;

	if (t->bad)
		return;
	must(r->form != REPLY_STREAM || (!r->has_error && (r->done || r->nchoices > 0)));
	must(r->status == 0 || r->status == 200);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct taken whole, parts, plain;
	unsigned how;
	size_t step;

	if (size < 1)
		return 0;
	how = data[0] & 15;
	step = data[0] / 16u + 1;
	data++;
	size--;
	take(&whole, (const char *)data, size, how, size + 1, 1, on_chunk);
	take(&parts, (const char *)data, size, how, step, 1, NULL);
	take(&plain, (const char *)data, size, how, 1, 0, on_chunk);
	alike(&whole, &parts);
	alike(&whole, &plain);
	must(same(all_of(&whole.chunks), all_of(&plain.chunks)));
	earned(&whole);
	leave(&whole);
	leave(&parts);
	leave(&plain);
	return 0;
}
