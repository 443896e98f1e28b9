# complete.zsh FOLDER LINE... - what zsh offers after each LINE, one a line, and
# an empty line behind each.  FOLDER has the completion functions.  zsh completes
# at a terminal only, so one is made for it, in which this file is read once more.

# In there.  What is typed comes back too: so the words that the other side waits
# for are in functions.
inside() {
	TERM=dumb PS1= PS2= fpath=($1 $fpath)
	unset zle_bracketed_paste
	autoload -Uz compinit
	compinit -u -D
	bindkey '^I' complete-word
	# What is found is printed in place of being inserted.
	compadd() {
		local hits=()
		if (( ! ${@[(I)-[OAD]]} )); then
			builtin compadd -A hits "$@"
			(( $#hits )) && print -l -- hit:$^hits
		fi
		builtin compadd "$@"
	}
	over() {
		print done:
		compstate[insert]= compstate[list]=
	}
	# zle empties the list after each use.
	go_on() {
		comppostfuncs=(over)
		print next:
	}
	go_on
}

# Prints what was found up to the word WORD:, which has to come.
read_to() {
	local line
	while zpty -r z line; do
		line=${line//[$'\r\n']/}
		case $line in
		*hit:*) print -r -- "${line##*hit:}" ;;
		*$1:*) return ;;
		esac
	done
	exit 1
}

if [[ -n ${fb_inside-} ]]; then
	inside $fb_inside
	return
fi
zmodload zsh/zpty || exit
zpty z zsh -f -i
zpty -w z "fb_inside=${(q)1} source ${(q)0:A}"
shift
for line; do
	read_to next
	zpty -n -w z "$line"$'\t'
	read_to done
	print
	zpty -w z $'\C-u'go_on
done
zpty -d z
