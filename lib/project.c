/* project.c - see project.h. */
#include "json.h"
#include "limits.h"
#include "project.h"

static void add_output(struct buf *out, jv v, enum ending end)
{
	struct buf token, text;
	struct span shown;

	buf_init(&token, MAX_RECORD);
	buf_init(&text, MAX_RECORD);
	json_write(&token, v);
	shown = (struct span){buf_text(&token), token.len};
	if (json_is_string(v) && !token.failed)	/* by its token, since a text may have a NUL */
		shown = span_plain(shown, &text);
	ending_add(out, end, shown.p != NULL ? shown.p : "", shown.n);
	out->failed |= token.failed || text.failed;
	buf_release(&token);
	buf_release(&text);
}

int project(struct jqprog *p, struct span record, enum ending end, struct buf *out, struct fault *f)
{
	jv outputs = jqprog_run(p, json_build(record), PROJECT_OUTPUTS), v;
	int i;

	if (!jv_is_valid(outputs)) {
		jv_free(outputs);
		return fault_set(f, F_INPUT, "--jq: %s", p->err);
	}
	for (i = 0; i < json_count(outputs); i++) {
		v = json_at(outputs, i);
		add_output(out, v, end);
		jv_free(v);
	}
	jv_free(outputs);
	if (!out->failed)
		return 0;
	buf_clear(out);
	return fault_set(f, F_INPUT, "--jq: its outputs for the record are over a limit");
}
