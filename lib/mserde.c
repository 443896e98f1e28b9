/* mserde.c - see mserde.h.  Where a rule looks odd, it is serde_json 1.0's. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "mchat.h"
#include "mjson.h"
#include "mserde.h"
#include "mtext.h"

/* Where we are: messages[1].content */
struct step {
	struct span key;	/* a string token, or SPAN_NIL: */
	size_t index;
};

struct serde {
	struct mjson in;
	const struct mserde *as;
	struct step path[8];
	int depth;
	int status;
	struct buf *say;
};

static void say_path(struct serde *d)
{
	const struct step *s;

	for (s = d->path; s < d->path + d->depth; s++) {
		if (s->key.p == NULL) {
			buf_addf(d->say, "[%zu]", s->index);
			continue;
		}
		if (s > d->path)
			buf_addc(d->say, '.');
		span_decode(s->key, SPAN_REPLACE, d->say);
	}
	if (d->depth > 0)
		buf_adds(d->say, ": ");
}

/* The column is the number of bytes on the line before `at`. */
static void say_place(struct serde *d, size_t at)
{
	size_t i, line = 1, start = 0;

	for (i = 0; i < at; i++)
		if (d->in.p[i] == '\n') {
			line++;
			start = i + 1;
		}
	buf_addf(d->say, " at line %zu column %zu", line, at - start);
}

/* A fault of syntax, as the reader below told it. */
static int bad_json(struct serde *d)
{
	d->status = 400;
	buf_adds(d->say, "Failed to parse the request body as JSON: ");
	say_path(d);
	buf_adds(d->say, d->in.why);
	say_place(d, d->in.at);
	return -1;
}

static void open_data(struct serde *d)
{
	d->status = 422;
	buf_adds(d->say, "Failed to deserialize the JSON body into the target type: ");
	say_path(d);
}

static int close_data(struct serde *d)
{
	say_place(d, d->in.i);
	return -1;
}

/* Rust prints the shortest digits that read back the same: 1.0, 1500.0, 1.5e-7. */
static void say_float(struct buf *say, const char *token)
{
	double v = strtod(token, NULL);
	char text[40], digits[24], *e, *p;
	int want, n = 0, point;

	for (want = 0; want < 17; want++) {
		snprintf(text, sizeof text, "%.*e", want, v);
		if (strtod(text, NULL) == v)
			break;
	}
	if ((e = strchr(text, 'e')) == NULL)
		return;		/* infinite: refused before */
	for (p = text; p < e; p++)
		if (*p >= '0' && *p <= '9')
			digits[n++] = *p;
	point = (int)strtol(e + 1, NULL, 10) + 1;	/* digits before the point */
	buf_adds(say, text[0] == '-' ? "-" : "");
	if (point > 16 || point < -4) {
		buf_add(say, digits, 1);
		if (n > 1)
			buf_addf(say, ".%.*s", n - 1, digits + 1);
		buf_addf(say, "e%d", point - 1);
	} else if (point <= 0)
		buf_addf(say, "0.%.*s%.*s", -point, "0000", n, digits);
	else if (point >= n)
		buf_addf(say, "%.*s%.*s.0", n, digits, point - n, "0000000000000000");
	else
		buf_addf(say, "%.*s.%.*s", point, digits, n - point, digits + point);
}

enum number { NO_NUMBER, INTEGER, NEGATIVE, FLOAT };

static enum number number_kind(struct span token, char *text, size_t size)
{
	size_t n = token.n < size ? token.n : size - 1;

	memcpy(text, token.p, n);
	text[n] = '\0';
	if (strpbrk(text, ".eE") != NULL || strcmp(text, "-0") == 0)
		return FLOAT;
	errno = 0;
	if (text[0] == '-')
		strtoll(text, NULL, 10);
	else
		strtoull(text, NULL, 10);
	if (errno == ERANGE || n < token.n)
		return FLOAT;
	return text[0] == '-' ? NEGATIVE : INTEGER;
}

/* "invalid type: X, expected Y" for the value that comes next. */
static int wrong_type(struct serde *d, const char *expected)
{
	char text[400];
	struct span v;
	enum span_kind kind = mjson_peek(&d->in);
	enum number number = NO_NUMBER;

	if (kind == SPAN_NONE)
		return bad_json(d);
	v.p = NULL;
	if (kind != SPAN_ARRAY && kind != SPAN_OBJECT && mjson_scalar(&d->in, 1, &v) < 0)
		return bad_json(d);
	if (kind == SPAN_NUMBER)
		number = number_kind(v, text, sizeof text);
	if (number == FLOAT && isinf(strtod(text, NULL))) {
		mjson_fault(&d->in, "number out of range");
		return bad_json(d);
	}
	open_data(d);
	buf_adds(d->say, "invalid type: ");
	if (kind == SPAN_ARRAY)
		buf_adds(d->say, "sequence");
	else if (kind == SPAN_OBJECT)
		buf_adds(d->say, "map");
	else if (kind == SPAN_NULL)
		buf_adds(d->say, "null");
	else if (kind == SPAN_TRUE || kind == SPAN_FALSE)
		buf_addf(d->say, "boolean `%s`", kind == SPAN_TRUE ? "true" : "false");
	else if (kind == SPAN_STRING) {
		buf_adds(d->say, "string ");
		buf_add(d->say, v.p, v.n);
	} else if (number == FLOAT) {
		buf_adds(d->say, "floating point `");
		say_float(d->say, text);
		buf_addc(d->say, '`');
	} else
		buf_addf(d->say, "integer `%s`", text);
	buf_addf(d->say, ", expected %s", expected);
	return close_data(d);
}

static int read_role(struct serde *d, struct span *v)
{
	const char *const *role;
	enum span_kind kind = mjson_peek(&d->in);

	if (kind == SPAN_OBJECT)	/* an enum may be a map too: {"user": null} */
		return wrong_type(d, "variant identifier");
	if (kind != SPAN_STRING) {
		if (kind != SPAN_NONE)
			mjson_expected_value(&d->in);
		return bad_json(d);
	}
	if (mjson_scalar(&d->in, 1, v) < 0)
		return bad_json(d);
	for (role = d->as->roles; *role != NULL; role++)
		if (span_eq(*v, *role))
			return 0;
	open_data(d);
	buf_adds(d->say, "unknown variant `");
	span_decode(*v, SPAN_REPLACE, d->say);
	buf_adds(d->say, "`, expected one of ");
	for (role = d->as->roles; *role != NULL; role++)
		buf_addf(d->say, "%s`%s`", role > d->as->roles ? ", " : "", *role);
	return close_data(d);
}

static int read_unsigned(struct serde *d, struct span *v, const char *type)
{
	char text[64];
	size_t start = d->in.i;
	enum number kind;

	if (mjson_peek(&d->in) != SPAN_NUMBER)
		return wrong_type(d, type);
	if (mjson_scalar(&d->in, 1, v) < 0)
		return bad_json(d);
	kind = number_kind(*v, text, sizeof text);
	if (kind == INTEGER && (type[1] != '8' || strtoull(text, NULL, 10) < 256))
		return 0;
	if (kind == FLOAT) {
		d->in.i = start;
		return wrong_type(d, type);
	}
	open_data(d);
	buf_addf(d->say, "invalid value: integer `%s`, expected %s", text, type);
	return close_data(d);
}

static int read_messages(struct serde *d, struct mask *ask);
static int read_content(struct serde *d, struct span *v);

static int read_any(struct serde *d, struct span *v)
{
	size_t start = d->in.i;

	if (mjson_skip(&d->in) < 0)
		return bad_json(d);
	*v = span_trim((struct span){d->in.p + start, d->in.i - start});
	return 0;
}

/* One of an enum that serde tries one by one: of the fault nothing is left but this. */
static int read_stop(struct serde *d, struct span *v)
{
	struct span_iter it;
	struct span key, item;
	int good;

	if (read_any(d, v) < 0)
		return -1;
	good = span_kind(*v) == SPAN_STRING || span_kind(*v) == SPAN_ARRAY;
	for (it = span_each(*v); good && span_next(&it, &key, &item);)
		good = span_kind(item) == SPAN_STRING;
	if (good)
		return 0;
	open_data(d);
	buf_adds(d->say, "data did not match any variant of untagged enum StopSequences");
	return close_data(d);
}

static int read_value(struct serde *d, const struct mserde_field *f,
    struct span *v, struct mask *ask)
{
	enum span_kind kind = mjson_peek(&d->in);

	if (!f->required && kind == SPAN_NULL)
		return mjson_scalar(&d->in, 1, v) < 0 ? bad_json(d) : 0;
	switch (f->kind) {
	case SERDE_MESSAGES:
		return read_messages(d, ask);
	case SERDE_ROLE:
		return read_role(d, v);
	case SERDE_UNSIGNED:
		return read_unsigned(d, v, "usize");
	case SERDE_BYTE:
		return read_unsigned(d, v, "u8");
	case SERDE_ANY:
		return read_any(d, v);
	case SERDE_STOP:
		return read_stop(d, v);
	case SERDE_CONTENT:
		return read_content(d, v);
	case SERDE_MAP:
		return kind == SPAN_OBJECT ? read_any(d, v) : wrong_type(d, "a map");
	case SERDE_STRING:
		if (kind != SPAN_STRING)
			return wrong_type(d, "a string");
		break;
	case SERDE_FLOAT:
		if (kind != SPAN_NUMBER)
			return wrong_type(d, "f64");
		break;
	case SERDE_BOOL:
		if (kind != SPAN_TRUE && kind != SPAN_FALSE)
			return wrong_type(d, "a boolean");
		break;
	}
	return mjson_scalar(&d->in, 1, v) < 0 ? bad_json(d) : 0;
}

/* A member whose key was read: known ones by their kind, others are skipped. */
static int read_member(struct serde *d, const struct mserde_field *fields,
    struct span key, struct span *values, struct mask *ask)
{
	const struct mserde_field *f = fields;
	struct span v = SPAN_NIL;
	int bad;

	while (f->name != NULL && !span_eq(key, f->name))
		f++;
	if (f->name != NULL && values[f - fields].p != NULL) {
		mjson_peek(&d->in);
		open_data(d);
		buf_addf(d->say, "duplicate field `%s`", f->name);
		return close_data(d);
	}
	d->path[d->depth].key = key;
	d->depth++;
	bad = mjson_colon(&d->in) < 0 ? bad_json(d) :
	    f->name != NULL ? read_value(d, f, &v, ask) :
	    mjson_skip(&d->in) < 0 ? bad_json(d) : 0;
	d->depth--;
	if (!bad && d->depth == 0 && f->name != NULL && v.p != NULL)
		mask_member(ask, key, v);
	if (f->name != NULL)
		values[f - fields] = v.p != NULL ? v : key;	/* seen */
	return bad;
}

static int read_struct(struct serde *d, const char *name,
    const struct mserde_field *fields, struct span *values, struct mask *ask)
{
	struct span key;
	char expected[64];
	int more, first = 1;
	const struct mserde_field *f;

	for (f = fields; f->name != NULL; f++)
		values[f - fields] = SPAN_NIL;
	if (mjson_peek(&d->in) != SPAN_OBJECT) {
		snprintf(expected, sizeof expected, "struct %s", name);
		return wrong_type(d, expected);
	}
	d->in.i++;
	while ((more = mjson_key(&d->in, first, &key)) > 0) {
		first = 0;
		if (read_member(d, fields, key, values, ask) < 0)
			return -1;
	}
	if (more < 0)
		return bad_json(d);
	for (f = fields; f->name != NULL; f++) {
		if (!f->required || values[f - fields].p != NULL)
			continue;
		open_data(d);
		buf_addf(d->say, "missing field `%s`", f->name);
		return close_data(d);
	}
	return 0;
}

static struct span value_of(const struct mserde_field *fields,
    const struct span *values, const char *name)
{
	const struct mserde_field *f;

	for (f = fields; f->name != NULL; f++)
		if (strcmp(f->name, name) == 0)
			return values[f - fields];
	return SPAN_NIL;
}

static int read_content(struct serde *d, struct span *v)
{
	struct span values[MSERDE_FIELDS];
	struct step *here = &d->path[d->depth];
	size_t start = d->in.i;
	enum span_kind kind = mjson_peek(&d->in);
	int more = 0, bad = 0;

	if (kind == SPAN_STRING)
		return mjson_scalar(&d->in, 1, v) < 0 ? bad_json(d) : 0;
	if (kind != SPAN_ARRAY)
		return wrong_type(d, "a string, an array of content parts, or null");
	d->in.i++;
	here->key = SPAN_NIL;
	d->depth++;
	for (here->index = 0; !bad; here->index++) {
		if ((more = mjson_element(&d->in, here->index == 0)) <= 0)
			break;
		bad = read_struct(d, "ContentPart", d->as->part_fields, values, NULL);
	}
	if (more < 0)
		bad = bad_json(d);
	d->depth--;
	*v = span_trim((struct span){d->in.p + start, d->in.i - start});
	return bad;
}

static int read_messages(struct serde *d, struct mask *ask)
{
	struct span values[MSERDE_FIELDS];
	const struct mserde_field *fields = d->as->message_fields;
	struct step *here = &d->path[d->depth];
	int more = 0, bad = 0;

	if (mjson_peek(&d->in) != SPAN_ARRAY)
		return wrong_type(d, "a sequence");
	d->in.i++;
	here->key = SPAN_NIL;
	d->depth++;
	for (here->index = 0; !bad; here->index++) {
		if ((more = mjson_element(&d->in, here->index == 0)) <= 0)
			break;
		bad = read_struct(d, d->as->message, fields, values, ask);
		if (!bad)
			mask_message(ask, value_of(fields, values, "role"),
			    value_of(fields, values, "content"));
	}
	if (more < 0)
		bad = bad_json(d);
	d->depth--;
	return bad;
}

int mserde_chat(const struct mserde *as, const char *body, size_t n,
    struct mask *ask, struct buf *say)
{
	struct span values[MSERDE_FIELDS];
	struct serde d;

	memset(&d, 0, sizeof d);
	memset(ask, 0, sizeof *ask);
	d.in.p = body;
	d.in.n = n;
	d.as = as;
	d.say = say;
	if (read_struct(&d, as->request, as->request_fields, values, ask) < 0)
		return d.status;
	if (mjson_end(&d.in) < 0) {
		bad_json(&d);
		return d.status;
	}
	return 0;
}
