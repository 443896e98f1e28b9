/* shaperoute.c - see shaperoute.h. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "json.h"
#include "limits.h"
#include "shaperoute.h"

/* How far is_route_next() looks: more blanks than that before a name are nobody's way to write. */
enum { LOOK = 4096 };

/* The same arguments for every function below. */
struct from {
	struct shape_routes *all;
	struct stage *s;
	const struct route_args *args;
};

static int add_text(struct shape_routes *all, struct span route, struct fault *f)
{
	if (all->n == ROUTE_MOST)
		return fault_set(f, F_INPUT, "more than %d routes", ROUTE_MOST);
	return shape_route_init(&all->route[all->n++], route, f);
}

static int add_json(struct shape_routes *all, jv route, struct fault *f)
{
	struct buf text;
	int bad;

	buf_init(&text, MAX_RECORD);
	json_write(&text, route);
	bad = add_text(all, (struct span){buf_text(&text), text.len}, f);
	buf_release(&text);
	return bad;
}

/* One route of the stage before, with -c laid over it. */
static int add_route(struct from *from, struct span route, struct fault *f)
{
	jv doc;
	int bad;

	if (from->args->nsets == 0)
		return add_text(from->all, route, f);
	doc = json_build(route);
	bad = route_sets(from->args, &doc, f) != 0 || add_json(from->all, doc, f) != 0;
	jv_free(doc);
	return bad ? -1 : 0;
}

static const char *skip_blanks(const char *p, const char *end)
{
	while (p < end && *p != '\0' && strchr(" \t\r\n", *p) != NULL)
		p++;
	return p;
}

/* Is the first member of the object's text that name?  1, 0, or -1: more bytes would tell. */
static int begins_with(struct span text, const char *name)
{
	const char *p = text.p, *end = p + text.n;
	size_t n = strlen(name);

	if (p == end || *p != '{')
		return p == end ? -1 : 0;
	p = skip_blanks(p + 1, end);
	if ((size_t)(end - p) < n)
		return memcmp(p, name, (size_t)(end - p)) == 0 ? -1 : 0;
	if (memcmp(p, name, n) != 0)
		return 0;
	p = skip_blanks(p + n, end);
	return p == end ? -1 : *p == ':';
}

/* A route record, or an error of the stage before, is what comes next: --route -. */
static int is_route_next(struct reader *in)
{
	struct span bytes;
	size_t want = 10;
	int route, error;

	if (reader_skip_blanks(in) != 0)
		return 0;
	do {
		if (reader_peek(in, want, &bytes) != 0)
			return 0;
		route = begins_with(bytes, "\"route\"");
		error = begins_with(bytes, "\"error\"");
		if (route == 1 || error == 1)
			return 1;
		if (bytes.n < want)
			return 0;
		want = bytes.n + 1;
	} while ((route < 0 || error < 0) && want <= LOOK);
	return 0;
}

/* leading: up to the first value that is none. */
static int read_routes(struct from *from, struct reader *in, int leading, const char *name, struct fault *f)
{
	struct span value, route;
	struct span_err err;
	enum read_result got;
	int bad = 0;

	while (!bad && (!leading || is_route_next(in)) && (got = reader_value(in, &value, &err)) != READ_END) {
		route = got == READ_OK ? span_get(value, "route") : SPAN_NIL;
		if (got == READ_FAILED)
			bad = fault_set(f, F_INPUT, "%s: %s", name, file_error(in->error));
		else if (got != READ_OK)
			bad = fault_set(f, F_INPUT, "%s: line %ld: a route record is due, not JSON: %s", name, in->line,
			    got == READ_LONG ? "too long" : err.what);
		else if (span_kind(route) == SPAN_OBJECT)
			bad = add_route(from, route, f);
		else if (record_error(value).p == NULL)
			bad = fault_set(f, F_INPUT, "%s: line %ld: a route record is due, as fb-config prints it%s", name, in->line,
			    in->fd == STDIN_FILENO ? " (give -m, or </dev/null, where stdin is for something else)" : "");
		else
			stage_pass(from->s, value);
	}
	if (!bad && from->all->n == 0 && from->s->tally.bad == 0)
		bad = fault_set(f, F_INPUT, "%s: no route came from the stage before", name);
	return bad;
}

/* From the configuration, as the arguments say. */
static int resolve_routes(struct from *from, struct fault *f)
{
	struct config c;
	jv all, one;
	int i, bad;

	bad = route_list(from->args, &c, &all, f);
	stage_warnings(from->s, &c.warnings);
	for (i = 0; !bad && i < json_count(all); i++) {
		one = json_at(all, i);
		bad = add_json(from->all, one, f);
		jv_free(one);
	}
	config_release(&c);
	jv_free(all);
	return bad;
}

/* Is a stage before us there to give routes?  A terminal, /dev/null or nothing at all is none. */
static int routes_on_stdin(void)
{
	struct stat st;

	return fstat(STDIN_FILENO, &st) == 0 && !S_ISCHR(st.st_mode);
}

/* All of a file. */
static int read_file(struct from *from, int fd, const char *name, struct fault *f)
{
	struct reader in;
	int bad;

	reader_init(&in, fd);
	bad = read_routes(from, &in, 0, name, f);
	reader_release(&in);
	return bad;
}

int shape_routes_get(struct shape_routes *all, struct stage *s, const struct route_args *args, const char *file,
    int stdin_taken, struct fault *f)
{
	struct from from = {all, s, args};
	int fd, bad;

	if (file != NULL && strcmp(file, "-") == 0) {	/* data may be behind them */
		reader_init(&all->ahead, STDIN_FILENO);
		s->ahead = &all->ahead;
		return read_routes(&from, &all->ahead, 1, "standard input", f);
	}
	if (file != NULL) {
		if ((fd = open(file, O_RDONLY | O_CLOEXEC)) < 0)
			return fault_set(f, F_INPUT, "--route: %s: %s", file, strerror(errno));
		bad = read_file(&from, fd, file, f);
		close(fd);
		return bad;
	}
	if (args->nrefs > 0 || args->base_url != NULL || stdin_taken || !routes_on_stdin())
		return resolve_routes(&from, f);
	return read_file(&from, STDIN_FILENO, "standard input", f);
}

void shape_routes_release(struct shape_routes *all, struct stage *s)
{
	int i;

	for (i = 0; i < all->n; i++)
		shape_route_release(&all->route[i]);
	if (s->ahead != NULL)
		reader_release(&all->ahead);
	all->n = 0;
	s->ahead = NULL;
}
