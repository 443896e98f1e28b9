/* table.c - see table.h. */
#include <string.h>

#include "limits.h"
#include "table.h"
#include "tty.h"

void table_init(struct table *t, int columns)
{
	memset(t, 0, sizeof *t);
	t->columns = columns;
	buf_init(&t->cells, MAX_RECORD);
}

void table_release(struct table *t)
{
	buf_release(&t->cells);
}

/* Characters, each taken to be one column wide. */
static size_t width(const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		n += ((unsigned char)*text & 0xC0) != 0x80;
	return n;
}

void table_add(struct table *t, const char *text, size_t n)
{
	int i = t->next;
	size_t from = t->cells.len, k;

	t->next = (i + 1) % t->columns;
	tty_harmless(&t->cells, text, n);
	if (t->cells.failed)
		return;
	for (k = from; k < t->cells.len; k++)
		if (t->cells.data[k] == '\t' || t->cells.data[k] == '\n' || t->cells.data[k] == '\0')
			t->cells.data[k] = ' ';
	buf_addc(&t->cells, '\0');
	if (!t->cells.failed && width(t->cells.data + from) > t->width[i])
		t->width[i] = width(t->cells.data + from);
}

void table_adds(struct table *t, const char *text)
{
	table_add(t, text != NULL ? text : "", text != NULL ? strlen(text) : 0);
}

void table_write(const struct table *t, int aligned, struct buf *out)
{
	const char *p = buf_text(&t->cells), *end = p + t->cells.len;
	size_t pad;
	int i, row;

	if (t->cells.failed)
		buf_room(out, out->max + 1);	/* half a table is none */
	for (row = 0; p < end; row++)
		for (i = 0; i < t->columns && p < end; i++, p += strlen(p) + 1) {
			if (row == 0 && !aligned)
				continue;
			buf_adds(out, p);
			if (i + 1 == t->columns)
				buf_addc(out, '\n');
			else if (!aligned)
				buf_addc(out, '\t');
			else
				for (pad = width(p); pad < t->width[i] + 2; pad++)
					buf_addc(out, ' ');
		}
}
