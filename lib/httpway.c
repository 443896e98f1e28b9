/* httpway.c - see httpway.h. */
#include <curl/curl.h>
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "httpway.h"
#include "url.h"

static char *format(const char *fmt, ...)
{
	va_list ap;
	struct buf text;

	buf_init(&text, 1 << 20);
	va_start(ap, fmt);
	buf_addv(&text, fmt, ap);
	va_end(ap);
	if (text.failed)
		buf_release(&text);
	return text.data;
}

/* A copy in *to; 0 when there is no memory.  NULL stays NULL. */
static int copy(char **to, const char *text)
{
	*to = text != NULL ? strdup(text) : NULL;
	return text == NULL || *to != NULL;
}

static void drop_text(char *text)
{
	if (text != NULL)
		buf_overwrite(text, strlen(text));
	free(text);
}

static void drop_list(struct curl_slist *list)
{
	struct curl_slist *l;

	for (l = list; l != NULL; l = l->next)
		buf_overwrite(l->data, strlen(l->data));
	curl_slist_free_all(list);
}

void httpway_drop(struct http_way *w)
{
	if (w == NULL)
		return;
	drop_list(w->headers);
	drop_list(w->connect_to);
	curl_url_cleanup(w->parsed);
	drop_text(w->url);
	drop_text(w->proxy);
	drop_text(w->passphrase);
	free(w->noproxy);
	free(w->socket);
	free(w->ca_file);
	free(w->ca_dir);
	free(w->cert);
	free(w->key);
	free(w->place);
	free(w->peer);
	free(w->proxy_shown);
	free(w);
}

static int is_https(const char *url)
{
	return strncasecmp(url, "https:", 6) == 0;
}

/* -1: out of memory. */
static int add(struct curl_slist **list, const char *line)
{
	struct curl_slist *more = line != NULL ? curl_slist_append(*list, line) : NULL;

	if (more == NULL)
		return -1;
	*list = more;
	return 0;
}

static int has_header(const char *const *headers, const char *name)
{
	size_t n = strlen(name);

	for (; *headers != NULL; headers++)
		if (strncasecmp(*headers, name, n) == 0 && ((*headers)[n] == ':' || (*headers)[n] == ';'))
			return 1;
	return 0;
}

/* The lines given, and none of those that libcurl would add of its own. */
static int add_headers(struct http_way *w, const struct http_path *p)
{
	static const char *const unwanted[] = {"Expect", "Accept", "Content-Type", "Accept-Encoding"};
	char line[32];
	int i, bad = 0;

	/* a compressed reply costs both sides more than a near network does */
	for (i = 0; i < (p->near ? 4 : 3) && !bad; i++) {
		snprintf(line, sizeof line, "%s:", unwanted[i]);
		bad = !has_header(p->headers, unwanted[i]) && add(&w->headers, line);
	}
	for (i = 0; p->headers[i] != NULL && !bad; i++)
		bad = add(&w->headers, p->headers[i]);
	return bad;
}

/*
 * The server's certificate must be for another name than the URL's host: the
 * URL gets that name, and libcurl is told where it really is.
 */
static int rename_server(struct http_way *w, const struct http_path *p, const struct url *u)
{
	int six = memchr(u->host.p, ':', u->host.n) != NULL;
	const char *open = six ? "[" : "", *close = six ? "]" : "";
	int n = (int)u->host.n, bad;
	char *line = format("%s:%d:%s%.*s%s:%d", p->server_name, u->port, open, n, u->host.p, close, u->port);

	bad = add(&w->connect_to, line);
	free(line);
	if (!bad && !has_header(p->headers, "Host")) {
		line = u->port == 443 ? format("Host: %s%.*s%s", open, n, u->host.p, close) :
		    format("Host: %s%.*s%s:%d", open, n, u->host.p, close, u->port);
		bad = add(&w->headers, line);
		free(line);
	}
	w->url = format("%.*s://%s:%d%.*s%.*s", (int)u->scheme.n, u->scheme.p, p->server_name, u->port,
	    (int)u->path.n, u->path.p, (int)u->query.n, u->query.p);
	return bad || w->url == NULL;
}

static const char *variable(const char *name)
{
	const char *text = getenv(name);

	return text != NULL && text[0] != '\0' ? text : NULL;
}

/* Does c_rehash or the like keep it: are there links such as 4a6481c9.0? */
static int is_hashed(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	int found = 0;

	while (!found && d != NULL && (e = readdir(d)) != NULL)
		found = strspn(e->d_name, "0123456789abcdef") == 8 && e->d_name[8] == '.' &&
		    strspn(e->d_name + 9, "0123456789") == strlen(e->d_name + 9);
	if (d != NULL)
		closedir(d);
	return found;
}

/*
 * Whose certificates are trusted.  Of the system's either the directory, where
 * each is looked up (cheap for one connection), or the file, which libcurl
 * reads once and keeps, but only without a directory.  What the environment
 * names is taken as it is said, both where both are.
 */
static int add_trust(struct http_way *w, const struct http_path *p)
{
	const curl_version_info_data *v = curl_version_info(CURLVERSION_NOW);
	const char *usual_file = v->age >= CURLVERSION_SEVENTH ? v->cainfo : NULL;
	const char *usual_dir = v->age >= CURLVERSION_SEVENTH ? v->capath : NULL;
	const char *file = p->ca != NULL ? p->ca : variable("SSL_CERT_FILE");
	const char *dir = p->ca != NULL ? NULL : variable("SSL_CERT_DIR");

	if (file == NULL && dir == NULL) {
		file = usual_file;
		dir = usual_dir;
	}
	if (file != NULL && dir != NULL && usual_file != NULL && usual_dir != NULL &&
	    strcmp(file, usual_file) == 0 && strcmp(dir, usual_dir) == 0) {
		if ((p->few && is_hashed(dir)) || access(file, R_OK) != 0)
			file = NULL;
		else
			dir = NULL;
	}
	return !copy(&w->ca_file, file) || !copy(&w->ca_dir, dir);
}

/* The variables that libcurl looks at. */
static const char *proxy_of_environment(const char *url)
{
	const char *p = is_https(url) ? variable("https_proxy") : variable("http_proxy");

	if (p == NULL && is_https(url))
		p = variable("HTTPS_PROXY");
	if (p == NULL)
		p = variable("all_proxy");
	return p != NULL ? p : variable("ALL_PROXY");
}

static int add_proxy(struct http_way *w, const struct http_path *p)
{
	const char *proxy = p->proxy, *scheme, *login;
	int head, bad;

	if (p->socket != NULL || (proxy == NULL && p->near))
		proxy = "";
	/* one that was asked for is for all hosts, whatever no_proxy says */
	bad = !copy(&w->proxy, proxy) || !copy(&w->noproxy, proxy != NULL ? "" : NULL);
	if (proxy == NULL)
		proxy = proxy_of_environment(p->url);
	if (bad || proxy == NULL || proxy[0] == '\0')
		return bad;
	scheme = strstr(proxy, "://");
	head = scheme != NULL ? (int)(scheme - proxy) + 3 : 0;
	login = memchr(proxy + head, '@', strcspn(proxy + head, "/"));
	w->proxy_shown = format("%.*s%s", head, proxy, login != NULL ? login + 1 : proxy + head);
	return w->proxy_shown == NULL;
}

/* What is wrong with it is said before anything is sent. */
static int check(const struct http_path *p, struct url *u, struct fault *f)
{
	static const char *const schemes[] = {"http://", "https://", "socks4://", "socks4a://", "socks5://", "socks5h://"};
	const char *const file[] = {p->ca, p->cert, p->key}, *why = url_parse(p->url, u);
	size_t i;

	if (why != NULL)
		return fault_set(f, F_CONFIG, "the URL: %s", why);
	for (i = 0; i < sizeof file / sizeof *file; i++)
		if (file[i] != NULL && access(file[i], R_OK) != 0)
			return fault_set(f, F_CONFIG, "%s: %s", file[i], strerror(errno));
	if (p->server_name != NULL && (p->server_name[0] == '\0' || strpbrk(p->server_name, " \t\r\n/:@?#[]\\%") != NULL))
		return fault_set(f, F_CONFIG, "the server's name for TLS: must be a host's name");
	if (p->proxy == NULL || p->proxy[0] == '\0' || strstr(p->proxy, "://") == NULL)
		return 0;
	for (i = 0; i < sizeof schemes / sizeof *schemes; i++)
		if (strncasecmp(p->proxy, schemes[i], strlen(schemes[i])) == 0)
			return 0;
	return fault_set(f, F_CONFIG, "the proxy's URL: must begin with http://, https:// or socks5://");
}

/* Else libcurl would read and rebuild it for each request, a fifth of its work with a small one. */
static void parse(struct http_way *w)
{
	if ((w->parsed = curl_url()) == NULL || curl_url_set(w->parsed, CURLUPART_URL, w->url, 0) == CURLUE_OK)
		return;
	curl_url_cleanup(w->parsed);
	w->parsed = NULL;
}

static int fill(struct http_way *w, const struct http_path *p, const struct url *u)
{
	int path = (int)strcspn(p->url, "?");

	w->once = p->once;
	w->place = p->socket != NULL ? format("%.*s at the socket %s", path, p->url, p->socket) : format("%.*s", path, p->url);
	w->peer = format("%.*s port %d", (int)u->host.n, u->host.p, u->port);
	if (w->place == NULL || w->peer == NULL || add_headers(w, p) || add_proxy(w, p))
		return -1;
	if (p->server_name != NULL && is_https(p->url) ? rename_server(w, p, u) : !copy(&w->url, p->url))
		return -1;
	parse(w);
	if (is_https(p->url) && (add_trust(w, p) || !copy(&w->cert, p->cert) || !copy(&w->key, p->key) ||
	    /* an empty one, or OpenSSL would ask for it at the terminal */
	    !copy(&w->passphrase, p->cert == NULL ? NULL : p->passphrase != NULL ? p->passphrase : "")))
		return -1;
	return copy(&w->socket, p->socket) ? 0 : -1;
}

struct http_way *httpway_make(const struct http_path *p, struct fault *f)
{
	struct http_way *w;
	struct url u;

	if (check(p, &u, f) != 0)
		return NULL;
	if ((w = calloc(1, sizeof *w)) != NULL && fill(w, p, &u) == 0)
		return w;
	httpway_drop(w);
	fault_set(f, F_CONFIG, "out of memory");
	return NULL;
}

#define SET(option, value) (curl_easy_setopt(easy, option, value) != CURLE_OK)

/* Every option that a way may have: those of the way before don't stay. */
int httpway_apply(const struct http_way *w, CURL *easy)
{
	int https = is_https(w->url);

	return SET(CURLOPT_URL, w->url) || SET(CURLOPT_CURLU, w->parsed) || SET(CURLOPT_HTTPHEADER, w->headers) ||
	    SET(CURLOPT_CONNECT_TO, w->connect_to) ||
	    /* h2c is broken on reused connections in libcurl 7.88 */
	    SET(CURLOPT_HTTP_VERSION, (long)(https ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1)) ||
	    SET(CURLOPT_PROXY, w->proxy) || SET(CURLOPT_NOPROXY, w->noproxy) ||
	    SET(CURLOPT_UNIX_SOCKET_PATH, w->socket) ||
	    SET(CURLOPT_FRESH_CONNECT, w->once) || SET(CURLOPT_FORBID_REUSE, w->once) ||
	    SET(CURLOPT_CAINFO, w->ca_file) || SET(CURLOPT_CAPATH, w->ca_dir) ||
	    SET(CURLOPT_SSLCERT, w->cert) || SET(CURLOPT_SSLKEY, w->key) ||
	    SET(CURLOPT_KEYPASSWD, w->passphrase) ? -1 : 0;
}

void httpway_leave(CURL *easy)
{
	curl_easy_setopt(easy, CURLOPT_CURLU, NULL);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, NULL);
	curl_easy_setopt(easy, CURLOPT_CONNECT_TO, NULL);
	curl_easy_setopt(easy, CURLOPT_KEYPASSWD, NULL);
}
