/* extract.c - see extract.h. */
#include <string.h>

#include "extract.h"
#include "json.h"
#include "limits.h"
#include "record.h"

static const char think_open[] = "<think>", think_close[] = "</think>";

/* Finish reasons that end an answer well; another is a fault (REFERENCE 5). */
static const char *const good_ends[] = {
	"stop", "end", "length", "tool_calls", "tool_call", "function_call", "eos_token", "stop_sequence", "eos", NULL
};
static const char *const call_ends[] = {"tool_calls", "tool_call", "function_call", NULL};

void answer_init(struct answer *a)
{
	memset(a, 0, sizeof *a);
	buf_init(&a->text, MAX_RECORD);
	buf_init(&a->reasoning, MAX_RECORD);
	buf_init(&a->calls, MAX_RECORD);
	buf_init(&a->calls_raw, 2 * MAX_RECORD);
}

void answer_release(struct answer *a)
{
	buf_release(&a->text);
	buf_release(&a->reasoning);
	buf_release(&a->calls);
	buf_release(&a->calls_raw);
}

static int one_of(struct span token, const char *const *names)
{
	for (; *names != NULL; names++)
		if (span_eq(token, *names))
			return 1;
	return 0;
}

/* A text, or the texts of an array of parts. */
static void add_text(struct buf *out, struct span v)
{
	struct span_iter it = span_each(v);
	struct span key, part;

	span_decode(v, SPAN_REPLACE, out);
	while (span_next(&it, &key, &part))
		if (span_kind(span_get(part, "text")) == SPAN_STRING)
			span_decode(span_get(part, "text"), SPAN_REPLACE, out);
}

/* The same reasoning stands in several fields on some servers: the first that has any counts. */
static void read_reasoning(struct span message, struct buf *out)
{
	static const char *const fields[] = {"reasoning_content", "reasoning", "reasoning_text", NULL};
	struct span_iter it = span_each(span_get(message, "reasoning_details"));
	struct span key, detail;
	int i;

	while (span_next(&it, &key, &detail))
		if (span_eq(span_get(detail, "type"), "reasoning.text"))
			add_text(out, span_get(detail, "text"));
	for (i = 0; fields[i] != NULL && out->len == 0; i++)
		add_text(out, span_get(message, fields[i]));
}

static size_t blanks(const char *p)
{
	return strspn(p, " \t\r\n");
}

/* A leading <think>...</think> is reasoning; one that never closes is all there was. */
static void split_think(struct answer *a)
{
	const char *p = buf_text(&a->text), *from = p + blanks(p), *end;
	size_t n;

	if (strncmp(from, think_open, sizeof think_open - 1) != 0)
		return;
	from += sizeof think_open - 1;
	n = a->text.len - (size_t)(from - p);
	end = span_find(from, n, think_close);
	if (a->reasoning.len == 0)
		buf_add(&a->reasoning, from, end != NULL ? (size_t)(end - from) : n);
	if (end == NULL) {
		buf_clear(&a->text);
		return;
	}
	end += sizeof think_close - 1;
	end += blanks(end);
	buf_drop(&a->text, (size_t)(end - p));
}

/* The head of a call, up to its arguments. */
static void put_call(struct buf *out, struct span id, struct span name, struct span value)
{
	buf_adds(out, out->len == 0 ? "[{\"id\":" : ",{\"id\":");
	record_splice(out, id.p != NULL && span_kind(id) != SPAN_NULL ? id : span_of("\"\""));
	buf_adds(out, ",\"name\":");
	buf_add(out, name.p, name.n);
	buf_adds(out, ",\"arguments\":");
	record_splice(out, value);
}

/* One call as {"id","name","arguments"}, and with arguments_raw; -1 when it is incomplete or no JSON. */
static int add_call(struct answer *a, struct span id, struct span function)
{
	struct span name = span_get(function, "name"), arguments = span_get(function, "arguments"), value;
	struct span_err err;
	struct buf text;
	int bad;

	buf_init(&text, MAX_RECORD);
	if (span_kind(arguments) == SPAN_OBJECT)
		buf_add(&text, arguments.p, arguments.n);
	else
		add_text(&text, arguments);
	bad = span_kind(name) != SPAN_STRING || name.n <= 2 ||
	    span_check(buf_text(&text), text.len, MAX_DEPTH, &value, &err) != 0;
	if (!bad) {
		put_call(&a->calls, id, name, value);
		buf_addc(&a->calls, '}');
		put_call(&a->calls_raw, id, name, value);
		buf_adds(&a->calls_raw, ",\"arguments_raw\":");
		json_quote(&a->calls_raw, buf_text(&text), text.len);
		buf_addc(&a->calls_raw, '}');
	}
	buf_release(&text);
	return bad ? -1 : 0;
}

/*
 * Calls count when the reply ends for them, or stops without a text; with a
 * text and `stop`, or cut by `length`, they are debris.
 */
static int read_calls(struct span message, struct answer *a, struct fault *f)
{
	struct span_iter it = span_each(span_get(message, "tool_calls"));
	struct span key, call, function = span_get(message, "function_call");	/* the form before tools */
	int n = 0, blank = blanks(buf_text(&a->text)) == a->text.len;

	if (!one_of(a->finish, call_ends) && !(blank && !span_eq(a->finish, "length")))
		return 0;
	for (; span_next(&it, &key, &call); n++)
		if (add_call(a, span_get(call, "id"), span_get(call, "function")) != 0)
			return fault_set(f, F_TOOL_CALL, "tool call %d is incomplete or malformed", n + 1);
	if (n == 0 && span_kind(function) == SPAN_OBJECT && add_call(a, SPAN_NIL, function) != 0)
		return fault_set(f, F_TOOL_CALL, "the function call is incomplete or malformed");
	if (a->calls.len > 0) {
		buf_addc(&a->calls, ']');
		buf_addc(&a->calls_raw, ']');
	}
	return 0;
}

static int judge(const struct answer *a, struct span message, struct fault *f)
{
	if (span_eq(a->finish, "content_filter"))
		return fault_set(f, F_CONTENT_FILTER, "the answer was filtered by the server");
	if (span_kind(a->finish) == SPAN_STRING && !one_of(a->finish, good_ends))
		return fault_set(f, F_MODEL_ERROR, "finish_reason %.*s", (int)a->finish.n, a->finish.p);
	if (a->calls.len > 0 || blanks(buf_text(&a->text)) < a->text.len)
		return 0;
	if (span_eq(a->finish, "length") && span_count(span_get(message, "tool_calls")) > 0)
		return fault_set(f, F_TOOL_CALL, "the tool call was cut at max_tokens");
	if (span_eq(a->finish, "length") && a->reasoning.len > 0)
		return fault_set(f, F_EMPTY, "max_tokens was used up by the reasoning: no answer");
	return fault_set(f, F_EMPTY, "the reply has neither text nor a tool call");
}

int extract_choice(struct span choice, struct answer *a, struct fault *f)
{
	struct span message = span_get(choice, "message");

	fault_clear(f);
	a->finish = span_get(choice, "finish_reason");
	if (span_kind(choice) != SPAN_OBJECT)
		return fault_set(f, F_EMPTY, "the reply has no choices");
	if (span_kind(message) != SPAN_OBJECT)
		message = span_get(choice, "delta");
	add_text(&a->text, span_get(message, "content"));
	if (a->text.len == 0)
		add_text(&a->text, span_get(message, "refusal"));
	if (a->text.len == 0)
		add_text(&a->text, span_get(choice, "text"));	/* /v1/completions */
	read_reasoning(message, &a->reasoning);
	split_think(a);
	if (read_calls(message, a, f) != 0)
		return -1;
	if (a->text.failed || a->reasoning.failed || a->calls.failed || a->calls_raw.failed)
		return fault_set(f, F_BAD_REPLY, "the answer is over a limit");
	return judge(a, message, f);
}

int extract(struct span body, struct answer *a, struct fault *f)
{
	struct span choice = span_at(body, "choices.0");

	a->usage = span_get(body, "usage");
	if (span_kind(a->usage) != SPAN_OBJECT)
		a->usage = span_get(choice, "usage");
	a->model = span_get(body, "model");
	if (span_kind(body) == SPAN_OBJECT && span_get(body, "choices").p == NULL)	/* a list of models, /health */
		return fault_set(f, F_BAD_REPLY, "JSON, but no chat completion: it has no choices");
	return extract_choice(choice, a, f);
}
