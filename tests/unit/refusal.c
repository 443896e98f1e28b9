#include "help.h"
#include "refusal.h"
#include "tap.h"

static void reads(int status, const char *reason, const char *body, size_t n, enum fault_code code, const char *message)
{
	char *copy = exact(body, n);
	struct fault f;

	memset(&f, 'x', sizeof f);
	refusal_read(&f, status, reason, (struct span){copy, n});
	ok(f.code == code, "%d %s: %s (%s)", status, shown_n(body, n), fault_name(code), fault_name(f.code));
	ok(f.status == status && f.phase == NULL && f.hint[0] == '\0', "its status, nothing else");
	if (message != NULL)
		is(f.message, message, "its message");
	free(copy);
}

/* ENGINES 2.3: every shape of a body gives its text. */
static void test_shapes(void)
{
	static const struct { int status; const char *body; enum fault_code code; const char *message; } t[] = {
		{400, "{\"error\":{\"message\":\"bad n\",\"type\":\"invalid_request_error\",\"param\":\"n\",\"code\":null}}", F_INVALID_REQUEST, "400 bad n"},
		{400, "{\"error\":{\"code\":400,\"message\":\"bad n\",\"type\":\"x\"}}", F_INVALID_REQUEST, "400 bad n"},
		{400, "{\"error\":{\"code\":\"x\",\"message\":\"bad n\"}}", F_INVALID_REQUEST, "400 bad n"},
		{400, "{\"error\":{\"message\":\"bad n\",\"type\":\"t\"}}", F_INVALID_REQUEST, "400 bad n"},
		{400, "{\"error\":\"bad n\"}", F_INVALID_REQUEST, "400 bad n"},
		{424, "{\"error\":\"Request failed during generation\",\"error_type\":\"generation\"}", F_MODEL_ERROR, "424 Request failed during generation"},
		{422, "{\"error\":\"bad n\",\"error_type\":\"validation\"}", F_INVALID_REQUEST, "422 bad n"},
		{400, "{\"object\":\"error\",\"message\":\"bad n\",\"type\":\"BadRequestError\",\"param\":null,\"code\":400}", F_INVALID_REQUEST, "400 bad n"},
		{422, "{\"message\":\"bad n\"}", F_INVALID_REQUEST, "422 bad n"},
		{500, "{\"message\":\"it broke\",\"partial_response\":{}}", F_SERVER, "500 it broke"},
		{500, "{\"status\":\"failure\",\"message\":\"Something went wrong\"}", F_SERVER, "500 Something went wrong"},
		{400, "{\"detail\":\"bad n\"}", F_INVALID_REQUEST, "400 bad n"},
		{422, "{\"detail\":[{\"type\":\"extra_forbidden\",\"loc\":[\"body\",\"x\"],\"msg\":\"Extra inputs are not permitted\"}]}", F_INVALID_REQUEST,
		 "422 body.x: Extra inputs are not permitted"},
		{422, "{\"detail\":[{\"loc\":[\"body\",\"n\"],\"msg\":\"a\"},{\"loc\":[\"body\",\"messages\",0],\"msg\":\"b\"}]}", F_INVALID_REQUEST,
		 "422 body.n: a; body.messages.0: b"},
		{400, "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"bad n\"}}", F_INVALID_REQUEST, "400 bad n"},
		{400, "{\"success\":false,\"error\":{\"message\":\"bad n\"}}", F_INVALID_REQUEST, "400 bad n"},
		{200, "{\"error_type\":\"x\",\"error_message\":\"inference failed\"}", F_MODEL_ERROR, "inference failed"},
		{200, "{\"error\":{\"message\":\"boom\"}}", F_MODEL_ERROR, "boom"},
		{400, "plain text", F_INVALID_REQUEST, "400 plain text"}, {400, "  plain text\r\n", F_INVALID_REQUEST, "400 plain text"},
		{502, "<html>\r\n<head><title>502 Bad Gateway</title></head><body>x</body></html>", F_SERVER, "502 an HTML page: 502 Bad Gateway"},
		{502, "<!DOCTYPE html><HTML><TITLE>Down</TITLE>", F_SERVER, "502 an HTML page: Down"}, {502, "<html><p>x</p>", F_SERVER, "502 an HTML page"},
		{405, "", F_INVALID_REQUEST, "405 The Reason"}, {500, " \r\n", F_SERVER, "500 The Reason"},
		{500, "{\"error\":{\"message\":\"a\\u00e9\\n\\ud83d\\ude00\"}}", F_SERVER, "500 a\xC3\xA9\n\xF0\x9F\x98\x80"},
		{500, "{\"error\":{\"message\":\"\"},\"message\":\"outer\"}", F_SERVER, "500 outer"},
		{500, "{broken", F_SERVER, "500 {broken"}, {500, "[]", F_SERVER, "500 []"}, {500, "{}", F_SERVER, "500 {}"},
	};
	size_t i;

	for (i = 0; i < COUNT(t); i++)
		reads(t[i].status, "The Reason", t[i].body, strlen(t[i].body), t[i].code, t[i].message);
	reads(404, "", "", 0, F_INVALID_REQUEST, "404 no body");
	reads(0, "", "oops", 4, F_MODEL_ERROR, "oops");
	reads(400, "message must have string content", "", 0, F_STRING_CONTENT, "400 message must have string content");
}

/* ENGINES 2.4: whatever the status. */
static void test_signatures(void)
{
	static const struct { enum fault_code code; const char *text; } t[] = {
		{F_STRING_CONTENT, "messages[1].content: invalid type: sequence, expected a string at line 1 column 75"},
		{F_STRING_CONTENT, "data did not match any variant of untagged enum ChatCompletionRequestContent"},
		{F_STRING_CONTENT, "message must have string content"}, {F_STRING_CONTENT, "str type expected"},
		{F_STRING_CONTENT, "expected a string, but got an array"}, {F_STRING_CONTENT, "type must be string, but is array"},
		{F_TOOLS_UNSUPPORTED, "tools param requires --jinja flag"}, {F_TOOLS_UNSUPPORTED, "Cannot use tools with stream"},
		{F_TOOLS_UNSUPPORTED, "OpenAI tools field not supported yet"}, {F_TOOLS_UNSUPPORTED, "Unsupported param: tools"},
		{F_TOOLS_UNSUPPORTED, "registry.ollama.ai/library/gemma does not support tools"},
		{F_TOOLS_UNSUPPORTED, "\\\"auto\\\" tool choice requires --enable-auto-tool-choice"},
		{F_CONTEXT_LENGTH_EXCEEDED, "Prompt length (9 tokens) exceeds the model's maximum context length (8 tokens)."},
		{F_CONTEXT_LENGTH_EXCEEDED, "the request exceeds the available context size. try increasing it"},
		{F_CONTEXT_LENGTH_EXCEEDED, "This model's maximum context length is 4096 tokens."},
		{F_CONTEXT_LENGTH_EXCEEDED, "Requested 5000 tokens, but the model's context length is only 4096"},
		{F_CONTEXT_LENGTH_EXCEEDED, "The input (9 tokens) is longer than the model's context length (8 tokens)."},
		{F_CONTEXT_LENGTH_EXCEEDED, "the number of tokens is greater than the context length"},
		{F_CONTEXT_LENGTH_EXCEEDED, "Cannot truncate prompt with n_keep 10 >= n_ctx 8"},
		{F_CONTEXT_LENGTH_EXCEEDED, "`inputs` tokens + `max_new_tokens` must be <= 4096"},
		{F_CONTEXT_LENGTH_EXCEEDED, "input length and max_tokens exceed context limit: 1 + 2 > 2"},
		{F_OVERLOADED, "Loading model"},
	};
	static const int statuses[] = {200, 400, 422, 500};
	char body[400];
	size_t i, k;

	for (i = 0; i < COUNT(t); i++)
		for (k = 0; k < COUNT(statuses); k++) {
			snprintf(body, sizeof body, "{\"error\":{\"message\":\"%s\"}}", t[i].text);
			reads(statuses[k], "", body, strlen(body), t[i].code, NULL);
			if (strchr(t[i].text, '\\') == NULL)
				reads(statuses[k], "", t[i].text, strlen(t[i].text), t[i].code, NULL);
		}
}

static void test_signatures_elsewhere(void)
{
	static const struct { int status; const char *body; enum fault_code code; const char *message; } t[] = {
		/* the page's own error */
		{422, "Failed to deserialize the JSON body into the target type: messages[1].content: invalid type: sequence, expected a string at line 1 "
		 "column 96", F_STRING_CONTENT, "422 Failed to deserialize the JSON body into the target type: messages[1].content: invalid type: "
		 "sequence, expected a string at line 1 column 96"},
		{422, "{\"detail\":[{\"loc\":[\"body\",\"messages\",0,\"content\"],\"msg\":\"Input should be a valid string\"}]}", F_STRING_CONTENT,
		 "422 body.messages.0.content: Input should be a valid string"},
		{422, "{\"detail\":[{\"loc\":[\"body\",\"user\"],\"msg\":\"Input should be a valid string\"}]}", F_INVALID_REQUEST,
		 "422 body.user: Input should be a valid string"},
		{400, "{\"error\":{\"message\":\"too long\",\"code\":\"context_length_exceeded\"}}", F_CONTEXT_LENGTH_EXCEEDED, "400 too long"},
		{400, "{\"error\":{\"code\":400,\"message\":\"too big\",\"type\":\"exceed_context_size_error\",\"n_ctx\":8}}", F_CONTEXT_LENGTH_EXCEEDED,
		 "400 too big"},
		{503, "{\"error\":{\"code\":503,\"message\":\"Loading model\",\"type\":\"unavailable_error\"}}", F_OVERLOADED, "503 Loading model"},
		{503, "{\"status\":\"loading\"}", F_OVERLOADED, "503 loading"}, {503, "{\"status\": \"loading\"}", F_OVERLOADED, "503 loading"},
		{429, "{\"error\":{\"message\":\"You exceeded your current quota\",\"code\":\"insufficient_quota\"}}", F_INSUFFICIENT_QUOTA,
		 "429 You exceeded your current quota"},
		{429, "{\"error\":{\"message\":\"check your plan and billing details\"}}", F_INSUFFICIENT_QUOTA, NULL},
		{404, "{\"error\":{\"message\":\"gone\",\"code\":\"model_not_found\"}}", F_MODEL_NOT_FOUND, NULL},
	};
	size_t i;

	for (i = 0; i < COUNT(t); i++)
		reads(t[i].status, "", t[i].body, strlen(t[i].body), t[i].code, t[i].message);
}

static void test_statuses(void)
{
	static const struct { int status; enum fault_code code; } t[] = {
		{400, F_INVALID_REQUEST}, {401, F_AUTH}, {402, F_INSUFFICIENT_QUOTA}, {403, F_AUTH}, {405, F_INVALID_REQUEST}, {408, F_TIMEOUT},
		{411, F_INVALID_REQUEST}, {413, F_INVALID_REQUEST}, {415, F_INVALID_REQUEST}, {422, F_INVALID_REQUEST}, {424, F_MODEL_ERROR},
		{429, F_RATE_LIMIT}, {500, F_SERVER}, {501, F_SERVER}, {502, F_SERVER}, {503, F_OVERLOADED}, {504, F_SERVER}, {529, F_OVERLOADED},
		{301, F_BAD_REPLY}, {302, F_BAD_REPLY}, {307, F_BAD_REPLY}, {200, F_MODEL_ERROR},
	};
	/* ENGINES 0.7: a 500 that reads like the client's mistake */
	static const char *const mistakes[] = {
		"[json.exception.parse_error.101] parse error at line 1", "Failed to parse messages: Expected 'role'", "this requires x",
		"Unsupported param: x", "Cannot use y", "Invalid type", "Missing 'content'",
		"[json.exception.out_of_range.403] key 'messages' not found", "Only one completion choice is allowed",
	};
	char body[200];
	size_t i;

	for (i = 0; i < COUNT(t); i++) {
		reads(t[i].status, "R", "{\"error\":{\"message\":\"boom\"}}", 28, t[i].code, NULL);
		reads(t[i].status, "R", "boom", 4, t[i].code, NULL);
	}
	for (i = 0; i < COUNT(mistakes); i++) {
		snprintf(body, sizeof body, "{\"error\":{\"code\":500,\"message\":\"%s\",\"type\":\"server_error\"}}", mistakes[i]);
		reads(500, "", body, strlen(body), F_INVALID_REQUEST, NULL);
		reads(502, "", body, strlen(body), F_SERVER, NULL);
	}
	reads(404, "", "{\"error\":{\"message\":\"model 'x' not found\"}}", 43, F_MODEL_NOT_FOUND, "404 model 'x' not found");
	reads(404, "", "{\"error\":{\"message\":\"The model `x` does not exist\"}}", 52, F_MODEL_NOT_FOUND, NULL);
	reads(404, "Not Found", "", 0, F_INVALID_REQUEST, "404 Not Found");
	reads(404, "", "File Not Found", 14, F_INVALID_REQUEST, NULL);
}

/* Is it an error rather than an answer? */
static void test_is(void)
{
	static const struct { const char *body; int error; } t[] = {
		{"{\"error\":{\"message\":\"x\"}}", 1}, {"{\"error\":{}}", 1}, {"{\"error\":\"x\"}", 1}, {"{\"error\":true}", 1},
		{"{\"error\":{\"message\":\"x\"},\"choices\":[]}", 1}, {"{\"object\":\"error\",\"message\":\"x\"}", 1},
		{"{\"type\":\"error\",\"error\":{\"message\":\"x\"}}", 1}, {"{\"status\":\"failure\",\"message\":\"x\"}", 1}, {"{\"message\":\"x\"}", 1},
		{"{\"detail\":\"x\"}", 1}, {"{\"detail\":[{\"msg\":\"x\"}]}", 1}, {"{\"error_type\":\"x\",\"error_message\":\"y\"}", 1},
		{"{\"success\":false,\"error\":{\"message\":\"x\"}}", 1},
		{"{}", 0}, {"[]", 0}, {"\"error\"", 0}, {"null", 0}, {"{\"error\":null}", 0}, {"{\"error\":\"\"}", 0}, {"{\"error\":false}", 0},
		{"{\"choices\":[]}", 0}, {"{\"choices\":[],\"error\":null}", 0}, {"{\"choices\":[{\"message\":{\"content\":\"error\"}}]}", 0},
		{"{\"choices\":[{}],\"message\":\"hi\"}", 0}, {"{\"choices\":[],\"detail\":\"x\"}", 0}, {"{\"object\":\"list\",\"data\":[]}", 0},
		{"{\"message\":\"\"}", 0}, {"{\"message\":{\"role\":\"assistant\"}}", 0}, {"{\"object\":\"chat.completion\",\"choices\":[]}", 0},
		{"{\"status\":\"ok\"}", 0},
	};
	size_t i;

	for (i = 0; i < COUNT(t); i++)
		ok(!refusal_is(json(t[i].body), NULL) == !t[i].error, "%s is %s", t[i].body, t[i].error ? "an error" : "none");
	ok(!refusal_is(SPAN_NIL, NULL), "nothing is none");
}

static void test_hostile(void)
{
	static const char bytes[] = "{}[]\"\\:,<>title/errormsg\n\r \x01\x80\xff" "0123";
	static const char *const seeds[] = {
		"{\"error\":{\"message\":\"x\"}}", "{\"detail\":[{\"loc\":[1,\"a\"],\"msg\":\"x\"}]}", "<html><title>a</title>", "{\"detail\":[[1],{\"loc\":7,\"msg\":[]}]}",
	};
	unsigned long long seed = 424242;
	struct fault f;
	struct buf b;
	int i, k, bad = 0;

	for (i = 0; i < 2000; i++) {
		const char *s = seeds[i % COUNT(seeds)];
		size_t n = strlen(s) - next_random(&seed) % 5;
		char *copy = exact(s, n);

		for (k = i % 4; k > 0; k--)
			copy[next_random(&seed) % n] = bytes[next_random(&seed) % (sizeof bytes - 1)];
		refusal_read(&f, 500, "", (struct span){copy, n});
		bad += f.code == F_NONE || f.message[0] == '\0';
		free(copy);
	}
	ok(bad == 0, "broken bodies give a fault each");
	buf_init(&b, 1 << 20);
	while (b.len < 200000)
		buf_adds(&b, "<title>\xC3\xA9");
	reads(502, "", b.data, b.len, F_SERVER, NULL);
	buf_clear(&b);
	buf_adds(&b, "{\"error\":{\"message\":\"");
	while (b.len < 5000)
		buf_adds(&b, "\xE2\x82\xAC");
	buf_adds(&b, "\"}}");
	refusal_read(&f, 400, "", (struct span){b.data, b.len});
	ok(strlen(f.message) < FAULT_TEXT && span_utf8(f.message, strlen(f.message)) == strlen(f.message), "a long message is cut");
	reads(500, "", "a\0b", 3, F_SERVER, "500 neither JSON nor text (3 bytes)");
	reads(200, "", "{\"error\":{\"message\":\"a\\u0000b\"}}", 32, F_MODEL_ERROR, "a?b");
	buf_release(&b);
}

int main(void)
{
	test_shapes();
	test_signatures();
	test_signatures_elsewhere();
	test_statuses();
	test_is();
	test_hostile();
	return done();
}
