/* date.c - see date.h. */
#include <stddef.h>
#include <string.h>

#include "date.h"

/* What a letter of a form stands for; all else in it stands for itself. */
static const char *const forms[] = {
	"w, d M Y h:m:s z",
	"W, d-M-y h:m:s z",
	"w M d h:m:s Y",
};

static const char *const days[] = {"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", NULL};
static const char *const months[] = {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec", NULL};
static const char *const zones[] = {"gmt", "utc", NULL};

struct parts {
	int year, month, day, hour, minute, second;	/* month from 0, day from 1 */
};

/* The first n bytes (0: all) of a word of the list, any case.  Which it is, or -1; *at moves behind it. */
static int word(const char **at, const char *const *list, size_t n)
{
	size_t k, len;
	int i;

	for (i = 0; list[i] != NULL; i++) {
		len = n > 0 ? n : strlen(list[i]);
		for (k = 0; k < len && ((*at)[k] | 0x20) == list[i][k]; k++)
			;
		if (k == len) {
			*at += len;
			return i;
		}
	}
	return -1;
}

/* A number of `least` to `most` digits, or -1. */
static int digits(const char **at, int least, int most)
{
	int n, v = 0;

	for (n = 0; n < most && **at >= '0' && **at <= '9'; n++)
		v = 10 * v + *(*at)++ - '0';
	return n >= least ? v : -1;
}

/* The day of a month may be filled up with a blank: " 6". */
static int day(const char **at)
{
	*at += **at == ' ';
	return digits(at, 1, 2);
}

/* What the letter stands for: 0, or -1 when it isn't there. */
static int part(char letter, const char **at, struct parts *p)
{
	switch (letter) {
	case 'w':
		return word(at, days, 3) < 0 ? -1 : 0;
	case 'W':
		return word(at, days, 0) < 0 ? -1 : 0;
	case 'd':
		return (p->day = day(at)) < 0 ? -1 : 0;
	case 'M':
		return (p->month = word(at, months, 0)) < 0 ? -1 : 0;
	case 'Y':
		return (p->year = digits(at, 4, 4)) < 0 ? -1 : 0;
	case 'y':
		if ((p->year = digits(at, 2, 2)) < 0)
			return -1;
		p->year += p->year < 70 ? 2000 : 1900;
		return 0;
	case 'h':
		return (p->hour = digits(at, 2, 2)) < 0 ? -1 : 0;
	case 'm':
		return (p->minute = digits(at, 2, 2)) < 0 ? -1 : 0;
	case 's':
		return (p->second = digits(at, 2, 2)) < 0 ? -1 : 0;
	case 'z':
		return word(at, zones, 0) < 0 ? -1 : 0;
	default:
		return *(*at)++ == letter ? 0 : -1;
	}
}

static int match(const char *form, const char *text, struct parts *p)
{
	for (; *form != '\0'; form++)
		if (part(*form, &text, p) != 0)
			return 0;
	return text[strspn(text, " \t")] == '\0';
}

static int is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Could that be?  Second 60 is a leap second. */
static int is_possible(const struct parts *p)
{
	static const int length[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return p->day >= 1 && p->day <= length[p->month] + (p->month == 1 && is_leap(p->year)) &&
	    p->hour < 24 && p->minute < 60 && p->second <= 60;
}

/* Days since 1 January 1970.  Years are counted from March, so that the leap day is the last of its year. */
static long days_since(const struct parts *p)
{
	long year = p->year - (p->month < 2), month = (p->month + 10) % 12;

	return 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + p->day - 719469;
}

int date_read(const char *text, double *unix_time)
{
	struct parts p = {0};
	size_t i;

	text += strspn(text, " \t");
	for (i = 0; i < sizeof forms / sizeof *forms; i++) {
		if (!match(forms[i], text, &p))
			continue;
		if (!is_possible(&p))
			return -1;
		*unix_time = 86400.0 * (double)days_since(&p) + 3600 * p.hour + 60 * p.minute + p.second;
		return 0;
	}
	return -1;
}
