/* near.c - see near.h. */
#include <string.h>

#include "near.h"

enum { LONGEST = 120 };

static int lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

static int least(int a, int b, int c)
{
	int m = a < b ? a : b;

	return m < c ? m : c;
}

int near_distance(const char *a, const char *b)
{
	int row[LONGEST + 1], i, j, diagonal, above;
	int n = (int)strlen(b);

	if (strlen(a) > LONGEST || strlen(b) > LONGEST)
		return 1000;
	for (j = 0; j <= n; j++)
		row[j] = j;
	for (i = 0; a[i] != '\0'; i++) {
		diagonal = row[0];
		row[0] = i + 1;
		for (j = 1; j <= n; j++) {
			above = row[j];
			row[j] = least(above + 1, row[j - 1] + 1,
			    diagonal + (lower(a[i]) != lower(b[j - 1])));
			diagonal = above;
		}
	}
	return row[n];
}

void near_init(struct near *s, const char *want)
{
	memset(s, 0, sizeof *s);
	s->want = want;
}

/* A part of a longer name counts as near: "gemma" for "inferrs/google/gemma-4-E2B-it". */
static int within(const char *part, const char *whole)
{
	size_t i, n = strlen(part);

	for (; n >= 3 && *whole != '\0'; whole++) {
		for (i = 0; i < n && lower(part[i]) == lower(whole[i]); i++)
			;
		if (i == n)
			return 1;
	}
	return 0;
}

void near_see(struct near *s, const char *name)
{
	near_see_as(s, name, name);
}

void near_see_as(struct near *s, const char *key, const char *name)
{
	int d = near_distance(s->want, key), i;

	if (d > 1 && within(s->want, key))
		d = 1;
	if (d > 2 + (int)strlen(s->want) / 4)
		return;
	for (i = 0; i < s->n; i++)
		if (strcmp(s->name[i], name) == 0)
			return;
	for (i = s->n; i > 0 && s->distance[i - 1] > d; i--)
		if (i < NEAR_MOST) {
			s->name[i] = s->name[i - 1];
			s->distance[i] = s->distance[i - 1];
		}
	if (i < NEAR_MOST) {
		s->name[i] = name;
		s->distance[i] = d;
		s->n += s->n < NEAR_MOST;
	}
}

void near_write(const struct near *s, struct buf *out)
{
	int i;

	for (i = 0; i < s->n; i++)
		buf_addf(out, "%s%s", i == 0 ? "; did you mean " : i + 1 < s->n ? ", " : " or ", s->name[i]);
	if (s->n > 0)
		buf_addc(out, '?');
}
