/* shapeargs.c - see shapeargs.h. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "json.h"
#include "limits.h"
#include "shapeargs.h"
#include "thinking.h"
#include "tools.h"

void shape_args_init(struct shape_args *a)
{
	struct buf *all[] = {&a->params, &a->stops, &a->prompt_text, &a->system_text, &a->messages_text,
	    &a->tools_text, &a->schema_text, &a->choice_text, &a->params_text};
	size_t i;

	memset(a, 0, sizeof *a);
	for (i = 0; i < sizeof all / sizeof *all; i++)
		buf_init(all[i], MAX_RECORD / 2);
	attach_init(&a->attached);
	a->allow.fd = -1;
}

void shape_args_release(struct shape_args *a)
{
	struct buf *all[] = {&a->params, &a->stops, &a->prompt_text, &a->system_text, &a->messages_text,
	    &a->tools_text, &a->schema_text, &a->choice_text, &a->params_text};
	size_t i;

	for (i = 0; i < sizeof all / sizeof *all; i++)
		buf_release(all[i]);
	attach_release(&a->attached);
	allow_close(&a->allow);
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

/* What isn't UTF-8 would go out as something else. */
static int not_text(const char *arg)
{
	return span_utf8(arg, strlen(arg)) != strlen(arg);
}

/* KEY=TEXT, or KEY:=JSON. */
static int add_param(struct shape_args *a, const char *text, struct fault *f)
{
	const char *eq = strchr(text, '=');
	size_t n;

	if (not_text(text))
		return fault_set(f, F_INPUT, "--param: not UTF-8 text");
	if (eq == NULL || eq == text || (eq == text + 1 && text[0] == ':'))
		return fault_set(f, F_INPUT, "--param: KEY=VALUE or KEY:=JSON is due: %s", text);
	n = (size_t)(eq - text) - (eq[-1] == ':');
	if ((n == 5 && memcmp(text, "model", n) == 0) || (n == 8 && memcmp(text, "messages", n) == 0))
		return fault_set(f, F_INPUT, "--param: model and messages can't be set with it (the model is -m's): %s", text);
	if (eq[-1] == ':') {
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
	case OPT_ALLOW_FILES: return &a->allow_files;
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
		if (a->npaths == ATTACH_MOST)
			return fault_set(f, F_INPUT, "-f: more than %d files", ATTACH_MOST);
		a->paths[a->npaths++] = value;
		return 1;
	case OPT_SCHEMA:
		a->schema = value;
		a->json = 1;
		return 1;
	case OPT_DROP_IMAGES:
		a->drop_images = 1;
		return 1;
	case OPT_SORT_TOOLS:
		a->sort_tools = 1;
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
		if (not_text(value))
			return fault_set(f, F_INPUT, "--stop: not UTF-8 text");
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
static int read_text(const char *option, const char *arg, struct buf *text, struct fault *f)
{
	int e = 0;

	if (arg[0] == '@' && arg[1] != '@') {
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
		return fault_set(f, F_INPUT, "%s: %s is empty", option, strcmp(arg, "@-") == 0 ? "standard input" : "the text");
	return 0;
}

static int read_attached(struct shape_args *a, const char *path, struct fault *f)
{
	struct buf text;
	char what[600];
	int e, bad;

	snprintf(what, sizeof what, "-f: %.590s", path);
	buf_init(&text, MAX_RECORD / 2);
	if ((e = file_read(path, FILE_ANY, &text)) != 0)
		bad = fault_set(f, F_INPUT, "%s: %s", what, file_error(e));
	else
		bad = attach_add(&a->attached, what, (struct span){buf_text(&text), text.len}, f);
	if (!bad)
		attach_name(&a->attached, path, (struct span){buf_text(&text), text.len});
	buf_release(&text);
	return bad;
}

/* A file that is one JSON value of that kind. */
static int read_json(const char *option, const char *path, enum span_kind kind, const char *due,
    struct buf *text, struct span *v, struct fault *f)
{
	struct span_err err;
	int e;

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
	bad = read_text("-t", a->template, &text, f);
	if (!bad && template_read(&a->made, buf_text(&text), text.len, &err) != 0)
		bad = fault_set(f, F_INPUT, "-t:%zu:%zu: %s", err.line, err.column, err.what);
	opts->template = &a->made;
	buf_release(&text);
	return bad;
}

static int check_level(const char *level, struct fault *f)
{
	struct buf quoted;
	int bad;

	buf_init(&quoted, MAX_RECORD);
	json_quotes(&quoted, level);
	bad = thinking_level((struct span){buf_text(&quoted), quoted.len}, f) < 0;
	if (bad)
		fault_prefix(f, "--thinking: ");
	buf_release(&quoted);
	return bad;
}

/* Each of them is one? */
static int check_tools(const struct shape_args *a, struct span tools, struct fault *f)
{
	struct buf unused;
	char head[600];
	int bad;

	buf_init(&unused, MAX_RECORD);
	bad = tools_write(&unused, tools, 0, 0, f);
	snprintf(head, sizeof head, "--tools: %.580s: ", a->tools);
	if (bad)
		fault_prefix(f, head);
	buf_release(&unused);
	return bad;
}

int shape_args_stdin(const struct shape_args *a, const char **names, int most)
{
	const struct { const char *name, *arg, *is; } all[] = {
		{"-p @-", a->prompt, "@-"}, {"-s @-", a->system, "@-"}, {"-t @-", a->template, "@-"},
		{"--messages -", a->messages, "-"}, {"--tools -", a->tools, "-"}, {"--schema=-", a->schema, "-"},
	};
	size_t i;
	int n = 0;

	for (i = 0; i < sizeof all / sizeof *all && n < most; i++)
		if (all[i].arg != NULL && strcmp(all[i].arg, all[i].is) == 0)
			names[n++] = all[i].name;
	for (i = 0; i < (size_t)a->npaths && n < most; i++)
		if (strcmp(a->paths[i], "-") == 0)
			names[n++] = "-f -";
	return n;
}

/*
 * What the options say, laid over nothing: what fails here fails for every
 * input, since nothing else is over it.  A choice waits for the tools that
 * may come.
 */
int shape_args_check(const struct shape_options *opts, int more_tools, struct fault *f)
{
	struct fields_options said = opts->fields;
	struct fields_route route = {.ready = 1};
	struct span params = said.params, tools = span_get(params, "tools");
	struct buf unused;
	int bad = 0;

	if (more_tools && tools.p == NULL && said.tools.p == NULL) {
		said.tool_choice = SPAN_NIL;
		if (span_get(params, "tool_choice").p != NULL || span_get(params, "toolChoice").p != NULL)
			return 0;
	}
	buf_init(&unused, MAX_RECORD);
	bad = fields_write(&unused, SPAN_NIL, span_of("[]"), 0, &route, &said, f);
	buf_release(&unused);
	return bad;
}

int shape_args_read(struct shape_args *a, struct shape_options *opts, struct fault *f)
{
	int i, e;

	if (a->thinking != NULL && check_level(a->thinking, f) != 0)
		return -1;
	if (a->allow_files != NULL && (e = allow_open(&a->allow, a->allow_files)) != 0)
		return fault_set(f, F_INPUT, "--allow-files: %s: %s", a->allow_files, file_error(e));
	if ((a->prompt != NULL && read_text("-p", a->prompt, &a->prompt_text, f) != 0) ||
	    (a->system != NULL && read_text("-s", a->system, &a->system_text, f) != 0) ||
	    (a->template != NULL && read_template(a, opts, f) != 0) ||
	    (a->messages != NULL && read_messages(a, &opts->messages, f) != 0) ||
	    (a->tools != NULL && read_json("--tools", a->tools, SPAN_ARRAY, "an array of tools",
	    &a->tools_text, &opts->fields.tools, f) != 0) || (a->tools != NULL && check_tools(a, opts->fields.tools, f) != 0) ||
	    (a->schema != NULL && read_json("--schema", a->schema, SPAN_OBJECT, "an object, the schema",
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
	opts->fields.sort_tools = a->sort_tools;
	opts->fields.max_tokens = a->max_tokens;
	opts->extra.system = a->system != NULL ? buf_text(&a->system_text) : NULL;
	opts->extra.parts = (struct span){buf_text(&a->attached.parts), a->attached.parts.len};
	opts->extra.plain = a->drop_images ? (struct span){buf_text(&a->attached.plain), a->attached.plain.len} : SPAN_NIL;
	opts->extra.images = a->attached.images;
	opts->files = a->allow_files != NULL;
	return 0;
}
