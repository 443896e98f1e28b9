/*
 * writer.c - json_write beside jv_dump_string on one document.
 *
 *	writer ours|libjq TIMES <file.json
 *
 * Under `valgrind --tool=callgrind` the instruction counts repeat exactly:
 * run it with TIMES 0 and N, and divide the differences.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "json.h"
#include "limits.h"

int main(int argc, char **argv)
{
	int ours = argc == 3 && strcmp(argv[1], "ours") == 0, times = argc == 3 ? atoi(argv[2]) : -1, i;
	struct buf text, out;
	struct span value;
	struct span_err err;
	jv doc, s;

	buf_init(&text, MAX_RECORD);
	buf_init(&out, MAX_RECORD);
	while (buf_room(&text, 1 << 16) != NULL) {
		size_t n = fread(text.data + text.len, 1, 1 << 16, stdin);

		if (n == 0)
			break;
		buf_wrote(&text, n);
	}
	if (times < 0 || span_check(buf_text(&text), text.len, MAX_DEPTH, &value, &err) != 0) {
		fprintf(stderr, "usage: writer ours|libjq TIMES <file.json\n");
		return 2;
	}
	doc = json_build(value);
	for (i = 0; i < times; i++) {
		if (ours) {
			buf_clear(&out);
			json_write(&out, doc);
		} else {
			s = jv_dump_string(jv_copy(doc), 0);
			jv_free(s);
		}
	}
	jv_free(doc);
	buf_release(&out);
	buf_release(&text);
	return 0;
}
