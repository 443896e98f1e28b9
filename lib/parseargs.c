/* parseargs.c - see parseargs.h. */
#include <stdio.h>
#include <string.h>

#include "file.h"
#include "fits.h"
#include "limits.h"
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
	case OPT_EXTRACT: return &a->extract;
	case OPT_SCHEMA: return &a->schema;
	case OPT_SAVE: return &a->save;
	case OPT_SPLIT: return &a->split;
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

struct given {
	const char *name;
	int there;
};

static int not_both(const char *one, const char *other, struct fault *f)
{
	return fault_set(f, F_INPUT, "%s or %s, not both", one, other);
}

static int at_most_one(const struct given *list, struct fault *f)
{
	const char *first = NULL;

	for (; list->name != NULL; list++) {
		if (list->there && first != NULL)
			return not_both(first, list->name, f);
		if (list->there)
			first = list->name;
	}
	return 0;
}

/* Files take the place of the output. */
static int check_split(const struct parse_args *a, const char *output, struct fault *f)
{
	const struct given others[] = {
		{"-o", output != NULL}, {"-0", a->null}, {"--lines", a->lines}, {"--envelope", a->envelope}, {"--live", a->live},
		{"--csv", a->csv != NULL}, {"--tsv", a->tsv != NULL}, {"--jq", a->jq != NULL}, {NULL, 0}
	};
	const struct given *o;

	for (o = others; a->split != NULL && o->name != NULL; o++)
		if (o->there)
			return not_both("--split", o->name, f);
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

	if (a->save != NULL && (a->split != NULL || a->jq != NULL))	/* what may still fail once the turn is saved */
		return not_both("--save", a->split != NULL ? "--split" : "--jq", f);
	if (a->save != NULL && strcmp(a->save, "-") == 0)
		return fault_set(f, F_INPUT, "--save=-: a file is due");
	if (a->extract != NULL && strcmp(a->extract, "json") != 0)
		return fault_set(f, F_INPUT, "--extract: json is due: %s", a->extract);
	if (a->live && (a->extract != NULL || a->schema != NULL))	/* it is known in the end only */
		return not_both("--live", a->extract != NULL ? "--extract" : "--schema", f);
	if (at_most_one(forms, f) != 0 || at_most_one(ends, f) != 0)
		return -1;
	return check_split(a, output, f);
}

int parse_args_schema(const struct parse_args *a, struct buf *text, struct span *schema, struct buf *warnings, struct fault *f)
{
	struct span_err err;
	char head[512];
	int error;

	if (strcmp(a->schema, "-") == 0)
		return fault_set(f, F_INPUT, "--schema=-: standard input is for replies; a file is due");
	if ((error = file_read(a->schema, FILE_ANY, text)) != 0)
		return fault_set(f, F_INPUT, "--schema: %s: %s", a->schema, file_error(error));
	if (span_check(buf_text(text), text->len, MAX_JV_DEPTH, schema, &err) != 0)
		return fault_set(f, F_INPUT, "--schema: %s: not JSON: %s at byte %zu", a->schema, err.what, err.at + 1);
	if (fits_schema(*schema, warnings, f) == 0)
		return 0;
	snprintf(head, sizeof head, "--schema: %s: ", a->schema);
	fault_prefix(f, head);
	return -1;
}

enum ending parse_args_ending(const struct parse_args *a)
{
	return a->null ? END_NUL : a->lines ? END_LINES : END_LF;
}

int parse_args_text(const struct parse_args *a)
{
	return !a->json && !a->envelope && a->csv == NULL && a->tsv == NULL && a->jq == NULL && a->split == NULL;
}
