/*
 * date.h - dates as HTTP writes them (RFC 9110, 5.6.7).
 *
 * Pure: no clock, no locale, no time zone of the machine.
 */
#ifndef FB_DATE_H
#define FB_DATE_H

/*
 * One of the three forms, blanks around it passed over:
 *	Sun, 06 Nov 1994 08:49:37 GMT
 *	Sunday, 06-Nov-94 08:49:37 GMT		(years 1970 to 2069)
 *	Sun Nov  6 08:49:37 1994
 * as seconds since 1970.  0; else -1, and *unix_time is left as it was.  Which
 * day of the week it was is not checked: the rest says it.
 */
int date_read(const char *text, double *unix_time);

#endif
