/*
 * shape.c - libFuzzer on the whole of fb-shape's work: a route, a 0x1e byte,
 * an input, a 0x1e byte, bytes of options.
 *
 * make fuzz TARGET=shape
 */
#include <stdint.h>

#include "checkjson.h"
#include "diff.h"
#include "record.h"
#include "shape.h"
#include "template.h"
#include "turn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SCHEMA "{\"type\":\"object\",\"properties\":{\"a\":{\"pattern\":\"x\"}}}"
#define PARAMS "{\"stop\":[\"x\"],\"seed\":12345678901234567890,\"extra_body\":{\"chat_template_kwargs\":null,\"z\":1.0}}"
#define TOOLS "[{\"name\":\"f\",\"parameters\":{}},{\"type\":\"function\",\"function\":{\"name\":\"g\"}}]"

static void changed(void *ctx, const struct compat *row, struct span before, struct span after)
{
	struct buf lines;

	(void)ctx;
	(void)row;
	is_json(before.p, before.n);
	is_json(after.p, after.n);
	buf_init(&lines, MAX_RECORD);
	diff_write(&lines, before, after);
	buf_release(&lines);
}

static void done(void *ctx, size_t before, size_t after)
{
	(void)ctx;
	must(before > 0 && after > 0);
}

static const struct compat_watch watch = {.changed = changed, .done = done};

static void read_options(struct shape_options *o, const struct template *t, const unsigned char b[4])
{
	memset(o, 0, sizeof *o);
	o->stream = b[0] % 3 - 1;
	o->extra.system = b[0] & 4 ? "system \" text" : NULL;
	if (b[0] & 8) {
		o->extra.parts = span_of(",{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,AA==\"}}");
		o->extra.images = 1;
	}
	if (b[0] & 16)
		o->extra.plain = span_of(",{\"type\":\"text\",\"text\":\"x\"}");
	if (b[0] & 32)
		o->messages = span_of("[{\"role\":\"user\",\"content\":\"hi\"},{\"role\":\"assistant\",\"content\":\"ho\"}]");
	o->lead = b[0] & 64 ? "lead" : NULL;
	o->template = b[1] & 1 ? t : NULL;
	o->id = b[1] & 2 ? "a.b" : NULL;
	o->batch = (b[1] & 4) != 0;
	o->several = (b[1] & 8) != 0;
	o->watch = b[1] & 16 ? &watch : NULL;
	o->fields.max_tokens = b[1] & 32 ? 1000 : 0;
	o->fields.json_object = (b[1] & 64) != 0;
	o->fields.schema = b[1] & 128 ? span_of(SCHEMA) : SPAN_NIL;
	o->fields.params = b[2] & 1 ? span_of(PARAMS) : SPAN_NIL;
	o->fields.tools = b[2] & 2 ? span_of(TOOLS) : SPAN_NIL;
	o->fields.tool_choice = b[2] & 4 ? span_of("\"required\"") : SPAN_NIL;
	o->fields.thinking = b[2] & 8 ? "high" : b[2] & 16 ? "off" : NULL;
}

/* The texts that were built: of a prompt, and of a conversation in FluffBuzz's own form. */
static void check_texts(const struct shape_input *in, struct span messages)
{
	struct span_iter it = span_each(messages);
	struct span key, m;

	if (in->kind != SHAPE_PROMPT || in->said.prompt.p == NULL || in->said.messages.p != NULL)
		return;
	while (span_next(&it, &key, &m))
		all_paired(span_get(m, "content"));
}

static int only_the_model(struct span body, struct span model)
{
	struct span_iter it = span_each(body);
	struct span key, val;
	int n = 0;

	while (span_next(&it, &key, &val))
		if (span_eq(key, "model")) {
			n++;
			if (!same(val, model))
				return 0;
		}
	return n > 0;
}

static void check_body(const struct shape_input *in, const struct shape_route *r, const struct shape_options *o, struct span body)
{
	struct buf flat;

	must(span_kind(body) == SPAN_OBJECT && span_kind(span_get(body, "model")) == SPAN_STRING);
	must(memchr(body.p, '\n', body.n) == NULL && memchr(body.p, '\r', body.n) == NULL);
	if (in->kind == SHAPE_PROMPT) {
		check_texts(in, span_get(body, "messages"));
		return;
	}
	must(same(span_get(body, "model"), r->model));
	if (span_kind(r->compat) != SPAN_OBJECT && o->stream < 0 && only_the_model(in->body, r->model)) {
		buf_init(&flat, MAX_RECORD);
		record_splice(&flat, in->body);
		must(same(body, all_of(&flat)));
		buf_release(&flat);
	}
}

/* A body that came out is a ready body, and nothing more changes in it. */
static void again(struct span body, const struct shape_route *r, struct shape_options o)
{
	struct shape_input in;
	struct fault f;
	struct buf line;

	o.template = NULL;
	o.id = NULL;
	o.several = 0;
	if (span_get(body, "messages").p == NULL || span_get(body, "route").p != NULL || span_get(body, "body").p != NULL ||
	    record_error(body).p != NULL)
		return;
	buf_init(&line, MAX_RECORD);
	if (shape_read(&in, body, &o, SPAN_NIL, 7, &f) == 0 && in.kind == SHAPE_BODY &&
	    shape_write(&line, &in, r, &o, &f) == 0)
		must(same(span_get(is_json(line.data, line.len), "body"), body));
	shape_input_release(&in);
	buf_release(&line);
}

static void write_one(const struct shape_input *in, const struct shape_route *r, const struct shape_options *o)
{
	struct span whole, body;
	struct fault f;
	struct buf line;

	buf_init(&line, MAX_RECORD);
	if (shape_write(&line, in, r, o, &f) == 0) {
		whole = is_json(line.data, line.len);
		body = span_get(whole, "body");
		must(span_kind(span_get(whole, "custom_id")) == SPAN_STRING);
		if (in->kind != SHAPE_BATCH)	/* other members of such a line travel, and may have these names */
			check_body(in, r, o, body);
		if (in->kind == SHAPE_BODY)
			again(body, r, *o);
	} else {
		must(f.message[0] != '\0' && span_utf8(f.message, strlen(f.message)) == strlen(f.message));
	}
	buf_release(&line);
}

static void shape(const struct shape_route *r, struct span value, const unsigned char b[4])
{
	static const char text[] = "a {{a}} {{.}}";
	struct template_err err;
	struct template t;
	struct shape_options o;
	struct shape_input in;
	struct fault f;

	must(template_read(&t, text, sizeof text - 1, &err) == 0);
	read_options(&o, &t, b);
	if (shape_read(&in, value, &o, b[3] & 1 ? span_of("\"file\"") : SPAN_NIL, 3, &f) != 0)
		must(f.message[0] != '\0');
	else if (in.kind != SHAPE_FAILED)
		write_one(&in, r, &o);
	is_json(buf_text(&in.id), in.id.len);
	shape_input_release(&in);
	template_release(&t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data, *end = p + size;
	unsigned char b[4] = {0, 0, 0, 0};
	struct span route, value;
	char *copy[2] = {NULL, NULL};
	struct shape_route r;
	struct fault f;

	if (next_json(&p, end, &copy[0], &route) && next_json(&p, end, &copy[1], &value)) {
		memcpy(b, p, (size_t)(end - p) < sizeof b ? (size_t)(end - p) : sizeof b);
		if (shape_route_init(&r, route, &f) == 0) {
			shape(&r, value, b);
			shape_route_release(&r);
		}
	}
	free(copy[0]);
	free(copy[1]);
	return 0;
}
