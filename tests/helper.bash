# helper.bash - what every *.bats file loads:  load helper
#
# A file that has a setup or teardown of its own calls fb_setup or fb_teardown
# in it.
# shellcheck shell=bash

bats_require_minimum_version 1.5.0

FB_ROOT=$(cd "${BASH_SOURCE[0]%/*}/.." && pwd)
FB_BIN=${FB_BIN:-$FB_ROOT/build/bin}
case $FB_BIN in
/*) ;;
*) FB_BIN=$FB_ROOT/$FB_BIN ;;
esac
FB_SHARED=${FB_SHARED:-$FB_ROOT/../shared}
FB_PIDS=()
read -ra FB_PREFIX <<<"${FB_RUN:-}" || true
export FB_ROOT FB_BIN
# For what a test hands to `sh -c`; in the test itself use the function fb.
PATH=$FB_BIN:$PATH

# The user's own configuration, keys and proxies must not reach a test.
export HOME=${BATS_TEST_TMPDIR:-${BATS_FILE_TMPDIR:-/nonexistent}}
export XDG_CONFIG_HOME=$HOME/.config XDG_STATE_HOME=$HOME/.local/state
export XDG_CACHE_HOME=$HOME/.cache LC_ALL=C
unset FLUFFBUZZ_CONFIG_PATH FLUFFBUZZ_STATE_DIR FLUFFBUZZ_HOME \
	FLUFFBUZZ_INCLUDE_ROOTS FLUFFBUZZ_SHARE OPENAI_BASE_URL OPENAI_API_KEY \
	http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY \
	ALL_PROXY NO_PROXY SSL_CERT_FILE SSL_CERT_DIR CURL_CA_BUNDLE \
	NO_COLOR COLUMNS MAKEFLAGS MFLAGS MAKELEVEL

# fb PROG [ARG]... - runs one of our programs, with $FB_RUN (valgrind) in front.
# Not with & behind it: $! would be the pid of a subshell.
fb() {
	local prog=$1
	shift
	case $prog in
	# Scripts: valgrind would watch the shell.
	fb | fluffbuzz) "$FB_BIN/$prog" "$@" ;;
	*) "${FB_PREFIX[@]}" "$FB_BIN/$prog" "$@" ;;
	esac
}

# ... | same JSON, same JSON TEXT, or after a `run` same JSON (looks at $output).
# Neither the order of keys nor 1 against 1.0 matters; several values may stand
# one after the other.
same() {
	local want got text
	if [ $# -gt 1 ]; then
		text=$2
	elif [ -p /dev/stdin ] || [ -f /dev/stdin ]; then
		text=$(cat)
	else
		text=${output-}
	fi
	want=$(jq -cS . <<<"$1") || return
	got=$(jq -cS . <<<"$text") || {
		printf 'not JSON: %s\n' "$text"
		return 1
	}
	[ "$got" = "$want" ] || {
		printf ' got: %s\nwant: %s\n' "$got" "$want"
		return 1
	}
}

# start_mock [ARG]... - a model server of this test's own on a free port.  Sets
# MOCK (its base URL, no /v1), MOCK_PID, MOCK_LOG (a JSON line a request) and
# MOCK_OUT (what it printed).  Several may run; the variables are the last one's.
start_mock() {
	local dir=$BATS_TEST_TMPDIR/mock${#FB_PIDS[@]} tries=600
	mkdir -p "$dir"
	rm -f "$dir/ready" # of one that was stopped
	MOCK_LOG=$dir/log MOCK_OUT=$dir/out
	# Not by fb: $! would be a subshell's.  fd 3 is bats' own: bats waits
	# until everyone has closed it.
	"${FB_PREFIX[@]}" "$FB_BIN/fb-mock" --port 0 --ready-file "$dir/ready" --log "$MOCK_LOG" "$@" \
		>"$MOCK_OUT" 2>&1 </dev/null 3>&- &
	MOCK_PID=$!
	FB_PIDS+=("$MOCK_PID")
	until [ -s "$dir/ready" ]; do
		tries=$((tries - 1))
		if [ $tries -eq 0 ] || ! kill -0 "$MOCK_PID" 2>/dev/null; then
			echo "fb-mock did not get ready:"
			cat "$MOCK_OUT"
			return 1
		fi
		sleep 0.05
	done
	MOCK=$(cat "$dir/ready" "$MOCK_OUT" |
		sed -n 's,^[^#]*\(http://[^/ ]*\).*,\1,p' | head -n 1)
	export MOCK MOCK_LOG MOCK_OUT MOCK_PID
	[ -n "$MOCK" ]
}

# fb_end PID - ends what this test started; fails unless it ended as told to.
fb_end() {
	local status=0 i
	kill "$1" 2>/dev/null || true
	for ((i = 0; i < 100; i++)); do
		kill -0 "$1" 2>/dev/null || break
		[ $i -ne 10 ] || kill "$1" 2>/dev/null || true # fb-send waits for what is under way after the first
		sleep 0.05
	done
	if kill -9 "$1" 2>/dev/null; then
		echo "the process that this test started did not end when told to"
		return 1
	fi
	wait "$1" 2>/dev/null || status=$?
	case $status in
	0 | 143 | 137) ;; # 137: the test itself was that rude
	*) echo "the process that this test started ended with status $status" && return 1 ;;
	esac
}

# stop_mock - ends the last one started, and waits for its end.
stop_mock() {
	local n=${#FB_PIDS[@]} pid
	[ "$n" -gt 0 ] || return 0
	pid=${FB_PIDS[n - 1]}
	unset "FB_PIDS[n - 1]"
	fb_end "$pid" || {
		cat "$MOCK_OUT"
		return 1
	}
}

# conf - the example configuration with the mock's address, in use.
conf() {
	export FLUFFBUZZ_CONFIG_PATH=$BATS_TEST_TMPDIR/fluffbuzz.json
	sed "s,http://127\.0\.0\.1:8080/v1,${MOCK:-http://127.0.0.1:9}/v1," \
		"$FB_ROOT/share/examples/inferrs.json5" >"$FLUFFBUZZ_CONFIG_PATH"
}

# shared PATH - prints where that file of the shared cases is, or skips the test.
shared() {
	if [ ! -e "$FB_SHARED/$1" ]; then
		# In $(...) a skip would end the subshell only.
		[ "$BASH_SUBSHELL" -eq 0 ] && skip "no ../shared/$1 here (FB_SHARED=DIR says where)"
		kill -USR1 $$
		return 0
	fi
	printf '%s\n' "$FB_SHARED/$1"
}

# sanitized - are the programs built with a sanitizer?
sanitized() {
	[[ $FB_BIN == */san/* ]] || nm -D "$FB_BIN/fb-send" 2>/dev/null | grep -q __asan
}

# unchecked - skips the test under valgrind and the sanitizers, which have memory and
# an allocator of their own.
unchecked() {
	if [ -n "${FB_RUN:-}" ] || sanitized; then
		skip "valgrind and the sanitizers need memory of their own"
	fi
}

# traced - skips the test where strace can't look at our processes.
traced() {
	strace -qq -o /dev/null true 2>/dev/null || skip "strace can't trace here"
	# It and the leak checker exclude each other; valgrind looks for leaks.
	[ -z "${ASAN_OPTIONS:-}" ] || export ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0
}

fb_setup() {
	exec </dev/null # `same` tells by it that nothing is piped in
	trap 'skip "a shared case is not here (FB_SHARED=DIR says where)"' USR1
	cd "$BATS_TEST_TMPDIR" || return
}

fb_teardown() {
	local pid bad=0
	for pid in "${FB_PIDS[@]}"; do
		fb_end "$pid" || bad=1
	done
	FB_PIDS=()
	[ $bad -eq 0 ] || { cat "$BATS_TEST_TMPDIR"/mock*/out && return 1; }
}

setup() {
	fb_setup
}

teardown() {
	fb_teardown
}

# until_true COMMAND - waits, twelve seconds at most, until the command succeeds.
until_true() {
	local i
	for ((i = 0; i < 600; i++)); do
		if eval "$1"; then
			return 0
		fi
		sleep 0.02
	done
	echo "did not come true: $1"
	return 1
}

# asked - waits until the mock started last has a request: something is under way.
asked() {
	until_true "[ -s '$MOCK_LOG' ]"
}
