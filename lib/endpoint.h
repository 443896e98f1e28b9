/*
 * endpoint.h - whose server it is, told by the host of its base URL alone: a
 * provider's name says nothing (REFERENCE section 3).  It decides the defaults
 * of the compat flags.
 *
 * Pure.
 */
#ifndef FB_ENDPOINT_H
#define FB_ENDPOINT_H

/* The first EP_BASES are the base classes; a vendor is one of them with exceptions. */
enum endpoint {
	EP_LOCAL, EP_CUSTOM, EP_OPENAI, EP_BASES,
	EP_AZURE = EP_BASES, EP_OPENROUTER, EP_DEEPSEEK, EP_XIAOMI, EP_ZAI, EP_TOGETHER,
	EP_MISTRAL, EP_MOONSHOT, EP_CHUTES, EP_CLOUDFLARE, EP_GROQ, EP_XAI,
	EP_ANTHROPIC, EP_GOOGLE, EP_COUNT
};

const char *endpoint_name(enum endpoint e);		/* "local", "custom", "openai-public" ... */
enum endpoint endpoint_of(const char *base_url);	/* by its host; EP_CUSTOM if NULL or no URL */
enum endpoint endpoint_base(enum endpoint e);		/* below EP_BASES */
int endpoint_is_proxy(enum endpoint e);			/* "proxy-like": neither OpenAI nor Azure */

#endif
