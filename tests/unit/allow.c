#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "allow.h"
#include "help.h"

static char dir[] = "/tmp/fb-allow-XXXXXX";
static struct allow box;

static void make(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		exit(1);
	close(fd);
}

/* want: the bytes; NULL: it is refused, and nothing was added. */
static void reads(const char *name, const char *want)
{
	struct buf text;
	const char *why;

	buf_init(&text, 1000);
	why = allow_read(&box, name, &text);
	if (want != NULL) {
		ok(why == NULL, "%s: %s", shown(name), why != NULL ? why : "read");
		is_buf(&text, want, "its bytes");
	} else {
		ok(why != NULL && text.len == 0, "%s: %s", shown(name), why != NULL ? why : "read!");
	}
	buf_release(&text);
}

/* The lowest descriptor that is free: the same before and after, or one was lost. */
static int lowest(void)
{
	int fd = dup(0);

	close(fd);
	return fd;
}

static void fill(void)
{
	if (mkdtemp(dir) == NULL || chdir(dir) != 0 || mkdir("box", 0700) != 0 || mkdir("box/sub", 0700) != 0 ||
	    mkdir("box/sub/sub", 0700) != 0 || symlink("../secret", "box/out") != 0 || symlink("..", "box/up") != 0 ||
	    symlink("a", "box/near") != 0 || symlink("nowhere", "box/dangles") != 0 || mkfifo("box/fifo", 0600) != 0)
		exit(1);
	make("secret", "secret");
	make("box/a", "inside");
	make("box/..a", "dots");
	make("box/sub/sub/b", "deep");
}

static void empty(void)
{
	static const char *const made[] = {"box/out", "box/up", "box/near", "box/dangles", "box/fifo", "secret", "box/a",
	    "box/..a", "box/sub/sub/b", NULL};
	int i;

	for (i = 0; made[i] != NULL; i++)
		unlink(made[i]);
	rmdir("box/sub/sub");
	rmdir("box/sub");
	rmdir("box");
	if (chdir("/") != 0 || rmdir(dir) != 0)
		ok(0, "the test's own directory is empty");
}

int main(void)
{
	static const char *const refused[] = {"", "/", "/etc/passwd", "..", "../secret", "sub/../a", "sub/..", "./../secret",
	    "sub/sub/../../../secret", "out", "up/secret", "near", "dangles", "fifo", "fifo/x", "sub", "sub/", ".", "./",
	    "a/", "a/b", "nothing", "sub//", NULL};
	char longest[5000];
	int i, free_fd;

	fill();
	ok(allow_open(&box, "nothing") == ENOENT, "no such directory");
	ok(allow_open(&box, "secret") == ENOTDIR, "a file is none");
	ok(allow_open(&box, "box") == 0, "a directory");
	free_fd = lowest();
	reads("a", "inside");
	reads("./a", "inside");
	reads("sub/sub/b", "deep");
	reads("sub//./sub/b", "deep");
	reads("..a", "dots");
	for (i = 0; refused[i] != NULL; i++)
		reads(refused[i], NULL);
	memset(longest, 'x', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	reads(longest, NULL);
	/* Where it was then, not where it is now. */
	if (rename("box", "moved") != 0)
		exit(1);
	reads("a", "inside");
	if (rename("moved", "box") != 0)
		exit(1);
	ok(lowest() == free_fd, "no descriptor is left open");
	allow_close(&box);
	allow_close(&box);
	empty();
	return done();
}
