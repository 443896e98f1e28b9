# $include: what is merged, where it may lead, and what a fault in it says.
# shellcheck disable=SC2016,SC2317

load helper
load data/settings

setup() {
	fb_setup
	here=$(pwd -P)
	cd "$here" || return
}

# model ID - a provider's entry for one model, on one line
model() {
	printf '{id: "%s", name: "%s"}' "$1" "$1"
}

# A server p with the model m; $1: more members of it.
server() {
	printf '{baseUrl: "http://127.0.0.1:9/v1", models: [%s]%s}\n' "$(model m)" "${1:+, $1}"
}

# whole [MORE] - a good configuration; MORE stands on its second line.
whole() {
	printf '{\n%s\nmodels: {providers: {p: %s}}}\n' "${1-}" "$(server)"
}

# --- what is merged

# bats test_tags=memory
@test "an object of \$include is what the file says" {
	settings <<<'{models: {providers: {p: {$include: "p.json5"}}}}'
	server | settings p.json5
	[ "$(says .ref)" = '"p/m"' ]
}

@test "the whole configuration may be an include" {
	settings <<<'{$include: "./all.json5"}'
	whole | settings all.json5
	[ "$(says .ref)" = '"p/m"' ]
}

# bats test_tags=memory
@test "of a list the later goes over the earlier, and what stands beside it over both" {
	server 'maxTokens: 1, timeoutSeconds: 1, params: {a: 1, b: 1, c: 1, d: {x: 1}}' | settings one
	settings two <<<'{maxTokens: 2, timeoutSeconds: 2, params: {b: 2, c: 2, d: {y: 2}}}'
	settings <<<'{models: {providers: {p: {timeoutSeconds: 3, $include: ["one", "two"], params: {c: 3, d: {z: 3}}}}}}'
	route
	jq -e '.maxTokens == 2 and .timeoutSeconds == 3' route
	jq .params route | same '{"a":1,"b":2,"c":3,"d":{"x":1,"y":2,"z":3}}'
}

@test "the order of a list counts" {
	server 'maxTokens: 1' | settings one
	settings two <<<'{maxTokens: 2}'
	settings <<<'{models: {providers: {p: {$include: ["two", "one"]}}}}'
	[ "$(says .maxTokens)" = 1 ]
}

@test "what stands beside an include goes over it wherever it stands" {
	server 'maxTokens: 1' | settings one
	settings <<<'{models: {providers: {p: {maxTokens: 2, $include: "one"}}}}'
	[ "$(says .maxTokens)" = 2 ]
	settings <<<'{models: {providers: {p: {$include: "one", maxTokens: 2}}}}'
	[ "$(says .maxTokens)" = 2 ]
}

@test "arrays are joined, in the order of the files" {
	server | settings one
	settings two <<<"{models: [$(model n)]}"
	settings <<<"{models: {providers: {p: {\$include: ['one', 'two'], models: [$(model o)]}}}}"
	fb fb-config --list --json >list
	[ "$(jq -r 'select(.ref | startswith("p/")).ref' list | tr '\n' ' ')" = 'p/m p/n p/o ' ]
}

@test "an include is an element of an array" {
	model n | settings n.json5
	settings <<<'{models: {providers: {p: {baseUrl: "http://127.0.0.1:9/v1", models: [
		{id: "a", name: "a"}, {$include: "n.json5"}, {$include: "n.json5", id: "z"}]}}}}'
	fb fb-config --list --json >list
	[ "$(jq -r 'select(.ref | startswith("p/")).ref' list | tr '\n' ' ')" = 'p/a p/n p/z ' ]
}

@test "an array may be what is included" {
	settings list.json5 <<<"[$(model m), $(model n)]"
	settings <<<'{models: {providers: {p: {baseUrl: "http://127.0.0.1:9/v1", models: {$include: "list.json5"}}}}}'
	[ "$(says .model -m p/n)" = '"n"' ]
	jq -e '.source.path == "models.providers.p.models[1]"' route
}

@test "a text or a number may be what is included" {
	settings n.json5 <<<'77'
	settings url.json5 <<<'"http://127.0.0.1:9/v1"'
	settings <<<"{models: {providers: {p: {baseUrl: {\$include: 'url.json5'}, maxTokens: {\$include: 'n.json5'}, models: [$(model m)]}}}}"
	[ "$(says .maxTokens)" = 77 ]
}

@test "a scalar gives way to an object, and an object to a scalar" {
	server 'params: {a: 1, b: {c: 1}}' | settings one
	settings <<<'{models: {providers: {p: {$include: "one", params: {a: {c: 2}, b: 2}}}}}'
	route
	jq .params route | same '{"a":{"c":2},"b":2}'
}

@test "the same file may be included twice, side by side" {
	server | settings one
	settings <<<'{models: {providers: {p: {$include: "one"}, q: {$include: "one"}, r: {$include: ["one", "one"]}}}}'
	[ "$(says .ref -m p/m)" = '"p/m"' ]
	[ "$(says .ref -m q/m)" = '"q/m"' ]
}

# bats test_tags=memory
@test "a path is relative to the file that names it" {
	mkdir -p sub/deep
	settings <<<'{$include: "sub/a.json5"}'
	settings sub/a.json5 <<<'{models: {$include: "deep/b.json5"}}'
	settings sub/deep/b.json5 <<<'{providers: {p: {$include: "../../p.json5"}}}'
	server | settings p.json5
	server 'maxTokens: 1' | settings sub/p.json5
	[ "$(says .maxTokens)" = null ]
	mkdir elsewhere
	cd elsewhere
	[ "$(says .ref)" = '"p/m"' ]
}

@test "an absolute path within the directory is good" {
	settings <<<"{models: {providers: {p: {\$include: '$here/p.json5'}}}}"
	server | settings p.json5
	[ "$(says .ref)" = '"p/m"' ]
}

@test "a variable in an included file is filled in" {
	settings <<<'{models: {providers: {p: {$include: "p.json5"}}}}'
	sed 's,http://[^"]*,${BASE},' <(server) | settings p.json5
	[ "$(BASE=http://127.0.0.1:8/v1 says .baseUrl)" = '"http://127.0.0.1:8/v1"' ]
}

@test "a variable in the path of an include is none: includes come first" {
	settings <<<'{models: {providers: {p: {$include: "${FILE}.json5"}}}}'
	server | settings p.json5
	FILE=p refused "$here/c.json5:1: " '${FILE}.json5: No such file'
	server | settings '${FILE}.json5'
	[ "$(FILE=q says .ref)" = '"p/m"' ]
}

@test "a key in an included file is sent, and shown by nobody" {
	start_mock --api-key canary-key --reply fine
	settings <<<'{models: {providers: {p: {$include: "p.json5"}}}}'
	server 'apiKey: "canary-key"' | sed "s,http://127.0.0.1:9,$MOCK," | settings p.json5
	fb fb-config >route 2>err
	fb fb-shape -p x <route >request 2>>err
	fb fb-send <request >response 2>>err
	[ "$(fb fb-parse <response)" = fine ]
	jq -e '.route.auth.secret == {"source":"config","file":"'"$here"'/c.json5","path":"models.providers.p.apiKey"}' route
	quiet_about canary route request response err
}

# --- where it may lead

@test "../ out of the configuration's directory is refused, into a folder of it is not" {
	mkdir -p dir/sub
	server | tee p.json5 >dir/p.json5
	settings dir/c.json5 <<<'{models: {providers: {p: {$include: "../p.json5"}}}}'
	refused "$here/dir/c.json5:1: \$include: " "$here/p.json5" --config dir/c.json5
	[[ $(cat err) == *FLUFFBUZZ_INCLUDE_ROOTS* ]]
	settings dir/c.json5 <<<'{models: {providers: {p: {$include: "sub/../p.json5"}}}}'
	[ "$(says .ref --config dir/c.json5)" = '"p/m"' ]
	settings dir/c.json5 <<<'{models: {providers: {p: {$include: "sub/../../dir/p.json5"}}}}'
	[ "$(says .ref --config dir/c.json5)" = '"p/m"' ]
	settings dir/c.json5 <<<'{models: {providers: {p: {$include: "no/../../p.json5"}}}}'
	refused "$here/dir/c.json5:1: " 'leads out of' --config dir/c.json5
}

@test "an absolute path elsewhere is refused, a folder with a like name too" {
	mkdir dir dirx
	server >dirx/p.json5
	settings dir/c.json5 <<<"{models: {providers: {p: {\$include: '$here/dirx/p.json5'}}}}"
	refused "$here/dir/c.json5:1: " 'leads out of' --config dir/c.json5
	settings dir/c.json5 <<<"{models: {providers: {p: {\$include: '/etc/passwd'}}}}"
	refused "$here/dir/c.json5:1: " '/etc/passwd' --config dir/c.json5
	run ! grep -q root: err out
}

# bats test_tags=memory
@test "FLUFFBUZZ_INCLUDE_ROOTS names other folders, absolute ones" {
	mkdir dir roots other
	server >roots/p.json5
	settings dir/c.json5 <<<'{models: {providers: {p: {$include: "../roots/p.json5"}}}}'
	export FLUFFBUZZ_INCLUDE_ROOTS
	for FLUFFBUZZ_INCLUDE_ROOTS in "$here/roots" "$here/roots/" "/nothing:$here/roots" "$here/roots:" "::$here/roots" "$here"; do
		[ "$(says .ref --config dir/c.json5)" = '"p/m"' ]
	done
	for FLUFFBUZZ_INCLUDE_ROOTS in "$here/root" "$here/other" roots ../roots '' : "$here/roots/p"; do
		refused "$here/dir/c.json5:1: " 'leads out of' --config dir/c.json5
	done
	ln -s roots link
	FLUFFBUZZ_INCLUDE_ROOTS=$here/link
	[ "$(says .ref --config dir/c.json5)" = '"p/m"' ]
}

# bats test_tags=memory
@test "a symbolic link out of the directory is refused, one that stays in it is good" {
	mkdir -p dir/sub away
	server | tee away/p.json5 >dir/sub/p.json5
	settings dir/c.json5 <<<'{models: {providers: {p: {$include: "link.json5"}}}}'
	ln -s sub/p.json5 dir/link.json5
	[ "$(says .ref --config dir/c.json5)" = '"p/m"' ]
	ln -sf ../away/p.json5 dir/link.json5
	refused "$here/dir/c.json5:1: \$include: " 'leads out of' --config dir/c.json5
	FLUFFBUZZ_INCLUDE_ROOTS=$here/away says .ref --config dir/c.json5
	# a folder that is a link
	settings dir/c.json5 <<<'{models: {providers: {p: {$include: "folder/p.json5"}}}}'
	ln -s ../away dir/folder
	refused "$here/dir/c.json5:1: \$include: " 'leads out of' --config dir/c.json5
	# a link elsewhere that leads back in
	settings dir/c.json5 <<<'{models: {providers: {p: {$include: "../back.json5"}}}}'
	ln -s dir/sub/p.json5 back.json5
	refused "$here/dir/c.json5:1: \$include: " 'leads out of' --config dir/c.json5
	# one that leads nowhere
	settings dir/c.json5 <<<'{models: {providers: {p: {$include: "nowhere.json5"}}}}'
	ln -s nothing dir/nowhere.json5
	refused "$here/dir/c.json5:1: \$include: " 'nowhere.json5: No such file' --config dir/c.json5
}

@test "a configuration that is a link itself: the directory is where the file is" {
	mkdir real
	settings real/c.json5 <<<'{models: {providers: {p: {$include: "p.json5"}}}}'
	server >real/p.json5
	server >p.json5
	ln -s real/c.json5 link.json5
	[ "$(says .ref --config link.json5)" = '"p/m"' ]
	rm real/p.json5
	refused '' 'No such file' --config link.json5
}

# --- how deep, how many, how large

# chain N - c.json5 includes 1.json5, that 2.json5, up to N.json5
chain() {
	local i
	settings <<<'{$include: "1.json5"}'
	for ((i = 1; i < $1; i++)); do
		settings "$i.json5" <<<"{\$include: '$((i + 1)).json5'}"
	done
	whole | settings "$1.json5"
}

# bats test_tags=memory
@test "ten includes in each other are good, eleven are not" {
	chain 10
	[ "$(says .ref)" = '"p/m"' ]
	chain 11
	refused "$here/10.json5:1: \$include: " 'more than 10'
}

# bats test_tags=memory
@test "a file that includes itself is told, with the way round" {
	settings <<<$'{\n$include: "c.json5"}'
	refused "$here/c.json5:2: \$include: " "$here/c.json5 -> $here/c.json5"
	settings <<<$'{$include: "a"}'
	settings a <<<$'{\n\n$include: "./a"}'
	refused "$here/a:3: \$include: " "$here/a -> $here/a"
}

# bats test_tags=memory
@test "two files that include each other are told, with the way round" {
	settings <<<'{$include: "a"}'
	settings a <<<$'{\n$include: "b"}'
	settings b <<<$'{\n\nmodels: {$include: "a"}}'
	refused "$here/b:3: \$include: " "$here/a -> $here/b -> $here/a"
}

@test "a circle through a link, symbolic or hard, is one too" {
	settings <<<'{$include: "a"}'
	settings a <<<'{$include: "soft"}'
	ln -s a soft
	refused "$here/a:1: \$include: " circle
	ln a hard
	settings b <<<'{$include: "hard"}'
	cat b >a
	ln b b2
	settings <<<'{$include: "b"}'
	settings other <<<'{$include: "b2"}'
	cat other >a
	refused "$here/" circle
}

# bats test_tags=memory
@test "ten files of ten each are read; ten levels of ten are refused, at once" {
	for i in 0 1 2 3 4 5 6 7 8 9; do
		echo "{params: {x$i: 1}}" >"leaf$i"
		for j in 0 1 2 3 4 5 6 7 8 9; do
			list="${list:+$list,}'leaf$j'"
		done
		echo "{\$include: [$list]}" >"node$i"
		list=
		nodes="${nodes:+$nodes,}'node$i'"
	done
	settings <<<"{models: {providers: {p: {\$include: [$nodes], baseUrl: 'http://127.0.0.1:9/v1', models: [$(model m)]}}}}"
	[ "$(says '.params | length')" = 10 ]
	for i in 1 2 3 4 5 6 7 8 9; do
		for j in 0 1 2 3 4 5 6 7 8 9; do
			list="${list:+$list,}'level$((i + 1))'"
		done
		echo "{\$include: [$list]}" >"level$i"
		list=
	done
	echo '{params: {x: 1}}' >level10
	settings <<<"{models: {providers: {p: {\$include: 'level1', baseUrl: 'http://127.0.0.1:9/v1', models: [$(model m)]}}}}"
	refused "$here/level" 'files'
}

@test "an array that doubles at each level does not eat the memory" {
	echo "[$(printf '{id: "m", name: "%01000d"},' 1)]" >a0
	for i in 1 2 3 4 5 6 7 8 9; do
		echo "{\$include: ['a$((i - 1))', 'a$((i - 1))', 'a$((i - 1))', 'a$((i - 1))']}" >"a$i"
	done
	settings <<<"{models: {providers: {p: {baseUrl: 'http://127.0.0.1:9/v1', models: {\$include: 'a9'}}}}}"
	refused "$here/a" 'files'
}

# --- what can't be read

# cannot PATH TEXT - including it from line 2 is refused with TEXT, and the place of both
cannot() {
	settings <<<$'{\n$include: "'"$1"$'",\nmodels: {providers: {p: '"$(server)"'}}}'
	refused "$here/c.json5:2: \$include: " "$2"
}

# bats test_tags=memory
@test "what can't be read is told, with the place that wants it" {
	cannot missing.json5 "$here/missing.json5: No such file"
	mkdir dir
	cannot dir "$here/dir: Is a directory"
	cannot no/such/p.json5 'No such file'
	: >file
	cannot file/x 'ot a directory'
}

@test "a fifo and a device are no files: no wait" {
	mkfifo pipe
	cannot pipe "$here/pipe: "
	ln -s /dev/zero zero
	FLUFFBUZZ_INCLUDE_ROOTS=/dev cannot zero /dev/zero
	FLUFFBUZZ_INCLUDE_ROOTS=/dev cannot /dev/zero /dev/zero
	FLUFFBUZZ_INCLUDE_ROOTS=/dev cannot /dev/stdin ''
}

# bats test_tags=memory
@test "a file of 2 MiB is read, one of a byte more is not" {
	{ whole && head -c 2097152 /dev/zero | tr '\0' ' '; } | head -c 2097152 >large
	settings <<<'{$include: "large"}'
	[ "$(says .ref)" = '"p/m"' ]
	echo >>large
	cannot large "$here/large: over 2097152 bytes"
}

@test "a file that anybody may write is not obeyed, included or not" {
	settings <<<'{models: {providers: {p: {$include: "p.json5"}}}}'
	server 'apiKey: "canary"' | settings p.json5
	chmod 646 p.json5
	refused "$here/c.json5:1: \$include: " "$here/p.json5: anybody may write it"
	chmod 600 p.json5
	[ "$(says .ref)" = '"p/m"' ]
	chmod 602 c.json5
	refused "$here/c.json5: anybody may write it" chmod
}

@test "a path that is none" {
	cannot '' 'the path is empty'
	cannot 'p\u0000.json5' 'a NUL in the path'
	cannot "$(head -c 4096 /dev/zero | tr '\0' x)" '4095'
	cannot "$(head -c 100000 /dev/zero | tr '\0' x)" '4095'
	for what in 5 true null '{}' '[5]' '["a", null]' '[["a"]]' '{$include: "a"}'; do
		settings <<<$'{\n\n$include: '"$what"', models: {providers: {p: '"$(server)"'}}}'
		server | settings a
		refused "$here/c.json5:3: \$include: " 'must be a path'
	done
}

@test "a path of 4095 bytes is tried" {
	long=$(head -c 4085 /dev/zero | tr '\0' /)
	settings <<<"{models: {providers: {p: {\$include: '.${long}p.json5'}}}}"
	server | settings p.json5
	[ "$(says .ref)" = '"p/m"' ]
}

@test "an empty list includes nothing" {
	settings <<<$'{models: {providers: {p: {$include: [], '"$(server | cut -c 2-)"'}}}'
	[ "$(says .ref)" = '"p/m"' ]
}

@test "beside other members only objects may be included" {
	settings list <<<'[1]'
	settings <<<$'{models: {providers: {p:\n{$include: "list", maxTokens: 5}}}}'
	refused "$here/c.json5:2: \$include: " 'must be an object'
	settings text <<<'"x"'
	settings <<<$'{models: {providers: {p:\n{$include: ["text"], maxTokens: 5}}}}'
	refused "$here/c.json5:2: \$include: " 'must be an object'
}

# --- places

# bats test_tags=memory
@test "broken JSON5 in an included file is told with that file, line and column" {
	settings <<<$'{\nmodels: {providers: {p: {$include: "p.json5"}}}}'
	settings p.json5 <<<$'{\n  baseUrl: "http://127.0.0.1:9/v1",\n  apiKey: canary-key\n}'
	refused "$here/" "$here/p.json5:3:11: "
	: >p.json5
	refused "$here/" "$here/p.json5:1:1: "
	[[ $(cat err) == *"$here/c.json5:2"* ]]
}

# bats test_tags=memory
@test "a wrong type in an included file is told with that file and line" {
	settings <<<$'{\nmodels: {providers: {p: {$include: ["p.json5", "more.json5"]}}}}'
	server | settings p.json5
	settings more.json5 <<<$'{\n\n\ntimeoutSeconds: "canary"}'
	refused "$here/more.json5:4: models.providers.p.timeoutSeconds: " 'whole number'
	settings more.json5 <<<$'{models: [\n{id: "n"\n}]}'
	refused "$here/more.json5:2: models.providers.p.models[1].name: " missing
	settings more.json5 <<<$'{models: [\n{id: "n", name: "n", compat: {\nsupportTools: true}}]}'
	refused "$here/more.json5:3: models.providers.p.models[1].compat" 'supportsTools'
}

@test "an unknown field in an included file is warned of with that file and line" {
	settings <<<$'{\nmodels: {providers: {p: {$include: "p.json5"}}}}'
	server $'\n\ntimeoutSecond: 5' | settings p.json5
	run -0 --separate-stderr fb fb-config
	# shellcheck disable=SC2154
	[[ $stderr == *"$here/p.json5:3: models.providers.p.timeoutSecond: "*timeoutSeconds* ]]
}

# bats test_tags=memory
@test "source and --explain name the file that says it" {
	settings <<<$'{\nmodels: {providers: {p: {\n$include: "p.json5",\nmaxTokens: 7}}}}'
	server 'params: {a: 1}' | sed 's/models:/\n&/; s/params/\n&/' | settings p.json5
	route
	jq .source route | same '{"file":"'"$here"'/p.json5","line":2,"path":"models.providers.p.models[0]"}'
	fb fb-config --explain --json >rows
	from() { jq -r --arg f "$1" 'select(.field == $f).from' rows; }
	[ "$(from maxTokens)" = "$here/c.json5:4" ]
	[ "$(from baseUrl)" = "$here/p.json5:1" ]
	[ "$(from params.a)" = "$here/p.json5:3" ]
	[ "$(from model)" = "$here/p.json5:2" ]
	fb fb-config --explain | grep "^maxTokens"$'\t'"7"$'\t'"$here/c.json5:4"
}

@test "--dump shows what was merged, --check looks at it" {
	settings <<<'{models: {providers: {p: {$include: "p.json5", maxTokens: 7}}}}'
	server 'apiKey: "canary"' | settings p.json5
	fb fb-config --dump >dump
	quiet_about canary dump
	jq -e '.models.providers.p | .maxTokens == 7 and .baseUrl == "http://127.0.0.1:9/v1" and has("$include") == false' dump
	fb fb-config --check | grep '1 provider, 1 model'
	settings p.json5 <<<'{baseUrl: 5, models: {}}'
	run -2 --separate-stderr fb fb-config --check
	[[ $stderr == *"$here/p.json5:1: models.providers.p.baseUrl"*"$here/p.json5:1: models.providers.p.models"* ]]
}

@test "an include in a section that isn't read is looked at, too: nothing is half right" {
	settings < <(whole '  gateway: {$include: "missing.json5"},')
	refused "$here/c.json5:2: \$include: " 'missing.json5: No such file'
}
