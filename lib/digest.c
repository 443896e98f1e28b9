/* digest.c - see digest.h. */
#include "digest.h"

uint64_t digest(struct span bytes)
{
	uint64_t h = 14695981039346656037u;
	size_t i;

	for (i = 0; i < bytes.n; i++)
		h = (h ^ (unsigned char)bytes.p[i]) * 1099511628211u;
	return h;
}
