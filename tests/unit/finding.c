#include "finding.h"
#include "help.h"
#include "json5.h"
#include "tree.h"

static const struct rung a_rung = {.name = "tools"};

static void fill(struct finding *x, enum verdict verdict, const char *seen, const char *more, const char *advice)
{
	finding_init(x);
	x->rung = &a_rung;
	x->verdict = verdict;
	buf_adds(&x->told.seen, seen);
	buf_adds(&x->told.more, more);
	buf_adds(&x->advice, advice);
	if (verdict == PROBE_SET)
		x->set = (struct setting){"supportsTools", "false"};
}

static void line_of(long columns, enum verdict verdict, const char *seen, const char *more, const char *advice, const char *want)
{
	struct finding x;
	struct buf out;

	fill(&x, verdict, seen, more, advice);
	buf_init(&out, 64 << 10);
	finding_line(&out, &x, columns);
	is_buf(&out, want, want);
	buf_release(&out);
	finding_release(&x);
}

static void line(enum verdict verdict, const char *seen, const char *more, const char *advice, const char *want)
{
	line_of(0, verdict, seen, more, advice, want);
}

#define WIDE "tools             200                                       "

static void test_lines(void)
{
	line(PROBE_OK, "200", "", "", WIDE "ok");
	line(PROBE_OK, "200", "3.0 ms", "", WIDE "ok  3.0 ms");
	line(PROBE_NOTE, "200", "no call came", "", WIDE "note: no call came");
	line(PROBE_NOTE, "200", "once", "leave it out", WIDE "note: leave it out; once");
	line(PROBE_SET, "200", "", "", WIDE "set compat.supportsTools: false");
	line(PROBE_SET, "200", "the server died of it", "", WIDE "set compat.supportsTools: false; the server died of it");
	line(PROBE_LIMIT, "200", "", "reduce prompt pressure", WIDE "reduce prompt pressure");
	line(PROBE_FAILED, "200", "", "", WIDE "failed");
	line(PROBE_FAILED, "200", "more", "do it", WIDE "failed: do it; more");
	line(PROBE_LEFT, "200", "not sent", "", WIDE "-  not sent");
	/* broken where it is wider than the terminal, and there is something in front to break behind */
	line_of(80, PROBE_NOTE, "200", "no call", "", WIDE "note: no call");
	line_of(73, PROBE_NOTE, "200", "no call", "", WIDE "note: no call");
	line_of(72, PROBE_NOTE, "200", "no call", "", "tools             200\n                  note: no call");
	line_of(10, PROBE_LEFT, "", "not sent", "", "tools                                                       -  not sent");
	/* a cell counts characters, and always ends by two blanks */
	line(PROBE_OK, "\xE2\x82\xAC 5", "", "", "tools             \xE2\x82\xAC 5                                       ok");
	line(PROBE_OK, "a cell that is wider than the column of forty", "", "", "tools             a cell that is wider than the column of forty  ok");
}

/* The record of a finding is one line of JSON. */
static struct span record(struct buf *out, const struct finding *x, const char *name)
{
	struct span v = SPAN_NIL;
	struct span_err err;

	buf_clear(out);
	finding_json(out, x);
	ok(!out->failed && memchr(out->data, '\n', out->len) == NULL && span_check(out->data, out->len, MAX_DEPTH, &v, &err) == 0,
	    "%s: a line of JSON", name);
	return v;
}

static void test_json(void)
{
	struct finding x;
	struct buf out;
	struct span v;

	buf_init(&out, 1 << 20);
	fill(&x, PROBE_SET, "500 \"no\"\n\001\xFF\xC0\x80\\", "more\033", "");
	fault_set(&x.fault, F_TOOLS_UNSUPPORTED, "500 \"tools\" \\\n\002\xFF");
	fault_hint(&x.fault, "a \"hint\"\t");
	x.status = 500;
	x.ms = 1.5;
	buf_adds(&x.request, "{\"custom_id\":\"tools\"}");
	v = record(&out, &x, "hostile texts");
	is_span(span_get(v, "rung"), "\"tools\"", "the rung");
	is_span(span_get(v, "verdict"), "\"set\"", "the verdict");
	is_span(span_get(span_get(v, "set"), "supportsTools"), "false", "the flag");
	is_span(span_get(v, "advice"), "null", "no advice is null");
	is_span(span_get(v, "status"), "500", "the status");
	is_span(span_get(v, "ms"), "1.500", "the time");
	is_span(span_get(span_get(v, "error"), "code"), "\"tools_unsupported\"", "the fault");
	is_span(span_get(span_get(v, "request"), "custom_id"), "\"tools\"", "the request");
	x.set = (struct setting){"maxTokensField", "max_tokens"};
	v = record(&out, &x, "a flag that is a text");
	is_span(span_get(span_get(v, "set"), "maxTokensField"), "\"max_tokens\"", "in quotes");
	finding_release(&x);

	fill(&x, PROBE_LEFT, "", "", "");
	v = record(&out, &x, "nothing at all");
	is_span(span_get(v, "set"), "null", "no flag");
	is_span(span_get(v, "error"), "null", "no fault");
	is_span(span_get(v, "request"), "null", "no request");
	is_span(span_get(v, "verdict"), "\"left\"", "left");
	finding_release(&x);
	buf_release(&out);
}

/* What is to be pasted, in braces and read as a configuration is. */
static void read_block(struct tree *t, struct tree_file *file, jv flags, const char *model)
{
	struct json5_err err;
	struct value *v;

	tree_init(t);
	memset(file, 0, sizeof *file);
	buf_init(&file->text, 1 << 20);
	buf_adds(&file->text, model != NULL ? "[" : "{");
	finding_block(&file->text, flags, model);
	buf_adds(&file->text, model != NULL ? "]" : "}");
	v = json5_read(t, file, &err);
	ok(v != NULL, "the block can be read: %s", v == NULL ? err.what : shown(buf_text(&file->text)));
	v = model != NULL ? tree_nth(v, 0) : v;
	if (model != NULL)
		is(tree_get_text(v, "id"), model, "the model's id is in it");
	v = tree_get(v, "compat");
	ok(tree_is(tree_get(v, "supportsTools"), SPAN_FALSE) && tree_is(tree_get(v, "requiresStringContent"), SPAN_TRUE), "true and false");
	is(tree_get_text(v, "maxTokensField"), "max_tokens", "a text");
	is(tree_get_text(v, "a \"b\"\n"), "\xE2\x80\xA8'\\", "a name that needs quotes, and its text");
	ok(tree_get(v, "7up") != NULL && tree_get(v, "") != NULL, "names that begin otherwise, or don't");
	ok(tree_count(v) == 6, "and nothing else");
	tree_release(t);
	buf_release(&file->text);
}

static void test_block(void)
{
	struct tree t;
	struct tree_file file;
	struct buf out;
	jv flags = jv_object();

	flags = finding_set(flags, (struct setting){"requiresStringContent", "false"});
	flags = finding_set(flags, (struct setting){"requiresStringContent", "true"});
	buf_init(&out, 4096);
	finding_block(&out, flags, NULL);
	is_buf(&out, "compat: {\n  requiresStringContent: true,\n},\n", "the later setting counts");
	buf_clear(&out);
	finding_block(&out, flags, "a/b");
	is_buf(&out, "{\n  id: \"a/b\",\n  compat: {\n    requiresStringContent: true,\n  },\n},\n", "an entry of its own");
	buf_release(&out);
	flags = finding_set(flags, (struct setting){"supportsTools", "false"});
	flags = finding_set(flags, (struct setting){"maxTokensField", "max_tokens"});
	flags = jv_object_set(flags, jv_string("a \"b\"\n"), jv_string("\xE2\x80\xA8'\\"));
	flags = jv_object_set(flags, jv_string("7up"), jv_true());
	flags = jv_object_set(flags, jv_string(""), jv_null());
	read_block(&t, &file, flags, NULL);
	read_block(&t, &file, flags, "google/\"gemma\"\\4");
	jv_free(flags);
}

int main(void)
{
	test_lines();
	test_json();
	test_block();
	return done();
}
