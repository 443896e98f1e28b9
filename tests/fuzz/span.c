/*
 * span.c - libFuzzer on the JSON reader: any bytes.
 *
 * make fuzz TARGET=span
 */
#include <stdint.h>
#include <stdio.h>

#include "checkjson.h"
#include "json.h"
#include "record.h"

/* of the sanitizers' sanitizer/lsan_interface.h, which not every clang comes with */
void __lsan_disable(void);
void __lsan_enable(void);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int inside(struct span part, struct span whole)
{
	return part.p >= whole.p && part.n <= whole.n && (size_t)(part.p - whole.p) <= whole.n - part.n;
}

/* A copy of its exact size, so that a byte read beyond is seen; free() it. */
static char *exact(const char *p, size_t n)
{
	char *copy = malloc(n + !n);

	must(copy != NULL);
	if (n > 0)
		memcpy(copy, p, n);
	return copy;
}

/* Is p[0..n) what libjq holds after it mended bad UTF-8? */
static int utf8_for_jv(const char *p, size_t n)
{
	jv s = jv_string_sized(p, (int)n);
	int good = (size_t)jv_string_length_bytes(jv_copy(s)) == n && memcmp(jv_string_value(s), p, n) == 0;

	jv_free(s);
	return good;
}

/* What is valid up to the first byte that is not, and from behind that byte again. */
static void utf8(const char *p, size_t n)
{
	size_t good, left, k;
	int i;

	for (i = 0; i < 64; i++) {
		good = span_utf8(p, n);
		must(good <= n && utf8_for_jv(p, good));
		if (good == n)
			return;
		p += good;
		n -= good;
		left = n < 4 ? n : 4;
		for (k = 1; k <= left; k++)	/* no character, however much of it is looked at */
			must(span_utf8(p, k) == 0 && !utf8_for_jv(p, k));
		p++;
		n--;
	}
}

/* The escape of half a surrogate pair: libjq refuses the high ones. */
static int unpaired(struct span v)
{
	struct span_iter it = span_each(v);
	struct span key, val;
	struct buf replaced, deleted;
	int lone;

	while (span_next(&it, &key, &val))
		if ((key.p != NULL && unpaired(key)) || unpaired(val))
			return 1;
	if (span_kind(v) != SPAN_STRING)
		return 0;
	buf_init(&replaced, MAX_RECORD);
	buf_init(&deleted, MAX_RECORD);
	span_decode(v, SPAN_REPLACE, &replaced);
	span_decode(v, SPAN_DELETE, &deleted);
	lone = replaced.len != deleted.len;
	buf_release(&replaced);
	buf_release(&deleted);
	return lone;
}

static void string(struct span v, jv wanted)
{
	struct buf text, paired, again;
	struct span token;

	buf_init(&text, MAX_RECORD);
	buf_init(&paired, MAX_RECORD);
	buf_init(&again, MAX_RECORD);
	span_decode(v, SPAN_REPLACE, &text);
	must(!text.failed && span_utf8(buf_text(&text), text.len) == text.len);
	if (jv_get_kind(wanted) == JV_KIND_STRING)
		must((size_t)jv_string_length_bytes(jv_copy(wanted)) == text.len &&
		    memcmp(jv_string_value(wanted), buf_text(&text), text.len) == 0);
	if (strlen(buf_text(&text)) == text.len)
		must(span_eq(v, buf_text(&text)));
	buf_addc(&text, 'x');
	must(!span_eq(v, buf_text(&text)));

	/* Without lone surrogates the token is the text that SPAN_DELETE gives. */
	buf_addc(&paired, '"');
	span_paired(v, &paired);
	buf_addc(&paired, '"');
	token = is_json(paired.data, paired.len);
	is_paired(token);
	buf_clear(&text);
	span_decode(v, SPAN_DELETE, &text);
	span_decode(token, SPAN_REPLACE, &again);
	must(same(all_of(&text), all_of(&again)));
	buf_release(&text);
	buf_release(&paired);
	buf_release(&again);
}

static void number(struct span v, jv wanted)
{
	char text[32];
	long long i;
	double d = span_number(v);

	if (jv_get_kind(wanted) == JV_KIND_NUMBER)
		must(!(d < jv_number_value(wanted)) && !(d > jv_number_value(wanted)));
	if (!span_integer(v, &i))
		return;
	snprintf(text, sizeof text, "%lld", i);
	must(span_is(v, text) || span_is(v, "-0"));
}

static void scalar(struct span v, jv wanted)
{
	static const char *const words[] = {[SPAN_NULL] = "null", [SPAN_FALSE] = "false", [SPAN_TRUE] = "true"};
	enum span_kind kind = span_kind(v);
	struct span key, val;
	struct span_iter it = span_each(v);

	must(span_count(v) == 0 && !span_next(&it, &key, &val) && span_at(v, "0").p == NULL);
	if (kind == SPAN_STRING)
		string(v, wanted);
	else if (kind == SPAN_NUMBER)
		number(v, wanted);
	else
		must(kind != SPAN_NONE && kind <= SPAN_TRUE && span_is(v, words[kind]));
}

/* A member is found by its name, an element by its number; of one name the last. */
static void find(struct span all, struct span key, struct span val, size_t i)
{
	struct span_iter it = span_each(all);
	struct span k, v, last = val;
	struct buf name;

	buf_init(&name, MAX_RECORD);
	if (key.p == NULL)
		buf_addf(&name, "%zu", i);
	else
		span_decode(key, SPAN_REPLACE, &name);
	if (strlen(buf_text(&name)) == name.len) {
		while (key.p != NULL && span_next(&it, &k, &v))
			if (span_eq(k, buf_text(&name)))
				last = v;
		must(key.p == NULL || span_get(all, buf_text(&name)).p == last.p);
		if (name.len > 0 && name.len < 64 && strchr(buf_text(&name), '.') == NULL) {
			must(span_at(all, buf_text(&name)).p == last.p);
			buf_adds(&name, ".0");
			must(span_at(all, buf_text(&name)).p == span_at(last, "0").p);
		}
	}
	buf_release(&name);
}

/* Several names in one walk: what each alone finds, and how many members have none of them. */
static void pick(struct span all)
{
	enum { NAMES = 4 };
	struct span_iter it = span_each(all);
	struct span key, val, found[NAMES];
	const char *names[NAMES + 1] = {"content", NULL};
	struct buf text[NAMES];
	size_t n = 1, i, others = 0;

	while (n < NAMES && span_next(&it, &key, &val)) {
		if (key.p == NULL)
			continue;
		buf_init(&text[n], MAX_RECORD);
		span_decode(key, SPAN_REPLACE, &text[n]);
		if (text[n].len == 0 || strlen(text[n].data) != text[n].len) {
			buf_release(&text[n]);
			continue;
		}
		for (i = 0; i < n && strcmp(names[i], text[n].data) != 0; i++)
			;
		if (i < n) {	/* a name stands in the list once */
			buf_release(&text[n]);
			continue;
		}
		names[n] = text[n].data;
		names[++n] = NULL;
	}
	it = span_each(span_kind(all) == SPAN_OBJECT ? all : SPAN_NIL);
	while (span_next(&it, &key, &val)) {
		for (i = 0; i < n && !span_eq(key, names[i]); i++)
			;
		others += i == n;
	}
	must(span_pick(all, names, found) == others);
	for (i = 0; i < n; i++)
		must(found[i].p == span_get(all, names[i]).p && found[i].n == span_get(all, names[i]).n);
	while (--n > 0)
		buf_release(&text[n]);
}

/* A value that was walked to is one itself, as it stands, and libjq's is the same. */
static void walk(struct span v, jv wanted)
{
	struct span_iter it = span_each(v);
	struct span key, val, alone;
	struct span_err err;
	const char *at = v.p + 1;
	char *copy = exact(v.p, v.n);
	size_t n = 0;

	must(span_check(copy, v.n, MAX_DEPTH, &alone, &err) == 0 && alone.p == copy && alone.n == v.n);
	must(span_kind(alone) == span_kind(v) && span_count(alone) == span_count(v));
	free(copy);
	if (span_kind(v) != SPAN_ARRAY && span_kind(v) != SPAN_OBJECT)
		scalar(v, wanted);
	pick(v);
	for (; span_next(&it, &key, &val); n++) {
		must((key.p != NULL) == (span_kind(v) == SPAN_OBJECT));
		must(inside(val, v) && val.n > 0 && val.p >= at && (key.p == NULL || (inside(key, v) && key.p >= at && key.p + key.n < val.p)));
		at = val.p + val.n;
		if (n < 64)
			find(v, key, val, n);
		if (key.p != NULL)
			walk(key, jv_null());
		walk(val, jv_get_kind(wanted) == JV_KIND_ARRAY ? json_at(wanted, (int)n) : jv_null());
	}
	must(n == span_count(v));
	jv_free(wanted);
}

static void splice(struct span v)
{
	struct buf line;
	struct span again;
	jv a = json_build(v), b;

	buf_init(&line, MAX_RECORD);
	buf_adds(&line, "head");
	record_splice(&line, v);
	must(line.len == v.n + 4 && memchr(line.data, '\n', line.len) == NULL && memchr(line.data, '\r', line.len) == NULL);
	again = is_json(line.data + 4, line.len - 4);
	b = json_build(again);
	must(jv_is_valid(a) == jv_is_valid(b));
	if (jv_is_valid(a))
		must(jv_equal(jv_copy(a), jv_copy(b)));
	jv_free(a);
	jv_free(b);
	buf_release(&line);
}

/* A text that is cut off is told as that, unless what is left is a value: of 12 that is 1. */
static void cut(const char *p, size_t n)
{
	struct span_err err;
	struct span v;
	size_t k = (unsigned char)p[n / 2] * 251u % n;
	char *copy = exact(p, k);

	must(span_check(copy, k, MAX_DEPTH, &v, &err) == 0 || (err.cut && err.at <= k));
	free(copy);
}

/* What libjq takes though it is no JSON; `first` is what may stand where we stopped, NULL is anything. */
static const struct {
	const char *what, *first;
} stricter[] = {
	{"control character in a string", NULL},
	{"not valid UTF-8", NULL},
	{"a number can't start with 0", NULL},
	{"expected a digit", NULL},
	{"expected a value", "nN.+\xef"},
};

static int is_stricter(const char *p, size_t n, const struct span_err *err)
{
	size_t i;

	for (i = 0; i < sizeof stricter / sizeof *stricter; i++)
		if (strcmp(err->what, stricter[i].what) == 0)
			return stricter[i].first == NULL ||
			    (err->at < n && strchr(stricter[i].first, p[err->at]) != NULL);
	return 0;
}

/* Control characters: libjq 1.6 makes anything of those, in strings and between tokens. */
static int has_control(const char *p, size_t n)
{
	for (; n > 0; p++, n--)
		if ((unsigned char)*p < ' ' && *p != '\t' && *p != '\n' && *p != '\r')
			return 1;
	return 0;
}

static void refused(const char *p, size_t n, const struct span_err *err)
{
	struct span v = SPAN_NIL;
	struct span_err first;
	jv j;

	must(err->at <= n && err->what[0] != '\0');
	if (strcmp(err->what, "something follows the value") == 0) {
		must(!err->cut && span_first(p, n, MAX_DEPTH, &v, &first) == 0 && v.p + v.n <= p + err->at);
		walk(v, jv_null());
	} else {
		must(span_first(p, n, MAX_DEPTH, &v, &first) != 0 && first.at == err->at && first.cut == err->cut);
	}
	if (has_control(p, n))
		return;
	__lsan_disable();	/* libjq 1.6 drops a text in what it refuses */
	j = jv_parse_sized(p, (int)n);
	__lsan_enable();
	must(!jv_is_valid(j) || is_stricter(p, n, err));
	jv_free(j);
}

static void taken(const char *p, size_t n, struct span v)
{
	struct span all = {p, n}, first;
	struct span_err err;
	jv built = json_build(v), parsed;

	must(inside(v, all) && same(span_trim(all), v) && span_utf8(p, n) == n);
	must(span_first(p, n, MAX_DEPTH, &first, &err) == 0 && first.p == v.p && first.n == v.n);
	if (jv_is_valid(built) && !unpaired(v)) {
		parsed = jv_parse_sized(p, (int)n);
		must(jv_is_valid(parsed) && jv_equal(jv_copy(parsed), jv_copy(built)));
		jv_free(parsed);
	}
	walk(v, jv_is_valid(built) ? jv_copy(built) : jv_null());
	jv_free(built);
	splice(v);
	cut(p, n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *p = exact((const char *)data, size);
	struct span_err err;
	struct span v;

	utf8(p, size);
	if (span_check(p, size, MAX_DEPTH, &v, &err) == 0)
		taken(p, size, v);
	else
		refused(p, size, &err);
	free(p);
	return 0;
}
