/* turn.c - see turn.h. */
#include <stdio.h>

#include "callid.h"
#include "ids.h"
#include "json.h"
#include "message.h"
#include "part.h"
#include "turn.h"

#define FAILED_TURN "[assistant turn failed before producing content]"

struct talk {
	struct buf *out;
	size_t start;		/* nothing of the array is before it */
	const struct message_to *to;
	struct fault *f;
	struct callids sent;	/* what ids are sent under */
	struct span content;	/* of the assistant's turn before */
	struct ids calls;	/* its calls, each with its part */
	struct ids known;	/* the calls of all turns so far */
	struct ids answered;	/* the results since */
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
		part_write_call(t->out, part, &t->sent, v->foreign);
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
	struct span api = span_get(message, "api");

	return (span_kind(api) == SPAN_STRING && !span_eq(api, "openai-completions")) ||
	    !span_same(span_get(message, "provider"), t->to->provider) || !span_same(span_get(message, "model"), t->to->model);
}

static int is_failed(struct span message)
{
	struct span why = span_get(message, "stopReason");

	return span_eq(why, "error") || span_eq(why, "aborted");
}

/* The calls of a turn by their ids; of two with the same the first. */
static void read_calls(struct talk *t, const struct part_view *v, struct span content)
{
	struct span_iter it = part_each(content);
	struct span key, part;
	size_t at;

	while (span_next(&it, &key, &part)) {
		if (part_kind(v, part) != PART_CALL)
			continue;
		ids_add(&t->known, span_get(part, "id"));
		at = ids_add(&t->calls, span_get(part, "id"));
		if (at != 0 && t->calls.id[at].what.p == NULL)
			t->calls.id[at].what = part;
	}
}

static void write_assistant(struct talk *t, struct span message)
{
	struct span content = span_get(message, "content");
	struct part_view v = {t->to, 1, is_foreign(t, message)};
	size_t leads, texts, calls = part_count(&v, content, PART_CALL);
	int n;

	t->content = content;
	t->foreign = v.foreign;
	t->failed = is_failed(message);
	if (calls > 0)
		read_calls(t, &v, content);
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
	size_t at = ids_find(&t->calls, id);

	return at != 0 ? t->calls.id[at].what : SPAN_NIL;
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
	buf_cut(t->out, from);	/* blank: what was put there goes */
	buf_adds(t->out, images > 0 ? "\"(see attached image)\"" : "\"(no output)\"");
}

static void close_result(const struct talk *t, struct span id, struct span name, int foreign)
{
	buf_adds(t->out, ",\"tool_call_id\":");
	callids_write(&t->sent, t->out, id, foreign);
	if (span_kind(name) == SPAN_STRING && name.n > 2 && flag(t, "requiresToolResultName")) {
		buf_adds(t->out, ",\"name\":");
		part_add_text(t->out, name);
	}
	buf_addc(t->out, '}');
}

static void write_result(struct talk *t, struct span message)
{
	struct span id = span_get(message, "toolCallId"), name = span_get(message, "toolName");
	struct span call = find_call(t, id);

	ids_add(&t->answered, id);
	if (call.p != NULL && t->failed)
		return;
	if (span_kind(name) != SPAN_STRING)
		name = span_get(call, "name");
	open_message(t, "tool");
	result_text(t, span_get(message, "content"));
	close_result(t, id, name, call.p != NULL && t->foreign);
}

/* What strict servers ask for: each call of the turn has its result. */
static void write_missing(const struct talk *t)
{
	const struct part_view v = {t->to, 1, t->foreign};
	struct span_iter calls = part_each(t->content);
	struct span key, call, id;

	while (!t->failed && span_next(&calls, &key, &call)) {
		id = span_get(call, "id");
		if (part_kind(&v, call) != PART_CALL || ids_find(&t->answered, id) != 0)
			continue;
		open_message(t, "tool");
		json_quotes(t->out, "No result provided");
		close_result(t, id, span_get(call, "name"), t->foreign);
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
		return part_unknown_role(role, "user, assistant or toolResult", t->f);
	id = span_get(message, "toolCallId");
	if (span_kind(id) != SPAN_STRING || id.n == 2)
		return fault_set(t->f, F_INPUT, "a tool result without toolCallId");
	if (span_kind(content) > SPAN_NULL && part_check(content, PART_MAY_IMAGE, t->f) != 0)
		return -1;
	return ids_find(&t->known, id) != 0 || t->known.failed ? 0 : fault_set(t->f, F_INPUT, NO_CALL);
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

	ids_clear(&t->calls);
	ids_clear(&t->answered);
	t->content = SPAN_NIL;
	t->failed = 0;
	if (span_eq(role, "assistant"))
		write_assistant(t, message);
	else if (span_eq(role, "user"))
		write_user(t, content);
	else
		write_system(t, role, content);
}

enum pass { KEPT, FOREIGN, RESULTS };

/* The ids of one message, in the pass that they belong to. */
static void name_message(struct talk *t, struct span message, enum pass pass)
{
	struct span id = span_get(message, "toolCallId"), key, part;
	struct span_iter it = part_each(span_get(message, "content"));
	int assistant = span_eq(span_get(message, "role"), "assistant");

	if (pass == RESULTS && !assistant && span_kind(id) == SPAN_STRING && !callids_known(&t->sent, id))
		callids_keep(&t->sent, id);
	if (pass == RESULTS || !assistant || is_failed(message) || is_foreign(t, message) != (pass == FOREIGN))
		return;
	while (span_next(&it, &key, &part)) {
		if (!span_eq(span_get(part, "type"), "toolCall"))
			continue;
		if (pass == FOREIGN)
			callids_foreign(&t->sent, span_get(part, "id"));
		else
			callids_keep(&t->sent, span_get(part, "id"));
	}
}

/* What each id of a conversation is sent under: those that are kept first, so that no other gets theirs. */
static void name_calls(struct talk *t, struct span messages)
{
	struct span_iter it;
	struct span key, message;
	int pass;

	for (pass = KEPT; pass <= RESULTS; pass++)
		for (it = span_each(messages); span_next(&it, &key, &message); )
			name_message(t, message, (enum pass)pass);
}

static int write_all(struct talk *t, struct span messages)
{
	struct span_iter it = span_each(messages), results = it;	/* the results since the last other message */
	struct span key, message;
	char place[40];
	size_t i;

	for (i = 0; span_next(&it, &key, &message); i++) {
		if (check(t, message) != 0) {
			snprintf(place, sizeof place, "messages[%lu]: ", (unsigned long)i);
			fault_prefix(t->f, place);
			return -1;
		}
		if (span_eq(span_get(message, "role"), "toolResult")) {
			write_result(t, message);
			continue;
		}
		write_missing(t);
		write_images(t, results, message.p);
		write_other(t, message);
		results = it;
	}
	write_missing(t);
	write_images(t, results, messages.p + messages.n);
	if (callids_failed(&t->sent) || t->calls.failed || t->known.failed || t->answered.failed)
		return fault_set(t->f, F_INPUT, "out of memory");
	return 0;
}

int turn_write(struct buf *out, size_t start, struct span messages, const struct message_to *to, struct fault *f)
{
	struct talk t = {.out = out, .start = start, .to = to, .content = SPAN_NIL};
	int bad;

	t.f = f;
	callids_init(&t.sent);
	ids_init(&t.calls);
	ids_init(&t.known);
	ids_init(&t.answered);
	name_calls(&t, messages);
	bad = write_all(&t, messages);
	callids_release(&t.sent);
	ids_release(&t.calls);
	ids_release(&t.known);
	ids_release(&t.answered);
	return bad;
}
