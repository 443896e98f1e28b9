#include "headers.h"
#include "help.h"

static struct header_lines lines;

static const char *all(void)
{
	static char text[4096];
	size_t n = 0;
	int i;

	text[0] = '\0';
	for (i = 0; i < lines.n; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "%s|", lines.line[i]);
	return text;
}

static int add(const char *name, const char *prefix, const char *value, const char *variable)
{
	struct fault f;

	return header_lines_add(&lines, name, prefix, value, variable, &f);
}

static int over(const char *own, struct fault *f)
{
	const char *list[] = {own, NULL};

	return header_lines_over(&lines, list, 0, f);
}

static void usual(void)
{
	header_lines_release(&lines);
	add("Content-Type", "", "application/json", NULL);
	add("Accept", "", "application/json", NULL);
	add("Authorization", "Bearer ", "canary-key", "MY_KEY");
}

static void test_add(void)
{
	char many[16];
	int i;

	usual();
	is(all(), "Content-Type: application/json|Accept: application/json|Authorization: Bearer canary-key|", "in their order");
	ok(lines.line[3] == NULL && lines.secret[0] == 0 && lines.secret[2] == 22, "where the secret begins");
	is(lines.variable[2], "MY_KEY", "what it is called");
	add("ACCEPT", "", "text/plain", NULL);
	is(all(), "Content-Type: application/json|Authorization: Bearer canary-key|ACCEPT: text/plain|", "one of each name, in any case");
	ok(lines.secret[1] == 22 && strcmp(lines.variable[1], "MY_KEY") == 0, "the secret moves along");
	ok(header_lines_find(&lines, "authorization") == 1 && header_lines_find(&lines, "Auth") == -1, "found by its whole name");
	ok(add("X", "", "a\r\nY: b", NULL) != 0 && add("X", "a\n", "b", NULL) != 0 && add("X\r\nY", "", "b", NULL) != 0 &&
	    add("", "", "b", NULL) != 0 && add("X Y", "", "b", NULL) != 0 && lines.n == 3, "no line break, no name that is none");
	for (i = lines.n; i < HEADER_LINES; i++) {
		snprintf(many, sizeof many, "X-%d", i);
		add(many, "", "v", NULL);
	}
	ok(lines.n == HEADER_LINES && lines.line[lines.n] == NULL && add("Y", "", "v", NULL) != 0, "so many and no more");
	ok(add("X-9", "", "w", NULL) == 0 && lines.n == HEADER_LINES, "but in place of one");
	header_lines_release(&lines);
	ok(lines.n == 0 && lines.line[0] == NULL, "none left");
}

static void refused(const char *own, const char *want)
{
	struct fault f;

	usual();
	fault_clear(&f);
	ok(over(own, &f) != 0 && f.code == F_CONFIG && strstr(f.message, want) != NULL && strstr(f.message, "canary") == NULL,
	    "%s: %s", shown(own), shown(f.message));
}

static void test_over(void)
{
	static const char *const ours[] = {"Content-Length: 5", "transfer-encoding: chunked", "Connection: close", "Connection:",
	    "Expect: 100-continue", "Accept-Encoding: gzip", "TE: trailers", "Upgrade: x"};
	static const char *const two[] = {"X-Team: blue", "x-key: canary", "Authorization: ", NULL};
	static const char *const bad[][3] = {{"X-A: b", "X-Key: canary\r\nX-Evil: 1", NULL}, {"X-A: b", "X-A: canary\n", NULL},
	    {"X-A: b", "canary", NULL}, {"X-A: b", "TE: canary", NULL}};
	struct fault f;
	size_t i;

	usual();
	ok(header_lines_over(&lines, NULL, 0, &f) == 0 && lines.n == 3, "no -H");
	ok(over("X-Team:  blue \t", &f) == 0, "a header");
	is(lines.line[3], "X-Team: blue", "without blanks around");
	ok(lines.secret[3] == 0, "no secret");
	ok(over("x-team:red", &f) == 0, "once more");
	is(lines.line[3], "x-team: red", "the later counts");
	ok(over("X-Api-Key: canary-2", &f) == 0 && lines.secret[4] == 11, "one whose name smells is a secret");
	is(lines.variable[4], "X_API_KEY", "called after its name");
	ok(over("Authorization: Basic canary", &f) == 0 && lines.secret[lines.n - 1] == 21, "behind the scheme");
	ok(header_lines_find(&lines, "authorization") == lines.n - 1, "in place of the route's");
	usual();
	ok(over("authorization:", &f) == 0 && over("X-None: ", &f) == 0, "taken away, one that isn't there too");
	is(all(), "Content-Type: application/json|Accept: application/json|", "gone");
	ok(over("accept:", &f) == 0 && over("Content-Type:", &f) == 0, "libcurl's own");
	is(all(), "accept:|Content-Type:|", "are forbidden it");
	ok(over("Host: example.com", &f) == 0, "another host name");
	for (i = 0; i < COUNT(ours); i++)
		refused(ours[i], "fb-send sees to that itself");
	refused("Host:", "Host");
	refused("canary-key", "'Name: value'");
	refused("Bearer canary", "'Name: value'");
	refused("", "'Name: value'");
	refused(": canary", "'Name: value'");
	refused("X Y: canary", "'Name: value'");
	refused("X-Key: canary\r\nX-Evil: 1", "control character");
	refused("X-A: canary\x7f", "control character");
	ok(header_lines_check(two, &f) == 0 && header_lines_check(NULL, &f) == 0, "all are headers");
	for (i = 0; i < COUNT(bad); i++) {
		fault_clear(&f);
		ok(header_lines_check(bad[i], &f) != 0 && f.code == F_CONFIG && strstr(f.message, "canary") == NULL, "%s: %s",
		    shown(bad[i][1]), shown(f.message));
	}
	usual();
	is(header_lines_secret(two), "x-key: canary", "the line with a secret");
	ok(header_lines_secret(two + 2) == NULL && header_lines_secret(NULL) == NULL, "none, or one that takes away");
	ok(header_lines_over(&lines, two, 1, &f) == 0, "to another server");
	is(all(), "Content-Type: application/json|Accept: application/json|X-Team: blue|", "a secret stays out, one is taken away");
	usual();
	lines.bare = 1;
	ok(over("X-Team: blue", &f) == 0 && over("X-Key: canary", &f) != 0 && strstr(f.message, "--insecure-http") != NULL,
	    "no secret over plain http to a public host");
	header_lines_release(&lines);
	ok(lines.bare == 0, "all zero again");
}

static void redact(const char *text, const char *want)
{
	size_t n = strlen(text);
	char *copy = exact(text, n);
	struct buf got;

	header_lines_redact(&lines, copy, n);
	buf_init(&got, n);
	buf_add(&got, copy, n);
	is_buf(&got, want, shown(text));
	buf_release(&got);
	free(copy);
}

static void test_redact(void)
{
	usual();
	add("X-Short", "", "five5", "SHORT");
	add("X-Team", "", "blueblue", NULL);
	add("X-Path", "", "/a/b\"c\\d", "PATH_KEY");
	redact("wrong key canary-key, canary-keycanary-key!", "wrong key **********, ********************!");
	/* cut in its middle, by whomever: what there is of it is no key, but a part of one */
	redact("canary-ke", "*********");
	redact("wrong key canary-ke...", "wrong key *********...");
	redact("can", "***");
	redact("ca...", "ca...");
	redact("canary\\u002dk", "*************");
	redact("canary\\u002", "******\\u002");
	redact("canary\\", "******\\");
	redact("x\\u0063anary\\u002dke...", "x*******************...");
	redact("canary-ke, canary-ke. canary....", "canary-ke, canary-ke. canary....");
	redact("", "");
	redact("Bearer canary-key", "Bearer **********");
	redact("five5 blueblue", "five5 blueblue");
	redact("x/a/b\"c\\dx", "x********x");
	redact("\"canary\\u002dkey\"", "\"***************\"");
	redact("\\u0063anary\\u002Dke\\u0079.", "*************************.");
	redact("canary\\u002ekey \\u0063anary", "canary\\u002ekey ***********");
	redact("x\\u002Fa\\/b\\u0022c\\u005cdx", "x************************x");
	redact("x\\/a\\/b\\\"c\\\\dx", "x************x");
	redact("x/a/b\\\"c\\\\dx", "x**********x");
	/* half an escape may not be left */
	redact("a\\canary-key", "a***********");
	redact("a\\\\canary-key", "a\\\\**********");
	redact("a\\\\/a/b\"c\\d", "a**********");
	header_lines_release(&lines);
	add("Authorization", "", "Basic canary-key", "A");
	redact("it was canary-key", "it was **********");
	header_lines_release(&lines);
	redact("canary-key", "canary-key");
}

static void test_variable(void)
{
	struct buf out;

	buf_init(&out, 100);
	header_variable(&out, "302.ai-x\xC3");
	is_buf(&out, "_302_AI_X_", "as a variable can be called");
	header_variable(&out, "9");
	is_buf(&out, "_302_AI_X_9", "a digit behind others is fine");
	buf_release(&out);
}

int main(void)
{
	test_add();
	test_over();
	test_redact();
	test_variable();
	return done();
}
