#include <time.h>

#include "compat.h"
#include "compattool.h"
#include "endpoint.h"
#include "fields.h"
#include "help.h"
#include "json.h"
#include "record.h"
#include "room.h"
#include "tap.h"

#define MESSAGES "[{\"role\":\"user\",\"content\":\"What is 2 + 2?\"}]"
#define OWN_TOOL(name) "{\"name\":\"" name "\",\"description\":\"d\",\"parameters\":{\"type\":\"object\"}}"
#define TOOL(name) "{\"type\":\"function\",\"function\":{\"name\":\"" name "\"}}"

static struct fields_route route;
static struct fields_options options;
static struct fault fault;
static int stream = STREAM_UNSAID;

/* Nothing said, a local server that knows no option. */
static void fresh(void)
{
	memset(&route, 0, sizeof route);
	memset(&options, 0, sizeof options);
	fault_clear(&fault);
	route.compat = json("{}");
}

/* The fields behind `stream` for a record; or with `why` the fault, and nothing was written. */
static void writes(const char *record, const char *want, const char *why)
{
	struct buf body;
	int bad;

	buf_init(&body, 1 << 20);
	buf_adds(&body, "{");
	bad = fields_write(&body, json(record), json(MESSAGES), stream, &route, &options, &fault);
	if (why != NULL) {
		ok(bad == -1 && fault.code == F_INPUT && strcmp(buf_text(&body), "{") == 0, "%s is refused", shown(record ? record : ""));
		is(fault.message, why, "why");
	} else {
		ok(bad == 0, "%s", bad ? fault.message : "no fault");
		if (bad == 0 && strncmp(buf_text(&body), "{,\"stream\":false", 16) == 0)
			is(buf_text(&body) + 16, want, shown(record ? record : ""));
		else
			is(buf_text(&body), want, shown(record ? record : ""));
	}
	buf_release(&body);
}

#define GIVES(record, want) writes(record, want, NULL)
#define FAILS(record, why) writes(record, NULL, why)

static void test_said(void)
{
	fresh();
	GIVES(NULL, "");
	GIVES("{}", "");
	GIVES("\"text\"", "");
	GIVES("[1]", "");
	GIVES("{\"temperature\":1.0,\"seed\":12345678901234567890,\"top_p\":1e-1,\"n\":null}",
	    ",\"temperature\":1.0,\"top_p\":1e-1,\"seed\":12345678901234567890");
	GIVES("{\"stop\":[\"a\",\n\"\\u00e9\"],\"unknown\":1,\"topP\":1,\"prompt\":\"x\"}", ",\"stop\":[\"a\", \"\\u00e9\"]");
	GIVES("{\"parallel_tool_calls\":true,\"metadata\":{},\"user\":\"u\",\"top_logprobs\":2,\"logprobs\":true,\"logit_bias\":{},"
	    "\"repetition_penalty\":1.1,\"min_p\":0,\"top_k\":4,\"presence_penalty\":1,\"frequency_penalty\":2}",
	    ",\"top_k\":4,\"min_p\":0,\"frequency_penalty\":2,\"presence_penalty\":1,\"repetition_penalty\":1.1,\"logit_bias\":{},"
	    "\"logprobs\":true,\"top_logprobs\":2,\"user\":\"u\",\"metadata\":{},\"parallel_tool_calls\":true");
	GIVES("{\"seed\":1,\"s\\u0065ed\":2}", ",\"seed\":2");

	route.params = json("{\"temperature\":0.1,\"topP\":0.2,\"seed\":3,\"frequencyPenalty\":1.50,\"cacheRetention\":\"long\",\"odd\":[1.0]}");
	GIVES("{}", ",\"temperature\":0.1,\"top_p\":0.2,\"frequency_penalty\":1.50,\"seed\":3,\"odd\":[1.0]");
	GIVES("{\"temperature\":0.5,\"seed\":null}", ",\"temperature\":0.5,\"top_p\":0.2,\"frequency_penalty\":1.50,\"seed\":3,\"odd\":[1.0]");
	GIVES("{\"temperature\":0.5,\"params\":{\"temperature\":0.6,\"seed\":null,\"odd\":2,\"even\":{}}}",
	    ",\"temperature\":0.6,\"top_p\":0.2,\"frequency_penalty\":1.50,\"odd\":2,\"even\":{}");
	options.params = json("{\"temperature\":0.70,\"top_p\":null,\"odd\":null,\"new\":true,\"frequency_penalty\":null,\"x\":null}");
	GIVES("{\"temperature\":0.5,\"params\":{\"temperature\":0.6}}", ",\"temperature\":0.70,\"seed\":3,\"new\":true");
	route.compat = json("{\"supportsTemperature\":false}");
	GIVES("{\"temperature\":0.5}", ",\"seed\":3,\"new\":true");

	fresh();
	options.params = json("{\"stream\":true}");
	writes("{}", "{,\"stream\":true", NULL);
	route.compat = json("{\"supportsUsageInStreaming\":true,\"supportsStore\":true}");
	writes("{}", "{,\"stream\":true,\"stream_options\":{\"include_usage\":true},\"store\":false", NULL);
	writes("{\"stream_options\":{\"a\":1},\"store\":true}", "{,\"stream\":true,\"stream_options\":{\"a\":1},\"store\":true", NULL);
	options.params = SPAN_NIL;
	GIVES("{\"stream_options\":{\"a\":1}}", ",\"store\":false");
	options.params = json("{\"stream\":null}");
	writes("{}", "{,\"store\":false", NULL);
}

static void test_extra(void)
{
	fresh();
	route.params = json("{\"seed\":1,\"extra_body\":{\"seed\":2,\"top_k\":1.0,\"a\\u0062\":\"c\",\"n\":null},\"odd\":1}");
	GIVES("{\"n\":3,\"stop\":\"x\"}", ",\"seed\":2,\"stop\":\"x\",\"odd\":1,\"top_k\":1.0,\"a\\u0062\":\"c\"");
	options.params = json("{\"seed\":4,\"n\":5,\"ab\":6}");
	GIVES("{}", ",\"n\":5,\"seed\":4,\"odd\":1,\"top_k\":1.0,\"ab\":6");
	options.params = json("{\"seed\":4,\"extraBody\":{\"seed\":7,\"odd\":null}}");
	GIVES("{}", ",\"seed\":7,\"top_k\":1.0,\"a\\u0062\":\"c\"");
	GIVES("{\"params\":{\"extra_body\":{\"top_k\":8}}}", ",\"seed\":7,\"top_k\":8,\"a\\u0062\":\"c\"");
	fresh();
	route.params = json("{\"extra_body\":{\"stream\":true,\"max_tokens\":1,\"a\":1,\"a\":2}}");
	route.compat = json("{\"supportsUsageInStreaming\":true}");
	writes(NULL, "{,\"stream\":true,\"stream_options\":{\"include_usage\":true},\"max_tokens\":1,\"a\":2", NULL);
	options.max_tokens = 9;
	options.params = json("{\"stream\":false}");
	GIVES(NULL, ",\"max_tokens\":9,\"a\":2");
	fresh();
	FAILS("{\"params\":[]}", "params: an object is due");
	FAILS("{\"params\":{\"extra_body\":1}}", "extra_body: an object is due");
	FAILS("{\"params\":{\"model\":\"x\"}}", "params: model and messages can't be set there");
	FAILS("{\"params\":{\"extra_body\":{\"m\\u006fdel\":\"x\"}}}", "extra_body: model and messages can't be set there");
	GIVES("{\"params\":null,\"extra_body\":{\"a\":1}}", "");
	GIVES("{\"params\":{\"extra_body\":null}}", "");
	route.params = json("{\"chat_template_kwargs\":{\"a\":1,\"b\":2}}");
	GIVES("{}", ",\"chat_template_kwargs\":{\"a\":1,\"b\":2}");
	options.params = json("{\"chat_template_kwargs\":{\"b\":3,\"c\":1.0}}");
	GIVES("{}", ",\"chat_template_kwargs\":{\"a\":1,\"b\":3,\"c\":1.0}");
	options.params = json("{\"chat_template_kwargs\":null}");
	GIVES("{}", "");
	options.params = json("{\"chat_template_kwargs\":3}");
	FAILS("{}", "chat_template_kwargs: an object is due");
}

/* An extra_body and ours have one place for a limit, and for the template's arguments. */
static void test_extra_one(void)
{
	fresh();
	route.max_tokens = json("100");
	route.params = json("{\"extra_body\":{\"max_completion_tokens\":5}}");
	GIVES("{}", ",\"max_completion_tokens\":5");
	GIVES("{\"max_tokens\":7}", ",\"max_completion_tokens\":5");
	GIVES("{\"params\":{\"extra_body\":{\"max_tokens\":6}}}", ",\"max_tokens\":6");
	GIVES("{\"params\":{\"extra_body\":{\"max_tokens\":null,\"max_completion_tokens\":8}}}", ",\"max_completion_tokens\":8");
	GIVES("{\"params\":{\"extra_body\":{\"max_tokens\":9,\"max_completion_tokens\":8}}}", ",\"max_tokens\":9");
	GIVES("{\"params\":{\"extra_body\":{\"max_tokens\":null}}}", "");
	GIVES("{\"params\":{\"extra_body\":{\"max_tokens\":-1}}}", ",\"max_tokens\":-1");
	options.max_tokens = 3;
	GIVES("{\"params\":{\"extra_body\":{\"max_tokens\":6}}}", ",\"max_tokens\":3");
	options.max_tokens = 0;
	options.params = json("{\"max_tokens\":4}");
	GIVES("{}", ",\"max_tokens\":4");
	options.params = json("{\"max_tokens\":4,\"extra_body\":{\"max_completion_tokens\":2}}");
	GIVES("{}", ",\"max_completion_tokens\":2");

	fresh();
	route.params = json("{\"chat_template_kwargs\":{\"a\":1,\"b\":1},\"extra_body\":{\"x\":1,\"chat_template_kwargs\":{\"b\":2,\"c\":2}}}");
	GIVES("{}", ",\"chat_template_kwargs\":{\"a\":1,\"b\":2,\"c\":2},\"x\":1");
	GIVES("{\"chat_template_kwargs\":{\"b\":4,\"d\":4},\"params\":{\"extra_body\":{\"chat_template_kwargs\":{\"c\":3}}}}",
	    ",\"chat_template_kwargs\":{\"a\":1,\"b\":2,\"d\":4,\"c\":3},\"x\":1");
	options.params = json("{\"chat_template_kwargs\":{\"b\":5}}");
	GIVES("{}", ",\"chat_template_kwargs\":{\"a\":1,\"b\":5,\"c\":2},\"x\":1");
	route.params = json("{\"extra_body\":{\"chat_template_kwargs\":3}}");
	FAILS("{}", "chat_template_kwargs: an object is due");
	fresh();
	route.reasoning = 1;
	route.compat = json("{\"thinkingFormat\":\"qwen-chat-template\"}");
	options.thinking = "low";
	route.params = json("{\"extra_body\":{\"chat_template_kwargs\":{\"x\":1}}}");
	GIVES("{}", ",\"chat_template_kwargs\":{\"enable_thinking\":true,\"preserve_thinking\":true,\"x\":1}");
	route.params = json("{\"chat_template_kwargs\":{\"enable_thinking\":false,\"preserve_thinking\":false}}");
	GIVES("{}", ",\"chat_template_kwargs\":{\"enable_thinking\":true,\"preserve_thinking\":false}");
	options.params = json("{\"chat_template_kwargs\":{\"enable_thinking\":false}}");
	GIVES("{}", ",\"chat_template_kwargs\":{\"enable_thinking\":false,\"preserve_thinking\":false}");
}

/* Whose level counts, counts for what it becomes too. */
static void test_level_over_params(void)
{
	fresh();
	route.reasoning = 1;
	route.compat = json("{\"thinkingFormat\":\"qwen\"}");
	route.params = json("{\"enable_thinking\":true,\"extra_body\":{\"enable_thinking\":true}}");
	options.thinking = "off";
	GIVES("{}", ",\"enable_thinking\":false");
	options.thinking = NULL;
	GIVES("{\"thinking\":\"off\"}", ",\"enable_thinking\":false");
	GIVES("{\"params\":{\"thinking\":\"off\",\"enable_thinking\":true}}", ",\"enable_thinking\":true");
	options.thinking = "off";
	options.params = json("{\"enable_thinking\":true}");
	GIVES("{}", ",\"enable_thinking\":true");
}

#define STREAMS "{,\"stream\":true,\"stream_options\":{\"include_usage\":true}"

static void test_stream(void)
{
	fresh();
	route.compat = json("{\"supportsUsageInStreaming\":true}");
	writes("{\"stream\":true}", STREAMS, NULL);
	GIVES("{\"stream\":null}", "");
	FAILS("{\"stream\":\"yes\"}", "stream: true or false is due");
	writes("{\"stream\":false,\"params\":{\"stream\":true}}", STREAMS, NULL);
	route.params = json("{\"stream\":true}");
	writes("{}", STREAMS, NULL);
	GIVES("{\"stream\":false}", "");
	stream = STREAM_NO;
	GIVES("{\"stream\":true,\"params\":{\"stream\":true,\"extra_body\":{\"stream\":true,\"stream_options\":{}}}}", "");
	stream = STREAM_YES;
	writes("{\"stream\":false,\"params\":{\"stream\":false,\"extra_body\":{\"stream\":false}}}", STREAMS, NULL);
	options.params = json("{\"extra_body\":{\"stream\":false}}");
	GIVES("{}", "");
	stream = STREAM_USUAL;
	options.params = SPAN_NIL;
	route.params = json("{\"stream\":false}");
	GIVES("{}", "");
	writes("{\"stream\":true}", STREAMS, NULL);
	route.params = json("{\"extra_body\":{\"stream\":false}}");
	GIVES("{}", "");
	route.params = SPAN_NIL;
	writes("{}", STREAMS, NULL);
	stream = STREAM_UNSAID;
}

/* So many members that come twice, laid over each other; the time that takes. */
static clock_t many(int n)
{
	struct buf text, body;
	clock_t start;
	int i;

	fresh();
	buf_init(&text, 1 << 22);
	buf_init(&body, 1 << 22);
	buf_adds(&text, "{\"extra_body\":{");
	for (i = 0; i < n; i++)
		buf_addf(&text, "%s\"x%d\":%d", i == 0 ? "" : ",", i, i);
	buf_adds(&text, "}");
	for (i = 0; i < n; i++)
		buf_addf(&text, ",\"\\u0078%d\":0", i);
	buf_adds(&text, ",\"y\":8,\"x5\":7,\"y\":9}");
	route.params = json(buf_text(&text));
	start = clock();
	ok(fields_write(&body, SPAN_NIL, json(MESSAGES), STREAM_UNSAID, &route, &options, &fault) == 0, "written");
	start = clock() - start;
	ok(strncmp(buf_text(&body), ",\"stream\":false,\"\\u00780\":0,\"\\u00781\":1,", 38) == 0, "in the place of the first: %.60s",
	    buf_text(&body));
	ok(strstr(buf_text(&body), ",\"y\":8") == NULL && strstr(buf_text(&body), ",\"y\":9,\"x") == NULL && strstr(buf_text(&body), ",\"y\":9"),
	    "of duplicates the last");
	buf_release(&text);
	buf_release(&body);
	return start;
}

/* Four times as many take about four times as long, not sixteen times. */
static void test_many(void)
{
	clock_t some, more;

	many(3);
	some = many(5000);
	more = many(20000);
	ok(more < 10 * some || more < CLOCKS_PER_SEC / 2, "in time: %ld and %ld", (long)some, (long)more);
}

static void test_limit(void)
{
	fresh();
	GIVES("{\"max_tokens\":null}", "");
#define NOT_WHOLE "max_tokens: a whole number above 0 is due"
	FAILS("{\"max_tokens\":0}", NOT_WHOLE);
	FAILS("{\"max_tokens\":-3}", NOT_WHOLE);
	FAILS("{\"max_completion_tokens\":1.5}", NOT_WHOLE);
	FAILS("{\"params\":{\"max_tokens\":0.0}}", NOT_WHOLE);
	FAILS("{\"params\":{\"maxTokens\":[1]}}", NOT_WHOLE);
	GIVES("{\"max_tokens\":1e3}", ",\"max_tokens\":1e3");
	GIVES("{\"max_tokens\":5,\"max_completion_tokens\":6}", ",\"max_tokens\":5");
	GIVES("{\"max_tokens\":null,\"max_completion_tokens\":6}", ",\"max_tokens\":6");
	FAILS("{\"max_tokens\":\"5\"}", NOT_WHOLE);
	options.params = json("{\"max_tokens\":-1}");
	FAILS("{}", NOT_WHOLE);
	options.params = SPAN_NIL;
	route.max_tokens = json("100");
	GIVES("{}", ",\"max_tokens\":100");
	GIVES("{\"max_tokens\":100.0}", ",\"max_tokens\":100.0");
	GIVES("{\"max_tokens\":101}", ",\"max_tokens\":100");
	route.params = json("{\"maxTokens\":200}");
	GIVES("{}", ",\"max_tokens\":200");
	GIVES("{\"max_tokens\":7}", ",\"max_tokens\":7");
	options.max_tokens = 8;
	route.compat = json("{\"maxTokensField\":\"max_completion_tokens\"}");
	GIVES("{\"max_tokens\":7}", ",\"max_completion_tokens\":8");
	options.params = json("{\"max_completion_tokens\":9}");
	GIVES("{\"max_tokens\":7}", ",\"max_completion_tokens\":9");
	options.params = json("{\"max_tokens\":null}");
	GIVES("{\"max_tokens\":7}", "");

	fresh();
	route.max_tokens = json("4096");
	route.context_window = json("500");
	GIVES("{}", ",\"max_tokens\":4096");
	route.proxy = 1;
	GIVES("{}", ",\"max_tokens\":494");
	GIVES("{\"max_tokens\":494}", ",\"max_tokens\":494");
	GIVES("{\"max_tokens\":10}", ",\"max_tokens\":10");
	route.context_tokens = json("6");
	GIVES("{}", ",\"max_tokens\":1");
	route.context_tokens = json("8");
	GIVES("{}", ",\"max_tokens\":2");
	route.max_tokens = SPAN_NIL;
	GIVES("{}", "");
}

/* How far below the window the limit is: one and the prompt. */
static void room(const char *messages, long size)
{
	struct buf body;
	char want[100];

	buf_init(&body, 1 << 16);
	ok(fields_write(&body, SPAN_NIL, json(messages), 0, &route, &options, &fault) == 0, "written");
	snprintf(want, sizeof want, ",\"stream\":false,\"max_tokens\":%ld", 100000 - 1 - (size * 5 + 15) / 16);
	is_buf(&body, want, shown(messages));
	buf_release(&body);
}

#define SAYS(content) "[{\"role\":\"user\",\"content\":" content "}]"

static void test_room(void)
{
	fresh();
	route.max_tokens = json("200000");
	route.context_window = json("100000");
	route.proxy = 1;
	room("[]", 0);
	room("{}", 0);
	room(SAYS("null"), 0);
	room(SAYS("\"1234567890123456\""), 16);
	room(SAYS("\"\\n\\\"\\u00e9\xC3\xA9" "1234\""), 8);
	room(SAYS("\"\xC8\x80\xC9\x8F\xC9\x90\xD0\x96\xE4\xBD\xA0\xF0\x9F\x98\x80\\u4f60\""), 2 + 5 * 4);
	room(SAYS("[{\"type\":\"text\",\"text\":\"12345678\"},{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,AAAA\"}}]"), 8008);
	room("[{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"123456\",\"function\":{\"name\":\"add\",\"arguments\":\"12345\"}}]},"
	    "{\"role\":\"tool\",\"content\":\"12345678\"}]", 16);
}

/* Tools and a schema are read by the model too. */
static void test_room_beside(void)
{
	const char *tools = ",\"tools\":[" TOOL("a") "]", *schema = ",\"response_format\":{\"type\":\"json_object\"}";
	struct span all = json("[{\"role\":\"user\",\"content\":\"\"}]");
	char want[200];

	ok(room_size(json("\"a\\u4f60\\n\"")) == 6, "a string without its quotes");
	ok(room_size(json("[\"a\"]")) == 5, "an array");
	ok(room_left(1000, all, 160) == 1000 - 50 - 1, "beside");
	ok(!room_matters(100000, all, 0, 4096) && room_matters(100000, all, 400000, 4096), "only where it may be less");
	ok(room_matters(9000, json("[{\"content\":[{\"type\":\"image_url\"}]}]"), 0, 8000), "an image's size");

	fresh();
	route.max_tokens = json("4096");
	route.context_window = json("500");
	route.proxy = 1;
	options.tools = json("[" TOOL("a") "]");
	snprintf(want, sizeof want, "%s,\"max_tokens\":%ld", tools, 500 - 1 - (long)((14 + strlen(tools)) * 5 + 15) / 16);
	GIVES("{}", want);
	route.compat = json("{\"supportsTools\":false}");
	snprintf(want, sizeof want, "%s,\"max_tokens\":494", tools);	/* the tools go later */
	GIVES("{}", want);
	options.tools = SPAN_NIL;
	options.json_object = 1;
	snprintf(want, sizeof want, "%s,\"max_tokens\":%ld", schema, 500 - 1 - (long)((14 + strlen(schema)) * 5 + 15) / 16);
	GIVES("{}", want);
}

static void test_format(void)
{
#define WRAPPED ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"response\",\"schema\":{\"type\":\"object\"}}}"
	fresh();
	GIVES("{\"response_format\":{\"type\":\"grammar\"}}", ",\"response_format\":{\"type\":\"grammar\"}");
	GIVES("{\"schema\":{\"type\":\"object\"}}", WRAPPED);
	GIVES("{\"schema\":{\"type\":\"json_object\"}}", ",\"response_format\":{\"type\":\"json_object\"}");
	GIVES("{\"schema\":{\"type\":\"json_schema\",\"json_schema\":{}}}", ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{}}");
	FAILS("{\"schema\":\"x\"}", "schema: an object is due");
	route.params = json("{\"responseFormat\":{\"type\":\"object\"}}");
	GIVES("{}", WRAPPED);
	options.json_object = 1;
	GIVES("{\"schema\":{\"type\":\"array\"}}", ",\"response_format\":{\"type\":\"json_object\"}");
	options.schema = json("{\"type\":\"object\"}");
	GIVES("{\"schema\":{\"type\":\"array\"}}", WRAPPED);
	options.params = json("{\"response_format\":null}");
	GIVES("{\"schema\":{\"type\":\"array\"}}", "");

#define NO_SCHEMA "schema: this server takes none, as the configuration has it (supportsJsonSchemaResponseFormat: false)"
	options.params = SPAN_NIL;
	route.compat = json("{\"supportsJsonSchemaResponseFormat\":false}");
	FAILS("{}", NO_SCHEMA);
	ok(strstr(fault.hint, "--schema without FILE") != NULL, "what helps: %s", fault.hint);
	options.schema = SPAN_NIL;
	GIVES("{}", ",\"response_format\":{\"type\":\"json_object\"}");
	options.json_object = 0;
	route.params = SPAN_NIL;
	FAILS("{\"schema\":{\"type\":\"array\"}}", NO_SCHEMA);
	FAILS("{\"schema\":{\"type\":\"json_schema\",\"json_schema\":{}}}", NO_SCHEMA);
	GIVES("{\"schema\":{\"type\":\"json_object\"}}", ",\"response_format\":{\"type\":\"json_object\"}");
	GIVES("{\"response_format\":{\"type\":\"json_schema\"}}", ",\"response_format\":{\"type\":\"json_schema\"}");
	route.compat = json("{\"supportsJsonSchemaResponseFormat\":true}");
	GIVES("{\"schema\":{\"type\":\"object\"}}", WRAPPED);
}

static void test_tools(void)
{
#define WRAP(name, more) "{\"type\":\"function\",\"function\":{\"name\":\"" name "\",\"description\":\"d\",\"parameters\":{\"type\":\"object\"}" more "}}"
	fresh();
	GIVES("{\"tools\":[]}", "");
	GIVES("{\"tools\":[],\"tool_choice\":\"auto\"}", "");
	GIVES("{\"tools\":null,\"tool_choice\":\"none\"}", "");
	GIVES("{\"tools\":[" OWN_TOOL("b") "," OWN_TOOL("a") "]}", ",\"tools\":[" WRAP("b", "") "," WRAP("a", "") "],\"tool_choice\":\"auto\"");
	GIVES("{\"tools\":[ " TOOL("b") " , " TOOL("a") " ]}", ",\"tools\":[" TOOL("b") "," TOOL("a") "]");
	GIVES("{\"tools\":[" TOOL("b") "],\"tool_choice\":\"auto\"}", ",\"tools\":[" TOOL("b") "],\"tool_choice\":\"auto\"");
	GIVES("{\"tools\":[" TOOL("b") "],\"tool_choice\":\"required\"}", ",\"tools\":[" TOOL("b") "],\"tool_choice\":\"required\"");
	GIVES("{\"tools\":[" TOOL("b") "],\"tool_choice\":" TOOL("b") "}", ",\"tools\":[" TOOL("b") "],\"tool_choice\":" TOOL("b"));
	GIVES("{\"tools\":[" TOOL("b") "],\"tool_choice\":\"b\"}", ",\"tools\":[" TOOL("b") "],\"tool_choice\":" TOOL("b"));
	GIVES("{\"tools\":[{\"type\":\"web_search\",\n\"x\":1.0}],\"tool_choice\":{\"type\":\"allowed_tools\"}}",
	    ",\"tools\":[{\"type\":\"web_search\", \"x\":1.0}],\"tool_choice\":{\"type\":\"allowed_tools\"}");
	GIVES("{\"tools\":[{\"type\":\"function\",\"name\":\"x\"}]}", ",\"tools\":[" TOOL("x") "],\"tool_choice\":\"auto\"");
	FAILS("{\"tools\":{}}", "tools: an array is due");
	FAILS("{\"tools\":[" TOOL("a") ",1]}", "tool 2: an object is due");
	/* the reference drops what is no tool */
	GIVES("{\"tools\":[{}," OWN_TOOL("") "],\"tool_choice\":\"auto\"}", "");
	GIVES("{\"tools\":[" OWN_TOOL("") "," OWN_TOOL("a") ",{\"name\":\"b\",\"parameters\":[]}]}", ",\"tools\":[" WRAP("a", "") "],\"tool_choice\":\"auto\"");
	FAILS("{\"tools\":[{}],\"tool_choice\":\"required\"}", "tool choice \"required\": there are no tools");
	FAILS("{\"tools\":[{\"name\":\"b\",\"parameters\":[]}],\"tool_choice\":\"b\"}", "tool choice \"b\": no such tool");
	FAILS("{\"tools\":[" TOOL("") "]}", "tool 1: a name is due");
	FAILS("{\"tools\":[{\"function\":1}]}", "tool 1: a name is due");
	GIVES("{\"tools\":[{\"type\":\"custom\",\"name\":\"a\",\"input_schema\":{\"x\":1.0}},{\"name\":\"b\",\"inputSchema\":{}}]}",
	    ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"a\",\"parameters\":{\"x\":1.0}}},"
	    "{\"type\":\"function\",\"function\":{\"name\":\"b\",\"parameters\":{}}}],\"tool_choice\":\"auto\"");
	FAILS("{\"tools\":[{\"function\":{\"name\":\"\\u0061\",\"parameters\":[]}}]}", "tool \"a\": parameters: an object is due");
	FAILS("{\"tools\":[" TOOL("b\\u0000c") "],\"tool_choice\":\"b\\u0000d\"}", "tool choice \"b\": no such tool");
	options.sort_tools = 1;
	GIVES("{\"tools\":[" TOOL("b") " , {\"type\":\"y\"}," TOOL("a\\u0062") "," TOOL("\\u0061") ",{\"function\":{\"name\":\"a\"},\"z\":1.0}]}",
	    ",\"tools\":[" TOOL("\\u0061") ",{\"function\":{\"name\":\"a\"},\"z\":1.0}," TOOL("a\\u0062") "," TOOL("b") ",{\"type\":\"y\"}]");
	GIVES("{\"tools\":[]}", "");
	options.sort_tools = 0;
	FAILS("{\"tools\":[{\"function\":{\"name\":\"a\",\"parameters\":null}}]}", "tool \"a\": parameters: an object is due");
	FAILS("{\"tools\":[" TOOL("b") "],\"tool_choice\":" TOOL("nope") "}", "tool choice \"nope\": no such tool");
	FAILS("{\"tools\":[" TOOL("b") "],\"tool_choice\":\"nope\"}", "tool choice \"nope\": no such tool");
	FAILS("{\"tools\":[" TOOL("b") "],\"tool_choice\":{}}", "tool choice \"\": no such tool");
	FAILS("{\"tools\":[" TOOL("b") "],\"tool_choice\":1}", "tool_choice: \"auto\", \"none\", \"required\" or an object is due");
	FAILS("{\"tool_choice\":\"required\"}", "tool choice \"required\": there are no tools");
	options.tools = json("[{\"name\":\n\"o\"}]");
	GIVES("{\"tools\":[" TOOL("b") "]}", ",\"tools\":[" TOOL("o") "],\"tool_choice\":\"auto\"");
	options.tool_choice = json("\"none\"");
	GIVES("{\"tool_choice\":\"auto\"}", ",\"tools\":[" TOOL("o") "],\"tool_choice\":\"none\"");
	options.params = json("{\"tool_choice\":null}");
	GIVES("{\"tool_choice\":\"auto\"}", ",\"tools\":[" TOOL("o") "]");
	fresh();
	route.compat = json("{\"supportsStrictMode\":true}");
	GIVES("{\"tools\":[" OWN_TOOL("a") ",{ \"function\" : { \"name\":\"b\" } },{\"function\":{\"name\":\"c\",\"strict\":true},\"x\":1},{\"type\":\"y\"}],"
	    "\"tool_choice\":\"auto\"}", ",\"tools\":[" WRAP("a", ",\"strict\":false") ",{ \"function\" : { \"name\":\"b\",\"strict\":false } },"
	    "{\"function\":{\"name\":\"c\",\"strict\":true},\"x\":1},{\"type\":\"y\"}],\"tool_choice\":\"auto\"");
}

static void thinks(const char *compat, const char *level, const char *want)
{
	fresh();
	route.reasoning = 1;
	route.compat = json(compat);
	options.thinking = level;
	GIVES("{\"thinking\":\"ultra\"}", want);
}

static void test_thinking(void)
{
#define LEVELS "; the levels are off, minimal, low, medium, high, xhigh, max, ultra and adaptive"
#define EFFORTS(list) "{\"supportsReasoningEffort\":true,\"supportedReasoningEfforts\":" list "}"
#define FORMAT(name, effort) "{\"thinkingFormat\":\"" name "\",\"supportsReasoningEffort\":" effort "}"
#define EFFORT(label) ",\"reasoning_effort\":\"" label "\""
	static const char *const t[][3] = {
		{"{}", "high", ""}, {"{\"supportsReasoningEffort\":false}", "off", ""},
		{EFFORTS("null"), "off", EFFORT("none")}, {EFFORTS("null"), "minimal", EFFORT("minimal")},
		{EFFORTS("null"), "low", EFFORT("low")}, {EFFORTS("null"), "adaptive", EFFORT("medium")},
		{EFFORTS("null"), "high", EFFORT("high")}, {EFFORTS("null"), "xhigh", EFFORT("high")},
		{EFFORTS("null"), "max", EFFORT("high")}, {EFFORTS("null"), "ultra", EFFORT("high")},
		{EFFORTS("[\"low\",\"high\"]"), "medium", EFFORT("low")}, {EFFORTS("[\"low\",\"high\"]"), "minimal", EFFORT("low")},
		{EFFORTS("[\"low\",\"high\"]"), "max", EFFORT("high")}, {EFFORTS("[\"low\",\"high\"]"), "off", ""},
		{EFFORTS("[\"low\",\"none\"]"), "off", EFFORT("none")}, {EFFORTS("[\"off\"]"), "off", EFFORT("off")},
		{EFFORTS("[\"low\",\"xhigh\"]"), "max", EFFORT("xhigh")}, {EFFORTS("[\"adaptive\"]"), "adaptive", EFFORT("adaptive")},
		{EFFORTS("[\"high\"]"), "adaptive", EFFORT("high")}, {EFFORTS("[]"), "high", ""}, {EFFORTS("[]"), "off", ""},
		{EFFORTS("[\"mid\"]"), "medium", ""},
		{"{\"supportsReasoningEffort\":true,\"reasoningEffortMap\":{\"medium\":\"m\\u0069d\",\"off\":\"zero\",\"low\":null},"
		    "\"supportedReasoningEfforts\":[\"low\"]}", "medium", ",\"reasoning_effort\":\"m\\u0069d\""},
		{"{\"supportsReasoningEffort\":true,\"reasoningEffortMap\":{\"off\":\"zero\",\"low\":null}}", "off", EFFORT("zero")},
		{"{\"supportsReasoningEffort\":true,\"reasoningEffortMap\":{\"off\":\"zero\",\"low\":null}}", "low", EFFORT("low")},
		{FORMAT("qwen", "true"), "high", ",\"enable_thinking\":true"}, {FORMAT("qwen", "true"), "off", ",\"enable_thinking\":false"},
		{FORMAT("qwen-chat-template", "true"), "low", ",\"chat_template_kwargs\":{\"enable_thinking\":true,\"preserve_thinking\":true}"},
		{FORMAT("qwen-chat-template", "true"), "off", ",\"chat_template_kwargs\":{\"enable_thinking\":false,\"preserve_thinking\":true}"},
		{FORMAT("zai", "true"), "low", ",\"thinking\":{\"type\":\"enabled\",\"clear_thinking\":false}"},
		{FORMAT("zai", "true"), "off", ",\"thinking\":{\"type\":\"disabled\"}"},
		{FORMAT("deepseek", "false"), "low", ",\"thinking\":{\"type\":\"enabled\"}"},
		{FORMAT("deepseek", "true"), "low", ",\"thinking\":{\"type\":\"enabled\"}" EFFORT("low")},
		{FORMAT("deepseek", "true"), "off", ",\"thinking\":{\"type\":\"disabled\"}"},
		{FORMAT("together", "false"), "high", ",\"reasoning\":{\"enabled\":true}"},
		{FORMAT("together", "true"), "high", ",\"reasoning\":{\"enabled\":true}" EFFORT("high")},
		{FORMAT("together", "true"), "off", ",\"reasoning\":{\"enabled\":false}"},
		{FORMAT("openrouter", "false"), "high", ",\"reasoning\":{\"effort\":\"high\"}"},
		{FORMAT("openrouter", "false"), "off", ",\"reasoning\":{\"effort\":\"none\"}"},
		{FORMAT("unheard", "true"), "high", EFFORT("high")}, {FORMAT("openai", "true"), NULL, EFFORT("high")},
	};
	size_t i;

	for (i = 0; i < COUNT(t); i++)
		thinks(t[i][0], t[i][1], t[i][2]);
	fresh();
	route.compat = json(FORMAT("qwen-chat-template", "true"));
	options.thinking = "low";
	GIVES("{}", "");
	route.reasoning = 1;
	route.params = json("{\"chat_template_kwargs\":{\"preserve_thinking\":false,\"x\":1}}");
	GIVES("{}", ",\"chat_template_kwargs\":{\"enable_thinking\":true,\"preserve_thinking\":false,\"x\":1}");
	options.thinking = NULL;
	route.params = json("{\"thinking\":\"high\",\"enable_thinking\":3}");
	route.compat = json(FORMAT("qwen", "true"));
	GIVES("{}", ",\"enable_thinking\":3");
	GIVES("{\"thinking\":{\"type\":\"x\"}}", ",\"thinking\":{\"type\":\"x\"},\"enable_thinking\":3");
	route.params = SPAN_NIL;
	GIVES("{}", "");
	GIVES("{\"thinking\":null}", "");
	FAILS("{\"thinking\":\"hi\"}", "no thinking level \"hi\"" LEVELS);
	FAILS("{\"thinking\":true}", "thinking: a level is due");
	route.reasoning = 0;
	options.thinking = "High\"";
	FAILS("{}", "no thinking level \"High\"\"" LEVELS);
}

typedef int flag_fn(struct span body, struct span value, struct buf *out);

/* The flag on a body; it changes nothing more the second time.  `want` NULL: nothing at all. */
static void flag(flag_fn *fn, const char *value, const char *body, const char *want)
{
	char *copy = exact(body, strlen(body));
	struct buf out, again;
	struct span v;
	struct span_err err;
	int changed;

	buf_init(&out, 1 << 20);
	buf_init(&again, 1 << 20);
	buf_adds(&out, "before");
	ok(span_check(body, strlen(body), MAX_DEPTH, &v, &err) == 0, "the test's body is JSON");
	changed = fn((struct span){copy, strlen(body)}, json(value), &out);
	ok(changed == (want != NULL), "%s: %s", shown(value), changed ? "changed" : "not changed");
	if (changed && want != NULL) {
		is(buf_text(&out) + 6, want, shown(body));
		ok(span_check(out.data + 6, out.len - 6, MAX_DEPTH, &v, &err) == 0, "it is JSON");
		ok(fn(v, json(value), &again) == 0, "twice is as good as once");
	}
	buf_release(&out);
	buf_release(&again);
	free(copy);
}

#define SCHEMA(text) "{\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"a\",\"parameters\":" text "}}]}"

static void test_keywords(void)
{
	static const char *const same[] = {
		"{}", "{ }", "{\"pattern\":1}", "{\"tools\":[]}", "{\"tools\":{\"function\":{\"parameters\":{\"pattern\":1}}}}",
		"{\"tools\":[1,null,{},{\"function\":1},{\"parameters\":{\"pattern\":1}},{\"function\":{\"pattern\":1}}]}",
		SCHEMA("\"pattern\""), SCHEMA("[]"), SCHEMA("{\"properties\":{\"pattern\":{\"type\":\"string\"}}}"),
		SCHEMA("{\"required\":[\"pattern\"],\"default\":{\"pattern\":1},\"enum\":[{\"pattern\":1}],\"const\":{\"pattern\":1}}"),
		SCHEMA("{\"$defs\":{\"pattern\":{}},\"examples\":[{\"pattern\":\"x\"}]}"),
	};
	size_t i;

	for (i = 0; i < COUNT(same); i++) {
		flag(compattool_keywords, "[\"pattern\"]", same[i], NULL);
		flag(compattool_profile, "\"llamacpp\"", same[i], NULL);
	}
	flag(compattool_keywords, "[\"pattern\"]", SCHEMA("{\"pattern\":\"x\"}"), SCHEMA("{}"));
	flag(compattool_keywords, "[]", SCHEMA("{\"pattern\":\"x\"}"), NULL);
	flag(compattool_keywords, "\"pattern\"", SCHEMA("{\"pattern\":\"x\"}"), NULL);
	flag(compattool_keywords, "null", SCHEMA("{\"pattern\":\"x\"}"), NULL);
	flag(compattool_keywords, "[1,\"\",\"p\\u0061ttern\",\"format\"]",
	    "{ \"n\" : 1.0 ,\"tools\" : [ { \"function\" : { \"parameters\" : { \"p\\u0061ttern\" : 1 , \"x\" : 12345678901234567890 , \"format\":2} ,"
	    "\"n\":1,\"n\":1e0 } } , {\"function\":{\"parameters\":{\"a\":1 , \"format\":{\"pattern\":2} }}} ] , \"z\":0,\"z\":-0 }",
	    "{ \"n\" : 1.0 ,\"tools\" : [ { \"function\" : { \"parameters\" : { \"x\" : 12345678901234567890} ,"
	    "\"n\":1,\"n\":1e0 } } , {\"function\":{\"parameters\":{\"a\":1 }}} ] , \"z\":0,\"z\":-0 }");
	flag(compattool_keywords, "[\"pattern\"]",
	    SCHEMA("{\"properties\":{\"pattern\":{\"pattern\":1,\"enum\":[1]}},\"anyOf\":[{\"pattern\":2},[{\"pattern\":3}],4],\"items\":{\"pattern\":5},"
	    "\"$defs\":{\"d\":{\"not\":{\"pattern\":6}}},\"pattern\":7,\"pattern\":8}"),
	    SCHEMA("{\"properties\":{\"pattern\":{\"enum\":[1]}},\"anyOf\":[{},[{}],4],\"items\":{},\"$defs\":{\"d\":{\"not\":{}}}}"));
	flag(compattool_keywords, "[\"properties\"]", SCHEMA("{\"properties\":{\"a\":{}},\"type\":\"object\"}"), SCHEMA("{\"type\":\"object\"}"));
	flag(compattool_keywords, "[\"x\\u0000y\"]", "{\"tools\":[{\"function\":{\"parameters\":{\"x\":1,\"x\\u0000y\":2}}}]}",
	    "{\"tools\":[{\"function\":{\"parameters\":{\"x\":1}}}]}");
	flag(compattool_keywords, "[\"x\"]", "{\"tools\":[{\"function\":{\"parameters\":{\"x\":1}}}],\"\\u0074ools\":[{\"function\":{\"parameters\":{\"x\":1}}}]}",
	    "{\"tools\":[{\"function\":{\"parameters\":{}}}],\"\\u0074ools\":[{\"function\":{\"parameters\":{}}}]}");

	flag(compattool_profile, "\"llamacpp\"", SCHEMA("{\"maxLength\":2000,\"items\":{\"maxLength\":1999,\"pattern\":\"x\"},\"minLength\":3000}"),
	    SCHEMA("{\"items\":{\"maxLength\":1999},\"minLength\":3000}"));
	flag(compattool_profile, "\"llamacpp\"", SCHEMA("{\"maxLength\":1e4,\"properties\":{\"maxLength\":{\"maxLength\":\"9999\"}}}"),
	    SCHEMA("{\"properties\":{\"maxLength\":{\"maxLength\":\"9999\"}}}"));
	flag(compattool_profile, "\"gemini\"", SCHEMA("{\"pattern\":\"x\"}"), NULL);
	flag(compattool_profile, "\"other\"", SCHEMA("{\"pattern\":\"x\"}"), NULL);
	flag(compattool_profile, "true", SCHEMA("{\"pattern\":\"x\"}"), NULL);
}

/* As deep as a record goes. */
static void test_depth(void)
{
	struct buf deep, want;
	int i;

	buf_init(&deep, 1 << 16);
	buf_init(&want, 1 << 16);
	buf_adds(&deep, "{\"tools\":[{\"function\":{\"parameters\":");
	buf_adds(&want, "{\"tools\":[{\"function\":{\"parameters\":");
	for (i = 0; i < 300; i++) {
		buf_adds(&deep, i % 2 ? "{\"pattern\":1,\"items\":" : "[1.0,");
		buf_adds(&want, i % 2 ? "{\"items\":" : "[1.0,");
	}
	buf_adds(&deep, "\"pattern\"");
	buf_adds(&want, "\"pattern\"");
	for (i = 300; i-- > 0;) {
		buf_addc(&deep, i % 2 ? '}' : ']');
		buf_addc(&want, i % 2 ? '}' : ']');
	}
	buf_adds(&deep, "}}]}");
	buf_adds(&want, "}}]}");
	flag(compattool_keywords, "[\"pattern\"]", buf_text(&deep), buf_text(&want));
	flag(compattool_profile, "\"llamacpp\"", buf_text(&deep), buf_text(&want));
	flag(compattool_keywords, "[\"absent\"]", buf_text(&deep), NULL);
	buf_release(&deep);
	buf_release(&want);
}

static void test_others(void)
{
#define NEW "\"max_completion_tokens\""
#define OLD "\"max_tokens\""
	flag(compattool_temperature, "false", "{ \"temperature\":1 , \"a\":1.0, \"t\\u0065mperature\":null,\"b\":{\"temperature\":1} }",
	    "{ \"a\":1.0,\"b\":{\"temperature\":1} }");
	flag(compattool_temperature, "false", "{\"temperature\":0}", "{}");
	flag(compattool_temperature, "false", "{\"a\":1}", NULL);
	flag(compattool_temperature, "true", "{\"temperature\":0}", NULL);
	flag(compattool_limit, OLD, "{\"a\":1.0 , " NEW " : 5 , \"b\":" NEW "}", "{\"a\":1.0 , " OLD " : 5 , \"b\":" NEW "}");
	flag(compattool_limit, NEW, "{" OLD ":5e0}", "{" NEW ":5e0}");
	flag(compattool_limit, NEW, "{" NEW ":1," OLD ":2,\"a\":1}", "{" NEW ":2,\"a\":1}");
	flag(compattool_limit, OLD, "{" NEW ":1,\"a\":1," OLD ":2}", "{\"a\":1," OLD ":2}");
	flag(compattool_limit, OLD, "{" OLD ":1," NEW ":2," NEW ":3}", "{" OLD ":3}");
	flag(compattool_limit, OLD, "{" OLD ":1," NEW ":null}", "{" OLD ":1}");
	flag(compattool_limit, OLD, "{" NEW ":null}", "{" OLD ":null}");
	flag(compattool_limit, OLD, "{\"max_completion_tok\\u0065ns\":4}", "{" OLD ":4}");
	flag(compattool_limit, OLD, "{" OLD ":1," OLD ":2}", NULL);
	flag(compattool_limit, OLD, "{\"a\":{" NEW ":1}}", NULL);
	flag(compattool_limit, "\"other\"", "{" NEW ":1}", NULL);
	flag(compattool_limit, "null", "{" NEW ":1}", NULL);
}

static void test_known(void)
{
	static const char *const yes[] = {"temperature", "tools", "tool_choice", "schema", "thinking", "params", "max_tokens",
	    "max_completion_tokens", "stream", "stream_options", "store", "logit_bias", "s\\u0065ed"};
	static const char *const no[] = {"topP", "maxTokens", "prompt", "messages", "system", "model", "custom_id", "extra_body", "id", "", "Seed"};
	char key[100];
	size_t i;

	for (i = 0; i < COUNT(yes); i++) {
		snprintf(key, sizeof key, "\"%s\"", yes[i]);
		ok(fields_known(json(key)), "%s goes into the body", key);
	}
	for (i = 0; i < COUNT(no); i++) {
		snprintf(key, sizeof key, "\"%s\"", no[i]);
		ok(!fields_known(json(key)), "%s does not", key);
	}
}

/* Where we differ from the captured bodies on purpose (REFERENCE, the top table); a part of the name, a member, what we send. */
static const struct { const char *part, *name, *want; } differs[] = {
	{"responseFormat-schema-supported", "response_format", "{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"response\",\"schema\":"
	    "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"}}}}}"},
	{"format-qwen-chat-template-high", "chat_template_kwargs", "{\"enable_thinking\":true,\"preserve_thinking\":true}"},
	{"format-zai-off", "reasoning_effort", NULL},
	{"format-zai-off", "thinking", "{\"type\":\"disabled\"}"},
};

/* The captured member as we shall send it: SPAN_NIL for none. */
static struct span meant(struct span line, struct span body, const char *name)
{
	struct span limit = span_get(body, "max_completion_tokens"), url = span_at(line, "model.baseUrl");
	int local = span_find(url.p, url.n, "{{BASE_URL}}") != NULL && span_at(line, "model.compat.maxTokensField").p == NULL;
	struct span of = span_get(line, "name");
	size_t i;

	for (i = 0; i < COUNT(differs); i++)
		if (strcmp(name, differs[i].name) == 0 && span_find(of.p, of.n, differs[i].part) != NULL)
			return json(differs[i].want);
	if (local && strcmp(name, "max_tokens") == 0 && limit.p != NULL)	/* local servers: the older name */
		return limit;
	if (local && strcmp(name, "max_completion_tokens") == 0)
		return SPAN_NIL;
	return span_get(body, name);
}

static int by_name(jv a, jv b)
{
	jv f = json_get(a, "function"), g = json_get(b, "function");
	int order = strcmp(json_text(f, "name"), json_text(g, "name"));

	jv_free(f);
	jv_free(g);
	jv_free(a);
	jv_free(b);
	return order;
}

/* Two tools in the order of their names: the reference sorts them, we don't. */
static jv sorted(jv tools)
{
	jv a = json_at(tools, 0), b = json_at(tools, 1);

	if (json_count(tools) == 2 && by_name(jv_copy(a), jv_copy(b)) > 0) {
		jv_free(tools);
		return json_push(json_push(jv_array(), b), a);
	}
	jv_free(a);
	jv_free(b);
	return tools;
}

static void same_value(struct span got, struct span want, const char *of, const char *name)
{
	jv g = got.p != NULL ? json_build(got) : jv_null(), w = want.p != NULL ? json_build(want) : jv_null();

	if (strcmp(name, "tools") == 0) {
		g = sorted(g);
		w = sorted(w);
	}
	if (!ok(jv_equal(g, w), "%s: %s", of, name))
		printf("# got %.*s, want %.*s\n", (int)got.n, got.p ? got.p : "", (int)want.n, want.p ? want.p : "");
}

/* Every member of either body but the model and the messages. */
static void same_body(struct span got, struct span line, const char *of)
{
	static const char *const names[] = {"stream", "stream_options", "store", "temperature", "top_p", "response_format", "frequency_penalty",
	    "presence_penalty", "seed", "stop", "tools", "tool_choice", "max_tokens", "max_completion_tokens", "reasoning_effort", "reasoning",
	    "thinking", "enable_thinking", "chat_template_kwargs", NULL};
	struct span want = span_get(line, "request_body"), bodies[] = {got, want}, key, val;
	struct span_iter it;
	size_t i;
	int k;

	for (k = 0; names[k] != NULL; k++)
		same_value(span_get(got, names[k]), meant(line, want, names[k]), of, names[k]);
	for (i = 0; i < 2; i++)
		for (it = span_each(bodies[i]); span_next(&it, &key, &val);) {
			for (k = 0; names[k] != NULL && !span_eq(key, names[k]); k++)
				;
			ok(names[k] != NULL || span_eq(key, "model") || span_eq(key, "messages") || span_eq(key, "prompt_cache_key"),
			    "%s: %.*s is looked at", of, (int)key.n, key.p);
		}
}

/* The compat object that fb-config would make. */
static void resolve_compat(struct span line, struct buf *text, int *proxy)
{
	struct span url = span_at(line, "model.baseUrl"), key, val;
	struct span_iter it = span_each(span_at(line, "model.compat"));
	struct buf plain;
	enum endpoint e;
	jv all;

	buf_init(&plain, 1 << 12);
	span_decode(url, SPAN_REPLACE, &plain);
	e = span_find(url.p, url.n, "{{BASE_URL}}") != NULL ? EP_LOCAL : endpoint_of(buf_text(&plain));
	*proxy = endpoint_is_proxy(e);
	all = compat_usual(e);
	while (span_next(&it, &key, &val)) {
		buf_clear(&plain);
		span_decode(key, SPAN_REPLACE, &plain);
		all = json_set(all, buf_text(&plain), json_build(val));
	}
	json_write(text, all);
	jv_free(all);
	buf_release(&plain);
}

static void captured_case(struct span line, const char *of)
{
	struct span said = span_get(line, "options"), body = span_get(line, "request_body");
	static const char *const no_params[] = {"toolChoice", "responseFormat", "maxTokens", "reasoning", "sessionId", NULL};
	struct buf compat, params, ours, sent, level;
	long long n;

	fresh();
	buf_init(&params, 1 << 16);
	buf_adds(&params, "{\"cacheRetention\":\"none\"");	/* not sent */
	buf_init(&compat, 1 << 16);
	buf_init(&ours, 1 << 20);
	buf_init(&sent, 1 << 20);
	buf_init(&level, 100);
	resolve_compat(line, &compat, &route.proxy);
	route.compat = json(buf_text(&compat));
	route.max_tokens = span_at(line, "model.maxTokens");
	route.context_window = span_at(line, "model.contextWindow");
	route.context_tokens = span_at(line, "model.contextTokens");
	route.reasoning = span_kind(span_at(line, "model.reasoning")) == SPAN_TRUE;
	options.tools = span_at(line, "context.tools");
	options.tool_choice = span_get(said, "toolChoice");
	options.schema = span_get(said, "responseFormat");
	options.max_tokens = span_integer(span_get(said, "maxTokens"), &n) ? (long)n : 0;
	span_decode(span_get(said, "reasoning"), SPAN_REPLACE, &level);
	options.thinking = level.len > 0 ? buf_text(&level) : NULL;
	record_rest(&params, said, no_params);
	buf_addc(&params, '}');
	route.params = json(buf_text(&params));
	buf_adds(&ours, "{\"model\":\"\"");
	ok(fields_write(&ours, SPAN_NIL, span_get(body, "messages"), 1, &route, &options, &fault) == 0, "%s: %s", of, fault.message);
	buf_addc(&ours, '}');
	compat_apply(route.compat, 0, (struct span){buf_text(&ours), ours.len}, &sent, NULL);
	same_body(json(buf_text(&sent)), line, of);
	buf_release(&compat);
	buf_release(&params);
	buf_release(&ours);
	buf_release(&sent);
	buf_release(&level);
}

static void test_captured(void)
{
	static const char *const parts[] = {"\"managed/opt/", "\"managed/endpoint/", "/tools_first_turn\"",
	    "\"managed/supportsStrictMode_true/", "\"managed/usage_false/"};
	static char line[1 << 18];
	struct span name;
	size_t i;
	FILE *f = captured();
	int n = 0;

	while (fgets(line, sizeof line, f) != NULL) {
		struct span v = json(line);

		name = span_get(v, "name");
		for (i = 0; i < COUNT(parts) && span_find(name.p, name.n, parts[i]) == NULL; i++)
			;
		if (i < COUNT(parts) && span_get(v, "request_body").p != NULL) {
			captured_case(v, shown_n(name.p, name.n));
			n++;
		}
	}
	fclose(f);
	ok(n == 24, "%d captured requests have the fields", n);
}

int main(void)
{
	test_said();
	test_extra();
	test_extra_one();
	test_level_over_params();
	test_stream();
	test_many();
	test_limit();
	test_room();
	test_room_beside();
	test_format();
	test_tools();
	test_thinking();
	test_keywords();
	test_depth();
	test_others();
	test_known();
	test_captured();
	return done();
}
