/*
 * ending.h - how a text is told from the next in the output: by a line feed,
 * by a NUL, or as one line in which nothing breaks a line.  Pure.
 */
#ifndef FB_ENDING_H
#define FB_ENDING_H

#include "buf.h"

enum ending { END_LF, END_NUL, END_LINES };

/*
 * Appends the text and its end.  END_NUL: a NUL in the text would end it, and
 * is U+FFFD instead.  END_LINES: a backslash is \\, line feed, return and TAB
 * are \n, \r and \t, the other control characters below 0x80 are \xHH; U+0080
 * to U+009F, U+2028 and U+2029 are \uXXXX.
 */
void ending_add(struct buf *out, enum ending end, const char *p, size_t n);

#endif
