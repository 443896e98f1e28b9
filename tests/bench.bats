# make bench: what it says of a goal that is held, missed, or can't be measured,
# and the picture of make bench-peers.
load helper

setup() {
	fb_setup
	case ${FB_RUN:-}$(nm -D "$FB_BIN/fb-send" 2>/dev/null | grep -c __asan) in
	0) ;;
	*) skip "valgrind and the sanitizers are what would be measured" ;;
	esac
	bench=$FB_ROOT/tests/bench
	export BENCH_JSON=$PWD/bench.jsonl BENCH_DATE=2026-01-02T03:04:05Z
}

# The programs, with an fb-config that does what standard input says.
with_config() {
	mkdir -p programs
	ln -sf "$FB_BIN"/* programs/
	rm programs/fb-config
	{ printf '#!/bin/sh\n' && cat; } >programs/fb-config
	chmod +x programs/fb-config
	export FB_BIN=$PWD/programs
}

@test "bench: each value of a row is a line of the table and of JSON, once" {
	run -0 --separate-stderr "$bench/run.sh" G2 G2
	[ "$(grep -c '^G2 ' <<<"$output")" -eq 3 ]
	[[ ${lines[0]} == "# jq-"*", libcurl/"*", 2026-01-02T03:04:05Z" ]]
	[ "$(jq -s 'length' bench.jsonl)" -eq 3 ]
	jq -es 'all(.row == "G2" and .budget == 2 and .min <= .value and .value <= .max and .held == (.value <= .budget)
		and .date == "2026-01-02T03:04:05Z" and (.libcurl | test("^[0-9]")) and .what != "" and .n == "100 pairs")' bench.jsonl
	[ "$(jq -s '[.[].name] | unique | length' bench.jsonl)" -eq 3 ]
	[[ ${lines[-1]} == *" 0 not measured" ]]
}

@test "bench: a goal that is missed is a failure with BENCH_STRICT=1" {
	with_config <<-END
		i=0
		while [ \$i -lt 30000 ]; do i=\$((i + 1)); done
		exec "$FB_BIN/fb-config" "\$@"
	END
	run -0 "$bench/run.sh" G2
	[[ $output == *'NOT HELD'*'fb-config, CPU of one start'* ]]
	jq -es 'map(select(.name == "config")) | .[0].held == false and .[0].value > 2' bench.jsonl
	BENCH_STRICT=1 run -1 "$bench/run.sh" G2
}

@test "bench: what can't be measured is said, and status 2 with BENCH_STRICT=1" {
	with_config <<<'exit 3'
	run -0 "$bench/run.sh" G2
	[[ $output == *'G2     not measured: fb-config fails'*'0 held, 0 missed, 1 not measured' ]]
	jq -e '.row == "G2" and .value == null and .why == "fb-config fails"' bench.jsonl
	BENCH_STRICT=1 run -2 "$bench/run.sh" G2
	run -2 "$bench/run.sh" G2 G99
	[[ $output == 'run.sh: no row here: G99; there are: G1 G1b G2 '* ]]
}

@test "pair: the ratio of two, and a stage that fails" {
	cc -O1 -std=c11 -D_DEFAULT_SOURCE -o pair "$bench/pair.c"
	run -0 ./pair 3 sleep 0.2 :: sleep 0.02
	awk '$1 == "wall" { seen = $7 > 3 && $7 < 10.1 } END { exit !seen }' <<<"$output"
	run -2 ./pair 3 true '|' false :: true
	[[ $output == *'pair: a stage failed'* ]]
	PAIR_STDIN=$bench/pair.c PAIR_STDOUT=$PWD/out ./pair 1 cat '|' tr a b :: true
	tr a b <"$bench/pair.c" | cmp - out
}

# peer CASE CLIENT MS TIMES
peer() {
	printf '{"case":"%s","client":"%s","requests":7,"runs":3,"wall_ms":1,"wall_times":1,"cpu_ms":%s,"cpu_times":%s,"mb":9,"date":"2026-01-02T03:04:05Z","jq":"jq-1.6","libcurl":"7","cores":2}\n' "$@"
}

@test "bench-peers: bars as long as what they stand for" {
	{
		peer one fluffbuzz 9.2 1
		peer one slow 184 20
		peer batch fluffbuzz 30 1
		peer batch slow 1500 50
	} >peers.jsonl
	awk -f "$bench/draw.awk" peers.jsonl >drawn.svg
	[ "$(grep -c '<rect' drawn.svg)" -eq 4 ]
	grep -q 'A batch of 7 requests' drawn.svg
	grep -q '>184 ms, 20 times<' drawn.svg
	grep -q '>1.5 s, 50 times<' drawn.svg
	[ "$(sed -n 's/.*<rect.* width="\([0-9.]*\)".*/\1/p' drawn.svg | tr '\n' ' ')" = '18.5 370.0 7.4 370.0 ' ]
	run awk -f "$bench/draw.awk" /dev/null
	[ "$status" -eq 1 ]
}

@test "bench-peers: the picture is there and the README shows it" {
	grep -q '(share/doc/bench.svg)' "$FB_ROOT/README.md"
	grep -q '^<svg ' "$FB_ROOT/share/doc/bench.svg"
	grep -q 'prefers-color-scheme: dark' "$FB_ROOT/share/doc/bench.svg"
}
