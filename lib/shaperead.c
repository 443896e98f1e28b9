/* shaperead.c - what an input is: see shape.h. */
#include <string.h>

#include "json.h"
#include "limits.h"
#include "record.h"
#include "shape.h"
#include "template.h"

static int is_messages(struct span v)
{
	struct span_iter it = span_each(v);
	struct span key, m;
	int n = 0;

	for (; span_next(&it, &key, &m); n++)
		if (span_kind(span_get(m, "role")) != SPAN_STRING)
			return 0;
	return span_kind(v) == SPAN_ARRAY && n > 0;
}

/* A prompt of blanks is as good as none, and was surely meant to be something. */
static int check_prompt(struct span prompt, struct fault *f)
{
	struct buf text;
	size_t n;

	if (prompt.n > 2 && (unsigned char)prompt.p[1] > ' ' && prompt.p[1] != '\\')	/* nearly always */
		return 0;
	buf_init(&text, MAX_RECORD);
	span_decode(prompt, SPAN_DELETE, &text);
	for (n = 0; n < text.len && text.data[n] != '\0' && strchr(" \t\r\n", text.data[n]) != NULL; n++)
		;
	n = text.len - n;
	buf_release(&text);
	return n == 0 ? fault_set(f, F_INPUT, "the prompt is empty") : 0;
}

/* Null is as good as nothing there. */
static struct span said(struct span record, const char *name)
{
	struct span v = span_get(record, name);

	return span_kind(v) == SPAN_NULL ? SPAN_NIL : v;
}

static int read_prompt(struct shape_input *in, const struct shape_options *opts, struct fault *f)
{
	int files = said(in->value, "files").p != NULL;

	in->kind = SHAPE_PROMPT;
	in->record = in->value;
	in->said.prompt = said(in->value, "prompt");
	in->said.messages = said(in->value, "messages");
	in->said.system = said(in->value, "system");
	if (in->said.prompt.p == NULL && in->said.messages.p == NULL)
		return fault_set(f, F_INPUT, "no prompt or messages in the object");
	if (in->said.prompt.p != NULL && span_kind(in->said.prompt) != SPAN_STRING)
		return fault_set(f, F_INPUT, "prompt: a text is due");
	if (in->said.messages.p != NULL && !is_messages(in->said.messages))
		return fault_set(f, F_INPUT, "messages: an array of objects with a role is due");
	if (in->said.system.p != NULL && span_kind(in->said.system) != SPAN_STRING)
		return fault_set(f, F_INPUT, "system: a text is due");
	if (files && !opts->files)	/* data names no file, unless the user says which ones it may */
		return fault_set(f, F_INPUT, "files: a record's files are read with --allow-files=DIR only, from below DIR");
	return in->said.prompt.p != NULL ? check_prompt(in->said.prompt, f) : 0;
}

static int read_object(struct shape_input *in, const struct shape_options *opts, struct fault *f)
{
	in->body = span_get(in->value, "body");
	if (span_get(in->value, "route").p != NULL)	/* data can't name a server or a key */
		return fault_set(f, F_INPUT, "a route among the data is not obeyed (give it on stdin with -p, or with --route)");
	if (in->body.p != NULL && (span_kind(in->body) == SPAN_OBJECT || span_get(in->value, "prompt").p == NULL)) {
		in->kind = SHAPE_BATCH;
		return span_kind(in->body) == SPAN_OBJECT ? 0 : fault_set(f, F_INPUT, "body: an object is due");
	}
	if (span_get(in->value, "model").p == NULL || span_get(in->value, "messages").p == NULL)
		return read_prompt(in, opts, f);
	in->kind = SHAPE_BODY;
	in->body = in->value;
	return 0;
}

/* A line that a template is filled with: {{line}}, or {{.}}. */
static int look_at_line(void *ctx, size_t i, const char *name, struct buf *out)
{
	(void)i;
	if (strcmp(name, "line") != 0 && strcmp(name, ".") != 0)
		return 0;
	span_decode(*(const struct span *)ctx, SPAN_DELETE, out);
	return 1;
}

/* The prompt of a row: its template filled in, once. */
static int fill_in(struct shape_input *in, const struct template *template, struct fault *f)
{
	struct buf text;
	size_t missing = 0;
	int line = span_kind(in->value) == SPAN_STRING, bad = 0;

	buf_init(&text, MAX_RECORD / 2);
	if (template_fill(template, line ? look_at_line : template_json, &in->value, &text, &missing) != 0)
		bad = fault_set(f, F_INPUT, "-t: there is no \"%.100s\" in the input", template->name[missing]);
	else
		json_quote(&in->made, buf_text(&text), text.len);
	if (!bad && (text.failed || in->made.failed))
		bad = fault_set(f, F_INPUT, "-t: the prompt is too large");
	in->said.prompt = (struct span){buf_text(&in->made), in->made.len};
	in->whole = line ? SPAN_NIL : in->value;
	buf_release(&text);
	return bad ? bad : check_prompt(in->said.prompt, f);
}

/* -p before the text of a file. */
static int put_before(struct shape_input *in, const char *lead, struct fault *f)
{
	struct buf text;
	int bad;

	buf_init(&text, MAX_RECORD / 2);
	buf_adds(&text, lead);
	buf_adds(&text, "\n\n");
	span_decode(in->value, SPAN_DELETE, &text);
	json_quote(&in->made, buf_text(&text), text.len);
	in->said.prompt = (struct span){buf_text(&in->made), in->made.len};
	bad = text.failed || in->made.failed;
	buf_release(&text);
	return bad ? fault_set(f, F_INPUT, "the prompt is too large") : 0;
}

/* --id names a member, else the input's own, else where it stands.  A name with a dot in it goes before a path. */
int shape_id(struct buf *out, struct span value, const char *member, struct span given, long ordinal, struct fault *f)
{
	struct span v = member != NULL ? span_get(value, member) : SPAN_NIL;

	if (v.p == NULL && member != NULL)
		v = span_at(value, member);
	if (span_kind(v) == SPAN_STRING && v.n > 2) {
		buf_add(out, v.p, v.n);
		return 0;
	}
	if (span_kind(v) == SPAN_NUMBER) {
		buf_addf(out, "\"%.*s\"", (int)v.n, v.p);
		return 0;
	}
	if (given.p != NULL)
		buf_add(out, given.p, given.n);
	else
		record_id(out, value, 1, ordinal);
	if (member == NULL)
		return 0;
	if (v.p == NULL)
		return fault_set(f, F_INPUT, "--id: there is no \"%.100s\" in the input", member);
	return fault_set(f, F_INPUT, "--id: \"%.100s\" is %s", member, span_kind(v) == SPAN_STRING ? "empty" : "no text or number");
}

int shape_read(struct shape_input *in, struct span value, const struct shape_options *opts,
    struct span given, long ordinal, struct fault *f)
{
	struct span error;

	memset(in, 0, sizeof *in);
	in->value = value;
	buf_init(&in->id, MAX_RECORD);
	buf_init(&in->made, MAX_RECORD);
	if (shape_id(&in->id, value, opts->id, given, ordinal, f) != 0)
		return -1;
	/* a row is data, but one that failed in a stage of ours isn't worth a prompt */
	error = span_kind(value) == SPAN_OBJECT ? record_error(value) : SPAN_NIL;
	if (error.p != NULL && (opts->template == NULL || span_get(error, "retryable").p != NULL)) {
		in->kind = SHAPE_FAILED;
		return 0;
	}
	if (opts->template != NULL)
		return fill_in(in, opts->template, f);
	switch (span_kind(value)) {
	case SPAN_STRING:
		in->said.prompt = value;
		return opts->lead != NULL ? put_before(in, opts->lead, f) : check_prompt(value, f);
	case SPAN_ARRAY:
		in->said.messages = value;
		return is_messages(value) ? 0 :
		    fault_set(f, F_INPUT, "an array of messages is due: objects with a role");
	case SPAN_OBJECT:
		return read_object(in, opts, f);
	default:
		return fault_set(f, F_INPUT, "a prompt is a text, an array of messages or an object (plain text? use --lines or --each)");
	}
}

void shape_input_release(struct shape_input *in)
{
	buf_release(&in->id);
	buf_release(&in->made);
}
