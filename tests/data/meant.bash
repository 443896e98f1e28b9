# meant.bash - differences from captured cases that are meant, for tests that
# have them in $meant, one a line, FILTER # REASON:  load data/meant
# shellcheck shell=bash disable=SC2154

# every FILE [COMMAND] - the cases of $FB_SHARED/cases/captured/FILE, if it is there, and those of tests/data/FILE: each name once,
# and through the command before jq reads them.
every() {
	local more=$FB_SHARED/cases/captured/$1
	[ -e "$more" ] || more=/dev/null
	cat "$more" "$FB_ROOT/tests/data/$1" | "${2:-cat}" |
		jq -cn 'foreach inputs as $case ({}; {old: .seen[$case.name], seen: (.seen + {($case.name): 1})};
			select(.old | not) | $case)'
}

# filters - the jq program's part that applies them to .want, and adds the numbers of those that changed it to .used.
filters() {
	awk 'NF { printf "| row(%d; %s\n)\n", ++n, $0 }' <<<"$meant"
}

# unneeded - prints what of $meant has no number in the file `used`; fails if there is such.
unneeded() {
	local row text bad=0
	while IFS=: read -r row text; do
		grep -qx "$row" used || {
			echo "not needed: $text"
			bad=1
		}
	done < <(grep . <<<"$meant" | grep -n .)
	return $bad
}
