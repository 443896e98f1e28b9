/* fb-shape - makes requests that the model's server accepts.  See fb-shape(1). */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "diff.h"
#include "file.h"
#include "jqprog.h"
#include "json.h"
#include "limits.h"
#include "opt.h"
#include "route.h"
#include "shape.h"
#include "shapeargs.h"
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
	{OPT_ROUTE, "route", "FILE", "read route records from FILE; -: those that stdin begins with"},
	{OPT_STREAM, "stream", NULL, "ask for a stream (the default with -p)"},
	{OPT_NO_STREAM, "no-stream", NULL, "ask for the answer in one piece"},
	{OPT_BATCH, "batch-format", NULL, "print lines of OpenAI's Batch format"},
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
static struct shape_options how = {.stream = -1};
static struct source source;
static struct jqprog map;
static const char *route_file, *map_arg;
static struct shape_route routes[ROUTE_MOST];
static int nroutes;
static struct reader ahead;	/* of standard input, behind the routes of --route - */

/* One input for one route: a request record, or an error record in its place. */
static void shape_for(struct stage *s, const struct shape_input *in, const struct shape_route *r,
    const char *place, struct buf *line)
{
	struct fault f;

	buf_clear(line);
	if (shape_write(line, in, r, &how, &f) != 0) {
		stage_refuse(s, (struct span){buf_text(&in->id), in->id.len}, place, &f);
	} else {
		out_line(&s->out, line);
		tally_add(&s->tally, 1, 0);
	}
}

/* An input, for every route.  `from`: what --map made it of, or SPAN_NIL. */
static void shape_value(struct stage *s, struct span value, struct span from, const char *place)
{
	struct shape_input in;
	struct fault f;
	struct buf line;
	int i, bad = shape_read(&in, value, &how, s->id, s->ordinal, &f);

	buf_init(&line, MAX_RECORD);
	if (from.p != NULL && in.kind == SHAPE_PROMPT)
		in.whole = span_kind(from) == SPAN_OBJECT ? from : in.whole;
	if (bad)
		stage_refuse(s, (struct span){buf_text(&in.id), in.id.len}, place, &f);
	else if (in.kind == SHAPE_FAILED)
		stage_pass(s, value);
	else
		for (i = 0; i < nroutes; i++)
			shape_for(s, &in, &routes[i], place, &line);
	shape_input_release(&in);
	buf_release(&line);
}

static int read_map(struct fault *f)
{
	return jqprog_init(&map, map_arg) == 0 ? 0 : fault_set(f, F_INPUT, "--map: %s", map.err);
}

/* What --map makes of a value: exactly one value. */
static int run_map(struct span value, struct buf *text, struct span *made, struct fault *f)
{
	jv in = json_build(value), list, one;
	int n;

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
	return n == 1 ? 0 : fault_set(f, F_INPUT, "--map: the program gives nothing for this input");
}

/* --map: the program's one output in place of the input, under the input's id. */
static void shape_mapped(struct stage *s, struct span value, const char *place)
{
	struct shape_options plain = {.id = how.id};
	struct shape_input in;
	struct span made, given = s->id;
	struct buf text;
	struct fault f;

	/* for its id, and whether it failed before; what it is else is for the program to see */
	shape_read(&in, value, &plain, s->id, s->ordinal, &f);
	buf_init(&text, MAX_RECORD);
	if (how.id != NULL && span_at(value, how.id).p == NULL) {
		stage_refuse(s, (struct span){buf_text(&in.id), in.id.len}, place, &f);
	} else if (in.kind == SHAPE_FAILED) {
		stage_pass(s, value);
	} else if (run_map(value, &text, &made, &f) != 0) {
		stage_refuse(s, (struct span){buf_text(&in.id), in.id.len}, place, &f);
	} else {
		if (span_get(made, "custom_id").p == NULL)
			s->id = (struct span){buf_text(&in.id), in.id.len};
		how.id = NULL;	/* it was a member of the input, not of what was made */
		shape_value(s, made, value, place);
		how.id = plain.id;
		s->id = given;
	}
	shape_input_release(&in);
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

/* -p: the text as if it were a JSON value of the input. */
static void shape_prompt(void)
{
	struct buf quoted;

	buf_init(&quoted, MAX_RECORD);
	json_quote(&quoted, buf_text(&args.prompt_text), args.prompt_text.len);
	stage.ordinal = 1;
	shape_one(&stage, (struct span){buf_text(&quoted), quoted.len}, "");
	buf_release(&quoted);
}

/* One route of the stage before, with -c laid over it. */
static int add_route(struct span route, struct fault *f)
{
	struct buf text;
	jv doc;
	int bad;

	if (nroutes == ROUTE_MOST)
		return fault_set(f, F_INPUT, "more than %d routes", ROUTE_MOST);
	if (route_args.nsets == 0)
		return shape_route_init(&routes[nroutes++], route, f);
	doc = json_build(route);
	buf_init(&text, MAX_RECORD);
	if ((bad = route_sets(&route_args, &doc, f)) == 0) {
		json_write(&text, doc);
		bad = shape_route_init(&routes[nroutes++], (struct span){buf_text(&text), text.len}, f);
	}
	buf_release(&text);
	jv_free(doc);
	return bad;
}

/* A route record, or an error of the stage before, is what comes next: --route -. */
static int is_route_next(struct reader *in)
{
	static const char *const heads[] = {"{\"route\":", "{\"error\":", NULL};
	struct span bytes;
	int i;

	if (reader_skip_blanks(in) != 0 || reader_peek(in, 9, &bytes) != 0)
		return 0;
	for (i = 0; heads[i] != NULL; i++)
		if (bytes.n >= strlen(heads[i]) && memcmp(bytes.p, heads[i], strlen(heads[i])) == 0)
			return 1;
	return 0;
}

/*
 * Route records from a file or the stage before; an error record of that stage
 * goes on to the next.  leading: up to the first value that is none.
 */
static int read_routes(struct reader *in, int leading, const char *name, struct fault *f)
{
	struct span value, route;
	struct span_err err;
	enum read_result got;
	int bad = 0;

	while (!bad && (!leading || is_route_next(in)) && (got = reader_value(in, &value, &err)) != READ_END) {
		route = got == READ_OK ? span_get(value, "route") : SPAN_NIL;
		if (got == READ_FAILED)
			bad = fault_set(f, F_INPUT, "%s: %s", name, file_error(in->error));
		else if (got != READ_OK)
			bad = fault_set(f, F_INPUT, "%s: line %ld: a route record is due, not JSON: %s", name, in->line,
			    got == READ_LONG ? "too long" : err.what);
		else if (span_kind(route) == SPAN_OBJECT)
			bad = add_route(route, f);
		else if (record_error(value).p == NULL)
			bad = fault_set(f, F_INPUT, "%s: line %ld: a route record is due, as fb-config prints it%s", name, in->line,
			    in->fd == STDIN_FILENO ? " (give -m, or </dev/null, where stdin is for something else)" : "");
		else
			stage_pass(&stage, value);
	}
	if (!bad && nroutes == 0 && stage.tally.bad == 0)
		bad = fault_set(f, F_INPUT, "%s: no route came from the stage before", name);
	return bad;
}

/* From the configuration, as the arguments say. */
static int resolve_routes(struct fault *f)
{
	struct buf text;
	struct config c;
	jv all, one;
	int i, bad;

	buf_init(&text, MAX_RECORD);
	bad = route_list(&route_args, &c, &all, f);
	stage_warnings(&stage, &c.warnings);
	for (i = 0; !bad && i < json_count(all); i++) {
		buf_clear(&text);
		one = json_at(all, i);
		json_write(&text, one);
		bad = shape_route_init(&routes[nroutes++], (struct span){buf_text(&text), text.len}, f);
		jv_free(one);
	}
	config_release(&c);
	buf_release(&text);
	jv_free(all);
	return bad;
}

/* Is a stage before us there to give routes?  A terminal, /dev/null or nothing at all is none. */
static int routes_on_stdin(void)
{
	struct stat st;

	return fstat(STDIN_FILENO, &st) == 0 && !S_ISCHR(st.st_mode);
}

/* All of a file, or of standard input, which may have data behind its routes. */
static int read_route_file(int fd, const char *name, int leading, struct fault *f)
{
	struct reader in;
	int bad;

	if (leading) {
		reader_init(&ahead, fd);
		stage.ahead = &ahead;
		return read_routes(&ahead, 1, name, f);
	}
	reader_init(&in, fd);
	bad = read_routes(&in, 0, name, f);
	reader_release(&in);
	return bad;
}

/*
 * DESIGN section 2: --route FILE; -m and friends; the stage before, where
 * stdin isn't the data; the configured primary.
 */
static int get_routes(int stdin_is_data, struct fault *f)
{
	int fd, bad;

	if (route_file != NULL && strcmp(route_file, "-") == 0)
		return read_route_file(STDIN_FILENO, "standard input", 1, f);
	if (route_file != NULL) {
		if ((fd = open(route_file, O_RDONLY | O_CLOEXEC)) < 0)
			return fault_set(f, F_INPUT, "--route: %s: %s", route_file, strerror(errno));
		bad = read_route_file(fd, route_file, 0, f);
		close(fd);
		return bad;
	}
	if (route_args.nrefs > 0 || route_args.base_url != NULL || stdin_is_data || args.stdin_taken || !routes_on_stdin())
		return resolve_routes(f);
	return read_route_file(STDIN_FILENO, "standard input", 0, f);
}

/* --explain, on stderr. */
static void on_change(void *ctx, const struct compat *row, struct span before, struct span after)
{
	struct buf lines;
	const char *p, *end;

	(void)ctx;
	buf_init(&lines, MAX_RECORD);
	diff_write(&lines, before, after);
	for (p = buf_text(&lines); *p != '\0'; p = end + (*end == '\n')) {
		end = p + strcspn(p, "\n");
		tty_say(cmd.prog, "%s: %.*s", row->name, (int)(end - p), p);
	}
	buf_release(&lines);
}

static void on_done(void *ctx, size_t before, size_t after)
{
	(void)ctx;
	tty_say(cmd.prog, "body %zu -> %zu bytes", before, after);
}

static void set_form(enum source_form form, char delimiter)
{
	if (source.form != SOURCE_JSON && source.form != form)
		opt_die(&cmd, "--lines, -0, --csv, --tsv and --each don't go together");
	source.form = form;
	if (delimiter != '\0')
		source.delimiter = delimiter;
}

/* 1: it was one of those that say what the input is. */
static int source_option(int id)
{
	switch (id) {
	case OPT_LINES:
		set_form(SOURCE_LINES, '\0');
		return 1;
	case '0':
		source.nuls = 1;
		return 1;
	case OPT_CSV:
	case OPT_TSV:
		set_form(SOURCE_CSV, id == OPT_CSV ? ',' : '\t');
		return 1;
	case OPT_DELIMITER:
		if (strlen(optarg) != 1 || strchr("\"\r\n", optarg[0]) != NULL || (unsigned char)optarg[0] >= 0x80)
			opt_die(&cmd, "--delimiter: one ASCII character is due: %s", optarg);
		set_form(SOURCE_CSV, optarg[0]);
		return 1;
	case OPT_EACH:
		set_form(SOURCE_EACH, '\0');
		return 1;
	case OPT_FILES_FROM:
		source.files_from = optarg;
		return 1;
	case OPT_ID:
		how.id = optarg;
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

static void read_options(int argc, char **argv)
{
	static const struct compat_watch watch = {on_change, on_done, NULL};
	struct fault f;
	int id, got, i;

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
			how.watch = &watch;
		else if (id == OPT_BATCH)
			how.batch = 1;
		else if (!stage_option(&stage, id, optarg) && route_option(&route_args, id, optarg) < 0)
			opt_die(&cmd, "more than %d times the same option", ROUTE_MOST);
	}
	if (source.nuls && source.form != SOURCE_EACH && source.files_from == NULL)
		set_form(SOURCE_NULS, '\0');
	if (source.files_from != NULL && optind < argc)
		opt_die(&cmd, "--files-from or FILEs, not both: %s", argv[optind]);
	if (args.prompt != NULL && source.form != SOURCE_EACH && (source.form != SOURCE_JSON || source.files_from != NULL))
		opt_die(&cmd, "-p is the prompt: --lines, -0, --csv and --files-from are for others (--each puts -p before each)");
	for (i = optind; i < argc; i++)
		args.stdin_taken |= strcmp(argv[i], "-") == 0;
	args.stdin_taken |= source.files_from != NULL && strcmp(source.files_from, "-") == 0;
	if (route_file != NULL && strcmp(route_file, "-") == 0 && args.stdin_taken &&
	    (source.form == SOURCE_EACH || source.files_from != NULL))
		opt_die(&cmd, "--route - takes standard input: it can't be a FILE of --each, or --files-from, too");
	if (args.prompt != NULL && optind < argc && source.form != SOURCE_EACH)
		opt_die(&cmd, "-p or files of prompts, not both: %s (attach a file with -f; --each puts -p before each)", argv[optind]);
	if (args.prompt != NULL && args.template != NULL)
		opt_die(&cmd, "-p or -t, not both");
	if (args.template != NULL && map_arg != NULL)
		opt_die(&cmd, "-t or --map, not both");
	if (source.form == SOURCE_CSV && args.template == NULL && map_arg == NULL)
		opt_die(&cmd, "rows of data need -t: which columns make the prompt, as in -t '{{text}}'");
	if (source.form == SOURCE_EACH && optind == argc && source.files_from == NULL)
		opt_die(&cmd, "--each: which files?");
}

/* All inputs; the exit status. */
static int shape_inputs(char **operands)
{
	struct fault f;

	stage.each = shape_one;
	stage.refuse = refuse;
	if (args.prompt != NULL && source.form != SOURCE_EACH) {
		how.stream = how.stream >= 0 ? how.stream : 1;
		shape_prompt();
	} else {
		how.lead = args.prompt != NULL ? buf_text(&args.prompt_text) : NULL;
		if (source_run(&stage, &source, operands, &f) != 0)
			return stage_cannot(&stage, &f);
	}
	if (stage.tally.good + stage.tally.bad > 0 || stage.broken || stage.out.error != 0)
		return tally_status(&stage.tally);
	fault_set(&f, F_INPUT, "nothing to shape: the input is empty (give a prompt with -p)");
	return stage_cannot(&stage, &f);
}

int main(int argc, char **argv)
{
	struct fault f;
	int i, status;

	stage_start(&stage, "fb-shape", "shape");
	shape_args_init(&args);
	read_options(argc, argv);
	if ((status = stage_open(&stage)) != 0)
		return status;
	if ((map_arg != NULL && read_map(&f) != 0) || shape_args_read(&args, &how, &f) != 0 ||
	    get_routes(args.prompt == NULL && optind == argc && source.files_from == NULL, &f) != 0)
		status = stage_cannot(&stage, &f);
	else if (nroutes > 0) {
		how.several = nroutes > 1;
		status = shape_inputs(argv + optind);
	} else	/* only errors of the stage before came, and they were passed on */
		status = tally_status(&stage.tally);
	for (i = 0; i < nroutes; i++)
		shape_route_release(&routes[i]);
	if (stage.ahead != NULL)
		reader_release(&ahead);
	jqprog_release(&map);
	shape_args_release(&args);
	return stage_end(&stage, status);
}
