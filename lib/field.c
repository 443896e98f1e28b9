/* field.c - see field.h. */
#include "field.h"

#define APIS "openai-completions openai-responses openai-chatgpt-responses anthropic-messages google-generative-ai " \
	"google-vertex github-copilot bedrock-converse-stream ollama pi-messages azure-openai-responses"
#define P "models.providers.*"
#define M P ".models[]"
#define S "secrets.providers.*"
#define D "agents.defaults"

const struct field fields[] = {
	{"env", FIELD_OBJECT, 0, NULL, NULL, "variables of the configuration's own"},
	{"env.vars", FIELD_TEXT_MAP, 0, NULL, NULL, "name and value, for ${NAME}, where neither the environment nor .env has it"},
	{"agents", FIELD_OBJECT, 0, NULL, NULL, "of FluffBuzz's agents; only defaults is read"},
	{D, FIELD_OBJECT, 0, NULL, NULL, "what holds for every model"},
	{D ".model", FIELD_MODEL, 0, NULL, NULL, "the primary model's reference, or an object of primary and fallbacks"},
	{D ".model.primary", FIELD_TEXT, 0, NULL, "the only model configured", "reference of the model that is used without -m"},
	{D ".model.fallbacks", FIELD_TEXTS, 0, NULL, NULL, "references that are tried after it, in this order"},
	{D ".models", FIELD_OBJECT, 0, NULL, NULL, "by reference, provider/id"},
	{D ".models.*", FIELD_OBJECT, 0, NULL, NULL, "what holds for one model"},
	{D ".models.*.alias", FIELD_TEXT, 0, NULL, NULL, "another name for -m; upper and lower case are the same"},
	{D ".models.*.params", FIELD_FREE, 0, NULL, NULL, "request parameters of the model, laid over all others"},
	{D ".params", FIELD_FREE, 0, NULL, NULL, "request parameters of every model"},
	{D ".modelPolicy", FIELD_FREE, 0, NULL, NULL, "accepted, not enforced"},
	{"models", FIELD_OBJECT, 0, NULL, NULL, "servers and their models"},
	{"models.mode", FIELD_WORD, 0, "merge replace", "merge", "merge: the built-in catalogue is there too; replace: only the providers here"},
	{"models.catalogRefresh", FIELD_ANY, 0, NULL, NULL, "accepted, not used"},
	{"models.providers", FIELD_OBJECT, 0, NULL, NULL, "by name"},
	{P, FIELD_OBJECT, 0, NULL, NULL, "one server; its name is the first part of a reference"},
	{P ".baseUrl", FIELD_URL, 0, NULL, "the catalogue's", "where its /v1 is; needed for a name that the catalogue doesn't have"},
	{P ".apiKey", FIELD_SECRET, 0, NULL, NULL, "the key, sent as Authorization: Bearer"},
	{P ".auth", FIELD_WORD, 0, "api-key aws-sdk oauth token", NULL, "accepted, not used"},
	{P ".authHeader", FIELD_BOOL, 0, NULL, NULL, "accepted; without effect on this api"},
	{P ".api", FIELD_WORD, 0, APIS, "openai-completions", "only openai-completions is spoken"},
	{P ".maxTokens", FIELD_COUNT, 0, NULL, NULL, "for models that set none"},
	{P ".timeoutSeconds", FIELD_COUNT, 0, NULL, "600", "for an attempt: connection, headers and body"},
	{P ".region", FIELD_TEXT, 0, NULL, NULL, "accepted, not used"},
	{P ".injectNumCtxForOpenAICompat", FIELD_BOOL, 0, NULL, NULL, "accepted, not used"},
	{P ".params", FIELD_FREE, 0, NULL, NULL, "request parameters of its models"},
	{P ".agentRuntime", FIELD_FREE, 0, NULL, NULL, "accepted, not used"},
	{P ".localService", FIELD_FREE, 0, NULL, NULL, "accepted, not used"},
	{P ".headers", FIELD_SECRETS, 0, NULL, NULL, "header lines of each request, by name"},
	{P ".request", FIELD_OBJECT, 0, NULL, NULL, "how requests travel"},
	{P ".request.headers", FIELD_SECRETS, 0, NULL, NULL, "more header lines, over headers"},
	{P ".request.auth", FIELD_OBJECT, 0, NULL, NULL, "another way than apiKey to show a key"},
	{P ".request.auth.mode", FIELD_WORD, 0, "provider-default authorization-bearer header", "provider-default", "authorization-bearer: token in place of apiKey; header: headerName and value beside it"},
	{P ".request.auth.token", FIELD_SECRET, 0, NULL, NULL, "of authorization-bearer"},
	{P ".request.auth.headerName", FIELD_TEXT, 0, NULL, NULL, "of header"},
	{P ".request.auth.value", FIELD_SECRET, 0, NULL, NULL, "of header"},
	{P ".request.auth.prefix", FIELD_TEXT, 0, NULL, NULL, "of header: stands before the value"},
	{P ".request.proxy", FIELD_OBJECT, 0, NULL, NULL, "the proxy to this server"},
	{P ".request.proxy.mode", FIELD_WORD, 0, "env-proxy explicit-proxy", NULL, "explicit-proxy: the one at url"},
	{P ".request.proxy.url", FIELD_URL, 0, NULL, NULL, "where the proxy is"},
	{P ".request.proxy.tls", FIELD_FREE, 0, NULL, NULL, "accepted, not used"},
	{P ".request.tls", FIELD_OBJECT, 0, NULL, NULL, "of https"},
	{P ".request.tls.ca", FIELD_TEXT, 0, NULL, NULL, "file of certificates to trust"},
	{P ".request.tls.cert", FIELD_TEXT, 0, NULL, NULL, "file of our own certificate"},
	{P ".request.tls.key", FIELD_TEXT, 0, NULL, NULL, "file of its private key"},
	{P ".request.tls.passphrase", FIELD_SECRET, 0, NULL, NULL, "of the private key"},
	{P ".request.tls.serverName", FIELD_TEXT, 0, NULL, NULL, "the name that the server's certificate must have"},
	{P ".request.tls.insecureSkipVerify", FIELD_BOOL, 0, NULL, "false", "true is refused: certificates are always checked"},
	{P ".request.allowPrivateNetwork", FIELD_BOOL, 0, NULL, NULL, "accepted; private addresses are always allowed"},
	{P ".compat", FIELD_COMPAT, 0, NULL, NULL, "compat flags of all its models"},
	{P ".models", FIELD_ARRAY, 0, NULL, NULL, "what it serves; other ids are passed through"},
	{M, FIELD_OBJECT, 0, NULL, NULL, "one model"},
	{M ".id", FIELD_TEXT, 1, NULL, NULL, "as the server knows it; may have slashes"},
	{M ".name", FIELD_TEXT, 1, NULL, NULL, "for people"},
	{M ".api", FIELD_WORD, 0, APIS, "the provider's", "as the provider's"},
	{M ".baseUrl", FIELD_URL, 0, NULL, "the provider's", "as the provider's"},
	{M ".reasoning", FIELD_BOOL, 0, NULL, "false", "it thinks, and takes a thinking level"},
	{M ".input", FIELD_WORDS, 0, "text image video audio", "[\"text\"]", "what a message to it may hold"},
	{M ".cost", FIELD_OBJECT, 0, NULL, NULL, "US dollars for a million tokens"},
	{M ".cost.input", FIELD_NUMBER, 0, NULL, "0", "of the prompt"},
	{M ".cost.output", FIELD_NUMBER, 0, NULL, "0", "of the answer"},
	{M ".cost.cacheRead", FIELD_NUMBER, 0, NULL, "0", "of the prompt's part that the server had cached"},
	{M ".cost.cacheWrite", FIELD_NUMBER, 0, NULL, "0", "of the prompt's part that it cached"},
	{M ".cost.tieredPricing", FIELD_ANY, 0, NULL, NULL, "accepted, not used"},
	{M ".contextWindow", FIELD_COUNT, 0, NULL, NULL, "tokens of prompt and answer together"},
	{M ".contextTokens", FIELD_COUNT, 0, NULL, "contextWindow", "the part of it that may be used"},
	{M ".maxTokens", FIELD_COUNT, 0, NULL, "the provider's, else no limit is sent", "tokens of an answer; never more than contextWindow"},
	{M ".thinkingLevelMap", FIELD_FREE, 0, NULL, NULL, "accepted, not used"},
	{M ".params", FIELD_FREE, 0, NULL, NULL, "request parameters of the model"},
	{M ".headers", FIELD_SECRETS, 0, NULL, NULL, "header lines, over the provider's"},
	{M ".compat", FIELD_COMPAT, 0, NULL, "by the endpoint's class", "compat flags: what the server takes"},
	{M ".mediaInput", FIELD_ANY, 0, NULL, NULL, "accepted, not used"},
	{M ".agentRuntime", FIELD_FREE, 0, NULL, NULL, "accepted, not used"},
	{M ".metadataSource", FIELD_ANY, 0, NULL, NULL, "accepted, not used"},
	{"secrets", FIELD_OBJECT, 0, NULL, NULL, "where secrets come from that the configuration doesn't hold"},
	{"secrets.defaults", FIELD_FREE, 0, NULL, NULL, "accepted, not used"},
	{"secrets.resolution", FIELD_FREE, 0, NULL, NULL, "accepted, not used"},
	{"secrets.providers", FIELD_OBJECT, 0, NULL, NULL, "by the name that a reference's provider has"},
	{S, FIELD_OBJECT, 0, NULL, NULL, "one source"},
	{S ".source", FIELD_WORD, 1, "env file exec", NULL, "env: variables; file: a file of yours alone; exec: what a command prints"},
	{S ".allowlist", FIELD_TEXTS, 0, NULL, NULL, "of env: only these variables"},
	{S ".path", FIELD_TEXT, 0, NULL, NULL, "of file: an absolute path"},
	{S ".mode", FIELD_WORD, 0, "json singleValue", "json", "of file: json, where an id is a JSON pointer; singleValue: the file is the secret, and the id is \"value\""},
	{S ".timeoutMs", FIELD_COUNT, 0, NULL, "5000", "of exec: milliseconds"},
	{S ".maxBytes", FIELD_COUNT, 0, NULL, "1048576", "of file"},
	{S ".command", FIELD_TEXT, 0, NULL, NULL, "of exec: an absolute path; no shell is used"},
	{S ".args", FIELD_TEXTS, 0, NULL, NULL, "of exec"},
	{S ".env", FIELD_TEXT_MAP, 0, NULL, NULL, "of exec: variables for the command"},
	{S ".passEnv", FIELD_TEXTS, 0, NULL, NULL, "of exec: variables that it gets from ours; it has no others"},
	{S ".maxOutputBytes", FIELD_COUNT, 0, NULL, "1048576", "of exec"},
	{S ".jsonOnly", FIELD_BOOL, 0, NULL, "false", "of exec: it must print {\"values\":{ID:SECRET}}; else one line will do"},
	{S ".noOutputTimeoutMs", FIELD_COUNT, 0, NULL, NULL, "accepted, not used"},
	{S ".allowSymlinkCommand", FIELD_BOOL, 0, NULL, NULL, "accepted, not used"},
	{S ".trustedDirs", FIELD_TEXTS, 0, NULL, NULL, "accepted, not used"},
	{NULL, FIELD_ANY, 0, NULL, NULL, NULL}
};

static const char *const kind_names[] = {
	"text that is not empty", "", "true or false", "a whole number above 0", "a number from 0", "an object", "an array",
	"a list of texts", "", "an http:// or https:// URL", "text or an object",
	"text, or {source: \"env\", \"file\" or \"exec\", provider, id}", "an object of texts or secret references",
	"an object of texts", "an object", "anything", "an object of compat flags"
};

void field_words(const char *words, struct buf *out)
{
	const char *p;

	buf_adds(out, "one of \"");
	for (p = words; *p != '\0'; p++)
		if (*p == ' ')
			buf_adds(out, "\", \"");
		else
			buf_addc(out, *p);
	buf_addc(out, '"');
}

void field_type(const struct field *row, struct buf *out)
{
	if (row->kind == FIELD_WORDS)
		buf_adds(out, "a list, each ");
	if (row->words != NULL)
		field_words(row->words, out);
	else
		buf_adds(out, kind_names[row->kind]);
}
