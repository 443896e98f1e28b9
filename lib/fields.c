/* fields.c - see fields.h. */
#include <stdio.h>
#include <string.h>

#include "fields.h"
#include "json.h"
#include "limits.h"
#include "merge.h"
#include "record.h"
#include "room.h"
#include "thinking.h"
#include "tools.h"

/*
 * Who may say a field, the later wins.  "fixed" is an option of its own
 * (--schema, --tools, --max-tokens ...), and goes below --param.
 */
enum layer { FROM_ROUTE, FROM_RECORD, FROM_PARAMS, FROM_FIXED, FROM_OPTIONS, LAYERS };

struct writer;

/*
 * A field of the body: its name; another that a record may use for it; the
 * one that FluffBuzz's params use.
 */
struct field {
	const char *name, *also, *own;
	int (*write)(struct writer *w, const struct field *field);	/* NULL: what is said, as it is */
};

static int write_stream(struct writer *, const struct field *);
static int write_usage(struct writer *, const struct field *);
static int write_store(struct writer *, const struct field *);
static int write_temperature(struct writer *, const struct field *);
static int write_format(struct writer *, const struct field *);
static int write_tools(struct writer *, const struct field *);
static int write_choice(struct writer *, const struct field *);
static int write_limit(struct writer *, const struct field *);
static int write_thinking(struct writer *, const struct field *);
static int write_kwargs(struct writer *, const struct field *);

/* In the order in which the reference sends them (REFERENCE 4.2). */
static const struct field fields[] = {
	{"stream", NULL, NULL, write_stream},
	{"stream_options", NULL, NULL, write_usage},
	{"store", NULL, NULL, write_store},
	{"temperature", NULL, NULL, write_temperature},
	{"top_p", NULL, "topP", NULL},
	{"top_k", NULL, "topK", NULL},
	{"min_p", NULL, "minP", NULL},
	{"response_format", "schema", "responseFormat", write_format},
	{"frequency_penalty", NULL, "frequencyPenalty", NULL},
	{"presence_penalty", NULL, "presencePenalty", NULL},
	{"repetition_penalty", NULL, "repetitionPenalty", NULL},
	{"logit_bias", NULL, "logitBias", NULL},
	{"logprobs", NULL, NULL, NULL},
	{"top_logprobs", NULL, "topLogprobs", NULL},
	{"n", NULL, NULL, NULL},
	{"seed", NULL, NULL, NULL},
	{"stop", NULL, NULL, NULL},
	{"user", NULL, NULL, NULL},
	{"metadata", NULL, NULL, NULL},
	{"tools", NULL, NULL, write_tools},
	{"tool_choice", NULL, "toolChoice", write_choice},
	{"parallel_tool_calls", NULL, "parallelToolCalls", NULL},
	{"max_tokens", "max_completion_tokens", "maxTokens", write_limit},
	{"thinking", NULL, NULL, write_thinking},
	{"chat_template_kwargs", NULL, "chatTemplateKwargs", write_kwargs},
};
enum { FIELDS = sizeof fields / sizeof fields[0], SPELLINGS = 3, OWN = 2 };

struct writer {
	struct span layer[LAYERS];	/* objects or SPAN_NIL; no one for FROM_FIXED */
	struct span said[LAYERS][FIELDS][SPELLINGS];	/* their members that are fields */
	struct span extra[LAYERS];	/* their extra_body */
	struct span messages;
	const struct fields_route *route;
	const struct fields_options *options;
	struct buf members;	/* what is written: each with a comma before it */
	struct buf kwargs;	/* the same, for chat_template_kwargs */
	struct span tools;	/* once they are written */
	struct buf level;	/* --thinking as JSON */
	char limit[24];		/* --max-tokens as JSON */
	int stream;		/* as the caller has it */
	int streams;		/* as it will be */
	struct fault *f;
};

/* Params that are no fields: what is merged over, and FluffBuzz's own caching, of which we send nothing. */
static const char *const no_fields[] = {"extra_body", "extraBody", "cacheRetention", NULL};

/* The field that a member of params is, and by which of its names; or NULL. */
static const struct field *field_of(struct span key, int *spelling)
{
	const char *name;
	int i, k;

	for (i = 0; i < FIELDS; i++)
		for (k = 0; k < SPELLINGS; k++) {
			name = k == 0 ? fields[i].name : k == 1 ? fields[i].also : fields[i].own;
			if (name == NULL || !span_eq(key, name))
				continue;
			*spelling = k;
			return &fields[i];
		}
	return NULL;
}

int fields_known(struct span key)
{
	int spelling;

	return span_eq(key, "params") || (field_of(key, &spelling) != NULL && spelling != OWN);
}

/* One walk for all fields: a record may be large. */
static void read_layer(struct writer *w, enum layer at)
{
	struct span_iter it = span_each(w->layer[at]);
	const struct field *field;
	struct span key, val;
	int spelling;

	while (span_next(&it, &key, &val))
		if ((field = field_of(key, &spelling)) != NULL && (at != FROM_RECORD || spelling != OWN))
			w->said[at][field - fields][spelling] = val;
}

/* What a layer says of a field, or SPAN_NIL; null only when it says nothing else. */
static struct span said_in(const struct writer *w, enum layer at, const struct field *field)
{
	const struct span *v = w->said[at][field - fields];
	struct span null = SPAN_NIL;
	int i;

	if (w->layer[at].p == NULL)
		return null;
	for (i = 0; i < SPELLINGS; i++) {
		if (span_kind(v[i]) > SPAN_NULL)
			return v[i];
		if (v[i].p != NULL)
			null = v[i];
	}
	return at == FROM_RECORD ? SPAN_NIL : null;	/* in a record null is as good as nothing */
}

/* What an option of its own says of a field. */
static struct span fixed(const struct writer *w, const struct field *field)
{
	const struct fields_options *o = w->options;

	if (field->write == write_stream)
		return span_of(w->stream ? "true" : "false");
	if (field->write == write_format)
		return o->schema.p == NULL && o->json_object ? span_of("{\"type\":\"json_object\"}") : o->schema;
	if (field->write == write_tools)
		return o->tools;
	if (field->write == write_choice)
		return o->tool_choice;
	if (field->write == write_limit && o->max_tokens > 0)
		return span_of(w->limit);
	if (field->write == write_thinking && o->thinking != NULL)
		return (struct span){buf_text(&w->level), w->level.len};
	return SPAN_NIL;
}

/* What the topmost layer says that says anything: SPAN_NIL, or null: it shall not be sent. */
static struct span said(const struct writer *w, const struct field *field, enum layer *at)
{
	struct span v = SPAN_NIL;
	int i;

	for (i = LAYERS - 1; i >= 0 && v.p == NULL; i--) {
		*at = (enum layer)i;
		v = i == FROM_FIXED ? fixed(w, field) : said_in(w, *at, field);
	}
	return v;
}

static int is_on(struct span compat, const char *flag)
{
	return span_kind(span_get(compat, flag)) == SPAN_TRUE;
}

void fields_ready(struct fields_route *route)
{
	route->usage_in_stream = is_on(route->compat, "supportsUsageInStreaming");
	route->store = is_on(route->compat, "supportsStore");
	route->strict = is_on(route->compat, "supportsStrictMode");
	route->no_temperature = span_kind(span_get(route->compat, "supportsTemperature")) == SPAN_FALSE;
	route->max_completion = span_eq(span_get(route->compat, "maxTokensField"), "max_completion_tokens");
	route->ready = 1;
}

static void add(struct writer *w, const char *name, struct span v)
{
	buf_addf(&w->members, ",\"%s\":", name);
	record_splice(&w->members, v);
}

/* A field as it is said; `otherwise` when nobody says it, unless NULL. */
static void add_said(struct writer *w, const struct field *field, const char *otherwise)
{
	enum layer at;
	struct span v = said(w, field, &at);

	if (v.p == NULL)
		v = span_of(otherwise);
	if (span_kind(v) > SPAN_NULL)
		add(w, field->name, v);
}

static int write_stream(struct writer *w, const struct field *field)
{
	add_said(w, field, NULL);
	return 0;
}

/* Servers refuse stream_options where nothing is streamed. */
static int write_usage(struct writer *w, const struct field *field)
{
	if (w->streams)
		add_said(w, field, w->route->usage_in_stream ? "{\"include_usage\":true}" : NULL);
	return 0;
}

static int write_store(struct writer *w, const struct field *field)
{
	add_said(w, field, w->route->store ? "false" : NULL);
	return 0;
}

static int write_temperature(struct writer *w, const struct field *field)
{
	if (!w->route->no_temperature)
		add_said(w, field, NULL);
	return 0;
}

/* A schema is wrapped, unless it is a whole response_format: those types are no JSON types. */
static int write_format(struct writer *w, const struct field *field)
{
	enum layer at;
	struct span v = said(w, field, &at), type = span_get(v, "type");
	int ready = at != FROM_FIXED && v.p == w->said[at][field - fields][0].p;

	if (span_kind(v) <= SPAN_NULL)
		return 0;
	if (ready || span_eq(type, "json_schema") || span_eq(type, "json_object") || span_eq(type, "text")) {
		add(w, field->name, v);
		return 0;
	}
	if (span_kind(v) != SPAN_OBJECT)
		return fault_set(w->f, F_INPUT, "schema: an object is due");
	buf_adds(&w->members, ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"response\",\"schema\":");
	record_splice(&w->members, v);
	buf_adds(&w->members, "}}");
	return 0;
}

static int write_tools(struct writer *w, const struct field *field)
{
	enum layer at;

	w->tools = said(w, field, &at);
	if (span_kind(w->tools) <= SPAN_NULL)
		return 0;
	return tools_write(&w->members, w->tools, w->route->strict, w->options->sort_tools, w->f);
}

static int write_choice(struct writer *w, const struct field *field)
{
	enum layer at;
	struct span v = said(w, field, &at);

	if (span_kind(v) == SPAN_NULL)	/* not even "auto" */
		return 0;
	return tools_choice(&w->members, v, w->tools, w->f);
}

/*
 * The token limit.  What a caller asks for is held at the model's own limit;
 * before a proxy every limit is held at the room that the prompt leaves.
 */
static int write_limit(struct writer *w, const struct field *field)
{
	const char *name = w->route->max_completion ? "max_completion_tokens" : "max_tokens";
	enum layer at;
	struct span v = said(w, field, &at);
	double most = 0, window, room;	/* 0: none */

	if (v.p == NULL) {
		v = w->route->max_tokens;
		at = FROM_ROUTE;
	}
	if (span_kind(v) <= SPAN_NULL)
		return 0;
	if (span_kind(v) != SPAN_NUMBER)
		return fault_set(w->f, F_INPUT, "%s: a number is due", field->name);
	if (at != FROM_ROUTE)
		most = span_number(w->route->max_tokens);
	window = span_number(span_kind(w->route->context_tokens) == SPAN_NUMBER ? w->route->context_tokens :
	    w->route->context_window);
	room = w->route->proxy && window > 0 ? room_left(window, w->messages) : 0;
	if (room > 0 && (most <= 0 || room < most))
		most = room;
	if (most > 0 && span_number(v) > most)
		buf_addf(&w->members, ",\"%s\":%.0f", name, most);
	else
		add(w, name, v);
	return 0;
}

static int write_thinking(struct writer *w, const struct field *field)
{
	enum layer at;
	struct span v = said(w, field, &at);
	int level;

	if (span_kind(v) <= SPAN_NULL)
		return 0;
	if (span_kind(v) == SPAN_OBJECT) {	/* a vendor's own field of that name */
		add(w, field->name, v);
		return 0;
	}
	if ((level = thinking_level(v, w->f)) < 0)	/* a wrong word is wrong for every model */
		return -1;
	if (w->route->reasoning)
		thinking_write(&w->members, &w->kwargs, level, w->route->compat);
	return 0;
}

/* The layers' objects one over the other, and all over what the thinking level put there. */
static int write_kwargs(struct writer *w, const struct field *field)
{
	struct span v;
	int i;

	for (i = 0; i < LAYERS; i++) {
		v = i == FROM_FIXED ? SPAN_NIL : said_in(w, (enum layer)i, field);
		if (span_kind(v) == SPAN_NULL)
			buf_clear(&w->kwargs);
		else if (span_kind(v) == SPAN_OBJECT)
			merge_over(&w->kwargs, v, NULL, NULL);
		else if (v.p != NULL)
			return fault_set(w->f, F_INPUT, "%s: an object is due", field->name);
	}
	if (w->kwargs.len == 0)
		return 0;
	buf_addf(&w->members, ",\"%s\":{", field->name);
	buf_add(&w->members, w->kwargs.data + 1, w->kwargs.len - 1);
	buf_addc(&w->members, '}');
	return 0;
}

/* A param that is no field of ours goes into the body as it is. */
static int takes_unknown(const void *ctx, struct span key)
{
	int i;

	(void)ctx;
	for (i = 0; no_fields[i] != NULL; i++)
		if (span_eq(key, no_fields[i]))
			return 0;
	return field_of(key, &i) == NULL;
}

/* extra_body of the configuration or a record: over all but what the command line says. */
static int takes_extra(const void *ctx, struct span key)
{
	const struct writer *w = ctx;
	int spelling;
	const struct field *field = field_of(key, &spelling);

	if (field == NULL)
		return merge_find(w->layer[FROM_OPTIONS], key).p == NULL;
	return said_in(w, FROM_OPTIONS, field).p == NULL &&
	    (field->write == write_stream || fixed(w, field).p == NULL);
}

static void lay_over(struct writer *w, struct span over, merge_takes *takes)
{
	struct span_iter it = span_each(over);
	struct span key, val;

	while (span_next(&it, &key, &val))
		if (takes == NULL || takes(w, key)) {	/* there is something to do */
			merge_over(&w->members, over, takes, w);
			return;
		}
}

/* An object or nothing, without what stands in the body before us. */
static int check_params(struct span v, const char *name, struct fault *f)
{
	if (span_kind(v) > SPAN_NULL && span_kind(v) != SPAN_OBJECT)
		return fault_set(f, F_INPUT, "%s: an object is due", name);
	if (span_get(v, "model").p != NULL || span_get(v, "messages").p != NULL)
		return fault_set(f, F_INPUT, "%s: model and messages can't be set there", name);
	return 0;
}

/* Will the reply be streamed, when all is laid over? */
static int will_stream(const struct writer *w)
{
	struct span v[] = {span_get(w->extra[FROM_OPTIONS], "stream"), span_get(w->layer[FROM_OPTIONS], "stream"),
	    span_get(w->extra[FROM_PARAMS], "stream"), span_get(w->extra[FROM_ROUTE], "stream")};
	size_t i;

	for (i = 0; i < sizeof v / sizeof v[0]; i++)
		if (v[i].p != NULL)
			return span_kind(v[i]) == SPAN_TRUE;
	return w->stream;
}

static int read_layers(struct writer *w, struct span record)
{
	int i;

	w->layer[FROM_ROUTE] = w->route->params;
	w->layer[FROM_PARAMS] = span_get(record, "params");
	w->layer[FROM_OPTIONS] = w->options->params;
	for (i = 0; i < LAYERS; i++) {
		if (w->layer[i].p == NULL)
			continue;
		w->extra[i] = span_get(w->layer[i], "extra_body");
		if (w->extra[i].p == NULL)
			w->extra[i] = span_get(w->layer[i], "extraBody");
		if (check_params(w->layer[i], "params", w->f) != 0 || check_params(w->extra[i], "extra_body", w->f) != 0)
			return -1;
	}
	w->layer[FROM_RECORD] = record;	/* its own extra_body is none of ours */
	for (i = 0; i < LAYERS; i++)
		read_layer(w, (enum layer)i);
	if (w->options->thinking != NULL)
		json_quotes(&w->level, w->options->thinking);
	snprintf(w->limit, sizeof w->limit, "%ld", w->options->max_tokens);
	w->streams = will_stream(w);
	return 0;
}

static int write_all(struct writer *w, struct span record)
{
	int i, bad = read_layers(w, record);

	for (i = 0; i < FIELDS && !bad; i++)
		if (fields[i].write != NULL)
			bad = fields[i].write(w, &fields[i]);
		else
			add_said(w, &fields[i], NULL);
	if (bad)
		return -1;
	lay_over(w, w->layer[FROM_ROUTE], takes_unknown);
	lay_over(w, w->layer[FROM_PARAMS], takes_unknown);
	lay_over(w, w->extra[FROM_ROUTE], takes_extra);
	lay_over(w, w->extra[FROM_PARAMS], takes_extra);
	lay_over(w, w->layer[FROM_OPTIONS], takes_unknown);
	lay_over(w, w->extra[FROM_OPTIONS], NULL);
	if (w->members.failed || w->kwargs.failed)
		return fault_set(w->f, F_INPUT, "the request would be over %lu bytes", MAX_RECORD);
	return 0;
}

int fields_write(struct buf *body, struct span record, struct span messages, int stream,
    const struct fields_route *route, const struct fields_options *options, struct fault *f)
{
	struct fields_route looked_up = *route;
	struct writer w;
	int bad;

	if (!looked_up.ready)
		fields_ready(&looked_up);
	memset(&w, 0, sizeof w);
	buf_init(&w.members, MAX_RECORD);
	buf_init(&w.kwargs, MAX_RECORD);
	buf_init(&w.level, MAX_RECORD);
	w.route = &looked_up;
	w.options = options;
	w.messages = messages;
	w.stream = w.streams = stream;
	w.f = f;
	bad = write_all(&w, record);
	if (!bad)
		buf_add(body, buf_text(&w.members), w.members.len);
	buf_release(&w.members);
	buf_release(&w.kwargs);
	buf_release(&w.level);
	return bad;
}
