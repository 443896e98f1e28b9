# The shape of a reply: what of it is the same whatever the model says.
# In: {status, type, body}; status 0 is no reply at all.

# Names of members on the way to each value, in their order, arrays as one.
def names: [path(..) | map(if type == "number" then "[]" else . end) | join(".") | select(. != "")];
def once: reduce .[] as $x ([]; if index([$x]) then . else . + [$x] end);

def events: [split("\n")[] | select(startswith("data:")) | ltrimstr("data:") | ltrimstr(" ")];
def chunks: [events[] | fromjson? | select(type == "object")];

# Where the chunks have this member: never, in the one with the finish_reason, or alone.
def place(name): [chunks[] | select(.[name] != null) |
	if .choices == [] then "alone"
	elif .choices[0].finish_reason then "finish"
	else "text" end] | unique | join("+");

def stream: {
	first: (chunks[0].choices[0].delta // {} | keys_unsorted),
	chunk: [chunks[] | del(.usage, .timings) | names[] | select(startswith("choices") | not)] | once,
	choice: [chunks[] | .choices[]? | names[]] | unique,
	usage: [chunks[] | .usage // {} | names[]] | once,
	usage_in: place("usage"),
	timings: [chunks[] | .timings // {} | names[]] | once,
	timings_in: place("timings"),
	done: (events[-1] == "[DONE]"),
	others: [split("\n")[] | select(. != "" and (startswith("data:") | not)) | split(":")[0]] | unique
};

def body: if (.type // "") | startswith("text/event-stream") then .body | stream
	elif (.type // "") | test("json") then {names: (.body | fromjson? // "none" | names | once)}
	else {text: (.body // "" | length > 0)} end;

{status, type: (.type // "" | ascii_downcase)} + body
