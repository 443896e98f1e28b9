# complete.awk - completions for a shell from what `PROG --help` prints, one
# program's help after the other: the help text is the interface.  -v template=FILE
# is the file to fill in; its ending says for which shell: bash, zsh or fish.
#
#	usage: fb-send [OPTION]... [FILE]...
#	  -j, --jobs=N              an option that takes an argument
#	      --fallbacks[=REF,..]  one that may take an argument
#	  -h, --help                one that takes none
#
# An argument called FILE, DIR or PATH completes files.  Plain words after the name
# in the usage line ("infer model run|list") are completed as such, and so are
# an argument in small letters (--extract=json) and the words that a description
# begins with ("off, low, high ...").

function trim(s) {
	sub(/^ /, "", s)
	return s
}

# S in single quotes of a POSIX shell; fish has other rules inside them.
function quoted(s) {
	if (shell == "fish") {
		gsub(/[\\']/, "\\\\&", s)
	} else {
		gsub(/'/, "'\\''", s)
	}
	return "'" s "'"
}

# The words that an option's argument can be, as far as the help lists them.
function choices(arg, said,    words, n) {
	if (arg ~ /^[a-z]+$/)
		return arg
	while (match(said, /^[a-z]+, /)) {
		words = words " " substr(said, 1, RLENGTH - 2)
		said = substr(said, RLENGTH + 1)
		n++
	}
	if (n < 2)
		return ""
	if (said ~ /^[a-z]+ or [a-z]+$/)
		sub(/ or /, " ", said)
	else if (!sub(/ \.\.\.$/, "", said) && said !~ /^[a-z]+$/)
		said = ""	# "or the name of a tool"
	return trim(words (said == "" ? "" : " " said))
}

/^usage: / {
	if ($2 == prog)	# a second form of the same program
		next
	prog = $2
	progs[++nprogs] = prog
	names = names " " prog
	for (i = 3; i <= NF && $i ~ /^[a-z|]+$/; i++)
		words[prog] = words[prog] " " $i
	match($0, /\[[A-Z]+\]\.\.\.$/)
	operand[prog] = RSTART && $NF != "[OPTION]..." ? substr($NF, 2, length($NF) - 5) : ""
	next
}

# "  -j, --jobs=N" or "  -j N", and what it is for behind column 27 or, where the
# name is longer, behind that.
/^  (-|    --)/ {
	split_at = 27
	while (split_at <= length($0) && substr($0, split_at, 1) != " ")
		split_at++
	named = substr($0, 1, split_at - 1)
	k = ++count[prog]
	said[prog, k] = substr($0, split_at + 1)
	sub(/^ +/, "", said[prog, k])
	sub(/^ +/, "", named)
	sub(/ +$/, "", named)
	if (named ~ /^-[^-]/) {
		short[prog, k] = substr(named, 1, 2)
		named = substr(named, 3)
		sub(/^,? */, "", named)
	}
	optional[prog, k] = named ~ /\[=/
	if (match(named, /\[?=/)) {
		arg[prog, k] = substr(named, RSTART + RLENGTH)
		named = substr(named, 1, RSTART - 1)
		if (optional[prog, k])
			sub(/\]$/, "", arg[prog, k])
	} else if (named ~ /^[A-Z]+$/) {
		arg[prog, k] = named
		named = ""
	}
	long[prog, k] = named
	list[prog, k] = arg[prog, k] == "" ? "" : choices(arg[prog, k], said[prog, k])
	next
}

function bash(p,    k, both, options, files, values) {
	for (k = 1; k <= count[p]; k++) {
		both = (short[p, k] == "" ? "" : " " short[p, k]) (long[p, k] == "" ? "" : " " long[p, k])
		options = options both (arg[p, k] != "" && !optional[p, k] && long[p, k] != "" ? "=" : "")
		if (arg[p, k] ~ /FILE|DIR|PATH/)
			files = files both
		else if (arg[p, k] != "" && !optional[p, k])
			values = values both
	}
	printf "\t%s)\n\t\toptions='%s'\n\t\tfiles='%s'\n\t\tvalues='%s'\n\t\twords='%s'\n\t\t;;\n",
	    p, trim(options), trim(files), trim(values), trim(words[p])
}

# How _arguments writes an argument: its name, and what can stand there.
function zsh_argument(name, these) {
	gsub(/:/, "\\:", name)
	return ":" name ":" (these != "" ? "(" these ")" : name ~ /FILE|PATH/ ? "_files" : name ~ /DIR/ ? "_files -/" : " ")
}

function zsh(p,    k, what, takes, n, w, i) {
	printf "%s)\n\t_arguments -s -S", p
	for (k = 1; k <= count[p]; k++) {
		what = said[p, k]
		gsub(/[][\\]/, "\\\\&", what)
		takes = arg[p, k] == "" ? "" : zsh_argument(arg[p, k], list[p, k])
		if (optional[p, k])
			takes = ":" takes
		if (short[p, k] != "")
			printf " \\\n\t\t%s", quoted("*" short[p, k] (takes == "" ? "" : optional[p, k] ? "-" : "+") "[" what "]" takes)
		if (long[p, k] != "")
			printf " \\\n\t\t%s", quoted("*" long[p, k] (takes == "" ? "" : optional[p, k] ? "=-" : "=") "[" what "]" takes)
	}
	n = split(words[p], w, " ")
	for (i = 1; i <= n; i++) {
		gsub(/\|/, " ", w[i])
		printf " \\\n\t\t'%d:command:(%s)'", i, w[i]
	}
	if (operand[p] != "")
		printf " \\\n\t\t%s", quoted("*" zsh_argument(operand[p], ""))
	print "\n\t;;"
}

function fish(p,    k, n, w, i) {
	# Files are offered only where one is meant.
	if (operand[p] !~ /FILE/)
		print "complete -c " p " -f"
	n = split(words[p], w, " ")
	for (i = 1; i <= n; i++) {
		gsub(/\|/, " ", w[i])
		printf "complete -c %s -n 'test (count (commandline -opc)) -eq %d' -f -a '%s'\n", p, i, w[i]
	}
	for (k = 1; k <= count[p]; k++)
		print "complete -c " p (short[p, k] == "" ? "" : " -s " substr(short[p, k], 2)) \
		    (long[p, k] == "" ? "" : " -l " substr(long[p, k], 3)) \
		    (arg[p, k] == "" ? "" : (optional[p, k] ? "" : " -r") (arg[p, k] ~ /FILE|DIR|PATH/ ? " -F" : " -f")) \
		    (list[p, k] == "" ? "" : " -a " quoted(list[p, k])) " -d " quoted(said[p, k])
}

END {
	if (names == "") {
		print "complete.awk: no help text came in" | "cat >&2"
		exit 1
	}
	shell = template
	sub(/^.*\./, "", shell)
	while ((getline line < template) > 0) {
		if (line ~ /@PROGRAMS@/) {
			for (i = 1; i <= nprogs; i++)
				if (shell == "bash")
					bash(progs[i])
				else if (shell == "zsh")
					zsh(progs[i])
				else
					fish(progs[i])
		} else {
			sub(/@NAMES@/, trim(names), line)
			sub(/`make completions` fills in the programs/, "made by `make completions` from --help", line)
			print line
		}
	}
}
