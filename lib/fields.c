/* fields.c - see fields.h. */
#include <math.h>

#include "fields.h"
#include "layers.h"
#include "limits.h"
#include "merge.h"
#include "record.h"
#include "room.h"
#include "same.h"
#include "thinking.h"
#include "tools.h"

struct writer {
	struct layers said;
	const struct fields_route *route;
	struct span messages;
	struct buf members;	/* what is written: each with a comma before it */
	struct buf kwargs;	/* the same, for chat_template_kwargs */
	struct span tools;	/* once they are written */
	double beside;		/* the size of tools and schema, once they are written */
	int streams;		/* the reply will be streamed, when all is laid over */
	struct buf thought;	/* what the thinking level wrote, an object */
	enum layer thinks;	/* who says the level */
	int level_kwargs;	/* it stands in chat_template_kwargs */
	enum layer laying;	/* whose members are laid over */
	struct fault *f;
};

/* Params that are no fields: what is merged over, and FluffBuzz's own caching, of which we send nothing. */
static const char *const no_fields[] = {"extra_body", "extraBody", "cacheRetention", NULL};

int fields_known(struct span key)
{
	enum body_spelling spelling;

	return span_eq(key, "params") || (body_find(key, &spelling) != BODY_FIELDS && spelling != BODY_OWN);
}

static int is_on(struct span compat, const char *flag)
{
	return span_kind(span_get(compat, flag)) == SPAN_TRUE;
}

static int is_off(struct span compat, const char *flag)
{
	return span_kind(span_get(compat, flag)) == SPAN_FALSE;
}

void fields_ready(struct fields_route *route)
{
	struct span tokens = route->context_tokens;

	route->usage_in_stream = is_on(route->compat, "supportsUsageInStreaming");
	route->store = is_on(route->compat, "supportsStore");
	route->strict = is_on(route->compat, "supportsStrictMode");
	route->no_temperature = is_off(route->compat, "supportsTemperature");
	route->no_tools = is_off(route->compat, "supportsTools");
	route->no_schema = is_off(route->compat, "supportsJsonSchemaResponseFormat");
	route->max_completion = span_eq(span_get(route->compat, "maxTokensField"), "max_completion_tokens");
	route->most = span_number(route->max_tokens);
	route->window = span_number(span_kind(tokens) == SPAN_NUMBER ? tokens : route->context_window);
	said_params(&route->said, route->params);
	route->ready = 1;
}

static void add(struct writer *w, const char *name, struct span v)
{
	buf_adds(&w->members, ",\"");
	buf_adds(&w->members, name);
	buf_adds(&w->members, "\":");
	record_splice(&w->members, v);
}

/* A field as it is said; `otherwise` when nobody says it, unless NULL. */
static void add_said(struct writer *w, enum body_field field, const char *otherwise)
{
	enum layer at;
	struct span v = layers_said(&w->said, field, &at);

	if (v.p == NULL)
		v = span_of(otherwise);
	if (span_kind(v) > SPAN_NULL)
		add(w, body_name(field), v);
}

static int write_stream(struct writer *w)
{
	enum layer at;
	struct span v = layers_said(&w->said, BODY_STREAM, &at);

	if (v.p != NULL && span_kind(v) > SPAN_TRUE)
		return fault_set(w->f, F_INPUT, "stream: true or false is due");
	add_said(w, BODY_STREAM, w->said.stream == STREAM_USUAL ? "true" : "false");
	return 0;
}

/* A schema is wrapped, unless it is a whole response_format: those types are no JSON types. */
static int write_format(struct writer *w)
{
	enum layer at;
	struct span v = layers_said(&w->said, BODY_FORMAT, &at), type = span_get(v, "type");
	int ready;

	if (span_kind(v) <= SPAN_NULL)
		return 0;
	ready = at != FROM_FIXED && v.p == w->said.layer[at]->value[BODY_FORMAT][BODY_NAME].p;
	if (ready || span_eq(type, "json_object") || span_eq(type, "text")) {
		add(w, body_name(BODY_FORMAT), v);
		return 0;
	}
	if (span_kind(v) != SPAN_OBJECT)
		return fault_set(w->f, F_INPUT, "schema: an object is due");
	if (w->route->no_schema) {
		fault_set(w->f, F_INPUT, "schema: this server takes none, as the configuration has it (supportsJsonSchemaResponseFormat: false)");
		fault_hint(w->f, "--schema without FILE asks for any JSON; -c supportsJsonSchemaResponseFormat=true sends the schema");
		return -1;
	}
	if (span_eq(type, "json_schema")) {
		add(w, body_name(BODY_FORMAT), v);
		return 0;
	}
	buf_adds(&w->members, ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"response\",\"schema\":");
	record_splice(&w->members, v);
	buf_adds(&w->members, "}}");
	return 0;
}

static int write_tools(struct writer *w)
{
	enum layer at;

	w->tools = layers_said(&w->said, BODY_TOOLS, &at);
	if (span_kind(w->tools) <= SPAN_NULL)
		return 0;
	return tools_write(&w->members, w->tools, w->route->strict, w->said.options->sort_tools, w->f);
}

static int write_choice(struct writer *w)
{
	enum layer at;
	struct span v = layers_said(&w->said, BODY_CHOICE, &at);

	if (span_kind(v) == SPAN_NULL)	/* not even "auto" */
		return 0;
	return tools_choice(&w->members, v, w->tools, w->f);
}

/*
 * The limit that an extra_body has, under either name: the body has one only.
 * Where it has both, the one that is a number, else the one that the server
 * takes.
 */
static struct span extra_limit(const struct writer *w, const char **name)
{
	static const enum layer extras[] = {FROM_OPTIONS, FROM_PARAMS, FROM_ROUTE};
	static const char *const names[] = {"max_tokens", "max_completion_tokens"};
	struct span v[2];
	size_t i;
	int k;

	for (i = 0; i < sizeof extras / sizeof extras[0]; i++) {
		if (extras[i] != FROM_OPTIONS && layers_commanded(&w->said, BODY_LIMIT))
			break;
		for (k = 0; k < 2; k++)
			v[k] = layers_extra(&w->said, extras[i], names[k]);
		k = w->route->max_completion;
		if (span_kind(v[k]) <= SPAN_NULL && v[!k].p != NULL)
			k = !k;
		*name = names[k];
		if (v[k].p != NULL)
			return v[k];
	}
	return SPAN_NIL;
}

/* What a caller asks for is held at the model's own limit; before a proxy every limit at the room that the prompt leaves. */
static double most_tokens(const struct writer *w, int asked, double tokens)
{
	const struct fields_route *r = w->route;
	double most = asked ? r->most : 0, room = 0;	/* 0: none */

	if (r->proxy && r->window > 0 && room_matters(r->window, w->messages, w->beside, tokens))
		room = room_left(r->window, w->messages, w->beside);
	return room > 0 && (most <= 0 || room < most) ? room : most;
}

static int write_limit(struct writer *w)
{
	const char *name = w->route->max_completion ? "max_completion_tokens" : "max_tokens", *extra_name;
	enum layer at;
	struct span v = extra_limit(w, &extra_name);
	double tokens, most;
	int asked;

	if (v.p != NULL) {
		if (span_kind(v) > SPAN_NULL)
			add(w, extra_name, v);
		return 0;
	}
	v = layers_said(&w->said, BODY_LIMIT, &at);
	asked = v.p != NULL;
	if (!asked)
		v = w->route->max_tokens;
	if (span_kind(v) <= SPAN_NULL)
		return 0;
	tokens = asked ? span_number(v) : w->route->most;
	if (span_kind(v) != SPAN_NUMBER || (asked && (tokens < 1 || tokens != floor(tokens))))
		return fault_set(w->f, F_INPUT, "max_tokens: a whole number above 0 is due");
	most = most_tokens(w, asked && at != FROM_ROUTE, tokens);
	if (most > 0 && tokens > most)
		buf_addf(&w->members, ",\"%s\":%.0f", name, most);
	else
		add(w, name, v);
	return 0;
}

static int write_thinking(struct writer *w)
{
	enum layer at;
	struct span v = layers_said(&w->said, BODY_THINKING, &at);
	int level;

	if (span_kind(v) <= SPAN_NULL)
		return 0;
	if (span_kind(v) == SPAN_OBJECT) {	/* a vendor's own field of that name */
		add(w, body_name(BODY_THINKING), v);
		return 0;
	}
	if ((level = thinking_level(v, w->f)) < 0)	/* a wrong word is wrong for every model */
		return -1;
	if (!w->route->reasoning)
		return 0;
	thinking_write(&w->thought, &w->kwargs, level, w->route->compat);
	w->thinks = at;
	w->level_kwargs = w->kwargs.len > 0;
	buf_add(&w->members, buf_text(&w->thought), w->thought.len);
	if (w->thought.len > 0) {
		w->thought.data[0] = '{';
		buf_addc(&w->thought, '}');
	}
	return 0;
}

/* Did the level, which a higher layer says, write that member? */
static int is_thought(const struct writer *w, struct span key)
{
	return w->laying < w->thinks && w->thought.len > 0 &&
	    same_member((struct span){buf_text(&w->thought), w->thought.len}, key).p != NULL;
}

/* The same of chat_template_kwargs: whether to think is the level's, how is anybody's. */
static int takes_kwarg(const void *ctx, struct span key)
{
	const struct writer *w = ctx;

	return !(w->laying < w->thinks && w->level_kwargs && span_eq(key, "enable_thinking"));
}

/* One object over what is there; null: nothing of it. */
static int lay_kwargs(struct writer *w, struct span v)
{
	if (span_kind(v) == SPAN_NULL && !(w->laying < w->thinks && w->level_kwargs))
		buf_clear(&w->kwargs);
	else if (span_kind(v) == SPAN_OBJECT)
		merge_over(&w->kwargs, v, takes_kwarg, w);
	else if (span_kind(v) == SPAN_NULL)
		return 0;
	else if (v.p != NULL)
		return fault_set(w->f, F_INPUT, "%s: an object is due", body_name(BODY_KWARGS));
	return 0;
}

/* The layers' objects one over the other, those of an extra_body too; and all over what the thinking level put there. */
static int write_kwargs(struct writer *w)
{
	static const struct { enum layer at; int extra; } order[] = {
		{FROM_ROUTE, 0}, {FROM_RECORD, 0}, {FROM_PARAMS, 0}, {FROM_ROUTE, 1}, {FROM_PARAMS, 1},
		{FROM_OPTIONS, 0}, {FROM_OPTIONS, 1},
	};
	const char *name = body_name(BODY_KWARGS);
	size_t i;

	for (i = 0; i < sizeof order / sizeof order[0]; i++) {
		w->laying = order[i].at;
		if (lay_kwargs(w, order[i].extra ? layers_extra(&w->said, order[i].at, name) : layers_get(&w->said, order[i].at, BODY_KWARGS)) != 0)
			return -1;
	}
	if (w->kwargs.len == 0)
		return 0;
	buf_addf(&w->members, ",\"%s\":{", name);
	buf_add(&w->members, w->kwargs.data + 1, w->kwargs.len - 1);
	buf_addc(&w->members, '}');
	return 0;
}

/* A param that is no field of ours goes into the body as it is. */
static int takes_unknown(const void *ctx, struct span key)
{
	enum body_spelling spelling;
	int i;

	if (is_thought(ctx, key))
		return 0;
	for (i = 0; no_fields[i] != NULL; i++)
		if (span_eq(key, no_fields[i]))
			return 0;
	return body_find(key, &spelling) == BODY_FIELDS;
}

/* extra_body of the configuration or a record goes over all but what the command line says, that of the command line over all. */
static int takes_extra(const void *ctx, struct span key)
{
	const struct writer *w = ctx;
	enum body_spelling spelling;
	enum body_field field = body_find(key, &spelling);

	if (is_thought(w, key))
		return 0;
	if (field < BODY_FIELDS && spelling != BODY_OWN) {
		if (field == BODY_LIMIT || field == BODY_KWARGS)	/* it has its place already */
			return 0;
		if (field == BODY_STREAM_OPTIONS && !w->streams)
			return 0;
	}
	if (w->laying == FROM_OPTIONS)
		return 1;
	return field < BODY_FIELDS ? !layers_commanded(&w->said, field) : same_member(w->said.options->params, key).p == NULL;
}

static void lay_over(struct writer *w, struct span over, merge_takes *takes)
{
	struct span_iter it = span_each(over);
	struct span key, val;

	while (span_next(&it, &key, &val))
		if (takes(w, key)) {	/* there is something to do */
			merge_over(&w->members, over, takes, w);
			return;
		}
}

static void lay_params(struct writer *w, enum layer at)
{
	w->laying = at;
	if (w->said.layer[at] != NULL)
		lay_over(w, w->said.layer[at]->obj, takes_unknown);
}

static void lay_extra(struct writer *w, enum layer at)
{
	w->laying = at;
	if (w->said.layer[at] != NULL)
		lay_over(w, w->said.layer[at]->extra, takes_extra);
}

static int write_field(struct writer *w, enum body_field field)
{
	switch (field) {
	case BODY_STREAM:
		return write_stream(w);
	case BODY_STREAM_OPTIONS:	/* servers refuse it where nothing is streamed */
		if (w->streams)
			add_said(w, field, w->route->usage_in_stream ? "{\"include_usage\":true}" : NULL);
		return 0;
	case BODY_STORE:
		add_said(w, field, w->route->store ? "false" : NULL);
		return 0;
	case BODY_TEMPERATURE:
		if (!w->route->no_temperature)
			add_said(w, field, NULL);
		return 0;
	case BODY_FORMAT:
		return write_format(w);
	case BODY_TOOLS:
		return write_tools(w);
	case BODY_CHOICE:
		return write_choice(w);
	case BODY_LIMIT:
		return write_limit(w);
	case BODY_THINKING:
		return write_thinking(w);
	case BODY_KWARGS:
		return write_kwargs(w);
	default:
		add_said(w, field, NULL);
		return 0;
	}
}

/* The same; how large it is counts for the room where the model reads it. */
static int write_read(struct writer *w, enum body_field field)
{
	size_t from = w->members.len;
	int bad = write_field(w, field);

	if ((field == BODY_FORMAT || (field == BODY_TOOLS && !w->route->no_tools)) && w->members.len > from)
		w->beside += room_size((struct span){w->members.data + from, w->members.len - from});
	return bad;
}

static int write_all(struct writer *w)
{
	/* what may be written though nobody says it */
	const unsigned long unsaid = 1UL << BODY_STREAM | 1UL << BODY_STREAM_OPTIONS | 1UL << BODY_STORE |
	    1UL << BODY_CHOICE | 1UL << BODY_LIMIT | 1UL << BODY_KWARGS;
	int i;

	w->streams = layers_stream(&w->said);
	for (i = 0; i < BODY_FIELDS; i++)
		if (((w->said.fields | unsaid) >> i & 1) && write_read(w, (enum body_field)i) != 0)
			return -1;
	lay_params(w, FROM_ROUTE);
	lay_params(w, FROM_PARAMS);
	lay_extra(w, FROM_ROUTE);
	lay_extra(w, FROM_PARAMS);
	lay_params(w, FROM_OPTIONS);
	lay_extra(w, FROM_OPTIONS);
	if (w->members.failed || w->kwargs.failed)
		return fault_set(w->f, F_INPUT, "the request would be over %lu bytes", MAX_RECORD);
	return 0;
}

static int write_layers(struct writer *w, struct span record)
{
	struct said own, params, options;

	said_record(&own, record);	/* its own extra_body is none of ours */
	said_params(&params, span_get(record, "params"));
	said_params(&options, w->said.options->params);
	if (layers_add(&w->said, FROM_ROUTE, &w->route->said, w->f) != 0 || layers_add(&w->said, FROM_PARAMS, &params, w->f) != 0 ||
	    layers_add(&w->said, FROM_OPTIONS, &options, w->f) != 0 || layers_add(&w->said, FROM_RECORD, &own, w->f) != 0)
		return -1;
	return write_all(w);
}

int fields_write(struct buf *body, struct span record, struct span messages, int stream,
    const struct fields_route *route, const struct fields_options *options, struct fault *f)
{
	struct writer w = {.messages = messages, .route = route, .f = f};
	struct fields_route ready;
	int bad;

	if (!route->ready) {
		ready = *route;
		fields_ready(&ready);
		return fields_write(body, record, messages, stream, &ready, options, f);
	}
	buf_init(&w.members, MAX_RECORD);
	buf_init(&w.kwargs, MAX_RECORD);
	buf_init(&w.thought, MAX_RECORD);
	layers_init(&w.said, options, stream);
	bad = write_layers(&w, record);
	if (!bad)
		buf_add(body, buf_text(&w.members), w.members.len);
	buf_release(&w.members);
	buf_release(&w.kwargs);
	buf_release(&w.thought);
	layers_release(&w.said);
	return bad;
}
