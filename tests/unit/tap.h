/*
 * tap.h - the few lines that a unit test needs to print TAP.
 *
 *	int main(void)
 *	{
 *		ok(1 + 1 == 2, "numbers add up");
 *		is(text, "4", "the answer");
 *		return done();
 *	}
 */
#ifndef FB_TAP_H
#define FB_TAP_H

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int tap_run, tap_failed;

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3), unused))
#endif
static int ok(int good, const char *fmt, ...)
{
	va_list ap;

	tap_run++;
	tap_failed += !good;
	printf("%sok %d - ", good ? "" : "not ", tap_run);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	return good;
}

#if defined(__GNUC__)
__attribute__((unused))
#endif
static int is(const char *got, const char *want, const char *name)
{
	int good = got && want ? strcmp(got, want) == 0 : got == want;

	ok(good, "%s", name);
	if (!good)
		printf("#   got: %s\n#  want: %s\n", got ? got : "(null)", want ? want : "(null)");
	return good;
}

#if defined(__GNUC__)
__attribute__((unused))
#endif
static void skip(const char *why)
{
	printf("ok %d # SKIP %s\n", ++tap_run, why);
}

static int done(void)
{
	printf("1..%d\n", tap_run);
	return tap_failed != 0;
}

#endif
