/* url.c - see url.h. */
#include <string.h>
#include <strings.h>

#include "url.h"

static int same_text(struct span a, struct span b)
{
	return a.n == b.n && strncasecmp(a.p, b.p, a.n) == 0;
}

static int ends(struct span s, const char *tail)
{
	size_t n = strlen(tail);

	return s.n > n && strncasecmp(s.p + s.n - n, tail, n) == 0;
}

static int starts(struct span s, const char *head)
{
	size_t n = strlen(head);

	return s.n >= n && strncasecmp(s.p, head, n) == 0;
}

/* "host", "host:port", "[::1]:port" */
static const char *authority(struct span a, struct url *u)
{
	const char *end = a.p + a.n, *p = a.p, *colon;
	int port = 0, digits = 0;

	if (memchr(a.p, '@', a.n) != NULL)
		return "user name or password in it (use apiKey)";
	if (p < end && *p == '[') {
		if ((p = memchr(a.p, ']', a.n)) == NULL)
			return "'[' without ']'";
		u->host = (struct span){a.p + 1, (size_t)(p - a.p) - 1};
		p++;
	} else {
		colon = memchr(a.p, ':', a.n);
		p = colon != NULL ? colon : end;
		u->host = (struct span){a.p, (size_t)(p - a.p)};
	}
	if (u->host.n == 0)
		return "no host in it";
	if (p == end)
		return NULL;
	if (*p != ':')
		return "something between ']' and the port";
	for (p++; p < end && *p >= '0' && *p <= '9' && port <= 65535; p++, digits++)
		port = 10 * port + (*p - '0');
	if (p < end || digits == 0 || port < 1 || port > 65535)
		return "not a port behind its ':'";
	u->port = port;
	return NULL;
}

const char *url_parse(const char *text, struct url *u)
{
	const char *p, *slashes = strstr(text, "://"), *end;
	struct span auth;

	for (p = text; *p != '\0'; p++)
		if ((unsigned char)*p <= 0x20 || *p == 0x7f || *p == '#' || *p == '\\')
			return "a blank, control character, '#' or '\\' in it";
	if (slashes == NULL)
		return "not a URL: it starts with http:// or https://";
	u->scheme = (struct span){text, (size_t)(slashes - text)};
	if (same_text(u->scheme, span_of("https")))
		u->port = 443;
	else if (same_text(u->scheme, span_of("http")))
		u->port = 80;
	else
		return "only http:// and https:// are spoken";
	auth.p = slashes + 3;
	auth.n = strcspn(auth.p, "/?");
	p = auth.p + auth.n;
	end = p + strcspn(p, "?");
	u->path = (struct span){p, (size_t)(end - p)};
	u->query = span_of(end);
	return authority(auth, u);
}

int url_host_is(const struct url *u, const char *host)
{
	return same_text(u->host, span_of(host));
}

int url_same_origin(const struct url *a, const struct url *b)
{
	return same_text(a->scheme, b->scheme) && same_text(a->host, b->host) && a->port == b->port;
}

void url_origin(const struct url *u, struct buf *out)
{
	size_t i, from = out->len;
	int v6 = memchr(u->host.p, ':', u->host.n) != NULL;

	buf_add(out, u->scheme.p, u->scheme.n);
	buf_adds(out, v6 ? "://[" : "://");
	buf_add(out, u->host.p, u->host.n);
	buf_addf(out, "%s:%d", v6 ? "]" : "", u->port);
	for (i = from; i < out->len; i++)
		if (out->data[i] >= 'A' && out->data[i] <= 'Z')
			out->data[i] = (char)(out->data[i] + 32);
}

/* Four decimal numbers with dots between them; else 0, also when one begins with 0: that is octal elsewhere. */
static int ipv4(struct span h, int quad[4])
{
	size_t i;
	int k = 0, digits = 0;

	memset(quad, 0, 4 * sizeof quad[0]);
	for (i = 0; i < h.n; i++) {
		if (h.p[i] == '.') {
			if (digits == 0 || ++k > 3)
				return 0;
			digits = 0;
		} else if (h.p[i] < '0' || h.p[i] > '9' || (digits++ > 0 && quad[k] == 0)) {
			return 0;
		} else if ((quad[k] = 10 * quad[k] + (h.p[i] - '0')) > 255) {
			return 0;
		}
	}
	return k == 3 && digits > 0;
}

int url_is_loopback(const struct url *u)
{
	int q[4];

	if (ipv4(u->host, q))
		return q[0] == 127;
	return same_text(u->host, span_of("localhost")) || same_text(u->host, span_of("::1")) ||
	    ends(u->host, ".localhost");
}

int url_is_near(const struct url *u)
{
	static const char *const domains[] = {".local", ".lan", ".internal", NULL};
	int q[4], i;

	if (url_is_loopback(u))
		return 1;
	if (ipv4(u->host, q))
		return q[0] == 10 || (q[0] == 172 && q[1] >= 16 && q[1] <= 31) ||
		    (q[0] == 192 && q[1] == 168) || (q[0] == 169 && q[1] == 254);
	if (memchr(u->host.p, ':', u->host.n) != NULL)
		return (u->host.n > 4 && u->host.p[4] == ':' && (starts(u->host, "fc") || starts(u->host, "fd"))) ||
		    starts(u->host, "fe80:");
	for (i = 0; domains[i] != NULL; i++)
		if (ends(u->host, domains[i]))
			return 1;
	/* a bare name; a bare number is an address in disguise (134744072 is 8.8.8.8) */
	return memchr(u->host.p, '.', u->host.n) == NULL && !(u->host.p[0] >= '0' && u->host.p[0] <= '9');
}

void url_join(const struct url *base, const char *path, struct buf *out)
{
	struct span dir = base->path;
	const char *head = base->scheme.p;

	while (dir.n > 0 && dir.p[dir.n - 1] == '/')
		dir.n--;
	if (strncmp(path, "/v1/", 4) == 0)
		path += 3;
	else if (ends(dir, "/v1") || span_is(dir, "/v1"))
		dir.n -= 3;
	buf_add(out, head, (size_t)(dir.p - head) + dir.n);
	buf_adds(out, path);
	buf_add(out, base->query.p, base->query.n);
}
