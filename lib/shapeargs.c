/* shapeargs.c - see shapeargs.h. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "image.h"
#include "json.h"
#include "limits.h"
#include "shapeargs.h"

void shape_args_init(struct shape_args *a)
{
	struct buf *all[] = {&a->params, &a->stops, &a->prompt_text, &a->system_text, &a->parts, &a->plain, &a->messages_text,
	    &a->tools_text, &a->schema_text, &a->choice_text, &a->params_text};
	size_t i;

	memset(a, 0, sizeof *a);
	for (i = 0; i < sizeof all / sizeof *all; i++)
		buf_init(all[i], MAX_RECORD / 2);
}

void shape_args_release(struct shape_args *a)
{
	struct buf *all[] = {&a->params, &a->stops, &a->prompt_text, &a->system_text, &a->parts, &a->plain, &a->messages_text,
	    &a->tools_text, &a->schema_text, &a->choice_text, &a->params_text};
	size_t i;

	for (i = 0; i < sizeof all / sizeof *all; i++)
		buf_release(all[i]);
	template_release(&a->made);
}

/* "key": VALUE; 0, or -1: the text is no JSON. */
static int add_json(struct shape_args *a, const char *key, size_t n, const char *text)
{
	struct span v;
	struct span_err err;

	if (span_check(text, strlen(text), MAX_DEPTH, &v, &err) != 0)
		return -1;
	buf_addc(&a->params, ',');
	json_quote(&a->params, key, n);
	buf_addc(&a->params, ':');
	buf_add(&a->params, v.p, v.n);
	return 0;
}

static int add_number(struct shape_args *a, const char *option, const char *key, const char *text, struct fault *f)
{
	struct span v;
	struct span_err err;

	if (span_check(text, strlen(text), 1, &v, &err) == 0 && span_kind(v) == SPAN_NUMBER &&
	    add_json(a, key, strlen(key), text) == 0)
		return 1;
	return fault_set(f, F_INPUT, "--%s: not a number: %s", option, text);
}

/* KEY=TEXT, or KEY:=JSON. */
static int add_param(struct shape_args *a, const char *text, struct fault *f)
{
	const char *eq = strchr(text, '=');
	size_t n;

	if (eq == NULL || eq == text || (eq == text + 1 && text[0] == ':'))
		return fault_set(f, F_INPUT, "--param: KEY=VALUE or KEY:=JSON is due: %s", text);
	if (eq[-1] == ':') {
		n = (size_t)(eq - text) - 1;
		return add_json(a, text, n, eq + 1) == 0 ? 1 :
		    fault_set(f, F_INPUT, "--param: not JSON: %s", text);
	}
	buf_addc(&a->params, ',');
	json_quote(&a->params, text, (size_t)(eq - text));
	buf_addc(&a->params, ':');
	json_quotes(&a->params, eq + 1);
	return 1;
}

static int add_limit(struct shape_args *a, const char *text, struct fault *f)
{
	char *end;

	a->max_tokens = strtol(text, &end, 10);
	if (*end == '\0' && a->max_tokens > 0 && a->max_tokens < LONG_MAX)
		return 1;
	return fault_set(f, F_INPUT, "--max-tokens: a whole number above 0 is due: %s", text);
}

/* Those that have a text of their own. */
static const char **text_of(struct shape_args *a, int id)
{
	switch (id) {
	case 'p': return &a->prompt;
	case 's': return &a->system;
	case 't': return &a->template;
	case OPT_MESSAGES: return &a->messages;
	case OPT_TOOLS: return &a->tools;
	case OPT_TOOL_CHOICE: return &a->tool_choice;
	case OPT_THINKING: return &a->thinking;
	default: return NULL;
	}
}

int shape_args_option(struct shape_args *a, int id, const char *value, struct fault *f)
{
	if (text_of(a, id) != NULL) {
		*text_of(a, id) = value;
		return 1;
	}
	switch (id) {
	case 'f':
		if (a->npaths == SHAPE_FILES)
			return fault_set(f, F_INPUT, "-f: more than %d files", SHAPE_FILES);
		a->paths[a->npaths++] = value;
		return 1;
	case OPT_SCHEMA:
		a->schema = value;
		a->json = 1;
		return 1;
	case OPT_DROP_IMAGES:
		a->drop_images = 1;
		return 1;
	case OPT_MAX_TOKENS:
		return add_limit(a, value, f);
	case OPT_TEMPERATURE:
		return add_number(a, "temperature", "temperature", value, f);
	case OPT_TOP_P:
		return add_number(a, "top-p", "top_p", value, f);
	case OPT_SEED:
		return add_number(a, "seed", "seed", value, f);
	case OPT_STOP:
		buf_addc(&a->stops, ',');
		json_quotes(&a->stops, value);
		return 1;
	case OPT_PARAM:
		return add_param(a, value, f);
	default:
		return 0;
	}
}

/* A text: @FILE is the file's, @@x is the text @x. */
static int read_text(struct shape_args *a, const char *option, const char *arg, struct buf *text, struct fault *f)
{
	int e = 0;

	if (arg[0] == '@' && arg[1] != '@') {
		a->stdin_taken |= strcmp(arg, "@-") == 0;
		e = file_read(arg + 1, FILE_ANY, text);
	} else {
		buf_adds(text, arg[0] == '@' ? arg + 1 : arg);
	}
	if (e != 0)
		return fault_set(f, F_INPUT, "%s: %s: %s", option, arg + 1, file_error(e));
	if (span_utf8(buf_text(text), text->len) != text->len)
		return fault_set(f, F_INPUT, "%s: not UTF-8 text", option);
	if (memchr(buf_text(text), '\0', text->len) != NULL)
		return fault_set(f, F_INPUT, "%s: a NUL in the text", option);
	if (text->len == strspn(buf_text(text), " \t\r\n"))
		return fault_set(f, F_INPUT, "%s: the text is empty", option);
	return 0;
}

/* An attached file as a part, image or text by what it holds. */
static int read_attached(struct shape_args *a, const char *path, struct fault *f)
{
	struct buf text;
	const char *why;
	size_t from;
	int e, bad = 0;

	a->stdin_taken |= strcmp(path, "-") == 0;
	buf_init(&text, MAX_RECORD / 2);
	if ((e = file_read(path, FILE_ANY, &text)) != 0) {
		bad = fault_set(f, F_INPUT, "-f: %s: %s", path, file_error(e));
	} else if (image_type(buf_text(&text), text.len) != NULL) {
		buf_adds(&a->plain, ",{\"type\":\"text\",\"text\":\"(image omitted: model does not support images)\"}");
		buf_adds(&a->parts, ",{\"type\":\"image_url\",\"image_url\":{\"url\":\"");
		if ((why = image_url(&a->parts, buf_text(&text), text.len)) != NULL)
			bad = fault_set(f, F_INPUT, "-f: %s: %s", path, why);
		buf_adds(&a->parts, "\"}}");
		a->images++;
	} else if (memchr(buf_text(&text), '\0', text.len) != NULL || span_utf8(buf_text(&text), text.len) != text.len) {
		bad = fault_set(f, F_INPUT, "-f: %s: neither an image that models take (PNG, JPEG, GIF, WebP) nor a text file (UTF-8)", path);
	} else {
		from = a->parts.len;
		buf_adds(&a->parts, ",{\"type\":\"text\",\"text\":");
		json_quote(&a->parts, buf_text(&text), text.len);
		buf_addc(&a->parts, '}');
		if (!a->parts.failed)
			buf_add(&a->plain, a->parts.data + from, a->parts.len - from);
	}
	if (!bad && a->parts.failed)
		bad = fault_set(f, F_INPUT, "-f: over %lu bytes in all", MAX_RECORD / 2);
	buf_release(&text);
	return bad;
}

/* A file that is one JSON value of that kind. */
static int read_json(struct shape_args *a, const char *option, const char *path, enum span_kind kind, const char *due,
    struct buf *text, struct span *v, struct fault *f)
{
	struct span_err err;
	int e;

	a->stdin_taken |= strcmp(path, "-") == 0;
	if ((e = file_read(path, FILE_ANY, text)) != 0)
		return fault_set(f, F_INPUT, "%s: %s: %s", option, path, file_error(e));
	if (span_check(buf_text(text), text->len, MAX_DEPTH, v, &err) != 0)
		return fault_set(f, F_INPUT, "%s: %s: not JSON: %s at byte %zu", option, path, err.what, err.at + 1);
	if (span_kind(*v) != kind)
		return fault_set(f, F_INPUT, "%s: %s: %s is due", option, path, due);
	return 0;
}

/* A conversation: an array of messages, or a message a line. */
static int read_messages(struct shape_args *a, struct span *v, struct fault *f)
{
	struct buf list;
	struct span one;
	struct span_err err;
	const char *p, *end;
	int e;

	a->stdin_taken |= strcmp(a->messages, "-") == 0;
	if ((e = file_read(a->messages, FILE_ANY, &a->messages_text)) != 0)
		return fault_set(f, F_INPUT, "--messages: %s: %s", a->messages, file_error(e));
	if (span_check(buf_text(&a->messages_text), a->messages_text.len, MAX_DEPTH, v, &err) == 0 &&
	    span_kind(*v) == SPAN_ARRAY)
		return 0;
	buf_init(&list, MAX_RECORD);
	buf_addc(&list, '[');
	p = buf_text(&a->messages_text);
	end = p + a->messages_text.len;
	while (p + strspn(p, " \t\r\n") < end) {
		if (span_first(p, (size_t)(end - p), MAX_DEPTH, &one, &err) != 0 || span_kind(one) != SPAN_OBJECT) {
			buf_release(&list);
			return fault_set(f, F_INPUT, "--messages: %s: an array of messages is due, or a message a line", a->messages);
		}
		if (list.len > 1)
			buf_addc(&list, ',');
		buf_add(&list, one.p, one.n);
		p = one.p + one.n;
	}
	buf_addc(&list, ']');
	buf_release(&a->messages_text);
	a->messages_text = list;
	*v = (struct span){buf_text(&a->messages_text), a->messages_text.len};
	return 0;
}

/* auto, none, required or any other name: that tool. */
static struct span choice(struct shape_args *a)
{
	static const char *const words[] = {"auto", "none", "required", NULL};
	int i;

	for (i = 0; words[i] != NULL && strcmp(words[i], a->tool_choice) != 0; i++)
		;
	if (words[i] == NULL)
		buf_adds(&a->choice_text, "{\"type\":\"function\",\"function\":{\"name\":");
	json_quotes(&a->choice_text, a->tool_choice);
	if (words[i] == NULL)
		buf_adds(&a->choice_text, "}}");
	return (struct span){buf_text(&a->choice_text), a->choice_text.len};
}

/* {"stop":[...],...}: what the options say over all else. */
static struct span params(struct shape_args *a)
{
	if (a->stops.len == 0 && a->params.len == 0)
		return SPAN_NIL;
	buf_addc(&a->params_text, '{');
	if (a->stops.len > 0) {
		buf_adds(&a->params_text, "\"stop\":[");
		buf_add(&a->params_text, a->stops.data + 1, a->stops.len - 1);
		buf_addc(&a->params_text, ']');
	}
	if (a->params.len > 0)
		buf_add(&a->params_text, a->params.data + (a->stops.len == 0), a->params.len - (a->stops.len == 0));
	buf_addc(&a->params_text, '}');
	return (struct span){buf_text(&a->params_text), a->params_text.len};
}

static int read_template(struct shape_args *a, struct shape_options *opts, struct fault *f)
{
	struct template_err err;
	struct buf text;
	int bad;

	buf_init(&text, MAX_RECORD / 2);
	bad = read_text(a, "-t", a->template, &text, f);
	if (!bad && template_read(&a->made, buf_text(&text), text.len, &err) != 0)
		bad = fault_set(f, F_INPUT, "-t:%zu:%zu: %s", err.line, err.column, err.what);
	opts->template = &a->made;
	buf_release(&text);
	return bad;
}

int shape_args_read(struct shape_args *a, struct shape_options *opts, struct fault *f)
{
	int i;

	if ((a->prompt != NULL && read_text(a, "-p", a->prompt, &a->prompt_text, f) != 0) ||
	    (a->system != NULL && read_text(a, "-s", a->system, &a->system_text, f) != 0) ||
	    (a->template != NULL && read_template(a, opts, f) != 0) ||
	    (a->messages != NULL && read_messages(a, &opts->messages, f) != 0) ||
	    (a->tools != NULL && read_json(a, "--tools", a->tools, SPAN_ARRAY, "an array of tools",
	    &a->tools_text, &opts->fields.tools, f) != 0) ||
	    (a->schema != NULL && read_json(a, "--schema", a->schema, SPAN_OBJECT, "an object, the schema",
	    &a->schema_text, &opts->fields.schema, f) != 0))
		return -1;
	for (i = 0; i < a->npaths; i++)
		if (read_attached(a, a->paths[i], f) != 0)
			return -1;
	if (a->tool_choice != NULL)
		opts->fields.tool_choice = choice(a);
	opts->fields.params = params(a);
	opts->fields.json_object = a->json && a->schema == NULL;
	opts->fields.thinking = a->thinking;
	opts->fields.max_tokens = a->max_tokens;
	opts->extra.system = a->system != NULL ? buf_text(&a->system_text) : NULL;
	opts->extra.parts = (struct span){buf_text(&a->parts), a->parts.len};
	opts->extra.plain = a->drop_images ? (struct span){buf_text(&a->plain), a->plain.len} : SPAN_NIL;
	opts->extra.images = a->images;
	return 0;
}
