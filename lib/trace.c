/* trace.c - see trace.h. */
#include <string.h>
#include <strings.h>

#include "credential.h"
#include "header.h"
#include "trace.h"
#include "tty.h"

enum { MOST_LINE = 1 << 20 };

/* Names that smell, though they hold no secret but what one wants to see. */
static int is_open(const char *name)
{
	static const char *const open[] = {"x-ratelimit-", "ratelimit-", "anthropic-ratelimit-", "www-authenticate",
	    "proxy-authenticate", "access-control-", NULL};
	int i;

	for (i = 0; open[i] != NULL; i++)
		if (strncasecmp(name, open[i], strlen(open[i])) == 0)
			return 1;
	return 0;
}

static int smells(const char *p, size_t n)
{
	struct buf name;
	int does;

	buf_init(&name, n);
	buf_add(&name, p, n);
	does = name.failed || (credential_smells(buf_text(&name)) && !is_open(buf_text(&name)));
	buf_release(&name);
	return does;
}

/* Behind "Bearer " and the like, which is worth seeing. */
static size_t scheme(const char *p, size_t n)
{
	static const char *const schemes[] = {"Bearer ", "Basic ", "Token ", "ApiKey ", "Digest ", "Negotiate ", NULL};
	int i;

	for (i = 0; schemes[i] != NULL; i++)
		if (n >= strlen(schemes[i]) && strncasecmp(p, schemes[i], strlen(schemes[i])) == 0)
			return strlen(schemes[i]);
	return 0;
}

/* "Name: value" of p[0..n): how much of it may be seen when the value may not; 0: all. */
static size_t header_head(const char *p, size_t n)
{
	const char *colon = n > 1 ? memchr(p + 1, ':', n - 1) : NULL;
	size_t at;

	if (colon == NULL || !header_name_ok(p, (size_t)(colon - p)) || !smells(p, (size_t)(colon - p)))
		return 0;
	for (at = (size_t)(colon - p) + 1; at < n && (p[at] == ' ' || p[at] == '\t'); at++)
		;
	return at + scheme(p + at, n - at);
}

/* //user:password@ from p on; the length of what is between, or 0. */
static size_t userinfo(const char *p, size_t n)
{
	size_t i, at = 0;

	if (n < 3 || p[0] != '/' || p[1] != '/')
		return 0;
	for (i = 2; i < n && strchr("/?# \t\"'<>", p[i]) == NULL; i++)
		if (p[i] == '@')
			at = i;
	return at > 2 ? at - 2 : 0;
}

/* ?name=value or &name=value from p on, with a name that smells: where the value is. */
static size_t parameter(const char *p, size_t n, size_t *len)
{
	size_t eq, end;

	if (n == 0 || (p[0] != '?' && p[0] != '&' && p[0] != ';' && p[0] != '#'))
		return 0;
	for (eq = 1; eq < n && strchr("=&;?# \t\"'<>", p[eq]) == NULL; eq++)
		;
	if (eq >= n || p[eq] != '=' || !smells(p + 1, eq - 1))
		return 0;
	for (end = eq + 1; end < n && strchr("&;# \t\"'<>", p[end]) == NULL; end++)
		;
	*len = end - eq - 1;
	return *len > 0 ? eq + 1 : 0;
}

/* A text that may have URLs in it. */
static void show(struct buf *out, const char *p, size_t n)
{
	size_t i = 0, from = 0, k, at;

	while (i < n) {
		if ((k = userinfo(p + i, n - i)) > 0)
			at = 2;
		else if ((at = parameter(p + i, n - i, &k)) == 0) {
			i++;
			continue;
		}
		tty_harmless(out, p + from, i + at - from);
		buf_adds(out, "***");
		i += at + k;
		from = i;
	}
	tty_harmless(out, p + from, n - from);
}

/* libcurl tells of HTTP/2 headers in its notes: "stream 1 [authorization: Bearer K]", each version in another way. */
static size_t noted_head(const char *p, size_t n)
{
	size_t i, head;

	for (i = 0; i + 1 < n; i++)
		if (p[i] == '[' && (head = header_head(p + i + 1, n - i - 1)) > 0)
			return i + 1 + head;
	return header_head(p, n);
}

/* The same for a line of ours that has a secret, whatever its name says. */
static size_t known_head(const struct header_lines *l, const char *p, size_t n)
{
	const char *colon = memchr(p, ':', n);
	size_t k = colon != NULL ? (size_t)(colon - p) + 1 : 0;
	int i;

	for (i = 0; l != NULL && i < l->n && k > 0; i++)
		if (l->secret[i] > 0 && strncasecmp(p, l->line[i], k) == 0)
			return k < n && p[k] == ' ' ? k + 1 : k;
	return 0;
}

/*
 * Notes of use to those who work on libcurl: its tables and addresses, each
 * step of a TLS handshake (not its alerts), headers that the lines show too.
 */
static int is_noise(const char *note)
{
	static const char *const noise[] = {"was found in DNS cache", "Found bundle for host", "Found pending candidate",
	    "Mark bundle as", "Could multiplex, but not asked to", "h2h3 [", "h2 [", "[HTTP/2] [", "Using Stream ID",
	    "easy handle", "handle 0x", ": 0x", "ompletely uploaded and fine", "completely sent off", "allocate connect buffer",
	    "CONNECT phase completed", ", TLS handshake, ", ", TLS change cipher, ", ", TLS header, ", ", TLS app data, ",
	    "Proxy auth using Basic", "Copying HTTP/2 data", "CApath: none", "Connection state changed (MAX_CONC", NULL};
	int i;

	for (i = 0; noise[i] != NULL && strstr(note, noise[i]) == NULL; i++)
		;
	return noise[i] != NULL;
}

void trace_line(struct buf *out, char direction, const char *line, size_t n, const struct header_lines *lines)
{
	struct buf copy;
	size_t head;

	while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
		n--;
	buf_init(&copy, MOST_LINE);
	buf_add(&copy, line, n < MOST_LINE ? n : MOST_LINE);
	if (direction == '*' && is_noise(buf_text(&copy))) {
		buf_wipe(&copy);
		return;
	}
	buf_addf(out, "%c ", direction);
	if (!copy.failed && copy.len > 0) {
		head = direction == '*' ? noted_head(copy.data, copy.len) : header_head(copy.data, copy.len);
		if (head == 0 && direction == '>')
			head = known_head(lines, copy.data, copy.len);
		if (lines != NULL)	/* the server may repeat one anywhere */
			header_lines_redact(lines, copy.data, copy.len);
		show(out, copy.data, head > 0 ? head : copy.len);
		if (head > 0)
			buf_adds(out, direction == '*' && copy.data[copy.len - 1] == ']' ? "***]" : "***");
	}
	buf_addc(out, '\n');
	buf_wipe(&copy);
}
