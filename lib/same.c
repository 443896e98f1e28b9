/* same.c - see same.h. */
#include <string.h>

#include "same.h"

struct span same_member(struct span obj, struct span name)
{
	struct span_iter it = span_each(obj);
	struct span key, val, found = SPAN_NIL;

	while (span_next(&it, &key, &val))
		if (span_same(key, name))
			found = val;
	return found;
}

static int same_array(struct span wanted, struct span v)
{
	struct span_iter a = span_each(wanted), b = span_each(v);
	struct span key, x, y;

	while (span_next(&a, &key, &x))
		if (!span_next(&b, &key, &y) || !same_values(x, y))
			return 0;
	return !span_next(&b, &key, &y);
}

/* Each walk of v is one for a member of what is wanted, which is the user's: v may be large. */
static int same_object(struct span wanted, struct span v)
{
	struct span_iter it = span_each(wanted);
	struct span key, val;

	while (span_next(&it, &key, &val))
		if (!same_values(same_member(wanted, key), same_member(v, key)))
			return 0;
	for (it = span_each(v); span_next(&it, &key, &val);)
		if (same_member(wanted, key).p == NULL)
			return 0;
	return 1;
}

/* Digits only: such a value has one spelling, but for -0. */
static int plain_integer(struct span num)
{
	size_t i;

	for (i = num.p[0] == '-'; i < num.n; i++)
		if (num.p[i] < '0' || num.p[i] > '9')
			return 0;
	return 1;
}

static int same_number(struct span a, struct span b)
{
	long long x, y;

	if (a.n == b.n && memcmp(a.p, b.p, a.n) == 0)
		return 1;
	if (span_integer(a, &x) && span_integer(b, &y))
		return x == y;
	if (plain_integer(a) && plain_integer(b))	/* too large for that, and for a double */
		return 0;
	return span_number(a) == span_number(b);
}

int same_values(struct span wanted, struct span v)
{
	if (span_kind(wanted) != span_kind(v))
		return 0;
	switch (span_kind(v)) {
	case SPAN_NUMBER:
		return same_number(wanted, v);
	case SPAN_STRING:
		return span_same(wanted, v);
	case SPAN_ARRAY:
		return same_array(wanted, v);
	case SPAN_OBJECT:
		return same_object(wanted, v);
	default:
		return 1;
	}
}

/*
 * A number without a fraction, 1.50e1 among them: told from its digits, since
 * a double has too few of them.
 */
int same_as_integer(struct span num)
{
	long long lowest = 0, exponent = 0;	/* powers of ten; of the last digit that isn't 0 */
	size_t point = 0, i;
	int zero = 1, negative = 0;

	while (point < num.n && strchr(".eE", num.p[point]) == NULL)
		point++;
	for (i = 0; i < num.n && (num.p[i] | 0x20) != 'e'; i++)
		if (num.p[i] >= '1' && num.p[i] <= '9') {
			zero = 0;
			lowest = i < point ? (long long)(point - i) - 1 : -(long long)(i - point);
		}
	if (i < num.n) {
		negative = num.p[++i] == '-';
		while (i < num.n && strchr("+-0", num.p[i]) != NULL)
			i++;
		if (num.n - i > 12)	/* no digits make up for that */
			return zero || !negative;
		while (i < num.n)
			exponent = 10 * exponent + (num.p[i++] - '0');
	}
	return zero || (negative ? -exponent : exponent) >= -lowest;
}
