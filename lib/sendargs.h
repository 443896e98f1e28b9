/*
 * sendargs.h - what fb-send's options say: how many at once, how often and
 * how long, which way, and where the records go.
 */
#ifndef FB_SENDARGS_H
#define FB_SENDARGS_H

#include <stddef.h>

#include "fault.h"
#include "giveup.h"
#include "lane.h"
#include "route.h"
#include "secret.h"
#include "sender.h"

/* The rows for the option table, and what takes their ids. */
enum {
	OPT_UNORDERED = 700, OPT_REORDER_BYTES, OPT_RESUME, OPT_RETRY_FAILED, OPT_CHANGED, OPT_SYNC, OPT_KEEP_REQUEST,
	OPT_RETRIES, OPT_DEADLINE, OPT_WAIT, OPT_MAX_FAILURES, OPT_RPM, OPT_TPM,
	OPT_TIMEOUT, OPT_CONNECT_TIMEOUT, OPT_FIRST_BYTE_TIMEOUT, OPT_IDLE_TIMEOUT, OPT_STALL_TIMEOUT,
	OPT_PROXY, OPT_UNIX_SOCKET, OPT_CACERT, OPT_CERT, OPT_KEY, OPT_API_KEY_ENV, OPT_API_KEY_FILE, OPT_INSECURE_HTTP,
	OPT_EVENTS, OPT_NO_EVENTS, OPT_CURL, OPT_PROGRESS, OPT_SUMMARY
};
/* of those, the way to a server and the keys for it */
#define SEND_WAY_OPTIONS \
	{'H', "header", "NAME: VALUE", "send this header too (repeatable)"}, \
	{OPT_API_KEY_ENV, "api-key-env", "NAME", "the key is in this variable, for the server of --base-url or -m"}, \
	{OPT_API_KEY_FILE, "api-key-file", "FILE", "the same, in a file"}, \
	{OPT_INSECURE_HTTP, "insecure-http", NULL, "let a key go over plain http to a public host"}, \
	{OPT_PROXY, "proxy", "URL", "go through this proxy; an empty URL: through none"}, \
	{OPT_UNIX_SOCKET, "unix-socket", "PATH", "connect to this socket, whatever the host is called"}, \
	{OPT_CACERT, "cacert", "FILE", "trust these certificates"}, \
	{OPT_CERT, "cert", "FILE", "show the server this certificate"}, \
	{OPT_KEY, "key", "FILE", "its private key"}
#define SEND_OPTIONS \
	{'j', "jobs", "N", "so many requests at once, for each server (default 4)"}, \
	{OPT_UNORDERED, "unordered", NULL, "print records as they finish"}, \
	{OPT_REORDER_BYTES, "reorder-bytes", "N", "so much may wait for its turn in the output (default 64M)"}, \
	{OPT_RESUME, "resume", "FILE", "append records to FILE; what it has is not sent again"}, \
	{OPT_RETRY_FAILED, "retry-failed", "[WHICH]", "send what failed in FILE again: what may work now, or all"}, \
	{OPT_CHANGED, "changed", "WHAT", "with --resume: redo a request whose body has changed"}, \
	{OPT_SYNC, "sync", NULL, "with --resume: onto the disk each second or 128 records"}, \
	{OPT_KEEP_REQUEST, "keep-request", NULL, "keep the request in each record, not only in failed ones"}, \
	{OPT_RETRIES, "retries", "N", "try so often again (default 2)"}, \
	{OPT_DEADLINE, "deadline", "SEC", "give up on a request after SEC seconds, all tries together"}, \
	{OPT_WAIT, "wait", "SEC", "a server that isn't up yet has SEC seconds to come"}, \
	{OPT_MAX_FAILURES, "max-failures", "N", "stop when more than N failed, or N%"}, \
	{OPT_RPM, "rpm", "N", "no more than N requests a minute, for each server"}, \
	{OPT_TPM, "tpm", "N", "no more than N tokens a minute, for each server"}, \
	{OPT_TIMEOUT, "timeout", "SEC", "give up on a reply after SEC seconds (else timeoutSeconds, else 600)"}, \
	{OPT_CONNECT_TIMEOUT, "connect-timeout", "SEC", "on a connection (default 10)"}, \
	{OPT_FIRST_BYTE_TIMEOUT, "first-byte-timeout", "SEC", "on a reply that doesn't begin"}, \
	{OPT_IDLE_TIMEOUT, "idle-timeout", "SEC", "on a reply of which nothing comes any more (default 120)"}, \
	{OPT_STALL_TIMEOUT, "stall-timeout", "SEC", "on a stream that only shows signs of life"}, \
	SEND_WAY_OPTIONS, \
	{OPT_EVENTS, "events", "[WHEN]", "pass on the chunks of streams: always, never, auto (one request into a pipe)"}, \
	{OPT_NO_EVENTS, "no-events", NULL, "response records only"}, \
	{OPT_CURL, "curl", NULL, "print the requests as curl commands, and send nothing"}, \
	{'v', "verbose", NULL, "show what goes over the wire, without bodies and keys"}, \
	{OPT_PROGRESS, "progress", NULL, "show how far it is (the default on a terminal, not in a pipe)"}, \
	{OPT_SUMMARY, "summary", "[FORM]", "say at the end what was done; json: as JSON"}

enum { SEND_HEADERS = 32 };

struct send_args {
	struct lane_options lane;
	struct sender_options sender;
	const char *headers[SEND_HEADERS + 1];
	int nheaders;
	size_t reorder_bytes;
	const char *resume;		/* FILE; or NULL */
	int retry_failed, retry_all;
	const char *retry_file;		/* of --retry-failed=FILE; or NULL: it is the operand */
	int unordered, redo, sync, keep_request;
	struct giveup giveup;
	const char *key_env, *key_file;
	int insecure_http;
	int events;			/* 1, 0, -1: for a single request into a pipe or a terminal */
	int curl, verbose, progress;
	enum { SUMMARY_USUAL, SUMMARY_TEXT, SUMMARY_JSON } summary;
};

void send_args_init(struct send_args *a);
/* 1 when the option was one of them; 0; -1 and *f: its argument is no good. */
int send_args_option(struct send_args *a, int id, const char *value, struct fault *f);
/* After the last one: 0, or -1 and *f: some don't go together. */
int send_args_check(struct send_args *a, const char *output, char **operands, struct fault *f);
/* 64M, 1G, 100k or bytes, as `option` takes them: 0; or -1 and *f. */
int send_bytes(const char *option, const char *text, size_t *v, struct fault *f);
/* --api-key-env, --api-key-file, a secret of -H: the key, and for which server they are.  0, or -1 and *f. */
int send_args_key(const struct send_args *a, const struct route_args *route, struct secrets *secrets, struct fault *f);

#endif
