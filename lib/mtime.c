/* mtime.c - see mtime.h. */
#include "mtext.h"
#include "mtime.h"

/* splitmix64, of Vigna's public domain code: any two ordinals give unlike bits. */
static unsigned long long mix(unsigned long long z)
{
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

long long mtime_pause(unsigned long long seed, unsigned long long ordinal,
    unsigned jitter, long long us)
{
	long long spread = us / 100 * jitter + us % 100 * jitter / 100;
	unsigned long long bits;

	if (spread <= 0)
		return us;
	bits = mix(seed + (ordinal + 1) * 0x9e3779b97f4a7c15ULL);
	return us - spread + (long long)(bits % (2 * (unsigned long long)spread + 1));
}

struct mtime mtime_own(struct mtime *t)
{
	struct mtime own = *t;

	own.seed = mix(t->seed + mix(++t->pauses));
	own.pauses = 0;
	return own;
}

static void wait(struct mreply *to, long long us)
{
	struct mtime *t = to->time;

	if (us > 0)
		mreply_cue(to, MCUE_WAIT, mtime_pause(t->seed, t->pauses++, t->jitter, us));
}

void mtime_head(struct mreply *to)
{
	if (to->time != NULL)
		wait(to, to->time->delay);
}

long long mtime_token(struct mreply *to)
{
	struct mtime *t = to->time;

	if (t == NULL)
		return 0;
	return mtime_pause(t->seed, t->pauses++, t->jitter,
	    to->deltas++ == 0 && t->ttft > 0 ? t->ttft : t->token);
}

void mtime_whole(struct mreply *to, struct span text)
{
	struct mtime *t = to->time;
	long long tokens;

	if (t == NULL || (t->ttft == 0 && t->token == 0))
		return;
	tokens = (long long)mtext_words(text.p, text.n);
	wait(to, (t->ttft > 0 ? t->ttft : t->token) + (tokens > 1 ? tokens - 1 : 0) * t->token);
}
