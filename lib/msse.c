/* msse.c - see msse.h. */
#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "msse.h"

enum {
	JOINED = 3,		/* events in a chunk */
	FILL = 1 << 20		/* bytes of white space in a huge event */
};

static const struct {
	const char *name;
	unsigned bit;
} knobs[] = {
	{"crlf", MSSE_CRLF},
	{"cr", MSSE_CR},
	{"no-space", MSSE_NO_SPACE},
	{"multiline", MSSE_MULTILINE},
	{"comments", MSSE_COMMENTS},
	{"event-names", MSSE_EVENT_NAMES},
	{"ids", MSSE_IDS},
	{"bom", MSSE_BOM},
	{"split", MSSE_SPLIT},
	{"join", MSSE_JOIN},
	{"huge", MSSE_HUGE},
	{"no-last-blank", MSSE_NO_LAST_BLANK},
	{"close", MSSE_CLOSE},
	{"no-role", MSSE_NO_ROLE},
	{"finish-with-text", MSSE_FINISH_WITH_TEXT},
	{"no-index", MSSE_NO_INDEX},
	{"empty-id", MSSE_EMPTY_ID},
	{"null-id", MSSE_NULL_ID},
	{"args-object", MSSE_ARGS_OBJECT},
	{"whole-call", MSSE_WHOLE_CALL},
	{"logprobs", MSSE_LOGPROBS},
	{"no-done", MSSE_NO_DONE},
	{"no-finish", MSSE_NO_FINISH},
};
enum { KNOBS = sizeof knobs / sizeof *knobs };

/* "crlf, cr, no-space" */
static void all_names(char *out, size_t size)
{
	size_t i, n = 0;

	for (i = 0; i < KNOBS && n < size; i++)
		n += (size_t)snprintf(out + n, size - n, "%s%s", i > 0 ? ", " : "", knobs[i].name);
}

int msse_knobs(const char *text, unsigned *bits, char *err, size_t size)
{
	char names[400];
	size_t n, i;

	for (;; text += n + 1) {
		n = strcspn(text, ",");
		for (i = 0; i < KNOBS; i++)
			if (strlen(knobs[i].name) == n && strncmp(knobs[i].name, text, n) == 0)
				break;
		if (i == KNOBS) {
			all_names(names, sizeof names);
			snprintf(err, size, "no such knob: %.*s (there are: %s)",
			    n > 40 ? 40 : (int)n, text, names);
			return -1;
		}
		*bits |= knobs[i].bit;
		if (text[n] == '\0')
			return 0;
	}
}

static void fail(struct mreply *to)
{
	buf_room(to->out, to->out->max + 1);	/* half a stream is no stream */
}

/* The data's lines: a comma that is no part of a string is where JSON may have a line break. */
static void data_lines(struct buf *out, const char *field, const char *eol,
    struct span data, unsigned how)
{
	size_t i, from = 0;
	int inside = 0;

	for (i = 0; (how & MSSE_MULTILINE) && i < data.n; i++) {
		if (data.p[i] == '\\' && inside)
			i++;
		else if (data.p[i] == '"')
			inside = !inside;
		else if (data.p[i] == ',' && !inside) {
			buf_adds(out, field);
			buf_add(out, data.p + from, i + 1 - from);
			buf_adds(out, eol);
			from = i + 1;
		}
	}
	buf_adds(out, field);
	if ((how & MSSE_HUGE) && from == 0 && data.n > 0 && data.p[0] == '{') {
		char *fill;

		buf_addc(out, '{');
		if ((fill = buf_room(out, FILL)) != NULL) {
			memset(fill, ' ', FILL);
			buf_wrote(out, FILL);
		}
		from = 1;
	}
	buf_add(out, data.p + from, data.n - from);
	buf_adds(out, eol);
}

static const char *line_end(unsigned how)
{
	return how & MSSE_CRLF ? "\r\n" : how & MSSE_CR ? "\r" : "\n";
}

static void frame(struct mreply *to, struct buf *out, struct span data)
{
	unsigned how = to->sse;
	const char *eol = line_end(how);

	if (to->events == 0 && (how & MSSE_BOM))
		buf_adds(out, "\xEF\xBB\xBF");
	if (to->events > 0 && (how & MSSE_NO_LAST_BLANK))
		buf_adds(out, eol);	/* the blank line of the one before, which wasn't the last */
	if (to->events != 1)
		how &= ~(unsigned)MSSE_HUGE;
	if (how & MSSE_COMMENTS) {
		buf_adds(out, ": fluff");
		buf_adds(out, eol);
		buf_adds(out, eol);
	}
	if (how & MSSE_IDS)
		buf_addf(out, "id: %zu%sretry: 3000%s", to->events + 1, eol, eol);
	if (how & MSSE_EVENT_NAMES) {
		buf_adds(out, "event: message");
		buf_adds(out, eol);
	}
	data_lines(out, how & MSSE_NO_SPACE ? "data:" : "data: ", eol, data, how);
	if (!(how & MSSE_NO_LAST_BLANK))
		buf_adds(out, eol);
}

/* Each piece goes out by itself, so that the other side's reads end there too. */
static void send_alone(struct mreply *to, const char *p, size_t n)
{
	mreply_piece(to, (struct span){p, n});
	mreply_cue(to, MCUE_WAIT, 0);
}

/* Inside "data:", and behind the first byte of the first character that has several. */
static void send_split(struct mreply *to, struct span event)
{
	size_t i = 2;

	send_alone(to, event.p, i < event.n ? i : event.n);
	if (event.n <= i)
		return;
	while (i < event.n && (unsigned char)event.p[i] < 0xC0)
		i++;
	i = i + 1 < event.n ? i + 1 : 5;
	send_alone(to, event.p + 2, i - 2);
	send_alone(to, event.p + i, event.n - i);
}

static void send_odd(struct mreply *to, struct span data)
{
	struct buf event;
	struct span s;

	buf_init(&event, to->out->max);
	frame(to, &event, data);
	s = (struct span){buf_text(&event), event.len};
	if (event.failed)
		fail(to);
	else if (to->sse & MSSE_SPLIT)
		send_split(to, s);
	else if (to->sse & MSSE_JOIN)
		mreply_part(to, s, to->events % JOINED == JOINED - 1);
	else
		mreply_piece(to, s);
	buf_release(&event);
}

static void send(struct mreply *to, struct span data)
{
	static const struct span before = {"data: ", 6}, after = {"\n\n", 2};

	if ((to->sse & MSSE_FRAMING) != 0)
		send_odd(to, data);
	else
		mreply_pieces(to, before, data, after);
	to->events++;
}

void msse_event(struct mreply *to, const struct buf *json)
{
	if (json->failed)
		fail(to);
	else
		send(to, (struct span){buf_text(json), json->len});
}

void msse_text(struct mreply *to, const char *text)
{
	send(to, span_of(text));
}

void msse_comment(struct mreply *to)
{
	struct span eol = span_of(line_end(to->sse));

	if (to->open != 0) {	/* events that are joined wait no longer */
		mreply_part(to, span_of(":"), 0);
		mreply_part(to, eol, 0);
		mreply_part(to, eol, 1);
	} else
		mreply_pieces(to, span_of(":"), eol, eol);
}
