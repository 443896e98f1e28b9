# fb-send and TLS: nginx in front of fb-mock, with certificates by an authority
# of this file's own.  HTTP/2, unix sockets, compressed replies.
# shellcheck disable=SC2016,SC2154,SC2317

load helper
load data/settings
load data/serve
load data/front

setup_file() {
	authority
}

setup() {
	fb_setup
	need nginx openssl perl
	here=$(pwd -P)
	certs=$BATS_FILE_TMPDIR
	umask 077
}

# untrusted [ARG]... - the request ends as tls, and nothing of it was sent.
untrusted() {
	run -4 --separate-stderr ask "$@"
	jq -e '.error.code == "tls" and .response == null' <<<"$output" || {
		echo "$output"
		return 1
	}
	[ ! -s "$MOCK_LOG" ] && [ ! -s "$FRONT_LOG" ]
}

# routed MEMBERS - the configuration of p/m at $FRONT with those members of request.
routed() {
	settings <<-END
		{models: {providers: {p: {baseUrl: "$FRONT/v1", request: {$1}, models: [{id: "m", name: "m"}]}}},
		agents: {defaults: {model: "p/m"}}}
	END
}

# along [ARG]... - a request along that route, as fb-config and fb-shape make it.
along() {
	fb fb-config >routes
	fb fb-shape -p x <routes >request
	run --separate-stderr fb fb-send --no-events --retries 0 "$@" request
}

@test "--cacert: a server whose certificate is by that authority, and over HTTP/2" {
	start_mock --reply fine
	front
	run -0 --separate-stderr ask --cacert "$certs/ca.pem"
	good
	logged 1
	grep -x 'HTTP/2.0 200 TLSv1.[23] .*' "$FRONT_LOG"
	TO=https://127.0.0.1:$FRONT_PORT run -0 --separate-stderr ask --cacert "$certs/ca.pem"
	good
}

# bats test_tags=memory
@test "a certificate by nobody, for another name, out of date: tls, and nothing is sent" {
	start_mock --reply fine --api-key canary-key
	export MY_KEY=canary-key
	front
	untrusted
	[[ $output == *certificate* ]]
	untrusted --api-key-env MY_KEY
	CERT=self front
	untrusted --cacert "$certs/ca.pem"
	CERT=wrong front
	untrusted --cacert "$certs/ca.pem"
	CERT=expired front
	untrusted --cacert "$certs/ca.pem"
	[[ $output == *expired* ]]
	# a variable of curl's or OpenSSL's doesn't switch it off
	SSL_VERIFY=0 CURL_INSECURE=1 NODE_TLS_REJECT_UNAUTHORIZED=0 untrusted
	# one that signed itself may be trusted by name
	CERT=self front
	run -0 --separate-stderr ask --cacert "$certs/self.pem" --api-key-env MY_KEY
	good
}

@test "no TLS before 1.2" {
	start_mock --reply fine
	front tls 'ssl_protocols TLSv1 TLSv1.1; ssl_ciphers ALL:@SECLEVEL=0;'
	untrusted --cacert "$certs/ca.pem"
	front tls 'ssl_protocols TLSv1.2;'
	run -0 --separate-stderr ask --cacert "$certs/ca.pem"
	logged 1
	grep 'TLSv1.2' "$FRONT_LOG"
}

@test "SSL_CERT_FILE and SSL_CERT_DIR are trusted, --cacert goes over both" {
	start_mock --reply fine
	front
	SSL_CERT_FILE=$certs/ca.pem run -0 --separate-stderr ask
	good
	mkdir dir empty
	cp "$certs/ca.pem" "dir/$(openssl x509 -in "$certs/ca.pem" -noout -hash).0"
	SSL_CERT_DIR=$here/dir run -0 --separate-stderr ask
	good
	SSL_CERT_FILE=$certs/self.pem SSL_CERT_DIR=$here/dir run -0 --separate-stderr ask
	good
	logged 3
	: >"$MOCK_LOG"
	: >"$FRONT_LOG"
	SSL_CERT_FILE=$certs/self.pem untrusted
	SSL_CERT_DIR=$here/empty untrusted
	SSL_CERT_FILE=$certs/ca.pem SSL_CERT_DIR=$here/dir untrusted --cacert "$certs/self.pem"
	SSL_CERT_FILE=$here/none run ! --separate-stderr ask
	run -2 --separate-stderr ask --cacert "$here/none"
	is config
	[[ $output == *"$here/none: No such file"* ]]
	[ ! -s "$MOCK_LOG" ]
}

@test "--cert and --key: a server that wants to know who asks" {
	start_mock --reply fine
	front tls "ssl_verify_client on; ssl_client_certificate $certs/ca.pem;"
	run -0 --separate-stderr ask --cacert "$certs/ca.pem" --cert "$certs/client.pem" --key "$certs/client.key"
	good
	cat "$certs/client.pem" "$certs/client.key" >both.pem
	run -0 --separate-stderr ask --cacert "$certs/ca.pem" --cert both.pem
	good
	# nginx says so by a page of HTTP
	run -4 --separate-stderr ask --cacert "$certs/ca.pem"
	is tls
	[[ $output == *"No required SSL certificate was sent"*--cert* ]]
	run -4 --separate-stderr ask --cacert "$certs/ca.pem" --cert "$certs/self.pem" --key "$certs/self.key"
	is tls
	[ "$(wc -l <"$MOCK_LOG")" -eq 2 ]
	# the key of another
	run ! --separate-stderr ask --cacert "$certs/ca.pem" --cert "$certs/client.pem" --key "$certs/good.key"
	is tls
	# one with a passphrase is not asked for at the terminal
	openssl pkey -in "$certs/client.key" -aes128 -passout pass:x -out locked.key
	run ! --separate-stderr timeout 10 "$FB_BIN/fb-send" --base-url "$FRONT/v1" -m m --retries 0 --cacert "$certs/ca.pem" \
		--cert "$certs/client.pem" --key locked.key <<<'{"messages":[]}'
	is tls
	[ "$(wc -l <"$MOCK_LOG")" -eq 2 ]
}

@test "TLS 1.3 and HTTP/2: 200 requests, one after the other, over one connection" {
	start_mock --reply fine
	front tls 'ssl_protocols TLSv1.3;'
	many 200 >bodies
	run -0 --separate-stderr fb fb-send --base-url "$FRONT/v1" -m m -j 1 --cacert "$certs/ca.pem" bodies
	good 200
	logged 200
	# each line: protocol, status, TLS, the one connection, and which of its requests it is
	diff <(cut -d ' ' -f 1-3 "$FRONT_LOG" | sort | uniq -c | sed 's/^ *//') - <<<'200 HTTP/2.0 200 TLSv1.3'
	[ "$(cut -d ' ' -f 4 "$FRONT_LOG" | sort -u | wc -l)" -eq 1 ]
	diff <(cut -d ' ' -f 5 "$FRONT_LOG") <(seq 200)
	: >"$MOCK_LOG"
	: >"$FRONT_LOG"
	# with TLS 1.3 too a certificate by nobody ends it before anything is sent
	untrusted
	[[ $output == *certificate*--cacert* ]]
}

@test "TLS 1.3: a server that wants a certificate, or not this one, says so behind the handshake: tls" {
	need haproxy
	start_mock --reply fine
	local port frontend
	cat "$certs/good.pem" "$certs/good.key" >both.pem
	for frontend in h2,http/1.1 http/1.1; do
		port=$(free_port)
		cat >haproxy.cfg <<-END
			defaults
			  mode http
			  timeout connect 2s
			  timeout client 30s
			  timeout server 30s
			listen it
			  bind 127.0.0.1:$port ssl crt both.pem alpn $frontend ca-file $certs/ca.pem verify required ssl-min-ver TLSv1.3
			  server one ${MOCK#http://}
		END
		balance haproxy.cfg "$port"
		FRONT=https://localhost:$port
		: >"$MOCK_LOG"
		# the alert may be lost with the connection; then it is tried again
		run -4 --separate-stderr ask --cacert "$certs/ca.pem" --retries 9
		is tls
		jq -e '.error | .retryable == false and (.message | contains("wants a certificate of ours, --cert FILE (its alert certificate required)"))' <<<"$output"
		run -4 --separate-stderr ask --cacert "$certs/ca.pem" --cert "$certs/self.pem" --key "$certs/self.key" --retries 9
		is tls
		jq -e --arg c "$certs/self.pem" '.error.message | contains("does not take our certificate, " + $c + " (its alert unknown ca)")' <<<"$output"
		[ ! -s "$MOCK_LOG" ]
		run -0 --separate-stderr ask --cacert "$certs/ca.pem" --cert "$certs/client.pem" --key "$certs/client.key"
		good
	done
}

@test "many over few connections of HTTP/2: in order, streams too" {
	start_mock --reply 'one two three' --delay 20
	front tls 'http2_max_concurrent_streams 100;'
	many 100 >bodies
	run -0 --separate-stderr fb fb-send --base-url "$FRONT/v1" -m m -j 16 --cacert "$certs/ca.pem" bodies
	good 100
	jq -se 'map(.custom_id) == [range(1; 101) | tostring]' <<<"$output"
	logged 100
	[ "$(grep -c '^HTTP/2.0 200' "$FRONT_LOG")" -eq 100 ]
	[ "$(cut -d ' ' -f 4 "$FRONT_LOG" | sort -u | wc -l)" -le 16 ]
	many 100 'stream: true' >bodies
	run -0 --separate-stderr fb fb-send --base-url "$FRONT/v1" -m m -j 16 --cacert "$certs/ca.pem" bodies
	good 100
	[ "$(fb fb-parse <<<"$output" | sort | uniq -c)" = "$(printf '%7d one two three' 100)" ]
}

@test "a server that ends HTTP/2 connections after a few requests loses none" {
	start_mock --reply fine
	front tls 'keepalive_requests 7;'
	many 60 >bodies
	run -0 --separate-stderr fb fb-send --base-url "$FRONT/v1" -m m -j 4 --cacert "$certs/ca.pem" bodies
	good 60
}

@test "request.tls of a configuration: ca, cert, key, serverName, beside the file" {
	start_mock --reply fine
	CERT=wrong front tls "ssl_verify_client on; ssl_client_certificate $certs/ca.pem;"
	cp "$certs"/{ca,client}.pem "$certs/client.key" .
	routed 'tls: {ca: "ca.pem", cert: "client.pem", key: "client.key", serverName: "other.test"}'
	along
	good
	# its Host is still that of the URL
	jq -e --arg h "localhost:$FRONT_PORT" '.headers.host == $h' "$MOCK_LOG"
	# without serverName the name is wrong
	: >"$MOCK_LOG"
	routed 'tls: {ca: "ca.pem", cert: "client.pem", key: "client.key"}'
	along
	is tls
	# the command line's goes over it
	routed 'tls: {ca: "'"$certs"'/self.pem", cert: "client.pem", key: "client.key", serverName: "other.test"}'
	along
	is tls
	along --cacert ca.pem
	good
}

@test "request.tls: a passphrase is a secret, insecureSkipVerify is refused" {
	start_mock --reply fine
	front tls "ssl_verify_client on; ssl_client_certificate $certs/ca.pem;"
	openssl pkey -in "$certs/client.key" -aes128 -passout pass:canary-pass -out locked.key
	for pass in '"canary-pass"' '{source: "env", id: "PASS"}'; do
		routed "tls: {ca: '$certs/ca.pem', cert: '$certs/client.pem', key: '$here/locked.key', passphrase: $pass}"
		PASS=canary-pass along -v
		good
		[[ $output$stderr$(cat routes request) != *canary* ]]
	done
	routed "tls: {ca: '$certs/ca.pem', insecureSkipVerify: true}"
	run -2 --separate-stderr fb fb-config
	[[ $stderr == *"$here/c.json5:1: "*insecureSkipVerify* ]]
}

@test "a record from elsewhere can name neither an authority nor a proxy" {
	start_mock --reply fine
	front
	serve
	routed 'tls: {ca: "'"$certs"'/self.pem"}'
	along
	is tls
	mv request asked
	local change
	for change in ".request.tls.ca = \"$certs/ca.pem\"" '.request.tls.insecureSkipVerify = true' \
		".request.proxy = {mode: \"explicit-proxy\", url: \"$SERVE\"}" 'del(.provider) | .request.tls.ca = "/etc/passwd"' \
		".baseUrl = \"$SERVE/v1\"" '.request.tls.cert = "/etc/passwd"' '.request.other = 1'; do
		jq -c ".route |= ($change)" asked >request
		run -4 --separate-stderr fb fb-send --no-events request
		is config
	done
	[ ! -s "$MOCK_LOG" ]
	[ ! -e replies/all ]
}

@test "--unix-socket: nginx that listens on one; no proxy is asked" {
	start_mock --reply fine --api-key canary-key
	# a socket's path is short
	local dir
	dir=$(mktemp -d "${TMPDIR:-/tmp}/fb.XXXXXX")
	front "$dir/s"
	export MY_KEY=canary-key
	for url in http://localhost http://localhost:1 http://api.example.test; do
		TO=$url http_proxy=http://127.0.0.1:1 run -0 --separate-stderr ask --unix-socket "$dir/s" --api-key-env MY_KEY --insecure-http
		good
	done
	rm "$dir/s"
	TO=http://localhost run -5 --separate-stderr ask --unix-socket "$dir/s"
	is connect
	[[ $output == *"$dir/s"* ]]
	rmdir "$dir"
}

@test "a compressed reply is asked for where the network is far, and unpacked" {
	start_mock --reply 'one two three'
	local dir
	dir=$(mktemp -d "${TMPDIR:-/tmp}/fb.XXXXXX")
	front "$dir/s" 'gzip on; gzip_types *; gzip_min_length 1; gzip_proxied any;'
	TO=http://api.example.test run -0 --separate-stderr ask --unix-socket "$dir/s" -v
	good
	[[ ${stderr,,} == *'content-encoding: gzip'* ]]
	[ "$(fb fb-parse <<<"$output")" = 'one two three' ]
	TO=http://api.example.test run -0 --separate-stderr fb fb-send --base-url http://api.example.test/v1 -m m --events --unix-socket "$dir/s" \
		<<<'{"messages":[{"role":"user","content":"hi"}],"stream":true}'
	[ "$(tail -n 1 <<<"$output" | fb fb-parse)" = 'one two three' ]
	# not from near
	run -0 --separate-stderr ask --unix-socket "$dir/s" -v
	[[ ${stderr,,} != *'content-encoding'* && ${stderr,,} != *'accept-encoding'* ]]
	rm -r "$dir"
}

@test "a gzip bomb is a bad reply soon, in little memory" {
	! sanitized || skip 'the sanitizer takes all address space'
	serve
	{
		printf 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n\r\n'
		head -c 300000000 /dev/zero | tr '\0' ' ' | gzip -1
	} >replies/bomb
	{
		printf 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\n\r\n'
		{ printf 'data: '; head -c 300000000 /dev/zero | tr '\0' x; } | gzip -1
	} >replies/line
	for name in bomb line; do
		SECONDS=0
		run -4 --separate-stderr bash -c 'ulimit -v 600000; exec "$FB_BIN/fb-send" --base-url "$0" -m m --no-events --retries 0 <<<"{\"messages\":[]}"' \
			"$SERVE/$name/v1"
		is bad_reply
		[ "$SECONDS" -lt 10 ]
	done
}

@test "-v tells of the connection, TLS and its cipher, the certificate and the lines, and of nothing inside of libcurl" {
	start_mock --reply fine --api-key canary-key
	front
	export MY_KEY=canary-key
	many 3 >bodies
	run -0 --separate-stderr fb fb-send --base-url "$FRONT/v1" -m m -j 1 --cacert "$certs/ca.pem" --api-key-env MY_KEY -v bodies
	good 3
	for line in '* Connected to localhost ' '* SSL connection using TLSv1.' '* ALPN: server accepted h2' 'subjectAltName: ' 'SSL certificate verify ok' \
		'> POST /v1/chat/completions HTTP/2' 'uthorization: Bearer \*\*\*' '< HTTP/2 200' '* Re-using existing '; do
		grep -q -- "^.*${line#\* }" <<<"$stderr" || {
			echo "no $line in $stderr"
			false
		}
	done
	[ "$(grep -c '^> POST' <<<"$stderr")" -eq 3 ]
	run -1 grep -E 'canary|0x[0-9a-f]{4}|easy handle|DNS cache|h2h3|TLS handshake|bundle|Stream ID' <<<"$stderr"
}

@test "a single request looks its certificates up; from the second on they are loaded once" {
	local trust=/etc/ssl/certs
	[ -e $trust/ca-certificates.crt ] && compgen -G "$trust/*.0" >/dev/null || skip 'not how Debian keeps its certificates'
	traced
	start_mock --reply fine
	front
	local send=(strace -f -e trace=openat -o calls "$FB_BIN/fb-send" --base-url "$FRONT/v1" -m m -j 1 --no-events --retries 0)
	many 1 >one
	many 3 >three
	for how in file stdin; do
		if [ $how = file ]; then run ! "${send[@]}" one; else run ! "${send[@]}" <one; fi
		run -1 grep ca-certificates.crt calls
		if [ $how = file ]; then run ! "${send[@]}" three; else run ! "${send[@]}" <three; fi
		[ "$(grep -c ca-certificates.crt calls)" -eq 1 ]
	done
	# a second one that comes later
	{ cat one; sleep 0.5; cat three; } | "${send[@]}" >records || true
	[ "$(grep -c tls records)" -eq 4 ]
	[ "$(grep -c ca-certificates.crt calls)" -eq 1 ]
}

@test "--curl goes the route's way: its TLS, the certificate's other name, its passphrase by name" {
	need curl
	start_mock --reply fine
	CERT=wrong front tls "ssl_verify_client on; ssl_client_certificate $certs/ca.pem;"
	openssl pkey -in "$certs/client.key" -aes128 -passout pass:canary-pass -out locked.key
	cp "$certs"/{ca,client}.pem .
	routed 'tls: {ca: "ca.pem", cert: "client.pem", key: "locked.key", serverName: "other.test", passphrase: "canary-pass"}'
	along
	good
	cp "$MOCK_LOG" by_send
	: >"$MOCK_LOG"
	along --curl
	[[ $output$stderr != *canary* ]]
	cd / && TLS_PASSPHRASE=canary-pass sh -c "$output" | grep fine
	cd "$here"
	diff <(jq -S . by_send) <(jq -S . "$MOCK_LOG")
	# one that the configuration doesn't confirm isn't shown
	jq -c '.route.request.tls.ca = "/etc/passwd"' request >other
	run -4 --separate-stderr fb fb-send --curl other
	[[ $output != *curl* && $stderr == *route.request* ]]
}
