/*
 * stage.h - how a program of the pipeline starts, fails and ends, the same
 * for all: exit status and error records of DESIGN section 1.
 *
 * Functions return the exit status; only main() ends the program.
 */
#ifndef FB_STAGE_H
#define FB_STAGE_H

#include "fault.h"
#include "record.h"
#include "tty.h"

/* The rows that every stage has in its option table, and what takes their ids. */
#define STAGE_OUTPUT_OPTION \
	{'o', "output", "FILE", "write to FILE, which appears only when all is good"}
#define STAGE_QUIET_OPTION \
	{'q', "quiet", NULL, "say nothing about single records"}
struct stage;
int stage_option(struct stage *s, int id, const char *value);	/* 1 when it was one of them */

/* One value of the input. */
typedef void stage_fn(struct stage *s, struct span value, const char *place);
typedef void stage_refuse_fn(struct stage *s, struct span id, const char *place, struct fault *f);

struct stage {
	const char *prog;	/* "fb-shape" */
	const char *name;	/* "shape", as in an error's `stage` */
	const char *output;	/* of -o, or NULL */
	struct out out;
	struct tally tally;
	struct teller teller;
	stage_fn *each;		/* what the command does with a value */
	stage_refuse_fn *refuse;
	void (*emit)(struct stage *s, struct buf *line);	/* where lines go; NULL: into `out` as they come */
	void (*wait)(void *ctx, int fd);	/* or NULL: called before more of the input is read, which may take its time */
	struct reader *in;	/* the file that is being read */
	struct reader *ahead;	/* standard input, where some of it was read already; or NULL */
	long ordinal;		/* of the input handed out last, from 1, over all files */
	long limit;		/* no more inputs than that; 0: all */
	long given;		/* inputs handed out, good or not */
	struct span id;		/* of the input at hand, a JSON string, where its place gives one; else SPAN_NIL */
	const volatile sig_atomic_t *stop;	/* or NULL; not 0: read no more */
	int collects;		/* lines that are ready together are written together: out_collect() */
	int quiet;		/* -q: no diagnostics of single records */
	int last;		/* nobody behind it tells: it does, wherever its output goes */
	int bare;		/* no error records in the output: what fails is told on stderr, wherever the output goes */
	int reports;		/* status 1 is a finding: what says so is good, and -o keeps it */
	int broken;		/* input could not be read: status 3 */
	double before;		/* bytes of the files that were read already */
	double from;		/* where the reading of this one began */
	int blanks, heads;	/* what came beside inputs: bytes; a row of names */
};

/*
 * First thing in main: a closed descriptor 0, 1 or 2 is taken by something
 * that fails, so that no file of ours lands there.
 */
void stage_start(struct stage *s, const char *prog, const char *name);

/* Opens the output that -o named, else standard output; 0, or the exit status. */
int stage_open(struct stage *s);

/*
 * Each file, else standard input ("-" is that too; its name is NULL).  Ends
 * early when the output fails or *stop is set.  A file that can't be read is
 * told, and the end status will be 3.
 */
typedef void stage_file_fn(struct stage *s, struct reader *in, const char *name);
void stage_files(struct stage *s, char **files, stage_file_fn *fn);

/* Nothing more is to be read: the output failed, a signal came, or the limit is reached. */
int stage_over(const struct stage *s);

/* The bytes of all regular files that they name, as stage_files() would read them; 0: some are none, so that can't be told. */
double stage_size(char **files);
double stage_read(const struct stage *s);	/* so many bytes of those were handed out */

/*
 * Every JSON value of a file: the command's one function for each.  What is
 * no JSON goes to s->refuse (stage_refuse unless the command sets its own),
 * and the next line is read.  `place` is "", "line 18: " or "mails.csv:18: ":
 * the head of a message.
 */
void stage_values(struct stage *s, struct reader *in, const char *name);
/* Both together: s->each for every value of every file. */
void stage_each(struct stage *s, char **files);

/*
 * An error record {"custom_id":ID,"error":..} in place of a result; `id` is a
 * JSON string token.  Told on stderr when nobody behind us tells it.  With
 * s->bare it is told and counted, and not written.
 */
void stage_refuse(struct stage *s, struct span id, const char *place, struct fault *f);
void stage_tell(struct stage *s, struct span id, const struct fault *f);

/* A record that failed in an earlier stage goes on untouched; with s->bare it is told instead. */
void stage_pass(struct stage *s, struct span rec);

/*
 * It can't go on at all: says so, and writes one error record so that the
 * last stage of the pipe knows (not onto a terminal).  Returns 2.
 */
int stage_cannot(struct stage *s, const struct fault *f);

/* The same for several faults of the configuration, a line each; the record has the first. */
int stage_cannot_all(struct stage *s, const struct buf *lines);

/* A warning on stderr; nothing when the text is empty. */
void stage_warn(struct stage *s, const char *text);
void stage_warnings(struct stage *s, const struct buf *lines);	/* one for each line */

/*
 * Closes the output and gives the exit status: `status`, but 3 (said) when
 * output or input failed, 141 when the reader of a pipe went away.
 */
int stage_end(struct stage *s, int status);

#endif
