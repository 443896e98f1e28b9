# fb-probe where things go wrong: servers that crash, weather, keys, bad input.
# shellcheck disable=SC2317,SC2120

load helper

probe() {
	fb fb-probe --base-url "$MOCK/v1" -m m "$@"
}

# server PROGRAM [ARG]... - starts it by perl; it prints its port.  Sets MOCK.
server() {
	rm -f port
	perl "$@" >port 2>/dev/null 3>&- &
	FB_PIDS+=($!)
	until_true '[ -s port ]'
	MOCK=http://127.0.0.1:$(cat port)
}

# served FILE - the bytes of FILE answer everything, by serve.pl; sets MOCK
served() {
	mkdir -p bytes
	cp "$1" bytes/any
	server "$FB_ROOT/tests/serve.pl" bytes
}

@test "status 2: what is wrong on the command line is told, and nothing is asked" {
	start_mock
	local args want
	while IFS='|' read -r args want; do
		echo "# $args"
		# shellcheck disable=SC2086
		run -2 --separate-stderr probe $args
		[ "$output" = '' ]
		# shellcheck disable=SC2154
		[[ $stderr == "fb-probe: "*"$want"* ]]
	done <<-'END'
		--rung nope|--rung: no such rung: nope (--rungs lists them)
		--rung|--rung: needs an argument
		--max-prompt 999|--max-prompt: from 1000 bytes to
		--max-prompt some|--max-prompt: bytes are due
		--max-prompt 99999999999|--max-prompt: from 1000 bytes to
		--timeout 0|--timeout: a number from 0.001
		--timeout soon|--timeout: a number from 0.001
		--wait -1|--wait: a number from 0
		operand|takes no operand: operand
		-m other|-m: one model at a time
		--write|--write and --base-url don't go together
		--nothing|unknown option --nothing
		-c supportsTools|KEY=VALUE is due
		-c supportsTool=false|no such compat flag
		-H nothing|a header is due
		--api-key-env NOT_SET|the variable NOT_SET is not set, or empty
	END
	[ ! -s "$MOCK_LOG" ]
}

@test "status 2: no configuration, a broken one, an unknown model, no key" {
	run -2 fb fb-probe
	[[ $output == *"there is no configuration at"* ]]
	start_mock
	conf
	run -2 fb fb-probe -m nobody/nothing
	[[ $output == "fb-probe: "*"nobody/nothing"* ]]
	sed -i 's/apiKey: "inferrs-local"/apiKey: "${NO_SUCH_KEY}"/' "$FLUFFBUZZ_CONFIG_PATH"
	run -2 fb fb-probe
	[[ $output == *"NO_SUCH_KEY"* ]]
	echo '{' >"$FLUFFBUZZ_CONFIG_PATH"
	run -2 fb fb-probe
	[[ $output == "fb-probe: "*"$FLUFFBUZZ_CONFIG_PATH:"* ]]
	[ ! -s "$MOCK_LOG" ]
}

@test "status 4: a wrong key, an unknown model, another protocol, no model server" {
	start_mock --profile openai --model there --api-key right-key-0123456789
	export KEY=wrong-key-0123456789
	run -4 probe --api-key-env KEY
	[[ $output == *$'\n'"chat "*"401 "*"the server refuses the key, or wants one: apiKey"$'\n'"..."*"not asked: chat failed" ]]
	[[ $output != *"compat"* ]]
	KEY=right-key-0123456789
	run -4 probe --api-key-env KEY
	[[ $output == *$'\n'"chat "*"404 The model \`m\` does not exist"*"GET /v1/models lists what the server has"* ]]
	start_mock
	run -4 fb fb-probe --base-url "${MOCK/http:/https:}/v1" -m m --json
	jq -es '.[0] | .error.code == "tls" and .verdict == "failed"' <<<"$output"
	run -4 fb fb-probe --base-url "$MOCK/v2" -m m
	[[ $output == *$'\n'"chat "*"404"* ]]
	printf 'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html><title>A router</title>log in</html>' >html
	served html
	run -4 probe
	[[ $output == *$'\n'"chat "*"an HTML page: A router"*"failed"* ]]
	stop_mock
	printf 'SSH-2.0-OpenSSH_9.2\r\n' >ssh
	served ssh
	run -4 probe
	[[ ${lines[0]} == "connect "*"failed"* ]]
	[ "${#lines[@]}" -eq 2 ]
}

@test "status 5: unknown host, a model still loading, too many requests; --wait waits" {
	run -5 fb fb-probe --base-url http://nowhere.invalid/v1 -m m
	[[ ${lines[0]} == "connect "*"unknown host name"* ]]
	start_mock --profile llamacpp --loading 100
	run -5 probe
	[[ $output == *$'\n'"chat "*"503 Loading model"* ]]
	start_mock --faults '429*'
	run -5 probe
	[[ $output == *$'\n'"chat "*"429 "*$'\n'"..."*"not asked: chat failed" ]]
	start_mock --profile llamacpp --loading 4
	run -0 probe --wait 10 --safe --json
	jq -es 'all(.verdict == "ok" or .verdict == "note" or .verdict == "left")' <<<"$output"
}

@test "status 3: a disk that is full, a file that can't be made; a reader that goes away" {
	start_mock
	run -3 probe -o "$BATS_TEST_TMPDIR/nowhere/file"
	status=0
	probe >/dev/full 2>err || status=$?
	[ "$status" -eq 3 ]
	grep -q '^fb-probe: standard output: ' err
	(probe 2>err2 || echo $? >status) | head -n 1 | grep -q ^connect
	[ ! -s status ] || grep -qx 141 status
	[ ! -s err2 ]
	run -0 probe -o file
	[ "$output" = '' ]
	[ "$(grep -c . file)" -eq 23 ]
}

@test "^C while a server is slow: 130, soon, and -o leaves no file" {
	start_mock --delay 60000
	# An interactive shell's: a background job would ignore SIGINT.
	perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' "${FB_PREFIX[@]}" "$FB_BIN/fb-probe" --base-url "$MOCK/v1" -m m -o file >out 2>err 3>&- &
	local pid=$! status=0 began=$SECONDS
	until_true "grep -q completions '$MOCK_LOG' 2>/dev/null"
	kill -s INT $pid
	wait $pid || status=$?
	[ "$status" -eq 130 ]
	[ $((SECONDS - began)) -lt 20 ]
	[ "$(find . -name 'file*')" = '' ]
}

@test "a terminal that goes away: 129, and -o leaves no file; nohup goes on" {
	local status=0
	start_mock --delay 60000
	perl -e '$SIG{HUP} = "DEFAULT"; exec @ARGV' "${FB_PREFIX[@]}" "$FB_BIN/fb-probe" --base-url "$MOCK/v1" -m m -o file >out 2>err 3>&- &
	local pid=$!
	until_true "grep -q completions '$MOCK_LOG' 2>/dev/null"
	kill -s HUP $pid
	wait $pid || status=$?
	[ "$status" -eq 129 ]
	[ "$(find . -name 'file*')" = '' ]
	stop_mock
	rm -f "$MOCK_LOG"
	start_mock --delay 300
	perl -e '$SIG{HUP} = "IGNORE"; exec @ARGV' "${FB_PREFIX[@]}" "$FB_BIN/fb-probe" --base-url "$MOCK/v1" -m m --rung chat -o file >out 2>err 3>&- &
	pid=$!
	until_true "grep -q completions '$MOCK_LOG' 2>/dev/null"
	kill -s HUP $pid
	wait $pid
	grep -q '^chat .*  ok' file
}

@test "a path with a line feed or an escape in it stays within the block's comment" {
	start_mock --profile strict-string
	mkdir "$(printf 'a\033[31m\nb')"
	conf
	export FLUFFBUZZ_CONFIG_PATH
	sed "s|http://127.0.0.1:[0-9]*|$MOCK|" "$FLUFFBUZZ_CONFIG_PATH" >"$(printf 'a\033[31m\nb')/c.json5"
	FLUFFBUZZ_CONFIG_PATH=$PWD/$(printf 'a\033[31m\nb')/c.json5
	run -1 fb fb-probe -c requiresStringContent=false --rung content-parts
	[[ $output != *$'\033'* ]]
	grep -q "^// .*/a^\[\[31m b/c.json5:[0-9]*: models" <<<"$output"
}

# bats test_tags=memory
@test "a key is nowhere in the output, even where the server repeats it" {
	local key=canary-key-0123456789 mode
	echo '{"text":"the key is '$key'","reasoning":"'$key'"}' >script
	start_mock --api-key $key --model $key --script script
	for mode in env config; do
		if [ $mode = env ]; then
			export KEY=$key
			set -- --base-url "$MOCK/v1" -m m --api-key-env KEY
		else
			conf
			sed -i "s/inferrs-local/$key/" "$FLUFFBUZZ_CONFIG_PATH"
			set --
		fi
		for more in '' -v --json '-v --json'; do
			# shellcheck disable=SC2086
			run -0 fb fb-probe "$@" $more
			[[ $output == *"the key is ****"* ]]
			[[ $output != *canary* ]]
		done
	done
	printf 'HTTP/1.1 422 No %s\r\nContent-Type: text/plain\r\nX-Key: %s\r\nConnection: close\r\n\r\n{"error":"%s"} %s' $key $key $key $key >bad
	served bad
	for more in '' -v --json; do
		# shellcheck disable=SC2086
		run -4 fb fb-probe --base-url "$MOCK/v1" -m m --api-key-env KEY $more
		[[ $output == *422* ]]
		[[ $output != *canary* ]]
	done
	[ "$(grep -c "Bearer $key" bytes/all)" -gt 3 ]
}

@test "a server that dies of a rung and comes back: it says so, and goes on" {
	start_mock --profile no-tools=crash
	run -1 probe --json
	jq -es 'map(select(.more // "" | test("the server died of it; it is back after 0\\.[0-9] s")) | .rung) == ["content parts","tools"]' <<<"$output"
	jq -es '.[-2] | .rung == "long prompt" and .verdict == "ok"' <<<"$output"
	# what killed it was sent once, and nothing else on that connection
	jq -s 'map(select(.body | test("\"tools\":|\"content\":\\["))) | length' "$MOCK_LOG" | grep -x 2
	stop_mock
	start_mock --faults 'ok*14,refuse(300),ok*'
	run -1 probe
	[[ $output == *$'\n'"tools "*"set compat.supportsTools: false; the server died of it; it is back after 0."* ]]
}

@test "what goes wrong once is no reason for a flag, and told" {
	local n fault
	for fault in json empty error reset 'cut(3)' 500 html 'redirect(http://127.0.0.1:9/)'; do
		for n in 4 5 13 14; do
			echo "# $fault $n"
			start_mock --faults "ok*$n,$fault,ok*"
			run -0 probe --json
			jq -es 'all(.set == null) and (map(select(.error != null)) | length == 1 and .[0].verdict == "note" and
				(.[0].more | contains("it went well when asked again")))' <<<"$output"
			stop_mock
		done
	done
}

@test "a server that fails at all from some moment on: no flag, and the rest isn't asked" {
	local fault
	for fault in json reset 500 'redirect(http://127.0.0.1:9/)'; do
		start_mock --faults "ok*5,$fault*"
		run -1 probe --json
		jq -es 'all(.set == null) and (map(select(.verdict == "failed")) | length == 1) and
			(map(select(.verdict == "left" and (.more | startswith("not asked:")))) | length > 5)' <<<"$output"
		stop_mock
	done
}

@test "streams that have no end: no stream says more then, and no flag is to blame" {
	start_mock --sse no-done,no-finish
	run -1 probe --json
	jq -es 'all(.set == null) and (map(select(.verdict == "failed") | .rung) == ["streaming"]) and
		(map(select(.more == "not asked: streaming failed") | .rung) == ["stream_options","tools, streamed"])' <<<"$output"
}

# until_tools - a server that answers until it is asked with tools, and then is no more; sets MOCK
until_tools() {
	cat >dies.pl <<-'END'
		use IO::Socket::INET;
		my $l = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 20) or die;
		$| = 1, alarm 100;
		print $l->sockport, "\n";
		while (my $c = $l->accept) {
			my $got = '';
			until ($got =~ /\r\n\r\n/ && length($got) >= $+[0] + ($got =~ /^content-length: *(\d+)/mi ? $1 : 0)) {
				sysread $c, $got, 65536, length $got or last;
			}
			exit if $got =~ /"tools"/;
			my $type = 'application/json';
			my $body = '{"choices":[{"index":0,"message":{"role":"assistant","content":"4"},"finish_reason":"stop"}]}';
			($type, $body) = ('text/plain', 'messages[0].content: invalid type: sequence, expected a string') if $got =~ /"content":\[/;
			my $status = $type =~ /json/ ? '200 OK' : '422 Unprocessable';
			print $c "HTTP/1.1 $status\r\nContent-Type: $type\r\nConnection: close\r\n\r\n$body";
			close $c;
		}
	END
	server dies.pl
}

@test "a server that dies and stays away: the rest isn't asked, what was found is told, within --wait" {
	until_tools
	local began=$SECONDS
	run -1 probe --json --wait 1
	[ $((SECONDS - began)) -lt 8 ]
	printf '%s\n' "$output" >out
	jq -es 'map(select(.rung == "tools"))[0] | .status == 0 and (.more | contains("isn'"'t"' back"))' out
	jq -es '[.[] | select(.rung == "tools, streamed" or .rung == "tool history" or .rung == "long prompt")] |
		length == 3 and all(.verdict == "left" and .request == null)' out
	jq -es '.[-1].compat == {"requiresStringContent":true,"supportsTools":false}' out
}

@test "weather is no reason for a flag: 429, 503, a reply that takes too long" {
	local n fault args
	for fault in 429 503 'stall(head)'; do
		for n in 4 5 12 13 14 15 16; do
			echo "# $fault $n"
			start_mock --faults "ok*$n,$fault,ok*"
			run -1 probe --json --timeout 0.3
			jq -es 'all(.set == null) and (map(select(.verdict == "failed")) | length == 1) and all(has("rung"))' <<<"$output"
			stop_mock
		done
	done
}

@test "a refusal of one rung names its own flag alone" {
	local n want
	while read -r n want; do
		start_mock --faults "ok*$n,400,ok*"
		run -1 probe --json
		jq -cs 'map(select(.set != null) | {(.rung): .set}) | add' <<<"$output" | same "$want"
		stop_mock
	done <<-'END'
		5 {"temperature":{"supportsTemperature":false}}
		9 {"message keys":{"strictMessageKeys":true}}
		12 {"json_schema":{"supportsJsonSchemaResponseFormat":false}}
		13 {"content parts":{"requiresStringContent":true}}
		14 {"tools":{"supportsTools":false}}
	END
}

@test "a server that hangs from some moment on: the rest isn't asked" {
	start_mock --faults 'ok*6,stall(head)*'
	run -1 probe --json --timeout 0.3
	jq -es 'all(.set == null) and (map(select(.verdict == "failed")) | length <= 2)' <<<"$output"
}

# picky REFUSED STATUS TEXT - a server that answers STATUS and TEXT to requests like the pattern REFUSED, "two" of two at once; sets MOCK
picky() {
	cat >picky.pl <<-'END'
		use Fcntl ':flock';
		use IO::Socket::INET;
		my $l = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 20) or die;
		my ($refused, $status, $text) = @ARGV;
		$| = 1, alarm 100;
		print $l->sockport, "\n";
		$SIG{CHLD} = 'IGNORE';
		while (my $c = $l->accept) {
			next if fork;
			my $got = '';
			until ($got =~ /\r\n\r\n/ && length($got) >= $+[0] + ($got =~ /^content-length: *(\d+)/mi ? $1 : 0)) {
				sysread $c, $got, 65536, length $got or last;
			}
			open my $lock, '>', 'lock' or die;
			my $alone = flock $lock, LOCK_EX | LOCK_NB;
			select undef, undef, undef, 0.2 if $alone && $refused eq 'two' && $got =~ /^POST/;
			my $streams = $got =~ /"stream":true/;
			my $type = $streams ? 'text/event-stream' : 'application/json';
			my $member = $streams ? 'delta' : 'message';
			my $body = qq({"choices":[{"index":0,"$member":{"role":"assistant","content":"4"},"finish_reason":"stop"}],"usage":{"prompt_tokens":50,"completion_tokens":1}});
			$body = "data: $body\n\ndata: [DONE]\n\n" if $streams;
			my $is_refused = $refused eq 'two' ? !$alone : $got =~ /$refused/;
			($type, $body) = ('text/plain', $text) if $is_refused;
			print $c 'HTTP/1.1 ', $is_refused ? $status : 200, " X\r\nContent-Type: $type\r\nConnection: close\r\n\r\n$body";
			exit;
		}
	END
	server picky.pl "$@"
}

@test "a server that refuses stream_options streams all the same: its own flag, not --no-stream" {
	picky '"stream_options"' 400 'Unrecognized request argument supplied: stream_options'
	run -1 probe --json --rung streaming --rung stream_options --rung tools-streamed
	jq -cs 'map([.rung,.verdict,.set])' <<<"$output" | same \
		'[["streaming","ok",null],["stream_options","set",{"supportsUsageInStreaming":false}],["tools, streamed","note",null],[null,null,null]]'
}

@test "parts that are lost where a template has more tokens than they: the counts of a plain chat tell" {
	local rungs
	picky none 200 ''
	for rungs in '' '--rung chat'; do
		# shellcheck disable=SC2086
		run -0 probe --json $rungs --rung content-parts
		jq -es '.[-1] | .verdict == "note" and .seen == "200, lost: 50 tokens, a plain chat has 50"' <<<"$output"
	done
}

@test "--write: a configuration in which the model moved meanwhile is left as it is" {
	start_mock --profile strict-string --delay 300
	printf '%s\n' "{models:{providers:{p:{baseUrl:\"$MOCK/v1\",models:[" '{id:"m",name:"M"},' '{id:"n",name:"N"},' ']}}}}' >c.json5
	awk 'NR == 2 { held = $0; next } { print } NR == 3 { print held }' c.json5 >moved
	fb fb-probe --config c.json5 -m p/m --rung chat --rung content-parts --write >out 2>err 3>&- &
	local pid=$! status=0
	until_true "grep -q completions '$MOCK_LOG' 2>/dev/null"
	cp moved c.json5
	wait $pid || status=$?
	[ "$status" -eq 2 ]
	grep -q 'c.json5: it was changed meanwhile, so it was left: run this again' err
	cmp moved c.json5
}

@test "no server at all is no reason for a flag, whatever is asked" {
	local rung
	MOCK=http://127.0.0.1:9
	for rung in temperature json_schema content-parts tools tool-history long-prompt; do
		run -5 probe --json --rung "$rung"
		jq -es 'length == 1 and .[0].verdict == "failed" and .[0].set == null and .[0].error.code == "connect"' <<<"$output"
	done
}

# dying PATTERN - a server that closes the connection of such a request, and is away for a while; sets MOCK
dying() {
	cat >dying.pl <<-'END'
		use IO::Socket::INET;
		my ($port, $l) = 0;
		$| = 1, alarm 100;
		sub up {
			$l = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $port, Listen => 20, ReuseAddr => 1) or die;
			$port = $l->sockport;
		}
		up;
		print $port, "\n";
		while (my $c = $l->accept) {
			my $got = '';
			until ($got =~ /\r\n\r\n/ && length($got) >= $+[0] + ($got =~ /^content-length: *(\d+)/mi ? $1 : 0)) {
				sysread $c, $got, 65536, length $got or last;
			}
			if ($got =~ /$ARGV[0]/) {
				close $c, close $l;
				select undef, undef, undef, 0.3;
				up;
				next;
			}
			my ($type, $member) = $got =~ /"stream":true/ ? ('text/event-stream', 'delta') : ('application/json', 'message');
			my $body = qq({"choices":[{"index":0,"$member":{"role":"assistant","content":"4"},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":1}});
			$body = "data: $body\n\ndata: [DONE]\n\n" if $member eq 'delta';
			print $c "HTTP/1.1 200 OK\r\nContent-Type: $type\r\nConnection: close\r\n\r\n$body";
			close $c;
		}
	END
	server dying.pl "$1"
}

@test "a server that dies of a rung thought harmless: it is waited for, and the flag is found" {
	local pattern want
	while read -r pattern want; do
		dying "$pattern"
		run -1 probe --json --rung chat --rung stream_options --rung temperature --rung message-keys --rung seed
		jq -cs 'map(select(.set != null) | .set) | add' <<<"$output" | same "$want"
		jq -es 'any(.more // "" | test("the server died of it; it is back")) and (map(.rung) | index("message keys") != null)' <<<"$output"
	done <<-'END'
		stream_options {"supportsUsageInStreaming":false}
		temperature {"supportsTemperature":false}
		annotations {"strictMessageKeys":true}
	END
}

@test "a server that takes one at a time: that is told, and is no failure" {
	picky two 503 'server busy'
	run -0 probe --json --rung two-at-once
	jq -cs 'map([.verdict,.advice])' <<<"$output" | same '[["note","one at a time: fb-send -j 1"]]'
	run -0 probe --json --rung chat
}
