# Memory that runs out, one allocation after the other (tests/oom.c): fb-send
# never crashes, hangs, sends half a body or calls a loss a success.
# FB_OOM=all tries every allocation, else every fifth.
# shellcheck disable=SC2317

load helper

setup_file() {
	[ "$(uname -s)" = Linux ] || return 0
	"${CC:-cc}" -shared -fPIC -o "$BATS_FILE_TMPDIR/oom.so" "$FB_ROOT/tests/oom.c"
}

setup() {
	fb_setup
	case ${FB_RUN:-}$(nm -D "$FB_BIN/fb-send" 2>/dev/null | grep -c __asan) in
	0) ;;
	*) skip "valgrind and the sanitizers have an allocator of their own" ;;
	esac
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

# sweep ARG... - three requests, once for each allocation that can fail.
sweep() {
	local step=5 n max status good bad=0
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
		case $status in
		0) [ "$good" -eq 3 ] ;;
		1 | 2 | 3 | 4 | 5) [ -s said ] || [ "$good" -lt 3 ] ;;
		*) false ;;
		esac || {
			echo "allocation $n of $max: status $status, $good good, $(head -c 200 said)"
			bad=$((bad + 1))
		}
	done
	# what came at the server is what was sent, each byte of it
	jq -r .body "$MOCK_LOG" | sort -u >came
	jq -c '.body // .' requests | sort -u >due
	[ -s came ]
	comm -23 came due >strange
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
