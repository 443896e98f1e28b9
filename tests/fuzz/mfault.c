/*
 * mfault.c - libFuzzer on the text of --faults, and on what its faults do to
 * a reply: the first byte says which reply and which knobs.
 *
 * make fuzz TARGET=mfault
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "mseq.h"
#include "msse.h"
#include "mtime.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int good)
{
	if (!good)
		abort();
}

static void say(void *ctx, struct mreply *to, int status, const char *more, const char *message)
{
	(void)ctx;
	mreply_send(to, status, "text/plain", more, span_of(message));
}

static void usual(struct mreply *to, int stream)
{
	int i;

	if (!stream) {
		mtime_whole(to, span_of("a b c"));
		mreply_send(to, 200, "application/json", NULL, span_of("{\"a\":[1,2]}"));
		return;
	}
	mreply_begin(to, 200, "text/event-stream", NULL);
	for (i = 0; i < 4; i++) {
		mreply_cue(to, MCUE_WAIT, mtime_token(to));
		msse_comment(to);
		msse_text(to, "{\"a\":\"\xC3\xA9,\",\"b\":2}");
	}
	msse_text(to, "[DONE]");
	mreply_end(to);
}

static void answer(const struct mfault *f, unsigned how)
{
	struct mtime time = {1000, 2000, 3000, 10, 1, 0, 0};
	struct buf out;
	struct mcues cues = {0};
	struct mreply to = {.out = &out, .cues = &cues, .time = how & 1 ? &time : NULL,
		.sse = (how << 3) & MSSE_FRAMING & ~(unsigned)MSSE_HUGE, .http10 = (how & 4) != 0};
	const struct mfault_voice voice = {say, NULL};
	size_t i, start;

	buf_init(&out, 1 << 20);
	buf_adds(&out, "HTTP/1.1 100 Continue\r\n\r\n");
	start = out.len;
	mtime_head(&to);
	if (!mfault_reply(f, &to, &voice)) {
		mfault_prepare(f, &to);
		usual(&to, how & 2);
		mfault_spoil(f, &to, start, &voice);
	}
	must(!out.failed && out.len >= start);
	for (i = 0; i < cues.n; i++)
		must(cues.list[i].at >= start && cues.list[i].at <= out.len &&
		    (i == 0 || cues.list[i - 1].at <= cues.list[i].at));
	buf_release(&out);
	mcue_release(&cues);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mseq q;
	char err[300], *text;
	unsigned how;
	size_t i;

	if (size < 2)
		return 0;
	how = data[0] | (unsigned)data[1] << 8;
	text = malloc(size - 1);
	must(text != NULL);
	memcpy(text, data + 2, size - 2);
	if (mseq_read(&q, text, size - 2, err, sizeof err) == 0) {
		for (i = 0; i < q.n && i < 20; i++)
			answer(&q.item[i].fault, how);
		for (i = 0; i < 20; i++)
			mseq_next(&q);
	} else
		must(strncmp(err, "column ", 7) == 0 || strncmp(err, "line ", 5) == 0);
	mseq_release(&q);
	free(text);
	return 0;
}
