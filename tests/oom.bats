# Memory that runs out, one allocation after the other (tests/oom.c): fb-send
# never crashes, hangs, sends half a body or calls a loss a success, and says
# why it ends; the other programs give all of it or end with status 1 to 3.
# FB_OOM=all tries every allocation, else every fifth.
# shellcheck disable=SC2317

load helper
load data/serve

setup_file() {
	[ "$(uname -s)" = Linux ] || return 0
	"${CC:-cc}" -shared -fPIC -o "$BATS_FILE_TMPDIR/oom.so" "$FB_ROOT/tests/oom.c"
}

setup() {
	fb_setup
	unchecked
	[ -e "$BATS_FILE_TMPDIR/oom.so" ] || skip "the preload is for Linux"
	ulimit -c 0
	start_mock --reply 'hello there'
}

# one COUNT_OR_AT=VALUE ARG... - a run of fb-send with the preload.
one() {
	rm -f journal
	timeout 20 env "$1" LD_PRELOAD="$BATS_FILE_TMPDIR/oom.so" "$FB_BIN/fb-send" --retries 0 "${@:2}" \
		<requests >records 2>said
}

# answers FILE - the good records of it, less what differs from run to run.
answers() {
	grep '"error":null' "$1" | jq -cS 'del(.timing) | .response.body.id |= type | .response.body.created |= type' | sort -u
}

# sweep ARG... - three requests, once for each allocation that can fail.
sweep() {
	local step=5 n max status good bad=0
	rm -f whole
	one OOM_AT=0 "$@"
	[ ! -e journal ] || cp journal records
	answers records >due_answers
	[ "$(wc -l <due_answers)" -ge 1 ]
	[ "${FB_OOM:-}" != all ] || step=1
	one OOM_COUNT="$PWD/count" "$@"
	max=$(cat count)
	[ "$max" -gt 100 ]
	: >"$MOCK_LOG"
	for ((n = 1 + RANDOM % step; n <= max; n += step)); do
		status=0
		one OOM_AT=$n "$@" || status=$?
		[ ! -e journal ] || cp journal records
		good=$(grep -c '"error":null' records || true)
		grep '"error":null' records >>whole || true
		case $status in
		0) [ "$good" -eq 3 ] ;;
		1 | 2 | 3 | 4 | 5) [ -s said ] ;;
		*) false ;;
		esac || {
			echo "allocation $n of $max: status $status, $good good, $(head -c 200 said)"
			bad=$((bad + 1))
		}
	done
	# what came at the server is what was sent, each byte of it
	if [ -e replies/all ]; then
		grep -ao '{"model".*}' replies/all
	else
		jq -r .body "$MOCK_LOG"
	fi | sort -u >came
	jq -c '.body // .' requests | sort -u >due
	[ -s came ]
	comm -23 came due >strange
	# and a good record has all that it has otherwise
	answers whole | comm -23 - due_answers >>strange
	cat strange
	[ ! -s strange ] && [ $bad -eq 0 ]
}

bodies() {
	local i
	for i in 1 2 3; do
		printf '{"model":"m","messages":[{"role":"user","content":"%s"}],"stream":%s}\n' "$i" "$1"
	done
}

@test "oom: requests with a route" {
	bodies false | fb fb-shape --base-url "$MOCK/v1" -m m >requests
	sweep
}

@test "oom: streams, with events" {
	bodies true | fb fb-shape --base-url "$MOCK/v1" -m m >requests
	sweep --events
}

@test "oom: a journal" {
	bodies false | fb fb-shape --base-url "$MOCK/v1" -m m >requests
	sweep --resume journal --keep-request
}

@test "oom: while the configuration is read, by libjq too" {
	conf
	bodies false >requests
	sweep
}

@test "oom: no memory at all any more" {
	bodies false | fb fb-shape --base-url "$MOCK/v1" -m m >requests
	export OOM_REST=1
	sweep
}

# stage_sweep INPUT PROG ARG... - one of the programs that send nothing, from its first allocation on.
stage_sweep() {
	local in=$1 n max status rest bad=0 step=3
	shift
	[ "${FB_OOM:-}" != all ] || step=1
	env OOM_EARLY=1 OOM_COUNT="$PWD/count" LD_PRELOAD="$BATS_FILE_TMPDIR/oom.so" "$FB_BIN/$1" "${@:2}" <"$in" >usual
	max=$(cat count)
	for rest in '' OOM_REST=1; do
		for ((n = 1; n <= max; n += 1 + RANDOM % step)); do
			status=0
			timeout 20 env $rest OOM_EARLY=1 OOM_AT=$n LD_PRELOAD="$BATS_FILE_TMPDIR/oom.so" \
				"$FB_BIN/$1" "${@:2}" <"$in" >got 2>said || status=$?
			case $status in
			0) cmp got usual ;;
			1 | 2 | 3 | 4) [ "$(head -c ${#1} said)" = "$1" ] ;;
			*) false ;;
			esac || {
				echo "$*: allocation $n of $max $rest: status $status, $(head -c 200 said)"
				bad=1
			}
		done
	done
	return $bad
}

@test "oom: a stream of tool calls and reasoning, none of it lost" {
	serve
	stream answer <<-'END'
		{"id":"x","model":"a","choices":[{"index":0,"delta":{"reasoning":"r","reasoning_details":[{"a":1}]}}]}
		{"id":"x","model":"b","choices":[{"index":0,"delta":{"content":"t"},"logprobs":{"content":[{"token":"t"}]}}]}
		{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c0","type":"function","function":{"name":"add","arguments":{"a":"\n"}}}]}}]}
		{"choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"id":"c1","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"}],"usage":{"total_tokens":3}}
		[DONE]
	END
	bodies true | fb fb-shape --base-url "$SERVE/answer/v1" -m m >requests
	# serve.pl takes one connection after the other: one that libcurl leaves open holds up the rest
	sweep --first-byte-timeout 2
}

@test "oom: no temporary file of -o stays" {
	bodies false >bodies
	OOM_EARLY=1 OOM_COUNT="$PWD/count" LD_PRELOAD="$BATS_FILE_TMPDIR/oom.so" "$FB_BIN/fb-shape" -m m --base-url "$MOCK/v1" -o result bodies
	rm result
	run -3 env OOM_EARLY=1 OOM_AT=$(($(cat count) - 3)) OOM_REST=1 LD_PRELOAD="$BATS_FILE_TMPDIR/oom.so" \
		"$FB_BIN/fb-shape" -m m --base-url "$MOCK/v1" -o result bodies
	[ -z "$(find . -name 'result*')" ]
}

@test "oom: the programs around it: all of it, or one line and a status" {
	bodies false >bodies
	fb fb-shape --base-url "$MOCK/v1" -m m <bodies >requests
	fb fb-send requests >responses
	conf
	stage_sweep bodies fb-shape --base-url "$MOCK/v1" -m m
	stage_sweep bodies fb-shape
	stage_sweep responses fb-parse
	stage_sweep /dev/null fb-config
	stage_sweep /dev/null fb-config --check
	stage_sweep /dev/null fb-config --dump
	stage_sweep requests fb-send --curl
	echo '{env: {vars: {A: "a", B: "b"}}, agents: {defaults: {params: {seed: 1}}}}' >under.json5
	echo '{$include: "./under.json5", env: {vars: {B: "c", C: "d"}}}' >over.json5
	stage_sweep /dev/null fb-config --dump --config over.json5
}
