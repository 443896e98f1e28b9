#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "help.h"
#include "secretfile.h"

static char dir[] = "/tmp/fb-secretfile-XXXXXX", file[64];
static struct buf out;
static char why[200];

static void make(const char *text, mode_t mode)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	size_t n = strlen(text);

	if (fd < 0 || write(fd, text, n) != (ssize_t)n || fchmod(fd, mode) != 0)
		exit(1);
	close(fd);
}

static void reads(const char *path, size_t most, const char *text, const char *name)
{
	int rc;

	snprintf(why, sizeof why, "nothing");
	rc = secretfile_read(path, most, &out, why, sizeof why);
	ok(rc == 0, "%s: %s", name, why);
	is_buf(&out, text, name);
}

static void fails(const char *path, size_t most, const char *reason, const char *name)
{
	char want[200];
	int rc = secretfile_read(path, most, &out, why, sizeof why);

	snprintf(want, sizeof want, "%s: %s", path, reason);
	ok(rc == -1, "%s: fails", name);
	is(why, want, name);
	ok(out.len == 0 && !out.failed, "%s: nothing is in the buffer", name);
}

static void test_content(void)
{
	make("sk-secret\n", 0600);
	reads(file, 1000, "sk-secret\n", "the bytes as they are");
	reads(file, 10, "sk-secret\n", "as many as may be");
	fails(file, 9, "over 9 bytes", "one more");
	fails(file, 0, "over 0 bytes", "none may be");
	out.max = 5;
	fails(file, 1000, "over 5 bytes", "the buffer's own maximum");
	out.max = 1 << 20;
	make("", 0600);
	reads(file, 1000, "", "an empty one");
	reads(file, 0, "", "an empty one, none may be");
	if (access("/proc/self/environ", R_OK) == 0) {
		setenv("FB_TEST_SECRETFILE", "0123456789", 1);
		fails("/proc/self/environ", 5, "over 5 bytes", "a file that is longer than it says");
	} else {
		skip("/proc/self/environ is not there");
	}
}

static void test_modes(void)
{
	static const struct { mode_t mode; const char *reason; } t[] = {
		{0600, NULL}, {0400, NULL}, {0700, NULL},
		{0644, "readable by others (mode 0644): chmod 600 it"}, {0640, "readable by others (mode 0640): chmod 600 it"},
		{0604, "readable by others (mode 0604): chmod 600 it"}, {0666, "readable by others (mode 0666): chmod 600 it"},
		{0620, "writable by others (mode 0620): chmod 600 it"}, {0602, "writable by others (mode 0602): chmod 600 it"},
		{0601, "executable by others (mode 0601): chmod 600 it"}, {04755, "readable by others (mode 4755): chmod 600 it"},
	};
	char name[20];
	size_t i;

	for (i = 0; i < COUNT(t); i++) {
		unlink(file);
		make("key", t[i].mode);
		snprintf(name, sizeof name, "mode %04o", (unsigned)t[i].mode);
		if (t[i].reason == NULL)
			reads(file, 1000, "key", name);
		else
			fails(file, 1000, t[i].reason, name);
	}
	unlink(file);
	make("key", 0);
	if (geteuid() == 0)
		reads(file, 1000, "key", "mode 0000, to root");
	else
		fails(file, 1000, strerror(EACCES), "mode 0000");
	unlink(file);
}

static void test_owner(void)
{
	if (geteuid() != 0) {
		skip("only root can give a file away");
		return;
	}
	make("key", 0600);
	if (chown(file, 12345, (gid_t)-1) == 0)
		fails(file, 1000, "owned by somebody else", "another's");
	else
		skip("not even root can give a file away here");
	unlink(file);
}

static void test_kinds(void)
{
	struct sockaddr_un a;
	int fd;

	fails(dir, 1000, "not a regular file", "a directory");
	fails("/dev/zero", 1000, "not a regular file", "a device");
	if (mkfifo(file, 0600) != 0)
		exit(1);
	fails(file, 1000, "not a regular file", "a fifo");
	unlink(file);
	memset(&a, 0, sizeof a);
	a.sun_family = AF_UNIX;
	snprintf(a.sun_path, sizeof a.sun_path, "%s", file);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof a) == 0)
		ok(secretfile_read(file, 1000, &out, why, sizeof why) == -1, "a socket: %s", why);
	else
		skip("no socket can be made there");
	close(fd);
	unlink(file);
}

static void test_paths(void)
{
	char link[80], deep[600];

	fails(file, 1000, strerror(ENOENT), "no such file");
	fails("key", 1000, "not an absolute path", "a relative path");
	fails("", 1000, "not an absolute path", "no path");
	snprintf(link, sizeof link, "%s/link", dir);
	if (symlink(file, link) != 0)
		exit(1);
	fails(link, 1000, strerror(ENOENT), "a link to nothing");
	make("key", 0600);
	reads(link, 1000, "key", "a link");
	chmod(file, 0644);
	fails(link, 1000, "readable by others (mode 0644): chmod 600 it", "a link to what others can read");
	unlink(link);
	unlink(file);
	memset(deep, 'x', sizeof deep - 1);
	deep[0] = '/';
	deep[sizeof deep - 1] = '\0';
	ok(secretfile_read(deep, 1000, &out, why, sizeof why) == -1 && strstr(why, strerror(ENAMETOOLONG)) != NULL,
	    "a long path leaves the reason");
}

static void test_closed(void)
{
	int low = dup(0), fd;

	close(low);
	fails(dir, 1000, "not a regular file", "a directory again");
	fails("/dev/zero", 1000, "not a regular file", "a device again");
	make("key", 0600);
	reads(file, 1000, "key", "a file again");
	fails(file, 2, "over 2 bytes", "too large again");
	unlink(file);
	fd = dup(0);
	close(fd);
	ok(fd == low, "all are closed again");
}

int main(void)
{
	if (mkdtemp(dir) == NULL)
		return 1;
	snprintf(file, sizeof file, "%s/key", dir);
	buf_init(&out, 1 << 20);
	test_content();
	unlink(file);
	test_modes();
	test_owner();
	test_kinds();
	test_paths();
	test_closed();
	rmdir(dir);
	buf_release(&out);
	return done();
}
