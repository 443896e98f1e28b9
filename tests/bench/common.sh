# common.sh - what the benchmarks share: a place of their own, servers, data.
#
# Sourced by a script that defines `cannot WHY`, for what can't be measured; a
# function here that fails has called it.  The servers run on core 0, what is
# measured on core 1.
#
# FB_BIN: where the programs are, if not in build/bin.
# shellcheck shell=bash disable=SC2034,SC2154 # what it sets, its caller reads; and the other way round
set -u -o pipefail

script=${0##*/}
root=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd) || exit 2
bin=$(cd "${FB_BIN:-$root/build/bin}" 2>/dev/null && pwd) || bin=
[ -x "$bin/fb-send" ] || {
	echo "$script: no programs in ${FB_BIN:-$root/build/bin}: run make first" >&2
	exit 2
}
work=$(mktemp -d) || exit 2
tmp=$work helpers=$work/helpers
mkdir "$helpers" || exit 2
PATH=$bin:$PATH:/usr/sbin:/sbin:$helpers
pids=()

# The user's own configuration, keys and proxies have no part in this.
export HOME=$tmp LC_ALL=C
unset FLUFFBUZZ_CONFIG_PATH FLUFFBUZZ_STATE_DIR FLUFFBUZZ_HOME XDG_CONFIG_HOME XDG_STATE_HOME OPENAI_BASE_URL OPENAI_API_KEY \
	http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY SSL_CERT_FILE SSL_CERT_DIR CURL_CA_BUNDLE

at_server=() at_client=()
if taskset -c 0 true 2>/dev/null && taskset -c 1 true 2>/dev/null; then
	at_server=(taskset -c 0) at_client=(taskset -c 1)
fi

# stop - ends the servers that are there.
stop() {
	local pid
	for pid in "${pids[@]}"; do
		kill "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	pids=()
}
trap 'rm -rf "$work"' EXIT
trap 'exit 2' INT TERM

# need PROGRAM...
need() {
	local program
	for program; do
		command -v "$program" >/dev/null || cannot "no $program here" || return
	done
}

# helper NAME [LIBRARY] - compiles tests/bench/NAME.c; NAME is found in PATH then.
helper() {
	[ -x "$helpers/$1" ] || "${CC:-cc}" -O2 -std=c11 -D_DEFAULT_SOURCE -o "$helpers/$1" "$root/tests/bench/$1.c" ${2+"$2"} ||
		cannot "tests/bench/$1.c does not compile"
}

# server [ARG]... - an fb-mock; sets mock (its base URL, no /v1).
server() {
	local tries=200
	rm -f "$tmp/ready"
	"${at_server[@]}" fb-mock --ready-file "$tmp/ready" "$@" >"$tmp/mock.out" 2>&1 </dev/null &
	pids+=("$!")
	until [ -s "$tmp/ready" ]; do
		[ $((tries -= 1)) -gt 0 ] || cannot "fb-mock does not start: $(cat "$tmp/mock.out")" || return
		sleep 0.02
	done
	mock=$(sed 's,/v1$,,;q' "$tmp/ready")
	url=$mock/v1/chat/completions
}

# timed COMMAND... - sets wall and cpu, in seconds; $into: where its output goes.
timed() {
	local TIMEFORMAT='%R %U %S' told user sys
	told=$({ time "${at_client[@]}" "$@" 2>"$tmp/timed.err" 1>&3; } 3>"${into:-/dev/null}" 2>&1) ||
		cannot "$1 fails: $(tail -n 1 "$tmp/timed.err")" || return
	read -r wall user sys <<<"$told"
	cpu=$(calc "$user + $sys")
}

calc() {
	awk "BEGIN { printf \"%.6g\\n\", $1 }"
}

# instant [ARG]... - a server that answers at once, about 500 bytes.
instant() {
	server --reply 'A short answer of one sentence, as a model would give it.' "$@"
}

# requests N - request bodies of 1.1 KB in "$tmp/bodies", a line each; the first of them, without its end, in "$tmp/body".
requests() {
	helper gen || return
	gen requests "$1" >"$tmp/bodies"
	head -n 1 "$tmp/bodies" | tr -d '\n' >"$tmp/body"
}

# records N - the same as request records for $mock, in "$tmp/records".
records() {
	requests "$1" || return
	fb-shape -q --base-url "$mock/v1" -m m "$tmp/bodies" >"$tmp/records" || cannot "fb-shape fails"
}

# json TEXT - as a JSON string
json() {
	local text=${1//\\/\\\\}
	printf '"%s"' "${text//\"/\\\"}"
}

# about - the head of a table; sets stamp, the same for JSON lines: ,"date":..,"jq":..
about() {
	local jq curl date=${BENCH_DATE:-$(date -u +%Y-%m-%dT%H:%M:%SZ)}
	jq=$(jq --version 2>/dev/null || echo none)
	curl=$(curl --version 2>/dev/null | head -n 1 | cut -d ' ' -f 4)
	echo "# $jq, ${curl:-no libcurl}, $(nproc) cores${at_client[*]:+ (servers on 0, clients on 1)}, $date"
	stamp=",\"date\":$(json "$date"),\"jq\":$(json "$jq"),\"libcurl\":$(json "${curl#*/}"),\"cores\":$(nproc)"
}
