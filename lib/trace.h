/*
 * trace.h - what -v shows of a request: its lines and the reply's, without a
 * secret and without a byte that moves a cursor.
 * Pure.
 */
#ifndef FB_TRACE_H
#define FB_TRACE_H

#include <stddef.h>

#include "buf.h"
#include "headers.h"

/*
 * Appends "> POST /v1/chat/completions HTTP/1.1" and LF.  direction: '>'
 * sent, '<' received, '*' a note of libcurl's; of those that tell of its
 * insides, or again what the lines tell, nothing.  Overwritten by *** are the
 * secrets of `lines` (NULL: none are known), and known or not the values of
 * headers whose name smells of one, user and password of a URL, and
 * parameters of its query that smell.
 */
void trace_line(struct buf *out, char direction, const char *line, size_t n, const struct header_lines *lines);

#endif
