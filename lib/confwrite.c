/* confwrite.c - see confwrite.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "confwrite.h"
#include "file.h"
#include "json5.h"
#include "limits.h"
#include "lockfile.h"

enum { MOST_BACKUPS = 1000 };

/* An object, or where its member `name` belongs (graft.h). */
struct target {
	struct tree_file *file;
	size_t at;
	const char *name;
};

/* The object in that tree one of whose members begins there. */
static const struct value *parent_of(const struct value *v, size_t at)
{
	const struct value *c, *found = NULL;

	for (c = tree_first(v); c != NULL && found == NULL; c = c->next)
		found = c->at == at ? v : parent_of(c, at);
	return found;
}

/*
 * A flag that another file lays over the compat object: what it stands in is
 * no more to be seen after merging, so that file is read anew.
 */
static int above(const struct value *flag, struct target *t, struct fault *f)
{
	const struct value *parent;
	struct json5_err err;
	struct value *root;
	struct tree tree;

	tree_init(&tree);
	root = json5_read(&tree, flag->file, &err);
	parent = root != NULL ? parent_of(root, flag->at) : NULL;
	if (parent != NULL)
		*t = (struct target){flag->file, parent->at, NULL};
	tree_release(&tree);
	return parent != NULL ? 0 : fault_set(f, F_CONFIG, "out of memory");
}

/* Where one flag is to be set. */
static int target_of(const struct value *entry, const char *flag, struct target *t, struct fault *f)
{
	const struct value *compat = tree_get(entry, "compat"), *v = tree_get(compat, flag);

	if (v != NULL && v->file != NULL && v->file != compat->file)
		return above(v, t, f);
	*t = compat != NULL ? (struct target){compat->file, compat->at, NULL} : (struct target){entry->file, entry->at, "compat"};
	return 0;
}

/* Who includes a file twice has two entries of it, and would get the flags in both. */
static int is_shared(const struct config *c, const struct tree_file *file)
{
	const struct tree_file *other;

	for (other = c->files; other != NULL; other = other->next)
		if (other != file && strcmp(other->path, file->path) == 0)
			return 1;
	return 0;
}

static int may_write(const struct config *c, const struct target *t, const char *place, struct fault *f)
{
	if (t->file == NULL || t->file->catalogue)
		return fault_set(f, F_CONFIG, "%.300s: the built-in catalogue is not yours to change: give the model an entry in your "
		    "configuration", t->file != NULL ? t->file->path : c->path);
	if (is_shared(c, t->file))
		return fault_set(f, F_CONFIG, "%.300s: it is included more than once, so the flags would be set not for %.200s alone: "
		    "write them by hand", t->file->path, place);
	return 0;
}

/* The one place for all flags that aren't set so already; t->file NULL: all are. */
static int find_target(const struct value *entry, const struct graft_member *set, size_t n, struct target *t, struct fault *f)
{
	const struct value *compat = tree_get(entry, "compat");
	struct target one;
	size_t i;

	*t = (struct target){NULL, 0, NULL};
	if (compat != NULL && compat->kind != SPAN_OBJECT && compat->kind != SPAN_NULL)
		return fault_set(f, F_CONFIG, "%.300s:%zu: compat must be an object: mend that first", compat->file->path, tree_line(compat));
	for (i = 0; i < n; i++) {
		if (graft_is(tree_get(compat, set[i].name), set[i].json))
			continue;
		if (target_of(entry, set[i].name, &one, f) != 0)
			return -1;
		if (t->file != NULL && (t->file != one.file || t->at != one.at))
			return fault_set(f, F_CONFIG, "the flags stand in two places, in %.200s and %.200s: write them by hand",
			    t->file->path, one.file != NULL ? one.file->path : "");
		*t = one;
	}
	return 0;
}

static const struct value *find_entry(const struct config *c, const char *file, const char *place, struct fault *f)
{
	const struct value *entry = place != NULL ? config_at(c, place) : NULL;

	if (entry != NULL && tree_get_text(entry, "id") != NULL && entry->file != NULL &&
	    (file == NULL || strcmp(file, entry->file->path) == 0))
		return entry;
	fault_set(f, F_CONFIG, "%.300s: the model has no entry there (it was passed through, or is the built-in catalogue's): "
	    "add one to the models of its provider, and flags can be set in it", c->path);
	return NULL;
}

static int write_all(int fd, const struct buf *text)
{
	size_t done = 0;
	ssize_t n;

	while (done < text->len)
		if ((n = write(fd, text->data + done, text->len - done)) > 0)
			done += (size_t)n;
		else if (n == 0 || errno != EINTR)
			return n == 0 ? EIO : errno;
	return 0;
}

/* Its text, its mode, and its group where we may. */
static int fill_backup(int fd, const struct stat *like, const struct buf *text)
{
	mode_t mode = like->st_mode & 0777;
	struct stat st;
	int error;

	if (fstat(fd, &st) != 0)
		return errno;
	if (st.st_gid != like->st_gid && fchown(fd, (uid_t)-1, like->st_gid) != 0)
		mode &= 0700;
	if ((error = write_all(fd, text)) != 0)
		return error;
	return fchmod(fd, mode) != 0 || fsync(fd) != 0 ? errno : 0;
}

/* Under the first name that is free, whatever has the others: 0 and *path, or an errno. */
static int make_backup(const char *of, const struct stat *like, const struct buf *text, char **path)
{
	size_t size = strlen(of) + sizeof ".bak.1000";
	int fd = -1, i, error;

	if ((*path = malloc(size)) == NULL)
		return ENOMEM;
	for (i = 0; i < MOST_BACKUPS && fd < 0; i++) {
		snprintf(*path, size, i == 0 ? "%s.bak" : "%s.bak.%d", of, i);
		fd = open(*path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd < 0 && errno != EEXIST)
			break;
	}
	if (fd < 0) {
		error = errno;
	} else {
		error = fill_backup(fd, like, text);
		if (close(fd) != 0 && error == 0 && errno != EINTR)
			error = errno;
		if (error != 0)
			unlink(*path);
	}
	if (error != 0) {
		free(*path);
		*path = NULL;
	}
	return error;
}

/* Puts the new text in the file's place. */
static int put(struct lockfile *l, const struct stat *st, const struct buf *old, const struct buf *new, struct confwrite *w, struct fault *f)
{
	struct replacement r;
	int error = replace_begin(&r, l);

	if (error != 0) {
		replace_abort(&r);
		return fault_set(f, F_CONFIG, "%.300s: nothing can be written beside it (%s%s): %s", l->path, REPLACEMENT_SUFFIX,
		    " is put in its place", error == EEXIST ? "such a file is there; remove it" : file_error(error));
	}
	replace_add(&r, buf_text(new), new->len);
	if ((error = make_backup(l->real, st, old, &w->backup)) != 0) {
		replace_abort(&r);
		return fault_set(f, F_CONFIG, "%.300s: no backup of it could be made, so it was left: %s", l->path, file_error(error));
	}
	if ((error = replace_commit(&r, l)) != 0)
		return fault_set(f, F_CONFIG, "%.300s: it could not be replaced: %s (as it was it is in %.300s)", l->path, file_error(error),
		    w->backup);
	w->changed = 1;
	return 0;
}

/* The file is open and ours alone: is it what was read?  *text is it. */
static int read_again(const struct lockfile *l, const struct tree_file *was, struct stat *st, struct buf *text, struct fault *f)
{
	int error = fstat(l->fd, st) != 0 ? errno : 0;

	if (error == 0 && st->st_uid != geteuid())
		return fault_set(f, F_CONFIG, "%.300s: it belongs to another user (uid %lu): write the flags as that one", l->path,
		    (unsigned long)st->st_uid);
	if (error == 0) {
		/* at once: growing would leave a copy of a key behind */
		buf_room(text, was->text.len + 4096 < text->max ? was->text.len + 4096 : text->max);
		error = file_read_fd(l->fd, text);
	}
	if (error != 0 && error != EFBIG)
		return fault_set(f, F_CONFIG, "%.300s: %s", l->path, file_error(error));
	if (error == EFBIG || text->len != was->text.len || memcmp(buf_text(text), buf_text(&was->text), text->len) != 0)
		return fault_set(f, F_CONFIG, "%.300s: it was changed meanwhile, so it was left: run this again", l->path);
	return 0;
}

static int change(struct lockfile *l, const struct target *t, const struct graft_member *set, size_t n, struct confwrite *w, struct fault *f)
{
	struct buf old, new;
	struct stat st;
	char head[320];
	int bad, got;

	buf_init(&old, MAX_CONFIG);
	buf_init(&new, MAX_CONFIG);
	bad = read_again(l, t->file, &st, &old, f);
	if (!bad) {
		got = graft((struct span){buf_text(&old), old.len}, t->at, t->name, set, n, &new, f);
		if (got < 0) {
			snprintf(head, sizeof head, "%.300s:", l->path);
			fault_prefix(f, head);
		}
		bad = got == GRAFT_CHANGED ? put(l, &st, &old, &new, w, f) : got;
	}
	buf_wipe(&old);
	buf_wipe(&new);
	return bad;
}

int confwrite_compat(const struct config *c, const char *file, const char *place,
    const struct graft_member *set, size_t n, struct confwrite *w, struct fault *f)
{
	const struct value *entry = find_entry(c, file, place, f), *compat;
	struct lockfile l;
	struct target t;
	int status, bad;

	*w = (struct confwrite){0, NULL, NULL};
	if (entry == NULL || find_target(entry, set, n, &t, f) != 0)
		return -1;
	compat = tree_get(entry, "compat");
	w->file = strdup(t.file != NULL ? t.file->path : (compat != NULL ? compat : entry)->file->path);
	if (w->file == NULL)
		return fault_set(f, F_CONFIG, "out of memory");
	if (t.file == NULL)
		return 0;
	if (may_write(c, &t, place, f) != 0)
		return -1;
	if (lockfile_open(&l, t.file->path, 0, &status, f) != 0) {
		f->code = F_CONFIG;
		fault_prefix(f, "the flags can't be written: ");
		return -1;
	}
	bad = change(&l, &t, set, n, w, f);
	lockfile_close(&l);
	return bad;
}

void confwrite_release(struct confwrite *w)
{
	free(w->file);
	free(w->backup);
	*w = (struct confwrite){0, NULL, NULL};
}
