# common.sh - what the benchmarks share: servers, pairs, a line a value.
#
# Sourced by a script that has set TABLE, a row a value (GOAL|VALUE|IS|LIMIT|WHAT),
# defines for each goal a function of that name that measures all of its
# values, and ends with `measure "$@"`.
#
# Values are ratios of two things that were run in turn, or counts, for a
# machine's own speed says little.  The servers run on core 0, what is measured
# on core 1.  Status 0: all was measured; 1: a goal was missed, with
# BENCH_STRICT=1; 2: something could not be measured, and a line says why.
#
# FB_BIN: where the programs are, if not in build/bin.
# shellcheck shell=bash disable=SC2034 # what it sets, its caller reads
set -u -o pipefail

script=${0##*/}
root=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd) || exit 2
bin=$(cd "${FB_BIN:-$root/build/bin}" 2>/dev/null && pwd) || bin=
[ -x "$bin/fb-send" ] || {
	echo "$script: no programs in ${FB_BIN:-$root/build/bin}: run make first" >&2
	exit 2
}
PATH=$bin:$PATH:/usr/sbin:/sbin
tmp=$(mktemp -d) || exit 2
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
trap 'rm -rf "$tmp"' EXIT
trap 'exit 2' INT TERM

# cannot WHY - for what can't be measured; the goal's function returns with it.
cannot() {
	echo "$goal not measured: $1"
	return 1
}

# need PROGRAM...
need() {
	local program
	for program; do
		command -v "$program" >/dev/null || cannot "no $program here" || return
	done
}

# helper NAME [LIBRARY] - compiles tests/bench/NAME.c; "$tmp/NAME" is there then.
helper() {
	[ -x "$tmp/$1" ] || "${CC:-cc}" -O2 -std=c11 -D_POSIX_C_SOURCE=200809L -o "$tmp/$1" "$root/tests/bench/$1.c" ${2+"$2"} ||
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

# got VALUE N - stdin: a number a run; prints the row of $goal and VALUE.  (Median, smallest and largest alone give the same.)
got() {
	sort -g | awk -v goal="$goal" -v value="$1" -v n="$2" -v table="$TABLE" -v missed="$tmp/missed" '
	{ v[NR] = $1 + 0 }
	END {
		rows = split(table, row, "\n")
		for (i = 1; i <= rows; i++)
			if (split(row[i], f, "|") == 5 && f[1] == goal && f[2] == value) {
				m = NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2
				held = f[3] == "<=" ? m <= f[4] + 0 : m >= f[4] + 0
				printf "%s %s: %.2f (goal %s %s) [%.2f..%.2f], %s%s\n", goal, f[5], m, f[3], f[4], v[1], v[NR], n, held ? "" : " NOT HELD"
				if (!held)
					print goal >missed
			}
	}'
}

# pairs RUNS OF VALUE... -- ARG... - pair.c does it; VALUE: cpu, wall.
pairs() {
	local runs=$1 n="N=$1 pairs${2:+ of $2}" value values=()
	shift 2
	while [ "$1" != -- ]; do
		values+=("$1")
		shift
	done
	shift
	helper pair || return
	"${at_client[@]}" "$tmp/pair" "$runs" "$@" >"$tmp/pair.out" 2>"$tmp/pair.err" || cannot "$(tail -n 1 "$tmp/pair.err")" || return
	for value in "${values[@]}"; do
		# CPU  23 us  42 us  ratio 0.55  (0.50 to 0.61)
		awk -v w="$value" 'tolower($1) == w { gsub(/[()]/, ""); print $7; print $8; print $10 }' "$tmp/pair.out" | got "$value" "$n"
	done
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

# instructions VALUE INPUT PROGRAM [ARG]...
instructions() {
	local value=$1 input=$2
	shift 2
	valgrind --tool=callgrind --callgrind-out-file=/dev/null "$(command -v "$1")" "${@:2}" <"$input" >"$tmp/out.$value" 2>"$tmp/grind" ||
		cannot "$1 fails: $(tail -n 1 "$tmp/grind")" || return
	awk '/ Collected : / { print $4 / 1e6 }' "$tmp/grind" | got "$value" "N=1, exact"
}

# measure [GOAL]... - these, or all
measure() {
	local goals all failed=0
	goals=$(awk -F '|' 'NF == 5 && !seen[$1]++ { print $1 }' <<<"$TABLE")
	for goal; do
		grep -qx -e "$goal" <<<"$goals" || {
			echo "$script: no goal here: $goal; there are: ${goals//$'\n'/ }" >&2
			exit 2
		}
	done
	echo "# $(curl --version 2>/dev/null | head -n 1 | cut -d ' ' -f 1-4), $(jq --version), $(nproc) cores${at_client[*]:+, servers on 0, clients on 1}"
	[ $# -gt 0 ] || {
		mapfile -t all <<<"$goals"
		set -- "${all[@]}"
	}
	for goal; do
		# In a shell of its own: nothing is left of one goal when the next begins.
		(
			trap stop EXIT
			trap 'exit 2' INT TERM
			$goal
		) || failed=1
	done
	[ $failed -eq 0 ] || exit 2
	[ "${BENCH_STRICT:-0}" != 1 ] || [ ! -e "$tmp/missed" ]
}
