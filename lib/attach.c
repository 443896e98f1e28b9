/* attach.c - see attach.h. */
#include <stdio.h>
#include <string.h>

#include "attach.h"
#include "image.h"
#include "json.h"
#include "limits.h"
#include "part.h"

static const char no_image[] = ",{\"type\":\"text\",\"text\":\"" NO_IMAGE "\"}";

void attach_init(struct attached *a)
{
	buf_init(&a->parts, MAX_RECORD / 2);
	buf_init(&a->plain, MAX_RECORD / 2);
	buf_init(&a->names, MAX_RECORD / 2);
	a->images = 0;
}

void attach_release(struct attached *a)
{
	buf_release(&a->parts);
	buf_release(&a->plain);
	buf_release(&a->names);
}

void attach_name(struct attached *a, const char *path, struct span bytes)
{
	const char *type = image_type(bytes.p, bytes.n);

	buf_adds(&a->names, ",{\"path\":");
	json_quotes(&a->names, path);
	buf_addf(&a->names, ",\"mimeType\":\"%s\"}", type != NULL ? type : "text/plain");
}

int attach_add(struct attached *a, const char *what, struct span bytes, struct fault *f)
{
	const char *why = NULL;
	size_t from = a->parts.len;

	if (image_type(bytes.p, bytes.n) != NULL) {
		buf_adds(&a->plain, no_image);
		buf_adds(&a->parts, ",{\"type\":\"image_url\",\"image_url\":{\"url\":\"");
		why = image_url(&a->parts, bytes.p, bytes.n);
		buf_adds(&a->parts, "\"}}");
		a->images++;
	} else if (memchr(bytes.p, '\0', bytes.n) != NULL || span_utf8(bytes.p, bytes.n) != bytes.n) {
		why = "neither an image that models take (PNG, JPEG, GIF, WebP) nor a text file (UTF-8)";
	} else {
		buf_adds(&a->parts, ",{\"type\":\"text\",\"text\":");
		json_quote(&a->parts, bytes.p, bytes.n);
		buf_addc(&a->parts, '}');
		if (!a->parts.failed)
			buf_add(&a->plain, a->parts.data + from, a->parts.len - from);
	}
	if (why == NULL && (a->parts.failed || a->plain.failed))
		return fault_set(f, F_INPUT, "%s: the files are over %lu bytes in all", what, MAX_RECORD / 2);
	return why == NULL ? 0 : fault_set(f, F_INPUT, "%s: %s", what, why);
}

static int add_named(struct attached *a, struct span token, const struct allow *dir, struct fault *f)
{
	struct buf name, text;
	const char *why;
	char what[600];
	int bad;

	if (span_kind(token) != SPAN_STRING)
		return fault_set(f, F_INPUT, "files: the name of a file is due, a text");
	buf_init(&name, MAX_RECORD);
	buf_init(&text, MAX_RECORD / 2);
	span_decode(token, SPAN_REPLACE, &name);
	snprintf(what, sizeof what, "files: %.580s", buf_text(&name));
	why = strlen(buf_text(&name)) == name.len ? allow_read(dir, buf_text(&name), &text) : "a NUL in the name";
	if (why != NULL)
		bad = fault_set(f, F_INPUT, "%s: %s", what, why);
	else
		bad = attach_add(a, what, (struct span){buf_text(&text), text.len}, f);
	buf_release(&text);
	buf_release(&name);
	return bad;
}

int attach_named(struct attached *a, struct span names, const struct allow *dir, struct fault *f)
{
	struct span_iter it = span_each(names);
	struct span key, name;
	int bad = 0;

	if (span_kind(names) != SPAN_ARRAY)
		return fault_set(f, F_INPUT, "files: an array of names is due");
	if (span_count(names) > ATTACH_MOST)
		return fault_set(f, F_INPUT, "files: more than %d", ATTACH_MOST);
	while (!bad && span_next(&it, &key, &name))
		bad = add_named(a, name, dir, f);
	return bad;
}

static struct span join(struct buf *to, struct span first, const struct buf *second)
{
	if (first.n > 0)
		buf_add(to, first.p, first.n);
	buf_add(to, buf_text(second), second->len);
	return (struct span){buf_text(to), to->len};
}

int attach_behind(struct message_extra *extra, const struct attached *a, struct attached *both, struct fault *f)
{
	extra->parts = join(&both->parts, extra->parts, &a->parts);
	if (extra->plain.p != NULL)
		extra->plain = join(&both->plain, extra->plain, &a->plain);
	extra->images += a->images;
	if (both->parts.failed || both->plain.failed)
		return fault_set(f, F_INPUT, "files: over %lu bytes in all", MAX_RECORD / 2);
	return 0;
}
