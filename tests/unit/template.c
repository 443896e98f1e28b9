#include "help.h"
#include "template.h"
#include "tap.h"

/* What filling in does with a JSON value; NULL: not found. */
static void fills(const char *text, const char *value, const char *want)
{
	char *p = exact(text, strlen(text));
	struct span v = json(value);
	struct template t;
	struct template_err err;
	struct buf out;
	size_t missing = 99;
	int got;

	buf_init(&out, 1000);
	buf_adds(&out, "<");
	if (!ok(template_read(&t, p, strlen(text), &err) == 0, "%s is a template", shown(text)))
		return;
	free(p);
	got = template_fill(&t, template_json, &v, &out, &missing);
	if (want == NULL) {
		ok(got == -1 && missing < t.nnames, "something is missing");
		is_buf(&out, "<", "nothing was added");
	} else {
		ok(got == 0 && missing == 99, "all was found");
		is(out.failed ? NULL : buf_text(&out) + 1, want, shown(text));
	}
	template_release(&t);
	template_release(&t);
	buf_release(&out);
}

static void test_text(void)
{
	fills("", "{}", "");
	fills("plain", "{}", "plain");
	fills("{a} }} }", "{}", "{a} }} }");
	fills("{", "{}", "{");
	fills("{{{{", "{}", "{{");
	fills("{{{{{", "{}", "{{{");
	fills("{{{{a}}", "{}", "{{a}}");
	fills("{{{{{{a}}", "{\"a\":1}", "{{1");
	fills("{{{a}}}", "{\"a\":1}", "{1}");
	fills("{\"x\":{{{a}}}}", "{\"a\":1}", "{\"x\":{1}}");
	fills("{{{{{{{a}}}", "{\"a\":1}", "{{{1}");
	fills("{{a}}{{a}}{{b}}", "{\"a\":1,\"b\":2}", "112");
	fills("x{{a}}", "{\"a\":1}", "x1");
	fills("{{a}}y", "{\"a\":1}", "1y");
	fills("{{ a }}{{\ta\n}}", "{\"a\":1}", "11");
	fills("{{a b}} {{ \xC3\xA9}}", "{\"a b\":1,\"\xC3\xA9\":2}", "1 2");
	fills("{{a{b}}{{c}d}}", "{\"a{b\":1,\"c}d\":2}", "12");
	fills("{{a}} {{b}}", "{\"a\":\"{{b}}{{{{\",\"b\":\"}}\"}", "{{b}}{{{{ }}");
}

static void test_values(void)
{
	/* REFERENCE 4.4: half a surrogate pair leaves nothing; a whole one is its character. */
	fills("{{a}}", "{\"a\":\"x\\ud800y\\ude00\"}", "xy");
	fills("{{.}}", "\"a\\n\\u00e9\"", "a\n\xC3\xA9");
	fills("{{ . }}", "[ 1 , \"a b\" ]", "[1,\"a b\"]");
	fills("{{.}}", "null", "");
	fills("{{.}}", "1.0", "1.0");
	fills("{{a}}", "{\"a\":null}", "");
	fills("{{a}}", "{\"a\":true}", "true");
	fills("{{a}}", "{\"a\":12345678901234567890}", "12345678901234567890");
	fills("{{a}}", "{\"a\":{ \"b\" :\t[1,\r\n2, \"x \\\" y\\\\\" ] , \"c\":1e5 } }", "{\"b\":[1,2,\"x \\\" y\\\\\"],\"c\":1e5}");
	fills("{{a}}", "{\"a\":1,\"a\":2}", "2");
	fills("{{a}}", "{\"a\":\"\\ud83d\\ude00\\ud83d\"}", "\xF0\x9F\x98\x80");
	fills("{{\xC3\xA9}}", "{\"\\u00e9\":1}", "1");
}

static void test_paths(void)
{
	const char *mail = "{\"mail\":{\"to\":[\"a\",\"b\"],\"subject\":\"hi\",\"no\":null},\"mail.cc\":\"c\",\"mail.subject\":\"whole\"}";

	fills("{{mail.to.1}}", mail, "b");
	fills("{{mail.to}}", mail, "[\"a\",\"b\"]");
	fills("{{mail.no}}", mail, "");
	fills("{{mail.cc}}", mail, "c");
	fills("{{mail.subject}}", mail, "whole");
	fills("x{{mail}}{{mail.bcc}}", mail, NULL);
	fills("{{mail.to.2}}", mail, NULL);
	fills("{{mail.to.x}}", mail, NULL);
	fills("{{mail.subject.x}}", "{\"mail\":{\"subject\":\"x\"}}", NULL);
	fills("{{Mail}}", mail, NULL);
	fills("{{..}}", mail, NULL);
	fills("{{a}}", "{}", NULL);
	fills("{{0}}", "[1]", NULL);
	fills("{{0}}", "\"text\"", NULL);
	fills("{{text}}", "\"text\"", NULL);
	fills("{{0}}", "{\"0\":1}", "1");
}

static void faulty(const char *text, size_t line, size_t column, const char *what)
{
	char *p = exact(text, strlen(text));
	struct template t;
	struct template_err err;

	ok(template_read(&t, p, strlen(text), &err) == -1, "%s is none", shown(text));
	ok(err.line == line && err.column == column, "%s: at %zu:%zu", shown(text), err.line, err.column);
	is(err.what, what, "says so");
	ok(t.nnames == 0 && t.npieces == 0, "nothing is left of it");
	free(p);
}

static void test_faults(void)
{
	static const char unclosed[] = "{{ that no }} ends ({{{{ writes {{)", nameless[] = "no name between {{ and }}";
	struct template t;
	struct template_err err;

	faulty("{{", 1, 1, unclosed);
	faulty("{{a", 1, 1, unclosed);
	faulty("{{a}", 1, 1, unclosed);
	faulty("ab {{c}} {{d", 1, 10, unclosed);
	faulty("{{a {{b}}", 1, 1, unclosed);
	faulty("{{{a", 1, 2, unclosed);
	faulty("{{{{{{a", 1, 5, unclosed);
	faulty("{{}}", 1, 1, nameless);
	faulty("{{ \t}}", 1, 1, nameless);
	faulty("a\n\xC3\xA9 {{ }}", 2, 3, nameless);
	ok(template_read(&t, "{{a\0b}}", 7, &err) == -1, "a NUL in a name");
	ok(template_read(&t, "a\0{{b}}", 7, &err) == 0 && t.nnames == 1, "a NUL in the text");
	template_release(&t);
	ok(template_read(&t, NULL, 0, &err) == 0 && t.npieces == 0, "no text");
	template_release(&t);
}

static int by_number(void *ctx, size_t i, const char *name, struct buf *out)
{
	const char *const *column = ctx;

	buf_addf(out, "%s=%s", name, column[i]);
	return 1;
}

static void test_names(void)
{
	const char *column[] = {"zero", "one", "two"};
	struct template t;
	struct template_err err;
	struct buf out;
	size_t missing;

	ok(template_read(&t, "{{b}} {{a.x}}, {{ b }} {{.}}", 28, &err) == 0 && t.nnames == 3, "three names");
	is(t.name[0], "b", "the first");
	is(t.name[1], "a.x", "the second");
	is(t.name[2], ".", "the third");
	buf_init(&out, 40);
	ok(template_fill(&t, by_number, column, &out, &missing) == 0, "filled in by number");
	is_buf(&out, "b=zero a.x=one, b=zero .=two", "with that");
	ok(template_fill(&t, by_number, column, &out, &missing) == 0 && out.failed, "over the buffer's limit");
	buf_release(&out);
	template_release(&t);
}

int main(void)
{
	test_text();
	test_values();
	test_paths();
	test_faults();
	test_names();
	return done();
}
