#include "date.h"
#include "help.h"
#include "tap.h"

static void reads(const char *text, double want)
{
	char *copy = exact(text, strlen(text) + 1);
	double got = -12345;
	int result = date_read(copy, &got);

	ok(result == 0 && got == want, "%s (%.0f, %.0f)", text, got, want);
	free(copy);
}

static void refuses(const char *text)
{
	char *copy = exact(text, strlen(text) + 1);
	double got = -12345;

	ok(date_read(copy, &got) == -1 && got == -12345, "no date: %s", text);
	free(copy);
}

static void test_forms(void)
{
	reads("Sun, 06 Nov 1994 08:49:37 GMT", 784111777);
	reads("Sunday, 06-Nov-94 08:49:37 GMT", 784111777);
	reads("Sun Nov  6 08:49:37 1994", 784111777);
	reads(" \tSun, 06 Nov 1994 08:49:37 GMT  ", 784111777);
	reads("sun, 06 NOV 1994 08:49:37 gmt", 784111777);
	reads("Sun, 6 Nov 1994 08:49:37 UTC", 784111777);
	reads("Sun Nov 16 08:49:37 1994", 784975777);
	reads("Thu, 01 Jan 1970 00:00:00 GMT", 0);
	reads("Wed, 31 Dec 1969 23:59:59 GMT", -1);
	reads("Tue, 29 Feb 2000 00:00:00 GMT", 951782400);
	reads("Tue, 19 Jan 2038 03:14:08 GMT", 2147483648.0);
	reads("Fri, 31 Dec 9999 23:59:59 GMT", 253402300799.0);
	reads("Sat, 31 Dec 2016 23:59:60 GMT", 1483228800);
	reads("Wednesday, 31-Dec-69 23:59:59 GMT", 3155759999.0);
	reads("Thursday, 01-Jan-70 00:00:00 GMT", 0);
}

static void test_refused(void)
{
	static const char *const bad[] = {
		"", " ", "120", "soon", "Sun", "Sun,", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 PST",
		"Sun, 06 Nov 1994 08:49:37 GMT x", "Sun, 06 Nov 1994 08:49 GMT", "Sun, 06 Nov 94 08:49:37 GMT",
		"Sun, 06 Nov 1994 8:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 31 Nov 1994 08:49:37 GMT",
		"Sun, 29 Feb 1900 08:49:37 GMT", "Sun, 29 Feb 2023 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
		"Sun, 06 Nov 1994 08:60:00 GMT", "Sun, 06 Nov 1994 08:49:61 GMT", "Xxx, 06 Nov 1994 08:49:37 GMT",
		"Sun, 06 Non 1994 08:49:37 GMT", "Sun, -6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 19940 08:49:37 GMT",
		"Sunday, 06-Nov-1994 08:49:37 GMT", "Sun Nov  6 08:49:37 94", "1994-11-06T08:49:37Z"
	};
	size_t i;

	for (i = 0; i < COUNT(bad); i++)
		refuses(bad[i]);
}

/* Every day from 1600 to 2400, counted on one by one. */
static void test_days(void)
{
	static const char *const month[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	static const int length[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	double want = 0, got = 0;
	long bad = 0;
	int y, m, d, most;
	char text[64];

	date_read("Sat, 01 Jan 1600 12:00:00 GMT", &want);
	for (y = 1600; y < 2400; y++)
		for (m = 0; m < 12; m++) {
			most = length[m] + (m == 1 && y % 4 == 0 && (y % 100 != 0 || y % 400 == 0));
			for (d = 1; d <= most; d++, want += 86400) {
				snprintf(text, sizeof text, "Mon, %02d %s %04d 12:00:00 GMT", d, month[m], y);
				bad += date_read(text, &got) != 0 || got != want;
			}
			snprintf(text, sizeof text, "Mon, %02d %s %04d 12:00:00 GMT", d, month[m], y);
			bad += date_read(text, &got) != -1;
		}
	ok(bad == 0, "800 years day by day (%ld wrong)", bad);
}

/* No beginning of a date is one, nor is a date with a byte changed read past its end. */
static void test_cut(void)
{
	static const char *const whole[] = {
		"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"
	};
	size_t i, k, n;
	double got;
	long bad = 0;

	for (i = 0; i < COUNT(whole); i++)
		for (n = strlen(whole[i]), k = 0; k < n; k++) {
			char *copy = exact(whole[i], k + 1);

			copy[k] = '\0';
			bad += date_read(copy, &got) != -1;
			free(copy);
		}
	ok(bad == 0, "cut anywhere it is no date");
}

int main(void)
{
	test_forms();
	test_refused();
	test_days();
	test_cut();
	return done();
}
