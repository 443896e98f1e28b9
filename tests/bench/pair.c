/*
 * pair.c - two pipelines beside each other: CPU and wall time, and the memory
 * of the largest process; no shell in the timed part.
 *
 *	pair RUNS A [ARG]... ['|' B [ARG]...]... :: C [ARG]... ['|' ...]...
 *
 * Runs them in turn (A B A B ...), sums user and system time of all stages,
 * and prints the median of the per-pair ratios with their smallest and
 * largest, since a shared machine's absolute times say little.  The first
 * stage reads /dev/null (or the file named by PAIR_STDIN), the last one's
 * output is dropped; PAIR_STDOUT names a file for A's, once, of a run that
 * is not timed.
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
enum { CPU, WALL, PEAK, MEASURES };	/* us, us, KB */

static const char *const name[MEASURES] = {"cpu", "wall", "peak"}, *const unit[MEASURES] = {"us", "us", "KB"};

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

/* Starts the stages, p->n processes; the last one writes to the file `to`. */
static void start_all(const struct pipeline *p, const char *to)
{
	const char *from = getenv("PAIR_STDIN");
	int in = open(from != NULL ? from : "/dev/null", O_RDONLY | O_CLOEXEC), fd[2], i;
	int last = open(to != NULL ? to : "/dev/null", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (in < 0 || last < 0)
		die("open");
	for (i = 0; i < p->n; i++) {
		fd[0] = fd[1] = -1;
		if (i + 1 < p->n && pipe(fd) != 0)
			die("pipe");
		if (fd[0] >= 0) {
			fcntl(fd[0], F_SETFD, FD_CLOEXEC);
			fcntl(fd[1], F_SETFD, FD_CLOEXEC);
		}
		start(p->stage[i], in, fd[1] >= 0 ? fd[1] : last);
		close(in);
		if (fd[1] >= 0)
			close(fd[1]);
		in = fd[0];
	}
	close(last);
}

static double us(struct timeval t)
{
	return 1e6 * (double)t.tv_sec + (double)t.tv_usec;
}

/* One run; a stage that fails ends the program. */
static void run(const struct pipeline *p, const char *to, double *used)
{
	double t = seconds();
	struct rusage r;
	int i, status;

	used[CPU] = used[PEAK] = 0;
	start_all(p, to);
	for (i = 0; i < p->n; i++) {
		if (wait4(-1, &status, 0, &r) < 0 || status != 0) {
			fprintf(stderr, "pair: a stage failed (status %d)\n", status);
			exit(2);
		}
		used[CPU] += us(r.ru_utime) + us(r.ru_stime);
		if ((double)r.ru_maxrss > used[PEAK])
			used[PEAK] = (double)r.ru_maxrss;
	}
	used[WALL] = 1e6 * (seconds() - t);
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

static double used[2][MAX_RUNS][MEASURES];

static void report(int what, int n)
{
	double v[2][MAX_RUNS], ratio[MAX_RUNS], m;
	int i;

	for (i = 0; i < n; i++) {
		v[0][i] = used[0][i][what];
		v[1][i] = used[1][i][what];
		ratio[i] = v[1][i] > 0 ? v[0][i] / v[1][i] : 0;
	}
	m = median(ratio, n);
	printf("%-4s  %9.0f %s  %9.0f %s  ratio %.3f  (%.3f to %.3f)\n", name[what], median(v[0], n), unit[what],
	    median(v[1], n), unit[what], m, ratio[0], ratio[n - 1]);
}

int main(int argc, char **argv)
{
	double warm[MEASURES];	/* the first of each fills the caches */
	struct pipeline p[2];
	int runs = argc > 2 ? atoi(argv[1]) : 0, i, k;
	char **rest = runs > 0 ? split(argv + 2, &p[0]) : NULL;

	if (rest == NULL || *rest == NULL || runs > MAX_RUNS) {
		fprintf(stderr, "usage: pair RUNS A [ARG]... ['|' B]... :: C [ARG]... ['|' D]...\n");
		return 2;
	}
	split(rest, &p[1]);
	run(&p[0], getenv("PAIR_STDOUT"), warm);
	run(&p[1], NULL, warm);
	for (i = 0; i < runs; i++)
		for (k = 0; k < 2; k++)
			run(&p[k], NULL, used[k][i]);
	for (i = 0; i < MEASURES; i++)
		report(i, runs);
	return 0;
}
