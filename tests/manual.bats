# What the manual says of the configuration is what the program does.
load helper

# The paths that fluffbuzz-config(5) lists, in its order.
paths_of_manual() {
	awk '
		/^\.Sh / { inside = $2 == "FIELDS" }
		inside && /^\.It Li / { print $3 }' "$FB_ROOT/man/fluffbuzz-config.5"
}

# The same with the type and the default, which stand in the item's first
# sentence: "TYPE; needed; default: DEFAULT."
fields_of_manual() {
	awk '
		function flush() {
			if (path != "")
				print path "\t" text
		}
		/^\.Sh / { flush(); path = ""; inside = $2 == "FIELDS"; next }
		!inside { next }
		/^\.It Li / { flush(); path = $3; text = ""; open = 1; next }
		/^\.El/ { flush(); path = ""; next }
		path != "" && open { text = text (text == "" ? "" : " ") $0 }
		/\.$/ { open = 0 }' "$FB_ROOT/man/fluffbuzz-config.5"
}

# The lines between two texts of fb-config(1) that stand in displays, but for
# the command itself; blanks squeezed.
explained() {
	awk '
		/^Where does it come from\?$/ { inside = 1 }
		/^What is there, / { inside = 0 }
		inside && /^\.Bd / { show = 1; next }
		/^\.Ed/ { show = 0 }
		inside && show && !/^\$ / { $1 = $1; print }' "$FB_ROOT/man/fb-config.1"
}

@test "fluffbuzz-config(5) lists the fields that are read, in their order" {
	fb fb-config --fields | cut -f 1 >want
	[ "$(wc -l <want)" -gt 80 ]
	paths_of_manual | diff want -
}

@test "fluffbuzz-config(5) gives their types and defaults" {
	fb fb-config --fields | awk -F '\t' '{ print $1 "\t" $2 ($3 == "" ? "" : "; default: " $3) "." }' >want
	fields_of_manual | diff want -
}

@test "fluffbuzz-config(5) has the classes of endpoints that there are" {
	for class in local custom openai-public azure openrouter deepseek xiaomi zai together mistral moonshot \
		chutes cloudflare-gateway groq xai anthropic-public google; do
		grep -q "^\.It Li $class Ta " "$FB_ROOT/man/fluffbuzz-config.5"
	done
	# Each host that the manual gives is of its class.
	awk '/^\.It Li [a-z-]* Ta / && $3 != "local" { gsub(/,/, ""); for (i = 5; i <= NF; i++) if ($i ~ /\./) print $3, $i }' \
		"$FB_ROOT/man/fluffbuzz-config.5" >hosts
	[ "$(wc -l <hosts)" -gt 20 ]
	while read -r class host; do
		[ "$(fb fb-config --base-url "https://$host/v1" -m x | jq -r .route.endpoint)" = "$class" ] ||
			[ "$(fb fb-config --base-url "https://x.$host/v1" -m x | jq -r .route.endpoint)" = "$class" ]
	done <hosts
}

@test "fluffbuzz-config(5) shows the example that comes with the programs" {
	awk '/^prints it:$/ { want = 1 } want && /^\.Ed/ { exit } show; want && /^\.Bd / { show = 1 }' \
		"$FB_ROOT/man/fluffbuzz-config.5" | diff "$FB_ROOT/share/examples/inferrs.json5" -
}

@test "what fb-config(1) shows of --explain is what is printed" {
	mkdir -p "$HOME/.fluffbuzz"
	cp "$FB_ROOT/share/examples/inferrs.json5" "$HOME/.fluffbuzz/fluffbuzz.json"
	fb fb-config --explain | sed "s|$HOME|~|g" | tr '\t' ' ' >printed
	explained >shown
	[ "$(wc -l <shown)" -ge 12 ]
	while IFS= read -r line; do
		grep -qxF -- "$line" printed || {
			echo "not printed: $line"
			return 1
		}
	done <shown
}
