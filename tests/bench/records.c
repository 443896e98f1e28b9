/*
 * records.c - what fb-shape and fb-parse cost on many records, beside jq on
 * the same data: CPU time, and memory at its highest.
 *
 *	for kind in requests prompts replies; do gen $kind 20000 >DIR/$kind; gen $kind 40000 >DIR/$kind-2; done
 *	records DIR [ROW]...
 *
 * The programs are looked for in PATH.  A row is one line of a table: median,
 * smallest and largest ratio of pairs that are run in turn.  Memory is what
 * wait4 says of the one child.  Status 1: a row is over its limit, 2: one
 * could not be run.
 *
 * cc -O2 -D_DEFAULT_SOURCE -std=c11 -o records tests/bench/records.c
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { PAIRS = 7, MAX_ARGS = 12 };
enum measure { CPU, MEMORY };

static const char flatten[] =
    ".messages |= map(if (.content | type) == \"array\" and all(.content[]; .type == \"text\" and (.text | type) == \"string\")"
    " then .content |= (map(.text) | join(\"\\n\")) else . end) | del(.tools, .tool_choice, .parallel_tool_calls)";
static const char plain[] = "{model: \"m\", messages: [{role: \"user\", content: .}], stream: false}";

#define ROUTE "--base-url=http://127.0.0.1:9/v1", "-m", "m"
#define SHAPE {"fb-shape", ROUTE, "-c", "requiresStringContent=true", "-c", "supportsTools=false"}
#define LINES {"fb-shape", ROUTE, "--lines"}
#define PARSE {"fb-parse", "--json"}

/* theirs_data NULL: the same as ours. */
static const struct row {
	const char *name, *what;
	enum measure measure;
	const char *data, *ours[MAX_ARGS], *theirs_data, *theirs[MAX_ARGS];
	double limit;
} rows[] = {
	{"G6", "fb-shape, two flags, 20,000 bodies / jq, same program", CPU, "requests", SHAPE, NULL, {"jq", "-c", flatten}, 0.35},
	{"G6b", "fb-shape --lines, 20,000 prompts / jq -R, same body", CPU, "prompts", LINES, NULL, {"jq", "-Rc", plain}, 0.15},
	{"G9-shape", "fb-shape, 22 MB / jq -c .", MEMORY, "requests", SHAPE, NULL, {"jq", "-c", "."}, 1.0},
	{"G9-lines", "fb-shape --lines / jq -c . on 22 MB", MEMORY, "prompts", LINES, "requests", {"jq", "-c", "."}, 1.0},
	{"G9-parse", "fb-parse --json, 22 MB / jq -c .", MEMORY, "replies", PARSE, NULL, {"jq", "-c", "."}, 1.0},
	{"G9-text", "fb-parse, 22 MB / jq -c .", MEMORY, "replies", {"fb-parse"}, NULL, {"jq", "-c", "."}, 1.0},
	{"G9-shape-2", "fb-shape, 44 MB / 22 MB", MEMORY, "requests-2", SHAPE, "requests", SHAPE, 1.05},
	{"G9-lines-2", "fb-shape --lines, 40,000 / 20,000", MEMORY, "prompts-2", LINES, "prompts", LINES, 1.05},
	{"G9-parse-2", "fb-parse --json, 44 MB / 22 MB", MEMORY, "replies-2", PARSE, "replies", PARSE, 1.05},
};

static void die(const char *what)
{
	perror(what);
	exit(2);
}

/* One run: milliseconds of CPU, or KB at the highest.  One that fails ends this program. */
static double run(const char *const *args, const char *dir, const char *data, enum measure measure)
{
	posix_spawn_file_actions_t fa;
	char path[4096], *argv[MAX_ARGS + 1] = {NULL};
	struct rusage used;
	int status, i;
	pid_t pid;

	for (i = 0; i < MAX_ARGS; i++)
		argv[i] = (char *)args[i];
	if (snprintf(path, sizeof path, "%s/%s", dir, data) >= (int)sizeof path || access(path, R_OK) != 0)
		die(path);
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addopen(&fa, 0, path, O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&fa, 1, "/dev/null", O_WRONLY, 0);
	if (posix_spawnp(&pid, argv[0], &fa, NULL, argv, environ) != 0)
		die(argv[0]);
	posix_spawn_file_actions_destroy(&fa);
	if (wait4(pid, &status, 0, &used) != pid || status != 0) {
		fprintf(stderr, "records: %s failed on %s (status %d)\n", argv[0], path, status);
		exit(2);
	}
	if (measure == MEMORY)
		return (double)used.ru_maxrss;
	return 1e3 * (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
	    1e-3 * (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(double *v, int n)
{
	qsort(v, (size_t)n, sizeof *v, by_size);
	return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

/* Prints the row; 1 when it held. */
static int measure_row(const struct row *r, const char *dir)
{
	const char *theirs_data = r->theirs_data != NULL ? r->theirs_data : r->data;
	double ours[PAIRS], theirs[PAIRS], ratio[PAIRS], m;
	int n = r->measure == CPU ? PAIRS : 3, i, held;

	run(r->ours, dir, r->data, r->measure);	/* warm the caches */
	for (i = 0; i < n; i++) {
		ours[i] = run(r->ours, dir, r->data, r->measure);
		theirs[i] = run(r->theirs, dir, theirs_data, r->measure);
		ratio[i] = ours[i] / theirs[i];
	}
	m = median(ratio, n);
	held = m <= r->limit;
	printf("%-11s %-54s %7.0f %7.0f %s  %.3f (%.3f to %.3f)  <= %.2f  %s\n", r->name, r->what, median(ours, n), median(theirs, n),
	    r->measure == CPU ? "ms" : "KB", m, ratio[0], ratio[n - 1], r->limit, held ? "held" : "NOT HELD");
	fflush(stdout);
	return held;
}

static int wanted(const char *name, char **list)
{
	const char *const *rest = (const char *const *)list;

	if (*rest == NULL)
		return 1;
	for (; *rest != NULL; rest++)
		if (strcmp(*rest, name) == 0)
			return 1;
	return 0;
}

int main(int argc, char **argv)
{
	size_t i;
	int ran = 0, held = 0;

	if (argc >= 2)
		for (i = 0; i < sizeof rows / sizeof *rows; i++)
			if (wanted(rows[i].name, argv + 2)) {
				ran++;
				held += measure_row(&rows[i], argv[1]);
			}
	if (ran == 0) {
		fprintf(stderr, "usage: records DIR [ROW]...\n");
		return 2;
	}
	return held == ran ? 0 : 1;
}
