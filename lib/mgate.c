/* mgate.c - see mgate.h.  Sources: ENGINES 1, 2.1 and 2.4, and the replies of ENGINES 3. */
#include <string.h>

#include "mengine.h"
#include "mgate.h"

#define NOTHING {{MWRONG_NONE, 0, NULL, NULL, NULL, NULL}, NULL}

static const char *const open_health[] = {"/health", "/", NULL};
static const char *const open_models[] = {"/health", "/v1/health", "/v1/models", NULL};

/* --- OpenAI's form, for all that have none of their own */

#define OPENAI_KEY {{MWRONG_BAD_KEY, 401, "invalid_request_error", NULL, "invalid_api_key", \
	"Incorrect API key provided."}, NULL}
#define OPENAI_LOADING {{MWRONG_LOADING, 503, "server_error", NULL, NULL, \
	"The server is not ready yet: the model is loading."}, NULL}

const struct mgates mgates_openai = {
	.key = OPENAI_KEY, .loading = OPENAI_LOADING, .health = OPENAI_LOADING,
	.context = {{MWRONG_CONTEXT, 400, "invalid_request_error", "messages", "context_length_exceeded",
	    "This model's maximum context length is $x tokens. However, your messages resulted in $t tokens. "
	    "Please reduce the length of the messages."}, NULL},
	.open = open_health,
};
/* It drops old messages. */
const struct mgates mgates_ollama = {
	.key = OPENAI_KEY, .loading = OPENAI_LOADING, .health = OPENAI_LOADING,
	.context = NOTHING, .open = open_health,
};

/* --- inferrs, which has no keys: that row is in the form of its other errors */

#define INFERRS_ERROR "{\"error\":{\"message\":$m,\"type\":$y}}"

const struct mgates mgates_inferrs = {
	.key = {{MWRONG_BAD_KEY, 401, "invalid_request_error", NULL, NULL, "Incorrect API key provided."},
	    INFERRS_ERROR},
	.loading = NOTHING,
	.health = {{MWRONG_LOADING, 503, "server_error", NULL, NULL, "loading"}, "{\"status\":$m}"},
	.context = {{MWRONG_CONTEXT, 400, "invalid_request_error", NULL, NULL, "Prompt length ($t tokens) exceeds "
	    "the model's maximum context length ($x tokens)."}, INFERRS_ERROR},
	.open = open_health,
};

/* --- llama.cpp */

#define LLAMA_GATES \
	.key = {{MWRONG_BAD_KEY, 401, "authentication_error", NULL, NULL, "Invalid API Key"}, NULL}, \
	.loading = {{MWRONG_LOADING, 503, "unavailable_error", NULL, NULL, "Loading model"}, NULL}, \
	.open = open_models, .everywhere = 1

const struct mgates mgates_llama = {
	LLAMA_GATES,
	.context = {{MWRONG_CONTEXT, 400, "exceed_context_size_error", NULL, NULL, "request ($t tokens) exceeds "
	    "the available context size ($x tokens), try increasing it"},
	    "{\"error\":{\"code\":$s,\"message\":$m,\"type\":$y,\"n_prompt_tokens\":$t,\"n_ctx\":$x}}"},
};
const struct mgates mgates_llama_2025 = {
	LLAMA_GATES,
	.context = {{MWRONG_CONTEXT, 400, "invalid_request_error", NULL, NULL, "the request exceeds the available "
	    "context size. try increasing the context size or enable context shift"}, NULL},
	.line = "error: {\"code\":$s,\"message\":$m,\"type\":$y}\n\n",
};
const struct mgates mgates_llama_2024 = {LLAMA_GATES, .context = NOTHING};

/* --- llamafile: lines of text */

#define LLAMAFILE_LOADING {{MWRONG_LOADING, 503, NULL, NULL, NULL, "Service Unavailable"}, NULL}

const struct mgates mgates_llamafile = {
	.key = {{MWRONG_BAD_KEY, 401, NULL, NULL, NULL, "Unauthorized"}, NULL},
	.loading = LLAMAFILE_LOADING, .health = LLAMAFILE_LOADING,
	.context = {{MWRONG_CONTEXT, 400, NULL, NULL, NULL, "prompt exceeds the context size"}, NULL},
	.open = open_health,
};

static int stop(struct mfound *found, const struct mstop *with)
{
	if (with->rule.what == MWRONG_NONE)
		return 0;
	found->rule = &with->rule;
	found->error = with->error;
	return 1;
}

static int wrong_key(const char *key, const struct mprofile *as, const struct mreq *r,
    struct mfound *found)
{
	struct span given = mread_key(r);
	const char *const *path;

	for (path = as->gates->open; *path != NULL; path++)
		if (span_is(r->path, *path))
			return 0;
	if (given.p != NULL && span_is(given, key))
		return 0;
	if (as->read != NULL)
		found->rule = mread_rule(as->read, given.p == NULL ? MWRONG_NO_KEY : MWRONG_BAD_KEY);
	return found->rule != NULL || stop(found, &as->gates->key);
}

int mgate_stops(struct mgate *gate, const struct mprofile *as, const struct mreq *r,
    int chat, struct mfound *found)
{
	int loading = gate->loading > 0;

	if (gate->key == NULL && !loading)
		return 0;
	memset(found, 0, sizeof *found);
	gate->loading -= (unsigned)loading;
	if (gate->key != NULL && wrong_key(gate->key, as, r, found))
		return 1;
	if (!loading)
		return 0;
	if (chat || as->gates->everywhere)
		return stop(found, &as->gates->loading);
	return span_is(r->path, "/health") && stop(found, &as->gates->health);
}

int mgate_over(const struct mgate *gate, const struct mgates *as, struct mask *ask,
    struct mfound *found)
{
	if (gate->context == 0 || ask->prompt_tokens <= gate->context)
		return 0;
	memset(found, 0, sizeof *found);
	found->tokens = ask->prompt_tokens;
	found->context = gate->context;
	if (!stop(found, &as->context)) {
		ask->prompt_tokens = gate->context;
		return 0;
	}
	if (ask->stream && as->line != NULL) {
		found->error = as->line;
		found->streams = 1;
	}
	return 1;
}
