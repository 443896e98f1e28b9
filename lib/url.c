/* url.c - see url.h. */
#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

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

/*
 * An IPv4 address as libcurl reads one (and inet_aton(3) does), most
 * significant byte first: the last of its one to four numbers fills the bytes
 * that are left, so 127.1 and 2130706433 are 127.0.0.1; 0x is hexadecimal.
 * Else 0, also where a number begins with 0: that is octal to some and decimal
 * to others, so nobody knows where it leads.
 */
static int ipv4(struct span h, unsigned char out[4])
{
	unsigned long long part, all = 0;
	const char *p = h.p, *end = h.p + h.n;
	int n = 0, base, digits, c;

	for (;; p++, n++) {
		base = end - p > 2 && p[0] == '0' && (p[1] == 'x' || p[1] == 'X') ? 16 : 10;
		p += base == 16 ? 2 : 0;
		for (part = 0, digits = 0; p < end && isxdigit((unsigned char)*p) && part <= 0xffffffff; p++, digits++) {
			c = isdigit((unsigned char)*p) ? *p - '0' : (*p | 32) - 'a' + 10;
			if (c >= base || (base == 10 && digits > 0 && part == 0))
				return 0;
			part = part * (unsigned)base + (unsigned)c;
		}
		if (digits == 0 || (p < end && (*p != '.' || n == 3 || part > 255)))
			return 0;
		if (p == end)
			break;
		all = all << 8 | part;
	}
	if (part > 0xffffffffULL >> 8 * n)
		return 0;
	all = all << 8 * (4 - n) | part;
	for (n = 0; n < 4; n++)
		out[n] = (unsigned char)(all >> (24 - 8 * n));
	return 1;
}

/* The zone behind a % says only which of this machine's networks it is in. */
static int ipv6(struct span h, unsigned char out[16])
{
	char text[INET6_ADDRSTRLEN];
	const char *zone = memchr(h.p, '%', h.n);
	size_t n = zone != NULL ? (size_t)(zone - h.p) : h.n;

	if (n >= sizeof text)
		return 0;
	memcpy(text, h.p, n);
	text[n] = '\0';
	return inet_pton(AF_INET6, text, out) == 1;
}

enum reach { FAR, NEAR, LOOPBACK };

/* 0.0.0.0 and [::] are this machine to connect(2). */
static enum reach reach_of_ipv4(const unsigned char a[4])
{
	if (a[0] == 127 || memcmp(a, "\0\0\0", 4) == 0)
		return LOOPBACK;
	return a[0] == 10 || (a[0] == 172 && a[1] >= 16 && a[1] <= 31) || (a[0] == 192 && a[1] == 168) ||
	    (a[0] == 169 && a[1] == 254) ? NEAR : FAR;
}

static enum reach reach_of_ipv6(const unsigned char a[16])
{
	static const unsigned char none[16], mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

	if (memcmp(a, mapped, sizeof mapped) == 0)
		return reach_of_ipv4(a + sizeof mapped);
	if (memcmp(a, none, 15) == 0 && a[15] <= 1)
		return LOOPBACK;
	return (a[0] & 0xfe) == 0xfc || (a[0] == 0xfe && (a[1] & 0xc0) == 0x80) ? NEAR : FAR;
}

/*
 * A name that nobody looks up in the world's DNS.  One with other characters
 * may be another name than it seems: libcurl makes evil%2Ecom, or one with a
 * full stop of another script, evil.com.  One that ends with a dot is the
 * DNS's own.
 */
static enum reach reach_of_name(struct span h)
{
	static const char *const domains[] = {".local", ".lan", ".internal", NULL};
	size_t i;

	for (i = 0; i < h.n; i++)
		if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.", h.p[i]) == NULL || h.p[i] == '\0')
			return FAR;
	if (same_text(h, span_of("localhost")) || ends(h, ".localhost"))
		return LOOPBACK;
	for (i = 0; domains[i] != NULL; i++)
		if (ends(h, domains[i]))
			return NEAR;
	/* a bare number that is no address is none of ours either */
	return memchr(h.p, '.', h.n) == NULL && !isdigit((unsigned char)h.p[0]) ? NEAR : FAR;
}

/* What libcurl would connect to; what isn't known is far. */
static enum reach reach(const struct url *u)
{
	unsigned char address[16];

	if (memchr(u->host.p, ':', u->host.n) != NULL)
		return ipv6(u->host, address) ? reach_of_ipv6(address) : FAR;
	return ipv4(u->host, address) ? reach_of_ipv4(address) : reach_of_name(u->host);
}

int url_is_loopback(const struct url *u)
{
	return reach(u) == LOOPBACK;
}

int url_is_near(const struct url *u)
{
	return reach(u) != FAR;
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
