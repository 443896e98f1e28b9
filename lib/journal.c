/* journal.c - see journal.h. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "digest.h"
#include "journal.h"
#include "limits.h"
#include "record.h"

/* The flags of an entry: an input of this run was told of it; what its record says, 0: there is none yet. */
enum { USED = 1, GOOD = 2, BAD = 4, AGAIN = BAD | GOOD, KIND = BAD | GOOD };
enum { SYNC_RECORDS = 128, DIGITS = 18 };

/* What a line of the file says. */
struct told {
	struct span text;	/* the line without its LF */
	struct span id, ref;
	uint64_t name, digest;
	long number;		/* the id, or 0 when it is none */
	unsigned kind;
};
typedef int each_told(struct journal *j, const struct told *t, long line, void *ctx);	/* not 0: enough */

static struct span token(const struct buf *id)
{
	return (struct span){buf_text(id), id->len};
}

/* An id that is a number as we write them, from 1; else 0. */
static long number_of(struct span id)
{
	long n = 0;
	size_t i;

	if (id.n < 3 || id.n > DIGITS + 2 || id.p[1] == '0')
		return 0;
	for (i = 1; i < id.n - 1; i++) {
		if (id.p[i] < '0' || id.p[i] > '9')
			return 0;
		n = 10 * n + (id.p[i] - '0');
	}
	return n;
}

static uint64_t name_text(struct journal *j)
{
	if (j->text.failed && j->error == 0)
		j->error = ENOMEM;
	return done_name(digest(token(&j->text)));
}

/* Of an id and a reference. */
static uint64_t name_of(struct journal *j, struct span id, struct span ref)
{
	buf_clear(&j->text);
	span_decode(id, SPAN_REPLACE, &j->text);
	buf_addc(&j->text, '\0');
	if (span_kind(ref) == SPAN_STRING)
		span_decode(ref, SPAN_REPLACE, &j->text);
	return name_text(j);
}

/* Of a reference and a body. */
static uint64_t name_of_body(struct journal *j, struct span ref, uint64_t body)
{
	buf_clear(&j->text);
	if (span_kind(ref) == SPAN_STRING)
		span_decode(ref, SPAN_REPLACE, &j->text);
	buf_addc(&j->text, '\0');
	buf_add(&j->text, &body, sizeof body);
	return name_text(j);
}

static unsigned kind_of(struct span error)
{
	struct span again = span_get(error, "retryable");
	int retryable = again.p != NULL ? span_kind(again) == SPAN_TRUE :
	    fault_retryable(fault_find(span_get(error, "code")));

	return retryable ? AGAIN : BAD;
}

/* 0, or -1: no response record. */
static int read_told(struct journal *j, struct span line, struct told *t)
{
	struct span value, key, val, response = SPAN_NIL, error = SPAN_NIL, route = SPAN_NIL, tried = SPAN_NIL;
	struct span_err err;
	struct span_iter it;

	*t = (struct told){.text = line};
	if (span_check(line.p, line.n, MAX_DEPTH, &value, &err) != 0)
		return -1;
	for (it = span_each(value); it.object && span_next(&it, &key, &val);) {
		if (span_eq(key, "custom_id"))
			t->id = val;
		else if (span_eq(key, "response"))
			response = val;
		else if (span_eq(key, "error"))
			error = val;
		else if (span_eq(key, "route"))
			route = val;
		else if (span_eq(key, "attempts"))
			tried = val;
		else if (span_eq(key, "digest"))
			digest_read(val, &t->digest);
	}
	if (span_kind(span_get(error, "code")) == SPAN_STRING)
		t->kind = kind_of(error);
	else if (span_kind(response) == SPAN_OBJECT)
		t->kind = GOOD;
	if (span_kind(t->id) != SPAN_STRING || t->kind == 0)
		return -1;
	t->ref = span_at(tried, "0.ref");
	if (span_kind(t->ref) != SPAN_STRING)
		t->ref = span_get(route, "ref");
	t->name = name_of(j, t->id, t->ref);
	t->number = number_of(t->id);
	return 0;
}

/* How far a look through the file came. */
struct look {
	const char *alien;	/* what is wrong with the line, or NULL */
	long line;		/* handed out last */
	off_t at;		/* behind the last whole line */
	size_t tail;		/* of a last line without its end */
};

/* Has somebody else's file a last line like that?  Ours begin so. */
static int begins_ours(struct span tail)
{
	static const char by_us[] = "{\"id\":\"fb-", refused[] = "{\"custom_id\":";

	return memcmp(tail.p, by_us, tail.n < sizeof by_us - 1 ? tail.n : sizeof by_us - 1) == 0 ||
	    memcmp(tail.p, refused, tail.n < sizeof refused - 1 ? tail.n : sizeof refused - 1) == 0;
}

/* One line.  1: go on. */
static int see_line(struct journal *j, struct look *l, struct span line, each_told *each, void *ctx)
{
	static const char alien[] = "not a response record: is it the right file?";
	struct told t;

	l->line++;
	if (line.p[line.n] != '\n') {	/* a reader's text ends by a NUL */
		l->tail = line.n;
		if (l->at == 0 && !begins_ours(line))
			l->alien = alien;
		return 0;
	}
	if (read_told(j, line, &t) != 0)
		l->alien = alien;
	l->at += (off_t)line.n + 1;
	return l->alien == NULL && j->error == 0 && each(j, &t, l->line, ctx) == 0;
}

/* Reads the file from its start.  0, or an errno; *l says what it came upon. */
static int look_through(struct journal *j, struct look *l, each_told *each, void *ctx)
{
	enum read_result got = READ_OK;
	struct reader r;
	struct span line;

	*l = (struct look){.alien = NULL};
	if (lseek(j->file.fd, 0, SEEK_SET) != 0)
		return j->error = errno;
	reader_init(&r, j->file.fd);
	r.started = 1;	/* a mark is dropped by no look: the places would shift */
	while (j->error == 0 && (got = reader_line(&r, &line)) == READ_OK)
		if (!see_line(j, l, line, each, ctx))
			break;
	if (got == READ_LONG) {
		l->line++;
		l->alien = "a line over 64 MB: is it the right file?";
	} else if (got == READ_FAILED && j->error == 0) {
		j->error = r.error;
	}
	reader_release(&r);
	return j->error;
}

static int forget_kind(struct tally *t, unsigned kind)
{
	t->good -= kind == GOOD;
	t->bad -= kind != GOOD;
	t->again -= kind == AGAIN;
	return kind != 0;
}

/* A record is in the file: of a request that has one already, this one counts. */
static struct done *count(struct journal *j, const struct told *t)
{
	struct done *d = donetable_put(&j->table, t->name);

	if (d == NULL) {
		j->error = ENOMEM;
		return NULL;
	}
	if ((d->who & KIND) != 0)
		j->stale += forget_kind(&j->tally, (unsigned)(d->who & KIND));
	tally_add(&j->tally, t->kind == GOOD, t->kind == AGAIN);
	d->who = (d->who & ~(uint64_t)KIND) | t->kind;
	d->what = t->digest;
	return d;
}

static int take_in(struct journal *j, const struct told *t, long line, void *ctx)
{
	size_t before = j->table.n;

	(void)line;
	(void)ctx;
	count(j, t);
	j->spare += t->number > 0 && j->table.n > before;
	if (t->number > j->highest)
		j->highest = t->number;
	return j->error;
}

/* Closes without a word, keeping j->error. */
static void let_go(struct journal *j)
{
	donetable_release(&j->table);
	donetable_release(&j->lines);
	spares_release(&j->spares);
	buf_release(&j->last);
	buf_release(&j->text);
	lockfile_close(&j->file);
}

static int open_journal(struct journal *j, const char *path, int make, int *status, struct fault *f)
{
	struct look l;

	memset(j, 0, sizeof *j);
	buf_init(&j->last, MAX_RECORD);
	buf_init(&j->text, 2 * MAX_RECORD);
	if (lockfile_open(&j->file, path, make, status, f) != 0) {
		let_go(j);
		return -1;
	}
	look_through(j, &l, take_in, NULL);
	if (j->error == 0 && l.alien == NULL && l.tail > 0 && ftruncate(j->file.fd, l.at) != 0)
		j->error = errno;
	if (j->error == 0 && l.alien == NULL) {
		j->cut = (off_t)l.tail;
		return 0;
	}
	*status = j->error != 0 ? 3 : 2;
	if (j->error != 0)
		fault_set(f, F_INPUT, "%s: %s", path, strerror(j->error));
	else
		fault_set(f, F_INPUT, "%s:%ld: %s", path, l.line, l.alien);
	let_go(j);
	return -1;
}

int journal_open(struct journal *j, const char *path, int *status, struct fault *f)
{
	return open_journal(j, path, 1, status, f);
}

/* An input is told of it. */
static enum journal_said use(struct journal *j, struct done *d, int numbered, enum journal_said said)
{
	j->spare -= numbered && (d->who & USED) == 0;
	d->who |= USED;
	return said;
}

/* A request that is in the file no more than in this input. */
static enum journal_said put_in(struct journal *j, uint64_t name, uint64_t body)
{
	struct done *d = donetable_put(&j->table, name);

	if (d == NULL) {
		j->error = ENOMEM;
		return JOURNAL_FAILED;
	}
	d->who |= USED;
	d->what = body;
	return JOURNAL_NEW;
}

static enum journal_said ask_given(struct journal *j, struct span id, uint64_t name, uint64_t body)
{
	struct done *d = donetable_find(&j->table, name);
	int numbered = number_of(id) > 0;

	if (d == NULL)
		return put_in(j, name, body);
	if ((d->who & USED) != 0)
		return JOURNAL_TWICE;
	if (d->what == body)
		return use(j, d, numbered, JOURNAL_DONE);
	if (!j->redo)
		return JOURNAL_CHANGED;
	d->what = body;
	j->redone++;
	return use(j, d, numbered, JOURNAL_NEW);
}

/* A record that an input elsewhere may take, before the others of its body. */
static int add_spare(struct journal *j, const struct told *t, long line, void *ctx)
{
	const struct done *d = donetable_find(&j->table, t->name);

	(void)line;
	(void)ctx;
	if (t->number == 0 || d == NULL || (d->who & USED) != 0 || d->what != t->digest)
		return 0;
	if (spares_push(&j->spares, name_of_body(j, t->ref, t->digest), t->name) != 0)
		j->error = ENOMEM;
	return j->error;
}

/* The record of a body whose line stood elsewhere, or NULL.  Each is looked at once. */
static struct done *shifted(struct journal *j, struct span ref, uint64_t body)
{
	uint64_t heap, name;
	struct done *d;
	struct look l;

	if (j->spare == 0)
		return NULL;
	if (!j->spares.made && look_through(j, &l, add_spare, NULL) != 0)
		return NULL;
	j->spares.made = 1;
	heap = name_of_body(j, ref, body);
	while ((name = spares_pop(&j->spares, heap)) != 0) {
		d = donetable_find(&j->table, name);
		if (d != NULL && (d->who & USED) == 0 && d->what == body)
			return d;
	}
	return NULL;
}

static uint64_t name_number(struct journal *j, struct buf *id, struct span ref, long number)
{
	buf_clear(id);
	buf_addf(id, "\"%ld\"", number);
	if (id->failed)
		j->error = ENOMEM;
	return name_of(j, token(id), ref);
}

/* A number that no record of that reference has; for all references of an input the same, where it can be. */
static uint64_t move(struct journal *j, struct buf *id, struct span ref, long place)
{
	uint64_t name;

	if (j->moved_place == place) {
		name = name_number(j, id, ref, j->moved);
		if (donetable_find(&j->table, name) == NULL)
			return name;
	}
	do {
		j->highest = j->highest < 999999999999999999 ? j->highest + 1 : 1;
		name = name_number(j, id, ref, j->highest);
	} while (j->error == 0 && donetable_find(&j->table, name) != NULL);
	j->moved_place = place;
	j->moved = j->highest;
	return name;
}

enum journal_said journal_ask(struct journal *j, struct buf *id, struct span ref, uint64_t body, long place)
{
	uint64_t name = name_of(j, token(id), ref);
	struct done *d;

	if (j->error != 0)
		return JOURNAL_FAILED;
	if (place <= 0 || number_of(token(id)) != place)
		return ask_given(j, token(id), name, body);
	d = donetable_find(&j->table, name);
	if (d != NULL && (d->who & USED) == 0 && d->what == body)
		return use(j, d, 1, JOURNAL_DONE);
	if ((d = shifted(j, ref, body)) != NULL)
		return use(j, d, 1, JOURNAL_DONE);
	if (donetable_find(&j->table, name) != NULL)
		name = move(j, id, ref, place);
	return j->error != 0 ? JOURNAL_FAILED : put_in(j, name, body);
}

static int keep_line(struct journal *j, const struct told *t, long line, void *ctx)
{
	struct done *d = donetable_put(&j->lines, t->name);

	(void)ctx;
	if (d == NULL)
		return j->error = ENOMEM;
	d->what = (uint64_t)line;
	return 0;
}

long journal_line_of(struct journal *j, struct span id, struct span ref)
{
	const struct done *d;
	struct look l;

	if (j->error == 0 && j->lines.n == 0)
		look_through(j, &l, keep_line, NULL);
	d = donetable_find(&j->lines, name_of(j, id, ref));
	return d != NULL ? (long)d->what : 0;
}

int journal_tick(struct journal *j, double now)
{
	if (j->error != 0 || !j->sync || j->unsynced == 0 ||
	    (j->unsynced < SYNC_RECORDS && now - j->synced < 1 && now >= j->synced))
		return j->error;
	j->error = lockfile_sync(&j->file, !j->named);
	j->named = 1;
	j->unsynced = 0;
	j->synced = now;
	return j->error;
}

int journal_add(struct journal *j, const char *line, size_t n, double now)
{
	struct done *d;
	struct told t;

	if (j->error != 0)
		return j->error;
	if (n > MAX_RECORD + 1)
		return E2BIG;
	if (n == 0 || memchr(line, '\n', n) != line + n - 1 || read_told(j, (struct span){line, n - 1}, &t) != 0)
		return EINVAL;
	if ((j->error = lockfile_append(&j->file, line, n)) != 0)
		return j->error;
	j->written = 1;
	j->unsynced++;
	if ((d = count(j, &t)) == NULL)
		return j->error;
	use(j, d, 0, JOURNAL_NEW);
	buf_clear(&j->last);
	buf_add(&j->last, t.id.p, t.id.n);
	return journal_tick(j, now);
}

static int keep_last(struct journal *j, const struct told *t, long line, void *ctx)
{
	const struct done *d = donetable_find(&j->lines, t->name);
	struct replacement *r = ctx;

	if (d != NULL && d->what == (uint64_t)line)
		replace_add(r, t->text.p, t->text.n + 1);
	return r->error;
}

/* Of the lines of one request only the last stays. */
static int compact(struct journal *j)
{
	struct replacement r;
	struct look l;

	donetable_release(&j->lines);
	if (look_through(j, &l, keep_line, NULL) != 0 || (j->error = replace_begin(&r, &j->file)) != 0)
		return j->error;
	if (look_through(j, &l, keep_last, &r) == 0 && l.alien == NULL)
		j->error = replace_commit(&r, &j->file);
	else
		replace_abort(&r);
	j->stale = 0;
	return j->error;
}

int journal_lock(struct journal *j, const char *path, int *status, struct fault *f)
{
	if (open_journal(j, path, 0, status, f) != 0)
		return -1;
	donetable_release(&j->table);
	return 0;
}

int journal_close(struct journal *j)
{
	int error = j->error, got;

	if (j->file.real == NULL)	/* it was never open, or is closed */
		return error;
	if (error == 0 && j->redo && j->stale > 0)
		error = compact(j);
	if (j->written && (got = lockfile_sync(&j->file, 1)) != 0 && error == 0)
		error = got;
	got = lockfile_close(&j->file);
	let_go(j);
	return j->error = error != 0 ? error : got;
}
