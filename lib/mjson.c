/* mjson.c - see mjson.h. */
#include <string.h>

#include "limits.h"
#include "mjson.h"

/* serde_json::de has two ways to tell a place: before and after the byte looked at. */
int mjson_fault(struct mjson *j, const char *why)
{
	j->why = why;
	j->at = j->i;
	return -1;
}

static int peek_fault(struct mjson *j, const char *why)
{
	mjson_fault(j, why);
	if (j->at < j->n)
		j->at++;
	return -1;
}

static int blank(struct mjson *j)
{
	while (j->i < j->n && (j->p[j->i] == ' ' || j->p[j->i] == '\n' ||
	    j->p[j->i] == '\t' || j->p[j->i] == '\r'))
		j->i++;
	return j->i < j->n ? (unsigned char)j->p[j->i] : -1;
}

static int peek(const struct mjson *j)
{
	return j->i < j->n ? (unsigned char)j->p[j->i] : -1;
}

void mjson_expected_value(struct mjson *j)
{
	peek_fault(j, "expected value");
}

enum span_kind mjson_peek(struct mjson *j)
{
	int c = blank(j);

	switch (c) {
	case -1:
		peek_fault(j, "EOF while parsing a value");
		return SPAN_NONE;
	case '"':
		return SPAN_STRING;
	case '[':
		return SPAN_ARRAY;
	case '{':
		return SPAN_OBJECT;
	case 't':
		return SPAN_TRUE;
	case 'f':
		return SPAN_FALSE;
	case 'n':
		return SPAN_NULL;
	}
	if (c == '-' || (c >= '0' && c <= '9'))
		return SPAN_NUMBER;
	mjson_expected_value(j);
	return SPAN_NONE;
}

static int word(struct mjson *j, const char *text)
{
	for (; *text != '\0'; text++) {
		if (j->i == j->n)
			return mjson_fault(j, "EOF while parsing a value");
		if (j->p[j->i++] != *text)
			return mjson_fault(j, "expected ident");
	}
	return 0;
}

static int is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static void digits(struct mjson *j)
{
	while (is_digit(peek(j)))
		j->i++;
}

static int number(struct mjson *j)
{
	int c;

	if (peek(j) == '-')
		j->i++;
	if (j->i == j->n)
		return mjson_fault(j, "EOF while parsing a value");
	c = (unsigned char)j->p[j->i++];
	if (!is_digit(c))
		return mjson_fault(j, "invalid number");
	if (c == '0' && is_digit(peek(j)))
		return peek_fault(j, "invalid number");
	digits(j);
	if (peek(j) == '.') {
		j->i++;
		if (!is_digit(peek(j)))
			return peek_fault(j, j->i < j->n ? "invalid number" :
			    "EOF while parsing a value");
		digits(j);
	}
	if (peek(j) != 'e' && peek(j) != 'E')
		return 0;
	j->i++;
	if (peek(j) == '+' || peek(j) == '-')
		j->i++;
	if (j->i == j->n)
		return mjson_fault(j, "EOF while parsing a value");
	if (!is_digit((unsigned char)j->p[j->i++]))
		return mjson_fault(j, "invalid number");
	digits(j);
	return 0;
}

/* Four hex digits: their value, or -1. */
static long hex4(struct mjson *j)
{
	static const char hex[] = "0123456789abcdef0123456789ABCDEF";
	const char *at;
	long v = 0;
	int k;

	if (j->n - j->i < 4) {
		j->i = j->n;
		return mjson_fault(j, "EOF while parsing a string");
	}
	j->i += 4;
	for (k = 4; k > 0; k--) {
		at = memchr(hex, j->p[j->i - (size_t)k], 32);
		if (at == NULL)
			return mjson_fault(j, "invalid escape");
		v = v << 4 | ((at - hex) & 15);
	}
	return v;
}

/* After \u. */
static int unicode_escape(struct mjson *j, int used)
{
	static const char lone[] = "lone leading surrogate in hex escape";
	static const char half[] = "\\u";
	long v = hex4(j);
	int k;

	if (v < 0)
		return -1;
	if (!used || v < 0xd800 || v > 0xdfff)
		return 0;
	if (v >= 0xdc00)
		return mjson_fault(j, lone);
	for (k = 0; k < 2; k++) {
		if (j->i == j->n)
			return mjson_fault(j, "EOF while parsing a string");
		if (j->p[j->i++] != half[k])
			return mjson_fault(j, "unexpected end of hex escape");
	}
	if ((v = hex4(j)) < 0)
		return -1;
	return v < 0xdc00 || v > 0xdfff ? mjson_fault(j, lone) : 0;
}

static int string(struct mjson *j, int used)
{
	size_t start = ++j->i;
	unsigned char c;

	for (;;) {
		if (j->i == j->n)
			return mjson_fault(j, "EOF while parsing a string");
		c = (unsigned char)j->p[j->i++];
		if (c == '"')
			break;
		if (c < 0x20)
			return mjson_fault(j, "control character (\\u0000-\\u001F) found while parsing a string");
		if (c != '\\')
			continue;
		if (j->i == j->n)
			return mjson_fault(j, "EOF while parsing a string");
		c = (unsigned char)j->p[j->i++];
		if (c == 'u') {
			if (unicode_escape(j, used) < 0)
				return -1;
		} else if (memchr("\"\\/bfnrt", c, 8) == NULL)
			return mjson_fault(j, "invalid escape");
	}
	if (used && span_utf8(j->p + start, j->i - 1 - start) != j->i - 1 - start)
		return mjson_fault(j, "invalid unicode code point");
	return 0;
}

int mjson_scalar(struct mjson *j, int used, struct span *token)
{
	enum span_kind kind = mjson_peek(j);
	int bad;

	token->p = j->p + j->i;
	switch (kind) {
	case SPAN_STRING:
		bad = string(j, used);
		break;
	case SPAN_NUMBER:
		bad = number(j);
		break;
	case SPAN_TRUE:
		bad = word(j, "true");
		break;
	case SPAN_FALSE:
		bad = word(j, "false");
		break;
	case SPAN_NULL:
		bad = word(j, "null");
		break;
	default:
		return -1;
	}
	token->n = (size_t)(j->p + j->i - token->p);
	return bad;
}

int mjson_key(struct mjson *j, int first, struct span *key)
{
	int c = blank(j);

	if (c == -1)
		return peek_fault(j, "EOF while parsing an object");
	if (c == '}') {
		j->i++;
		return 0;
	}
	if (!first) {
		if (c != ',')
			return peek_fault(j, "expected `,` or `}`");
		j->i++;
		c = blank(j);
		if (c == -1)
			return peek_fault(j, "EOF while parsing a value");
		if (c == '}')
			return peek_fault(j, "trailing comma");
	}
	if (c != '"')
		return peek_fault(j, "key must be a string");
	return mjson_scalar(j, 1, key) < 0 ? -1 : 1;
}

int mjson_element(struct mjson *j, int first)
{
	int c = blank(j);

	if (c == -1)
		return peek_fault(j, "EOF while parsing a list");
	if (c == ']') {
		j->i++;
		return 0;
	}
	if (first)
		return 1;
	if (c != ',')
		return peek_fault(j, "expected `,` or `]`");
	j->i++;
	c = blank(j);
	if (c == ']')
		return peek_fault(j, "trailing comma");
	return c == -1 ? peek_fault(j, "EOF while parsing a value") : 1;
}

int mjson_colon(struct mjson *j)
{
	int c = blank(j);

	if (c == ':') {
		j->i++;
		return 0;
	}
	return peek_fault(j, c == -1 ? "EOF while parsing an object" : "expected `:`");
}

int mjson_end(struct mjson *j)
{
	return blank(j) == -1 ? 0 : peek_fault(j, "trailing characters");
}

/* An ignored object's next key and its colon. */
static int skip_key(struct mjson *j)
{
	struct span key;
	int c = blank(j);

	if (c != '"')
		return peek_fault(j, c == -1 ? "EOF while parsing an object" :
		    "key must be a string");
	return mjson_scalar(j, 0, &key) < 0 ? -1 : mjson_colon(j);
}

/*
 * After a value: closes what ends here and goes on to the next value.
 * 1: there is one; 0: the outermost is closed; -1.
 */
static int skip_on(struct mjson *j, char *open, size_t *depth)
{
	int c;

	while (*depth > 0) {
		c = blank(j);
		if (c == ',') {
			j->i++;
			return open[*depth - 1] == '{' && skip_key(j) < 0 ? -1 : 1;
		}
		if (c != (open[*depth - 1] == '{' ? '}' : ']')) {
			if (open[*depth - 1] == '{')
				return peek_fault(j, c == -1 ? "EOF while parsing an object" :
				    "expected `,` or `}`");
			return peek_fault(j, c == -1 ? "EOF while parsing a list" :
			    "expected `,` or `]`");
		}
		j->i++;
		--*depth;
	}
	return 0;
}

int mjson_skip(struct mjson *j)
{
	char open[MAX_DEPTH];	/* serde_json has no limit here */
	size_t depth = 0;
	struct span token;
	enum span_kind kind;
	int more = 1;

	while (more > 0) {
		kind = mjson_peek(j);
		if (kind == SPAN_NONE)
			return -1;
		if (kind != SPAN_ARRAY && kind != SPAN_OBJECT) {
			if (mjson_scalar(j, 0, &token) < 0)
				return -1;
			more = skip_on(j, open, &depth);
			continue;
		}
		if (depth == MAX_DEPTH)
			return peek_fault(j, "recursion limit exceeded");
		open[depth++] = j->p[j->i++];
		if (blank(j) == (kind == SPAN_OBJECT ? '}' : ']'))
			more = skip_on(j, open, &depth);
		else if (kind == SPAN_OBJECT && skip_key(j) < 0)
			return -1;
	}
	return more;
}
