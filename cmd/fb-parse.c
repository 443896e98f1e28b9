/* fb-parse - prints the answers in response records and raw replies.  See fb-parse(1). */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "limits.h"
#include "live.h"
#include "opt.h"
#include "reply.h"
#include "result.h"
#include "stage.h"
#include "tty.h"
#include "wire.h"

enum { OPT_JSON = 400, OPT_ENVELOPE, OPT_LIVE, OPT_NO_ESCAPE };

static const struct opt opts[] = {
	{OPT_JSON, "json", NULL, "print a result record a reply"},
	{OPT_ENVELOPE, "envelope", NULL, "print what `fluffbuzz infer model run --json` prints"},
	{OPT_LIVE, "live", NULL, "print text as it arrives (the default on a terminal)"},
	{OPT_NO_ESCAPE, "no-escape", NULL, "print control characters to a terminal as they are"},
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

/* One run: how to print, and where. */
static struct stage stage;
static int json, envelope, want_live, no_escape, terminal;

/* The answer that is being printed while it arrives. */
static struct live live;
static struct buf live_id;	/* whose: its custom_id token; empty: nobody's */
static char live_last;		/* the byte printed last, 0: none yet */
static int nothings;	/* empty files */
static int reasoned;	/* reasoning stands on the line, without its end */
static struct buf open_id;	/* custom_id token of the event seen last whose record did not come yet */
static int heads;		/* answers begun on this output */

/* The answer begins on a line of its own. */
static void end_reasoning(void)
{
	if (reasoned && write(STDERR_FILENO, "\n", 1) < 0)
		return;
	reasoned = 0;
}

/* Text for a person or for a pipe. */
static void put(const char *p, size_t n)
{
	struct buf shown;

	if (n == 0)
		return;
	end_reasoning();
	live_last = p[n - 1];
	if (!terminal || no_escape) {
		out_write(&stage.out, p, n);
		return;
	}
	buf_init(&shown, 8 * MAX_RECORD);
	tty_harmless(&shown, p, n);
	out_write(&stage.out, buf_text(&shown), shown.len);
	buf_release(&shown);
}

/* Reasoning is for the eye only: dimmed, on stderr. */
static void put_reasoning(const struct buf *text)
{
	struct buf shown;

	if (text->len == 0 || !terminal || !isatty(STDERR_FILENO) || stage.quiet)
		return;
	buf_init(&shown, 8 * MAX_RECORD);
	tty_dim(&shown, buf_text(text), text->len);
	if (write(STDERR_FILENO, buf_text(&shown), shown.len) < 0) {
		/* nobody is left to see it */
	}
	reasoned = text->data[text->len - 1] != '\n';
	buf_release(&shown);
}

/* "==> ID <==" between the answers of several records on a terminal. */
static void put_head(struct span id)
{
	struct buf name;

	if (heads++ == 0 || !terminal)
		return;
	buf_init(&name, MAX_RECORD);
	buf_adds(&name, "\n==> ");
	span_decode(id, SPAN_REPLACE, &name);
	buf_adds(&name, " <==\n");
	put(buf_text(&name), name.len);
	buf_release(&name);
}

static void end_line(void)
{
	if (live_last != '\n' && live_last != '\0')
		put("\n", 1);
	live_last = '\0';
}

static int is_live(struct span id)
{
	return live_id.len == id.n && memcmp(buf_text(&live_id), id.p, id.n) == 0;
}

static void live_start(struct span id)
{
	end_line();
	live_release(&live);
	live_init(&live);
	buf_clear(&live_id);
	buf_add(&live_id, id.p, id.n);
	put_head(id);
}

/* A chunk of an answer that is shown while it arrives; or the news that it begins again. */
static void show_chunk(struct span id, struct span chunk)
{
	struct buf text, reasoning;

	if (!want_live)
		return;
	if (!is_live(id) || span_eq(chunk, "restart"))
		live_start(id);
	buf_init(&text, MAX_RECORD);
	buf_init(&reasoning, MAX_RECORD);
	live_add(&live, chunk, &text, &reasoning);
	put_reasoning(&reasoning);
	put(buf_text(&text), text.len);
	buf_release(&text);
	buf_release(&reasoning);
}

/* The rest of a live answer; 1 when there was one, so its text is on the screen. */
static int finish_live(struct span id)
{
	struct buf text, reasoning;

	if (!is_live(id) || live_id.len == 0)
		return 0;
	buf_init(&text, MAX_RECORD);
	buf_init(&reasoning, MAX_RECORD);
	live_end(&live, &text, &reasoning);
	put_reasoning(&reasoning);
	put(buf_text(&text), text.len);
	buf_release(&text);
	buf_release(&reasoning);
	buf_clear(&live_id);
	end_line();
	return 1;
}

/* A good answer as text: one LF behind it; tool calls as JSON, one array a line. */
static void put_answer(const struct answer *a)
{
	struct buf text;

	buf_init(&text, MAX_RECORD);
	buf_add(&text, buf_text(&a->text), a->text.len);
	if (a->calls.len > 0) {
		if (text.len > 0 && text.data[text.len - 1] != '\n')
			buf_addc(&text, '\n');
		buf_add(&text, buf_text(&a->calls), a->calls.len);
	}
	if (text.len == 0 || text.data[text.len - 1] != '\n')
		buf_addc(&text, '\n');
	put(buf_text(&text), text.len);	/* one write, so a cut pipe never holds half an answer */
	buf_release(&text);
}

/* One outcome, whatever it came from. */
static void show_result(const struct result *r)
{
	struct buf line;
	int good = r->fault.code == F_NONE, shown;

	tally_add(&stage.tally, good, r->retryable);
	if (open_id.len == r->id.n && memcmp(buf_text(&open_id), r->id.p, r->id.n) == 0)
		buf_clear(&open_id);
	if (json || envelope) {
		buf_init(&line, 2 * MAX_RECORD);
		if (envelope)
			result_envelope(&line, r);
		else
			result_write(&line, r);
		out_line(&stage.out, &line);
		buf_release(&line);
	} else {
		shown = finish_live(r->id);
		if (!shown && good) {
			put_head(r->id);
			put_reasoning(&r->answer.reasoning);
			put_answer(&r->answer);
		} else if (good && r->answer.calls.len > 0) {
			put(buf_text(&r->answer.calls), r->answer.calls.len);
			end_line();
		}
	}
	if (!good)
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

	show_chunk(*id, chunk);
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

	buf_init(&token, MAX_RECORD);
	record_id(&token, value, 0, s->ordinal);
	id = (struct span){buf_text(&token), token.len};
	if (is_record(value)) {
		result_read(&r, value, id);
		show_result(&r);
		result_release(&r);
	} else if (event.p != NULL) {
		s->ordinal--;	/* a line, but no outcome */
		buf_clear(&open_id);
		buf_add(&open_id, id.p, id.n);
		show_chunk(id, event);
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
	struct buf id = open_id;	/* show_result() looks whether the one it shows is open */
	struct result r;
	struct fault f;

	buf_init(&open_id, MAX_RECORD);
	if (id.len > 0) {
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

static void read_options(int argc, char **argv)
{
	int id;

	while ((id = opt_next(&cmd, argc, argv)) != -1) {
		switch (id) {
		case OPT_JSON:
			json = 1;
			break;
		case OPT_ENVELOPE:
			envelope = 1;
			break;
		case OPT_LIVE:
			want_live = 1;
			break;
		case OPT_NO_ESCAPE:
			no_escape = 1;
			break;
		default:
			stage_option(&stage, id, optarg);
		}
	}
	if (json + envelope + want_live > 1)
		opt_die(&cmd, "only one of --json, --envelope and --live");
}

int main(int argc, char **argv)
{
	int status;

	stage_start(&stage, "fb-parse", "parse");
	stage.last = 1;
	stage.each = take_value;
	stage.refuse = refuse;
	read_options(argc, argv);
	terminal = stage.output == NULL && isatty(STDOUT_FILENO);
	want_live = !json && !envelope && (want_live || terminal);
	live_init(&live);
	buf_init(&live_id, MAX_RECORD);
	buf_init(&open_id, MAX_RECORD);
	if ((status = stage_open(&stage)) != 0)
		return status;
	stage_files(&stage, argv + optind, take_file);
	live_release(&live);
	buf_release(&live_id);
	buf_release(&open_id);
	status = nothings == stage.tally.good + stage.tally.bad ? 2 : tally_status(&stage.tally);
	return stage_end(&stage, status);
}
