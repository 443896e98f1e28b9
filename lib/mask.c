/* mask.c - see mask.h. */
#include <stddef.h>

#include "buf.h"
#include "mask.h"
#include "mtext.h"

static size_t content_tokens(struct span content)
{
	struct span_iter it;
	struct span key, part, text;
	size_t words = 0;

	if (span_kind(content) == SPAN_STRING)
		return mtext_token_words(content);
	if (span_kind(content) != SPAN_ARRAY)
		return 0;
	for (it = span_each(content); span_next(&it, &key, &part);) {
		text = span_get(part, "text");
		if (span_kind(text) == SPAN_STRING)
			words += mtext_token_words(text);
	}
	return words;
}

void mask_message(struct mask *ask, struct span role, struct span content)
{
	ask->prompt_tokens += content_tokens(content);
	if (span_kind(role) == SPAN_STRING && span_eq(role, "user"))
		ask->last_user = content;
}

void mask_text(const struct mask *ask, struct buf *out)
{
	struct span_iter it;
	struct span key, part, text;

	if (span_kind(ask->last_user) == SPAN_STRING)
		span_decode(ask->last_user, SPAN_REPLACE, out);
	if (span_kind(ask->last_user) != SPAN_ARRAY)
		return;
	for (it = span_each(ask->last_user); span_next(&it, &key, &part);) {
		text = span_get(part, "text");
		if (span_kind(text) == SPAN_STRING)
			span_decode(text, SPAN_REPLACE, out);
	}
}

static struct span *slot(struct mask *ask, struct span key)
{
	return span_eq(key, "max_tokens") ? &ask->max_tokens :
	    span_eq(key, "max_completion_tokens") ? &ask->max_completion_tokens :
	    span_eq(key, "tools") ? &ask->tools :
	    span_eq(key, "stop") ? &ask->stop :
	    span_eq(key, "n") ? &ask->n :
	    span_eq(key, "logprobs") ? &ask->logprobs :
	    span_eq(key, "top_logprobs") ? &ask->top_logprobs : NULL;
}

int mask_member(struct mask *ask, struct span key, struct span v)
{
	struct span *at;

	if (span_eq(key, "model"))
		ask->model = span_kind(v) == SPAN_STRING ? v : SPAN_NIL;
	else if (span_eq(key, "stream"))
		ask->stream = span_kind(v) == SPAN_TRUE;
	else if (span_eq(key, "stream_options"))
		ask->usage = span_kind(v) == SPAN_OBJECT &&
		    span_kind(span_get(v, "include_usage")) == SPAN_TRUE;
	else if ((at = slot(ask, key)) != NULL)
		*at = span_kind(v) == SPAN_NULL ? SPAN_NIL : v;	/* as good as absent to all of them */
	else
		return 0;
	return 1;
}
