#include "help.h"
#include "hint.h"
#include "tap.h"

static void gives(enum fault_code code, const char *route, const char *body, const char *want, const char *name)
{
	struct fault f;

	fault_set(&f, code, "m");
	hint(&f, json(route), json(body));
	is(f.hint, want, name);
	ok(f.code == code && strcmp(f.message, "m") == 0, "code and message stay");
}

#define SOURCE "{\"source\":{\"file\":\"fluffbuzz.json\",\"line\":20,\"path\":\"models.providers.inferrs.models[0]\"}}"
#define WHOLE "the request was delivered whole: try a smaller prompt, another model or server"

static void test_flags(void)
{
	gives(F_STRING_CONTENT, SOURCE, NULL, "fluffbuzz.json:20: models.providers.inferrs.models[0].compat.requiresStringContent: true"
	    ", or try -c requiresStringContent=true", "the design's own example");
	gives(F_TOOLS_UNSUPPORTED, SOURCE, NULL, "fluffbuzz.json:20: models.providers.inferrs.models[0].compat.supportsTools: false"
	    ", or try -c supportsTools=false", "tools");
	gives(F_STRING_CONTENT, "{\"source\":{\"file\":\"/a \\\"b\\\".json\",\"line\":3,\"path\":\"models.providers[\\\"x y\\\"].models[12]\"}}", "{}",
	    "/a \"b\".json:3: models.providers[\"x y\"].models[12].compat.requiresStringContent: true, or try -c requiresStringContent=true",
	    "a place with quotes");
}

/* Without a place: the flag all the same. */
static void test_no_place(void)
{
	static const char *const routes[] = {NULL, "{}", "{\"source\":null}", "{\"source\":{\"line\":3}}", "{\"source\":{\"path\":7}}", "[]", "7"};
	struct fault f;
	size_t i;

	for (i = 0; i < COUNT(routes); i++) {
		fault_set(&f, F_STRING_CONTENT, "m");
		hint(&f, json(routes[i]), SPAN_NIL);
		ok(strstr(f.hint, "requiresStringContent: true") != NULL && strstr(f.hint, "-c requiresStringContent=true") != NULL,
		    "route %s: %s", routes[i] ? routes[i] : "none", f.hint);
	}
}

static void test_tools_in_the_body(void)
{
	static const enum fault_code codes[] = {F_MODEL_ERROR, F_TRUNCATED, F_SERVER};
	static const char *const without[] = {NULL, "{}", "{\"tools\":null}", "{\"messages\":[{\"tools\":[1]}]}", "7"};
	size_t i, k;

	for (i = 0; i < COUNT(codes); i++) {
		gives(codes[i], SOURCE, "{\"tools\":[{\"type\":\"function\"}]}", "fluffbuzz.json:20: models.providers.inferrs.models[0].compat.supportsTools: "
		    "false, or try -c supportsTools=false", fault_name(codes[i]));
		for (k = 0; k < COUNT(without); k++)
			gives(codes[i], SOURCE, without[k], WHOLE, fault_name(codes[i]));
	}
}

static void test_others(void)
{
	static const enum fault_code silent[] = {F_CONFIG, F_INPUT, F_RATE_LIMIT, F_OTHER, F_NONE, F_EMPTY, F_SKIPPED};
	struct fault f;
	size_t i;

	fault_set(&f, F_CONNECT, "m");
	hint(&f, SPAN_NIL, SPAN_NIL);
	ok(strstr(f.hint, "started") != NULL && strstr(f.hint, "port") != NULL, "connect: %s", f.hint);
	for (i = 0; i < COUNT(silent); i++) {
		fault_set(&f, silent[i], "m");
		hint(&f, json(SOURCE), SPAN_NIL);
		is(f.hint, "", fault_name(silent[i]));
	}
	fault_set(&f, F_INPUT, "m");
	snprintf(f.hint, sizeof f.hint, "there already");
	hint(&f, SPAN_NIL, SPAN_NIL);
	is(f.hint, "there already", "what is there stays where there is nothing to advise");
	f.code = F_BAD_REPLY;
	hint(&f, SPAN_NIL, SPAN_NIL);
	is(f.hint, "there already", "and where there is");
	fault_set(&f, F_INVALID_REQUEST, "422 messages[0].role: unknown variant `developer`, expected one of `system`");
	hint(&f, json(SOURCE), SPAN_NIL);
	is(f.hint, "fluffbuzz.json:20: models.providers.inferrs.models[0].compat.supportsDeveloperRole: false, or try "
	    "-c supportsDeveloperRole=false", "a role");
	fault_set(&f, F_INVALID_REQUEST, "422 messages[0].role: unknown variant `tool`");
	hint(&f, json(SOURCE), SPAN_NIL);
	is(f.hint, "", "another role");
}

static void test_long(void)
{
	struct buf route;
	struct fault f;

	buf_init(&route, 10000);
	buf_adds(&route, "{\"source\":{\"file\":\"");
	while (route.len < 5000)
		buf_adds(&route, "\xC3\xA9");
	buf_adds(&route, "\",\"line\":1,\"path\":\"a.models[0]\"}}");
	fault_set(&f, F_STRING_CONTENT, "m");
	hint(&f, json(buf_text(&route)), SPAN_NIL);
	ok(strlen(f.hint) < FAULT_TEXT && strlen(f.hint) > 0, "a long file name");
	buf_release(&route);
}

int main(void)
{
	test_flags();
	test_no_place();
	test_tools_in_the_body();
	test_others();
	test_long();
	return done();
}
