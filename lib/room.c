/* room.c - see room.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "room.h"

/*
 * In characters of English, four of which are a token.  What a tokenizer
 * makes of others differs; one token each is near enough, and rather too many.
 */
enum { LATIN = 1, OTHER = 4, IMAGE = 8000 };

/* The characters of a string token; the letters up to U+024F are Latin. */
static double text_size(struct span text)
{
	double size = 0;
	char hex[5] = "";
	size_t i;

	if (span_kind(text) != SPAN_STRING)
		return 0;
	for (i = 1; i + 1 < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (c == '\\' && text.p[i + 1] == 'u') {
			memcpy(hex, text.p + i + 2, 4);
			size += strtoul(hex, NULL, 16) < 0x250 ? LATIN : OTHER;
			i += 5;
		} else if (c == '\\') {
			size += LATIN;
			i++;
		} else if ((c & 0xc0) != 0x80) {	/* the first byte of a character */
			size += c < 0xc9 || (c == 0xc9 && (unsigned char)text.p[i + 1] < 0x90) ? LATIN : OTHER;
		}
	}
	return size;
}

static double content_size(struct span content)
{
	struct span_iter it = span_each(content);
	struct span key, part;
	double size = text_size(content);

	while (span_next(&it, &key, &part))
		size += span_eq(span_get(part, "type"), "image_url") ? IMAGE : text_size(span_get(part, "text"));
	return size;
}

static double calls_size(struct span calls)
{
	struct span_iter it = span_each(calls);
	struct span key, call;
	double size = 0;

	while (span_next(&it, &key, &call))
		size += text_size(span_at(call, "function.name")) + text_size(span_at(call, "function.arguments"));
	return size;
}

double room_left(double window, struct span messages)
{
	struct span_iter it = span_each(messages);
	struct span key, message;
	double size = 0, left;

	while (span_next(&it, &key, &message))
		size += content_size(span_get(message, "content")) + calls_size(span_get(message, "tool_calls"));
	left = floor(window) - ceil(size / 4 * 1.25) - 1;
	return left < 1 ? 1 : left;
}
