/* dotenv.c - see dotenv.h. */
#include <string.h>

#include "dotenv.h"

static int is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static const char *past_blanks(const char *p, const char *end)
{
	while (p < end && is_blank(*p))
		p++;
	return p;
}

static int is_name(char c, int first)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || (!first && c >= '0' && c <= '9');
}

/* Up to the closing quote, which may stand on a later line; its end. */
static const char *add_quoted(const char *p, const char *end, struct buf *out)
{
	char quote = *p++, c;

	for (; p < end && *p != quote; p++) {
		c = *p;
		if (c == '\\' && quote == '"' && p + 1 < end) {
			p++;
			c = *p == 'n' ? '\n' : *p == 't' ? '\t' : *p == 'r' ? '\r' : *p;
		}
		buf_addc(out, c);
	}
	return p < end ? p + 1 : p;
}

/* Up to the end of the line, or a # behind a blank. */
static void add_plain(const char *p, const char *end, struct buf *out)
{
	const char *stop = p;

	while (stop < end && *stop != '\n' && !(*stop == '#' && (stop == p || is_blank(stop[-1]))))
		stop++;
	while (stop > p && is_blank(stop[-1]))
		stop--;
	buf_add(out, p, (size_t)(stop - p));
}

/* One line; where the next one's search begins. */
static const char *read_line(const char *p, const char *end, struct buf *out)
{
	const char *name;

	p = past_blanks(p, end);
	if (end - p > 7 && strncmp(p, "export", 6) == 0 && is_blank(p[6]))
		p = past_blanks(p + 6, end);
	for (name = p; p < end && is_name(*p, p == name);)
		p++;
	if (p == name || past_blanks(p, end) == end || *past_blanks(p, end) != '=')
		return p;
	buf_add(out, name, (size_t)(p - name));
	buf_addc(out, '=');
	p = past_blanks(past_blanks(p, end) + 1, end);
	if (p < end && (*p == '"' || *p == '\''))
		p = add_quoted(p, end, out);
	else
		add_plain(p, end, out);
	buf_addc(out, '\0');
	return p;
}

void dotenv_read(const char *text, size_t n, struct buf *out)
{
	const char *p = text, *end = text + n, *lf;

	while (p < end && !out->failed) {
		p = read_line(p, end, out);
		lf = memchr(p, '\n', (size_t)(end - p));
		p = lf != NULL ? lf + 1 : end;
	}
}

const char *dotenv_find(const struct buf *read, const char *name)
{
	const char *p = buf_text(read), *end = p + read->len, *found = NULL;
	size_t n = strlen(name);

	for (; p < end; p += strlen(p) + 1)
		if (strncmp(p, name, n) == 0 && p[n] == '=')
			found = p + n + 1;
	return found;
}
