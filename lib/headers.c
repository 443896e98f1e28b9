/* headers.c - see headers.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "credential.h"
#include "header.h"
#include "headers.h"

enum { LEAST_KEY = 6, LEAST_PART = 3 };

int header_lines_find(const struct header_lines *l, const char *name)
{
	size_t n = strlen(name);
	int i;

	for (i = 0; i < l->n; i++)
		if (strncasecmp(l->line[i], name, n) == 0 && l->line[i][n] == ':')
			return i;
	return -1;
}

static void drop(struct header_lines *l, int i)
{
	buf_overwrite(l->line[i], strlen(l->line[i]));
	free(l->line[i]);
	free(l->variable[i]);
	for (l->n--; i < l->n; i++) {
		l->line[i] = l->line[i + 1];
		l->secret[i] = l->secret[i + 1];
		l->variable[i] = l->variable[i + 1];
	}
	l->line[i] = l->variable[i] = NULL;
	l->secret[i] = 0;
}

void header_lines_release(struct header_lines *l)
{
	while (l->n > 0)
		drop(l, l->n - 1);
	l->bare = 0;
}

/* Where in a value the secret begins: behind the "Bearer " of Authorization, since a server may repeat the key alone. */
static size_t secret_at(const char *name, const char *value)
{
	size_t n = strcspn(value, " \t");

	if (strcasecmp(name, "Authorization") != 0 && strcasecmp(name, "Proxy-Authorization") != 0)
		return 0;
	return value[n] == '\0' ? 0 : n + strspn(value + n, " \t");
}

int header_lines_add(struct header_lines *l, const char *name, const char *prefix, const char *value,
    const char *variable, struct fault *f)
{
	struct buf line;
	char *called = NULL;
	int old = header_lines_find(l, name);

	if (!header_name_ok(name, strlen(name)))
		return fault_set(f, F_CONFIG, "not the name of a header");
	if (!header_value_ok(value, strlen(value)) || !header_value_ok(prefix, strlen(prefix)))
		return fault_set(f, F_CONFIG, "a control character in the value of %s", name);
	if (old < 0 && l->n == HEADER_LINES)
		return fault_set(f, F_CONFIG, "more than %d headers", HEADER_LINES);
	buf_init(&line, strlen(name) + strlen(prefix) + strlen(value) + 2);
	buf_room(&line, line.max);	/* at once: no pieces of a key in freed memory */
	buf_addf(&line, "%s: %s", name, prefix);
	buf_adds(&line, value);
	if (line.failed || (variable != NULL && (called = strdup(variable)) == NULL)) {
		buf_wipe(&line);
		return fault_set(f, F_CONFIG, "out of memory");
	}
	if (old >= 0)
		drop(l, old);
	l->secret[l->n] = variable == NULL ? 0 : strlen(name) + 2 + strlen(prefix) +
	    (prefix[0] == '\0' ? secret_at(name, value) : 0);
	l->variable[l->n] = called;
	l->line[l->n++] = line.data;
	return 0;
}

void header_variable(struct buf *out, const char *text)
{
	char c;

	if (out->len == 0 && *text >= '0' && *text <= '9')
		buf_addc(out, '_');
	for (; (c = *text) != '\0'; text++)
		buf_addc(out, c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') :
		    (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ? c : '_');
}

/* What follows from the request itself, and what libcurl does with a reply: not for -H. */
static int is_ours(const char *name)
{
	static const char *const ours[] = {"Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "Expect",
	    "Upgrade", "TE", "Trailer", "Accept-Encoding", NULL};
	int i;

	for (i = 0; ours[i] != NULL; i++)
		if (strcasecmp(name, ours[i]) == 0)
			return 1;
	return 0;
}

/* "Name:" - what libcurl would send by itself stays as a line that forbids it. */
static int take_away(struct header_lines *l, const char *name, struct fault *f)
{
	int i = header_lines_find(l, name);

	if (strcasecmp(name, "Host") == 0)
		return fault_set(f, F_CONFIG, "-H Host: there has to be one");
	if (i >= 0)
		drop(l, i);
	if (strcasecmp(name, "Accept") != 0 && strcasecmp(name, "Content-Type") != 0)
		return 0;
	if (header_lines_add(l, name, "", "", NULL, f) != 0)
		return -1;
	l->line[l->n - 1][strlen(name) + 1] = '\0';
	return 0;
}

static int put_over(struct header_lines *l, const char *name, const char *value, struct fault *f)
{
	struct buf variable;
	int bad;

	if (!credential_smells(name))
		return header_lines_add(l, name, "", value, NULL, f);
	if (l->bare)
		return fault_set(f, F_CONFIG, "-H %s: it would go over plain http to a public host (--insecure-http "
		    "allows it)", name);
	buf_init(&variable, 1 << 16);
	header_variable(&variable, name);
	bad = header_lines_add(l, name, "", value, buf_text(&variable), f);
	buf_release(&variable);
	return bad;
}

static int one_over(struct header_lines *l, const char *text, struct fault *f)
{
	size_t n = strcspn(text, ":"), from;
	struct buf name, value;
	int bad;

	/* what is no header may be a key in the wrong place: it isn't repeated */
	if (text[n] == '\0' || !header_name_ok(text, n))
		return fault_set(f, F_CONFIG, "-H: a header is due, 'Name: value'");
	buf_init(&name, n);
	buf_add(&name, text, n);
	from = n + 1 + strspn(text + n + 1, " \t");
	n = strlen(text + from);
	while (n > 0 && strchr(" \t", text[from + n - 1]) != NULL)
		n--;
	buf_init(&value, n);
	buf_add(&value, text + from, n);
	if (name.failed || value.failed)
		bad = fault_set(f, F_CONFIG, "out of memory");
	else if (is_ours(buf_text(&name)))
		bad = fault_set(f, F_CONFIG, "-H %s: fb-send sees to that itself", buf_text(&name));
	else if (n == 0)
		bad = take_away(l, buf_text(&name), f);
	else
		bad = put_over(l, buf_text(&name), buf_text(&value), f);
	buf_release(&name);
	buf_wipe(&value);
	return bad;
}

/* "Name:" takes one away, and is none. */
static int is_secret(const char *text)
{
	size_t n = strcspn(text, ":");
	struct buf name;
	int is = text[n] != '\0' && text[n + 1 + strspn(text + n + 1, " \t")] != '\0';

	buf_init(&name, n);
	buf_add(&name, text, n);
	is = is && (name.failed || credential_smells(buf_text(&name)));
	buf_release(&name);
	return is;
}

const char *header_lines_secret(const char *const *own)
{
	for (; own != NULL && *own != NULL; own++)
		if (is_secret(*own))
			return *own;
	return NULL;
}

int header_lines_over(struct header_lines *l, const char *const *own, int theirs, struct fault *f)
{
	int i;

	for (i = 0; own != NULL && own[i] != NULL; i++)
		if (!(theirs && is_secret(own[i])) && one_over(l, own[i], f) != 0)
			return -1;
	return 0;
}

int header_lines_check(const char *const *own, struct fault *f)
{
	struct header_lines all = {.n = 0};
	int bad = header_lines_over(&all, own, 0, f);

	header_lines_release(&all);
	return bad;
}

/* How many bytes of p[0..n) are c as JSON may have it: as it is, behind a backslash, or \u002B; 0: it is another. */
static size_t spelt_char(const char *p, size_t n, char c)
{
	char hex[7];

	if (n == 0 || p[0] != '\\')
		return n > 0 && p[0] == c;
	if (n > 1 && p[1] == c && strchr("/\"\\", c) != NULL)
		return 2;
	snprintf(hex, sizeof hex, "\\u%04x", (unsigned)(unsigned char)c);
	if (n >= 6 && p[1] == 'u' && strncasecmp(p + 2, hex + 2, 4) == 0)
		return 6;
	return c == '\\';
}

/* Does a text that was cut end here: with nothing more, the dots that say so, or half an escape? */
static int is_end(const char *p, size_t n)
{
	return n == 0 || (n == 3 && memcmp(p, "...", 3) == 0) || (n < 6 && p[0] == '\\' && (n == 1 || p[1] == 'u'));
}

/*
 * How many bytes of p[0..n) spell the key, or its beginning where the text was
 * cut in the middle of it: by us, by libcurl, or on its way; 0: it isn't there.
 */
static size_t spelt(const char *p, size_t n, const char *key, int cut)
{
	size_t i = 0, at, k, whole = strlen(key);

	if (n >= whole && memcmp(p, key, whole) == 0)
		return whole;
	if (n == 0 || (p[0] != '\\' && p[0] != key[0]))
		return 0;
	for (at = 0; key[at] != '\0'; at++, i += k)
		if ((k = spelt_char(p + i, n - i, key[at])) == 0)
			return cut && at >= LEAST_PART && is_end(p + i, n - i) ? i : 0;
	return i;
}

static void redact_one(const char *key, char *text, size_t n, int cut)
{
	size_t i, k, slashes = 0;

	for (i = 0; i < n; i += k > 0 ? k : 1) {
		k = spelt(text + i, n - i, key, cut);
		if (k > 0) {
			/* half an escape would spoil the string */
			memset(text + i - slashes % 2, '*', k + slashes % 2);
			slashes = 0;
		} else {
			slashes = text[i] == '\\' ? slashes + 1 : 0;
		}
	}
}

static void redact(const struct header_lines *l, char *text, size_t n, int cut)
{
	const char *key;
	int i;

	for (i = 0; i < l->n; i++) {
		key = l->line[i] + l->secret[i];
		if (l->secret[i] != 0 && strlen(key) >= LEAST_KEY)
			redact_one(key, text, n, cut);
	}
}

void header_lines_redact(const struct header_lines *l, char *text, size_t n)
{
	redact(l, text, n, 1);
}

void header_lines_redact_whole(const struct header_lines *l, char *text, size_t n)
{
	redact(l, text, n, 0);
}
