/* share.c - see share.h. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "share.h"

/* The program's own path, where the system tells it; else what it was compiled with must do. */
static int beside(struct buf *path)
{
	static const char *const links[] = {"/proc/self/exe", "/proc/curproc/file", "/proc/curproc/exe", NULL};
	char own[4096], *slash;
	ssize_t n;
	int i;

	for (i = 0; links[i] != NULL; i++) {
		n = readlink(links[i], own, sizeof own - 1);
		if (n <= 0)
			continue;
		own[n] = '\0';
		if ((slash = strrchr(own, '/')) == NULL)
			continue;
		*slash = '\0';
		buf_addf(path, "%s/../share/fluffbuzz", own);
		return 1;
	}
	return 0;
}

static int is_there(struct buf *path, const char *name)
{
	buf_addf(path, "/%s", name);
	return !path->failed && access(buf_text(path), F_OK) == 0;
}

void share_path(const char *name, struct buf *path)
{
	const char *own = getenv("FLUFFBUZZ_SHARE");

	buf_clear(path);
	if (own != NULL && own[0] != '\0') {
		buf_adds(path, own);
		is_there(path, name);
		return;		/* who sets it means it */
	}
	if (beside(path) && is_there(path, name))
		return;
	buf_clear(path);
	buf_adds(path, FB_SOURCE "/share");
	if (is_there(path, name))
		return;
	buf_clear(path);
	buf_adds(path, FB_PREFIX "/share/fluffbuzz");
	is_there(path, name);
}
