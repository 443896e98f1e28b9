/* header.c - see header.h. */
#include <string.h>

#include "header.h"

int header_name_ok(const char *name, size_t n)
{
	static const char token[] = "!#$%&'*+-.^_`|~0123456789"
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	size_t i;

	for (i = 0; i < n; i++)
		if (memchr(token, name[i], sizeof token - 1) == NULL)
			return 0;
	return n > 0;
}

int header_value_ok(const char *value, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (((unsigned char)value[i] < 0x20 && value[i] != '\t') || value[i] == 0x7f)
			return 0;
	return 1;
}
