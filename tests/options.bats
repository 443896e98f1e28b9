# The options of --help, of the manual and of the completions are the same.
load helper

# All the programs that were built; the test below says which there have to be.
programs() {
	(cd "$FB_BIN" && printf '%s\n' *)
}

# The options that a program's --help lists: "-j" and "--jobs", one a line.
of_help() {
	fb "$1" --help | awk '
		/^  (-|    --)/ {
			for (i = 1; i <= 2 && $i ~ /^-/; i++) {
				sub(/[[=,].*$/, "", $i)
				print $i
			}
		}' | sort
}

# The same from the manual: .It Fl j , Fl -jobs Ns = Ns Ar N
of_manual() {
	awk '
		/^\.It Fl / {
			flag = 0
			for (i = 2; i <= NF; i++) {
				gsub(/\\/, "", $i)
				if ($i == "Fl") {
					flag = 1
				} else if ($i ~ /^[A-Z][a-z]$/) {
					flag = 0
				} else if (flag && $i !~ /^[,|]$/) {
					sub(/[=[].*$/, "", $i)
					print "-" $i
				}
			}
		}' "$FB_ROOT/man/$1.1" | sort
}

# The same from what bash offers after `PROG -`; $2: the words before.
of_completion() {
	(
		# shellcheck source=/dev/null
		. "$FB_ROOT/completions/fb.bash"
		COMP_WORDS=("$1" -)
		# shellcheck disable=SC2034 # _fluffbuzz reads it
		COMP_CWORD=1
		_fluffbuzz "$1"
		printf '%s\n' "${COMPREPLY[@]%=}" | sort
	)
}

# The same as completions/_fluffbuzz has it: '*--jobs=[why]:N: ' below "PROG)".
of_zsh() {
	awk -v start="$1)" '
		/^[a-z-]+\)$/ { mine = $0 == start }
		mine && /^\t\t\047\*-/ {
			sub(/^\t\t\047\*/, "")
			sub(/[[=+].*$/, "")
			print
		}' "$FB_ROOT/completions/_fluffbuzz" | sort
}

# The same as completions/fb.fish has it: complete -c PROG -s j -l jobs -r ...
of_fish() {
	awk -v prog="$1" '
		$1 == "complete" && $3 == prog {
			for (i = 4; $i ~ /^-[sl]$/; i += 2)
				print ($i == "-s" ? "-" : "--") $(i + 1)
		}' "$FB_ROOT/completions/fb.fish" | sort
}

# offered SHELL LINE... - what that shell itself offers after each line, in one
# line, sorted, and without what stands before it in the same word (--a=b).
offered() {
	local shell=$1
	shift
	case $shell in
	zsh) timeout 60 zsh -f "$FB_ROOT/tests/complete.zsh" "$FB_ROOT/completions" "$@" ;;
	fish)
		# shellcheck disable=SC2016 # for fish
		timeout 60 fish -N -c 'source $argv[1]; for line in $argv[2..]; complete -C $line; echo; end' \
			"$FB_ROOT/completions/fb.fish" "$@" | cut -f 1
		;;
	esac | awk '
		$0 == "" { print n++; next }
		{ sub(/^--[a-z-]*=/, ""); print n + 0, $0 }' | sort -u -k 1,1n -k 2 | awk '
		NF == 1 { n++ }
		{ got[$1] = got[$1] " " $2 }
		END { for (i = 0; i < n; i++) { $0 = got[i]; $1 = $1; print } }'
}

# That shell, where it is really asked, offers what it should.
asks() {
	local bad=0 i prog line want
	local lines=() wants=() got=()
	command -v "$1" >/dev/null || skip "$1 is not installed"
	touch afile
	while IFS='|' read -r line want; do
		lines+=("$line") wants+=("$want")
	done <<-'EOT'
		fb-shape --config=a|afile
		fb-shape -o a|afile
		fb-shape --schema=a|afile
		fb-shape a|afile
		fb-shape --prompt=a|
		fb-shape --model a|
		fb-mock a|
		fb-send --jo|--jobs
		fb-shape --thinking=|high low medium minimal off
		fb-parse --extract=|json
		fluffbuzz infer |model
		fluffbuzz infer model |list run
	EOT
	for prog in $(programs); do
		line="$prog $(words "$prog")"
		lines+=("${line% } --") wants+=("$(of_help "$prog" | grep '^--' | xargs)")
	done
	readarray -t got < <(offered "$1" "${lines[@]}")
	[ "${#got[@]}" -eq "${#lines[@]}" ]
	for ((i = 0; i < ${#lines[@]}; i++)); do
		[ "${got[i]}" = "${wants[i]}" ] && continue
		echo "$1: '${lines[i]}' completes to '${got[i]}', not to '${wants[i]}'"
		bad=1
	done
	[ $bad -eq 0 ]
}

# "fluffbuzz" alone is no command: its options come after these words.
words() {
	[ "$1" != fluffbuzz ] || echo infer model run
}

equal() {
	[ "$2" = "$3" ] && return
	echo "$1:"
	diff <(echo "$2") <(echo "$3")
	return 1
}

@test "all programs were built" {
	run programs
	for prog in fb fb-config fb-mock fb-parse fb-probe fb-send fb-shape fluffbuzz; do
		[[ " ${lines[*]} " == *" $prog "* ]]
	done
}

@test "help and manual have the same options" {
	bad=0
	for prog in $(programs); do
		[ -n "$(of_help "$prog")" ]
		equal "$prog: help, manual" "$(of_help "$prog")" "$(of_manual "$prog")" || bad=1
	done
	[ $bad -eq 0 ]
}

@test "help and completion have the same options" {
	bad=0
	for prog in $(programs); do
		equal "$prog: help, bash" "$(of_help "$prog")" "$(of_completion "$prog")" || bad=1
		equal "$prog: help, zsh" "$(of_help "$prog")" "$(of_zsh "$prog")" || bad=1
		equal "$prog: help, fish" "$(of_help "$prog")" "$(of_fish "$prog")" || bad=1
	done
	[ $bad -eq 0 ]
}

@test "zsh offers the long options, files where one is meant, and the words that there are" {
	asks zsh
}

@test "fish offers the long options, files where one is meant, and the words that there are" {
	asks fish
}

@test "the completion files are those that make completions would write" {
	for prog in $(programs); do
		fb "$prog" --help
	done >help
	for file in bash:fb.bash zsh:_fluffbuzz fish:fb.fish; do
		awk -v template="$FB_ROOT/share/complete.${file%:*}" -f "$FB_ROOT/share/complete.awk" help |
			diff "$FB_ROOT/completions/${file#*:}" -
	done
}

@test "a description has its quotes, brackets and backslashes in every shell" {
	printf '%s\n' 'usage: tool [OPTION]...' '      --thing=A:B          it'"'"'s [one]: a\b' >help
	for shell in zsh fish; do
		awk -v template="$FB_ROOT/share/complete.$shell" -f "$FB_ROOT/share/complete.awk" help >"$shell"
	done
	grep -qF "'*--thing=[it'\\''s \\[one\\]: a\\\\b]:A\\:B: '" zsh
	grep -qF "complete -c tool -l thing -r -f -d 'it\\'s [one]: a\\\\b'" fish
}

@test "an option that takes a file completes files, another argument nothing" {
	# shellcheck source=/dev/null
	. "$FB_ROOT/completions/fb.bash"
	local told
	compopt() { told="$*"; }
	# Nothing is offered, and bash completes files by itself; or is told not to.
	COMP_WORDS=(fb-shape --config '=' x)
	# shellcheck disable=SC2034
	COMP_CWORD=3
	_fluffbuzz fb-shape
	[ "${#COMPREPLY[@]} $told" = '0 ' ]
	COMP_WORDS=(fb-shape --temperature '=' x)
	_fluffbuzz fb-shape
	[ "${#COMPREPLY[@]} $told" = '0 +o default' ]
	COMP_WORDS=(fluffbuzz infer m)
	# shellcheck disable=SC2034
	COMP_CWORD=2
	_fluffbuzz fluffbuzz
	[ "${COMPREPLY[*]}" = model ]
	COMP_WORDS=(fluffbuzz infer model '')
	# shellcheck disable=SC2034
	COMP_CWORD=3
	_fluffbuzz fluffbuzz
	[ "${COMPREPLY[*]}" = 'run list' ]
}

@test "--help and -h print the same on stdout and end with 0" {
	for prog in $(programs); do
		run -0 --separate-stderr fb "$prog" --help
		[ -z "$stderr" ]
		[[ $output == "usage: $prog "* ]]
		help=$output
		run -0 fb "$prog" -h
		[ "$output" = "$help" ]
	done
}

@test "--version prints name and version" {
	version=$(sed -n 's/^VERSION = //p' "$FB_ROOT/Makefile")
	for prog in $(programs); do
		run -0 --separate-stderr fb "$prog" --version
		[ "$output" = "$prog $version" ]
		[ -z "$stderr" ]
	done
}

@test "an unknown option ends with 2 and one line that names it" {
	for prog in $(programs); do
		for option in --nonsense --nonsense=x -Z; do
			echo "$prog $option"
			# shellcheck disable=SC2046 # words
			run -2 --separate-stderr fb "$prog" $(words "$prog") "$option"
			[ -z "$output" ]
			# shellcheck disable=SC2154 # run sets it
			[ "${#stderr_lines[@]}" -eq 1 ]
			[[ $stderr == "$prog: "*"${option%%=*}"* ]]
		done
	done
}

@test "--help that cannot be written ends with 3" {
	[ -w /dev/full ] || skip "no /dev/full here"
	for prog in $(programs); do
		case $prog in
		fb | fluffbuzz) continue ;; # sh's own message and status
		esac
		echo "$prog"
		run -3 fb_full "$prog"
	done
}

fb_full() {
	fb "$1" --help >/dev/full
}

# What is typed wrong ends fb-send before anything is sent or written.
@test "fb-send: an option that can't be meant so ends with 2, says which, and no file is touched" {
	start_mock
	echo '{"messages":[{"role":"user","content":"hi"}]}' >body
	while read -r named words; do
		echo "$words"
		# shellcheck disable=SC2086 # words
		run -2 --separate-stderr fb fb-send --base-url "$MOCK/v1" -m m $words <body
		[ "${#stderr_lines[@]}" -eq 1 ]
		[[ $stderr == "fb-send: "*"$named"* ]]
	done <<-'EOT'
		--jobs -j 0
		--jobs --jobs=4x
		--retries --retries=-1
		--deadline --deadline=abc
		--timeout --timeout=0
		--max-failures --max-failures=5x
		--reorder-bytes --reorder-bytes=1T
		--rpm --rpm=0
		--events --events=sometimes
		--summary --summary=xml
		both --resume=f --retry-failed=g
		both --resume=f --retry-failed
		-o --resume=f -o g
		--sync --sync
		--changed --resume=f --changed=do
		--cert --key=k
		--curl --curl --resume=f
		--curl --curl --retry-failed=f
		-H -H nocolon
		proxy --proxy=foo://x
		nosuchfile --cacert=nosuchfile
		nosuchfile --cert=nosuchfile
	EOT
	[ ! -e f ]
	[ ! -e g ]
	[ ! -s "$MOCK_LOG" ]
}

@test "fb-send --fallbacks names fb-shape, whose option it is; nothing offers it" {
	for option in --fallbacks --fallbacks=p/a,p/b; do
		run -2 --separate-stderr fb fb-send "$option" --base-url http://127.0.0.1:9/v1 -m m </dev/null
		[ -z "$output" ]
		[ "${#stderr_lines[@]}" -eq 1 ]
		[[ $stderr == *"fb-shape --fallbacks"* ]]
	done
	of_help fb-shape | grep -qx -- --fallbacks
	of_help fb-config | grep -qx -- --fallbacks
	[ -z "$(of_help fb-send | grep -- --fallbacks)" ]
}
