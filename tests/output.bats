# fb-parse: the forms in which answers come out; whatever the form, as many
# outcomes as replies.
# shellcheck disable=SC2317

load helper

# rec ID TEXT(JSON) [FINISH(JSON) [MEMBERS]] - a response record
rec() {
	printf '{"custom_id":"%s","response":{"status_code":200,"body":{"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":%s},"finish_reason":%s}],"usage":{"total_tokens":7}}},"error":null%s}\n' \
		"$1" "$2" "${3-\"stop\"}" "${4-}"
}

# failed ID [MEMBERS] - a record that failed in fb-send
failed() {
	printf '{"custom_id":"%s","error":{"code":"rate_limit","message":"429","stage":"send","retryable":true}%s}\n' "$1" "${2-}"
}

# refused STDERR-PATTERN ARG... - status 2, nothing on stdout, one line that fits, before any input is read
refused() {
	local want=$1
	shift
	rec a '"x"' >unread
	run -2 --separate-stderr fb fb-parse "$@" unread
	[ -z "$output" ]
	# shellcheck disable=SC2154 # run sets it
	[ "${#stderr_lines[@]}" -eq 1 ]
	# shellcheck disable=SC2053 # a pattern
	[[ $stderr == "fb-parse: "$want ]] || {
		echo "$stderr"
		return 1
	}
}

# --- -0, --lines

# bats test_tags=memory
@test "-0 ends each answer by NUL, a failure is an empty one: as many as outcomes" {
	{ rec a '"one\ntwo"' && failed b && rec c '"three\n"' && echo nonsense && rec d '"\u0001"'; } >records
	for option in -0 --null; do
		fb fb-parse "$option" records 2>/dev/null | cmp - <(printf 'one\ntwo\0\0three\n\0\0\001\0')
	done
	rec a '""' | fb fb-parse -0 2>/dev/null | cmp - <(printf '\0')
}

# bats test_tags=memory
@test "--lines prints each answer as one line, escaped, and an empty one for a failure" {
	{ rec a '"one\ntwo\r\t\\ \u0000\u001b\u007f\u0085\u2028\u2029 \u00e9\ud83d\ude00"' && failed b && rec c '"x\n"'; } >records
	fb fb-parse --lines records 2>/dev/null |
		cmp - <(printf '%s\n\n%s\n' 'one\ntwo\r\t\\ \x00\x1B\x7F\u0085\u2028\u2029 é😀' 'x\n')
	# What it escapes is what printf %b gives back.
	rec a '"a\\nb\n\u0007"' >one
	printf '%b' "$(fb fb-parse --lines one)" | cmp - <(printf 'a\\nb\n\a')
}

@test "-0 and --lines take a stream and events whole, also half of one" {
	{
		echo '{"custom_id":"1","event":{"choices":[{"index":0,"delta":{"content":"Hel"}}]}}'
		rec 1 '"Hello"'
		echo '{"custom_id":"2","event":{"choices":[{"index":0,"delta":{"content":"Hal"}}]}}'
	} >events
	fb fb-parse -0 events 2>/dev/null | cmp - <(printf 'Hello\0\0')
	fb fb-parse --lines events 2>/dev/null | cmp - <(printf 'Hello\n\n')
}

@test "options that are no use together are refused in the words typed" {
	refused '*-0*--lines*' -0 --lines
	refused '*-0*--json*' --json -0
	refused '*--lines*--live*' --lines --live
	refused '*--json*--envelope*' --json --envelope
	refused '*--json*--live*' --json --live
}

# --- --csv, --tsv

# bats test_tags=memory
@test "--csv prints a head, and a row for every outcome; of a failed one without the text" {
	{ rec a '"x, \"y\"\nz"' && failed b && rec c '""' && rec d '"ok"'; } >records
	run -1 fb fb-parse -q --csv custom_id,ok,text,usage.total_tokens,error.code,usage records
	[ "$output" = 'custom_id,ok,text,usage.total_tokens,error.code,usage
a,true,"x, ""y""
z",7,,"{""total_tokens"":7}"
b,false,,,rate_limit,
c,false,,7,empty,"{""total_tokens"":7}"
d,true,ok,7,,"{""total_tokens"":7}"' ]
	rec a '"tab\there"' | fb fb-parse --tsv custom_id,text | cmp - <(printf 'custom_id\ttext\na\t"tab\there"\n')
	# A failure's half of a text is none.
	printf 'data: {"choices":[{"delta":{"content":"half"}}]}\n\n' >half.sse
	fb fb-parse -q --csv custom_id,text,error.code half.sse | cmp - <(printf 'custom_id,text,error.code\n1,,truncated\n')
	# A row of one empty field is no blank line.
	failed b | fb fb-parse -q --csv text | cmp - <(printf 'text\n""\n')
}

# bats test_tags=memory
@test "--csv +text puts the input's columns first, also of rows before the first that has an input" {
	{
		failed z
		rec a '"A"' '"stop"' ',"input":{"n":12345678901234567890,"text":"mail, 1","o":{"p":[1, 2]}}'
		failed b ',"input":{"text":"mail 2","n":null}'
		rec c '"C"' '"stop"' ',"input":{"text":"t","more":1}'
		rec d '"D"' '"stop"' ',"input":{"more":2}'
	} >records
	run -1 --separate-stderr fb fb-parse --csv +text,ok records
	[ "$output" = 'n,text,o,result.text,ok
,,,,false
12345678901234567890,"mail, 1","{""p"":[1, 2]}",A,true
,mail 2,,,false
,t,,C,true
,,,D,true' ]
	[[ $stderr == *"warning: c: no column for its input's more"* ]]
	[ "$(grep -c warning <<<"$stderr")" -eq 1 ]
	# A second round has the first one's answers among its columns.
	rec a '"A"' '"stop"' ',"input":{"text":"q","result.text":"old"}' | fb fb-parse --csv +text |
		cmp - <(printf 'text,result.text,result.result.text\nq,old,A\n')
	# None has an input.
	{ failed z && rec a '"A"'; } >none
	run -1 fb fb-parse -q --csv +text none
	[ "$output" = 'text
""
A' ]
}

# inputs RECORDS MEMBERS - records whose input has so many members
inputs() {
	local i members
	members=$(seq -f '"c%.0f":1' -s, "$2")
	for ((i = 0; i < $1; i++)); do
		rec "$i" '"A"' '"stop"' ",\"input\":{$members}"
	done
}

@test "--csv +ok takes inputs of many members soon, 4096 columns at most" {
	inputs 20 4000 >records
	timeout "${FB_RUN:+1}20" "${FB_PREFIX[@]}" "$FB_BIN/fb-parse" -q --csv +ok records >rows
	[ "$(wc -l <rows)" -eq 21 ]
	[ "$(tail -n 1 rows | tr , '\n' | wc -l)" -eq 4001 ]
	inputs 6 32000 >records
	timeout "${FB_RUN:+1}20" "${FB_PREFIX[@]}" "$FB_BIN/fb-parse" --csv +ok records >rows 2>told
	[ "$(head -n 1 rows | tr , '\n' | tail -n 2 | paste -sd,)" = c4096,ok ]
	[ "$(tail -n 1 rows | tr , '\n' | wc -l)" -eq 4097 ]
	[ "$(grep -c "warning: 0: no column for its input's c4097" told)" -eq 1 ]
	[ "$(grep -c warning told)" -eq 1 ]
}

# bats test_tags=memory
@test "--csv +ok finds members in any order, of duplicates the last, and names with U+0000 or half a pair" {
	{
		rec a '"A"' '"stop"' ',"input":{"a\u0000b":1,"a\ufffdb":2,"a":3,"\ud83d":4,"":5,"a":6}'
		rec b '"B"' '"stop"' ',"input":{"":5,"\u0061":3,"\uD83D":4,"a\ufffdb":2,"a\u0000b":0,"a\u0000b":1}'
	} >records
	fb fb-parse -q --csv +ok records |
		cmp - <(printf '%s\n' 'a�b,result.a�b,a,"�",,ok' 1,2,6,4,5,true 1,2,3,4,5,true)
}

@test "what --csv printed is what fb-shape --csv reads" {
	{ rec a '"one\n\"two\""' '"stop"' ',"input":{"text":"q,1"}' && rec b '"3"' '"stop"' ',"input":{"text":"q2"}'; } >records
	fb fb-parse --csv +custom_id,text records >answers.csv
	fb fb-shape --base-url http://127.0.0.1:9/v1 -m m --csv answers.csv -t '{{result.text}}' |
		jq -r '.body.messages[0].content' | cmp - <(printf 'one\n"two"\n3\n')
}

@test "fields that no record can have are refused before anything is read" {
	refused '--csv: txt: no member*custom_id*' --csv custom_id,txt
	refused '--csv: a field without a name*' --csv ''
	refused '--csv: a field without a name*' --csv +
	refused '--tsv: a field without a name*' --tsv text,
	refused '--csv: usage.: a name is missing*' --csv usage.
	refused '--csv or --tsv*' --csv text --tsv text
	refused '--json or --csv*' --csv text --json
	refused '-0 or --csv*' --csv text -0
}

# --- --jq

# bats test_tags=memory
@test "--jq prints texts as they are and other values as compact JSON, of each record" {
	{ rec a '"one\ntwo"' && failed b && rec c '"C"'; } >records
	run -1 fb fb-parse -q --jq '.custom_id, .ok, {e: .error.code}' records
	[ "$output" = 'a
true
{"e":null}
b
false
{"e":"rate_limit"}
c
true
{"e":null}' ]
	fb fb-parse -q -0 --jq '.text' records | cmp - <(printf 'one\ntwo\0null\0C\0')
	fb fb-parse -q --lines --jq '.text // ""' records | cmp - <(printf 'one\\ntwo\n\nC\n')
	rec a '"x"' | fb fb-parse --jq 'empty' | cmp - /dev/null
	rec a '"n\u0000l"' | fb fb-parse --jq '.text' | cmp - <(printf 'n\0l\n')
}

@test "a record on which the program of --jq fails is a failure, and prints nothing" {
	{ rec a '"1"' && rec b '"x"' && failed c; } >records
	run -1 --separate-stderr fb fb-parse --jq '"before", (.text | tonumber)' records
	[ "$output" = $'before\n1' ]
	[[ ${stderr_lines[0]} == 'fb-parse: b: input: --jq: '*'x'* ]]
	[[ ${stderr_lines[1]} == 'fb-parse: c: rate_limit: 429'* ]]
	[ "${#stderr_lines[@]}" -eq 2 ]
	run -4 --separate-stderr fb fb-parse --jq 'error("no")' <<<"$(rec a '"1"')"
	[[ $stderr == 'fb-parse: a: input: --jq: no'* ]]
	fb fb-parse -q -0 --jq '.text | tonumber' records | cmp - <(printf '1\0\0\0')
	refused '--jq: syntax error*' --jq '.text |'
	refused '--jq: *nosuch*' --jq 'nosuch'
	refused '--csv or --jq*' --jq . --csv text
}

# --- --require-stop

# bats test_tags=memory
@test "answers that were cut are printed and counted; with --require-stop they are failures" {
	{ rec a '"A"' && rec b '"B"' '"length"' && rec c '"C"' null && rec d '"D"' '"length"' && failed e; } >records
	run -1 --separate-stderr fb fb-parse records
	[ "$output" = $'A\nB\nC\nD' ]
	[ "${stderr_lines[1]}" = 'fb-parse: 2 cut at max_tokens' ]
	[ "${#stderr_lines[@]}" -eq 2 ]
	run -0 --separate-stderr fb fb-parse -q <<<"$(rec b '"B"' '"length"')"
	[ -z "$stderr" ]
	run -1 --separate-stderr fb fb-parse --require-stop records
	[ "$output" = A ]
	[[ ${stderr_lines[0]} == 'fb-parse: b: length: '*max_tokens* ]]
	[[ ${stderr_lines[1]} == 'fb-parse: c: truncated: '*finish_reason* ]]
	[ "${#stderr_lines[@]}" -eq 4 ] # no count: they were told
	run -1 fb fb-parse -q --require-stop --csv custom_id,ok,error.code,error.retryable records
	[ "$output" = $'custom_id,ok,error.code,error.retryable\na,true,,\nb,false,length,false\nc,false,truncated,true\nd,false,length,false\ne,false,rate_limit,true' ]
	rec t '"T"' '"eos"' | fb fb-parse --require-stop | cmp - <(echo T)
	answer=$(rec t 'null,"tool_calls":[{"id":"1","function":{"name":"f","arguments":"{}"}}]' '"tool_calls"')
	run -0 fb fb-parse --require-stop <<<"$answer"
}

# --- --extract, --schema

# bats test_tags=memory
@test "--extract=json prints the JSON in each answer as one line; one without is a failure" {
	{
		rec a '"Here:\n```json\n{ \"a\" : [1, 2.0,\n 12345678901234567890], \"b\": \"x y\\n\" }\n```\nbye"'
		rec b '"no such thing"' && rec c '"[1]"' '"length"' && rec d '" true "' && failed e
	} >records
	run -1 --separate-stderr fb fb-parse --extract json records
	[ "$output" = '{"a":[1,2.0,12345678901234567890],"b":"x y\n"}
true' ]
	[[ ${stderr_lines[0]} == 'fb-parse: b: extract: '* && ${stderr_lines[1]} == 'fb-parse: c: length: '* ]]
	[ "${#stderr_lines[@]}" -eq 3 ]
	fb fb-parse -q -0 --extract=json records | cmp - <(printf '%s\0\0\0true\0\0' '{"a":[1,2.0,12345678901234567890],"b":"x y\n"}')
	fb fb-parse -q --extract=json --json records | jq -c 'select(.custom_id == "d" or .custom_id == "b") | [.ok, .text, .value, .error.code]' |
		cmp - <(printf '%s\n' '[false,"no such thing",null,"extract"]' '[true," true ",true,null]')
	fb fb-parse -q --extract=json --csv custom_id,value records | cmp - <(printf '%s\n' custom_id,value \
		'a,"{""a"":[1,2.0,12345678901234567890],""b"":""x y\n""}"' b, c, d,true e,)
	run -4 --separate-stderr fb fb-parse --extract json <<<"$(rec t 'null,"tool_calls":[{"id":"1","function":{"name":"f","arguments":"{}"}}]' '"tool_calls"')"
	[[ $stderr == 'fb-parse: t: extract: '*'tool call'* ]]
}

# bats test_tags=memory
@test "--schema: a value that doesn't fit is a failure that says where" {
	echo '{"type":"object","required":["n"],"properties":{"n":{"type":"number","minimum":1}}}' >s.json
	{ rec a '"```\n{\"n\": 1}\n```"' && rec b '"{\"n\":\"one\"}"' && rec c '"{}"'; } >records
	run -1 --separate-stderr fb fb-parse --schema s.json records
	[ "$output" = '{"n":1}' ]
	[[ ${stderr_lines[0]} == 'fb-parse: warning: schema: minimum is not looked at' ]]
	[[ ${stderr_lines[1]} == 'fb-parse: b: schema: $.n: '*number* ]]
	[[ ${stderr_lines[2]} == 'fb-parse: c: schema: $'*n* ]]
	[ "${#stderr_lines[@]}" -eq 3 ]
	fb fb-parse -q --schema s.json --jq '.value.n' records | cmp - <(printf '1\nnull\nnull\n')
}

@test "--schema: how deep the fault is, something is said of it" {
	jq -nc 'reduce range(100) as $i ({type: "number"}; {properties: {("k" * 50): .}})' >s.json
	rec a "$(jq -nc 'reduce range(100) as $i ("x"; {("k" * 50): .}) | tojson')" >records
	run -4 --separate-stderr fb fb-parse --schema s.json records
	[[ $stderr == "fb-parse: a: schema: \$.kkk"*... ]]
}

@test "a schema that is none, and options that --extract can't go with, are refused" {
	echo '{"type":' >cut.json && echo '{"type":5}' >bad.json
	refused '--schema: nosuch: No such file*' --schema nosuch
	refused '--schema: cut.json: not JSON: *' --schema cut.json
	refused '--schema: bad.json: *type*' --schema bad.json
	refused '--schema=-: *' --schema -
	refused '--extract: json is due: xml*' --extract xml
	refused '--live or --extract, *' --extract json --live
	refused '--live or --schema, *' --schema bad.json --live
}

# --- --split

# bats test_tags=memory
@test "--split writes each good answer to a file of its own, and nothing to stdout" {
	{ rec a '"A"' && rec b/c '"B\n"' && failed d && rec .hid '"{\"x\": 1}"'; } >records
	run -1 --separate-stderr fb fb-parse --split 'new/out/{id}.txt' records
	[ -z "$output" ]
	[[ $stderr == 'fb-parse: d: rate_limit: '* ]]
	[ "$(cd new/out && find . -type f | sort | tr '\n' ' ')" = './.hid.txt ./a.txt ./b/c.txt ' ]
	echo A | cmp - new/out/a.txt
	echo B | cmp - new/out/b/c.txt
	fb fb-parse -q --json --split 'j/{n}' records || [ $? -eq 1 ]
	[ "$(jq -r .custom_id j/1 j/2 j/4 | tr '\n' ' ')" = 'a b/c .hid ' ]
	[ ! -e j/3 ]
	fb fb-parse -q --extract json --split '{n}-{id}' records || [ $? -eq 1 ]
	echo '{"x":1}' | cmp - 4-.hid
	[ ! -e 1-a ]
	# A file that was there is replaced; one of a run is not.
	run -1 --separate-stderr fb fb-parse --split 'new/out/{id}.txt' <<<"$(rec a '"first"' && rec a '"second"')"
	[[ $stderr == 'fb-parse: a: input: --split: new/out/a.txt: '* ]]
	echo first | cmp - new/out/a.txt
}

# bats test_tags=memory
@test "--split: no id leads out of the directory" {
	mkdir -p out/real elsewhere
	ln -s ../elsewhere out/link
	ln -s ../elsewhere/file out/name
	echo old >elsewhere/file
	for id in ../x a/../../x /etc/x a//b a/ . .. ./x a/./b 'n\u0000l' link/x link/d/x name/x real; do
		rec "$id" '"evil"' >record
		run -4 --separate-stderr fb fb-parse --split 'out/{id}' record
		[[ $stderr == *': input: --split: out/'* ]] || {
			echo "$id: $stderr"
			return 1
		}
	done
	find out elsewhere x -name '*x' -o -name '.fb-parse*' >found 2>/dev/null || true
	[ ! -s found ] || { cat found && return 1; }
	# A link of the very name is replaced, not followed.
	rec name '"good"' | fb fb-parse --split 'out/{id}'
	[ "$(cat elsewhere/file)" = old ]
	[ ! -L out/name ]
	[ "$(cat out/name)" = good ]
	# The user's own part may be a link.
	ln -s elsewhere mine
	rec q '"good"' | fb fb-parse --split 'mine/{id}'
	[ "$(cat elsewhere/q)" = good ]
	rec "$(printf 'x%.0s' {1..300})" '"long"' >record
	run -4 fb fb-parse --split '{id}' record
}

@test "--split that can't write ends with 3; a template that can't be is refused" {
	echo file >f
	run -3 --separate-stderr fb fb-parse --split 'f/{id}' <<<"$(rec a '"A"')"
	[[ $stderr == 'fb-parse: a: input: --split: f/: '* ]]
	refused '--split: out: *{id} or {n}*' --split out
	refused '--split: out/{name}: *' --split 'out/{name}'
	refused '--split: out/{id: *' --split 'out/{id'
	refused '--split: out/{id}/: *' --split 'out/{id}/'
	refused '--split: {id}/../x: *' --split '{id}/../x'
	refused '--split or -o, *' --split '{id}' -o f
	refused '--split or --csv, *' --split '{id}' --csv text
	refused '--split or -0, *' --split '{id}' -0
	refused '--split or --envelope, *' --split '{id}' --envelope
}

# --- --save

# bats test_tags=memory
@test "--save appends the turns of good answers to a file that fb-shape --messages reads" {
	request=',"request":{"method":"POST","body":{"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":"Q"}]}}'
	rec a '"A\n1"' '"stop"' "$request" >one
	{ rec b '"B"' '"length"' "$request" && failed c "$request"; } >two
	fb fb-parse --save chat.jsonl one | cmp - <(printf 'A\n1\n')
	same '{"role":"user","content":"Q"} {"role":"assistant","content":"A\n1"}' "$(cat chat.jsonl)"
	cp chat.jsonl before
	run -5 fb fb-parse -q --require-stop --save chat.jsonl two
	cmp before chat.jsonl
	fb fb-parse --live --save chat.jsonl one | cmp - <(printf 'A\n1\n')
	[ "$(wc -l <chat.jsonl)" -eq 4 ]
	fb fb-shape --base-url http://127.0.0.1:9/v1 -m m --messages chat.jsonl -p next |
		jq -c '[.body.messages[].role]' | cmp - <(echo '["user","assistant","user","assistant","user"]')
}

@test "a turn that can't be saved is a failure, and its answer is not printed" {
	run -4 --separate-stderr fb fb-parse --save chat.jsonl <<<"$(rec a '"A"')"
	[ -z "$output" ]
	[ ! -e chat.jsonl ]
	[[ $stderr == 'fb-parse: a: input: --save: '*'fb-send --keep-request'* ]]
	mkdir dir
	rec a '"A"' '"stop"' ',"request":{"body":{"messages":[{"role":"user","content":"Q"}]}}' >one
	run -2 --separate-stderr fb fb-parse --save dir one
	[ -z "$output" ]
	[[ $stderr == 'fb-parse: a: input: dir: '* ]]
	refused '--save or *' --save chat.jsonl --split 'x/{id}'
	refused '--save or *' --save chat.jsonl --jq .text
	refused '--save=-: *' --save -
}

# --- --json, --envelope

# bats test_tags=memory
@test "--json has all choices when there are several, and what the model wrote for a call's arguments" {
	jq -c . >two <<-'EOF'
		{"choices":[{"index":0,"message":{"content":"A"},"finish_reason":"stop"},
		{"index":1,"message":{"content":"<think>hm</think>B"},"finish_reason":"length"},
		{"index":2,"message":{"content":"half"},"finish_reason":"content_filter"},
		{"message":{"content":null,"tool_calls":[{"id":"1","function":{"name":"f","arguments":"{ \"a\": 1.0 }"}}]},"finish_reason":"tool_calls"}]}
	EOF
	fb fb-parse --json two | tee out | jq -c '.text, [.choices[] | .error |= .code]' >got
	cat >want <<-'EOF'
		"A"
		[{"index":0,"text":"A","finish_reason":"stop","error":null},{"index":1,"text":"B","reasoning":"hm","finish_reason":"length","error":null},{"index":2,"text":"half","finish_reason":"content_filter","error":"content_filter"},{"index":3,"text":"","tool_calls":[{"id":"1","name":"f","arguments":{"a":1.0},"arguments_raw":"{ \"a\": 1.0 }"}],"finish_reason":"tool_calls","error":null}]
	EOF
	same "$(cat want)" "$(cat got)"
	grep -qF '"arguments":{ "a": 1.0 },"arguments_raw":"{ \"a\": 1.0 }"' out
	rec a '"A"' | fb fb-parse --json | jq -e 'has("choices") or has("value") | not'
}

@test "--envelope has the input's files where they are in its form" {
	inputs='{"files":[{"path":"a.png","mimeType":"image/png"}]}'
	rec a '"A"' '"stop"' ",\"attempts\":[{\"status\":503}],\"input\":$inputs" | fb fb-parse --envelope |
		jq -ce '.inputs == [{"path":"a.png","mimeType":"image/png"}] and .attempts == [{"status":503}] and .usage.total_tokens == 7'
	for inputs in '{"files":["a.png"]}' '{"files":[]}' '{"files":[{"path":"a"}]}' '{"files":7}'; do
		rec a '"A"' '"stop"' ",\"input\":$inputs" | fb fb-parse --envelope | jq -e 'has("inputs") | not'
	done
}

# --- --split and signals

@test "--split: a signal while a file is written leaves nothing under another name" {
	mkdir out
	{ printf '"' && head -c 40000000 /dev/zero | tr '\0' x && printf '"'; } >text
	{ rec a @ | sed 's/@.*//' | tr -d '\n' && cat text && rec a @ | sed 's/.*@//'; } >records
	caught=0
	# no INT: the shell lets a program in the background ignore it
	for when in 'TERM 0' 'TERM 0.002' 'TERM 0.005' 'TERM 0.01' 'HUP 0'; do
		"$FB_BIN/fb-parse" --split 'out/{id}' records 2>/dev/null 3>&- &
		pid=$!
		until compgen -G 'out/.fb-parse-*' >seen || ! kill -0 "$pid" 2>/dev/null; do :; done
		sleep "${when#* }"
		kill -s "${when% *}" "$pid" 2>/dev/null || true
		status=0
		wait "$pid" || status=$?
		[ ! -s seen ] || [ "$status" -eq 0 ] || caught=$((caught + 1))
		[ -z "$(find out -name '.*' -type f)" ]
		# what is there is whole
		[ ! -e out/a ] || [ "$(wc -c <out/a)" -ge 40000000 ]
		rm -f out/a
	done
	[ "$caught" -gt 0 ]
}

@test "--split: a file that may not grow that large is told, and nothing is left" {
	rec a "\"$(printf 'x%.0s' {1..20000})\"" >record
	mkdir out
	run -3 --separate-stderr bash -c 'ulimit -f 8; fb-parse --split "out/{id}" record'
	[[ $stderr == 'fb-parse: a: input: --split: out/a: '* ]]
	[ -z "$(ls -A out)" ]
}
