# Bad input of every program: one line that says what and where, the status
# that DESIGN.md gives, no crash, no hang, no half line, no secret.
# shellcheck disable=SC2317

load helper
load data/serve

all='fb-config fb-shape fb-send fb-parse fb-probe fb-mock'
readers='fb-shape fb-send fb-parse'

# A configuration with a key that must not show up anywhere.
canary() {
	conf
	sed -i 's/inferrs-local/canary-key/' "$FLUFFBUZZ_CONFIG_PATH"
}

# briefly PROG [ARG]... - ends by itself within 20 s (120 under valgrind), or fails with 124
briefly() {
	local prog=$1
	shift
	timeout "${FB_RUN:+1}20" "${FB_PREFIX[@]}" "$FB_BIN/$prog" "$@"
}

# ends STATUS TEXT PROG [ARG]... - stdin is $in; one line on stderr with TEXT,
# whole lines on stdout, no key on either
in=/dev/null
ends() {
	local want=$1 text=$2 got=0
	shift 2
	briefly "$@" <"$in" >out 2>err || got=$?
	check "$want" "$text" "$got" "$*"
}

check() {
	[ "$3" -eq "$1" ] && [ "$(wc -l <err)" -eq 1 ] && grep -qF -- "$2" err && [ "$(head -c 3 err)" = fb- ] &&
		{ [ ! -s out ] || [ -z "$(tail -c 1 out)" ]; } && ! grep -q canary out err || {
		echo "$4: status $3 (expected $1), stderr (expected one line with: $2):"
		head -c 1000 err
		echo "stdout: $(head -c 300 out)"
		return 1
	}
}

# Every line of stdout is a record (where records come out).
all_json() {
	jq -e . out >/dev/null
}

@test "an unknown option, and an option without its argument" {
	canary
	for prog in $all; do
		ends 2 'unknown option --nonsense' "$prog" --nonsense
		ends 2 'unknown option -Z' "$prog" -Z
		[ ! -s out ]
	done
	ends 2 '-m: needs an argument' fb-config -m
	ends 2 'needs an argument' fb-shape --prompt
	ends 2 'needs an argument' fb-send --timeout
	ends 2 '-o: needs an argument' fb-parse -o
	ends 2 'needs an argument' fb-mock --port
	ends 2 '--timeout' fb-send --timeout 0
	ends 2 '--timeout' fb-send --timeout 1x
	ends 2 '--timeout' fb-send --timeout 99999999999999999999
	ends 2 'operand: x' fb-config x
}

# bats test_tags=memory
@test "a missing file, a directory for a file" {
	canary
	for prog in $readers; do
		ends 3 'no/such: No such file' "$prog" no/such
		ends 3 '.: Is a directory' "$prog" .
	done
}

@test "a directory for standard input" {
	canary
	in=.
	for prog in $readers; do
		ends 3 'standard input: Is a directory' "$prog"
	done
}

@test "a file that may not be read or written" {
	canary
	[ "$(id -u)" -ne 0 ] || skip 'root may read everything'
	echo '"x"' >locked
	chmod 0 locked
	mkdir closed
	chmod 500 closed
	for prog in $readers; do
		ends 3 'locked: Permission denied' "$prog" locked
		ends 3 'closed/out: Permission denied' "$prog" -o closed/out
	done
	chmod 700 closed
}

@test "-o into a directory that is not there, or onto a directory" {
	canary
	echo '{"choices":[{"message":{"content":"x"},"finish_reason":"stop"}]}' >reply
	for prog in fb-config fb-shape fb-send fb-parse; do
		ends 3 'no/such/file: No such file' "$prog" -o no/such/file
	done
	mkdir dir
	ends 3 'dir: ' fb-config -o dir
	ends 3 'dir: ' fb-parse -o dir reply
	[ -z "$(find . -name 'dir.*')" ]
}

@test "-o onto a pipe or a device never puts a file in its place" {
	canary
	mkfifo pipe
	exec 9<>pipe
	briefly fb-config -o pipe >out 2>err || true
	exec 9>&-
	[ -p pipe ]
	[ -z "$(find . -name 'pipe.*')" ]
}

@test "a name with control characters in it can't move the cursor, and is told in one line" {
	canary
	name=$'a\e[2Jb\nc\xc2\x9bd'
	ends 3 'No such file' fb-shape "$name"
	run -1 grep -q $'[\e\x9b]' err
	ends 2 'No such file' fb-shape -p x -f "$name"
	run -1 grep -q $'[\e\x9b]' err
	ends 2 'No such file' fb-shape -p "@$name"
	ends 2 'unknown option' fb-send "--$name"
	ends 2 '' fb-config "$name"
	ends 2 '' fb-config -m "$name"
	run -1 grep -q $'[\e\x9b]' err
}

@test "empty input is nothing to do, and the stage behind is told" {
	canary
	for prog in fb-shape fb-send; do
		ends 2 'input is empty' "$prog"
		jq -e '.error.code == "input" and (.error.message | test("empty"))' out
	done
	ends 2 'nothing came from the stage before' fb-parse
	[ ! -s out ]
	printf ' \n\t\r\n\n' >blank
	in=blank
	ends 2 'blank lines only' fb-shape
	ends 2 'blank lines only' fb-shape --lines
	ends 2 'blank lines only' fb-shape -0
	printf 'a,b\n\n' >heads
	in=heads
	ends 2 'a head line only' fb-shape --csv -t '{{a}}'
	in=blank
	ends 2 'input is empty' fb-send
	ends 2 'nothing came from the stage before' fb-parse
}

# A bad record: told by the last stage; the others put it into an error record.
# Here stdout is no pipe, so each of them tells.

@test "binary input" {
	canary
	perl -e 'srand 7; print pack "C*", map { int rand 256 } 1 .. 20000' | tr -d '\n{[:"' >noise
	printf '\0\0\0\0' >nul
	printf '"a\0b"\n' >inside
	printf '\x1f\x8b\x08\x00\x00\x00' >gzip
	for in in nul inside gzip noise; do
		for prog in fb-shape fb-send; do
			ends 4 ": 1: input: not JSON: " "$prog"
			all_json
			jq -e '.error.code == "input" and .custom_id == "1"' out
		done
		ends 4 'fb-parse: 1: ' fb-parse
		[ ! -s out ]
	done
	run -1 grep '[[:cntrl:]]' err
}

@test "noise over many lines: a record a line, and ten complaints and a count" {
	canary
	perl -e 'srand 7; print pack "C*", map { int rand 256 } 1 .. 20000' >noise
	for prog in fb-shape fb-send; do
		status=0
		briefly "$prog" <noise >out 2>err || status=$?
		[ "$status" -eq 4 ]
		all_json
		[ "$(wc -l <err)" -eq 11 ]
		tail -n 1 err | grep -q ' more$'
		run -1 grep '[[:cntrl:]]' err
	done
}

@test "a line of 100 MB" {
	canary
	head -c 104857600 /dev/zero | tr '\0' x >line
	{
		printf '"'
		head -c 104857598 line
		printf '"\n"after"\n'
	} >string
	rm line
	# The line behind it is a prompt still; to fb-send it is none.
	for prog in fb-shape fb-send; do
		status=0
		briefly "$prog" -q <string >out 2>err || status=$?
		[ "$status" -eq "$([ "$prog" = fb-shape ] && echo 1 || echo 4)" ]
		all_json
		jq -es 'length == 2 and .[0].error.code == "input" and (.[0].error.message | test("67108864"))' out
		[ ! -s err ]
	done
	briefly fb-shape -q <string | jq -es '.[1].body.messages[0].content == "after"'
	status=0
	briefly fb-parse <string >out 2>err || status=$?
	[ "$status" -eq 4 ]
	[ ! -s out ]
	[ "$(wc -c <err)" -lt 2000 ]
	{
		printf '{"choices":[{"message":{"content":'
		head -n 1 string
	} >record
	ends 4 '67108864' fb-parse record
}

# bats test_tags=memory
@test "10,000 nested brackets" {
	canary
	head -c 10000 /dev/zero | tr '\0' '[' >open
	(cat open && tr '[' ']' <open) >closed
	perl -e 'print "{\"a\":" x 10000, "1", "}" x 10000' >objects
	(printf '{"choices":[{"message":{"content":"x"},"finish_reason":"stop"}],"a":' && cat closed && echo '}') >reply
	for in in open closed objects reply; do
		for prog in $readers; do
			ends 4 'nested too deep' "$prog"
		done
	done
	(printf '{agents: ' && cat closed && echo '}') >config
	in=/dev/null
	ends 2 "$PWD/config:1:" fb-config --config config
	ends 2 "$PWD/config:1:" fb-shape --config config -p x
}

# Not under valgrind: its log takes the first descriptor that is free.
@test "standard input that is closed" {
	canary
	for prog in $readers; do
		got=0
		briefly "$prog" <&- >out 2>err || got=$?
		check 3 'standard input: ' "$got" "$prog"
	done
	briefly fb-config <&- | jq -e .route
	# It is not needed here.
	got=0
	briefly fb-shape -p x <&- >out 2>err || got=$?
	[ "$got" -eq 0 ]
	jq -e .body out
}

@test "standard output that is closed" {
	canary
	start_mock
	sed -i "s,http://127[^\"]*,$MOCK/v1," "$FLUFFBUZZ_CONFIG_PATH"
	echo '{"choices":[{"message":{"content":"x"},"finish_reason":"stop"}]}' >reply
	echo '{"messages":[]}' >body
	: >out
	while read -r args; do
		got=0
		# shellcheck disable=SC2086
		briefly $args >&- 2>err </dev/null || got=$?
		check 3 'standard output: ' "$got" "$args"
	done <<-'EOF'
		fb-config
		fb-shape -p x
		fb-send body
		fb-parse reply
		fb-parse --json reply
		fb-mock --port 0
	EOF
	# No answer to print, so nothing is lost.
	got=0
	briefly fb-parse >&- 2>err <body || got=$?
	[ "$got" -ge 2 ]
}

@test "standard error that is closed changes nothing else" {
	canary
	start_mock
	sed -i "s,http://127[^\"]*,$MOCK/v1," "$FLUFFBUZZ_CONFIG_PATH"
	printf '{"messages":[{"role":"user","content":"x"}]}\n{bad\n' >mixed
	got=0
	briefly fb-send <mixed >out 2>&- || got=$?
	[ "$got" -eq 1 ]
	all_json
	jq -es '.[0].response.body.choices[0].message.content == "x" and .[1].error.code == "input"' out
	got=0
	briefly fb-parse <out >text 2>&- || got=$?
	[ "$got" -eq 1 ]
	[ "$(cat text)" = x ]
	got=0
	briefly fb-config -m nosuch >out 2>&- || got=$?
	[ "$got" -eq 2 ]
}

@test "/dev/full" {
	[ -w /dev/full ] || skip 'no /dev/full here'
	canary
	start_mock
	sed -i "s,http://127[^\"]*,$MOCK/v1," "$FLUFFBUZZ_CONFIG_PATH"
	echo '{"choices":[{"message":{"content":"x"},"finish_reason":"stop"}]}' >reply
	echo '{"messages":[]}' >body
	: >out
	while read -r args; do
		got=0
		# shellcheck disable=SC2086
		briefly $args >/dev/full 2>err </dev/null || got=$?
		check 3 'standard output: No space left' "$got" "$args"
	done <<-'EOF'
		fb-config
		fb-shape -p x
		fb-send body
		fb-send --events body
		fb-parse reply
		fb-parse --json reply
		fb-parse --live reply
		fb-mock --port 0
	EOF
}

@test "when nothing more can be written, nothing more is sent" {
	[ -w /dev/full ] || skip 'no /dev/full here'
	start_mock
	conf
	yes '{"messages":[]}' | head -n 500 >many
	got=0
	briefly fb-send -j 1 many >/dev/full 2>err || got=$?
	[ "$got" -eq 3 ]
	[ "$(wc -l <"$MOCK_LOG")" -le 2 ]
}

@test "input that breaks off in a record" {
	canary
	printf '{"prompt":"x"}\n{"prompt":"y' >broken
	status=0
	briefly fb-shape <broken >out 2>err || status=$?
	[ "$status" -eq 1 ]
	all_json
	jq -es 'length == 2 and .[1].error.code == "input" and .[1].custom_id == "2"' out
	grep -q '^fb-shape: 2: input: not JSON: .*' err
}

@test "an endless stream of a server, and an endless input, are refused at their limits" {
	canary
	# 80 MB of JSON in one reply, 20 MB on one line of a stream.
	(printf '{"choices":[{"message":{"content":"' && head -c 80000000 /dev/zero | tr '\0' x) >reply
	ends 4 '67108864' fb-parse reply
	(printf 'data: {"choices":[{"delta":{"content":"' && head -c 20000000 /dev/zero | tr '\0' x) >reply
	ends 4 '16 MB' fb-parse reply
	(printf 'x' && head -c 80000000 /dev/zero | tr '\0' x) >reply
	ends 4 '64 MB' fb-parse reply
}

@test "100 MB of blanks, and of NUL bytes, are nothing or no JSON, soon" {
	canary
	head -c 100000000 /dev/zero >nul
	tr '\0' ' ' <nul >blanks
	for in in blanks nul; do
		for prog in $readers; do
			got=0
			briefly "$prog" -q <"$in" >out 2>err || got=$?
			[ "$got" -ge 2 ] && [ "$got" -le 4 ] || { echo "$prog $in: $got" && return 1; }
			[ "$(wc -c <out)" -lt 1000 ]
		done
	done
}

@test "memory stays flat: an endless line does not make a program grow" {
	unchecked
	canary
	fb fb-config >route
	for prog in 'fb-shape -q --route route' 'fb-send -q' 'fb-parse -q'; do
		echo "$prog"
		got=0
		# shellcheck disable=SC2086
		(ulimit -v 600000 && head -c 300000000 /dev/zero | tr '\0' x | timeout 20 $prog >out 2>err) || got=$?
		[ "$got" -ge 2 ]
		[ "$got" -le 4 ]
		[ "$(wc -c <out)" -lt 1000 ]
	done
}
