/* json.c - see json.h.  With json5.c and jqprog.c the only place of raw jv getters. */
#include <math.h>
#include <string.h>

#include "buf.h"
#include "json.h"
#include "limits.h"

static jv build(struct span v, int depth, struct buf *scratch);

void json_no_memory(void (*handler)(void *))
{
	jv_nomem_handler(handler, NULL);
}

static jv build_string(struct span v, struct buf *scratch)
{
	if (memchr(v.p, '\\', v.n) == NULL)
		return jv_string_sized(v.p + 1, (int)v.n - 2);
	buf_clear(scratch);
	span_decode(v, SPAN_REPLACE, scratch);
	return jv_string_sized(buf_text(scratch), (int)scratch->len);
}

static jv build_container(struct span v, int depth, struct buf *scratch)
{
	struct span_iter it = span_each(v);
	struct span key, val;
	jv out = it.object ? jv_object() : jv_array(), name, elem;

	while (span_next(&it, &key, &val)) {
		elem = build(val, depth - 1, scratch);
		if (!jv_is_valid(elem)) {
			jv_free(out);
			return elem;
		}
		if (it.object) {
			name = build_string(key, scratch);
			out = jv_object_set(out, name, elem);
		} else {
			out = jv_array_append(out, elem);
		}
	}
	return out;
}

static jv build(struct span v, int depth, struct buf *scratch)
{
	switch (span_kind(v)) {
	case SPAN_NULL:
		return jv_null();
	case SPAN_FALSE:
		return jv_false();
	case SPAN_TRUE:
		return jv_true();
	case SPAN_NUMBER:
		return jv_number(span_number(v));
	case SPAN_STRING:
		return build_string(v, scratch);
	case SPAN_ARRAY:
	case SPAN_OBJECT:
		return depth > 0 ? build_container(v, depth, scratch) : jv_invalid();
	default:
		return jv_invalid();
	}
}

jv json_build(struct span value)
{
	struct buf scratch;
	jv out;

	buf_init(&scratch, MAX_RECORD);
	out = build(value, MAX_JV_DEPTH, &scratch);
	buf_release(&scratch);
	return out;
}

int json_is_object(jv v) { return jv_get_kind(v) == JV_KIND_OBJECT; }
int json_is_array(jv v) { return jv_get_kind(v) == JV_KIND_ARRAY; }
int json_is_string(jv v) { return jv_get_kind(v) == JV_KIND_STRING; }

int json_find(jv doc, const char *key, jv *val)
{
	if (!json_is_object(doc))
		return 0;
	*val = jv_object_get(jv_copy(doc), jv_string(key));
	if (jv_is_valid(*val))
		return 1;
	jv_free(*val);
	return 0;
}

jv json_get(jv doc, const char *key)
{
	jv v;

	return json_find(doc, key, &v) ? v : jv_null();
}

int json_has(jv doc, const char *key)
{
	return json_is_object(doc) && jv_object_has(jv_copy(doc), jv_string(key));
}

const char *json_string(jv v)
{
	return json_is_string(v) ? jv_string_value(v) : NULL;
}

const char *json_text(jv doc, const char *key)
{
	jv v = json_get(doc, key);
	const char *s = json_string(v);

	jv_free(v);	/* doc still holds it */
	return s;
}

int json_bool(jv doc, const char *key, int otherwise)
{
	jv v = json_get(doc, key);
	jv_kind k = jv_get_kind(v);

	jv_free(v);
	return k == JV_KIND_TRUE ? 1 : k == JV_KIND_FALSE ? 0 : otherwise;
}

double json_double(jv v, double otherwise)
{
	return jv_get_kind(v) == JV_KIND_NUMBER ? jv_number_value(v) : otherwise;
}

double json_number(jv doc, const char *key, double otherwise)
{
	jv v = json_get(doc, key);
	double d = json_double(v, otherwise);

	jv_free(v);
	return d;
}

int json_count(jv v)
{
	if (json_is_array(v))
		return jv_array_length(jv_copy(v));
	return json_is_object(v) ? jv_object_length(jv_copy(v)) : 0;
}

jv json_at(jv array, int i)
{
	if (i < 0 || !json_is_array(array) || i >= json_count(array))
		return jv_null();
	return jv_array_get(jv_copy(array), i);
}

jv json_set(jv doc, const char *key, jv val)
{
	if (!json_is_object(doc)) {
		jv_free(doc);
		doc = jv_object();
	}
	return jv_object_set(doc, jv_string(key), val);
}

jv json_push(jv array, jv val)
{
	if (!json_is_array(array)) {
		jv_free(array);
		array = jv_array();
	}
	return jv_array_append(array, val);
}

jv json_str(const char *text)
{
	return jv_string(text);
}

jv json_strn(const char *p, size_t n)
{
	return jv_string_sized(p, (int)n);
}

/* libjq's iterator walks slots that may be empty; it starts and steps onto full ones. */
int json_first(jv obj) { return json_is_object(obj) ? jv_object_iter(obj) : -2; }
int json_more(jv obj, int i) { return json_is_object(obj) && jv_object_iter_valid(obj, i); }
int json_step(jv obj, int i) { return jv_object_iter_next(obj, i); }
jv json_val(jv obj, int i) { return jv_object_iter_value(obj, i); }

const char *json_key(jv obj, int i)
{
	jv key = jv_object_iter_key(obj, i);
	const char *s = json_string(key);

	jv_free(key);	/* obj still holds it */
	return s;
}

static void add_escape(struct buf *out, unsigned char c)
{
	static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
	const char *at = c != '\0' ? strchr(from, c) : NULL;

	if (at != NULL) {
		buf_addc(out, '\\');
		buf_addc(out, to[at - from]);
	} else {
		buf_addf(out, "\\u%04x", c);
	}
}

/* p[0..n) is UTF-8 */
static void write_string(struct buf *out, const char *p, size_t n)
{
	const char *end = p + n;
	size_t k;

	buf_addc(out, '"');
	while (p < end) {
		k = span_unmarked(p, (size_t)(end - p));
		buf_add(out, p, k);
		p += k;
		if (p < end)
			add_escape(out, (unsigned char)*p++);
	}
	buf_addc(out, '"');
}

void json_quote(struct buf *out, const char *p, size_t n)
{
	struct buf clean;
	size_t good = span_utf8(p, n);

	if (good == n) {
		write_string(out, p, n);
		return;
	}
	buf_init(&clean, 3 * n + 4);
	while (n > 0) {
		buf_add(&clean, p, good);
		if (good < n) {
			buf_adds(&clean, "\xef\xbf\xbd");
			good++;
		}
		p += good;
		n -= good;
		good = span_utf8(p, n);
	}
	write_string(out, buf_text(&clean), clean.len);
	buf_release(&clean);
}

void json_quotes(struct buf *out, const char *text)
{
	if (text == NULL)
		buf_adds(out, "null");
	else
		json_quote(out, text, strlen(text));
}

static void write_number(struct buf *out, jv v)
{
	double d = jv_number_value(v);
	jv text;

	if (d == floor(d) && fabs(d) < 1e17) {
		char digits[24], *p = digits + sizeof digits;
		unsigned long long u = (unsigned long long)fabs(d);

		do
			*--p = (char)('0' + u % 10);
		while ((u /= 10) != 0);
		if (d < 0)
			*--p = '-';
		buf_add(out, p, (size_t)(digits + sizeof digits - p));
		return;
	}
	text = jv_dump_string(jv_number(d), 0);
	buf_adds(out, jv_string_value(text));
	jv_free(text);
}

static void write_value(struct buf *out, jv v);

static void write_object(struct buf *out, jv v)
{
	const char *sep = "{";
	int i;

	for (i = json_first(v); json_more(v, i); i = json_step(v, i)) {
		jv key = jv_object_iter_key(v, i), val = jv_object_iter_value(v, i);

		buf_addc(out, *sep);
		write_string(out, jv_string_value(key), (size_t)jv_string_length_bytes(jv_copy(key)));
		buf_addc(out, ':');
		write_value(out, val);
		jv_free(key);
		jv_free(val);
		sep = ",";
	}
	buf_adds(out, *sep == '{' ? "{}" : "}");
}

static void write_array(struct buf *out, jv v)
{
	int i, n = json_count(v);

	buf_addc(out, '[');
	for (i = 0; i < n; i++) {
		jv elem = jv_array_get(jv_copy(v), i);

		if (i > 0)
			buf_addc(out, ',');
		write_value(out, elem);
		jv_free(elem);
	}
	buf_addc(out, ']');
}

static void write_value(struct buf *out, jv v)
{
	switch (jv_get_kind(v)) {
	case JV_KIND_TRUE:
		buf_adds(out, "true");
		break;
	case JV_KIND_FALSE:
		buf_adds(out, "false");
		break;
	case JV_KIND_NUMBER:
		write_number(out, v);
		break;
	case JV_KIND_STRING:
		write_string(out, jv_string_value(v), (size_t)jv_string_length_bytes(jv_copy(v)));
		break;
	case JV_KIND_ARRAY:
		write_array(out, v);
		break;
	case JV_KIND_OBJECT:
		write_object(out, v);
		break;
	default:	/* null, and an invalid that was stored by mistake: still JSON */
		buf_adds(out, "null");
	}
}

void json_write(struct buf *out, jv v)
{
	write_value(out, v);
}
