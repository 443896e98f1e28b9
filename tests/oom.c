/*
 * oom.c - memory that runs out, for a program that is preloaded with this:
 * the Nth allocation after its start-up fails, and with OOM_REST=1 all after it.
 *
 *	cc -shared -fPIC -o oom.so tests/oom.c
 *	OOM_AT=17 LD_PRELOAD=./oom.so fb-send ...
 *
 * Start-up ends when curl_global_init() has returned: the thousands of
 * allocations of a TLS library's start are not ours.  With OOM_EARLY=1 the
 * program's own start is counted too (who calls no libcurl has no other).
 * OOM_COUNT=FILE writes how many came after it to FILE, at the end.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
int curl_global_init(long flags);

static int counting, rest;
static long count, at;

static void begin(void)
{
	const char *text = getenv("OOM_AT");

	at = text != NULL ? atol(text) : 0;
	rest = getenv("OOM_REST") != NULL;
	counting = 1;
}

__attribute__((constructor)) static void early(void)
{
	if (getenv("OOM_EARLY") != NULL)
		begin();
}

int curl_global_init(long flags)
{
	int (*init)(long) = (int (*)(long))dlsym(RTLD_NEXT, "curl_global_init");
	int got;

	counting = 0;
	got = init(flags);
	begin();
	return got;
}

static int fails(void)
{
	if (!counting || (++count != at && !(rest && at > 0 && count > at)))
		return 0;
	errno = ENOMEM;
	return 1;
}

void *malloc(size_t n)
{
	return fails() ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
	return fails() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
	return fails() ? NULL : __libc_realloc(p, n);
}

__attribute__((destructor)) static void tell(void)
{
	const char *path = getenv("OOM_COUNT");
	char text[32];
	int n, fd;

	counting = 0;
	if (path == NULL || (fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666)) < 0)
		return;
	n = snprintf(text, sizeof text, "%ld\n", count);
	if (write(fd, text, (size_t)n) != n)
		syscall(SYS_exit_group, 99);
	close(fd);
}

/* The end of one that leaves without the libraries' own ends. */
void _exit(int status)
{
	tell();
	for (;;)
		syscall(SYS_exit_group, status);
}
