/*
 * parseargs.h - what fb-parse's options say: what is printed, and in which
 * form; and which of them go together.
 */
#ifndef FB_PARSEARGS_H
#define FB_PARSEARGS_H

#include "ending.h"
#include "fault.h"

/* The rows for the option table, and what takes their ids. */
enum {
	OPT_JSON = 400, OPT_ENVELOPE, OPT_LIVE, OPT_LINES, OPT_NO_ESCAPE, OPT_CSV, OPT_TSV, OPT_JQ, OPT_REQUIRE_STOP,
	OPT_EXTRACT, OPT_SCHEMA, OPT_SAVE, OPT_SPLIT
};
#define PARSE_OPTIONS \
	{'0', "null", NULL, "end each answer by NUL; a failure is an empty one"}, \
	{OPT_LINES, "lines", NULL, "each answer as one line, escaped; a failure is an empty one"}, \
	{OPT_JSON, "json", NULL, "print a result record a reply"}, \
	{OPT_JQ, "jq", "PROGRAM", "print what this jq program makes of each result record"}, \
	{OPT_CSV, "csv", "FIELDS", "print a row a reply: custom_id,text,usage.total_tokens; +text: the input's columns first"}, \
	{OPT_TSV, "tsv", "FIELDS", "the same with tabs"}, \
	{OPT_ENVELOPE, "envelope", NULL, "print what `fluffbuzz infer model run --json` prints"}, \
	{OPT_LIVE, "live", NULL, "print text as it arrives (the default on a terminal)"}, \
	{OPT_SPLIT, "split", "TEMPLATE", "each answer into a file of its own: out/{id} or out/{n}.txt"}, \
	{OPT_SAVE, "save", "FILE", "append each turn to a file for fb-shape --messages"}, \
	{OPT_EXTRACT, "extract", "json", "take the JSON in each answer; one without is a failure"}, \
	{OPT_SCHEMA, "schema", "FILE", "the same, and one that doesn't fit this JSON schema is a failure"}, \
	{OPT_REQUIRE_STOP, "require-stop", NULL, "an answer that was cut at max_tokens is a failure"}, \
	{OPT_NO_ESCAPE, "no-escape", NULL, "print control characters to a terminal as they are"}

struct parse_args {
	int null, lines, json, envelope, live, no_escape, require_stop;
	const char *csv, *tsv, *jq, *extract, *schema, *save, *split;
};

/* 1 when the option was one of them, else 0. */
int parse_args_option(struct parse_args *a, int id, const char *value);
/*
 * The schema of --schema, whose text goes to `text`: 0, or -1 and *f.
 * `warnings`: what of it is not looked at, a line each.
 */
int parse_args_schema(const struct parse_args *a, struct buf *text, struct span *schema, struct buf *warnings, struct fault *f);
/* After the last one: 0, or -1 and *f: some don't go together.  `output`: of -o, or NULL. */
int parse_args_check(const struct parse_args *a, const char *output, struct fault *f);

enum ending parse_args_ending(const struct parse_args *a);
/* Is an answer text, as it stands or live, and no record or part of one? */
int parse_args_text(const struct parse_args *a);

#endif
