/* fb-parse - prints the answers in response records and raw replies.  See fb-parse(1). */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "chat.h"
#include "csv.h"
#include "demand.h"
#include "limits.h"
#include "openids.h"
#include "opt.h"
#include "parseargs.h"
#include "project.h"
#include "reply.h"
#include "result.h"
#include "rows.h"
#include "show.h"
#include "split.h"
#include "stage.h"
#include "tty.h"
#include "wire.h"

static const struct opt opts[] = {
	PARSE_OPTIONS,
	STAGE_OUTPUT_OPTION,
	STAGE_QUIET_OPTION,
	{0, NULL, NULL, NULL}
};

static const struct cmd cmd = {
	"fb-parse", "[OPTION]... [FILE]...",
	"Print the answer in what a model's server replied.",
	opts,
	"Reads fb-send's records, or a reply as curl prints it: a chat completion, a\n"
	"stream of events, an error in any form.  Status 0: every reply is an answer.\n"
};

/* One run: what to print, and where. */
static struct stage stage;
static struct parse_args args;
static struct show show;
static struct demand demand;
static long cut;		/* good answers that end at max_tokens */
static struct buf schema;	/* its text */
static struct jqprog prog;
static struct split split;
static int unusable;		/* --save names what is no such file */
static struct rows rows;
static int warned;		/* of an input with members that no column is for */
static int live;		/* text is printed as it arrives */
static int nothings;		/* empty files */
static struct openids unended;	/* whose events came, but not the record */

/* As text: a good answer, or of a failure what keeps the number of fields right. */
static void show_plain(const struct result *r)
{
	int good = r->fault.code == F_NONE;

	if (show_end(&show, r->id)) {
		if (good)
			show_calls(&show, &r->answer);
	} else if (good && demand.json) {
		show_value(&show, r->id, buf_text(&r->value), r->value.len);
	} else if (good) {
		show_answer(&show, r->id, &r->answer);
	} else if (show.end != END_LF) {
		show_field(&show, "", 0);
	}
}

static void show_row(const struct result *r, struct span record)
{
	struct buf line, name;
	struct span unknown;

	buf_init(&line, 8 * MAX_RECORD);
	rows_add(&rows, record, &line, &unknown);
	show_put(&show, buf_text(&line), line.len);
	buf_release(&line);
	if (unknown.p == NULL || warned++)
		return;
	buf_init(&name, 2 * MAX_RECORD);
	span_decode(r->id, SPAN_REPLACE, &name);
	buf_adds(&name, ": no column for its input's ");
	span_decode(unknown, SPAN_REPLACE, &name);
	buf_addf(&name, ": columns are those of the first input, %d at most", CSV_FIELDS);
	stage_warn(&stage, buf_text(&name));
	buf_release(&name);
}

/* A good answer into its file: the record, the value or the text. */
static void split_result(struct result *r)
{
	struct buf text;
	struct fault f;

	if (r->fault.code != F_NONE)
		return;
	buf_init(&text, 2 * MAX_RECORD);
	if (args.json)
		result_write(&text, r);
	else if (demand.json)
		buf_add(&text, buf_text(&r->value), r->value.len);
	else
		show_text(&text, &r->answer, END_LF);
	if (args.json || demand.json)
		buf_addc(&text, '\n');
	if (split_write(&split, r->id, stage.ordinal, buf_text(&text), text.len, &f, &stage.broken) != 0)
		result_fail(r, &f);
	buf_release(&text);
}

/* The turn of a good answer into the file of --save; one that can't be saved is a failure. */
static void save_turn(struct result *r)
{
	struct span body = span_at(r->record, "request.body");
	struct buf lines;
	struct fault f;
	int status = 0, bad = 0;

	if (r->fault.code != F_NONE)
		return;
	buf_init(&lines, MAX_RECORD);
	if (span_kind(body) != SPAN_OBJECT)
		bad = fault_set(&f, F_INPUT, "--save: there is no request in the record (fb-send --keep-request keeps it)");
	else if ((bad = chat_turn(body, &r->answer, &lines, &f)) == 0)
		bad = chat_save(args.save, &lines, &f, &status);
	if (bad)
		result_fail(r, &f);
	stage.broken |= status == 3;
	unusable |= status == 2;
	buf_release(&lines);
}

/* What the program makes of it; one that fails on it makes it a failure. */
static void show_jq(struct result *r, struct span record)
{
	struct buf text;
	struct fault f;

	buf_init(&text, 8 * MAX_RECORD);
	if (project(&prog, record, show.end, &text, &f) == 0) {
		show_put(&show, buf_text(&text), text.len);
	} else {
		if (r->fault.code == F_NONE)
			result_fail(r, &f);
		if (show.end != END_LF)
			show_field(&show, "", 0);
	}
	buf_release(&text);
}

/* As a record. */
static void show_record(struct result *r)
{
	struct buf line;

	buf_init(&line, 2 * MAX_RECORD);
	if (args.envelope)
		result_envelope(&line, r);
	else
		result_write(&line, r);
	if (args.csv != NULL || args.tsv != NULL)
		show_row(r, (struct span){buf_text(&line), line.len});
	else if (args.jq != NULL)
		show_jq(r, (struct span){buf_text(&line), line.len});
	else
		out_line(&stage.out, &line);
	buf_release(&line);
}

/* One outcome, whatever it came from. */
static void show_result(struct result *r)
{
	openids_end(&unended, r->id);
	demand_apply(&demand, r);
	if (args.save != NULL)
		save_turn(r);
	if (args.split != NULL)
		split_result(r);
	else if (parse_args_text(&args))
		show_plain(r);
	else
		show_record(r);
	tally_add(&stage.tally, r->fault.code == F_NONE, r->retryable);
	cut += demand_cut(r);
	if (r->fault.code != F_NONE)
		stage_tell(&stage, r->id, &r->fault);
}

static void refuse(struct stage *s, struct span id, const char *place, struct fault *f)
{
	struct result r;

	(void)s;
	fault_prefix(f, place);
	result_bare(&r, SPAN_NIL, f, id);
	show_result(&r);
	result_release(&r);
}

/* A chunk of a raw stream, which has no custom_id but its place in the input. */
static void on_chunk(void *ctx, struct span chunk)
{
	const struct span *id = ctx;

	if (live)
		show_chunk(&show, *id, chunk, 1);
}

/* A reply that is all there: a body on a line or over many. */
static void take_body(struct span body, struct span id)
{
	struct reply reply;
	struct result r;
	struct fault f;
	struct buf whole;

	reply_init(&reply, NULL, NULL);
	buf_init(&whole, 2 * MAX_RECORD);
	reply_push(&reply, body.p, body.n);
	reply_end(&reply, 0, &whole, &f);
	result_bare(&r, (struct span){buf_text(&whole), whole.len}, &f, id);
	show_result(&r);
	result_release(&r);
	buf_release(&whole);
	reply_release(&reply);
}

/*
 * A record of ours or of a Batch output file, not a bare body: an error body
 * of a server has an `error` with a `code` too, but nobody's id.
 */
static int is_record(struct span value)
{
	if (span_get(value, "response").p != NULL)
		return 1;
	return record_error(value).p != NULL && (span_get(value, "custom_id").p != NULL ||
	    span_kind(span_at(value, "error.stage")) == SPAN_STRING);
}

/* One JSON value: a record of the stage before, or a body. */
static void take_value(struct stage *s, struct span value, const char *place)
{
	struct span event = span_get(value, "event"), id;
	struct buf token;
	struct result r;
	struct fault f;
	int first;

	buf_init(&token, MAX_RECORD);
	record_id(&token, value, 0, s->ordinal);
	id = (struct span){buf_text(&token), token.len};
	if (is_record(value)) {
		result_read(&r, value, id);
		show_result(&r);
		result_release(&r);
	} else if (event.p != NULL) {
		s->ordinal--;	/* a line, but no outcome */
		first = openids_event(&unended, id);
		if (live)
			show_chunk(&show, id, event, first);
	} else if (span_get(value, "route").p != NULL || span_kind(span_get(value, "body")) == SPAN_OBJECT) {
		fault_set(&f, F_INPUT, span_get(value, "body").p != NULL ?
		    "a request, not a response: it was not sent (put fb-send between)" :
		    "a route, not a response (put fb-shape -p and fb-send between)");
		refuse(s, id, place, &f);
	} else {
		take_body(value, id);
	}
	buf_release(&token);
}

/* Headers and a body, a stream of events, or a text that is no JSON, to the end of the file. */
static void take_reply(struct reader *in)
{
	char ordinal[32];
	struct span id = {ordinal, (size_t)snprintf(ordinal, sizeof ordinal, "\"%ld\"", ++stage.ordinal)};
	struct reply reply;
	struct wire wire;
	struct result r;
	struct fault f;
	struct span bytes;
	struct buf whole;

	reply_init(&reply, on_chunk, &id);
	wire_init(&wire, &reply);
	buf_init(&whole, 2 * MAX_RECORD);
	while (stage.out.error == 0 && reader_bytes(in, &bytes) == READ_OK)
		wire_push(&wire, bytes.p, bytes.n);
	wire_end(&wire, in->error != 0, &whole, &f);
	result_bare(&r, (struct span){buf_text(&whole), whole.len}, &f, id);
	show_result(&r);
	result_release(&r);
	buf_release(&whole);
	wire_release(&wire);
	reply_release(&reply);
}

/* Nothing at all came: the stage before died before it could say why. */
static void take_nothing(const char *name)
{
	char ordinal[32];
	struct span id = {ordinal, (size_t)snprintf(ordinal, sizeof ordinal, "\"%ld\"", ++stage.ordinal)};
	struct fault f;

	if (name != NULL)
		fault_set(&f, F_INPUT, "%s: the file is empty", name);
	else
		fault_set(&f, F_INPUT, "nothing came from the stage before");
	refuse(&stage, id, "", &f);
	nothings++;
}

/* Events came, but not the record that ends them: the stage before was cut off. */
static void take_half(void)
{
	struct result r;
	struct fault f;
	struct buf id;

	buf_init(&id, MAX_RECORD);
	while (openids_take(&unended, &id)) {
		fault_set(&f, F_TRUNCATED, "the stage before ended in the middle of the answer");
		result_bare(&r, SPAN_NIL, &f, (struct span){buf_text(&id), id.len});
		r.fault.hint[0] = '\0';	/* its advice is about servers */
		show_result(&r);
		result_release(&r);
	}
	buf_release(&id);
}

/* Told by its first bytes: JSON values, or one reply to the end. */
static void take_file(struct stage *s, struct reader *in, const char *name)
{
	enum reply_form form = REPLY_UNKNOWN;
	struct span bytes = SPAN_NIL;
	size_t want;

	if (reader_skip_blanks(in) != 0)
		return;
	for (want = 1; form == REPLY_UNKNOWN; want = bytes.n + 1) {
		if (reader_peek(in, want, &bytes) != 0)
			return;
		form = reply_sniff(bytes.p, bytes.n);
		if (bytes.n < want)	/* the end */
			break;
	}
	if (bytes.n == 0)
		take_nothing(name);
	else if (form == REPLY_STREAM || (bytes.p[0] != '{' && bytes.p[0] != '['))
		take_reply(in);
	else
		stage_values(s, in, name);
	take_half();
}

static void read_schema(void)
{
	struct buf warnings;
	struct fault f;

	buf_init(&schema, MAX_CONFIG);
	buf_init(&warnings, MAX_CONFIG);
	if (parse_args_schema(&args, &schema, &demand.schema, &warnings, &f) != 0)
		opt_die(&cmd, "%s", f.message);
	stage_warnings(&stage, &warnings);
	buf_release(&warnings);
}

static void read_options(int argc, char **argv)
{
	struct fault f;
	int id;

	while ((id = opt_next(&cmd, argc, argv)) != -1)
		if (!parse_args_option(&args, id, optarg))
			stage_option(&stage, id, optarg);
	if (parse_args_check(&args, stage.output, &f) != 0 ||
	    (args.csv != NULL && rows_init(&rows, "--csv", args.csv, ',', &f) != 0) ||
	    (args.split != NULL && split_init(&split, args.split, &f) != 0) ||
	    (args.tsv != NULL && rows_init(&rows, "--tsv", args.tsv, '\t', &f) != 0))
		opt_die(&cmd, "%s", f.message);
	if (args.jq != NULL && jqprog_init(&prog, args.jq) != 0)
		opt_die(&cmd, "--jq: %s", prog.err);
	demand.stop = args.require_stop;
	demand.json = args.extract != NULL || args.schema != NULL;
	if (args.schema != NULL)
		read_schema();
}

/* The rows that waited for the names of the input's columns, or a head without any. */
static void end_rows(void)
{
	struct buf last;

	if (args.csv == NULL && args.tsv == NULL)
		return;
	buf_init(&last, ROWS_HELD + 8 * MAX_RECORD);
	rows_end(&rows, &last);
	show_put(&show, buf_text(&last), last.len);
	buf_release(&last);
	rows_release(&rows);
}

/* How texts are printed, now that it is known where. */
static void set_show(void)
{
	show_init(&show, &stage.out);
	show.terminal = stage.output == NULL && isatty(STDOUT_FILENO);
	show.no_escape = args.no_escape;
	show.quiet = stage.quiet;
	show.end = parse_args_ending(&args);
	live = parse_args_text(&args) && show.end == END_LF && !demand.json && (args.live || show.terminal);
}

int main(int argc, char **argv)
{
	int status;

	stage_start(&stage, "fb-parse", "parse");
	stage.last = 1;
	stage.each = take_value;
	stage.refuse = refuse;
	read_options(argc, argv);
	set_show();
	openids_init(&unended);
	if ((status = stage_open(&stage)) != 0)
		return status;
	stage_files(&stage, argv + optind, take_file);
	end_rows();
	jqprog_release(&prog);
	buf_release(&schema);
	if (args.split != NULL)
		split_release(&split);
	show_release(&show);
	openids_release(&unended);
	status = nothings == stage.tally.good + stage.tally.bad || (unusable && stage.tally.good == 0) ? 2 : tally_status(&stage.tally);
	status = stage_end(&stage, status);
	if (cut > 0 && !stage.quiet && stage.out.error == 0)
		tty_say(stage.prog, "%ld cut at max_tokens", cut);
	return status;
}
