# complete.awk - bash completions from what `PROG --help` prints, one program's
# help after the other: the help text is the interface.  -v template=FILE is the
# file to fill in.
#
#	usage: fb-send [OPTION]... [FILE]...
#	  -j, --jobs=N              an option that takes an argument
#	      --fallbacks[=REF,..]  one that may take an argument
#	  -h, --help                one that takes none
#
# An argument called FILE or DIR completes files.  Plain words after the name
# in the usage line ("infer model run|list") are completed as such.

function flush() {
	if (prog != "")
		body = body sprintf("\t%s)\n\t\toptions='%s'\n\t\tfiles='%s'\n\t\tvalues='%s'\n\t\twords='%s'\n\t\t;;\n",
		    prog, trim(options), trim(files), trim(values), trim(words))
	prog = options = files = values = words = ""
}

function trim(s) {
	sub(/^ /, "", s)
	return s
}

/^usage: / {
	if ($2 == prog)	# a second form of the same program
		next
	flush()
	prog = $2
	names = names " " prog
	for (i = 3; i <= NF && $i ~ /^[a-z|]+$/; i++)
		words = words " " $i
	next
}

# "-j, --jobs=N", "--jobs=N" or "-j N", and the rest of the line
/^  (-|    --)/ {
	short = long = arg = ""
	if ($1 ~ /^-[^-],$/) {
		short = substr($1, 1, 2)
		long = $2
	} else if ($1 ~ /^--/) {
		long = $1
	} else {
		short = $1
		if ($2 ~ /^[A-Z][A-Z]*$/)
			arg = $2
	}
	optional = long ~ /\[=/
	if (match(long, /\[?=/)) {
		arg = substr(long, RSTART + RLENGTH)
		long = substr(long, 1, RSTART - 1)
	}
	both = (short == "" ? "" : " " short) (long == "" ? "" : " " long)
	options = options both (arg != "" && !optional && long != "" ? "=" : "")
	if (arg ~ /FILE|DIR/)
		files = files both
	else if (arg != "" && !optional)
		values = values both
}

END {
	flush()
	if (names == "") {
		print "complete.awk: no help text came in" | "cat >&2"
		exit 1
	}
	while ((getline line < template) > 0) {
		if (line ~ /@PROGRAMS@/)
			printf "%s", body
		else {
			sub(/@NAMES@/, trim(names), line)
			sub(/`make completions` fills in the programs/, "made by `make completions` from --help", line)
			print line
		}
	}
}
