/* show.c - see show.h. */
#include <string.h>
#include <unistd.h>

#include "limits.h"
#include "show.h"
#include "tty.h"

void show_init(struct show *s, struct out *out)
{
	memset(s, 0, sizeof *s);
	s->out = out;
	live_init(&s->live);
	buf_init(&s->live_id, MAX_RECORD);
}

void show_release(struct show *s)
{
	live_release(&s->live);
	buf_release(&s->live_id);
}

/* The answer begins on a line of its own. */
static void end_reasoning(struct show *s)
{
	if (s->reasoned && write(STDERR_FILENO, "\n", 1) < 0)
		return;
	s->reasoned = 0;
}

void show_put(struct show *s, const char *p, size_t n)
{
	struct buf shown;

	if (n == 0)
		return;
	end_reasoning(s);
	s->last = p[n - 1];
	if (!s->terminal || s->no_escape) {
		out_write(s->out, p, n);
		return;
	}
	buf_init(&shown, 8 * MAX_RECORD);
	tty_harmless(&shown, p, n);
	out_write(s->out, buf_text(&shown), shown.len);
	buf_release(&shown);
}

/* Reasoning is for the eye only: dimmed, on stderr. */
static void put_reasoning(struct show *s, const struct buf *text)
{
	struct buf shown;

	if (text->len == 0 || !s->terminal || !isatty(STDERR_FILENO) || s->quiet)
		return;
	buf_init(&shown, 8 * MAX_RECORD);
	tty_dim(&shown, buf_text(text), text->len);
	if (write(STDERR_FILENO, buf_text(&shown), shown.len) < 0) {
		/* nobody is left to see it */
	}
	s->reasoned = text->data[text->len - 1] != '\n';
	buf_release(&shown);
}

/* "==> ID <==" between the answers of several records on a terminal. */
static void put_head(struct show *s, struct span id)
{
	struct buf name;

	if (s->heads++ == 0 || !s->terminal || s->end != END_LF)
		return;
	buf_init(&name, MAX_RECORD);
	buf_adds(&name, "\n==> ");
	span_decode(id, SPAN_REPLACE, &name);
	buf_adds(&name, " <==\n");
	show_put(s, buf_text(&name), name.len);
	buf_release(&name);
}

static void end_line(struct show *s)
{
	if (s->last != '\n' && s->last != '\0')
		show_put(s, "\n", 1);
	s->last = '\0';
}

static int is_live(const struct show *s, struct span id)
{
	/* however it is spelt: \u00e9 and its own bytes are one id */
	return s->live_id.len > 0 && span_same((struct span){buf_text(&s->live_id), s->live_id.len}, id);
}

static void live_start(struct show *s, struct span id)
{
	end_line(s);
	live_release(&s->live);
	live_init(&s->live);
	buf_clear(&s->live_id);
	buf_add(&s->live_id, id.p, id.n);
	put_head(s, id);
}

/* The next piece of the live answer, or with no chunk what was held back of it. */
static void put_live(struct show *s, struct span chunk)
{
	struct buf text, reasoning;

	buf_init(&text, MAX_RECORD);
	buf_init(&reasoning, MAX_RECORD);
	if (chunk.p != NULL)
		live_add(&s->live, chunk, &text, &reasoning);
	else
		live_end(&s->live, &text, &reasoning);
	put_reasoning(s, &reasoning);
	show_put(s, buf_text(&text), text.len);
	buf_release(&text);
	buf_release(&reasoning);
}

void show_chunk(struct show *s, struct span id, struct span chunk, int first)
{
	int restart = span_eq(chunk, "restart");

	if (!is_live(s, id) && (s->live_id.len > 0 || (!first && !restart)))
		return;
	if (!is_live(s, id) || restart)
		live_start(s, id);
	put_live(s, chunk);
}

int show_end(struct show *s, struct span id)
{
	if (!is_live(s, id))
		return 0;
	put_live(s, SPAN_NIL);
	buf_clear(&s->live_id);
	end_line(s);
	return 1;
}

void show_calls(struct show *s, const struct answer *a)
{
	if (a->calls.len == 0)
		return;
	show_put(s, buf_text(&a->calls), a->calls.len);
	end_line(s);
}

void show_text(struct buf *out, const struct answer *a, enum ending end)
{
	struct buf text;

	buf_init(&text, MAX_RECORD);
	buf_add(&text, buf_text(&a->text), a->text.len);
	if (a->calls.len > 0) {
		if (text.len > 0 && text.data[text.len - 1] != '\n')
			buf_addc(&text, '\n');
		buf_add(&text, buf_text(&a->calls), a->calls.len);
	}
	if (end == END_LF && text.len > 0 && text.data[text.len - 1] == '\n')
		buf_cut(&text, text.len - 1);	/* its own line end is the end */
	ending_add(out, end, buf_text(&text), text.len);
	buf_release(&text);
}

void show_answer(struct show *s, struct span id, const struct answer *a)
{
	struct buf text;

	put_head(s, id);
	if (s->end == END_LF)
		put_reasoning(s, &a->reasoning);
	buf_init(&text, 8 * MAX_RECORD);
	show_text(&text, a, s->end);
	show_put(s, buf_text(&text), text.len);	/* one write, so a cut pipe never holds half an answer */
	buf_release(&text);
}

void show_value(struct show *s, struct span id, const char *p, size_t n)
{
	put_head(s, id);
	show_field(s, p, n);
}

void show_field(struct show *s, const char *p, size_t n)
{
	struct buf field;

	buf_init(&field, 8 * MAX_RECORD);
	ending_add(&field, s->end, p, n);
	show_put(s, buf_text(&field), field.len);
	buf_release(&field);
}
