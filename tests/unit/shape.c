#include "help.h"
#include "shape.h"
#include "tap.h"

static const struct shape_options plain = {.stream = -1};

#define ROUTE "{\"ref\":\"p/m\",\"model\":\"google/m\",\"baseUrl\":\"http://h/v1\",\"name\":\"N\""
#define KEPT "\"route\":{\"ref\":\"p/m\",\"model\":\"google/m\",\"baseUrl\":\"http://h/v1\"}"

/* The request record of an input for a route, or "FAULT: message". */
static void shape_one(struct buf *out, const char *route, const char *input, const struct shape_options *opts)
{
	char *copy = exact(input, strlen(input));
	struct shape_route r;
	struct shape_input in;
	struct fault f;
	struct span v, again;
	struct span_err err;

	if (span_check(copy, strlen(input), MAX_DEPTH, &v, &err) != 0 || shape_route_init(&r, json(route), &f) != 0) {
		ok(0, "a test's own input: %s", shown(input));
		free(copy);
		return;
	}
	if (shape_read(&in, v, opts, SPAN_NIL, 7, &f) != 0 || shape_write(out, &in, &r, opts, &f) != 0) {
		buf_clear(out);
		buf_addf(out, "%s: %s", fault_name(f.code), f.message);
	} else if (span_check(buf_text(out), out->len, MAX_DEPTH, &again, &err) != 0) {
		ok(0, "no JSON at %zu: %s", err.at, shown(buf_text(out)));
	}
	shape_input_release(&in);
	shape_route_release(&r);
	free(copy);
}

static void gives(const char *route, const char *input, const struct shape_options *opts, const char *want)
{
	struct buf out;

	buf_init(&out, 1 << 20);
	shape_one(&out, route, input, opts);
	is_buf(&out, want, shown(input));
	buf_release(&out);
}

/* The body of what comes out. */
static void body_is(const char *route, const char *input, const struct shape_options *opts, const char *want)
{
	struct buf out;

	buf_init(&out, 1 << 20);
	shape_one(&out, route, input, opts);
	if (buf_text(&out)[0] == '{')
		is_span(span_get(json(buf_text(&out)), "body"), want, shown(input));
	else
		is(buf_text(&out), want, shown(input));
	buf_release(&out);
}

#define BODY(rest) "{\"model\":\"google/m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"stream\":false" rest "}"

static void test_prompts(void)
{
	gives(ROUTE "}", "\"hi\"", &plain, "{\"custom_id\":\"7\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":"
	    BODY("") "," KEPT "}");
	gives(ROUTE "}", "{\"prompt\":\"hi\",\"custom_id\":\"a\\u0062\"}", &plain,
	    "{\"custom_id\":\"a\\u0062\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":" BODY("") "," KEPT "}");
	gives(ROUTE "}", "{\"prompt\":\"hi\",\"id\":12,\"x\" : 1.0,\n\"prompt_id\":null}", &plain,
	    "{\"custom_id\":\"12\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":" BODY("") "," KEPT
	    ",\"input\":{\"id\":12,\"x\" : 1.0,\"prompt_id\":null}}");
	body_is(ROUTE "}", "{\"messages\":[{\"role\":\"user\",\n\"content\":\"\",\"n\":[1.0]}]}", &plain,
	    "{\"model\":\"google/m\",\"messages\":[{\"role\":\"user\", \"content\":\"\",\"n\":[1.0]}],\"stream\":false}");
	body_is(ROUTE "}", "[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":null}]", &plain,
	    "{\"model\":\"google/m\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":null}],"
	    "\"stream\":false}");
	body_is(ROUTE "}", "{\"system\":\"be \\u0062rief\",\"prompt\":\"hi\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}", &plain,
	    "{\"model\":\"google/m\",\"messages\":[{\"role\":\"system\",\"content\":\"be \\u0062rief\"},{\"role\":\"user\",\"content\":\"a\"},"
	    "{\"role\":\"user\",\"content\":\"hi\"}],\"stream\":false}");
	body_is(ROUTE "}", "{\"prompt\":\"hi\",\"model\":\"other\"}", &plain, BODY(""));
}

static void test_fields(void)
{
	body_is(ROUTE "}", "{\"seed\":12345678901234567890,\"prompt\":\"hi\",\"temperature\":1.0,\"stop\":[\"a\"]}", &plain,
	    BODY(",\"temperature\":1.0,\"seed\":12345678901234567890,\"stop\":[\"a\"]"));
	body_is(ROUTE ",\"maxTokens\":4096}", "\"hi\"", &plain, BODY(",\"max_tokens\":4096"));
	body_is(ROUTE ",\"maxTokens\":4096,\"compat\":{\"maxTokensField\":\"max_completion_tokens\"}}", "\"hi\"", &plain,
	    BODY(",\"max_completion_tokens\":4096"));
	body_is(ROUTE ",\"maxTokens\":4096}", "{\"prompt\":\"hi\",\"max_tokens\":5}", &plain, BODY(",\"max_tokens\":5"));
	body_is(ROUTE "}", "{\"prompt\":\"hi\",\"max_completion_tokens\":5}", &plain, BODY(",\"max_tokens\":5"));
	body_is(ROUTE ",\"maxTokens\":4096}", "{\"prompt\":\"hi\",\"max_tokens\":5}", &(struct shape_options){.fields = {.max_tokens = 9}},
	    BODY(",\"max_tokens\":9"));
	body_is(ROUTE ",\"compat\":{\"supportsStore\":true}}", "\"hi\"", &plain, BODY(",\"store\":false"));
	body_is(ROUTE ",\"compat\":{\"supportsTools\":false}}", "{\"prompt\":\"hi\",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}],\"tool_choice\":\"auto\",\"n\":2}", &plain,
	    BODY(",\"n\":2"));
	/* the page: nothing hidden */
	body_is(ROUTE ",\"reasoning\":false,\"contextWindow\":131072,\"cost\":{\"input\":0}}", "\"hi\"", &plain, BODY(""));
}

#define STREAMED(rest) "{\"model\":\"google/m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"stream\":true" rest "}"

static void test_stream(void)
{
	const struct shape_options on = {.stream = 1}, off = {.stream = 0};
	const char *usage = ROUTE ",\"compat\":{\"supportsUsageInStreaming\":true}}";

	body_is(ROUTE "}", "\"hi\"", &on, STREAMED(""));
	body_is(usage, "\"hi\"", &on, STREAMED(",\"stream_options\":{\"include_usage\":true}"));
	body_is(usage, "\"hi\"", &off, BODY(""));
	body_is(usage, "\"hi\"", &plain, BODY(""));
	body_is(ROUTE "}", "{\"prompt\":\"hi\",\"stream\":true}", &plain, STREAMED(""));
	body_is(ROUTE "}", "{\"prompt\":\"hi\",\"stream\":true}", &off, BODY(""));
	body_is(ROUTE "}", "{\"model\":\"m\",\"messages\":[]}", &on, "{\"model\":\"google/m\",\"messages\":[],\"stream\":true}");
	body_is(ROUTE "}", "{\"stream\" : true,\"messages\":[],\"model\":\"m\"}", &off,
	    "{\"stream\" : false,\"messages\":[],\"model\":\"google/m\"}");
#define OPTIONS "\"stream_options\":{\"include_usage\":true}"
	body_is(usage, "{\"model\":\"m\",\"messages\":[],\"stream\":true," OPTIONS "}", &off,
	    "{\"model\":\"google/m\",\"messages\":[],\"stream\":false}");
	body_is(usage, "{ " OPTIONS " , \"model\":\"m\" , " OPTIONS " ,\"messages\":[]}", &off,
	    "{\"model\":\"google/m\" ,\"messages\":[],\"stream\":false}");
	body_is(usage, "{" OPTIONS "," OPTIONS ",\"model\":\"m\",\"messages\":[] }", &off,
	    "{\"model\":\"google/m\",\"messages\":[] ,\"stream\":false}");
	body_is(usage, "{\"model\":\"m\",\"messages\":[]," OPTIONS "}", &plain, "{\"model\":\"google/m\",\"messages\":[]," OPTIONS "}");
	body_is(ROUTE ",\"params\":{\"stream\":true}}", "\"hi\"", &plain, STREAMED(""));
	body_is(ROUTE ",\"params\":{\"stream\":true}}", "\"hi\"", &off, BODY(""));
	body_is(ROUTE "}", "{\"model\":\"m\",\"stream\":0,\"messages\":[]}", &on, "{\"model\":\"google/m\",\"stream\":true,\"messages\":[]}");
}

/* Every form of input, and the schema that stands deepest, nested so deep that the next stage can or can't read it. */
static void test_depth(void)
{
	static const struct { const char *before, *after; int levels; } forms[] = {
		{"{\"prompt\":\"hi\",\"other\":", "}", 1}, {"{\"model\":\"m\",\"messages\":", "}", 1},
		{"{\"body\":{\"a\":", "}}", 2}, {"[{\"role\":\"user\",\"content\":\"\",\"a\":", "}]", 2},
		{"{\"prompt\":\"hi\",\"schema\":{\"a\":", "}}", 2}, {"{\"prompt\":\"\\\"[{\",\"tools\":[{\"name\":\"a\",\"parameters\":{\"a\":", "}}]}", 4},
	};
	const char *tried = ROUTE ",\"fallbacks\":[" ROUTE "}]}";
	struct buf input, out;
	size_t i;
	int more, k;

	buf_init(&input, 1 << 16);
	buf_init(&out, 1 << 20);
	for (i = 0; i < 2 * COUNT(forms); i++) {
		more = i % 2;
		buf_clear(&input);
		buf_clear(&out);
		buf_adds(&input, forms[i / 2].before);
		for (k = forms[i / 2].levels; k < 500 + more; k++)
			buf_addc(&input, '[');
		for (k = forms[i / 2].levels; k < 500 + more; k++)
			buf_addc(&input, ']');
		buf_adds(&input, forms[i / 2].after);
		shape_one(&out, tried, buf_text(&input), &plain);	/* looks whether it can be read */
		if (more)
			is_buf(&out, "input: the input: nested more than 500 deep", forms[i / 2].before);
		else
			ok(buf_text(&out)[0] == '{', "%s: %.100s", forms[i / 2].before, buf_text(&out));
	}
	buf_release(&input);
	buf_release(&out);
}

static void test_extra(void)
{
	struct shape_options opts = {.extra = {.system = "Be \"brief\"."}};

	body_is(ROUTE "}", "\"hi\"", &opts, "{\"model\":\"google/m\",\"messages\":[{\"role\":\"system\",\"content\":\"Be \\\"brief\\\".\"},"
	    "{\"role\":\"user\",\"content\":\"hi\"}],\"stream\":false}");
	body_is(ROUTE "}", "{\"prompt\":\"hi\",\"system\":\"own\"}", &opts, "{\"model\":\"google/m\",\"messages\":[{\"role\":\"system\","
	    "\"content\":\"own\"},{\"role\":\"user\",\"content\":\"hi\"}],\"stream\":false}");
	opts.extra = (struct message_extra){.parts = span_of(",{\"type\":\"text\",\"text\":\"a\\u0000\\\"\\n\"},{\"type\":\"text\",\"text\":\"\"}")};
	body_is(ROUTE "}", "\"hi\"", &opts, "{\"model\":\"google/m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":"
	    "\"hi\"},{\"type\":\"text\",\"text\":\"a\\u0000\\\"\\n\"},{\"type\":\"text\",\"text\":\"\"}]}],\"stream\":false}");
	body_is(ROUTE ",\"compat\":{\"requiresStringContent\":true}}", "\"hi\"", &opts, "{\"model\":\"google/m\",\"messages\":[{\"role\":\"user\","
	    "\"content\":\"hi\\na\\u0000\\\"\\n\\n\"}],\"stream\":false}");
}

/* With no flag set a ready body comes out byte-identical but for its model. */
static void test_bodies(void)
{
	static const char body[] = "{ \"model\" : \"google/m\" , \"messages\":[ {\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\"}]} ],"
	    "\"n\":1.0,\"n\":1E2,\"big\":12345678901234567890,\"\\u0061\":\"\\ud83d\\/\", \"store\":true }";

	body_is(ROUTE "}", body, &plain, body);
	body_is(ROUTE ",\"maxTokens\":5,\"compat\":{\"supportsStore\":true,\"supportsUsageInStreaming\":true}}", body, &plain, body);
	gives(ROUTE "}", "{\"model\":\"x\",\"messages\":[],\"custom_id\":\"c\",\"extra\":1}", &plain,
	    "{\"custom_id\":\"c\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":{\"model\":\"google/m\",\"messages\":[],"
	    "\"custom_id\":\"c\",\"extra\":1}," KEPT "}");
	body_is(ROUTE "}", "{\"model\":\"x\",\n\"messages\":[\r\n]\n}", &plain, "{\"model\":\"google/m\", \"messages\":[  ] }");
	body_is(ROUTE "}", "{\"model\":null,\"messages\":[]}", &plain, "{\"model\":\"google/m\",\"messages\":[]}");
	body_is(ROUTE ",\"compat\":{\"requiresStringContent\":true,\"supportsTools\":false}}", "{\"tools\":[1],\"messages\":[{\"role\":\"user\","
	    "\"content\":[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"text\",\"text\":\"b\"}]}],\"model\":\"x\"}", &plain,
	    "{\"messages\":[{\"role\":\"user\",\"content\":\"a\\nb\"}],\"model\":\"google/m\"}");
}

static void test_batch(void)
{
	gives(ROUTE "}", "{\"custom_id\":\"r-1\",\"method\":\"POST\",\"url\":\"/v1/embeddings\",\"body\":{\"input\":\"x\"},\"meta\":{\"a\":1.0}}", &plain,
	    "{\"custom_id\":\"r-1\",\"method\":\"POST\",\"url\":\"/v1/embeddings\",\"body\":{\"input\":\"x\",\"model\":\"google/m\"}," KEPT
	    ",\"meta\":{\"a\":1.0}}");
	gives(ROUTE "}", "{\"body\":{}}", &plain, "{\"custom_id\":\"7\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":{"
	    "\"model\":\"google/m\"}," KEPT "}");
}

static void test_refused(void)
{
	static const char *const t[] = {
		"7", "null", "true", "[]", "[1]", "[\"a\"]", "[{\"content\":\"x\"}]", "[{\"role\":7}]", "{}", "{\"text\":\"x\"}",
		"\"\"", "\" \\n\\u0020\"", "{\"prompt\":\"\\t\"}", "{\"prompt\":\"x\",\"files\":[\"f\"]}",
		"{\"prompt\":7}", "{\"prompt\":null}", "{\"prompt\":[\"a\"]}", "{\"messages\":[]}", "{\"messages\":\"x\"}",
		"{\"prompt\":\"x\",\"messages\":{}}", "{\"prompt\":\"x\",\"system\":[\"a\"]}", "{\"body\":[]}", "{\"body\":\"x\"}", "{\"body\":null}",
		"{\"prompt\":\"x\",\"route\":{\"baseUrl\":\"http://evil/v1\",\"model\":\"m\"}}", "{\"route\":null,\"prompt\":\"x\"}",
		"{\"r\\u006fute\":{},\"prompt\":\"x\"}", "{\"model\":\"m\",\"messages\":[],\"route\":{}}", "{\"body\":{},\"route\":{}}",
	};
	struct shape_input in;
	struct fault f;
	struct buf out;
	size_t i;

	for (i = 0; i < COUNT(t); i++) {
		fault_clear(&f);
		ok(shape_read(&in, json(t[i]), &plain, SPAN_NIL, 3, &f) == -1 && f.code == F_INPUT && f.message[0] != '\0', "%s: %s", t[i], f.message);
		is_buf(&in.id, "\"3\"", "its id is set all the same");
		shape_input_release(&in);
	}
	ok(shape_read(&in, json("{\"id\":\"x\",\"error\":{\"code\":\"config\"},\"route\":{}}"), &plain, SPAN_NIL, 3, &f) == 0 && in.kind == SHAPE_FAILED,
	    "a record that failed before");
	is_buf(&in.id, "\"x\"", "its id");
	shape_input_release(&in);
	body_is(ROUTE "}", "{\"prompt\":\"hi\",\"error\":null,\"response\":1}", &plain, BODY(""));
	buf_init(&out, 10000);
	shape_one(&out, ROUTE "}", "{\"model\":\"m\",\"messages\":[]}", &(struct shape_options){.extra = {.system = "S"}, .stream = -1});
	ok(strncmp(buf_text(&out), "input: ", 7) == 0, "a system text beside a ready body: %s", buf_text(&out));
	buf_release(&out);
}

static void test_routes(void)
{
	static const char *const bad[] = {"{}", "[]", "null", "{\"model\":\"m\"}", "{\"baseUrl\":\"http://h\"}",
	    "{\"model\":7,\"baseUrl\":\"http://h\"}", "{\"model\":\"m\",\"baseUrl\":null}"};
	struct shape_route r;
	struct fault f;
	size_t i;

	for (i = 0; i < COUNT(bad); i++) {
		ok(shape_route_init(&r, json(bad[i]), &f) == -1 && f.code != F_NONE, "no route: %s", bad[i]);
		shape_route_release(&r);
	}
	gives(ROUTE ",\"api\":\"openai-completions\",\"endpoint\":\"local\",\n\"auth\":{\"type\":\"bearer\"},\"headers\":{},\"timeoutSeconds\":5,"
	    "\"compat\":{},\"contextWindow\":1,\"cost\":{\"input\":1.0},\"source\":{\"line\":3},\"fallbacks\":[]}", "{\"body\":{}}", &plain,
	    "{\"custom_id\":\"7\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":{\"model\":\"google/m\"},\"route\":{\"ref\":\"p/m\","
	    "\"model\":\"google/m\",\"baseUrl\":\"http://h/v1\",\"endpoint\":\"local\",\"auth\":{\"type\":\"bearer\"},\"headers\":{},"
	    "\"timeoutSeconds\":5,\"cost\":{\"input\":1.0},\"source\":{\"line\":3}}}");
}

/* What --id makes of a value; want: the token; why: a part of the message, or NULL. */
static void names(const char *value, const char *member, const char *given, const char *want, const char *why)
{
	struct buf id;
	struct fault f;
	int got;

	fault_clear(&f);
	buf_init(&id, 1000);
	got = shape_id(&id, json(value), member, given != NULL ? span_of(given) : SPAN_NIL, 7, &f);
	ok(got == (why != NULL ? -1 : 0) && (why == NULL || strstr(f.message, why) != NULL), "%s: %s", shown(value), f.message);
	is_buf(&id, want, "the id");
	buf_release(&id);
}

static void test_ids(void)
{
	names("{}", NULL, NULL, "\"7\"", NULL);
	names("{\"id\":1.50}", NULL, NULL, "\"1.50\"", NULL);
	names("{\"id\":1}", NULL, "\"file\"", "\"file\"", NULL);
	names("{\"k\":\"x\",\"id\":1}", "k", "\"file\"", "\"x\"", NULL);
	names("{\"a.b\":\"name\",\"a\":{\"b\":\"path\"}}", "a.b", NULL, "\"name\"", NULL);
	names("{\"a\":{\"b\":\"path\"}}", "a.b", NULL, "\"path\"", NULL);
	names("{\"k\":\"\"}", "k", NULL, "\"7\"", "\"k\" is empty");
	names("{\"k\":true,\"id\":\"i\"}", "k", NULL, "\"i\"", "no text or number");
	names("{\"k\":null}", "k", "\"file\"", "\"file\"", "no text or number");
	names("{\"k\":{}}", "k", NULL, "\"7\"", "no text or number");
	names("\"text\"", "k", NULL, "\"7\"", "there is no \"k\"");
}

int main(void)
{
	test_prompts();
	test_fields();
	test_stream();
	test_depth();
	test_extra();
	test_bodies();
	test_batch();
	test_refused();
	test_routes();
	test_ids();
	return done();
}
