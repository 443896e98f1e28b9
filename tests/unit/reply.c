#include <stdint.h>

#include "choice.h"
#include "extract.h"
#include "help.h"
#include "json.h"
#include "live.h"
#include "reply.h"
#include "tap.h"

/* How a reply comes: its pieces end at `cut`, or every `step` bytes. */
struct way {
	int status;
	const char *reason;
	size_t cut, step;
	int broken;	/* the connection ended early */
};

struct seen {
	struct live live;
	struct buf text, reasoning;
	long chunks;
	int bad;
};

static void on_chunk(void *ctx, struct span chunk)
{
	struct seen *s = ctx;
	struct span v;
	struct span_err err;

	s->chunks++;
	s->bad |= span_check(chunk.p, chunk.n, MAX_DEPTH, &v, &err) != 0 || memchr(chunk.p, '\n', chunk.n) != NULL;
	live_add(&s->live, chunk, &s->text, &s->reasoning);
}

static void push(struct reply *r, const char *p, size_t n, const struct way *w)
{
	size_t i, k;

	for (i = 0; i < n; i += k) {
		k = w->step > 0 ? w->step : i < w->cut ? w->cut : n;
		k = k < n - i ? k : n - i;
		reply_push(r, p + i, k);
	}
}

/* The raw answer's body, and what was made of it: FAULT;text;reasoning;calls;finish;usage. */
static void receive(const char *p, size_t n, const struct way *w, struct buf *body, struct buf *out, struct fault *f)
{
	struct seen s = {.chunks = 0};
	struct reply r;
	struct answer a;
	struct fault ours;
	struct span v = SPAN_NIL;
	struct span_err err;
	int bad;

	live_init(&s.live);
	buf_init(&s.text, MAX_RECORD);
	buf_init(&s.reasoning, MAX_RECORD);
	reply_init(&r, on_chunk, &s);
	if (w->status != 0)
		reply_head(&r, w->status, w->reason != NULL ? w->reason : "");
	push(&r, p, n, w);
	bad = reply_end(&r, w->broken, body, f);
	answer_init(&a);
	if (span_check(buf_text(body), body->len, MAX_DEPTH, &v, &err) != 0 || memchr(body->data, '\n', body->len) != NULL)
		buf_adds(out, "BAD BODY ");
	if ((bad != 0) != (f->code != F_NONE) || f->status != w->status || s.bad)
		buf_adds(out, "BAD FAULT ");
	if (extract(v, &a, &ours) != 0 && f->code == F_NONE)
		*f = ours;
	live_end(&s.live, &s.text, &s.reasoning);
	if (f->code == F_NONE && s.chunks > 0 && strcmp(buf_text(&s.text), buf_text(&a.text)) != 0)
		buf_adds(out, "BAD LIVE ");
	buf_addf(out, "%s;%s;%s;%s;", f->code == F_NONE ? "ok" : fault_name(f->code), buf_text(&a.text), buf_text(&a.reasoning), buf_text(&a.calls));
	buf_add(out, a.finish.p != NULL ? a.finish.p : "-", a.finish.p != NULL ? a.finish.n : 1);
	buf_addc(out, ';');
	buf_add(out, a.usage.p != NULL ? a.usage.p : "-", a.usage.p != NULL ? a.usage.n : 1);
	answer_release(&a);
	reply_release(&r);
	live_release(&s.live);
	buf_release(&s.text);
	buf_release(&s.reasoning);
}

/* Whole, a byte at a time, in two at every place: the same each time. */
static void all_ways(const struct buf *raw, struct way w, const char *want, const char *want_body, const char *name)
{
	struct buf body, out;
	struct fault f;
	char *copy = exact(buf_text(raw), raw->len);
	size_t cut, bad = 0;

	buf_init(&body, MAX_RECORD);
	buf_init(&out, MAX_RECORD);
	for (cut = 0; cut <= raw->len; cut++) {
		w.cut = cut;
		w.step = cut == raw->len;	/* the last time: byte by byte */
		buf_clear(&body);
		buf_clear(&out);
		receive(copy, raw->len, &w, &body, &out, &f);
		if (strcmp(buf_text(&out), want) != 0 || (want_body != NULL && strcmp(buf_text(&body), want_body) != 0)) {
			if (bad++ == 0)
				printf("# %s, cut at %zu: %s\n#   got: %s\n#  body: %s\n#  want: %s\n#  body: %s\n", name, cut, f.message,
				    shown(buf_text(&out)), shown(buf_text(&body)), shown(want), want_body != NULL ? shown(want_body) : "any");
		}
	}
	ok(bad == 0, "%s", name);
	free(copy);
	buf_release(&body);
	buf_release(&out);
}

static void gives(const char *stream, struct way w, const char *want, const char *body, const char *name)
{
	struct buf s, o, b;

	buf_init(&s, 1 << 20);
	buf_init(&o, 1 << 20);
	buf_init(&b, 1 << 20);
	unquote(&s, stream);
	unquote(&o, want);
	unquote(&b, body != NULL ? body : "");
	all_ways(&s, w, buf_text(&o), body != NULL ? buf_text(&b) : NULL, name);
	buf_release(&s);
	buf_release(&o);
	buf_release(&b);
}

static const struct way good = {200, "OK", 0, 0, 0}, broken = {200, "OK", 0, 0, 1};

#define E(data) "data: " data "\n\n"
#define DELTA(members) E("{'choices':[{'index':0,'delta':{" members "}}]}")
#define TEXT(text) DELTA("'content':'" text "'")
#define FINISH(reason) E("{'choices':[{'index':0,'delta':{},'finish_reason':'" reason "'}]}")
#define DONE E("[DONE]")
#define STREAM(stream, want, name) gives(stream, good, want, NULL, name)

/* ENGINES 2.2, engine by engine. */
static void test_engines(void)
{
	STREAM(E("{'id':'chatcmpl-1','object':'chat.completion.chunk','model':'m','choices':[{'index':0,'delta':{'role':'assistant'},"
	    "'finish_reason':null}]}") TEXT("Hel") TEXT("lo") FINISH("stop") DONE, "ok;Hello;;;'stop';-", "inferrs");
	STREAM(TEXT("a") TEXT("b") FINISH("length"), "ok;ab;;;'length';-", "llama.cpp 2024: no [DONE], no role");
	STREAM(TEXT("a") E("{'choices':[{'finish_reason':'stop','index':0,'delta':{}}],'usage':{'total_tokens':3},'timings':{'n':1}}") DONE,
	    "ok;a;;;'stop';{'total_tokens':3}", "llama.cpp 2025: usage and timings in the finish chunk");
	STREAM(":\n\n:\n\n" DELTA("'role':'assistant','content':null") ":\n\n" TEXT("a") FINISH("stop")
	    E("{'choices':[],'usage':{'total_tokens':3}}") DONE, "ok;a;;;'stop';{'total_tokens':3}", "llama.cpp 2026: pings, usage apart");
	STREAM(DELTA("'reasoning':'hm'") TEXT("a") E("{'choices':[{'index':0,'delta':{'content':''},'finish_reason':null}]}") DONE,
	    "ok;a;hm;;null;-", "Ollama: finish_reason null on a complete reply");
	STREAM(TEXT("half"), "truncated;half;;;null;-", "Ollama: the end in the middle");
	STREAM(DELTA("'reasoning_content':'h'") DELTA("'reasoning':'m'") TEXT("a") FINISH("stop") DONE, "ok;a;h;;'stop';-", "vLLM: two names of reasoning");
	STREAM("data:{'choices':[{'index':0,'delta':{'content':'a'}}]}\n\n:\n\ndata:{'choices':[{'index':0,'delta':{},'finish_reason':'stop'}]}\n\n"
	    "data:[DONE]\n\n", "ok;a;;;'stop';-", "TGI: no blank after data:");
	STREAM("event: agentic_progress\ndata: {'type':'tool','round':1}\n\n" TEXT("a") ": ping\n\nevent: file\ndata: not json at all? no: {}\n\n"
	    FINISH("stop") DONE, "bad_reply;a;;;'stop';-", "a chunk that is no JSON spoils it");
	STREAM("event: agentic_progress\ndata: {'type':'tool','round':1}\n\n" TEXT("a") FINISH("stop") DONE, "ok;a;;;'stop';-", "mistral.rs: progress");
	STREAM(": keepalive 1/2\n" ": keepalive 2/2\n" TEXT("a") FINISH("stop") DONE, "ok;a;;;'stop';-", "MLX: keep-alives");
	STREAM(": OPENROUTER PROCESSING\n\n" TEXT("a") FINISH("stop") DONE, "ok;a;;;'stop';-", "OpenRouter: processing");
	STREAM(": keep-alive\n\n" TEXT("a") FINISH("stop") DONE, "ok;a;;;'stop';-", "DeepSeek: keep-alive");
	STREAM("data: {'choices':[{'index':0,'delta':{'content':'a'}}]}\r\n\r\ndata: {'choices':[{'index':0,'delta':{'content':'b'},"
	    "'finish_reason':'stop'}],'usage':{'x':1}}\r\n\r\ndata: [DONE]\r\n\r\n", "ok;ab;;;'stop';{'x':1}", "Gemini: CRLF, usage with the text");
	STREAM("data: {'choices':[{'index':0,'delta':{'content':'a'},'finish_reason':'stop'}]}\r\rdata: [DONE]\r\r", "ok;a;;;'stop';-", "CR alone");
	STREAM(E("{'choices':[],'id':'','model':'','prompt_filter_results':[{'prompt_index':0}]}") E("{'choices':[{'content_filter_results':{},"
	    "'delta':{'content':'a'},'index':0,'finish_reason':null}]}") FINISH("stop") DONE, "ok;a;;;'stop';-", "Azure: filter results first");
	STREAM(DELTA("'reasoning_content':'hm'") DELTA("'role':'assistant'") TEXT("a") FINISH("stop") E("{'choices':[],'usage':{'x':1}}") DONE,
	    "ok;a;hm;;'stop';{'x':1}", "aimock: reasoning before the role");
	STREAM(E("{'choices':[{'index':0,'delta':{'content':'a'}}],'usage':null}") E("{'choices':[{'index':0,'delta':{},'finish_reason':'stop',"
	    "'usage':{'total_tokens':9}}]}") DONE, "ok;a;;;'stop';{'total_tokens':9}", "usage inside the choice");
	STREAM(E("{'choices':[{'index':0,'delta':{'content':'a'},'finish_reason':''}]}") E("{'choices':[{'index':0,'delta':{'content':'b'},"
	    "'finish_reason':'stop'}]}") E("{'choices':[{'index':0,'delta':{},'finish_reason':''}]}") DONE, "ok;ab;;;'stop';-", "an empty finish_reason says nothing");
	STREAM(E("{'choices':[{'index':0,'delta':{'content':'half'},'finish_reason':''}]}"), "truncated;half;;;null;-", "and ends nothing");
}

static void test_framing(void)
{
	STREAM("\xEF\xBB\xBF" TEXT("a") FINISH("stop") DONE, "ok;a;;;'stop';-", "a byte order mark");
	STREAM("\r\n\n" TEXT("a") FINISH("stop") DONE, "ok;a;;;'stop';-", "blank lines first");
	STREAM("data: {'choices':[{'index':0,\ndata: 'delta':{'content':'a'},\ndata:'finish_reason':'stop'}]}\n\n" DONE, "ok;a;;;'stop';-",
	    "data of several lines");
	STREAM("id: 1\nevent: message\nretry: 5\ndata: {'choices':[{'index':0,'delta':{'content':'a'},'finish_reason':'stop'}]}\n\n",
	    "ok;a;;;'stop';-", "ids, types, retry");
	STREAM(TEXT("a") "data: {'choices':[{'index':0,'delta':{},'finish_reason':'stop'}]}\n", "ok;a;;;'stop';-", "no blank line at the end");
	STREAM(TEXT("a") "data: {'choices':[{'index':0,'delta':{},'finish_reason':'stop'}]}", "ok;a;;;'stop';-", "no LF at the end");
	STREAM(TEXT("a") "data: [DONE]", "ok;a;;;null;-", "[DONE] alone at the end");
	STREAM(TEXT("a") FINISH("stop") DONE TEXT("more") E("{broken") E("{'error':{'message':'late'}}"), "ok;a;;;'stop';-", "what follows [DONE] is not the answer");
	STREAM(E("{'choices':[{'index':0,'message':{'role':'assistant','content':'whole'},'finish_reason':'stop'}]}") DONE, "ok;whole;;;'stop';-",
	    "message in place of delta");
	STREAM(E("{'choices':[{'text':' a','index':0,'finish_reason':null}]}") E("{'choices':[{'text':'b','index':0,'finish_reason':'length'}]}") DONE,
	    "ok; ab;;;'length';-", "/v1/completions");
	STREAM(DELTA("'content':[{'type':'text','text':'a'},{'type':'text','text':'b'}]") TEXT("c") FINISH("stop"), "ok;abc;;;'stop';-", "content in parts");
	STREAM(DELTA("'refusal':'No'") DELTA("'refusal':'.'") FINISH("stop") DONE, "ok;No.;;;'stop';-", "a refusal");
	STREAM(TEXT("<thi") TEXT("nk>h") TEXT("m</th") TEXT("ink>\\n") TEXT("4") FINISH("stop"), "ok;4;hm;;'stop';-", "a <think> block over chunks");
	STREAM(DELTA("'reasoning_details':[{'type':'reasoning.text','text':'a'}]") DELTA("'reasoning_details':[{'type':'reasoning.text','text':'b'}]")
	    TEXT("4") FINISH("stop"), "ok;4;ab;;'stop';-", "reasoning_details");
	STREAM(TEXT("\xC3\xA9\xF0\x9F\x98\x80") FINISH("stop"), "ok;\xC3\xA9\xF0\x9F\x98\x80;;;'stop';-", "characters cut anywhere");
	STREAM(TEXT("a\\ud83d") TEXT("\\ude48b") TEXT("\\\\ud83d") FINISH("stop"), "ok;a\xF0\x9F\x99\x88" "b\\ud83d;;;'stop';-", "a pair over two chunks");
	STREAM(TEXT("a\\ud83d") TEXT("b\\ude48") FINISH("stop"), "ok;a\xEF\xBF\xBD" "b\xEF\xBF\xBD;;;'stop';-", "halves alone");
	STREAM(DELTA("'reasoning':'\\ud83d'") DELTA("'reasoning':'\\ude48'") TEXT("a") FINISH("stop"), "ok;a;\xF0\x9F\x99\x88;;'stop';-", "a pair in the reasoning");
	STREAM(TEXT("") FINISH("stop") DONE, "empty;;;;'stop';-", "nothing said");
	STREAM(FINISH("content_filter") DONE, "content_filter;;;;'content_filter';-", "filtered");
	STREAM(TEXT("no") FINISH("insufficient_system_resource") DONE, "model_error;no;;;'insufficient_system_resource';-", "another finish_reason");
}

/* ENGINES 2.3: errors inside a stream of status 200. */
static void test_errors(void)
{
	STREAM(TEXT("a") E("{'error':{'code':500,'message':'boom','type':'server_error'}}"), "model_error;a;;;null;-", "an error, then the end");
	STREAM(TEXT("a") E("{'error':{'message':'boom'}}") DONE, "model_error;a;;;null;-", "then [DONE]");
	STREAM("error: {'code':500,'message':'boom','type':'server_error'}\n\n" DONE, "model_error;;;;-;-", "llama.cpp's error field");
	STREAM(TEXT("a") "error: {'message':'boom'}\n\n" DONE, "model_error;a;;;null;-", "after a text");
	STREAM("event: error\ndata: {'error':{'message':'boom'},'message':'boom'}\n\n", "model_error;;;;-;-", "LM Studio's error event");
	STREAM("event: error\ndata: not json\n\n", "model_error;;;;-;-", "in words");
	STREAM(TEXT("Error: shape mismatch in broadcast_add") E("{'choices':[{'index':0,'delta':{},'finish_reason':'error'}]}") DONE,
	    "model_error;Error: shape mismatch in broadcast_add;;;'error';-", "inferrs: the error is the text");
	STREAM(E("{'choices':[{'index':0,'delta':{'content':'a'}}]}") E("{'id':'g','error':{'code':502,'message':'Provider disconnected'},'choices':[{"
	    "'index':0,'delta':{'content':''},'finish_reason':'error'}]}"), "model_error;a;;;null;-", "OpenRouter: error and finish_reason");
	STREAM(E("{'error_type':'inference','error_message':'boom'}") DONE, "model_error;;;;-;-", "Venice");
	STREAM(E("{'error':'boom'}"), "model_error;;;;-;-", "a text for an error");
	STREAM(E("{'object':'error','message':'the request exceeds the available context size'}") DONE, "context_length_exceeded;;;;-;-",
	    "SGLang: overflow as 200");
	STREAM(TEXT("a") TEXT("b"), "truncated;ab;;;null;-", "neither finish_reason nor [DONE]");
	STREAM(": ping\n\n", "truncated;;;;-;-", "pings and nothing");
	STREAM("data:\n", "truncated;;;;-;-", "an event of nothing is a sign of life");
	STREAM(DONE, "empty;;;;-;-", "[DONE] and nothing");
	STREAM("", "bad_reply;;;;-;-", "LM Studio: an empty stream");
	STREAM(" \r\n", "bad_reply;;;;-;-", "blanks");
	STREAM(TEXT("a") E("{broken") FINISH("stop") DONE, "bad_reply;a;;;'stop';-", "a broken chunk");
	STREAM(TEXT("a") E("{'error':null,'choices':[]}") FINISH("stop"), "ok;a;;;'stop';-", "no error");
}

static void test_cut(void)
{
	gives(TEXT("a") "data: {'choices':[{'index':0,'delta':{'conte", broken, "truncated;a;;;null;-", NULL, "cut in an event");
	gives(TEXT("a") "data: {'choices':[{'index':0,'delta':{'content':'b'},'finish_reason':'stop'}]}\n", broken, "truncated;a;;;null;-", NULL,
	    "a cut event isn't told");
	gives(TEXT("a") FINISH("stop"), broken, "ok;a;;;'stop';-", NULL, "cut behind the finish_reason");
	gives(TEXT("a") DONE, broken, "ok;a;;;null;-", NULL, "cut behind [DONE]");
	gives(TEXT("a") E("{'error':{'message':'boom'}}") "da", broken, "model_error;a;;;null;-", NULL, "cut behind an error");
	gives("", broken, "truncated;;;;-;-", "null", "cut before anything came");
	gives("{'choices':[{'mess", broken, "truncated;;;;-;-", NULL, "cut in its JSON");
	gives("{'choices':[{'mess", good, "truncated;;;;-;-", NULL, "the same by a server that says it's over");
	gives("da", broken, "bad_reply;;;;-;-", NULL, "two bytes of a stream");
}

#define TOOL(members) DELTA("'tool_calls':[{" members "}]")
#define ADD "[{'id':'c1','name':'add','arguments':{'a':1}}]"
#define Q "\\u0022"

static void test_calls(void)
{
	STREAM(TOOL("'index':0,'id':'c1','type':'function','function':{'name':'add','arguments':''}") TOOL("'index':0,'function':{'arguments':'{" Q "a'}")
	    TOOL("'index':0,'function':{'arguments':'" Q ":1}'}") FINISH("tool_calls") DONE, "ok;;;" ADD ";'tool_calls';-", "id, type, name, then fragments");
	STREAM(TOOL("'index':0,'id':'c1','type':'function','function':{'name':'add','arguments':'{" Q "a'}") TOOL("'index':0,'id':null,'type':null,"
	    "'function':{'name':null,'arguments':'" Q ":1}'}") FINISH("tool_calls"), "ok;;;" ADD ";'tool_calls';-", "SGLang: nulls in follow-ups");
	STREAM(TOOL("'id':'c1','function':{'name':'add','arguments':'{" Q "a'}") TOOL("'id':'','function':{'name':'','arguments':'" Q ":1}'}")
	    FINISH("tool_calls"), "ok;;;" ADD ";'tool_calls';-", "DashScope: no index, empty id and name");
	STREAM(TOOL("'id':'c1','function':{'name':'add','arguments':'{" Q "a'}") TOOL("'id':'c1','function':{'arguments':'" Q ":1}'}")
	    FINISH("tool_calls"), "ok;;;" ADD ";'tool_calls';-", "no index, the id again");
	STREAM(TOOL("'index':0,'id':'c1','function':{'name':'add','arguments':'{" Q "a'}") TOOL("'index':0,'id':'c1','function':{'name':'add','arguments':'"
	    Q ":1}'}") FINISH("tool_calls"), "ok;;;" ADD ";'tool_calls';-", "the name again");
	STREAM(TOOL("'index':0,'id':'c1','function':{'name':'a','arguments':''}") TOOL("'index':0,'function':{'name':'dd','arguments':'{" Q "a" Q ":1}'}")
	    FINISH("tool_calls"), "ok;;;" ADD ";'tool_calls';-", "the name in pieces");
	STREAM(TOOL("'index':0,'id':'c1','function':{'name':'add','arguments':{'a':1}}") FINISH("tool_calls"), "ok;;;" ADD ";'tool_calls';-",
	    "arguments as an object");
	STREAM(TOOL("'index':0,'function':{'name':'add','arguments':'{}'}") FINISH("tool_calls"),
	    "ok;;;[{'id':'','name':'add','arguments':{}}];'tool_calls';-", "no id");
	STREAM(DELTA("'function_call':{'name':'add','arguments':''}") DELTA("'function_call':{'arguments':'{}'}") FINISH("function_call"),
	    "ok;;;[{'id':'','name':'add','arguments':{}}];'function_call';-", "the form before tools");
	STREAM(TOOL("'index':0,'id':'c1','function':{'name':'f','arguments':'{}'}") TOOL("'index':0,'id':'c2','function':{'name':'g','arguments':'{}'}")
	    FINISH("tool_calls"), "ok;;;[{'id':'c1','name':'f','arguments':{}},{'id':'c2','name':'g','arguments':{}}];'tool_calls';-", "Ollama: all index 0");
	STREAM(TOOL("'index':0,'id':'','function':{'name':'f','arguments':'{}'}") TOOL("'index':1,'id':'','function':{'name':'g','arguments':'{}'}")
	    FINISH("tool_calls"), "ok;;;[{'id':'','name':'f','arguments':{}},{'id':'','name':'g','arguments':{}}];'tool_calls';-", "empty ids");
	STREAM(TOOL("'id':'','function':{'name':'f','arguments':'{}'}") TOOL("'id':'','function':{'name':'g','arguments':'{}'}")
	    FINISH("tool_calls"), "ok;;;[{'id':'','name':'f','arguments':{}},{'id':'','name':'g','arguments':{}}];'tool_calls';-", "neither index nor id");
	STREAM(DELTA("'tool_calls':[{'index':0,'id':'a','function':{'name':'f','arguments':'{'}},{'index':1,'id':'b','function':{'name':'g','arguments':'['}}]")
	    TOOL("'index':1,'function':{'arguments':']'}") TOOL("'index':0,'function':{'arguments':'}'}") FINISH("tool_calls"),
	    "ok;;;[{'id':'a','name':'f','arguments':{}},{'id':'b','name':'g','arguments':[]}];'tool_calls';-", "two, mixed");
	STREAM(TEXT("I will call.") TOOL("'index':0,'id':'c1','function':{'name':'add','arguments':'{" Q "a" Q ":1}'}") FINISH("tool_calls"),
	    "ok;I will call.;;" ADD ";'tool_calls';-", "text and call");
	STREAM(TEXT("text") TOOL("'index':0,'id':'c1','function':{'name':'add','arguments':'{}'}") FINISH("stop"), "ok;text;;;'stop';-", "with text and stop: debris");
	STREAM(TOOL("'index':0,'id':'c1','function':{'name':'add','arguments':'{" Q "a" Q ":1}'}") FINISH("stop"), "ok;;;" ADD ";'stop';-", "stop without text");
	STREAM(TOOL("'index':0,'id':'c1','function':{'name':'add','arguments':'{" Q "a'}") FINISH("length"), "tool_call;;;;'length';-", "cut at the limit");
	STREAM(TOOL("'index':0,'id':'c1','function':{'name':'add','arguments':''}") FINISH("tool_calls"), "tool_call;;;;'tool_calls';-", "no arguments");
	STREAM(TOOL("'index':0,'id':'c1','function':{'arguments':'{}'}") FINISH("tool_calls"), "tool_call;;;;'tool_calls';-", "no name");
	STREAM(DELTA("'tool_calls':[7,null,{},'x']") FINISH("tool_calls"), "tool_call;;;;'tool_calls';-", "no calls at all");
}

static void test_bodies(void)
{
	gives(E("{'id':'c','object':'chat.completion.chunk','created':1,'model':'m','choices':[{'index':0,'delta':{'role':'assistant','content':'a\\n'},"
	    "'logprobs':{'content':[{'token':'a','logprob':-0.10}]}}],'usage':null}") E("{'id':'c','object':'chat.completion.chunk','created':1,'model':'m2',"
	    "'choices':[{'index':0,'delta':{'content':'\\u00e9'},'logprobs':{'content':[{ 'token' : 'b' }]},'finish_reason':'stop'}],'timings':{'n':1.0}}") DONE,
	    good, "ok;a\n\xC3\xA9;;;'stop';-", "{'object':'chat.completion','choices':[{'index':0,'message':{'role':'assistant','content':'a\\n\\u00e9'},"
	    "'logprobs':{'content':[{'token':'a','logprob':-0.10},{ 'token' : 'b' }]},'finish_reason':'stop'}],'id':'c','created':1,'model':'m2',"
	    "'timings':{'n':1.0}}", "the answer as it would have come whole");
	gives(TOOL("'index':0,'id':'c1','function':{'name':'f','arguments':'{}'}") FINISH("tool_calls"), good,
	    "ok;;;[{'id':'c1','name':'f','arguments':{}}];'tool_calls';-", "{'object':'chat.completion','choices':[{'index':0,'message':{'role':'assistant',"
	    "'content':null,'tool_calls':[{'id':'c1','type':'function','function':{'name':'f','arguments':'{}'}}]},'finish_reason':'tool_calls'}]}",
	    "content is null beside calls");
	gives(DELTA("'reasoning':'h','reasoning_content':'r'") TEXT("a") FINISH("stop"), good, "ok;a;r;;'stop';-", "{'object':'chat.completion','choices':["
	    "{'index':0,'message':{'role':'assistant','content':'a','reasoning_content':'r','reasoning':'h'},'finish_reason':'stop'}]}", "reasoning stays under its names");
	gives(E("{'id':'x','choices':[]}") DONE, good, "empty;;;;-;-", "{'object':'chat.completion','choices':[],'id':'x'}", "no choice at all");
	gives(DONE, good, "empty;;;;-;-", "null", "nothing at all");
}

#define TWO(a, b) E("{'choices':[{'index':1,'delta':{'content':'" b "'}}]}") E("{'choices':[{'index':0,'delta':{'content':'" a "'}}]}")
#define ENDS E("{'choices':[{'index':1,'delta':{},'finish_reason':'stop'}]}") E("{'choices':[{'index':0,'delta':{},'finish_reason':'length'}]}")

static void test_choices(void)
{
	gives(TWO("a", "X") TWO("b", "Y") ENDS DONE, good, "ok;ab;;;'length';-", "{'object':'chat.completion','choices':[{'index':0,'message':{"
	    "'role':'assistant','content':'ab'},'finish_reason':'length'},{'index':1,'message':{'role':'assistant','content':'XY'},'finish_reason':'stop'}]}",
	    "two choices interleaved, the second first");
	STREAM(E("{'choices':[{'index':0,'delta':{'content':'a'}},{'index':1,'delta':{'content':'b'}}]}") ENDS, "ok;a;;;'length';-", "two in a chunk");
	STREAM(TWO("a", "X") FINISH("stop"), "truncated;a;;;'stop';-", "one of two did not finish");
	STREAM(E("{'choices':[{'delta':{'content':'a'},'finish_reason':'stop'}]}"), "ok;a;;;'stop';-", "no index");
	STREAM(E("{'choices':[{'index':0,'delta':{'content':'fine'},'finish_reason':'stop'}]}") E("{'choices':[{'index':1,'delta':{'content':'Error: x'},"
	    "'finish_reason':'error'}]}"), "model_error;fine;;;'stop';-", "one of two failed");
}

/* Whatever comes, the body is one line of JSON and nothing is read beyond its end. */
static void test_hostile(void)
{
	static const char *const streams[] = {
		E("[1]") DONE, E("1") DONE, E("'x'") DONE, E("null") DONE, E("[[]]") TEXT("a") FINISH("stop"), E("{'choices':{'a':{'delta':{'content':'x'}}}}") DONE,
		E("{'choices':7}") DONE, E("{'choices':[7,null,'x',[]]}") DONE, E("{'':1,'a\\n':2}") DONE, E("{'id':'a','id':'b','\\u0069d':'c'}") DONE,
		E("{'choices':[{'index':99999999999999999999,'delta':{'content':'a'},'finish_reason':'stop'}]}"),
		E("{'choices':[{'index':-1,'delta':{'content':'a'},'finish_reason':'stop'}]}"), E("{'choices':[{'index':1.5,'delta':{'content':'a'}}]}") DONE,
		DELTA("'content':{'a':1}") DONE, DELTA("'tool_calls':{'a':{'id':'x'}}") DONE, DELTA("'tool_calls':[{'index':-5,'id':7,'function':7}]") DONE,
		DELTA("'tool_calls':[{'function':{'name':{'a':1},'arguments':[1]}}]") DONE, DELTA("'reasoning_details':{'a':1},'content':null") DONE,
		DELTA("'function_call':'x'") DONE, E("{'choices':[{'index':0,'delta':7,'finish_reason':7,'logprobs':7}]}") DONE, E("{'usage':[1,\ndata: 2]}") DONE,
		"data: {'id':\ndata: 'x',\rdata: 'choices':[{'delta':{'content':'a'},\r\ndata: 'logprobs':{'content':[\ndata: 1]}}]}\n\n" DONE,
	};
	struct buf s, body, out;
	struct fault f;
	struct way w = good;
	size_t i;

	buf_init(&s, 1 << 20);
	buf_init(&body, MAX_RECORD);
	buf_init(&out, MAX_RECORD);
	for (i = 0; i < COUNT(streams); i++)
		for (w.step = 0; w.step < 2; w.step++) {
			buf_clear(&s);
			buf_clear(&body);
			buf_clear(&out);
			unquote(&s, streams[i]);
			receive(s.data, s.len, &w, &body, &out, &f);
			ok(strncmp(buf_text(&out), "BAD B", 5) != 0 && strncmp(buf_text(&out), "BAD F", 5) != 0, "%s: %s", shown(streams[i]), shown(buf_text(&body)));
		}
	buf_release(&s);
	buf_release(&body);
	buf_release(&out);
}

static void test_mutations(void)
{
	static const char stream[] = TEXT("a\\ud83d") TOOL("'index':0,'id':'c','function':{'name':'f','arguments':'{}'}")
	    E("{'id':'x','choices':[{'index':0,'delta':{'reasoning':'r'},'finish_reason':'stop'}],'usage':{'a':1}}") DONE;
	static const char bytes[] = "{}[]:,'\\ \r\n0aedtE\0\x80\xff";
	unsigned long long seed = 7777;
	struct buf s, body, out;
	struct fault f;
	struct way w = good;
	int i, k, bad = 0;

	buf_init(&s, 1 << 20);
	buf_init(&body, MAX_RECORD);
	buf_init(&out, MAX_RECORD);
	for (i = 0; i < 1500; i++) {
		buf_clear(&s);
		buf_clear(&body);
		buf_clear(&out);
		unquote(&s, stream);
		for (k = i % 5; k >= 0; k--)
			s.data[next_random(&seed) % s.len] = bytes[next_random(&seed) % (sizeof bytes - 1)];
		w.cut = next_random(&seed) % s.len;
		w.broken = i % 7 == 0;
		receive(s.data, s.len, &w, &body, &out, &f);
		bad += strncmp(buf_text(&out), "BAD B", 5) == 0 || strncmp(buf_text(&out), "BAD F", 5) == 0;
	}
	ok(bad == 0, "broken streams: always one line of JSON (%d not)", bad);
	buf_release(&s);
	buf_release(&body);
	buf_release(&out);
}

static void test_limits(void)
{
	struct buf s, body, out;
	struct fault f;
	int kind, n, limit;

	buf_init(&s, 8 << 20);
	buf_init(&body, MAX_RECORD);
	buf_init(&out, MAX_RECORD);
	for (kind = 0; kind < 4; kind++) {
		limit = kind < 2 ? 128 : 1024;
		buf_clear(&s);
		for (n = 0; n < limit + kind % 2; n++)
			buf_addf(&s, kind < 2 ? "data: {\"choices\":[{\"index\":%d,\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}\n\n" :
			    "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":%d,\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]}}]}\n\n", n);
		buf_adds(&s, "data: [DONE]\n\n");
		buf_clear(&body);
		buf_clear(&out);
		receive(s.data, s.len, &good, &body, &out, &f);
		ok(f.code == (kind % 2 ? F_BAD_REPLY : F_NONE), "%d of at most %d: %s", limit + kind % 2, limit, f.message);
		ok(strncmp(buf_text(&out), "BAD", 3) != 0, "and the body is JSON");
	}
	buf_release(&s);
	buf_release(&body);
	buf_release(&out);
}

#define ANSWER "{'id':'c','choices':[{'index':0,'message':{'role':'assistant','content':'4'},'finish_reason':'stop'}],'usage':{'x':1}}"

static void test_whole(void)
{
	const struct way teapot = {418, "I am a teapot", 0, 0, 0}, down = {503, "Service Unavailable", 0, 0, 0}, none = {0, NULL, 0, 0, 0};
	const struct way moved = {302, "Found", 0, 0, 0}, refused = {422, "Unprocessable Entity", 0, 0, 0};

	gives(ANSWER, good, "ok;4;;;'stop';{'x':1}", ANSWER, "an answer in one piece");
	gives("\n\n  " ANSWER "\r\n", good, "ok;4;;;'stop';{'x':1}", ANSWER, "DeepSeek: blank lines before it");
	gives("{ 'choices' :\n[ { 'message' : { 'content' : 'a' } } ] }", good, "ok;a;;;-;-", "{ 'choices' : [ { 'message' : { 'content' : 'a' } } ] }",
	    "bytes as they came, line breaks as blanks");
	gives("{'error':{'message':'boom'}}", good, "model_error;;;;-;-", NULL, "200 and an error");
	gives("{'choices':[{'message':{'content':'Error: shape'},'finish_reason':'error'}]}", good, "model_error;Error: shape;;;'error';-", NULL,
	    "inferrs: finish_reason error");
	gives("{'hello':'world'}", good, "bad_reply;;;;-;-", NULL, "other JSON");
	gives("[1,2]", good, "bad_reply;;;;-;-", NULL, "an array");
	gives("<html><title>Router</title></html>", good, "bad_reply;;;;-;-", "'<html><title>Router</title></html>'", "HTML with 200");
	gives("OK", good, "bad_reply;;;;-;-", "'OK'", "a word");
	gives("{broken}", good, "bad_reply;;;;-;-", "'{broken}'", "not JSON");
	gives(ANSWER " trailing", good, "bad_reply;;;;-;-", NULL, "something behind it");
	gives("{'error':{'message':'no'}}", teapot, "invalid_request;;;;-;-", NULL, "a refusal");
	gives("no", teapot, "invalid_request;;;;-;-", "'no'", "in words");
	gives("", teapot, "invalid_request;;;;-;-", "null", "without a body");
	gives("data: {'error':{'message':'no'}}\n\n", teapot, "invalid_request;;;;-;-", NULL, "a refusal as a stream");
	gives(ANSWER, down, "overloaded;4;;;'stop';{'x':1}", NULL, "a status that refuses what looks like an answer");
	gives("messages[1].content: invalid type: sequence, expected a string at line 1 column 9", refused, "string_content;;;;-;-", NULL, "the page's error");
	gives("", moved, "bad_reply;;;;-;-", NULL, "a redirect");
	gives(ANSWER, none, "ok;4;;;'stop';{'x':1}", ANSWER, "without a status");
	gives("{'error':{'message':'boom'}}", none, "model_error;;;;-;-", NULL, "an error without a status");
}

static void test_sniff(void)
{
	static const struct { const char *text; enum reply_form form; } t[] = {
		{"data:", REPLY_STREAM}, {"data: {", REPLY_STREAM}, {":", REPLY_STREAM}, {": ping", REPLY_STREAM}, {"event: x", REPLY_STREAM},
		{"id: 1", REPLY_STREAM}, {"retry: 1", REPLY_STREAM}, {"error: {", REPLY_STREAM}, {"\n\ndata:", REPLY_STREAM}, {"\xEF\xBB\xBF" "data:", REPLY_STREAM},
		{"", REPLY_UNKNOWN}, {"d", REPLY_UNKNOWN}, {"dat", REPLY_UNKNOWN}, {"data", REPLY_UNKNOWN}, {"\r\n ", REPLY_UNKNOWN}, {"e", REPLY_UNKNOWN},
		{"err", REPLY_UNKNOWN}, {"\xEF", REPLY_UNKNOWN}, {"\xEF\xBB", REPLY_UNKNOWN}, {"\xEF\xBB\xBF", REPLY_UNKNOWN},
		{"{", REPLY_WHOLE}, {"[", REPLY_WHOLE}, {"<", REPLY_WHOLE}, {"data {", REPLY_WHOLE}, {"database", REPLY_WHOLE}, {"\n\n{", REPLY_WHOLE},
		{"Data:", REPLY_WHOLE}, {"events", REPLY_WHOLE}, {"x:", REPLY_WHOLE},
	};
	size_t i;

	for (i = 0; i < COUNT(t); i++) {
		char *copy = exact(t[i].text, strlen(t[i].text));

		ok(reply_sniff(copy, strlen(t[i].text)) == t[i].form, "'%s' starts a %s", shown(t[i].text),
		    t[i].form == REPLY_STREAM ? "stream" : t[i].form == REPLY_WHOLE ? "whole reply" : "reply that must go on");
		free(copy);
	}
}

/* A line of a file of cases, each given to the test. */
static int each_line(const char *path, void (*test)(struct span))
{
	char *line = NULL;
	size_t size = 0;
	ssize_t n;
	struct span v;
	struct span_err err;
	int count = 0;
	FILE *f = fopen(path, "r");

	if (f == NULL)
		return -1;
	while ((n = getline(&line, &size, f)) > 0) {
		if (!ok(span_check(line, (size_t)n, MAX_DEPTH, &v, &err) == 0, "case %d is JSON", ++count))
			continue;
		test(v);
	}
	free(line);
	fclose(f);
	return count;
}

/* The decoded text of a member equals this. */
static void decodes(struct span token, const char *got, const char *name)
{
	struct buf want;

	buf_init(&want, 1 << 20);
	span_decode(token, SPAN_REPLACE, &want);
	is(got, buf_text(&want), name);
	buf_release(&want);
}

static int same_json(struct span a, struct span b)
{
	jv x = json_build(a), y = json_build(b);

	return jv_equal(x, y);
}

/* The call's arguments, an object of ours, against the JSON text of theirs. */
static void same_calls(struct span want, const struct buf *calls, const char *arguments, int with_id)
{
	struct span ours = calls->len > 0 ? json(buf_text(calls)) : SPAN_NIL, key, w, o, text;
	struct span_iter it = span_each(want), ot = span_each(ours);
	struct buf plain;

	ok(span_count(want) == span_count(ours), "%zu calls", span_count(want));
	buf_init(&plain, 1 << 20);
	while (span_next(&it, &key, &w) && span_next(&ot, &key, &o)) {
		buf_clear(&plain);
		text = span_get(w, arguments);
		if (span_kind(text) == SPAN_STRING) {
			span_decode(text, SPAN_REPLACE, &plain);
			text = json(buf_text(&plain));
		}
		ok(same_json(span_get(w, "name"), span_get(o, "name")) && same_json(text, span_get(o, "arguments")), "name and arguments");
		ok(!with_id || same_json(span_get(w, "id"), span_get(o, "id")), "id");
	}
	buf_release(&plain);
}

/* What came of a fixture in these pieces is what is expected of it. */
static void same_fixture(const struct buf *raw, struct span c, struct way w)
{
	struct span expect = span_get(c, "expect"), v = SPAN_NIL;
	struct buf body, out;
	struct answer a;
	struct fault f;
	struct span_err err;

	buf_init(&body, 1 << 20);
	buf_init(&out, 1 << 20);
	receive(raw->data, raw->len, &w, &body, &out, &f);
	ok(strncmp(buf_text(&out), "ok;", 3) == 0 && span_check(body.data, body.len, MAX_DEPTH, &v, &err) == 0, "%s by %zu",
	    shown_n(span_get(c, "name").p, span_get(c, "name").n), w.step);
	answer_init(&a);
	ok(extract(v, &a, &f) == 0, "an answer");
	decodes(span_get(expect, "text"), buf_text(&a.text), "text");
	decodes(span_get(expect, "reasoning"), buf_text(&a.reasoning), "reasoning");
	ok(same_json(span_get(expect, "finish_reason"), a.finish) && same_json(span_get(expect, "usage"), a.usage), "finish and usage");
	same_calls(span_get(expect, "tool_calls"), &a.calls, "arguments", 1);
	answer_release(&a);
	buf_release(&body);
	buf_release(&out);
}

/* A stream in two, without what only looks at it: whole bodies are compared. */
static int splits_same(const struct buf *raw, const struct buf *want, size_t cut)
{
	struct reply r;
	struct fault f;
	struct buf body;
	int same;

	buf_init(&body, 1 << 20);
	reply_init(&r, NULL, NULL);
	reply_push(&r, raw->data, cut);
	reply_push(&r, raw->data + cut, raw->len - cut);
	same = reply_end(&r, 0, &body, &f) == 0 && body.len == want->len && memcmp(body.data, want->data, body.len) == 0;
	reply_release(&r);
	buf_release(&body);
	return same;
}

enum { SMALL = 4000, SPLITS = 2000, FEW = 40 };	/* few: where each takes long */

static void test_fixture(struct span c)
{
	static const size_t steps[] = {0, 1, 7, 4096};
	struct buf raw, want;
	struct way w = good;
	struct reply r;
	struct fault f;
	size_t i, n, cut, bad = 0;
	uint32_t seed = 1;
	int few;

	buf_init(&raw, 1 << 20);
	buf_init(&want, 1 << 20);
	add_base64(&raw, span_get(c, "body_b64"));
	for (i = 0; i < COUNT(steps); i++) {
		w.step = steps[i];
		same_fixture(&raw, c, w);
	}
	reply_init(&r, NULL, NULL);
	reply_push(&r, raw.data, raw.len);
	ok(reply_end(&r, 0, &want, &f) == 0, "whole");
	reply_release(&r);
	few = getenv("FB_RUN") != NULL && *getenv("FB_RUN") != '\0';	/* valgrind */
	n = few ? FEW : raw.len <= SMALL ? raw.len : SPLITS;
	for (i = 0; i < n; i++) {
		seed = seed * 1664525 + 1013904223;
		cut = raw.len <= SMALL && !few ? i : (size_t)((uint64_t)seed * raw.len >> 32);
		bad += !splits_same(&raw, &want, cut);
	}
	ok(bad == 0, "the same in two at %zu places of %zu", n, raw.len);
	buf_release(&raw);
	buf_release(&want);
}

static void test_fixtures(void)
{
	char path[4096];
	int n;

	shared(path, sizeof path, "third-party/stream-fixtures.jsonl");
	if ((n = each_line(path, test_fixture)) < 0)
		skip("stream-fixtures.jsonl is not there");
	else
		ok(n == 6, "%d fixtures", n);
}

/*
 * tests/data/parse.jsonl: what the reference made of a reply.  Where we
 * differ on purpose (REFERENCE's table, sections 5 and 9), and the code that
 * a failure has with us.
 */
static const struct difference {
	const char *name;
	enum fault_code code;
	int other_text, other_id;
} ours[] = {
	{"resp/direct/no_finish_with_done", F_NONE, 0, 0},	/* [DONE] is an end too, as its managed path has it */
	{"resp/*/legacy_function_call", F_NONE, 0, 1},		/* its id is random, ours "" */
	{"resp/*/finish_unknown", F_MODEL_ERROR, 0, 0}, {"resp/*/empty_body", F_BAD_REPLY, 0, 0},
	{"resp/*/tool_call_bad_json", F_TOOL_CALL, 0, 0}, {"resp/*/bad_json_chunk", F_BAD_REPLY, 0, 0},
	{"resp/*/html_200", F_BAD_REPLY, 0, 0}, {"resp/*/err400_error_string", F_INVALID_REQUEST, 0, 0},
	{"resp/*/err403", F_AUTH, 0, 0}, {"resp/*/err500", F_SERVER, 0, 0}, {"resp/*/err413", F_CONTEXT_LENGTH_EXCEEDED, 0, 0},
};

/* "resp/direct/x" or "resp/managed/x" against "resp/ * /x". */
static int named(const char *name, const char *pattern)
{
	const char *star = strchr(pattern, '*'), *slash;

	if (star == NULL)
		return strcmp(name, pattern) == 0;
	slash = strchr(name + 5, '/');
	return strncmp(name, pattern, (size_t)(star - pattern)) == 0 && slash != NULL && strcmp(slash, star + 1) == 0;
}

/* Usage in the reference's terms (REFERENCE 5). */
static void same_usage(struct span theirs, struct span usage)
{
	double cached = span_number(span_at(usage, "prompt_tokens_details.cached_tokens"));
	double written = span_number(span_at(usage, "prompt_tokens_details.cache_write_tokens"));

	ok(span_number(span_get(theirs, "input")) == span_number(span_get(usage, "prompt_tokens")) - cached - written &&
	    span_number(span_get(theirs, "output")) == span_number(span_get(usage, "completion_tokens")) &&
	    span_number(span_get(theirs, "cacheRead")) == cached && span_number(span_get(theirs, "cacheWrite")) == written, "its usage");
}

static void same_content(struct span content, const struct answer *a, int with_id)
{
	struct span_iter it = span_each(content);
	struct span key, block, type;
	struct buf text, reasoning, calls;

	buf_init(&text, 1 << 20);
	buf_init(&reasoning, 1 << 20);
	buf_init(&calls, 1 << 20);
	while (span_next(&it, &key, &block)) {
		type = span_get(block, "type");
		span_decode(span_eq(type, "text") ? span_get(block, "text") : SPAN_NIL, SPAN_REPLACE, &text);
		span_decode(span_eq(type, "thinking") ? span_get(block, "thinking") : SPAN_NIL, SPAN_REPLACE, &reasoning);
		if (span_eq(type, "toolCall")) {
			buf_adds(&calls, calls.len == 0 ? "[" : ",");
			buf_add(&calls, block.p, block.n);
		}
	}
	is(buf_text(&a->text), buf_text(&text), "its text");
	is(buf_text(&a->reasoning), buf_text(&reasoning), "its reasoning");
	if (calls.len > 0) {
		buf_addc(&calls, ']');
		same_calls(json(buf_text(&calls)), &a->calls, "arguments", with_id);
	} else {
		is(buf_text(&a->calls), "", "no calls");
	}
	buf_release(&text);
	buf_release(&reasoning);
	buf_release(&calls);
}

static void test_captured_case(struct span c)
{
	struct span message = span_get(c, "message"), v;
	struct span_err err;
	const struct difference *d = NULL;
	struct buf name, raw, body, out;
	struct answer a;
	struct fault f, none;
	struct way w = good;
	enum fault_code code = F_NONE;
	size_t i;

	buf_init(&name, 1000);
	buf_init(&raw, 1 << 20);
	buf_init(&body, 1 << 20);
	buf_init(&out, 1 << 20);
	span_decode(span_get(c, "name"), SPAN_REPLACE, &name);
	span_decode(span_at(c, "response.body"), SPAN_REPLACE, &raw);
	w.status = (int)span_number(span_at(c, "response.status"));
	for (i = 0; i < COUNT(ours); i++)
		if (named(buf_text(&name), ours[i].name))
			d = &ours[i];
	receive(buf_text(&raw), raw.len, &w, &body, &out, &f);
	if (d != NULL)
		code = d->code;
	else if (span_eq(span_get(message, "stopReason"), "error"))
		code = F_COUNT;	/* a failure that our table doesn't know */
	ok(f.code == code && strncmp(buf_text(&out), "BAD", 3) != 0, "%s: %s", buf_text(&name), f.code == F_NONE ? "an answer" : f.message);
	answer_init(&a);
	if (span_check(buf_text(&body), body.len, MAX_DEPTH, &v, &err) == 0)
		extract(v, &a, &none);
	same_content(span_get(message, "content"), &a, d == NULL || !d->other_id);
	if (f.code == F_NONE)
		same_usage(span_get(message, "usage"), a.usage);
	answer_release(&a);
	buf_release(&name);
	buf_release(&raw);
	buf_release(&body);
	buf_release(&out);
}

static void test_captured(void)
{
	int n = each_line("tests/data/parse.jsonl", test_captured_case);

	ok(n == 44, "%d captured replies", n);
}

/* A member of the chunks that is too large is not left out of a good answer. */
static void test_top(void)
{
	static const char end[] = "\"}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
	struct buf stream, body;
	struct reply r;
	struct fault f;
	size_t most;
	int bad;

	for (most = 1 << 10; most <= 2 << 20; most <<= 11) {
		buf_init(&stream, 4 << 20);
		buf_init(&body, 4 << 20);
		buf_adds(&stream, "data: {\"id\":\"x\",\"choices\":[],\"usage\":\"");
		while (stream.len < most)
			buf_addc(&stream, 'u');
		buf_adds(&stream, end);
		reply_init(&r, NULL, NULL);
		reply_push(&r, stream.data, stream.len);
		bad = reply_end(&r, 0, &body, &f);
		ok(!bad == (most < 1 << 20), "a usage of %zu bytes: %s", most, fault_name(f.code));
		ok(strstr(buf_text(&body), "\"id\":\"x\"") != NULL, "what was there before stays");
		reply_release(&r);
		buf_release(&stream);
		buf_release(&body);
	}
}

/* A body that overflows is empty: what stood in it before the reply is gone too. */
static void test_small_body(void)
{
	static const char stream[] = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"0123456789\"},\"finish_reason\":\"stop\"}]}\n\n";
	struct reply r;
	struct buf body;
	struct fault f;

	reply_init(&r, NULL, NULL);
	buf_init(&body, 60);
	buf_adds(&body, "{\"custom_id\":\"1\",\"response\":");
	reply_push(&r, stream, sizeof stream - 1);
	ok(reply_end(&r, 0, &body, &f) != 0 && f.code == F_BAD_REPLY && body.failed, "a stream's answer that its buffer can't hold");
	buf_release(&body);
	reply_release(&r);
}

int main(void)
{
	test_small_body();
	test_top();
	test_engines();
	test_framing();
	test_errors();
	test_cut();
	test_calls();
	test_bodies();
	test_choices();
	test_hostile();
	test_mutations();
	test_limits();
	test_whole();
	test_sniff();
	test_fixtures();
	test_captured();
	return done();
}
