/*
 * gen.c - data for the benchmarks, the same on every machine.
 *
 *	gen requests|prompts|replies|stream N >FILE
 *
 * requests: request bodies of 1.1 KB, two text parts and two tools.
 * prompts:  lines of text, 250 bytes.
 * replies:  what fb-send writes, 1.1 KB.
 * stream:   one streamed reply of N chunks, 250 bytes each.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned long long state = 88172645463325252ULL;

static unsigned next(unsigned below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)(state >> 33) % below;
}

/* Words as a JSON string has them, without quotes; about n bytes. */
static void words(int n, const char *line_end, const char *quote)
{
	static const char *const list[] = {"the", "model", "answers", "with", "one", "short", "sentence", "about",
	    "caf\xc3\xa9", "server", "request", "of", "tokens", "and", "a", "question"};
	int done = 0;
	const char *word;

	while (done < n) {
		word = list[next(16)];
		done += printf("%s%s", done > 0 ? " " : "", word);
		if (next(24) == 0)
			done += printf("%s", line_end);
		if (next(24) == 0)
			done += printf(" %sso%s", quote, quote);
	}
}

static void request(long i)
{
	printf("{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"Be brief.\"},"
	    "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"%ld ", i);
	words(250, "\\n", "\\\"");
	printf("\"},{\"type\":\"text\",\"text\":\"");
	words(250, "\\n", "\\\"");
	printf("\"}]}],\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"clock\",\"description\":\"The time in a zone\","
	    "\"parameters\":{\"type\":\"object\",\"properties\":{\"zone\":{\"type\":\"string\"}},\"required\":[\"zone\"]}}},"
	    "{\"type\":\"function\",\"function\":{\"name\":\"weather\",\"description\":\"The weather in a city\","
	    "\"parameters\":{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\"},\"days\":{\"type\":\"integer\"}},"
	    "\"required\":[\"city\"]}}}],\"temperature\":0.2,\"seed\":%u}\n", next(100000));
}

static void prompt(long i)
{
	printf("%ld ", i);
	words(245, "", "\"");
	putchar('\n');
}

static void reply(long i)
{
	printf("{\"id\":\"fb-%016lx\",\"custom_id\":\"%ld\",\"response\":{\"status_code\":200,\"request_id\":\"\",\"body\":"
	    "{\"id\":\"chatcmpl-%ld\",\"object\":\"chat.completion\",\"created\":1700000000,\"model\":\"m\","
	    "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"", i, i, i);
	words(550, "\\n", "\\\"");
	printf("\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":%u,\"completion_tokens\":120,\"total_tokens\":200}}},"
	    "\"error\":null,\"route\":{\"ref\":\"direct/m\",\"model\":\"m\"},\"digest\":\"%016lx\","
	    "\"timing\":{\"started\":1700000000,\"queued_ms\":1,\"connect_ms\":0,\"ttft_ms\":50,\"total_ms\":900},\"attempts\":[]}\n",
	    next(100), i);
}

/* The last one ends it. */
static void chunk(long i, long n)
{
	printf("data: {\"id\":\"chatcmpl-8f3a6f0c2b9d4e51\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,"
	    "\"model\":\"google/gemma-4-E2B-it\",\"system_fingerprint\":\"b6104-3db4da56\",\"choices\":[{\"index\":0,"
	    "\"delta\":{\"content\":\"");
	words(1, "\\n", "\\\"");
	printf(" \"},\"logprobs\":null,\"finish_reason\":%s}]}\n\n", i == n ? "\"stop\"" : "null");
	if (i == n)
		printf("data: [DONE]\n\n");
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*one)(long i);
	} kinds[] = {{"requests", request}, {"prompts", prompt}, {"replies", reply}};
	long n = argc == 3 ? atol(argv[2]) : 0, i;
	size_t k;

	for (k = 0; k < 3 && n > 0; k++)
		if (strcmp(argv[1], kinds[k].name) == 0) {
			for (i = 1; i <= n; i++)
				kinds[k].one(i);
			return fflush(stdout) != 0 || ferror(stdout);
		}
	if (n > 0 && strcmp(argv[1], "stream") == 0) {
		for (i = 1; i <= n; i++)
			chunk(i, n);
		return fflush(stdout) != 0 || ferror(stdout);
	}
	fprintf(stderr, "usage: gen requests|prompts|replies|stream N\n");
	return 2;
}
