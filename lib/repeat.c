/* repeat.c - see repeat.h. */
#include <string.h>

#include "repeat.h"

enum { MAX_AROUND = 4096 };	/* longer ones hold more than a piece of text */

void repeat_init(struct repeat *r)
{
	buf_init(&r->head, MAX_AROUND);
	buf_init(&r->tail, MAX_AROUND);
	r->choice = 0;
}

void repeat_release(struct repeat *r)
{
	buf_release(&r->head);
	buf_release(&r->tail);
}

/* The piece, when the element has nothing else that adds up or ends the answer. */
static struct span piece_of(struct span element)
{
	enum { INDEX, DELTA, FINISH, LOGPROBS, MEMBERS };
	enum { ROLE, CONTENT, PARTS };
	static const char *const members[] = {"index", "delta", "finish_reason", "logprobs", NULL};
	static const char *const parts[] = {"role", "content", NULL};
	struct span m[MEMBERS], d[PARTS];

	if (span_pick(element, members, m) > 0 || span_kind(m[FINISH]) > SPAN_NULL || span_kind(m[LOGPROBS]) > SPAN_NULL ||
	    span_pick(m[DELTA], parts, d) > 0 || span_kind(d[CONTENT]) != SPAN_STRING)
		return SPAN_NIL;
	return d[CONTENT];
}

int repeat_learn(struct repeat *r, struct span chunk, struct span element)
{
	struct span piece = piece_of(element);
	const char *after;

	buf_clear(&r->head);
	buf_clear(&r->tail);
	if (piece.p == NULL)
		return 0;
	after = piece.p + piece.n - 1;
	buf_add(&r->head, chunk.p, (size_t)(piece.p - chunk.p) + 1);
	buf_add(&r->tail, after, (size_t)(chunk.p + chunk.n - after));
	return r->head.len > 0 && r->tail.len > 0;
}

/* The inside of a string, with its quotes around it: most pieces have no escapes. */
static int is_inside(struct span piece)
{
	struct span value;
	struct span_err err;

	if (span_unmarked(piece.p, piece.n) == piece.n)
		return span_utf8(piece.p, piece.n) == piece.n;
	return span_check(piece.p - 1, piece.n + 2, 1, &value, &err) == 0 && value.n == piece.n + 2;
}

int repeat_has(const struct repeat *r, struct span chunk, struct span *piece)
{
	size_t around = r->head.len + r->tail.len;

	if (r->head.len == 0 || r->tail.len == 0 || chunk.n < around ||
	    memcmp(chunk.p, r->head.data, r->head.len) != 0 ||
	    memcmp(chunk.p + chunk.n - r->tail.len, r->tail.data, r->tail.len) != 0)
		return 0;
	*piece = (struct span){chunk.p + r->head.len, chunk.n - around};
	return is_inside(*piece);
}
