/*
 * config.c - libFuzzer on a configuration of several files (conf.h): it is
 * read, listed, dumped and checked, and no key comes out.
 *
 * make fuzz TARGET=config
 */
#include "conf.h"

#include "check.h"
#include "json.h"
#include "limits.h"
#include "view.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	conf_start();
	return 0;
}

static void list(struct config *c, int secret)
{
	jv models = view_models(c);
	struct table t;
	struct buf out;

	table_init(&t, 8);
	view_table(models, &t);
	must(t.next == 0);
	buf_init(&out, MAX_RECORD);
	table_write(&t, 1, &out);
	json_write(&out, models);
	must(!out.failed);
	if (secret)
		conf_no_key_in(&out);
	buf_release(&out);
	table_release(&t);
	jv_free(models);
}

static void dump(struct config *c, int secret)
{
	struct tree_file again = {.path = NULL};
	struct json5_err err;
	struct tree t;

	buf_init(&again.text, MAX_RECORD);
	view_dump(c, &again.text);
	must(!again.text.failed);
	if (secret)
		conf_no_key_in(&again.text);
	tree_init(&t);
	must(json5_read(&t, &again, &err) != NULL || strncmp(err.what, "nested", 6) == 0);
	tree_release(&t);
	buf_release(&again.text);
}

static void check(struct config *c, int secret)
{
	struct check k;

	check_init(&k);
	check_all(&k, c);
	must(!k.faults.failed && !k.told.failed);
	if (secret) {
		conf_no_key_in(&k.faults);
		conf_no_key_in(&k.told);
	}
	check_release(&k);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config c;
	struct fault f;
	struct span rest;
	int found = conf_files_of(data, size, &rest), bad;

	bad = config_load(&c, NULL, &f);
	must(c.path != NULL);
	if (bad) {
		must(f.code == F_CONFIG && f.message[0] != '\0' && strlen(f.message) < FAULT_TEXT);
		if (!(found & CONF_PLAIN))
			conf_no_key(f.message, strlen(f.message));
	} else {
		list(&c, found == 0);
		dump(&c, !(found & CONF_PLAIN));
		check(&c, found == 0);
	}
	if (!(found & CONF_PLAIN)) {
		conf_no_key_in(&c.faults);
		conf_no_key_in(&c.warnings);
		conf_no_key_in(&c.unset);
	}
	config_release(&c);
	return 0;
}
