# settings.bash - configurations of a test's own:  load data/settings
# shellcheck shell=bash

# settings [FILE] - stdin becomes that file; without a name the configuration in use.
# Nobody else may read it, so that no warning is due.
settings() {
	local file=${1:-$PWD/c.json5}
	[ $# -gt 0 ] || export FLUFFBUZZ_CONFIG_PATH=$file
	(umask 077 && cat >"$file")
}

# route [ARG]... - fb-config's one route, in the file `route`; nothing on stderr.
route() {
	fb fb-config "$@" >out 2>err && [ ! -s err ] && [ "$(wc -l <out)" -eq 1 ] && jq -e .route out >route && return
	cat out err
	return 1
}

# says FILTER [ARG]... - what jq makes of the route that fb-config gives.
says() {
	local filter=$1
	shift
	route "$@" && jq -c "$filter" route
}

# refused PLACE TEXT [ARG]... - fb-config ends with 2, says one line that begins
# with PLACE (FILE:LINE, or less) and has TEXT, and prints one error record and
# no route; warnings aside.  No canary is in any of it.
refused() {
	local place=$1 text=$2 got=0
	shift 2
	timeout "${FB_RUN:+1}20" "${FB_PREFIX[@]}" "$FB_BIN/fb-config" "$@" >out 2>err </dev/null || got=$?
	grep -v '^fb-config: warning: ' err >told || true
	[ "$got" -eq 2 ] && [ "$(wc -l <told)" -eq 1 ] && [ "$(wc -l <out)" -eq 1 ] &&
		[[ $(cat told) == "fb-config: $place"*"$text"* ]] &&
		jq -e --arg m "$(sed 's/^fb-config: //' told)" 'keys == ["error"] and (.error | .stage == "config" and
			.retryable == false and .message == $m and (.code | IN("config", "no_api_key", "model_unknown")))' out >/dev/null &&
		quiet_about canary out err && return
	echo "status $got; expected: fb-config: $place ... $text"
	head -c 2000 err
	echo "stdout: $(head -c 1000 out)"
	return 1
}

# quiet_about TEXT FILE... - it stands in none of them.
quiet_about() {
	local text=$1
	shift
	if grep -lF -- "$text" "$@" 2>/dev/null; then
		echo "these tell it: $text"
		return 1
	fi
}
