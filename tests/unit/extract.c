#include "extract.h"
#include "help.h"
#include "tap.h"

/* The answer in one line: FAULT;text;reasoning;calls;finish;usage. */
static void show(struct buf *out, const char *body)
{
	char *copy = exact(body, strlen(body));
	struct answer a;
	struct fault f;
	struct span v, again;
	struct span_err err;

	if (span_check(copy, strlen(body), MAX_DEPTH, &v, &err) != 0)
		ok(0, "the test's own JSON is bad at %zu: %s", err.at, shown(body));
	answer_init(&a);
	if ((extract(v, &a, &f) == 0) != (f.code == F_NONE))
		ok(0, "what it returns is what it says");
	buf_addf(out, "%s;%s;%s;%s;", f.code == F_NONE ? "ok" : fault_name(f.code), buf_text(&a.text), buf_text(&a.reasoning),
	    buf_text(&a.calls));
	buf_add(out, a.finish.p != NULL ? a.finish.p : "-", a.finish.p != NULL ? a.finish.n : 1);
	buf_addc(out, ';');
	buf_add(out, a.usage.p != NULL ? a.usage.p : "-", a.usage.p != NULL ? a.usage.n : 1);
	if (f.code == F_NONE && a.calls.len > 0 && (span_check(a.calls.data, a.calls.len, MAX_DEPTH, &again, &err) != 0 ||
	    memchr(a.calls.data, '\n', a.calls.len) != NULL))
		buf_adds(out, " CALLS ARE NOT ONE LINE OF JSON");
	answer_release(&a);
	free(copy);
}

/* In both, ' stands for ". */
static void gives(const char *body, const char *want)
{
	struct buf b, w, out;

	buf_init(&b, 1 << 20);
	buf_init(&w, 1 << 20);
	buf_init(&out, 1 << 20);
	unquote(&b, body);
	unquote(&w, want);
	show(&out, buf_text(&b));
	is(buf_text(&out), buf_text(&w), shown(body));
	buf_release(&b);
	buf_release(&w);
	buf_release(&out);
}

#define SAYS(message, finish) "{'choices':[{'message':" message ",'finish_reason':" finish "}]}"

static void test_text(void)
{
	gives(SAYS("{'content':'4'}", "'stop'"), "ok;4;;;'stop';-");
	gives("{'model':'m','usage':{'total_tokens':7},'choices':[{'index':0,'finish_reason':'length','message':{'content':'a\\n\\u00e9'}}]}",
	    "ok;a\n\xC3\xA9;;;'length';{'total_tokens':7}");
	gives(SAYS("{'content':[{'type':'text','text':'a'},{'type':'x'},{'text':'b'}]}", "'stop'"), "ok;ab;;;'stop';-");
	gives(SAYS("{'content':null,'refusal':'No.'}", "'stop'"), "ok;No.;;;'stop';-");
	gives(SAYS("{'content':'yes','refusal':null}", "'stop'"), "ok;yes;;;'stop';-");
	gives(SAYS("{'content':'a'}", "null"), "ok;a;;;null;-");
	gives("{'choices':[{'message':{'content':'a'}}]}", "ok;a;;;-;-");
	gives("{'choices':[{'text':'old','finish_reason':'stop'}]}", "ok;old;;;'stop';-");
	gives("{'choices':[{'delta':{'content':'d'},'finish_reason':'stop'}]}", "ok;d;;;'stop';-");
	gives("{'choices':[{'message':{'content':'first'}},{'message':{'content':'second'}}]}", "ok;first;;;-;-");
	gives("{'choices':[{'message':{'content':'a'},'usage':{'x':1}}],'usage':null}", "ok;a;;;-;{'x':1}");
	gives(SAYS("{'content':'\\ud83d\\ude00\\ud83d'}", "'stop'"), "ok;\xF0\x9F\x98\x80\xEF\xBF\xBD;;;'stop';-");
	gives(SAYS("{'content':' \\n padded '}", "'stop'"), "ok; \n padded ;;;'stop';-");
}

static void test_reasoning(void)
{
	gives(SAYS("{'content':'4','reasoning_content':'hm'}", "'stop'"), "ok;4;hm;;'stop';-");
	gives(SAYS("{'content':'4','reasoning':'hm'}", "'stop'"), "ok;4;hm;;'stop';-");
	gives(SAYS("{'content':'4','reasoning_text':'hm'}", "'stop'"), "ok;4;hm;;'stop';-");
	gives(SAYS("{'content':'4','reasoning':'b','reasoning_content':'a'}", "'stop'"), "ok;4;a;;'stop';-");
	gives(SAYS("{'content':'4','reasoning_content':'','reasoning':'b'}", "'stop'"), "ok;4;b;;'stop';-");
	gives(SAYS("{'content':'4','reasoning':'b','reasoning_details':[{'type':'reasoning.text','text':'d'},{'type':'reasoning.encrypted',"
	    "'data':'x'},{'type':'reasoning.text','text':'e'}]}", "'stop'"), "ok;4;de;;'stop';-");
	gives(SAYS("{'content':'4','reasoning':{'a':1},'reasoning_details':7}", "'stop'"), "ok;4;;;'stop';-");
	gives(SAYS("{'content':'<think>hm</think>\\n\\n4'}", "'stop'"), "ok;4;hm;;'stop';-");
	gives(SAYS("{'content':'\\n <think>\\nhm\\n</think>4 </think>'}", "'stop'"), "ok;4 </think>;\nhm\n;;'stop';-");
	gives(SAYS("{'content':'<think></think>4'}", "'stop'"), "ok;4;;;'stop';-");
	gives(SAYS("{'content':'a <think>b</think> c'}", "'stop'"), "ok;a <think>b</think> c;;;'stop';-");
	gives(SAYS("{'content':'<thinking>b'}", "'stop'"), "ok;<thinking>b;;;'stop';-");
	gives(SAYS("{'content':'<think>never ends'}", "'stop'"), "empty;;never ends;;'stop';-");
	gives(SAYS("{'content':'<think>hm</think>'}", "'stop'"), "empty;;hm;;'stop';-");
	gives(SAYS("{'content':'<think>cut'}", "'length'"), "empty;;cut;;'length';-");
	gives(SAYS("{'content':'<think>x</think>4','reasoning_content':'own'}", "'stop'"), "ok;4;own;;'stop';-");
}

#define CALL(id, name, arguments) "{" id "'type':'function','function':{" name "'arguments':" arguments "}}"
#define ONE(arguments) "{'content':null,'tool_calls':[" CALL("'id':'c1',", "'name':'add',", arguments) "]}"

static void test_calls(void)
{
	gives(SAYS(ONE("'{\\u0022a\\u0022:1.0}'"), "'tool_calls'"), "ok;;;[{'id':'c1','name':'add','arguments':{'a':1.0}}];'tool_calls';-");
	gives(SAYS(ONE("{'a':1}"), "'tool_calls'"), "ok;;;[{'id':'c1','name':'add','arguments':{'a':1}}];'tool_calls';-");
	gives(SAYS(ONE("' {} '"), "'stop'"), "ok;;;[{'id':'c1','name':'add','arguments':{}}];'stop';-");
	gives(SAYS(ONE("'{}'"), "'tool_call'"), "ok;;;[{'id':'c1','name':'add','arguments':{}}];'tool_call';-");
	gives(SAYS(ONE("'{}'"), "null"), "ok;;;[{'id':'c1','name':'add','arguments':{}}];null;-");
	gives(SAYS("{'content':'I call','tool_calls':[" CALL("'id':'1',", "'name':'f',", "'{}'") "," CALL("", "'name':'g',", "'{}'") "]}",
	    "'tool_calls'"), "ok;I call;;[{'id':'1','name':'f','arguments':{}},{'id':'','name':'g','arguments':{}}];'tool_calls';-");
	gives(SAYS("{'content':null,'tool_calls':[" CALL("'id':null,", "'name':'f',", "'{}'") "]}", "'tool_calls'"),
	    "ok;;;[{'id':'','name':'f','arguments':{}}];'tool_calls';-");
	gives(SAYS("{'content':'text','tool_calls':[" CALL("'id':'1',", "'name':'f',", "'{}'") "]}", "'stop'"), "ok;text;;;'stop';-");
	gives(SAYS("{'content':'text','tool_calls':[" CALL("'id':'1',", "'name':'f',", "'{'") "]}", "'length'"), "ok;text;;;'length';-");
	gives(SAYS("{'content':null,'function_call':{'name':'f','arguments':'{}'}}", "'function_call'"),
	    "ok;;;[{'id':'','name':'f','arguments':{}}];'function_call';-");
	gives(SAYS("{'content':'x','tool_calls':[],'function_call':null}", "'stop'"), "ok;x;;;'stop';-");
	gives(SAYS(ONE("'{\\n  \\u0022a\\u0022:\\r\\n 1\\n}'"), "'tool_calls'"),
	    "ok;;;[{'id':'c1','name':'add','arguments':{   'a':   1 }}];'tool_calls';-");
}

static void test_bad_calls(void)
{
	gives(SAYS(ONE("''"), "'tool_calls'"), "tool_call;;;;'tool_calls';-");
	gives(SAYS(ONE("'{'"), "'tool_calls'"), "tool_call;;;;'tool_calls';-");
	gives(SAYS(ONE("null"), "'tool_calls'"), "tool_call;;;;'tool_calls';-");
	gives(SAYS(ONE("'{} {}'"), "'tool_calls'"), "tool_call;;;;'tool_calls';-");
	gives(SAYS("{'content':null,'tool_calls':[" CALL("'id':'1',", "", "'{}'") "]}", "'tool_calls'"), "tool_call;;;;'tool_calls';-");
	gives(SAYS("{'content':null,'tool_calls':[" CALL("'id':'1',", "'name':'',", "'{}'") "]}", "'tool_calls'"), "tool_call;;;;'tool_calls';-");
	gives(SAYS("{'content':null,'tool_calls':[7]}", "'tool_calls'"), "tool_call;;;;'tool_calls';-");
	gives(SAYS(ONE("'{\\u0022a'"), "'length'"), "tool_call;;;;'length';-");
	gives(SAYS("{'content':null,'tool_calls':[]}", "'tool_calls'"), "empty;;;;'tool_calls';-");
}

static void test_faults(void)
{
	gives(SAYS("{'content':'half'}", "'content_filter'"), "content_filter;half;;;'content_filter';-");
	gives(SAYS("{'content':'no'}", "'weird'"), "model_error;no;;;'weird';-");
	gives(SAYS("{'content':'no'}", "'network_error'"), "model_error;no;;;'network_error';-");
	gives(SAYS("{'content':'no'}", "'error'"), "model_error;no;;;'error';-");
	gives(SAYS("{'content':''}", "'stop'"), "empty;;;;'stop';-");
	gives(SAYS("{'content':null}", "'stop'"), "empty;;;;'stop';-");
	gives(SAYS("{'content':' \\n\\t'}", "'stop'"), "empty; \n\t;;;'stop';-");
	gives(SAYS("{'content':null,'reasoning':'all of it'}", "'length'"), "empty;;all of it;;'length';-");
	gives(SAYS("{}", "'stop'"), "empty;;;;'stop';-");
	gives(SAYS("7", "'stop'"), "empty;;;;'stop';-");
	gives("{'choices':[]}", "empty;;;;-;-");
	gives("{'choices':{}}", "empty;;;;-;-");
	gives("{'choices':[7]}", "empty;;;;-;-");
	gives("{}", "bad_reply;;;;-;-");
	gives("{'object':'list','data':[{'id':'m'}]}", "bad_reply;;;;-;-");	/* /v1/models */
	gives("[]", "empty;;;;-;-");
	gives("null", "empty;;;;-;-");
	gives("'text'", "empty;;;;-;-");
}

static void test_good_ends(void)
{
	static const char *const ends[] = {"stop", "end", "length", "tool_calls", "tool_call", "function_call", "eos_token", "stop_sequence", "eos"};
	char body[200], want[100];
	size_t i;

	for (i = 0; i < COUNT(ends); i++) {
		snprintf(body, sizeof body, SAYS("{'content':'x'}", "'%s'"), ends[i]);
		snprintf(want, sizeof want, "ok;x;;;'%s';-", ends[i]);
		gives(body, want);
	}
}

/* With its arguments twice a call can be over the limit where the reply isn't: no answer without its call. */
static void test_too_large(void)
{
	static const char body[] = "{\"choices\":[{\"message\":{\"content\":\"t\",\"tool_calls\":[{\"function\":{\"name\":\"f\","
	    "\"arguments\":{\"a\":1}}}]},\"finish_reason\":\"tool_calls\"}]}";
	struct answer a;
	struct fault f;
	size_t i;

	for (i = 0; i < 2; i++) {
		answer_init(&a);
		(i == 0 ? &a.calls : &a.calls_raw)->max = 60;
		ok((extract(json(body), &a, &f) == 0) == (i == 0) && f.code == (i == 0 ? F_NONE : F_BAD_REPLY),
		    i == 0 ? "a call of 60 bytes" : "the same, over the limit with its arguments twice");
		answer_release(&a);
	}
}

int main(void)
{
	test_text();
	test_reasoning();
	test_calls();
	test_bad_calls();
	test_faults();
	test_good_ends();
	test_too_large();
	return done();
}
