#include "endpoint.h"
#include "help.h"
#include "tap.h"

static void test_names(void)
{
	int e, other;

	for (e = 0; e < EP_COUNT; e++) {
		if (!ok(endpoint_name((enum endpoint)e) != NULL, "class %d has a name", e))
			continue;
		for (other = 0; other < e; other++)
			if (strcmp(endpoint_name((enum endpoint)other), endpoint_name((enum endpoint)e)) == 0)
				break;
		ok(other == e, "%s stands once", endpoint_name((enum endpoint)e));
		ok(endpoint_base((enum endpoint)e) < EP_BASES, "its base is a base class");
		ok(e >= EP_BASES || endpoint_base((enum endpoint)e) == (enum endpoint)e, "a base class is its own");
		ok(!endpoint_is_proxy((enum endpoint)e) == (e == EP_OPENAI || e == EP_AZURE), "proxy-like: all but OpenAI and Azure");
	}
	is(endpoint_name(EP_LOCAL), "local", "local");
	is(endpoint_name(EP_CUSTOM), "custom", "custom");
	is(endpoint_name(EP_OPENAI), "openai-public", "openai-public");
	ok(endpoint_base(EP_AZURE) == EP_OPENAI && endpoint_base(EP_GROQ) == EP_CUSTOM, "vendors have theirs");
}

static void test_local(void)
{
	static const char *const t[] = {
		"http://127.0.0.1:8080/v1", "http://127.9.9.9", "http://localhost/v1", "HTTP://LOCALHOST:1", "http://[::1]:1/v1",
		"http://x.localhost/v1", "http://192.168.1.5/v1", "http://10.1.2.3/v1", "http://172.16.0.1", "http://172.31.0.1",
		"http://[fd00::1]/v1", "http://box/v1", "http://box.lan/v1", "http://box.local/v1", "https://x.internal/v1",
		"https://api.openai.com.internal/v1",
	};
	size_t i;

	for (i = 0; i < COUNT(t); i++)
		is(endpoint_name(endpoint_of(t[i])), "local", t[i]);
}

static void test_custom(void)
{
	static const char *const t[] = {
		"https://api.example.com/v1", "http://172.32.0.1/v1", "http://8.8.8.8", "http://134744072/", "http://[2001:db8::1]/v1",
		"http://local.example.com", "http://127.0.0.1.example.com", "http://notlocalhost.example",
		"https://api.openai.com.evil.example/v1", "https://xapi.openai.com/v1", "https://notapi.openai.com/v1",
		"https://api-openai.com/v1", "https://openai.com/v1", "https://evil.example/api.openai.com/v1",
		"https://evil.example/?api.openai.com", "https://api.openai.com@evil.example/v1", "https://xapi.openai.community",
		"https://openai.azure.com/openai/v1", "https://evilopenai.azure.com/v1", "https://r.openai.azure.com.evil.example",
		"https://r.azure.com/v1", "https://notopenrouter.ai/api/v1", "https://openrouter.ai.evil.example/v1",
		"https://deepseek.com/v1", "https://x.api.deepseek.com/v1", "https://xiaomimimo.com/v1", "https://notxiaomimimo.com/v1",
		"https://xapi.x.ai/v1", "https://x.ai/v1", "https://api.z.ai.example/v1", "https://api.together.com.example/v1",
		"https://api.anthropic.com.example", "https://www.googleapis.com/v1", "no url", "", "ftp://api.openai.com/v1",
	};
	size_t i;

	for (i = 0; i < COUNT(t); i++)
		is(endpoint_name(endpoint_of(t[i])), "custom", t[i]);
	is(endpoint_name(endpoint_of(NULL)), "custom", "no base URL at all");
}

static void test_vendors(void)
{
	static const struct { const char *url, *name; } t[] = {
		{"https://api.openai.com/v1", "openai-public"}, {"https://API.OpenAI.com/v1", "openai-public"},
		{"http://api.openai.com:8080", "openai-public"}, {"https://eu.api.openai.com/v1", "openai-public"},
		{"https://r.openai.azure.com/openai/v1", "azure"}, {"https://R.OpenAI.Azure.com/openai/deployments/d?api-version=1", "azure"},
		{"https://r.cognitiveservices.azure.com/openai/v1", "azure"}, {"https://r.services.ai.azure.com/openai/v1", "azure"},
		{"https://r.openai.azure.us/openai/v1", "azure"},
		{"https://openrouter.ai/api/v1", "openrouter"}, {"https://eu.openrouter.ai/api/v1", "openrouter"},
		{"https://api.deepseek.com", "deepseek"}, {"https://api.deepseek.com/v1", "deepseek"},
		{"https://api.xiaomimimo.com/v1", "xiaomi"}, {"https://api.z.ai/api/paas/v4", "zai"},
		{"https://open.bigmodel.cn/api/paas/v4", "zai"}, {"https://api.together.xyz/v1", "together"},
		{"https://api.together.ai/v1", "together"}, {"https://api.mistral.ai/v1", "mistral"},
		{"https://codestral.mistral.ai/v1", "mistral"}, {"https://api.moonshot.ai/v1", "moonshot"},
		{"https://api.moonshot.cn/v1", "moonshot"}, {"https://llm.chutes.ai/v1", "chutes"},
		{"https://gateway.ai.cloudflare.com/v1/a/g/compat", "cloudflare-gateway"},
		{"https://api.groq.com/openai/v1", "groq"}, {"https://api.x.ai/v1", "xai"},
		{"https://api.anthropic.com/v1", "anthropic-public"},
		{"https://generativelanguage.googleapis.com/v1beta/openai", "google"},
	};
	size_t i;

	for (i = 0; i < COUNT(t); i++)
		is(endpoint_name(endpoint_of(t[i].url)), t[i].name, t[i].url);
}

int main(void)
{
	test_names();
	test_local();
	test_custom();
	test_vendors();
	return done();
}
