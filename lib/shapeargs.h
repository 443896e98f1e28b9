/*
 * shapeargs.h - what fb-shape's options say of every request: texts, attached
 * files, tools, parameters; read once.
 */
#ifndef FB_SHAPEARGS_H
#define FB_SHAPEARGS_H

#include "attach.h"
#include "buf.h"
#include "fault.h"
#include "shape.h"
#include "template.h"

/* The rows for the option table, and what takes their ids. */
enum { OPT_MESSAGES = 500, OPT_TOOLS, OPT_TOOL_CHOICE, OPT_SCHEMA, OPT_THINKING, OPT_MAX_TOKENS, OPT_TEMPERATURE,
	OPT_TOP_P, OPT_SEED, OPT_STOP, OPT_PARAM, OPT_DROP_IMAGES, OPT_ALLOW_FILES, OPT_SORT_TOOLS };
#define SHAPE_OPTIONS \
	{'p', "prompt", "TEXT", "the prompt; @FILE reads it from a file"}, \
	{'s', "system", "TEXT", "the system text; @FILE reads it from a file"}, \
	{'f', "file", "FILE", "attach an image, or a text file as a part of its own (repeatable)"}, \
	{OPT_ALLOW_FILES, "allow-files", "DIR", "the files below DIR may be named by a record's `files`"}, \
	{OPT_DROP_IMAGES, "drop-images", NULL, "a text in place of images that the model doesn't take"}, \
	{OPT_MESSAGES, "messages", "FILE", "go on with this conversation"}, \
	{'t', "template", "TEXT", "the prompt of each input, {{name}} filled in; @FILE"}, \
	{OPT_TOOLS, "tools", "FILE", "the tools that the model may call"}, \
	{OPT_SORT_TOOLS, "sort-tools", NULL, "send the tools sorted by name"}, \
	{OPT_TOOL_CHOICE, "tool-choice", "WHICH", "auto, none, required, or the name of a tool"}, \
	{OPT_SCHEMA, "schema", "[FILE]", "an answer in JSON, that fits this schema"}, \
	{OPT_THINKING, "thinking", "LEVEL", "off, minimal, low, medium, high ..."}, \
	{OPT_MAX_TOKENS, "max-tokens", "N", "limit the answer to N tokens"}, \
	{OPT_TEMPERATURE, "temperature", "N", "how free the choice of words is"}, \
	{OPT_TOP_P, "top-p", "N", "choose among the likeliest words of this share"}, \
	{OPT_SEED, "seed", "N", "the same seed, the same answer, if the server can"}, \
	{OPT_STOP, "stop", "TEXT", "end the answer before this text (repeatable)"}, \
	{OPT_PARAM, "param", "KEY=VALUE", "any other field of the body; KEY:=JSON (repeatable)"}

struct shape_args {
	const char *prompt, *system, *template, *messages, *tools, *tool_choice, *schema, *thinking, *allow_files;
	const char *paths[ATTACH_MOST];		/* of -f */
	int npaths, json, drop_images, sort_tools;
	long max_tokens;
	struct buf params, stops;		/* as they come, members and elements with commas before */
	/* what they name, read */
	struct buf prompt_text, system_text, messages_text, tools_text, schema_text, choice_text, params_text;
	struct attached attached;
	struct allow allow;			/* of --allow-files */
	struct template made;
};

void shape_args_init(struct shape_args *a);
void shape_args_release(struct shape_args *a);
/* 1 when the option was one of them; 0; -1 and *f: its argument is no good. */
int shape_args_option(struct shape_args *a, int id, const char *value, struct fault *f);
/* Which of them want standard input: their names, up to `most`; how many. */
int shape_args_stdin(const struct shape_args *a, const char **names, int most);
/* Reads what they name into `opts`, which borrows from `a`.  0, or -1 and *f. */
int shape_args_read(struct shape_args *a, struct shape_options *opts, struct fault *f);
/*
 * Is there something among the fields that can be right for no input?
 * more_tools: an input or a route may bring tools.  0, or -1 and *f.
 */
int shape_args_check(const struct shape_options *opts, int more_tools, struct fault *f);

#endif
