/* endpoint.c - see endpoint.h. */
#include <string.h>
#include <strings.h>

#include "endpoint.h"
#include "url.h"

enum { MAX_HOSTS = 4 };

struct row {
	const char *name;
	enum endpoint base;
	const char *hosts[MAX_HOSTS + 1];	/* with a dot in front: every host below it */
};

/* A new vendor: its host here, what it does otherwise in compat.c. */
static const struct row rows[EP_COUNT] = {
	[EP_LOCAL] = {"local", EP_LOCAL, {NULL}},	/* url_is_near() */
	[EP_CUSTOM] = {"custom", EP_CUSTOM, {NULL}},	/* all the others */
	/* the second: OpenAI's regions, such as eu.api.openai.com */
	[EP_OPENAI] = {"openai-public", EP_OPENAI, {"api.openai.com", ".api.openai.com"}},
	[EP_AZURE] = {"azure", EP_OPENAI, {".openai.azure.com", ".cognitiveservices.azure.com",
	    ".services.ai.azure.com", ".openai.azure.us"}},
	[EP_OPENROUTER] = {"openrouter", EP_CUSTOM, {"openrouter.ai", ".openrouter.ai"}},
	[EP_DEEPSEEK] = {"deepseek", EP_CUSTOM, {"api.deepseek.com"}},
	[EP_XIAOMI] = {"xiaomi", EP_CUSTOM, {".xiaomimimo.com"}},
	[EP_ZAI] = {"zai", EP_CUSTOM, {"api.z.ai", "open.bigmodel.cn"}},
	[EP_TOGETHER] = {"together", EP_CUSTOM, {"api.together.xyz", "api.together.ai"}},
	[EP_MISTRAL] = {"mistral", EP_CUSTOM, {"api.mistral.ai", "codestral.mistral.ai"}},
	[EP_MOONSHOT] = {"moonshot", EP_CUSTOM, {"api.moonshot.ai", "api.moonshot.cn"}},
	[EP_CHUTES] = {"chutes", EP_CUSTOM, {"llm.chutes.ai"}},
	[EP_CLOUDFLARE] = {"cloudflare-gateway", EP_CUSTOM, {"gateway.ai.cloudflare.com"}},
	[EP_GROQ] = {"groq", EP_CUSTOM, {"api.groq.com"}},
	[EP_XAI] = {"xai", EP_CUSTOM, {"api.x.ai"}},
	[EP_ANTHROPIC] = {"anthropic-public", EP_CUSTOM, {"api.anthropic.com"}},
	[EP_GOOGLE] = {"google", EP_CUSTOM, {"generativelanguage.googleapis.com"}},
};

const char *endpoint_name(enum endpoint e)
{
	return rows[e].name;
}

enum endpoint endpoint_base(enum endpoint e)
{
	return rows[e].base;
}

int endpoint_is_proxy(enum endpoint e)
{
	return rows[e].base != EP_OPENAI;
}

/* Whole labels only: what a stranger can register must not pass for the vendor. */
static int is_below(const struct url *u, const char *domain)
{
	size_t n = strlen(domain);

	return u->host.n > n && strncasecmp(u->host.p + u->host.n - n, domain, n) == 0;
}

static int is_its(const struct row *row, const struct url *u)
{
	const char *const *host;

	for (host = row->hosts; *host != NULL; host++)
		if (**host == '.' ? is_below(u, *host) : url_host_is(u, *host))
			return 1;
	return 0;
}

enum endpoint endpoint_of(const char *base_url)
{
	struct url u;
	int e;

	if (base_url == NULL || url_parse(base_url, &u) != NULL)
		return EP_CUSTOM;
	if (url_is_near(&u))
		return EP_LOCAL;
	for (e = 0; e < EP_COUNT; e++)
		if (is_its(&rows[e], &u))
			return (enum endpoint)e;
	return EP_CUSTOM;
}
