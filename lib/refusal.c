/* refusal.c - see refusal.h. */
#include <string.h>
#include <strings.h>

#include "limits.h"
#include "refusal.h"

/*
 * Words in an error that say what it is, whatever the status.  Each was seen
 * in a server's reply or source (ENGINES 2.4).  `also`: a second text that
 * must stand in the body too.
 */
static const struct {
	enum fault_code code;
	const char *text, *also;
} signatures[] = {
	{F_STRING_CONTENT, "invalid type: sequence, expected a string", NULL},
	{F_STRING_CONTENT, "untagged enum ChatCompletionRequestContent", NULL},
	{F_STRING_CONTENT, "must have string content", NULL},
	{F_STRING_CONTENT, "str type expected", NULL},
	{F_STRING_CONTENT, "expected a string, but got an array", NULL},
	{F_STRING_CONTENT, "Input should be a valid string", "content"},
	{F_STRING_CONTENT, "type must be string, but is array", NULL},
	{F_STRING_CONTENT, "content must be a string", NULL},
	{F_TOOLS_UNSUPPORTED, "requires --jinja", NULL},
	{F_TOOLS_UNSUPPORTED, "Cannot use tools with stream", NULL},
	{F_TOOLS_UNSUPPORTED, "tools field not supported", NULL},
	{F_TOOLS_UNSUPPORTED, "Unsupported param: tools", NULL},
	{F_TOOLS_UNSUPPORTED, "does not support tools", NULL},
	{F_TOOLS_UNSUPPORTED, "tool choice requires", NULL},
	{F_CONTEXT_LENGTH_EXCEEDED, "exceeds the model's maximum context length", NULL},
	{F_CONTEXT_LENGTH_EXCEEDED, "exceeds the available context size", NULL},
	{F_CONTEXT_LENGTH_EXCEEDED, "exceed_context_size_error", NULL},
	{F_CONTEXT_LENGTH_EXCEEDED, "context_length_exceeded", NULL},
	{F_CONTEXT_LENGTH_EXCEEDED, "context length exceeded", NULL},
	{F_CONTEXT_LENGTH_EXCEEDED, "maximum context length is", NULL},
	{F_CONTEXT_LENGTH_EXCEEDED, "the model's context length is only", NULL},
	{F_CONTEXT_LENGTH_EXCEEDED, "is longer than the model's context length", NULL},
	{F_CONTEXT_LENGTH_EXCEEDED, "greater than the context length", NULL},
	{F_CONTEXT_LENGTH_EXCEEDED, "Cannot truncate prompt with n_keep", NULL},
	{F_CONTEXT_LENGTH_EXCEEDED, "`max_new_tokens` must be <=", NULL},
	{F_CONTEXT_LENGTH_EXCEEDED, "input length and max_tokens exceed context limit", NULL},
	{F_INSUFFICIENT_QUOTA, "insufficient_quota", NULL},
	{F_INSUFFICIENT_QUOTA, "billing", NULL},
	{F_TLS, "No required SSL certificate was sent", NULL},	/* nginx, where a client needs one */
	{F_TLS, "The SSL certificate error", NULL},
	{F_OVERLOADED, "Loading model", NULL},
	{F_OVERLOADED, "\"status\":\"loading\"", NULL},
	{F_MODEL_NOT_FOUND, "model_not_found", NULL},
	{F_MODEL_NOT_FOUND, "DeploymentNotFound", NULL},
	{F_NONE, NULL, NULL}
};

/* A 500 whose text reads like this is the client's mistake (ENGINES 0.7): sending it again helps nobody. */
static const char *const clients_mistake[] = {
	"parse error", "Failed to parse", "requires", "Unsupported", "unsupported", "Cannot use",
	"Missing", "missing", "Invalid", "invalid type", "must be", "json.exception.", "Only one completion choice", NULL
};

/* By status where no text told more. */
static const struct {
	int status;
	enum fault_code code;
} by_status[] = {
	{401, F_AUTH}, {402, F_INSUFFICIENT_QUOTA}, {403, F_AUTH}, {404, F_MODEL_NOT_FOUND},
	{408, F_TIMEOUT}, {409, F_SERVER}, {429, F_RATE_LIMIT}, {498, F_RATE_LIMIT},
	{503, F_OVERLOADED}, {529, F_OVERLOADED}, {0, F_NONE}
};

/* What an error says of its kind, as the status that would have come with it (curl shows none). */
static const struct {
	const char *type;
	int status;
} types[] = {
	{"invalid_request_error", 400}, {"BadRequestError", 400}, {"invalid_request", 400},
	{"authentication_error", 401}, {"permission_error", 403}, {"not_found_error", 404},
	{"NotFoundError", 404}, {"validation", 422}, {"generation", 424}, {"overloaded", 503},
	{"rate_limit_error", 429}, {"rate_limit_exceeded", 429}, {"tokens", 429}, {"requests", 429},
	{"server_error", 500}, {"api_error", 500}, {"InternalServerError", 500},
	{"unavailable_error", 503}, {"overloaded_error", 529}, {NULL, 0}
};

static int contains(struct span s, const char *text)
{
	return s.p != NULL && span_find(s.p, s.n, text) != NULL;
}

static int is_text(struct span v)
{
	return span_kind(v) == SPAN_STRING && v.n > 2;
}

int refusal_is(struct span v, struct span *choices)
{
	enum {ERROR, OBJECT, TYPE, STATUS, CHOICES, MESSAGE, ERROR_MESSAGE, DETAIL, MEMBERS};
	static const char *const names[] = {"error", "object", "type", "status", "choices", "message", "error_message",
	    "detail", NULL};
	struct span m[MEMBERS];
	enum span_kind k;

	span_pick(v, names, m);		/* in one walk: every good reply is asked */
	if (choices != NULL)
		*choices = m[CHOICES];
	k = span_kind(m[ERROR]);
	if (k == SPAN_OBJECT || k == SPAN_TRUE || is_text(m[ERROR]))
		return 1;
	if (span_eq(m[OBJECT], "error") || span_eq(m[TYPE], "error") || span_eq(m[STATUS], "failure"))
		return 1;
	if (m[CHOICES].p != NULL)
		return 0;
	return is_text(m[MESSAGE]) || is_text(m[ERROR_MESSAGE]) || m[DETAIL].p != NULL;
}

/* FastAPI's list: "body.messages.0.content: Input should be a valid string". */
static void detail_list(struct span list, struct buf *out)
{
	struct span_iter it = span_each(list), steps;
	struct span key, row, step;

	while (span_next(&it, &key, &row)) {
		if (out->len > 0)
			buf_adds(out, "; ");
		steps = span_each(span_get(row, "loc"));
		while (span_next(&steps, &key, &step)) {
			if (out->len > 0 && out->data[out->len - 1] != ' ')
				buf_addc(out, '.');
			if (span_kind(step) == SPAN_STRING)
				span_decode(step, SPAN_REPLACE, out);
			else
				buf_add(out, step.p, step.n);
		}
		buf_adds(out, ": ");
		span_decode(span_get(row, "msg"), SPAN_REPLACE, out);
	}
}

/* The message of a JSON error; nothing when it has none. */
static void json_message(struct span v, struct buf *out)
{
	static const char *const places[] = {
		"error.message", "error.error.message", "error", "message", "detail", "error_message",
		"error.detail", "error.type", "error.code", "status", NULL
	};
	struct span at;
	int i;

	for (i = 0; places[i] != NULL && out->len == 0; i++) {
		at = span_at(v, places[i]);
		if (is_text(at))
			span_decode(at, SPAN_REPLACE, out);
		else if (span_kind(at) == SPAN_ARRAY)
			detail_list(at, out);
	}
}

/* An HTML page says what it is in its title; the rest is decoration. */
static int html_title(struct span body, struct buf *out)
{
	size_t i, from = 0;

	if (body.n < 6 || body.p[0] != '<')
		return 0;
	buf_adds(out, "an HTML page");
	for (i = 0; i + 8 <= body.n; i++) {
		if (strncasecmp(body.p + i, "<title>", 7) == 0)
			from = i + 7;
		if (strncasecmp(body.p + i, "</title>", 8) == 0 && from > 0) {
			buf_adds(out, ": ");
			buf_add(out, body.p + from, i - from);
			break;
		}
	}
	return 1;
}

static void message_of(struct span body, const char *reason, struct buf *out)
{
	struct span value;
	struct span_err err;

	body = span_trim(body);
	if (body.n > 0 && span_check(body.p, body.n, MAX_DEPTH, &value, &err) == 0)
		json_message(value, out);
	if (out->len == 0 && body.n > 0 && memchr(body.p, '\0', body.n) != NULL)
		buf_addf(out, "neither JSON nor text (%zu bytes)", body.n);
	if (out->len == 0 && !html_title(body, out))
		buf_add(out, body.p, body.n < FAULT_TEXT ? body.n : FAULT_TEXT);
	if (out->len == 0)
		buf_adds(out, reason[0] != '\0' ? reason : "no body");
}

/* The status that a JSON error names itself, by number or by kind; 0 when it doesn't. */
static int named_status(struct span body)
{
	static const char *const places[] = {"error.code", "code", "error.type", "error_type", "type", NULL};
	struct span value, at;
	struct span_err err;
	long long n;
	int i, k;

	body = span_trim(body);
	if (span_check(body.p, body.n, MAX_DEPTH, &value, &err) != 0)
		return 0;
	for (i = 0; places[i] != NULL; i++) {
		at = span_at(value, places[i]);
		if (span_integer(at, &n) && n >= 400 && n < 600)
			return (int)n;
		for (k = 0; types[k].type != NULL; k++)
			if (span_eq(at, types[k].type))
				return types[k].status;
	}
	return 0;
}

static enum fault_code by_text(struct span body, struct span message)
{
	int i;

	for (i = 0; signatures[i].text != NULL; i++)
		if ((contains(body, signatures[i].text) || contains(message, signatures[i].text)) &&
		    (signatures[i].also == NULL || contains(body, signatures[i].also)))
			return signatures[i].code;
	return F_NONE;
}

static enum fault_code by_number(int status, struct span message)
{
	int i;

	for (i = 0; by_status[i].status != 0; i++)
		if (by_status[i].status == status)
			return by_status[i].code;
	if (status == 200 || status == 0 || status == 424)	/* 424: TGI's failed generation */
		return F_MODEL_ERROR;
	if (status >= 300 && status < 400)
		return F_BAD_REPLY;
	if (status < 500)
		return F_INVALID_REQUEST;
	for (i = 0; clients_mistake[i] != NULL; i++)
		if (status == 500 && contains(message, clients_mistake[i]))
			return F_INVALID_REQUEST;
	return F_SERVER;
}

void refusal_read(struct fault *f, int status, const char *reason, struct span body)
{
	struct buf message;
	struct span text;
	enum fault_code code;
	size_t i;
	int known;

	buf_init(&message, MAX_RECORD + 64);
	message_of(body, reason, &message);
	for (i = 0; i < message.len; i++)	/* an escaped one: it would end there */
		if (message.data[i] == '\0')
			message.data[i] = '?';
	text = (struct span){buf_text(&message), message.len};
	code = by_text(body, text);
	known = status != 0 ? status : named_status(body);
	if (code == F_NONE) {
		code = by_number(known, text);
		/* a 404 that speaks of no model is a wrong path */
		if (code == F_MODEL_NOT_FOUND && known == 404 && !contains(text, "odel"))
			code = F_INVALID_REQUEST;
	}
	if (status == 0 || status == 200)
		fault_set(f, code, "%s", text.p);
	else
		fault_set(f, code, "%d %s", status, text.p);
	f->status = status;
	buf_release(&message);
}
