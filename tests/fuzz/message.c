/*
 * message.c - libFuzzer on the building of messages: a byte of options, the
 * messages, a 0x1e byte, and maybe a compat object.
 *
 * make fuzz TARGET=message
 */
#include <stdint.h>
#include <stdio.h>

#include "checkjson.h"
#include "message.h"
#include "part.h"
#include "turn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every message has one role, every text is paired; of image_url parts the bytes are not ours. */
static void check_own(struct span list)
{
	struct span_iter it = span_each(list), parts;
	struct span key, message, part, content;

	while (span_next(&it, &key, &message)) {
		must(span_kind(message) == SPAN_OBJECT && span_kind(span_get(message, "role")) == SPAN_STRING);
		content = span_get(message, "content");
		must(content.p != NULL && (span_kind(content) != SPAN_ARRAY || span_count(content) > 0));
		if (span_kind(content) == SPAN_STRING)
			is_paired(content);
		for (parts = span_each(content); span_next(&parts, &key, &part); )
			if (span_eq(span_get(part, "type"), "text"))
				all_paired(part);
		all_paired(span_get(message, "tool_calls"));
		all_paired(span_get(message, "tool_call_id"));
		all_paired(span_get(message, "name"));
		all_paired(span_get(message, "reasoning_content"));
	}
}

/* The arguments of every call are a text that is a JSON object. */
static void check_calls(struct span list)
{
	struct span_iter it = span_each(list), calls;
	struct span key, message, call, v;
	struct span_err err;
	struct buf text;

	while (span_next(&it, &key, &message))
		for (calls = span_each(span_get(message, "tool_calls")); span_next(&calls, &key, &call); ) {
			buf_init(&text, MAX_RECORD);
			span_decode(span_at(call, "function.arguments"), SPAN_REPLACE, &text);
			must(span_check(buf_text(&text), text.len, MAX_DEPTH, &v, &err) == 0 && span_kind(v) == SPAN_OBJECT);
			must(span_kind(span_get(call, "id")) == SPAN_STRING && span_get(call, "id").n > 2);
			buf_release(&text);
		}
}

static void build(struct span list, struct span compat, unsigned how)
{
	static const char parts[] = ",{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,AA==\"}}";
	struct message_input in = {SPAN_NIL, SPAN_NIL, list};
	struct message_extra extra = {NULL, SPAN_NIL, SPAN_NIL, 0};
	struct message_to to = {(int)(how & 3) - 1, (how & 4) != 0, span_of("\"p\""), span_of("\"m\""), compat};
	struct fault f;
	struct buf out;
	struct span v;

	if (to.images > 1)
		to.images = 1;
	if (how & 8)
		in.prompt = span_of("\"a\\ud83d \\ud83d\\ude00\"");
	if (how & 16)
		extra.system = "sys\ntem";
	if (how & 32)
		in.system = span_of(how & 16 ? "\"\"" : "\"s\\udc00\"");
	if (how & 64) {
		extra.parts = span_of(parts);
		extra.plain = how & 128 ? span_of(",{\"type\":\"text\",\"text\":\"x\"}") : SPAN_NIL;
		extra.images = 1;
	}
	buf_init(&out, MAX_RECORD);
	buf_adds(&out, "head");
	if (message_build(&out, &in, &extra, &to, &f) == 0) {
		v = is_json(out.data + 4, out.len - 4);
		must(span_kind(v) == SPAN_ARRAY);
		if (turn_own(list)) {
			check_own(v);
			check_calls(v);
		}
	} else {
		must(f.message[0] != '\0' && strlen(f.message) < sizeof f.message);
		must(span_utf8(f.message, strlen(f.message)) == strlen(f.message));
	}
	buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data + 1, *end = p + size - 1;
	struct span list, compat = SPAN_NIL;
	char *copy[2] = {NULL, NULL};

	if (size > 1 && next_json(&p, end, &copy[0], &list) && span_kind(list) == SPAN_ARRAY) {
		if (!next_json(&p, end, &copy[1], &compat))
			compat = SPAN_NIL;
		build(list, compat, data[0]);
	}
	free(copy[0]);
	free(copy[1]);
	return 0;
}
