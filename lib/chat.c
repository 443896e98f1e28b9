/* chat.c - see chat.h. */
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "chat.h"
#include "compatmsg.h"
#include "file.h"
#include "json.h"
#include "limits.h"
#include "lockfile.h"
#include "record.h"
#include "same.h"

/* How often, and how long in between, a file is tried that another process has. */
enum { TRIES = 150, WAIT_MS = 20 };

static int has_role(struct span message, const char *role)
{
	return span_eq(span_get(message, "role"), role);
}

/*
 * The last answer of a model.  What compat's requiresAssistantAfterToolResult
 * put behind a tool result is none: the result belongs to this turn.
 */
static struct span last_assistant(struct span messages)
{
	struct span_iter it = span_each(messages);
	struct span key, message, last = SPAN_NIL;
	int after_tool = 0;

	for (; span_next(&it, &key, &message); after_tool = has_role(message, "tool"))
		if (has_role(message, "assistant") && !(after_tool && span_eq(span_get(message, "content"), COMPATMSG_AFTER_RESULT)))
			last = message;
	return last;
}

/* The messages behind `last`, or all; how many they are. */
static int add_users(struct buf *lines, struct span messages, struct span last)
{
	struct span_iter it = span_each(messages);
	struct span key, message;
	int n = 0;

	while (span_next(&it, &key, &message)) {
		if ((last.p != NULL && message.p <= last.p) || has_role(message, "system") || has_role(message, "developer") ||
		    has_role(message, "assistant"))
			continue;
		record_splice(lines, message);
		buf_addc(lines, '\n');
		n++;
	}
	return n;
}

/* A call without an id gets one, or its result could not name it. */
static void add_call(struct buf *lines, struct span call, int number)
{
	struct span id = span_get(call, "id"), arguments = span_get(call, "arguments");

	buf_adds(lines, "{\"id\":");
	if (span_kind(id) == SPAN_STRING && id.n > 2)
		buf_add(lines, id.p, id.n);
	else
		buf_addf(lines, "\"call_%d\"", number);
	buf_adds(lines, ",\"type\":\"function\",\"function\":{\"name\":");
	record_splice(lines, span_get(call, "name"));
	buf_adds(lines, ",\"arguments\":");
	json_quote(lines, arguments.p, arguments.n);
	buf_adds(lines, "}}");
}

static void add_answer(struct buf *lines, const struct answer *a)
{
	struct span_iter it = span_each((struct span){a->calls.data, a->calls.len});
	struct span key, call;
	int n = 0;

	buf_adds(lines, "{\"role\":\"assistant\",\"content\":");
	if (a->text.len > 0 || a->calls.len == 0)
		json_quote(lines, buf_text(&a->text), a->text.len);
	else
		buf_adds(lines, "null");
	while (span_next(&it, &key, &call)) {
		buf_adds(lines, n++ == 0 ? ",\"tool_calls\":[" : ",");
		add_call(lines, call, n);
	}
	buf_adds(lines, n > 0 ? "]}\n" : "}\n");
}

int chat_turn(struct span request_body, const struct answer *a, struct buf *lines, struct fault *f)
{
	struct span messages = span_get(request_body, "messages");

	fault_clear(f);
	if (span_kind(messages) != SPAN_ARRAY)
		return fault_set(f, F_INPUT, "the request has no messages");
	if (add_users(lines, messages, last_assistant(messages)) == 0)
		return fault_set(f, F_INPUT, "the request has no message of the user behind the last one of the model: there is no turn to save");
	add_answer(lines, a);
	return lines->failed ? fault_set(f, F_INPUT, "the turn is too large") : 0;
}

/* The lock of another process is waited for; what else is wrong stays so. */
static int open_locked(struct lockfile *l, const char *path, int *status, struct fault *f)
{
	const struct timespec while_it_writes = {0, WAIT_MS * 1000000L};
	int i = 0;

	while (lockfile_open(l, path, 1, status, f) != 0) {
		if (*status != 3 || access(path, R_OK | W_OK) != 0)
			return -1;
		if (++i == TRIES)	/* any program of ours, or another */
			return fault_set(f, F_INPUT, "%s: another process is writing it", path);
		nanosleep(&while_it_writes, NULL);
	}
	*status = 0;	/* of the tries before */
	return 0;
}

/* The value at *p, and *p behind it: 1; 0 at the end; -1: no object, and *p is where. */
static int next_message(const char **p, const char *end, struct span *message)
{
	struct span left = span_trim((struct span){*p, (size_t)(end - *p)});
	struct span_err err;

	*p = left.p;
	if (left.n == 0)
		return 0;
	if (left.p[0] != '{' || span_first(left.p, left.n, MAX_DEPTH, message, &err) != 0)
		return -1;
	*p = message->p + message->n;
	return 1;
}

/* What is behind the last assistant message of the file: 0; or -1, and why it is no chat that can grow. */
static int read_chat(const struct buf *file, struct span *behind, const char **why)
{
	static const char bom[] = "\xef\xbb\xbf";
	const char *p = buf_text(file), *end = p + file->len;
	struct span message;
	int got;

	if (file->len >= 3 && memcmp(p, bom, 3) == 0)
		p += 3;
	*behind = (struct span){p, (size_t)(end - p)};
	while ((got = next_message(&p, end, &message)) > 0)
		if (has_role(message, "assistant"))
			*behind = (struct span){p, (size_t)(end - p)};
	*why = NULL;
	if (file->len > 0 && end[-1] != '\n' && (got == 0 || *p == '{'))
		*why = "its last line has no line end: perhaps it was cut; see to it, and add the line end";
	else if (got < 0)
		*why = "it is no chat that can grow: a message a line is due, no array (jq -c '.[]' makes lines of one)";
	return *why != NULL ? -1 : 0;
}

/* A tool's result is known by its call: what was sent of it may be spelt otherwise. */
static int same_message(struct span a, struct span b)
{
	if (has_role(a, "tool") && has_role(b, "tool"))
		return span_same(span_get(a, "tool_call_id"), span_get(b, "tool_call_id"));
	return same_values(a, b);
}

/*
 * How many bytes of the turn the file has already: somebody wrote a tool's
 * result, or a question, behind its last answer, and sent that.  0 unless all
 * of what stands there is what the turn begins with.
 */
static size_t known(struct span behind, const struct buf *lines)
{
	const char *p = behind.p, *end = behind.p + behind.n, *at = buf_text(lines), *stop = at + lines->len;
	struct span there, ours;

	while (next_message(&p, end, &there) > 0) {
		if (has_role(there, "system") || has_role(there, "developer"))
			continue;
		if (next_message(&at, stop, &ours) <= 0 || !same_message(there, ours))
			return 0;
	}
	return at == buf_text(lines) ? 0 : (size_t)(at - buf_text(lines)) + 1;
}

/* 0; an errno; or -1 and why it is no chat that can grow. */
static int append(struct lockfile *l, const struct buf *lines, const char **why)
{
	struct buf file;
	struct span behind = SPAN_NIL;
	size_t skip;
	int error;

	buf_init(&file, MAX_RECORD);
	if ((error = file_read_fd(l->fd, &file)) == 0)
		error = read_chat(&file, &behind, why);
	if (error == 0) {
		skip = known(behind, lines);
		error = lockfile_append(l, buf_text(lines) + skip, lines->len - skip);
	}
	buf_release(&file);
	return error;
}

int chat_save(const char *path, const struct buf *lines, struct fault *f, int *status)
{
	struct lockfile l;
	const char *why = NULL;
	int error, closed;

	*status = 0;
	fault_clear(f);
	if (open_locked(&l, path, status, f) != 0)
		return -1;
	error = append(&l, lines, &why);
	closed = lockfile_close(&l);
	if (error == 0)
		error = closed;
	if (error == 0)
		return 0;
	*status = error < 0 ? 2 : 3;
	return fault_set(f, F_INPUT, "%s: %s", path, error < 0 ? why : file_error(error));
}
