/* jqprog.c - see jqprog.h. */
#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "jqprog.h"
#include "json.h"
#include "limits.h"
#include "span.h"

/* Sets p->err, in one line. */
static void say(struct jqprog *p, const char *text, size_t n)
{
	size_t i, most = sizeof p->err - 4, keep = n <= most ? n : span_utf8(text, most);

	memcpy(p->err, text, keep);
	memcpy(p->err + keep, keep < n ? "..." : "", keep < n ? 4 : 1);
	for (i = 0; i < keep; i++)
		if ((unsigned char)p->err[i] < 0x20)
			p->err[i] = ' ';
}

static void say_value(struct jqprog *p, jv msg)
{
	const char *text = json_string(msg);
	struct buf json;
	size_t n;

	if (text != NULL) {
		for (n = strlen(text); n > 0 && text[n - 1] == '\n'; n--)
			;
		say(p, text, n);
		return;
	}
	buf_init(&json, MAX_RECORD);
	json_write(&json, msg);
	say(p, json.failed ? "a very long error" : buf_text(&json), json.failed ? 17 : json.len);
	buf_release(&json);
}

/* Takes `old`, where it stands in the text, and puts `new` there, which is no longer. */
static void replace(char *text, const char *old, const char *new)
{
	char *at = strstr(text, old);
	size_t n = strlen(new);

	if (at == NULL)
		return;
	memcpy(at, new, n);
	memmove(at + n, at + strlen(old), strlen(at + strlen(old)) + 1);
}

/*
 * What jq_compile would print: "jq: error: syntax error, unexpected $end
 * (Unix shell quoting issues?) at <top-level>, line 1:\nTHE LINE", then
 * "jq: 1 compile error".  The first one says it.
 */
static void compile_message(void *ctx, jv msg)
{
	struct jqprog *p = ctx;
	const char *text = json_string(msg), *lf;

	if (text != NULL && p->err[0] == '\0') {
		lf = strchr(text, '\n');
		say(p, text, lf != NULL ? (size_t)(lf - text) : strlen(text));
		replace(p->err, "jq: error: ", "");
		replace(p->err, " (Unix shell quoting issues?)", "");
		replace(p->err, " at <top-level>, line", " in line");
		replace(p->err, "unexpected $end", "unexpected end");
		replace(p->err, "expecting $end", "expecting end");
		if (p->err[0] != '\0' && p->err[strlen(p->err) - 1] == ':')
			p->err[strlen(p->err) - 1] = '\0';
	}
	jv_free(msg);
}

static jv no_input(jq_state *jq, void *ctx)
{
	(void)jq;
	(void)ctx;
	return jv_invalid_with_msg(jv_string("input: the program sees one value only"));
}

static void unheard(void *ctx, jv msg)
{
	(void)ctx;
	jv_free(msg);
}

/* libjq 1.7+ refuses a program of definitions or of nothing, which is `.` to 1.6. */
static int compile(struct jqprog *p, const char *text)
{
	struct buf whole;
	int good = jq_compile(p->jq, text);

	if (!good && strstr(p->err, "Top-level program not given") != NULL) {
		p->err[0] = '\0';
		buf_init(&whole, strlen(text) + 3);
		buf_addf(&whole, "%s\n.", text);	/* the line feed ends a comment */
		good = !whole.failed && jq_compile(p->jq, buf_text(&whole));
		buf_release(&whole);
	}
	return good;
}

int jqprog_init(struct jqprog *p, const char *text)
{
	p->err[0] = '\0';
	if ((p->jq = jq_init()) == NULL) {
		say(p, "no memory left", 14);
		return -1;
	}
	/* Without these an `import` runs into an assert. */
	jq_set_attr(p->jq, jv_string("JQ_ORIGIN"), jv_string("."));
	jq_set_attr(p->jq, jv_string("PROGRAM_ORIGIN"), jv_string("."));
	jq_set_attr(p->jq, jv_string("JQ_LIBRARY_PATH"), jv_array_append(jv_array(), jv_string("~/.jq")));
	jq_set_error_cb(p->jq, compile_message, p);
	jq_set_input_cb(p->jq, no_input, NULL);
	jq_set_debug_cb(p->jq, unheard, NULL);
	if (compile(p, text))
		return 0;
	if (p->err[0] == '\0')
		say(p, "it doesn't compile", 18);
	return -1;
}

void jqprog_release(struct jqprog *p)
{
	if (p->jq != NULL)
		jq_teardown(&p->jq);
	p->jq = NULL;
}

/* Arrays and objects in more than `depth` levels?  Borrows. */
static int too_deep(jv v, int depth)
{
	int i, n = json_count(v), deep = 0;
	jv child;

	if (depth == 0)
		return json_is_array(v) || json_is_object(v);
	if (json_is_object(v)) {
		for (i = json_first(v); !deep && json_more(v, i); i = json_step(v, i)) {
			child = json_val(v, i);
			deep = too_deep(child, depth - 1);
			jv_free(child);
		}
		return deep;
	}
	for (i = 0; !deep && i < n; i++) {
		child = json_at(v, i);
		deep = too_deep(child, depth - 1);
		jv_free(child);
	}
	return deep;
}

/* The value behind the last output, taken, says how the run ended: 0 well, -1 and p->err. */
static int ended(struct jqprog *p, jv end)
{
	jv msg;
	int bad = 1;

	if (jq_halted(p->jq)) {
		msg = jq_get_error_message(p->jq);
		if (jv_is_valid(msg))
			say_value(p, msg);
		else
			say(p, "the program halted", 18);
		jv_free(end);
	} else {
		msg = jv_invalid_get_msg(end);
		bad = jv_get_kind(msg) != JV_KIND_NULL;	/* error(null) has a message in 1.7+ */
		if (bad)
			say_value(p, msg);
	}
	jv_free(msg);
	return bad ? -1 : 0;
}

jv jqprog_run(struct jqprog *p, jv doc, int most)
{
	jv outputs = jv_array(), v;
	int n;

	p->err[0] = '\0';
	if (!jv_is_valid(doc)) {
		say(p, "no value", 8);
		jv_free(outputs);
		return doc;
	}
	jq_start(p->jq, doc, 0);
	for (n = 0; jv_is_valid(v = jq_next(p->jq)); n++) {
		if (n >= most)
			snprintf(p->err, sizeof p->err, "more than %d output%s", most, most == 1 ? "" : "s");
		else if (too_deep(v, MAX_JV_DEPTH))
			snprintf(p->err, sizeof p->err, "an output nested deeper than %d", MAX_JV_DEPTH);
		if (p->err[0] != '\0') {
			jv_free(v);
			jv_free(outputs);
			return jv_invalid();
		}
		outputs = jv_array_append(outputs, v);
	}
	if (ended(p, v) == 0)
		return outputs;
	jv_free(outputs);
	return jv_invalid();
}
