#include "fault.h"
#include "help.h"
#include "tap.h"

/* DESIGN section 1: every code and whether it is worth a retry. */
static const struct {
	enum fault_code code;
	const char *name;
	int retryable;
} codes[] = {
	{F_CONFIG, "config", 0}, {F_MODEL_UNKNOWN, "model_unknown", 0}, {F_NO_API_KEY, "no_api_key", 0},
	{F_INPUT, "input", 0}, {F_CONNECT, "connect", 1}, {F_TLS, "tls", 0}, {F_TIMEOUT, "timeout", 1},
	{F_TRUNCATED, "truncated", 1}, {F_BAD_REPLY, "bad_reply", 0}, {F_AUTH, "auth", 0},
	{F_INSUFFICIENT_QUOTA, "insufficient_quota", 0}, {F_RATE_LIMIT, "rate_limit", 1},
	{F_OVERLOADED, "overloaded", 1}, {F_SERVER, "server", 1}, {F_INVALID_REQUEST, "invalid_request", 0},
	{F_MODEL_NOT_FOUND, "model_not_found", 0}, {F_CONTEXT_LENGTH_EXCEEDED, "context_length_exceeded", 0},
	{F_STRING_CONTENT, "string_content", 0}, {F_TOOLS_UNSUPPORTED, "tools_unsupported", 0},
	{F_MODEL_ERROR, "model_error", 1}, {F_CONTENT_FILTER, "content_filter", 0}, {F_EMPTY, "empty", 0},
	{F_TOOL_CALL, "tool_call", 0}, {F_LENGTH, "length", 0}, {F_EXTRACT, "extract", 0}, {F_SCHEMA, "schema", 0},
	{F_INTERRUPTED, "interrupted", 1}, {F_SKIPPED, "skipped", 1},
};

static void test_codes(void)
{
	char token[64];
	size_t i;
	int c;

	ok(COUNT(codes) == F_OTHER - 1, "every code of the design");
	for (i = 0; i < COUNT(codes); i++) {
		is(fault_name(codes[i].code), codes[i].name, codes[i].name);
		ok(fault_retryable(codes[i].code) == codes[i].retryable, "%s: retryable %d", codes[i].name, codes[i].retryable);
		snprintf(token, sizeof token, "\"%s\"", codes[i].name);
		ok(fault_find(json(token)) == codes[i].code, "%s is found", codes[i].name);
	}
	for (c = 0; c < F_COUNT; c++)
		ok(fault_name((enum fault_code)c) != NULL, "code %d has a name", c);
	ok(fault_find(json("\"from_the_future\"")) == F_OTHER && fault_find(json("\"\"")) == F_OTHER, "unknown codes");
	ok(fault_find(json("\"none\"")) == F_OTHER && fault_find(json("7")) == F_OTHER && fault_find(SPAN_NIL) == F_OTHER,
	    "no codes");
	ok(fault_find(json("\"rate\\u005flimit\"")) == F_RATE_LIMIT, "a code with an escape");
}

static void test_set(void)
{
	struct fault f;

	memset(&f, 'x', sizeof f);
	ok(fault_set(&f, F_TIMEOUT, "%s after %d s", "idle", 120) == -1, "fault_set returns -1");
	ok(f.code == F_TIMEOUT && f.status == 0 && f.phase == NULL && f.hint[0] == '\0', "and clears the rest");
	is(f.message, "idle after 120 s", "the message");
	fault_prefix(&f, "line 3: ");
	is(f.message, "line 3: idle after 120 s", "with a head");
	fault_prefix(&f, "");
	is(f.message, "line 3: idle after 120 s", "with none");
	fault_clear(&f);
	ok(f.code == F_NONE && f.message[0] == '\0', "cleared");
}

/* Texts of every length about the limit, of one character each: never half a character at the end. */
static void test_long(void)
{
	static const char *const characters[] = {"a", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"};
	struct fault f;
	struct buf b;
	size_t i, n, size, bad = 0;

	buf_init(&b, 10000);
	for (i = 0; i < COUNT(characters); i++)
		for (size = FAULT_TEXT - 10; size < FAULT_TEXT + 10; size++) {
			buf_clear(&b);
			while (b.len < size)
				buf_adds(&b, b.len < size % 5 ? "x" : characters[i]);
			fault_set(&f, F_INPUT, "%s", b.data);
			n = strlen(f.message);
			if (b.len < FAULT_TEXT)
				bad += strcmp(f.message, b.data) != 0;
			else
				bad += n >= FAULT_TEXT || n < FAULT_TEXT - 8 || strcmp(f.message + n - 3, "...") != 0 ||
				    span_utf8(f.message, n) != n || strncmp(f.message, b.data, n - 3) != 0;
		}
	ok(bad == 0, "long messages end with ... behind a whole character (%zu do not)", bad);
	buf_clear(&b);
	while (b.len < 1500)
		buf_adds(&b, "caf\xE9 ");
	fault_set(&f, F_INPUT, "%s", b.data);
	ok(strlen(f.message) > FAULT_TEXT - 8, "one that is no UTF-8 is not cut at its first bad byte");
	fault_set(&f, F_INPUT, "%s", "short");
	b.data[FAULT_TEXT - 3] = '\0';
	fault_prefix(&f, b.data);
	n = strlen(f.message);
	ok(n < FAULT_TEXT && n > FAULT_TEXT - 8 && strcmp(f.message + n - 3, "...") == 0, "a long head");
	buf_release(&b);
}

static void writes(const struct fault *f, const char *want, const char *name)
{
	struct buf out;

	buf_init(&out, 1 << 20);
	fault_write(&out, f, "send");
	is_buf(&out, want, name);
	buf_release(&out);
}

static void test_write(void)
{
	struct fault f, back;
	int again;

	fault_set(&f, F_RATE_LIMIT, "429 \"slow\"\n\xC3\xA9");
	writes(&f, "{\"code\":\"rate_limit\",\"message\":\"429 \\\"slow\\\"\\n\xC3\xA9\",\"stage\":\"send\",\"retryable\":true}",
	    "code, message, stage, retryable");
	f.status = 429;
	f.phase = "idle";
	snprintf(f.hint, sizeof f.hint, "a \"hint\"");
	writes(&f, "{\"code\":\"rate_limit\",\"message\":\"429 \\\"slow\\\"\\n\xC3\xA9\",\"stage\":\"send\",\"status\":429,"
	    "\"phase\":\"idle\",\"retryable\":true,\"hint\":\"a \\\"hint\\\"\"}", "status, phase and hint");
	fault_set(&f, F_INPUT, "bad \xFF byte \x01");
	writes(&f, "{\"code\":\"input\",\"message\":\"bad \xEF\xBF\xBD byte \\u0001\",\"stage\":\"send\",\"retryable\":false}",
	    "what is no UTF-8");
	fault_read(json("{\"code\":\"rate_limit\",\"message\":\"a\\nb\",\"status\":429,\"hint\":\"h\",\"stage\":\"send\"}"), &back, &again);
	ok(back.code == F_RATE_LIMIT && back.status == 429 && again == 1, "read back");
	is(back.message, "a\nb", "its message");
	is(back.hint, "h", "its hint");
}

static void test_read(void)
{
	static const struct { const char *json; enum fault_code code; int status, again; const char *message; } t[] = {
		{"{\"code\":\"server\"}", F_SERVER, 0, 1, ""},
		{"{\"code\":\"server\",\"retryable\":false}", F_SERVER, 0, 0, ""},
		{"{\"code\":\"input\",\"retryable\":true}", F_INPUT, 0, 1, ""},
		{"{\"code\":\"new\",\"message\":\"m\",\"retryable\":true}", F_OTHER, 0, 1, "m"},
		{"{\"code\":\"new\",\"message\":7,\"status\":\"x\"}", F_OTHER, 0, 0, ""},
		{"{\"code\":7,\"message\":{\"a\":1},\"hint\":[],\"status\":1.5}", F_OTHER, 0, 0, ""},
		{"{\"code\":\"auth\",\"message\":\"\",\"status\":4294967697}", F_AUTH, 0, 0, ""},
		{"{\"code\":\"auth\",\"message\":\"\",\"status\":-1}", F_AUTH, 0, 0, ""},
		{"{\"code\":\"auth\",\"message\":\"\\ud83d\",\"status\":401}", F_AUTH, 401, 0, "\xEF\xBF\xBD"},
		{"{}", F_OTHER, 0, 0, ""},
	};
	struct fault f;
	struct buf b;
	size_t i;
	int again;

	for (i = 0; i < COUNT(t); i++) {
		memset(&f, 'x', sizeof f);
		fault_read(json(t[i].json), &f, &again);
		ok(f.code == t[i].code && f.status == t[i].status && again == t[i].again, "%s", t[i].json);
		is(f.message, t[i].message, "its message");
		is(f.hint, "", "no hint");
	}
	buf_init(&b, 20000);
	buf_adds(&b, "{\"code\":\"input\",\"message\":\"");
	for (i = 0; i < 2000; i++)
		buf_adds(&b, "\\u00e9");
	buf_adds(&b, "\"}");
	fault_read(json(buf_text(&b)), &f, &again);
	ok(span_utf8(f.message, strlen(f.message)) == strlen(f.message) && strlen(f.message) > FAULT_TEXT - 8,
	    "a long message is cut");
	buf_release(&b);
}

static void test_tally(void)
{
	static const struct { const char *records; int status; } t[] = {
		{"", 2}, {"g", 0}, {"gggg", 0}, {"gb", 1}, {"bg", 1}, {"ga", 1}, {"b", 4}, {"bbb", 4}, {"a", 5}, {"ba", 5},
		{"abbb", 5}, {"abg", 1},
	};
	struct tally tally;
	const char *p;
	size_t i;

	for (i = 0; i < COUNT(t); i++) {
		memset(&tally, 0, sizeof tally);
		for (p = t[i].records; *p != '\0'; p++)
			tally_add(&tally, *p == 'g', *p != 'b');
		ok(tally_status(&tally) == t[i].status, "records '%s': status %d", t[i].records, t[i].status);
		ok(tally.good + tally.bad == (long)strlen(t[i].records), "counted");
	}
}

int main(void)
{
	test_codes();
	test_set();
	test_long();
	test_write();
	test_read();
	test_tally();
	return done();
}
