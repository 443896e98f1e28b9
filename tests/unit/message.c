#include "compat.h"
#include "compatmsg.h"
#include "help.h"
#include "json.h"
#include "message.h"
#include "tap.h"

static const struct message_extra no_extra;

static struct span json_of(struct buf *b)
{
	return json(buf_text(b));
}

/* Applies a change to the body in b, twice: the second time nothing is left to do. */
static void apply(compat_fn *fn, const char *value, struct buf *b, const char *name)
{
	struct buf next, swap;
	int again = 0;

	buf_init(&next, MAX_RECORD);
	while (fn(json_of(b), json(value), &next)) {
		if (again++ > 1)
			break;
		swap = *b;
		*b = next;
		next = swap;
		buf_clear(&next);
	}
	if (again > 1)
		ok(0, "%s: changes its own work", name);
	buf_release(&next);
}

static int is_on(struct span compat, const char *flag)
{
	return span_kind(span_get(compat, flag)) == SPAN_TRUE;
}

/* The order in which a route's flags are to act. */
static void apply_flags(struct buf *body, const struct message_to *to, const char *name)
{
	struct buf out;

	if (is_on(to->compat, "requiresToolResultName"))
		apply(compatmsg_result_name, "true", body, name);
	if (is_on(to->compat, "requiresAssistantAfterToolResult"))
		apply(compatmsg_after_result, "true", body, name);
	if (is_on(to->compat, "requiresThinkingAsText"))
		apply(compatmsg_thinking_as_text, "true", body, name);
	if (is_on(to->compat, "requiresReasoningContentOnAssistantMessages") && to->reasoning)
		apply(compatmsg_reasoning_content, "true", body, name);
	if (span_eq(span_get(to->compat, "cacheControlFormat"), "anthropic"))
		apply(compatmsg_cache_control, "\"anthropic\"", body, name);
	if (is_on(to->compat, "strictMessageKeys"))
		apply(compatmsg_strict_keys, "true", body, name);
	buf_init(&out, MAX_RECORD);
	compat_apply(to->compat, to->reasoning, json_of(body), &out, NULL);
	buf_release(body);
	*body = out;
}

static int same_json(struct span a, struct span b)
{
	return a.p != NULL && b.p != NULL && jv_equal(json_build(a), json_build(b));
}

/* One captured case: are the messages those that the reference sent? */
static int captured_case(struct span c)
{
	struct span model = span_get(c, "model"), input = span_get(model, "input"), key, kind, name = span_get(c, "name");
	struct message_input in = {span_at(c, "context.systemPrompt"), SPAN_NIL, span_at(c, "context.messages")};
	struct message_to to = {0, span_kind(span_get(model, "reasoning")) == SPAN_TRUE, span_get(model, "provider"),
	    span_get(model, "id"), span_get(model, "compat")};
	struct span_iter it = span_each(input);
	struct buf body;
	struct fault f;
	int good;

	while (span_next(&it, &key, &kind))
		to.images |= span_eq(kind, "image");
	buf_init(&body, MAX_RECORD);
	buf_adds(&body, "{\"messages\":");
	good = message_build(&body, &in, &no_extra, &to, &f) == 0;
	buf_addc(&body, '}');
	apply_flags(&body, &to, shown_n(name.p, name.n));
	good = good && same_json(span_get(json_of(&body), "messages"), span_at(c, "request_body.messages"));
	ok(good, "%s", shown_n(name.p, name.n));
	if (!good)
		printf("#   got: %s\n", shown(buf_text(&body)));
	buf_release(&body);
	return good;
}

static void test_captured(void)
{
	static char line[1 << 18];
	FILE *f = captured();
	int n = 0, good = 0;

	for (; fgets(line, sizeof line, f) != NULL; n++)
		good += captured_case(json(line));
	fclose(f);
	ok(n == 51 && good == n, "%d of %d captured arrays are the reference's", good, n);
}

/* What comes of the messages for a model p/m, or "input: message". */
static void converts(struct buf *out, const char *messages, const char *compat, int images, int reasoning)
{
	struct message_to to = {images, reasoning, json("\"p\""), json("\"m\""), SPAN_NIL};
	struct message_input in = {SPAN_NIL, SPAN_NIL, SPAN_NIL};
	struct buf text, flags;
	struct span v;
	struct span_err err;
	struct fault f;
	char *copy;

	buf_init(&text, 1 << 20);
	buf_init(&flags, 1 << 20);
	unquote(&text, messages);
	unquote(&flags, compat);
	copy = exact(buf_text(&text), text.len);
	to.compat = json(buf_text(&flags));
	if (span_check(copy, text.len, MAX_DEPTH, &in.messages, &err) != 0)
		ok(0, "the test's own JSON is bad at %zu: %s", err.at, shown(messages));
	if (message_build(out, &in, &no_extra, &to, &f) != 0) {
		buf_clear(out);
		buf_addf(out, "%s: %s", fault_name(f.code), f.message);
	} else if (span_check(buf_text(out), out->len, MAX_DEPTH, &v, &err) != 0) {
		ok(0, "no JSON at %zu: %s", err.at, shown(buf_text(out)));
	}
	free(copy);
	buf_release(&text);
	buf_release(&flags);
}

static void gives_all(const char *messages, const char *compat, int images, int reasoning, const char *want)
{
	struct buf out, w;

	buf_init(&out, 1 << 20);
	buf_init(&w, 1 << 20);
	unquote(&w, want);
	converts(&out, messages, compat, images, reasoning);
	is_buf(&out, buf_text(&w), shown(messages));
	buf_release(&out);
	buf_release(&w);
}

static void gives(const char *messages, const char *want)
{
	gives_all(messages, "{}", 1, 1, want);
}

static void refuses(const char *messages, const char *why)
{
	struct buf want;

	buf_init(&want, 1 << 20);
	buf_addf(&want, "input: messages[%s", why);
	gives_all(messages, "{}", 1, 1, buf_text(&want));
	buf_release(&want);
}

#define AT "'timestamp':1"
#define USER(content) "{'role':'user','content':" content "," AT "}"
#define SAID(text) "{'role':'user','content':" text "}"
#define TURN(content) "{'role':'assistant','provider':'p','model':'m','api':'openai-completions','usage':{},'content':" content "," AT "}"
#define OTHER(content) "{'role':'assistant','provider':'p','model':'x','content':" content "," AT "}"
#define TEXT(text) "{'type':'text','text':" text "}"
#define THINKS(text) "{'type':'thinking','thinking':" text "}"
#define SIGNED(text, from) "{'type':'thinking','thinking':" text ",'thinkingSignature':" from "}"
#define CALL(id) "{'type':'toolCall','id':" id ",'name':'f','arguments':{}}"
#define CALLED(id) "{'id':" id ",'type':'function','function':{'name':'f','arguments':'{}'}}"
#define RESULT(id, content) "{'role':'toolResult','toolCallId':" id ",'toolName':'f','content':" content "," AT "}"
#define TOOL(id, text) "{'role':'tool','content':" text ",'tool_call_id':" id "}"
#define IMAGE "{'type':'image','mimeType':'image/png','data':'iVBORw0KGgo='}"
#define IMAGE_URL "{'type':'image_url','image_url':{'url':'data:image/png;base64,iVBORw0KGgo='}}"
#define NO_IMAGE "(image omitted: model does not support images)"
#define NO_TOOL_IMAGE "(tool image omitted: model does not support images)"
#define ASSISTANT(members) "{'role':'assistant','content':" members "}"

/* OpenAI's form: the bytes as they came. */
static void test_openai(void)
{
	static const char *const same[] = {
		"[]", "[{'role':'user','content':'a'}]", "[{ 'role' : 'user','content':[{'type':'x','n':1.0,'x':null}] }]",
		"[{'role':'assistant','tool_calls':[{'id':'1','type':'custom'}]},{'role':'user'},{'role':'tool','tool_call_id':'\\u0031','content':[]}]",
		"[{'role':'function','content':7}]",
		"[{'role':'assistant','content':'\\ud83d'},{'role':'user','content':[{'type':'input_audio'}],'name':'n'}]",
		"[{'role':'user','timestamp':'1','content':[{'type':'image_url'}]}]",
		"[{'role':'assistant','content':'','reasoning_content':'r','tool_calls':[]}]",
	};
	size_t i;

	for (i = 0; i < COUNT(same); i++)
		gives(same[i], same[i]);
	/* a model without images gets a text, once for several in a row; one of which nobody knows it gets them */
	gives_all("[{'role':'user','n':1.0,'content':[ " IMAGE_URL " , " IMAGE_URL "," TEXT("'a'") ",{'type':'x','n':1.0}," IMAGE_URL "] ,'name':'n'}]", "{}", 0, 0,
	    "[{'role':'user','n':1.0,'content':[" TEXT("'" NO_IMAGE "'") "," TEXT("'a'") ",{'type':'x','n':1.0}," TEXT("'" NO_IMAGE "'") "] ,'name':'n'}]");
	gives_all("[" ASSISTANT("'','tool_calls':[" CALLED("'1'") "]") ",{'role':'tool','tool_call_id':'1','content':[" IMAGE_URL "]},{'role':'user','content':[ " TEXT("'a'") " ]}]", "{}", 0, 0,
	    "[" ASSISTANT("'','tool_calls':[" CALLED("'1'") "]") ",{'role':'tool','tool_call_id':'1','content':[" TEXT("'" NO_TOOL_IMAGE "'") "]},{'role':'user','content':[ " TEXT("'a'") " ]}]");
	gives_all("[{'role':'user','content':[ " IMAGE_URL " , " IMAGE_URL "]}]", "{}", -1, 0, "[{'role':'user','content':[ " IMAGE_URL " , " IMAGE_URL "]}]");
	refuses("[{'role':'user'},{'content':'a'}]", "1]: no role");
	refuses("[{'role':7}]", "0]: no role");
	refuses("[7]", "0]: no role");
	refuses("[{'role':'user'},{'role':'robot','content':'x'}]", "1]: role \"robot\": user, assistant, system, developer or tool is due");
	refuses("[{'role':'user','content':[{'text':'a'}]}]", "0]: a part without type");
	refuses("[{'role':'user','content':['a']}]", "0]: a part without type");
	refuses("[{'role':'user','content':[{'type':''}]}]", "0]: a part without type");
	refuses("[{'role':'assistant','tool_calls':[" CALLED("'1'") ",{'id':'2','type':'function','function':{'arguments':'{}'}}]}]", "0]: a tool call without name");
	refuses("[{'role':'assistant','tool_calls':[{'id':'2','function':{'name':''}}]}]", "0]: a tool call without name");
	refuses("[{'role':'assistant','tool_calls':[" CALLED("'1'") "]},{'role':'tool','tool_call_id':'2','content':''}]", "1]: a tool result without a call: none before it has its id");
	refuses("[{'role':'tool','tool_call_id':'1'},{'role':'assistant','tool_calls':[" CALLED("'1'") "]}]", "0]: a tool result without a call: none before it has its id");
	refuses("[{'role':'assistant','tool_calls':[" CALLED("'1'") "]},{'role':'tool','content':''}]", "1]: a tool result without tool_call_id");
}

static void test_users(void)
{
	gives("[" USER("'a\\ud83d\\u00e9'") "]", "[" SAID("'a\\u00e9'") "]");
	gives("[" USER("''") "," USER("[]") "," USER("[" TEXT("' '") "]") "]", "[" SAID("''") "," SAID("[" TEXT("' '") "]") "]");
	gives("[" USER("[]") "]", "[]");
	gives("[" USER("[{'type':'text','text':'a','textSignature':'x'}," IMAGE "]") "]", "[" SAID("[" TEXT("'a'") "," IMAGE_URL "]") "]");
	gives("[" USER("[" IMAGE_URL "]") "]", "[" SAID("[" IMAGE_URL "]") "]");
	gives_all("[" USER("[" IMAGE "]") "]", "{}", -1, 0, "[" SAID("[" IMAGE_URL "]") "]");
	gives_all("[" USER("[" IMAGE "," IMAGE_URL "," TEXT("'a'") "," IMAGE "]") "]", "{}", 0, 0,
	    "[" SAID("[" TEXT("'" NO_IMAGE "'") "," TEXT("'a'") "," TEXT("'" NO_IMAGE "'") "]") "]");
	gives_all("[" USER("[" TEXT("'" NO_IMAGE "'") "," IMAGE "]") "]", "{}", 0, 0, "[" SAID("[" TEXT("'" NO_IMAGE "'") "]") "]");
	gives("[{'role':'system','content':[" TEXT("'a'") "," TEXT("'b'") "]}," USER("'x'") "]",
	    "[{'role':'system','content':'a\\nb'}," SAID("'x'") "]");
}

static void test_assistants(void)
{
	gives("[" TURN("[" TEXT("'a'") "," TEXT("' \\n\\u00a0\\u2003'") "," TEXT("'b\\udc00'") "]") "]", "[" ASSISTANT("'a\\nb'") "]");
	gives("[" TURN("[]") "," TURN("''") "," TURN("null") "," TURN("[" TEXT("'\\ufeff'") "]") "," TURN("[" TEXT("'\\ud800'") "]") "]", "[]");
	gives("[{'role':'assistant'," AT "}," TURN("'a'") "]", "[" ASSISTANT("'a'") "]");
	gives("[{'role':'assistant','content':[" TEXT("'half'") "," CALL("'c'") "],'stopReason':'error'}," RESULT("'c'", "'x'") "," USER("'q'") "]",
	    "[" ASSISTANT("'[assistant turn failed before producing content]'") "," SAID("'q'") "]");
	gives("[{'role':'assistant','content':[],'stopReason':'aborted'," AT "}]",
	    "[" ASSISTANT("'[assistant turn failed before producing content]'") "]");
}

static void test_thinking(void)
{
	const char *lead = "{'requiresThinkingAsText':true}";

	gives("[" TURN("[" SIGNED("'a'", "'reasoning'") "," TEXT("'t'") "," SIGNED("'b'", "'reasoning'") "]") "]",
	    "[" ASSISTANT("'t','reasoning':'a\\nb'") "]");
	gives("[" TURN("[" SIGNED("'a'", "'reasoning_text'") "," THINKS("'no'") "," SIGNED("' '", "'reasoning_text'") "," CALL("'c'") "]")
	    "," RESULT("'c'", "'r'") "]",
	    "[" ASSISTANT("null,'reasoning_text':'a','tool_calls':[" CALLED("'c'") "]") "," TOOL("'c'", "'r'") "]");
	gives("[" TURN("[" SIGNED("'a'", "'reasoning_content'") "]") "]", "[]");
	gives("[" TURN("[" SIGNED("'a'", "'role'") "," TEXT("'t'") "]") "]", "[" ASSISTANT("'t'") "]");
	gives("[" TURN("[{'type':'thinking','thinking':'a','thinkingSignature':'reasoning','redacted':true}," TEXT("'t'") "]") "]",
	    "[" ASSISTANT("'t'") "]");
	gives("[" OTHER("[" TEXT("'t'") "," SIGNED("'a'", "'reasoning_content'") "," THINKS("'b'") "," THINKS("''") "]") "]",
	    "[" ASSISTANT("'a\\nb\\nt'") "]");
	gives("[{'role':'assistant','content':[" SIGNED("'a'", "'reasoning'") "]}]", "[" ASSISTANT("'a'") "]");
	gives("[{'role':'assistant','provider':'p','model':'m','api':'anthropic-messages','content':[" SIGNED("'a'", "'reasoning'") "]}]",
	    "[" ASSISTANT("'a'") "]");
	gives_all("[" TURN("[" SIGNED("'a'", "'reasoning'") "," TEXT("'t'") "]") "," OTHER("[" THINKS("'b'") "]") "]", "{}", 1, 0,
	    "[" ASSISTANT("'t'") "," ASSISTANT("'b'") "]");
	gives_all("[" TURN("[" THINKS("'a'") "," TEXT("'t'") "," SIGNED("'b'", "'reasoning'") "," TEXT("'u'") "]") "]", lead, 1, 1,
	    "[" ASSISTANT("[" TEXT("'a\\n\\nb'") "," TEXT("'t'") "," TEXT("'u'") "]") "]");
	gives_all("[" TURN("[" THINKS("'a'") "]") "," OTHER("[" THINKS("'a'") "]") "]", lead, 1, 1,
	    "[" ASSISTANT("[" TEXT("'a'") "]") "," ASSISTANT("'a'") "]");
	gives_all("[" TURN("'t'") "]", "{'requiresReasoningContentOnAssistantMessages':true}", 1, 1,
	    "[" ASSISTANT("'t','reasoning_content':''") "]");
	gives_all("[" TURN("'t'") "]", "{'requiresReasoningContentOnAssistantMessages':true}", 1, 0, "[" ASSISTANT("'t'") "]");
}

static void test_calls(void)
{
	gives("[" TURN("[{'type':'toolCall','id':'c','name':'f','arguments':{ 'a' : [ 1.0 ,\n\"\\u00e9\\/\\u0022\" ],'b':'\\ud83d \\\\'}}]") "]",
	    "[" ASSISTANT("null,'tool_calls':[{'id':'c','type':'function','function':{'name':'f','arguments':"
	    "'{\\'a\\':[1.0,\\'\xc3\xa9/\\\\\\'\\'],\\'b\\':\\'\\\\ud83d \\\\\\\\\\'}'}}]") "," TOOL("'c'", "'No result provided'") "]");
	gives("[" TURN("[{'type':'toolCall','id':'c','name':'f'}]") "," RESULT("'c'", "[" TEXT("'a'") "," TEXT("''") "]") "]",
	    "[" ASSISTANT("null,'tool_calls':[" CALLED("'c'") "]") "," TOOL("'c'", "'a\\n'") "]");
	gives("[" OTHER("[" CALL("'a:b/\xc3\xa9|fc_9'") "," CALL("'0123456789012345678901234567890123456789xyz'") "]") ","
	    RESULT("'a:b/\xc3\xa9|fc_9'", "''") "]",
	    "[" ASSISTANT("null,'tool_calls':[" CALLED("'a_b__'") "," CALLED("'0123456789012345678901234567890123456789'") "]") ","
	    TOOL("'a_b__'", "'(no output)'") "," TOOL("'0123456789012345678901234567890123456789'", "'No result provided'") "]");
	gives("[" TURN("[" CALL("'a:b|c'") "]") "," RESULT("'a:b|c'", "null") "]",
	    "[" ASSISTANT("null,'tool_calls':[" CALLED("'a:b|c'") "]") "," TOOL("'a:b|c'", "'(no output)'") "]");
	gives("[" TURN("[" CALL("'1'") "," CALL("'2'") "," CALL("'3'") "]") "," RESULT("'\\u0032'", "'r'") "," TURN("'t'") "]",
	    "[" ASSISTANT("null,'tool_calls':[" CALLED("'1'") "," CALLED("'2'") "," CALLED("'3'") "]") "," TOOL("'\\u0032'", "'r'") ","
	    TOOL("'1'", "'No result provided'") "," TOOL("'3'", "'No result provided'") "," ASSISTANT("'t'") "]");
	refuses("[" TURN("[" CALL("'1'") "]") "," RESULT("'9'", "'o'") "]", "1]: a tool result without a call: none before it has its id");
	refuses("[" RESULT("'1'", "'o'") "," TURN("[" CALL("'1'") "]") "]", "0]: a tool result without a call: none before it has its id");
	gives_all("[" TURN("[" CALL("'1'") "," CALL("'2'") "]") ",{'role':'toolResult','toolCallId':'1','content':'r'}]",
	    "{'requiresToolResultName':true}", 1, 0, "[" ASSISTANT("null,'tool_calls':[" CALLED("'1'") "," CALLED("'2'") "]")
	    ",{'role':'tool','content':'r','tool_call_id':'1','name':'f'},{'role':'tool','content':'No result provided','tool_call_id':'2','name':'f'}]");
}

/* Ids are texts of any characters, each call's its own, and its result's too. */
static void test_ids(void)
{
	gives("[" TURN("[" CALL("'a\\u0000b'") "," CALL("'a\\u0000c'") "]") "," RESULT("'a\\u0000c'", "'r'") "]",
	    "[" ASSISTANT("null,'tool_calls':[" CALLED("'a\\u0000b'") "," CALLED("'a\\u0000c'") "]") "," TOOL("'a\\u0000c'", "'r'") ","
	    TOOL("'a\\u0000b'", "'No result provided'") "]");
	gives("[" OTHER("[" CALL("'|fc_1'") "," CALL("'|fc_2'") "," CALL("'\\ud800|x'") "]") "," RESULT("'|fc_2'", "'2'") "," RESULT("'|fc_1'", "'1'") "]",
	    "[" ASSISTANT("null,'tool_calls':[" CALLED("'call'") "," CALLED("'call_2'") "," CALLED("'_'") "]") ","
	    TOOL("'call_2'", "'2'") "," TOOL("'call'", "'1'") "," TOOL("'_'", "'No result provided'") "]");
	gives("[" OTHER("[" CALL("'0123456789012345678901234567890123456789xyz'") "," CALL("'0123456789012345678901234567890123456789abc'") "," CALL("'a:b'") "]")
	    "," RESULT("'0123456789012345678901234567890123456789abc'", "'r'") "," RESULT("'a:b'", "'ab'") "," TURN("[" CALL("'a_b'") "]") "," RESULT("'a_b'", "'own'") "]",
	    "[" ASSISTANT("null,'tool_calls':[" CALLED("'0123456789012345678901234567890123456789'") ","
	    CALLED("'01234567890123456789012345678901234567_2'") "," CALLED("'a_b_2'") "]") ","
	    TOOL("'01234567890123456789012345678901234567_2'", "'r'") "," TOOL("'a_b_2'", "'ab'") ","
	    TOOL("'0123456789012345678901234567890123456789'", "'No result provided'") ","
	    ASSISTANT("null,'tool_calls':[" CALLED("'a_b'") "]") "," TOOL("'a_b'", "'own'") "]");
	gives("[" TURN("[" CALL("'\\ud800'") "," CALL("'a\\ud800'") "," CALL("'a'") "]") "," RESULT("'a'", "'r'") "," RESULT("'a\\ud800'", "'s'") "]",
	    "[" ASSISTANT("null,'tool_calls':[" CALLED("'call'") "," CALLED("'a'") "," CALLED("'a_2'") "]") ","
	    TOOL("'a_2'", "'r'") "," TOOL("'a'", "'s'") "," TOOL("'call'", "'No result provided'") "]");
	gives("[" TURN("[" CALL("'\xef\xbf\xbd'") "," CALL("'\\ud800'") "]") "," RESULT("'\\udc00'", "'r'") "]",
	    "[" ASSISTANT("null,'tool_calls':[" CALLED("'\xef\xbf\xbd'") "," CALLED("'\xef\xbf\xbd'") "]") "," TOOL("'\xef\xbf\xbd'", "'r'") "]");
	/* a result that comes late is still under its call's id */
	gives("[" OTHER("[" CALL("'a:b'") "]") "," USER("'q'") "," RESULT("'a:b'", "'late'") "]",
	    "[" ASSISTANT("null,'tool_calls':[" CALLED("'a_b'") "]") "," TOOL("'a_b'", "'No result provided'") "," SAID("'q'") ","
	    TOOL("'a_b'", "'late'") "]");
}

#define BOTH "[" ASSISTANT("null,'tool_calls':[" CALLED("'1'") "," CALLED("'2'") "]") ","

static void test_result_images(void)
{
	const char *turn = "[" TURN("[" CALL("'1'") "," CALL("'2'") "]") "," RESULT("'1'", "[" TEXT("' '") "," IMAGE "]") ","
	    "{'role':'toolResult','toolCallId':'2','content':[" IMAGE "," TEXT("'a'") "," IMAGE "]}," USER("[" IMAGE "]") "]";

	gives(turn, BOTH TOOL("'1'", "'(see attached image)'") "," TOOL("'2'", "'a'") ","
	    SAID("[" TEXT("'Image(s) from tool result #1 (f):'") "," IMAGE_URL "," TEXT("'Image(s) from tool result #2:'") "," IMAGE_URL ","
	    IMAGE_URL "]") "," SAID("[" IMAGE_URL "]") "]");
	gives_all(turn, "{}", 0, 0, BOTH TOOL("'1'", "' \\n" NO_TOOL_IMAGE "'") "," TOOL("'2'", "'" NO_TOOL_IMAGE "\\na\\n" NO_TOOL_IMAGE "'")
	    "," SAID("[" TEXT("'" NO_IMAGE "'") "]") "]");
	gives_all("[" TURN("[" CALL("'1'") "]") "," RESULT("'1'", "[" IMAGE "," IMAGE "]") "]", "{}", 0, 0,
	    "[" ASSISTANT("null,'tool_calls':[" CALLED("'1'") "]") "," TOOL("'1'", "'" NO_TOOL_IMAGE "'") "]");
}

static void test_bad(void)
{
	refuses("[" USER("'a'") ",{'role':'wizard','content':'x'}]", "1]: role \"wizard\": user, assistant or toolResult is due");
	refuses("[" USER("'a'") ",{'content':'x'}]", "1]: no role");
	refuses("[" USER("'a'") ",7]", "1]: no role");
	refuses("[" USER("7") "]", "0]: content: a text or an array of parts is due");
	refuses("[{'role':'user'," AT "}]", "0]: content: a text or an array of parts is due");
	refuses("[" TURN("{}") "]", "0]: content: a text or an array of parts is due");
	refuses("[" USER("['a']") "]", "0]: a part without type");
	refuses("[" USER("[{'text':'a'}]") "]", "0]: a part without type");
	refuses("[" USER("[{'type':'text'}]") "]", "0]: a text part without text");
	refuses("[" USER("[{'type':'image','data':'AA=='}]") "]", "0]: an image without mimeType and data");
	refuses("[" USER("'a'") "," USER("[{'type':'image','mimeType':'image/png','data':'***'}]") "]", "1]: an image: data: not base64");
	refuses("[" USER("[{'type':'image','mimeType':'text/html','data':'iVBORw0KGgo='}]") "]", "0]: an image: mimeType: a type such as image/png is due");
	refuses("[" RESULT("'1'", "[{'type':'image','mimeType':'image/png','data':'AA=='}]") "]",
	    "0]: an image: data: not an image that models take (PNG, JPEG, GIF or WebP)");
	refuses("[" USER("[{'type':'video'}]") "]", "0]: a part of type \"video\" is not for this role");
	refuses("[" USER("[" CALL("'1'") "]") "]", "0]: a part of type \"toolCall\" is not for this role");
	refuses("[" TURN("[" IMAGE "]") "]", "0]: a part of type \"image\" is not for this role");
	refuses("[" TURN("[{'type':'thinking'}]") "]", "0]: a thinking part without thinking");
	refuses("[" TURN("[{'type':'toolCall','id':'1','arguments':{}}]") "]", "0]: a tool call without name");
	refuses("[" TURN("[{'type':'toolCall','name':'f','arguments':{}}]") "]", "0]: a tool call without id");
	refuses("[" TURN("[{'type':'toolCall','name':'f','id':'1','arguments':'{}'}]") "]", "0]: arguments of a tool call: an object is due");
	refuses("[" USER("'a'") "," USER("'b'") "," USER("'c'") ",{'role':'toolResult','content':'x'}]", "3]: a tool result without toolCallId");
}

/* The system text and the prompt round a conversation. */
static void test_around(void)
{
	struct message_to to = {-1, 1, SPAN_NIL, SPAN_NIL, SPAN_NIL};
	struct message_input in = {json("\"s\\ud800\""), json("\"q\""), json("[{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"r\"}]}]")};
	struct message_extra extra = {.system = "outer"};
	struct fault f;
	struct buf out;

	buf_init(&out, 1 << 20);
	buf_adds(&out, "x");
	ok(message_build(&out, &in, &extra, &to, &f) == 0, "a conversation with a prompt");
	is_buf(&out, "x[{\"role\":\"system\",\"content\":\"s\"},{\"role\":\"assistant\",\"content\":\"r\"},"
	    "{\"role\":\"user\",\"content\":\"q\"}]", "system text, conversation, prompt");
	buf_clear(&out);
	to.compat = json("{\"supportsDeveloperRole\":true}");
	in = (struct message_input){SPAN_NIL, json("\"q\""), SPAN_NIL};
	message_build(&out, &in, &extra, &to, &f);
	is_buf(&out, "[{\"role\":\"developer\",\"content\":\"outer\"},{\"role\":\"user\",\"content\":\"q\"}]", "a developer's text");
	buf_clear(&out);
	to.reasoning = 0;
	in = (struct message_input){json("\"\""), SPAN_NIL, json("[{\"role\":\"user\"}]")};
	message_build(&out, &in, &extra, &to, &f);
	is_buf(&out, "[{\"role\":\"user\"}]", "an empty system text is none");
	buf_release(&out);
}

/* A body by one change; twice gives the same. */
static void changes(compat_fn *fn, const char *body, const char *want)
{
	struct span v, value = json(fn == compatmsg_cache_control ? "\"anthropic\"" : "true");
	struct buf b, w, out;
	struct span_err err;
	char *copy;

	buf_init(&b, 1 << 20);
	buf_init(&w, 1 << 20);
	buf_init(&out, 1 << 20);
	unquote(&b, body);
	unquote(&w, want);
	copy = exact(buf_text(&b), b.len);
	if (!fn((struct span){copy, b.len}, value, &out)) {
		buf_clear(&out);
		buf_adds(&out, buf_text(&b));
		ok(strcmp(body, want) == 0, "unchanged: %s", shown(body));
	}
	is_buf(&out, buf_text(&w), shown(body));
	if (span_check(buf_text(&out), out.len, MAX_DEPTH, &v, &err) != 0)
		ok(0, "no JSON at %zu: %s", err.at, shown(buf_text(&out)));
	buf_clear(&b);
	ok(!fn(json_of(&out), value, &b), "and no more: %s", shown(body));
	free(copy);
	buf_release(&b);
	buf_release(&w);
	buf_release(&out);
}

static void test_changes(void)
{
	static compat_fn *const all[] = {compatmsg_thinking_as_text, compatmsg_reasoning_content, compatmsg_result_name,
	    compatmsg_after_result, compatmsg_cache_control, compatmsg_strict_keys};
	static const char *const same[] = {
		"{}", "{'messages':null}", "{'messages':[]}", "{'messages':{'role':'assistant','content':null}}", "{'messages':[1,'x',null,[]]}",
		"{'messages':[{'role':'assistan','content':null}]}", "{'tools':{'a':1},'messages':[{}]}",
	};
	size_t i, k;

	for (i = 0; i < COUNT(all); i++)
		for (k = 0; k < COUNT(same); k++)
			changes(all[i], same[k], same[k]);
}

#define BODY(messages) "{ 'n':1.0,'messages':[" messages "] ,'x':[ 1]}"

static void test_thinking_changes(void)
{
	compat_fn *fn = compatmsg_thinking_as_text;

	changes(fn, BODY("{'role':'assistant','reasoning_content':'r\\ud83d','content':'t','z' : 1}"),
	    BODY("{'role':'assistant','content':[" TEXT("'r\\ud83d'") "," TEXT("'t'") "],'z' : 1}"));
	changes(fn, BODY("{'reasoning':'r','reasoning_content':'','role':'assistant','content':null}"),
	    BODY("{'role':'assistant','content':[" TEXT("'r'") "]}"));
	changes(fn, BODY("{'role':'assistant','reasoning_text':'r','tool_calls':[]}"),
	    BODY("{'role':'assistant','tool_calls':[],'content':[" TEXT("'r'") "]}"));
	changes(fn, BODY("{'role':'assistant','content':'no','content':[" TEXT("'t'") "],'reasoning':'r'},{'role':'user','reasoning':'r'}"),
	    BODY("{'role':'assistant','content':[" TEXT("'r'") "," TEXT("'t'") "]},{'role':'user','reasoning':'r'}"));
	changes(fn, BODY("{'role':'assistant','content':[ ],'reasoning':'r'}"), BODY("{'role':'assistant','content':[" TEXT("'r'") "]}"));
	changes(fn, BODY("{'role':'assistant','content':'','reasoning':'r'}"), BODY("{'role':'assistant','content':[" TEXT("'r'") "]}"));
	changes(fn, BODY("{'role':'assistant','content':7,'reasoning':'r'}"), BODY("{'role':'assistant','content':7,'reasoning':'r'}"));
	changes(fn, BODY("{'role':'assistant','content':'t','reasoning':''}"), BODY("{'role':'assistant','content':'t','reasoning':''}"));
	fn = compatmsg_reasoning_content;
	changes(fn, BODY("{'role':'assistant','content':'t'},{'role':'assistant','reasoning_content':null},{'role':'user'}"),
	    BODY("{'role':'assistant','content':'t','reasoning_content':''},{'role':'assistant','reasoning_content':null},{'role':'user'}"));
}

static void test_tool_changes(void)
{
	compat_fn *fn = compatmsg_result_name;
	const char *call = BODY("{'role':'assistant','content':null,'tool_calls':[" CALLED("'1'") ",{'id':'2'},7]}," TOOL("'\\u0031'", "'r'") ","
	    TOOL("'2'", "'r'") "," TOOL("'9'", "'r'") ",{'role':'tool','tool_call_id':'1','name':'own' }");

	changes(fn, BODY("{'role':'assistant','tool_calls':[" CALLED("'a\\u0000b'") ",{'id':'a\\u0000c','function':{'name':'g'}}]}," TOOL("'a\\u0000c'", "'r'")),
	    BODY("{'role':'assistant','tool_calls':[" CALLED("'a\\u0000b'") ",{'id':'a\\u0000c','function':{'name':'g'}}]},"
	    "{'role':'tool','content':'r','tool_call_id':'a\\u0000c','name':'g'}"));
	changes(fn, call, BODY("{'role':'assistant','content':null,'tool_calls':[" CALLED("'1'") ",{'id':'2'},7]},"
	    "{'role':'tool','content':'r','tool_call_id':'\\u0031','name':'f'}," TOOL("'2'", "'r'") "," TOOL("'9'", "'r'")
	    ",{'role':'tool','tool_call_id':'1','name':'own' }"));
	fn = compatmsg_after_result;
	changes(fn, BODY("{'role':'assistant','content':null } , " TOOL("'1'", "'r'") "," TOOL("'2'", "'r'") " , " SAID("'a'") "," SAID("'b'")),
	    BODY("{'role':'assistant','content':'' } , " TOOL("'1'", "'r'") "," TOOL("'2'", "'r'") " , "
	    ASSISTANT("'I have processed the tool results.'") "," SAID("'a'") "," SAID("'b'")));
	changes(fn, BODY(TOOL("'1'", "'r'") "," ASSISTANT("'t'") "," SAID("'a'")), BODY(TOOL("'1'", "'r'") "," ASSISTANT("'t'") "," SAID("'a'")));
	fn = compatmsg_strict_keys;
	changes(fn, BODY("{'name':'n','content':'a' ,'role':'user'},{'role' : 'user','content':[1.0] }"),
	    BODY("{'content':'a','role':'user'},{'role' : 'user','content':[1.0] }"));
	changes(fn, BODY(TOOL("'1'", "null") ",{'x':1}"), BODY("{'role':'tool','content':null},{}"));
}

static void test_history(void)
{
	ok(compatmsg_loses_history(json("{\"messages\":[{\"role\":\"user\"},{\"role\":\"tool\"}]}")), "a result is lost");
	ok(compatmsg_loses_history(json("{\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{}]}]}")), "a call is lost");
	ok(!compatmsg_loses_history(json("{\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[]},{\"role\":\"user\",\"tool_calls\":null},7]}")), "nothing is");
	ok(!compatmsg_loses_history(json("{}")) && !compatmsg_loses_history(json("{\"messages\":7}")), "no messages");
}

#define MARK "'cache_control':{'type':'ephemeral'}"
#define MARKED(text) "{'type':'text','text':" text "," MARK "}"

static void test_cache_control(void)
{
	compat_fn *fn = compatmsg_cache_control;

	changes(fn, "{'messages':[{'role':'system','content':'s'}," SAID("'a'") "," SAID("[" TEXT("'b'") "," TEXT("''") "," IMAGE_URL "]") ","
	    ASSISTANT("'t'") "," SAID("[" IMAGE_URL "]") "],'tools':[{'a':1},{ }]}",
	    "{'messages':[{'role':'system','content':[" MARKED("'s'") "]}," SAID("'a'") "," SAID("[" MARKED("'b'") "," TEXT("''") "," IMAGE_URL "]")
	    "," ASSISTANT("'t'") "," SAID("[" IMAGE_URL "]") "],'tools':[{'a':1},{ " MARK "}]}");
	changes(fn, "{'tools':[{'a':1}],'messages':[" TOOL("'1'", "'r'") ",{'role':'developer','content':[" TEXT("'s'") "]}]}",
	    "{'tools':[{'a':1," MARK "}],'messages':[{'role':'tool','content':[" MARKED("'r'") "],'tool_call_id':'1'},"
	    "{'role':'developer','content':[" MARKED("'s'") "]}]}");
	changes(fn, "{'tools':[{'a':1}]}", "{'tools':[{'a':1," MARK "}]}");
	changes(fn, BODY("{'role':'system','content':''}," SAID("''")), BODY("{'role':'system','content':''}," SAID("''")));
}

static void test_full(void)
{
	struct message_to to = {0, 1, SPAN_NIL, SPAN_NIL, SPAN_NIL};
	struct message_input in = {SPAN_NIL, SPAN_NIL, SPAN_NIL};
	const char *want = "[{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"1\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]},"
	    "{\"role\":\"tool\",\"content\":\"(no output)\",\"tool_call_id\":\"1\"}]";
	struct fault f;
	struct buf out;
	size_t max;

	in.messages = json("[{\"role\":\"assistant\",\"content\":[{\"type\":\"toolCall\",\"id\":\"1\",\"name\":\"f\"}]},"
	    "{\"role\":\"toolResult\",\"toolCallId\":\"1\",\"content\":\" \"}]");
	for (max = 0; max < strlen(want) + 2; max++) {
		buf_init(&out, max);
		if (message_build(&out, &in, &no_extra, &to, &f) == 0)
			ok(out.failed ? max < strlen(want) && out.len == 0 : strcmp(buf_text(&out), want) == 0, "%zu bytes", max);
		buf_release(&out);
	}
}

int main(void)
{
	test_captured();
	test_openai();
	test_users();
	test_assistants();
	test_thinking();
	test_calls();
	test_ids();
	test_result_images();
	test_bad();
	test_around();
	test_changes();
	test_thinking_changes();
	test_tool_changes();
	test_history();
	test_cache_control();
	test_full();
	return done();
}
