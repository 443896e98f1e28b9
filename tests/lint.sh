#!/bin/sh
# lint.sh - what tests do not see: layers, size, habits, and what the checkers
# say.  Every check runs; each that finds something prints it.  The last line is
# "N passed, N failed".
# shellcheck disable=SC2086,SC2089,SC2090 # lists of files and flags; our file names have no blanks
set -u

# Who may include whom: a module its own row and the rows above it; the mock's
# own modules ground and text only, and of all others only fb-mock includes them.
LAYERS='
ground  span json jqprog buf opt limits near scan file digest allow
text    ending record served ids openids choice refusal repeat hint live fault sse dotenv share table diff image json5 json5lex json5num csv template image tty url header run secretfile tree date reorder stats meter findjson same fits graft grafttext
engine  http httpway httpcall httpend retry pace gather giveup journal lockfile donetable
domain  config confwrite include fill field schema catalogue customary credential secretref pairing headers ownkey secret curlcmd trace maker route routeauth routeset routelist view check endpoint compat compattool compatmsg fields layers said merge room thinking tools part callid turn message attach shape shaperead shapeargs shapetell shaperoute explain source reply wire extract refs stage chat
        settings finding probe remedy look rung request show rows project split demand parseargs response result transport lane flight watch lineup sender sendargs outlet
mock    mserve mconn mcue msse mscript mtime mlisten mhttp mlog mchat mreply mtext mjson mserde mprofile mfault mseq mspoil
        mreplay mtold mstats mask mread mfill mflow mengine mgate mrefuse
'
MAX_FUNCTION=60
MAX_FILE=500
# Longer functions, FILE:FUNCTION REASON; the one good reason is a switch over a
# table of cases.
LONG='
'
# Calls that not every POSIX system has, FILE:CALL REASON.
ONLY_LINUX='
lib/mspoil.c:splice  a function of its own
lib/secret.c:PR_SET_DUMPABLE  asked for only where it is defined
lib/secret.c:prctl  likewise
lib/share.c:"/proc/  the other paths of other systems are tried too, and then the source tree
'
FLAGS='-D_POSIX_C_SOURCE=200809L -DFB_VERSION="" -DFB_PREFIX="" -DFB_SOURCE=""'

tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' INT TERM
good=0 bad=0

# check NAME COMMAND... - it prints what it found; nothing and status 0 is good.
check() {
	name=$1
	shift
	if "$@" >"$tmp/out" 2>&1 && [ ! -s "$tmp/out" ]; then
		echo "ok: $name"
		good=$((good + 1))
	else
		echo "FAIL: $name"
		sed 's/^/    /' "$tmp/out" | head -n 40
		bad=$((bad + 1))
	fi
}

need() {
	command -v "$1" >/dev/null || { echo "$1 is not installed: make deps-lint" && return 1; }
}

sources=$(find lib cmd -name '*.[ch]' | sort)
units=$(find tests/unit -name '*.c' | sort)
fuzz=$(find tests/fuzz -name '*.c' | sort)

# FILE:LINE:CODE of all sources, comments and the inside of strings taken out.
awk '
	FNR == 1 { comment = 0 }
	{
		out = ""
		for (i = 1; i <= length($0); i++) {
			two = substr($0, i, 2)
			one = substr(two, 1, 1)
			if (comment) {
				if (two == "*/") { comment = 0; i++ }
			} else if (two == "/*") {
				comment = 1; i++
			} else if (two == "//") {
				break
			} else if (one == "\"" || one == "\047") {
				for (i++; i <= length($0) && substr($0, i, 1) != one; i++)
					if (substr($0, i, 1) == "\\")
						i++
				out = out one one
			} else
				out = out one
		}
		print FILENAME ":" FNR ":" out
	}' $sources >"$tmp/code"

layers() {
	echo "$LAYERS" | cat - "$tmp/includes" | awk '
	NF == 0 { next }
	!/^#/ {
		# A row may go on in the next line.
		if ($1 !~ /^(ground|text|engine|domain|mock)$/)
			$0 = last " " $0
		else
			rank[$1] = ++rows
		last = $1
		for (i = 2; i <= NF; i++)
			layer[$i] = $1
		next
	}
	# "#include FILE LINE NAME"
	{
		module = $2; sub(/^.*\//, "", module); sub(/\.[ch]$/, "", module)
		want = $4; sub(/\.h$/, "", want)
		where = $2 ":" $3 ": "
		if ($2 ~ /^lib\// && !(module in layer))
			unknown[module]
		if (!(want in layer)) {
			unknown[want]
		} else if ($2 ~ /^cmd\//) {
			if (layer[want] == "mock" && module != "fb-mock")
				print where want " is for fb-mock only"
		} else {
			top = layer[module] == "mock" && layer[want] != "mock" ? "text" : layer[module]
			if (rank[layer[want]] > rank[top])
				print where module " (" layer[module] ") includes " want " (" layer[want] ")"
		}
	}
	END {
		for (module in unknown)
			print module ": in no layer; add it to LAYERS in tests/lint.sh"
	}'
}

# Every module, also one that includes nothing of ours, includes its own header here.
includes() {
	for file in $sources; do
		case $file in
		lib/*) echo "#include $file 0 $(basename "${file%.[ch]}").h" ;;
		esac
		awk -v f="$file" '/^[ \t]*#[ \t]*include[ \t]*"/ {
			split($0, part, "\"")
			print "#include", f, FNR, part[2]
		}' "$file"
	done
}

# found REGEX [FILE...] - where the code has it, those files aside.
found() {
	regex=$1
	shift
	grep -E "$regex" "$tmp/code" >"$tmp/hits"
	for but; do
		grep -v "^$but:" "$tmp/hits" >"$tmp/less"
		mv "$tmp/less" "$tmp/hits"
	done
	cat "$tmp/hits"
}

curl_stays() {
	grep -nE '#[[:blank:]]*include[[:blank:]]*<curl/' $sources | grep -v '^lib/http[a-z]*\.c:'
	return 0
}

raw_jv() {
	found '[^[:alnum:]_]jv_(get|getpath|object_(get|has|iter[a-z_]*|foreach|keys|length)|array_(get|foreach|length|slice)|string_(value|length_bytes|length_codepoints)|number_value|is_integer|keys|parse[a-z_]*)[[:blank:]]*\(' \
		lib/json.c lib/json5.c lib/jqprog.c
}

library_speaks() {
	found '[^[:alnum:]_]((v?d?printf|puts|putchar|perror|exit|_exit|_Exit|abort|errx?|warnx?)[[:blank:]]*\(|std(err|out)([^[:alnum:]_]|$))' \
		lib/opt.c lib/tty.c | grep '^lib/'
	return 0
}

banned() {
	found '[^[:alnum:]_](strcpy|strcat|v?sprintf|strtok|gets|strncpy|strncat|system|popen|alloca)[[:blank:]]*\('
}

# What Linux has and POSIX.1-2008 has not.
only_linux() {
	found '[^[:alnum:]_]((epoll|eventfd|signalfd|timerfd|inotify|fanotify)[a-z0-9_]*|pipe2|accept4|dup3|memfd_create|getrandom|getentropy|splice|tee|vmsplice|sendfile|copy_file_range|prctl|syscall|clone|unshare|mremap|fallocate|sync_file_range|syncfs|renameat2|statx|ppoll|sendmmsg|recvmmsg|strchrnul|memrchr|mempcpy|memmem|v?asprintf|strverscmp|canonicalize_file_name|get_current_dir_name|execvpe|qsort_r|reallocarray|explicit_bzero|fopencookie|secure_getenv|(fputc|putc|fwrite|fputs|fgets|fread|getc|fgetc)_unlocked)[[:blank:]]*\(|[^[:alnum:]_](_GNU_SOURCE|MSG_[A-Z_]+|SOCK_(CLOEXEC|NONBLOCK)|O_(TMPFILE|PATH|DIRECT|NOATIME)|F_OFD_[A-Z]+|EPOLL[A-Z]+|POLLRDHUP|TCP_(CORK|QUICKACK)|SO_REUSEPORT|PR_SET_[A-Z]+|RTLD_NEXT)([^[:alnum:]_]|$)' |
		sed 's,^,code:,' >"$tmp/linux"
	# A path stands in a string, which the code above has no more.
	grep -nE '"/(proc|sys|dev/shm)(/|")' $sources | sed 's,^,text:,' >>"$tmp/linux"
	awk -v allowed="$ONLY_LINUX" '
	BEGIN {
		n = split(allowed, line, "\n")
		for (i = 1; i <= n; i++)
			if (split(line[i], word, " ") > 1)
				unused[word[1]]
	}
	{
		sub(/^[a-z]*:/, "")
		file = $0
		sub(/:.*/, "", file)
		fine = 0
		for (name in unused) {
			call = name
			sub(/^[^:]*:/, "", call)
			if (index(name, file ":") == 1 && index($0, call)) {
				fine = 1
				used[name]
			}
		}
		if (!fine)
			print
	}
	END {
		for (name in unused)
			if (!(name in used))
				print name ": not there any more; take it out of ONLY_LINUX in tests/lint.sh"
	}' "$tmp/linux"
}

todo() {
	# In two parts, or this line would be found.
	find ./* .ci/run -type f ! -path './build/*' ! -path './tests/data/*' \
		-exec grep -nE 'TO''DO|FIX''ME' /dev/null {} +
	return 0
}

long_files() {
	wc -l $sources | awk -v max=$MAX_FILE '$2 != "total" && $1 > max { print $2 ": " $1 " lines, over " max }'
}

long_functions() {
	need ctags || return
	ctags --version | grep -q Universal || { echo "ctags is not universal-ctags" && return 1; }
	ctags --quiet --languages=C --langmap=C:.c.h --kinds-C=f --fields=+ne --sort=no \
		--excmd=number -f "$tmp/tags" $sources || return
	awk -F '\t' -v max=$MAX_FUNCTION -v long="$LONG" '
	BEGIN {
		n = split(long, line, "\n")
		for (i = 1; i <= n; i++)
			if (split(line[i], word, " ") > 1)
				reason[word[1]] = 1
	}
	!/^!/ {
		from = to = 0
		for (i = 4; i <= NF; i++) {
			if ($i ~ /^line:/) from = substr($i, 6)
			if ($i ~ /^end:/) to = substr($i, 5)
		}
		seen++
		name = $2 ":" $1
		if (!to)
			print name ": ctags found no end"
		else if (to - from + 1 > max && !(name in reason))
			print $2 ":" from ": " $1 ": " to - from + 1 " lines, over " max
		else if (to - from + 1 <= max && name in reason)
			print name ": no longer long; take it out of LONG in tests/lint.sh"
	}
	END { if (!seen) print "ctags found no function" }' "$tmp/tags"
}

compiler() {
	# -O2: some warnings come from the flow analysis only.
	# Nothing else compiles the fuzz targets, which stay behind otherwise.
	for file in $sources $units $fuzz; do
		case $file in
		*.c) echo "$file" ;;
		esac
	done | xargs -P 4 -I '{}' $1 ${WARN-} -Wundef -Wformat -Wformat-security -Wconversion -Wno-sign-conversion $FLAGS -iquote lib ${CPPFLAGS-} -O2 \
		-Werror -c -o /dev/null '{}'
}

cppchecked() {
	need cppcheck || return
	# Headers of the system are not ours to check; a shadowed or unused thing is the compiler's to say.
	cppcheck --quiet --std=c11 --enable=warning,performance,portability \
		--error-exitcode=1 --inline-suppr --suppress=missingIncludeSystem \
		$FLAGS -Ilib $sources $units
}

tidied() {
	need clang-tidy || return
	# shellcheck disable=SC2016 # for the inner sh
	# .clang-tidy has the checks; on stderr it only counts what it does not show.
	for file in $sources; do
		case $file in
		*.c) echo "$file" ;;
		esac
	done | FLAGS="-std=c11 $FLAGS -iquote lib ${CPPFLAGS-}" xargs -P 2 -n 12 sh -c '
		clang-tidy --quiet "$@" -- $FLAGS 2>/dev/null || echo "clang-tidy: status $?"' sh
}

shellchecked() {
	need shellcheck || return
	find .ci share tests cmd completions -type f \( -name '*.sh' -o -name '*.bash' -o \
		-path '.ci/run' \) ! -path 'tests/data/*' -exec shellcheck {} +
	# A test is a subshell to shellcheck, which then warns of every variable.
	find tests -type f -name '*.bats' ! -path 'tests/data/*' \
		-exec shellcheck -S warning -e SC2030,SC2031 {} +
}

manual() {
	need mandoc || return
	pages=$(find man -type f | sort)
	[ -n "$pages" ] || { echo "no manual pages" && return 1; }
	mandoc -T lint -W warning $pages
}

includes >"$tmp/includes"
check "layers: who includes whom" layers
check "curl.h stays in http*.c" curl_stays
check "jv's getters stay in json, json5 and jqprog" raw_jv
check "the library returns, the command speaks" library_speaks
check "no call that cannot be used safely" banned
check "no call of Linux alone" only_linux
check "nothing left to do" todo
check "no file over $MAX_FILE lines" long_files
check "no function over $MAX_FUNCTION lines" long_functions
check "no warning from ${CC:=cc}" compiler "$CC"
command -v clang >/dev/null && check "no warning from clang" compiler clang
check "cppcheck" cppchecked
check "clang-tidy" tidied
check "shellcheck" shellchecked
check "manual pages (mandoc)" manual

echo "$good passed, $bad failed"
[ $bad -eq 0 ]
