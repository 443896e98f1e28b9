# make install and make uninstall, below a folder of the test's own.
load helper

setup() {
	fb_setup
	export DESTDIR=$BATS_TEST_TMPDIR/root PREFIX=/usr
	cd "$FB_ROOT" || return
}

put() {
	sh share/install.sh "$1" "$FB_BIN"
}

@test "make hands PREFIX and DESTDIR on" {
	run make -n install PREFIX=/x DESTDIR=/y
	[[ $output == *"PREFIX='/x' DESTDIR='/y' sh share/install.sh install"* ]]
	run make -n uninstall PREFIX=/x DESTDIR=/y
	[[ $output == *"PREFIX='/x' DESTDIR='/y' sh share/install.sh uninstall"* ]]
}

@test "an installed program runs, and finds its manual, completion and data" {
	run -0 put install
	for prog in "$FB_BIN"/*; do
		prog=${prog##*/}
		run -0 "$DESTDIR/usr/bin/$prog" --version
		[[ $output == "$prog "* ]]
		[ -s "$DESTDIR/usr/share/man/man1/$prog.1" ]
		[ -s "$DESTDIR/usr/share/bash-completion/completions/$prog" ]
		[ -s "$DESTDIR/usr/share/fish/vendor_completions.d/$prog.fish" ]
		grep -q "^#compdef.* $prog\( \|\$\)" "$DESTDIR/usr/share/zsh/site-functions/_fluffbuzz"
	done
	[ -s "$DESTDIR/usr/share/man/man5/fluffbuzz-record.5" ]
	[ -s "$DESTDIR/usr/share/man/man7/fluffbuzz.7" ]
	cmp share/examples/inferrs.json5 "$DESTDIR/usr/share/fluffbuzz/examples/inferrs.json5"
	run -0 ls "$DESTDIR/usr/share/fluffbuzz"
	[ "$output" = "$(printf '%s\n' examples providers.json5)" ]
}

@test "installing again is no error" {
	run -0 put install
	run -0 put install
}

@test "the installed fluffbuzz uses the installed programs" {
	run -0 put install
	start_mock
	conf
	PATH=$DESTDIR/usr/bin:/usr/bin:/bin
	run -0 "$DESTDIR/usr/bin/fluffbuzz" infer model run --prompt hello
	[ -n "$output" ]
}

@test "another program's fluffbuzz is not overwritten, unless FORCE=1" {
	mkdir -p "$DESTDIR/usr/bin" "$DESTDIR/opt"
	echo 'not ours' >"$DESTDIR/opt/theirs"
	ln -s ../../opt/theirs "$DESTDIR/usr/bin/fluffbuzz"
	run -1 put install
	[[ $output == *"$DESTDIR/usr/bin/fluffbuzz is another program's"* ]]
	[[ $output == *FORCE=1* ]]
	[ ! -e "$DESTDIR/usr/bin/fb-send" ]
	FORCE=1 run -0 put install
	[ "$(cat "$DESTDIR/opt/theirs")" = 'not ours' ]
	run -0 "$DESTDIR/usr/bin/fluffbuzz" --version
}

@test "a dangling link named fluffbuzz is another program's too" {
	mkdir -p "$DESTDIR/usr/bin"
	ln -s nowhere "$DESTDIR/usr/bin/fluffbuzz"
	run -1 put install
}

@test "uninstall takes away what install brought, and nothing else" {
	mkdir -p "$DESTDIR/usr/bin" "$DESTDIR/usr/share/man/man1"
	echo other >"$DESTDIR/usr/bin/other"
	run -0 put install
	run -0 put uninstall
	run find "$DESTDIR" ! -type d
	[ "$output" = "$DESTDIR/usr/bin/other" ]
	[ ! -d "$DESTDIR/usr/share/fluffbuzz" ]
}

@test "uninstall needs nothing that was built, and leaves no file behind" {
	run -0 put install
	[ -x "$DESTDIR/usr/bin/fb-send" ]
	run -0 sh share/install.sh uninstall "$BATS_TEST_TMPDIR/nothing"
	run find "$DESTDIR" ! -type d
	[ -z "$output" ]
}

@test "uninstall leaves another program's fluffbuzz" {
	mkdir -p "$DESTDIR/usr/bin"
	echo 'not ours' >"$DESTDIR/usr/bin/fluffbuzz"
	run -0 put uninstall
	[ -s "$DESTDIR/usr/bin/fluffbuzz" ]
}
