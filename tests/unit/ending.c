#include "ending.h"
#include "help.h"
#include "tap.h"

/* `text` with its end is `want`; both may hold NULs. */
static void ends(enum ending end, const char *text, size_t n, const char *want, size_t most, const char *what)
{
	char *copy = exact(text, n);	/* nothing may be read behind it */
	struct buf out;

	buf_init(&out, 1 << 16);
	ending_add(&out, end, copy, n);
	ok(out.len == most && memcmp(buf_text(&out), want, most) == 0, "%s", what);
	buf_release(&out);
	free(copy);
}
#define ENDS(end, text, want, what) ends(end, text, sizeof text - 1, want, sizeof want - 1, what)

int main(void)
{
	ENDS(END_LF, "a\nb", "a\nb\n", "a line feed behind it");
	ENDS(END_NUL, "a\nb\\", "a\nb\\\0", "a NUL behind it, nothing escaped");
	ENDS(END_NUL, "", "\0", "an empty one is its end");
	ENDS(END_NUL, "a\0\0b", "a\xef\xbf\xbd\xef\xbf\xbd" "b\0", "a NUL in it is no end");
	ENDS(END_LINES, "", "\n", "an empty line");
	ENDS(END_LINES, "a\n\r\t\\n", "a\\n\\r\\t\\\\n\n", "the four that have letters");
	ENDS(END_LINES, "\0\x01\x1f\x7f ~", "\\x00\\x01\\x1F\\x7F ~\n", "other controls, and none");
	ENDS(END_LINES, "\xc2\x80\xc2\x9f\xc2\xa0", "\\u0080\\u009F\xc2\xa0\n", "C1 controls, and the character behind them");
	ENDS(END_LINES, "\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa", "\xe2\x80\xa7\\u2028\\u2029\xe2\x80\xaa\n", "line separators");
	ENDS(END_LINES, "\xc2", "\xc2\n", "half a character at the end");
	ENDS(END_LINES, "\xe2\x80", "\xe2\x80\n", "two thirds of one");
	return done();
}
