# What a model writes can't move a terminal's cursor, turn text round or reach
# the clipboard; and in a pipe not a byte of it is lost.
# shellcheck disable=SC2317

load helper

setup() {
	fb_setup
	command -v script >/dev/null && script -qec true /dev/null </dev/null >/dev/null 2>&1 || skip 'no script(1) here'
	command -v perl >/dev/null || skip 'no perl here'
}

# wild - what is tried, a JSON string token a line; each has a plain word before and behind
wild() {
	perl -e '
		sub token { print "\"begin", join("", map { sprintf $_ > 0xffff ? "\\u%04x\\u%04x" : "\\u%04x",
			$_ > 0xffff ? (0xd800 + (($_ - 0x10000) >> 10), 0xdc00 + ($_ & 0x3ff)) : $_ } @_), "end\"\n" }
		token 0 .. 255;
		token $_ for 0 .. 0x1f, 0x7f .. 0x9f, 0x61c, 0x200e, 0x200f, 0x2028 .. 0x202e, 0x2066 .. 0x2069;
		token map { ord } split //, $_ for "\e[2J", "\e[H\e[1A\e[31m", "\e]52;c;Y2FuYXJ5\a", "\e]0;title\e\\", "\x9b2J", "\x9d52;c;eA==\x9c",
			"\eP+q544e\e\\", "\ec", "\e#8", "\x0e\x0f\x05", "a\rb", "\r\n\r", "\b\b\b\x7f", "\e\e[\e]\x9b";
		token 0x202e, 0x1f600, 0x2066, 0x10ffff, 0xe0001, 0xfeff;
		# The same as they are, where JSON lets them stand so.
		print "\"begin\xc2\x9b2J\xe2\x80\xae\xc2\x85\x7f\xd8\x9cend\"\n"'
}

# harmless FILE [MARKS] - nothing in it that a terminal obeys but line ends and TAB; MARKS: nor our own dimming
harmless() {
	MARKS=${2-} perl -MEncode -0777 -ne '
		s/\r\n/\n/g;
		s/\e\[[02]m//g unless $ENV{MARKS};
		my $text = eval { decode("utf8", $_, Encode::FB_CROAK) };
		defined $text or print("bytes that are no UTF-8\n"), exit 1;
		$text =~ /([\0-\x08\x0b-\x1f\x7f-\x9f\x{61c}\x{200e}\x{200f}\x{2028}-\x{202e}\x{2066}-\x{2069}])/ or exit 0;
		printf "U+%04X: ...%s\n", ord $1, encode("UTF-8", substr($text, $-[0] < 40 ? 0 : $-[0] - 40, 80)) =~ s/[^ -~]/?/gr;
		exit 1' "$1"
}

# on_terminal ARG... - fb-parse there, on the file `in`; what is seen in `screen`
on_terminal() {
	# The user's own command, with what runs it (a checker) in front.
	script -qc "${FB_RUN:-} '$FB_BIN/fb-parse' $* in" /dev/null </dev/null >screen || true
	[ -s screen ]
}

# shown N ARG... - that, harmless; and each of N texts is seen to its end
shown() {
	local n=$1
	shift
	NO_COLOR=1 on_terminal "$@"
	harmless screen marks
	[ "$(grep -o begin screen | wc -l)" -ge "$n" ] && [ "$(grep -o end screen | wc -l)" -ge "$n" ] || {
		echo "$* shows $(grep -o begin screen | wc -l) of $n"
		return 1
	}
	grep -qF '^[' screen
	grep -qF '<U+009B>' screen
	grep -qF '<U+202E>' screen
	grep -qF 'a^Mb' screen # a return, shown
	on_terminal "$@"
	harmless screen
}

# records JQ - a response record a line of `tokens`, with what JQ says as its members; in the file `in`
records() {
	jq -c '{custom_id: "n", response: {status_code: 200, body: {choices: [{index: 0, message: {content: "x"}, finish_reason: "stop"}]}}, error: null} + '"$1" tokens >in
}

message() {
	records '{custom_id: "\(input_line_number)", response: {status_code: 200, body: {choices: [{index: 0, message: '"$1"', finish_reason: "stop"}]}}}'
}

# bats test_tags=memory
@test "in an answer's text" {
	wild >tokens
	message '{content: .}'
	shown "$(wc -l <tokens)"
	message '{content: [{type: "text", text: .}]}'
	shown "$(wc -l <tokens)"
	message '{content: null, refusal: .}'
	shown "$(wc -l <tokens)"
	# A body alone, as curl prints it.
	jq -c '{choices: [{index: 0, message: {content: .}, finish_reason: "stop"}]}' tokens >in
	shown "$(wc -l <tokens)"
}

@test "in reasoning, in its own member and in a block" {
	wild >tokens
	message '{content: "x", reasoning_content: .}'
	shown "$(wc -l <tokens)"
	message '{content: ("<think>" + . + "</think>x")}'
	shown "$(wc -l <tokens)"
}

@test "in ids" {
	wild >tokens
	records '{custom_id: .}'
	shown $(($(wc -l <tokens) - 1)) # the first answer has no head
	records '{custom_id: ., response: null, error: {code: "timeout", message: "x", stage: "send", retryable: true}}'
	head -n 9 in >some && tail -n 20 in | head -n 1 >>some && mv some in
	NO_COLOR=1 on_terminal
	harmless screen marks
	grep -q begin screen
}

@test "in messages and hints of errors, ours and a server's" {
	wild >tokens
	local n=0
	while read -r token; do
		n=$((n + 1))
		jq -c "{custom_id: \"\(input_line_number)\", response: null, error: {code: \"timeout\", message: ., hint: ., stage: \"send\", retryable: true}}" <<<"$token" >in
		jq -c '{error: {message: ., type: ., code: .}}' <<<"$token" >>in
		[ $((n % 7)) -eq 1 ] || [ -z "$FB_RUN" ] || continue
		NO_COLOR=1 on_terminal
		harmless screen marks
		grep -q 'begin.*end' screen
	done <tokens
	printf 'HTTP/1.1 502 \e[2Jbad\xc2\x9b\r\nContent-Type: text/plain\r\n\r\n\e]52;c;eA==\a' >in
	NO_COLOR=1 on_terminal
	harmless screen marks
}

@test "in tool calls" {
	wild >tokens
	for call in '{id: ., type: "function", function: {name: "f", arguments: "{}"}}' \
		'{id: "1", type: "function", function: {name: ., arguments: "{}"}}' \
		'{id: "1", type: "function", function: {name: "f", arguments: ({a: .} | tojson)}}'; do
		message "{content: null, tool_calls: [$call]}"
		NO_COLOR=1 on_terminal
		harmless screen marks
		grep -q begin screen
	done
}

@test "in a stream while it arrives, split at every place, as events and raw" {
	wild >tokens
	for member in content reasoning_content; do
		# A delta a character; of "\ud83d\ude00" each half.
		jq -c --arg member $member 'explode[] | {choices: [{index: 0, delta: {($member): [.] | implode}}]}' tokens >chunks
		printf '%s\n' '{"choices":[{"index":0,"delta":{"content":"\ud83d"}}]}' '{"choices":[{"index":0,"delta":{"content":"\ude00"}}]}' \
			'{"choices":[{"index":0,"delta":{"content":"\ud83d"}}]}' '{"choices":[{"index":0,"delta":{"content":"\u001b"}}]}' \
			'{"choices":[{"index":0,"delta":{"content":"[2J"},"finish_reason":"stop"}]}' >>chunks
		{ sed 's/^/data: /; s/$/\n/' chunks && printf 'data: [DONE]\n\n'; } >in
		shown "$(wc -l <tokens)"
		sed 's/.*/{"custom_id":"a","event":&}/' chunks >in
		shown "$(wc -l <tokens)"
	done
}

@test "in bytes that are no UTF-8, each half in a delta of its own" {
	for pair in '\xc2 \x9b2J' '\xe2\x80 \xae' '\xff \xfe' '\x9b \x9b' '\x80 \xc2'; do
		read -r one two <<<"$pair"
		# shellcheck disable=SC2059
		{
			printf "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"begin$one\"}}]}\n\n"
			printf "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"$two\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"
		} >in
		NO_COLOR=1 on_terminal
		harmless screen marks
		sed -n 's/^data: \({.*\)/{"custom_id":"a","event":\1}/p' in >events
		mv events in
		NO_COLOR=1 on_terminal
		harmless screen marks
	done
}

@test "--no-escape, and only that, lets them through" {
	wild >tokens
	message '{content: .}'
	on_terminal --no-escape
	grep -qF $'\e]52;c;Y2FuYXJ5\a' screen
	run -1 harmless screen
}

# --- and in a pipe

# through - JSON strings, a line each, as answers through fb-parse in a pipe, each ended once
through() {
	jq -c '{custom_id: "\(input_line_number)", response: {status_code: 200, body: {choices: [{index: 0, message: {content: .}, finish_reason: "stop"}]}}, error: null}' "$1" |
		fb fb-parse | cat >out
	jq -j 'if endswith("\n") then . else . + "\n" end' "$1" | cmp - out
}

@test "in a pipe every character is there" {
	wild >tokens
	through tokens
	perl -CO -e 'srand 11; for (1 .. 200) { my $s = ""; for (1 .. 50) { my $c = int rand(rand() < 0.5 ? 0x300 : 0x110000);
		$c = 0x2028 if $c >= 0xd800 && $c < 0xe000; $s .= chr $c } print $s =~ s/[\0-\x1f"\\]/sprintf "\\u%04x", ord $&/ger =~ s/^/"x/r, "\"\n" }' >tokens
	[ "$(wc -l <tokens)" -eq 200 ]
	through tokens
}

@test "the naughty strings come out as they went in: from a prompt to the answer" {
	local blns
	blns=$(shared cases/third-party/blns)
	# One of nothing but blanks is no prompt, and no answer.
	jq -c '.[] | select(test("^[ \t\r\n\u000b\f\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*$") | not)' "$blns/blns.json" >tokens
	[ "$(wc -l <tokens)" -ge 500 ]
	[ -z "$FB_RUN" ] || sed -i -n '1~16p' tokens
	through tokens
	start_mock
	conf
	jq -c '{prompt: .}' tokens | fb fb-shape -q --base-url "$MOCK/v1" -m m | fb fb-send -q -j 8 | fb fb-parse >out
	jq -j 'if endswith("\n") then . else . + "\n" end' tokens | cmp - out
	# And streamed, by -p.
	while read -r token; do
		jq -j . <<<"$token" >text
		fb fb-shape --base-url "$MOCK/v1" -m m -p "$(cat text)" </dev/null | fb fb-send | fb fb-parse >out
		{ printf %s "$(cat text)" && echo; } | cmp - out
	done < <(sed -n '1~25p' tokens)
}
