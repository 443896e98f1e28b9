/* json5num.c - the numbers of JSON5; see json5lex.h. */
#include <locale.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "json5lex.h"

/* After the "0x": any number of digits, rounded once, to the nearest double. */
static int hex_number(struct lex *x, double *out)
{
	uint64_t bits = 0;
	int shift = 0, digit;

	x->p += 2;
	if (x->p == x->end || lex_hex(*x->p) < 0)
		return lex_unexpected(x, "a hex digit after 0x", "");
	for (; x->p < x->end && (digit = lex_hex(*x->p)) >= 0; x->p++) {
		if (bits >> 60 == 0) {
			bits = bits << 4 | (uint64_t)digit;
		} else {
			shift += 4;
			bits |= digit != 0;	/* far below the last bit that counts, but it decides a tie */
		}
	}
	*out = ldexp((double)bits, shift);
	return 0;
}

/*
 * The digits [whole, point), [point + 1, tail) and the exponent [tail, p), as
 * strtod wants them in the present locale: it alone rounds right.
 */
static int convert(struct lex *x, const char *whole, const char *point, const char *tail, double *out)
{
	struct buf *b = &x->scratch;
	long long small = 0;
	const char *p;

	if (point == x->p && point - whole <= 15) {
		for (p = whole; p < point; p++)
			small = small * 10 + (*p - '0');
		*out = (double)small;
		return 0;
	}
	buf_clear(b);
	buf_add(b, whole, (size_t)(point - whole));
	if (tail - point > 1) {
		buf_adds(b, localeconv()->decimal_point);
		buf_add(b, point + 1, (size_t)(tail - point - 1));
	}
	buf_add(b, tail, (size_t)(x->p - tail));
	*out = strtod(buf_text(b), NULL);
	return b->failed ? lex_fault(x, whole, "out of memory") : 0;
}

static void skip_digits(struct lex *x)
{
	while (x->p < x->end && *x->p >= '0' && *x->p <= '9')
		x->p++;
}

static int decimal_number(struct lex *x, double *out)
{
	const char *whole = x->p, *point, *tail;

	skip_digits(x);
	point = x->p;
	if (point - whole > 1 && *whole == '0')
		return lex_fault(x, whole, "a number must not begin with 0 and a digit");
	if (lex_at(x, '.')) {
		x->p++;
		skip_digits(x);
	}
	tail = x->p;
	if (tail - whole <= (point < tail))
		return lex_unexpected(x, "a digit", "");
	if (lex_at(x, 'e') || lex_at(x, 'E')) {
		x->p++;
		if (lex_at(x, '+') || lex_at(x, '-'))
			x->p++;
		if (!lex_at_digit(x))
			return lex_unexpected(x, "a digit of the exponent", "");
		skip_digits(x);
	}
	return convert(x, whole, point, tail, out);
}

static int hex_next(const struct lex *x)
{
	return x->end - x->p >= 2 && x->p[0] == '0' && (x->p[1] | 32) == 'x';
}

int lex_number(struct lex *x, double *out)
{
	int minus = lex_at(x, '-'), sign = minus || lex_at(x, '+');

	x->p += sign;
	if (lex_at_digit(x) || lex_at(x, '.')) {
		if (hex_next(x) ? hex_number(x, out) : decimal_number(x, out))
			return -1;
	} else if (lex_word(x, "Infinity")) {
		*out = (double)INFINITY;
	} else if (lex_word(x, "NaN")) {
		*out = (double)NAN;
	} else {
		return lex_unexpected(x, sign ? "a number after its sign" : "a value",
		    !sign && lex_name_char(x, 1) > 0 ? ": put a text in quotes" : "");
	}
	if (lex_name_char(x, 0) > 0 || lex_at(x, '.') || lex_at(x, '\\'))
		return lex_unexpected(x, "the number to end", "");
	if (minus)
		*out = -*out;
	return 0;
}
