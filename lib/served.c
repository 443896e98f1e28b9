/* served.c - see served.h. */
#include <string.h>
#include <strings.h>

#include "served.h"

enum { PAIRS = 16, NAME = 1000, TOLD = 1 << 16 };	/* more pairs than that are no news */

#define DIGITS "0123456789"

static int ends_so(struct span name, const char *end)
{
	size_t n = strlen(end);

	return name.n > n && strncasecmp(name.p + name.n - n, end, n) == 0;
}

static size_t behind(struct span name, char c)
{
	size_t i = name.n;

	while (i > 0 && name.p[i - 1] != c)
		i--;
	return i;
}

/* "/models/x/" is x, "models--google--gemma" gemma. */
static struct span leaf(struct span name)
{
	size_t i;

	while (name.n > 0 && name.p[name.n - 1] == '/')
		name.n--;
	i = behind(name, '/');
	name = (struct span){name.p + i, name.n - i};
	for (i = name.n; i > 1 && memcmp(name.p + i - 2, "--", 2) != 0; i--)
		;
	return i > 1 && i < name.n ? (struct span){name.p + i, name.n - i} : name;
}

static int is_in(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

/* A date or a version: -2024-08-06, -08-2024, -0613, @001; not -7b, nor the 4-0613 of gpt-4-0613. */
static int is_version(const char *p, size_t n)
{
	size_t i, digits = 0;

	if (n < 4 || !is_in(p[0], "-@_.") || !is_in(p[1], DIGITS) || !is_in(p[2], DIGITS))
		return 0;
	for (i = 1; i < n; i++) {
		if (is_in(p[i], DIGITS))
			digits++;
		else if (!is_in(p[i], "-_."))
			return 0;
	}
	return digits >= 3;
}

/* Without what stands for one and the same model; the first character stays. */
static struct span stem(struct span name)
{
	size_t i;

	if (ends_so(name, "-latest"))
		name.n -= sizeof "-latest" - 1;
	for (i = 1; i < name.n; i++)
		if (is_version(name.p + i, name.n - i))
			name.n = i;
	return name;
}

static int is_same(struct span a, struct span b)
{
	return a.n == b.n && strncasecmp(a.p, b.p, a.n) == 0;
}

/* gemma and gemma-Q4_K_M.gguf */
static int is_file_of(struct span file, struct span name)
{
	return file.n > name.n && name.n > 0 && strncasecmp(file.p, name.p, name.n) == 0 && is_in(file.p[name.n], "-_.");
}

int served_differs(const char *asked, const char *got)
{
	struct span a = leaf((struct span){asked, strlen(asked)}), b = leaf((struct span){got, strlen(got)});
	int a_file = ends_so(a, ".gguf"), b_file = ends_so(b, ".gguf");
	size_t a_tag, b_tag;

	a.n -= a_file ? sizeof ".gguf" - 1 : 0;
	b.n -= b_file ? sizeof ".gguf" - 1 : 0;
	a_tag = behind(a, ':');
	b_tag = behind(b, ':');
	if (a_tag > 0 && b_tag == 0)
		a.n = a_tag - 1;
	else if (b_tag > 0 && a_tag == 0)
		b.n = b_tag - 1;
	if (is_same(a, b) || (b_file && is_file_of(b, a)) || (a_file && is_file_of(a, b)))
		return 0;
	/* two dates of one model are two models */
	return !is_same(stem(a), b) && !is_same(a, stem(b)) && !(ends_so(a, "-latest") && is_same(stem(a), stem(b)));
}

void served_init(struct served *s)
{
	buf_init(&s->told, TOLD);
	s->n = 0;
}

void served_release(struct served *s)
{
	buf_release(&s->told);
}

/* Was this pair told, and is it from now on? */
static int is_told(struct served *s, const char *asked, const char *got)
{
	const char *p = buf_text(&s->told), *end = p + s->told.len;
	int found;

	for (; p < end; p += strlen(p) + 1) {
		found = strcmp(p, asked) == 0;
		p += strlen(p) + 1;
		if (found && strcmp(p, got) == 0)
			return 1;
	}
	if (s->n == PAIRS)
		return 1;
	s->n++;
	buf_add(&s->told, asked, strlen(asked) + 1);
	buf_add(&s->told, got, strlen(got) + 1);
	return s->told.failed;
}

int served_tell(struct served *s, struct span body, struct span reply, struct buf *out)
{
	struct span names[2] = {span_early(body, "model"), span_early(reply, "model")};
	struct buf asked, got;
	int tell = 0;

	if (span_kind(names[0]) != SPAN_STRING || span_kind(names[1]) != SPAN_STRING || names[1].n <= 2 ||
	    is_same(names[0], names[1]))
		return 0;
	buf_init(&asked, NAME);
	buf_init(&got, NAME);
	span_decode(names[0], SPAN_REPLACE, &asked);
	span_decode(names[1], SPAN_REPLACE, &got);
	if (!asked.failed && !got.failed && served_differs(buf_text(&asked), buf_text(&got)) &&
	    !is_told(s, buf_text(&asked), buf_text(&got))) {
		buf_addf(out, "asked for %s, but %s answered", buf_text(&asked), buf_text(&got));
		tell = 1;
	}
	buf_release(&asked);
	buf_release(&got);
	return tell;
}
