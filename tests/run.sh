#!/bin/sh
# run.sh [plain|faults|valgrind|sanitize] DIR TEST... - runs unit programs and *.bats
# files, several at once; prints what failed, what was skipped and why, and as
# the last line "N passed, N failed, N skipped".  Not 0 when a test failed or
# none ran.  DIR/bin has the programs; the logs go to DIR/tests-MODE.
#
# JOBS=N: that many at once (default: the number of processors).
# TAGS=TAG: only the bats tests that have it.
set -u
LIMIT=900 # seconds a file may take, so that a hang ends
PART=12   # tests: a larger file is run in parts, beside each other, or its end would be waited for

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

# A regex of the names of the tests of part $2 of $3 of file $1: each $3-th.  What
# may mean something to a regex or a shell stands for any text.
names() {
	awk -v part="$2" -v parts="$3" '
	/^@test / && ++n % parts == part - 1 {
		sub(/^@test +./, ""); sub(/.[ \t]*\{[ \t]*$/, "")
		gsub(/[^A-Za-z0-9 ]+/, ".+")
		regex = regex (regex == "" ? "" : "|") $0
	}
	END { print "^(" regex ")$" }' "$1"
}

# The files, those of many tests as "FILE PART PARTS" for each of their parts.
parts() {
	for test; do
		case $test in
		*.bats) n=$(grep -c '^@test ' "$test") ;;
		*) n=1 ;;
		esac
		of=$(((n + PART - 1) / PART)) i=1
		[ $of -gt 1 ] || echo "$test"
		while [ $of -gt 1 ] && [ $i -le $of ]; do
			echo "$test $i $of"
			i=$((i + 1))
		done
	done
}

# one FILE [PART PARTS]
one() {
	name=$(basename "$1")${2:+.$2}
	only=
	[ $# -eq 1 ] || only=$(names "$@")
	log=$LOGS/$name
	set -- "$1" ''
	command -v timeout >/dev/null && set -- "$1" "timeout -k 10 $LIMIT"
	case $1 in
	*.bats) set -- "$2" bats --tap --timing --print-output-on-failure ${TAGS:+--filter-tags "$TAGS"} \
		${only:+--filter "$only"} "$1" ;;
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
	shift
	# shellcheck disable=SC2086 # FILE PART PARTS
	one $1
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

[ $# -gt 0 ] && parts "$@" | xargs -P "$jobs" -I '{}' sh "$0" --one '{}'

faults=0
for file in "$LOGS"/faults/*; do
	[ -s "$file" ] || continue
	faults=$((faults + 1))
	echo "  FAIL: $mode found:"
	sed 's/^/        /' "$file" | head -n 60
done
# xargs may have lost a test: each has to have left its counts; and the parts of a
# file have to be all its tests.
for test; do
	log=$LOGS/$(basename "$test")
	if [ -s "$log.1.count" ]; then
		want=$(bats --count ${TAGS:+--filter-tags "$TAGS"} "$test")
		got=$(cat "$log".[0-9]*.tap | sed -n 's/^1\.\.//p' | awk '{ n += $1 } END { print n }')
		[ "$want" != "$got" ] || continue
		echo "  FAIL: $test: its parts have $got tests, it has $want"
	else
		[ ! -s "$log.count" ] || continue
		echo "  FAIL: $test: did not run to its end"
	fi
	faults=$((faults + 1))
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
