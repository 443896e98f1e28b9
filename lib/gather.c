/* gather.c - see gather.h. */
#include "gather.h"

/* The longest that does no harm. */
static int most_ms(int flying, int streaming, int watched)
{
	int most = watched > 0 ? GATHER_WATCHED_MS * flying / GATHER_FROM : GATHER_MS;

	if (streaming < flying && most > GATHER_FIRST_MS)
		return GATHER_FIRST_MS;
	return most < GATHER_MS ? most : GATHER_MS;
}

int gather_ms(int flying, int streaming, int watched, double age)
{
	double share, most;

	if (flying < GATHER_FROM || 2 * streaming <= flying)
		return 0;
	most = most_ms(flying, streaming, watched);
	share = age / streaming / GATHER_SHARE;
	return (int)(share < most ? share : most);
}
