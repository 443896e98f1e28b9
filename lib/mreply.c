/* mreply.c - see mreply.h. */
#include <stddef.h>

#include "buf.h"
#include "mreply.h"
#include "mtext.h"

static const struct {
	int status;
	const char *reason;
} reasons[] = {
	{200, "OK"},
	{400, "Bad Request"},
	{404, "Not Found"},
	{405, "Method Not Allowed"},
	{413, "Payload Too Large"},
	{415, "Unsupported Media Type"},
	{417, "Expectation Failed"},
	{422, "Unprocessable Entity"},
	{431, "Request Header Fields Too Large"},
	{500, "Internal Server Error"},
	{501, "Not Implemented"},
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
	buf_adds(to->out, "HTTP/1.1 ");
	mtext_number(to->out, (unsigned)status);
	buf_addc(to->out, ' ');
	buf_adds(to->out, reason_of(status));
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

void mreply_begin(struct mreply *to, int status, const char *type,
    const char *more)
{
	if (to->http10)
		to->close = 1;
	head(to, status, type, more);
	buf_adds(to->out, to->http10 ? "\r\n" : "transfer-encoding: chunked\r\n\r\n");
}

void mreply_piece(struct mreply *to, struct span piece)
{
	if (to->head_only || piece.n == 0)
		return;		/* an empty chunk would end the reply */
	if (!to->http10) {
		mtext_hex(to->out, piece.n);
		buf_adds(to->out, "\r\n");
	}
	buf_add(to->out, piece.p, piece.n);
	if (!to->http10)
		buf_adds(to->out, "\r\n");
}

void mreply_end(struct mreply *to)
{
	if (!to->head_only && !to->http10)
		buf_adds(to->out, "0\r\n\r\n");
}

void mreply_cue(struct mreply *to, enum mcue_act act, long long us)
{
	if (to->cues != NULL)
		mcue_add(to->cues, to->out->len, act, us);
}
