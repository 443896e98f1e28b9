/*
 * opt.h - a command's options as one table: getopt_long, --help and --version
 * from the same rows.  Completions and a test of the manual read --help.
 *
 * With tty, this is the only module that prints or exits: a wrong option ends
 * the program with status 2 and one line on stderr.
 */
#ifndef FB_OPT_H
#define FB_OPT_H

struct opt {
	int id;			/* the short option's letter, or a number above 255 */
	const char *name;	/* the long option */
	const char *arg;	/* what its argument is called; NULL: takes none; "[X]": may take one (--name=X) */
	const char *help;	/* one line, lower case, no full stop; NULL: not shown, the command says where it is instead */
};

struct cmd {
	const char *prog;	/* "fb-shape" */
	const char *usage;	/* what follows the name: "[OPTION]... [FILE]..." */
	const char *about;	/* one line */
	const struct opt *opts;	/* ends with a row whose name is NULL; -h and --version are added */
	const char *more;	/* printed after the options, or NULL */
};

/*
 * The next option's id, or -1 after the last; its argument is in optarg and
 * operands start at optind, as with getopt.
 */
int opt_next(const struct cmd *c, int argc, char **argv);

/* Ends the program with status 2: "fb-send: --jobs: not a number: x (see fb-send --help)". */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3), noreturn))
#endif
void opt_die(const struct cmd *c, const char *fmt, ...);

/* optarg as a whole number from min to max, else opt_die naming the option. */
long opt_number(const struct cmd *c, const char *option, const char *text,
    long min, long max);

#endif
