#include "help.h"
#include "ids.h"
#include "tap.h"

static void test_texts(void)
{
	struct ids s;
	size_t a, b;

	ids_init(&s);
	ok(ids_find(&s, json("\"a\"")) == 0 && ids_find_text(&s, "", 0) == 0, "nothing in none");
	a = ids_add(&s, json("\"a\""));
	b = ids_add(&s, json("\"a\\u0000b\""));
	ok(a != 0 && b != 0 && a != b, "what has U+0000 in it is another");
	ok(ids_find(&s, json("\"\\u0061\"")) == a && ids_add(&s, json("\"\\u0061\"")) == a, "however it is spelt");
	ok(ids_find(&s, json("\"a\\u0000c\"")) == 0 && ids_find(&s, json("\"a\\u0000\"")) == 0, "and is compared behind it");
	ok(ids_find_text(&s, "a\0b", 3) == b && s.id[b].n == 3 && memcmp(ids_text(&s, b), "a\0b", 3) == 0, "its characters");
	ok(s.id[a].what.p == NULL && s.id[a].number == 0, "nothing is kept with it");
	ok(ids_add(&s, json("7")) == 0 && ids_find(&s, json("null")) == 0 && ids_find(&s, SPAN_NIL) == 0 && !s.failed, "no text");
	a = ids_add(&s, json("\"\""));
	ok(a != 0 && ids_find_text(&s, "", 0) == a && s.n == 3, "the empty one");
	ids_clear(&s);
	ok(ids_find(&s, json("\"a\"")) == 0 && ids_add(&s, json("\"a\"")) != 0 && s.n == 1, "cleared");
	ids_release(&s);
	ok(ids_find(&s, json("\"a\"")) == 0, "released");
	ids_release(&s);
}

static int depth(const struct ids *s, size_t at)
{
	int l, r;

	if (at == 0)
		return 0;
	l = depth(s, s->id[at].below[0]);
	r = depth(s, s->id[at].below[1]);
	return 1 + (l > r ? l : r);
}

/* In order, backwards and mixed: all are there, and none is deep down. */
static void test_many(void)
{
	enum { MANY = 20000 };
	static const unsigned step[] = {1, MANY - 1, 7919};
	struct ids s;
	char text[16];
	size_t i, bad, n;
	unsigned k, at;

	ids_init(&s);
	for (k = 0; k < COUNT(step); k++) {
		ids_clear(&s);
		for (i = bad = 0, at = 0; i < MANY; i++, at = (at + step[k]) % MANY) {
			n = (size_t)snprintf(text, sizeof text, "%06u", at);
			bad += ids_find_text(&s, text, n) != 0;
			bad += ids_add_text(&s, text, n) != i + 1;
		}
		for (i = 0; i < MANY; i++) {
			n = (size_t)snprintf(text, sizeof text, "%06u", (unsigned)i);
			bad += ids_find_text(&s, text, n) == 0;
		}
		ok(bad == 0 && s.n == MANY, "step %u: %zu wrong", step[k], bad);
		ok(depth(&s, s.root) <= 30, "step %u: %d deep", step[k], depth(&s, s.root));
	}
	ids_release(&s);
}

int main(void)
{
	test_texts();
	test_many();
	return done();
}
