# serve.bash - the shell side of tests/serve.pl:  load data/serve
# shellcheck shell=bash

# serve [DIR] - starts it on that directory (replies); sets SERVE, its base URL.
serve() {
	local dir=${1:-replies} i
	mkdir -p "$dir"
	perl "$FB_ROOT/tests/serve.pl" "$PWD/$dir" >"$dir/port" 3>&- &
	FB_PIDS+=("$!")
	for ((i = 0; i < 600; i++)); do
		[ ! -s "$dir/port" ] || break
		kill -0 "${FB_PIDS[-1]}" || return
		sleep 0.02
	done
	SERVE=http://127.0.0.1:$(cat "$dir/port")
}

# served [DIR] - how many requests came to it.
served() {
	grep -ao 'POST /' "${1:-replies}/all" | wc -l
}

# reply NAME STATUS [HEADER]... - stdin is the body of the reply to /NAME/...
reply() {
	local name=$1 status=$2 header body
	shift 2
	body=$(cat && echo .)
	body=${body%.}
	{
		printf 'HTTP/1.1 %s\r\n' "$status"
		for header; do printf '%s\r\n' "$header"; done
		printf 'Content-Length: %s\r\n\r\n%s' "$(printf %s "$body" | wc -c)" "$body"
	} >"replies/$name"
}

# stream NAME - each line of stdin is an event's data, with [DONE] if it is there.
stream() {
	sed 's/.*/data: &\n/' | reply "$1" '200 OK' 'Content-Type: text/event-stream'
}

# to NAME [ARG]... - sends a small request to /NAME/v1/..., prints the response record.
to() {
	local name=$1
	shift
	fb fb-send --base-url "$SERVE/$name/v1" -m m "$@" <<<'{"messages":[{"role":"user","content":"hi"}]}'
}
