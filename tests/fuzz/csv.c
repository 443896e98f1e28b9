/*
 * csv.c - libFuzzer on the CSV reader: the first byte says in how many pieces
 * the bytes arrive, the second which delimiter it is.
 *
 * make fuzz TARGET=csv
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int good)
{
	if (!good)
		abort();
}

/* What was read, told so that two ways of reading can be compared. */
static void tell(struct buf *out, const struct csv *c, int got)
{
	size_t i;

	buf_addf(out, "%d %ld ", got, c->line);
	if (got < 0)
		buf_addf(out, "%s", c->err);
	for (i = 0; got > 0 && i < c->nfields; i++) {
		buf_addf(out, "%zu:", c->field[i].n);
		buf_add(out, c->field[i].p, c->field[i].n);
	}
}

/* A row that is written and read again is the same row. */
static void again(const struct csv *c, char delimiter)
{
	static struct csv back;
	struct buf row;
	size_t i, used;

	buf_init(&row, 1 << 24);
	for (i = 0; i < c->nfields; i++) {
		if (i > 0)
			buf_addc(&row, delimiter);
		csv_quote(&row, c->field[i].p, c->field[i].n, delimiter, c->nfields == 1);
	}
	buf_addc(&row, '\n');
	csv_init(&back, delimiter);
	must(csv_record(&back, row.data, row.len, 0, &used) == 1 && used == row.len && back.nfields == c->nfields);
	for (i = 0; i < c->nfields; i++)
		must(back.field[i].n == c->field[i].n &&
		    (back.field[i].n == 0 || memcmp(back.field[i].p, c->field[i].p, back.field[i].n) == 0));
	csv_release(&back);
	buf_release(&row);
}

/* All records, as bytes come in pieces of `step`; each time in memory of their exact size. */
static void all(const char *p, size_t n, size_t step, char delimiter, struct buf *out)
{
	static struct csv c;
	size_t from = 0, have = 0, used, i;
	char *part;
	int got;

	csv_init(&c, delimiter);
	for (;;) {
		part = malloc(have - from + (have == from));
		must(part != NULL);
		memcpy(part, p + from, have - from);
		got = csv_record(&c, part, have - from, have == n, &used);
		must(used <= have - from && (got == 0 || used > 0));
		if (got != 0)
			tell(out, &c, got);
		if (got > 0) {
			again(&c, delimiter);
			must(csv_head(&c) == -1 || (c.nnames == c.nfields && csv_column(&c, c.name[0]) == 0));
			for (i = 0; i < c.nnames; i++)
				must(csv_column(&c, c.name[i]) == (int)i);
		}
		free(part);
		from += used;
		if (got == 0 && have == n)
			break;
		if (got == 0)
			have += n - have < step ? n - have : step;
	}
	must(from == n);
	csv_release(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf whole, parts;

	if (size < 2 || !csv_delimiter((char)data[1]))
		return 0;
	buf_init(&whole, 1 << 26);
	buf_init(&parts, 1 << 26);
	all((const char *)data + 2, size - 2, size, (char)data[1], &whole);
	all((const char *)data + 2, size - 2, data[0] % 7 + 1, (char)data[1], &parts);
	must(whole.len == parts.len && memcmp(buf_text(&whole), buf_text(&parts), whole.len) == 0);
	buf_release(&whole);
	buf_release(&parts);
	return 0;
}
