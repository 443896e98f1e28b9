/* grafttext.c - see grafttext.h. */
#include "grafttext.h"

#include <string.h>

#include "json5lex.h"

/* Offsets of a member: its key and its value, each with its end; without a key the first two are equal. */
struct item {
	size_t key, key_end, value, end;
};

struct object {
	size_t open, close;	/* its braces */
	size_t count, quoted;	/* members; those whose key is in quotes */
	size_t before;		/* past the comma, or the brace, before the last one */
	size_t comma;		/* past the comma behind the last one; 0: there is none */
	struct item last, found;	/* found: the last one of the name that was looked for; its end is 0: none */
};

/* How the file is written, where its neighbours don't tell. */
struct style {
	const char *eol;
	struct span unit;	/* of indentation */
	int trailing;		/* a comma before a bracket that has its own line */
};

/* What is added, and how it looks. */
struct addition {
	struct style style;
	const char *name;	/* of an object around the member; NULL: that is there */
	const struct graft_member *m;
	char quote;		/* of keys; '\0': none */
	int gap;		/* a blank behind colons and commas */
	int lines;		/* on a line of its own */
	int comma;		/* behind it */
	struct buf indent;	/* of that line */
};

/* The new text is the old one with `from` to `to` replaced, and a comma put in at `comma` unless that is 0. */
struct edit {
	size_t comma, from, to;
	struct buf new;
};

int grafttext_is_name(const char *name)
{
	static const char may[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_$";

	return strspn(name, may + 10) > 0 && name[strspn(name, may)] == '\0';
}

static int is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

/* A bracket, a comma or colon, a string, or a name, number or word. */
static void skip_token(struct lex *x)
{
	const char *start = x->p;
	struct span unused;
	size_t n;

	if (lex_at(x, '"') || lex_at(x, '\'')) {
		lex_string(x, &unused);
		return;
	}
	if (!is_one_of(*x->p, "{}[],:"))
		while (x->p < x->end && ((n = lex_name_char(x, 0)) > 0 || is_one_of(*x->p, "+-.\\")))
			x->p += n > 0 ? n : 1;
	if (x->p == start)
		x->p++;
}

static void skip_value(struct lex *x)
{
	long depth = 0;

	do {
		lex_blank(x);
		if (x->p == x->end)
			return;
		depth += is_one_of(*x->p, "{[") ? 1 : is_one_of(*x->p, "}]") ? -1 : 0;
		skip_token(x);
	} while (depth > 0);
}

/* A key is next, and then its value: past it. */
static struct span skip_key(struct lex *x, struct item *m)
{
	struct span name = SPAN_NIL;

	m->key = (size_t)(x->p - x->text);
	if (lex_name(x, &name) < 0)
		name = SPAN_NIL;
	m->key_end = (size_t)(x->p - x->text);
	lex_blank(x);
	x->p += x->p < x->end;	/* the colon */
	lex_blank(x);
	m->value = (size_t)(x->p - x->text);
	return name;
}

/* The object whose brace is at `open`. */
static void look_through(struct span text, size_t open, const char *name, struct object *o)
{
	struct json5_err err;
	struct span key;
	struct lex x;
	struct item m;
	size_t start;
	int is;

	*o = (struct object){.open = open};
	lex_init(&x, text.p, text.n, &err);
	x.p += open + 1;
	start = open + 1;
	while (lex_blank(&x) == 0 && x.p < x.end && *x.p != '}') {
		o->before = start;
		o->quoted += is_one_of(*x.p, "\"'");
		/* The key's text is gone with the next string. */
		key = skip_key(&x, &m);
		is = key.p != NULL && key.n == strlen(name) && memcmp(key.p, name, key.n) == 0;
		skip_value(&x);
		m.end = (size_t)(x.p - x.text);
		o->count++;
		o->last = m;
		if (is)
			o->found = m;
		lex_blank(&x);
		x.p += lex_at(&x, ',');
		start = (size_t)(x.p - x.text);
		o->comma = x.p > x.text && x.p[-1] == ',' ? start : 0;
	}
	o->close = (size_t)(x.p - x.text);
	lex_release(&x);
}

/* The blanks before it, and whether there is nothing else on its line. */
static int begins_line(struct span text, size_t at, struct span *blanks)
{
	size_t i = at;

	while (i > 0 && is_one_of(text.p[i - 1], " \t"))
		i--;
	*blanks = (struct span){text.p + i, at - i};
	return i > 0 && is_one_of(text.p[i - 1], "\r\n");
}

/* The indentation of the line that it stands in. */
static struct span indentation(struct span text, size_t at)
{
	size_t n = 0;

	while (at > 0 && !is_one_of(text.p[at - 1], "\r\n"))
		at--;
	while (at + n < text.n && is_one_of(text.p[at + n], " \t"))
		n++;
	return (struct span){text.p + at, n};
}

static void look_at_style(struct span text, struct style *s)
{
	const char *cr = memchr(text.p, '\r', text.n), *lf = memchr(text.p, '\n', text.n);
	struct json5_err err;
	struct span blanks;
	struct lex x;
	char before = '\0';

	*s = (struct style){.eol = "\n"};
	if (cr != NULL && (lf == NULL || cr < lf))
		s->eol = lf == cr + 1 ? "\r\n" : "\r";
	lex_init(&x, text.p, text.n, &err);
	while (lex_blank(&x) == 0 && x.p < x.end) {
		if (begins_line(text, (size_t)(x.p - x.text), &blanks)) {
			if (blanks.n > 0 && s->unit.p == NULL)
				s->unit = blanks;
			if (before == ',' && is_one_of(*x.p, "}]"))
				s->trailing = 1;
		}
		before = *x.p;
		skip_token(&x);
	}
	lex_release(&x);
	if (s->unit.p == NULL)
		s->unit = span_of("  ");
}

static void add_key(struct buf *b, const char *name, const struct addition *a)
{
	if (a->quote != '\0')
		buf_addc(b, a->quote);
	buf_adds(b, name);
	if (a->quote != '\0')
		buf_addc(b, a->quote);
	buf_adds(b, a->gap ? ": " : ":");
}

static void add_line(struct buf *b, const struct addition *a, int deeper)
{
	buf_adds(b, a->style.eol);
	buf_add(b, buf_text(&a->indent), a->indent.len);
	if (deeper)
		buf_add(b, a->style.unit.p, a->style.unit.n);
}

/* An object that holds the member. */
static void add_object(struct buf *b, const struct addition *a)
{
	const char *pad = a->gap ? " " : "";

	buf_addc(b, '{');
	if (a->lines)
		add_line(b, a, 1);
	else
		buf_adds(b, pad);
	add_key(b, a->m->name, a);
	buf_adds(b, a->m->json);
	if (a->lines && a->comma)
		buf_addc(b, ',');
	if (a->lines)
		add_line(b, a, 0);
	else
		buf_adds(b, pad);
	buf_addc(b, '}');
}

static void add_member(struct buf *b, const struct addition *a)
{
	add_key(b, a->name != NULL ? a->name : a->m->name, a);
	if (a->name != NULL)
		add_object(b, a);
	else
		buf_adds(b, a->m->json);
	if (a->comma)
		buf_addc(b, ',');
}

/* What follows on the same line. */
struct tail {
	size_t end;		/* of the last comment, or where it began */
	size_t stop;		/* of that and the blanks behind it */
	int line_comment;	/* a comment that goes to the line's end */
};

static int ends_line(struct span text, size_t at)
{
	return at < text.n && (is_one_of(text.p[at], "\r\n") || (text.n - at >= 3 &&
	    (memcmp(text.p + at, "\xE2\x80\xA8", 3) == 0 || memcmp(text.p + at, "\xE2\x80\xA9", 3) == 0)));
}

static struct tail look_behind(struct span text, size_t at)
{
	struct tail t = {at, at, 0};
	const char *end;
	size_t i = at;

	while (i < text.n && !t.line_comment) {
		if (is_one_of(text.p[i], " \t")) {
			i++;
			continue;
		}
		if (text.p[i] != '/' || text.n - i < 4)
			break;
		t.line_comment = text.p[i + 1] == '/';
		if (t.line_comment) {
			while (i < text.n && !ends_line(text, i))
				i++;
		} else {
			end = span_find(text.p + i + 2, text.n - i - 2, "*/");
			i = end != NULL ? (size_t)(end - text.p) + 2 : text.n;
		}
		t.end = i;
	}
	t.stop = i;
	return t;
}

/* A blank behind the colon? */
static int has_gap(struct span text, const struct item *m)
{
	return text.p[m->value - 1] != ':';
}

/* Behind the last member. */
static void add_behind(struct span text, const struct object *o, struct addition *a, struct edit *e)
{
	struct tail t = look_behind(text, o->comma != 0 ? o->comma : o->last.end);
	struct span blanks;
	int own_line = begins_line(text, o->last.key, &blanks), tight;

	a->quote = o->quoted == o->count ? text.p[o->last.key] : '\0';
	a->gap = has_gap(text, &o->last);
	a->comma = o->comma != 0;
	a->lines = own_line || t.line_comment;
	if (!own_line)
		blanks = indentation(text, o->open);
	buf_add(&a->indent, blanks.p, blanks.n);
	if (a->lines) {
		if (!own_line)
			buf_add(&a->indent, a->style.unit.p, a->style.unit.n);
		e->from = e->to = ends_line(text, t.stop) ? t.stop : t.end;
		e->comma = a->comma ? 0 : o->last.end;
		add_line(&e->new, a, 0);
	} else {
		e->from = e->to = t.end;
		e->comma = a->comma ? 0 : t.end;
		tight = o->count > 1 ? o->before == o->last.key : !a->gap;
		if (!tight)
			buf_addc(&e->new, ' ');
	}
	add_member(&e->new, a);
}

/* As the first member, where there is none; `own`: the object's own key and value. */
static void lay_out(struct span text, const struct item *own, struct addition *a)
{
	struct span blanks;
	int has_key = own->key_end > own->key;

	a->quote = !has_key ? '"' : is_one_of(text.p[own->key], "\"'") ? text.p[own->key] : '\0';
	a->gap = !has_key || has_gap(text, own);
	a->lines = begins_line(text, own->key, &blanks);
	a->comma = a->lines && a->style.trailing;
	blanks = indentation(text, own->key);
	buf_add(&a->indent, blanks.p, blanks.n);
}

static void add_first(struct span text, const struct item *own, const struct object *o, struct addition *a, struct edit *e)
{
	struct span blanks;
	size_t i = o->open + 1;

	lay_out(text, own, a);
	while (i < o->close && is_one_of(text.p[i], " \t\r\n"))
		i++;
	e->from = o->open + 1;
	e->to = o->close;
	if (i == o->close && a->lines) {
		add_line(&e->new, a, 1);
		buf_add(&a->indent, a->style.unit.p, a->style.unit.n);
		add_member(&e->new, a);
		buf_cut(&a->indent, a->indent.len - a->style.unit.n);
		add_line(&e->new, a, 0);
	} else if (i == o->close) {
		buf_adds(&e->new, a->gap ? " " : "");
		add_member(&e->new, a);
		buf_adds(&e->new, a->gap ? " " : "");
	} else if (begins_line(text, o->close, &blanks)) {	/* below the comments */
		buf_clear(&a->indent);
		buf_add(&a->indent, blanks.p, blanks.n);
		buf_add(&a->indent, a->style.unit.p, a->style.unit.n);
		a->lines = 1;
		a->comma = a->style.trailing;
		e->from = e->to = o->close - blanks.n;
		buf_add(&e->new, buf_text(&a->indent), a->indent.len);
		add_member(&e->new, a);
		buf_adds(&e->new, a->style.eol);
	} else {
		a->lines = a->comma = 0;
		e->from = o->close;
		buf_adds(&e->new, blanks.n > 0 ? "" : " ");
		add_member(&e->new, a);
		buf_addc(&e->new, ' ');
	}
}

static struct item item_at(struct span text, size_t at, int has_key)
{
	struct item m = {at, at, at, 0};
	struct json5_err err;
	struct lex x;

	lex_init(&x, text.p, text.n, &err);
	x.p += at;
	if (has_key)
		skip_key(&x, &m);
	skip_value(&x);
	m.end = (size_t)(x.p - x.text);
	lex_release(&x);
	return m;
}

static void make_edit(struct span text, size_t at, int has_key, struct addition *a, struct edit *e)
{
	struct item own = item_at(text, at, has_key);
	struct object o;

	if (a->name != NULL && text.p[own.value] == '{') {
		look_through(text, own.value, a->name, &o);
		if (o.found.end != 0) {
			a->name = NULL;
			own = o.found;
		}
	}
	if (text.p[own.value] != '{') {		/* null */
		lay_out(text, &own, a);
		e->from = own.value;
		e->to = own.end;
		add_object(&e->new, a);
		return;
	}
	look_through(text, own.value, a->name != NULL ? a->name : a->m->name, &o);
	if (o.found.end != 0) {
		e->from = o.found.value;
		e->to = o.found.end;
		buf_adds(&e->new, a->m->json);
	} else if (o.count > 0) {
		add_behind(text, &o, a, e);
	} else {
		add_first(text, &own, &o, a, e);
	}
}

void grafttext_set(struct span text, size_t at, int has_key, const char *name, const struct graft_member *m,
    struct buf *out)
{
	struct addition a = {.name = name, .m = m};
	struct edit e = {0, 0, 0, {0}};
	size_t done;

	buf_init(&a.indent, out->max);
	buf_init(&e.new, out->max);
	look_at_style(text, &a.style);
	make_edit(text, at, has_key, &a, &e);
	done = e.comma;
	buf_add(out, text.p, done);
	if (e.comma != 0)
		buf_addc(out, ',');
	buf_add(out, text.p + done, e.from - done);
	buf_add(out, buf_text(&e.new), e.new.len);
	buf_add(out, text.p + e.to, text.n - e.to);
	if (e.new.failed || a.indent.failed) {
		buf_clear(out);
		out->failed = 1;
	}
	buf_release(&e.new);
	buf_release(&a.indent);
}
