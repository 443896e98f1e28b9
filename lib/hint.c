/* hint.c - see hint.h. */
#include <string.h>

#include "buf.h"
#include "hint.h"

/*
 * Advice by code.  flag: the compat flag to set, named with its place.
 * with_tools: only when the request had tools; said: only when the message has
 * it.  Of several rows the first counts.
 */
static const struct {
	enum fault_code code;
	int with_tools;
	const char *said, *flag, *value, *text;
} advice[] = {
	{F_STRING_CONTENT, 0, NULL, "requiresStringContent", "true", NULL},
	{F_TOOLS_UNSUPPORTED, 0, NULL, "supportsTools", "false", NULL},
	{F_MODEL_ERROR, 1, NULL, "supportsTools", "false", NULL},
	{F_TRUNCATED, 1, NULL, "supportsTools", "false", NULL},
	{F_SERVER, 1, NULL, "supportsTools", "false", NULL},
	{F_MODEL_ERROR, 0, NULL, NULL, NULL, "the request was delivered whole: try a smaller prompt, another model or server"},
	{F_TRUNCATED, 0, NULL, NULL, NULL, "the request was delivered whole: try a smaller prompt, another model or server"},
	{F_SERVER, 0, NULL, NULL, NULL, "the request was delivered whole: try a smaller prompt, another model or server"},
	{F_CONNECT, 0, NULL, NULL, NULL, "is the server started, and listening on that host and port?"},
	{F_TLS, 0, "wrong version number", NULL, NULL, "does that server speak plain http? then baseUrl begins with http://"},
	{F_TLS, 0, NULL, NULL, NULL, "to trust an authority of the server's own: --cacert FILE; to show it a certificate: --cert FILE"},
	{F_CONTEXT_LENGTH_EXCEEDED, 0, NULL, NULL, NULL, "shorten the prompt, or serve the model with a larger context"},
	{F_MODEL_NOT_FOUND, 0, NULL, NULL, NULL, "GET /v1/models lists what the server has"},
	{F_BAD_REPLY, 0, NULL, NULL, NULL, "does baseUrl name the server's /v1?"},
	{F_AUTH, 0, NULL, NULL, NULL, "the server refuses the key, or wants one: apiKey"},
	{F_INVALID_REQUEST, 0, "404 Not Found", NULL, NULL, "does baseUrl name the server's /v1?"},
	{F_INVALID_REQUEST, 0, "unknown variant `developer`", "supportsDeveloperRole", "false", NULL},
	{F_NONE, 0, NULL, NULL, NULL, NULL}
};

/* "FILE:20: models.providers.inferrs.models[0].compat.requiresStringContent: true, or try -c ..." */
static void name_flag(struct span route, const char *flag, const char *value, struct buf *out)
{
	struct span source = span_get(route, "source"), path = span_get(source, "path");

	if (span_kind(path) == SPAN_STRING) {
		span_decode(span_get(source, "file"), SPAN_REPLACE, out);
		buf_addf(out, ":%.*s: ", (int)span_get(source, "line").n, span_get(source, "line").p);
		span_decode(path, SPAN_REPLACE, out);
		if (path.p[path.n - 2] == ']' && path.p[path.n - 3] != '"')
			buf_addf(out, ".compat.%s: %s", flag, value);
		else	/* a provider: the model has no entry of its own yet */
			buf_addf(out, ".models: an entry for the model with compat.%s: %s", flag, value);
	} else {
		buf_addf(out, "set compat.%s: %s in the model's entry", flag, value);
	}
	buf_addf(out, ", or try -c %s=%s", flag, value);
}

void hint(struct fault *f, struct span route, struct span body)
{
	int tools = span_kind(span_get(body, "tools")) == SPAN_ARRAY, i;
	struct buf text;

	for (i = 0; advice[i].code != F_NONE; i++)
		if (advice[i].code == f->code && (!advice[i].with_tools || tools) &&
		    (advice[i].said == NULL || strstr(f->message, advice[i].said) != NULL))
			break;
	if (advice[i].code == F_NONE || f->hint[0] != '\0')	/* who found the fault knows more */
		return;
	buf_init(&text, 64 << 10);
	if (advice[i].flag != NULL)
		name_flag(route, advice[i].flag, advice[i].value, &text);
	else
		buf_adds(&text, advice[i].text);
	fault_hint(f, buf_text(&text));
	buf_release(&text);
}
