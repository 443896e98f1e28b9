/* mreply.c - see mreply.h. */
#include <stddef.h>

#include "buf.h"
#include "mreply.h"
#include "msse.h"
#include "mtext.h"

static const struct {
	int status;
	const char *reason;
} reasons[] = {
	{200, "OK"},
	{307, "Temporary Redirect"},
	{400, "Bad Request"},
	{401, "Unauthorized"},
	{402, "Payment Required"},
	{403, "Forbidden"},
	{404, "Not Found"},
	{405, "Method Not Allowed"},
	{408, "Request Timeout"},
	{409, "Conflict"},
	{411, "Length Required"},
	{413, "Payload Too Large"},
	{415, "Unsupported Media Type"},
	{417, "Expectation Failed"},
	{422, "Unprocessable Entity"},
	{429, "Too Many Requests"},
	{431, "Request Header Fields Too Large"},
	{500, "Internal Server Error"},
	{501, "Not Implemented"},
	{502, "Bad Gateway"},
	{503, "Service Unavailable"},
	{504, "Gateway Timeout"},
	{505, "HTTP Version Not Supported"},
};

static const char *reason_of(int status)
{
	size_t i;

	for (i = 0; i < sizeof reasons / sizeof *reasons; i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Unknown";
}

/* In the order in which axum's servers send them (ENGINES 3, inferrs). */
static void head(struct mreply *to, int status, const char *type, const char *more)
{
	if (to->sse & MSSE_CLOSE)
		to->close = 1;
	buf_adds(to->out, to->sse & MSSE_CLOSE ? "HTTP/1.0 " : "HTTP/1.1 ");
	mtext_number(to->out, (unsigned)status);
	buf_addc(to->out, ' ');
	buf_adds(to->out, to->reason != NULL ? to->reason : reason_of(status));
	buf_adds(to->out, "\r\n");
	if (type != NULL) {
		buf_adds(to->out, "content-type: ");
		buf_adds(to->out, type);
		buf_adds(to->out, "\r\n");
	}
	if (more != NULL)
		buf_adds(to->out, more);
	if (to->extra != NULL)
		buf_adds(to->out, to->extra);
	if (to->close)
		buf_adds(to->out, "connection: close\r\n");
	else if (to->http10)
		buf_adds(to->out, "connection: keep-alive\r\n");
}

void mreply_send(struct mreply *to, int status, const char *type,
    const char *more, struct span body)
{
	head(to, status, type, more);
	buf_adds(to->out, "content-length: ");
	mtext_number(to->out, body.n);
	buf_adds(to->out, "\r\n\r\n");
	if (!to->head_only)
		buf_add(to->out, body.p, body.n);
}

/* Its end is where the connection ends. */
static int unchunked(const struct mreply *to)
{
	return to->http10 || to->plain || (to->sse & MSSE_CLOSE);
}

void mreply_begin(struct mreply *to, int status, const char *type,
    const char *more)
{
	to->close |= unchunked(to);
	head(to, status, type, more);
	buf_adds(to->out, unchunked(to) ? "\r\n" : "transfer-encoding: chunked\r\n\r\n");
}

void mreply_pieces(struct mreply *to, struct span a, struct span b, struct span c)
{
	int chunked = !unchunked(to);

	if (to->head_only || a.n + b.n + c.n == 0)
		return;		/* an empty chunk would end the reply */
	if (chunked) {
		mtext_hex(to->out, a.n + b.n + c.n);
		buf_add(to->out, "\r\n", 2);
	}
	buf_add(to->out, a.p, a.n);
	buf_add(to->out, b.p, b.n);
	buf_add(to->out, c.p, c.n);
	if (chunked)
		buf_add(to->out, "\r\n", 2);
}

void mreply_piece(struct mreply *to, struct span piece)
{
	mreply_pieces(to, piece, span_of(""), span_of(""));
}

enum { SIZE = 8 };	/* digits of the size of a chunk that grows */

static void close_chunk(struct mreply *to)
{
	static const char digits[] = "0123456789abcdef";
	size_t n, i;

	if (to->open == 0)
		return;
	n = to->out->len - to->open;
	if (!to->out->failed)
		for (i = SIZE; i-- > 0; n /= 16)
			to->out->data[to->open - SIZE - 2 + i] = digits[n % 16];
	buf_add(to->out, "\r\n", 2);
	to->open = 0;
}

void mreply_part(struct mreply *to, struct span part, int last)
{
	if (unchunked(to) || to->head_only) {
		mreply_piece(to, part);
		return;
	}
	if (to->open == 0) {
		buf_adds(to->out, "00000000\r\n");
		to->open = to->out->len;
	}
	buf_add(to->out, part.p, part.n);
	if (last)
		close_chunk(to);
}

void mreply_end(struct mreply *to)
{
	close_chunk(to);
	if (!to->head_only && !unchunked(to))
		buf_adds(to->out, "0\r\n\r\n");
}

void mreply_cue(struct mreply *to, enum mcue_act act, long long us)
{
	if (to->cues != NULL)
		mcue_add(to->cues, to->out->len, act, us);
}
