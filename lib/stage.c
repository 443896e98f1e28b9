/* stage.c - see stage.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "json.h"
#include "limits.h"
#include "stage.h"

void stage_start(struct stage *s, const char *prog, const char *name)
{
	int fd;

	for (fd = 0; fd <= 2; fd++)	/* reading from fd 0 or writing to 1 then gives EBADF, as it should */
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
		    open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) < 0)
			break;
	memset(s, 0, sizeof *s);
	tty_program(prog);
	json_no_memory(tty_no_memory);
	buf_no_memory(tty_no_memory);	/* a record that lost a part of it would go on as a good one */
	s->prog = prog;
	s->name = name;
	s->teller.prog = prog;
	s->refuse = stage_refuse;
	s->out.fd = STDOUT_FILENO;
}

static int output_failed(struct stage *s)
{
	if (s->out.error == EPIPE)
		return 141;
	if (s->out.error == ENOMEM)
		tty_say(s->prog, "out of memory, or a record over %lu bytes", MAX_RECORD);
	else
		tty_say(s->prog, "%s: %s", s->out.path != NULL ? s->out.path : "standard output", file_error(s->out.error));
	return 3;
}

int stage_option(struct stage *s, int id, const char *value)
{
	if (id == 'o')
		s->output = value;
	else if (id == 'q')
		s->quiet = 1;
	return id == 'o' || id == 'q';
}

int stage_open(struct stage *s)
{
	if (out_open(&s->out, s->output) != 0)
		return output_failed(s);
	tty_temporary(s->out.temp);
	return 0;
}

static void emit(struct stage *s, struct buf *line)
{
	if (s->emit != NULL)
		s->emit(s, line);
	else
		out_line(&s->out, line);
}

void stage_tell(struct stage *s, struct span id, const struct fault *f)
{
	struct buf name;

	if (s->quiet || (!s->last && !s->bare && tty_piped(s->out.fd)))
		return;
	out_flush(&s->out);	/* in the order of the records */
	buf_init(&name, MAX_RECORD);
	span_decode(id, SPAN_REPLACE, &name);
	tell(&s->teller, buf_text(&name), f);
	buf_release(&name);
}

void stage_refuse(struct stage *s, struct span id, const char *place, struct fault *f)
{
	struct buf line;

	fault_prefix(f, place);
	buf_init(&line, MAX_RECORD);
	buf_addf(&line, "{\"custom_id\":%.*s,\"error\":", (int)id.n, id.p);
	fault_write(&line, f, s->name);
	buf_addc(&line, '}');
	if (!s->bare)
		emit(s, &line);
	buf_release(&line);
	tally_add(&s->tally, 0, fault_retryable(f->code));
	stage_tell(s, id, f);
}

void stage_pass(struct stage *s, struct span rec)
{
	struct buf line;
	struct fault f;
	int again;

	buf_init(&line, MAX_RECORD);
	fault_read(record_error(rec), &f, &again);
	if (s->bare) {
		record_id(&line, rec, 1, s->ordinal);
		stage_tell(s, (struct span){buf_text(&line), line.len}, &f);
	} else {
		record_splice(&line, rec);
		emit(s, &line);
	}
	buf_release(&line);
	tally_add(&s->tally, 0, again);
}

static void refuse_line(struct stage *s, enum read_result got, const struct span_err *err, const char *place)
{
	struct fault f;
	char id[32];
	int n = snprintf(id, sizeof id, "\"%ld\"", s->ordinal);

	if (got == READ_LONG)
		fault_set(&f, F_INPUT, "a record over %lu bytes", MAX_RECORD);
	else
		fault_set(&f, F_INPUT, "not JSON: %s at column %zu", err->what, err->at + 1);
	s->refuse(s, (struct span){id, (size_t)n}, place, &f);
}

int stage_over(const struct stage *s)
{
	return s->out.error != 0 || (s->stop != NULL && *s->stop != 0) || (s->limit > 0 && s->given >= s->limit);
}

void stage_values(struct stage *s, struct reader *in, const char *name)
{
	struct span value;
	struct span_err err;
	enum read_result got = READ_END;
	char place[512];

	while (!stage_over(s) && (got = reader_value(in, &value, &err)) != READ_END) {
		if (got == READ_FAILED)
			break;
		reader_place(in, name, ++s->ordinal, place, sizeof place);
		s->given++;
		if (got == READ_OK)
			s->each(s, value, place);
		else
			refuse_line(s, got, &err, place);
	}
}

static double size_of(const char *path)
{
	int std = path == NULL || strcmp(path, "-") == 0;
	struct stat st;
	off_t at = std ? lseek(STDIN_FILENO, 0, SEEK_CUR) : 0;

	if ((std ? fstat(STDIN_FILENO, &st) : stat(path, &st)) != 0 || !S_ISREG(st.st_mode) || at < 0 || st.st_size < at)
		return 0;
	return (double)(st.st_size - at);
}

double stage_size(char **files)
{
	double size = *files == NULL ? size_of(NULL) : 0, one = 1;

	for (; *files != NULL && one > 0; files++)
		size += one = size_of(*files);
	return one > 0 ? size : 0;
}

/* Behind what was handed out of a file; 0 where places have no number. */
static double place_in(const struct reader *in)
{
	off_t at = lseek(in->fd, 0, SEEK_CUR);

	return at < 0 ? 0 : (double)at - (double)(in->buf.len - in->at);
}

double stage_read(const struct stage *s)
{
	return s->before + (s->in != NULL ? place_in(s->in) - s->from : 0);
}

/* An error of the stage itself, for the stages behind it; the last one has said it, and a person reads stderr. */
static void write_error(struct stage *s, const struct fault *f)
{
	struct buf line;

	if (s->last || s->bare || isatty(s->out.fd))
		return;
	buf_init(&line, MAX_RECORD);
	buf_adds(&line, "{\"error\":");
	fault_write(&line, f, s->name);
	buf_addc(&line, '}');
	emit(s, &line);
	buf_release(&line);
}

/* Input failed (errno): told in an error record too, since what the next stage gets is cut short. */
static void broken(struct stage *s, const char *file, int error)
{
	struct fault f;

	fault_set(&f, F_INPUT, "%s: %s", file, file_error(error));
	tty_say(s->prog, "%s", f.message);
	write_error(s, &f);
	s->broken = 1;
}

static void one_file(struct stage *s, int fd, const char *name, stage_file_fn *fn)
{
	struct reader own, *in = &own;
	long from;

	reader_init(&own, fd);
	if (fd == STDIN_FILENO && s->ahead != NULL)
		in = s->ahead;
	in->stop = s->stop;
	in->wait = s->wait;
	s->in = in;
	if (s->collects)
		out_collect(&s->out, in);
	from = in->next_line;
	s->from = place_in(in);
	fn(s, in, name);
	s->before = stage_read(s);
	s->blanks |= in->next_line > from;
	if (s->collects)
		out_collect(&s->out, NULL);
	if (in->error != 0)
		broken(s, name != NULL ? name : "standard input", in->error);
	s->in = NULL;
	reader_release(&own);
}

void stage_files(struct stage *s, char **files, stage_file_fn *fn)
{
	int fd;

	if (*files == NULL)
		one_file(s, STDIN_FILENO, NULL, fn);
	for (; *files != NULL && !stage_over(s); files++) {
		if (strcmp(*files, "-") == 0) {
			one_file(s, STDIN_FILENO, NULL, fn);
		} else if ((fd = open(*files, O_RDONLY | O_CLOEXEC)) < 0) {
			broken(s, *files, errno);
		} else {
			one_file(s, fd, *files, fn);
			close(fd);
		}
	}
}

void stage_each(struct stage *s, char **files)
{
	stage_files(s, files, stage_values);
}

int stage_cannot(struct stage *s, const struct fault *f)
{
	tty_say(s->prog, "%s%s%s%s", f->message, f->hint[0] != '\0' ? " (" : "", f->hint,
	    f->hint[0] != '\0' ? ")" : "");
	write_error(s, f);
	return 2;
}

int stage_cannot_all(struct stage *s, const struct buf *lines)
{
	const char *p = buf_text(lines), *end;
	struct fault f;

	fault_set(&f, F_CONFIG, "%.*s", (int)strcspn(p, "\n"), p);
	for (; *p != '\0'; p = end + (*end == '\n')) {
		end = p + strcspn(p, "\n");
		tty_say(s->prog, "%.*s", (int)(end - p), p);
	}
	write_error(s, &f);
	return 2;
}

void stage_warnings(struct stage *s, const struct buf *lines)
{
	const char *p = buf_text(lines), *end;

	for (; *p != '\0' && !s->quiet; p = end + (*end == '\n')) {
		end = p + strcspn(p, "\n");
		tty_say(s->prog, "warning: %.*s", (int)(end - p), p);
	}
}

void stage_warn(struct stage *s, const char *text)
{
	if (text[0] != '\0' && !s->quiet)
		tty_say(s->prog, "warning: %s", text);
}

int stage_end(struct stage *s, int status)
{
	tell_end(&s->teller);
	tty_temporary(NULL);
	out_close(&s->out, (status == 0 || (s->reports && status == 1)) && !s->broken);
	if (s->out.error != 0)
		return output_failed(s);
	return s->broken ? 3 : status;
}
