/*
 * fault.h - what can go wrong: the table of error codes, errors as JSON, and
 * the exit status that follows from them.
 *
 * Pure: no I/O, no clock.
 */
#ifndef FB_FAULT_H
#define FB_FAULT_H

#include "buf.h"
#include "span.h"

enum fault_code {
	F_NONE,
	F_CONFIG, F_MODEL_UNKNOWN, F_NO_API_KEY, F_INPUT,
	F_CONNECT, F_TLS, F_TIMEOUT, F_TRUNCATED, F_BAD_REPLY,
	F_AUTH, F_INSUFFICIENT_QUOTA, F_RATE_LIMIT, F_OVERLOADED, F_SERVER,
	F_INVALID_REQUEST, F_MODEL_NOT_FOUND, F_CONTEXT_LENGTH_EXCEEDED,
	F_STRING_CONTENT, F_TOOLS_UNSUPPORTED, F_MODEL_ERROR,
	F_CONTENT_FILTER, F_EMPTY, F_TOOL_CALL, F_LENGTH, F_EXTRACT, F_SCHEMA,
	F_INTERRUPTED, F_SKIPPED,
	F_OTHER,	/* a code that this version doesn't know, in a record from elsewhere */
	F_COUNT
};

enum { FAULT_TEXT = 1024 };

struct fault {
	enum fault_code code;	/* F_NONE: no fault */
	int status;		/* HTTP status, or 0 */
	const char *phase;	/* of a timeout, static text; or NULL */
	char message[FAULT_TEXT];	/* cut with "..." when longer, at a character */
	char hint[FAULT_TEXT];	/* "" when there is none */
};

const char *fault_name(enum fault_code code);		/* "rate_limit" */
int fault_retryable(enum fault_code code);
enum fault_code fault_find(struct span name);		/* a JSON string; F_OTHER when unknown */

#if defined(__GNUC__)
#define FAULT_PRINTF __attribute__((format(printf, 3, 4)))
#else
#define FAULT_PRINTF
#endif
/* Sets code and message, clears the rest; returns -1, so that a function can `return fault_set(...)`. */
int fault_set(struct fault *f, enum fault_code code, const char *fmt, ...) FAULT_PRINTF;
void fault_clear(struct fault *f);
void fault_hint(struct fault *f, const char *text);	/* cut as messages are */
void fault_prefix(struct fault *f, const char *head);	/* puts `head` before the message */

/* Appends {"code":..,"message":..,"stage":..,...,"retryable":B,...}. */
void fault_write(struct buf *out, const struct fault *f, const char *stage);
/* Code, message, hint and status (of three digits at most) back from a record's error object; *retryable is what it says, else the table's. */
void fault_read(struct span error, struct fault *f, int *retryable);

/* One program's count of records; the exit status of DESIGN section 1. */
struct tally {
	long good, bad, again;	/* again: of the bad ones, those worth a retry */
};
void tally_add(struct tally *t, int good, int retryable);
int tally_status(const struct tally *t);	/* 0, 1, 4 or 5; 2 when there was nothing */

#endif
