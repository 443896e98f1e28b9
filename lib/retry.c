/* retry.c - see retry.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "date.h"
#include "retry.h"

/* How full the budget can be, what comes back by a success and by a second. */
#define BUDGET_MOST 100.0
#define BUDGET_GOOD 0.2
#define BUDGET_SECOND 10.0

/* A number of seconds or milliseconds, blanks around it passed over; -1: it is none.  Not "1e3", "0x10" or "inf". */
static double number(const char *text)
{
	size_t n;
	char *end;
	double v;

	text += strspn(text, " \t");
	n = strspn(text, "0123456789.");
	v = strtod(text, &end);
	return n > 0 && end == text + n && end[strspn(end, " \t")] == '\0' ? v : -1;
}

void retry_said(struct retry_said *said, const char *after, const char *after_ms, const char *should, double unix_now)
{
	double v, date;

	said->should = strcasecmp(should, "true") == 0 ? 1 : strcasecmp(should, "false") == 0 ? 0 : -1;
	said->after_ms = number(after_ms);
	if (said->after_ms >= 0)
		return;
	if ((v = number(after)) >= 0)
		said->after_ms = 1e3 * v;
	else if (date_read(after, &date) == 0)
		said->after_ms = date > unix_now ? 1e3 * (date - unix_now) : 0;
}

/* No fault, or one that no header of the server's can speak of. */
static int is_our_end(const struct fault *f)
{
	return f->code == F_NONE || f->code == F_INTERRUPTED || f->code == F_SKIPPED ||
	    (f->code == F_TIMEOUT && f->phase != NULL && strcmp(f->phase, "total") == 0);
}

int retry_again(const struct fault *f, const struct retry_said *said, int tries, int most, double chance, double *wait_ms)
{
	double span = RETRY_BASE_MS * pow(2, tries < 16 ? tries - 1 : 15);
	int worth = said->should >= 0 ? said->should : fault_retryable(f->code);

	if (!worth || is_our_end(f) || tries > most || said->after_ms > RETRY_AFTER_MOST_MS)
		return 0;
	*wait_ms = chance * (span < RETRY_CAP_MS ? span : RETRY_CAP_MS);
	if (*wait_ms < said->after_ms)
		*wait_ms = said->after_ms;
	return 1;
}

void retry_budget_init(struct retry_budget *b, double now)
{
	b->tokens = BUDGET_MOST;
	b->at = now;
}

void retry_budget_good(struct retry_budget *b)
{
	b->tokens += BUDGET_GOOD;	/* what is too much is dropped by rest() */
}

/* What there would be after a retry; below none it is owed, and who comes next waits longer. */
static double rest(const struct retry_budget *b, double now)
{
	double tokens = b->tokens + BUDGET_SECOND * (now - b->at) / 1e3;

	return (tokens < BUDGET_MOST ? tokens : BUDGET_MOST) - 1;
}

double retry_budget_wait(const struct retry_budget *b, double now)
{
	double left = rest(b, now);

	return left >= 0 ? 0 : -left / BUDGET_SECOND * 1e3;
}

double retry_budget_take(struct retry_budget *b, double now)
{
	double wait = retry_budget_wait(b, now);

	b->tokens = rest(b, now);
	b->at = now;
	return wait;
}

/* xorshift64* */
double retry_chance(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return (double)((*state * 2685821657736338717ULL) >> 11) / 9007199254740992.0;
}
