/* chat.c - see chat.h. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "chat.h"
#include "file.h"
#include "json.h"
#include "lockfile.h"
#include "record.h"

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
		if (has_role(message, "assistant") &&
		    !(after_tool && span_eq(span_get(message, "content"), "I have processed the tool results.")))
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
		if (*status != 3 || access(path, R_OK | W_OK) != 0 || ++i == TRIES)
			return -1;
		nanosleep(&while_it_writes, NULL);
	}
	return 0;
}

/* What the file begins with, blanks and a byte order mark aside; '\0': nothing.  0, or an errno. */
static int first_byte(int fd, char *first)
{
	char some[512];
	ssize_t n, i;
	off_t at = 0;

	for (*first = '\0'; (n = pread(fd, some, sizeof some, at)) > 0; at += n)
		for (i = 0; i < n; i++)
			if (strchr(" \t\r\n\xef\xbb\xbf", some[i]) == NULL || some[i] == '\0') {
				*first = some[i];
				return 0;
			}
	return n < 0 ? errno : 0;
}

/* Is it lines?  0; -1 and why not, as a text; or an errno. */
static int check_lines(int fd, const char **why)
{
	struct stat st;
	char first, last = '\n';
	int error;

	if ((error = first_byte(fd, &first)) != 0)
		return error;
	if (fstat(fd, &st) != 0 || (st.st_size > 0 && pread(fd, &last, 1, st.st_size - 1) < 0))
		return errno;
	*why = NULL;
	if (first == '[')
		*why = "it is an array; a chat that grows is a message a line (jq -c '.[]' makes lines of an array)";
	else if (first != '\0' && first != '{')
		*why = "it is no chat: a message a line is due";
	else if (last != '\n')
		*why = "its last line has no line end: perhaps it was cut; see to it, and add the line end";
	return *why != NULL ? -1 : 0;
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
	error = check_lines(l.fd, &why);
	if (error == 0)
		error = lockfile_append(&l, buf_text(lines), lines->len);
	closed = lockfile_close(&l);
	if (error == 0)
		error = closed;
	if (error == 0)
		return 0;
	*status = error < 0 ? 2 : 3;
	return fault_set(f, F_INPUT, "%s: %s", path, error < 0 ? why : file_error(error));
}
