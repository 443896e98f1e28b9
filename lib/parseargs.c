/* parseargs.c - see parseargs.h. */
#include <stddef.h>

#include "parseargs.h"

static int *switch_of(struct parse_args *a, int id)
{
	switch (id) {
	case '0': return &a->null;
	case OPT_LINES: return &a->lines;
	case OPT_JSON: return &a->json;
	case OPT_ENVELOPE: return &a->envelope;
	case OPT_LIVE: return &a->live;
	case OPT_REQUIRE_STOP: return &a->require_stop;
	case OPT_NO_ESCAPE: return &a->no_escape;
	default: return NULL;
	}
}

/* The options that are a text. */
static const char **text_of(struct parse_args *a, int id)
{
	switch (id) {
	case OPT_JQ: return &a->jq;
	case OPT_CSV: return &a->csv;
	case OPT_TSV: return &a->tsv;
	default: return NULL;
	}
}

int parse_args_option(struct parse_args *a, int id, const char *value)
{
	if (switch_of(a, id) != NULL)
		return *switch_of(a, id) = 1;
	if (text_of(a, id) == NULL)
		return 0;
	*text_of(a, id) = value;
	return 1;
}

/* The first two of a list that were given. */
struct given {
	const char *name;
	int there;
};

static int at_most_one(const struct given *list, struct fault *f)
{
	const struct given *first = NULL;

	for (; list->name != NULL; list++) {
		if (list->there && first != NULL)
			return fault_set(f, F_INPUT, "%s or %s, not both", first->name, list->name);
		if (list->there)
			first = list;
	}
	return 0;
}

int parse_args_check(const struct parse_args *a, const char *output, struct fault *f)
{
	const struct given forms[] = {
		{"--json", a->json}, {"--envelope", a->envelope}, {"--live", a->live},
		{"--csv", a->csv != NULL}, {"--tsv", a->tsv != NULL}, {"--jq", a->jq != NULL}, {NULL, 0}
	};
	const struct given ends[] = {
		{"-0", a->null}, {"--lines", a->lines}, {"--json", a->json}, {"--envelope", a->envelope}, {"--live", a->live},
		{"--csv", a->csv != NULL}, {"--tsv", a->tsv != NULL}, {NULL, 0}
	};

	(void)output;
	return at_most_one(forms, f) != 0 ? -1 : at_most_one(ends, f);
}

enum ending parse_args_ending(const struct parse_args *a)
{
	return a->null ? END_NUL : a->lines ? END_LINES : END_LF;
}

int parse_args_text(const struct parse_args *a)
{
	return !a->json && !a->envelope && a->csv == NULL && a->tsv == NULL && a->jq == NULL;
}
