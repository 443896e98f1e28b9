/* mengine.c - see mengine.h.  Sources: ENGINES 1 and 2, and the replies of ENGINES 3. */
#include <stddef.h>

#include "mengine.h"
#include "msse.h"

#define JSON "application/json"
#define JSON_UTF8 "application/json; charset=utf-8"
#define TEXT "text/plain; charset=utf-8"
#define CHAT "/v1/chat/completions"
#define MODELS(owner) "{\"object\":\"list\",\"data\":[{\"id\":$m,\"object\":\"model\"," \
	"\"created\":$t,\"owned_by\":\"" owner "\"}]}"
#define OK_PAGE "{\"status\":\"ok\"}"

/* OpenAI's order of members, which most follow. */
#define OPENAI_WHOLE "{\"id\":$i,\"object\":\"chat.completion\",\"created\":$t,\"model\":$m," \
	"\"choices\":[$c],\"usage\":$u}"
#define OPENAI_CHUNK "{\"id\":$i,\"object\":\"chat.completion.chunk\",\"created\":$t,\"model\":$m," \
	"\"choices\":[$c]$e}"
#define OPENAI_USAGE "{\"prompt_tokens\":$p,\"completion_tokens\":$q,\"total_tokens\":$s}"
#define OPENAI_CALL "{\"id\":$j,\"type\":\"function\",\"function\":{\"name\":$a,\"arguments\":$b}}"
#define OPENAI_ERROR "{\"error\":{\"message\":$m,\"type\":$y,\"param\":$p,\"code\":$c}}"
#define PLAIN_CHOICE "{\"index\":$n,\"message\":{\"role\":\"assistant\",\"content\":$x$r$k}$l," \
	"\"finish_reason\":$f}"
#define PLAIN_PART "{\"index\":$n,\"delta\":$d$l,\"finish_reason\":$f}"
#define ROLE_EMPTY "{\"role\":\"assistant\",\"content\":\"\"}"
#define INVALID "invalid_request_error"

static const struct mpage usual_pages[] = {
	{"POST", CHAT, NULL, NULL},
	{"GET", "/v1/models", NULL, MODELS("fb-mock")},
	{"GET", "/health", NULL, OK_PAGE},
	{NULL, NULL, NULL, NULL}
};

/* --- echo: takes everything that a chat request may hold, and refuses as OpenAI does */

static const struct mchat_form echo_form = {
	.whole = OPENAI_WHOLE, .choice = PLAIN_CHOICE, .chunk = OPENAI_CHUNK, .part = PLAIN_PART,
	.id = "chatcmpl-$o", .call_id = "call_$o_$w", .call = OPENAI_CALL, .usage = OPENAI_USAGE,
	.first_delta = ROLE_EMPTY, .counted = ",\"usage\":$u", .reasoning = "reasoning_content",
	.logprob = "\"token\":$x,\"logprob\":-0.25,\"bytes\":[$h]",
	.no_text = "null", .more = "cache-control: no-cache\r\n", .how = MCHAT_NO_ARGS_FIRST,
};
static const struct mrule echo_rules[] = {
	{MWRONG_JSON, 400, INVALID, NULL, NULL, "the body is not JSON: $w at byte $b"},
	{MWRONG_OBJECT, 400, INVALID, NULL, NULL, "the body is not a JSON object"},
	{MWRONG_NO_MESSAGES, 400, INVALID, "messages", NULL, "'messages' is missing"},
	{MWRONG_MESSAGES, 400, INVALID, "messages", NULL, "'messages' is not an array"},
	{MWRONG_NONE, 0, NULL, NULL, NULL, NULL}
};
static const struct mread echo_read = {echo_rules, NULL, 0};

/* --- inferrs */

static const struct mserde_field seed_message[] = {
	{"role", SERDE_ROLE, 1},
	{"content", SERDE_STRING, 1},
	{NULL, SERDE_STRING, 0},
};
static const struct mserde_field seed_request[] = {
	{"model", SERDE_STRING, 0},
	{"messages", SERDE_MESSAGES, 1},
	{"temperature", SERDE_FLOAT, 0},
	{"top_p", SERDE_FLOAT, 0},
	{"top_k", SERDE_UNSIGNED, 0},
	{"max_tokens", SERDE_UNSIGNED, 0},
	{"max_completion_tokens", SERDE_UNSIGNED, 0},
	{"stream", SERDE_BOOL, 0},
	{"repetition_penalty", SERDE_FLOAT, 0},
	{NULL, SERDE_STRING, 0},
};
static const char *const seed_roles[] = {"system", "user", "assistant", NULL};
/* Until 2026-04-09: ENGINES 1, "At the time of the seed's doc". */
static const struct mserde seed = {
	"ChatCompletionRequest", "ChatMessage", seed_request, seed_message, NULL, seed_roles
};

static const struct mserde_field now_part[] = {
	{"type", SERDE_STRING, 1},
	{"text", SERDE_STRING, 0},
	{"image_url", SERDE_ANY, 0},
	{NULL, SERDE_STRING, 0},
};
static const struct mserde_field now_message[] = {
	{"role", SERDE_ROLE, 1},
	{"content", SERDE_CONTENT, 0},
	{"tool_calls", SERDE_ANY, 0},
	{"tool_call_id", SERDE_STRING, 0},
	{NULL, SERDE_STRING, 0},
};
static const struct mserde_field now_request[] = {
	{"model", SERDE_STRING, 0},
	{"messages", SERDE_MESSAGES, 1},
	{"temperature", SERDE_FLOAT, 0},
	{"top_p", SERDE_FLOAT, 0},
	{"min_p", SERDE_FLOAT, 0},
	{"frequency_penalty", SERDE_FLOAT, 0},
	{"presence_penalty", SERDE_FLOAT, 0},
	{"repetition_penalty", SERDE_FLOAT, 0},
	{"top_k", SERDE_UNSIGNED, 0},
	{"repeat_last_n", SERDE_UNSIGNED, 0},
	{"max_tokens", SERDE_UNSIGNED, 0},
	{"max_completion_tokens", SERDE_UNSIGNED, 0},
	{"seed", SERDE_UNSIGNED, 0},
	{"stop", SERDE_STOP, 0},
	{"logprobs", SERDE_BOOL, 0},
	{"top_logprobs", SERDE_BYTE, 0},
	{"logit_bias", SERDE_MAP, 0},
	{"tools", SERDE_ANY, 0},
	{"tool_choice", SERDE_ANY, 0},
	{"response_format", SERDE_MAP, 0},
	{"stream", SERDE_BOOL, 0},
	{NULL, SERDE_STRING, 0},
};
static const char *const now_roles[] = {"system", "user", "assistant", "tool", "function", NULL};
static const struct mserde now = {
	"ChatCompletionRequest", "ChatMessage", now_request, now_message, now_part, now_roles
};

#define INFERRS_HEADERS "access-control-allow-origin: *\r\n" \
	"vary: origin, access-control-request-method, access-control-request-headers\r\n" \
	"access-control-expose-headers: *\r\n"

static const struct mpage seed_pages[] = {
	{"POST", CHAT, NULL, NULL},
	{"GET", "/v1/models", NULL, MODELS("inferrs")},
	{"GET", "/health", NULL, OK_PAGE},
	{NULL, NULL, NULL, NULL}
};
static const struct mpage inferrs_pages[] = {
	{"POST", CHAT, NULL, NULL},
	{"GET", "/v1/models", NULL, MODELS("inferrs (loaded)")},
	{"GET", "/health", NULL, OK_PAGE},
	{NULL, NULL, NULL, NULL}
};
static const struct mchat_form inferrs_form = {
	.whole = OPENAI_WHOLE, .choice = PLAIN_CHOICE, .chunk = OPENAI_CHUNK, .part = PLAIN_PART,
	.id = "chatcmpl-00000000-0000-4000-8000-$z", .call_id = "call_$w", .call = OPENAI_CALL,
	.usage = OPENAI_USAGE, .first_delta = "{\"role\":\"assistant\"}",
	.reasoning = "reasoning_content", .logprob = "\"token\":$x,\"logprob\":-0.25,\"bytes\":[$h]",
	.no_text = "\"\"", .more = "cache-control: no-cache\r\n",
	.how = MCHAT_WHOLE_NO_REASONING | MCHAT_NO_ARGS_FIRST,
};

/* --- llama.cpp */

#define LLAMA_CHOICE "{\"finish_reason\":$f,\"index\":$n,\"message\":{\"role\":\"assistant\"," \
	"\"content\":$x$r$k}$l}"
#define LLAMA_PART "{\"finish_reason\":$f,\"index\":$n,\"delta\":$d$l}"
#define LLAMA_WHOLE "{\"choices\":[$c],\"created\":$t,\"model\":$m,\"system_fingerprint\":\"b0-unknown\"," \
	"\"object\":\"chat.completion\",\"usage\":$u,\"id\":$i,\"timings\":$g}"
#define LLAMA_CHUNK "{\"choices\":[$c],\"created\":$t,\"id\":$i,\"model\":$m," \
	"\"system_fingerprint\":\"b0-unknown\",\"object\":\"chat.completion.chunk\"$e}"
#define LLAMA_CALL "{\"type\":\"function\",\"function\":{\"name\":$a,\"arguments\":$b},\"id\":$j}"
#define LLAMA_COUNTS "\"completion_tokens\":$q,\"prompt_tokens\":$p,\"total_tokens\":$s"
#define LLAMA_TIMINGS "\"prompt_n\":$p,\"prompt_ms\":1.0,\"prompt_per_token_ms\":1.0," \
	"\"prompt_per_second\":1000.0,\"predicted_n\":$q,\"predicted_ms\":1.0," \
	"\"predicted_per_token_ms\":1.0,\"predicted_per_second\":1000.0}"
#define LLAMA_LOGPROB "\"id\":0,\"token\":$x,\"bytes\":[$h],\"logprob\":-0.25"
#define LLAMA_ERROR "{\"error\":{\"code\":$s,\"message\":$m,\"type\":$y}}"
#define LLAMA_HEADERS "server: llama.cpp\r\naccess-control-allow-origin: \r\n"
#define LLAMA_MODEL "{\"id\":$m,"
#define LLAMA_META "\"meta\":{\"vocab_type\":1,\"n_vocab\":32000,"
#define LLAMA_NLOHMANN "[json.exception.parse_error.101] parse error at line $l, column $c: " \
	"syntax error while parsing value - "

static const struct mchat_form llama_form = {
	.whole = LLAMA_WHOLE, .choice = LLAMA_CHOICE, .chunk = LLAMA_CHUNK, .part = LLAMA_PART,
	.id = "chatcmpl-00000000000000000000$z", .call_id = "000000000000000000$z$w_",
	.call = LLAMA_CALL, .usage = "{" LLAMA_COUNTS ",\"prompt_tokens_details\":{\"cached_tokens\":0}}",
	.timings = "{\"cache_n\":0," LLAMA_TIMINGS,
	.first_delta = "{\"role\":\"assistant\",\"content\":null}",
	.last = ",\"timings\":$g", .counted = ",\"usage\":$u,\"timings\":$g",
	.reasoning = "reasoning_content", .logprob = LLAMA_LOGPROB, .no_text = "null",
	.more = "x-accel-buffering: no\r\n", .how = MCHAT_LAST_FIRST,
};
static const struct mpage llama_pages[] = {
	{"POST", CHAT, NULL, NULL},
	{"POST", "/chat/completions", NULL, NULL},
	{"GET", "/v1/models", NULL, "{\"models\":[{\"name\":$m,\"model\":$m,\"modified_at\":\"\",\"size\":\"\","
	    "\"digest\":\"\",\"type\":\"model\",\"description\":\"\",\"tags\":[\"\"],\"capabilities\":[\"completion\"],"
	    "\"parameters\":\"\",\"details\":{\"parent_model\":\"\",\"format\":\"gguf\",\"family\":\"\","
	    "\"families\":[\"\"],\"parameter_size\":\"\",\"quantization_level\":\"\"}}],\"object\":\"list\",\"data\":["
	    LLAMA_MODEL "\"aliases\":[$m],\"tags\":[],\"object\":\"model\",\"created\":$t,\"owned_by\":\"llamacpp\","
	    LLAMA_META "\"n_ctx\":4096,\"n_ctx_train\":4096,\"n_embd\":64,\"n_params\":4178240,\"size\":16712960,"
	    "\"ftype\":\"all F32\"}}]}"},
	{"GET", "/health", NULL, OK_PAGE},
	{"GET", "/v1/health", NULL, OK_PAGE},
	{NULL, NULL, NULL, NULL}
};
static const struct mrule llama_rules[] = {
	{MWRONG_JSON, 500, "server_error", NULL, NULL, LLAMA_NLOHMANN "$w"},
	{MWRONG_SURROGATE, 500, "server_error", NULL, NULL, LLAMA_NLOHMANN
	    "invalid string: surrogate U+D800..U+DBFF must be followed by U+DC00..U+DFFF"},
	{MWRONG_OBJECT, 400, INVALID, NULL, NULL, "'messages' is required"},
	{MWRONG_NO_MESSAGES, 400, INVALID, NULL, NULL, "'messages' is required"},
	{MWRONG_MESSAGES, 400, INVALID, NULL, NULL, "Expected 'messages' to be an array"},
	{MWRONG_NO_ROLE, 500, "server_error", NULL, NULL, "Missing 'role' in message"},
	{MWRONG_CONTENT, 400, INVALID, NULL, NULL, "Expected 'content' to be a string or an array"},
	{MWRONG_NO_CONTENT, 400, INVALID, NULL, NULL,
	    "Assistant message must contain either 'content' or 'tool_calls'!"},
	{MWRONG_IMAGE, 500, "server_error", NULL, NULL,
	    "image input is not supported - hint: if this is unexpected, you may need to provide the mmproj"},
	{MWRONG_PART, 400, INVALID, NULL, NULL, "unsupported content[].type"},
	{MWRONG_LIMIT, 400, INVALID, NULL, NULL,
	    "Field 'max_tokens': Value must be between -1 <= value <= 2147483647, but got $v"},
	{MWRONG_TEMPERATURE, 400, INVALID, NULL, NULL,
	    "Field 'temperature': [json.exception.type_error.302] type must be number, but is $k"},
	{MWRONG_NONE, 0, NULL, NULL, NULL, NULL}
};
static const struct mread llama_read = {llama_rules, NULL, 0};
#define LLAMA_FILE {MWRONG_NO_PATH, 404, "not_found_error", NULL, NULL, "File Not Found"}
static const struct mstop llama_no_path = {
	LLAMA_FILE, "{\"error\":{\"message\":$m,\"type\":$y,\"code\":$s}}"
};

/* 2025-02 */
static const struct mchat_form old_form = {
	.whole = LLAMA_WHOLE, .choice = LLAMA_CHOICE, .chunk = LLAMA_CHUNK, .part = LLAMA_PART,
	.id = "chatcmpl-00000000000000000000$z", .call_id = "", .call = LLAMA_CALL,
	.usage = "{" LLAMA_COUNTS "}", .timings = "{" LLAMA_TIMINGS,
	.last = ",\"usage\":$u,\"timings\":$g", .logprob = LLAMA_LOGPROB, .no_text = "null",
};
static const struct mpage old_pages[] = {
	{"POST", CHAT, NULL, NULL},
	{"POST", "/chat/completions", NULL, NULL},
	{"GET", "/v1/models", NULL, "{\"object\":\"list\",\"data\":[" LLAMA_MODEL "\"object\":\"model\","
	    "\"created\":$t,\"owned_by\":\"llamacpp\"," LLAMA_META
	    "\"n_ctx_train\":4096,\"n_embd\":64,\"n_params\":4178240,\"size\":16712960}}]}"},
	{"GET", "/health", NULL, OK_PAGE},
	{NULL, NULL, NULL, NULL}
};
#define OLD_ISSUE " (ref: https://github.com/ggml-org/llama.cpp/issues/8367); messages = $a"
#define OLD_RULES \
	{MWRONG_JSON, 500, "server_error", NULL, NULL, LLAMA_NLOHMANN "$w"}, \
	{MWRONG_SURROGATE, 500, "server_error", NULL, NULL, LLAMA_NLOHMANN \
	    "invalid string: surrogate U+D800..U+DBFF must be followed by U+DC00..U+DFFF"}, \
	{MWRONG_OBJECT, 500, "server_error", NULL, NULL, "[json.exception.type_error.305] " \
	    "cannot use operator[] with a string argument with $k"}, \
	{MWRONG_NO_MESSAGES, 500, "server_error", NULL, NULL, \
	    "[json.exception.out_of_range.403] key 'messages' not found"}, \
	{MWRONG_MESSAGES, 500, "server_error", NULL, NULL, \
	    "Failed to parse messages: Expected 'messages' to be an array, got $v" OLD_ISSUE}, \
	{MWRONG_NO_ROLE, 500, "server_error", NULL, NULL, \
	    "Failed to parse messages: Missing 'role' in message: $v" OLD_ISSUE}, \
	{MWRONG_CONTENT, 500, "server_error", NULL, NULL, \
	    "Failed to parse messages: Invalid 'content' type: expected string or array, got $v" OLD_ISSUE}, \
	{MWRONG_NO_CONTENT, 500, "server_error", NULL, NULL, \
	    "Failed to parse messages: Expected 'content'" OLD_ISSUE}, \
	{MWRONG_IMAGE, 500, "server_error", NULL, NULL, \
	    "Failed to parse messages: unsupported content part type: $v" OLD_ISSUE}, \
	{MWRONG_PART, 500, "server_error", NULL, NULL, \
	    "Failed to parse messages: unsupported content part type: $v" OLD_ISSUE}, \
	{MWRONG_CHOICES, 500, "server_error", NULL, NULL, "Only one completion choice is allowed"}
static const struct mrule old_rules[] = {
	OLD_RULES,
	{MWRONG_TOOLS_STREAM, 500, "server_error", NULL, NULL, "Cannot use tools with stream"},
	{MWRONG_NONE, 0, NULL, NULL, NULL, NULL}
};
static const struct mread old_read = {old_rules, NULL, 0};
static const struct mrule jinja_rules[] = {
	OLD_RULES,
	{MWRONG_TOOLS, 500, "server_error", NULL, NULL, "tools param requires --jinja flag"},
	{MWRONG_NONE, 0, NULL, NULL, NULL, NULL}
};
static const struct mread jinja_read = {jinja_rules, NULL, 0};
static const struct mstop old_no_path = {LLAMA_FILE, NULL};

/* 2024: what it doesn't know kills it */
#define FIRST_WHOLE "{\"choices\":[$c],\"created\":$t,\"model\":$m,\"object\":\"chat.completion\"," \
	"\"usage\":$u,\"id\":$i}"
#define FIRST_CHOICE "{\"finish_reason\":$f,\"index\":$n,\"message\":{\"content\":$x,\"role\":\"assistant\"}}"
#define FIRST_CHUNK "{\"choices\":[$c],\"created\":$t,\"id\":$i,\"model\":$m," \
	"\"object\":\"chat.completion.chunk\"$e}"
#define FIRST_FORM .whole = FIRST_WHOLE, .choice = FIRST_CHOICE, .chunk = FIRST_CHUNK, .part = LLAMA_PART, \
	.id = "chatcmpl-00000000000000000000$z", .call_id = "", .call = LLAMA_CALL, \
	.usage = "{" LLAMA_COUNTS "}", .no_text = "\"\"", .sse = MSSE_NO_DONE, .how = MCHAT_WHOLE_STOPS
static const struct mchat_form july_form = {FIRST_FORM, .last = ",\"usage\":$u"};
static const struct mchat_form april_form = {FIRST_FORM};
static const struct mpage first_pages[] = {
	{"POST", CHAT, NULL, NULL},
	{"GET", "/v1/models", NULL, "{\"object\":\"list\",\"data\":[" LLAMA_MODEL "\"object\":\"model\","
	    "\"created\":$t,\"owned_by\":\"llamacpp\"," LLAMA_META
	    "\"n_ctx_train\":4096,\"n_embd\":64,\"n_params\":4178240,\"size\":16712960}}]}"},
	{"GET", "/health", JSON, "{\"status\":\"ok\",\"slots_idle\":2,\"slots_processing\":0}"},
	{NULL, NULL, NULL, NULL}
};
#define DIES(what) {what, 0, NULL, NULL, NULL, NULL}
#define FIRST_DIES DIES(MWRONG_JSON), DIES(MWRONG_SURROGATE), DIES(MWRONG_OBJECT), \
	DIES(MWRONG_NO_MESSAGES), DIES(MWRONG_MESSAGES), DIES(MWRONG_TOOLS)
static const struct mrule july_rules[] = {
	FIRST_DIES, DIES(MWRONG_CHOICES), DIES(MWRONG_NONE)
};
static const struct mread july_read = {july_rules, NULL, 1};
static const struct mrule april_rules[] = {
	FIRST_DIES, DIES(MWRONG_PARTS), DIES(MWRONG_NONE)
};
static const struct mread april_read = {april_rules, NULL, 0};

/* --- llamafile 0.9: every refusal is a line of text */

static const struct mrule llamafile_rules[] = {
	{MWRONG_JSON, 400, NULL, NULL, NULL, "$w"},
	{MWRONG_OBJECT, 400, NULL, NULL, NULL, "JSON body must be an object"},
	{MWRONG_NO_MODEL, 400, NULL, NULL, NULL, "JSON missing model string"},
	{MWRONG_NO_MESSAGES, 400, NULL, NULL, NULL, "JSON missing messages array"},
	{MWRONG_MESSAGES, 400, NULL, NULL, NULL, "JSON missing messages array"},
	{MWRONG_EMPTY, 400, NULL, NULL, NULL, "JSON messages array is empty"},
	{MWRONG_MESSAGE, 400, NULL, NULL, NULL, "messages array must hold objects"},
	{MWRONG_NO_ROLE, 400, NULL, NULL, NULL, "message must have string role"},
	{MWRONG_ROLE, 400, NULL, NULL, NULL, "message role not system user assistant"},
	{MWRONG_CONTENT, 400, NULL, NULL, NULL, "message must have string content"},
	{MWRONG_NO_CONTENT, 400, NULL, NULL, NULL, "message must have string content"},
	{MWRONG_TOOLS, 400, NULL, NULL, NULL, "OpenAI tools field not supported yet"},
	{MWRONG_NONE, 0, NULL, NULL, NULL, NULL}
};
static const struct mread llamafile_read = {llamafile_rules, seed_roles, 0};
static const struct mstop llamafile_no_path = {
	{MWRONG_NO_PATH, 404, NULL, NULL, NULL, "Not Found"}, NULL
};

/* --- OpenAI */

static const struct mchat_form openai_form = {
	.whole = OPENAI_WHOLE,
	.choice = "{\"index\":$n,\"message\":{\"role\":\"assistant\",\"content\":$x,\"refusal\":null$r$k},"
	    "\"logprobs\":$v,\"finish_reason\":$f}",
	.chunk = OPENAI_CHUNK, .part = "{\"index\":$n,\"delta\":$d,\"logprobs\":$v,\"finish_reason\":$f}",
	.id = "chatcmpl-$z", .call_id = "call_$z_$w", .call = OPENAI_CALL, .usage = OPENAI_USAGE,
	.first_delta = ROLE_EMPTY, .counted = ",\"usage\":$u", .uncounted = ",\"usage\":null",
	.reasoning = "reasoning_content", .logprob = "\"token\":$x,\"logprob\":-0.25,\"bytes\":[$h]",
	.no_text = "null", .more = "cache-control: no-cache\r\n", .how = MCHAT_NO_ARGS_FIRST,
};
static const char *const openai_roles[] = {
	"system", "assistant", "user", "function", "tool", "developer", NULL
};
static const struct mrule openai_rules[] = {
	{MWRONG_NO_KEY, 401, INVALID, NULL, NULL, "You didn't provide an API key. You need to provide your "
	    "API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY)."},
	{MWRONG_BAD_KEY, 401, INVALID, NULL, "invalid_api_key", "Incorrect API key provided."},
	{MWRONG_JSON, 400, INVALID, NULL, NULL, "We could not parse the JSON body of your request: "
	    "$w at line $l column $c."},
	{MWRONG_OBJECT, 400, INVALID, NULL, NULL, "We could not parse the JSON body of your request: "
	    "it is no object."},
	{MWRONG_NO_MODEL, 400, INVALID, NULL, NULL, "you must provide a model parameter"},
	{MWRONG_MODEL, 404, INVALID, NULL, "model_not_found",
	    "The model `$m` does not exist or you do not have access to it."},
	{MWRONG_NO_MESSAGES, 400, INVALID, "messages", "missing_required_parameter",
	    "Missing required parameter: 'messages'."},
	{MWRONG_MESSAGES, 400, INVALID, "messages", "invalid_type",
	    "Invalid type for 'messages': expected an array of objects, but got a $k instead."},
	{MWRONG_EMPTY, 400, INVALID, "messages", "empty_array", "Invalid 'messages': empty array. "
	    "Expected an array with minimum length 1, but got an empty array instead."},
	{MWRONG_MESSAGE, 400, INVALID, "messages[$i]", "invalid_type",
	    "Invalid type for 'messages[$i]': expected an object, but got a $k instead."},
	{MWRONG_NO_ROLE, 400, INVALID, "messages[$i].role", "missing_required_parameter",
	    "Missing required parameter: 'messages[$i].role'."},
	{MWRONG_ROLE, 400, INVALID, "messages[$i].role", "invalid_value", "Invalid value: $v. Supported "
	    "values are: 'system', 'assistant', 'user', 'function', 'tool', and 'developer'."},
	{MWRONG_CONTENT, 400, INVALID, "messages[$i].content", "invalid_type", "Invalid type for "
	    "'messages[$i].content': expected one of a string or array of objects, but got a $k instead."},
	{MWRONG_NO_CONTENT, 400, INVALID, "messages[$i].content", NULL,
	    "Invalid value for 'content': expected a string, got null."},
	{MWRONG_PART, 400, INVALID, "messages[$i].content", "invalid_value", "Invalid value: $v. Supported "
	    "values are: 'text', 'image_url', 'input_audio', 'refusal', and 'file'."},
	{MWRONG_MAX_TOKENS, 400, INVALID, "max_tokens", "unsupported_parameter", "Unsupported parameter: "
	    "'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."},
	{MWRONG_LIMIT, 400, INVALID, "max_tokens", "integer_below_min_value", "Invalid 'max_tokens': integer "
	    "below minimum value. Expected a value >= 1, but got $v instead."},
	{MWRONG_TEMPERATURE, 400, INVALID, "temperature", "invalid_type",
	    "Invalid type for 'temperature': expected a decimal, but got a $k instead."},
	{MWRONG_NONE, 0, NULL, NULL, NULL, NULL}
};
static const struct mread openai_read = {openai_rules, openai_roles, 0};
static const struct mstop openai_no_path = {
	{MWRONG_NO_PATH, 404, INVALID, NULL, NULL, "Invalid URL ($p)"}, NULL
};
#define OPENAI_HEADERS "openai-version: 2020-10-01\r\nopenai-processing-ms: 1\r\n" \
	"x-ratelimit-limit-requests: 10000\r\nx-ratelimit-remaining-requests: 9999\r\n" \
	"x-ratelimit-reset-requests: 6ms\r\nx-ratelimit-limit-tokens: 200000\r\n" \
	"x-ratelimit-remaining-tokens: 199000\r\nx-ratelimit-reset-tokens: 6m0s\r\n"
static const struct mpage openai_pages[] = {
	{"POST", CHAT, NULL, NULL},
	{"GET", "/v1/models", NULL, MODELS("openai")},
	{"GET", "/health", NULL, OK_PAGE},	/* not OpenAI's; scripts wait for it */
	{NULL, NULL, NULL, NULL}
};

/* --- Ollama's /v1 */

static const struct mchat_form ollama_form = {
	.whole = "{\"id\":$i,\"object\":\"chat.completion\",\"created\":$t,\"model\":$m,"
	    "\"system_fingerprint\":\"fp_ollama\",\"choices\":[$c],\"usage\":$u}",
	.choice = PLAIN_CHOICE,
	.chunk = "{\"id\":$i,\"object\":\"chat.completion.chunk\",\"created\":$t,\"model\":$m,"
	    "\"system_fingerprint\":\"fp_ollama\",\"choices\":[$c]$e}",
	.part = PLAIN_PART, .id = "chatcmpl-$y", .call_id = "call_$z$w", .call = OPENAI_CALL,
	.usage = OPENAI_USAGE, .counted = ",\"usage\":$u", .reasoning = "reasoning",
	.first_delta = ROLE_EMPTY, .no_text = "\"\"", .sse = MSSE_WHOLE_CALL,
};
static const struct mrule ollama_rules[] = {
	{MWRONG_JSON, 400, INVALID, NULL, NULL, "invalid JSON: $w"},
	{MWRONG_OBJECT, 400, INVALID, NULL, NULL,
	    "json: cannot unmarshal $k into Go value of type openai.ChatCompletionRequest"},
	{MWRONG_MODEL, 404, "not_found_error", NULL, NULL, "model '$m' not found"},
	{MWRONG_NO_MESSAGES, 400, INVALID, NULL, NULL, "[] is too short - 'messages'"},
	{MWRONG_MESSAGES, 400, INVALID, NULL, NULL, "json: cannot unmarshal $k into Go struct field "
	    "ChatCompletionRequest.messages of type []openai.Message"},
	{MWRONG_EMPTY, 400, INVALID, NULL, NULL, "[] is too short - 'messages'"},
	{MWRONG_MESSAGE, 400, INVALID, NULL, NULL, "json: cannot unmarshal $k into Go struct field "
	    "ChatCompletionRequest.messages of type openai.Message"},
	{MWRONG_CONTENT, 400, INVALID, NULL, NULL, "invalid message content type: $k"},
	{MWRONG_NO_CONTENT, 400, INVALID, NULL, NULL, "invalid message content type: <nil>"},
	{MWRONG_PART, 400, INVALID, NULL, NULL, "invalid message format"},
	{MWRONG_TEMPERATURE, 400, INVALID, NULL, NULL, "json: cannot unmarshal $k into Go struct field "
	    "ChatCompletionRequest.temperature of type float64"},
	{MWRONG_NONE, 0, NULL, NULL, NULL, NULL}
};
static const struct mread ollama_read = {ollama_rules, NULL, 0};
static const struct mstop ollama_no_path = {
	{MWRONG_NO_PATH, 404, NULL, NULL, NULL, "404 page not found"}, NULL
};
static const struct mpage ollama_pages[] = {
	{"POST", CHAT, NULL, NULL},
	{"GET", "/v1/models", NULL, MODELS("library")},
	{"GET", "/", TEXT, "Ollama is running"},
	{"GET", "/health", NULL, OK_PAGE},	/* not Ollama's; scripts wait for it */
	{"GET", "/api/version", NULL, "{\"version\":\"0.13.0\"}"},
	{NULL, NULL, NULL, NULL}
};

#define LIMITS (MENGINE_MAX_TOKENS | MENGINE_MAX_COMPLETION | MENGINE_STOP)
#define FIRST_LLAMA LLAMA_HEADERS, JSON_UTF8, first_pages
#define LLAMA_LIMITS (MENGINE_MAX_TOKENS | MENGINE_STOP)

const struct mprofile mengines[] = {
	{"echo", NULL, JSON, usual_pages, &echo_form, OPENAI_ERROR, &echo_read, NULL, NULL,
	    &mgates_openai, LIMITS | MENGINE_CHOICES, 0, 0},
	{"strict-string", INFERRS_HEADERS, JSON, seed_pages, &inferrs_form, NULL, NULL, &seed, NULL,
	    &mgates_inferrs, MENGINE_NAMED | MENGINE_MAX_TOKENS | MENGINE_MAX_COMPLETION, 0, 0},
	{"inferrs", INFERRS_HEADERS, JSON, inferrs_pages, &inferrs_form, NULL, NULL, &now, NULL,
	    &mgates_inferrs, MENGINE_NAMED | LIMITS, 0, 0},
	{"no-tools=llamafile", NULL, JSON, usual_pages, &echo_form, NULL, &llamafile_read, NULL,
	    &llamafile_no_path, &mgates_llamafile, LIMITS, 1, 0},
	{"no-tools=jinja", LLAMA_HEADERS, JSON_UTF8, old_pages, &old_form, LLAMA_ERROR, &jinja_read, NULL,
	    &old_no_path, &mgates_llama_2025, LLAMA_LIMITS, 0, 0},
	{"no-tools=crash", FIRST_LLAMA, &april_form, LLAMA_ERROR, &april_read, NULL,
	    &old_no_path, &mgates_llama_2024, LLAMA_LIMITS, 0, 0},
	{"silent-drop", FIRST_LLAMA, &july_form, LLAMA_ERROR, &july_read, NULL,
	    &old_no_path, &mgates_llama_2024, LLAMA_LIMITS, 0, 0},
	{"llamacpp", LLAMA_HEADERS, JSON_UTF8, llama_pages, &llama_form, LLAMA_ERROR, &llama_read, NULL,
	    &llama_no_path, &mgates_llama, MENGINE_NAMED | LIMITS | MENGINE_CHOICES, 0, 30000},
	{"llamacpp=old", LLAMA_HEADERS, JSON_UTF8, old_pages, &old_form, LLAMA_ERROR, &old_read, NULL,
	    &old_no_path, &mgates_llama_2025, LLAMA_LIMITS, 0, 0},
	{"openai", OPENAI_HEADERS, JSON, openai_pages, &openai_form, OPENAI_ERROR, &openai_read, NULL,
	    &openai_no_path, &mgates_openai, MENGINE_SERVES_ONE | LIMITS | MENGINE_CHOICES | MENGINE_REQUEST_ID, 0, 0},
	{"ollama", NULL, JSON, ollama_pages, &ollama_form, OPENAI_ERROR, &ollama_read, NULL,
	    &ollama_no_path, &mgates_ollama, MENGINE_SERVES_ONE | MENGINE_MAX_TOKENS | MENGINE_STOP, 0, 0},
	{NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, 0}
};
