/* message.c - see message.h. */
#include <stdio.h>

#include "ids.h"
#include "json.h"
#include "message.h"
#include "part.h"
#include "record.h"
#include "turn.h"

/* 0, or -1 and *f: the model takes no image. */
static int content(struct buf *out, struct span prompt, const struct message_extra *extra, const struct message_to *to,
    struct fault *f)
{
	int plain = extra->images > 0 && to->images == 0;
	struct span parts = plain ? extra->plain : extra->parts;

	if (plain && extra->plain.p == NULL)
		return fault_set(f, F_INPUT, "an image for a model that takes none (--drop-images puts a text in its place)");
	if (parts.n == 0) {
		part_add_text(out, prompt);
		return 0;
	}
	buf_addc(out, '[');
	part_write_text(out, prompt);
	buf_add(out, parts.p, parts.n);
	buf_addc(out, ']');
	return 0;
}

/* An empty text of the record's says that there is none. */
static void write_system(struct buf *out, const struct message_input *in, const struct message_extra *extra,
    const struct message_to *to)
{
	int developer = to->reasoning && span_kind(span_get(to->compat, "supportsDeveloperRole")) == SPAN_TRUE;

	if (in->system.p != NULL ? in->system.n == 2 : extra->system == NULL || extra->system[0] == '\0')
		return;
	buf_addf(out, "{\"role\":\"%s\",\"content\":", developer ? "developer" : "system");
	if (in->system.p != NULL)
		part_add_text(out, in->system);
	else
		json_quotes(out, extra->system);
	buf_addc(out, '}');
}

static int is_image(struct span part)
{
	return span_eq(span_get(part, "type"), "image_url");
}

/* The parts of a content, a text in place of images; all else as it is. */
static void without_images(struct buf *out, struct span content, const char *instead)
{
	struct span_iter it = span_each(content);
	struct span key, part;
	int n = 0, had = 0, image;

	buf_addc(out, '[');
	for (; span_next(&it, &key, &part); had = image || span_eq(span_get(part, "text"), instead)) {
		image = is_image(part);
		if (image && had)
			continue;
		if (n++ > 0)
			buf_addc(out, ',');
		if (image)
			buf_addf(out, "{\"type\":\"text\",\"text\":\"%s\"}", instead);
		else
			record_splice(out, part);
	}
	buf_addc(out, ']');
}

/* Of a message with images its content, or SPAN_NIL. */
static struct span with_images(struct span message)
{
	struct span content = span_get(message, "content"), key, part;
	struct span_iter it = span_each(span_kind(content) == SPAN_ARRAY ? content : SPAN_NIL);

	while (span_next(&it, &key, &part))
		if (is_image(part))
			return content;
	return SPAN_NIL;
}

static void pass_one(struct buf *out, struct span message, const struct message_to *to)
{
	struct span content = to->images == 0 ? with_images(message) : SPAN_NIL;
	const char *end = message.p + message.n, *behind;

	if (content.p == NULL) {
		record_splice(out, message);
		return;
	}
	behind = content.p + content.n;
	record_splice(out, (struct span){message.p, (size_t)(content.p - message.p)});
	without_images(out, content, span_eq(span_get(message, "role"), "tool") ? NO_TOOL_IMAGE : NO_IMAGE);
	record_splice(out, (struct span){behind, (size_t)(end - behind)});
}

/* Those of OpenAI's form; `function` is an older one. */
static int is_role(struct span role)
{
	static const char *const names[] = {"user", "assistant", "system", "developer", "tool", "function", NULL};
	int i;

	for (i = 0; names[i] != NULL && !span_eq(role, names[i]); i++)
		;
	return names[i] != NULL;
}

/* Servers have parts of their own: each says what it is. */
static int check_parts(struct span content, struct fault *f)
{
	struct span_iter it = span_each(span_kind(content) == SPAN_ARRAY ? content : SPAN_NIL);
	struct span key, part, type;

	while (span_next(&it, &key, &part)) {
		type = span_get(part, "type");
		if (span_kind(type) != SPAN_STRING || type.n == 2)
			return fault_set(f, F_INPUT, "a part without type");
	}
	return 0;
}

/* The calls of a turn have names; their ids join `calls`. */
static int check_calls(struct span list, struct ids *calls, struct fault *f)
{
	struct span_iter it = span_each(span_kind(list) == SPAN_ARRAY ? list : SPAN_NIL);
	struct span key, call, type, name;

	while (span_next(&it, &key, &call)) {
		type = span_get(call, "type");
		name = span_at(call, "function.name");
		if ((type.p == NULL || span_eq(type, "function")) && (span_kind(name) != SPAN_STRING || name.n == 2))
			return fault_set(f, F_INPUT, "a tool call without name");
		ids_add(calls, span_get(call, "id"));
	}
	return 0;
}

/* What no server takes; `calls` are those before. */
static int check(struct span message, struct ids *calls, struct fault *f)
{
	struct span role = span_get(message, "role"), id = span_get(message, "tool_call_id");

	if (!is_role(role))
		return part_unknown_role(role, "user, assistant, system, developer or tool", f);
	if (check_parts(span_get(message, "content"), f) != 0 ||
	    (span_eq(role, "assistant") && check_calls(span_get(message, "tool_calls"), calls, f) != 0))
		return -1;
	if (!span_eq(role, "tool"))
		return 0;
	if (span_kind(id) != SPAN_STRING || id.n == 2)
		return fault_set(f, F_INPUT, "a tool result without tool_call_id");
	return ids_find(calls, id) != 0 || calls->failed ? 0 : fault_set(f, F_INPUT, NO_CALL);
}

/* OpenAI's form: each message as it is, if it can be one. */
static int pass(struct buf *out, size_t start, struct span messages, const struct message_to *to, struct fault *f)
{
	struct span_iter it = span_each(messages);
	struct span key, message;
	struct ids calls;
	char place[40];
	size_t i;
	int bad = 0;

	ids_init(&calls);
	for (i = 0; !bad && span_next(&it, &key, &message); i++) {
		if ((bad = check(message, &calls, f)) != 0) {
			snprintf(place, sizeof place, "messages[%zu]: ", i);
			fault_prefix(f, place);
			break;
		}
		if (out->len > start)
			buf_addc(out, ',');
		pass_one(out, message, to);
	}
	ids_release(&calls);
	return bad;
}

int message_build(struct buf *out, const struct message_input *in, const struct message_extra *extra,
    const struct message_to *to, struct fault *f)
{
	size_t start = out->len + 1;
	int bad;

	buf_addc(out, '[');
	write_system(out, in, extra, to);
	if (turn_own(in->messages))
		bad = turn_write(out, start, in->messages, to, f);
	else
		bad = pass(out, start, in->messages, to, f);
	if (!bad && in->prompt.p != NULL) {
		buf_adds(out, out->len > start ? ",{\"role\":\"user\",\"content\":" : "{\"role\":\"user\",\"content\":");
		bad = content(out, in->prompt, extra, to, f);
		buf_addc(out, '}');
	}
	buf_addc(out, ']');
	return bad;
}
