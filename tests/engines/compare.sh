#!/bin/bash
# compare.sh CASES BASE SCRIPTED - sends the captured requests of the cases (a
# regular expression of ENGINE/CASE) to the server at BASE, or, where the reply shows what
# a model was made to say, to that at SCRIPTED.  Prints a line for each
# difference, ENGINE/CASE MEMBER WANT GOT with tabs between, and at last how
# many cases there were.
set -u
here=$(dirname "$0")
cases=$here/../data/engines.jsonl
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

# The cases that were read off a source have no request: these would make them.
derived='{"200-chat": {"messages":[{"role":"user","content":"Hi"}]},
	"200-chat-tool": {"messages":[{"role":"user","content":"TOOL"}]},
	"200-stream-error": {"stream":true,"messages":[{"role":"user","content":"FAIL"}]},
	"200-stream-reasoning": {"stream":true,"messages":[{"role":"user","content":"THINK"}]},
	"400-context": {"messages":[{"role":"user","content":"more than eight words, that is to say nine"}]},
	"413-too-large": {"messages":[]}, "500-engine": {"messages":[]},
	"seed-422-tool-role": {"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"tool","content":"c"}]}}'

jq -c --arg cases "^($1)\$" --argjson derived "$derived" 'select(.engine + "/" + .case | test($cases)) |
	.case as $case | (.req // ($derived[$case] | if . then tojson else null end)) as $req |
	{engine, case, req: ($req // ""),
	method: (.meta.method // (if $req then "POST" else "GET" end)),
	path: (.meta.path // (if $req then "/v1/chat/completions"
		elif $case | test("health") then "/health" else "/v1/models" end)),
	ctype: (.meta.sent_content_type // "application/json"),
	key: (if $case | test("badauth") then "invalid" else "k" end),
	scripted: ((.body // "") | test("tool_calls|reasoning_content|\"content\":\"\"|Error: ")),
	want: {status: ((.meta.status_line // "" | split(" ")[1] // "0") | tonumber),
		type: .meta.content_type, body: (.body // "")}}' "$cases" >"$tmp/cases"

# Until somebody listens again: one that died is down for a while.
up() {
	local i
	for ((i = 0; i < 100; i++)); do
		curl -s -o "$tmp/health" "$1/health" && return
		sleep 0.02
	done
}

n=0
while IFS=$'\t' read -r method path ctype key base && IFS= read -r body <&8; do
	n=$((n + 1))
	[ "$base" = true ] && base=$3 || base=$2
	args=(-X "$method" -H "Content-Type: $ctype" -H "Authorization: Bearer $key")
	[ "$method" = POST ] && args+=(--data-raw "$body")
	head=$(curl -s "${args[@]}" -o "$tmp/reply.$n" -w '{"status":%{http_code},"type":"%{content_type}"}' \
		"$base$path")
	echo >>"$tmp/reply.$n"	# jq reads on over the end of a line that has none
	echo "${head/:000,/:0,}" >>"$tmp/heads"
	case $head in
	*:000,*) up "$base" ;;
	esac
done < <(jq -r '[.method, .path, .ctype, .key, .scripted] | @tsv' "$tmp/cases") 8< <(jq -r .req "$tmp/cases")

jq -cnR --argjson n "$n" --arg dir "$tmp/reply." '
	reduce inputs as $line ({}; .[input_filename] += [$line]) |
	range(1; $n + 1) as $i | (.[$dir + ($i | tostring)] // []) | join("\n")' "$tmp"/reply.* >"$tmp/replies"
jq -c '.want' "$tmp/cases" | jq -c -f "$here/shape.jq" >"$tmp/want"
paste -d, <(sed 's/^/[/' "$tmp/heads") <(sed 's/$/]/' "$tmp/replies") |
	jq -c '.[0] + {body: .[1]}' | jq -c -f "$here/shape.jq" >"$tmp/got"
paste -d, <(sed 's/^/[/' "$tmp/cases") "$tmp/want" <(sed 's/$/]/' "$tmp/got") | jq -r '
	.[0] as {$engine, $case} | .[1] as $want | .[2] as $got |
	($want + $got | keys[]) as $member |
	select($want[$member] != $got[$member]) |
	[$engine + "/" + $case, $member, ($want[$member] | tojson), ($got[$member] | tojson)] | join("\t")'
echo "$n cases"
