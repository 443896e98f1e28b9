/* sendargs.c - see sendargs.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ownkey.h"
#include "sendargs.h"

enum { JOBS = 4, JOBS_MOST = 1024, RETRIES = 2, RETRIES_MOST = 1000, YEAR_S = 31536000 };

void send_args_init(struct send_args *a)
{
	memset(a, 0, sizeof *a);
	a->lane.jobs = a->sender.jobs = JOBS;
	a->lane.limits.connect_ms = LANE_CONNECT_MS;
	a->lane.limits.idle_ms = LANE_IDLE_MS;
	a->lane.headers = a->headers;
	a->sender.retries = RETRIES;
	a->reorder_bytes = 64UL << 20;
	a->events = -1;
	giveup_init(&a->giveup, NULL);
}

/* A number that may have a fraction, from `least` to `most`. */
static int number(const char *option, const char *text, double least, double most, double *v, struct fault *f)
{
	char *end;

	*v = strtod(text, &end);
	if (text[0] >= '0' && text[0] <= '9' && *end == '\0' && *v >= least && *v <= most)
		return 0;
	return fault_set(f, F_INPUT, "--%s: a number from %.16g to %.16g is due: %s", option, least, most, text);
}

static int whole(const char *option, const char *text, long least, long most, long *v, struct fault *f)
{
	char *end;

	*v = strtol(text, &end, 10);
	if (text[0] >= '0' && text[0] <= '9' && *end == '\0' && *v >= least && *v <= most)
		return 0;
	return fault_set(f, F_INPUT, "--%s: a whole number from %ld to %ld is due: %s", option, least, most, text);
}

/* 64M, 1G, 100k or bytes. */
int send_bytes(const char *option, const char *text, size_t *v, struct fault *f)
{
	static const char units[] = "kMG";
	char *end;
	double n = strtod(text, &end);
	const char *unit = *end != '\0' ? strchr(units, *end == 'K' ? 'k' : *end) : NULL;

	if (unit != NULL)
		n *= pow(1024, (double)(unit - units + 1));
	if (text[0] < '0' || text[0] > '9' || (*end != '\0' && (unit == NULL || end[1] != '\0')) || n > 1e12)
		return fault_set(f, F_INPUT, "--%s: bytes are due, as in 64M: %s", option, text);
	*v = (size_t)n;
	return 0;
}

/* The options that are seconds, and where their milliseconds go. */
static long *time_of(struct send_args *a, int id, const char **option)
{
	struct http_limits *l = &a->lane.limits;
	const struct { int id; const char *option; long *ms; } times[] = {
		{OPT_TIMEOUT, "timeout", &l->total_ms}, {OPT_CONNECT_TIMEOUT, "connect-timeout", &l->connect_ms},
		{OPT_FIRST_BYTE_TIMEOUT, "first-byte-timeout", &l->first_byte_ms}, {OPT_IDLE_TIMEOUT, "idle-timeout", &l->idle_ms},
		{OPT_STALL_TIMEOUT, "stall-timeout", &l->stall_ms}, {OPT_DEADLINE, "deadline", &a->sender.deadline_ms},
		{OPT_WAIT, "wait", &a->sender.wait_ms},
	};
	size_t i;

	for (i = 0; i < sizeof times / sizeof *times; i++)
		if (times[i].id == id) {
			*option = times[i].option;
			return times[i].ms;
		}
	return NULL;
}

/* The options that are a text. */
static const char **text_of(struct send_args *a, int id)
{
	struct http_path *p = &a->lane.path;

	switch (id) {
	case OPT_PROXY: return &p->proxy;
	case OPT_UNIX_SOCKET: return &p->socket;
	case OPT_CACERT: return &p->ca;
	case OPT_CERT: return &p->cert;
	case OPT_KEY: return &p->key;
	case OPT_RESUME: return &a->resume;
	case OPT_API_KEY_ENV: return &a->key_env;
	case OPT_API_KEY_FILE: return &a->key_file;
	default: return NULL;
	}
}

/* The options that are on or off. */
static int *switch_of(struct send_args *a, int id)
{
	switch (id) {
	case OPT_UNORDERED: return &a->unordered;
	case OPT_SYNC: return &a->sync;
	case OPT_KEEP_REQUEST: return &a->keep_request;
	case OPT_INSECURE_HTTP: return &a->insecure_http;
	case OPT_CURL: return &a->curl;
	case OPT_PROGRESS: return &a->progress;
	case 'v': return &a->verbose;
	default: return NULL;
	}
}

static int add_time(const char *option, const char *text, double least, long *ms, struct fault *f)
{
	double seconds;

	if (number(option, text, least, YEAR_S, &seconds, f) != 0)
		return -1;
	*ms = (long)(1000 * seconds);
	if (seconds > 0 && *ms == 0)
		*ms = 1;
	return 1;
}

static int add_events(struct send_args *a, const char *when, struct fault *f)
{
	static const struct { const char *word; int events; } words[] = {{"always", 1}, {"never", 0}, {"auto", -1}};
	size_t i;

	a->events = 1;
	for (i = 0; when != NULL && i < sizeof words / sizeof *words; i++)
		if (strcmp(when, words[i].word) == 0) {
			a->events = words[i].events;
			return 1;
		}
	return when == NULL ? 1 : fault_set(f, F_INPUT, "--events: always, never or auto is due: %s", when);
}

static int add_retry(struct send_args *a, const char *which)
{
	a->retry_failed = 1;
	a->retry_all = which != NULL && strcmp(which, "all") == 0;
	if (which != NULL && !a->retry_all && strcmp(which, "retryable") != 0)
		a->retry_file = which;
	return 1;
}

static int add_summary(struct send_args *a, const char *form, struct fault *f)
{
	a->summary = form == NULL || strcmp(form, "text") == 0 ? SUMMARY_TEXT : SUMMARY_JSON;
	if (a->summary == SUMMARY_JSON && strcmp(form, "json") != 0)
		return fault_set(f, F_INPUT, "--summary: text or json is due: %s", form);
	return 1;
}

static int add_header(struct send_args *a, const char *line, struct fault *f)
{
	if (a->nheaders == SEND_HEADERS)
		return fault_set(f, F_INPUT, "-H: more than %d headers", SEND_HEADERS);
	a->headers[a->nheaders++] = line;
	return 1;
}

/* The options that are numbers. */
static int add_number(struct send_args *a, int id, const char *value, struct fault *f)
{
	long n = 0;

	switch (id) {
	case 'j':
		if (whole("jobs", value, 1, JOBS_MOST, &n, f) != 0)
			return -1;
		a->lane.jobs = a->sender.jobs = (int)n;
		return 1;
	case OPT_RETRIES:
		if (whole("retries", value, 0, RETRIES_MOST, &n, f) != 0)
			return -1;
		a->sender.retries = (int)n;
		return 1;
	case OPT_RPM:
		return number("rpm", value, 0.001, 1e9, &a->lane.rpm, f) == 0 ? 1 : -1;
	case OPT_TPM:
		a->sender.reckon = 1;
		return number("tpm", value, 1, 1e12, &a->lane.tpm, f) == 0 ? 1 : -1;
	case OPT_REORDER_BYTES:
		return send_bytes("reorder-bytes", value, &a->reorder_bytes, f) == 0 ? 1 : -1;
	default:
		return 0;
	}
}

int send_args_option(struct send_args *a, int id, const char *value, struct fault *f)
{
	const char *option = "";

	if (time_of(a, id, &option) != NULL)
		return add_time(option, value, id == OPT_TIMEOUT ? 0.001 : 0, time_of(a, id, &option), f);
	if (text_of(a, id) != NULL) {
		*text_of(a, id) = value;
		return 1;
	}
	if (switch_of(a, id) != NULL)
		return *switch_of(a, id) = 1;
	switch (id) {
	case 'H':
		return add_header(a, value, f);
	case OPT_EVENTS:
		return add_events(a, value, f);
	case OPT_NO_EVENTS:
		return add_events(a, "never", f);
	case OPT_RETRY_FAILED:
		return add_retry(a, value);
	case OPT_SUMMARY:
		return add_summary(a, value, f);
	case OPT_CHANGED:
		a->redo = 1;
		return strcmp(value, "redo") == 0 ? 1 : fault_set(f, F_INPUT, "--changed: redo is due: %s", value);
	case OPT_MAX_FAILURES:
		return giveup_init(&a->giveup, value) == 0 ? 1 :
		    fault_set(f, F_INPUT, "--max-failures: a whole number is due, or N%%: %s", value);
	default:
		return add_number(a, id, value, f);
	}
}

int send_args_check(struct send_args *a, const char *output, char **operands, struct fault *f)
{
	if (a->retry_failed && a->resume != NULL)
		return fault_set(f, F_INPUT, "--resume or --retry-failed, not both");
	if (a->curl && (a->resume != NULL || a->retry_failed))
		return fault_set(f, F_INPUT, "--curl sends nothing: without %s", a->resume != NULL ? "--resume" : "--retry-failed");
	if (a->retry_failed && a->retry_file == NULL) {
		if (operands[0] == NULL || operands[1] != NULL)
			return fault_set(f, F_INPUT, "--retry-failed: one FILE is due, the one with the records");
		a->retry_file = operands[0];
	} else if (a->retry_failed && operands[0] != NULL) {
		return fault_set(f, F_INPUT, "--retry-failed takes its requests from its file: %s is one too many", operands[0]);
	}
	if (output != NULL && (a->resume != NULL || a->retry_failed))
		return fault_set(f, F_INPUT, "-o and --resume or --retry-failed: the records go into one file");
	if (a->resume == NULL && (a->redo || a->sync))
		return fault_set(f, F_INPUT, "%s is for --resume", a->redo ? "--changed" : "--sync");
	if (a->key_env != NULL && a->key_file != NULL)
		return fault_set(f, F_INPUT, "--api-key-env or --api-key-file, not both");
	if (a->lane.path.key != NULL && a->lane.path.cert == NULL)
		return fault_set(f, F_INPUT, "--key: the certificate is due too: --cert");
	return 0;
}

int send_args_key(const struct send_args *a, const struct route_args *route, struct secrets *secrets, struct fault *f)
{
	int key = a->key_env != NULL || a->key_file != NULL, bad;
	const char *header = header_lines_secret(a->headers);
	struct buf server;

	if ((bad = header_lines_check(a->headers, f)) != 0 || (!key && header == NULL))
		return bad;
	buf_init(&server, 1 << 16);
	bad = own_key_server(route, key ? NULL : header, &server, f) != 0 ||
	    secrets_own_key(secrets, a->key_env, a->key_file, buf_text(&server), f) != 0;
	buf_release(&server);
	return bad ? -1 : 0;
}
