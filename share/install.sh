#!/bin/sh
# install.sh install|uninstall BIN - what `make install` and `make uninstall` do;
# run in the source tree.  BIN is the folder of the built programs.
# PREFIX, DESTDIR, and FORCE=1 to replace a `fluffbuzz` that is not ours.
set -eu

: "${PREFIX:=/usr/local}"
to=${DESTDIR-}$PREFIX
bin=$2
bash=$to/share/bash-completion/completions
fish=$to/share/fish/vendor_completions.d

# The programs by name: to take them away, they need not be built.
programs() {
	for file in cmd/*.c cmd/*.sh; do
		file=${file##*/}
		echo "${file%.*}"
	done
}

# FROM TO MODE, a line a file, of everything that is installed.
files() {
	for name in $(programs); do
		echo "$bin/$name $to/bin/$name 755"
	done
	for file in man/*.[1-8]; do
		[ -f "$file" ] && echo "$file $to/share/man/man${file##*.}/${file##*/} 644"
	done
	echo "completions/fb.bash $bash/fb 644"
	echo "completions/fb.fish $fish/fb.fish 644"
	echo "completions/_fluffbuzz $to/share/zsh/site-functions/_fluffbuzz 644"
	find share -type f | sort | while read -r file; do
		case $file in
		share/doc/* | share/*.sh | share/complete.*) continue ;; # for the source tree
		esac
		echo "$file $to/share/fluffbuzz/${file#share/} 644"
	done
}

# There is another program of that name; who has it must not lose it unasked.
theirs() {
	{ [ -e "$to/bin/fluffbuzz" ] || [ -L "$to/bin/fluffbuzz" ]; } &&
		! grep -q '# fluffbuzz-toolkit' "$to/bin/fluffbuzz" 2>/dev/null
}

case $1 in
install)
	if theirs && [ "${FORCE-}" != 1 ]; then
		echo "install: $to/bin/fluffbuzz is another program's: not replaced, nothing installed." >&2
		echo "install: choose another PREFIX, or replace it with: make install FORCE=1" >&2
		exit 1
	fi
	files | while read -r from file mode; do
		mkdir -p "${file%/*}"
		# Away with it first: it may be a link into another package.
		rm -f "$file"
		cp "$from" "$file"
		chmod "$mode" "$file"
	done
	# bash and fish look for a file of the command's own name.
	for name in $(programs); do
		[ "$name" = fb ] && continue
		ln -sf fb "$bash/$name"
		ln -sf fb.fish "$fish/$name.fish"
	done
	echo "installed in $to"
	;;
uninstall)
	keep=
	theirs && keep=$to/bin/fluffbuzz
	files | while read -r from file mode; do
		[ "$file" = "$keep" ] || rm -f "$file"
	done
	for name in $(programs); do
		rm -f "$bash/$name" "$fish/$name.fish"
	done
	[ ! -d "$to/share/fluffbuzz" ] || find "$to/share/fluffbuzz" -depth -type d -exec rmdir {} \; 2>/dev/null || true
	echo "removed from $to"
	;;
*)
	echo "usage: install.sh install|uninstall BIN" >&2
	exit 2
	;;
esac
