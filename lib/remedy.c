/* remedy.c - see remedy.h. */
#include <string.h>

#include "remedy.h"
#include "route.h"

/* What a fault says of the server. */
enum sort {
	REFUSED,	/* it doesn't take that, or does it wrong */
	DIED,		/* it was there, and died of it */
	WEATHER,	/* nothing: that comes and goes, or holds for all requests */
	ODD		/* the one or the other */
};

static enum sort sort_of(const struct finding *x)
{
	switch (x->fault.code) {
	case F_NONE:
	case F_INVALID_REQUEST:
	case F_STRING_CONTENT:
	case F_TOOLS_UNSUPPORTED:
	case F_CONTEXT_LENGTH_EXCEEDED:
		return REFUSED;
	case F_TRUNCATED:
		return x->died ? DIED : ODD;
	case F_CONNECT:
	case F_TLS:
	case F_TIMEOUT:
	case F_AUTH:
	case F_INSUFFICIENT_QUOTA:
	case F_RATE_LIMIT:
	case F_OVERLOADED:
	case F_MODEL_NOT_FOUND:
	case F_INTERRUPTED:
		return WEATHER;
	default:
		return ODD;
	}
}

/* The route with that setting over it: 0, or -1 and *f. */
static int lay(struct probe *p, struct setting s, struct fault *f)
{
	jv route = jv_copy(p->route);
	struct buf text;
	int bad;

	buf_init(&text, 256);
	buf_addf(&text, "%s=%s", s.flag, s.value);
	bad = route_set(&route, buf_text(&text), f);
	buf_release(&text);
	probe_route(p, route);
	return bad;
}

static void keep(struct probe *p, struct finding *x, struct setting s)
{
	x->verdict = PROBE_SET;
	x->set = s;
	if (p->nset < RUNG_COUNT)
		p->set[p->nset++] = s;
}

/*
 * The same rung once more: 1 when it goes well now; 0; -1 and *f.  What was
 * refused at first (first: LOOK_BAD) and is taken now goes well, even where nobody can tell whether it arrives.
 */
static int look_again(struct probe *p, const struct rung *r, struct finding *x, enum look first, struct fault *f)
{
	struct finding again;
	enum look look = LOOK_BAD;
	int bad;

	finding_init(&again);
	bad = probe_try(p, r, &again, &look, f);
	if (!bad)
		bad = probe_look_alive(p, r, &again, f);
	x->ms += again.ms;
	finding_release(&again);
	return bad ? -1 : look == LOOK_OK || look == LOOK_NOTE || (look == LOOK_LOST && first == LOOK_BAD);
}

/* Tries a flag: 1 when the rung is well with it, and then it stays; 0; -1 and *f. */
static int try_flag(struct probe *p, const struct rung *r, struct finding *x, enum look first, struct setting s, struct fault *f)
{
	jv before = jv_copy(p->route);
	int well = lay(p, s, f) != 0 ? -1 : look_again(p, r, x, first, f);

	if (well > 0) {
		jv_free(before);
		keep(p, x, s);
	} else {
		probe_route(p, before);
	}
	return well;
}

/* Does what went well at first fail now?  Then no flag is to blame.  1: nothing more is asked; 0; -1 and *f. */
static int look_unwell(struct probe *p, struct fault *f)
{
	struct finding plain;
	int well;

	finding_init(&plain);
	well = look_again(p, rung_find("chat"), &plain, LOOK_OK, f);
	finding_release(&plain);
	if (well == 0)
		fault_set(&p->gone, F_SERVER, "not asked: the server fails at all now");
	return well < 0 ? -1 : well == 0;
}

static int is_remedy(const struct rung *r, struct setting s)
{
	int i;

	for (i = 0; r->remedy[i].flag != NULL; i++)
		if (strcmp(r->remedy[i].flag, s.flag) == 0)
			return 1;
	return 0;
}

/* The row's flags: 1 when one helped; 0; -1 and *f. */
static int try_flags(struct probe *p, const struct rung *r, struct finding *x, enum look first, struct fault *f)
{
	int i, well = 0;

	for (i = 0; r->remedy[i].flag != NULL && well == 0 && p->gone.code == F_NONE; i++)
		if (!probe_has(p, r->remedy[i]))
			well = try_flag(p, r, x, first, r->remedy[i], f);
	if (well != 0 || r->off.flag == NULL || (is_remedy(r, r->off) && p->gone.code == F_NONE))
		return well;
	if (lay(p, r->off, f) != 0)	/* what isn't sent any more needs no trial */
		return -1;
	keep(p, x, r->off);
	return 1;
}

/* The prompt that grows: what there is to do. */
static void advise_length(struct finding *x)
{
	double tokens = x->tokens > 0 ? x->tokens : (double)x->bytes / 4;

	x->verdict = PROBE_LIMIT;
	buf_adds(&x->advice, "reduce prompt pressure");
	if (tokens >= 1)
		buf_addf(&x->advice, ", or contextTokens: %.0f", tokens);
	buf_adds(&x->advice, ", or another model or server");
}

/* The row knows, unless the fault is of another kind; hints are for those who send more than a line. */
static const char *advice_of(const struct rung *r, const struct fault *f, enum sort sort)
{
	int is_elsewhere = f->code == F_BAD_REPLY || f->status == 404;	/* something else answers there */

	if (sort != WEATHER && !is_elsewhere)
		return r->advice != NULL ? r->advice : "";
	if (f->code == F_OVERLOADED)
		return "a model that is loading comes in time: --wait SEC";
	return f->hint[0] == '\0' && fault_retryable(f->code) ? "that may pass: probe again" : f->hint;
}

/* Nothing helped, or nothing could be tried. */
static void give_up(struct probe *p, const struct rung *r, struct finding *x, enum look look, enum sort sort)
{
	x->verdict = PROBE_FAILED;
	if (sort != WEATHER && (look == LOOK_LOST || r->is & RUNG_MILD))
		x->verdict = PROBE_NOTE;
	if (look == LOOK_LOST)
		buf_adds(&x->told.more, "whether it arrives can't be told");
	if (r->is & RUNG_IMAGES && sort != WEATHER)
		x->verdict = PROBE_LIMIT;
	if (r->is & RUNG_GROWS && (sort != WEATHER || (x->fault.code == F_TIMEOUT && x->bytes > 0)))
		advise_length(x);
	else if (p->gone.code != F_NONE && r->remedy[0].flag != NULL)
		buf_addf(&x->advice, "start it again, and try -c %s=%s", r->remedy[0].flag, r->remedy[0].value);
	else
		buf_adds(&x->advice, advice_of(r, &x->fault, sort));
	if (r->is & RUNG_STREAM && r->off.flag == NULL && x->verdict == PROBE_FAILED)
		p->no_streams = 1;
	if (r->is & RUNG_NEEDED && p->gone.code == F_NONE)
		fault_set(&p->gone, x->fault.code, "not asked: %s failed", r->name);
}

int remedy_find(struct probe *p, const struct rung *r, struct finding *x, enum look look, struct fault *f)
{
	enum sort sort = sort_of(x);
	int well = 0;

	if (sort == ODD && (well = look_again(p, r, x, LOOK_OK, f)) != 0) {
		x->verdict = PROBE_NOTE;
		buf_adds(&x->told.more, "once; it went well when asked again");
		return well < 0 ? -1 : 0;
	}
	if ((sort == ODD || sort == WEATHER) && r > rung_find("chat") && (well = look_unwell(p, f)) != 0) {
		buf_adds(&x->told.more, "so does a plain chat now");
		x->verdict = PROBE_FAILED;
		return well < 0 ? -1 : 0;
	}
	if (r->is & RUNG_TWICE)	/* each alone is answered */
		sort = REFUSED;
	if (sort != WEATHER && (well = try_flags(p, r, x, look, f)) < 0)
		return -1;
	if (well == 0)
		give_up(p, r, x, look, sort);
	return 0;
}
