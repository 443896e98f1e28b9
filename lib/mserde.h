/*
 * mserde.h - reads a chat request as a Rust server built on axum, serde_json
 * and serde_path_to_error does, to refuse it in the same words.
 *
 * Those read a body once, from left to right, and stop at the first thing
 * that is wrong, be it syntax or type; so this is a reader of its own and not
 * a look at a tree.  The texts and places are serde_json's: a type is told at
 * the byte where its value starts (array, object) or ends (all others), a
 * missing field after its object's brace (ENGINES 1).
 *
 * Pure.
 */
#ifndef FB_MSERDE_H
#define FB_MSERDE_H

#include <stddef.h>

struct buf;
struct mask;

enum mserde_kind {
	SERDE_STRING, SERDE_FLOAT, SERDE_UNSIGNED, SERDE_BOOL,
	SERDE_ROLE, SERDE_MESSAGES,
	SERDE_ANY, SERDE_MAP, SERDE_BYTE,
	SERDE_STOP,		/* a string or several */
	SERDE_CONTENT		/* a string or parts */
};

enum { MSERDE_FIELDS = 24 };

struct mserde_field {
	const char *name;	/* NULL ends the rows */
	enum mserde_kind kind;
	int required;		/* else an Option: null or absent will do */
};

/* One server's request types. */
struct mserde {
	const char *request, *message;		/* what its structs are called */
	const struct mserde_field *request_fields;
	const struct mserde_field *message_fields;
	const struct mserde_field *part_fields;	/* of SERDE_CONTENT; or NULL */
	const char *const *roles;		/* ends with NULL */
};

/*
 * 0, and *ask is filled in; or 400 (syntax) or 422 (types) and the text that
 * such a server answers is appended to `say`.
 */
int mserde_chat(const struct mserde *as, const char *body, size_t n,
    struct mask *ask, struct buf *say);

#endif
