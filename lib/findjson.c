/*
 * findjson.c - see findjson.h.
 *
 * The time is linear in the text, whatever it holds: the whole text, the fence
 * and the brackets are one pass each, and where a bracket's value breaks off,
 * the search goes on from there, never before it.  So no byte is read twice by
 * the search for brackets (16 MB of [ are read MAX_JV_DEPTH at a time).
 */
#include <string.h>

#include "findjson.h"
#include "limits.h"

static const char fence[] = "```";

/* Behind the LF at or behind p, or the end. */
static const char *next_line(const char *p, const char *end)
{
	const char *lf = p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;

	return lf != NULL ? lf + 1 : end;
}

/* The next line that begins with a fence, at p or behind; NULL: none. */
static const char *find_fence(const char *p, const char *end)
{
	const char *at;

	for (; p < end; p = next_line(at, end)) {
		for (at = p; at < end && (*at == ' ' || *at == '\t'); at++)
			;
		if ((size_t)(end - at) >= sizeof fence - 1 && memcmp(at, fence, sizeof fence - 1) == 0)
			return at;
	}
	return NULL;
}

/* What a fence says of its content: json in any case, or nothing. */
static int says_json(const char *at, const char *line_end)
{
	static const char name[] = "json";
	struct span says;
	size_t i;

	for (at += sizeof fence - 1; at < line_end && *at == '`'; at++)	/* a longer fence */
		;
	says = span_trim((struct span){at, (size_t)(line_end - at)});
	for (i = 0; i < says.n && i < sizeof name - 1 && (says.p[i] | 0x20) == name[i]; i++)
		;
	return says.n == 0 || (says.n == sizeof name - 1 && i == says.n);
}

/* The value that the first such fence holds.  Fences come in pairs, so that the end of one isn't taken for a bare start. */
static int in_fence(const char *p, const char *end, struct span *value)
{
	const char *open, *text, *close;
	struct span_err err;

	for (; (open = find_fence(p, end)) != NULL; p = next_line(close, end)) {
		text = next_line(open, end);
		if ((close = find_fence(text, end)) == NULL)
			close = end;
		if (says_json(open, text))
			return span_check(text, (size_t)(close - text), MAX_JV_DEPTH, value, &err);
	}
	return -1;
}

static int at_bracket(const char *p, const char *end, struct span *value)
{
	struct span_err err;
	const char *open;

	for (;; p = err.at > 0 ? open + err.at : open + 1) {
		for (open = p; open < end && *open != '{' && *open != '['; open++)
			;
		if (open == end)
			return -1;
		if (span_first(open, (size_t)(end - open), MAX_JV_DEPTH, value, &err) == 0)
			return 0;
	}
}

int findjson(const char *p, size_t n, struct span *value)
{
	struct span_err err;

	*value = SPAN_NIL;
	if (n == 0)
		return -1;
	if (span_check(p, n, MAX_JV_DEPTH, value, &err) == 0 || in_fence(p, p + n, value) == 0 ||
	    at_bracket(p, p + n, value) == 0)
		return 0;
	*value = SPAN_NIL;
	return -1;
}
