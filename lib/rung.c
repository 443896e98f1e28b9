/* rung.c - see rung.h. */
#include <string.h>

#include "rung.h"

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)
#define SUM "\"prompt\":\"What is 2 + 2?\",\"max_tokens\":32"
#define TOOLS "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"" LOOK_TOOL "\",\"description\":\"The weather in a city\"," \
	"\"parameters\":{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\"}},\"required\":[\"city\"]}}}]"
#define CALL "\"prompt\":\"What is the weather in Paris? Use the tool.\",\"max_tokens\":32," TOOLS
/* a message as OpenAI's servers answer it, handed back */
#define SAID "{\"role\":\"assistant\",\"content\":\"4\",\"refusal\":null,\"annotations\":[]}"
#define CALLED "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"call_1\",\"type\":\"function\"," \
	"\"function\":{\"name\":\"" LOOK_TOOL "\",\"arguments\":\"{\\\"city\\\":\\\"Paris\\\"}\"}}]}"
#define RESULT "{\"role\":\"tool\",\"tool_call_id\":\"call_1\",\"content\":\"Sunny, 21 degrees\"}"
#define USER(text) "{\"role\":\"user\",\"content\":" text "}"
/* LOOK_WORDS words and a few more: an empty prompt has no more than its template's tokens */
#define PARTS "[{\"type\":\"text\",\"text\":\"Repeat this word: " LOOK_WORD ". Say nothing else, since one word is enough.\"}," \
	"{\"type\":\"text\",\"text\":\"It is the name of a plant with small purple flowers that smell of vanilla, " \
	"and of the colour of those flowers, too; gardens in the south have many of them.\"}]"
/* a red square, 64 pixels wide: some servers refuse a smaller one */
#define IMAGE "[{\"type\":\"text\",\"text\":\"Which colour is this?\"},{\"type\":\"image_url\",\"image_url\":{\"url\":" \
	"\"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAEAAAABAAQMAAACQp+OdAAAAA1BMVEX/AAAZ4gk3AAAAD0lEQVR42mNgGAWjgHwAAAJAAAHgTR1EAAAAAElFTkSuQmCC\"}}]"

#define NO {NULL, NULL}

const struct rung rungs[RUNG_COUNT + 1] = {
	{"connect", "/health", NULL, RUNG_NEEDED, look_connect, {NO}, NO, NULL},
	{"/health", "/health", NULL, 0, look_health, {NO}, NO, NULL},
	{"/v1/models", "/v1/models", NULL, RUNG_MILD, look_models, {NO}, NO, NULL},
	/* OpenAI's newer models refuse max_tokens, Mistral's servers the other; then nothing at all is answered */
	{"chat", NULL, "{" SUM "}", RUNG_NEEDED, look_answer,
	    {{"maxTokensField", "max_completion_tokens"}, {"maxTokensField", "max_tokens"}}, NO,
	    "the smallest request fails: look at the server's own messages, or take another model"},
	{"system role", NULL, "{\"system\":\"Answer in digits.\"," SUM "}", RUNG_MILD, look_taken, {NO}, NO,
	    "this model takes no system text: write it into the prompt"},
	{"developer role", NULL, "{\"messages\":[{\"role\":\"developer\",\"content\":\"Answer in digits.\"}," USER("\"What is 2 + 2?\"") "],"
	    "\"max_tokens\":32}", 0, look_taken, {NO}, {"supportsDeveloperRole", "false"}, NULL},
	{"streaming", NULL, "{" SUM ",\"params\":{\"stream_options\":null}}", RUNG_STREAM, look_stream, {NO}, NO, "use --no-stream"},
	{"stream_options", NULL, "{" SUM "}", RUNG_STREAM, look_usage, {{"supportsUsageInStreaming", "false"}}, {"supportsUsageInStreaming", "false"}, NULL},
	/* two servers of three ignore max_completion_tokens, and write until the context is full (ENGINES 0.8) */
	{"token limit", NULL, "{\"prompt\":\"Count from 1 to 12, in digits: 1 2 3 4 5 6 7 8 9 10 11 12\",\"max_tokens\":" TEXT(LOOK_LIMIT) "}", 0, look_limit,
	    {{"maxTokensField", "max_tokens"}, {"maxTokensField", "max_completion_tokens"}}, NO, "no field limits the answer: a client has to stop reading"},
	{"temperature", NULL, "{" SUM ",\"temperature\":0.5}", 0, look_taken, {{"supportsTemperature", "false"}}, NO, NULL},
	{"stop", NULL, "{\"prompt\":\"Say: three four five six\",\"max_tokens\":32,\"stop\":[\"" LOOK_STOP "\"]}", RUNG_MILD, look_stop,
	    {NO}, NO, "leave out --stop"},
	{"seed", NULL, "{" SUM ",\"seed\":1}", RUNG_MILD, look_taken, {NO}, NO, "leave out --seed"},
	{"unknown fields", NULL, "{" SUM ",\"params\":{\"x_unknown\":1}}", RUNG_MILD, look_taken, {NO}, NO,
	    "only fields that it knows: mind --param and params"},
	{"message keys", NULL, "{\"messages\":[" USER("\"What is 2 + 2?\"") "," SAID "," USER("\"And 3 + 3?\"") "],\"max_tokens\":32}", 0, look_taken,
	    {{"strictMessageKeys", "true"}}, NO, NULL},
	{"reasoning", NULL, "{" SUM ",\"thinking\":\"low\"}", RUNG_THINKS, look_reasoning, {{"supportsReasoningEffort", "false"}}, NO,
	    "reasoning: false"},
	{"two at once", NULL, "{" SUM "}", RUNG_TWICE | RUNG_MILD, look_both, {NO}, NO, "one at a time: fb-send -j 1"},
	{"json_schema", NULL, "{\"prompt\":\"What is 2 + 2? Answer as JSON.\",\"max_tokens\":32,\"schema\":{\"type\":\"object\"," \
	    "\"properties\":{\"sum\":{\"type\":\"integer\"}},\"required\":[\"sum\"],\"additionalProperties\":false}}", RUNG_RISKY, look_schema,
	    {NO}, {"supportsJsonSchemaResponseFormat", "false"}, NULL},
	{"content parts", NULL, "{\"messages\":[" USER(PARTS) "],\"max_tokens\":32}", RUNG_RISKY | RUNG_COUNTS, look_parts,
	    {{"requiresStringContent", "true"}}, NO, NULL},
	{"tools", NULL, "{" CALL "}", RUNG_RISKY, look_tools, {{"supportsTools", "false"}}, {"supportsTools", "false"}, NULL},
	{"tools, streamed", NULL, "{" CALL "}", RUNG_RISKY | RUNG_STREAM, look_tools, {{"supportsTools", "false"}}, {"supportsTools", "false"}, NULL},
	{"tool history", NULL, "{\"messages\":[" USER("\"What is the weather in Paris?\"") "," CALLED "," RESULT "]," TOOLS ",\"max_tokens\":32}",
	    RUNG_RISKY, look_taken, {{"requiresToolResultName", "true"}, {"requiresAssistantAfterToolResult", "true"}}, {"supportsTools", "false"}, NULL},
	{"image", NULL, "{\"messages\":[" USER(IMAGE) "],\"max_tokens\":32}", RUNG_RISKY | RUNG_IMAGES, look_taken, {NO}, NO,
	    "input: [\"text\"] in the model's entry"},
	{"long prompt", NULL, NULL, RUNG_RISKY | RUNG_GROWS, look_long, {NO}, NO, NULL},
	{NULL, NULL, NULL, 0, NULL, {NO}, NO, NULL}
};

/* Past what a user may leave out or write otherwise: blanks, hyphens, commas. */
static const char *past_marks(const char *p)
{
	return p + strspn(p, " -_,");
}

static int same_name(const char *a, const char *b)
{
	for (;;) {
		a = past_marks(a);
		b = past_marks(b);
		if (*a != *b)
			return 0;
		if (*a == '\0')
			return 1;
		a++, b++;
	}
}

const struct rung *rung_find(const char *name)
{
	const struct rung *r;

	for (r = rungs; r->name != NULL; r++)
		if (same_name(r->name, name) || (r->name[0] == '/' && same_name(strrchr(r->name, '/') + 1, name)))
			return r;
	return NULL;
}
