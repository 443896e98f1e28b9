# fb-send through proxies, and what haproxy says in front of a busy server.
# shellcheck disable=SC2016,SC2154,SC2317

load helper
load data/settings
load data/front

setup_file() {
	authority
}

setup() {
	fb_setup
	need perl
	here=$(pwd -P)
	certs=$BATS_FILE_TMPDIR
	umask 077
}

# proxy [USER:PASSWORD] - starts tests/proxy.pl; sets PROXY, its URL, PROXY_LOG.
proxy() {
	local port=$here/proxy${#FB_PIDS[@]}
	PROXY_LOG=$port.log
	: >"$PROXY_LOG"
	perl "$FB_ROOT/tests/proxy.pl" "$PROXY_LOG" "$@" >"$port" 3>&- &
	FB_PIDS+=("$!")
	until_true "[ -s '$port' ]"
	PROXY=http://127.0.0.1:$(cat "$port")
}

# proxied N - so many heads came to the proxy since the last time.
proxied() {
	[ "$(grep -cE '^(POST|CONNECT) ' "$PROXY_LOG")" -eq "$1" ] || {
		cat "$PROXY_LOG"
		return 1
	}
	: >"$PROXY_LOG"
}

@test "--proxy: http goes through it, to this machine too; --proxy '' goes through none" {
	start_mock --reply fine
	proxy
	TO=$MOCK run -0 --separate-stderr ask --proxy "$PROXY"
	good
	grep -F "POST $MOCK/v1/chat/completions HTTP/1.1" "$PROXY_LOG"
	proxied 1
	no_proxy='*' TO=$MOCK run -0 --separate-stderr ask --proxy "${PROXY#http://}"
	good
	proxied 1
	http_proxy=$PROXY TO=$MOCK run -0 --separate-stderr ask
	http_proxy=$PROXY TO=$MOCK run -0 --separate-stderr ask --proxy ''
	good
	proxied 0
	many 20 >bodies
	run -0 --separate-stderr fb fb-send --base-url "$MOCK/v1" -m m -j 4 --proxy "$PROXY" bodies
	good 20
}

@test "a proxy of the environment is asked for a far host; --proxy '' and no_proxy keep it out" {
	start_mock --reply fine
	proxy
	local port=${MOCK##*:}
	for name in http_proxy all_proxy ALL_PROXY; do
		run -0 --separate-stderr env "$name=$PROXY" "$FB_BIN/fb-send" --base-url "http://far.example.test:$port/v1" -m m \
			--no-events <<<'{"messages":[]}'
		good
		proxied 1
	done
	http_proxy=$PROXY TO=http://far.invalid:$port run ! --separate-stderr ask --proxy ''
	is connect
	http_proxy=$PROXY no_proxy=far.invalid TO=http://far.invalid:$port run ! --separate-stderr ask
	is connect
	[[ $output != *"the proxy"* ]]
	proxied 0
}

@test "https goes through a tunnel, and the proxy sees neither key nor request" {
	need nginx openssl
	start_mock --reply fine --api-key canary-key
	front
	proxy
	export MY_KEY=canary-key
	run -0 --separate-stderr ask --cacert "$certs/ca.pem" --proxy "$PROXY" --api-key-env MY_KEY -v
	good
	[[ $stderr != *canary* ]]
	grep -F "CONNECT localhost:$FRONT_PORT HTTP/1.1" "$PROXY_LOG"
	run -1 grep -iE 'canary|authorization|chat' "$PROXY_LOG"
	proxied 1
	logged 1
	grep 'HTTP/2.0 200' "$FRONT_LOG"
	# the certificate is checked all the same
	run -4 --separate-stderr ask --proxy "$PROXY" --api-key-env MY_KEY
	is tls
}

# bats test_tags=memory
@test "a proxy that wants a login, refuses the way, or isn't there: it is named, without its login" {
	need nginx openssl
	start_mock --reply fine
	front
	local free
	free=$(free_port)
	proxy user:canary-pass
	for to in "$MOCK" "$FRONT"; do
		: >"$PROXY_LOG"
		TO=$to run -4 --separate-stderr ask --cacert "$certs/ca.pem" --proxy "$PROXY"
		is config
		[[ $output == *"${PROXY#http://}"*407* ]]
		TO=$to run -4 --separate-stderr ask --cacert "$certs/ca.pem" --proxy "http://user:canary-bad@${PROXY#http://}" -v
		is config
		[[ $output$stderr != *canary* ]]
		TO=$to run -0 --separate-stderr ask --cacert "$certs/ca.pem" --proxy "http://user:canary-pass@${PROXY#http://}" -v
		good
		[[ $output$stderr != *canary* && $output$stderr != *dXNlcj* ]]
		TO=$to run -5 --separate-stderr ask --cacert "$certs/ca.pem" --proxy "http://user:canary-pass@127.0.0.1:$free" -v
		is connect
		[[ $output == *"the proxy http://127.0.0.1:$free"* && $output$stderr != *canary* ]]
	done
	TO=https://localhost:$free run -5 --separate-stderr ask --proxy "http://user:canary-pass@${PROXY#http://}"
	is connect
	[[ $output == *"the proxy ${PROXY}"*502* && $output$stderr != *canary* ]]
	TO=$MOCK run -2 --separate-stderr ask --proxy ftp://127.0.0.1:1
	is config
}

@test "request.proxy of a configuration: explicit-proxy, env-proxy; the command line's goes over it" {
	start_mock --reply fine
	proxy
	local path='models: {providers: {p: {baseUrl: "'"$MOCK"'/v1", models: [{id: "m", name: "m"}], request: {proxy: '
	settings <<<"{$path{mode: 'explicit-proxy', url: '$PROXY'}}}}}, agents: {defaults: {model: 'p/m'}}}"
	fb fb-config | fb fb-shape -p x >request
	run -0 --separate-stderr fb fb-send --no-events request
	good
	proxied 1
	run -0 --separate-stderr fb fb-send --no-events --proxy '' request
	good
	proxied 0
	settings <<<"{$path{mode: 'env-proxy'}}}}}, agents: {defaults: {model: 'p/m'}}}"
	fb fb-config | fb fb-shape -p x >request
	http_proxy=$PROXY run -0 --separate-stderr fb fb-send --no-events request
	good
	proxied 0
}

# haproxy, whose server takes so many at once and lets others wait so long, in front of $MOCK: sets FRONT.
balancer() {
	local port
	port=$(free_port)
	cat >haproxy.cfg <<-END
		global
		  maxconn 500
		defaults
		  mode http
		  timeout connect 2s
		  timeout client 30s
		  timeout server 30s
		  timeout queue $2
		listen it
		  bind 127.0.0.1:$port
		  http-reuse always
		  server one ${MOCK#http://} maxconn $1
	END
	balance haproxy.cfg "$port"
	FRONT=http://127.0.0.1:$port
}

@test "haproxy that says 503 when too many wait: all are answered, fewer at once are sent" {
	need haproxy
	start_mock --reply fine --delay 100
	balancer 4 50ms
	many 200 >bodies
	run -0 --separate-stderr fb fb-send --base-url "$FRONT/v1" -m m -j 32 --retries 20 bodies
	good 200
	jq -se 'map(.custom_id) == [range(1; 201) | tostring]' <<<"$output"
	# each came to the server once
	[ "$(wc -l <"$MOCK_LOG")" -eq 200 ]
	# there was something to adapt to, and it did
	local refused
	refused=$(jq -s 'map(.attempts // [] | map(select(.status == 503)) | length) | add' <<<"$output")
	echo "$refused times 503"
	[ "$refused" -gt 10 ]
	[ "$refused" -lt 400 ]
}

@test "--curl: what fb-send keeps from a proxy, curl does too; the route's proxy is in it" {
	need curl
	start_mock --reply fine --api-key canary-key
	proxy
	export MY_KEY=canary-key http_proxy=$PROXY
	TO=$MOCK run -0 --separate-stderr ask --api-key-env MY_KEY --curl
	sh -c "$output" | grep fine
	proxied 0
	TO=$MOCK run -0 --separate-stderr ask --api-key-env MY_KEY --proxy "$PROXY" --curl
	sh -c "$output" | grep fine
	proxied 1
	unset http_proxy
	settings <<-END
		{models: {providers: {p: {baseUrl: "$MOCK/v1", apiKey: "canary-key", models: [{id: "m", name: "m"}],
		request: {proxy: {mode: "explicit-proxy", url: "$PROXY"}}}}}, agents: {defaults: {model: "p/m"}}}
	END
	fb fb-config | fb fb-shape -p x >request
	run -0 --separate-stderr fb fb-send --curl request
	P_API_KEY=canary-key sh -c "$output" | grep fine
	proxied 1
}
