/* reorder.c - see reorder.h. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "reorder.h"

enum { FIRST_SIZE = 64 };

void reorder_init(struct reorder *r)
{
	memset(r, 0, sizeof *r);
}

void reorder_release(struct reorder *r)
{
	size_t i;

	for (i = 0; i < r->size; i++)
		free(r->line[i].text);
	free(r->line);
	memset(r, 0, sizeof *r);
}

/* Room for number, by doubling; the lines move to where the new size has them.  0, or -1. */
static int grow(struct reorder *r, long number)
{
	size_t size = r->size > 0 ? r->size : FIRST_SIZE, ahead = (size_t)(number - r->next);
	struct reorder_line *line;
	size_t i;

	if (ahead >= SIZE_MAX / 2 / sizeof *line)
		return -1;
	while (size <= ahead)
		size *= 2;
	if (size == r->size)
		return 0;
	if ((line = calloc(size, sizeof *line)) == NULL)
		return -1;
	for (i = 0; i < r->size; i++)	/* each stands at its number */
		line[((size_t)r->next + i) % size] = r->line[((size_t)r->next + i) % r->size];
	free(r->line);
	r->line = line;
	r->size = size;
	return 0;
}

int reorder_put(struct reorder *r, long number, const char *text, size_t n)
{
	struct reorder_line *at;
	char *copy;

	if (n >= SIZE_MAX / 2 || grow(r, number) != 0 || (copy = malloc(n + 1)) == NULL)
		return -1;
	if (n > 0)
		memcpy(copy, text, n);
	copy[n] = '\0';
	at = &r->line[(size_t)number % r->size];
	at->text = copy;
	at->n = n;
	r->bytes += n + REORDER_COST;
	return 0;
}

int reorder_next(struct reorder *r, char **text, size_t *n)
{
	struct reorder_line *at;

	if (r->size == 0 || (at = &r->line[(size_t)r->next % r->size])->text == NULL)
		return 0;
	*text = at->text;
	*n = at->n;
	at->text = NULL;
	r->bytes -= at->n + REORDER_COST;
	r->next++;
	return 1;
}
