/* said.c - see said.h. */
#include <string.h>

#include "said.h"

static const char *const names[BODY_FIELDS][BODY_SPELLINGS] = {
	[BODY_STREAM] = {"stream", NULL, NULL},
	[BODY_STREAM_OPTIONS] = {"stream_options", NULL, NULL},
	[BODY_STORE] = {"store", NULL, NULL},
	[BODY_TEMPERATURE] = {"temperature", NULL, NULL},
	[BODY_TOP_P] = {"top_p", NULL, "topP"},
	[BODY_TOP_K] = {"top_k", NULL, "topK"},
	[BODY_MIN_P] = {"min_p", NULL, "minP"},
	[BODY_FORMAT] = {"response_format", "schema", "responseFormat"},
	[BODY_FREQUENCY] = {"frequency_penalty", NULL, "frequencyPenalty"},
	[BODY_PRESENCE] = {"presence_penalty", NULL, "presencePenalty"},
	[BODY_REPETITION] = {"repetition_penalty", NULL, "repetitionPenalty"},
	[BODY_LOGIT_BIAS] = {"logit_bias", NULL, "logitBias"},
	[BODY_LOGPROBS] = {"logprobs", NULL, NULL},
	[BODY_TOP_LOGPROBS] = {"top_logprobs", NULL, "topLogprobs"},
	[BODY_N] = {"n", NULL, NULL},
	[BODY_SEED] = {"seed", NULL, NULL},
	[BODY_STOP] = {"stop", NULL, NULL},
	[BODY_USER] = {"user", NULL, NULL},
	[BODY_METADATA] = {"metadata", NULL, NULL},
	[BODY_TOOLS] = {"tools", NULL, NULL},
	[BODY_CHOICE] = {"tool_choice", NULL, "toolChoice"},
	[BODY_PARALLEL] = {"parallel_tool_calls", NULL, "parallelToolCalls"},
	[BODY_LIMIT] = {"max_tokens", "max_completion_tokens", "maxTokens"},
	[BODY_THINKING] = {"thinking", NULL, NULL},
	[BODY_KWARGS] = {"chat_template_kwargs", NULL, "chatTemplateKwargs"},
};

const char *body_name(enum body_field field)
{
	return names[field][BODY_NAME];
}

enum body_field body_find(struct span key, enum body_spelling *spelling)
{
	const char *name;
	int i, k;

	if (span_kind(key) != SPAN_STRING)
		return BODY_FIELDS;
	for (i = 0; i < BODY_FIELDS; i++)
		for (k = 0; k < BODY_SPELLINGS; k++) {
			name = names[i][k];
			if (name == NULL || (key.p[1] != name[0] && key.p[1] != '\\') || !span_eq(key, name))
				continue;
			*spelling = (enum body_spelling)k;
			return (enum body_field)i;
		}
	return BODY_FIELDS;
}

/* One walk for all fields: an object may be large. */
static void read_all(struct said *s, int own)
{
	struct span_iter it = span_each(s->obj);
	enum body_spelling spelling;
	enum body_field field;
	struct span key, val;

	while (span_next(&it, &key, &val)) {
		if ((field = body_find(key, &spelling)) == BODY_FIELDS || (spelling == BODY_OWN && !own))
			continue;
		if (!(s->fields >> field & 1))
			memset(s->value[field], 0, sizeof s->value[field]);
		s->fields |= 1UL << field;
		s->value[field][spelling] = val;
	}
}

/* Not an object, or with what stands in the body before us. */
static const char *fault_of(struct span v, const char *no_object, const char *not_there)
{
	if (span_kind(v) > SPAN_NULL && span_kind(v) != SPAN_OBJECT)
		return no_object;
	return span_get(v, "model").p != NULL || span_get(v, "messages").p != NULL ? not_there : NULL;
}

static void clear(struct said *s, struct span obj)
{
	s->obj = obj;
	s->extra = SPAN_NIL;
	s->fault = NULL;
	s->fields = 0;
}

void said_params(struct said *s, struct span params)
{
	clear(s, params);
	if (params.p == NULL)
		return;
	s->extra = span_get(params, "extra_body");
	if (s->extra.p == NULL)
		s->extra = span_get(params, "extraBody");
	s->fault = fault_of(params, "params: an object is due", "params: model and messages can't be set there");
	if (s->fault == NULL)
		s->fault = fault_of(s->extra, "extra_body: an object is due", "extra_body: model and messages can't be set there");
	read_all(s, 1);
}

void said_record(struct said *s, struct span record)
{
	int i;

	clear(s, span_kind(record) == SPAN_OBJECT ? record : SPAN_NIL);
	read_all(s, 0);
	for (i = 0; i < BODY_FIELDS && s->fields != 0; i++)	/* null is as good as nothing there */
		if (span_kind(said_get(s, (enum body_field)i)) == SPAN_NULL)
			s->fields &= ~(1UL << i);
}

struct span said_get(const struct said *s, enum body_field field)
{
	const struct span *v = s->value[field];
	struct span null = SPAN_NIL;
	int i;

	if (!(s->fields >> field & 1))
		return SPAN_NIL;
	for (i = 0; i < BODY_SPELLINGS; i++) {
		if (span_kind(v[i]) > SPAN_NULL)
			return v[i];
		if (v[i].p != NULL)
			null = v[i];
	}
	return null;
}
