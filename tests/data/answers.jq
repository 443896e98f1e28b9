# What `fb-parse --json` said of a case as a line of its table, all but the last column.
def cell: if . == null then "-" else tostring end;
def hint: . as $hint | if . == null then null else
	first(("requiresStringContent", "supportsTools", "larger context", "smaller prompt", "--no-stream", "supportsDeveloperRole", "baseUrl", "apiKey") |
		select(. as $word | $hint | contains($word))) // $hint end;
def row($name): [$name, .error.code // "ok", .error.status, .finish_reason,
	([.tool_calls[]? | .name + (.arguments | tojson)] | join(" ") | if . == "" then null else . end),
	(.text // "" | length), (.text // "" | .[:24] | tojson), (.error.hint | hint)] | map(cell) | join("\t");
