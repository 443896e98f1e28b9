/* stage.c - see stage.h. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "limits.h"
#include "stage.h"
#include "tty.h"

void stage_start(struct stage *s, const char *prog, const char *name)
{
	int fd;

	for (fd = 0; fd <= 2; fd++)	/* reading from fd 0 or writing to 1 then gives EBADF, as it should */
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
		    open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) < 0)
			break;
	memset(s, 0, sizeof *s);
	s->prog = prog;
	s->name = name;
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

int stage_open(struct stage *s, const char *output)
{
	return out_open(&s->out, output) == 0 ? 0 : output_failed(s);
}

int stage_cannot(struct stage *s, const struct fault *f)
{
	struct buf line;

	tty_say(s->prog, "%s%s%s%s", f->message, f->hint[0] != '\0' ? " (" : "", f->hint,
	    f->hint[0] != '\0' ? ")" : "");
	if (!isatty(s->out.fd)) {
		buf_init(&line, MAX_RECORD);
		buf_adds(&line, "{\"error\":");
		fault_write(&line, f, s->name);
		buf_addc(&line, '}');
		out_line(&s->out, &line);
		buf_release(&line);
	}
	return 2;
}

void stage_broken(struct stage *s, const char *file, int error)
{
	tty_say(s->prog, "%s: %s", file, file_error(error));
	s->broken = 1;
}

int stage_end(struct stage *s, int status)
{
	out_close(&s->out, status == 0 && !s->broken);
	if (s->out.error != 0)
		return output_failed(s);
	return s->broken ? 3 : status;
}
