/* digest.c - see digest.h. */
#include <string.h>

#include "digest.h"

uint64_t digest(struct span bytes)
{
	uint64_t h = 14695981039346656037u;
	size_t i;

	for (i = 0; i < bytes.n; i++)
		h = (h ^ (unsigned char)bytes.p[i]) * 1099511628211u;
	return h;
}

int digest_read(struct span token, uint64_t *number)
{
	uint64_t n = 0;
	const char *at;
	size_t i;

	*number = 0;
	if (span_kind(token) != SPAN_STRING || token.n != 18)
		return -1;
	for (i = 1; i < 17; i++) {
		if ((at = memchr("0123456789abcdef", token.p[i], 16)) == NULL)
			return -1;
		n = n << 4 | (uint64_t)(*at <= '9' ? *at - '0' : *at - 'a' + 10);
	}
	*number = n;
	return 0;
}
