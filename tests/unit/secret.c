#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "help.h"
#include "secret.h"

static char dir[] = "/tmp/fb-secret-XXXXXX";
static struct secrets secrets;
static struct header_lines lines;

static const char *in_dir(const char *name)
{
	static char path[2][200];
	static int at;

	at = !at;
	snprintf(path[at], sizeof path[at], "%s/%s", dir, name);
	return path[at];
}

static void put(const char *name, const char *text, size_t n, mode_t mode)
{
	int fd = open(in_dir(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, text, n) != (ssize_t)n || fchmod(fd, mode) != 0 || close(fd) != 0)
		exit(1);
}

/* --- the server of the command line's key */

static void server(const struct route_args *a, const char *want, const char *name)
{
	struct fault f;
	struct buf url;
	int bad;

	buf_init(&url, 1 << 16);
	fault_clear(&f);
	bad = own_key_server(a, NULL, &url, &f) != 0;
	if (strncmp(want, "http", 4) == 0)
		ok(!bad && strcmp(buf_text(&url), want) == 0, "%s: %s %s", name, shown(buf_text(&url)), shown(f.message));
	else
		ok(bad && f.code != F_NONE && strstr(f.message, want) != NULL, "%s: %s", name, shown(f.message));
	buf_release(&url);
}

static void server_for_header(void)
{
	struct route_args none = {.nrefs = 0};
	struct own_key k = {.given = 0};
	struct fault f;
	struct buf url;
	struct url target;

	unsetenv("OPENAI_BASE_URL");
	buf_init(&url, 1 << 16);
	ok(own_key_server(&none, "X-Key: canary", &url, &f) != 0 && strstr(f.message, "-H X-Key: which server is it for?") != NULL &&
	    strstr(f.message, "canary") == NULL, "a header: %s", f.message);
	ok(own_key_get(&k, NULL, NULL, "https://h/v1", 0, &f) == 0 && !k.given, "a server without a key");
	url_parse("https://h/v2", &target);
	ok(own_key_is_server(&k, &target) && !own_key_is_for(&k, &target), "the server");
	url_parse("https://h:1/v1", &target);
	ok(!own_key_is_server(&k, &target), "another");
	own_key_release(&k);
	ok(!own_key_is_server(&k, &target), "none");
	buf_release(&url);
}

static void test_server(void)
{
	static const char config[] = "{models: {providers: {"
	    "p: {baseUrl: 'https://p.example/v1', models: [{id: 'a', name: 'a'}, {id: 'b', name: 'b'}]},"
	    "q: {baseUrl: 'https://q.example/v1', models: [{id: 'a', name: 'a'}]}}}}";
	struct route_args a = {.nrefs = 0};

	put("c.json5", config, sizeof config - 1, 0600);
	setenv("FLUFFBUZZ_CONFIG_PATH", in_dir("c.json5"), 1);
	unsetenv("OPENAI_BASE_URL");
	server(&a, "--base-url https://HOST/v1 or -m REF", "no server named");
	setenv("OPENAI_BASE_URL", "https://o.example/v1", 1);
	server(&a, "https://o.example/v1", "OPENAI_BASE_URL");
	a.refs[a.nrefs++] = "p/a";
	server(&a, "https://p.example/v1", "-m goes before it");
	a.refs[a.nrefs++] = "p/b";
	server(&a, "https://p.example/v1", "two models of one server");
	a.refs[1] = "q/a";
	server(&a, "-m q/a is another server's than -m p/a", "of two");
	a.refs[1] = "p/none";
	a.nrefs = 1;
	a.refs[0] = "no-such-model";
	server(&a, "no-such-model", "an unknown model");
	a.base_url = "http://b.example";
	server(&a, "http://b.example", "--base-url goes before all");
	server_for_header();
	unsetenv("OPENAI_BASE_URL");
}

/* --- where it comes from */

static void key_is(const char *file, const char *text, size_t n, mode_t mode, const char *want)
{
	struct own_key k = {.given = 0};
	struct fault f;
	int bad;

	put(file, text, n, mode);
	fault_clear(&f);
	bad = own_key_get(&k, NULL, in_dir(file), "https://h/v1", 0, &f);
	if (mode == 0600 && want[0] != '-')
		ok(bad == 0 && strcmp(buf_text(&k.key), want) == 0, "a file: %s %s", shown_n(text, n), shown(f.message));
	else
		ok(bad != 0 && f.code == F_NO_API_KEY && strstr(f.message, want + 1) != NULL && strstr(f.message, file) != NULL &&
		    strstr(f.message, "canary") == NULL && k.key.data == NULL, "%s", shown(f.message));
	own_key_release(&k);
	unlink(in_dir(file));
}

#define KEY_IS(text, want) key_is("own.key", text, sizeof (text) - 1, 0600, want)

static void variable_is(const char *name, const char *value, const char *want)
{
	struct own_key k = {.given = 0};
	struct fault f;
	int bad;

	unsetenv("MY_KEY");
	if (value != NULL)
		setenv("MY_KEY", value, 1);
	bad = own_key_get(&k, name, NULL, "https://h/v1", 0, &f);
	ok(bad != 0 && strstr(f.message, want) != NULL &&
	    strstr(f.message, "canary") == NULL && !k.given, "%s", shown(f.message));
	own_key_release(&k);
}

static void test_sources(void)
{
	struct own_key k = {.given = 0};
	struct fault f;

	KEY_IS("canary", "canary");
	KEY_IS("canary\n", "canary");
	KEY_IS("canary\r\n", "canary");
	KEY_IS("canary\n\n", "-more than one line");
	KEY_IS("canary\ncanary2\n", "-more than one line");
	KEY_IS("canary\0canary", "-control character");
	KEY_IS("", "-is empty");
	KEY_IS("\n", "-is empty");
	key_is("own.key", "canary", 6, 0644, "-chmod 600");
	key_is("own.key", "canary", 6, 0620, "-chmod 600");
	ok(own_key_get(&k, NULL, in_dir("none"), "https://h/v1", 0, &f) != 0 && f.code == F_NO_API_KEY &&
	    strstr(f.message, "No such file") != NULL, "no such file");
	ok(own_key_get(&k, NULL, dir, "https://h/v1", 0, &f) != 0 && strstr(f.message, "not a regular file") != NULL, "a directory");
	put("rel", "canary\n", 7, 0600);
	if (chdir(dir) != 0)
		exit(1);
	ok(own_key_get(&k, NULL, "rel", "https://h/v1", 0, &f) == 0, "a path from here");
	own_key_release(&k);
	variable_is("MY_KEY", NULL, "the variable MY_KEY is not set");
	variable_is("MY_KEY", "", "the variable MY_KEY is not set, or empty");
	variable_is("MY_KEY", "canary\r\nX-Evil: 1", "control character");
	variable_is("sk-canary-key", NULL, "never a key itself");
	variable_is("", NULL, "the name of a variable");
	ok(own_key_get(&k, "MY_KEY", "x", "https://h/v1", 0, &f) != 0 && f.code == F_CONFIG, "both options");
	ok(own_key_get(&k, NULL, NULL, NULL, 0, &f) == 0 && !k.given, "neither");
	ok(own_key_get(&k, "MY_KEY", NULL, "ftp://h/", 0, &f) != 0 && f.code == F_CONFIG, "no server");
}

/* --- which lines come of it */

static const char *gathered(const char *route)
{
	static char text[4096];
	struct fault f;
	size_t n = 0;
	int i;

	fault_clear(&f);
	snprintf(text, sizeof text, "%s", "");
	if (secrets_headers(&secrets, json(route), &lines, &f) != 0) {
		ok(lines.n == 0 && strstr(f.message, "canary") == NULL, "a fault leaves no lines and tells no key");
		snprintf(text, sizeof text, "! %s: %s", fault_name(f.code), f.message);
	}
	for (i = 2; i < lines.n; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "%s[%zu %s]|", lines.line[i], lines.secret[i],
		    lines.variable[i] != NULL ? lines.variable[i] : "");
	return text;
}

static void own(const char *base)
{
	struct fault f;

	setenv("MY_KEY", "canary-own", 1);
	ok(secrets_own_key(&secrets, "MY_KEY", NULL, base, &f) == 0, "a key for %s", base);
}

static void starts(const char *got, const char *want, const char *name)
{
	ok(strncmp(got, want, strlen(want)) == 0, "%s: %s", name, shown(got));
}

#define BASE "\"baseUrl\":\"https://h.example/v1\""
#define NONE "{\"source\":\"env\",\"name\":\"NOBODYS\"}"

static void test_own(void)
{
	secrets_init(&secrets);
	own("https://h.example/other");
	is(gathered("{" BASE "}"), "Authorization: Bearer canary-own[22 MY_KEY]|", "a route without auth");
	is(gathered("{\"baseUrl\":\"https://H.example:443\"}"), "Authorization: Bearer canary-own[22 MY_KEY]|", "the same origin");
	is(gathered("{" BASE ",\"auth\":{\"type\":\"bearer\",\"secret\":" NONE "}}"), "Authorization: Bearer canary-own[22 MY_KEY]|",
	    "in place of the route's, which need not be there");
	is(gathered("{" BASE ",\"auth\":{\"type\":\"header\",\"name\":\"api-key\",\"prefix\":\"K \",\"secret\":" NONE "}}"),
	    "api-key: K canary-own[11 MY_KEY]|", "under the route's name, with its prefix");
	is(gathered("{" BASE ",\"headers\":{\"authorization\":" NONE ",\"X-Team\":\"blue\"}}"),
	    "X-Team: blue[0 ]|Authorization: Bearer canary-own[22 MY_KEY]|", "in place of a header of that name");
	starts(gathered("{" BASE ",\"headers\":{\"X-Key\":" NONE "}}"), "! no_api_key: ", "another header's secret is its own");
	is(gathered("{\"baseUrl\":\"https://h.example.evil/v1\"}"), "", "not to another host");
	is(gathered("{\"baseUrl\":\"https://h.example:444/v1\"}"), "", "not to another port");
	is(gathered("{\"baseUrl\":\"http://h.example/v1\"}"), "", "not in another scheme");
	starts(gathered("{\"baseUrl\":\"https://i.example/v1\",\"auth\":{\"type\":\"bearer\",\"secret\":{\"source\":\"env\",\"name\":\"MY_KEY\"}}}"),
	    "! no_api_key: ", "not by its variable either");
	starts(gathered("{" BASE ",\"auth\":{\"type\":\"header\",\"name\":\"a\\r\\nb\"}}"), "! config: ", "a name that is none");
	starts(gathered("{" BASE ",\"auth\":{\"type\":\"header\",\"name\":\"a\",\"prefix\":\"a\\r\\nb: \"}}"), "! config: ", "a prefix of two lines");
	own("http://h.example/v1");
	starts(gathered("{\"baseUrl\":\"http://h.example/v1\"}"), "! config: ", "not over plain http to a public host");
	secrets.insecure_http = 1;
	is(gathered("{\"baseUrl\":\"http://h.example/v1\"}"), "Authorization: Bearer canary-own[22 MY_KEY]|", "unless that is allowed");
	ok(!lines.bare, "-H neither");
	secrets.insecure_http = 0;
	gathered("{\"baseUrl\":\"http://g.example/v1\"}");
	ok(lines.bare, "nor a secret of -H");
	own("http://127.0.0.1:8080");
	is(gathered("{\"baseUrl\":\"http://127.0.0.1:8080/v1\"}"), "Authorization: Bearer canary-own[22 MY_KEY]|", "a server near");
	secrets_release(&secrets);
	ok(secrets.own.key.data == NULL && !secrets.own.given, "wiped");
	header_lines_release(&lines);
}

#define AT(place) "{\"source\":\"config\",\"file\":\"FILE\",\"path\":\"" place "\"}"

/* A route; FILE is the configuration. */
static const char *route(const char *form)
{
	static struct buf text;
	const char *file;

	buf_release(&text);
	buf_init(&text, 4000);
	for (; (file = strstr(form, "FILE")) != NULL; form = file + 4) {
		buf_add(&text, form, (size_t)(file - form));
		buf_adds(&text, in_dir("k.json5"));
	}
	buf_adds(&text, form);
	return buf_text(&text);
}

static void test_names(void)
{
	static const char config[] = "{models: {providers: {"
	    "'my.server-2': {baseUrl: 'https://h.example/v1', apiKey: 'canary-key', headers: {'X-Key': {source: 'exec', provider: 'x', id: 'a'}}, models: []},"
	    "o: {baseUrl: 'https://o.example/v1', apiKey: {source: 'env', id: 'NOT_SET'}, models: []}}},"
	    "secrets: {providers: {x: {source: 'exec', command: '/nonexistent'}}}}";
	struct fault f;

	put("k.json5", config, sizeof config - 1, 0600);
	setenv("FLUFFBUZZ_CONFIG_PATH", in_dir("k.json5"), 1);
	secrets_init(&secrets);
	is(gathered(route("{" BASE ",\"auth\":{\"type\":\"bearer\",\"secret\":" AT("models.providers[\\\"my.server-2\\\"].apiKey") "}}")),
	    "Authorization: Bearer canary-key[22 MY_SERVER_2_API_KEY]|", "called after the provider");
	secrets.by_name = 1;
	is(gathered(route("{" BASE ",\"auth\":{\"type\":\"bearer\",\"secret\":" AT("models.providers[\\\"my.server-2\\\"].apiKey") "},"
	    "\"headers\":{\"X-Key\":" AT("models.providers[\\\"my.server-2\\\"].headers[\\\"X-Key\\\"]") "}}")),
	    "X-Key: [7 MY_SERVER_2_X_KEY]|Authorization: Bearer [22 MY_SERVER_2_API_KEY]|", "by name nothing is fetched");
	is(gathered("{\"baseUrl\":\"https://o.example/v1\",\"auth\":{\"type\":\"bearer\",\"secret\":{\"source\":\"env\",\"name\":\"NOT_SET\"}}}"),
	    "Authorization: Bearer [22 NOT_SET]|", "a variable need not be set");
	is(gathered("{\"baseUrl\":\"https://api.openai.com/v1\",\"auth\":{\"type\":\"bearer\",\"secret\":{\"source\":\"env\",\"name\":\"OPENAI_API_KEY\"}}}"),
	    "Authorization: Bearer [22 OPENAI_API_KEY]|", "the customary one");
	starts(gathered("{" BASE ",\"auth\":{\"type\":\"bearer\",\"secret\":{\"source\":\"env\",\"name\":\"NOT_SET\"}}}"), "! no_api_key: ",
	    "another server's variable isn't named to paste");
	starts(gathered("{" BASE ",\"auth\":{\"type\":\"bearer\",\"secret\":{\"source\":\"env\",\"name\":\"A$(date)\"}}}"), "! no_api_key: ",
	    "what is no variable neither");
	starts(gathered(route("{" BASE ",\"auth\":{\"type\":\"bearer\",\"secret\":" AT("models.providers.o.apiKey") "}}")), "! no_api_key: ",
	    "another server's key neither");
	ok(secrets_own_key(&secrets, NULL, in_dir("none"), "https://h.example", &f) == 0, "the file need not be there");
	is(gathered("{" BASE "}"), "Authorization: Bearer [22 API_KEY]|", "a file's key");
	secrets_release(&secrets);
	header_lines_release(&lines);
}

int main(void)
{
	static const char *const files[] = {"c.json5", "k.json5", "rel"};
	size_t i;

	if (mkdtemp(dir) == NULL)
		exit(1);
	unsetenv("OPENAI_API_KEY");
	setenv("HOME", dir, 1);
	test_server();
	test_sources();
	test_own();
	test_names();
	for (i = 0; i < COUNT(files); i++)
		unlink(in_dir(files[i]));
	rmdir(dir);
	return done();
}
