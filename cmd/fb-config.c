/* fb-config - which server, model, key and flags a configuration means.  See fb-config(1). */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "json.h"
#include "limits.h"
#include "opt.h"
#include "route.h"
#include "secret.h"
#include "stage.h"
#include "view.h"

enum { LIST = 400, CHECK, DUMP, EXPLAIN, INIT, FIELDS, JSON };

static const struct opt opts[] = {
	ROUTE_OPTIONS,
	ROUTE_FALLBACKS_OPTION,
	{LIST, "list", NULL, "what there is: configured models, and the catalogue's servers"},
	{CHECK, "check", NULL, "everything that is wrong with the configuration"},
	{DUMP, "dump", NULL, "the configuration as it was understood, without secrets"},
	{EXPLAIN, "explain", NULL, "each field of the route, and where it comes from"},
	{INIT, "init", "NAME", "a configuration to start from: inferrs, or a server of the catalogue"},
	{FIELDS, "fields", NULL, "every field that is read, its type, default and meaning"},
	{JSON, "json", NULL, "the list, the check or the explanation as JSON lines"},
	STAGE_OUTPUT_OPTION,
	STAGE_QUIET_OPTION,
	{0, NULL, NULL, NULL}
};

static const struct cmd cmd = {
	"fb-config", "[OPTION]...",
	"Resolve model references in a FluffBuzz configuration; print route records.",
	opts, NULL
};

struct job {
	struct route_args args;
	int what;		/* one of the views, or 0: routes */
	const char *init;
	int json;
};

static void print(struct stage *s, struct buf *text)
{
	if (text->failed && s->out.error == 0)
		s->out.error = ENOMEM;
	out_write(&s->out, buf_text(text), text->len);
}

static void print_table(struct stage *s, const struct table *t)
{
	struct buf text;

	buf_init(&text, MAX_RECORD);
	table_write(t, isatty(s->out.fd), &text);
	print(s, &text);
	buf_release(&text);
}

/* A JSON line for each of an array; takes it. */
static void print_rows(struct stage *s, jv rows)
{
	struct buf line;
	jv row;
	int i;

	buf_init(&line, MAX_RECORD);
	for (i = 0; i < json_count(rows); i++) {
		buf_clear(&line);
		row = json_at(rows, i);
		json_write(&line, row);
		jv_free(row);
		out_line(&s->out, &line);
	}
	buf_release(&line);
	jv_free(rows);
}

/*
 * Is the key of a route there?  A server of the catalogue may do without, so
 * that is only told; what the configuration itself names has to be there.
 */
static int check_key(struct stage *s, struct secrets *keys, const struct buf *route, struct fault *f)
{
	struct span v;
	struct span_err err;
	struct fault why;
	struct header_lines lines = {.n = 0};

	if (route->failed || span_check(buf_text(route), route->len, MAX_JV_DEPTH + 8, &v, &err) != 0)
		return fault_set(f, F_CONFIG, "a route over %lu bytes, or nested too deep", MAX_RECORD);
	if (secrets_headers(keys, v, &lines, &why) == 0) {
		header_lines_release(&lines);
		return 0;
	}
	if (span_eq(span_get(span_get(span_get(v, "auth"), "secret"), "source"), "env") && !keys->config.found) {
		stage_warn(s, why.message);
		return 0;
	}
	*f = why;
	return -1;
}

static int print_routes(struct stage *s, struct secrets *keys, jv routes, struct fault *f)
{
	struct buf lines, route;
	jv one;
	int i, bad = 0;

	buf_init(&lines, MAX_RECORD);
	buf_init(&route, MAX_RECORD);
	for (i = 0; i < json_count(routes) && !bad; i++) {
		buf_clear(&route);
		one = json_at(routes, i);
		json_write(&route, one);
		jv_free(one);
		bad = check_key(s, keys, &route, f);
		buf_adds(&lines, "{\"route\":");
		buf_add(&lines, route.data, route.len);
		buf_adds(&lines, "}\n");
	}
	if (!bad && lines.failed)
		bad = fault_set(f, F_CONFIG, "routes over %lu bytes", MAX_RECORD);
	if (!bad)
		print(s, &lines);
	buf_release(&route);
	buf_release(&lines);
	return bad;
}

static void explain(struct stage *s, const struct job *job, jv routes)
{
	struct table t;
	jv rows;
	int i;

	for (i = 0; i < json_count(routes); i++) {
		rows = view_explain(json_at(routes, i));
		if (job->json) {
			print_rows(s, rows);
			continue;
		}
		table_init(&t, 3);
		view_explain_table(rows, &t);
		jv_free(rows);
		print_table(s, &t);
		table_release(&t);
	}
}

/* Routes, or what each field of them comes from. */
static int resolve(struct stage *s, const struct job *job)
{
	struct secrets keys;
	struct fault f;
	jv routes;
	int bad;

	secrets_init(&keys);
	keys.own_config = job->args.config;
	keys.insecure_http = 1;	/* nothing is sent */
	bad = route_list(&job->args, &keys.config, &routes, &f);
	secrets_lend(&keys);
	if (!bad && job->what == EXPLAIN)
		explain(s, job, routes);
	else if (!bad)
		bad = print_routes(s, &keys, routes, &f);
	stage_warnings(s, &keys.config.warnings);
	stage_warnings(s, &keys.config.unset);
	jv_free(routes);
	secrets_release(&keys);
	return bad ? stage_cannot(s, &f) : 0;
}

/* The lines of a text as an array. */
static jv lines_of(const struct buf *text)
{
	const char *p = buf_text(text);
	size_t n;
	jv list = jv_array();

	for (; *p != '\0'; p += n + (p[n] == '\n')) {
		n = strcspn(p, "\n");
		list = json_push(list, json_strn(p, n));
	}
	return list;
}

/* --check: every fault, not only the first. */
static int check(struct stage *s, const struct job *job, struct config *c, int bad, const struct fault *first)
{
	struct check k;
	struct buf text;
	jv row;

	check_init(&k);
	if (bad) {
		buf_add(&k.told, c->warnings.data, c->warnings.len);
		buf_add(&k.told, c->unset.data, c->unset.len);
	}
	if (bad && c->faults.len > 0)
		buf_add(&k.faults, c->faults.data, c->faults.len);
	else if (bad)
		buf_addf(&k.faults, "%s\n", first->message);
	else
		check_all(&k, c);
	buf_init(&text, MAX_RECORD);
	bad = k.faults.len > 0;
	if (job->json) {
		row = json_set(jv_object(), "ok", bad ? jv_false() : jv_true());
		row = json_set(row, "file", json_str(c->path));
		row = json_set(row, "faults", lines_of(&k.faults));
		row = json_set(row, "warnings", lines_of(&k.told));
		print_rows(s, json_push(jv_array(), row));
	} else {
		stage_warnings(s, &k.told);
		if (bad)
			stage_cannot_all(s, &k.faults);
		else
			buf_addf(&text, "%s: good: %zu provider%s, %zu model%s\n", c->path, k.providers,
			    k.providers == 1 ? "" : "s", k.models, k.models == 1 ? "" : "s");
		print(s, &text);
	}
	buf_release(&text);
	check_release(&k);
	return bad ? 2 : 0;
}

static void list(struct stage *s, const struct job *job, struct config *c)
{
	jv models = view_models(c);
	struct table t;

	if (job->json) {
		print_rows(s, models);
		return;
	}
	table_init(&t, 8);
	view_table(models, &t);
	print_table(s, &t);
	table_release(&t);
	jv_free(models);
}

/* What looks at the configuration as a whole. */
static int view(struct stage *s, const struct job *job)
{
	struct config c;
	struct fault f;
	struct buf text;
	int bad = config_load(&c, job->args.config, &f), status = 0;

	if (job->what == CHECK) {
		if (!bad && !c.found)
			bad = fault_set(&f, F_CONFIG, "there is no configuration at %s", c.path);
		status = check(s, job, &c, bad, &f);
	} else if (bad) {
		status = stage_cannot(s, &f);
	} else if (job->what == LIST) {
		list(s, job, &c);
		stage_warnings(s, &c.warnings);
	} else {
		buf_init(&text, MAX_RECORD);
		view_dump(&c, &text);
		print(s, &text);
		buf_release(&text);
	}
	config_release(&c);
	return status;
}

static int init(struct stage *s, const struct job *job)
{
	struct buf text;
	struct fault f;
	int bad;

	buf_init(&text, MAX_RECORD);
	bad = view_init(job->init, job->args.nrefs > 0 ? job->args.refs[0] : NULL, &text, &f);
	if (!bad)
		print(s, &text);
	buf_release(&text);
	return bad ? stage_cannot(s, &f) : 0;
}

static void fields(struct stage *s)
{
	struct table t;

	table_init(&t, 4);
	view_fields(&t);
	print_table(s, &t);
	table_release(&t);
}

static void read_options(int argc, char **argv, struct stage *s, struct job *job)
{
	int id;

	while ((id = opt_next(&cmd, argc, argv)) != -1) {
		if (id == JSON) {
			job->json = 1;
		} else if (id >= LIST && id <= FIELDS) {
			if (job->what != 0 && job->what != id)
				opt_die(&cmd, "--list, --check, --dump, --explain, --init and --fields don't go together");
			job->what = id;
			job->init = id == INIT ? optarg : NULL;
		} else if (!stage_option(s, id, optarg) && route_option(&job->args, id, optarg) < 0) {
			opt_die(&cmd, "more than %d times the same option", ROUTE_MOST);
		}
	}
	if (optind < argc)
		opt_die(&cmd, "takes no operand: %s", argv[optind]);
	if (job->json && job->what != LIST && job->what != CHECK && job->what != EXPLAIN)
		opt_die(&cmd, "--json goes with --list, --check and --explain; routes are JSON anyway");
	if ((job->what == LIST || job->what == CHECK || job->what == DUMP || job->what == FIELDS || job->what == INIT) &&
	    (job->args.nsets > 0 || job->args.base_url != NULL || job->args.fallbacks != NULL ||
	    (job->args.nrefs > 0 && job->what != INIT)))
		opt_die(&cmd, "-m, -c, --base-url and --fallbacks are for routes and --explain (-m for --init too)");
	job->args.explain = job->what == EXPLAIN;
}

int main(int argc, char **argv)
{
	struct job job = {0};
	struct stage stage;
	int status;

	stage_start(&stage, "fb-config", "config");
	read_options(argc, argv, &stage, &job);
	if ((status = stage_open(&stage)) != 0)
		return status;
	if (job.what == 0 || job.what == EXPLAIN)
		status = resolve(&stage, &job);
	else if (job.what == INIT)
		status = init(&stage, &job);
	else if (job.what == FIELDS)
		fields(&stage);
	else
		status = view(&stage, &job);
	return stage_end(&stage, status);
}
