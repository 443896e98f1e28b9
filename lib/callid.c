/* callid.c - see callid.h. */
#include <stdio.h>
#include <string.h>

#include "callid.h"
#include "json.h"
#include "limits.h"
#include "part.h"

enum { MAX_ID = 40 };	/* OpenAI takes no longer one */

void callids_init(struct callids *c)
{
	ids_init(&c->kept);
	ids_init(&c->foreign);
	ids_init(&c->sent);
}

void callids_release(struct callids *c)
{
	ids_release(&c->kept);
	ids_release(&c->foreign);
	ids_release(&c->sent);
}

int callids_known(const struct callids *c, struct span id)
{
	return ids_find(&c->kept, id) != 0 || ids_find(&c->foreign, id) != 0;
}

int callids_failed(const struct callids *c)
{
	return c->kept.failed || c->foreign.failed || c->sent.failed;
}

/* Is the text free for this id: nobody's, or its own as the other kind? */
static int is_free(const struct callids *c, const struct buf *text, struct span id)
{
	size_t at = ids_find_text(&c->sent, buf_text(text), text->len);

	return at == 0 || span_same(c->sent.id[at].what, id);
}

/* `base`, or the first text after it that is free; its place in `sent`. */
static size_t take(struct callids *c, struct buf *base, struct span id, size_t most)
{
	char suffix[32];
	struct buf text;
	size_t first, at, n, keep;

	if (base->len == 0)
		buf_adds(base, "call");
	buf_init(&text, MAX_RECORD);
	buf_add(&text, base->data, base->len);
	first = is_free(c, &text, id) ? 0 : ids_find_text(&c->sent, buf_text(base), base->len);
	while (first != 0 && !text.failed && !is_free(c, &text, id)) {
		n = (size_t)snprintf(suffix, sizeof suffix, "_%zu", ++c->sent.id[first].number + 1);
		keep = base->len + n > most ? most - n : base->len;
		buf_clear(&text);
		buf_add(&text, base->data, keep);
		buf_adds(&text, suffix);
	}
	at = text.failed ? 0 : ids_add_text(&c->sent, buf_text(&text), text.len);
	if (at != 0)
		c->sent.id[at].what = id;
	else
		c->sent.failed = 1;
	buf_release(&text);
	return at;
}

void callids_keep(struct callids *c, struct span id)
{
	size_t before = c->kept.n, at = ids_add(&c->kept, id);
	struct buf text;

	if (at == 0 || c->kept.n == before)
		return;
	buf_init(&text, MAX_RECORD);
	span_decode(id, SPAN_DELETE, &text);
	c->kept.id[at].number = take(c, &text, id, MAX_RECORD);
	buf_release(&text);
}

static int is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

void callids_foreign(struct callids *c, struct span id)
{
	size_t before = c->foreign.n, at = ids_add(&c->foreign, id), i;
	struct buf plain;
	const char *p;

	if (at == 0 || c->foreign.n == before)
		return;
	buf_init(&plain, MAX_ID);
	p = ids_text(&c->foreign, at);
	for (i = 0; i < c->foreign.id[at].n && p[i] != '|' && plain.len < MAX_ID; i++)
		if (is_plain(p[i]))
			buf_addc(&plain, p[i]);
		else if (((unsigned char)p[i] & 0xc0) != 0x80)	/* one for each character */
			buf_addc(&plain, '_');
	c->foreign.id[at].number = take(c, &plain, id, MAX_ID);
	buf_release(&plain);
}

/* Would the token as it is spelt say the same? */
static int is_same(struct span token, const char *p, size_t n)
{
	struct buf text;
	int same;

	buf_init(&text, MAX_RECORD);
	span_decode(token, SPAN_DELETE, &text);
	same = text.len == n && memcmp(buf_text(&text), p, n) == 0;
	buf_release(&text);
	return same;
}

void callids_write(const struct callids *c, struct buf *out, struct span id, int foreign)
{
	const struct ids *from = foreign ? &c->foreign : &c->kept;
	size_t at = ids_find(from, id);

	if (at == 0) {
		from = foreign ? &c->kept : &c->foreign;
		at = ids_find(from, id);
	}
	at = at != 0 ? from->id[at].number : 0;
	if (at == 0 || is_same(id, ids_text(&c->sent, at), c->sent.id[at].n))
		part_add_text(out, id);
	else
		json_quote(out, ids_text(&c->sent, at), c->sent.id[at].n);
}
