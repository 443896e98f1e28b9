/*
 * findjson.h - the JSON value in a model's answer.
 *
 * Pure: borrows its input.
 */
#ifndef FB_FINDJSON_H
#define FB_FINDJSON_H

#include <stddef.h>

#include "span.h"

/*
 * 0, and *value is the value in the text p[0..n), which stays the caller's;
 * or -1: there is none.  The first of these that is a value, nested at most
 * MAX_JV_DEPTH deep:
 *
 *  - the whole text, of any kind;
 *  - what stands in the first ``` fence that says json, or nothing: of any kind;
 *  - what begins at a { or [ and ends before the text does.
 *
 * What stands inside a { or [ that breaks off, up to where it does, is a piece
 * of something and not taken for the answer.
 */
int findjson(const char *p, size_t n, struct span *value);

#endif
