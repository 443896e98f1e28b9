/*
 * repeat.c - libFuzzer on chunks that repeat all but a piece of text: what is
 * taken for a repeat is one, and the answer is that of the plain path.
 *
 * Between the parts of an input is a byte RS (0x1E): the bytes in front of the
 * piece, those behind it, then pieces; a part that begins with { is a chunk as
 * it stands.
 *
 * make fuzz TARGET=repeat
 */
#include <stdint.h>

#include "checkjson.h"
#include "reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct parts {
	struct span head, tail, rest;
};

static void on_chunk(void *ctx, struct span chunk)
{
	(void)ctx;
	is_json(chunk.p, chunk.n);
}

/* The part before the next RS; 0: there are no more. */
static int next_part(struct span *rest, struct span *part)
{
	const char *stop;

	if (rest->p == NULL)
		return 0;
	stop = rest->n > 0 ? memchr(rest->p, 0x1e, rest->n) : NULL;
	*part = (struct span){rest->p, stop != NULL ? (size_t)(stop - rest->p) : rest->n};
	*rest = stop != NULL ? (struct span){stop + 1, rest->n - part->n - 1} : SPAN_NIL;
	return 1;
}

static int next_chunk(struct parts *in, struct buf *chunk)
{
	struct span part;

	if (!next_part(&in->rest, &part))
		return 0;
	buf_clear(chunk);
	if (part.n > 0 && part.p[0] == '{') {
		buf_add(chunk, part.p, part.n);
		return 1;
	}
	buf_add(chunk, in->head.p, in->head.n);
	buf_add(chunk, part.p, part.n);
	buf_add(chunk, in->tail.p, in->tail.n);
	return 1;
}

/* What it takes for a repeat is JSON, with just that piece in just that place. */
static void repeats(struct parts in)
{
	struct repeat r;
	struct buf chunk;
	struct span v, piece, content;
	struct span_err err;

	repeat_init(&r);
	buf_init(&chunk, MAX_RECORD);
	while (next_chunk(&in, &chunk)) {
		if (repeat_has(&r, all_of(&chunk), &piece)) {
			v = is_json(chunk.data, chunk.len);
			content = span_at(v, "choices.0.delta.content");
			must(span_count(span_get(v, "choices")) == 1 && content.n == piece.n + 2 && content.p + 1 == piece.p);
			continue;
		}
		if (span_check(buf_text(&chunk), chunk.len, MAX_DEPTH, &v, &err) == 0 && span_count(span_get(v, "choices")) == 1)
			repeat_learn(&r, v, span_at(v, "choices.0"));
	}
	repeat_release(&r);
	buf_release(&chunk);
}

static int answer(struct parts in, reply_chunk_fn *fn, struct buf *body, struct fault *f, long *chunks)
{
	struct reply r;
	struct buf chunk;
	int bad;

	reply_init(&r, fn, NULL);
	buf_init(&chunk, MAX_RECORD);
	buf_init(body, 2 * MAX_RECORD);
	while (next_chunk(&in, &chunk)) {
		reply_push(&r, "data: ", 6);
		reply_push(&r, buf_text(&chunk), chunk.len);
		reply_push(&r, "\n\n", 2);
	}
	bad = reply_end(&r, 0, body, f);
	is_json(body->data, body->len);
	*chunks = r.chunks;
	reply_release(&r);
	buf_release(&chunk);
	return bad;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct parts in = {.rest = {(const char *)data, size}};
	struct buf quick, plain;
	struct fault f, g;
	long n, m;

	if (size == 0 || !next_part(&in.rest, &in.head) || !next_part(&in.rest, &in.tail))
		return 0;
	repeats(in);
	must(answer(in, NULL, &quick, &f, &n) == answer(in, on_chunk, &plain, &g, &m));
	must(same(all_of(&quick), all_of(&plain)) && n == m);
	must(f.code == g.code && strcmp(f.message, g.message) == 0);
	buf_release(&quick);
	buf_release(&plain);
	return 0;
}
