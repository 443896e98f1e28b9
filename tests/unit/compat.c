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
		ok(row->apply == NULL || row->type == COMPAT_BOOL, "%s: what is applied is a bool", row->name);
		ok(compat_wants(row) != NULL && compat_wants(row)[0] != '\0', "%s: what it wants", row->name);
		for (e = 0; e < EP_COUNT; e++) {
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
	static const struct { const char *name, *usual[EP_COUNT]; } t[] = {
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
	};
	struct buf text;
	size_t i;
	int e;
	jv all, v;

	buf_init(&text, 1 << 16);
	for (e = 0; e < EP_COUNT; e++) {
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

static void test_endpoints(void)
{
	static const struct { const char *url; enum endpoint e; } t[] = {
		{"http://127.0.0.1:8080/v1", EP_LOCAL}, {"http://localhost/v1", EP_LOCAL}, {"http://[::1]:1/v1", EP_LOCAL},
		{"http://192.168.1.5/v1", EP_LOCAL}, {"http://10.1.2.3/v1", EP_LOCAL}, {"http://box/v1", EP_LOCAL},
		{"http://box.lan/v1", EP_LOCAL}, {"https://x.internal/v1", EP_LOCAL}, {"https://openrouter.ai/api/v1", EP_CUSTOM},
		{"https://api.openai.com/v1", EP_OPENAI}, {"https://API.OpenAI.com/v1", EP_OPENAI},
		{"https://api.openai.com.evil.example/v1", EP_CUSTOM}, {"https://xapi.openai.com/v1", EP_CUSTOM},
		{"no url", EP_CUSTOM}, {"", EP_CUSTOM},
	};
	size_t i;

	for (i = 0; i < COUNT(t); i++)
		is(endpoint_name(endpoint_of(t[i].url)), endpoint_name(t[i].e), t[i].url);
	is(endpoint_name(EP_LOCAL), "local", "local");
	is(endpoint_name(EP_CUSTOM), "custom", "custom");
	is(endpoint_name(EP_OPENAI), "openai-public", "openai-public");
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
	compat_apply(json(compat), (struct span){copy, strlen(body)}, &out);
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
		"{\"strictMessageKeys\":true,\"supportsTemperature\":false}",
	};
	const char *body = "{\"tools\":[1],\"messages\":[{\"content\":[" TEXT("\"a\"") "]}] ,\"n\":1.0}";
	struct buf out;
	size_t i;

	for (i = 0; i < COUNT(off); i++)
		gives(off[i], body, body);
	gives("{\"requiresStringContent\":true,\"supportsTools\":false}", body, "{\"messages\":[{\"content\":\"a\"}] ,\"n\":1.0}");
	gives("{\"supportsTools\":true,\"supportsTools\":false}", body, "{\"messages\":[{\"content\":[" TEXT("\"a\"") "]}] ,\"n\":1.0}");
	buf_init(&out, 1 << 20);
	compat_apply(SPAN_NIL, json(body), &out);
	is_buf(&out, body, "no flags at all");
	buf_release(&out);
	buf_init(&out, 20);
	compat_apply(json(NO_TOOLS), json(body), &out);
	ok(out.failed && out.len == 0, "a full buffer says so");
	buf_release(&out);
}

int main(void)
{
	test_table();
	test_defaults();
	test_endpoints();
	test_fits();
	test_flatten();
	test_tools();
	test_flags();
	return done();
}
