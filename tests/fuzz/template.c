/*
 * template.c - libFuzzer on templates: a template, a NUL, a JSON value to
 * fill it in from.
 *
 * make fuzz TARGET=template
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "limits.h"
#include "template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int good)
{
	if (!good)
		abort();
}

/* Filled in with the places themselves the text is a template. */
static int itself(void *ctx, size_t i, const char *name, struct buf *out)
{
	const struct template *t = ctx;

	must(i < t->nnames && t->name[i] == name && *name != '\0');
	buf_addf(out, "{{%s}}", name);
	return 1;
}

static int nothing(void *ctx, size_t i, const char *name, struct buf *out)
{
	(void)ctx;
	(void)i;
	buf_adds(out, name);
	return 0;
}

static void fill(const struct template *t, const char *p, size_t n)
{
	struct span value;
	struct span_err err;
	struct buf out;
	size_t missing = t->nnames;
	int got;

	buf_init(&out, 1 << 24);
	buf_adds(&out, "head");
	got = template_fill(t, nothing, NULL, &out, &missing);
	must(got == (t->nnames == 0 ? 0 : -1) && (got == 0 || (missing == 0 && out.len == 4)));
	buf_clear(&out);
	must(template_fill(t, itself, (void *)(uintptr_t)t, &out, &missing) == 0);
	buf_clear(&out);
	if (span_check(p, n, MAX_DEPTH, &value, &err) == 0)
		must(template_fill(t, template_json, &value, &out, &missing) == 0 || (missing < t->nnames && out.len == 0));
	/* A value's JSON is JSON of the same length or less. */
	buf_clear(&out);
	if (span_check(p, n, MAX_DEPTH, &value, &err) == 0 && span_kind(value) != SPAN_STRING && span_kind(value) != SPAN_NULL) {
		must(template_json(&value, 0, ".", &out) == 1 && out.len <= value.n);
		must(span_check(out.data, out.len, MAX_DEPTH, &value, &err) == 0 && value.n == out.len);
	}
	buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = size > 0 ? memchr(data, '\0', size) : NULL;
	size_t n = nul != NULL ? (size_t)(nul - data) : size, i;
	struct template t;
	struct template_err err;
	char *p = malloc(n + (n == 0));

	must(p != NULL);
	memcpy(p, data, n);
	if (template_read(&t, p, n, &err) == 0) {
		for (i = 0; i < t.nnames; i++)
			must(strlen(t.name[i]) > 0);
		fill(&t, nul != NULL ? (const char *)nul + 1 : "{}", nul != NULL ? size - n - 1 : 2);
	} else {
		must(err.what != NULL && err.line >= 1 && err.column >= 1 && err.line <= n + 1 && err.column <= n + 1 && t.nnames == 0);
	}
	template_release(&t);
	free(p);
	return 0;
}
