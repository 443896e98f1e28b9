/* part.c - see part.h. */
#include <string.h>

#include "callid.h"
#include "image.h"
#include "json.h"
#include "limits.h"
#include "message.h"
#include "part.h"
#include "record.h"

/*
 * A signature names the field of the reply that the thinking stood in.  Only
 * these are fields of thinking: data must not name `role` or `content`.
 */
const char *const part_field[] = {"reasoning_content", "reasoning", "reasoning_text", NULL};

struct span_iter part_each(struct span content)
{
	if (span_kind(content) == SPAN_STRING)	/* its only element is itself */
		return (struct span_iter){content.p, content.p + content.n, 0};
	return span_each(span_kind(content) == SPAN_ARRAY ? content : SPAN_NIL);
}

/* What the reference's language trims: Unicode's spaces, line ends and the byte order mark. */
static int is_space(const unsigned char *p, size_t n, size_t *len)
{
	static const char *const wide[] = {"\xc2\xa0", "\xe1\x9a\x80", "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaf",
	    "\xe2\x81\x9f", "\xe3\x80\x80", "\xef\xbb\xbf", NULL};
	int i;

	*len = 1;
	if (p[0] == ' ' || (p[0] >= '\t' && p[0] <= '\r'))
		return 1;
	for (i = 0; wide[i] != NULL; i++)
		if ((*len = strlen(wide[i])) <= n && memcmp(p, wide[i], *len) == 0)
			return 1;
	*len = 3;	/* U+2000 to U+200A */
	return n >= 3 && p[0] == 0xe2 && p[1] == 0x80 && p[2] >= 0x80 && p[2] <= 0x8a;
}

int part_blank(struct span token)
{
	const unsigned char *p;
	struct buf text;
	size_t n, len = 0;

	if (span_kind(token) != SPAN_STRING || token.n == 2)
		return 1;
	p = (const unsigned char *)token.p + 1;
	if (*p > ' ' && *p < 0x7f && *p != '\\')	/* nearly always */
		return 0;
	buf_init(&text, MAX_RECORD);
	span_decode(token, SPAN_DELETE, &text);
	p = (const unsigned char *)buf_text(&text);
	for (n = text.len; n > 0 && is_space(p, n, &len); n -= len)
		p += len;
	buf_release(&text);
	return n == 0;
}

struct span part_text(struct span part)
{
	if (span_kind(part) == SPAN_STRING)
		return part;
	return span_get(part, span_eq(span_get(part, "type"), "thinking") ? "thinking" : "text");
}

static enum part_kind thinking_kind(const struct part_view *v, struct span part)
{
	struct span from = span_get(part, "thinkingSignature");
	int i;

	if (part_blank(part_text(part)) || span_kind(span_get(part, "redacted")) == SPAN_TRUE)
		return PART_NONE;
	if (v->foreign)
		return PART_SPOKEN;
	if (span_kind(span_get(v->to->compat, "requiresThinkingAsText")) == SPAN_TRUE)
		return PART_LEAD;
	for (i = 0; part_field[i] != NULL && v->to->reasoning; i++)
		if (span_eq(from, part_field[i]))
			return (enum part_kind)(PART_FIELD + i);
	return PART_NONE;
}

enum part_kind part_kind(const struct part_view *v, struct span part)
{
	struct span type = span_get(part, "type");

	if (span_kind(part) == SPAN_STRING || span_eq(type, "text"))
		return v->assistant && part_blank(part_text(part)) ? PART_NONE : PART_TEXT;
	if (span_eq(type, "image") || span_eq(type, "image_url"))
		return PART_IMAGE;
	if (span_eq(type, "toolCall"))
		return PART_CALL;
	return v->assistant && span_eq(type, "thinking") ? thinking_kind(v, part) : PART_NONE;
}

size_t part_count(const struct part_view *v, struct span content, enum part_kind kind)
{
	struct span_iter it = part_each(content);
	struct span key, part;
	size_t n = 0;

	while (span_next(&it, &key, &part))
		n += part_kind(v, part) == kind;
	return n;
}

static int is_string(struct span obj, const char *name)
{
	return span_kind(span_get(obj, name)) == SPAN_STRING;
}

static int is_name(struct span obj, const char *name)
{
	return is_string(obj, name) && span_get(obj, name).n > 2;
}

static int check_call(struct span part, struct fault *f)
{
	enum span_kind k = span_kind(span_get(part, "arguments"));

	if (!is_name(part, "name"))
		return fault_set(f, F_INPUT, "a tool call without name");
	if (!is_name(part, "id"))
		return fault_set(f, F_INPUT, "a tool call without id");
	if (k != SPAN_OBJECT && k != SPAN_NONE)
		return fault_set(f, F_INPUT, "arguments of a tool call: an object is due");
	return 0;
}

static int check_image(struct span part, struct fault *f)
{
	struct span type = span_get(part, "mimeType"), data = span_get(part, "data");
	struct buf text[2];
	const char *why;

	if (!is_name(part, "mimeType") || !is_string(part, "data"))
		return fault_set(f, F_INPUT, "an image without mimeType and data");
	buf_init(&text[0], MAX_RECORD);
	buf_init(&text[1], MAX_RECORD);
	why = image_check(span_plain(type, &text[0]), span_plain(data, &text[1]));
	buf_release(&text[0]);
	buf_release(&text[1]);
	return why == NULL ? 0 : fault_set(f, F_INPUT, "an image: %s", why);
}

static int check_one(struct span part, int may, struct fault *f)
{
	struct span type = span_get(part, "type");
	struct buf name;

	if (span_kind(part) != SPAN_OBJECT || span_kind(type) != SPAN_STRING)
		return fault_set(f, F_INPUT, "a part without type");
	if (span_eq(type, "text"))
		return is_string(part, "text") ? 0 : fault_set(f, F_INPUT, "a text part without text");
	if (may & PART_MAY_IMAGE && span_eq(type, "image"))
		return check_image(part, f);
	if (may & PART_MAY_IMAGE && span_eq(type, "image_url"))
		return 0;
	if (may & PART_MAY_CALL && span_eq(type, "thinking"))
		return is_string(part, "thinking") ? 0 : fault_set(f, F_INPUT, "a thinking part without thinking");
	if (may & PART_MAY_CALL && span_eq(type, "toolCall"))
		return check_call(part, f);
	buf_init(&name, FAULT_TEXT);
	span_decode(type, SPAN_REPLACE, &name);
	fault_set(f, F_INPUT, "a part of type \"%s\" is not for this role", buf_text(&name));
	buf_release(&name);
	return -1;
}

int part_check(struct span content, int may, struct fault *f)
{
	struct span_iter it = span_each(content);
	struct span key, part;

	if (span_kind(content) == SPAN_STRING)
		return 0;
	if (span_kind(content) != SPAN_ARRAY)
		return fault_set(f, F_INPUT, "content: a text or an array of parts is due");
	while (span_next(&it, &key, &part))
		if (check_one(part, may, f) != 0)
			return -1;
	return 0;
}

int part_unknown_role(struct span role, const char *due, struct fault *f)
{
	struct buf name;

	if (span_kind(role) != SPAN_STRING)
		return fault_set(f, F_INPUT, "no role");
	buf_init(&name, FAULT_TEXT);
	span_decode(role, SPAN_REPLACE, &name);
	fault_set(f, F_INPUT, "role \"%s\": %s is due", buf_text(&name), due);
	buf_release(&name);
	return -1;
}

void part_add_text(struct buf *out, struct span token)
{
	buf_addc(out, '"');
	span_paired(token, out);
	buf_addc(out, '"');
}

void part_write_text(struct buf *out, struct span token)
{
	buf_adds(out, "{\"type\":\"text\",\"text\":");
	part_add_text(out, token);
	buf_addc(out, '}');
}

void part_write_image(struct buf *out, struct span part)
{
	if (span_eq(span_get(part, "type"), "image_url")) {
		record_splice(out, part);
		return;
	}
	buf_adds(out, "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:");
	span_paired(span_get(part, "mimeType"), out);
	buf_adds(out, ";base64,");
	span_paired(span_get(part, "data"), out);
	buf_adds(out, "\"}}");
}

/* The string token at p in its shortest spelling, as JSON writers have it; one with an unpaired surrogate stays. */
static const char *compact_string(struct buf *out, const char *p)
{
	const char *end = p + 1;
	struct span token;
	struct buf text;

	for (; *end != '"'; end++)
		end += *end == '\\';
	token = (struct span){p, (size_t)(++end - p)};
	buf_init(&text, MAX_RECORD);
	span_paired(token, &text);
	if (memchr(p, '\\', token.n) == NULL || text.len != token.n - 2) {
		buf_add(out, p, token.n);
	} else {
		buf_clear(&text);
		span_decode(token, SPAN_DELETE, &text);
		json_quote(out, buf_text(&text), text.len);
	}
	buf_release(&text);
	return end;
}

/* A value without blanks between its tokens; numbers as they are spelt. */
static void compact(struct buf *out, struct span v)
{
	const char *p = v.p, *end = v.p + v.n;

	while (p < end)
		if (*p == '"')
			p = compact_string(out, p);
		else if (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r')
			p++;
		else
			buf_addc(out, *p++);
}

void part_write_call(struct buf *out, struct span part, const struct callids *ids, int foreign)
{
	struct span arguments = span_get(part, "arguments");
	struct buf text;

	buf_init(&text, MAX_RECORD);
	compact(&text, arguments.p != NULL ? arguments : span_of("{}"));
	buf_adds(out, "{\"id\":");
	callids_write(ids, out, span_get(part, "id"), foreign);
	buf_adds(out, ",\"type\":\"function\",\"function\":{\"name\":");
	part_add_text(out, span_get(part, "name"));
	buf_adds(out, ",\"arguments\":");
	json_quote(out, buf_text(&text), text.len);
	buf_adds(out, "}}");
	buf_release(&text);
}
