# fb-send's memory: a hundred thousand records need no more than a thousand do.
# shellcheck disable=SC2317

load helper

setup() {
	fb_setup
	unchecked
	start_mock --reply 'hello there'
}

# requests N [STREAM]
requests() {
	seq "$1" | sed "s,.*,{\"custom_id\":\"r&\"\,\"method\":\"POST\"\,\"url\":\"/v1/chat/completions\"\,\"body\":{\"model\":\"m\"\,\"messages\":[{\"role\":\"user\"\,\"content\":\"&\"}]\,\"stream\":${2:-false}}\,\"route\":{\"ref\":\"m\"\,\"baseUrl\":\"$MOCK/v1\"}},"
}

# Numbers of the good records that stand where they belong, in records.
in_order() {
	grep '"error":null' records | sed 's/.*"custom_id":"r\([0-9]*\)".*/\1/' | awk '$1 == NR' | wc -l
}

@test "memory: 100,000 records at 128 at once, in order, within 36 MB of addresses" {
	# 100 bytes lost a record would pass the limit
	requests 100000 >in
	(ulimit -v 36864 && exec "$FB_BIN/fb-send" -j 128 <in >records)
	[ "$(in_order)" -eq 100000 ]
	[ "$(wc -l <records)" -eq 100000 ]
}

@test "memory: the same with a journal, within what its table of ids needs" {
	requests 50000 >in
	(ulimit -v 65536 && exec "$FB_BIN/fb-send" -j 128 --resume records <in)
	[ "$(grep -c '"error":null' records)" -eq 50000 ]
	[ "$(sed 's/.*"custom_id":"\([^"]*\)".*/\1/' records | sort -u | wc -l)" -eq 50000 ]
}
