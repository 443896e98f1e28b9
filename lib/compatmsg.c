/* compatmsg.c - see compatmsg.h. */
#include "compatmsg.h"
#include "ids.h"

/* A body on its way out: what stands before `from` is written. */
struct copy {
	struct span body;
	struct buf *out;
	const char *from;
	int changed;
};

static struct copy copy_of(struct span body, struct buf *out)
{
	return (struct copy){body, out, body.p, 0};
}

/* Writes up to `at`; what the caller writes now stands there in place of the next `cut` bytes. */
static void copy_to(struct copy *c, const char *at, size_t cut)
{
	buf_add(c->out, c->from, (size_t)(at - c->from));
	c->from = at + cut;
	c->changed = 1;
}

static int copy_end(struct copy *c)
{
	buf_add(c->out, c->from, (size_t)(c->body.p + c->body.n - c->from));
	return c->changed;
}

static struct span_iter each_message(struct span body)
{
	struct span messages = span_get(body, "messages");

	return span_each(span_kind(messages) == SPAN_ARRAY ? messages : SPAN_NIL);
}

static int is_role(struct span message, const char *role)
{
	return span_eq(span_get(message, "role"), role);
}

/* A string that says something. */
static int is_text(struct span v)
{
	return span_kind(v) == SPAN_STRING && v.n > 2;
}

static int is_reasoning(struct span key)
{
	return span_eq(key, "reasoning_content") || span_eq(key, "reasoning") || span_eq(key, "reasoning_text");
}

/* The first of them that says something: servers that send two say the same in both. */
static struct span reasoning_of(struct span message)
{
	static const char *const names[] = {"reasoning_content", "reasoning", "reasoning_text"};
	struct span v;
	size_t i;

	for (i = 0; i < sizeof names / sizeof names[0]; i++)
		if (is_text(v = span_get(message, names[i])))
			return v;
	return SPAN_NIL;
}

static void text_part(struct buf *out, struct span text)
{
	buf_adds(out, "{\"type\":\"text\",\"text\":");
	buf_add(out, text.p, text.n);
	buf_addc(out, '}');
}

/* `content` with the thinking in front of it. */
static void lead_content(struct buf *out, struct span thinking, struct span content)
{
	buf_addc(out, '[');
	text_part(out, thinking);
	if (is_text(content)) {
		buf_addc(out, ',');
		text_part(out, content);
	} else if (span_kind(content) == SPAN_ARRAY && span_count(content) > 0) {
		buf_addc(out, ',');
		buf_add(out, content.p + 1, content.n - 2);
	}
	buf_addc(out, ']');
}

static void lead_message(struct buf *out, struct span message, struct span thinking)
{
	struct span_iter it = span_each(message);
	struct span key, val, content = span_get(message, "content");
	const char *sep = "{";

	while (span_next(&it, &key, &val)) {
		if (is_reasoning(key) || (span_eq(key, "content") && val.p != content.p))
			continue;
		buf_adds(out, sep);
		sep = ",";
		if (val.p != content.p) {
			buf_add(out, key.p, (size_t)(val.p + val.n - key.p));
			continue;
		}
		buf_adds(out, "\"content\":");
		lead_content(out, thinking, content);
	}
	if (content.p == NULL) {
		buf_adds(out, ",\"content\":");
		lead_content(out, thinking, content);
	}
	buf_addc(out, '}');
}

int compatmsg_thinking_as_text(struct span body, struct span value, struct buf *out)
{
	struct span_iter it = each_message(body);
	struct copy c = copy_of(body, out);
	struct span key, message, thinking, content;

	(void)value;
	while (span_next(&it, &key, &message)) {
		thinking = reasoning_of(message);
		content = span_get(message, "content");
		if (!is_role(message, "assistant") || thinking.p == NULL ||
		    (span_kind(content) > SPAN_NULL && span_kind(content) != SPAN_STRING && span_kind(content) != SPAN_ARRAY))
			continue;
		copy_to(&c, message.p, message.n);
		lead_message(out, message, thinking);
	}
	return copy_end(&c);
}

int compatmsg_reasoning_content(struct span body, struct span value, struct buf *out)
{
	struct span_iter it = each_message(body);
	struct copy c = copy_of(body, out);
	struct span key, message;

	(void)value;
	while (span_next(&it, &key, &message)) {
		if (!is_role(message, "assistant") || span_get(message, "reasoning_content").p != NULL)
			continue;
		copy_to(&c, message.p + message.n - 1, 0);
		buf_adds(out, ",\"reasoning_content\":\"\"");
	}
	return copy_end(&c);
}

/* The calls of a turn by their ids; of two with the same the first that says its name. */
static void read_calls(struct ids *ids, struct span calls)
{
	struct span_iter it = span_each(span_kind(calls) == SPAN_ARRAY ? calls : SPAN_NIL);
	struct span key, call, name;
	size_t at;

	ids_clear(ids);
	while (span_next(&it, &key, &call))
		if ((at = ids_add(ids, span_get(call, "id"))) != 0 && ids->id[at].what.p == NULL &&
		    is_text(name = span_at(call, "function.name")))
			ids->id[at].what = name;
}

int compatmsg_result_name(struct span body, struct span value, struct buf *out)
{
	struct span_iter it = each_message(body);
	struct copy c = copy_of(body, out);
	struct span key, message, name;
	struct ids calls;
	size_t at;

	(void)value;
	ids_init(&calls);
	while (span_next(&it, &key, &message)) {
		if (is_role(message, "assistant"))
			read_calls(&calls, span_get(message, "tool_calls"));
		if (!is_role(message, "tool") || span_get(message, "name").p != NULL)
			continue;
		at = ids_find(&calls, span_get(message, "tool_call_id"));
		name = at != 0 ? calls.id[at].what : SPAN_NIL;
		if (name.p == NULL)
			continue;
		copy_to(&c, message.p + message.n - 1, 0);
		buf_adds(out, ",\"name\":");
		buf_add(out, name.p, name.n);
	}
	ids_release(&calls);
	return copy_end(&c);
}

int compatmsg_after_result(struct span body, struct span value, struct buf *out)
{
	struct span_iter it = each_message(body);
	struct copy c = copy_of(body, out);
	struct span key, message, content;
	int result = 0;

	(void)value;
	for (; span_next(&it, &key, &message); result = is_role(message, "tool")) {
		content = span_get(message, "content");
		if (result && is_role(message, "user")) {
			copy_to(&c, message.p, 0);
			buf_adds(out, "{\"role\":\"assistant\",\"content\":\"" COMPATMSG_AFTER_RESULT "\"},");
		} else if (is_role(message, "assistant") && span_kind(content) == SPAN_NULL) {
			copy_to(&c, content.p, content.n);
			buf_adds(out, "\"\"");
		}
	}
	return copy_end(&c);
}

#define MARK "\"cache_control\":{\"type\":\"ephemeral\"}"

/* The text of a message that a mark goes to: its content, or the last part that says something. */
static struct span text_to_mark(struct span message)
{
	struct span content = span_get(message, "content"), key, part, last = SPAN_NIL;
	struct span_iter it = span_each(content);

	if (is_text(content))
		return content;
	while (span_kind(content) == SPAN_ARRAY && span_next(&it, &key, &part))
		if (span_eq(span_get(part, "type"), "text") && is_text(span_get(part, "text")))
			last = part;
	return last;
}

static struct span system_to_mark(struct span body)
{
	struct span_iter it = each_message(body);
	struct span key, message;

	while (span_next(&it, &key, &message))
		if (is_role(message, "system") || is_role(message, "developer"))
			return text_to_mark(message);
	return SPAN_NIL;
}

static struct span turn_to_mark(struct span body)
{
	struct span_iter it = each_message(body);
	struct span key, message, text, last = SPAN_NIL;

	while (span_next(&it, &key, &message))
		if ((is_role(message, "user") || is_role(message, "tool")) && (text = text_to_mark(message)).p != NULL)
			last = text;
	return last;
}

static struct span tool_to_mark(struct span body)
{
	struct span tools = span_get(body, "tools"), key, tool, last = SPAN_NIL;
	struct span_iter it = span_each(tools);

	while (span_kind(tools) == SPAN_ARRAY && span_next(&it, &key, &tool))
		last = tool;
	return span_kind(last) == SPAN_OBJECT ? last : SPAN_NIL;
}

/* A text becomes a marked part; an object gets the mark as its last member. */
static void mark(struct copy *c, struct span what)
{
	if (what.p == NULL || span_get(what, "cache_control").p != NULL)
		return;
	if (span_kind(what) == SPAN_STRING) {
		copy_to(c, what.p, what.n);
		buf_adds(c->out, "[{\"type\":\"text\",\"text\":");
		buf_add(c->out, what.p, what.n);
		buf_adds(c->out, "," MARK "}]");
		return;
	}
	copy_to(c, what.p + what.n - 1, 0);
	buf_adds(c->out, span_count(what) > 0 ? "," MARK : MARK);
}

int compatmsg_cache_control(struct span body, struct span value, struct buf *out)
{
	struct copy c = copy_of(body, out);
	struct span tool = tool_to_mark(body), system = system_to_mark(body), turn = turn_to_mark(body);
	int early = tool.p != NULL && tool.p < span_get(body, "messages").p;	/* `tools` stands before `messages` */

	if (!span_eq(value, "anthropic"))
		return 0;
	if (early)
		mark(&c, tool);
	if (system.p != NULL && turn.p != NULL && turn.p < system.p) {
		mark(&c, turn);
		mark(&c, system);
	} else {
		mark(&c, system);
		mark(&c, turn);
	}
	if (!early)
		mark(&c, tool);
	return copy_end(&c);
}

/* Has it other members than these two? */
static int has_more(struct span message)
{
	struct span_iter it = span_each(message);
	struct span key, val;

	while (span_next(&it, &key, &val))
		if (!span_eq(key, "role") && !span_eq(key, "content"))
			return 1;
	return 0;
}

int compatmsg_strict_keys(struct span body, struct span value, struct buf *out)
{
	struct span_iter it = each_message(body), members;
	struct copy c = copy_of(body, out);
	struct span key, message, val;
	int n;

	(void)value;
	while (span_next(&it, &key, &message)) {
		if (span_kind(message) != SPAN_OBJECT || !has_more(message))
			continue;
		copy_to(&c, message.p, message.n);
		buf_addc(out, '{');
		for (members = span_each(message), n = 0; span_next(&members, &key, &val); ) {
			if (!span_eq(key, "role") && !span_eq(key, "content"))
				continue;
			if (n++ > 0)
				buf_addc(out, ',');
			buf_add(out, key.p, (size_t)(val.p + val.n - key.p));
		}
		buf_addc(out, '}');
	}
	return copy_end(&c);
}

int compatmsg_loses_history(struct span body)
{
	struct span_iter it = each_message(body);
	struct span key, message;

	while (span_next(&it, &key, &message))
		if (is_role(message, "tool") || span_count(span_get(message, "tool_calls")) > 0)
			return 1;
	return 0;
}
