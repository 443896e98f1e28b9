/* turn.c - see turn.h. */
#include <stdio.h>

#include "json.h"
#include "message.h"
#include "part.h"
#include "turn.h"

#define NO_IMAGE "(image omitted: model does not support images)"
#define NO_TOOL_IMAGE "(tool image omitted: model does not support images)"
#define FAILED_TURN "[assistant turn failed before producing content]"

struct talk {
	struct buf *out;
	size_t start;		/* nothing of the array is before it */
	const struct message_to *to;
	struct fault *f;
	struct span calls;	/* content of the assistant's turn before */
	int foreign;		/* that turn is another model's */
	int failed;		/* that turn failed: what answers it is not sent */
};

static int flag(const struct talk *t, const char *name)
{
	return span_kind(span_get(t->to->compat, name)) == SPAN_TRUE;
}

static void open_message(const struct talk *t, const char *role)
{
	buf_addf(t->out, "%s{\"role\":\"%s\",\"content\":", t->out->len > t->start ? "," : "", role);
}

int turn_own(struct span messages)
{
	struct span_iter it = span_each(messages), parts;
	struct span key, message, part, type;
	int dated = 0;

	while (span_next(&it, &key, &message)) {
		if (span_eq(span_get(message, "role"), "toolResult"))
			return 1;
		/* a log in OpenAI's form may have times, too */
		if (span_eq(span_get(message, "role"), "tool") || span_get(message, "tool_calls").p != NULL)
			return 0;
		dated |= span_kind(span_get(message, "timestamp")) == SPAN_NUMBER;
		parts = span_each(span_get(message, "content"));
		while (!parts.object && span_next(&parts, &key, &part)) {
			type = span_get(part, "type");
			if (span_eq(type, "image") || span_eq(type, "thinking") || span_eq(type, "toolCall"))
				return 1;
		}
	}
	return dated;
}

/* Does a placeholder stand for it?  Of several in a row only the first is written. */
static int omitted(const struct talk *t, enum part_kind kind)
{
	return kind == PART_IMAGE && t->to->images == 0;
}

static void write_user(const struct talk *t, struct span content)
{
	const struct part_view v = {t->to, 0, 0};
	struct span_iter it = span_each(content);
	struct span key, part;
	int n = 0, had = 0, none;

	if (span_kind(content) == SPAN_ARRAY && span_count(content) == 0)
		return;
	open_message(t, "user");
	if (span_kind(content) == SPAN_STRING) {
		part_add_text(t->out, content);
		buf_addc(t->out, '}');
		return;
	}
	for (; span_next(&it, &key, &part); had = none || span_eq(span_get(part, "text"), NO_IMAGE)) {
		none = omitted(t, part_kind(&v, part));
		if (none && had)
			continue;
		buf_addc(t->out, n++ > 0 ? ',' : '[');
		if (none)
			part_write_text(t->out, span_of("\"" NO_IMAGE "\""));
		else if (part_kind(&v, part) == PART_IMAGE)
			part_write_image(t->out, part);
		else
			part_write_text(t->out, part_text(part));
	}
	buf_adds(t->out, "]}");
}

/* The texts of one kind, `sep` between two; how many stand there, with the n before them. */
static int join(const struct talk *t, const struct part_view *v, struct span content, enum part_kind kind,
    const char *sep, int n)
{
	struct span_iter it = part_each(content);
	struct span key, part;

	while (span_next(&it, &key, &part)) {
		if (part_kind(v, part) != kind)
			continue;
		if (n++ > 0)
			buf_adds(t->out, sep);
		span_paired(part_text(part), t->out);
	}
	return n;
}

/* Thinking in front as a part of its own: then the texts are parts too. */
static void write_lead(const struct talk *t, const struct part_view *v, struct span content)
{
	struct span_iter it = part_each(content);
	struct span key, part;

	buf_adds(t->out, "[{\"type\":\"text\",\"text\":\"");
	join(t, v, content, PART_LEAD, "\\n\\n", 0);
	buf_adds(t->out, "\"}");
	while (span_next(&it, &key, &part)) {
		if (part_kind(v, part) != PART_TEXT)
			continue;
		buf_addc(t->out, ',');
		part_write_text(t->out, part_text(part));
	}
	buf_addc(t->out, ']');
}

static void write_calls(const struct talk *t, const struct part_view *v, struct span content)
{
	struct span_iter it = part_each(content);
	struct span key, part;
	int n = 0;

	while (span_next(&it, &key, &part)) {
		if (part_kind(v, part) != PART_CALL)
			continue;
		buf_adds(t->out, n++ == 0 ? ",\"tool_calls\":[" : ",");
		part_write_call(t->out, part, v->foreign);
	}
	if (n > 0)
		buf_addc(t->out, ']');
}

static void write_fields(const struct talk *t, const struct part_view *v, struct span content)
{
	enum part_kind kind;
	int i;

	for (i = 0; part_field[i] != NULL; i++) {
		kind = (enum part_kind)(PART_FIELD + i);
		if (part_count(v, content, kind) > 0) {
			buf_addf(t->out, ",\"%s\":\"", part_field[i]);
			join(t, v, content, kind, "\\n", 0);
			buf_addc(t->out, '"');
		} else if (i == 0 && t->to->reasoning && flag(t, "requiresReasoningContentOnAssistantMessages")) {
			buf_addf(t->out, ",\"%s\":\"\"", part_field[0]);
		}
	}
}

/* What came of no model can't be this one's. */
static int is_foreign(const struct talk *t, struct span message)
{
	static const char *const names[] = {"provider", "model"};
	struct span ours[2], said, api = span_get(message, "api");
	struct buf text;
	int i, same = span_kind(api) != SPAN_STRING || span_eq(api, "openai-completions");

	ours[0] = t->to->provider;
	ours[1] = t->to->model;
	for (i = 0; i < 2 && same; i++) {
		said = span_get(message, names[i]);
		buf_init(&text, ours[i].n + 1);
		span_decode(ours[i], SPAN_REPLACE, &text);
		same = span_kind(ours[i]) == SPAN_STRING && span_eq(said, buf_text(&text));
		buf_release(&text);
	}
	return !same;
}

static void write_assistant(struct talk *t, struct span message)
{
	struct span content = span_get(message, "content"), why = span_get(message, "stopReason");
	struct part_view v = {t->to, 1, is_foreign(t, message)};
	size_t leads, texts, calls = part_count(&v, content, PART_CALL);
	int n;

	t->calls = content;
	t->foreign = v.foreign;
	t->failed = span_eq(why, "error") || span_eq(why, "aborted");
	if (t->failed) {
		open_message(t, "assistant");
		json_quotes(t->out, FAILED_TURN);
		buf_addc(t->out, '}');
		return;
	}
	leads = part_count(&v, content, PART_LEAD);
	texts = part_count(&v, content, PART_TEXT) + part_count(&v, content, PART_SPOKEN);
	if (leads + texts + calls == 0)
		return;
	open_message(t, "assistant");
	if (leads > 0) {
		write_lead(t, &v, content);
	} else if (texts > 0) {
		buf_addc(t->out, '"');
		n = join(t, &v, content, PART_SPOKEN, "\\n", 0);
		join(t, &v, content, PART_TEXT, "\\n", n);
		buf_addc(t->out, '"');
	} else {
		buf_adds(t->out, "null");
	}
	write_fields(t, &v, content);
	write_calls(t, &v, content);
	buf_addc(t->out, '}');
}

/* The call of the turn before that has this id. */
static struct span find_call(const struct talk *t, struct span id)
{
	const struct part_view v = {t->to, 1, t->foreign};
	struct span_iter it = part_each(t->calls);
	struct span key, part, found = SPAN_NIL;
	struct buf text;

	buf_init(&text, id.n + 1);
	span_decode(id, SPAN_REPLACE, &text);
	while (found.p == NULL && span_next(&it, &key, &part))
		if (part_kind(&v, part) == PART_CALL && span_eq(span_get(part, "id"), buf_text(&text)))
			found = part;
	buf_release(&text);
	return found;
}

/* The texts of a result, one string. */
static void result_text(const struct talk *t, struct span content)
{
	const struct part_view v = {t->to, 0, 0};
	struct span_iter it = part_each(content);
	struct span key, part;
	int n = 0, had = 0, none, images = 0, good = 0;
	size_t from = t->out->len;

	for (; span_next(&it, &key, &part); had = none || span_eq(part_text(part), NO_TOOL_IMAGE)) {
		images += part_kind(&v, part) == PART_IMAGE;
		none = omitted(t, part_kind(&v, part));
		if ((none && had) || (!none && part_kind(&v, part) != PART_TEXT))
			continue;
		buf_adds(t->out, n++ > 0 ? "\\n" : "\"");
		if (none)
			buf_adds(t->out, NO_TOOL_IMAGE);
		else
			span_paired(part_text(part), t->out);
		good |= none || !part_blank(part_text(part));
	}
	if (good) {
		buf_addc(t->out, '"');
		return;
	}
	if (!t->out->failed)	/* blank: what was put there goes */
		t->out->len = from;
	buf_adds(t->out, images > 0 ? "\"(see attached image)\"" : "\"(no output)\"");
}

static void close_result(const struct talk *t, struct span id, struct span name, int foreign)
{
	buf_adds(t->out, ",\"tool_call_id\":");
	part_write_id(t->out, id, foreign);
	if (span_kind(name) == SPAN_STRING && name.n > 2 && flag(t, "requiresToolResultName")) {
		buf_adds(t->out, ",\"name\":");
		part_add_text(t->out, name);
	}
	buf_addc(t->out, '}');
}

static void write_result(const struct talk *t, struct span message)
{
	struct span id = span_get(message, "toolCallId"), name = span_get(message, "toolName");
	struct span call = find_call(t, id);

	if (call.p != NULL && t->failed)
		return;
	if (span_kind(name) != SPAN_STRING)
		name = span_get(call, "name");
	open_message(t, "tool");
	result_text(t, span_get(message, "content"));
	close_result(t, id, name, call.p != NULL && t->foreign);
}

/* What strict servers ask for: each call of the turn has its result. */
static void write_missing(const struct talk *t, struct span_iter results, const char *end)
{
	const struct part_view v = {t->to, 1, t->foreign};
	struct span_iter calls = part_each(t->calls), it;
	struct span key, call, message;
	struct buf id;
	int found;

	while (!t->failed && span_next(&calls, &key, &call)) {
		if (part_kind(&v, call) != PART_CALL)
			continue;
		buf_init(&id, call.n);
		span_decode(span_get(call, "id"), SPAN_REPLACE, &id);
		for (it = results, found = 0; !found && span_next(&it, &key, &message) && message.p < end; )
			found = span_eq(span_get(message, "toolCallId"), buf_text(&id));
		buf_release(&id);
		if (found)
			continue;
		open_message(t, "tool");
		json_quotes(t->out, "No result provided");
		close_result(t, span_get(call, "id"), span_get(call, "name"), t->foreign);
	}
}

/* Results hold text only, so their images follow them in one user message. */
static void write_images(const struct talk *t, struct span_iter it, const char *end)
{
	const struct part_view v = {t->to, 0, 0};
	struct span key, message, part, name;
	struct span_iter parts;
	int nth = 0, n = 0;

	while (t->to->images != 0 && span_next(&it, &key, &message) && message.p < end) {
		nth++;
		if (part_count(&v, span_get(message, "content"), PART_IMAGE) == 0 ||
		    (t->failed && find_call(t, span_get(message, "toolCallId")).p != NULL))
			continue;
		if (n++ == 0)
			open_message(t, "user");
		buf_addf(t->out, "%s{\"type\":\"text\",\"text\":\"Image(s) from tool result #%d", n == 1 ? "[" : ",", nth);
		name = span_get(message, "toolName");
		if (span_kind(name) == SPAN_STRING && name.n > 2) {
			buf_adds(t->out, " (");
			span_paired(name, t->out);
			buf_addc(t->out, ')');
		}
		buf_adds(t->out, ":\"}");
		for (parts = part_each(span_get(message, "content")); span_next(&parts, &key, &part); )
			if (part_kind(&v, part) == PART_IMAGE) {
				buf_addc(t->out, ',');
				part_write_image(t->out, part);
			}
	}
	if (n > 0)
		buf_adds(t->out, "]}");
}

static int unknown_role(struct talk *t, struct span role)
{
	struct buf name;

	if (span_kind(role) != SPAN_STRING)
		return fault_set(t->f, F_INPUT, "no role");
	buf_init(&name, FAULT_TEXT);
	span_decode(role, SPAN_REPLACE, &name);
	fault_set(t->f, F_INPUT, "role \"%s\": user, assistant or toolResult is due", buf_text(&name));
	buf_release(&name);
	return -1;
}

/* Is the message whole?  What is sent for it is not written when it isn't. */
static int check(struct talk *t, struct span message)
{
	struct span role = span_get(message, "role"), content = span_get(message, "content"), id;

	if (span_eq(role, "user"))
		return part_check(content, PART_MAY_IMAGE, t->f);
	if (span_eq(role, "system") || span_eq(role, "developer"))
		return part_check(content, 0, t->f);
	if (span_eq(role, "assistant"))
		return span_kind(content) <= SPAN_NULL ? 0 : part_check(content, PART_MAY_CALL, t->f);
	if (!span_eq(role, "toolResult"))
		return unknown_role(t, role);
	id = span_get(message, "toolCallId");
	if (span_kind(id) != SPAN_STRING || id.n == 2)
		return fault_set(t->f, F_INPUT, "a tool result without toolCallId");
	return span_kind(content) <= SPAN_NULL ? 0 : part_check(content, PART_MAY_IMAGE, t->f);
}

static void write_system(const struct talk *t, struct span role, struct span content)
{
	const struct part_view v = {t->to, 0, 0};

	open_message(t, span_eq(role, "system") ? "system" : "developer");
	buf_addc(t->out, '"');
	join(t, &v, content, PART_TEXT, "\\n", 0);
	buf_adds(t->out, "\"}");
}

static void write_other(struct talk *t, struct span message)
{
	struct span role = span_get(message, "role"), content = span_get(message, "content");

	t->calls = SPAN_NIL;
	t->failed = 0;
	if (span_eq(role, "assistant"))
		write_assistant(t, message);
	else if (span_eq(role, "user"))
		write_user(t, content);
	else
		write_system(t, role, content);
}

int turn_write(struct buf *out, size_t start, struct span messages, const struct message_to *to, struct fault *f)
{
	struct talk t = {out, start, to, NULL, SPAN_NIL, 0, 0};
	struct span_iter it = span_each(messages), results = it;	/* the results since the last other message */
	struct span key, message;
	char place[40];
	size_t i;

	t.f = f;
	for (i = 0; span_next(&it, &key, &message); i++) {
		if (check(&t, message) != 0) {
			snprintf(place, sizeof place, "messages[%lu]: ", (unsigned long)i);
			fault_prefix(f, place);
			return -1;
		}
		if (span_eq(span_get(message, "role"), "toolResult")) {
			write_result(&t, message);
			continue;
		}
		write_missing(&t, results, message.p);
		write_images(&t, results, message.p);
		write_other(&t, message);
		results = it;
	}
	write_missing(&t, results, messages.p + messages.n);
	write_images(&t, results, messages.p + messages.n);
	return 0;
}
