#!/bin/bash
# run.sh - how fast it is: each goal measured, a line a value.
#
#	make && tests/bench/run.sh [ROW]...	without names: G1 to G14, in less than four minutes
#
# Values are ratios of two things that were run in turn, or counts, for a
# machine's own speed says little.  Status 0; with BENCH_STRICT=1 it is 1 when
# a goal was missed, 2 when something could not be measured, and a line says why.
#
# BENCH_JSON: a file for the same as JSON lines.  BENCH_DATE: the date to put there.
# shellcheck disable=SC1091,SC2154 # what it reads sets what is not set here

# ROW|VALUE|IS|BUDGET|WHAT
TABLE='
G1|cpu|<=|0.45|CPU of fb-config, fb-shape, fb-send, fb-parse, one request / curl and jq -r
G1|wall|<=|0.45|the same, wall
G1b|cpu|<=|1.8|CPU of the four / curl alone
G1b|wall|<=|1.5|the same, wall
G2|config|<=|2.0|fb-config, CPU of one start / true
G2|parse|<=|2.0|fb-parse, CPU of one start / true
G2|shape|<=|2.0|fb-shape, CPU of one start / true
G3|cpu|<=|1.5|fb-send CPU a request / bare curl_multi
G4|rate|>=|0.25|fb-send requests a second / wrk -t1 -c32
G4b|cpu|<=|0.5|fb-send CPU a request / curl --parallel-max 32 -K
G5|wall|<=|1.10|fb-send wall, a server that takes 50 ms, 64 at once / ideal
G6|cpu|<=|0.35|fb-shape CPU, 20,000 bodies, text parts joined and tools dropped / jq, same program
G6b|cpu|<=|0.15|fb-shape --lines CPU, 20,000 prompts / jq -R, same bodies
G7|cpu|<=|6|fb-parse CPU, 100 MB of a stream to text / line scan
G8|peak|<=|24|fb-send MB at the most, 32 at once, 200,000 requests
G8|more|<=|1|the same, MB more than with 20,000
G9|shape|<=|1.0|fb-shape, memory at the most, 22 MB / jq -c .
G9|lines|<=|1.0|fb-shape --lines, 20,000 prompts / jq -c . on 22 MB
G9|parse|<=|1.0|fb-parse, 22 MB / jq -c .
G9|json|<=|1.0|fb-parse --json, 22 MB / jq -c .
G9|shape-2|<=|1.05|fb-shape, memory at the most, 44 MB / 22 MB
G9|lines-2|<=|1.05|fb-shape --lines, 40,000 / 20,000
G9|parse-2|<=|1.05|fb-parse, 44 MB / 22 MB
G9|json-2|<=|1.05|fb-parse --json, 44 MB / 22 MB
G10|live|<=|100|fb-parse --live, us that a piece of an answer takes more than through cat, 1,000 a second
G10|send|<=|100|fb-send and fb-parse --live, us more than curl -N
G10|late|<=|1|fb-parse --live, % of pieces not out before the next came in, more than through cat
G11|cpu|<=|1.3|fb-send CPU, 128 new TLS connections, all of the system'\''s authorities / one authority
G12|cpu|<=|0.6|fb-send CPU, one HTTPS request / curl
G13|config|<=|1.5|fb-config, M instructions of one start
G13|shape|<=|1.5|fb-shape, M instructions of one start
G13|parse|<=|1.5|fb-parse, M instructions of one start
G13|send|<=|18|fb-send, M instructions of one start with one request
G14|alone|<=|10|fb-send, 256 streams of 100 chunks a second, % of a core
G14|all|<=|10|the same, all of them watched (--events)
G14|one|<=|10|the same, one stream alone, watched
parse|text|<=|1.0|fb-parse CPU, 20,000 records / jq -r, the answers
parse|json|<=|1.0|fb-parse --json CPU, 20,000 records / jq -c .
parse|csv|<=|1.0|fb-parse --csv CPU, 20,000 records / jq -r @csv
'

here=${BASH_SOURCE[0]%/*}
source "$here/common.sh"
source "$here/send.sh"
source "$here/stages.sh"

# cannot WHY - for what can't be measured; the row's function returns with it.
cannot() {
	printf '%-6s not measured: %s\n' "$row" "$1"
	echo "{\"row\":\"$row\",\"value\":null,\"why\":$(json "$1")$stamp}" >>"$work/json"
	return 1
}

# got VALUE RUNS - stdin: a number a run (the median, the smallest and the largest alone give the same); prints the line of $row and VALUE.
got() {
	sort -g | awk -v row="$row" -v value="$1" -v n="$2" -v table="$TABLE" -v json="$work/json" -v stamp="$stamp" '
	function shown(x) { return sprintf(x < 10 ? "%.3f" : "%.1f", x) }
	{ v[NR] = $1 + 0 }
	END {
		rows = split(table, line, "\n")
		for (i = 1; i <= rows; i++)
			if (split(line[i], f, "|") == 5 && f[1] == row && f[2] == value)
				break
		m = NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2
		held = f[3] == "<=" ? m <= f[4] + 0 : m >= f[4] + 0
		printf "%-6s %8s %8s  %-8s %-18s %-25s %s\n", row, shown(m), f[3] " " f[4], held ? "held" : "NOT HELD",
			v[1] == v[NR] ? "" : shown(v[1]) ".." shown(v[NR]), n, f[5]
		gsub(/[\\"]/, "\\\\&", f[5])
		printf "{\"row\":\"%s\",\"name\":\"%s\",\"value\":%.6g,\"is\":\"%s\",\"budget\":%s,\"held\":%s,\"min\":%.6g,\"max\":%.6g,\"n\":\"%s\",\"what\":\"%s\"%s}\n",
			row, value, m, f[3], f[4], held ? "true" : "false", v[1], v[NR], n, f[5], stamp >>json
	}'
}

# pairs RUNS OF VALUE[:MEASURE]... -- ARG... - pair.c does it; MEASURE, by default VALUE: cpu, wall, peak.
pairs() {
	local runs=$1 n="$1 pairs${2:+ of $2}" value values=()
	shift 2
	while [ "$1" != -- ]; do
		values+=("$1")
		shift
	done
	shift
	helper pair || return
	"${at_client[@]}" pair "$runs" "$@" >"$tmp/pair.out" 2>"$tmp/pair.err" || cannot "$(tail -n 1 "$tmp/pair.err")" || return
	for value in "${values[@]}"; do
		# cpu  23 us  42 us  ratio 0.55  (0.50 to 0.61)
		awk -v w="${value#*:}" '$1 == w { gsub(/[()]/, ""); print $7; print $8; print $10 }' "$tmp/pair.out" | got "${value%:*}" "$n"
	done
}

# instructions VALUE INPUT PROGRAM [ARG]...
instructions() {
	local value=$1 input=$2
	shift 2
	valgrind --tool=callgrind --callgrind-out-file=/dev/null "$(command -v "$1")" "${@:2}" <"$input" >"$tmp/out.$value" 2>"$tmp/grind" ||
		cannot "$1 fails: $(tail -n 1 "$tmp/grind")" || return
	awk '/ Collected : / { print $4 / 1e6 }' "$tmp/grind" | got "$value" "exact"
}

rows=$(awk -F '|' 'NF == 5 && !seen[$1]++ { print $1 }' <<<"$TABLE")
wanted=$(printf '%s\n' "$@" | awk 'NF && !seen[$0]++')
unknown=$(grep -vxF -e "$rows" <<<"$wanted" | tr '\n' ' ')
[ -z "${unknown// /}" ] || {
	echo "$script: no row here: ${unknown% }; there are: ${rows//$'\n'/ }" >&2
	exit 2
}
: >"$work/json"
about
printf '%-6s %8s %8s  %-8s %-18s %-25s %s\n' row value budget '' 'smallest..largest' 'runs' 'what'
for row in ${wanted:-$(grep '^G' <<<"$rows")}; do
	# In a shell and a folder of its own: nothing is left of one row when the next begins.
	(
		trap 'stop; rm -rf "$tmp"' EXIT
		trap 'exit 2' INT TERM
		tmp=$work/$row
		export HOME=$tmp
		mkdir "$tmp" && "$row"
	) || { [ $? -eq 1 ] || exit 2; }
	grep -q "^{\"row\":\"$row\",\"value\":null" "$work/json" ||
		[ "$(grep -c "^{\"row\":\"$row\"," "$work/json")" -eq "$(grep -c "^$row|" <<<"$TABLE")" ] || cannot "not all of its values came"
done
held=$(grep -c '"held":true' "$work/json")
missed=$(grep -c '"held":false' "$work/json")
unmeasured=$(grep -c '"value":null' "$work/json")
echo "$held held, $missed missed, $unmeasured not measured"
[ -z "${BENCH_JSON:-}" ] || cp "$work/json" "$BENCH_JSON" || exit 2
[ "${BENCH_STRICT:-0}" = 1 ] || exit 0
[ "$unmeasured" -eq 0 ] || exit 2
[ "$missed" -eq 0 ]
