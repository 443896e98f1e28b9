/*
 * conf.h - for config.c and route.c: an input as the files of a configuration,
 * and a key in it that must not come out again.
 *
 * Between the parts of an input is a byte RS (0x1E): fluffbuzz.json, a.json5,
 * b.json5, .env, and what else the target takes.  A part that isn't there is
 * a file that isn't there.
 */
#ifndef FB_FUZZ_CONF_H
#define FB_FUZZ_CONF_H

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"
#include "credential.h"
#include "json5.h"

#define CONF_CANARY "CANARY"

enum { CONF_FILES = 4 };
static const char *const conf_files[CONF_FILES] = {"fluffbuzz.json", "a.json5", "b.json5", ".env"};
static char conf_dir[48], conf_path[CONF_FILES][64];

static void must(int good)
{
	if (!good)
		abort();
}

static void conf_leave(void)
{
	int i;

	for (i = 0; i < CONF_FILES; i++)
		unlink(conf_path[i]);
	rmdir(conf_dir);
}

/* A directory of our own, and an environment without anything of the user's. */
static void conf_start(void)
{
	static const char *const unset[] = {"FLUFFBUZZ_CONFIG_PATH", "FLUFFBUZZ_HOME", "FLUFFBUZZ_INCLUDE_ROOTS",
	    "OPENAI_BASE_URL", "OPENAI_API_KEY", "XDG_CONFIG_HOME", NULL};
	int i;

	snprintf(conf_dir, sizeof conf_dir, "%s/fb-fuzz-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	must(mkdtemp(conf_dir) != NULL);
	for (i = 0; i < CONF_FILES; i++)
		snprintf(conf_path[i], sizeof conf_path[i], "%s/%s", conf_dir, conf_files[i]);
	atexit(conf_leave);
	umask(077);
	for (i = 0; unset[i] != NULL; i++)
		unsetenv(unset[i]);
	must(setenv("HOME", conf_dir, 1) == 0 && setenv("FLUFFBUZZ_STATE_DIR", conf_dir, 1) == 0);
	must(setenv("SET", "http://10.0.0.9", 1) == 0 && setenv("SECRET", CONF_CANARY, 1) == 0);
}

/* The part before the next RS; 0: there are no more. */
static int conf_part(const char **p, const char *end, struct span *part)
{
	const char *rs;

	if (*p == NULL)
		return 0;
	rs = memchr(*p, 0x1E, (size_t)(end - *p));
	*part = (struct span){*p, (size_t)((rs != NULL ? rs : end) - *p)};
	*p = rs != NULL ? rs + 1 : NULL;
	return 1;
}

static void conf_write(const char *path, struct span text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	size_t done = 0;
	ssize_t n;

	must(fd >= 0);
	for (; done < text.n; done += (size_t)n)
		must((n = write(fd, text.p + done, text.n - done)) > 0);
	must(close(fd) == 0);
}

static int conf_has(const char *text, size_t n)
{
	size_t k = sizeof CONF_CANARY - 1;

	for (; n >= k; text++, n--)
		if (memcmp(text, CONF_CANARY, k) == 0)
			return 1;
	return 0;
}

/* ${..CANARY..}: the name of a variable, which messages tell. */
static int conf_is_name(const char *text, size_t n)
{
	size_t i, k;

	for (i = 0; i + 2 < n; i++) {
		if (text[i] != '$' || text[i + 1] != '{')
			continue;
		for (k = i + 2; k < n && text[k] != '}'; k++)
			;
		if (conf_has(text + i, k - i))
			return 1;
	}
	return 0;
}

/* A member whose text is a secret.  `above` is the key of the object that it is in. */
static int conf_is_secret(const char *key, const char *above)
{
	static const char *const names[] = {"apiKey", "token", "value", "passphrase", NULL};
	int i;

	for (i = 0; names[i] != NULL; i++)
		if (strcmp(names[i], key) == 0)
			return 1;
	return strcmp(above, "env") == 0 || strcmp(above, "vars") == 0 ||
	    (strcmp(above, "headers") == 0 && credential_smells(key));
}

/* What of a document makes it no test of secrets: the canary, or a variable, stands where no secret does. */
enum { CONF_PLAIN = 1, CONF_FILLED = 2 };

static int conf_look(const struct value *v, const char *key, const char *above)
{
	const struct value *child;
	int found = 0, secret = conf_is_secret(key, above) && strcmp(above, "params") != 0;

	if (tree_text(v) != NULL && (!secret ? conf_has(v->text, v->n) : conf_is_name(v->text, v->n)))
		found |= CONF_PLAIN;
	if (tree_text(v) != NULL && !secret && memchr(v->text, '$', v->n) != NULL)
		found |= CONF_FILLED;
	for (child = tree_first(v); child != NULL; child = child->next) {
		if (child->key != NULL && conf_has(child->key, child->keyn))
			found |= CONF_PLAIN;
		/* params are the user's own, whatever they hold */
		if (strcmp(key, "params") == 0)
			found |= conf_look(child, "", key);
		else
			found |= child->key != NULL ? conf_look(child, child->key, key) : conf_look(child, key, above);
	}
	return found;
}

static int conf_look_file(struct span text)
{
	struct tree_file file = {.path = NULL};
	struct json5_err err;
	struct tree t;
	struct value *v;
	int found = 0;

	buf_init(&file.text, text.n);
	buf_add(&file.text, text.p, text.n);
	tree_init(&t);
	if ((v = json5_read(&t, &file, &err)) != NULL)
		found = conf_look(v, "", "");
	must(v != NULL || !conf_has(err.what, strlen(err.what)));
	tree_release(&t);
	buf_release(&file.text);
	return found;
}

/* Writes the files, to *rest what comes after them; what conf_look() finds in them. */
static int conf_files_of(const uint8_t *data, size_t size, struct span *rest)
{
	const char *p = (const char *)data, *end = p + size;
	struct span part;
	int i, found = 0;

	for (i = 0; i < CONF_FILES; i++) {
		if (!conf_part(&p, end, &part)) {
			unlink(conf_path[i]);
			continue;
		}
		conf_write(conf_path[i], part);
		if (i < CONF_FILES - 1)
			found |= conf_look_file(part);
	}
	*rest = p != NULL ? (struct span){p, (size_t)(end - p)} : SPAN_NIL;
	return found;
}

static void conf_no_key(const char *text, size_t n)
{
	if (conf_has(text, n)) {
		fprintf(stderr, "A KEY CAME OUT: %.*s\n", (int)n, text);
		abort();
	}
}

static void conf_no_key_in(const struct buf *b)
{
	conf_no_key(buf_text(b), b->len);
}

#endif
