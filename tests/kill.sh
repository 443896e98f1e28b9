#!/bin/sh
# kill.sh [OPTION]... INPUT FILE COMMAND [ARG]... - kills a command that goes on
# where its FILE ends (fb-send --resume FILE) with signal 9, and runs it again.
# After each kill all lines of FILE but the last are whole, their ids are ids of
# INPUT, and those that were there before still are; after the last run FILE has
# each id of INPUT once, and no other file is left beside it.
#
# -e CALL[,CALL]: at each system call of these in turn, as it is made (strace);
#    the default is write
# -r N: N times at a random moment, in the time that a whole run takes
# -s: the COMMAND kills itself: it is run again until it doesn't
# -k N: kill N times, each run going on, before it may end (default 1)
# -l LOG, -j N: LOG gets a line for each request that is sent, and in it what
#    stands for {} in the COMMAND, which is another word for each run.  So a run
#    that is killed may have sent N requests whose records aren't in FILE, which
#    the next one sends again; one that isn't killed has sent none.
#
# The ids are the members custom_id of INPUT, else the line's number.  Prints
# how often it was killed, and what that cost; not 0 when a check failed: then
# FILE stays.
set -u

calls=write self=0 rounds=0 kills=1 log='' jobs=1
while getopts e:sr:k:l:j: opt; do
	case $opt in
	e) calls=$OPTARG ;;
	s) self=1 ;;
	r) rounds=$OPTARG ;;
	k) kills=$OPTARG ;;
	l) log=$OPTARG ;;
	j) jobs=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
input=$1 file=$2
shift 2

tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' INT TERM
killed=0 torn=0 run=0 began=
: >"$tmp/whole"
: >"$tmp/runs"	# of each run: its word, the records it added, whether it was killed

die() {
	echo "$when: $*" >&2
	exit 1
}

jq -r '.custom_id // input_line_number' "$input" | sort >"$tmp/due" || exit 1

# look - the ids of FILE's whole lines, in their order and sorted
look() {
	mv "$tmp/whole" "$tmp/before"
	: >"$tmp/whole"
	# wc counts the ends of lines.
	[ ! -e "$file" ] || head -n "$(wc -l <"$file")" "$file" | jq -r .custom_id >"$tmp/whole" 2>"$tmp/err" || die "a line that is no record: $(cat "$tmp/err")"
	sort "$tmp/whole" >"$tmp/ids"
	added=$(($(wc -l <"$tmp/whole") - $(wc -l <"$tmp/before")))
	head -n "$(wc -l <"$tmp/before")" "$tmp/whole" | cmp -s - "$tmp/before" || die "what was there isn't any more: $(diff "$tmp/before" "$tmp/whole" | head -n 3)"
}

# After a kill.
halves() {
	look
	[ ! -s "$file" ] || [ -z "$(tail -c 1 "$file" | tr -d '\n')" ] || torn=$((torn + 1))
	[ -z "$(uniq -d "$tmp/ids")" ] || die "twice: $(uniq -d "$tmp/ids" | head -n 3)"
	[ -z "$(comm -13 "$tmp/due" "$tmp/ids")" ] || die "not in the input: $(comm -13 "$tmp/due" "$tmp/ids" | head -n 3)"
}

# After a run that was let through.
whole() {
	[ "$1" -le 1 ] || die "exit status $1: $(head -n 3 "$tmp/out")"
	look
	cmp -s "$tmp/due" "$tmp/ids" || die "ids: $(diff "$tmp/due" "$tmp/ids" | head -n 3)"
	[ -z "$(tail -c 1 "$file" | tr -d '\n')" ] || die "its last line is torn"
	for left in "$file".*; do
		[ ! -e "$left" ] || die "$left is left"
	done
}

# try WHEN COMMAND... - a run that may be killed; 0 when it was
try() {
	when=$1 run=$((run + 1))
	shift
	for arg; do
		shift
		case $arg in
		*'{}'*) arg=${arg%%'{}'*}run-$run-${arg#*'{}'} ;;
		esac
		set -- "$@" "$arg"
	done
	{ "$@" <"$input" >"$tmp/out" 2>&1; } 2>/dev/null	# where the shell says "Killed"
	status=$?
	[ -z "$began" ] || lasted=$(($(now) - began))
	if [ $status -eq 137 ]; then
		killed=$((killed + 1))
		halves
		echo "run-$run- $added killed" >>"$tmp/runs"
		return 0
	fi
	whole $status
	echo "run-$run- $added" >>"$tmp/runs"
	return 1
}

# at_each CALL COMMAND... - killed at its first, at its second, until it makes no more
at_each() {
	call=$1 n=1
	shift
	while :; do
		begin
		k=1 hit=0
		while [ $k -le "$kills" ] && try "$call $n, run $k" strace -f -qq -o "$tmp/trace" -e "trace=$call" \
			-e signal=none -e "inject=$call:signal=SIGKILL:when=$n" "$@"; do
			k=$((k + 1)) hit=1
		done
		[ $hit -eq 1 ] || break
		try "after $call $n" "$@" && die "killed, by whom?"
		n=$((n + 1))
	done
	[ $n -gt 1 ] || die "$call was never made"
}

# Nothing is there yet.
begin() {
	rm -f "$file"
	: >"$tmp/whole"
}

# In microseconds.
now() {
	perl -MTime::HiRes=time -e 'printf "%.0f", 1e6 * time'
}

# kill_after SECONDS COMMAND... - and waits until it is gone, and its lock:
# timeout(1) doesn't.  The timer is stopped before perl ends: by then nobody
# would take the signal.
kill_after() {
	perl -MTime::HiRes=setitimer,ITIMER_REAL -e '
		$after = shift;
		$pid = fork // exit 126;
		exec @ARGV or exit 127 if !$pid;
		$SIG{ALRM} = sub { kill 9, $pid };
		setitimer(ITIMER_REAL, $after);
		1 while waitpid($pid, 0) < 0;
		setitimer(ITIMER_REAL, 0);
		exit($? & 127 ? 128 + ($? & 127) : $? >> 8)' "$@"
}

# at_random N COMMAND...
at_random() {
	last=$1
	shift
	begin
	began=$(now)
	try "a run that nobody kills" "$@" && die "killed, by whom?"
	took=$lasted
	n=1
	while [ $n -le "$last" ]; do
		begin
		k=1
		while [ $k -le "$kills" ]; do
			pause=$(awk -v seed=$((n * 1000 + k)) -v us="$took" 'BEGIN { srand(seed); printf "%.6f", 1e-6 * us * rand() }')
			began=$(now)
			try "after $pause s (kill $n, run $k)" kill_after "$pause" "$@" || {
				# The machine has more time for us than it had.
				[ $k -gt 1 ] || took=$lasted
				break
			}
			k=$((k + 1))
		done
		try "after kill $n" "$@" && die "killed, by whom?"
		n=$((n + 1))
	done
}

if [ $self -eq 1 ]; then
	while try "run $((run + 1))" "$@"; do
		:
	done
elif [ "$rounds" -gt 0 ]; then
	at_random "$rounds" "$@"
else
	for name in $(echo "$calls" | tr , ' '); do
		at_each "$name" "$@"
	done
fi
cost=
if [ -n "$log" ]; then
	# Counted at the end, when the server has read what the killed ones sent.
	when="in all"
	grep -o 'run-[0-9]*-' "$log" | cat - "$tmp/runs" | awk -v jobs="$jobs" '
		NF == 1 { sent[$1]++; next }
		{ more = sent[$1] - $2 }
		more < 0 { print "a run wrote " $2 " records, and " sent[$1] + 0 " of its requests are in the log"; bad = 1; exit 1 }
		more > (NF == 3 ? jobs : 0) {
			print $1 ": " more " requests without a record after a run that was" (NF == 3 ? " killed, " jobs " at once" : "n\047t")
			bad = 1
			exit 1
		}
		{ all += more; most = more > most ? more : most }
		END { if (!bad) print ", " all + 0 " sent again, at most " most + 0 " after a kill" }' >"$tmp/cost" || die "$(cat "$tmp/cost")"
	cost=$(cat "$tmp/cost")
fi
rm -f "$file"
echo "killed $killed times, $torn torn lines$cost"
