#!/bin/sh
# deps.sh GROUP... - sees to it that what a group of the table below needs is
# there.  Each row is tried; only what is missing is installed, with apt-get.
# Where there is no apt-get it says which packages to install, and stops.
# shellcheck disable=SC2086 # lists of words: packages, a compiler and its flags
set -u

table() {
	cat <<'EOF'
# group|thing|how to test|Debian, Ubuntu|dnf|brew|pacman
build|jv.h of libjq|header jv.h|libjq-dev|jq-devel|jq|jq
build|curl/curl.h of libcurl|header curl/curl.h|libcurl4-openssl-dev|libcurl-devel|curl|curl
demo|jq|command jq|jq|jq|jq|jq
check|bats|command bats|bats|bats|bats-core|bats
check|jq|command jq|jq|jq|jq|jq
check|curl|command curl|curl|curl|curl|curl
check|perl|command perl|perl-base|perl|perl|perl
check|script|command script|bsdutils|util-linux-script|util-linux|util-linux
check|strace|linux strace|strace|strace||strace
check|nginx|daemon nginx|nginx-light|nginx|nginx|nginx
check|haproxy|daemon haproxy|haproxy|haproxy|haproxy|haproxy
check|openssl|command openssl|openssl|openssl|openssl|openssl
check|zsh|command zsh|zsh|zsh|zsh|zsh
check|fish|command fish|fish|fish|fish|fish
check|JSON5 for node|node_json5|nodejs node-json5|||
lint|universal-ctags|universal|universal-ctags|ctags|universal-ctags|ctags
lint|cppcheck|command cppcheck|cppcheck|cppcheck|cppcheck|cppcheck
lint|clang-tidy|command clang-tidy|clang-tidy clang|clang-tools-extra|llvm|clang
lint|shellcheck|command shellcheck|shellcheck|ShellCheck|shellcheck|shellcheck
lint|mandoc|command mandoc|mandoc|mandoc|mandoc|mandoc
lint|git|command git|git|git|git|git
valgrind|valgrind|command valgrind|valgrind|valgrind|valgrind|valgrind
bench|jq|command jq|jq|jq|jq|jq
bench|curl|command curl|curl|curl|curl|curl
bench|wrk|packaged wrk|wrk|||wrk
bench|nginx|daemon nginx|nginx-light|nginx|nginx|nginx
bench|openssl|command openssl|openssl|openssl|openssl|openssl
bench|valgrind|linux valgrind|valgrind|valgrind||valgrind
bench|GNU parallel|packaged parallel|parallel|||parallel
sanitize|address and undefined behaviour sanitizers|sanitizers|libasan8 libubsan1|libasan libubsan|gcc|gcc
fuzz|clang with libFuzzer|fuzzer|clang libclang-rt-dev|clang compiler-rt|llvm|clang compiler-rt
EOF
}

header() {
	printf '#include <stdio.h>\n#include <%s>\n' "$1" |
		${CC:-cc} ${CPPFLAGS-} -E -x c - >/dev/null 2>&1
}

universal() {
	ctags --version 2>/dev/null | grep -q 'Universal Ctags'
}

sanitizers() {
	dir=$(mktemp -d) || return
	echo 'int main(void) { return 0; }' >"$dir/a.c"
	${CC:-cc} -fsanitize=address,undefined -o "$dir/a" "$dir/a.c" >/dev/null 2>&1
	set -- $?
	rm -rf "$dir"
	return "$1"
}

fuzzer() {
	dir=$(mktemp -d) || return
	echo 'int LLVMFuzzerTestOneInput(const char *p, long n) { return p == 0 && n > 0; }' >"$dir/a.c"
	${FUZZ_CC:-clang} -fsanitize=fuzzer,address,undefined -o "$dir/a" "$dir/a.c" >/dev/null 2>&1
	set -- $?
	rm -rf "$dir"
	return "$1"
}

# Only Debian has it as a package: elsewhere the test that needs it is skipped.
node_json5() {
	command -v apt-get >/dev/null 2>&1 || return 0
	NODE_PATH=/usr/share/nodejs:/usr/lib/nodejs node -e 'require("json5")' >/dev/null 2>&1
}

# Elsewhere what needs it is skipped.
on_linux() {
	[ "$(uname -s)" != Linux ] || command -v "$1" >/dev/null 2>&1
}
packaged() {
	! command -v apt-get >/dev/null 2>&1 || command -v "$1" >/dev/null 2>&1
}

there() {
	case $1 in
	command\ *) command -v "${1#command }" >/dev/null 2>&1 ;;
	header\ *) header "${1#header }" ;;
	linux\ *) on_linux "${1#linux }" ;;
	packaged\ *) packaged "${1#packaged }" ;;
	daemon\ *) daemon "${1#daemon }" ;;
	*) "$1" ;;
	esac
}

# A server's program is not always on a user's path.
daemon() {
	PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null 2>&1
}

# A list with these words added, each once.
add() {
	list=$1
	shift
	for word; do
		case "$list " in
		*" $word "*) ;;
		*) list="$list $word" ;;
		esac
	done
	printf '%s\n' "$list"
}

# The packages of each system, one list a variable; nothing in them: all is there.
look() {
	things='' debian='' dnf='' brew='' pacman=''
	while IFS='|' read -r group thing test p_debian p_dnf p_brew p_pacman; do
		case " $groups " in
		*" $group "*) ;;
		*) continue ;;
		esac
		there "$test" </dev/null && continue
		case ", $things, " in
		*", $thing, "*) ;;
		*) things="$things${things:+, }$thing" ;;
		esac
		debian=$(add "$debian" $p_debian)
		dnf=$(add "$dnf" $p_dnf)
		brew=$(add "$brew" $p_brew)
		pacman=$(add "$pacman" $p_pacman)
	done <<EOF
$(table)
EOF
	[ -z "$things" ]
}

say() {
	echo "fluffbuzz needs: $things"
	echo "Please install it, then run make again:"
	if command -v apt-get >/dev/null 2>&1; then
		echo "  (as root) apt-get install$debian"
	elif command -v brew >/dev/null 2>&1; then
		echo "  brew install$brew"
		# shellcheck disable=SC2016 # for the reader's shell
		echo '  (headers still not found? make CPPFLAGS="-I$(brew --prefix)/include" LDFLAGS="-L$(brew --prefix)/lib")'
	elif command -v dnf >/dev/null 2>&1; then
		echo "  dnf install$dnf"
	elif command -v pacman >/dev/null 2>&1; then
		echo "  pacman -S$pacman"
	else
		echo "  Debian, Ubuntu: apt-get install$debian"
		echo "  Fedora:         dnf install$dnf"
		echo "  macOS:          brew install$brew"
		echo "  Arch:           pacman -S$pacman"
	fi
} >&2

groups=$*
look && exit 0

if ! command -v apt-get >/dev/null 2>&1; then
	say
	exit 1
fi
root=
if [ "$(id -u)" -ne 0 ]; then
	root=sudo
	if ! command -v sudo >/dev/null 2>&1; then
		say
		exit 1
	fi
fi

# Two makes may want to install at once.
lock=${TMPDIR:-/tmp}/fluffbuzz-deps.$(id -u).lock
if command -v flock >/dev/null 2>&1 && exec 9>"$lock"; then
	flock 9
	look && exit 0
fi
echo "fluffbuzz needs: $things; installing$debian" >&2
apt() {
	$root env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
		-o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0 "$@" </dev/null 9>&- >&2
}
# Without fresh lists a package may not be found; an old list may still do.
apt update || echo "fluffbuzz: apt-get update failed; trying with the lists there are" >&2
apt install --no-install-recommends $debian || {
	echo "fluffbuzz: apt-get could not install$debian" >&2
	exit 1
}
if ! look; then
	echo "fluffbuzz: still missing after the installation: $things" >&2
	exit 1
fi
