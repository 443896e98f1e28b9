/* outlet.c - see outlet.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "limits.h"
#include "outlet.h"
#include "record.h"
#include "tty.h"

void outlet_init(struct outlet *o, struct stage *stage, enum outlet_order order, size_t most)
{
	memset(o, 0, sizeof *o);
	o->stage = stage;
	o->order = order;
	o->most = most;
	reorder_init(&o->waiting);
	buf_init(&o->last_id, MAX_RECORD);
	buf_init(&o->safe_id, MAX_RECORD);
}

/* What went wrong with one of the files. */
static const char *words(int error)
{
	return error == EEXIST ? "it can't be replaced: the file of its name and " REPLACEMENT_SUFFIX
	    " is in the way (fb-send removes it if no process has it, and it may)" : file_error(error);
}

static int open_file(struct outlet *o, const char *retry, struct fault *f)
{
	int status = 0;

	if (retry == NULL)
		return journal_open(&o->journal, o->path, &status, f) == 0 ? 0 : status;
	if (journal_lock(&o->journal, retry, &status, f) != 0)
		return status;
	o->error = replace_begin(&o->replacement, &o->journal.file);
	if (o->error == 0 && (lseek(o->journal.file.fd, 0, SEEK_SET) != 0 || dup2(o->journal.file.fd, STDIN_FILENO) < 0))
		o->error = errno;
	if (o->error == 0)
		return 0;
	fault_set(f, F_INPUT, "%s: %s", retry, words(o->error));
	replace_abort(&o->replacement);
	return 3;
}

int outlet_open(struct outlet *o, const char *resume, const char *retry)
{
	struct fault f;
	int status;

	o->path = resume != NULL ? resume : retry;
	if (o->path == NULL)
		return stage_open(o->stage);
	if ((status = open_file(o, retry, &f)) != 0) {
		tty_say(o->stage->prog, "%s", f.message);
		return status;
	}
	o->where = retry != NULL ? OUTLET_REPLACEMENT : OUTLET_JOURNAL;
	o->stage->last = 1;	/* nobody behind us tells */
	if (o->journal.cut > 0 && !o->stage->quiet)
		tty_say(o->stage->prog, "%s: a last line without its end is cut off (%ld bytes)", o->path, (long)o->journal.cut);
	return 0;
}

static void count_place(struct outlet *o, const struct buf *id)
{
	if (o->place > 0 && o->last_id.len == id->len && memcmp(buf_text(&o->last_id), buf_text(id), id->len) == 0)
		return;
	o->place++;
	buf_clear(&o->last_id);
	buf_add(&o->last_id, id->data, id->len);
}

int outlet_ask(struct outlet *o, struct request *r, struct span ref, struct fault *f)
{
	struct span id;

	count_place(o, &r->id);
	switch (journal_ask(&o->journal, &r->id, ref, r->digest, o->place)) {
	case JOURNAL_NEW:
		return 1;
	case JOURNAL_DONE:
		return 0;
	case JOURNAL_TWICE:
		return fault_set(f, F_INPUT, "the same custom_id for the second time");
	case JOURNAL_CHANGED:
		id = (struct span){buf_text(&r->id), r->id.len};
		fault_set(f, F_INPUT, "input %ld is another request than that of %s:%ld, with the same custom_id (--changed redo sends it)",
		    o->stage->ordinal, o->path, journal_line_of(&o->journal, id, ref));
		tally_add(&o->journal.tally, 0, 0);
		return OUTLET_CHANGED;
	case JOURNAL_FAILED:
		break;
	}
	o->error = o->journal.error;
	return fault_set(f, F_INPUT, "%s: %s", o->path, file_error(o->error));
}

int outlet_is_new(struct outlet *o, const struct buf *line, long ordinal)
{
	struct buf id;
	int is_new;

	if (o->where != OUTLET_JOURNAL)
		return 1;
	buf_init(&id, MAX_RECORD);
	record_id(&id, (struct span){buf_text(line), line->len}, 0, ordinal);
	count_place(o, &id);
	is_new = journal_ask(&o->journal, &id, SPAN_NIL, 0, o->place) == JOURNAL_NEW;
	buf_release(&id);
	return is_new;
}

static void write_line(struct outlet *o, const char *text, size_t n)
{
	struct span id;

	if (o->where == OUTLET_REPLACEMENT) {
		replace_add(&o->replacement, text, n);
	} else if (out_write(&o->stage->out, text, n) == 0) {
		id = span_early((struct span){text, n - 1}, "custom_id");
		buf_clear(&o->safe_id);
		buf_add(&o->safe_id, id.p, id.p != NULL ? id.n : 0);
	}
}

/* What is due. */
static void flush(struct outlet *o)
{
	char *text;
	size_t n;

	while (reorder_next(&o->waiting, &text, &n)) {
		write_line(o, text, n);
		free(text);
	}
}

void outlet_put(struct outlet *o, long number, struct buf *line, double now)
{
	buf_addc(line, '\n');
	if (line->failed)
		o->error = o->error != 0 ? o->error : ENOMEM;
	else if (o->error != 0)
		return;
	else if (o->where == OUTLET_JOURNAL)
		o->error = journal_add(&o->journal, line->data, line->len, now);
	else if (o->order == OUTLET_FINISH)
		write_line(o, line->data, line->len);
	else if (reorder_put(&o->waiting, number, line->data, line->len) != 0)
		o->error = ENOMEM;
	flush(o);
	if (o->error == 0 && o->where == OUTLET_REPLACEMENT)
		o->error = o->replacement.error;
}

void outlet_keep(struct outlet *o, long number, struct span record, double now)
{
	struct fault f;
	struct buf line;
	int again = 0, good = record_error(record).p == NULL;

	fault_clear(&f);
	if (!good)
		fault_read(record_error(record), &f, &again);
	tally_add(&o->stage->tally, good, again);
	buf_init(&line, 2 * MAX_RECORD);
	record_splice(&line, record);
	outlet_put(o, number, &line, now);
	buf_release(&line);
}

void outlet_tick(struct outlet *o, double now)
{
	if (o->where == OUTLET_JOURNAL && o->error == 0)
		o->error = journal_tick(&o->journal, now);
}

int outlet_unsynced(const struct outlet *o)
{
	return o->where == OUTLET_JOURNAL && o->journal.sync && o->journal.unsynced > 0 && o->error == 0;
}

int outlet_full(const struct outlet *o)
{
	return o->waiting.bytes >= o->most;
}

int outlet_failed(const struct outlet *o)
{
	return o->error != 0 || o->stage->out.error != 0;
}

void outlet_tell_rest(const struct outlet *o, long inputs)
{
	const char *prog = o->stage->prog;

	if (o->where != OUTLET_OUT)
		tty_say(prog, "the same command goes on where this one stopped");
	else if (o->stage->out.error != 0)	/* that is told at the end, or nobody is there any more */
		return;
	else if (o->stage->out.temp != NULL)
		tty_say(prog, "%s was not written: with --resume FILE in its place the same command could go on", o->stage->out.path);
	else
		tty_say(prog, "%ld inputs were read; what was not sent of them is marked so in its record: with the output in FILE, "
		    "fb-send --retry-failed FILE sends it.  What comes after them has no record", inputs);
}

/* Where the output is cut short. */
static void tell_safe(const struct outlet *o)
{
	const struct buf *id = &o->safe_id;
	struct buf name;

	if (id->len == 0 || o->where == OUTLET_REPLACEMENT || o->stage->output != NULL)
		return;
	buf_init(&name, MAX_RECORD);
	span_decode((struct span){buf_text(id), id->len}, SPAN_REPLACE, &name);
	tty_say(o->stage->prog, "the last record that was written whole is that of %s", buf_text(&name));
	buf_release(&name);
}

/* 0, or -1: it was said. */
static int close_file(struct outlet *o)
{
	int error = o->error;

	if (o->where == OUTLET_REPLACEMENT && error == 0 && o->whole && !o->stage->broken)
		error = replace_commit(&o->replacement, &o->journal.file);
	else if (o->where == OUTLET_REPLACEMENT)
		replace_abort(&o->replacement);
	buf_add(&o->safe_id, o->journal.last.data, o->journal.last.len);
	if (o->where != OUTLET_OUT && journal_close(&o->journal) != 0 && error == 0)
		error = o->journal.error;
	if (error != 0)
		tty_say(o->stage->prog, "%s: %s%s", o->path != NULL ? o->path : "standard output", words(error),
		    o->where == OUTLET_REPLACEMENT ? ": it is as it was" : "");
	return error == 0 ? 0 : -1;
}

int outlet_end(struct outlet *o, int status)
{
	int bad = close_file(o);

	status = stage_end(o->stage, bad ? 3 : status);
	if (bad || (o->stage->out.error != 0 && o->stage->out.error != EPIPE))
		tell_safe(o);
	reorder_release(&o->waiting);
	buf_release(&o->last_id);
	buf_release(&o->safe_id);
	return status;
}
