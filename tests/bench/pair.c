/*
 * pair.c - two pipelines beside each other: CPU and wall time, no shell in
 * the timed part.
 *
 *	pair RUNS A [ARG]... ['|' B [ARG]...]... :: C [ARG]... ['|' ...]...
 *
 * Runs them in turn (A B A B ...), sums user and system time of all stages,
 * and prints the median of the per-pair ratios with their smallest and
 * largest, since a shared machine's absolute times say little.  The first
 * stage reads /dev/null (or the file named by PAIR_STDIN), the last one's
 * output is dropped.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { MAX_RUNS = 1000, MAX_STAGES = 16 };

struct pipeline {
	char **stage[MAX_STAGES];	/* each ends with NULL */
	int n;
};

static void die(const char *what)
{
	perror(what);
	exit(2);
}

/* Splits argv at '|' until "::" or the end; the rest, or NULL. */
static char **split(char **argv, struct pipeline *p)
{
	p->n = 0;
	p->stage[p->n++] = argv;
	for (; *argv != NULL && strcmp(*argv, "::") != 0; argv++)
		if (strcmp(*argv, "|") == 0 && p->n < MAX_STAGES) {
			*argv = NULL;
			p->stage[p->n++] = argv + 1;
		}
	if (*argv == NULL)
		return NULL;
	*argv = NULL;
	return argv + 1;
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static pid_t start(char **argv, int in, int out)
{
	posix_spawn_file_actions_t fa;
	pid_t pid;

	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_adddup2(&fa, in, 0);
	posix_spawn_file_actions_adddup2(&fa, out, 1);
	if (posix_spawnp(&pid, argv[0], &fa, NULL, argv, environ) != 0)
		die(argv[0]);
	posix_spawn_file_actions_destroy(&fa);
	return pid;
}

/* One run: CPU and wall time in microseconds; a stage that fails ends the program. */
static void run(const struct pipeline *p, double *cpu, double *wall)
{
	const char *file = getenv("PAIR_STDIN");
	int in = open(file != NULL ? file : "/dev/null", O_RDONLY | O_CLOEXEC), fd[2], i, status;
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	double t = seconds();
	struct rusage before, after;

	if (in < 0 || null < 0)
		die("open");
	getrusage(RUSAGE_CHILDREN, &before);
	for (i = 0; i < p->n; i++) {
		fd[0] = fd[1] = -1;
		if (i + 1 < p->n && pipe(fd) != 0)
			die("pipe");
		if (fd[0] >= 0) {
			fcntl(fd[0], F_SETFD, FD_CLOEXEC);
			fcntl(fd[1], F_SETFD, FD_CLOEXEC);
		}
		start(p->stage[i], in, fd[1] >= 0 ? fd[1] : null);
		close(in);
		if (fd[1] >= 0)
			close(fd[1]);
		in = fd[0];
	}
	for (i = 0; i < p->n; i++)
		if (wait(&status) < 0 || status != 0) {
			fprintf(stderr, "pair: a stage failed (status %d)\n", status);
			exit(2);
		}
	*wall = 1e6 * (seconds() - t);
	getrusage(RUSAGE_CHILDREN, &after);
	*cpu = 1e6 * (double)(after.ru_utime.tv_sec + after.ru_stime.tv_sec - before.ru_utime.tv_sec - before.ru_stime.tv_sec) +
	    (double)(after.ru_utime.tv_usec + after.ru_stime.tv_usec - before.ru_utime.tv_usec - before.ru_stime.tv_usec);
	close(null);
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

static void report(const char *what, double *a, double *b, int n)
{
	double ratio[MAX_RUNS], ma, mb, mr;
	int i;

	for (i = 0; i < n; i++)
		ratio[i] = b[i] > 0 ? a[i] / b[i] : 0;
	mr = median(ratio, n);
	ma = median(a, n);
	mb = median(b, n);
	printf("%-4s  %9.0f us  %9.0f us  ratio %.2f  (%.2f to %.2f)\n", what, ma, mb, mr, ratio[0], ratio[n - 1]);
}

int main(int argc, char **argv)
{
	static double cpu[2][MAX_RUNS], wall[2][MAX_RUNS];
	struct pipeline p[2];
	int runs = argc > 1 ? atoi(argv[1]) : 0, i;
	char **rest = runs > 0 && argc > 2 ? split(argv + 2, &p[0]) : NULL;

	if (rest == NULL || *rest == NULL || runs > MAX_RUNS) {
		fprintf(stderr, "usage: pair RUNS A [ARG]... ['|' B]... :: C [ARG]... ['|' D]...\n");
		return 2;
	}
	split(rest, &p[1]);
	run(&p[0], &cpu[0][0], &wall[0][0]);	/* warm the caches */
	run(&p[1], &cpu[1][0], &wall[1][0]);
	for (i = 0; i < runs; i++) {
		run(&p[0], &cpu[0][i], &wall[0][i]);
		run(&p[1], &cpu[1][i], &wall[1][i]);
	}
	report("CPU", cpu[0], cpu[1], runs);
	report("wall", wall[0], wall[1], runs);
	return 0;
}
