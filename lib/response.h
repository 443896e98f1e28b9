/*
 * response.h - fb-send's lines: events and response records (DESIGN section 1).
 * Pure: times come in.
 */
#ifndef FB_RESPONSE_H
#define FB_RESPONSE_H

#include "buf.h"
#include "fault.h"
#include "request.h"
#include "span.h"

/* What became of a request. */
struct outcome {
	int status;		/* HTTP, 0: no reply came */
	char request_id[256];	/* "" when the server gave none */
	struct span body;	/* the reply as one JSON value */
	struct fault fault;	/* F_NONE: good */
	double started;		/* seconds since 1970 */
	double queued_ms, connect_ms, ttft_ms, total_ms;
	int streamed;
	struct span attempts;	/* the members of that array, commas between; may be empty */
};

/* Appends {"custom_id":..,"event":CHUNK}. */
void response_event(struct buf *out, const struct request *r, struct span chunk);

/*
 * Appends the response record.  keep_request: with a member `request` that
 * request_again() reads, unless the record would be too long with it.
 */
void response_write(struct buf *out, const struct request *r, struct span route, const struct outcome *o,
    int keep_request);

#endif
