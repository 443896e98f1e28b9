/* room.c - see room.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "room.h"

/* What a tokenizer makes of other characters differs; one token each is near enough, and rather too many. */
enum { LATIN = 1, OTHER = 4, IMAGE = 8000 };

/* A byte says at most so much: an image's part is longer than 20. */
enum { MOST = IMAGE / 20 };

/* The letters up to U+024F are Latin; an escape is one character. */
static double text_size(const char *p, const char *end)
{
	char hex[5] = "";
	long latin = 0, other = 0, *count;
	unsigned char c;

	while (p < end) {
		c = (unsigned char)*p++;
		count = &latin;
		if (c == '\\' && p < end && *p == 'u') {
			memcpy(hex, p + 1, 4);
			count = strtoul(hex, NULL, 16) < 0x250 ? &latin : &other;
			p += 5;
		} else if (c == '\\') {
			p++;
		} else if (c >= 0x80) {	/* else nearly always */
			if ((c & 0xc0) == 0x80)	/* not the first byte of a character */
				continue;
			count = c < 0xc9 || (c == 0xc9 && (unsigned char)*p < 0x90) ? &latin : &other;
		}
		++*count;
	}
	return (double)latin * LATIN + (double)other * OTHER;
}

double room_size(struct span json)
{
	int quotes = span_kind(json) == SPAN_STRING;

	return json.n == 0 ? 0 : text_size(json.p + quotes, json.p + json.n - quotes);
}

static double string_size(struct span v)
{
	return span_kind(v) == SPAN_STRING ? room_size(v) : 0;
}

static double content_size(struct span content)
{
	struct span_iter it = span_each(content);
	struct span key, part;
	double size = string_size(content);

	while (span_next(&it, &key, &part))
		size += span_eq(span_get(part, "type"), "image_url") ? IMAGE : string_size(span_get(part, "text"));
	return size;
}

static double calls_size(struct span calls)
{
	struct span_iter it = span_each(calls);
	struct span key, call;
	double size = 0;

	while (span_next(&it, &key, &call))
		size += string_size(span_at(call, "function.name")) + string_size(span_at(call, "function.arguments"));
	return size;
}

static double left_of(double window, double size)
{
	return floor(window) - ceil(size / 4 * 1.25) - 1;
}

double room_left(double window, struct span messages, double beside)
{
	struct span_iter it = span_each(messages);
	struct span key, message;
	double size = beside, left;

	while (span_next(&it, &key, &message))
		size += content_size(span_get(message, "content")) + calls_size(span_get(message, "tool_calls"));
	left = left_of(window, size);
	return left < 1 ? 1 : left;
}

int room_matters(double window, struct span messages, double beside, double tokens)
{
	return left_of(window, beside + (double)messages.n * MOST) < tokens;
}
