#include "help.h"
#include "look.h"
#include "rung.h"

static struct asked asked;

/* What a look says of one reply: its verdict; texts in t. */
struct seen {
	struct told told;
	struct came came[2];
};

static void seen_init(struct seen *s)
{
	buf_init(&s->told.seen, 64 << 10);
	buf_init(&s->told.more, 64 << 10);
	came_init(&s->came[0]);
	came_init(&s->came[1]);
}

static void seen_release(struct seen *s)
{
	buf_release(&s->told.seen);
	buf_release(&s->told.more);
	came_release(&s->came[0]);
	came_release(&s->came[1]);
}

static void put(struct came *c, int status, const char *text)
{
	c->status = status;
	buf_adds(&c->text, text);
	came_read(c);
}

/* Text that a terminal can be shown, in one line. */
static int is_harmless(const struct buf *text)
{
	const char *p = buf_text(text);
	size_t i;

	for (i = 0; i < text->len; i++)
		if ((unsigned char)p[i] < ' ' || p[i] == 0x7f || ((unsigned char)p[i] == 0xC2 && (unsigned char)p[i + 1] < 0xA0))
			return 0;
	return !text->failed;
}

static const char *const names[] = {"ok", "note", "bad", "lost"};

/* Looks at one reply. */
static void reply(look_fn *look, int status, const char *text, enum look want, const char *seen, const char *more)
{
	struct seen s;
	enum look got;

	seen_init(&s);
	put(&s.came[0], status, text);
	got = look(&s.told, s.came, 1, &asked);
	ok(got == want, "%s and not %s: %s", names[want], names[got], shown(text));
	is(buf_text(&s.told.seen), seen, "what was seen");
	is(buf_text(&s.told.more), more, "and more");
	seen_release(&s);
}

#define CHAT(text) "{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"" text "\"},\"finish_reason\":\"stop\"}]}"
#define COUNTED(text, finish, in, out) "{\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"" text \
	"\"},\"finish_reason\":\"" finish "\"}],\"usage\":{\"prompt_tokens\":" in ",\"completion_tokens\":" out "}}"
#define MESSAGE(members) "{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\"," members "},\"finish_reason\":\"stop\"}]}"
#define CALL(name) "\"tool_calls\":[{\"id\":\"c\",\"type\":\"function\",\"function\":{\"name\":\"" name "\",\"arguments\":\"{}\"}}]"

static void test_server(void)
{
	reply(look_health, 200, "{\"status\":\"ok\"}", LOOK_OK, "200 {\"status\":\"ok\"}", "");
	reply(look_health, 200, "", LOOK_OK, "200", "");
	reply(look_health, 404, "", LOOK_NOTE, "404", "this server has no such route");
	reply(look_health, 405, "\"x\"", LOOK_NOTE, "405", "this server has no such route");
	reply(look_health, 503, "{\"status\":\"loading\"}", LOOK_NOTE, "503 {\"status\":\"loading\"}", "it says that it isn't ready");
	reply(look_models, 200, "{\"data\":[{\"id\":\"other\"},{\"id\":\"m\"}]}", LOOK_OK, "200, has m", "");
	reply(look_models, 200, "{\"data\":[{\"id\":\"a\"},{\"id\":\"b\"},{\"id\":\"c\"},{\"id\":\"d\"}]}", LOOK_NOTE, "200, not m",
	    "it serves a, b, c and 1 more");
	reply(look_models, 200, "{\"data\":[]}", LOOK_NOTE, "200, not m", "it serves none");
	reply(look_models, 200, "{\"data\":[5,null,{\"id\":7},{\"id\":\"\\u006d\"}]}", LOOK_OK, "200, has m", "");
	reply(look_models, 404, "", LOOK_NOTE, "404", "no list of models there");
	reply(look_models, 200, "{\"data\":5}", LOOK_NOTE, "200", "no list of models there");
	reply(look_models, 200, "[]", LOOK_NOTE, "200", "no list of models there");
}

static void test_answers(void)
{
	reply(look_taken, 200, CHAT("4"), LOOK_OK, "200 \"4\"", "");
	reply(look_taken, 200, COUNTED("", "length", "5", "32"), LOOK_OK, "200, nothing within the limit", "");
	reply(look_taken, 200, MESSAGE("\"content\":null,\"reasoning_content\":\"two\""), LOOK_OK, "200, thoughts alone", "");
	reply(look_taken, 200, MESSAGE("\"content\":null," CALL("x")), LOOK_OK, "200, a call", "");
	reply(look_taken, 200, CHAT("0123456789012345678901234567890123456789x"), LOOK_OK,
	    "200 \"0123456789012345678901234567890123456789...\"", "");
	reply(look_stop, 200, CHAT("three four "), LOOK_OK, "200 \"three four \"", "");
	reply(look_stop, 200, CHAT("three four five"), LOOK_NOTE, "200 \"three four five\"", "the stop text is in the answer: stop is ignored");
	reply(look_schema, 200, CHAT("{\\\"sum\\\":4}"), LOOK_OK, "200 \"{\"sum\":4}\"", "");
	reply(look_schema, 200, CHAT("four"), LOOK_NOTE, "200 \"four\"", "taken, but the answer isn't JSON");
	reply(look_reasoning, 200, MESSAGE("\"content\":\"4\",\"reasoning\":\"two\""), LOOK_OK, "200 \"4\"", "its thoughts come apart from the answer");
	reply(look_usage, 200, COUNTED("4", "stop", "5", "1"), LOOK_OK, "200, usage: 5 in, 1 out", "");
	reply(look_usage, 200, CHAT("4"), LOOK_NOTE, "200, no usage", "streams aren't counted");
}

static void test_limit(void)
{
	reply(look_limit, 200, COUNTED("1 2 3 4", "length", "9", "4"), LOOK_OK, "max_tokens limits: 4 tokens", "");
	/* llama.cpp of 2024 says stop at the limit */
	reply(look_limit, 200, COUNTED("1 2 3 4", "stop", "9", "4"), LOOK_OK, "max_tokens limits: 4 tokens", "");
	reply(look_limit, 200, COUNTED("1 2 3", "stop", "9", "40"), LOOK_BAD, "max_tokens is ignored: 40 tokens for 4", "");
	/* not counted: words are */
	reply(look_limit, 200, CHAT("1 2 3 4"), LOOK_OK, "max_tokens limits: 4 tokens", "");
	reply(look_limit, 200, CHAT("1 2 3 4 5 6 7 8 9 10 11 12"), LOOK_BAD, "max_tokens is ignored: 12 tokens for 4", "");
	asked.limit = json("\"max_completion_tokens\"");
	reply(look_limit, 200, COUNTED("1 2", "stop", "9", "40"), LOOK_BAD, "max_completion_tokens is ignored: 40 tokens for 4", "");
	asked.limit = json("\"max_tokens\"");
}

static void test_parts(void)
{
	reply(look_parts, 200, CHAT("A " LOOK_WORD "."), LOOK_OK, "200, a word of them came back", "");
	reply(look_parts, 200, MESSAGE("\"content\":\"\",\"reasoning\":\"" LOOK_WORD "\""), LOOK_OK, "200, a word of them came back", "");
	reply(look_parts, 200, COUNTED("fine", "stop", "43", "1"), LOOK_OK, "200, counted: 43 tokens", "");
	reply(look_parts, 200, COUNTED("Hi", "stop", "10", "1"), LOOK_LOST, "200, lost: 10 tokens, a plain chat has 0", "");
	/* llama.cpp of July 2024 takes them for nothing */
	reply(look_parts, 200, COUNTED("", "stop", "0", "0"), LOOK_LOST, "200, lost: 0 tokens, a plain chat has 0", "");
	asked.plain_tokens = 67;
	reply(look_parts, 200, COUNTED("Hi", "stop", "60", "1"), LOOK_LOST, "200, lost: 60 tokens, a plain chat has 67", "");
	reply(look_parts, 200, COUNTED("Hi", "stop", "110", "1"), LOOK_OK, "200, counted: 110 tokens", "");
	asked.plain_tokens = 0;
	reply(look_parts, 200, CHAT("Hi"), LOOK_LOST, "200, no word of them came back", "");
}

static void test_tools(void)
{
	reply(look_tools, 200, MESSAGE("\"content\":null," CALL(LOOK_TOOL)), LOOK_OK, "200, a call of get_weather", "");
	reply(look_tools, 200, CHAT("It rains."), LOOK_NOTE, "200 \"It rains.\"", "taken, but no call came");
	reply(look_tools, 200, CHAT("I call get_weather now."), LOOK_NOTE, "200 \"I call get_weather now.\"", "taken, but no call came");
	reply(look_tools, 200, CHAT("{\\\"name\\\":\\\"get_weather\\\"}"), LOOK_NOTE, "200 \"{\"name\":\"get_weather\"}\"",
	    "a text that looks like a call: the server doesn't make calls of it");
}

static void test_streams(void)
{
	struct seen s;

	seen_init(&s);
	s.came[0].streamed = s.came[0].done = 1;
	s.came[0].chunks = 3;
	s.came[0].ttft_ms = 250;
	put(&s.came[0], 200, CHAT("4"));
	ok(look_stream(&s.told, s.came, 1, &asked) == LOOK_OK, "a stream");
	is(buf_text(&s.told.seen), "3 chunks, ends with [DONE]", "and its end");
	is(buf_text(&s.told.more), "first token 0.25 s", "and its beginning");
	buf_clear(&s.told.seen);
	s.came[0].done = 0;
	s.came[0].chunks = 1;
	ok(look_stream(&s.told, s.came, 1, &asked) == LOOK_OK, "one without [DONE]");
	is(buf_text(&s.told.seen), "1 chunk, ends by finish_reason alone", "is good too");
	buf_clear(&s.told.more);
	s.came[0].streamed = 0;
	ok(look_stream(&s.told, s.came, 1, &asked) == LOOK_NOTE, "no stream");
	is(buf_text(&s.told.more), "it doesn't stream", "is told");
	seen_release(&s);
}

static void test_both(void)
{
	struct seen s;

	seen_init(&s);
	put(&s.came[0], 200, CHAT("4"));
	put(&s.came[1], 200, CHAT("4"));
	s.came[0].total_ms = 30, s.came[1].total_ms = 1500;
	ok(look_both(&s.told, s.came, 2, &asked) == LOOK_OK, "two at once");
	is(buf_text(&s.told.seen), "both answered, after 30.0 ms and 1.50 s", "the fast one first");
	buf_clear(&s.told.seen);
	fault_set(&s.came[1].fault, F_OVERLOADED, "http://x/y: busy");
	ok(look_both(&s.told, s.came, 2, &asked) == LOOK_BAD, "one refused");
	is(buf_text(&s.told.seen), "1 of 2: busy", "says why");
	seen_release(&s);
}

static void grow(size_t bytes, size_t before, double tokens, const char *text, enum look want, const char *seen)
{
	struct seen s;

	seen_init(&s);
	asked.bytes = bytes, asked.before = before, asked.before_tokens = tokens, asked.most = 65000;
	put(&s.came[0], 200, text);
	ok(look_long(&s.told, s.came, 1, &asked) == want, "%zu bytes are %s", bytes, names[want]);
	is(buf_text(&s.told.seen), seen, "and told");
	asked.bytes = asked.before = 0;
	seen_release(&s);
}

static void test_long(void)
{
	grow(5000, 0, 0, COUNTED("x", "stop", "1200", "1"), LOOK_OK, "");
	grow(65000, 27000, 6000, COUNTED("x", "stop", "14000", "1"), LOOK_OK, "65 KB ok");
	grow(65000, 27000, 6000, COUNTED("x", "stop", "6100", "1"), LOOK_BAD, "27 KB ok, 65 KB: cut to 6100 tokens, silently");
	/* not counted: nothing shows */
	grow(65000, 27000, 0, CHAT("x"), LOOK_OK, "65 KB ok");
	grow(27000, 0, 0, "{\"choices\":[{\"index\":0,\"message\":{\"content\":\"Error: shape mismatch\"},\"finish_reason\":\"error\"}]}", LOOK_BAD,
	    "27 KB: model_error: finish_reason \"error\"");
}

/* Each look, of what it can't use. */
static look_fn *const looks[] = {look_connect, look_health, look_models, look_answer, look_taken, look_stream, look_usage, look_limit,
	look_stop, look_schema, look_reasoning, look_parts, look_tools, look_both, look_long};

static void test_faults(void)
{
	struct seen s;
	size_t i;

	for (i = 0; i < COUNT(looks); i++) {
		seen_init(&s);
		fault_set(&s.came[0].fault, F_CONNECT, "http://127.0.0.1:9/v1/chat/completions: \033[31mConnection\nrefused\tnow\xC2\x9B" "1m");
		came_read(&s.came[0]);
		ok(looks[i](&s.told, s.came, 1, &asked) == LOOK_BAD, "nothing came: look %zu", i);
		ok(s.told.seen.len > 0 && strstr(buf_text(&s.told.seen), "Connection refused now") != NULL, "it says why: %s",
		    shown(buf_text(&s.told.seen)));
		ok(is_harmless(&s.told.seen) && is_harmless(&s.told.more), "in one harmless line");
		seen_release(&s);
	}
}

static const char *const hostile[] = {
	"", "null", "[]", "5", "\"\"", "{}", "{\"choices\":[]}", "{\"choices\":null}", "{\"choices\":[5]}", "{\"choices\":[{}]}",
	"{\"choices\":[{\"message\":5}]}", "{\"choices\":[{\"message\":{\"content\":{\"a\":1}}}],\"usage\":[]}", "not JSON \001\033[2J\r\n",
	"{\"choices\":[{\"message\":{\"content\":\"\\u001b[2J\\r\\n\\u0000\\u009b\\ud800\\u202e\"},\"finish_reason\":\"stop\"}],\"model\":\"\\u001b]0;x\\u0007\"}",
	"{\"data\":[{\"id\":\"\\u001b[2J\\n\"},{\"id\":\"\\u009b\\u0085\"}]}", "{\"data\":{}}", "{\"data\":[[]]}",
	"{\"choices\":[{\"message\":{\"content\":\"x\",\"tool_calls\":\"y\"},\"finish_reason\":[]}],\"usage\":{\"prompt_tokens\":-1e400,\"completion_tokens\":1e400}}",
	"{\"usage\":{\"prompt_tokens\":\"x\",\"completion_tokens\":null},\"choices\":[{\"message\":{\"content\":\"a\xFF\xC0\x80\"},\"finish_reason\":5}]}",
	"{\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":\"\\u001b\\n\"},\"finish_reason\":\"error\"}]}",
};

static void test_hostile(void)
{
	struct seen s;
	char *text;
	size_t i, k;

	for (i = 0; i < COUNT(hostile); i++) {
		for (k = 0; k < COUNT(looks); k++) {
			seen_init(&s);
			text = exact(hostile[i], strlen(hostile[i]));
			s.came[0].status = 200;
			buf_add(&s.came[0].text, text, strlen(hostile[i]));
			came_read(&s.came[0]);
			looks[k](&s.told, s.came, 1, &asked);
			if (!is_harmless(&s.told.seen) || !is_harmless(&s.told.more) || s.told.seen.len + s.told.more.len > 1000)
				ok(0, "look %zu of %s: %s", k, shown(hostile[i]), shown(buf_text(&s.told.seen)));
			free(text);
			seen_release(&s);
		}
		ok(1, "%s: one short harmless line from each look", shown(hostile[i]));
	}
}

/* A megabyte of a character in each place that is shown. */
static void test_huge(void)
{
	struct seen s;
	size_t i, k;

	for (k = 0; k < COUNT(looks); k++) {
		seen_init(&s);
		buf_adds(&s.came[0].text, "{\"data\":[{\"id\":\"");
		for (i = 0; i < 100000; i++)
			buf_adds(&s.came[0].text, "\xC3\xA4");
		buf_adds(&s.came[0].text, "\"}],\"choices\":[{\"message\":{\"content\":\"");
		for (i = 0; i < 100000; i++)
			buf_adds(&s.came[0].text, "\xE2\x82\xAC ");
		buf_adds(&s.came[0].text, "\"},\"finish_reason\":\"stop\"}]}");
		s.came[0].status = 200;
		came_read(&s.came[0]);
		looks[k](&s.told, s.came, 1, &asked);
		ok(s.told.seen.len + s.told.more.len < 1000, "a huge reply: look %zu says little", k);
		seen_release(&s);
	}
}

static void say(const char *text, size_t most, const char *want)
{
	struct buf out;

	buf_init(&out, 64 << 10);
	look_say(&out, text, strlen(text), most);
	is_buf(&out, want, shown(text));
	buf_release(&out);
}

static void test_say(void)
{
	struct buf out;
	struct fault f;

	say("", 5, "");
	say("hello", 5, "hello");
	say("hello!", 5, "hello...");
	say("\xC3\xA4\xC3\xB6\xC3\xBC", 2, "\xC3\xA4\xC3\xB6...");
	say("a\nb\tc", 9, "a b c");
	buf_init(&out, 64 << 10);
	fault_set(&f, F_STRING_CONTENT, "422 Failed to deserialize the JSON body into the target type: messages[1].content: no");
	look_say_fault(&out, &f, 99);
	is_buf(&out, "422 messages[1].content: no", "what is usual in front is left out");
	buf_clear(&out);
	fault_set(&f, F_CONNECT, "http://127.0.0.1:9/v1: Connection refused");
	look_say_fault(&out, &f, 10);
	is_buf(&out, "Connection...", "the address too");
	buf_clear(&out);
	fault_set(&f, F_SERVER, "https");
	look_say_fault(&out, &f, 10);
	is_buf(&out, "https", "a text that is no address stays");
	buf_release(&out);
}

static void test_rungs(void)
{
	const struct rung *r;
	int n = 0;

	ok(rung_find("tools-streamed") == rung_find("tools, streamed") && rung_find("health") == rung_find("/health") &&
	    rung_find("models") == rung_find("/v1/models") && rung_find("contentparts") == rung_find("content parts"), "written otherwise");
	ok(rung_find("") == NULL && rung_find("tool") == NULL && rung_find("tools!") == NULL && rung_find("/") == NULL, "not by half of it");
	for (r = rungs; r->name != NULL; r++, n++)
		if (r->input != NULL)
			ok(span_kind(json(r->input)) == SPAN_OBJECT && strlen(r->input) < 1500, "%s: its input is a small object", r->name);
	ok(n <= RUNG_COUNT, "as many as there is room for");
}

int main(void)
{
	asked = (struct asked){.origin = "127.0.0.1:8080", .model = json("\"m\""), .limit = json("\"max_tokens\"")};
	test_server();
	test_answers();
	test_limit();
	test_parts();
	test_tools();
	test_streams();
	test_both();
	test_long();
	test_faults();
	test_hostile();
	test_huge();
	test_say();
	test_rungs();
	return done();
}
