# draw.awk - an SVG picture of what peers.sh measured: CPU time, a bar a client.
#
#	awk -f tests/bench/draw.awk build/peers.jsonl >share/doc/bench.svg
#
# Its input is peers.sh's own lines, flat objects whose texts have no quotes in them.

# The member called name.
function member(name,    at) {
	if (!(at = match($0, "\"" name "\":\"?[^\",}]*")))
		return ""
	at = substr($0, at + length(name) + 3, RLENGTH - length(name) - 3)
	sub(/^"/, "", at)
	return at
}

function text(x, y, class, what) {
	gsub(/&/, "\\&amp;", what)
	gsub(/</, "\\&lt;", what)
	printf "<text x=\"%d\" y=\"%d\" class=\"%s\">%s</text>\n", x, y, class, what
}

function heading(what) {
	return what == "one" ? "One request: start to answer, CPU" : "A batch of " requests[what] " requests, 32 at once, CPU"
}

function duration(ms) {
	return ms < 1000 ? sprintf("%.0f ms", ms) : sprintf("%.1f s", ms / 1000)
}

{
	kind[NR] = member("case")
	client[NR] = member("client")
	cpu[NR] = member("cpu_ms") + 0
	times[NR] = member("cpu_times") + 0
	requests[kind[NR]] = member("requests")
	if (cpu[NR] > most[kind[NR]])
		most[kind[NR]] = cpu[NR]
	cores = member("cores")
	versions = member("jq") ", libcurl " member("libcurl") ", " cores " cores, " substr(member("date"), 1, 10)
}

END {
	if (NR == 0)
		exit 1
	for (i = 1; i <= NR; i++)
		headings += kind[i] != kind[i - 1]
	height = 26 * NR + 44 * headings + 34
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 720 %d\" width=\"720\" height=\"%d\" role=\"img\">\n", height, height
	print "<title>CPU time of fluffbuzz and of other clients</title>"
	print "<style>"
	print "text { font: 14px system-ui, sans-serif; fill: #24292f }"
	print ".head { font-weight: 600 } .small { font-size: 12px; fill: #59636e } .name { text-anchor: end }"
	print ".ours { fill: #1a7f37 } .theirs { fill: #8c959f }"
	print "@media (prefers-color-scheme: dark) {"
	print "text { fill: #e6edf3 } .small { fill: #9198a1 } .ours { fill: #3fb950 } .theirs { fill: #6e7681 }"
	print "}"
	print "</style>"
	for (i = 1; i <= NR; i++) {
		if (kind[i] != kind[i - 1]) {
			y += 34
			text(10, y, "head", heading(kind[i]))
			y += 10
		}
		ours = client[i] == "fluffbuzz"
		width = 370 * cpu[i] / most[kind[i]]
		text(150, y + 17, "name", client[i])
		printf "<rect x=\"160\" y=\"%d\" width=\"%.1f\" height=\"18\" rx=\"2\" class=\"%s\"/>\n", y + 4, width < 2 ? 2 : width, ours ? "ours" : "theirs"
		text(168 + width, y + 17, "value", duration(cpu[i]) (ours ? "" : sprintf(times[i] < 10 ? ", %.1f times" : ", %.0f times", times[i])))
		y += 26
	}
	text(10, y + 24, "small", versions "; a server that answers at once")
	print "</svg>"
}
