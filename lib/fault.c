/* fault.c - see fault.h. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "fault.h"
#include "json.h"

/* DESIGN section 1, in its order.  A new code is a new row here and a name in the enum. */
static const struct {
	const char *name;
	int retryable;
} codes[F_COUNT] = {
	[F_NONE] = {"none", 0},
	[F_CONFIG] = {"config", 0},
	[F_MODEL_UNKNOWN] = {"model_unknown", 0},
	[F_NO_API_KEY] = {"no_api_key", 0},
	[F_INPUT] = {"input", 0},
	[F_CONNECT] = {"connect", 1},
	[F_TLS] = {"tls", 0},
	[F_TIMEOUT] = {"timeout", 1},
	[F_TRUNCATED] = {"truncated", 1},
	[F_BAD_REPLY] = {"bad_reply", 0},
	[F_AUTH] = {"auth", 0},
	[F_INSUFFICIENT_QUOTA] = {"insufficient_quota", 0},
	[F_RATE_LIMIT] = {"rate_limit", 1},
	[F_OVERLOADED] = {"overloaded", 1},
	[F_SERVER] = {"server", 1},
	[F_INVALID_REQUEST] = {"invalid_request", 0},
	[F_MODEL_NOT_FOUND] = {"model_not_found", 0},
	[F_CONTEXT_LENGTH_EXCEEDED] = {"context_length_exceeded", 0},
	[F_STRING_CONTENT] = {"string_content", 0},
	[F_TOOLS_UNSUPPORTED] = {"tools_unsupported", 0},
	[F_MODEL_ERROR] = {"model_error", 1},
	[F_CONTENT_FILTER] = {"content_filter", 0},
	[F_EMPTY] = {"empty", 0},
	[F_TOOL_CALL] = {"tool_call", 0},
	[F_LENGTH] = {"length", 0},
	[F_EXTRACT] = {"extract", 0},
	[F_SCHEMA] = {"schema", 0},
	[F_INTERRUPTED] = {"interrupted", 1},
	[F_SKIPPED] = {"skipped", 1},
	[F_OTHER] = {"other", 0},
};

const char *fault_name(enum fault_code code)
{
	return codes[code].name;
}

int fault_retryable(enum fault_code code)
{
	return codes[code].retryable;
}

enum fault_code fault_find(struct span name)
{
	int i;

	for (i = F_NONE + 1; i < F_OTHER; i++)
		if (span_eq(name, codes[i].name))
			return (enum fault_code)i;
	return F_OTHER;
}

void fault_clear(struct fault *f)
{
	f->code = F_NONE;
	f->status = 0;
	f->phase = NULL;
	f->message[0] = f->hint[0] = '\0';
}

/* The text was too long for its array: end it with "..." behind a whole character. */
static void shorten(char *text)
{
	size_t n = FAULT_TEXT - sizeof "...", most = n - 3;

	while (n > most && (text[n] & 0xc0) == 0x80)	/* inside a character */
		n--;
	memcpy(text + n, "...", sizeof "...");
}

int fault_set(struct fault *f, enum fault_code code, const char *fmt, ...)
{
	va_list ap;

	fault_clear(f);
	f->code = code;
	va_start(ap, fmt);
	if (vsnprintf(f->message, sizeof f->message, fmt, ap) >= (int)sizeof f->message)
		shorten(f->message);
	va_end(ap);
	return -1;
}

void fault_hint(struct fault *f, const char *text)
{
	if (snprintf(f->hint, sizeof f->hint, "%s", text) >= (int)sizeof f->hint)
		shorten(f->hint);
}

void fault_prefix(struct fault *f, const char *head)
{
	char whole[2 * FAULT_TEXT];

	if (head[0] == '\0')
		return;
	if (snprintf(whole, sizeof whole, "%s%s", head, f->message) >= FAULT_TEXT)
		shorten(whole);
	memcpy(f->message, whole, FAULT_TEXT);
	f->message[FAULT_TEXT - 1] = '\0';
}

void fault_write(struct buf *out, const struct fault *f, const char *stage)
{
	buf_addf(out, "{\"code\":\"%s\",\"message\":", fault_name(f->code));
	json_quotes(out, f->message);
	buf_addf(out, ",\"stage\":\"%s\"", stage);
	if (f->status != 0)
		buf_addf(out, ",\"status\":%d", f->status);
	if (f->phase != NULL)
		buf_addf(out, ",\"phase\":\"%s\"", f->phase);
	buf_addf(out, ",\"retryable\":%s", fault_retryable(f->code) ? "true" : "false");
	if (f->hint[0] != '\0') {
		buf_adds(out, ",\"hint\":");
		json_quotes(out, f->hint);
	}
	buf_addc(out, '}');
}

static void copy_text(struct span str, char *text)
{
	struct buf b;

	buf_init(&b, str.n + 16);
	if (span_kind(str) == SPAN_STRING)
		span_decode(str, SPAN_REPLACE, &b);
	if (snprintf(text, FAULT_TEXT, "%s", buf_text(&b)) >= FAULT_TEXT)
		shorten(text);
	buf_release(&b);
}

void fault_read(struct span error, struct fault *f, int *retryable)
{
	struct span again = span_get(error, "retryable");
	long long status;

	fault_clear(f);
	f->code = fault_find(span_get(error, "code"));
	copy_text(span_get(error, "message"), f->message);
	copy_text(span_get(error, "hint"), f->hint);
	if (span_integer(span_get(error, "status"), &status) && status > 0 && status < 1000)
		f->status = (int)status;
	*retryable = again.p != NULL ? span_kind(again) == SPAN_TRUE : fault_retryable(f->code);
}

void tally_add(struct tally *t, int good, int retryable)
{
	t->good += good;
	t->bad += !good;
	t->again += !good && retryable;
}

int tally_status(const struct tally *t)
{
	if (t->good + t->bad == 0)
		return 2;
	if (t->bad == 0)
		return 0;
	if (t->good > 0)
		return 1;
	return t->again > 0 ? 5 : 4;
}
