# What fb-parse makes of the captured replies, case by case: tests/data/engines.tsv
# and tests/data/parse.tsv, a row a case (tests/data/answers.jq makes one of a
# result).  A case without its row fails, and so does a row that no case needs.
# shellcheck disable=SC2317

load helper

data=$FB_ROOT/tests/data

# cases TABLE FILTER - writes each case of TABLE.jsonl as a file of the bytes
# that the filter gives, replies/001 and so on, and their names into `names`.
cases() {
	local line n=0
	mkdir -p replies
	jq -r "[(if .engine then .engine + \"/\" + .case else .name end), ($2)] | @base64" "$data/$1.jsonl" >list
	while read -r line; do
		n=$((n + 1))
		base64 -d <<<"$line" | jq -j '.[1]' >"replies/$(printf %03d $n)"
	done <list
	while read -r line; do base64 -d <<<"$line" | jq -r '.[0]'; done <list >names
}

# rows - results on stdin, in the order of `names`, as rows of a table.
rows() {
	jq -rn -L "$data" --rawfile names names 'include "answers"; ($names | split("\n")) as $name |
		foreach inputs as $result (-1; . + 1; . as $i | $result | row($name[$i]))'
}

# wanted TABLE - its rows without the reasons, those that are told of the wire left out.
wanted() {
	grep -v '^#' "$data/$1.tsv" | cut -f 1-8 | awk -F '\t' '$1 !~ / sent$/'
}

# wanted_sent TABLE - the same, where a case has two rows the one of the wire.
wanted_sent() {
	grep -v '^#' "$data/$1.tsv" | cut -f 1-8 | awk -F '\t' '
		{ name = $1; sub(/ sent$/, "", name) }
		!(name in row) { order[++n] = name }
		{ row[name] = name substr($0, length($1) + 1) }
		END { for (i = 1; i <= n; i++) print row[order[i]] }'
}

# parsed - what fb-parse says of all replies
parsed() {
	fb fb-parse -q --json replies/* >results || true
	rows <results
}

# answered - the same of what a server sends and fb-send takes
answered() {
	local reply
	for reply in replies/*; do
		start_mock --raw-reply "$reply"
		echo '{"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}]}' |
			fb fb-send --base-url "$MOCK/v1" -m m --retries 0 --no-events -q --timeout 20 |
			fb fb-parse -q --json || true
		stop_mock
	done >results
	rows <results
}

@test "engines.jsonl: what curl -i prints of each reply" {
	cases engines '(.http | split("\r\n\r\n")[0] | if . == "" then . else . + "\r\n\r\n" end) + (.body // "")'
	wanted engines >want
	parsed >got
	diff want got
	[ "$(wc -l <got)" -eq 154 ]
}

@test "engines.jsonl: the bytes of the wire, chunks and all" {
	cases engines .http
	wanted engines >want
	parsed >got
	diff want got
}

@test "engines.jsonl: the same bytes from a server, through fb-send" {
	cases engines .http
	wanted_sent engines >want
	answered >got
	diff want got
}

@test "engines.tsv: a row of the wire is there only where it is another" {
	wanted_sent engines >sent
	wanted engines >parsed
	n=$(diff parsed sent | grep -c '^>') || true
	[ "$n" -eq "$(grep -c '^[^	]* sent	' "$data/engines.tsv")" ]
}

@test "parse.jsonl: each reply, with its status and its type in front" {
	cases parse '.response | "HTTP/1.1 \(.status) \r\nContent-Type: \(.content_type)\r\n\r\n\(.body)"'
	wanted parse >want
	parsed >got
	diff want got
	[ "$(wc -l <got)" -eq 44 ]
}

# The outcome, the text, the calls and the message against the reference's.
@test "parse.tsv: a reason stands where the reference made something else of it, and only there" {
	cases parse '.response | "HTTP/1.1 \(.status) \r\n\r\n\(.body)"'
	fb fb-parse -q --json replies/* >results || true
	jq -rn --slurpfile cases "$data/parse.jsonl" '
		def theirs: .message | {ok: (.stopReason != "error"), end: .stopReason, message: (.errorMessage // ""),
			text: [.content[] | select(.type == "text").text] | join(""),
			reasoning: [.content[] | select(.type == "thinking").thinking] | join(""),
			calls: [.content[] | select(.type == "toolCall") | [.name, .arguments]]};
		def ours: {ok, message: (.error.message // ""), text: (.text // ""), reasoning: (.reasoning // ""),
			end: (if .ok | not then "error" elif (.tool_calls // []) != [] then "toolUse" else "stop" end),
			calls: [.tool_calls[]? | [.name, .arguments]]};
		foreach inputs as $result (-1; . + 1; . as $i | select(($cases[$i] | theirs) != ($result | ours)) |
			$cases[$i].name)' results >differ
	grep -v '^#' "$data/parse.tsv" | awk -F '\t' '$9 != "-" { print $1 }' >told
	diff told differ
}
