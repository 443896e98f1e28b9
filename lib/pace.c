/* pace.c - see pace.h. */
#include "pace.h"

#define MINUTE 60000.0
/* So much of a minute's tokens may be saved up, and so many milliseconds' worth of requests. */
#define SAVED_TOKENS_MS 10000.0
#define SAVED_REQUESTS_MS 1000.0
/* A wait below this is none: it comes from rounding, and who waited as long as was said may start. */
#define NONE_MS 1e-3
/* The last step to what was too much before takes so many times as long as others. */
#define WARY 16.0

/* Between two starts.  What is saved up is added to the minute, or it would let more than rpm start in one. */
static double interval(const struct pace *p)
{
	return (MINUTE + SAVED_REQUESTS_MS) / p->rpm;
}

static double most_tokens(const struct pace *p)
{
	return p->tpm * SAVED_TOKENS_MS / MINUTE;
}

void pace_init(struct pace *p, int most, double rpm, double tpm, double now)
{
	*p = (struct pace){.most = most, .room = most, .wall = most + 1.0, .halved = now - 1, .pause = now, .rpm = rpm,
	    .next = now - SAVED_REQUESTS_MS, .tpm = tpm, .filled = now};
	p->tokens = most_tokens(p);
}

static double tokens_now(const struct pace *p, double now)
{
	double have = p->tokens + p->tpm * (now - p->filled) / MINUTE, most = most_tokens(p);

	return have < most ? have : most;
}

/* Until there are so many; more than there can be: until all are there. */
static double wait_for_tokens(const struct pace *p, double tokens, double now)
{
	double most = most_tokens(p);

	return ((tokens < most ? tokens : most) - tokens_now(p, now)) / p->tpm * MINUTE;
}

double pace_wait(const struct pace *p, double tokens, double now)
{
	double wait = p->pause - now, other;

	if (p->running >= (int)p->room)
		return -1;
	if (p->rpm > 0 && (other = p->next - now) > wait)
		wait = other;
	if (p->tpm > 0 && (other = wait_for_tokens(p, tokens, now)) > wait)
		wait = other;
	return wait > NONE_MS ? wait : 0;
}

static void use_tokens(struct pace *p, double tokens, double now)
{
	p->tokens = tokens_now(p, now) - tokens;
	p->filled = now;
}

void pace_start(struct pace *p, double tokens, double now)
{
	p->running++;
	if (p->rpm > 0) {
		if (p->next < now - SAVED_REQUESTS_MS)
			p->next = now - SAVED_REQUESTS_MS;
		p->next += interval(p);
	}
	use_tokens(p, tokens, now);
}

/* With less than half of it in use, its going well says nothing of more. */
static void grow(struct pace *p)
{
	double step = 1 / p->room;

	if (2 * p->running < (int)p->room)
		return;
	if (p->room >= p->wall - 1 && p->room < p->wall)
		step /= WARY;
	p->room = p->room + step < p->most ? p->room + step : p->most;
}

static void halve(struct pace *p, double now)
{
	p->wall = (int)p->room;
	p->room = p->room / 2 > 1 ? p->room / 2 : 1;
	p->halved = now;
}

void pace_end(struct pace *p, enum pace_said said, double started, double reckoned, double used, double now)
{
	if (said == PACE_TOO_MUCH && started > p->halved)
		halve(p, now);
	else if (said == PACE_GOOD)
		grow(p);
	p->running--;
	if (used > 0)
		use_tokens(p, used - reckoned, now);
}

void pace_pause(struct pace *p, double until)
{
	p->pause = until;
}
