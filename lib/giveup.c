/* giveup.c - see giveup.h. */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "giveup.h"

int giveup_init(struct giveup *g, const char *most)
{
	size_t n;
	double v;
	char *end;

	*g = (struct giveup){.most = -1, .share = -1};
	if (most == NULL || most[0] == '\0')
		return 0;
	n = strspn(most, "0123456789.");
	v = strtod(most, &end);
	if (n == 0 || end != most + n)
		return -1;
	if (strcmp(end, "%") == 0 && v <= 100)
		g->share = v / 100;
	else if (*end == '\0' && v == floor(v) && v < (double)LONG_MAX)
		g->most = (long)v;
	else
		return -1;
	return 0;
}

/* What the next request will meet too, as people say it; else NULL. */
static const char *hopeless(enum fault_code code)
{
	return code == F_CONNECT ? "could not connect" : code == F_AUTH ? "had their key refused" : NULL;
}

int giveup_add(struct giveup *g, enum fault_code code)
{
	if (code == F_INTERRUPTED || code == F_SKIPPED)
		return 0;
	g->done++;
	g->failed += code != F_NONE;
	g->row = hopeless(code) == NULL ? 0 : code == g->code ? g->row + 1 : 1;
	g->code = code;
	if (g->why[0] != '\0')
		return 0;
	if (g->row >= GIVEUP_ROW)
		snprintf(g->why, sizeof g->why, "%ld requests in a row %s", g->row, hopeless(code));
	else if (g->most >= 0 && g->failed > g->most)
		snprintf(g->why, sizeof g->why, "%ld of %ld requests failed, more than --max-failures %ld", g->failed, g->done, g->most);
	else if (g->share >= 0 && g->done >= GIVEUP_LEAST && (double)g->failed > g->share * (double)g->done)
		snprintf(g->why, sizeof g->why, "%ld of %ld requests failed, more than --max-failures %g%%",
		    g->failed, g->done, 100 * g->share);
	return g->why[0] != '\0';
}
