load helper

# What Debian's node-json5 made of 2,000 documents, and what ours did; the
# documents are made, and what is not among them is told, in data/json5.js.
@test "JSON5: value for value what node-json5 reads, and refused where it refuses" {
	export NODE_PATH=${NODE_PATH:-/usr/share/nodejs:/usr/lib/nodejs}
	node -e 'require("json5")' 2>/dev/null || skip "node-json5 is not installed: apt-get install node-json5"

	node "$FB_ROOT/tests/data/json5.js" . 2000
	"$FB_BIN/../unit/json5" documents >got

	[ "$(wc -l <got)" -eq 2000 ]
	[ "$(grep -c '^error$' got)" -ge 100 ]
	diff wanted got
}
