# send.sh - the rows that need a server: a whole pipeline, fb-send.  run.sh reads it.
# shellcheck shell=bash disable=SC2034,SC2154 # see common.sh

# one_request - a request's body in "$tmp/body", its records in routes and request; a pipeline's programs find the configuration.
one_request() {
	sed "s,http://127\.0\.0\.1:8080/v1,$mock/v1," "$root/share/examples/inferrs.json5" >"$tmp/fluffbuzz.json5"
	chmod 600 "$tmp/fluffbuzz.json5"
	export FLUFFBUZZ_CONFIG_PATH=$tmp/fluffbuzz.json5
	fb-config >"$tmp/routes" && fb-shape -p "$prompt" --no-stream <"$tmp/routes" >"$tmp/request" || cannot "fb-shape fails" || return
	jq -cj .body "$tmp/request" >"$tmp/body"
}

prompt='Say hello to the world.'
fb=(fb-config '|' fb-shape -p "$prompt" --no-stream '|' fb-send '|' fb-parse)
post=(-s -H 'Content-Type: application/json' -H 'Accept: application/json')
choice='.choices[0].message.content'

# The pipeline's stages run beside each other, so these two have all cores; and the answers are the same.
G1() {
	local at_client=()
	need curl jq && instant && one_request || return
	[ "$(fb-config | fb-shape -p "$prompt" --no-stream | fb-send | fb-parse)" = \
		"$(curl "${post[@]}" -d "@$tmp/body" "$url" | jq -r "$choice")" ] || cannot "the two answers differ" || return
	pairs 31 '' cpu wall -- "${fb[@]}" :: curl "${post[@]}" -d "@$tmp/body" "$url" '|' jq -r "$choice"
}

G1b() {
	local at_client=()
	need curl jq && instant && one_request || return
	pairs 31 '' cpu wall -- "${fb[@]}" :: curl "${post[@]}" -d "@$tmp/body" "$url"
}

G3() {
	helper bare -lcurl && instant && records 20000 || return
	pairs 9 20,000 cpu -- fb-send -j 32 "$tmp/records" :: bare "$url" 20000 32 "$tmp/body"
}

# wrk and fb-send in turn.  wrk sends the first of fb-send's bodies.
G4() {
	local pair ours theirs
	need wrk && instant && records 20000 || return
	cat >"$tmp/post.lua" <<-'END'
		local file = io.open(os.getenv("BODY"), "rb")
		wrk.method = "POST"
		wrk.body = file:read("*a")
		wrk.headers["Content-Type"] = "application/json"
		wrk.headers["Accept"] = "application/json"
	END
	for pair in 1 2 3 4 5; do
		timed fb-send -j 32 "$tmp/records" || return
		ours=$(calc "20000 / $wall")
		BODY=$tmp/body into=$tmp/wrk timed wrk -t1 -c32 -d1s -s "$tmp/post.lua" "$url" || return
		! grep -E 'Non-2xx|Socket errors' "$tmp/wrk" || cannot "wrk met errors in pair $pair" || return
		theirs=$(awk '/^Requests\/sec/ { print $2 }' "$tmp/wrk")
		calc "$ours / $theirs" >>"$tmp/rates"
	done
	got rate "5 pairs of 20,000 and 1 s" <"$tmp/rates"
}

# curl's configuration: options hold until `next`, so each request has all of its own.
curl_blocks() {
	sed 's/[\\"]/\\&/g' | awk -v url="$url" '
	BEGIN { print "parallel\nparallel-max = 32\nno-progress-meter" }
	{
		if (NR > 1)
			print "next"
		print "url = \"" url "\"\nhttp1.1\nsilent\nfail\noutput = /dev/null\nheader = \"Content-Type: application/json\""
		print "header = \"Accept: application/json\"\ndata-binary = \"" $0 "\""
	}'
}

# arrived - what the server's log says of the requests: method, path and body of each, sorted.
arrived() {
	jq -rc '[.method, .path, .headers["content-type"], .headers.accept, .headers["content-length"], .body]' "$tmp/log" | sort
}

# First both send the same to a server that keeps a log; what arrived must be the same.
G4b() {
	local n=2000
	need curl jq && instant --log "$tmp/log" && records $n || return
	curl_blocks <"$tmp/bodies" >"$tmp/blocks"
	fb-send -j 32 "$tmp/records" >/dev/null && arrived >"$tmp/by-send" && : >"$tmp/log" &&
		curl -K "$tmp/blocks" 2>"$tmp/curl.err" && arrived >"$tmp/by-curl" || cannot "fb-send or curl fails: $(tail -n 1 "$tmp/curl.err")" || return
	[ "$(wc -l <"$tmp/by-send")" -eq $n ] && [ "$(jq -r '.[5]' "$tmp/by-send" | sort | md5sum)" = "$(sort "$tmp/bodies" | md5sum)" ] &&
		cmp -s "$tmp/by-send" "$tmp/by-curl" || cannot "fb-send and curl do not send the same $n requests" || return
	stop
	instant && records $n || return
	curl_blocks <"$tmp/bodies" >"$tmp/blocks"
	pairs 9 2,000 cpu -- fb-send -j 32 "$tmp/records" :: curl -K "$tmp/blocks"
}

# Ideal: 2,560 / 64 rounds of 50 ms.
G5() {
	local run
	instant --delay 50 && records 2560 || return
	for run in 1 2 3; do
		timed fb-send -j 64 "$tmp/records" || cannot "run $run" || return
		calc "$wall / (2560 / 64 * 0.05)" >>"$tmp/walls"
	done
	got wall "3 runs of 2,560" <"$tmp/walls"
}

# peak N - sends so many and sets mb, the most it ever had, before it may end.
peak() {
	local pid hwm tries=6000
	rm -f "$tmp/done" "$tmp/in" "$tmp/out"
	mkfifo "$tmp/in" "$tmp/out" || return
	"${at_client[@]}" fb-send -q -j 32 <"$tmp/in" >"$tmp/out" &
	pid=$!
	{
		head -n "$1" >/dev/null && echo >"$tmp/done"
		cat >/dev/null
	} <"$tmp/out" &
	{
		gen requests "$1" | fb-shape -q --base-url "$mock/v1" -m m
		until [ -s "$tmp/done" ] || [ $((tries -= 1)) -eq 0 ]; do
			sleep 0.02
		done
		sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$pid/status" >"$tmp/hwm"
	} >"$tmp/in"
	wait "$pid" || cannot "fb-send fails" || return
	hwm=$(cat "$tmp/hwm")
	[ -s "$tmp/done" ] && [ -n "$hwm" ] || cannot "no VmHWM in /proc, or not $1 records" || return
	mb=$(calc "$hwm / 1024")
}

G8() {
	local mb few
	instant && helper gen && peak 20000 || return
	few=$mb
	peak 200000 || return
	echo "$mb" | got peak "1 run"
	calc "$mb - $few" | got more "1 run each"
}

# authority - one of our own, and a certificate by it for localhost; its file, and both ways to have it among the
# system's: a bundle, and a directory with hashes as names.
authority() {
	local ec=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes) system
	system=$(curl-config --ca 2>/dev/null || echo /etc/ssl/certs/ca-certificates.crt)
	[ -s "$system" ] || cannot "no bundle of authorities: $system" || return
	[ ! -e "$tmp/tls/ca.pem" ] || return 0
	(
		mkdir -p "$tmp/tls/dir" && cd "$tmp/tls" || exit
		openssl req -x509 "${ec[@]}" -keyout ca.key -out ca.pem -subj /CN=authority -days 2 &&
			openssl req "${ec[@]}" -keyout key -out csr -subj /CN=localhost &&
			echo subjectAltName=DNS:localhost,IP:127.0.0.1 >names &&
			openssl x509 -req -in csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out cert &&
			cat "$system" ca.pem >bundle && awk '/-----BEGIN/ { n++ } { print >("dir/" n ".pem") }' bundle || exit
		openssl rehash dir # it fails for what a bundle has twice
		[ -e "dir/$(openssl x509 -hash -noout -in ca.pem).0" ]
	) >"$tmp/tls.out" 2>&1 || cannot "openssl fails: $(tail -n 1 "$tmp/tls.out")"
}

# front [DIRECTIVES] - nginx, TLS, in front of $mock; sets front, its base URL; a line a request in "$tmp/tls/log".
front() {
	local try port
	for try in 1 2 3 4 5; do
		port=$((20000 + RANDOM % 10000))
		rm -f "$tmp/tls/log" "$tmp/tls/pid"
		cat >"$tmp/tls/conf" <<-END
			daemon off; master_process off; pid $tmp/tls/pid; error_log $tmp/tls/err;
			events { worker_connections 1024; }
			http {
			log_format short '\$connection \$status \$ssl_session_reused';
			access_log $tmp/tls/log short;
			client_body_temp_path $tmp/tls; proxy_temp_path $tmp/tls; fastcgi_temp_path $tmp/tls;
			uwsgi_temp_path $tmp/tls; scgi_temp_path $tmp/tls;
			server {
				listen 127.0.0.1:$port ssl backlog=1024;
				ssl_certificate $tmp/tls/cert; ssl_certificate_key $tmp/tls/key;
				ssl_session_tickets off; ssl_session_cache off; ${1-}
				location / { proxy_pass $mock; proxy_http_version 1.1; }
			} }
		END
		"${at_server[@]}" nginx -e "$tmp/tls/err" -p "$tmp/tls" -c "$tmp/tls/conf" >"$tmp/tls/out" 2>&1 &
		pids+=("$!")
		front=https://127.0.0.1:$port
		until curl -s -o "$tmp/tls/out" --cacert "$tmp/tls/ca.pem" "$front/v1/models"; do
			kill -0 "${pids[-1]}" 2>/dev/null || continue 2
			sleep 0.05
		done
		: >"$tmp/tls/log"
		return
	done
	cannot "nginx does not start, $try times: $(tail -n 1 "$tmp/tls/err")"
}

# Every request has a connection of its own, and no session is resumed: the log says so.
G11() {
	need nginx openssl curl && authority && instant && front 'keepalive_timeout 0;' || return
	mock=$front records 128 || return
	pairs 7 128 cpu -- fb-send -j 128 --cacert "$tmp/tls/bundle" "$tmp/records" :: \
		fb-send -j 128 --cacert "$tmp/tls/ca.pem" "$tmp/records" || return
	[ "$(awk '$2 == 200 && $3 == "." && !seen[$1]++' "$tmp/tls/log" | wc -l)" -eq $((16 * 128)) ] ||
		cannot "not each request had a connection of its own: the figure above is wrong"
}

# Debian's curl reads its bundle; fb-send has a directory with hashes to look in, as it takes the system's for few requests.
G12() {
	need nginx openssl curl && authority && instant && front || return
	mock=$front records 1 || return
	SSL_CERT_DIR=$tmp/tls/dir pairs 21 '' cpu -- fb-send "$tmp/records" :: \
		curl "${post[@]}" --cacert "$tmp/tls/bundle" -d "@$tmp/body" "$front/v1/chat/completions"
}

G13() {
	need valgrind jq && instant && one_request || return
	fb-send <"$tmp/request" >"$tmp/response" || cannot "fb-send fails" || return
	instructions config /dev/null fb-config && instructions shape "$tmp/routes" fb-shape -p "$prompt" --no-stream &&
		instructions parse "$tmp/response" fb-parse && instructions send "$tmp/request" fb-send
}

# share VALUE STREAMS [ARG]... - percent of a core, of three seconds of 100 chunks each; three times.
share() {
	local value=$1 n=$2 run reader
	shift 2
	rm -f "$tmp/pipe" "$tmp/shares"
	mkfifo "$tmp/pipe"
	head -n "$n" "$tmp/streams" >"$tmp/records"
	for run in 1 2 3; do
		cat "$tmp/pipe" >"$tmp/streamed" &
		reader=$!
		into=$tmp/pipe timed fb-send -j "$n" "$@" "$tmp/records" || return
		wait "$reader"
		[ "$(fb-parse "$tmp/streamed" | grep -o word | wc -l)" -eq $((n * 300)) ] || cannot "run $run: not $n times 300 words" || return
		awk "BEGIN { exit !($wall < 3.5) }" || cannot "run $run: $wall s for a stream of 3 s: this machine is too busy" || return
		calc "100 * $cpu / 3" >>"$tmp/shares"
	done
	got "$value" "3 runs of 3 s" <"$tmp/shares"
}

G14() {
	server --ttft 0 --tps 100 --reply "$(printf 'word %.0s' {1..300})" || return
	printf 'go %s\n' {1..256} | fb-shape -q --base-url "$mock/v1" -m m --lines --stream >"$tmp/streams" || cannot "fb-shape fails" || return
	share alone 256 --no-events && share all 256 --events && share one 1 --events
}
