#include <setjmp.h>
#include <stdint.h>

#include "buf.h"
#include "help.h"
#include "tap.h"

static void test_growing(void)
{
	struct buf b;
	size_t i;
	int good = 1;

	buf_init(&b, 5000);
	is(buf_text(&b), "", "an empty buffer's text");
	ok(b.data == NULL, "no data before the first append");
	for (i = 0; i < 5000; i++) {
		buf_addc(&b, (char)('a' + i % 26));
		good &= b.len == i + 1 && b.data[b.len] == '\0';
	}
	for (i = 0; i < 5000; i++)
		good &= b.data[i] == (char)('a' + i % 26);
	ok(good && !b.failed, "a byte at a time up to the maximum, NUL behind each");
	buf_release(&b);
	ok(b.data == NULL && b.len == 0 && b.max == 5000, "released");
	buf_adds(&b, "again");
	is_buf(&b, "again", "and used again");
	buf_release(&b);
	buf_release(&b);
	ok(b.data == NULL && b.len == 0, "released twice");
}

static void test_bytes(void)
{
	struct buf b;

	buf_init(&b, 100);
	buf_add(&b, NULL, 0);
	is_buf(&b, "", "nothing");
	buf_add(&b, "a\0b", 3);
	ok(b.len == 3 && memcmp(b.data, "a\0b", 4) == 0, "NUL is a byte");
	buf_addc(&b, '\0');
	ok(b.len == 4 && b.data[3] == '\0' && b.data[4] == '\0', "also alone");
	buf_adds(&b, "");
	ok(b.len == 4, "an empty text");
	buf_clear(&b);
	is_buf(&b, "", "cleared");
	buf_addf(&b, "%s-%d-%5.2f", "x", -7, 2.5);
	is_buf(&b, "x--7- 2.50", "printf");
	buf_addf(&b, "%s", "");
	is_buf(&b, "x--7- 2.50", "of nothing");
	buf_overwrite(b.data + 1, 3);
	ok(memcmp(b.data, "x\0\0\0- 2.50", 11) == 0, "overwritten");
	buf_overwrite(NULL, 0);
	buf_wipe(&b);
	ok(b.data == NULL && b.len == 0 && b.max == 100, "wiped");
	buf_wipe(&b);
}

/* One append beyond the maximum: empty, failed, deaf until it is cleared. */
static void failed(struct buf *b, const char *name)
{
	ok(b->failed && b->len == 0, "%s: emptied and failed", name);
	is(buf_text(b), "", name);
	buf_adds(b, "x");
	buf_addc(b, 'x');
	buf_addf(b, "%d", 1);
	buf_add(b, "x", 1);
	ok(b->failed && b->len == 0 && buf_room(b, 1) == NULL, "%s: later appends do nothing", name);
	buf_drop(b, 0);
	buf_drop(b, 1);
	ok(b->failed, "%s: dropping does not repair it", name);
	buf_clear(b);
	buf_adds(b, "ok");
	is_buf(b, "ok", name);
}

static void test_maximum(void)
{
	struct buf b;

	buf_init(&b, 10);
	buf_adds(&b, "0123456789");
	is_buf(&b, "0123456789", "exactly the maximum");
	buf_add(&b, "", 0);
	ok(!b.failed, "nothing more fits");
	buf_addc(&b, 'x');
	failed(&b, "one byte beyond");
	buf_adds(&b, "012345678");
	failed(&b, "a text beyond");
	buf_addf(&b, "%d", 123456789);
	failed(&b, "printf beyond");
	buf_addf(&b, "%d", 12345678);
	is_buf(&b, "ok12345678", "printf up to it");
	ok(buf_room(&b, SIZE_MAX) == NULL, "no room for everything");
	failed(&b, "room for everything");
	ok(buf_room(&b, SIZE_MAX - 1) == NULL, "nor for nearly that");
	buf_release(&b);
	ok(!b.failed, "releasing repairs too");
	buf_init(&b, 0);
	buf_adds(&b, "");
	is_buf(&b, "", "a maximum of 0 takes nothing");
	buf_addc(&b, 'x');
	ok(b.failed, "and no byte");
	buf_release(&b);
	buf_init(&b, SIZE_MAX);
	buf_adds(&b, "no maximum");
	is_buf(&b, "no maximum", "the largest maximum");
	buf_release(&b);
}

static void test_room(void)
{
	struct buf b;
	char *room;

	buf_init(&b, 1000);
	buf_adds(&b, "a");
	if ((room = buf_room(&b, 999)) != NULL) {
		memset(room, 'b', 999);
		buf_wrote(&b, 1);
	}
	is_buf(&b, "ab", "less written than room asked for");
	if ((room = buf_room(&b, 998)) != NULL) {
		memset(room, 'c', 998);
		buf_wrote(&b, 998);
	}
	ok(b.len == 1000 && b.data[999] == 'c' && b.data[1000] == '\0', "all of the room");
	ok(buf_room(&b, 0) != NULL && !b.failed, "room for nothing in a full one");
	buf_release(&b);
	ok(buf_room(&b, 0) != NULL, "room for nothing in an empty one");
	buf_wrote(&b, 0);
	is_buf(&b, "", "nothing written");
	buf_release(&b);
}

static void test_drop(void)
{
	struct buf b;

	buf_init(&b, 100);
	buf_drop(&b, 0);
	buf_drop(&b, 5);
	is_buf(&b, "", "nothing to drop");
	buf_adds(&b, "abcdef");
	buf_drop(&b, 0);
	is_buf(&b, "abcdef", "none dropped");
	buf_drop(&b, 2);
	is_buf(&b, "cdef", "two dropped");
	buf_addc(&b, 'g');
	is_buf(&b, "cdefg", "and appended");
	buf_drop(&b, 5);
	is_buf(&b, "", "all dropped");
	buf_adds(&b, "xy");
	buf_drop(&b, SIZE_MAX);
	is_buf(&b, "", "more than all dropped");
	buf_release(&b);
}

/* As printf has them, but for halves. */
static void test_numbers(void)
{
	static const double n[] = {0, 0.0004, 0.0006, 0.999, 0.9996, 1, 9.9999, 12.345678, 200, 1795395857.671, 123456789012.25, 1e15, 1e19, 1e300, -1.5};
	char want[400];
	struct buf b;
	size_t i;
	int places;

	buf_init(&b, 400);
	for (i = 0; i < sizeof n / sizeof *n; i++)
		for (places = 0; places <= 6; places += 3) {
			snprintf(want, sizeof want, "%.*f", places, n[i]);
			buf_clear(&b);
			buf_addn(&b, n[i], places);
			is_buf(&b, want, want);
		}
	buf_release(&b);
}

/* Text that fits, fits not, and passes the maximum, though there is memory. */
static void test_formats(void)
{
	char want[1200];
	struct buf b;
	int i;

	buf_init(&b, 1100);
	for (i = 0; i < 1100; i += 100)
		buf_addf(&b, "%0100d", i);
	snprintf(want, sizeof want, "%0100d", 1000);
	ok(b.len == 1100 && strcmp(buf_text(&b) + 1000, want) == 0, "formatted to the maximum");
	buf_addf(&b, "%s", "");
	ok(b.len == 1100 && !b.failed, "nothing more fits");
	buf_addf(&b, "%d", 1);
	ok(b.failed && b.len == 0, "one more doesn't");
	buf_cut(&b, 1000);
	buf_addc(&b, 'x');
	ok(b.failed && b.len == 0 && b.data == NULL, "nothing to cut off a failed one");
	buf_clear(&b);
	buf_adds(&b, "abc");
	buf_cut(&b, 7);
	is_buf(&b, "abc", "cut behind the end");
	buf_cut(&b, 1);
	is_buf(&b, "a", "cut");
	buf_release(&b);
}

static jmp_buf ended;

static void end(void *unused)
{
	ok(unused == NULL, "the handler gets nothing");
	longjmp(ended, 1);
}

/* More than there are addresses is no memory; more than the maximum is not. */
static void test_no_memory(void)
{
	struct buf b;
	volatile int called = 0;

#ifdef __SANITIZE_ADDRESS__
	skip("the sanitizer ends a program that asks for so much");
	return;
#endif
	buf_init(&b, SIZE_MAX / 2);
	ok(buf_room(&b, SIZE_MAX / 4) == NULL && b.failed, "no memory: failed");
	buf_clear(&b);
	buf_no_memory(end);
	if (setjmp(ended) == 0)
		buf_room(&b, SIZE_MAX / 4);
	else
		called = 1;
	ok(called && !b.failed, "no memory: the handler");
	buf_release(&b);
	buf_init(&b, 10);
	ok(buf_room(&b, 11) == NULL && b.failed, "over its maximum: failed, without the handler");
	buf_no_memory(NULL);
	buf_init(&b, SIZE_MAX / 2);
	ok(buf_room(&b, SIZE_MAX / 4) == NULL && b.failed, "no handler any more");
}

int main(void)
{
	test_no_memory();
	test_growing();
	test_bytes();
	test_maximum();
	test_room();
	test_drop();
	test_numbers();
	test_formats();
	return done();
}
