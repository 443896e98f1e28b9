/* repeat.c - chunks that repeat all but a piece of text. */
#include <stdio.h>
#include <string.h>

#include "repeat.h"
#include "reply.h"
#include "tap.h"

#define CHUNK(rest) "{\"id\":\"c\",\"choices\":[{\"index\":0," rest "}],\"model\":\"m\"}"
#define PIECE(text) CHUNK("\"delta\":{\"content\":\"" text "\"},\"finish_reason\":null")

static int learns(struct repeat *r, const char *text)
{
	struct span chunk = span_of(text);

	return repeat_learn(r, chunk, span_at(chunk, "choices.0"));
}

static void test_learning(void)
{
	static const char *const no[] = {
		CHUNK("\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\""),
		CHUNK("\"delta\":{\"content\":\"a\",\"tool_calls\":[{}]}"),
		CHUNK("\"delta\":{\"content\":\"a\",\"reasoning\":\"b\"}"),
		CHUNK("\"delta\":{\"content\":null}"),
		CHUNK("\"delta\":{\"role\":\"assistant\"}"),
		CHUNK("\"delta\":{\"content\":\"a\"},\"logprobs\":{\"content\":[{}]}"),
		CHUNK("\"delta\":{\"content\":\"a\"},\"usage\":{\"total_tokens\":1}"),
		CHUNK("\"delta\":{\"content\":[{\"text\":\"a\"}]}"),
		CHUNK("\"message\":{\"content\":\"a\"}"),
	};
	struct repeat r;
	struct span piece;
	size_t i;

	repeat_init(&r);
	ok(!repeat_has(&r, span_of(PIECE("a")), &piece), "nothing is known yet");
	for (i = 0; i < sizeof no / sizeof *no; i++) {
		learns(&r, PIECE("a"));
		ok(!learns(&r, no[i]) && !repeat_has(&r, span_of(no[i]), &piece) && !repeat_has(&r, span_of(PIECE("a")), &piece),
		    "says more than a text: %s", no[i]);
	}
	repeat_release(&r);
}

static void test_pieces(void)
{
	static const struct {
		const char *chunk, *piece;
	} t[] = {
		{PIECE("b c"), "b c"},
		{PIECE(""), ""},
		{PIECE("caf\xc3\xa9"), "caf\xc3\xa9"},
		{PIECE("\\n"), "\\n"},
		{PIECE("\\\"a\\\\"), "\\\"a\\\\"},
		{PIECE("\\ud83d"), "\\ud83d"},
		{PIECE("\\"), NULL},
		{PIECE("\\x"), NULL},
		{PIECE("\\u12"), NULL},
		{PIECE("\\n\xc3"), NULL},
		{PIECE("\\n\",\"x\":\""), NULL},
		{PIECE("\xc3"), NULL},
		{PIECE("a\nb"), NULL},
		{PIECE("a\"},\"x\":{\"y\":\"b"), NULL},
		{PIECE("a") " ", NULL},
		{"{\"id\":\"c\",\"choices\":[{\"index\":1,\"delta\":{\"content\":\"a\"},\"finish_reason\":null}],\"model\":\"m\"}", NULL},
		{CHUNK("\"delta\":{\"content\":\"a\"},\"finish_reason\":\"x\""), NULL},
		{"{\"id\":\"c\"", NULL},
		{"", NULL},
	};
	struct repeat r;
	struct span piece;
	size_t i;

	repeat_init(&r);
	ok(learns(&r, PIECE("first")), "a piece of text");
	for (i = 0; i < sizeof t / sizeof *t; i++)
		ok(repeat_has(&r, span_of(t[i].chunk), &piece) == (t[i].piece != NULL) &&
		    (t[i].piece == NULL || span_is(piece, t[i].piece)), "chunk %zu", i);
	repeat_release(&r);
}

/* A reply of such chunks has the same text as one whose chunks all differ. */
static void test_reply(void)
{
	static const char *const pieces[] = {"a", "b\\n", "", "caf\xc3\xa9", "\\ud83d", "\\ude00", "z"};
	struct buf body[2];
	struct reply r;
	struct fault f;
	char event[500];
	size_t i;
	int differ;

	for (differ = 0; differ < 2; differ++) {
		buf_init(&body[differ], 10000);
		reply_init(&r, NULL, NULL);
		for (i = 0; i < 40; i++) {
			snprintf(event, sizeof event, "data: {\"id\":\"c\"%.*s,\"choices\":[{\"index\":%d,\"delta\":{\"content\":\"%s\"}}]}\n\n",
			    differ ? (int)i : 0, "                                        ", i % 9 == 8, pieces[i % 7]);
			reply_push(&r, event, strlen(event));
		}
		reply_push(&r, "data: [DONE]\n\n", 14);
		ok(r.chunks == 40 && reply_end(&r, 0, &body[differ], &f) == 0, "40 chunks");
		reply_release(&r);
	}
	ok(body[0].len > 100 && body[0].len == body[1].len && memcmp(body[0].data, body[1].data, body[0].len) == 0,
	    "the same answer");
	buf_release(&body[0]);
	buf_release(&body[1]);
}

/* After a fault too the body is that of the chunks that came: nothing is taken for a repeat of one before the last. */
static void test_fault(void)
{
	static const char *const chunks[] = {"{\"model\":\"a\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"}}]}", "{",
	    "{\"model\":\"b\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"y\"}}]}",
	    "{\"model\":\"a\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"z\"}}]}"};
	struct buf body;
	struct reply r;
	struct fault f;
	size_t i;

	buf_init(&body, 10000);
	reply_init(&r, NULL, NULL);
	for (i = 0; i < sizeof chunks / sizeof *chunks; i++) {
		reply_push(&r, "data: ", 6);
		reply_push(&r, chunks[i], strlen(chunks[i]));
		reply_push(&r, "\n\n", 2);
	}
	ok(reply_end(&r, 0, &body, &f) != 0 && f.code == F_BAD_REPLY, "a broken chunk");
	ok(strstr(buf_text(&body), "\"xyz\"") != NULL && strstr(buf_text(&body), "\"model\":\"a\"") != NULL, "what came: %s", buf_text(&body));
	reply_release(&r);
	buf_release(&body);
}

static void hear(void *ctx, struct span chunk)
{
	struct buf *heard = ctx;

	buf_add(heard, chunk.p, chunk.n);
	buf_addc(heard, '|');
}

/* Who watches sees each chunk, on one line, also those that repeat. */
static void test_watched(void)
{
	static const char line[] = "{\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%d\"}}]}|";
	static const char split[] = "data: {\"id\":\"d\",\ndata: \"choices\":[{\"index\":0,\"delta\":{\"content\":\"%d\"}}]}\n\n";
	struct buf heard, want, body;
	struct reply r;
	struct fault f;
	char event[500];
	int i;

	buf_init(&heard, 10000);
	buf_init(&want, 10000);
	buf_init(&body, 10000);
	reply_init(&r, hear, &heard);
	for (i = 0; i < 20; i++) {
		if (i < 10) {
			snprintf(event, sizeof event, "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%d\"}}]}\n\n", i);
			buf_addf(&want, line, i);
		} else {
			snprintf(event, sizeof event, split, i);
			buf_addf(&want, "{\"id\":\"d\", \"choices\":[{\"index\":0,\"delta\":{\"content\":\"%d\"}}]}|", i);
		}
		reply_push(&r, event, strlen(event));
	}
	reply_push(&r, "data: [DONE]\n\n", 14);
	ok(reply_end(&r, 0, &body, &f) == 0, "20 chunks, watched");
	is(buf_text(&heard), buf_text(&want), "each is seen");
	reply_release(&r);
	buf_release(&heard);
	buf_release(&want);
	buf_release(&body);
}

int main(void)
{
	test_watched();
	test_fault();
	test_learning();
	test_pieces();
	test_reply();
	return done();
}
