/* finding.c - see finding.h. */
#include <string.h>

#include "finding.h"
#include "json.h"
#include "limits.h"

enum { NAME_WIDTH = 16, SEEN_WIDTH = 40 };

static const char *const verdicts[] = {"ok", "note", "set", "limit", "failed", "left"};

void finding_init(struct finding *x)
{
	memset(x, 0, sizeof *x);
	buf_init(&x->told.seen, 64 << 10);
	buf_init(&x->told.more, 64 << 10);
	buf_init(&x->advice, 64 << 10);
	buf_init(&x->request, MAX_RECORD);
}

void finding_release(struct finding *x)
{
	buf_release(&x->told.seen);
	buf_release(&x->told.more);
	buf_release(&x->advice);
	buf_release(&x->request);
}

/* A cell, and at least two blanks behind it. */
static void cell(struct buf *out, const char *text, size_t width)
{
	size_t chars = 0;

	for (; *text != '\0'; text++) {
		chars += ((unsigned char)*text & 0xC0) != 0x80;
		buf_addc(out, *text);
	}
	while (chars++ < width)
		buf_addc(out, ' ');
	buf_adds(out, "  ");
}

static jv value_of(struct setting s)
{
	if (strcmp(s.value, "true") == 0)
		return jv_true();
	return strcmp(s.value, "false") == 0 ? jv_false() : json_str(s.value);
}

/* "requiresStringContent: true", as it stands in a configuration. */
static void member(struct buf *out, struct setting s)
{
	jv value = value_of(s);

	buf_addf(out, "%s: ", s.flag);
	json_write(out, value);
	jv_free(value);
}

/* Between what to do and what there is to know beside it. */
static const char *join_of(const struct finding *x)
{
	if (x->advice.len > 0 || x->verdict == PROBE_SET)
		return "; ";
	return x->verdict == PROBE_NOTE || x->verdict == PROBE_FAILED ? ": " : "  ";
}

static void advise(struct buf *out, const struct finding *x)
{
	static const char *const heads[] = {"ok", "note", "set compat.", "", "failed", "-"};
	const char *more = buf_text(&x->told.more);

	buf_adds(out, heads[x->verdict]);
	if (x->set.flag != NULL)
		member(out, x->set);
	if (x->advice.len > 0) {
		buf_adds(out, heads[x->verdict][0] != '\0' ? ": " : "");
		buf_add(out, x->advice.data, x->advice.len);
	}
	if (more[0] != '\0')
		buf_addf(out, "%s%s", join_of(x), more);
}

static size_t characters(const struct buf *text, size_t from)
{
	size_t n = 0;

	for (; from < text->len; from++)
		n += ((unsigned char)text->data[from] & 0xC0) != 0x80;
	return n;
}

void finding_line(struct buf *out, const struct finding *x, long columns)
{
	size_t from = out->len;
	struct buf what;

	buf_init(&what, MAX_RECORD);
	advise(&what, x);
	cell(out, x->rung->name, NAME_WIDTH);
	cell(out, buf_text(&x->told.seen), SEEN_WIDTH);
	if (columns > 0 && x->told.seen.len > 0 && characters(out, from) + characters(&what, 0) > (size_t)columns) {
		while (out->len > from && out->data[out->len - 1] == ' ')
			buf_cut(out, out->len - 1);
		buf_addf(out, "\n%*s", NAME_WIDTH + 2, "");
	}
	buf_add(out, buf_text(&what), what.len);
	buf_release(&what);
}

jv finding_set(jv flags, struct setting s)
{
	return json_set(flags, s.flag, value_of(s));
}

void finding_json(struct buf *out, const struct finding *x)
{
	jv set;

	buf_adds(out, "{\"rung\":");
	json_quotes(out, x->rung->name);
	buf_addf(out, ",\"verdict\":\"%s\",\"seen\":", verdicts[x->verdict]);
	json_quotes(out, buf_text(&x->told.seen));
	buf_adds(out, ",\"more\":");
	json_quotes(out, buf_text(&x->told.more));
	buf_adds(out, ",\"set\":");
	if (x->set.flag != NULL) {
		set = finding_set(jv_object(), x->set);
		json_write(out, set);
		jv_free(set);
	} else {
		buf_adds(out, "null");
	}
	buf_adds(out, ",\"advice\":");
	json_quotes(out, x->advice.len > 0 ? buf_text(&x->advice) : NULL);
	buf_addf(out, ",\"status\":%d,\"ms\":", x->status);
	buf_addn(out, x->ms, 3);
	buf_adds(out, ",\"error\":");
	if (x->fault.code != F_NONE)
		fault_write(out, &x->fault, x->status == 0 ? "send" : "parse");
	else
		buf_adds(out, "null");
	buf_adds(out, ",\"request\":");
	buf_adds(out, x->request.len > 0 ? buf_text(&x->request) : "null");
	buf_addc(out, '}');
}

/* May a member's name stand without quotes? */
static int is_plain(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$");

	return n > 0 && name[n] == '\0' && (name[0] < '0' || name[0] > '9');
}

void finding_block(struct buf *out, jv flags, const char *model)
{
	const char *indent = model != NULL ? "  " : "";
	jv value;
	int i;

	if (model != NULL) {
		buf_adds(out, "{\n  id: ");
		json_quotes(out, model);
		buf_adds(out, ",\n");
	}
	buf_addf(out, "%scompat: {\n", indent);
	for (i = json_first(flags); json_more(flags, i); i = json_step(flags, i)) {
		buf_addf(out, "%s  ", indent);
		if (is_plain(json_key(flags, i)))
			buf_adds(out, json_key(flags, i));
		else
			json_quotes(out, json_key(flags, i));
		buf_adds(out, ": ");
		value = json_val(flags, i);
		json_write(out, value);
		jv_free(value);
		buf_adds(out, ",\n");
	}
	buf_addf(out, "%s},\n%s", indent, model != NULL ? "},\n" : "");
}
