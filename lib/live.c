/* live.c - see live.h. */
#include <string.h>

#include "limits.h"
#include "live.h"

static const char think_open[] = "<think>", think_close[] = "</think>";
enum { OPEN_LEN = sizeof think_open - 1, CLOSE_LEN = sizeof think_close - 1 };

void live_init(struct live *l)
{
	buf_init(&l->raw, MAX_RECORD);
	buf_init(&l->plain, MAX_RECORD);
	l->passed = 0;
	l->where = LIVE_START;
	l->has_content = 0;
}

void live_release(struct live *l)
{
	buf_release(&l->raw);
	buf_release(&l->plain);
}

/*
 * How much of the raw text can be decoded now: all but a high surrogate that
 * waits for its other half.  (Behind an odd number of backslashes "\ud83d" is
 * no escape but a backslash and five letters.)
 */
static size_t whole_part(const struct buf *raw)
{
	const char *p = raw->len >= 6 ? raw->data + raw->len - 6 : "";
	size_t before = 0;

	if (!(p[0] == '\\' && p[1] == 'u' && (p[2] == 'd' || p[2] == 'D') && strchr("89aAbB", p[3]) != NULL))
		return raw->len;
	while (before < raw->len - 6 && p[-1 - (long)before] == '\\')
		before++;
	return before % 2 == 0 ? raw->len - 6 : raw->len;
}

static void decode(struct live *l, size_t n)
{
	struct buf token;

	buf_init(&token, MAX_RECORD);
	buf_addc(&token, '"');
	buf_add(&token, buf_text(&l->raw), n);
	buf_addc(&token, '"');
	span_decode((struct span){buf_text(&token), token.len}, SPAN_REPLACE, &l->plain);
	buf_release(&token);
	buf_drop(&l->raw, n);
}

/* Where the blanks from `at` on end. */
static size_t blanks(const struct buf *b, size_t at)
{
	return at + strspn(buf_text(b) + at, " \t\r\n");
}

/* The start of the answer: does it open a <think> block?  0: more must come. */
static int settle_start(struct live *l, int last)
{
	size_t known = l->passed < l->plain.len ? l->passed : 0;	/* a buffer that failed is empty */
	size_t skip = blanks(&l->plain, known), have = l->plain.len - skip;
	const char *from = buf_text(&l->plain) + skip;

	l->passed = skip;	/* the next chunk need not begin with them again */
	if (!last && have < OPEN_LEN && strncmp(from, think_open, have) == 0)
		return 0;
	if (strncmp(from, think_open, OPEN_LEN) == 0) {
		l->where = LIVE_THINK;
		buf_drop(&l->plain, skip + OPEN_LEN);
	} else {
		l->where = LIVE_TEXT;
	}
	return 1;
}

/* Inside the block: all but a tail that may be the start of its end is reasoning. */
static void settle_think(struct live *l, int last, struct buf *reasoning)
{
	const char *p = buf_text(&l->plain), *end = span_find(p, l->plain.len, think_close);
	size_t n = l->plain.len, k;

	if (end != NULL) {
		buf_add(reasoning, p, (size_t)(end - p));
		buf_drop(&l->plain, (size_t)(end - p) + CLOSE_LEN);
		l->where = LIVE_AFTER;
		return;
	}
	for (k = last ? 0 : CLOSE_LEN - 1; k > 0; k--)
		if (n >= k && memcmp(p + n - k, think_close, k) == 0)
			break;
	buf_add(reasoning, p, n - k);
	buf_drop(&l->plain, n - k);
}

static void settle(struct live *l, int last, struct buf *text, struct buf *reasoning)
{
	if (l->where == LIVE_START && !settle_start(l, last))
		return;
	if (l->where == LIVE_THINK)
		settle_think(l, last, reasoning);
	if (l->where == LIVE_AFTER) {
		buf_drop(&l->plain, blanks(&l->plain, 0));
		if (l->plain.len > 0)
			l->where = LIVE_TEXT;
	}
	if (l->where == LIVE_TEXT) {
		buf_add(text, buf_text(&l->plain), l->plain.len);
		buf_clear(&l->plain);
	}
}

/* The raw escapes of a delta's text, a string or an array of parts. */
static void add_raw(struct buf *out, struct span v)
{
	struct span_iter it = span_each(v);
	struct span key, part;

	if (span_kind(v) == SPAN_STRING)
		buf_add(out, v.p + 1, v.n - 2);
	while (span_next(&it, &key, &part))
		if (span_kind(span_get(part, "text")) == SPAN_STRING)
			add_raw(out, span_get(part, "text"));
}

/* As in extract(): OpenRouter's form goes before the plain fields, which repeat it.  1: there was a text in it. */
static int add_details(struct span delta, struct buf *reasoning)
{
	struct span_iter it = span_each(span_get(delta, "reasoning_details"));
	struct span key, detail;
	size_t from = reasoning->len;

	while (span_next(&it, &key, &detail))
		if (span_eq(span_get(detail, "type"), "reasoning.text"))
			span_decode(span_get(detail, "text"), SPAN_REPLACE, reasoning);
	return reasoning->len > from;
}

/* What an element of `choices` adds. */
static void add_choice(struct live *l, struct span choice, struct buf *reasoning)
{
	static const char *const fields[] = {"reasoning_content", "reasoning", "reasoning_text", NULL};
	struct span delta = span_get(choice, "delta"), v;
	size_t before;
	int i, has_reasoning;

	if (span_kind(delta) != SPAN_OBJECT)
		delta = span_get(choice, "message");
	has_reasoning = add_details(delta, reasoning);
	for (i = 0; fields[i] != NULL && !has_reasoning; i++) {
		v = span_get(delta, fields[i]);
		has_reasoning = span_kind(v) == SPAN_STRING && v.n > 2;
		if (has_reasoning)
			span_decode(v, SPAN_REPLACE, reasoning);
	}
	if (span_kind(delta) != SPAN_OBJECT)
		add_raw(&l->raw, span_get(choice, "text"));	/* /v1/completions */
	before = l->raw.len;
	add_raw(&l->raw, span_get(delta, "content"));
	l->has_content |= l->raw.len > before;
	if (!l->has_content)	/* a refusal counts where there is no content, as in extract() */
		add_raw(&l->raw, span_get(delta, "refusal"));
}

void live_add(struct live *l, struct span chunk, struct buf *text, struct buf *reasoning)
{
	struct span_iter it = span_each(span_get(chunk, "choices"));
	struct span key, choice;
	long long index;

	while (span_next(&it, &key, &choice))	/* only the first choice is shown */
		if (!span_integer(span_get(choice, "index"), &index) || index == 0)
			add_choice(l, choice, reasoning);
	if (l->raw.len > 0)
		decode(l, whole_part(&l->raw));
	if (l->plain.len > 0)
		settle(l, 0, text, reasoning);
}

void live_end(struct live *l, struct buf *text, struct buf *reasoning)
{
	if (l->raw.len > 0)
		decode(l, l->raw.len);
	settle(l, 1, text, reasoning);
}
