/*
 * mhttp.c - libFuzzer on the HTTP reader and the joining of chunks: the first
 * byte says in how many pieces the bytes arrive.
 *
 * make fuzz TARGET=mhttp
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mhttp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int good)
{
	if (!good)
		abort();
}

static void inside(struct span s, const char *p, size_t n)
{
	must(s.p == NULL || (s.p >= p && s.p + s.n <= p + n));
}

/* The same body, whole and in pieces of `step` bytes, is the same. */
static void chunks(const char *p, size_t n, size_t step)
{
	char *whole = malloc(n + 1), *parts = malloc(n + 1);
	struct mchunks a = {0}, b = {0};
	size_t have = 0;
	int one, other = 0;

	must(whole != NULL && parts != NULL);
	memcpy(whole, p, n);
	one = mchunks_push(&a, whole, n);
	must(a.out <= a.in && a.in <= n);
	while (other == 0 && have < n) {
		memcpy(parts + have, p + have, n - have < step ? n - have : step);
		have += n - have < step ? n - have : step;
		other = mchunks_push(&b, parts, have);
		must(b.out <= b.in && b.in <= have);
	}
	must(n == 0 || (one == other && (one != 1 || (a.out == b.out && a.in == b.in))));
	must(one != 1 || memcmp(whole, parts, a.out) == 0);
	free(whole);
	free(parts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct mreq r;
	size_t seen = 0, step, head, i;
	char *p;

	if (size < 2)
		return 0;
	step = data[0] % 7 + 1;
	size--;
	p = malloc(size);
	must(p != NULL);
	memcpy(p, data + 1, size);
	head = mhttp_head_end(p, size, &seen);
	must(head <= size);
	for (i = step, seen = 0; i < head; i += step)
		must(mhttp_head_end(p, i, &seen) == 0);
	if (head > 0 && mhttp_head(&r, p, head) == 0) {
		inside(r.method, p, head);
		inside(r.target, p, head);
		inside(r.path, p, head);
		for (i = 0; i < r.nheaders; i++) {
			inside(r.header[i].name, p, head);
			inside(r.header[i].value, p, head);
		}
		inside(mhttp_header(&r, "content-length"), p, head);
	}
	chunks(p + head, size - head, step);
	free(p);
	return 0;
}
