# stages.sh - the rows that need no server: the stages on many records, streams, starts.  run.sh reads it.
# shellcheck shell=bash disable=SC2034,SC2154 # see common.sh

G7() {
	helper gen && helper scanlines || return
	gen stream 400000 >"$tmp/stream"
	[ "$(fb-parse "$tmp/stream" | wc -w)" -ge 400000 ] || cannot "fb-parse prints too little" || return
	pairs 5 '' cpu -- fb-parse "$tmp/stream" :: scanlines "$tmp/stream"
}

# delayed WAY COMMAND... - sets us and late, of 1,000 pieces
delayed() {
	delay "$1" 1000 "${@:2}" >"$tmp/delay.out" 2>"$tmp/delay.err" ||
		cannot "$2: $(tail -n 1 "$tmp/delay.err" "$tmp/delay.out" | tr '\n' ' ')" || return
	read -r us _ late _ <"$tmp/delay.out"
}

# The programs run beside each other, on all cores.
G10() {
	local run base missed
	need curl && helper delay || return
	for run in 1 2 3; do
		delayed pipe cat || return
		base=$us missed=$late
		delayed pipe fb-parse --live || return
		calc "$us - $base" >>"$tmp/live"
		calc "($late - $missed) / 10" >>"$tmp/late"
		# shellcheck disable=SC2016 # delay sets it
		delayed server sh -c 'exec curl -sN -d "{}" "$DELAY_URL/chat/completions"' || return
		base=$us
		# shellcheck disable=SC2016
		delayed server sh -c 'fb-shape -q --base-url "$DELAY_URL" -m m -p x | fb-send --events | fb-parse --live' || return
		calc "$us - $base" >>"$tmp/send"
	done
	got live "3 pairs of 1,000 pieces" <"$tmp/live"
	got send "3 pairs of 1,000 pieces" <"$tmp/send"
	got late "3 pairs of 1,000 pieces" <"$tmp/late"
}

# CPU of a start, beside the least that a process costs.
G2() {
	local pipe=(-p 'Say hello to the world.' --no-stream) name
	export FLUFFBUZZ_CONFIG_PATH=$tmp/fluffbuzz.json5
	install -m 600 "$root/share/examples/inferrs.json5" "$FLUFFBUZZ_CONFIG_PATH"
	helper gen && gen replies 1 >"$tmp/reply" || return
	fb-config >"$tmp/route" || cannot "fb-config fails" || return
	pairs 100 '' config:cpu -- fb-config :: true && pairs 100 '' parse:cpu -- fb-parse "$tmp/reply" :: true || return
	PAIR_STDIN=$tmp/route pairs 100 '' shape:cpu -- fb-shape "${pipe[@]}" :: true
}

direct=(--base-url=http://127.0.0.1:9/v1 -m m)
shape=(fb-shape "${direct[@]}" -c requiresStringContent=true -c supportsTools=false)

# many KIND [N] - a file of them, 20,000 or N thousand; its name is printed
many() {
	helper gen >&2 || return
	[ -s "$tmp/$1-${2:-20}" ] || gen "$1" "${2:-20}000" >"$tmp/$1-${2:-20}"
	echo "$tmp/$1-${2:-20}"
}

G6() {
	local text='all(.content[]; .type == "text" and (.text | type) == "string")' program in
	program=".messages |= map(if (.content | type) == \"array\" and $text then .content |= (map(.text) | join(\"\\n\")) else . end)
		| del(.tools, .tool_choice, .parallel_tool_calls)"
	need jq && in=$(many requests) || return
	head -n 500 "$in" >"$tmp/some"
	cmp -s <("${shape[@]}" "$tmp/some" | jq -cS .body) <(jq -cS "$program" "$tmp/some") || cannot "fb-shape and jq do not shape alike" || return
	pairs 5 20,000 cpu -- "${shape[@]}" "$in" :: jq -c "$program" "$in"
}

G6b() {
	local in
	need jq && in=$(many prompts) || return
	pairs 7 20,000 cpu -- fb-shape "${direct[@]}" --lines "$in" :: jq -Rc '{model: "m", messages: [{role: "user", content: .}], stream: false}' "$in"
}

G9() {
	local requests prompts replies
	need jq && requests=$(many requests) && prompts=$(many prompts) && replies=$(many replies) || return
	pairs 3 '' shape:peak -- "${shape[@]}" "$requests" :: jq -c . "$requests" &&
		pairs 3 '' lines:peak -- fb-shape "${direct[@]}" --lines "$prompts" :: jq -c . "$requests" &&
		pairs 3 '' parse:peak -- fb-parse "$replies" :: jq -c . "$replies" &&
		pairs 3 '' json:peak -- fb-parse --json "$replies" :: jq -c . "$replies" &&
		pairs 3 '' shape-2:peak -- "${shape[@]}" "$(many requests 40)" :: "${shape[@]}" "$requests" &&
		pairs 3 '' lines-2:peak -- fb-shape "${direct[@]}" --lines "$(many prompts 40)" :: fb-shape "${direct[@]}" --lines "$prompts" &&
		pairs 3 '' parse-2:peak -- fb-parse "$(many replies 40)" :: fb-parse "$replies" &&
		pairs 3 '' json-2:peak -- fb-parse --json "$(many replies 40)" :: fb-parse --json "$replies"
}

# Not one of the goals: run by name.
parse() {
	local text='.response.body.choices[0].message.content' in
	need jq && in=$(many replies) || return
	cmp -s <(fb-parse "$in") <(jq -j "$text | if endswith(\"\n\") then . else . + \"\n\" end" "$in") || cannot "fb-parse and jq do not print the same" || return
	pairs 5 20,000 text:cpu -- fb-parse "$in" :: jq -r "$text" "$in" &&
		pairs 5 20,000 json:cpu -- fb-parse --json "$in" :: jq -c . "$in" &&
		pairs 5 20,000 csv:cpu -- fb-parse --csv custom_id,text "$in" :: jq -r "[.custom_id, $text] | @csv" "$in"
}
