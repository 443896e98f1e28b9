/* mread.c - see mread.h. */
#include <string.h>

#include "buf.h"
#include "limits.h"
#include "mread.h"
#include "mtext.h"

enum { SHOWN = 200 };	/* bytes of a wrong value in a message */

const struct mrule *mread_rule(const struct mread *as, enum mwrong what)
{
	const struct mrule *rule;

	for (rule = as->rules; rule->what != MWRONG_NONE; rule++)
		if (rule->what == what)
			return rule;
	return NULL;
}

/* What no server takes: a table without that row says what it says first. */
static int refuses(const struct mread *as, struct mfound *found, enum mwrong what, struct span v)
{
	found->rule = mread_rule(as, what);
	if (found->rule == NULL)
		found->rule = as->rules;
	found->value = v;
	return 1;
}

/* Does this server mind?  Then it is found. */
static int minds(const struct mread *as, struct mfound *found, enum mwrong what, struct span v)
{
	found->rule = mread_rule(as, what);
	found->value = v;
	return found->rule != NULL;
}

static const char *kind_name(struct span v)
{
	static const char *const names[] = {
		[SPAN_NONE] = "nothing", [SPAN_NULL] = "null", [SPAN_FALSE] = "boolean",
		[SPAN_TRUE] = "boolean", [SPAN_NUMBER] = "number", [SPAN_STRING] = "string",
		[SPAN_ARRAY] = "array", [SPAN_OBJECT] = "object"
	};

	return names[span_kind(v)];
}

static void mark(void *ctx, struct buf *out, char what)
{
	struct mfound *f = ctx;

	switch (what) {
	case 'm':
		if (f->model.p != NULL)
			span_decode(f->model, SPAN_REPLACE, out);
		break;
	case 'i':
		mtext_number(out, f->index);
		break;
	case 'v':
		buf_add(out, f->value.p, f->value.n < SHOWN ? f->value.n : SHOWN);
		break;
	case 'k':
		buf_adds(out, kind_name(f->value));
		break;
	case 'w':
		buf_adds(out, f->err.what);
		break;
	case 'b':
		mtext_number(out, f->err.at);
		break;
	case 'l':
		mtext_number(out, f->line);
		break;
	case 'c':
		mtext_number(out, f->column);
		break;
	case 'p':
		buf_add(out, f->path.p, f->path.n);
		break;
	case 'a':
		buf_add(out, f->messages.p, f->messages.n);
		break;
	case 't':
		mtext_number(out, f->tokens);
		break;
	case 'x':
		mtext_number(out, f->context);
		break;
	}
}

void mread_say(const char *text, struct mfound *found, struct buf *out)
{
	mtext_fill(out, text, strlen(text), mark, found);
}

static void find_place(struct mfound *f, struct span body, size_t at)
{
	size_t i, start = 0;

	f->line = 1;
	for (i = 0; i < at && i < body.n; i++)
		if (body.p[i] == '\n') {
			f->line++;
			start = i + 1;
		}
	f->column = at - start + 1;
}

/* The four digits of \uXXXX at p, or 0. */
static unsigned escape_at(const char *p, const char *end)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	const char *d;
	unsigned v = 0;
	int i;

	if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
		return 0;
	for (i = 2; i < 6; i++) {
		if (p[i] == '\0' || (d = strchr(digits, p[i])) == NULL)
			return 0;
		v = v * 16 + (unsigned)(d - digits < 16 ? d - digits : d - digits - 6);
	}
	return v;
}

/* Where half a pair stands alone in valid JSON; 0: nowhere. */
static size_t lone_surrogate(struct span body)
{
	const char *p = body.p, *end = body.p + body.n;
	unsigned v;

	while ((p = memchr(p, '\\', (size_t)(end - p))) != NULL) {
		v = escape_at(p, end);
		if (v >= 0xdc00 && v < 0xe000)
			return (size_t)(p - body.p);
		if (v >= 0xd800 && v < 0xdc00) {
			v = escape_at(p + 6, end);
			if (v < 0xdc00 || v > 0xdfff)
				return (size_t)(p - body.p) + 6;
			p += 6;
		}
		p += 2;
	}
	return 0;
}

struct span mread_key(const struct mreq *r)
{
	struct span key = mhttp_header(r, "authorization");

	if (key.n <= 7 || !mhttp_same((struct span){key.p, 7}, "bearer "))
		return SPAN_NIL;
	key.p += 7;
	key.n -= 7;
	return key;
}

static int wrong_key(const struct mread *as, const struct mreq *r, struct mfound *found)
{
	struct span key;

	if (mread_rule(as, MWRONG_NO_KEY) == NULL)
		return 0;
	key = mread_key(r);
	if (key.p == NULL)
		return minds(as, found, MWRONG_NO_KEY, SPAN_NIL);
	return span_find(key.p, key.n, "invalid") != NULL && minds(as, found, MWRONG_BAD_KEY, key);
}

static int wrong_json(const struct mread *as, const struct mreq *r, struct mfound *found,
    struct span *v)
{
	size_t at;

	if (span_check(r->body.p, r->body.n, MAX_DEPTH, v, &found->err) < 0) {
		find_place(found, r->body, found->err.at);
		return refuses(as, found, MWRONG_JSON, SPAN_NIL);
	}
	if (mread_rule(as, MWRONG_SURROGATE) != NULL && (at = lone_surrogate(r->body)) > 0) {
		find_place(found, r->body, at);
		return minds(as, found, MWRONG_SURROGATE, SPAN_NIL);
	}
	if (span_kind(*v) != SPAN_OBJECT)
		return refuses(as, found, MWRONG_OBJECT, *v);
	return 0;
}

static int wrong_role(const struct mread *as, struct mfound *found, struct span role)
{
	const char *const *known = as->roles;

	if (span_kind(role) != SPAN_STRING)
		return minds(as, found, MWRONG_NO_ROLE, role);
	if (known == NULL)
		return 0;
	for (; *known != NULL; known++)
		if (span_eq(role, *known))
			return 0;
	return minds(as, found, MWRONG_ROLE, role);
}

static int wrong_part(const struct mread *as, struct mfound *found, struct span content)
{
	struct span_iter it;
	struct span key, part, type;

	for (it = span_each(content); span_next(&it, &key, &part);) {
		type = span_get(part, "type");
		if (span_kind(type) == SPAN_STRING && span_eq(type, "text"))
			continue;
		if (span_kind(type) == SPAN_STRING && span_eq(type, "image_url")) {
			if (minds(as, found, MWRONG_IMAGE, type))
				return 1;
		} else if (minds(as, found, MWRONG_PART, type))
			return 1;
	}
	return 0;
}

/* The one pass over a message; looking members up by name would be one each. */
static int wrong_message(const struct mread *as, struct span message, struct mask *ask,
    struct mfound *found)
{
	struct span key, v, role = SPAN_NIL, content = SPAN_NIL, calls = SPAN_NIL;
	struct span_iter it;
	enum span_kind kind;

	if (span_kind(message) != SPAN_OBJECT)
		return minds(as, found, MWRONG_MESSAGE, message);
	for (it = span_each(message); span_next(&it, &key, &v);) {
		if (span_eq(key, "role"))
			role = v;
		else if (span_eq(key, "content"))
			content = v;
		else if (span_eq(key, "tool_calls"))
			calls = v;
	}
	if (wrong_role(as, found, role))
		return 1;
	kind = span_kind(content);
	if (kind == SPAN_ARRAY) {
		if (minds(as, found, MWRONG_PARTS, content) || wrong_part(as, found, content))
			return 1;
		if (as->drop_parts)
			content = SPAN_NIL;
	} else if (kind == SPAN_NULL || kind == SPAN_NONE) {
		if (span_kind(calls) != SPAN_ARRAY && minds(as, found, MWRONG_NO_CONTENT, message))
			return 1;
	} else if (kind != SPAN_STRING && minds(as, found, MWRONG_CONTENT, content))
		return 1;
	mask_message(ask, role, content);
	return 0;
}

static int wrong_messages(const struct mread *as, struct span messages, struct mask *ask,
    struct mfound *found)
{
	struct span_iter it;
	struct span key, message;

	if (span_kind(messages) != SPAN_ARRAY)
		return refuses(as, found, messages.p == NULL ? MWRONG_NO_MESSAGES : MWRONG_MESSAGES,
		    messages);
	found->messages = messages;
	if (span_count(messages) == 0 && minds(as, found, MWRONG_EMPTY, messages))
		return 1;
	for (it = span_each(messages); span_next(&it, &key, &message); found->index++)
		if (wrong_message(as, message, ask, found))
			return 1;
	return 0;
}

/* OpenAI's models that reason have no max_tokens. */
static int reasons(struct span model)
{
	static const char *const names[] = {"o1", "o3", "o4", "gpt-5", NULL};
	const char *const *name;

	for (name = names; *name != NULL; name++)
		if (model.n > strlen(*name) && memcmp(model.p + 1, *name, strlen(*name)) == 0)
			return 1;
	return 0;
}

static int wrong_members(const struct mread *as, const struct mask *ask,
    struct span temperature, struct mfound *found)
{
	long long n;

	if (span_kind(ask->tools) == SPAN_ARRAY && span_count(ask->tools) > 0) {
		if (minds(as, found, MWRONG_TOOLS, ask->tools) ||
		    (ask->stream && minds(as, found, MWRONG_TOOLS_STREAM, ask->tools)))
			return 1;
	}
	if (span_kind(ask->n) == SPAN_NUMBER && span_integer(ask->n, &n) && n != 1 && minds(as, found, MWRONG_CHOICES, ask->n))
		return 1;
	if (ask->max_tokens.p != NULL && reasons(ask->model) &&
	    minds(as, found, MWRONG_MAX_TOKENS, ask->max_tokens))
		return 1;
	if (span_kind(ask->max_tokens) == SPAN_NUMBER && span_number(ask->max_tokens) < -1 &&
	    minds(as, found, MWRONG_LIMIT, ask->max_tokens))
		return 1;
	return temperature.p != NULL && span_kind(temperature) != SPAN_NUMBER &&
	    span_kind(temperature) != SPAN_NULL &&
	    minds(as, found, MWRONG_TEMPERATURE, temperature);
}

static int wrong_model(const struct mread *as, struct span model, struct span served,
    struct mfound *found)
{
	found->model = model;
	if (model.p == NULL)
		return minds(as, found, MWRONG_NO_MODEL, model);
	return served.p != NULL && !span_same(served, model) &&
	    minds(as, found, MWRONG_MODEL, model);
}

int mread_chat(const struct mread *as, const struct mreq *r, struct span served,
    struct mask *ask, struct mfound *found)
{
	struct span v, key, body, messages = SPAN_NIL, temperature = SPAN_NIL;
	struct span_iter it;

	memset(ask, 0, sizeof *ask);
	memset(found, 0, sizeof *found);
	found->path = r->path;
	if (wrong_key(as, r, found) || wrong_json(as, r, found, &body))
		return -1;
	for (it = span_each(body); span_next(&it, &key, &v);) {
		if (span_eq(key, "messages"))
			messages = v;
		else if (span_eq(key, "temperature"))
			temperature = v;
		else
			mask_member(ask, key, v);
	}
	if (wrong_model(as, ask->model, served, found) ||
	    wrong_messages(as, messages, ask, found) ||
	    wrong_members(as, ask, temperature, found))
		return -1;
	return 0;
}
