# front.bash - nginx and haproxy in front of fb-mock, and certificates that
# nobody trusts but who is told to:  load data/front
# shellcheck shell=bash disable=SC2154

# need PROGRAM... - skips the test where one is missing.
need() {
	local program
	PATH=$PATH:/usr/sbin:/sbin
	for program; do
		command -v "$program" >/dev/null || skip "no $program here"
	done
}

# authority - an authority of this file's own, ca.pem, and certificates by it: good, wrong (for another name),
# expired, client; and self, by nobody.  In $BATS_FILE_TMPDIR; for setup_file.
authority() {
	command -v openssl >/dev/null || return 0
	cd "$BATS_FILE_TMPDIR" || return
	local ec=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes) name
	openssl req -x509 "${ec[@]}" -keyout ca.key -out ca.pem -subj /CN=authority -days 2
	openssl req -x509 "${ec[@]}" -keyout self.key -out self.pem -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -days 2
	echo subjectAltName=DNS:localhost,IP:127.0.0.1 >names
	echo subjectAltName=DNS:other.test >other
	for name in good wrong expired client; do
		openssl req "${ec[@]}" -keyout $name.key -out $name.csr -subj /CN=$name
	done
	local by=(openssl x509 -req -CA ca.pem -CAkey ca.key -CAcreateserial)
	"${by[@]}" -in good.csr -days 2 -extfile names -out good.pem
	"${by[@]}" -in client.csr -days 2 -out client.pem
	"${by[@]}" -in wrong.csr -days 2 -extfile other -out wrong.pem
	"${by[@]}" -in expired.csr -days -1 -extfile names -out expired.pem
} >/dev/null 2>&1

free_port() {
	perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 1)->sockport, "\n"'
}

# listening PORT|PATH PID - waits until it can be connected to; fails when the process has ended.
listening() {
	local i
	for ((i = 0; i < 200; i++)); do
		kill -0 "$2" 2>/dev/null || return
		perl -MIO::Socket::INET -MIO::Socket::UNIX -e 'exit !($ARGV[0] =~ m,/, ? IO::Socket::UNIX->new(Peer => $ARGV[0]) :
			IO::Socket::INET->new("127.0.0.1:$ARGV[0]"))' "$1" && return
		sleep 0.05
	done
	return 1
}

# front [LISTEN [DIRECTIVES]] - nginx that hands everything on to $MOCK.  LISTEN is "tls" (also HTTP/2), "plain" or
# the path of a socket.  CERT: good, or another one's name.  Sets FRONT, its base URL, FRONT_LOG, a line a request:
# protocol, status, TLS version, connection's number, which request of it this is; FRONT_PID.
front() {
	local listen=${1-tls} more=${2-} dir tries=0
	dir=$BATS_TEST_TMPDIR/front$((${#FB_PIDS[@]}))
	mkdir -p "$dir"
	FRONT_LOG=$dir/log
	while :; do
		FRONT_PORT=$(free_port)
		case $listen in
		tls) FRONT_AT="127.0.0.1:$FRONT_PORT ssl http2" FRONT=https://localhost:$FRONT_PORT ;;
		plain) FRONT_AT=127.0.0.1:$FRONT_PORT FRONT=http://localhost:$FRONT_PORT ;;
		*) FRONT_AT=unix:$listen FRONT_PORT=$listen FRONT=http://localhost ;;
		esac
		front_conf "$more" >"$dir/conf"
		nginx -e "$dir/err" -p "$dir" -c "$dir/conf" >"$dir/out" 2>&1 3>&- &
		FRONT_PID=$!
		FB_PIDS+=("$FRONT_PID")
		listening "$FRONT_PORT" "$FRONT_PID" && return
		unset 'FB_PIDS[-1]'
		[ $((tries += 1)) -lt 5 ] || {
			cat "$dir/out" "$dir/err"
			return 1
		}
	done
}

front_conf() {
	cat <<-END
		daemon off; master_process off; pid $dir/pid; error_log $dir/err;
		events { worker_connections 1024; }
		http {
		log_format short '\$server_protocol \$status \$ssl_protocol \$connection \$connection_requests';
		access_log $dir/log short;
		keepalive_requests 100000;
		client_max_body_size 100m;
		client_body_temp_path $dir; proxy_temp_path $dir; fastcgi_temp_path $dir; uwsgi_temp_path $dir; scgi_temp_path $dir;
		server {
			listen $FRONT_AT;
			ssl_certificate $BATS_FILE_TMPDIR/${CERT:-good}.pem;
			ssl_certificate_key $BATS_FILE_TMPDIR/${CERT:-good}.key;
			$more
			location / { proxy_pass $MOCK; proxy_http_version 1.1; proxy_set_header Host \$http_host; proxy_buffering off; }
		} }
	END
}

# balance CONF PORT - haproxy with that configuration, which listens on that port.
balance() {
	haproxy -db -q -f "$1" >haproxy.out 2>&1 3>&- &
	FB_PIDS+=("$!")
	listening "$2" "$!" || {
		cat haproxy.out
		return 1
	}
}

# logged N - nginx writes its log after the reply: waits until it has N lines.
logged() {
	until_true "[ \$(wc -l <'$FRONT_LOG') -eq $1 ]"
}

# ask [ARG]... - one small request to $FRONT.
ask() {
	fb fb-send --base-url "${TO:-$FRONT}/v1" -m m --no-events --retries 0 "$@" <<<'{"messages":[{"role":"user","content":"hi"}]}'
}

# good [N] - after a `run`: so many records, all of them answers.
good() {
	jq -se 'length == '"${1:-1}"' and all(.[]; .error == null and .response.status_code == 200)' <<<"$output" || {
		echo "$output$stderr"
		return 1
	}
}

# is CODE - after a `run`: one record, that error.
is() {
	jq -e --arg c "$1" '.error.code == $c' <<<"$output" || {
		echo "$output$stderr"
		return 1
	}
}

# many N [MEMBERS] - so many bodies.
many() {
	jq -nc --argjson n "$1" "range(\$n) | {messages: [{role: \"user\", content: \"\\(.)\"}]${2+, $2}}"
}
