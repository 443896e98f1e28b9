/* fb-shape - makes requests that the model's server accepts.  See fb-shape(1). */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "json.h"
#include "limits.h"
#include "opt.h"
#include "route.h"
#include "shape.h"
#include "stage.h"

enum { OPT_ROUTE = 400, OPT_STREAM, OPT_NO_STREAM, OPT_MAX_TOKENS, MAX_FILES = 64 };

static const struct opt opts[] = {
	{'p', "prompt", "TEXT", "the prompt; @FILE reads it from a file"},
	{'s', "system", "TEXT", "the system text; @FILE reads it from a file"},
	{'f', "file", "FILE", "attach a text file as a part of its own (repeatable)"},
	ROUTE_OPTIONS,
	{OPT_ROUTE, "route", "FILE", "read route records from FILE"},
	{OPT_MAX_TOKENS, "max-tokens", "N", "limit the answer to N tokens"},
	{OPT_STREAM, "stream", NULL, "ask for a stream (the default with -p)"},
	{OPT_NO_STREAM, "no-stream", NULL, "ask for the answer in one piece"},
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
static struct shape_options how = {.stream = -1};
static struct shape_route routes[ROUTE_MOST];
static int nroutes;
static const char *paths[MAX_FILES];	/* of -f */
static struct buf files[MAX_FILES];
static struct buf prompt, system_text;	/* of -p and -s */
static int stdin_taken;	/* by a prompt, system text or file: no route is read there */
static const char *route_file, *prompt_arg, *system_arg;

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

/* One input, for every route. */
static void shape_one(struct stage *s, struct span value, const char *place)
{
	struct shape_input in;
	struct fault f;
	struct buf line;
	int i, bad = shape_read(&in, value, s->ordinal, &f);

	buf_init(&line, MAX_RECORD);
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

/* What is no JSON: on the first line it is likely that the whole input isn't. */
static void refuse(struct stage *s, struct span id, const char *place, struct fault *f)
{
	if (s->ordinal == 1)
		fault_hint(f, "plain text? fb-shape -p @- takes it whole");
	stage_refuse(s, id, place, f);
}

/* -p: the text as if it were a JSON value of the input. */
static void shape_prompt(void)
{
	struct buf quoted;

	buf_init(&quoted, MAX_RECORD);
	json_quote(&quoted, buf_text(&prompt), prompt.len);
	stage.ordinal = 1;
	shape_one(&stage, (struct span){buf_text(&quoted), quoted.len}, "");
	buf_release(&quoted);
}

/* The text of -p or -s: @FILE is the file's, @@x is the text @x. */
static int read_text(const char *option, const char *arg, struct buf *text, struct fault *f)
{
	int e = 0;

	if (arg[0] == '@' && arg[1] != '@') {
		stdin_taken |= strcmp(arg, "@-") == 0;
		e = file_read(arg + 1, FILE_ANY, text);
	} else {
		buf_adds(text, arg[0] == '@' ? arg + 1 : arg);
	}
	if (e != 0)
		return fault_set(f, F_INPUT, "%s: %s: %s", option, arg + 1, file_error(e));
	if (span_utf8(buf_text(text), text->len) != text->len)
		return fault_set(f, F_INPUT, "%s: not UTF-8 text", option);
	if (text->len == strspn(buf_text(text), " \t\r\n"))
		return fault_set(f, F_INPUT, "%s: the text is empty", option);
	return 0;
}

static int read_attached(const char *path, struct buf *text, struct fault *f)
{
	int e;

	stdin_taken |= strcmp(path, "-") == 0;
	if ((e = file_read(path, FILE_ANY, text)) != 0)
		return fault_set(f, F_INPUT, "-f: %s: %s", path, file_error(e));
	if (memchr(buf_text(text), '\0', text->len) != NULL || span_utf8(buf_text(text), text->len) != text->len)
		return fault_set(f, F_INPUT, "-f: %s: not a text file (UTF-8)", path);
	return 0;
}

/* What -p, -s and -f name. */
static int read_texts(struct fault *f)
{
	int i;

	buf_init(&prompt, MAX_RECORD / 2);
	buf_init(&system_text, MAX_RECORD / 2);
	if (prompt_arg != NULL && read_text("-p", prompt_arg, &prompt, f) != 0)
		return -1;
	if (system_arg != NULL && read_text("-s", system_arg, &system_text, f) != 0)
		return -1;
	for (i = 0; i < how.extra.nfiles; i++) {
		buf_init(&files[i], MAX_RECORD / 2);
		if (read_attached(paths[i], &files[i], f) != 0)
			return -1;
	}
	how.extra.files = files;
	how.extra.system = system_arg != NULL ? buf_text(&system_text) : NULL;
	return 0;
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

/* Route records from a file or the stage before; an error record of that stage goes on to the next. */
static int read_routes(int fd, const char *name, struct fault *f)
{
	struct reader in;
	struct span value, route;
	struct span_err err;
	enum read_result got;
	int bad = 0;

	reader_init(&in, fd);
	while (!bad && (got = reader_value(&in, &value, &err)) != READ_END) {
		route = got == READ_OK ? span_get(value, "route") : SPAN_NIL;
		if (got == READ_FAILED)
			bad = fault_set(f, F_INPUT, "%s: %s", name, file_error(in.error));
		else if (got != READ_OK)
			bad = fault_set(f, F_INPUT, "%s: line %ld: a route record is due, not JSON: %s", name, in.line,
			    got == READ_LONG ? "too long" : err.what);
		else if (span_kind(route) == SPAN_OBJECT)
			bad = add_route(route, f);
		else if (record_error(value).p == NULL)
			bad = fault_set(f, F_INPUT, "%s: line %ld: a route record is due, as fb-config prints it%s", name, in.line,
			    fd == STDIN_FILENO ? " (give -m, or </dev/null, where stdin is for something else)" : "");
		else
			stage_pass(&stage, value);
	}
	reader_release(&in);
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

/*
 * DESIGN section 2: --route FILE; -m and friends; the stage before, where
 * stdin isn't the data; the configured primary.
 */
static int get_routes(int stdin_is_data, struct fault *f)
{
	int fd, bad;

	if (route_file != NULL) {
		if ((fd = open(route_file, O_RDONLY | O_CLOEXEC)) < 0)
			return fault_set(f, F_INPUT, "--route: %s: %s", route_file, strerror(errno));
		bad = read_routes(fd, route_file, f);
		close(fd);
		return bad;
	}
	if (route_args.nrefs > 0 || route_args.base_url != NULL || stdin_is_data || stdin_taken || !routes_on_stdin())
		return resolve_routes(f);
	return read_routes(STDIN_FILENO, "standard input", f);
}

static void read_options(int argc, char **argv)
{
	int id;

	while ((id = opt_next(&cmd, argc, argv)) != -1) {
		switch (id) {
		case 'p':
			prompt_arg = optarg;
			break;
		case 's':
			system_arg = optarg;
			break;
		case 'f':
			if (how.extra.nfiles == MAX_FILES)
				opt_die(&cmd, "-f: more than %d files", MAX_FILES);
			paths[how.extra.nfiles++] = optarg;
			break;
		case OPT_ROUTE:
			route_file = optarg;
			break;
		case OPT_STREAM:
		case OPT_NO_STREAM:
			how.stream = id == OPT_STREAM;
			break;
		case OPT_MAX_TOKENS:
			how.max_tokens = opt_number(&cmd, "max-tokens", optarg, 1, LONG_MAX);
			break;
		default:
			if (!stage_option(&stage, id, optarg) && route_option(&route_args, id, optarg) < 0)
				opt_die(&cmd, "more than %d times the same option", ROUTE_MOST);
		}
	}
	if (prompt_arg != NULL && optind < argc)
		opt_die(&cmd, "-p or files of prompts, not both: %s (attach a file with -f)", argv[optind]);
}

/* All inputs; the exit status. */
static int shape_inputs(char **operands)
{
	struct fault f;

	if (prompt_arg != NULL) {
		how.stream = how.stream >= 0 ? how.stream : 1;
		shape_prompt();
	} else {
		stage.each = shape_one;
		stage.refuse = refuse;
		stage_each(&stage, operands);
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
	read_options(argc, argv);
	if ((status = stage_open(&stage)) != 0)
		return status;
	if (read_texts(&f) != 0 || get_routes(prompt_arg == NULL && optind == argc, &f) != 0)
		status = stage_cannot(&stage, &f);
	else if (nroutes > 0)
		status = shape_inputs(argv + optind);
	else	/* only errors of the stage before came, and they were passed on */
		status = tally_status(&stage.tally);
	for (i = 0; i < nroutes; i++)
		shape_route_release(&routes[i]);
	for (i = 0; i < how.extra.nfiles; i++)
		buf_release(&files[i]);
	buf_release(&system_text);
	buf_release(&prompt);
	return stage_end(&stage, status);
}
