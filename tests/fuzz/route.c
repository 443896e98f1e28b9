/*
 * route.c - libFuzzer on routes out of a configuration of several files
 * (conf.h): behind those come options, one a line: "mREF", "cKEY=VALUE",
 * "fREF,REF", "e" (explain), "bURL".  A route is JSON, and has no key in it.
 *
 * make fuzz TARGET=route
 */
#include "conf.h"

#include "json.h"
#include "limits.h"
#include "route.h"
#include "view.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	conf_start();
	return 0;
}

/* The options, from lines that end by a NUL; 1 when the canary is among them. */
static int options(char *p, const char *end, struct route_args *a)
{
	static const int ids[] = {'m', 'c', OPT_FALLBACKS, OPT_BASE_URL};
	static const char letters[] = "mcfb";
	const char *at;
	int has = 0;

	for (; p < end; p += strlen(p) + 1) {
		has |= conf_has(p, strlen(p));
		if (*p == 'e')
			a->explain = 1;
		else if (*p != '\0' && (at = strchr(letters, *p)) != NULL)
			route_option(a, ids[at - letters], p + 1);
	}
	return has;
}

static void explain(jv route, int secret)
{
	jv rows = view_explain(jv_copy(route));
	struct table t;
	struct buf out;

	table_init(&t, 3);
	view_explain_table(rows, &t);
	must(t.next == 0);
	buf_init(&out, MAX_RECORD);
	table_write(&t, 0, &out);
	if (secret)
		conf_no_key_in(&out);
	buf_release(&out);
	table_release(&t);
	jv_free(rows);
}

static void look(jv route, int secret)
{
	struct buf out;
	struct span all;
	struct span_err why;
	const char *text;

	buf_init(&out, MAX_RECORD);
	json_write(&out, route);
	must(!out.failed);
	/* deeper than that only by what -c and includes put into each other */
	must(span_check(buf_text(&out), out.len, 16 * MAX_JV_DEPTH, &all, &why) == 0);
	text = json_text(route, "baseUrl");
	must(json_text(route, "ref") != NULL && json_text(route, "model") != NULL && text != NULL);
	must(json_has(route, "compat") && json_has(route, "endpoint"));
	if (secret)
		conf_no_key_in(&out);
	explain(route, secret);
	buf_release(&out);
}

static void routes(const struct route_args *a, int found)
{
	struct config c;
	struct fault f;
	jv list, one;
	int bad, i;

	bad = route_list(a, &c, &list, &f);
	must(json_is_array(list));
	if (bad)
		must((f.code == F_CONFIG || f.code == F_MODEL_UNKNOWN) && f.message[0] != '\0');
	if (bad && found == 0)
		conf_no_key(f.message, strlen(f.message));
	if (found == 0) {
		conf_no_key_in(&c.warnings);
		conf_no_key_in(&c.unset);
	}
	must(bad || json_count(list) == (a->nrefs > 0 ? a->nrefs : 1));
	for (i = 0; i < json_count(list); i++) {
		one = json_at(list, i);
		look(one, found == 0);
		jv_free(one);
	}
	jv_free(list);
	config_release(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct route_args a = {.nrefs = 0};
	struct span rest;
	int found = conf_files_of(data, size, &rest);
	char *lines = malloc(rest.n + 1);
	size_t i;

	must(lines != NULL);
	for (i = 0; i < rest.n; i++)
		lines[i] = (char)(rest.p[i] == '\n' ? '\0' : rest.p[i]);
	lines[rest.n] = '\0';
	found |= options(lines, lines + rest.n, &a) ? CONF_PLAIN : 0;
	routes(&a, found);
	free(lines);
	return 0;
}
