#include <curl/curl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "help.h"
#include "httpway.h"
#include "transport.h"

#define URL "https://model.example/v1/chat/completions"
#define PROXY "\"proxy\":{\"mode\":\"explicit-proxy\",\"url\":\"http://proxy.example:3128\"}"

static char dir[64], config[128];
static struct http *http;

static void write_file(const char *name, const char *text)
{
	char path[128];
	FILE *out;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	if ((out = fopen(path, "w")) == NULL || fputs(text, out) == EOF || fclose(out) != 0 || chmod(path, 0600) != 0)
		exit(1);
}

/* The way of a route with that provider and request; given what the command line says. */
static struct http_way *way(const char *url, const char *provider, const char *request, const struct http_path *given, struct fault *f)
{
	static const char *const none[] = {NULL};
	struct secrets s;
	struct buf text;
	struct http_way *w;

	buf_init(&text, 1 << 16);
	buf_addf(&text, "{\"provider\":\"%s\",\"baseUrl\":\"https://model.example/v1\"%s%s}", provider,
	    request != NULL ? ",\"request\":" : "", request != NULL ? request : "");
	secrets_init(&s);
	s.own_config = config;
	fault_clear(f);
	w = transport_way(http, &s, given, json(buf_text(&text)), url, 0, none, f);
	secrets_release(&s);
	buf_release(&text);
	return w;
}

static void refused(const char *url, const char *provider, const char *request, const char *name)
{
	struct http_path given = {0};
	struct fault f;
	struct http_way *w = way(url, provider, request, &given, &f);

	ok(w == NULL && f.code == F_CONFIG, "%s: %s", name, f.message);
	http_way_free(w);
}

static void test_said_by_both(void)
{
	char want[128], tls[512];
	struct http_path given = {0};
	struct fault f;
	struct http_way *w = way(URL, "a", "{" PROXY "}", &given, &f);

	is(w != NULL ? w->proxy : f.message, "http://proxy.example:3128", "the proxy that route and configuration name");
	http_way_free(w);
	given.proxy = "";
	w = way(URL, "a", "{" PROXY "}", &given, &f);
	is(w != NULL ? w->proxy : f.message, "", "the command line's goes over it");
	http_way_free(w);
	given.proxy = NULL;

	snprintf(tls, sizeof tls, "{\"tls\":{\"ca\":\"ca.pem\",\"cert\":\"cert.pem\",\"key\":\"%s/key.pem\",\"serverName\":\"inner.example\","
	    "\"passphrase\":{\"source\":\"config\",\"file\":\"%s\",\"path\":\"models.providers.b.request.tls.passphrase\"}}}", dir, config);
	w = way(URL, "b", tls, &given, &f);
	snprintf(want, sizeof want, "%s/ca.pem", dir);
	is(w != NULL ? w->ca_file : f.message, want, "a relative file is looked for beside the configuration");
	ok(w != NULL && w->ca_dir == NULL, "no other authority is trusted then");
	snprintf(want, sizeof want, "%s/key.pem", dir);
	is(w != NULL ? w->key : f.message, want, "an absolute one where it is");
	is(w != NULL ? w->passphrase : f.message, "geheim", "the passphrase is fetched");
	is(w != NULL ? w->url : f.message, "https://inner.example:443/v1/chat/completions", "the name that the certificate must have");
	is(w != NULL ? w->connect_to->data : f.message, "inner.example:443:model.example:443", "and where the server really is");
	http_way_free(w);

	snprintf(want, sizeof want, "%s/other.pem", dir);
	given.cert = want;
	w = way(URL, "b", tls, &given, &f);
	ok(w != NULL && strcmp(w->cert, want) == 0 && w->key == NULL && strcmp(w->passphrase, "") == 0,
	    "a certificate of the command line comes without the route's key and passphrase");
	http_way_free(w);
	given.cert = NULL;
	w = way(URL, "c", NULL, &given, &f);
	ok(w != NULL && w->proxy == NULL, "a route that says nothing");
	http_way_free(w);
}

static void test_refused(void)
{
	refused(URL, "a", "{\"proxy\":{\"mode\":\"explicit-proxy\",\"url\":\"http://evil.example:3128\"}}", "another proxy");
	refused(URL, "c", "{" PROXY "}", "a proxy where the configuration has none");
	refused(URL, "nosuch", "{" PROXY "}", "a provider that isn't configured");
	refused("https://evil.example/v1/chat/completions", "a", "{" PROXY "}", "another server");
	refused(URL, "c", "{\"tls\":{\"ca\":\"/etc/hostname\"}}", "a file that the configuration doesn't name");
	refused(URL, "a", "{" PROXY ",\"tls\":{\"cert\":\"/etc/hostname\"}}", "a file beside a proxy that is right");
	refused(URL, "a", "{" PROXY ",\"socket\":\"/run/docker.sock\"}", "a setting that there isn't");
	refused(URL, "b", "{\"tls\":{\"ca\":\"ca.pem\"}}", "less than the configuration says");
	refused(URL, "b", "{\"tls\":{\"insecureSkipVerify\":true}}", "certificates that are not checked");
	refused(URL, "a", "[]", "no object");
	refused(URL, "a", "{\"proxy\":[]}", "a proxy that is none");
}

int main(void)
{
	struct fault f;
	char path[128];
	static const char *const files[] = {"ca.pem", "cert.pem", "key.pem", "other.pem", "fluffbuzz.json"};
	size_t i;

	snprintf(dir, sizeof dir, "/tmp/fb-unit-transport-XXXXXX");
	unsetenv("SSL_CERT_FILE");
	unsetenv("SSL_CERT_DIR");
	if (mkdtemp(dir) == NULL)
		return 1;
	snprintf(config, sizeof config, "%s/fluffbuzz.json", dir);
	for (i = 0; i < COUNT(files) - 1; i++)
		write_file(files[i], "x");
	snprintf(path, sizeof path, "%s/key.pem", dir);
	{
		struct buf text;

		buf_init(&text, 1 << 16);
		buf_addf(&text, "{models: {providers: {"
		    "a: {baseUrl: \"https://model.example/v1\", models: [], request: {proxy: {mode: \"explicit-proxy\", url: \"http://proxy.example:3128\"}}},"
		    "b: {baseUrl: \"https://model.example/v1\", models: [], request: {tls: {ca: \"ca.pem\", cert: \"cert.pem\", key: \"%s\","
		    " serverName: \"inner.example\", passphrase: \"geheim\"}}},"
		    "c: {baseUrl: \"https://model.example/v1\", models: []}}}}", path);
		write_file("fluffbuzz.json", buf_text(&text));
		buf_release(&text);
	}
	http = http_new(1, &f);
	test_said_by_both();
	test_refused();
	http_free(http);
	for (i = 0; i < COUNT(files); i++) {
		snprintf(path, sizeof path, "%s/%s", dir, files[i]);
		unlink(path);
	}
	rmdir(dir);
	return done();
}
