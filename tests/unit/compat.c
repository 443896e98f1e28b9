#include "compat.h"
#include "help.h"
#include "json.h"
#include "tap.h"

static void test_table(void)
{
	const struct compat *row, *other;
	struct buf text;
	int e, n = 0;
	jv v;

	buf_init(&text, 1 << 16);
	for (row = compat_rows; row->name != NULL; row++, n++) {
		for (other = compat_rows; other < row && strcmp(other->name, row->name) != 0; other++)
			;
		ok(other == row && compat_find(row->name) == row, "%s stands once", row->name);
		ok(compat_wants(row) != NULL && compat_wants(row)[0] != '\0', "%s: what it wants", row->name);
		for (e = 0; e < EP_BASES; e++) {
			if (row->usual[e] == NULL)
				continue;
			v = json_build(json(row->usual[e]));
			ok(compat_fits(row, v), "%s: its default for %s fits", row->name, endpoint_name((enum endpoint)e));
			buf_clear(&text);
			json_write(&text, v);
			is_buf(&text, row->usual[e], "and is spelt as written");
			jv_free(v);
		}
	}
	ok(n >= 35, "%d flags", n);
	ok(compat_find("supportstools") == NULL && compat_find("") == NULL, "names as they are spelt");
	buf_release(&text);
}

/* REFERENCE section 3: the defaults that decide what is sent. */
static void test_defaults(void)
{
	static const struct { const char *name, *usual[EP_BASES]; } t[] = {
		{"supportsStore", {"false", "false", "true"}}, {"supportsPromptCacheKey", {"false", "false", "true"}},
		{"supportsLongCacheRetention", {"true", "true", "true"}}, {"supportsDeveloperRole", {"false", "false", "true"}},
		{"supportsReasoningEffort", {"false", "false", "true"}}, {"supportsTemperature", {"true", "true", "true"}},
		{"supportsUsageInStreaming", {"true", "false", "true"}}, {"supportsTools", {"true", "true", "true"}},
		{"supportsStrictMode", {"false", "false", "true"}}, {"requiresStringContent", {"false", "false", "false"}},
		{"strictMessageKeys", {"false", "false", "false"}}, {"thinkingFormat", {"\"openai\"", "\"openai\"", "\"openai\""}},
		{"maxTokensField", {"\"max_tokens\"", "\"max_tokens\"", "\"max_completion_tokens\""}},
		{"requiresToolResultName", {"false", "false", "false"}}, {"requiresThinkingAsText", {"false", "false", "false"}},
		{"supportedReasoningEfforts", {NULL, NULL, NULL}}, {"toolSchemaProfile", {NULL, NULL, NULL}},
		{"sendSessionAffinityHeaders", {"false", "false", "false"}}, {"sendSessionIdHeader", {"true", "true", "true"}},
		{"supportsJsonSchemaResponseFormat", {NULL, NULL, "true"}}, {"visibleReasoningDetailTypes", {"[]", "[]", "[]"}},
		{"requiresReasoningContentOnAssistantMessages", {"false", "false", "false"}},
		{"requiresAssistantAfterToolResult", {"false", "false", "false"}}, {"cacheControlFormat", {NULL, NULL, NULL}},
		{"reasoningEffortMap", {NULL, NULL, NULL}}, {"unsupportedToolSchemaKeywords", {NULL, NULL, NULL}},
	};
	struct buf text;
	size_t i;
	int e;
	jv all, v;

	buf_init(&text, 1 << 16);
	for (e = 0; e < EP_BASES; e++) {
		all = compat_usual((enum endpoint)e);
		for (i = 0; i < COUNT(t); i++) {
			v = json_get(all, t[i].name);
			buf_clear(&text);
			json_write(&text, v);
			is_buf(&text, t[i].usual[e] ? t[i].usual[e] : "null", t[i].name);
			ok(json_has(all, t[i].name) == (t[i].usual[e] != NULL), "an unset one is absent");
			jv_free(v);
		}
		jv_free(all);
	}
	buf_release(&text);
}

/* A flag's default for a class, as JSON; good until the next call. */
static const char *usual(enum endpoint e, const char *flag)
{
	static char last[128];
	jv all = compat_usual(e), v = json_get(all, flag);
	struct buf text;

	buf_init(&text, sizeof last);
	json_write(&text, v);
	snprintf(last, sizeof last, "%s", buf_text(&text));
	buf_release(&text);
	jv_free(v);
	jv_free(all);
	return last;
}

#define MAX_TOKENS "\"max_tokens\""
#define MAX_COMPLETION_TOKENS "\"max_completion_tokens\""

static void test_vendors(void)
{
	static const struct { enum endpoint e; const char *field, *thinking, *content, *store; } t[] = {
		{EP_AZURE, MAX_COMPLETION_TOKENS, "\"openai\"", "false", "true"}, {EP_OPENROUTER, MAX_TOKENS, "\"openrouter\"", "false", "false"},
		{EP_DEEPSEEK, MAX_TOKENS, "\"deepseek\"", "true", "false"}, {EP_XIAOMI, MAX_COMPLETION_TOKENS, "\"deepseek\"", "true", "false"},
		{EP_ZAI, MAX_TOKENS, "\"zai\"", "false", "false"}, {EP_TOGETHER, MAX_TOKENS, "\"together\"", "false", "false"},
		{EP_MISTRAL, MAX_TOKENS, "\"openai\"", "false", "false"}, {EP_MOONSHOT, MAX_TOKENS, "\"openai\"", "false", "false"},
		{EP_CHUTES, MAX_TOKENS, "\"openai\"", "false", "false"}, {EP_CLOUDFLARE, MAX_TOKENS, "\"openai\"", "false", "false"},
		{EP_GROQ, MAX_COMPLETION_TOKENS, "\"openai\"", "false", "false"}, {EP_XAI, MAX_COMPLETION_TOKENS, "\"openai\"", "false", "false"},
		{EP_ANTHROPIC, MAX_COMPLETION_TOKENS, "\"openai\"", "false", "false"},
		{EP_GOOGLE, MAX_COMPLETION_TOKENS, "\"openai\"", "false", "false"},
	};
	const struct compat *row;
	jv all, base, v;
	size_t i;
	int k;

	ok(COUNT(t) == EP_COUNT - EP_BASES, "every vendor is here");
	for (i = 0; i < COUNT(t); i++) {
		is(usual(t[i].e, "maxTokensField"), t[i].field, endpoint_name(t[i].e));
		is(usual(t[i].e, "thinkingFormat"), t[i].thinking, "thinkingFormat");
		is(usual(t[i].e, "requiresReasoningContentOnAssistantMessages"), t[i].content, "reasoning_content");
		is(usual(t[i].e, "supportsStore"), t[i].store, "supportsStore");
		is(usual(t[i].e, "supportsTools"), "true", "supportsTools");
		is(usual(t[i].e, "visibleReasoningDetailTypes"), t[i].e != EP_OPENROUTER ? "[]" :
		    "[\"response.output_text\",\"response.text\"]", "visibleReasoningDetailTypes");
		all = compat_usual(t[i].e);
		base = compat_usual(endpoint_base(t[i].e));
		for (k = json_first(base); json_more(base, k); k = json_step(base, k))
			ok(json_has(all, json_key(base, k)), "it has %s, as its base class", json_key(base, k));
		for (k = json_first(all); json_more(all, k); k = json_step(all, k)) {
			v = json_val(all, k);
			row = compat_find(json_key(all, k));
			ok(row != NULL && compat_fits(row, v), "%s is a flag, and the value fits", json_key(all, k));
			jv_free(v);
		}
		jv_free(base);
		jv_free(all);
	}
}

/* Does a request body of the reference show that default? */
static void shows(struct span body, enum endpoint e, const char *flag, int seen)
{
	int on = strcmp(usual(e, flag), "true") == 0;

	ok(body.p != NULL && on == seen, "%s: %s is %s", endpoint_name(e), flag, seen ? "true" : "false");
}

/* What the reference sent by host; {{BASE_URL}} was on loopback.  maxTokensField is our own for local servers. */
/* 0: a case that says nothing of the endpoint alone. */
static int captured_case(struct span line)
{
	struct span model = span_get(line, "model"), body = span_get(line, "request_body"), first, key, tool;
	struct span_iter it;
	struct buf url;
	enum endpoint e;

	if (span_kind(span_get(model, "compat")) == SPAN_OBJECT || span_get(model, "baseUrl").n < 3)
		return 0;
	buf_init(&url, 1000);
	buf_add(&url, span_get(model, "baseUrl").p + 1, span_get(model, "baseUrl").n - 2);
	e = strstr(buf_text(&url), "{{BASE_URL}}") != NULL ? EP_LOCAL : endpoint_of(buf_text(&url));
	ok(e == EP_LOCAL || e >= EP_BASES, "%s is known", buf_text(&url));
	buf_release(&url);
	if (e != EP_LOCAL)
		is(usual(e, "maxTokensField"), span_get(body, "max_tokens").p != NULL ? MAX_TOKENS : MAX_COMPLETION_TOKENS, "maxTokensField");
	shows(body, e, "supportsUsageInStreaming", span_get(body, "stream_options").p != NULL);
	shows(body, e, "supportsStore", span_get(body, "store").p != NULL);
	shows(body, e, "supportsPromptCacheKey", span_get(body, "prompt_cache_key").p != NULL);
	shows(body, e, "supportsTemperature", span_get(body, "temperature").p != NULL);
	it = span_each(span_get(body, "messages"));
	if (span_next(&it, &key, &first))
		shows(body, e, "supportsDeveloperRole", span_eq(span_get(first, "role"), "developer"));
	it = span_each(span_get(body, "tools"));
	if (span_next(&it, &key, &tool))
		shows(body, e, "supportsStrictMode", span_get(span_get(tool, "function"), "strict").p != NULL);
	return 1;
}

static void test_captured(void)
{
	static char line[1 << 18];
	FILE *f = captured();
	int n = 0;

	while (fgets(line, sizeof line, f) != NULL)
		if (strstr(line, "\"name\": \"managed/endpoint/") != NULL)
			n += captured_case(json(line));
	fclose(f);
	ok(n == 4, "%d captured requests show the usual flags of an endpoint", n);
}

static void test_fits(void)
{
	static const struct { const char *flag, *value; int fits; } t[] = {
		{"supportsTools", "true", 1}, {"supportsTools", "false", 1}, {"supportsTools", "\"true\"", 0},
		{"supportsTools", "1", 0}, {"supportsTools", "null", 0}, {"maxTokensField", "\"max_tokens\"", 1},
		{"maxTokensField", "\"max_completion_tokens\"", 1}, {"maxTokensField", "\"max\"", 0}, {"maxTokensField", "\"\"", 0},
		{"maxTokensField", "\"max_tokens max_completion_tokens\"", 0}, {"maxTokensField", "\" \"", 0},
		{"maxTokensField", "\"tokens\"", 0}, {"maxTokensField", "true", 0}, {"cacheControlFormat", "\"anthropic\"", 1},
		{"cacheControlFormat", "\"openai\"", 0}, {"thinkingFormat", "\"qwen\"", 1}, {"thinkingFormat", "\"\"", 0},
		{"thinkingFormat", "\"qwen-chat-template\"", 1}, {"thinkingFormat", "\"openrouter\"", 1}, {"thinkingFormat", "\"zai\"", 1},
		{"thinkingFormat", "\"xiaomi\"", 0}, {"thinkingFormat", "\"Qwen\"", 0}, {"thinkingFormat", "\", \"", 0},
		{"thinkingFormat", "\" or \"", 0}, {"maxTokensField", "\" or \"", 0}, {"maxTokensField", "\"\\\"max_tokens\\\"\"", 0},
		{"toolSchemaProfile", "\"llamacpp\"", 1}, {"toolSchemaProfile", "\"another\"", 1}, {"toolSchemaProfile", "\"\"", 0},
		{"toolSchemaProfile", "true", 0},
		{"supportedReasoningEfforts", "[\"low\"]", 1}, {"supportedReasoningEfforts", "[]", 1},
		{"supportedReasoningEfforts", "\"low\"", 0}, {"supportedReasoningEfforts", "[1]", 0},
		{"reasoningEffortMap", "{\"off\":\"none\"}", 1}, {"reasoningEffortMap", "[]", 0},
	};
	struct buf why;
	size_t i;
	jv v;

	for (i = 0; i < COUNT(t); i++) {
		v = json_build(json(t[i].value));
		ok(!compat_fits(compat_find(t[i].flag), v) == !t[i].fits, "%s: %s %s", t[i].flag, t[i].value,
		    t[i].fits ? "fits" : "does not fit");
		jv_free(v);
	}
	is(compat_wants(compat_find("maxTokensField")), "\"max_tokens\" or \"max_completion_tokens\"", "what a word wants");
	is(compat_wants(compat_find("cacheControlFormat")), "\"anthropic\"", "one word");
	is(compat_wants(compat_find("thinkingFormat")), "\"openai\", \"qwen\", \"qwen-chat-template\", \"zai\", \"deepseek\", "
	    "\"together\" or \"openrouter\"", "many words");
	is(compat_wants(compat_find("toolSchemaProfile")), "a text", "any text");
	buf_init(&why, 1000);
	compat_unknown("requireStringContent", &why);
	ok(strncmp(buf_text(&why), "no such compat flag; did you mean requiresStringContent", 55) == 0, "%s", buf_text(&why));
	buf_clear(&why);
	compat_unknown("zzzzz", &why);
	is_buf(&why, "no such compat flag", "nothing near");
	buf_release(&why);
}

/* The body by these flags; also behind what is in the buffer already. */
static void gives(const char *compat, const char *body, const char *want)
{
	char *copy = exact(body, strlen(body));
	struct buf out;
	struct span v;
	struct span_err err;

	buf_init(&out, 1 << 20);
	buf_adds(&out, "{\"before\":");
	compat_apply(json(compat), 0, (struct span){copy, strlen(body)}, &out, NULL);
	is(buf_text(&out) + 10, want, shown(body));
	ok(strncmp(buf_text(&out), "{\"before\":", 10) == 0 && !out.failed, "what was there stays");
	ok(span_check(buf_text(&out) + 10, out.len - 10, MAX_DEPTH, &v, &err) == 0, "is JSON");
	buf_release(&out);
	free(copy);
}

#define STRINGS "{\"requiresStringContent\":true}"
#define NO_TOOLS "{\"supportsTools\":false}"
#define MESSAGE(content) "{\"messages\":[{\"role\":\"user\",\"content\":" content "}]}"
#define TEXT(text) "{\"type\":\"text\",\"text\":" text "}"

static void test_flatten(void)
{
	static const char *const same[] = {
		MESSAGE("\"a\""), MESSAGE("null"), MESSAGE("7"), MESSAGE("{\"type\":\"text\",\"text\":\"a\"}"),
		MESSAGE("[" TEXT("\"a\"") ",{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:x\"}}]"),
		MESSAGE("[{\"type\":\"image_url\"}]"), MESSAGE("[\"a\"]"), MESSAGE("[" TEXT("7") "]"), MESSAGE("[" TEXT("null") "]"),
		MESSAGE("[{\"text\":\"a\"}]"), MESSAGE("[{\"type\":\"text\"}]"), MESSAGE("[{\"type\":\"input_text\",\"text\":\"a\"}]"),
		MESSAGE("[[" TEXT("\"a\"") "]]"), "{\"messages\":[]}", "{\"messages\":{}}", "{\"messages\":null}", "{}",
		"{\"messages\":[1,null,\"x\",[]]}", "{\"content\":[" TEXT("\"a\"") "],\"messages\":[{\"role\":\"user\"}]}",
		"{\"messages\":[{\"role\":\"user\",\"extra\":{\"content\":[" TEXT("\"a\"") "]}}]}",
	};
	size_t i;

	for (i = 0; i < COUNT(same); i++)
		gives(STRINGS, same[i], same[i]);
	gives(STRINGS, MESSAGE("[" TEXT("\"a\"") "]"), MESSAGE("\"a\""));
	gives(STRINGS, MESSAGE("[" TEXT("\"a\"") "," TEXT("\"b\"") "," TEXT("\"c\"") "]"), MESSAGE("\"a\\nb\\nc\""));
	gives(STRINGS, MESSAGE("[]"), MESSAGE("\"\""));
	gives(STRINGS, MESSAGE("[ \n ]"), MESSAGE("\"\""));
	gives(STRINGS, MESSAGE("[" TEXT("\"\"") "]"), MESSAGE("\"\""));
	gives(STRINGS, MESSAGE("[" TEXT("\"\"") "," TEXT("\"\"") "]"), MESSAGE("\"\\n\""));
	gives(STRINGS, MESSAGE("[" TEXT("\"a\\u00e9\\/\\ud83d\"") " ,\t" TEXT("\"\\ude00\xC3\xA9\\\"\"") "]"),
	    MESSAGE("\"a\\u00e9\\/\\ud83d\\n\\ude00\xC3\xA9\\\"\""));
	gives(STRINGS, MESSAGE("[{\"text\":\"a\",\"cache_control\":{\"type\":\"ephemeral\"},\"type\":\"text\"}]"), MESSAGE("\"a\""));
	gives(STRINGS, MESSAGE("[{\"t\\u0079pe\":\"t\\u0065xt\",\"text\":\"a\"}]"), MESSAGE("\"a\""));
	gives(STRINGS, "{ \"model\" : \"m\" ,\"n\":1.0,\"messages\" : [ { \"role\":\"system\",\"content\" : [ " TEXT("\"s\"") " ] } , "
	    "{\"content\":\"x\"} ,{\"role\":\"user\",\"content\":[" TEXT("\"a\"") "," TEXT("\"b\"") "],\"name\":\"n\\u0061\"}],\"big\":"
	    "12345678901234567890123 , \"n\":1e0 }",
	    "{ \"model\" : \"m\" ,\"n\":1.0,\"messages\" : [ { \"role\":\"system\",\"content\" : \"s\" } , {\"content\":\"x\"} ,"
	    "{\"role\":\"user\",\"content\":\"a\\nb\",\"name\":\"n\\u0061\"}],\"big\":12345678901234567890123 , \"n\":1e0 }");
	gives(STRINGS, "{\"messages\":[{\"role\":\"tool\",\"tool_call_id\":\"1\",\"content\":[" TEXT("\"r\"") "]},{\"role\":\"assistant\","
	    "\"content\":null,\"tool_calls\":[]}]}", "{\"messages\":[{\"role\":\"tool\",\"tool_call_id\":\"1\",\"content\":\"r\"},"
	    "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[]}]}");
}

static void test_tools(void)
{
	static const char *const t[][2] = {
		{"{\"tools\":[],\"a\":1,\"b\":2}", "{\"a\":1,\"b\":2}"}, {"{\"a\":1,\"tools\":[{\"x\":[1]}],\"b\":2}", "{\"a\":1,\"b\":2}"},
		{"{\"a\":1,\"b\":2,\"tools\":[]}", "{\"a\":1,\"b\":2}"}, {"{\"tools\":[]}", "{}"}, {"{ \"tools\" : [] }", "{ }"},
		{"{\"tools\":[],\"tool_choice\":\"auto\",\"parallel_tool_calls\":true}", "{}"},
		{"{\"tool_choice\":{\"a\":1},\"a\":1,\"tools\":[],\"parallel_tool_calls\":false,\"b\":2}", "{\"a\":1,\"b\":2}"},
		{"{\"a\":1,\"tool_choice\":\"auto\"}", "{\"a\":1}"}, {"{\"parallel_tool_calls\":true,\"a\":1}", "{\"a\":1}"},
		{"{\"a\":1,\"tools\":[],\"b\":2,\"tools\":[2]}", "{\"a\":1,\"b\":2}"}, {"{\"a\":1,\"\\u0074ools\":[],\"b\":2}", "{\"a\":1,\"b\":2}"},
		{"{ \"a\" : 1.0 , \"tools\" : [] , \"b\" : [ 2 ] }", "{ \"a\" : 1.0 , \"b\" : [ 2 ] }"},
		{"{ \"a\":1 ,\t\"tools\":[] }", "{ \"a\":1 }"}, {"{\t\"tools\":[] ,\"a\":1 }", "{\t\"a\":1 }"},
	};
	static const char *const same[] = {
		"{}", "{ }", "{\"a\":{\"tools\":[]}}", "{ \"Tools\" : [] , \"tool\":1, \"toolss\":2 }",
		"{\"messages\":[{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"1\"}]},{\"role\":\"tool\",\"tool_call_id\":\"1\"}]}",
	};
	size_t i;

	for (i = 0; i < COUNT(t); i++) {
		gives(NO_TOOLS, t[i][0], t[i][1]);
		gives("{\"supportsTools\":true}", t[i][0], t[i][0]);
		gives("{}", t[i][0], t[i][0]);
	}
	for (i = 0; i < COUNT(same); i++)
		gives(NO_TOOLS, same[i], same[i]);
}

static void test_flags(void)
{
	static const char *const off[] = {
		"{}", "null", "[]", "\"x\"", "{\"requiresStringContent\":false}", "{\"requiresStringContent\":\"true\"}",
		"{\"requiresStringContent\":1,\"supportsTools\":0}", "{\"supportsTools\":null}", "{\"unknown\":true}",
		"{\"strictMessageKeys\":false,\"supportsTemperature\":false}",
	};
	const char *body = "{\"tools\":[1],\"messages\":[{\"content\":[" TEXT("\"a\"") "]}] ,\"n\":1.0}";
	struct buf out;
	size_t i;

	for (i = 0; i < COUNT(off); i++)
		gives(off[i], body, body);
	gives("{\"requiresStringContent\":true,\"supportsTools\":false}", body, "{\"messages\":[{\"content\":\"a\"}] ,\"n\":1.0}");
	gives("{\"supportsTools\":true,\"supportsTools\":false}", body, "{\"messages\":[{\"content\":[" TEXT("\"a\"") "]}] ,\"n\":1.0}");
	buf_init(&out, 1 << 20);
	compat_apply(json("{\"requiresReasoningContentOnAssistantMessages\":true}"), 1, json("{\"messages\":[{\"role\":\"assistant\"}]}"), &out, NULL);
	is_buf(&out, "{\"messages\":[{\"role\":\"assistant\",\"reasoning_content\":\"\"}]}", "a model that thinks");
	buf_clear(&out);
	compat_apply(json("{\"requiresReasoningContentOnAssistantMessages\":true}"), 0, json("{\"messages\":[{\"role\":\"assistant\"}]}"), &out, NULL);
	is_buf(&out, "{\"messages\":[{\"role\":\"assistant\"}]}", "and one that does not");
	buf_clear(&out);
	compat_apply(SPAN_NIL, 0, json(body), &out, NULL);
	is_buf(&out, body, "no flags at all");
	buf_release(&out);
	buf_init(&out, 20);
	compat_apply(json(NO_TOOLS), 0, json(body), &out, NULL);
	ok(out.failed && out.len == 0, "a full buffer says so");
	buf_release(&out);
}

int main(void)
{
	test_table();
	test_defaults();
	test_vendors();
	test_captured();
	test_fits();
	test_flatten();
	test_tools();
	test_flags();
	return done();
}
