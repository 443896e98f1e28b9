/* settings.c - see settings.h. */
#include <string.h>

#include "compat.h"
#include "confwrite.h"
#include "json.h"
#include "settings.h"

/* Does -c set that flag? */
static int is_given(const struct route_args *args, const char *flag)
{
	size_t n = strlen(flag);
	int i;

	for (i = 0; i < args->nsets; i++)
		if (strncmp(args->sets[i], flag, n) == 0 && (args->sets[i][n] == '=' || args->sets[i][n] == ':'))
			return 1;
	return 0;
}

/* The flags of -c as the route has them, and those that were found. */
static jv collect(const struct route_args *args, jv route, const struct setting *found, int n)
{
	jv flags = jv_object(), compat = json_get(route, "compat"), value;
	const struct compat *row;
	int i;

	for (row = compat_rows; row->name != NULL; row++)
		if (is_given(args, row->name) && json_find(compat, row->name, &value))
			flags = json_set(flags, row->name, value);
	for (i = 0; i < n; i++)
		flags = finding_set(flags, found[i]);
	jv_free(compat);
	return flags;
}

int settings_init(struct settings *s, const struct route_args *args, jv route, const struct setting *found, int n,
    struct fault *f)
{
	const char *place, *id;
	int bad;

	memset(s, 0, sizeof *s);
	s->source = json_get(route, "source");
	s->model = json_get(route, "model");
	s->flags = collect(args, route, found, n);
	s->found = found;
	s->nfound = n;
	bad = args->base_url != NULL ? config_none(&s->config) : config_load(&s->config, args->config, f);
	if (bad && args->base_url != NULL)
		return fault_set(f, F_CONFIG, "out of memory");
	place = json_text(s->source, "path");
	if (!bad && place != NULL && args->base_url == NULL)
		s->entry = config_at(&s->config, place);
	id = tree_get_text(s->entry, "id");
	s->is_model = id != NULL && json_string(s->model) != NULL && strcmp(id, json_string(s->model)) == 0;
	if (id != NULL && !s->is_model)	/* that of another model by now */
		s->entry = NULL;
	return bad;
}

void settings_release(struct settings *s)
{
	config_release(&s->config);
	jv_free(s->source);
	jv_free(s->model);
	jv_free(s->flags);
}

/* What the entry has by itself, and the flags over it: a second compat would take the place of the first. */
static jv whole(const struct settings *s)
{
	const struct value *own = tree_get(s->entry, "compat");
	jv all = tree_is(own, SPAN_OBJECT) ? tree_jv(own) : jv_object();
	int i;

	for (i = json_first(s->flags); json_more(s->flags, i); i = json_step(s->flags, i))
		all = json_set(all, json_key(s->flags, i), json_val(s->flags, i));
	return all;
}

/* A name out of the configuration, or of it: one line, or what follows would be pasted too. */
static void say_name(struct buf *out, const char *name)
{
	if (name != NULL)
		look_say(out, name, strlen(name), strlen(name));
}

void settings_block(const struct settings *s, struct buf *out)
{
	jv all = whole(s);
	int i;

	buf_adds(out, "\n//");
	if (s->entry != NULL) {
		buf_addc(out, ' ');
		say_name(out, json_text(s->source, "file"));
		buf_addf(out, ":%.0f: ", json_number(s->source, "line", 0));
		say_name(out, json_text(s->source, "path"));
		buf_adds(out, s->is_model ? "\n" : ".models: an entry for the model\n");
	}
	for (i = 0; s->entry == NULL && i < s->nfound; i++)
		buf_addf(out, " -c %s=%s", s->found[i].flag, s->found[i].value);
	if (s->entry == NULL)
		buf_adds(out, ", or in the model's entry of a configuration:\n");
	finding_block(out, all, s->entry != NULL && !s->is_model ? json_string(s->model) : NULL);
	jv_free(all);
}

void settings_json(const struct settings *s, struct buf *out)
{
	jv record = json_set(jv_object(), "compat", whole(s));

	record = json_set(record, "source", jv_copy(s->source));
	json_write(out, record);
	jv_free(record);
}

int settings_writable(const struct settings *s, struct fault *f)
{
	if (s->is_model)
		return 0;
	return fault_set(f, F_CONFIG, "--write: the model has no entry in %s: add one to the models of its provider%s", s->config.path,
	    s->config.found ? "" : " (fb-config --init NAME prints a configuration to start from)");
}

int settings_write(const struct settings *s, struct buf *told, struct fault *f)
{
	enum { MOST = ROUTE_MOST + RUNG_COUNT };	/* of -c, and found */
	struct graft_member set[MOST];
	struct buf values[MOST];
	struct confwrite w;
	size_t n = 0;
	jv value;
	int i, bad;

	if (!s->is_model)
		return fault_set(f, F_CONFIG, "%.300s: it was changed meanwhile, so it was left: run this again", s->config.path);
	for (i = json_first(s->flags); json_more(s->flags, i) && n < MOST; i = json_step(s->flags, i), n++) {
		buf_init(&values[n], 64 << 10);
		value = json_val(s->flags, i);
		json_write(&values[n], value);
		jv_free(value);
		set[n] = (struct graft_member){json_key(s->flags, i), buf_text(&values[n])};
	}
	bad = confwrite_compat(&s->config, json_text(s->source, "file"), json_text(s->source, "path"), set, n, &w, f);
	if (!bad && w.changed)
		buf_addf(told, "%s: written; as it was: %s", w.file, w.backup);
	else if (!bad)
		buf_addf(told, "%s: has them already", w.file);
	confwrite_release(&w);
	while (n > 0)
		buf_release(&values[--n]);
	return bad;
}
