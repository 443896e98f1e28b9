/* opt.c - see opt.h. */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "opt.h"

enum { MAX_OPTS = 96, HELP_COLUMN = 27, OPT_VERSION = 1 };

static size_t count(const struct opt *opts)
{
	size_t n = 0;

	while (opts[n].name != NULL)
		n++;
	return n;
}

/* What was typed may hold anything; what is printed is one line that moves no cursor. */
static void harmless(char *text)
{
	unsigned char *p;

	for (p = (unsigned char *)text; *p != '\0'; p++)
		if (*p < 0x20 || *p == 0x7f || (*p == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0))
			*p = '?';
}

void opt_die(const struct cmd *c, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	harmless(text);
	fprintf(stderr, "%s: %s (see %s --help)\n", c->prog, text, c->prog);
	exit(2);
}

/* "  -j, --jobs=N              send up to N requests at once" */
static void help_row(const struct opt *o)
{
	int n, optional = o->arg != NULL && o->arg[0] == '[';

	n = o->id < 256 && o->id > 32 ? printf("  -%c, --%s", o->id, o->name) : printf("      --%s", o->name);
	if (optional)	/* "[X]" is shown as --name[=X] */
		n += printf("[=%s", o->arg + 1);
	else if (o->arg != NULL)
		n += printf("=%s", o->arg);
	printf("%*s%s\n", n < HELP_COLUMN ? HELP_COLUMN - n : 1, "", o->help);
}

/* Ends the program; a help that could not be written is a failure too. */
static void leave(void)
{
	if (fflush(stdout) != 0 || ferror(stdout))
		_exit(3);
	exit(0);
}

static void help(const struct cmd *c)
{
	static const struct opt own[] = {
		{'h', "help", NULL, "show this help and exit"},
		{OPT_VERSION, "version", NULL, "show the version and exit"},
	};
	const struct opt *o;

	printf("usage: %s %s\n%s\n\n", c->prog, c->usage, c->about);
	for (o = c->opts; o->name != NULL; o++)
		if (o->help != NULL)
			help_row(o);
	help_row(&own[0]);
	help_row(&own[1]);
	if (c->more != NULL)
		printf("\n%s", c->more);
	leave();
}

/* getopt_long's two tables from ours. */
static void tables(const struct cmd *c, struct option *lng, char *shrt)
{
	size_t i, n = count(c->opts);

	*shrt++ = ':';
	for (i = 0; i < n; i++) {
		const struct opt *o = &c->opts[i];
		int optional = o->arg != NULL && o->arg[0] == '[';

		lng[i] = (struct option){o->name,
		    optional ? optional_argument : o->arg != NULL ? required_argument : no_argument,
		    NULL, o->id};
		if (o->id > 32 && o->id < 256) {
			*shrt++ = (char)o->id;
			if (o->arg != NULL && !optional)
				*shrt++ = ':';
		}
	}
	lng[n] = (struct option){"help", no_argument, NULL, 'h'};
	lng[n + 1] = (struct option){"version", no_argument, NULL, OPT_VERSION};
	lng[n + 2] = (struct option){NULL, 0, NULL, 0};
	*shrt++ = 'h';
	*shrt = '\0';
}

/* The argument that getopt_long just refused, for the message. */
static const char *refused(char **argv, char *letter)
{
	if (optopt > 32 && optopt < 256 && strncmp(argv[optind - 1], "--", 2) != 0) {
		letter[1] = (char)optopt;
		return letter;
	}
	return argv[optind - 1];
}

int opt_next(const struct cmd *c, int argc, char **argv)
{
	struct option lng[MAX_OPTS];
	char shrt[2 * MAX_OPTS], letter[3] = "-?";
	int id;

	if (count(c->opts) + 3 > MAX_OPTS)
		opt_die(c, "too many options in its table");
	tables(c, lng, shrt);
	opterr = 0;
	id = getopt_long(argc, argv, shrt, lng, NULL);
	switch (id) {
	case 'h':
		help(c);
		break;
	case OPT_VERSION:
		printf("%s %s\n", c->prog, FB_VERSION);
		leave();
		break;
	case ':':
		opt_die(c, "%s: needs an argument", refused(argv, letter));
	case '?':
		opt_die(c, "unknown option %s", refused(argv, letter));
	}
	return id;
}

long opt_number(const struct cmd *c, const char *option, const char *text,
    long min, long max)
{
	char *end;
	long v;

	errno = 0;
	v = strtol(text, &end, 10);
	if (end == text || *end != '\0' || errno != 0)
		opt_die(c, "--%s: not a whole number: %s", option, text);
	if (v < min || v > max)
		opt_die(c, "--%s: %ld is not from %ld to %ld", option, v, min, max);
	return v;
}
