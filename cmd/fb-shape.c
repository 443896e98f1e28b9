/* fb-shape - makes requests that the model's server accepts.  See fb-shape(1). */
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "attach.h"
#include "csv.h"
#include "explain.h"
#include "jqprog.h"
#include "json.h"
#include "limits.h"
#include "opt.h"
#include "route.h"
#include "shape.h"
#include "shapeargs.h"
#include "shaperoute.h"
#include "shapetell.h"
#include "source.h"
#include "stage.h"

enum { OPT_ROUTE = 600, OPT_STREAM, OPT_NO_STREAM, OPT_LINES, OPT_CSV, OPT_TSV, OPT_DELIMITER, OPT_EACH, OPT_FILES_FROM,
	OPT_MAP, OPT_ID, OPT_LIMIT, OPT_EXPLAIN, OPT_BATCH };

static const struct opt opts[] = {
	SHAPE_OPTIONS,
	{OPT_LINES, "lines", NULL, "each line of the input is a prompt"},
	{'0', "null", NULL, "the same, ended by NUL"},
	{OPT_CSV, "csv", NULL, "each row is data for -t, the first one has the names"},
	{OPT_TSV, "tsv", NULL, "the same with tabs between the fields"},
	{OPT_DELIMITER, "delimiter", "C", "the same with C between the fields"},
	{OPT_EACH, "each", NULL, "each FILE is a prompt, behind the text of -p"},
	{OPT_FILES_FROM, "files-from", "FILE", "the names of the FILEs, a line each"},
	{OPT_MAP, "map", "JQ", "make a prompt or prompt record of each input"},
	{OPT_ID, "id", "NAME", "the column or member that is the custom_id"},
	{OPT_LIMIT, "limit", "N", "no more than N inputs"},
	ROUTE_OPTIONS,
	ROUTE_FALLBACKS_OPTION,
	{OPT_ROUTE, "route", "FILE", "read route records from FILE; -: those that stdin begins with"},
	{OPT_STREAM, "stream", NULL, "ask for a stream (the default with -p)"},
	{OPT_NO_STREAM, "no-stream", NULL, "ask for the answer in one piece"},
	{OPT_BATCH, "batch-format", NULL, "print lines of OpenAI's Batch format, and no errors"},
	{OPT_EXPLAIN, "explain", NULL, "say what each compat flag changed"},
	STAGE_OUTPUT_OPTION,
	STAGE_QUIET_OPTION,
	{0, NULL, NULL, NULL}
};

static const struct cmd cmd = {
	"fb-shape", "[OPTION]... [FILE]...",
	"Turn prompts into requests that the model's server accepts.",
	opts,
	"With -p: one request.  Without: JSON values from the FILEs, else from stdin, one\n"
	"a line: a text, an array of messages, an object with prompt or messages, a\n"
	"request body, or a line of OpenAI's Batch format.\n"
};

/* One run: what was asked for, and where it goes. */
static struct stage stage;
static struct route_args route_args;
static struct shape_args args;
static struct shape_options how = {.stream = STREAM_UNSAID};
static struct source source;
static struct jqprog map;
static const char *route_file, *map_arg;
static struct shape_routes routes;
static struct explain explain;
static struct shape_tell teller = {.stage = &stage, .routes = routes.route};
static int stdin_taken;	/* it is not for routes */

static void refuse_input(struct stage *s, const struct shape_input *in, const char *place, struct fault *f)
{
	stage_refuse(s, (struct span){buf_text(&in->id), in->id.len}, place, f);
}

/* One input for one route: a request record, or an error record in its place. */
static void shape_for(struct stage *s, const struct shape_input *in, const struct shape_route *r,
    const struct shape_options *mine, const char *place, struct buf *line)
{
	struct fault f;

	teller.now = r;
	buf_clear(line);
	if (shape_write(line, in, r, mine, &f) != 0) {
		refuse_input(s, in, place, &f);
	} else {
		shape_tell_tools(&teller, in, &how);
		out_line(&s->out, line);
		tally_add(&s->tally, 1, 0);
	}
}

/* A good input for every route, the files that it names read. */
static void shape_all(struct stage *s, const struct shape_input *in, const char *place)
{
	struct shape_options mine = how;
	struct attached named, both;
	struct span files = in->kind == SHAPE_PROMPT ? span_get(in->record, "files") : SPAN_NIL;
	struct fault f;
	struct buf line;
	int i;

	explain.place = place;
	explain.id = (struct span){buf_text(&in->id), in->id.len};
	attach_init(&named);
	attach_init(&both);
	buf_init(&line, MAX_RECORD);
	if (span_kind(files) > SPAN_NULL && (attach_named(&named, files, &args.allow, &f) != 0 ||
	    attach_behind(&mine.extra, &named, &both, &f) != 0))
		refuse_input(s, in, place, &f);
	else
		for (i = 0; i < routes.n; i++)
			shape_for(s, in, &routes.route[i], &mine, place, &line);
	attach_release(&named);
	attach_release(&both);
	buf_release(&line);
}

/* What --map was given, or -p has with it, travels beside what was made, unless that says itself what does. */
static void keep_given(struct shape_input *in, struct span from)
{
	int says = in->kind == SHAPE_BATCH && span_get(in->value, "input").p != NULL;

	if (span_kind(from) == SPAN_OBJECT && !says)
		in->whole = from;
}

/* An input, for every route.  `from`: what --map made it of, or SPAN_NIL. */
static void shape_value(struct stage *s, struct span value, struct span from, const char *place)
{
	struct shape_input in;
	struct fault f;

	if (shape_read(&in, value, &how, s->id, s->ordinal, &f) != 0) {
		refuse_input(s, &in, place, &f);
	} else if (in.kind == SHAPE_FAILED) {
		stage_pass(s, value);
	} else {
		keep_given(&in, from);
		shape_all(s, &in, place);
	}
	shape_input_release(&in);
}

static int read_map(struct fault *f)
{
	return jqprog_init(&map, map_arg) == 0 ? 0 : fault_set(f, F_INPUT, "--map: %s", map.err);
}

/* The value without halves of surrogate pairs in its texts, for which jv would put U+FFFD. */
static struct span paired(struct span value, struct buf *whole)
{
	const char *p = value.p, *end = p + value.n, *q;

	if (span_find(p, value.n, "\\u") == NULL)
		return value;
	for (; (q = memchr(p, '"', (size_t)(end - p))) != NULL; p = q + 1) {
		buf_add(whole, p, (size_t)(q - p) + 1);
		for (p = q++; *q != '"'; q += *q == '\\' ? 2 : 1)
			;
		span_paired((struct span){p, (size_t)(q - p) + 1}, whole);
		buf_addc(whole, '"');
	}
	buf_add(whole, p, (size_t)(end - p));
	return (struct span){buf_text(whole), whole->len};
}

/* What --map makes of a value: exactly one value. */
static int run_map(struct span value, struct buf *text, struct span *made, struct fault *f)
{
	struct buf whole;
	jv in, list, one;
	int n;

	buf_init(&whole, MAX_RECORD);
	in = json_build(paired(value, &whole));
	buf_release(&whole);
	if (!jv_is_valid(in)) {
		jv_free(in);
		return fault_set(f, F_INPUT, "--map: the input is nested more than %d deep", MAX_JV_DEPTH);
	}
	list = jqprog_run(&map, in, 1);
	n = json_count(list);
	if (!jv_is_valid(list)) {
		jv_free(list);
		return fault_set(f, F_INPUT, "--map: %s", map.err);
	}
	one = json_at(list, 0);
	json_write(text, one);
	jv_free(one);
	jv_free(list);
	*made = (struct span){buf_text(text), text->len};
	if (n == 1 && text->failed)
		return fault_set(f, F_INPUT, "--map: what the program gives is over %lu bytes", MAX_RECORD);
	return n == 1 ? 0 : fault_set(f, F_INPUT, "--map: the program gives nothing for this input");
}

/* --map: the program's one output in place of the input, under the input's id. */
static void shape_mapped(struct stage *s, struct span value, const char *place)
{
	const char *member = how.id;
	struct span made, given = s->id;
	struct buf id, text;
	struct fault f;
	int bad;

	buf_init(&id, MAX_RECORD);
	buf_init(&text, MAX_RECORD);
	bad = shape_id(&id, value, member, given, s->ordinal, &f);
	if (!bad && span_kind(value) == SPAN_OBJECT && record_error(value).p != NULL) {
		stage_pass(s, value);
	} else if (bad || run_map(value, &text, &made, &f) != 0) {
		stage_refuse(s, (struct span){buf_text(&id), id.len}, place, &f);
	} else {
		if (span_get(made, "custom_id").p == NULL)
			s->id = (struct span){buf_text(&id), id.len};
		how.id = NULL;	/* it was a member of the input, not of what was made */
		shape_value(s, made, value, place);
		how.id = member;
		s->id = given;
	}
	buf_release(&id);
	buf_release(&text);
}

static void shape_one(struct stage *s, struct span value, const char *place)
{
	if (map_arg != NULL)
		shape_mapped(s, value, place);
	else
		shape_value(s, value, SPAN_NIL, place);
}

/* What is no JSON: on the first line it is likely that the whole input isn't. */
static void refuse(struct stage *s, struct span id, const char *place, struct fault *f)
{
	if (s->ordinal == 1 && source.form == SOURCE_JSON)
		fault_hint(f, "plain text? use --lines or --each, or fb-shape -p @-");
	stage_refuse(s, id, place, f);
}

/* What -p has beside it: {"files":[{"path":..,"mimeType":..}]}, or nothing. */
static struct span beside_prompt(struct buf *text)
{
	const struct buf *names = &args.attached.names;

	if (names->len == 0)
		return SPAN_NIL;
	buf_adds(text, "{\"files\":[");
	buf_add(text, buf_text(names) + 1, names->len - 1);
	buf_adds(text, "]}");
	return (struct span){buf_text(text), text->len};
}

/* -p: the text as if it were a JSON value of the input.  0, or -1 and *f. */
static int shape_prompt(struct fault *f)
{
	struct buf quoted, beside;
	int bad = 0;

	buf_init(&quoted, MAX_RECORD);
	buf_init(&beside, MAX_RECORD);
	json_quote(&quoted, buf_text(&args.prompt_text), args.prompt_text.len);
	stage.ordinal = 1;
	if (quoted.failed)
		bad = fault_set(f, F_INPUT, "-p: the prompt would be over %lu bytes as JSON", MAX_RECORD);
	else if (map_arg != NULL)
		shape_one(&stage, (struct span){buf_text(&quoted), quoted.len}, "");
	else
		shape_value(&stage, (struct span){buf_text(&quoted), quoted.len}, beside_prompt(&beside), "");
	buf_release(&beside);
	buf_release(&quoted);
	return bad;
}

static void set_form(enum source_form form)
{
	if (source.form != SOURCE_JSON && source.form != form)
		opt_die(&cmd, "--lines, -0, --csv, --tsv and --each don't go together");
	source.form = form;
}

/* Rows: what --delimiter says counts, wherever it stands. */
static void set_rows(char delimiter, int exact)
{
	static int said;

	set_form(SOURCE_CSV);
	if (exact || !said)
		source.delimiter = delimiter;
	said |= exact;
}

/* 1: it was one of those that say what the input is. */
static int source_option(int id)
{
	switch (id) {
	case OPT_LINES:
		set_form(SOURCE_LINES);
		return 1;
	case '0':
		source.nuls = 1;
		return 1;
	case OPT_CSV:
	case OPT_TSV:
		set_rows(id == OPT_CSV ? ',' : '\t', 0);
		return 1;
	case OPT_DELIMITER:
		if (!csv_delimiter(optarg[0]) || optarg[1] != '\0')
			opt_die(&cmd, "--delimiter: one ASCII character is due: %s", optarg);
		set_rows(optarg[0], 1);
		return 1;
	case OPT_EACH:
		set_form(SOURCE_EACH);
		return 1;
	case OPT_FILES_FROM:
		source.files_from = optarg;
		return 1;
	case OPT_ID:
		how.id = source.id = optarg;
		return 1;
	case OPT_LIMIT:
		stage.limit = opt_number(&cmd, "limit", optarg, 1, LONG_MAX);
		return 1;
	case OPT_MAP:
		map_arg = optarg;
		return 1;
	}
	return 0;
}

/* Standard input can be read once. */
static void check_stdin(char **operands)
{
	const char *wants[ATTACH_MOST + 10];
	int n = shape_args_stdin(&args, wants, ATTACH_MOST + 6);
	int data = args.prompt == NULL && *operands == NULL && source.files_from == NULL;
	int ahead = route_file != NULL && strcmp(route_file, "-") == 0;

	if (source.files_from != NULL && strcmp(source.files_from, "-") == 0)
		wants[n++] = "--files-from -";
	if (ahead)
		wants[n++] = "--route -";
	for (; *operands != NULL && strcmp(*operands, "-") != 0; operands++)
		;
	if ((*operands != NULL || data) && !(ahead && source.form != SOURCE_EACH))	/* data may be behind the routes */
		wants[n++] = *operands != NULL ? "the FILE -" : "the input (no FILE is given)";
	if (n > 1)
		opt_die(&cmd, "%s and %s both want standard input", wants[0], wants[1]);
	stdin_taken = n > 0;
}

/* What doesn't go together. */
static void check_options(char **argv)
{
	char **operands = argv + optind;

	if (source.nuls && source.form != SOURCE_EACH && source.files_from == NULL)
		set_form(SOURCE_NULS);
	if (source.files_from != NULL && *operands != NULL)
		opt_die(&cmd, "--files-from or FILEs, not both: %s", *operands);
	if (args.prompt != NULL && source.form != SOURCE_EACH && (source.form != SOURCE_JSON || source.files_from != NULL))
		opt_die(&cmd, "-p is the prompt: --lines, -0, --csv and --files-from are for others (--each puts -p before each)");
	if (args.prompt != NULL && *operands != NULL && source.form != SOURCE_EACH)
		opt_die(&cmd, "-p or files of prompts, not both: %s (attach a file with -f; --each puts -p before each; --schema=FILE has no blank)", *operands);
	if (args.prompt != NULL && args.template != NULL)
		opt_die(&cmd, "-p or -t, not both");
	if (args.template != NULL && map_arg != NULL)
		opt_die(&cmd, "-t or --map, not both");
	if (source.form == SOURCE_CSV && args.template == NULL && map_arg == NULL)
		opt_die(&cmd, "rows of data need -t: which columns make the prompt, as in -t '{{text}}'");
	if (source.form == SOURCE_EACH && *operands == NULL && source.files_from == NULL)
		opt_die(&cmd, "--each: which files?");
	check_stdin(operands);
}

static void read_options(int argc, char **argv)
{
	static struct compat_watch watch;
	struct fault f;
	int id, got;

	watch = shape_tell_watch(&teller);
	how.watch = &watch;
	while ((id = opt_next(&cmd, argc, argv)) != -1) {
		if ((got = shape_args_option(&args, id, optarg, &f)) < 0)
			opt_die(&cmd, "%s", f.message);
		if (got > 0 || source_option(id))
			continue;
		if (id == OPT_ROUTE)
			route_file = optarg;
		else if (id == OPT_STREAM || id == OPT_NO_STREAM)
			how.stream = id == OPT_STREAM;
		else if (id == OPT_EXPLAIN)
			teller.explain = &explain;
		else if (id == OPT_BATCH)
			how.batch = stage.bare = 1;
		else if (!stage_option(&stage, id, optarg) && route_option(&route_args, id, optarg) < 0)
			opt_die(&cmd, "more than %d times the same option", ROUTE_MOST);
	}
	check_options(argv);
}

/* Can an input, or a route, have tools of its own? */
static int more_tools(void)
{
	int i, k, more = map_arg != NULL || (source.form == SOURCE_JSON && args.prompt == NULL && args.template == NULL);

	for (i = 0; i < routes.n && !more; i++) {
		more = span_get(routes.route[i].fields.params, "tools").p != NULL;
		for (k = 0; k < routes.route[i].nfallbacks && !more; k++)
			more = span_get(routes.route[i].fallback[k].fields.params, "tools").p != NULL;
	}
	return more;
}

/* No input came: what came then? */
static int nothing(struct fault *f)
{
	if (stage.heads)
		return fault_set(f, F_INPUT, "nothing to shape: the input has a head line only, and no rows");
	if (stage.blanks)
		return fault_set(f, F_INPUT, "nothing to shape: the input has blank lines only");
	return fault_set(f, F_INPUT, "nothing to shape: the input is empty (give a prompt with -p)");
}

/* All inputs; the exit status. */
static int shape_inputs(char **operands)
{
	struct fault f;
	int bad;

	stage.each = shape_one;
	stage.refuse = refuse;
	stage.collects = 1;
	if (args.prompt != NULL && source.form != SOURCE_EACH) {
		if (how.stream == STREAM_UNSAID)
			how.stream = STREAM_USUAL;
		bad = shape_prompt(&f);
	} else {
		how.lead = args.prompt != NULL ? buf_text(&args.prompt_text) : NULL;
		bad = source_run(&stage, &source, operands, &f);
	}
	if (!bad && (stage.tally.good + stage.tally.bad > 0 || stage.broken || stage.out.error != 0))
		return tally_status(&stage.tally);
	if (!bad)
		nothing(&f);
	return stage_cannot(&stage, &f);
}

int main(int argc, char **argv)
{
	struct fault f;
	int status;

	stage_start(&stage, "fb-shape", "shape");
	shape_args_init(&args);
	explain_init(&explain, "fb-shape");
	read_options(argc, argv);
	if ((status = stage_open(&stage)) != 0)
		return status;
	if ((map_arg != NULL && read_map(&f) != 0) || shape_args_read(&args, &how, &f) != 0 ||
	    shape_routes_get(&routes, &stage, &route_args, route_file, stdin_taken, &f) != 0 ||
	    shape_args_check(&how, more_tools(), &f) != 0)
		status = stage_cannot(&stage, &f);
	else if (routes.n > 0) {
		how.several = routes.n > 1;
		status = shape_inputs(argv + optind);
	} else	/* only errors of the stage before came, and they were passed on */
		status = tally_status(&stage.tally);
	explain_end(&explain);
	shape_routes_release(&routes, &stage);
	jqprog_release(&map);
	shape_args_release(&args);
	return stage_end(&stage, status);
}
