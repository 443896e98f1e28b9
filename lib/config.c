/* config.c - see config.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "file.h"
#include "json.h"
#include "json5.h"
#include "limits.h"
#include "schema.h"

static const char *env(const char *name)
{
	const char *v = getenv(name);

	return v != NULL && v[0] != '\0' ? v : NULL;
}

/* dir/tail, or only tail when it is absolute or dir is NULL.  malloc'd. */
static char *join(const char *dir, const char *tail)
{
	struct buf b;

	buf_init(&b, 1 << 16);
	if (dir != NULL && tail[0] != '/')
		buf_addf(&b, "%s/", dir);
	buf_adds(&b, tail);
	return b.data;	/* the buffer's memory is the caller's now */
}

static char *absolute(const char *path)
{
	char here[4096];

	return join(path[0] != '/' ? getcwd(here, sizeof here) : NULL, path);
}

static char *usual_path(void)
{
	const char *state = env("FLUFFBUZZ_STATE_DIR"), *xdg = env("XDG_CONFIG_HOME");
	const char *home = env("FLUFFBUZZ_HOME");
	char *path, *other;

	if (state != NULL)
		return join(state, "fluffbuzz.json");
	if (home == NULL && (home = env("HOME")) == NULL)
		home = "/";
	path = join(home, ".fluffbuzz/fluffbuzz.json");
	if (path == NULL || access(path, F_OK) == 0)
		return path;
	other = xdg != NULL ? join(xdg, "fluffbuzz/fluffbuzz.json") : join(home, ".config/fluffbuzz/fluffbuzz.json");
	if (other != NULL && access(other, F_OK) == 0) {
		free(path);
		return other;
	}
	free(other);
	return path;
}

static int parse(struct config *c, struct fault *f)
{
	struct json5_err err;

	jv_free(c->doc);
	c->doc = json5_parse(buf_text(&c->text), c->text.len, &err);
	if (!jv_is_valid(c->doc)) {
		jv_free(c->doc);
		c->doc = jv_object();
		return fault_set(f, F_CONFIG, "%s:%zu:%zu: %s", c->path, err.line, err.col, err.what);
	}
	return schema_check(c, f);
}

char *config_path(const char *path)
{
	if (path == NULL)
		path = env("FLUFFBUZZ_CONFIG_PATH");
	return path != NULL ? absolute(path) : usual_path();
}

int config_load(struct config *c, const char *path, struct fault *f)
{
	int e, named = path != NULL || env("FLUFFBUZZ_CONFIG_PATH") != NULL;

	c->path = config_path(path);
	c->found = 0;
	c->doc = jv_object();
	buf_init(&c->text, MAX_CONFIG);
	if (c->path == NULL)
		return fault_set(f, F_CONFIG, "out of memory");
	e = file_read(c->path, FILE_REGULAR, &c->text);
	if (e == ENOENT && !named)
		return 0;
	if (e == EFBIG)
		return fault_set(f, F_CONFIG, "%s: over %lu bytes", c->path, MAX_CONFIG);
	if (e != 0)
		return fault_set(f, F_CONFIG, "%s: %s", c->path, file_error(e));
	c->found = 1;
	return parse(c, f);
}

void config_release(struct config *c)
{
	free(c->path);
	buf_release(&c->text);
	jv_free(c->doc);
	c->path = NULL;
	c->doc = jv_null();
}

size_t config_line(const struct config *c, const char *place)
{
	size_t line = 0, col;

	json5_locate(buf_text(&c->text), c->text.len, place, &line, &col);
	return line;
}

/* One step of a place: ".name", "name", "[3]" or ["na me"]; its end, or NULL. */
static const char *step(const char *p, jv at, jv *next)
{
	struct span_err err;
	struct span str;
	struct buf name;
	size_t n;
	jv built;

	if (*p == '.')
		p++;
	if (p[0] == '[' && p[1] != '"') {
		*next = json_at(at, (int)strtol(p + 1, (char **)&p, 10));
		return *p == ']' ? p + 1 : NULL;
	}
	if (p[0] == '[') {
		if (span_first(p + 1, strlen(p + 1), 1, &str, &err) != 0)
			return NULL;
		built = json_build(str);
		*next = json_get(at, json_string(built));
		jv_free(built);
		return str.p[str.n] == ']' ? str.p + str.n + 1 : NULL;
	}
	n = strcspn(p, ".[");
	buf_init(&name, 1 << 16);
	buf_add(&name, p, n);
	*next = json_get(at, buf_text(&name));
	buf_release(&name);
	return p + n;
}

jv config_at(const struct config *c, const char *place)
{
	jv at = jv_copy(c->doc), next;

	while (place != NULL && *place != '\0') {
		next = jv_null();
		place = step(place, at, &next);
		jv_free(at);
		at = next;
	}
	if (place != NULL)
		return at;
	jv_free(at);
	return jv_null();
}
