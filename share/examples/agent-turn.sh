#!/bin/sh
# agent-turn.sh - prints agent-turn.json: the body of a request as an agent's
# runtime sends it.  24 tools, a system prompt of 28 KB and one small question,
# 65 KB in all.  The words are made up and always the same ones:
#
#	sh share/examples/agent-turn.sh >share/examples/agent-turn.json
exec awk '
# A word of a table: the next one each time, each table at its own pace.
function pick(name) {
	return word[name, (at[name]++ * step[name] + int(at[name] / size[name])) % size[name]]
}

function table(name, pace, list,    part, i) {
	size[name] = split(list, part, "|")
	step[name] = pace
	for (i in part)
		word[name, i - 1] = part[i]
}

function capital(text) {
	return toupper(substr(text, 1, 1)) substr(text, 2)
}

# One sentence of the system prompt, of six patterns in turn.
function sentence() {
	turn = (turn + 1) % 6
	if (turn == 0)
		return capital(pick("when")) ", " pick("do") " " pick("thing") " " pick("how") "."
	if (turn == 1)
		return capital(pick("do")) " " pick("thing") " before you " pick("do") " " pick("thing") "."
	if (turn == 2)
		return "Never " pick("do") " " pick("thing") " " pick("unless") "."
	if (turn == 3)
		return "If " pick("case") ", say so and " pick("do") " " pick("thing") "."
	if (turn == 4)
		return capital(pick("thing")) " may be out of date: " pick("do") " " pick("thing") " " pick("how") "."
	return "It is better to " pick("do") " " pick("thing") " than to guess " pick("why") "."
}

function paragraph(title, sentences,    text, i) {
	text = "## " title "\\n\\n"
	for (i = 0; i < sentences; i++)
		text = text (i > 0 ? " " : "") sentence()
	return text "\\n\\n"
}

function system_prompt(    text, part, n, i) {
	text = "You are a personal assistant that works on the user'\''s own machine. " \
		"You have tools; use them when they help and answer plainly when they don'\''t.\\n\\n"
	n = split("Tone|Tools|Files|Editing|Commands|Searching|The web|Messages|Calendar|Memory|" \
		"Sessions|Schedules|Images|Speech|Devices|Skills|Safety|Secrets|Privacy|Groups|" \
		"Long tasks|Mistakes|Formatting|Reply tags|Time and place|Silence|Workspace|Before you answer", part, "|")
	for (i = 1; i <= n; i++)
		text = text paragraph(part[i], 14)
	return text "Now: " sentence()
}

function property(name, type, text) {
	return "\"" name "\":{\"type\":\"" type "\",\"description\":\"" text "\"}"
}

function choice(name, list, text,    part, n, i, out) {
	n = split(list, part, " ")
	for (i = 1; i <= n; i++)
		out = out (i > 1 ? "," : "") "\"" part[i] "\""
	return "\"" name "\":{\"type\":\"string\",\"enum\":[" out "],\"description\":\"" text "\"}"
}

# What all tools take, and what each takes besides: NAME TYPE pairs.
function schema(noun, extra,    part, n, i, out) {
	out = choice("action", "get list create update remove", "What to do with " noun ".")
	out = out "," property("target", "string", "Which " noun ": its name or path. " sentence())
	n = split(extra, part, " ")
	for (i = 1; i < n; i += 2)
		out = out "," property(part[i], part[i + 1], capital(part[i]) " for " noun ". " sentence())
	out = out ",\"filter\":{\"type\":\"object\",\"description\":\"Narrows what is returned.\",\"properties\":{" \
		property("query", "string", "Words that must occur. " sentence()) "," \
		property("since", "string", "ISO 8601; nothing older is returned.") "," \
		property("tags", "array", "Tags, all of which must be set.") "}}"
	sub(/"tags":[{]"type":"array",/, "&\"items\":{\"type\":\"string\"},", out)
	out = out "," property("timeoutSeconds", "integer", "Give up after so many seconds.")
	return "{\"type\":\"object\",\"properties\":{" out "},\"required\":[\"action\",\"target\"],\"additionalProperties\":false}"
}

function tool(name, noun, extra) {
	tools = tools (tools != "" ? "," : "") "{\"type\":\"function\",\"function\":{\"name\":\"" name "\"," \
		"\"description\":\"Works with " noun ". " sentence() " " sentence() "\"," \
		"\"parameters\":" schema(noun, extra) "}}"
}

BEGIN {
	table("do", 3, "read|check|name|keep|write down|look up|ask about|compare|sum up|confirm|repeat|test|mention|leave alone")
	table("thing", 5, "the file that was named|the last message|the user'\''s calendar|the output of the command|" \
		"the notes of this week|the settings|the list of tools|the part that failed|the names of people|" \
		"the draft|the search results|the time zone|the open tasks|the page as it is now|the attached image|" \
		"the earlier decision|the running session")
	table("how", 2, "in one sentence|without being asked|step by step|in the user'\''s language|with the exact path|" \
		"as soon as you can|and nothing else|in a short list|by its full name")
	table("when", 4, "when a task takes long|when two sources differ|when a tool fails|when the user is in a hurry|" \
		"when a name is new to you|when a file is large|when the answer is short|when the day changes|when nothing is left to do")
	table("unless", 3, "unless the user asked for it|without a backup|in a group|while a command is running|" \
		"unless you have seen it yourself|for somebody else|twice in a row")
	table("case", 5, "the path doesn'\''t exist|the command asks for a password|the result is empty|the request is unclear|" \
		"the page can'\''t be loaded|a limit was reached|the session is new|the tool isn'\''t there")
	table("why", 2, "since the user relies on it|because a wrong step costs more|as others will read it|" \
		"since it may have changed|because you can look it up")

	tool("read", "files", "offset integer limit integer encoding string")
	tool("write", "new files", "content string mode string overwrite boolean")
	tool("edit", "parts of files", "oldText string newText string all boolean")
	tool("apply_patch", "patches", "patch string directory string dryRun boolean")
	tool("exec", "shell commands", "command string directory string background boolean")
	tool("process", "running commands", "session string input string signal string")
	tool("grep", "texts in files", "pattern string directory string ignoreCase boolean")
	tool("find", "names of files", "pattern string directory string depth integer")
	tool("ls", "directories", "hidden boolean sort string depth integer")
	tool("web_search", "results of a web search", "query string count integer country string")
	tool("web_fetch", "web pages", "url string format string maxChars integer")
	tool("browser", "pages in a browser", "url string selector string text string")
	tool("canvas", "drawings", "url string width integer height integer")
	tool("nodes", "the user'\''s devices", "node string command string camera string")
	tool("cron", "scheduled tasks", "schedule string text string enabled boolean")
	tool("message", "messages", "channel string to string text string")
	tool("sessions_list", "sessions", "kinds string limit integer active boolean")
	tool("sessions_history", "what was said in sessions", "session string limit integer tools boolean")
	tool("sessions_send", "messages to sessions", "session string text string wait boolean")
	tool("sessions_spawn", "tasks of their own", "task string label string model string")
	tool("memory_search", "memories", "query string count integer score number")
	tool("memory_get", "single memories", "path string from integer lines integer")
	tool("image", "images", "image string prompt string size string")
	tool("calendar", "dates", "start string end string place string")

	printf "{\"model\":\"google/gemma-4-E2B-it\",\"messages\":[{\"role\":\"system\",\"content\":\"%s\"},", system_prompt()
	printf "{\"role\":\"user\",\"content\":\"What is 2 + 2?\"}],\"stream\":true,\"max_tokens\":4096,\"tools\":[%s]}\n", tools
}'
