# fb-shape: each form that inputs come in, what goes to custom_id, input and the
# messages, what is wrong with an input and how that is told, that data is
# never obeyed; and properties that hold for every body and flag.
# shellcheck disable=SC2317,SC2030,SC2031

load helper

server=(--base-url http://127.0.0.1:9/v1 -m m)
png=iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==

# shape [ARG]... - runs fb-shape on stdin for a server without flags, to the file out; the status in $status
shape() {
	status=0
	fb fb-shape "${server[@]}" "$@" >out 2>err || status=$?
}

# shows FILTER JSON [FILE] - what the filter makes of each record of the file out, one after the other
shows() {
	jq -c "$1" "${3-out}" >shown
	same "$2" "$(cat shown)"
}

# What most tests look at: the id, the texts of the messages, what comes beside them.
brief='[.custom_id, (.error.code // [.body.messages[] | .content]), .input]'

# errors - every error record in out has the form and the stage, and each line is a record
errors() {
	jq -es 'all(.[]; .custom_id | type == "string") and
		all(.[] | select(.error); .error.code == "input" and .error.stage == "shape" and .error.retryable == false and
			(.body == null))' out >/dev/null || {
		cat out
		return 1
	}
}

# two - a configuration with two models of different flags, the second takes images; a third is the fallback.
two() {
	cat >two.json <<-'END'
		{models: {providers: {p: {baseUrl: "http://127.0.0.1:9/v1", models: [
			{id: "a", name: "A", compat: {supportsTools: false}},
			{id: "b", name: "B", input: ["text", "image"], compat: {requiresStringContent: true}},
			{id: "c", name: "C", maxTokens: 9}]}}},
		agents: {defaults: {model: {primary: "p/a", fallbacks: ["p/b", "p/c"]}}}}
	END
	export FLUFFBUZZ_CONFIG_PATH=$PWD/two.json
}

# --- forms

# bats test_tags=memory
@test "--lines: a line is a prompt, whatever it looks like; blank ones count" {
	shape --lines < <(printf 'one\n\n \t\n{"prompt":"x","system":"y"}\n"q"\n\xc3\xa9 \x01\x7f\nno end')
	[ "$status" -eq 0 ]
	shows "$brief" '["1",["one"],null] ["4",["{\"prompt\":\"x\",\"system\":\"y\"}"],null] ["5",["\"q\""],null]
		["6",["é \u0001\u007f"],null] ["7",["no end"],null]'
	shape --lines -t '<{{line}}|{{.}}>' < <(printf 'a\n{{line}}\n')
	shows "$brief" '["1",["<a|a>"],null] ["2",["<{{line}}|{{line}}>"],null]'
}

@test "-0: what ends by NUL is a prompt, lines and all" {
	shape -0 < <(printf 'a\nb\n\0c\0last')
	[ "$status" -eq 0 ]
	shows "$brief" '["1",["a\nb\n"],null] ["2",["c"],null] ["3",["last"],null]'
	shape --null < <(printf 'a\0')
	shows "$brief" '["1",["a"],null]'
}

# bats test_tags=memory
@test "--csv: a row fills the template and travels whole in input" {
	shape --csv -t '{{a}}/{{ b }}' < <(printf 'a,b,c\r\n1,"x, ""y""\nz",\r\n\r\n2,,3\n')
	[ "$status" -eq 0 ]
	shows "$brief" '["1",["1/x, \"y\"\nz"],{"a":"1","b":"x, \"y\"\nz","c":""}] ["2",["2/"],{"a":"2","b":"","c":"3"}]'
	shape --csv < <(printf 'a\n1\n')
	[ "$status" -eq 2 ]
	[ ! -s out ]
}

@test "--tsv and --delimiter are the same with other separators" {
	shape --tsv -t '{{b}}' < <(printf 'a\tb\n1,2\t"x\ty"\n')
	shows "$brief" '["1",["x\ty"],{"a":"1,2","b":"x\ty"}]'
	for c in ';' '|' ':' ' '; do
		shape --delimiter "$c" -t '{{b}}' < <(printf 'a%sb\n1,2%sx\n' "$c" "$c")
		shows "$brief" '["1",["x"],{"a":"1,2","b":"x"}]'
	done
	# what it says counts, wherever it stands
	shape --delimiter ';' --csv -t '{{b}}' < <(printf 'a;b\n1;x\n')
	shows "$brief" '["1",["x"],{"a":"1","b":"x"}]'
	shape --csv --delimiter ';' -t '{{b}}' < <(printf 'a;b\n1;x\n')
	shows "$brief" '["1",["x"],{"a":"1","b":"x"}]'
	for c in '' ab '"' é; do
		shape --delimiter "$c" -t '{{b}}' < <(printf 'a,b\n1,2\n')
		[ "$status" -eq 2 ]
	done
}

@test "a head row that can't be used is one error, and nothing else comes" {
	for head in 'a,a' ',b' 'a,"b' $'\xff,b'; do
		shape --csv -t '{{a}}' < <(printf '%s\n1,2\n' "$head")
		[ "$status" -eq 4 ]
		errors
		[ "$(wc -l <out)" -eq 1 ]
	done
}

@test "rows are counted over all files, and each file has a head of its own" {
	printf 'a,b\n1,2\n' >one.csv
	printf 'b,a\n3,4\n5,6\n' >two.csv
	shape --csv -t '{{a}}' one.csv two.csv
	shows "$brief" '["1",["1"],{"a":"1","b":"2"}] ["2",["4"],{"b":"3","a":"4"}] ["3",["6"],{"b":"5","a":"6"}]'
	printf '"x"\n' >one.jsonl
	printf '{"prompt":"y","id":7}\n"z"\n' >two.jsonl
	shape one.jsonl - two.jsonl <<<'"stdin"'
	shows "$brief" '["1",["x"],null] ["2",["stdin"],null] ["7",["y"],{"id":7}] ["4",["z"],null]'
}

# bats test_tags=memory
@test "--each: a file is a prompt behind -p, its path the id" {
	mkdir -p dir
	printf 'one\n' >dir/a.txt
	printf '{"prompt":"not read"}' >'b "c".json'
	shape --each dir/a.txt 'b "c".json'
	[ "$status" -eq 0 ]
	shows "$brief" '["dir/a.txt",["one\n"],null] ["b \"c\".json",["{\"prompt\":\"not read\"}"],null]'
	shape --each -p 'Sum up:' dir/a.txt - <<<stdin
	shows "$brief" '["dir/a.txt",["Sum up:\n\none\n"],null] ["-",["Sum up:\n\nstdin\n"],null]'
	shape --each </dev/null
	[ "$status" -eq 2 ]
}

@test "--files-from: names a line each, or by NUL, from a file or stdin" {
	printf 1 >a
	printf 2 >$'b\nc'
	printf 'a\n\na' >list
	shape --each --files-from list
	shows "$brief" '["a",["1"],null] ["a",["1"],null]'
	shape --each --files-from - <list
	[ "$(wc -l <out)" -eq 2 ]
	printf 'a\0b\nc\0' >list0
	shape --each -0 --files-from list0
	shows "$brief" '["a",["1"],null] ["b\nc",["2"],null]'
	printf '"x"\n' >j.jsonl
	shape --files-from <(echo j.jsonl)
	shows "$brief" '["1",["x"],null]'
	shape --each --files-from nothing
	[ "$status" -eq 2 ]
}

@test "-t fills in members by dotted paths, and says which is missing" {
	shape -t '{{a.b}} {{list.1}} {{n}} {{o}} {{z}}. {{{{x}} }} {{{a.b}}}' <<<'{"a":{"b":"B"},"list":[0,"one"],"n":1.50,"o":{ "k" : [ 1 ] },"z":null}'
	shows '.body.messages[0].content' '"B one 1.50 {\"k\":[1]} . {{x}} }} {B}"'
	jq -e '.input == {"a":{"b":"B"},"list":[0,"one"],"n":1.50,"o":{"k":[1]},"z":null}' out
	shape -t '{{a.c}}' < <(printf '{"a":{"b":1},"id":"i"}\n{"a":{"c":2}}\n')
	[ "$status" -eq 1 ]
	errors
	shows '[.custom_id, (.error.message // "" | test("a\\.c"))]' '["i",true] ["2",false]'
	for bad in '{{' '{{}}' '{{ }}' 'x {{a'; do
		shape -t "$bad" <<<'{"a":1}'
		[ "$status" -eq 2 ]
	done
	printf 'from file {{a}}' >template
	shape -t @template <<<'{"a":1}'
	shows '.body.messages[0].content' '"from file 1"'
}

# bats test_tags=memory
@test "--map: one value of the program's is the prompt, the messages or the record" {
	printf '%s\n' '{"a":"x","n":12345678901234567890,"id":"i"}' >in
	shape --map '.a' <in
	shows "$brief" '["i",["x"],{"a":"x","n":12345678901234567890,"id":"i"}]'
	grep -q '"input":{"a":"x","n":12345678901234567890,"id":"i"}' out
	shape --map '[{role: "system", content: "s"}, {role: "user", content: .a}]' <in
	shows "$brief" '["i",["s","x"],{"a":"x","n":12345678901234567890,"id":"i"}]'
	shape --map '{prompt: .a, temperature: 0.5, custom_id: "mine"}' <in
	shows '[.custom_id, .body.temperature, .input.a]' '["mine",0.5,"x"]'
	shape --csv --map '"\(.a)+\(.b)"' < <(printf 'a,b\n1,2\n')
	shows "$brief" '["1",["1+2"],{"a":"1","b":"2"}]'
	shape --lines --map 'ascii_upcase' < <(printf 'a\nb\n')
	shows "$brief" '["1",["A"],null] ["2",["B"],null]'
	shape --map '.a |' <in
	[ "$status" -eq 2 ]
}

# bats test_tags=memory
@test "--map that fails, gives nothing or several is an error record, and the rest goes on" {
	shape --map 'if . == 1 then "one" elif . == 2 then ("a", "b", "c") elif . == 3 then empty elif . == 4 then error("boom")
		elif . == 5 then 17 elif . == 6 then null elif . == 7 then .a.b else "last" end' < <(seq 8)
	[ "$status" -eq 1 ]
	errors
	shows '[.custom_id, .error.code]' '["1",null] ["2","input"] ["3","input"] ["4","input"] ["5","input"] ["6","input"] ["7","input"] ["8",null]'
	jq -es '.[3].error.message | contains("boom")' out
}

@test "--id names the column or member; --limit ends it" {
	shape --csv --id key -t '{{a}}' < <(printf 'key,a\nk1,1\n"k, 2",2\n')
	shows .custom_id '"k1" "k, 2"'
	shape --id meta.n < <(printf '{"prompt":"x","meta":{"n":7},"id":"no"}\n{"prompt":"x","meta":{"n":"s"}}\n{"prompt":"x"}\n')
	[ "$status" -eq 1 ]
	errors
	shows '[.custom_id, .error.code]' '["7",null] ["s",null] ["3","input"]'
	for form in '' --lines; do
		shape --limit 2 $form < <(printf '"a"\n"b"\n"c"\n')
		[ "$status" -eq 0 ]
		[ "$(wc -l <out)" -eq 2 ]
	done
	shape --limit 1 --csv -t '{{a}}' < <(printf 'a\n1\n2\n')
	[ "$(wc -l <out)" -eq 1 ]
	printf x >f
	shape --limit 2 --each f f f
	[ "$(wc -l <out)" -eq 2 ]
	# It is never read to its end.
	shape --limit 3 --lines < <(yes)
	[ "$(wc -l <out)" -eq 3 ]
}

@test "custom_id of a row, an id that is a number, and one that is neither" {
	shape --csv -t '{{text}}' < <(printf 'id,text\nr1,a\n')
	shows .custom_id '"r1"'
	shape --csv -t '{{text}}' < <(printf 'custom_id,id,text\nc1,r1,a\n')
	shows .custom_id '"c1"'
	shape < <(printf '%s\n' '{"prompt":"x","id":1.50}' '{"prompt":"x","id":{}}' '{"prompt":"x","custom_id":true,"id":"i"}')
	jq -es 'map(.custom_id) | .[0] == "1.50" and .[1] == "2"' out
}

# --- what goes with a prompt

@test "--messages: the prompts go on with a conversation, in either form" {
	printf '[{"role":"user","content":"q"},{"role":"assistant","content":"a"}]' >array
	printf '{"role":"user","content":"q"}\n{"role":"assistant","content":"a"}\n' >lines
	printf '[{"role":"user","content":"q","timestamp":1},{"role":"assistant","content":[{"type":"text","text":"a"}],"timestamp":2}]' >own
	for file in array lines own; do
		shape --messages $file -s S -p next
		shows '.body.messages' '[{"role":"system","content":"S"},{"role":"user","content":"q"},{"role":"assistant","content":"a"},{"role":"user","content":"next"}]'
	done
	shape --messages array --lines < <(printf 'x\ny\n')
	shows "$brief" '["1",["q","a","x"],null] ["2",["q","a","y"],null]'
	for bad in '{' '"x"' '[1' 'plain text'; do
		printf '%s' "$bad" >bad
		shape --messages bad -p x
		[ "$status" -eq 2 ]
	done
}

# bats test_tags=memory
@test "-f: an image by its content, a text as a part, anything else refused" {
	two
	base64 -d <<<"$png" >picture.txt
	printf 'a text\n' >text.png
	fb fb-shape -m p/b -f picture.txt -f text.png -p look >out
	shows '.body.messages[0].content' "[{\"type\":\"text\",\"text\":\"look\"},
		{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,$png\"}},{\"type\":\"text\",\"text\":\"a text\n\"}]"
	# Their names stay with us.
	shows .input '{"files":[{"path":"picture.txt","mimeType":"image/png"},{"path":"text.png","mimeType":"text/plain"}]}'
	jq -c .body out >body
	run -1 grep -E 'picture|text\.png' body
	run -0 fb fb-shape -m p/b -f text.png -p look --batch-format
	[[ $output != *text.png* ]]
	# What goes with rows is not beside one.
	run -0 fb fb-shape -m p/b -f text.png <<<'{"prompt":"x","row":1}'
	jq -c .input <<<"$output" | same '{"row":1}'
	printf '\x89PN\0' >broken.png
	run -2 --separate-stderr fb fb-shape -m p/b -f broken.png -p look
	# shellcheck disable=SC2154
	[[ $stderr == *broken.png* ]]
}

@test "an image for a model without is an input error; --drop-images puts a text there" {
	two
	base64 -d <<<"$png" >picture
	run -4 --separate-stderr fb fb-shape -m p/a -f picture -p look
	jq -e '.error.code == "input" and .custom_id == "1"' <<<"$output"
	run -0 fb fb-shape -q -m p/a -f picture --drop-images -p look
	jq .body.messages[0].content <<<"$output" | same '[{"type":"text","text":"look"},{"type":"text","text":"(image omitted: model does not support images)"}]'
	# Of several routes only the ones without fail.
	run -1 --separate-stderr fb fb-shape -m p/a -m p/b -f picture -p look
	jq -es '.[0].error.code == "input" and .[1].error == null' <<<"$output"
	# In a conversation's history it is a text anyway.
	run -0 fb fb-shape -q -m p/a <<<'[{"role":"user","content":[{"type":"image","mimeType":"image/png","data":"'$png'"}],"timestamp":1}]'
	jq .body.messages[0].content <<<"$output" | same '[{"type":"text","text":"(image omitted: model does not support images)"}]'
}

@test "--tools in either form, in their order; --tool-choice by word or name" {
	two
	printf '[{"name":"z","description":"Z","parameters":{"type":"object","properties":{}}},{"type":"function","function":{"name":"a","parameters":{"type":"object"}}}]' >tools
	fb fb-shape -m p/b -p x --tools tools >out
	shows '[.body.tools[].function.name]' '["z","a"]'
	shows '.body.tools[0]' '{"type":"function","function":{"name":"z","description":"Z","parameters":{"type":"object","properties":{}}}}'
	for word in auto none required; do
		fb fb-shape -m p/b -p x --tools tools --tool-choice $word >out
		shows .body.tool_choice "\"$word\""
	done
	fb fb-shape -m p/b -p x --tools tools --tool-choice a >out
	shows .body.tool_choice '{"type":"function","function":{"name":"a"}}'
	run -2 --separate-stderr fb fb-shape -m p/b -p x --tools tools --tool-choice nope
	jq -e '.error | .code == "input" and (.message | contains("nope"))' <<<"$output"
	fb fb-shape -m p/a -p x --tools tools --tool-choice required >out
	shows '.body | has("tools"), has("tool_choice")' 'false false'
	for bad in '{}' '[' 'x'; do
		printf '%s' "$bad" >bad
		run -2 fb fb-shape -m p/b -p x --tools bad
	done
}

@test "--schema, --stop, --param and the fields of their own" {
	printf '{"type":"object","properties":{"a":{"type":"integer"}}}' >schema
	shape -p x --schema=schema
	shows '.body.response_format | .type, .json_schema.schema' '"json_schema" {"type":"object","properties":{"a":{"type":"integer"}}}'
	shape -p x --schema
	shows .body.response_format '{"type":"json_object"}'
	shape -p x --schema=schema -c supportsJsonSchemaResponseFormat=true
	shows .body.response_format.type '"json_schema"'
	shape -p x --stop A --stop '"B"' --temperature 0.5 --top-p 1 --seed 12345678901234567890 --param top_k:=5 --param user=me --param 'logit_bias:={"1":-100}'
	shows '.body | [.stop, .temperature, .top_p, .top_k, .user, .logit_bias]' '[["A","\"B\""],0.5,1,5,"me",{"1":-100}]'
	grep -q '"seed":12345678901234567890' out
	shape --param temperature:=null --param mine:=1.0 <<<'{"prompt":"x","temperature":1}'
	shows '.body | has("temperature")' false
	grep -q '"mine":1.0' out
	for bad in '--param=x' '--param=x:={' '--temperature=warm' '--seed=' '--max-tokens=-1' '--schema=nothing' '--thinking=' '--limit=0'; do
		shape -p x "$bad"
		[ "$status" -eq 2 ] || {
			echo "$bad: status $status"
			return 1
		}
	done
}

@test "--thinking is said as the server's format has it, and only to models that think" {
	shape -p x --thinking high
	shows '.body | has("reasoning_effort")' false
	shape -p x --thinking high -c reasoning:=true -c supportsReasoningEffort=true
	shows .body.reasoning_effort '"high"'
	shape -p x --thinking off -c reasoning:=true -c supportsReasoningEffort=true
	shows .body.reasoning_effort '"none"'
	shape -p x --thinking off -c reasoning:=true -c thinkingFormat=qwen
	shows .body.enable_thinking false
	shape -c reasoning:=true -c supportsReasoningEffort=true <<<'{"prompt":"x","thinking":"low"}'
	shows '.body | [.reasoning_effort, has("thinking")]' '["low",false]'
	shape -p x -c reasoning:=true -c supportsReasoningEffort=true
	shows '.body | has("reasoning_effort")' false
}

# bats test_tags=memory
@test "a prompt record says for itself what the options say for all" {
	two
	fb fb-shape -m p/b >out <<-'END'
		{"prompt":"x","tools":[{"name":"f","parameters":{"type":"object"}}],"tool_choice":"required","schema":{"type":"object"},"params":{"topP":0.5},"seed":1,"note":{"a":1},"id":"r"}
		{"messages":[{"role":"user","content":"q","timestamp":1}],"prompt":"p","system":"s"}
	END
	shows '[.custom_id, .body.tools[0].type, .body.tool_choice, .body.response_format.type, .body.top_p, .body.seed, .input]' \
		'["r","function","required","json_schema",0.5,1,{"note":{"a":1},"id":"r"}] ["2",null,null,null,null,null,null]'
	sed -n 2p out >second
	shows '[.body.messages[].content]' '["s","q","p"]' second
}

# --- routes

# bats test_tags=memory
@test "several routes and fallbacks: each body has the flags of its own model" {
	two
	printf '[{"name":"f","parameters":{"type":"object"}}]' >tools
	printf 'text' >file
	fb fb-shape -q --tools tools -f file -p x </dev/null >out
	shows '[.route.ref, (.body | has("tools")), (.body.messages[0].content | type)], [.fallbacks[] | .route.ref, .body.model, (.body | has("tools")), (.body.messages[0].content | type), .body.max_tokens]' \
		'["p/a",false,"array"] ["p/b","b",true,"string",null,"p/c","c",true,"array",9]'
	fb fb-shape -q -m p/a -p x >out
	shows 'has("fallbacks")' false
	fb fb-shape -q -m p/a --fallbacks=p/c -p x >out
	shows '[.fallbacks[].route.ref]' '["p/c"]'
	fb fb-shape -q -m p/a -m p/b --lines < <(printf 'x\ny\n') >out
	shows '[.custom_id, .route.ref]' '["1","p/a"] ["1","p/b"] ["2","p/a"] ["2","p/b"]'
}

# bats test_tags=memory
@test "--route -: the leading routes, then the data, in each form" {
	two
	fb fb-config -m p/a -m p/b >routes
	fb fb-shape -q --route - --lines < <(cat routes - <<<$'x\n\n{"route":{}}') >out
	shows '[.custom_id, .route.ref, .body.messages[0].content]' \
		'["1","p/a","x"] ["1","p/b","x"] ["3","p/a","{\"route\":{}}"] ["3","p/b","{\"route\":{}}"]'
	fb fb-shape -q --route - --csv -t '{{a}}' < <(cat routes - <<<$'a\n1') >out
	shows '[.custom_id, .route.ref, .body.messages[0].content]' '["1","p/a","1"] ["1","p/b","1"]'
	fb fb-shape -q --route - < <(cat routes - <<<$'"x"\n"y"') >out
	[ "$(wc -l <out)" -eq 4 ]
	# One among the data is not a route any more.
	run -1 fb fb-shape -q --route - < <(cat routes - <<<'"x"' && cat routes)
	jq -es '[.[] | .error.code] == [null, null, "input", "input"]' <<<"$output"
	run -2 --separate-stderr fb fb-shape --route - <<<'"x"'
	run -2 --separate-stderr fb fb-shape --route - <routes
}

@test "--batch-format: lines of the Batch format and nothing else" {
	two
	fb fb-shape -q --batch-format -m p/c --csv -t '{{a}}' < <(printf 'id,a\nr,1\n') >out
	shows . '{"custom_id":"r","method":"POST","url":"/v1/chat/completions","body":{"model":"c","messages":[{"role":"user","content":"1"}],"stream":false,"max_tokens":9}}'
	fb fb-shape -q --batch-format -m p/a -m p/b --lines <<<x >out
	shows '[.custom_id, keys]' '["1@p/a",["body","custom_id","method","url"]] ["1@p/b",["body","custom_id","method","url"]]'
	# What it writes it reads.
	fb fb-shape -q --batch-format -m p/c <out >again
	shows '[.custom_id, .body.model]' '["1@p/a","c"] ["1@p/b","c"]' again
}

@test "--explain names each flag that changed something, where, and the sizes" {
	two
	printf '[{"name":"f","parameters":{"type":"object"}}]' >tools
	printf text >file
	fb fb-shape --explain -m p/a --tools tools -p x >out 2>err
	grep -q '^fb-shape: supportsTools: .*tools' err
	run -1 grep requiresStringContent err
	grep -Eq '^fb-shape: body [0-9]+ -> [0-9]+ bytes' err
	size=$(sed -n 's/^fb-shape: body [0-9]* -> \([0-9]*\) bytes.*/\1/p' err)
	[ "$size" -eq "$(jq -c .body out | tr -d '\n' | wc -c)" ]
	fb fb-shape --explain -m p/b -f file -p x >out 2>err
	grep -q '^fb-shape: requiresStringContent: .*messages\[0\]\.content' err
	# It changes nothing of what is written.
	cmp out <(fb fb-shape -m p/b -f file -p x)
	fb fb-shape --explain -m p/c -p x >out 2>err
	[ "$(wc -l <err)" -eq 1 ]
}

# --- wrong inputs

@test "null in a prompt record says nothing, as --map gives it where a member is missing" {
	shape -s outer < <(printf '%s\n' '{"prompt":"a","messages":null,"system":null}' \
		'{"prompt":null,"messages":[{"role":"user","content":"b"}]}' '{"prompt":null,"messages":null}')
	[ "$status" -eq 1 ]
	shows '[.body.messages[]?.content]' '["outer","a"] ["outer","b"] []'
	shows '.error.message' 'null null "no prompt or messages in the object"'
}

# bats test_tags=memory
@test "each wrong record is one error with its place and id, and the rest goes on" {
	two
	cat >bad.jsonl <<-'END'
		{"custom_id":"first","prompt":"x"}
		{"custom_id":"without prompt"}
		{"custom_id":"unknown role","messages":[{"role":"user","content":"q","timestamp":1},{"role":"robot","content":"x"}]}
		{"custom_id":"without type","messages":[{"role":"user","content":[{"text":"q"}],"timestamp":1}]}
		{"custom_id":"type unknown","messages":[{"role":"user","content":[{"type":"smell"}],"timestamp":1}]}
		{"custom_id":"call without name","messages":[{"role":"assistant","content":[{"type":"toolCall","id":"c","arguments":{}}]}]}
		{"custom_id":"result without call","messages":[{"role":"toolResult","toolName":"f","content":[]}]}
		{"custom_id":"result of another call","messages":[{"role":"assistant","content":[{"type":"toolCall","id":"c","name":"f"}]},{"role":"toolResult","toolCallId":"d","content":[]}]}
		{"custom_id":"unknown role, OpenAI","messages":[{"role":"robot","content":"x"}]}
		{"custom_id":"without type, OpenAI","messages":[{"role":"user","content":[{"text":"q"}]}]}
		{"custom_id":"call without name, OpenAI","messages":[{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"arguments":"{}"}}]}]}
		{"custom_id":"result without call, OpenAI","messages":[{"role":"user","content":"q"},{"role":"tool","tool_call_id":"c","content":"r"}]}
		{"custom_id":"no image","messages":[{"role":"user","content":[{"type":"image","mimeType":"image/png","data":5}],"timestamp":1}]}
		{"custom_id":"content","messages":[{"role":"user","content":5,"timestamp":1}]}
		{"custom_id":"without role","messages":[{"content":"x"}]}
		{"custom_id":"tool without name","prompt":"x","tools":[{"type":"function","function":{"description":"d"}}]}
		{"custom_id":"tools","prompt":"x","tools":{}}
		{"custom_id":"choice","prompt":"x","tool_choice":"nope"}
		{"custom_id":"thinking","prompt":"x","thinking":"much"}
		{"custom_id":"schema","prompt":"x","schema":5}
		{"custom_id":"params","prompt":"x","params":{"model":"y"}}
		{"custom_id":"route","prompt":"x","route":{"baseUrl":"http://127.0.0.1:1/v1","model":"y"}}
		{"custom_id":"last","prompt":"x"}
	END
	run -1 --separate-stderr fb fb-shape -m p/b bad.jsonl
	printf '%s\n' "$output" >out
	errors
	[ "$(jq -r .custom_id out)" = "$(jq -r .custom_id bad.jsonl)" ]
	jq -es '[.[] | select(.error | not) | .custom_id] == ["first", "last"]' out
	jq -es 'to_entries | all(.[]; (.value.error == null) or ("bad.jsonl:\(.key + 1): " as $place | .value.error.message | startswith($place)))' out
	sed -i '1d;$d' bad.jsonl
	run -4 --separate-stderr fb fb-shape -m p/b bad.jsonl
}

# bats test_tags=memory
@test "bytes that aren't UTF-8 make an error of that input alone" {
	shape --lines < <(printf 'a\nb\xff\nc\xc3\n\xed\xa0\x80\nd\n')
	[ "$status" -eq 1 ]
	errors
	shows '[.custom_id, .error.code]' '["1",null] ["2","input"] ["3","input"] ["4","input"] ["5",null]'
	shape -0 < <(printf 'a\0b\xff\0c\0\xff')
	errors
	shows '[.custom_id, .error.code]' '["1",null] ["2","input"] ["3",null] ["4","input"]'
	shape < <(printf '"a"\n"\xff"\n{"prompt":"\xc0\x80"}\n"d"\n')
	errors
	shows '[.custom_id, .error.code]' '["1",null] ["2","input"] ["3","input"] ["4",null]'
	shape --csv -t '{{a}}' < <(printf 'a,b\n1,2\n\xff,2\n1,\xff\n3,4\n')
	errors
	shows '[.custom_id, .error.code]' '["1",null] ["2","input"] ["3","input"] ["4",null]'
	printf '\xff' >bad
	printf good >good
	shape --each good bad nothing . good
	[ "$status" -eq 1 ]
	errors
	shows '[.custom_id, .error.code]' '["good",null] ["bad","input"] ["nothing","input"] [".","input"] ["good",null]'
}

# bats test_tags=memory
@test "a row with too many or too few fields, or a quote out of place, is one error with its line" {
	printf 'a,b\n1,2\n1,2,3\n"x\ny",2\n1\n1,x"y\n"x"y,2\n3,4\n' >rows.csv
	shape --csv -t '{{a}}' rows.csv
	[ "$status" -eq 1 ]
	errors
	shows '[.custom_id, (.error.message // "" | capture("^rows.csv:(?<n>[0-9]+): ").n // null)]' \
		'["1",null] ["2","3"] ["3",null] ["4","6"] ["5","7"] ["6","8"] ["7",null]' || {
		cat out
		return 1
	}
	shape --csv -t '{{a}}{{nosuch}}' rows.csv
	[ "$status" -eq 4 ]
	jq -es 'all(.[]; .error.code == "input")' out
	jq -es '.[0].error.message | contains("nosuch")' out
	# A quote that doesn't end.
	shape --csv -t '{{a}}' < <(printf 'a,b\n1,2\n"x,2\n3,4\n')
	[ "$status" -eq 1 ]
	errors
}

@test "plain text where JSON is due: one error a line, and what to do on the first" {
	shape < <(printf 'What is 2 + 2?\nAnd 3?\n"x"\n')
	[ "$status" -eq 1 ]
	errors
	shows '[.custom_id, .error.code]' '["1","input"] ["2","input"] ["3",null]'
	jq -es '.[0].error.hint | contains("--lines")' out
	jq -es '.[1].error | has("hint") | not' out
}

# --- naughty strings

# bats test_tags=memory
@test "the naughty strings arrive equal by --lines, JSON, CSV and -t" {
	local blns
	blns=$(shared cases/third-party/blns)
	jq -c '.[]' "$blns/blns.json" >all
	[ "$(wc -l <all)" -eq 515 ]
	# What is nothing but blanks is no prompt.
	jq -c 'select(test("^[ \t\r\n]*$") | not)' all >json
	[ "$(wc -l <json)" -ge 512 ]
	[ -z "${FB_RUN:-}" ] || sed -n '1~8p' json >fewer
	[ ! -s fewer ] || mv fewer json
	jq -c 'select(test("\n") or test("^[ \t\r]*$") | not)' json >oneline
	start_mock --reply x
	local server
	server=(--base-url "$MOCK/v1" -m m)
	{ jq -r . oneline | fb fb-shape "${server[@]}" -q --lines &&
		jq -c '{prompt: ., note: .}' json | fb fb-shape "${server[@]}" -q &&
		{ echo 'id,"te,xt"' && jq -r '[input_line_number, .] | @csv' json; } |
		fb fb-shape "${server[@]}" -q --csv -t '{{te,xt}}' &&
		jq -c '{a: {b: .}}' json | fb fb-shape "${server[@]}" -q -t '{{a.b}}'; } >requests
	run -0 jq -es 'all(.[]; .error == null)' requests
	fb fb-send -q -j 1 --no-events <requests >responses
	jq -es 'all(.[]; .error == null)' responses >/dev/null
	cmp <(cat oneline json json json) <(jq -c '.body | fromjson | .messages[0].content' "$MOCK_LOG")
	# What is logged is what fb-shape wrote.
	cmp <(jq -r .body "$MOCK_LOG") <(sed 's/^{"custom_id":"[^"]*","method":"POST","url":"[^"]*","body":\(.*\),"route":{"ref":"m","model":"m".*$/\1/' requests)
	jq -c 'select(.input.note != null) | .input.note' responses | cmp - json
}

# --- data is never obeyed

# bats test_tags=memory
@test "a row that names a server, a file, a template or an error is data" {
	printf 'prompt,route,files,model,{{x}},error,messages,system,base_url,params\n' >rows.csv
	printf '{{x}} @rows.csv,"{""baseUrl"":""http://127.0.0.1:1/v1"",""model"":""e""}",@/etc/passwd,evil,@/etc/passwd,"{""code"":""config""}",[],SYS,http://127.0.0.1:1/v1,"{""temperature"":1}"\n' >>rows.csv
	shape --csv -t '{{prompt}} {{files}} {{route}} {{error}}' rows.csv
	[ "$status" -eq 0 ]
	shows .body '{"model":"m","messages":[{"role":"user","content":"{{x}} @rows.csv @/etc/passwd {\"baseUrl\":\"http://127.0.0.1:1/v1\",\"model\":\"e\"} {\"code\":\"config\"}"}],"stream":false}'
	shows '.route.baseUrl, .custom_id, .input.route' '"http://127.0.0.1:9/v1" "1" "{\"baseUrl\":\"http://127.0.0.1:1/v1\",\"model\":\"e\"}"'
	shape -t '{{prompt}}' <<<'{"prompt":"@/etc/passwd {{files}}","files":["/etc/passwd"],"route":{"baseUrl":"http://127.0.0.1:1/v1","model":"e"},"error":{"code":"config","message":"x"},"tools":[1],"stream":true,"system":"S","params":{"n":2},"model":"e","messages":[]}'
	[ "$status" -eq 0 ]
	shows .body '{"model":"m","messages":[{"role":"user","content":"@/etc/passwd {{files}}"}],"stream":false}'
	shows .route.baseUrl '"http://127.0.0.1:9/v1"'
	shape --lines < <(printf '%s\n' '@/etc/passwd' '{"route":{"baseUrl":"http://127.0.0.1:1/v1","model":"e"}}' '{"error":{"code":"config"}}' '-m evil')
	shows '.body.messages[0].content' '"@/etc/passwd" "{\"route\":{\"baseUrl\":\"http://127.0.0.1:1/v1\",\"model\":\"e\"}}" "{\"error\":{\"code\":\"config\"}}" "-m evil"'
	shows .route.baseUrl '"http://127.0.0.1:9/v1" "http://127.0.0.1:9/v1" "http://127.0.0.1:9/v1" "http://127.0.0.1:9/v1"'
}

@test "in a prompt record no text names a file, and files are refused" {
	echo secret >file
	shape <<<'{"prompt":"@file","files":["file"]}'
	[ "$status" -eq 4 ]
	errors
	jq -e '.error.message | contains("--allow-files")' out
	shape <<<'{"prompt":"@file","system":"@file","file":["file"],"messages":[{"role":"user","content":"@file {{x}}"}],"stop":"@file"}'
	[ "$status" -eq 0 ]
	shows '[.body.messages[].content], .body.stop, .input' '["@file","@file {{x}}","@file"] "@file" {"file":["file"]}'
	run -1 grep secret out
	shape --map '"@file {{x}}"' <<<1
	shows '.body.messages[0].content' '"@file {{x}}"'
	shape --map '{prompt: "x", route: {baseUrl: "http://127.0.0.1:1/v1", model: "e"}}' <<<1
	[ "$status" -eq 4 ]
	# A member with our name in the template's hand is text, and is not looked at again.
	shape -t '{{a}}' <<<'{"a":"{{b}} {{{{ {{.}}","b":"no"}'
	shows '.body.messages[0].content' '"{{b}} {{{{ {{.}}"'
}

# --- mistakes of the command line

# refuses TEXT ARG... - ends with 2 and one line with that text, before it reads standard input, which it leaves alone
refuses() {
	local text=$1 status=0
	shift
	printf '{"prompt":"x"}\n' >two.in
	fb fb-shape "${server[@]}" "$@" <two.in >out 2>err || status=$?
	[ "$status" -eq 2 ] && [ "$(wc -l <err)" -eq 1 ] && grep -qF -- "$text" err && [ "$(grep -c '"body"' out)" -eq 0 ] || {
		echo "$*: status $status, due: $text"
		cat err out
		return 1
	}
}

@test "what can be right for no input is told once, with status 2" {
	printf '[{"name":"f"}]' >tools
	printf '[1]' >no-tools
	printf '[{"type":"function","function":{"description":"d"}}]' >no-name
	refuses '--thinking: no thinking level "lots"' --thinking lots
	refuses '--thinking: ' --thinking=
	refuses '--tools: no-tools: tool 1: an object is due' --tools no-tools
	refuses '--tools: no-name: tool 1: a name is due' --tools no-name
	refuses '"g": no such tool' --tools tools --tool-choice g
	refuses '"g": no such tool' --tool-choice g -p x
	refuses 'there are no tools' --tool-choice required -t '{{prompt}}'
	refuses 'there are no tools' --tool-choice required --lines
	refuses '"f": no such tool' --tools tools --param tools:=null --tool-choice f
	refuses 'model and messages' --param model=x
	refuses 'model and messages' --param messages:=[]
	refuses 'model and messages' --param 'extra_body:={"model":"x"}'
	refuses 'chat_template_kwargs: an object is due' --param chat_template_kwargs=x
	refuses '--stop: not UTF-8' --stop $'\xff'
	refuses '--param: not UTF-8' --param $'a=\xff'
	refuses '--param: not UTF-8' --param $'\xff=a'
	refuses '--allow-files: nowhere: No such file' --allow-files nowhere
	refuses '--allow-files: tools: Not a directory' --allow-files tools
}

@test "a choice among tools waits for those that a record, a program or a route brings" {
	shape --tool-choice f <<<'{"prompt":"x","tools":[{"name":"f"}]}'
	shows .body.tool_choice.function.name '"f"'
	shape --tool-choice f --param tool_choice:='"required"' <<<'{"prompt":"x","tools":[{"name":"f"}]}'
	shows .body.tool_choice '"required"'
	# One that brings none fails alone.
	shape --tool-choice f < <(printf '%s\n' '"x"' '{"prompt":"x","tools":[{"name":"f"}]}')
	[ "$status" -eq 1 ]
	shape --tool-choice f --lines --map '{prompt: ., tools: [{name: "f"}]}' <<<x
	shows .body.tool_choice.function.name '"f"'
	shape --tool-choice f -p x -c 'params.tools:=[{"name":"f"}]'
	shows .body.tool_choice.function.name '"f"'
	shape --tool-choice auto -p x
	shows '.body | has("tool_choice")' false
}

@test "two that want standard input are told both" {
	printf 'x' >f
	refuses '-p @- and -f - both want standard input' -p @- -f -
	refuses '-s @- and --messages - both' -s @- --messages - -p x
	refuses '--tools - and --schema=- both' --tools - --schema=- -p x
	refuses '-f - and --route - both' --route - -f - -p x
	refuses '-p @- and --route - both' --route - -p @-
	refuses '-s @- and --route - both' --route - -s @-
	refuses '-s @- and the input (no FILE is given) both' -s @-
	refuses '-t @- and the FILE - both' -t @- -
	refuses '--files-from - and --route - both' --route - --each --files-from -
	refuses '--route - and the FILE - both' --route - --each -
	# One is enough.
	shape -f - -p x <<<attached
	shows '.body.messages[0].content[1].text' '"attached\n"'
	fb fb-config "${server[@]}" >route
	fb fb-shape -q --route - - < <(cat route - <<<'"x"') >out
	shows '.body.messages[0].content' '"x"'
}

# --- ids, and what is no prompt

@test "--id: a column with a dot in its name, and one that can't be an id" {
	shape --csv --id a.b -t '{{t}}' < <(printf 'a.b,t\nr1,x\n')
	shows .custom_id '"r1"'
	# The name itself goes before the path.
	shape --id a.b <<<'{"prompt":"x","a.b":"name","a":{"b":"path"}}'
	shows .custom_id '"name"'
	shape --csv --id key -t '{{t}}' < <(printf 'key,t\n,x\nk,y\n')
	[ "$status" -eq 1 ]
	errors
	shows '[.custom_id, .error.message]' '["1","line 2: --id: \"key\" is empty"] ["k",null]'
	shape --id k < <(printf '{"prompt":"x","k":%s}\n' 1.50 true null '{}' '[]' '""')
	[ "$status" -eq 1 ]
	errors
	shows '[.custom_id, .error.message]' '["1.50",null] ["2","--id: \"k\" is no text or number"] ["3","--id: \"k\" is no text or number"]
		["4","--id: \"k\" is no text or number"] ["5","--id: \"k\" is no text or number"] ["6","--id: \"k\" is empty"]'
	shape --id k --map .prompt < <(printf '{"prompt":"x","k":%s}\n' 1 false)
	shows '[.custom_id, .error.code]' '["1",null] ["2","input"]'
}

@test "a row that is refused keeps the id of its column, where that can be read" {
	shape -q --csv -t '{{t}}' < <(printf 'id,t\nr1,x,y\nr2\nr3,\xff\n,a,b\n')
	[ "$status" -eq 4 ]
	shows '[.custom_id, .error.code]' '["r1","input"] ["r2","input"] ["r3","input"] ["4","input"]'
	shape -q --csv --id k.k -t '{{t}}' < <(printf 't,k.k,id\nx,r1,no,y\nx\n')
	shows .custom_id '"r1" "2"'
	shape -q --csv -t '{{t}}' < <(printf 'id,custom_id,t\nno,c1,x,y\nno,c2,x\n')
	shows .custom_id '"c1" "c2"'
}

@test "a prompt that is empty is an input error" {
	shape < <(printf '%s\n' '{"prompt":""}' '{"prompt":" \n\t"}' '""' '"\u0020"' '"\ud800"' '{"prompt":"","messages":[{"role":"user","content":"x"}]}' '"\u0000"' '"x"')
	[ "$status" -eq 1 ]
	errors
	shows '.error.message' '"the prompt is empty" "the prompt is empty" "the prompt is empty" "the prompt is empty" "the prompt is empty" "the prompt is empty" null null'
	shape -t '{{a}} {{b}}' < <(printf '%s\n' '{"a":"","b":null}' '{"a":"x","b":null}')
	shows .error.message '"the prompt is empty" null'
	shape --map .a <<<'{"a":""}'
	shows .error.message '"the prompt is empty"'
}

@test "--each: a file that is empty, or no text, is an error that names it" {
	: >empty
	printf ' \n' >blank
	printf 'a\0b' >nul
	printf '\xff' >latin1
	for args in '' '-p lead'; do
		# shellcheck disable=SC2086
		shape --each $args empty blank nul latin1
		[ "$status" -eq 4 ]
		errors
		shows '[.custom_id, .error.message]' '["empty","empty: the file is empty"] ["blank","blank: the file has nothing but blanks"]
			["nul","nul: not a text file: there is a NUL in it"] ["latin1","latin1: not UTF-8 text"]'
	done
}

@test "input of a head line, or of blank lines: that is what is said" {
	shape --csv -t '{{a}}' <<<a,b
	[ "$status" -eq 2 ]
	grep -q 'a head line only, and no rows' err
	for form in '' --lines '--csv -t {{a}}'; do
		# shellcheck disable=SC2086
		shape $form < <(printf '\n\n')
		[ "$status" -eq 2 ]
		grep -q 'blank lines only' err
		# shellcheck disable=SC2086
		shape $form </dev/null
		grep -q 'the input is empty' err
	done
	shape -0 < <(printf '\0 \0')
	grep -q 'blank lines only' err
}

@test "--lines: lines may end by CR LF; -0 keeps every byte" {
	shape --lines < <(printf 'a\r\nb\r\r\nc\rd\n\r\n')
	shows '.body.messages[0].content' '"a" "b\r" "c\rd"'
	shape -0 < <(printf 'a\r\n\0b\r\0')
	shows '.body.messages[0].content' '"a\r\n" "b\r"'
}

@test "halves of surrogate pairs leave nothing in what -t and --map make of them" {
	printf '%s\n' '{"a":"x\ud800y","k\udc00":"\ud83d\ude00","q":"\\ud800 \"\ud800\""}' >half
	shape -t '{{a}}{{a}}' <half
	grep -qF '"content":"xyxy"' out
	grep -qF '"input":{"a":"x\ud800y"' out
	shape --map .a <half
	grep -qF '"content":"xy"' out
	grep -qF '"input":{"a":"x\ud800y"' out
	shape --map '.k + .q' <half
	grep -qF '"content":"😀\\ud800 \"\""' out
	shape --map . <<<'"\ud800z"'
	grep -qF '"content":"z"' out
}

@test "--map that makes a body, or a Batch line: what came in still travels in input" {
	shape --map '{model: "y", messages: [{role: "user", content: .a}]}' <<<'{"a":"x"}'
	shows '[.body.messages[0].content, .input]' '["x",{"a":"x"}]'
	shape --map '{custom_id: "c", body: {messages: []}, more: 1}' <<<'{"a":"x"}'
	shows '[.custom_id, .more, .input]' '["c",1,{"a":"x"}]'
	# Unless it says itself what does; a text never did.
	shape --map '{body: {messages: []}, input: 7}' <<<'{"a":"x"}'
	shows .input 7
	[ "$(grep -o '"input"' out | wc -l)" -eq 1 ]
	shape --map '{model: "y", messages: []}' <<<'"x"'
	shows 'has("input")' false
}

# Not under valgrind, which needs minutes for the 64 MB and sees no more than the sanitizers.
@test "a prompt that grows over 64 MB is told as that" {
	shape --map '"x" * 70000000' <<<1
	[ "$status" -eq 4 ]
	shows .error.message '"--map: what the program gives is over 67108864 bytes"'
	head -c 12000000 /dev/zero | tr '\0' '\1' >controls
	shape -p @controls
	[ "$status" -eq 2 ]
	grep -q 'the prompt would be over 67108864 bytes' err
}

# --- files that data names

# allowed - a directory with files of each kind, a secret beside it, and a model that takes images
allowed() {
	two
	mkdir -p box/sub
	echo inside >box/a.txt
	echo deeper >box/sub/b.txt
	echo secret >secret
	base64 -d <<<"$png" >box/dot.png
	ln -s ../secret box/link
	ln -s .. box/up
	ln -s a.txt box/near
	mkfifo box/fifo
	printf '\0' >box/binary
	truncate -s 40M box/large
}

# bats test_tags=memory
@test "--allow-files: a record's files go with its prompt, behind those of -f" {
	allowed
	echo always >always
	fb fb-shape -m p/b -c requiresStringContent=false -f always --allow-files box >out <<-'END'
		{"prompt":"x","files":["a.txt","./sub//b.txt","dot.png"],"id":1}
		{"prompt":"y"}
		{"prompt":"z","files":[]}
		{"prompt":"z","files":null}
	END
	shows '[.body.messages[0].content[] | .text // .image_url.url[:22]]' '["x","always\n","inside\n","deeper\n","data:image/png;base64,"]
		["y","always\n"] ["z","always\n"] ["z","always\n"]'
	shows '.input' '{"id":1} null null null'
	run -1 grep -e 'a\.txt' -e sub out
	# An image for a model without.
	run -4 fb fb-shape -q -m p/a --allow-files box <<<'{"prompt":"x","files":["dot.png"]}'
	fb fb-shape -q -m p/a --drop-images --allow-files box <<<'{"prompt":"x","files":["dot.png"]}' >out
	grep -q 'image omitted' out
	fb fb-shape -q -m p/b --allow-files box --map '{prompt: "m", files: [.]}' <<<'"a.txt"' >out
	shows '.body.messages[0].content' '"m\ninside\n"'
}

@test "--allow-files: nothing but regular files below the directory, whatever the data says" {
	allowed
	while IFS='|' read -r files text; do
		timeout 20 "${FB_PREFIX[@]}" "$FB_BIN/fb-shape" "${server[@]}" -q --allow-files box <<<'{"prompt":"x","files":'"$files"',"id":"i"}' >out || true
		errors
		jq -e --arg text "$text" '.custom_id == "i" and (.error.message | contains($text))' out >/dev/null || {
			cat out
			echo "due: $text"
			return 1
		}
	done <<-END
		["$PWD/box/a.txt"]|relative to the directory of --allow-files
		["/etc/passwd"]|files: /etc/passwd: the name is to be relative
		["/dev/zero"]|relative
		["../secret"]|".." may not
		["sub/../../secret"]|".." may not
		["sub/../a.txt"]|".." may not
		["sub/.."]|".." may not
		[".."]|".." may not
		["link"]|symbolic link
		["near"]|symbolic link
		["up/secret"]|symbolic link
		["fifo"]|not a regular file
		["fifo/x"]|Not a directory
		["sub"]|directory
		["sub/"]|directory
		["."]|directory
		["a.txt/"]|Not a directory
		["nothing"]|No such file
		[""]|the name is empty
		["a.txt\\u0000b"]|a NUL in the name
		["large"]|too large
		["binary"]|neither an image
		["a.txt",7]|the name of a file is due
		"a.txt"|an array of names is due
		[$(yes '"a.txt",' | head -n 64 | tr -d '\n')"a.txt"]|more than 64
	END
	# The directory itself may be anywhere, a device in it is none of its files.
	run -4 timeout 20 "$FB_BIN/fb-shape" "${server[@]}" -q --allow-files /dev <<<'{"prompt":"x","files":["zero"]}'
	[[ $output == *'not a regular file'* ]]
	ln -s box door
	shape --allow-files door <<<'{"prompt":"x","files":["a.txt"]}'
	[ "$status" -eq 0 ]
	# Nothing in a row, or for a template, is obeyed.
	shape --allow-files box -t '{{prompt}}' <<<'{"prompt":"x","files":["a.txt"]}'
	shows '.body.messages[0].content' '"x"'
	shape --allow-files box <<<'{"messages":[{"role":"user","content":"x"}],"files":["a.txt"]}'
	[ "$status" -eq 4 ]
	errors
}

@test "files of a record without --allow-files: the error names the option" {
	allowed
	shape <<<'{"prompt":"x","files":["box/a.txt"]}'
	[ "$status" -eq 4 ]
	errors
	jq -e '.error.message | contains("--allow-files=DIR")' out
}

# --- what is said

@test "--batch-format: what fails is told on standard error, and is no line of the output" {
	run -1 --separate-stderr bash -c "printf '%s\n' '\"x\"' '{bad' '17' '{\"custom_id\":\"e\",\"error\":{\"code\":\"config\",\"message\":\"before\"}}' |
		'$FB_BIN/fb-shape' ${server[*]} --batch-format | cat; exit \${PIPESTATUS[1]}"
	jq -es 'length == 1 and .[0].custom_id == "1"' <<<"$output"
	# shellcheck disable=SC2154
	[ "${#stderr_lines[@]}" -eq 3 ]
	[[ ${stderr_lines[0]} == 'fb-shape: 2: input: not JSON'* ]]
	[[ ${stderr_lines[2]} == 'fb-shape: e: config: before'* ]]
	run -2 --separate-stderr fb fb-shape "${server[@]}" --batch-format </dev/null
	[ -z "$output" ]
	run -4 --separate-stderr fb fb-shape "${server[@]}" --batch-format -q <<<17
	[ -z "$output$stderr" ]
}

@test "--explain: of several bodies each says which it is, and a limit's new name is told" {
	two
	printf '[{"name":"f"}]' >tools
	fb fb-shape --explain -m p/a -m p/c --tools tools --csv -t '{{a}}' > out 2>err < <(printf 'id,a\nr1,x\nr2,y\n')
	sed 's/[0-9]* bytes/N bytes/; s/body [0-9]*/body N/' err | diff - <(cat <<-'END'
		fb-shape: line 2: r1 for p/a
		fb-shape: supportsTools: - tools
		fb-shape: supportsTools: - tool_choice
		fb-shape: body N -> N bytes
		fb-shape: line 2: r1 for p/c
		fb-shape: body N -> N bytes
		fb-shape: line 3: r2 for p/a
		fb-shape: supportsTools: - tools
		fb-shape: supportsTools: - tool_choice
		fb-shape: body N -> N bytes
		fb-shape: line 3: r2 for p/c
		fb-shape: body N -> N bytes
	END
	)
	# A fallback's body is one more.
	fb fb-shape --explain --fallbacks=p/c -m p/a -p x >out 2>err
	[ "$(grep -c '^fb-shape: 1 for p/[ac]$' err)" -eq 2 ]
	[ "$(grep -c '^fb-shape: body' err)" -eq 2 ]
	shape --explain -c maxTokensField=max_completion_tokens <<<'{"model":"m","messages":[],"max_tokens":5}'
	diff err - <<-'END'
		fb-shape: maxTokensField: - max_tokens
		fb-shape: maxTokensField: + max_completion_tokens
		fb-shape: body 42 -> 53 bytes
	END
}

@test "--route -: a route record may have blanks in it" {
	fb fb-config "${server[@]}" | jq . >spread
	fb fb-config "${server[@]}" | sed 's/^{"route":/ { "route" : /' >loose
	for routes in spread loose; do
		fb fb-shape --route - < <(cat $routes - <<<'"x"') >out
		shows '[.custom_id, .body.messages[0].content]' '["1","x"]'
	done
	run -2 --separate-stderr fb fb-shape --route - <<<'{ "routes" : 1 }'
	[[ $stderr == *'no route came'* ]]
}

# --- properties

# bodies - ready bodies of many kinds, one a line: messages, tools and fields in all combinations
bodies() {
	jq -cn '
		[{role: "system", content: "s"}, {role: "developer", content: [{type: "text", text: "d"}]}] as $heads |
		[{role: "user", content: "u"}, {role: "user", content: [{type: "text", text: "a"}, {type: "text", text: "b"}]},
			{role: "user", content: [{type: "text", text: "a"}, {type: "image_url", image_url: {url: "data:,"}}], name: "n"},
			{role: "user", content: []}, {role: "user", content: null}] as $users |
		[{role: "assistant", content: null, tool_calls: [{id: "c", type: "function", function: {name: "f", arguments: "{}"}}]},
			{role: "tool", tool_call_id: "c", content: [{type: "text", text: "r"}]}] as $turn |
		[{type: "function", function: {name: "f", parameters: {type: "object", properties: {p: {type: "string", pattern: "x", maxLength: 3000}}}}}] as $tools |
		$users[] as $user | [[], $heads[:1], $heads][] as $head | [[], $turn, [{role: "assistant", content: "a", reasoning_content: "t"}]][] as $more |
		[{}, {tools: $tools, tool_choice: "auto", parallel_tool_calls: true}, {temperature: 0.5, max_tokens: 3, store: true, stream: true,
			stream_options: {include_usage: true}, reasoning_effort: "low"}][] as $fields |
		{model: "m", messages: ($head + [$user] + $more + [$user])} + $fields'
}

# again [ARG]... - what becomes of the bodies on stdin
again() {
	fb fb-shape -q "${server[@]}" "$@" | jq -c 'if .error then error(.error.message) else .body end'
}

every_flag='requiresStringContent:=true supportsTools:=false strictMessageKeys:=true requiresToolResultName:=true
	requiresAssistantAfterToolResult:=true requiresThinkingAsText:=true requiresReasoningContentOnAssistantMessages:=true
	supportsStrictMode:=true supportsTemperature:=false supportsUsageInStreaming:=false supportsStore:=true
	supportsDeveloperRole:=true supportsReasoningEffort:=true maxTokensField=max_completion_tokens
	cacheControlFormat=anthropic toolSchemaProfile=llamacpp unsupportedToolSchemaKeywords:=["pattern","type"]'

@test "on a ready body each flag, and each two flags, applied twice are what they are once" {
	local all one two
	bodies | sed -n "1~3p" >bodies.jsonl
	[ "$(wc -l <bodies.jsonl)" -eq 45 ]
	read -ra all <<<"${every_flag//$'\n'/ }"
	for one in "${!all[@]}"; do
		for two in "${!all[@]}"; do
			[ "$two" -ge "$one" ] || continue
			again -c "${all[one]}" -c "${all[two]}" <bodies.jsonl >once
			again -c "${all[one]}" -c "${all[two]}" <once >twice
			cmp once twice || {
				echo "${all[one]} ${all[two]}"
				diff once twice | head -n 4
				return 1
			}
		done
	done
}

# bats test_tags=memory
@test "all flags together, twice, are what they are once; and remove or rename only what theirs is" {
	local set=() flag all
	bodies | sed -n '1~5p' >bodies.jsonl
	read -ra all <<<"${every_flag//$'\n'/ }"
	for flag in "${all[@]}"; do set+=(-c "$flag"); done
	again "${set[@]}" <bodies.jsonl >once
	again "${set[@]}" <once >twice
	cmp once twice
	jq -es 'all(.[]; (has("tools") or has("tool_choice") or has("parallel_tool_calls")) | not)' once
	jq -es 'all(.[].messages[]; keys - ["role", "content"] == [])' once
}

# bats test_tags=memory
@test "with no flag set a one-line body is byte for byte the same but for its model" {
	bodies >bodies.jsonl
	# Other spellings of the same: spaces, numbers, escapes, keys twice.
	{ cat bodies.jsonl && sed 's/":/" :  /g; s/,"/ , "/g' bodies.jsonl && sed 's/0\.5/5.0E-1/; s/"content"/"c\\u006fntent"/g; s/}$/,"n":1,"n":1.0,"x":12345678901234567890123,"y":"\\ud800\\\/"}/' bodies.jsonl; } >all.jsonl
	fb fb-shape -q "${server[@]}" <all.jsonl >out
	sed 's/^{"custom_id":"[0-9]*","method":"POST","url":"\/v1\/chat\/completions","body":\(.*\),"route":{"ref":"m","model":"m".*$/\1/' out | cmp - all.jsonl
	sed 's/"model"\( *\):\( *\)"m"/"model"\1:\2"a longer \\u006eame"/' all.jsonl >other.jsonl
	fb fb-shape -q "${server[@]}" <other.jsonl | cmp - out
}

@test "a member called body that is no object travels with the prompt" {
	fb fb-shape "${server[@]}" <<<'{"id":1,"prompt":"x","body":"a mail"}' | jq -e '.input == {"id":1,"body":"a mail"} and .body.messages[0].content == "x"'
	run -4 --separate-stderr fb fb-shape "${server[@]}" <<<'{"body":"a mail"}'
	[[ $stderr$output == *'body: an object is due'* ]]
}

@test "an empty custom_id names nothing: the ordinal is the id" {
	fb fb-shape "${server[@]}" <<<'{"custom_id":"","prompt":"x"}' | jq -e '.custom_id == "1"'
}
