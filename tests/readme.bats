# What the README shows is what happens.
#
# Its blocks ```console are run, in their order, in one folder: a line "$ COMMAND"
# is typed, the lines up to the next one are what it prints, on stdout and
# stderr.  Other blocks (```sh) are not run.
load helper

# The Nth console block.
block() {
	awk -v want="$1" '
		/^```/ { inside = /^```console$/; n += inside; next }
		inside && n == want' "$FB_ROOT/README.md"
}

# The block as a script that prints the command lines too.  $? is kept, since a
# command may look at it.
script() {
	awk '
		/^\$ / {
			command = substr($0, 3)
			shown = $0
			gsub(/\047/, "\047\\\047\047", shown)
			printf "status=$?; printf \"%%s\\n\" \047%s\047; (exit $status)\n%s\n", shown, command
		}'
}

# The reader's folder and port in place of the test's own.
as_shown() {
	sed "s|$PWD|/home/you/fluffbuzz|g; s|$MOCK|http://127.0.0.1:8080|g"
}

setup() {
	fb_setup
	# As the README's own lines start it, on a port that is free.
	start_mock --profile strict-string --model google/gemma-4-E2B-it --reply 4
	mkdir -p here/share/examples
	cd here || return
	sed "s|http://127.0.0.1:8080|$MOCK|" "$FB_ROOT/share/examples/inferrs.json5" \
		>share/examples/inferrs.json5
	export FLUFFBUZZ_CONFIG_PATH=$PWD/share/examples/inferrs.json5
}

@test "the README's blocks do what they show" {
	blocks=$(grep -c '^```console$' "$FB_ROOT/README.md")
	[ "$blocks" -gt 9 ]
	for ((n = 1; n <= blocks; n++)); do
		block $n >want
		script <want | sed "s|http://127.0.0.1:8080|$MOCK|g" >run.sh
		# The order of the two streams is not what a block promises.
		sh run.sh 2>&1 | as_shown | sort >got.sorted
		sort want | diff - got.sorted
	done
}

@test "the README starts the mock as this test does" {
	grep -qxF 'fb-mock --port 8080 --profile strict-string --model google/gemma-4-E2B-it --reply 4 &' \
		"$FB_ROOT/README.md"
	# shellcheck disable=SC2016 # as it stands there
	grep -qxF 'export FLUFFBUZZ_CONFIG_PATH="$PWD/share/examples/inferrs.json5"' "$FB_ROOT/README.md"
}

@test "the README names every program" {
	for prog in "$FB_BIN"/*; do
		grep -q "^| \`${prog##*/}\` |" "$FB_ROOT/README.md"
	done
}

@test "what HACKING and CHANGES name is there: files, folders, make's targets, links" {
	cd "$FB_ROOT"
	for page in HACKING CHANGES; do
		names=$(grep -oE '`[a-z.]+/[A-Za-z0-9_./*-]+`|`[A-Za-z]+\.(c|h)`' share/doc/$page.md | tr -d '`' | sort -u)
		for name in $names; do
			case $name in
			build/* | */NAME.* | */PROG.1) continue ;; # made, or one of many
			*/*) ;;
			*) name=lib/$name ;;
			esac
			echo "$page: $name"
			compgen -G "$name" >/dev/null
		done
		for link in $(grep -oE '\]\([^)]*\)' share/doc/$page.md | tr -d '])('); do
			echo "$page: link to $link"
			[ -f "share/doc/$link" ]
		done
	done
	for link in $(grep -oE '\]\((share|LICENSE)[^)]*\)' README.md | tr -d '])('); do
		echo "README: link to $link"
		[ -f "$link" ]
	done
	targets=$(grep -ohE '(^    |`)make [a-z-]+' share/doc/*.md README.md | sed 's/.* //' | sort -u)
	[ "$(wc -w <<<"$targets")" -gt 8 ]
	for target in $targets; do
		echo "make $target"
		grep -qE "^([a-z-]+ )*$target( [a-z-]+)*:" Makefile
	done
	grep -q "^## $(sed -n 's/^VERSION = //p' Makefile)\$" share/doc/CHANGES.md
}

@test "HACKING names every row of the layers, and every folder of C and of tests" {
	rows=$(sed -n "/^LAYERS=/,/^'/s/^\([a-z]\{1,\}\) .*/\1/p" "$FB_ROOT/tests/lint.sh")
	[ "$(wc -w <<<"$rows")" -gt 4 ]
	for word in cmd $rows lib/ tests/unit tests/lint.sh; do
		grep -qF -- "$word" "$FB_ROOT/share/doc/HACKING.md"
	done
}
