#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "confwrite.h"
#include "help.h"

#define PLACE "models.providers.p.models[0]"
#define HEAD "{ models: { providers: { p: { baseUrl: 'http://h/v1', apiKey: 'sk-secret', models: [\n"
#define TAIL "\n] } } } } // the end\n"
#define ENTRY "{ id: 'a', name: 'A' }"
#define ENTRY_SET "{ id: 'a', name: 'A', compat: { supportsTools: false } }"

static char dir[64], conf[80];
static const struct graft_member tools[] = {{"supportsTools", "false"}};
static const struct graft_member both[] = {{"supportsTools", "false"}, {"requiresStringContent", "true"}};
static struct config c;
static struct confwrite w;
static struct fault f;

static const char *in_dir(const char *name)
{
	static char ring[4][160];
	static unsigned at;
	char *out = ring[at++ % 4];

	snprintf(out, 160, "%s/%s", dir, name);
	return out;
}

static void make(const char *name, const char *text, mode_t mode)
{
	int fd = open(in_dir(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);
	size_t n = strlen(text);

	if (fd < 0 || write(fd, text, n) != (ssize_t)n || fchmod(fd, mode) != 0)
		exit(1);
	close(fd);
}

static void holds(const char *name, const char *want)
{
	char text[4096];
	int fd = open(in_dir(name), O_RDONLY);
	ssize_t n = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;

	text[n > 0 ? n : 0] = '\0';
	close(fd);
	is(n >= 0 ? shown(text) : NULL, want != NULL ? shown(want) : NULL, name);
}

static int mode_of(const char *name)
{
	struct stat st;

	return lstat(in_dir(name), &st) == 0 ? (int)st.st_mode : 0;
}

static void clear(void)
{
	static const char *const names[] = {"c.json5", "c.json5.bak", "c.json5.bak.1", "c.json5.bak.2", "link.json5", "link.json5.bak",
	    "a.json5", "a.json5.bak", "b.json5", "b.json5.bak", "c.json5.fb-new",
	    "providers.json5"};
	size_t i;

	chmod(dir, 0700);
	for (i = 0; i < COUNT(names); i++)
		unlink(in_dir(names[i]));
	rmdir(in_dir("c.json5.fb-new"));
}

static void load(const char *name)
{
	snprintf(conf, sizeof conf, "%s", in_dir(name));
	if (config_load(&c, conf, &f) != 0)
		ok(0, "the test's own configuration: %s", f.message);
}

static int set_at(const char *place, const struct graft_member *set, size_t n)
{
	fault_clear(&f);
	return confwrite_compat(&c, NULL, place, set, n, &w, &f);
}

static void drop(void)
{
	confwrite_release(&w);
	config_release(&c);
	clear();
}

static int has_mode(const char *name, int mode)
{
	return (mode_of(name) & 07777) == mode;
}

/* It is refused, with that message (of which %s is the directory); nothing was written. */
static void refused(int got, const char *name, const char *text, const char *why)
{
	char want[1200];

	snprintf(want, sizeof want, "%s/%s", dir, why);
	ok(got == -1 && f.code == F_CONFIG && !w.changed && w.backup == NULL, "refused: %s", why);
	is(strstr(f.message, dir) != NULL ? strstr(f.message, dir) : f.message, want, why);
	ok(strstr(f.message, "sk-secret") == NULL, "no key in the message");
	if (text != NULL)
		holds(name, text);
	ok(mode_of("c.json5.bak") == 0 && !S_ISREG(mode_of("c.json5.fb-new")), "nothing is left beside it");
	confwrite_release(&w);
}

static void test_write(void)
{
	make("c.json5", HEAD ENTRY TAIL, 0640);
	load("c.json5");
	ok(set_at(PLACE, tools, 1) == 0 && w.changed, "written: %s", f.message);
	is(w.file, in_dir("c.json5"), "the file");
	is(w.backup, in_dir("c.json5.bak"), "the backup");
	holds("c.json5", HEAD ENTRY_SET TAIL);
	holds("c.json5.bak", HEAD ENTRY TAIL);
	ok(has_mode("c.json5", 0640) && has_mode("c.json5.bak", 0640), "both have its mode");
	ok(mode_of("c.json5.fb-new") == 0, "nothing else is left");
	confwrite_release(&w);
	/* what was read is old now */
	ok(set_at(PLACE, both, 2) == -1 && strstr(f.message, "changed meanwhile") != NULL, "not on what is old: %s", f.message);
	confwrite_release(&w);
	config_release(&c);

	load("c.json5");
	ok(set_at(PLACE, tools, 1) == 0 && !w.changed && w.backup == NULL, "set already");
	is(w.file, in_dir("c.json5"), "where");
	ok(mode_of("c.json5.bak.1") == 0, "no backup of it");
	confwrite_release(&w);
	ok(set_at(PLACE, both, 2) == 0 && w.changed, "one more: %s", f.message);
	is(w.backup, in_dir("c.json5.bak.1"), "the backup's name");
	holds("c.json5", HEAD "{ id: 'a', name: 'A', compat: { supportsTools: false, requiresStringContent: true } }" TAIL);
	holds("c.json5.bak", HEAD ENTRY TAIL);
	holds("c.json5.bak.1", HEAD ENTRY_SET TAIL);
	drop();
}

/* A name that is taken by anything isn't used: no link is followed, and nothing overwritten. */
static void test_backup_names(void)
{
	make("c.json5", HEAD ENTRY TAIL, 0600);
	if (symlink(in_dir("a.json5"), in_dir("c.json5.bak")) != 0 || symlink(in_dir("c.json5"), in_dir("c.json5.bak.1")) != 0)
		exit(1);
	load("c.json5");
	ok(set_at(PLACE, tools, 1) == 0, "written");
	is(w.backup, in_dir("c.json5.bak.2"), "the backup's name");
	holds("c.json5.bak.2", HEAD ENTRY TAIL);
	ok(mode_of("a.json5") == 0, "nothing is made through a link");
	drop();
}

static void test_link(void)
{
	struct stat st;

	make("c.json5", HEAD ENTRY TAIL, 0600);
	if (symlink("c.json5", in_dir("link.json5")) != 0)
		exit(1);
	load("link.json5");
	ok(set_at(PLACE, tools, 1) == 0 && w.changed, "through a link: %s", f.message);
	is(w.file, in_dir("link.json5"), "the name that was given");
	holds("c.json5", HEAD ENTRY_SET TAIL);
	ok(lstat(in_dir("link.json5"), &st) == 0 && S_ISLNK(st.st_mode), "the link is still one");
	holds("c.json5.bak", HEAD ENTRY TAIL);
	drop();
}

static void include_case(const char *main_text, const char *a, const char *b, const char *place, const char *changed, const char *want)
{
	make("c.json5", main_text, 0600);
	if (a != NULL)
		make("a.json5", a, 0600);
	if (b != NULL)
		make("b.json5", b, 0600);
	load("c.json5");
	ok(set_at(place, tools, 1) == 0 && w.changed, "%s: %s", shown(main_text), f.message);
	is(w.file, in_dir(changed), "the file that it stands in");
	holds(changed, want);
	if (strcmp(changed, "c.json5") != 0)
		holds("c.json5", main_text);
	confwrite_release(&w);
	config_release(&c);
	/* to one who reads it all again it is set */
	load("c.json5");
	ok(tree_is(tree_get(tree_get(config_at(&c, place), "compat"), "supportsTools"), SPAN_FALSE), "it is set");
	drop();
}

static void test_include(void)
{
	/* the entry, the list, the provider stand elsewhere */
	include_case(HEAD "{ $include: './a.json5' }" TAIL, "// the model\n" ENTRY "\n", NULL, PLACE, "a.json5", "// the model\n" ENTRY_SET "\n");
	include_case("{ models: { providers: { p: { baseUrl: 'http://h', models: { $include: ['a.json5', 'b.json5'] } } } } }",
	    "[{ id: 'x', name: 'X' }]", "[" ENTRY "]", "models.providers.p.models[1]", "b.json5", "[" ENTRY_SET "]");
	include_case("{ models: { providers: { $include: 'a.json5' } } }", "{ p: { baseUrl: 'http://h', models: [ " ENTRY " ] } }", NULL, PLACE,
	    "a.json5", "{ p: { baseUrl: 'http://h', models: [ " ENTRY_SET " ] } }");
	/* its flags do */
	include_case(HEAD "{ id: 'a', name: 'A', compat: { $include: 'a.json5' } }" TAIL, "{ supportsStore: true }", NULL, PLACE,
	    "a.json5", "{ supportsStore: true, supportsTools: false }");
	include_case(HEAD "{ $include: 'a.json5', compat: { supportsStore: true } }" TAIL, ENTRY, NULL, PLACE,
	    "c.json5", HEAD "{ $include: 'a.json5', compat: { supportsStore: true, supportsTools: false } }" TAIL);
	/* the flag that counts is the one laid over */
	include_case(HEAD "{ $include: 'a.json5', compat: { supportsTools: true } }" TAIL,
	    "{ id: 'a', name: 'A', compat: { supportsTools: true, supportsStore: true } }", NULL, PLACE,
	    "c.json5", HEAD "{ $include: 'a.json5', compat: { supportsTools: false } }" TAIL);
	include_case(HEAD "{ id: 'a', name: 'A', compat: { $include: ['a.json5', 'b.json5'] } }" TAIL, "{ supportsTools: true }",
	    "/* over */ { 'supportsTools' : true }", PLACE, "b.json5", "/* over */ { 'supportsTools' : false }");
}

static void test_include_refused(void)
{
	static const char twice[] = HEAD "{ $include: 'a.json5' }, { $include: 'a.json5', id: 'b' }" TAIL,
	    apart[] = HEAD "{ $include: 'a.json5', compat: { supportsTools: true } }" TAIL;

	make("c.json5", twice, 0600);
	make("a.json5", ENTRY, 0600);
	load("c.json5");
	refused(set_at(PLACE, tools, 1), "a.json5", ENTRY, "a.json5: it is included more than once, so the flags would be set not for "
	    PLACE " alone: write them by hand");
	drop();
	make("c.json5", apart, 0600);
	make("a.json5", "{ id: 'a', name: 'A', compat: { requiresStringContent: false } }", 0600);
	load("c.json5");
	ok(set_at(PLACE, both, 2) == -1 && strstr(f.message, "the flags stand in two places, in ") == f.message, "two files: %s", f.message);
	holds("c.json5", apart);
	drop();
}

static void test_no_entry(void)
{
	static const char why[] = "c.json5: the model has no entry there (it was passed through, or is the built-in catalogue's): "
	    "add one to the models of its provider, and flags can be set in it";

	make("c.json5", HEAD ENTRY TAIL, 0600);
	load("c.json5");
	refused(set_at(NULL, tools, 1), "c.json5", HEAD ENTRY TAIL, why);
	refused(set_at("models.providers.p", tools, 1), "c.json5", HEAD ENTRY TAIL, why);
	refused(set_at("models.providers.p.models[1]", tools, 1), "c.json5", HEAD ENTRY TAIL, why);
	refused(set_at("models.providers.p.models[0].id", tools, 1), "c.json5", HEAD ENTRY TAIL, why);
	/* a route's file, which isn't this one's */
	refused(confwrite_compat(&c, "/else/where", PLACE, tools, 1, &w, &f), "c.json5", HEAD ENTRY TAIL, why);
	ok(confwrite_compat(&c, in_dir("c.json5"), PLACE, tools, 1, &w, &f) == 0 && w.changed, "its own file");
	drop();
}

static void test_refused(void)
{
	int was = (int)geteuid();

	make("c.json5", HEAD ENTRY TAIL, 0600);
	load("c.json5");
	make("c.json5", HEAD ENTRY TAIL "//", 0600);
	refused(set_at(PLACE, tools, 1), "c.json5", HEAD ENTRY TAIL "//", "c.json5: it was changed meanwhile, so it was left: run this again");
	make("c.json5", "[]", 0600);
	refused(set_at(PLACE, tools, 1), "c.json5", "[]", "c.json5: it was changed meanwhile, so it was left: run this again");
	unlink(in_dir("c.json5"));
	refused(set_at(PLACE, tools, 1), "c.json5", NULL, "c.json5: No such file or directory");
	make("c.json5", HEAD ENTRY TAIL, 0400);
	refused(set_at(PLACE, tools, 1), "c.json5", HEAD ENTRY TAIL, "c.json5: Permission denied");
	chmod(in_dir("c.json5"), 0600);
	chmod(dir, 0500);
	refused(set_at(PLACE, tools, 1), "c.json5", HEAD ENTRY TAIL,
	    "c.json5: nothing can be written beside it (.fb-new is put in its place): Permission denied");
	chmod(dir, 0700);
	if (mkdir(in_dir("c.json5.fb-new"), 0700) != 0)
		exit(1);
	refused(set_at(PLACE, tools, 1), "c.json5", HEAD ENTRY TAIL,
	    "c.json5: nothing can be written beside it (.fb-new is put in its place): such a file is there; remove it");
	rmdir(in_dir("c.json5.fb-new"));
	if (getuid() != 0) {
		skip("to give a file away one must be root");
	} else {
		if (seteuid(0) != 0 || chown(in_dir("c.json5"), 1, getegid()) != 0 || chmod(in_dir("c.json5"), 0664) != 0 || seteuid((uid_t)was) != 0)
			exit(1);
		refused(set_at(PLACE, tools, 1), "c.json5", HEAD ENTRY TAIL,
		    "c.json5: it belongs to another user (uid 1): write the flags as that one");
	}
	drop();
}

/* No room for the new text, or for the backup. */
static void test_no_room(void)
{
	struct rlimit was, small;
	int got;

	make("c.json5", HEAD ENTRY TAIL, 0600);
	load("c.json5");
	signal(SIGXFSZ, SIG_IGN);
	if (getrlimit(RLIMIT_FSIZE, &was) != 0)
		exit(1);
	small = was;
	small.rlim_cur = 20;
	setrlimit(RLIMIT_FSIZE, &small);
	got = set_at(PLACE, tools, 1);
	setrlimit(RLIMIT_FSIZE, &was);
	refused(got, "c.json5", HEAD ENTRY TAIL, "c.json5: no backup of it could be made, so it was left: too large");
	small.rlim_cur = sizeof (HEAD ENTRY TAIL);	/* a backup fits */
	setrlimit(RLIMIT_FSIZE, &small);
	got = set_at(PLACE, tools, 1);
	setrlimit(RLIMIT_FSIZE, &was);
	ok(got == -1 && !w.changed && strstr(f.message, "could not be replaced: too large") != NULL, "no room: %s", f.message);
	holds("c.json5", HEAD ENTRY TAIL);
	holds("c.json5.bak", HEAD ENTRY TAIL);
	ok(mode_of("c.json5.fb-new") == 0, "no half of a file is left");
	drop();
}

static void test_catalogue(void)
{
	struct config *catalogue;

	make("c.json5", HEAD "{ id: 'b', name: 'B' }" TAIL, 0600);
	make("providers.json5", "{ models: { providers: { q: { baseUrl: 'http://q/v1', models: [" ENTRY "] } } } }", 0600);
	setenv("FLUFFBUZZ_SHARE", dir, 1);
	load("c.json5");
	if (config_catalogue(&c, &catalogue, &f) != 0 || catalogue == NULL) {
		ok(0, "the catalogue: %s", f.message);
		return;
	}
	refused(confwrite_compat(catalogue, NULL, "models.providers.q.models[0]", both, 2, &w, &f), "c.json5",
	    HEAD "{ id: 'b', name: 'B' }" TAIL,
	    "providers.json5: the built-in catalogue is not yours to change: give the model an entry in your configuration");
	ok(set_at("models.providers.q.models[0]", tools, 1) == -1, "its place is none of the user's file");
	unsetenv("FLUFFBUZZ_SHARE");
	drop();
}

/* A text that a variable fills in. */
static void test_filled(void)
{
	static const char text[] = HEAD "{ id: '${FB_TEST_ID}', name: 'A', compat: { maxTokensField: '${FB_TEST_FIELD}' } }" TAIL;
	static const struct graft_member field[] = {{"maxTokensField", "\"max_tokens\""}};

	setenv("FB_TEST_ID", "a", 1);
	setenv("FB_TEST_FIELD", "max_tokens", 1);
	make("c.json5", text, 0600);
	load("c.json5");
	ok(set_at(PLACE, field, 1) == 0 && !w.changed, "what a variable says is said");
	confwrite_release(&w);
	config_release(&c);
	setenv("FB_TEST_FIELD", "max_completion_tokens", 1);
	load("c.json5");
	ok(set_at(PLACE, field, 1) == 0 && w.changed, "else it is replaced: %s", f.message);
	holds("c.json5", HEAD "{ id: '${FB_TEST_ID}', name: 'A', compat: { maxTokensField: \"max_tokens\" } }" TAIL);
	drop();
}

int main(void)
{
	snprintf(dir, sizeof dir, "/tmp/fb-confwrite-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return 1;
	/* root may write everywhere */
	if (getuid() == 0 && (chown(dir, 65534, getegid()) != 0 || seteuid(65534) != 0))
		return 1;
	umask(077);
	test_write();
	test_backup_names();
	test_link();
	test_include();
	test_include_refused();
	test_no_entry();
	test_refused();
	test_no_room();
	test_catalogue();
	test_filled();
	clear();
	rmdir(dir);
	if (getuid() == 0 && seteuid(0) != 0)	/* valgrind takes its own files away */
		return 1;
	return done();
}
