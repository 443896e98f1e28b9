/* config.c - see config.h. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"
#include "dotenv.h"
#include "file.h"
#include "fill.h"
#include "include.h"
#include "json5.h"
#include "limits.h"
#include "schema.h"
#include "share.h"

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

static const char *home(void)
{
	const char *own = env("FLUFFBUZZ_HOME");

	if (own == NULL && (own = env("HOME")) == NULL)
		own = "/";
	return own;
}

static char *usual_path(void)
{
	const char *state = env("FLUFFBUZZ_STATE_DIR"), *xdg = env("XDG_CONFIG_HOME");
	char *path, *other;

	if (state != NULL)
		return join(state, "fluffbuzz.json");
	path = join(home(), ".fluffbuzz/fluffbuzz.json");
	if (path == NULL || access(path, F_OK) == 0)
		return path;
	other = xdg != NULL ? join(xdg, "fluffbuzz/fluffbuzz.json") : join(home(), ".config/fluffbuzz/fluffbuzz.json");
	if (other != NULL && access(other, F_OK) == 0) {
		free(path);
		return other;
	}
	free(other);
	return path;
}

char *config_path(const char *path)
{
	char *usual, *full;

	if (path == NULL)
		path = env("FLUFFBUZZ_CONFIG_PATH");
	if (path != NULL)
		return absolute(path);
	if ((usual = usual_path()) == NULL)
		return NULL;
	full = absolute(usual);		/* the variables may be relative */
	free(usual);
	return full;
}

static char *dotenv_path(void)
{
	const char *state = env("FLUFFBUZZ_STATE_DIR");

	return state != NULL ? join(state, ".env") : join(home(), ".fluffbuzz/.env");
}

/* Once, when a variable is wanted.  What can't be read holds none. */
static void read_dotenv(struct config *c)
{
	char *path = dotenv_path();
	struct buf text;
	struct stat st;

	c->dotenv_read = 1;
	buf_init(&text, MAX_CONFIG);
	if (path == NULL || file_read_stat(path, FILE_REGULAR, &text, &st) != 0)
		;
	else if (st.st_mode & S_IWOTH)
		buf_addf(&c->warnings, "%s: anybody may write it, so it is not read: chmod o-w\n", path);
	else if (buf_room(&c->dotenv, text.len + 1) != NULL)	/* at once: growing would leave copies behind */
		dotenv_read(buf_text(&text), text.len, &c->dotenv);
	buf_wipe(&text);
	free(path);
}

const char *config_variable(struct config *c, const char *name)
{
	const char *v = env(name);

	if (v != NULL || c->user != NULL)
		return v != NULL ? v : config_variable(c->user, name);
	if (!c->dotenv_read)
		read_dotenv(c);
	v = dotenv_find(&c->dotenv, name);
	if (v != NULL && v[0] != '\0')
		return v;
	v = tree_get_text(tree_at(c->doc, "env.vars"), name);
	return v != NULL && v[0] != '\0' ? v : NULL;
}

int config_fault(const struct config *c, struct fault *f, const struct value *at, const char *place, const char *fmt, ...)
{
	char text[FAULT_TEXT];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return fault_set(f, F_CONFIG, "%s:%zu: %s: %s", at != NULL && at->file != NULL ? at->file->path : c->path,
	    at != NULL && at->file != NULL ? tree_line(at) : 1, place[0] != '\0' ? place : "the whole", text);
}

static struct tree_file *add_file(struct config *c, const char *path)
{
	struct tree_file *file = calloc(1, sizeof *file);

	if (file == NULL)
		return NULL;
	if ((file->path = strdup(path)) == NULL) {
		free(file);
		return NULL;
	}
	buf_init(&file->text, MAX_CONFIG);
	file->catalogue = c->is_catalogue;
	file->next = c->files;
	c->files = file;
	return file;
}

int config_read(struct config *c, const char *path, struct value **doc, struct fault *f)
{
	struct tree_file *file = add_file(c, path);
	struct json5_err err;
	struct stat st;
	int e;

	if (file == NULL)
		return fault_set(f, F_CONFIG, "out of memory");
	e = file_read_stat(path, FILE_REGULAR, &file->text, &st);
	if (e == EFBIG)
		return fault_set(f, F_CONFIG, "%s: over %lu bytes", path, MAX_CONFIG);
	if (e != 0)
		return fault_set(f, F_CONFIG, "%s: %s", path, file_error(e));
	file->mode = st.st_mode & 0777;
	file->foreign = st.st_uid != geteuid() && st.st_uid != 0;
	if ((st.st_mode & S_IWOTH) != 0)
		return fault_set(f, F_CONFIG, "%s: anybody may write it, so it is not obeyed: chmod o-w", path);
	c->bytes += file->text.len;
	*doc = json5_read(&c->tree, file, &err);
	if (*doc == NULL)
		return fault_set(f, F_CONFIG, "%s:%zu:%zu: %s", path, err.line, err.col, err.what);
	return 0;
}

int config_none(struct config *c)
{
	memset(c, 0, sizeof *c);
	tree_init(&c->tree);
	buf_init(&c->dotenv, 2 * MAX_CONFIG);
	buf_init(&c->warnings, MAX_CONFIG);
	buf_init(&c->faults, MAX_CONFIG);
	buf_init(&c->unset, MAX_CONFIG);
	return (c->doc = tree_new(&c->tree, SPAN_OBJECT)) != NULL ? 0 : -1;
}

static int has_base_urls(const struct value *models)
{
	const struct value *m;

	for (m = tree_first(models); m != NULL; m = m->next)
		if (tree_get(m, "baseUrl") == NULL)
			return 0;
	return models != NULL;
}

/* Only what the catalogue has needs no baseUrl. */
static int check_base_urls(struct config *c, struct fault *f)
{
	const struct value *p;
	struct config *catalogue;
	struct fault one;
	struct buf place;
	int bad = 0;

	for (p = tree_first(config_at(c, "models.providers")); p != NULL; p = p->next) {
		if (tree_get(p, "baseUrl") != NULL || has_base_urls(tree_get(p, "models")))
			continue;
		if (config_catalogue(c, &catalogue, f) != 0)
			return -1;
		if (catalogue != NULL && tree_get_any_case(config_at(catalogue, "models.providers"), p->key) != NULL)
			continue;
		buf_init(&place, 1 << 16);
		buf_adds(&place, "models.providers");
		tree_place_add(&place, p->key);
		buf_adds(&place, ".baseUrl");
		config_fault(c, &one, p, buf_text(&place), "is missing, must be an http:// or https:// URL");
		if (!bad)
			*f = one;
		bad = -1;
		buf_addf(&c->faults, "%s\n", one.message);
		buf_release(&place);
	}
	return bad;
}

static int digest(struct config *c, struct fault *f)
{
	struct value *doc;
	struct fault more;

	if (config_read(c, c->path, &doc, f) != 0)
		return -1;
	c->doc = doc;
	if (include_all(c, f) != 0)
		return -1;
	if (fill_all(c, &c->unset) != 0)
		return fault_set(f, F_CONFIG, "%s: with its variables filled in over 16 MiB", c->path);
	if (schema_check(c, f) != 0) {
		if (!c->is_catalogue)	/* that is wrong, too */
			check_base_urls(c, &more);
		return -1;
	}
	return c->is_catalogue ? 0 : check_base_urls(c, f);
}

int config_load(struct config *c, const char *path, struct fault *f)
{
	int named = path != NULL || env("FLUFFBUZZ_CONFIG_PATH") != NULL;

	if (config_none(c) != 0 || (c->path = config_path(path)) == NULL)
		return fault_set(f, F_CONFIG, "out of memory");
	if (!named && access(c->path, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	c->found = 1;
	return digest(c, f);
}

static int load_catalogue(struct config *c, struct config *user, struct fault *f)
{
	struct buf path;

	if (config_none(c) != 0)
		return fault_set(f, F_CONFIG, "out of memory");
	c->user = user;
	c->is_catalogue = c->found = 1;
	buf_init(&path, 1 << 16);
	share_path("providers.json5", &path);
	c->path = path.data;
	if (c->path == NULL)
		return fault_set(f, F_CONFIG, "out of memory");
	return digest(c, f);
}

int config_catalogue(struct config *c, struct config **catalogue, struct fault *f)
{
	const char *mode = tree_text(config_at(c, "models.mode"));

	*catalogue = NULL;
	if (c->is_catalogue || (mode != NULL && strcmp(mode, "replace") == 0))
		return 0;
	if (c->catalogue == NULL) {
		if ((c->catalogue = malloc(sizeof *c)) == NULL)
			return fault_set(f, F_CONFIG, "out of memory");
		if (load_catalogue(c->catalogue, c, f) != 0) {
			config_release(c->catalogue);
			free(c->catalogue);
			c->catalogue = NULL;
			return -1;
		}
	}
	*catalogue = c->catalogue;
	return 0;
}

void config_release(struct config *c)
{
	struct tree_file *file;

	while ((file = c->files) != NULL) {
		c->files = file->next;
		buf_wipe(&file->text);
		free(file->path);
		free(file);
	}
	tree_release(&c->tree);
	buf_wipe(&c->dotenv);
	buf_release(&c->warnings);
	buf_release(&c->faults);
	buf_release(&c->unset);
	free(c->path);
	if (c->catalogue != NULL)
		config_release(c->catalogue);
	free(c->catalogue);
	memset(c, 0, sizeof *c);
}

const struct value *config_at(const struct config *c, const char *place)
{
	return place != NULL && *place != '\0' ? tree_at(c->doc, place) : NULL;
}
