/* schema.c - see schema.h. */
#include <math.h>
#include <string.h>

#include "compat.h"
#include "json.h"
#include "json5.h"
#include "near.h"
#include "schema.h"
#include "url.h"

enum kind {
	TEXT, BOOL, COUNT, NUMBER, OBJECT, ARRAY, TEXTS, URL,
	TEXT_OR_OBJECT, TEXT_MAP, COMPAT
};

/*
 * In a path `*` is any member and `[]` any element; needed: it must be there.
 * A row stands before those below it, and rows of one parent together.
 */
static const struct field {
	const char *path;
	enum kind kind;
	int needed;
	const char *allowed;	/* of a text or a list of texts: these words, one blank between */
} fields[] = {
	{"", OBJECT, 0, NULL},
	{".agents", OBJECT, 0, NULL},
	{".agents.defaults", OBJECT, 0, NULL},
	{".agents.defaults.model", TEXT_OR_OBJECT, 0, NULL},
	{".agents.defaults.model.primary", TEXT, 0, NULL},
	{".agents.defaults.models", OBJECT, 0, NULL},
	{".agents.defaults.models.*", OBJECT, 0, NULL},
	{".agents.defaults.models.*.alias", TEXT, 0, NULL},
	{".models", OBJECT, 0, NULL},
	{".models.mode", TEXT, 0, "merge replace"},
	{".models.providers", OBJECT, 0, NULL},
	{".models.providers.*", OBJECT, 0, NULL},
	{".models.providers.*.baseUrl", URL, 1, NULL},
	{".models.providers.*.apiKey", TEXT_OR_OBJECT, 0, NULL},
	{".models.providers.*.api", TEXT, 0, NULL},
	{".models.providers.*.timeoutSeconds", COUNT, 0, NULL},
	{".models.providers.*.maxTokens", COUNT, 0, NULL},
	{".models.providers.*.headers", TEXT_MAP, 0, NULL},
	{".models.providers.*.models", ARRAY, 0, NULL},
	{".models.providers.*.models[]", OBJECT, 0, NULL},
	{".models.providers.*.models[].id", TEXT, 1, NULL},
	{".models.providers.*.models[].name", TEXT, 1, NULL},
	{".models.providers.*.models[].api", TEXT, 0, NULL},
	{".models.providers.*.models[].baseUrl", URL, 0, NULL},
	{".models.providers.*.models[].headers", TEXT_MAP, 0, NULL},
	{".models.providers.*.models[].reasoning", BOOL, 0, NULL},
	{".models.providers.*.models[].input", TEXTS, 0, "text image video audio"},
	{".models.providers.*.models[].cost", OBJECT, 0, NULL},
	{".models.providers.*.models[].cost.input", NUMBER, 0, NULL},
	{".models.providers.*.models[].cost.output", NUMBER, 0, NULL},
	{".models.providers.*.models[].cost.cacheRead", NUMBER, 0, NULL},
	{".models.providers.*.models[].cost.cacheWrite", NUMBER, 0, NULL},
	{".models.providers.*.models[].contextWindow", COUNT, 0, NULL},
	{".models.providers.*.models[].contextTokens", COUNT, 0, NULL},
	{".models.providers.*.models[].maxTokens", COUNT, 0, NULL},
	{".models.providers.*.models[].params", OBJECT, 0, NULL},
	{".models.providers.*.models[].compat", COMPAT, 0, NULL},
};

static const char *const kind_names[] = {
	"text that is not empty", "true or false", "a whole number above 0", "a number from 0", "an object", "an array",
	"a list of texts", "an http:// or https:// URL", "text or an object", "an object of texts",
	"an object of flags"
};

struct check {
	const struct config *c;
	const struct field *row;
	struct buf place;	/* where we are, as messages show it */
	struct fault *f;
};

/* A value as a message may show it: never a text, since that may be a key. */
static void describe(jv v, struct buf *out)
{
	jv_kind k = jv_get_kind(v);

	if (k == JV_KIND_NUMBER || k == JV_KIND_TRUE || k == JV_KIND_FALSE)
		json_write(out, v);
	else
		buf_adds(out, k == JV_KIND_STRING ? "a text" : k == JV_KIND_ARRAY ? "an array" :
		    k == JV_KIND_OBJECT ? "an object" : "null");
}

/* A misspelt word from a list is no secret, and the person needs to see it. */
static int refuse_word(struct check *k, const char *word)
{
	struct buf names;
	const char *p;

	buf_init(&names, 256);
	for (p = k->row->allowed; *p != '\0'; p++)
		if (*p == ' ')
			buf_adds(&names, "\", \"");
		else
			buf_addc(&names, *p);
	fault_set(k->f, F_CONFIG, "%s:%zu: %s: must be one of \"%s\", found \"%.40s\"", k->c->path,
	    config_line(k->c, buf_text(&k->place)), buf_text(&k->place), buf_text(&names), word);
	buf_release(&names);
	return -1;
}

static int refuse(struct check *k, const char *must, jv found)
{
	struct buf what;

	buf_init(&what, 256);
	describe(found, &what);
	fault_set(k->f, F_CONFIG, "%s:%zu: %s: must be %s, found %s", k->c->path,
	    config_line(k->c, buf_text(&k->place)), k->place.len > 0 ? buf_text(&k->place) : "the whole",
	    must, buf_text(&what));
	buf_release(&what);
	return -1;
}

static int refuse_missing(struct check *k, const char *name)
{
	json5_path_add(&k->place, name);
	return fault_set(k->f, F_CONFIG, "%s:%zu: %s: is missing, must be %s", k->c->path,
	    config_line(k->c, buf_text(&k->place)), buf_text(&k->place), kind_names[k->row->kind]);
}

static int allowed(const char *list, const char *word)
{
	const char *p = list;
	size_t n = strlen(word);

	for (; p != NULL && *p != '\0'; p += strspn(p, " ")) {
		if (strncmp(p, word, n) == 0 && (p[n] == ' ' || p[n] == '\0') && n > 0)
			return 1;
		p += strcspn(p, " ");
	}
	return list == NULL;
}

static int check_texts(struct check *k, jv v)
{
	const char *word;
	jv elem;
	int i, bad = 0;

	for (i = 0; i < json_count(v) && !bad; i++) {
		elem = json_at(v, i);
		word = json_string(elem);
		if (word == NULL)
			bad = refuse(k, kind_names[TEXTS], elem);
		else if (!allowed(k->row->allowed, word))
			bad = refuse_word(k, word);
		jv_free(elem);
	}
	return bad;
}

static int check_text_map(struct check *k, jv v)
{
	int i, bad = 0;
	jv val;

	for (i = json_first(v); json_more(v, i) && !bad; i = json_step(v, i)) {
		val = json_val(v, i);
		if (!json_is_string(val) && !json_is_object(val))
			bad = refuse(k, kind_names[TEXT_MAP], val);
		jv_free(val);
	}
	return bad;
}

/* Unknown flags are fatal: a typing error here changes every request in silence. */
static int check_compat(struct check *k, jv v)
{
	const struct compat *row;
	size_t len = k->place.len;
	struct buf why;
	jv val;
	int i, bad = 0;

	for (i = json_first(v); json_more(v, i) && !bad; i = json_step(v, i)) {
		json5_path_add(&k->place, json_key(v, i));
		val = json_val(v, i);
		if ((row = compat_find(json_key(v, i))) == NULL) {
			buf_init(&why, 512);
			compat_unknown(json_key(v, i), &why);
			bad = fault_set(k->f, F_CONFIG, "%s:%zu: %s: %s", k->c->path,
			    config_line(k->c, buf_text(&k->place)), buf_text(&k->place), buf_text(&why));
			buf_release(&why);
		} else if (!compat_fits(row, val)) {
			bad = refuse(k, compat_wants(row), val);
		}
		jv_free(val);
		k->place.len = len;
		k->place.data[len] = '\0';
	}
	return bad;
}

static int check_url(struct check *k, jv v)
{
	struct url u;
	const char *why;

	if (json_string(v) == NULL)
		return refuse(k, kind_names[URL], v);
	if ((why = url_parse(json_string(v), &u)) == NULL)
		return 0;
	return fault_set(k->f, F_CONFIG, "%s:%zu: %s: %s", k->c->path,
	    config_line(k->c, buf_text(&k->place)), buf_text(&k->place), why);
}

static int check_value(struct check *k, jv v)
{
	enum kind want = k->row->kind;
	double d = json_double(v, -1);
	const char *s = json_string(v);
	int fits = 1;

	switch (want) {
	case TEXT:
		if (s != NULL && !allowed(k->row->allowed, s))
			return refuse_word(k, s);
		fits = s != NULL && s[0] != '\0';
		break;
	case BOOL:
		fits = jv_get_kind(v) == JV_KIND_TRUE || jv_get_kind(v) == JV_KIND_FALSE;
		break;
	case COUNT:
		fits = d >= 1 && d == floor(d) && d < 1e15;
		break;
	case NUMBER:
		fits = d >= 0 && d < 1e15;
		break;
	case ARRAY:
		fits = json_is_array(v);
		break;
	case TEXT_OR_OBJECT:
		fits = s != NULL || json_is_object(v);
		break;
	case TEXTS:
		return json_is_array(v) ? check_texts(k, v) : refuse(k, kind_names[want], v);
	case URL:
		return check_url(k, v);
	default:
		fits = json_is_object(v);
	}
	if (!fits)
		return refuse(k, kind_names[want], v);
	return want == TEXT_MAP ? check_text_map(k, v) : want == COMPAT ? check_compat(k, v) : 0;
}

/* Rows that begin with the same steps, which lead to the value that is being looked at. */
struct rows {
	const struct field *first, *end;
	size_t n;	/* length of that beginning */
};
static int visit(struct check *k, struct rows rows, jv at);

static int descend(struct check *k, struct rows rows, jv next, const char *name, int index)
{
	size_t len = k->place.len;
	int bad;

	if (name == NULL)
		buf_addf(&k->place, "[%d]", index);
	else
		json5_path_add(&k->place, name);
	bad = visit(k, rows, next);
	k->place.len = len;
	if (k->place.data != NULL)
		k->place.data[len] = '\0';
	jv_free(next);
	return bad;
}

static int each_element(struct check *k, struct rows rows, jv at)
{
	int i, bad = 0;

	for (i = 0; json_is_array(at) && i < json_count(at) && !bad; i++)
		bad = descend(k, rows, json_at(at, i), NULL, i);
	return bad;
}

static int each_member(struct check *k, struct rows rows, jv at)
{
	int i, bad = 0;

	for (i = json_first(at); json_more(at, i) && !bad; i = json_step(at, i))
		bad = descend(k, rows, json_val(at, i), json_key(at, i), 0);
	return bad;
}

static int one_member(struct check *k, struct rows rows, jv at, const char *step, size_t n)
{
	char name[64];
	jv next;

	memcpy(name, step, n);
	name[n] = '\0';
	if (json_find(at, name, &next))
		return descend(k, rows, next, name, 0);
	k->row = rows.first;
	return rows.first->needed && rows.first->path[rows.n] == '\0' && json_is_object(at) ?
	    refuse_missing(k, name) : 0;
}

/* The value's own row, then each next step that the rows know, with the rows that share it. */
static int visit(struct check *k, struct rows rows, jv at)
{
	struct rows sub;
	const char *step;
	size_t n;
	int bad = 0;

	if (rows.first->path[rows.n] == '\0') {
		k->row = rows.first++;
		bad = check_value(k, at);
	}
	for (sub = rows; !bad && sub.first < rows.end; sub.first = sub.end) {
		step = sub.first->path + rows.n;
		n = strcspn(step + 1, ".[") + 1;
		for (sub.end = sub.first; sub.end < rows.end &&
		    strncmp(sub.end->path, sub.first->path, rows.n + n) == 0 &&
		    strchr(".[", sub.end->path[rows.n + n]) != NULL; sub.end++)
			;
		sub.n = rows.n + n;
		if (step[0] == '[')
			bad = each_element(k, sub, at);
		else if (step[1] == '*')
			bad = each_member(k, sub, at);
		else
			bad = one_member(k, sub, at, step + 1, n - 1);
	}
	return bad;
}

int schema_check(const struct config *c, struct fault *f)
{
	struct check k = {.c = c, .f = f};
	int bad;

	buf_init(&k.place, 1 << 16);
	bad = visit(&k, (struct rows){fields, fields + sizeof fields / sizeof fields[0], 0}, c->doc);
	buf_release(&k.place);
	return bad;
}
