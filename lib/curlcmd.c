/* curlcmd.c - see curlcmd.h. */
#include <string.h>

#include "curlcmd.h"
#include "url.h"

/* Linux takes 128 KB as one argument; curl asks before it sends a megabyte. */
enum { MOST_ARGUMENT = 100 << 10, ASKS_FIRST = 1 << 20 };

/* 'text', where that is needed; a quote in it as '\''. */
static void quote(struct buf *out, const char *p, size_t n, int always)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./:@%+,=";
	size_t i;

	for (i = 0; i < n && strchr(plain, p[i]) != NULL && p[i] != '\0'; i++)
		;
	if (!always && n > 0 && i == n) {
		buf_add(out, p, n);
		return;
	}
	buf_addc(out, '\'');
	for (i = 0; i < n; i++)
		if (p[i] == '\'')
			buf_adds(out, "'\\''");
		else
			buf_addc(out, p[i]);
	buf_addc(out, '\'');
}

static void option(struct buf *out, const char *name, const char *value)
{
	if (value == NULL)
		return;
	buf_addf(out, " %s ", name);
	quote(out, value, strlen(value), 0);
}

/* "Authorization: Bearer $KEY", or 'odd!: '"$KEY" where double quotes would mean more. */
static void header(struct buf *out, const struct header_lines *l, int i)
{
	const char *line = l->line[i];
	size_t n = l->secret[i];

	buf_adds(out, " -H ");
	if (n == 0) {
		quote(out, line, strlen(line), 1);
	} else if (strcspn(line, "\"\\$`!") >= n) {
		buf_addc(out, '"');
		buf_add(out, line, n);
		buf_addf(out, "$%s\"", l->variable[i]);
	} else {
		quote(out, line, n, 1);
		buf_addf(out, "\"$%s\"", l->variable[i]);
	}
}

static void headers(struct buf *out, const struct curlcmd *c)
{
	int i;

	for (i = 0; i < c->lines->n; i++)
		header(out, c->lines, i);
	/* curl's own, which fb-send doesn't send */
	if (header_lines_find(c->lines, "User-Agent") < 0)
		buf_adds(out, " -H 'User-Agent:'");
	if (c->body.p != NULL && c->body.n >= ASKS_FIRST)
		buf_adds(out, " -H 'Expect:'");
}

/* user:password@ of a proxy goes by name like every secret. */
static void proxy(struct buf *out, const char *url)
{
	const char *at, *host;

	if (url == NULL)
		return;
	if (url[0] == '\0') {
		buf_adds(out, " --noproxy '*'");
		return;
	}
	host = strstr(url, "://");
	host = host != NULL ? host + 3 : url;
	at = host + strcspn(host, "/?#");
	while (at > host && *at != '@')
		at--;
	buf_adds(out, " --noproxy '' --proxy ");
	if (*at == '@') {
		buf_add(out, url, (size_t)(host - url));
		quote(out, at + 1, strlen(at + 1), 0);
		buf_adds(out, " --proxy-user \"$PROXY_USER\"");
	} else {
		quote(out, url, strlen(url), 0);
	}
}

static void transport(struct buf *out, const struct curlcmd *c)
{
	proxy(out, c->proxy);
	option(out, "--unix-socket", c->socket);
	option(out, "--cacert", c->ca);
	option(out, "--cert", c->cert);
	option(out, "--key", c->key);
	if (c->passphrase)
		buf_adds(out, " --pass \"$TLS_PASSPHRASE\"");
}

/* The URL; where the certificate is for another name it has that, and curl is told where it really is. */
static void address(struct buf *out, const struct curlcmd *c)
{
	struct buf text;
	struct url u;
	const char *open, *close;
	int n;

	if (c->server_name == NULL || url_parse(c->url, &u) != NULL || u.scheme.n != 5) {
		quote(out, c->url, strlen(c->url), 1);
		return;
	}
	open = memchr(u.host.p, ':', u.host.n) != NULL ? "[" : "";
	close = open[0] != '\0' ? "]" : "";
	n = (int)u.host.n;
	buf_init(&text, 1 << 20);
	buf_addf(&text, "https://%s:%d%.*s%.*s", c->server_name, u.port, (int)u.path.n, u.path.p, (int)u.query.n, u.query.p);
	quote(out, buf_text(&text), text.len, 1);
	buf_clear(&text);
	buf_addf(&text, "%s:%d:%s%.*s%s:%d", c->server_name, u.port, open, n, u.host.p, close, u.port);
	option(out, "--connect-to", buf_text(&text));
	buf_clear(&text);
	buf_addf(&text, "Host: %s%.*s%s", open, n, u.host.p, close);
	if (u.port != 443)
		buf_addf(&text, ":%d", u.port);
	if (header_lines_find(c->lines, "Host") < 0)
		option(out, "-H", buf_text(&text));
	buf_release(&text);
}

void curlcmd_write(struct buf *out, const struct curlcmd *c)
{
	int piped = c->body.p != NULL && c->body.n > MOST_ARGUMENT;

	if (piped) {	/* the shell's own printf takes any length */
		buf_adds(out, "printf %s ");
		quote(out, c->body.p, c->body.n, 1);
		buf_adds(out, " | ");
	}
	buf_addf(out, "curl -sS%s%s%s ", c->stream ? " --no-buffer" : "", c->compressed ? " --compressed" : "",
	    strpbrk(c->url, "[]{}") != NULL ? " --globoff" : "");
	address(out, c);
	headers(out, c);
	transport(out, c);
	if (c->body.p == NULL)
		buf_adds(out, " -X GET");
	else if (piped)
		buf_adds(out, " --data-binary @-");
	else {
		buf_adds(out, " --data-raw ");
		quote(out, c->body.p, c->body.n, 1);
	}
	buf_addc(out, '\n');
}
