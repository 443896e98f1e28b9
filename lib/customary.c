/* customary.c - see customary.h. */
#include <stdlib.h>
#include <string.h>

#include "customary.h"

#define KEY "OPENAI_API_KEY"

static const char *env(const char *name)
{
	const char *v = getenv(name);

	return v != NULL && v[0] != '\0' ? v : NULL;
}

const char *customary_base_url(void)
{
	return env("OPENAI_BASE_URL");
}

int customary_pairs(const char *variable, const struct url *target)
{
	const char *base = customary_base_url();
	struct url u;

	return strcmp(variable, KEY) == 0 && url_parse(base != NULL ? base : "https://api.openai.com/v1", &u) == NULL &&
	    url_same_origin(&u, target);
}

const char *customary_key(const struct url *target)
{
	return env(KEY) != NULL && customary_pairs(KEY, target) ? KEY : NULL;
}
