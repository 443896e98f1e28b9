#!/bin/bash
# peers.sh - fluffbuzz beside what else sends prompts to a server: one request,
# and a batch, 32 at once, to an fb-mock that answers at once with the prompt.
#
#	make && tests/bench/peers.sh
#
# All take request bodies, a line or a file each, and print the answers; those
# must be the same for all.  Each runs in turn with fluffbuzz; what is not
# installed is said and left out.  Status 2: one that is there could not be measured.
#
# BENCH_JSON: a file for the same as JSON lines.  BENCH_DATE: the date to put there.
# shellcheck disable=SC1091,SC2154,SC2317 # what it reads sets what is not set here; and it is called by name
batch=500

here=${BASH_SOURCE[0]%/*}
source "$here/common.sh"
trap 'stop; rm -rf "$work"' EXIT

cannot() {
	printf '%-8s%-18s not measured: %s\n' "$case" "$client" "$1"
	return 1
}

# A client sets cmd, as pair.c takes it: standard input has the names of files with a body each, $bodies all of them, $n how many.
headers=(-H 'Content-Type: application/json' -H 'Accept: application/json')
text='.choices[0].message.content'

fluffbuzz() {
	cmd=(fb-shape -q --base-url "$mock/v1" -m m "$bodies" '|' fb-send -j 32 '|' fb-parse)
}
curl-jq() {
	need curl jq || return
	cmd=(curl -s "${headers[@]}" -d "@$tmp/body-1" "$url" '|' jq -r "$text")
}
curl-parallel() {
	need curl jq || return
	awk -v url="$url" -v dir="$tmp" -v n="$n" 'BEGIN {
		print "parallel\nparallel-max = 32\nno-progress-meter"
		for (i = 1; i <= n; i++)
			printf "%surl = \"%s\"\nheader = \"Content-Type: application/json\"\nheader = \"Accept: application/json\"\ndata = \"@%s/body-%d\"\n",
				(i == 1 ? "" : "next\n"), url, dir, i
	}' >"$tmp/blocks"
	cmd=(curl -K "$tmp/blocks" '|' jq -r "$text")
}
xargs-curl() {
	need xargs curl jq || return
	cmd=(xargs -P 32 -I '{}' curl -s "${headers[@]}" -d '@{}' "$url" '|' jq -r "$text")
}
GNU-parallel() {
	need parallel curl jq || return
	# Its argument is a shell's text.
	cmd=(parallel --will-cite -j 32 "curl -s -H 'Content-Type: application/json' -H 'Accept: application/json' -d @{} $url" '|' jq -r "$text")
}
node() {
	need node || return
	cmd=("$(type -P node)" "$root/tests/bench/peer.mjs" "$mock/v1" "$bodies" 32)
}
# python MODULE - the program itself, not what chooses among several
python() {
	local python
	need python3 || return
	python=$(python3 -c 'import sys; print(sys.executable)')
	"$python" -c "import $1" 2>/dev/null || cannot "no $1 for Python here" || return
	cmd=("$python" "$root/tests/bench/peer.py" "$1" "$mock/v1" "$bodies" 32)
}
python-urllib() { python urllib; }
python-httpx() { python httpx; }
python-openai() { python openai; }

# measured RUNS - a line of the table, and of JSON
measured() {
	local ours=("${fluffbuzz[@]}")
	PAIR_STDIN=$tmp/names PAIR_STDOUT=$tmp/answers pair "$1" "${cmd[@]}" :: "${ours[@]}" >"$tmp/pair.out" 2>"$tmp/err" ||
		cannot "$(tail -n 1 "$tmp/err")" || return
	sort "$tmp/answers" | cmp -s "$tmp/wanted" - || cannot "its answers are not the right ones" || return
	awk -v case="$case" -v client="$client" -v n="$n" -v runs="$1" -v stamp="$stamp" -v json="$work/json" '
	{ value[$1] = $2; times[$1] = $7 }
	END {
		printf "%-8s%-18s %9.1f %8.1fx %9.1f %8.1fx %7.1f\n", case, client, value["wall"] / 1e3, times["wall"],
			value["cpu"] / 1e3, times["cpu"], value["peak"] / 1024
		printf "{\"case\":\"%s\",\"client\":\"%s\",\"requests\":%d,\"runs\":%d,\"wall_ms\":%.2f,\"wall_times\":%.2f," \
			"\"cpu_ms\":%.2f,\"cpu_times\":%.2f,\"mb\":%.1f%s}\n", case, client, n, runs, value["wall"] / 1e3, times["wall"],
			value["cpu"] / 1e3, times["cpu"], value["peak"] / 1024, stamp >>json
	}' "$tmp/pair.out"
}

# compare CASE N RUNS CLIENT...
compare() {
	local runs=$3
	case=$1 n=$2
	shift 3
	bodies=$tmp/bodies
	gen prompts "$n" >"$tmp/prompts"
	awk -v dir="$tmp" '{
		gsub(/[\\"]/, "\\\\&")
		body = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"" $0 "\"}],\"stream\":false}"
		print body
		printf "%s", body >(dir "/body-" NR)
		close(dir "/body-" NR)
		print dir "/body-" NR >(dir "/names")
	}' "$tmp/prompts" >"$bodies"
	sort "$tmp/prompts" >"$tmp/wanted"
	fluffbuzz
	fluffbuzz=("${cmd[@]}")
	for client; do
		"$client" && measured "$runs" || absent=$((absent + 1))
	done
}

case='' client='' absent=0
: >"$work/json"
about
echo "# wall and CPU in ms, and times fluffbuzz's in the same run; MB: the largest process"
printf '%-8s%-18s %9s %9s %9s %9s %7s\n' '' '' wall times CPU times MB
helper gen && helper pair && server || exit 2
compare one 1 21 fluffbuzz curl-jq node python-urllib python-httpx python-openai
compare batch "$batch" 3 fluffbuzz curl-parallel node python-urllib python-httpx python-openai xargs-curl GNU-parallel
[ -z "${BENCH_JSON:-}" ] || cp "$work/json" "$BENCH_JSON" || exit 2
echo "$absent not measured"
