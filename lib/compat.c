/* compat.c - see compat.h. */
#include <string.h>

#include "compat.h"
#include "compatmsg.h"
#include "compattool.h"
#include "json.h"
#include "near.h"

static compat_fn flatten_text;

#define Q(text) "\"" text "\""
#define ALL(v) {v, v, v}
#define OPENAI_ONLY {"false", "false", "true"}

/* A new flag: a row here, a function below, a pair of test lines, the server that needs it. */
const struct compat compat_rows[] = {
	/* a server without a tool surface: llamafile 400, llama.cpp without --jinja 500, 2024 builds die (ENGINES 2.1) */
	{"supportsTools", COMPAT_BOOL, NULL, ALL("true"), COMPAT_IF_FALSE, compattool_none},
	/* one whose grammar knows a part of JSON Schema only */
	{"unsupportedToolSchemaKeywords", COMPAT_LIST, NULL, ALL(NULL), 0, compattool_keywords},
	{"toolSchemaProfile", COMPAT_WORD, NULL, ALL(NULL), 0, compattool_profile},	/* known: llamacpp, gemini; an open list */
	{"supportsTemperature", COMPAT_BOOL, NULL, ALL("true"), COMPAT_IF_FALSE, compattool_temperature},
	/* llama.cpp before 2026 and Ollama ignore max_completion_tokens; OpenAI's newer models refuse the other */
	{"maxTokensField", COMPAT_WORD, Q("max_tokens") " or " Q("max_completion_tokens"),
	    {Q("max_tokens"), Q("max_tokens"), Q("max_completion_tokens")}, 0, NULL},	/* shape.c: of a ready body only one that isn't the usual */
	/* chat templates that know no reasoning field, no tool result without a name, no user behind a tool */
	{"requiresThinkingAsText", COMPAT_BOOL, NULL, ALL("false"), COMPAT_IF_TRUE, compatmsg_thinking_as_text},
	{"requiresReasoningContentOnAssistantMessages", COMPAT_BOOL, NULL, ALL("false"), COMPAT_IF_THINKS, compatmsg_reasoning_content},
	{"requiresToolResultName", COMPAT_BOOL, NULL, ALL("false"), COMPAT_IF_TRUE, compatmsg_result_name},
	{"requiresAssistantAfterToolResult", COMPAT_BOOL, NULL, ALL("false"), COMPAT_IF_TRUE, compatmsg_after_result},
	{"cacheControlFormat", COMPAT_WORD, Q("anthropic"), ALL(NULL), 0, compatmsg_cache_control},
	/* providers that refuse other members of a message (422) */
	{"strictMessageKeys", COMPAT_BOOL, NULL, ALL("false"), COMPAT_IF_TRUE, compatmsg_strict_keys},
	/* one that takes messages[].content as a string only: inferrs before 2026-04-09, DeepSeek (ENGINES 0.2, 2.4) */
	{"requiresStringContent", COMPAT_BOOL, NULL, ALL("false"), COMPAT_IF_TRUE, flatten_text},

	/* what a body gets when fb-shape builds it (message.c, fields.c) */
	{"supportsUsageInStreaming", COMPAT_BOOL, NULL, {"true", "false", "true"}, 0, NULL},
	{"supportsStore", COMPAT_BOOL, NULL, OPENAI_ONLY, 0, NULL},
	{"supportsDeveloperRole", COMPAT_BOOL, NULL, OPENAI_ONLY, 0, NULL},
	{"supportsReasoningEffort", COMPAT_BOOL, NULL, OPENAI_ONLY, 0, NULL},
	{"supportedReasoningEfforts", COMPAT_LIST, NULL, ALL(NULL), 0, NULL},
	{"reasoningEffortMap", COMPAT_OBJECT, NULL, ALL(NULL), 0, NULL},
	{"thinkingFormat", COMPAT_WORD, Q("openai") ", " Q("qwen") ", " Q("qwen-chat-template") ", " Q("zai") ", "
	    Q("deepseek") ", " Q("together") " or " Q("openrouter"), ALL(Q("openai")), 0, NULL},
	{"supportsStrictMode", COMPAT_BOOL, NULL, OPENAI_ONLY, 0, NULL},
	{"supportsJsonSchemaResponseFormat", COMPAT_BOOL, NULL, {NULL, NULL, "true"}, 0, NULL},	/* false: somebody says so */

	/* known to FluffBuzz; accepted, carried in the route, not applied */
	{"visibleReasoningDetailTypes", COMPAT_LIST, NULL, ALL("[]"), 0, NULL},
	{"supportsPromptCacheKey", COMPAT_BOOL, NULL, OPENAI_ONLY, 0, NULL},
	{"supportsLongCacheRetention", COMPAT_BOOL, NULL, ALL("true"), 0, NULL},
	{"sendSessionAffinityHeaders", COMPAT_BOOL, NULL, ALL("false"), 0, NULL},
	{"sendSessionIdHeader", COMPAT_BOOL, NULL, ALL("true"), 0, NULL},
	{"openRouterRouting", COMPAT_OBJECT, NULL, ALL(NULL), 0, NULL},
	{"vercelGatewayRouting", COMPAT_OBJECT, NULL, ALL(NULL), 0, NULL},
	{"zaiToolStream", COMPAT_BOOL, NULL, ALL(NULL), 0, NULL},
	{"toolCallArgumentsEncoding", COMPAT_WORD, NULL, ALL(NULL), 0, NULL},
	{"requiresOpenAiAnthropicToolPayload", COMPAT_BOOL, NULL, ALL(NULL), 0, NULL},
	{"supportsInstructions", COMPAT_BOOL, NULL, ALL(NULL), 0, NULL},
	{"supportsResponsesContinuation", COMPAT_BOOL, NULL, ALL(NULL), 0, NULL},
	{"supportsEagerToolInputStreaming", COMPAT_BOOL, NULL, ALL(NULL), 0, NULL},
	{"codeMode", COMPAT_OBJECT, NULL, ALL(NULL), 0, NULL},
	{NULL, COMPAT_BOOL, NULL, ALL(NULL), 0, NULL}
};

/*
 * What a vendor's servers do otherwise than their base class, as JSON.
 *
 * maxTokensField: hosts that REFERENCE section 3 lists for max_tokens (chutes,
 * mistral, moonshot, cloudflare-gateway, zai, together) and those for which
 * ENGINES 2.1 says so (deepseek, openrouter) have it from "custom"; the other
 * known hosts take the newer name.
 */
static const struct { enum endpoint e; const char *flag, *value; } exceptions[] = {
	{EP_XIAOMI, "maxTokensField", Q("max_completion_tokens")},
	{EP_GROQ, "maxTokensField", Q("max_completion_tokens")},
	{EP_XAI, "maxTokensField", Q("max_completion_tokens")},
	{EP_ANTHROPIC, "maxTokensField", Q("max_completion_tokens")},
	{EP_GOOGLE, "maxTokensField", Q("max_completion_tokens")},
	{EP_DEEPSEEK, "thinkingFormat", Q("deepseek")},
	{EP_XIAOMI, "thinkingFormat", Q("deepseek")},
	{EP_ZAI, "thinkingFormat", Q("zai")},
	{EP_TOGETHER, "thinkingFormat", Q("together")},
	{EP_OPENROUTER, "thinkingFormat", Q("openrouter")},
	{EP_DEEPSEEK, "requiresReasoningContentOnAssistantMessages", "true"},
	{EP_XIAOMI, "requiresReasoningContentOnAssistantMessages", "true"},
	{EP_OPENROUTER, "visibleReasoningDetailTypes", "[" Q("response.output_text") "," Q("response.text") "]"},
};

const struct compat *compat_find(const char *name)
{
	const struct compat *row;

	for (row = compat_rows; row->name != NULL; row++)
		if (strcmp(row->name, name) == 0)
			return row;
	return NULL;
}

void compat_unknown(const char *name, struct buf *why)
{
	const struct compat *row;
	struct near n;

	near_init(&n, name);
	for (row = compat_rows; row->name != NULL; row++)
		near_see(&n, row->name);
	buf_adds(why, "no such compat flag");
	near_write(&n, why);
}

/* Is it one of the quoted words?  The quotes are walked in pairs: what stands between two words is none. */
static int is_word(const char *words, const char *text)
{
	size_t n = strlen(text), len;
	const char *p;

	if (words == NULL)
		return n > 0;
	for (p = strchr(words, '"'); p != NULL; p = strchr(p + len + 1, '"')) {
		len = strcspn(++p, "\"");
		if (len == n && memcmp(p, text, n) == 0)
			return 1;
	}
	return 0;
}

static int is_texts(jv list)
{
	int i, good = json_is_array(list);
	jv v;

	for (i = 0; i < json_count(list) && good; i++) {
		v = json_at(list, i);
		good = json_is_string(v);
		jv_free(v);
	}
	return good;
}

int compat_fits(const struct compat *row, jv value)
{
	jv_kind k = jv_get_kind(value);

	switch (row->type) {
	case COMPAT_BOOL:
		return k == JV_KIND_TRUE || k == JV_KIND_FALSE;
	case COMPAT_WORD:
		return k == JV_KIND_STRING && is_word(row->words, json_string(value));
	case COMPAT_LIST:
		return is_texts(value);
	default:
		return k == JV_KIND_OBJECT;
	}
}

const char *compat_wants(const struct compat *row)
{
	switch (row->type) {
	case COMPAT_BOOL:
		return "true or false";
	case COMPAT_WORD:
		return row->words != NULL ? row->words : "a text";
	case COMPAT_LIST:
		return "a list of texts";
	default:
		return "an object";
	}
}

jv compat_usual(enum endpoint e)
{
	const struct compat *row;
	const char *value;
	size_t i;
	jv all = jv_object();

	for (row = compat_rows; row->name != NULL; row++)
		if ((value = row->usual[endpoint_base(e)]) != NULL)
			all = json_set(all, row->name, json_build(span_of(value)));
	for (i = 0; i < sizeof exceptions / sizeof exceptions[0]; i++)
		if (exceptions[i].e == e)
			all = json_set(all, exceptions[i].flag, json_build(span_of(exceptions[i].value)));
	return all;
}

/* Only parts of {type:"text", text:string}? */
static int is_pure_text(struct span parts)
{
	struct span_iter it = span_each(parts);
	struct span key, part;

	while (span_next(&it, &key, &part))
		if (!span_eq(span_get(part, "type"), "text") ||
		    span_kind(span_get(part, "text")) != SPAN_STRING)
			return 0;
	return span_kind(parts) == SPAN_ARRAY;
}

/* The parts' texts as one string token, spelt as they were, one line break between two. */
static void join_texts(struct span parts, struct buf *out)
{
	struct span_iter it = span_each(parts);
	struct span key, part, text;
	int n = 0;

	buf_addc(out, '"');
	while (span_next(&it, &key, &part)) {
		text = span_get(part, "text");
		if (n++ > 0)
			buf_adds(out, "\\n");
		buf_add(out, text.p + 1, text.n - 2);
	}
	buf_addc(out, '"');
}

/* requiresStringContent: true.  An array with any other part stays an array. */
static int flatten_text(struct span body, struct span value, struct buf *out)
{
	struct span_iter it = span_each(span_get(body, "messages"));
	struct span key, message, content;
	const char *from = body.p;
	int changed = 0;

	(void)value;
	while (span_next(&it, &key, &message)) {
		content = span_get(message, "content");
		if (!is_pure_text(content))
			continue;
		buf_add(out, from, (size_t)(content.p - from));
		join_texts(content, out);
		from = content.p + content.n;
		changed = 1;
	}
	buf_add(out, from, (size_t)(body.p + body.n - from));
	return changed;
}

/* The flag's value in a route's compat object: does the row's function apply? */
static int applies(const struct compat *row, struct span value, int reasoning)
{
	if (row->apply == NULL || (row->when == COMPAT_IF_THINKS && !reasoning))
		return 0;
	if (row->type == COMPAT_BOOL)
		return span_kind(value) == (row->when != COMPAT_IF_FALSE ? SPAN_TRUE : SPAN_FALSE);
	return span_kind(value) > SPAN_NULL;
}

void compat_plan(struct compat_plan *plan, struct span compat, int reasoning)
{
	const struct compat *row;
	struct span value;

	plan->n = 0;
	for (row = compat_rows; row->name != NULL && plan->n < COMPAT_STEPS; row++) {
		value = row->apply != NULL ? span_get(compat, row->name) : SPAN_NIL;
		if (applies(row, value, reasoning))
			plan->step[plan->n++] = (struct compat_step){row, value};
	}
}

void compat_follow(const struct compat_plan *plan, struct span body, struct buf *out, const struct compat_watch *watch)
{
	const struct compat_step *step;
	struct buf next, swap;
	struct span before;
	size_t from = out->len;

	buf_add(out, body.p, body.n);
	buf_init(&next, out->max);
	for (step = plan->step; step < plan->step + plan->n && !out->failed; step++) {
		before = (struct span){out->data + from, out->len - from};
		buf_clear(&next);
		buf_add(&next, out->data, from);
		if (!step->row->apply(before, step->value, &next))
			continue;
		if (watch != NULL && !next.failed)
			watch->changed(watch->ctx, step->row, before, (struct span){next.data + from, next.len - from});
		swap = *out;
		*out = next;
		next = swap;
	}
	if (watch != NULL && !out->failed)
		watch->done(watch->ctx, body.n, out->len - from);
	buf_release(&next);
}

void compat_apply(struct span compat, int reasoning, struct span body, struct buf *out, const struct compat_watch *watch)
{
	struct compat_plan plan;

	compat_plan(&plan, compat, reasoning);
	compat_follow(&plan, body, out, watch);
}
