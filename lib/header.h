/*
 * header.h - which HTTP header fields may be sent.  libcurl sends what it is
 * given, a line break in a value included, so nobody else looks.
 * Pure.
 */
#ifndef FB_HEADER_H
#define FB_HEADER_H

#include <stddef.h>

/* A token (RFC 9110, 5.6.2), not empty. */
int header_name_ok(const char *name, size_t n);
/* One line: no control character but TAB (RFC 9110, 5.5). */
int header_value_ok(const char *value, size_t n);

#endif
