/* thinking.c - see thinking.h. */
#include "json.h"
#include "limits.h"
#include "thinking.h"

/* From less to more; adaptive leaves it to the model. */
enum level { OFF, MINIMAL, LOW, MEDIUM, HIGH, XHIGH, MAX, ULTRA, ADAPTIVE, LEVELS };
static const char *const levels[LEVELS] = {
	"off", "minimal", "low", "medium", "high", "xhigh", "max", "ultra", "adaptive"
};

int thinking_level(struct span level, struct fault *f)
{
	struct buf text, all;
	int i;

	for (i = 0; i < LEVELS; i++)
		if (span_eq(level, levels[i]))
			return i;
	if (span_kind(level) != SPAN_STRING)
		return fault_set(f, F_INPUT, "thinking: a level is due");
	buf_init(&text, MAX_RECORD);
	buf_init(&all, FAULT_TEXT);
	span_decode(level, SPAN_REPLACE, &text);
	for (i = 0; i < LEVELS; i++)
		buf_addf(&all, "%s%s", i == 0 ? "" : i + 1 < LEVELS ? ", " : " and ", levels[i]);
	fault_set(f, F_INPUT, "no thinking level \"%s\"; the levels are %s", buf_text(&text), buf_text(&all));
	buf_release(&all);
	buf_release(&text);
	return -1;
}

static int lists(struct span labels, const char *label)
{
	struct span_iter it = span_each(labels);
	struct span key, v;

	while (span_next(&it, &key, &v))
		if (span_eq(v, label))
			return 1;
	return 0;
}

/* The label to send of those that the server takes: the level's own, else the next lower one, else the next higher. */
static const char *nearest(struct span labels, int level)
{
	int i;

	if (lists(labels, levels[level]))
		return levels[level];
	if (level == OFF)	/* to think a little is not to stay off */
		return lists(labels, "none") ? "none" : NULL;
	if (level == ADAPTIVE)
		level = MEDIUM;
	for (i = level; i >= MINIMAL; i--)
		if (lists(labels, levels[i]))
			return levels[i];
	for (i = level + 1; i <= ULTRA; i++)
		if (lists(labels, levels[i]))
			return levels[i];
	return NULL;
}

/* Where nothing is said of the server: the labels that all of them have. */
static const char *common(int level)
{
	if (level == OFF)
		return "none";
	if (level == ADAPTIVE)
		return levels[MEDIUM];
	return levels[level > HIGH ? HIGH : level];
}

/* Appends `head` and the label of the level as JSON, then `tail`; nothing when the server has none for it. */
static void effort(struct buf *out, const char *head, int level, struct span compat, const char *tail)
{
	struct span own = span_get(span_get(compat, "reasoningEffortMap"), levels[level]);
	struct span labels = span_get(compat, "supportedReasoningEfforts");
	const char *label = span_kind(labels) == SPAN_ARRAY ? nearest(labels, level) : common(level);

	if (span_kind(own) != SPAN_STRING && label == NULL)
		return;
	buf_adds(out, head);
	if (span_kind(own) == SPAN_STRING)
		buf_add(out, own.p, own.n);
	else
		json_quotes(out, label);
	buf_adds(out, tail);
}

/* reasoning_effort, for a server that knows it. */
static void plain_effort(struct buf *out, int level, struct span compat)
{
	if (span_kind(span_get(compat, "supportsReasoningEffort")) == SPAN_TRUE)
		effort(out, ",\"reasoning_effort\":", level, compat, "");
}

/* A format: what is said when the model shall think, what when not, and is reasoning_effort sent in either case? */
static const struct {	/* the first: where nothing is said */
	const char *name, *on, *off;
	int effort_on, effort_off;
	int kwargs;	/* the texts go into chat_template_kwargs */
} formats[] = {
	{"openai", "", "", 1, 1, 0},
	{"qwen", ",\"enable_thinking\":true", ",\"enable_thinking\":false", 0, 0, 0},
	{"qwen-chat-template", ",\"enable_thinking\":true,\"preserve_thinking\":true",
	    ",\"enable_thinking\":false,\"preserve_thinking\":true", 0, 0, 1},
	{"zai", ",\"thinking\":{\"type\":\"enabled\",\"clear_thinking\":false}", ",\"thinking\":{\"type\":\"disabled\"}", 0, 0, 0},
	{"deepseek", ",\"thinking\":{\"type\":\"enabled\"}", ",\"thinking\":{\"type\":\"disabled\"}", 1, 0, 0},
	{"together", ",\"reasoning\":{\"enabled\":true}", ",\"reasoning\":{\"enabled\":false}", 1, 0, 0},
};

void thinking_write(struct buf *out, struct buf *kwargs, int level, struct span compat)
{
	struct span format = span_get(compat, "thinkingFormat");
	size_t i;

	if (span_eq(format, "openrouter")) {	/* its only field is the label itself */
		effort(out, ",\"reasoning\":{\"effort\":", level, compat, "}");
		return;
	}
	for (i = sizeof formats / sizeof formats[0] - 1; i > 0 && !span_eq(format, formats[i].name); i--)
		;	/* an unknown one is the first */
	buf_adds(formats[i].kwargs ? kwargs : out, level == OFF ? formats[i].off : formats[i].on);
	if (level == OFF ? formats[i].effort_off : formats[i].effort_on)
		plain_effort(out, level, compat);
}
