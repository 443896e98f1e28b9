/* explain.c - see explain.h. */
#include <string.h>

#include "diff.h"
#include "explain.h"
#include "limits.h"
#include "tty.h"

static void say_lines(const struct explain *e, const struct buf *lines)
{
	const char *p = buf_text(lines), *end;

	for (; *p != '\0'; p = end + (*end == '\n')) {
		end = p + strcspn(p, "\n");
		tty_say(e->prog, "%.*s", (int)(end - p), p);
	}
}

/* Lines of the body at hand. */
static void give(struct explain *e, const struct buf *lines)
{
	if (e->bodies > 1)
		say_lines(e, lines);
	else
		buf_add(&e->first, buf_text(lines), lines->len);
}

static void begin(void *ctx, struct span ref)
{
	struct explain *e = ctx;
	struct buf head;

	buf_init(&head, MAX_RECORD);
	buf_adds(&head, e->place);
	span_decode(e->id, SPAN_REPLACE, &head);
	buf_adds(&head, " for ");
	span_decode(ref, SPAN_REPLACE, &head);
	e->before = 0;
	if (++e->bodies == 2) {
		tty_say(e->prog, "%s", buf_text(&e->head));
		say_lines(e, &e->first);
		buf_release(&e->first);
	}
	if (e->bodies > 1)
		tty_say(e->prog, "%s", buf_text(&head));
	else
		buf_add(&e->head, buf_text(&head), head.len);
	buf_release(&head);
}

static void changed(void *ctx, const struct compat *row, struct span before, struct span after)
{
	struct explain *e = ctx;
	struct buf diff, lines;
	const char *p, *end;

	if (e->before == 0)
		e->before = before.n;
	buf_init(&diff, MAX_RECORD);
	buf_init(&lines, MAX_RECORD);
	diff_write(&diff, before, after);
	for (p = buf_text(&diff); *p != '\0'; p = end + (*end == '\n')) {
		end = p + strcspn(p, "\n");
		buf_addf(&lines, "%s: %.*s\n", row->name, (int)(end - p), p);
	}
	give(e, &lines);
	buf_release(&lines);
	buf_release(&diff);
}

static void done(void *ctx, size_t before, size_t after)
{
	struct explain *e = ctx;
	struct buf line;

	buf_init(&line, 200);
	buf_addf(&line, "body %zu -> %zu bytes\n", e->before > 0 ? e->before : before, after);
	give(e, &line);
	buf_release(&line);
}

void explain_init(struct explain *e, const char *prog)
{
	memset(e, 0, sizeof *e);
	e->prog = prog;
	e->place = "";
	e->id = SPAN_NIL;
	e->watch = (struct compat_watch){changed, done, e, begin};
	buf_init(&e->head, MAX_RECORD);
	buf_init(&e->first, MAX_RECORD);
}

void explain_end(struct explain *e)
{
	if (e->bodies == 1)
		say_lines(e, &e->first);
	buf_release(&e->head);
	buf_release(&e->first);
}
