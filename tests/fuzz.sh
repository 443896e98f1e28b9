#!/bin/sh
# fuzz.sh DIR SECONDS [TARGET]... - runs the libFuzzer programs DIR/run/TARGET
# (default: all of tests/fuzz) that long each, several at once.  A line a target
# - runs, seconds, features, what was found - and "N passed, N failed" as the
# last.  Not 0 when something was found or nothing ran.
#
# They start from tests/fuzz/corpus-* and what earlier runs left in DIR/corpus;
# only DIR is written to.  What was found is in DIR/found, and is tried first
# until it is mended.  JOBS=N: that many at once (default: the processors).
#
# fuzz.sh --merge DIR [TARGET]...: the least files of DIR/corpus and tests/fuzz
# that reach all that those do, as DIR/merged/TARGET; what is worth it goes into
# tests/fuzz by hand.
set -u
here=$(dirname "$0")/fuzz
MAX=8192 # bytes an input may have

# Targets that take the corpus or the dictionary of another; else both are
# called after the target, and need not be there.
table() {
	cat <<'EOF'
# target|corpus|dictionary
compat|shape|shape
message|shape|shape
repeat|repeat|stream
route|route|config
sse|stream|stream
graft|graft|config
json5|json5|config
span|span|json
findjson|findjson|json
template|template|json
EOF
}

# Sets dict and seeds for target $1.
inputs() {
	row=$(table | grep "^$1|") || row="$1|$1|$1"
	row=${row#*|}
	seeds=$here/corpus-${row%|*}
	[ -d "$seeds" ] || seeds=
	dict=$here/${row#*|}.dict
	[ -e "$dict" ] || dict=
}

# The line of target $1: status $2, seconds $3, its findings $4.
judge() {
	awk -v name="$1" -v status="$2" -v seconds="$3" -v found="$4" '
	/^#[0-9]+[ \t]/ {
		runs = substr($1, 2) + 0
		for (i = 2; i < NF; i++)
			if ($i == "ft:")
				features = $(i + 1)
	}
	/^stat::number_of_executed_units:/ { runs = $2 }
	END {
		bad = status != 0 || found != "" || runs == 0
		printf "%s: %s: %d runs, %d s, %d features%s\n", bad ? "FAIL" : "ok", name,
		    runs, seconds, features, found == "" ? "" : ": " found
		if (bad && found == "")
			print "    status " status ", " runs + 0 " runs"
		exit bad
	}'
}

one() {
	inputs "$1"
	log=$DIR/$1.log
	mkdir -p "$DIR/corpus/$1" "$DIR/found/$1"
	began=$(date +%s)
	timeout -k 10 $((SECS + 300)) "$DIR/run/$1" ${dict:+"-dict=$dict"} -max_total_time="$SECS" \
		-timeout=10 -rss_limit_mb=2048 -max_len=$MAX -print_final_stats=1 \
		-artifact_prefix="$DIR/found/$1/" "$DIR/corpus/$1" "$DIR/found/$1" ${seeds:+"$seeds"} \
		>"$log" 2>&1 </dev/null
	status=$?
	found=$(find "$DIR/found/$1" -type f -newer "$DIR/started" | tr '\n' ' ')
	# An input of an earlier run that still fails is written anew, under the same name.
	if judge "$1" $status $(($(date +%s) - began)) "${found% }" <"$log" >"$log.report"; then
		good=1
	else
		good=0
		grep -E 'ERROR: |SUMMARY: |runtime error: |No such file' "$log" | head -n 3 | sed 's/^/    /' >>"$log.report"
		echo "    all it said: $log" >>"$log.report"
	fi
	echo "$good $((1 - good))" >"$log.count"
	cat "$log.report" # in one piece: others print too
}

merge() {
	for target; do
		inputs "$target"
		mkdir -p "$DIR/merged/$target" "$DIR/corpus/$target"
		"$DIR/run/$target" -merge=1 -max_len=$MAX "$DIR/merged/$target" ${seeds:+"$seeds"} \
			"$DIR/corpus/$target" >"$DIR/$target.merge.log" 2>&1 || return
		echo "$target: $(find "$DIR/merged/$target" -type f | wc -l) files"
	done
}

case ${1-} in
--one)
	one "$2"
	exit 0
	;;
--merge)
	what=merge
	shift
	DIR=$1
	shift
	;;
*)
	what=fuzz
	DIR=$1 SECS=$2
	shift 2
	case $SECS in
	'' | *[!0-9]* | 0*)
		echo "fuzz.sh: SECS=$SECS: wanted is a number of seconds, as in \`make fuzz SECS=20\`" >&2
		exit 2
		;;
	esac
	;;
esac
# shellcheck disable=SC2046 # names
[ $# -gt 0 ] || set -- $(find "$here" -name '*.c' | sed 's,.*/,,; s,\.c$,,' | sort)
if [ $what = merge ]; then
	merge "$@"
	exit
fi
export DIR SECS
rm -f "$DIR"/*.log "$DIR"/*.report "$DIR"/*.count
mkdir -p "$DIR/found"
touch "$DIR/started"
jobs=${JOBS:-$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)}
printf '%s\n' "$@" | xargs -P "$jobs" -I '{}' sh "$0" --one '{}'
# xargs may have lost one: each has to have left its counts.
for target; do
	[ -s "$DIR/$target.log.count" ] || echo "0 1" >"$DIR/$target.log.count"
done
cat "$DIR"/*.log.count | awk '
	{ good += $1; bad += $2 }
	END {
		printf "%d passed, %d failed\n", good, bad
		exit bad > 0 || good == 0
	}'
