#!/bin/sh
# run.sh [plain|valgrind|sanitize] DIR TEST... - runs unit programs and *.bats
# files, several at once; prints what failed, what was skipped and why, and as
# the last line "N passed, N failed, N skipped".  Not 0 when a test failed or
# none ran.  DIR/bin has the programs; the logs go to DIR/tests-MODE.
#
# JOBS=N: that many at once (default: the number of processors).
# TAGS=TAG: only the bats tests that have it.
set -u
LIMIT=900 # seconds a file may take, so that a hang ends

# The counts and the complaints of one TAP stream; $1: exit status, $2: name.
judge() {
	awk -v status="$1" -v name="$2" '
	/^1\.\.[0-9]+/ { plan = substr($1, 4) + 0; planned = 1; next }
	/^ok / {
		run++; why = 0
		if (match($0, / # [Ss][Kk][Ii][Pp]/)) {
			skipped++
			print "  skip: " name ": " $0
		}
		next
	}
	/^not ok / { run++; failed++; why = 1; print "  FAIL: " name ": " $0; next }
	# What explains a failure follows it.
	why { print "        " $0 }
	END {
		if (!planned) {
			failed++
			print "  FAIL: " name ": no plan: it ended early, after " run + 0 \
			    " tests, status " status
		} else if (run != plan) {
			failed++
			print "  FAIL: " name ": " run + 0 " tests ran of " plan \
			    ", status " status (status == 124 ? " (took too long)" : "")
		} else if (status != 0 && !failed) {
			failed++
			print "  FAIL: " name ": all tests passed, but status " status
		}
		print "COUNT", run - failed - skipped < 0 ? 0 : run - failed - skipped, \
		    failed + 0, skipped + 0
	}'
}

one() {
	name=$(basename "$1")
	log=$LOGS/$name
	set -- "$1" ''
	command -v timeout >/dev/null && set -- "$1" "timeout -k 10 $LIMIT"
	case $1 in
	*.bats) set -- "$2" bats --tap --timing --print-output-on-failure ${TAGS:+--filter-tags "$TAGS"} "$1" ;;
	*) set -- "$2 ${FB_RUN:-}" "$1" ;;
	esac
	before=$1
	shift
	began=$(date +%s)
	# shellcheck disable=SC2086 # a prefix of several words
	$before "$@" >"$log.tap" 2>"$log.err" </dev/null
	judge $? "$name" <"$log.tap" >"$log.report"
	echo "$(($(date +%s) - began)) $name" >"$log.seconds"
	grep '^COUNT' "$log.report" >"$log.count"
	read -r _ good bad skip <"$log.count"
	{
		echo "$name: $good passed, $bad failed, $skip skipped"
		grep -v '^COUNT' "$log.report"
		[ "$bad" -eq 0 ] || sed 's/^/        stderr: /' "$log.err" | tail -n 30
	} >"$log.report2"
	cat "$log.report2" # in one piece: others print too
}

if [ "$1" = --one ]; then
	one "$2"
	exit 0
fi

mode=$1
case $2 in
/*) build=$2 ;;
*) build=$PWD/$2 ;;
esac
shift 2
LOGS=$build/tests-$mode
rm -rf "$LOGS"
mkdir -p "$LOGS/faults"
FB_BIN=$build/bin
TAGS=${TAGS-}
# What a checker finds goes to files, not to stderr: so a stage in the middle
# of a pipe is heard too, and tests of stderr still hold.
case $mode in
valgrind)
	TAGS=${TAGS:-memory}
	FB_RUN="valgrind -q --leak-check=full --errors-for-leak-kinds=definite,possible --error-exitcode=99 --log-file=$LOGS/faults/%p"
	;;
sanitize)
	ASAN_OPTIONS=exitcode=99:log_path=$LOGS/faults/asan
	UBSAN_OPTIONS=exitcode=99:print_stacktrace=1:log_path=$LOGS/faults/ubsan
	export ASAN_OPTIONS UBSAN_OPTIONS
	;;
esac
FB_RUN=${FB_RUN-}
export LOGS FB_BIN FB_RUN TAGS
jobs=${JOBS:-$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)}

[ $# -gt 0 ] && printf '%s\n' "$@" | xargs -P "$jobs" -I '{}' sh "$0" --one '{}'

faults=0
for file in "$LOGS"/faults/*; do
	[ -s "$file" ] || continue
	faults=$((faults + 1))
	echo "  FAIL: $mode found:"
	sed 's/^/        /' "$file" | head -n 60
done
# xargs may have lost a test: each has to have left its counts.
for test; do
	[ -s "$LOGS/$(basename "$test").count" ] && continue
	faults=$((faults + 1))
	echo "  FAIL: $test: did not run to its end"
done
cat "$LOGS"/*.count 2>/dev/null | awk -v faults=$faults '
	{ good += $2; bad += $3; skip += $4 }
	END {
		bad += faults
		if (good + bad + skip == 0)
			print "no test ran"
		printf "%d passed, %d failed, %d skipped\n", good, bad, skip
		exit bad > 0 || good == 0
	}'
