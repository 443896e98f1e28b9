# fb-mock --sse: streams framed in all the ways that there are carry the same text.
# shellcheck disable=SC2317

load helper

chat=/v1/chat/completions
text='one, twö "three"\four 🙂 end'
body='{"model":"m","messages":[],"stream":true}'

# knob NAMES - a mock that frames so.
knob() {
	start_mock --reply "$text" --sse "$1"
}

raw() {
	curl -sN --max-time 20 "$MOCK$chat" -d "$body"
}

# The bytes on the wire, chunks and all.
wire() {
	exec 9<>"/dev/tcp/127.0.0.1/${MOCK##*:}"
	printf 'POST %s HTTP/1.1\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s' "$chat" ${#body} "$body" >&9
	timeout 10 cat <&9
	exec 9>&-
}

# What fb-send and fb-parse make of it.
through() {
	fb fb-send --base-url "$MOCK/v1" -m m --no-events -q --timeout 30 <<<"$body" | fb fb-parse
}

@test "every knob of the framing, alone and all together: the same text" {
	local k bad=0
	for k in crlf cr no-space multiline comments event-names ids bom split join huge no-last-blank close \
		crlf,no-space,multiline,comments,event-names,ids,bom,split,no-last-blank \
		cr,multiline,comments,ids,join,close cr,split,huge crlf,join,bom; do
		knob $k
		[ "$(through)" = "$text" ] || {
			echo "$k"
			bad=1
		}
		stop_mock
	done
	[ $bad -eq 0 ]
}

@test "crlf and cr end all lines so" {
	knob crlf
	raw >out
	run -1 grep -v $'\r$' out
	[ "$(head -n 2 out | tail -n 1)" = $'\r' ]
	knob cr
	raw >out
	[ "$(tr -dc '\n' <out | wc -c)" -eq 0 ]
	[ "$(tail -c 14 out)" = $'data: [DONE]\r\r' ]
}

@test "no-space, bom, event-names, ids, comments" {
	knob no-space
	raw | grep -q '^data:{'
	knob bom
	[ "$(raw | head -c 9)" = $'\xEF\xBB\xBFdata: ' ]
	[ "$(raw | grep -c $'\xEF\xBB\xBF')" -eq 1 ]
	knob comments,event-names,ids
	raw >out
	[ "$(head -n 6 out | cut -c 1-14 | paste -sd '|')" = ': fluff||id: 1|retry: 3000|event: message|data: {"id":"c' ]
}

@test "multiline data is JSON again once joined" {
	knob multiline
	raw >out
	[ "$(sed '/^$/q' out | grep -c '^data: ')" -gt 5 ]
	sed '/^$/q' out | sed 's/^data: //' | jq -e '.object == "chat.completion.chunk"'
	grep -q 'content":"one,"' out
}

# bats test_tags=memory
@test "split: chunks end in \"data:\" and in characters; join: a chunk has several events" {
	knob split
	wire >out
	grep -q $'^da\r$' out
	grep -q $'tw\xC3\r$' out
	knob join
	wire | tr -d '\r' >out
	# Of every size line the first event alone would be far less.
	sed '1,/^$/d' out | head -n 1 | grep -qx '0000[0-9a-f]*'
	[ "$(sed '1,/^$/d' out | awk '/^data: /{n++} /^0000/{if (n > m) m = n; n = 0} END {print m}')" -eq 3 ]
	raw | tail -n 2 | grep -qx 'data: \[DONE\]'
}

@test "huge: one event of over a megabyte" {
	knob huge
	raw >out
	[ "$(wc -c <out)" -gt 1048576 ]
	[ "$(awk 'length($0) > 1048576' out | wc -l)" -eq 1 ]
}

@test "no-last-blank: the stream ends in one line end; close: HTTP/1.0 and no chunks" {
	knob no-last-blank
	[ "$(raw | tail -c 14)" = $'\ndata: [DONE]' ]
	raw | tail -c 1 | cmp - <(echo)
	[ "$(raw | tail -c 15 | head -c 2 | od -An -c | tr -d ' ')" = '\n\n' ]
	knob close
	wire | tr -d '\r' >out
	[ "$(head -n 1 out)" = "HTTP/1.0 200 OK" ]
	run -1 grep -E '^(transfer-encoding|content-length)' out
	[ "$(tail -n 2 out)" = "data: [DONE]" ]
}

@test "a knob that there isn't is told with those that there are" {
	run -2 timeout 10 fb-mock --sse crlf,fluff
	[[ $output == "fb-mock: --sse: no such knob: fluff (there are: crlf, cr, "* ]]
	[ "${#lines[@]}" -eq 1 ]
}
