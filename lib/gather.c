/* gather.c - see gather.h. */
#include "gather.h"

int gather_ms(int flying, int streaming, int watched, double age)
{
	double share, most = streaming < flying ? GATHER_FIRST_MS : watched > 0 ? GATHER_WATCHED_MS : GATHER_MS;

	if (flying < GATHER_FROM || 2 * streaming <= flying)
		return 0;
	share = age / streaming / GATHER_SHARE;
	return (int)(share < most ? share : most);
}
