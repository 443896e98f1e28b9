# What the manual pages list, say and show is what the programs have, are and do.
load helper

# What a page says of a section's items: "NAME" TAB first sentence, such as
# "TYPE; needed; default: DEFAULT."  $1: the page, $2: the section's title
items() {
	awk -v want="$2" '
		function flush() {
			if (name != "")
				print name "\t" text
			name = ""
		}
		/^\.Sh / { flush(); inside = substr($0, 5) == want; next }
		!inside { next }
		/^\.(El|Pp)/ { flush(); next }
		/^\.It Li / { flush(); name = $3; text = ""; open = 1; next }
		name != "" && open { text = text (text == "" ? "" : " ") $0 }
		/\.$/ { open = 0 }' "$FB_ROOT/man/$1"
}

# The lines between two texts of fb-config(1) that stand in displays, but for
# the command itself; blanks squeezed.
explained() {
	awk '
		/^Where does it come from\?$/ { inside = 1 }
		/^What is there, / { inside = 0 }
		inside && /^\.Bd / { show = 1; next }
		/^\.Ed/ { show = 0 }
		inside && show && !/^\$ / { $1 = $1; print }' "$FB_ROOT/man/fb-config.1"
}

@test "fluffbuzz-config(5) lists the fields that are read, in their order" {
	fb fb-config --fields | cut -f 1 >want
	[ "$(wc -l <want)" -gt 80 ]
	items fluffbuzz-config.5 FIELDS | cut -f 1 | diff want -
}

@test "fluffbuzz-config(5) gives their types and defaults" {
	fb fb-config --fields | awk -F '\t' '{ print $1 "\t" $2 ($3 == "" ? "" : "; default: " $3) "." }' >want
	items fluffbuzz-config.5 FIELDS | diff want -
}

@test "fluffbuzz-config(5) has the classes of endpoints that there are" {
	sed -n 's/^	\[EP_[A-Z]*\] = {"\([a-z-]*\)".*/\1/p' "$FB_ROOT/lib/endpoint.c" >want
	[ "$(wc -l <want)" -ge 17 ]
	sed -n 's/^\.It Li \([a-z-]*\) Ta .*/\1/p' "$FB_ROOT/man/fluffbuzz-config.5" | diff want -
	# Each host that the manual gives is of its class.
	awk '/^\.It Li [a-z-]* Ta / && $3 != "local" { gsub(/,/, ""); for (i = 5; i <= NF; i++) if ($i ~ /\./) print $3, $i }' \
		"$FB_ROOT/man/fluffbuzz-config.5" >hosts
	[ "$(wc -l <hosts)" -gt 20 ]
	while read -r class host; do
		[ "$(fb fb-config --base-url "https://$host/v1" -m x | jq -r .route.endpoint)" = "$class" ] ||
			[ "$(fb fb-config --base-url "https://x.$host/v1" -m x | jq -r .route.endpoint)" = "$class" ]
	done <hosts
}

# The codes of errors that a page's list has, sorted; one worth a retry may have a + behind it.  $1: the page
codes_of_manual() {
	awk '/^\.Sh / { inside = /ERROR CODES/ } inside && /^\.It Li / { gsub(/ Ns /, ""); sub(/^\.It Li /, ""); gsub(/ , /, "\n"); print }' \
		"$FB_ROOT/man/$1" | sort
}

@test "fluffbuzz-record(5) and fluffbuzz(7) have every code of an error, the first says which are worth a retry" {
	sed -n 's/^	\[F_[A-Z_]*\] = {"\([a-z_]*\)", \([01]\)},.*/\1 \2/p' "$FB_ROOT/lib/fault.c" |
		grep -v -e '^none ' -e '^other ' | sed 's/ 1$/+/; s/ 0$//' | sort >want
	[ "$(wc -l <want)" -ge 28 ]
	codes_of_manual fluffbuzz-record.5 | diff want -
	codes_of_manual fluffbuzz.7 | diff <(tr -d + <want | sort) -
}

@test "fluffbuzz-config(5) shows the example that comes with the programs" {
	awk '/^prints it:$/ { want = 1 } want && /^\.Ed/ { exit } show; want && /^\.Bd / { show = 1 }' \
		"$FB_ROOT/man/fluffbuzz-config.5" | diff "$FB_ROOT/share/examples/inferrs.json5" -
}

@test "what fb-config(1) shows of --explain is what is printed" {
	mkdir -p "$HOME/.fluffbuzz"
	cp "$FB_ROOT/share/examples/inferrs.json5" "$HOME/.fluffbuzz/fluffbuzz.json"
	fb fb-config --explain | sed "s|$HOME|~|g" | tr '\t' ' ' >printed
	explained >shown
	[ "$(wc -l <shown)" -ge 12 ]
	while IFS= read -r line; do
		grep -qxF -- "$line" printed || {
			echo "not printed: $line"
			return 1
		}
	done <shown
}

# The flags of lib/compat.c, in the order of its rows.
rows() {
	sed -n '/compat_rows\[\] = {/,/^};/s/^	{"\([A-Za-z]*\)".*/\1/p' "$FB_ROOT/lib/compat.c"
}

# The defaults of a server's class: {"FLAG":VALUE,...}
usual() {
	fb fb-config --base-url "$1" -m m | jq -c .route.compat
}

@test "fb-shape(1) has an entry for each compat flag, in the order in which they are applied" {
	rows >want
	[ "$(wc -l <want)" -gt 30 ]
	items fb-shape.1 'COMPAT FLAGS' | cut -f 1 | diff want -
	# No row is missed: a route has those with a default.
	usual http://127.0.0.1:1/v1 | jq -r 'keys_unsorted[]' >known
	[ "$(wc -l <known)" -gt 15 ]
	grep -Fxf known want | diff known -
}

@test "fb-shape(1) gives the flags' types and defaults" {
	local=$(usual http://127.0.0.1:1/v1) custom=$(usual https://example.com/v1)
	openai=$(usual https://api.openai.com/v1)
	rows | while read -r flag; do
		# No flag is a number, so this one says what it must be.
		type=$(fb fb-config --base-url http://127.0.0.1:1/v1 -m m -c "$flag:=5" 2>&1 >/dev/null </dev/null) || true
		printf '%s\t%s' "$flag" "${type##*must be }"
		jq -nr --arg f "$flag" --argjson l "$local" --argjson c "$custom" --argjson o "$openai" '
			[$l, $c, $o] | map(.[$f]) | map(tojson) as [$l, $c, $o] |
			if $l == "null" and $c == "null" and $o == "null" then "."
			elif $l == $c and $c == $o then "; default: \($l)."
			elif $l == $c then "; default: \($l), for openai-public and azure \($o)."
			else "; default: \($l), for custom \($c)." end'
	done >want
	items fb-shape.1 'COMPAT FLAGS' | diff want -
}

# A page's displays as files of the folder: N.sh is a command, N.want what the
# page shows behind it.  A command goes on in the next line behind | and \, and
# while a quote is open.
commands() {
	awk '
		/^\.Bd -literal/ { inside = 1; shell = -1; next }
		/^\.Ed/ { inside = 0; next }
		!inside { next }
		{
			sub(/^\\&/, "")
			gsub(/\\e/, "\\")
			gsub(/\\\(dq/, "\"")
		}
		shell == -1 { shell = /^\$ / }
		!shell { next }
		/^\$ / || more {
			if (!more) {
				close(want)
				name = sprintf("%03d", ++n)
				want = name ".want"
				printf "" >want
				quotes = 0
				sub(/^\$ /, "")
			}
			quotes += gsub(/\047/, "&")
			more = quotes % 2 || /[|\\]$/
			print >(name ".sh")
			if (!more)
				close(name ".sh")
			next
		}
		{ print >want }' "$1"
}

# All displays of a page in one line, also of commands that are only shown, since
# they need a server that isn't here.
displays() {
	awk '/^\.Bd -literal/ { inside = 1 } /^\.Ed/ { inside = 0 } inside' "$1" | tr '\n' ' '
}

# The same text?  $1: what a page shows, $2: what was printed
same_lines() {
	diff "$1" "$2"
}

# The same, where a page breaks long lines: blanks and line ends are all one, and
# ports, folders and times are those of this run.
same_words() {
	local file
	for file; do
		tr -s ' \n' '  ' <"$file" | sed -E "s|$PWD/|/home/you/|g; s/127\.0\.0\.1:[0-9]+/127.0.0.1:8080/g
			s/[0-9.]+ m?s([ ,;]|\$)/TIME\1/g; s/, [0-9]+ tok\/s//g" >"$file.words"
		echo >>"$file.words"
	done
	diff "$1.words" "$2.words"
}

# A server that a page starts: fb-mock --port 8080 ... &
# It is the only one, and the configuration has its port.
stand_in() {
	local words
	eval "words=($(sed 's/ *&$//; s/\\$//' "$1" | tr '\n' ' '))"
	[ "${words[*]:1:2}" = '--port 8080' ]
	stop_mock
	start_mock "${words[@]:3}"
	[ -e inferrs.json5 ] || return 0
	sed "s|http://127.0.0.1:[0-9]*|$MOCK|" inferrs.json5 >moved
	cat moved >inferrs.json5
}

# Each command of a page in one folder.  The output is the same text, as $2
# (same_lines) compares it, or the same JSON, which a page may break.
play() {
	mkdir -p play/cmd
	(cd play/cmd && commands "$1")
	cd play || return
	export FLUFFBUZZ_CONFIG_PATH=$PWD/inferrs.json5
	for cmd in cmd/*.sh; do
		if grep -q '^fb-mock ' "$cmd"; then
			stand_in "$cmd"
			continue
		fi
		# The page's server is this test's own.
		sed "s|http://127.0.0.1:8080|$MOCK|g; s|fb-config --init inferrs|& \| sed s,http://127.0.0.1:8080,$MOCK,|" "$cmd" >run.sh
		sh run.sh >got 2>&1 </dev/null || true
		cmp -s "${cmd%.sh}.want" got && continue
		if jq -cS . "${cmd%.sh}.want" >want.json 2>/dev/null && jq -cS . got >got.json 2>/dev/null &&
			[ -s got.json ] && cmp -s want.json got.json; then
			continue
		fi
		"${2:-same_lines}" "${cmd%.sh}.want" got >differs && continue
		cat "$cmd" differs
		return 1
	done
}

# Every option of $1 has an example in the file $2, by its short name or its long
# one.  There are more than $3.
all_shown() {
	fb "$1" --help | awk '
		/^  (-|    --)/ {
			short = $1 ~ /^-[^-],?$/ ? substr($1, 1, 2) : ""
			long = short == "" ? $1 : $2
			sub(/[[=,].*$/, "", long)
			print long, short
		}' | grep -v -e ^--help -e ^--version >options
	[ "$(wc -l <options)" -gt "${3:-35}" ]
	while read -r long short; do
		# A long one may stand with its value behind =; of a word that begins like it nothing follows.
		grep -qE -e " $long([ =]|$)" ${short:+-e "$1 [^|]*$short "} "$2" || {
			echo "no example of $long $short"
			return 1
		}
	done <options
}

@test "what fb-shape(1) shows is what happens" {
	start_mock --profile strict-string --model google/gemma-4-E2B-it --reply 4
	play "$FB_ROOT/man/fb-shape.1"
	[ "$(find cmd -name '*.sh' | wc -l)" -gt 50 ]
	cat cmd/*.sh | tr '\n' ' ' >shown
	all_shown fb-shape shown
}

# The commands of one section of a page, as files.
section() {
	awk -v want=".Sh $2" '/^\.Sh / { inside = $0 == want } inside' "$1" >section
	commands section
}

# The command that parallel would run, for one piece after the other.
without_parallel() {
	local f
	if [ ! -d sh ]; then
		grep -o 'fb-send.*]' "$1" >one.sh
		sh one.sh <requests.jsonl >all.jsonl
		return
	fi
	for f in sh/s*.in; do
		sed "1s|^[^']*'||; s|' :::.*||; s|{\.}|${f%.in}|g; s|{}|$f|g" "$1" >one.sh
		sh one.sh </dev/null
	done
}

@test "the long runs of fluffbuzz(7) lose and double nothing" {
	start_mock
	n=0
	mkdir -p cmd
	(cd cmd && section "$FB_ROOT/man/fluffbuzz.7" 'LONG RUNS')
	[ "$(find cmd -name '*.sh' | wc -l)" -eq 9 ]
	conf
	for ((i = 0; i < 700; i++)); do echo "{\"id\":\"r$i\",\"prompt\":\"q\"}"; done >prompts.jsonl
	for cmd in cmd/*.sh; do
		if grep -q '^parallel' "$cmd" && ! command -v parallel >/dev/null; then
			without_parallel "$cmd"
		else
			sh -e "$cmd" </dev/null
		fi
		[ ! -s all.jsonl ] || diff <(jq -r .custom_id requests.jsonl | sort) <(jq -r .custom_id all.jsonl | sort)
		[ ! -s all.jsonl ] || mv all.jsonl "all$((n++))"
	done
	[ "$n" -eq 2 ]
	jq -r .custom_id responses.jsonl | diff <(jq -r .custom_id requests.jsonl) -
	[ "$(wc -l <run.jsonl)" -eq 700 ]
}

@test "the example shards.mk goes on where it was stopped" {
	start_mock --delay 20
	conf
	mkdir sh
	for ((i = 0; i < 60; i++)); do echo "{\"id\":\"r$i\",\"prompt\":\"q\"}"; done | fb fb-shape >requests.jsonl
	split -l 20 -d -a 5 --additional-suffix=.in requests.jsonl sh/s
	timeout -s KILL 0.4 make -s -f "$FB_ROOT/share/examples/shards.mk" JOBS=1 || [ $? -eq 137 ]
	# What make left behind may still be writing its piece; then this one ends with 2.
	until_true 'make -s -j 2 -f "$FB_ROOT/share/examples/shards.mk" 2>>told'
	jq -r .custom_id all.jsonl | sort | diff <(jq -r .custom_id requests.jsonl | sort) -
	[ -z "$(find sh -name '*.part')" ]
}

@test "what fb-send(1) shows is what happens" {
	start_mock --profile strict-string --model google/gemma-4-E2B-it --reply 4
	play "$FB_ROOT/man/fb-send.1"
	[ "$(find cmd -name '*.sh' | wc -l)" -gt 30 ]
	displays "$FB_ROOT/man/fb-send.1" >shown
	all_shown fb-send shown
}

@test "what fb-parse(1) shows is what happens" {
	start_mock --profile strict-string --model google/gemma-4-E2B-it --reply 4
	play "$FB_ROOT/man/fb-parse.1"
	[ "$(find cmd -name '*.sh' | wc -l)" -gt 20 ]
	cat cmd/*.sh | tr '\n' ' ' >shown
	all_shown fb-parse shown 15
}

@test "what fb-probe(1) shows is what happens" {
	MOCK=http://127.0.0.1:9
	play "$FB_ROOT/man/fb-probe.1" same_words
	[ "$(find cmd -name '*.sh' | wc -l)" -gt 10 ]
	displays "$FB_ROOT/man/fb-probe.1" >shown
	all_shown fb-probe shown 20
}

@test "fluffbuzz(7) walks through the four cases of troubleshooting, and what it shows is what happens" {
	MOCK=http://127.0.0.1:9
	cp "$FB_ROOT/share/examples/agent-turn.json" .
	mkdir play
	mv agent-turn.json play
	awk '/^\.Sh / { inside = /TROUBLESHOOTING/ } /^\.Ss Another/ { inside = 0 } inside' "$FB_ROOT/man/fluffbuzz.7" >cases
	[ "$(grep -c '^\.Ss [1-4]\. ' cases)" -eq 4 ]
	play "$PWD/cases" same_words
	# Each case has a command with fb-probe, and what it prints.
	[ "$(grep -l '^fb-probe' cmd/*.sh | sed 's/sh$/want/' | xargs wc -l | grep -vc '^ *0 ')" -ge 5 ]
}

# The names of the items of a page's subsection, in order.  $1: the page, $2: its title
names() {
	awk -v want=".Ss $2" '
		/^\.S[sh] / { inside = $0 == want }
		inside && /^\.It Li / { print substr($0, 8) }' "$FB_ROOT/man/$1"
}

@test "fb-probe(1) lists the rungs, in their order" {
	fb fb-probe --rungs >want
	[ "$(wc -l <want)" -gt 20 ]
	names fb-probe.1 'The ladder' | sed 's/ ,/,/g' | diff want -
}

@test "fb-probe(1) lists the members of a record, and of the last one" {
	start_mock --profile strict-string
	fb fb-probe --base-url "$MOCK/v1" -m mock --json >records || [ $? -eq 1 ]
	names fb-probe.1 Records | sed 's/ , /\n/g' >members
	[ "$(wc -l <members)" -eq 10 ]
	jq -r 'select(.rung) | keys_unsorted | join("\n")' records | sort -u | diff <(sort members) -
	[ "$(jq -c 'select(.rung | not) | keys' records)" = '["compat","source"]' ]
	# The verdicts, too.
	for verdict in $(jq -r '.verdict // empty' records | sort -u); do
		grep -qE "^\.Li (.* , )?$verdict( |\$)" "$FB_ROOT/man/fb-probe.1"
	done
}
