#include "extract.h"
#include "help.h"
#include "live.h"
#include "tap.h"

/* Contents as they stand in JSON; a chunk may end between any two characters or escapes. */
static const char *const contents[] = {
	"Hello", "", " ", "\\n\\n 4", "<think>hm</think>4", "<think>hm</think>\\n\\n 4 ", "\\n <think>\\na<b</think></thi</think>x",
	"<think></think>4", "<think>never <ends </thin", "<think>x</think>", "<thinking>no</thinking>", "<thin", "<", " <", "<think", "<think>",
	"a <think>b</think> c", "<th\\u0069nk>h\\u00e9</th\\u0069nk>4", "<think>\xC3\xA9\xF0\x9F\x98\x80</think>\xF0\x9F\x98\x80",
	"\\ud83d\\ude00!", "a\\ud83d", "\\ude00", "\\ud83dx\\ude00", "\\ud83d\\ud83d\\ude00", "\\ud83d\\\\ude00",
	"\\\\ud83d", "\\\\ud83d\\ude00", "\\\\\\ud83d\\ude00", "\\\\\\\\ud83d x", "\\\\\\\\\\uD83D\\uDE00", "the escape \\\"\\\\ud83d\\\\ude00\\\" is a face",
	"\\\\uD8", "<think>\\ud83d\\ude00</think>\\ud83d\\ude00", "<think>\\ud83d</think>\\\\ud83d", "a\\u0000b", "</think>x",
	"line\\nline\\r\\n\\t\\/\\\"", "<think>a</think><think>b</think>c", "<THINK>x</THINK>",
};

/* Past the character or escape at p. */
static const char *unit(const char *p)
{
	if (*p == '\\')
		return p + (p[1] == 'u' ? 6 : 2);
	for (p++; ((unsigned char)*p & 0xC0) == 0x80; p++)
		;
	return p;
}

static void whole(const char *content, struct answer *a)
{
	struct buf body;
	struct fault f;

	buf_init(&body, 10000);
	buf_addf(&body, "{\"choices\":[{\"message\":{\"content\":\"%s\"},\"finish_reason\":\"stop\"}]}", content);
	extract(json(buf_text(&body)), a, &f);
	buf_release(&body);
}

struct shown {
	struct live l;
	struct buf text, reasoning;
};

static void add(struct shown *s, const char *from, const char *to)
{
	struct buf chunk;

	buf_init(&chunk, 10000);
	buf_addf(&chunk, "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%.*s\"}}]}", (int)(to - from), from);
	live_add(&s->l, json(buf_text(&chunk)), &s->text, &s->reasoning);
	buf_release(&chunk);
}

/* The content in chunks that end at one, at two, or with `two` == NULL at every place. */
static int same(const char *content, const struct answer *a, const char *one, const char *two)
{
	struct shown s;
	const char *p, *next, *end = content + strlen(content);
	int good;

	live_init(&s.l);
	buf_init(&s.text, 10000);
	buf_init(&s.reasoning, 10000);
	if (two != NULL) {
		add(&s, content, one);
		add(&s, one, two);
		add(&s, two, end);
	} else {
		for (p = content; p < end; p = next) {
			next = unit(p);
			add(&s, p, next);
		}
	}
	live_end(&s.l, &s.text, &s.reasoning);
	good = s.text.len == a->text.len && memcmp(buf_text(&s.text), buf_text(&a->text), s.text.len) == 0 &&
	    s.reasoning.len == a->reasoning.len && memcmp(buf_text(&s.reasoning), buf_text(&a->reasoning), s.reasoning.len) == 0;
	if (!good)
		printf("# %s cut at %d and %d: '%s'\n", shown(content), (int)(one - content), two ? (int)(two - content) : -1,
		    shown(buf_text(&s.text)));
	live_release(&s.l);
	buf_release(&s.text);
	buf_release(&s.reasoning);
	return good;
}

static void test_splits(void)
{
	const char *p, *q;
	struct answer a;
	size_t i;
	int bad;

	for (i = 0; i < COUNT(contents); i++) {
		answer_init(&a);
		whole(contents[i], &a);
		bad = !same(contents[i], &a, contents[i], NULL);
		for (p = contents[i];; p = unit(p)) {
			for (q = p;; q = unit(q)) {
				bad += !same(contents[i], &a, p, q);
				if (*q == '\0')
					break;
			}
			if (*p == '\0')
				break;
		}
		ok(bad == 0, "%s: in pieces as in one", shown(contents[i]));
		answer_release(&a);
	}
}

/* Each chunk on a line of its own: what is shown after it, text|reasoning. */
static void shows(const char *const *chunks, const char *want, const char *name)
{
	struct buf out;
	struct shown s;

	live_init(&s.l);
	buf_init(&out, 10000);
	buf_init(&s.text, 10000);
	buf_init(&s.reasoning, 10000);
	for (;; chunks++) {
		if (*chunks != NULL)
			live_add(&s.l, json(*chunks), &s.text, &s.reasoning);
		else
			live_end(&s.l, &s.text, &s.reasoning);
		buf_addf(&out, "%s|%s%s", buf_text(&s.text), buf_text(&s.reasoning), *chunks != NULL ? "; " : "");
		buf_clear(&s.text);
		buf_clear(&s.reasoning);
		if (*chunks == NULL)
			break;
	}
	is_buf(&out, want, name);
	live_release(&s.l);
	buf_release(&out);
	buf_release(&s.text);
	buf_release(&s.reasoning);
}

#define CHUNKS(...) (const char *const []){__VA_ARGS__, NULL}
#define DELTA(members) "{\"choices\":[{\"index\":0,\"delta\":{" members "}}]}"
#define TEXT(text) DELTA("\"content\":\"" text "\"")

static void test_early(void)
{
	shows(CHUNKS(DELTA("\"role\":\"assistant\",\"content\":null"), TEXT("Hel"), TEXT("lo"), TEXT("!")), "|; Hel|; lo|; !|; |", "at once");
	shows(CHUNKS(TEXT("<th"), TEXT("e end>"), TEXT("x")), "|; <the end>|; x|; |", "as soon as it is no <think>");
	shows(CHUNKS(TEXT("<think>a"), TEXT("b</"), TEXT("c</think>"), TEXT("\\n"), TEXT("d")), "|a; |b; |</c; |; d|; |", "reasoning too");
	shows(CHUNKS(TEXT("a\\ud83d"), TEXT("\\ude00b")), "a|; \xF0\x9F\x98\x80" "b|; |", "half a pair waits");
	shows(CHUNKS(TEXT("a\\ud83d"), TEXT("b")), "a|; \xEF\xBF\xBD" "b|; |", "and is given up");
	shows(CHUNKS(TEXT("\\\\ud83d"), TEXT("x")), "\\ud83d|; x|; |", "a backslash and letters wait for nothing");
	shows(CHUNKS(DELTA("\"reasoning_content\":\"hm\""), DELTA("\"reasoning\":\"a\",\"reasoning_content\":\"a\""), TEXT("4")), "|hm; |a; 4|; |",
	    "a field for reasoning");
	shows(CHUNKS(DELTA("\"refusal\":\"No.\"")), "No.|; |", "a refusal is a text");
	shows(CHUNKS(DELTA("\"content\":null,\"refusal\":\"No,\""), DELTA("\"content\":\"\",\"refusal\":\" no.\"")), "No,|;  no.|; |",
	    "also where a content that says nothing is beside it");
	shows(CHUNKS(DELTA("\"content\":\"a\",\"refusal\":\"No.\"")), "a|; |", "not beside a content");
	shows(CHUNKS(DELTA("\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"h\"},{\"type\":\"reasoning.encrypted\",\"data\":\"x\"}]"),
	    DELTA("\"reasoning\":\"m\",\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"m\"}]"), TEXT("4")), "|h; |m; 4|; |",
	    "reasoning in details, once");
	shows(CHUNKS(DELTA("\"content\":[{\"type\":\"text\",\"text\":\"a\"},{\"text\":\"b\"}]")), "ab|; |", "parts");
	shows(CHUNKS("{\"choices\":[{\"message\":{\"content\":\"whole\"},\"finish_reason\":\"stop\"}]}"), "whole|; |", "a message for a delta");
}

static void test_choices(void)
{
	shows(CHUNKS("{\"choices\":[{\"index\":1,\"delta\":{\"content\":\"B\"}}]}", TEXT("A"), "{\"choices\":[{\"index\":1,\"delta\":{\"content\":\"b\"}}]}",
	    TEXT("a")), "|; A|; |; a|; |", "only the first choice is shown");
	shows(CHUNKS("{\"choices\":[{\"index\":1,\"delta\":{\"content\":\"B\"}},{\"index\":0,\"delta\":{\"content\":\"A\"}}]}"), "A|; |",
	    "also of one chunk");
	shows(CHUNKS("{\"choices\":[{\"delta\":{\"content\":\"A\"}}]}"), "A|; |", "without an index it is the first");
	shows(CHUNKS("{\"choices\":[]}", "{\"choices\":null}", "{}", "[]", "7", "{\"choices\":[7]}", "{\"choices\":[{\"delta\":7}]}",
	    DELTA("\"content\":7"), DELTA("\"content\":[7,{\"text\":8}]"), DELTA("\"tool_calls\":[{}]")), "|; |; |; |; |; |; |; |; |; |; |",
	    "what has no text shows none");
}

/* Blanks that were passed are not looked at again: a server may send nothing else for long. */
static void test_blanks(void)
{
	struct shown s;

	live_init(&s.l);
	buf_init(&s.text, 10000);
	buf_init(&s.reasoning, 10000);
	live_add(&s.l, json(TEXT(" \\n")), &s.text, &s.reasoning);
	ok(s.l.plain.len == 2, "blanks in front wait");
	if (s.l.plain.len == 2)
		s.l.plain.data[0] = '!';	/* who looks again takes it for text */
	live_add(&s.l, json(TEXT(" ")), &s.text, &s.reasoning);
	ok(s.text.len == 0, "the ones before are not looked at for each chunk");
	live_add(&s.l, json(TEXT("x")), &s.text, &s.reasoning);
	is_buf(&s.text, "!\n x", "but they are shown");
	live_release(&s.l);
	buf_release(&s.text);
	buf_release(&s.reasoning);
}

/* More blanks than can be held: nothing is shown, and nothing read that is not there. */
static void test_too_many(void)
{
	struct shown s;

	live_init(&s.l);
	s.l.plain.max = 4;
	buf_init(&s.text, 10000);
	buf_init(&s.reasoning, 10000);
	live_add(&s.l, json(TEXT("   ")), &s.text, &s.reasoning);
	live_add(&s.l, json(TEXT("   ")), &s.text, &s.reasoning);
	ok(s.l.plain.failed, "too many blanks");
	live_end(&s.l, &s.text, &s.reasoning);
	ok(s.text.len == 0 && s.reasoning.len == 0, "nothing of them is shown");
	live_release(&s.l);
	buf_release(&s.text);
	buf_release(&s.reasoning);
}

int main(void)
{
	test_splits();
	test_early();
	test_choices();
	test_blanks();
	test_too_many();
	return done();
}
