/*
 * part.h - the parts of a message in FluffBuzz's own form, and what each
 * becomes for one model.
 *
 * Pure: bytes in, bytes out.  `content` is a text, or an array of parts.
 */
#ifndef FB_PART_H
#define FB_PART_H

#include "buf.h"
#include "fault.h"
#include "span.h"

struct callids;
struct message_to;

/* What stands for an image, once for several in a row, where the model takes none. */
#define NO_IMAGE "(image omitted: model does not support images)"
#define NO_TOOL_IMAGE "(tool image omitted: model does not support images)"

/* What is wrong with a result that answers nothing, in either form. */
#define NO_CALL "a tool result without a call: none before it has its id"

enum part_kind {
	PART_NONE,		/* nothing of it is sent */
	PART_TEXT, PART_IMAGE, PART_CALL,
	PART_SPOKEN,		/* another model's thinking: plain text */
	PART_LEAD,		/* requiresThinkingAsText: the text part in front */
	PART_FIELD		/* and on: the field that it came from, part_field[] */
};
extern const char *const part_field[];	/* ends with NULL */

/* How the parts of one message are to be seen. */
struct part_view {
	const struct message_to *to;
	int assistant;		/* blank texts go, thinking and calls are read */
	int foreign;		/* it is another model's message */
};

/* Every part, a content that is a text counting as one. */
struct span_iter part_each(struct span content);
enum part_kind part_kind(const struct part_view *v, struct span part);
size_t part_count(const struct part_view *v, struct span content, enum part_kind kind);
struct span part_text(struct span part);	/* its string token: of a text or of thinking */
int part_blank(struct span token);		/* a text of white space only */

/* Is each part one that this role may hold, and whole?  0, or -1 and *f without the message's place. */
enum { PART_MAY_IMAGE = 1, PART_MAY_CALL = 2 };
int part_check(struct span content, int may, struct fault *f);

/* What a message's role isn't: -1 and *f, with those that are due. */
int part_unknown_role(struct span role, const char *due, struct fault *f);

/* A string token less what strict parsers refuse (llama.cpp answers 500 to an unpaired surrogate). */
void part_add_text(struct buf *out, struct span token);
/* {"type":"text","text":..}, {"type":"image_url",..}, an element of tool_calls. */
void part_write_text(struct buf *out, struct span token);
void part_write_image(struct buf *out, struct span part);
void part_write_call(struct buf *out, struct span part, const struct callids *ids, int foreign);

#endif
